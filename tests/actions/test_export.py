"""Exports: complete or absent, one moment in time, and no article claimed to be what it is not."""

import hashlib
import json
import threading
import zipfile
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from annotations.actions import export as actions
from annotations.actions.decide import decide_mention, finish
from annotations.actions.export import (
    Selection,
    UnknownLayer,
    annotated_articles,
    request_export,
    run_export,
    write_corpus,
)
from annotations.domain.articles import AnnotatedArticle, CorpusCard, ReviewStatus
from annotations.domain.decisions import Accept, Add, Decision, Reject
from annotations.domain.zones import Zone
from annotations.formats.base import UNNAMED, Fidelity, Writer, WriteReport
from annotations.formats.jsonl import Writer as JsonlWriter
from annotations.models import Article, Corpus, Export, Review, User
from tests.cast import NEWS, StoreArticle, Suggest, mark

OKAFOR = mark(NEWS, "Ines Okafor", "PERSON")
ALDER = mark(NEWS, "Port Alder", "GPE")
ISLAND = mark(NEWS, "Tern Island", "LOC")


@pytest.fixture(autouse=True)
def _own_folder(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Exports of no other test lie there."""
    settings.DATA_DIR = tmp_path_factory.mktemp("data")


def decided(user: User, article: Article, *decisions: Decision, then_finish: bool = False) -> None:
    def revision() -> int:
        review = Review.objects.filter(article=article, annotator=user).first()
        return review.revision if review else 0

    for decision in decisions:
        decide_mention(user=user, article=article, decision=decision, seen_revision=revision())
    if then_finish:
        finish(user=user, article=article, seen_revision=revision())


def exported(corpus: Corpus, layer: str = "gold", **more: bool) -> list[AnnotatedArticle]:
    return list(actions._selected(corpus, Selection(layer, **more)))


def words(article: AnnotatedArticle) -> list[tuple[str, str]]:
    return [(article.text[m.start : m.end], m.label) for m in article.mentions]


# ── Layers ───────────────────────────────────────────────────────────────────────────────────────


def test_an_article_goes_out_with_all_that_is_known_of_it(
    suggested: Article, corpus: Corpus, annotator: User
) -> None:
    decided(annotator, suggested, Accept(OKAFOR.key), Add(*mark(NEWS, "Critics", "NORP").key))
    (article,) = exported(corpus)
    assert (article.id, article.text, article.status) == (1, NEWS, ReviewStatus.OPEN)
    assert words(article) == [("Ines Okafor", "PERSON"), ("Critics", "NORP")]
    assert [(m.state, m.score, m.source) for m in article.mentions] == [
        ("accepted", 0.75, "ada"),
        ("added", None, "ada"),
    ]
    assert article.zones[0].zone is Zone.HEADLINE
    assert [article.text[s:e] for s, e in article.tokens][:3] == ["Ferry", "returns", "to"]


def test_the_layer_of_suggestions_is_the_machines_alone(
    suggested: Article, corpus: Corpus, annotator: User
) -> None:
    decided(annotator, suggested, Reject(OKAFOR.key), then_finish=True)
    (article,) = exported(corpus, "suggestions")
    assert len(article.mentions) == 8
    assert {(m.state, m.score, m.source) for m in article.mentions} == {
        ("suggested", 0.75, "fake 1.0")
    }
    assert article.status is ReviewStatus.UNREVIEWED


def test_a_persons_layer_is_theirs_alone(
    suggested: Article, corpus: Corpus, annotator: User, curator: User
) -> None:
    decided(annotator, suggested, Accept(OKAFOR.key))
    decided(curator, suggested, Accept(ALDER.key))
    assert [words(a) for a in exported(corpus, "ada")] == [[("Ines Okafor", "PERSON")]]
    assert [words(a) for a in exported(corpus, "carl")] == [[("Port Alder", "GPE")]]
    (untouched,) = exported(corpus, "olga")
    assert (words(untouched), untouched.status) == ([], ReviewStatus.UNREVIEWED)


def test_a_layer_that_nobody_has_is_refused(corpus: Corpus, tmp_path: Path) -> None:
    with pytest.raises(UnknownLayer, match="no layer “nobody”"):
        list(annotated_articles(corpus, Selection("nobody")))
    with pytest.raises(UnknownLayer):
        write_corpus(
            corpus=corpus,
            format_name="jsonl",
            target=tmp_path / "c.jsonl",
            selection=Selection("nobody"),
        )
    assert list(tmp_path.iterdir()) == []


def test_a_finished_review_is_gold_before_an_open_one(
    suggested: Article, corpus: Corpus, annotator: User, curator: User
) -> None:
    decided(annotator, suggested, Reject(OKAFOR.key), then_finish=True)
    decided(curator, suggested, Accept(OKAFOR.key))
    (article,) = exported(corpus)
    assert article.status is ReviewStatus.FINISHED
    assert ("Ines Okafor", "PERSON") not in words(article)


def test_two_who_agree_are_gold(
    suggested: Article, corpus: Corpus, annotator: User, curator: User
) -> None:
    decided(annotator, suggested, then_finish=True)
    decided(curator, suggested, then_finish=True)
    (article,) = exported(corpus)
    assert (article.status, len(article.mentions)) == (ReviewStatus.FINISHED, 8)


def test_two_who_disagree_are_not_settled(
    suggested: Article, corpus: Corpus, annotator: User, curator: User
) -> None:
    decided(annotator, suggested, then_finish=True)
    decided(curator, suggested, Reject(OKAFOR.key), then_finish=True)
    (article,) = exported(corpus)
    assert (article.status, len(article.mentions)) == (ReviewStatus.OPEN, 8)


def test_articles_come_in_the_order_of_their_numbers(
    store: StoreArticle, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "CHUNK", 2)
    for number in (9, 3, 7, 1, 5):
        store(f"Number {number}.\n", number=number)
    assert [article.id for article in exported(corpus)] == [1, 3, 5, 7, 9]


# ── What is finished, and what is no example ─────────────────────────────────────────────────────


@pytest.fixture
def mixed(
    store: StoreArticle, suggest: Suggest, corpus: Corpus, annotator: User
) -> dict[str, Article]:
    """One article of each status, with suggestions."""
    articles = {name: store(f"{NEWS}{name}.\n") for name in ("unreviewed", "open", "finished")}
    for article in articles.values():
        suggest(article)
    decided(annotator, articles["open"], Accept(OKAFOR.key))
    decided(annotator, articles["finished"], Reject(OKAFOR.key), then_finish=True)
    return articles


@pytest.mark.usefixtures("mixed")
def test_finished_only_leaves_the_others_out(corpus: Corpus) -> None:
    assert [a.status for a in exported(corpus)] == ["unreviewed", "open", "finished"]
    assert [a.status for a in exported(corpus, finished_only=True)] == ["finished"]


@pytest.mark.usefixtures("mixed")
def test_what_nobody_finished_is_never_written_as_a_negative_example(
    corpus: Corpus, tmp_path: Path
) -> None:
    report = write_corpus(
        corpus=corpus, format_name="conll", target=tmp_path / "c.conll", selection=Selection()
    )
    tagged = (tmp_path / "c.conll").read_text(encoding="utf-8")
    assert "finished" in tagged
    assert "unreviewed" not in tagged
    assert "open\t" not in tagged
    assert report.articles == 1
    assert sum(report.articles_left_out.values()) == 2


@pytest.mark.usefixtures("mixed")
@pytest.mark.parametrize("format_name", ["jsonl", "conll", "conll2", "spacy"])
@pytest.mark.parametrize("layer", ["gold", "suggestions", "ada"])
def test_the_report_adds_up(corpus: Corpus, tmp_path: Path, format_name: str, layer: str) -> None:
    target = tmp_path / "out"
    report = write_corpus(
        corpus=corpus, format_name=format_name, target=target, selection=Selection(layer)
    )
    assert report.mentions_in == report.mentions_out + len(report.misfits)
    assert report.articles + sum(report.articles_left_out.values()) == 3
    names = [p.name for p in target.rglob("*") if p.is_file()] if target.is_dir() else ["out"]
    assert sorted(names) == sorted(Path(name).name for name in report.files)


# ── Complete or absent ───────────────────────────────────────────────────────────────────────────


class Breaking(Writer):
    """A writer that writes something and then fails, as on a full disk."""

    name: ClassVar[str] = "breaking"
    title: ClassVar[str] = "Breaking"
    fidelity: ClassVar[Fidelity] = JsonlWriter.fidelity

    def __init__(self, suffix: str, error: BaseException) -> None:
        self.suffix = suffix  # type: ignore[misc]
        self.error = error

    def write(
        self, articles: Iterable[AnnotatedArticle], target: Path, corpus: CorpusCard = UNNAMED
    ) -> WriteReport:
        for article in articles:
            file = target / "part" if target.is_dir() else target
            file.write_text(article.text)
            raise self.error
        return WriteReport()


full_disk = OSError(28, "No space left on device")


@pytest.mark.usefixtures("article")
@pytest.mark.parametrize("suffix", [".jsonl", ""])
@pytest.mark.parametrize("error", [full_disk, KeyboardInterrupt()], ids=["disk full", "stopped"])
def test_a_writer_that_fails_midway_leaves_nothing_and_harms_nothing(
    corpus: Corpus,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    suffix: str,
    error: BaseException,
) -> None:
    target = tmp_path / f"corpus{suffix}"
    before = tmp_path / "corpus.jsonl"
    before.write_text("the export of yesterday")
    monkeypatch.setattr(actions, "writer_for", lambda _name: Breaking(suffix, error))
    with pytest.raises(type(error)):
        write_corpus(corpus=corpus, format_name="x", target=target, selection=Selection())
    assert [path.name for path in tmp_path.iterdir()] == ["corpus.jsonl"]
    assert before.read_text() == "the export of yesterday"


@pytest.mark.usefixtures("article")
def test_an_export_of_several_files_spares_what_lies_in_its_folder(
    corpus: Corpus, tmp_path: Path
) -> None:
    target = tmp_path / "mine"
    target.mkdir()
    (target / "thesis.txt").write_text("years of work")
    write_corpus(corpus=corpus, format_name="conll", target=target, selection=Selection())
    assert (target / "thesis.txt").read_text() == "years of work"
    assert (target / "corpus.conll").is_file()


@pytest.mark.usefixtures("article")
def test_an_export_replaces_the_one_before_it(
    corpus: Corpus, store: StoreArticle, tmp_path: Path
) -> None:
    target = tmp_path / "deep" / "er" / "corpus.jsonl"
    for expected in (1, 2):
        write_corpus(corpus=corpus, format_name="jsonl", target=target, selection=Selection())
        assert len(target.read_text(encoding="utf-8").splitlines()) == expected
        store("More.\n") if expected == 1 else None
    assert [path.name for path in target.parent.iterdir()] == ["corpus.jsonl"]


# ── Downloads ────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def ask(corpus: Corpus, owner: User) -> Callable[..., Export]:
    def ask(format_name: str = "jsonl", layer: str = "gold") -> Export:
        return request_export(
            corpus=corpus, user=owner, format_name=format_name, selection=Selection(layer)
        )

    return ask


@pytest.mark.usefixtures("mixed")
def test_a_finished_export_tells_its_size_checksum_and_report(ask: Callable[..., Export]) -> None:
    export = ask()
    run_export(export.pk)
    export.refresh_from_db()
    data = (actions.folder() / export.path).read_bytes()
    assert (export.state, export.size) == ("done", len(data))
    assert export.sha256 == hashlib.sha256(data).hexdigest()
    assert export.report["articles"] == len(data.splitlines()) == 3
    assert export.report["mentions_out"] == sum(
        len(json.loads(line)["spans"]) for line in data.splitlines()
    )


@pytest.mark.usefixtures("mixed")
def test_a_format_of_several_files_is_downloaded_as_one_zip(ask: Callable[..., Export]) -> None:
    digests = set()
    for _ in range(2):
        export = ask("conll")
        run_export(export.pk)
        export.refresh_from_db()
        path = actions.folder() / export.path
        with zipfile.ZipFile(path) as archive:
            assert archive.namelist() == sorted(export.report["files"])
            assert archive.testzip() is None
        digests.add(export.sha256)
    assert len(digests) == 1, "the same corpus makes the same bytes"


def test_the_same_export_is_not_made_twice(article: Article, ask: Callable[..., Export]) -> None:
    export = ask()
    run_export(export.pk)
    export.refresh_from_db()
    path = actions.folder() / export.path
    stamp = path.stat().st_mtime_ns
    run_export(export.pk)
    assert path.stat().st_mtime_ns == stamp
    assert Export.objects.get().attempts == 1


def test_an_export_that_another_worker_holds_is_left_to_it(
    article: Article, ask: Callable[..., Export]
) -> None:
    export = ask()
    Export.objects.update(state="running", lease_until=timezone.now() + timedelta(seconds=30))
    run_export(export.pk)
    assert Export.objects.get().state == "running"


def test_an_export_whose_worker_was_killed_is_taken_over(
    article: Article, ask: Callable[..., Export]
) -> None:
    export = ask()
    Export.objects.update(
        state="running",
        attempts=1,
        lease_until=timezone.now() - timedelta(seconds=1),
        created_at=timezone.now() - timedelta(minutes=1),
    )
    assert actions.abandoned() == [export.pk]
    run_export(export.pk)
    assert Export.objects.get().state == "done"
    assert actions.abandoned() == []


@pytest.mark.usefixtures("article")
def test_an_export_that_fails_is_tried_three_times_and_tells_why(
    ask: Callable[..., Export], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "writer_for", lambda _name: Breaking(".jsonl", full_disk))
    export = ask()
    states = []
    for _ in range(3):
        run_export(export.pk)
        export.refresh_from_db()
        states.append(export.state)
    assert states == ["waiting", "waiting", "failed"]
    assert "No space left on device" in export.problem
    assert export.path == ""
    assert not list(actions.folder().glob(f"*-{export.pk}.*"))


@pytest.mark.usefixtures("article")
def test_an_export_that_killed_three_workers_fails_and_says_so(ask: Callable[..., Export]) -> None:
    export = ask()
    Export.objects.update(
        state="running", attempts=3, lease_until=timezone.now() - timedelta(seconds=1)
    )
    run_export(export.pk)
    export.refresh_from_db()
    assert (export.state, export.problem) == (
        "failed",
        "A worker stopped 3 times while it wrote this.",
    )


def test_an_export_of_a_layer_that_is_gone_fails_at_once(
    article: Article, ask: Callable[..., Export]
) -> None:
    export = ask(layer="nobody")
    run_export(export.pk)
    export.refresh_from_db()
    assert export.state == "failed"
    assert "no layer “nobody”" in export.problem


@pytest.mark.usefixtures("mixed")
def test_the_preview_shows_the_first_lines_of_the_real_thing(
    corpus: Corpus, tmp_path: Path
) -> None:
    shown = actions.preview(corpus, "jsonl", Selection(), articles=2)
    assert [json.loads(line)["id"] for line in shown.splitlines()] == [1, 2]
    assert "🚢" in shown
    assert "PERSON" in actions.preview(corpus, "conll", Selection("suggestions"))


# ── One moment in time ───────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db(transaction=True)
def test_an_export_shows_the_corpus_as_it_stood_when_it_began(
    mixed: dict[str, Article],
    corpus: Corpus,
    curator: User,
    annotator: User,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(actions, "CHUNK", 1)

    def edit() -> None:
        try:
            decided(annotator, mixed["open"], Accept(ALDER.key), then_finish=True)
            decided(curator, mixed["finished"], Reject(ISLAND.key), then_finish=True)
        finally:
            connection.close()

    class Interrupted(JsonlWriter):
        def write(
            self, articles: Iterable[AnnotatedArticle], target: Path, corpus: CorpusCard = UNNAMED
        ) -> WriteReport:
            return super().write(self._meanwhile(articles), target, corpus)

        def _meanwhile(self, articles: Iterable[AnnotatedArticle]) -> Iterable[AnnotatedArticle]:
            for position, article in enumerate(articles):
                if position == 0:
                    editor = threading.Thread(target=edit)
                    editor.start()
                    editor.join(30)
                    assert not editor.is_alive(), "an export keeps nobody from writing"
                yield article

    monkeypatch.setattr(actions, "writer_for", lambda _name: Interrupted())
    target = tmp_path / "corpus.jsonl"
    write_corpus(corpus=corpus, format_name="jsonl", target=target, selection=Selection())
    lines = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert [(line["status"], len(line["spans"])) for line in lines] == [
        ("unreviewed", 0),
        ("open", 1),
        ("finished", 7),
    ]
    # The edits are there, though: the next export has them.
    assert [(a.status, len(a.mentions)) for a in exported(corpus)][1] == ("finished", 8)

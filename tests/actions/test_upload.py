"""Uploads and imports: each file whole or not at all, each text once, nothing dropped unsaid."""

import io
import json
import threading
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count, cycle
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from annotations.actions import upload as actions
from annotations.actions.corpora import create_corpus, set_member
from annotations.actions.decide import decide_mention, finish
from annotations.actions.export import Selection, write_corpus
from annotations.actions.staging import Outcome
from annotations.actions.upload import import_files, read_upload, start_upload, store_upload
from annotations.domain.articles import ArticleDraft
from annotations.domain.decisions import Accept, Adjust, Reject, Relabel
from annotations.domain.zoning import find_zones
from annotations.formats import reader_for
from annotations.formats.base import Option, Reader, Source
from annotations.formats.placing import Claim, place
from annotations.models import (
    Annotation,
    Article,
    ArticleOriginal,
    Corpus,
    Label,
    Review,
    Suggestion,
    Upload,
    UploadFile,
    User,
)
from tests.cast import NEWS, StoreArticle, Suggest, mark
from tests.formats.inception import FERRY, QUAY, TERN, project
from tests.recount import assert_counts_hold, assert_history_holds
from tests.threads import at_once

State = UploadFile.State
OKAFOR = mark(NEWS, "Ines Okafor", "PERSON")
ALDER = mark(NEWS, "Port Alder", "GPE")


def text(name: str, content: str = NEWS) -> Source:
    return Source(name, content.encode())


def jsonl(name: str, *articles: dict[str, object]) -> Source:
    return Source(name, "".join(json.dumps(a) + "\n" for a in articles).encode())


def zipped(name: str, members: dict[str, bytes]) -> Source:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return Source(name, data.getvalue())


@pytest.fixture
def take(corpus: Corpus, curator: User) -> Callable[..., Upload]:
    """Upload and read files, up to the preview."""

    def take(*sources: Source) -> Upload:
        upload = start_upload(corpus=corpus, user=curator, sources=sources)
        read_upload(upload.pk)
        upload.refresh_from_db()
        return upload

    return take


def stored(upload: Upload) -> dict[str, tuple[str, int]]:
    """Confirm and store; what became of each file."""
    actions.confirm(upload=upload)
    store_upload(upload.pk)
    return {file.name: (file.state, file.stored_count) for file in upload.files.all()}


# ── Reading, for the preview ─────────────────────────────────────────────────────────────────────


def test_reading_stores_no_article(take: Callable[..., Upload]) -> None:
    upload = take(text("ferry.txt"))
    assert upload.state == "ready"
    assert not Article.objects.exists()


def test_the_preview_shows_what_was_read(take: Callable[..., Upload]) -> None:
    (file,) = take(
        Source("ferry.txt", b"\xef\xbb\xbf" + NEWS.replace("\n", "\r\n").encode())
    ).files.all()
    (shown,) = file.preview["shown"]
    assert (file.state, file.preview["format"], file.preview["articles"]) == (
        "read",
        "plain_text",
        1,
    )
    assert (shown["title"], shown["known"]) == ("Ferry returns to Port Alder", False)
    assert any("CRLF" in change for change in shown["changes"])
    assert shown["blocks"][0]["text"] == "Ferry returns to Port Alder"


def test_a_file_that_cannot_be_read_is_refused_with_its_reason_and_the_others_go_on(
    take: Callable[..., Upload],
) -> None:
    upload = take(Source("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(99)), text("ferry.txt"))
    refused, read = upload.files.all()
    assert (refused.state, read.state) == ("refused", "read")
    assert refused.problem.startswith("picture.png looks like")


def test_what_a_reader_did_not_foresee_refuses_the_file_and_no_more(
    take: Callable[..., Upload], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(Reader):
        def read(self, source: Source) -> Iterator[ArticleDraft]:
            if source.name == "bad.txt":
                raise ZeroDivisionError("not thought of")
            return iter(reader_for("plain_text").read(source))

    monkeypatch.setattr(actions, "reader_for", lambda _name: Broken())
    upload = take(text("bad.txt", "Bad.\n"), text("ferry.txt"))
    bad, good = upload.files.all()
    assert (bad.state, good.state) == ("refused", "read")
    assert "ZeroDivisionError: not thought of" in bad.problem


def test_a_database_that_fails_is_not_the_files_fault(
    corpus: Corpus, curator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = start_upload(corpus=corpus, user=curator, sources=[text("ferry.txt")])

    def fail(*_args: object) -> None:
        raise OperationalError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr(actions, "_preview", fail)
        with pytest.raises(OperationalError):
            read_upload(upload.pk)
    read_upload(upload.pk)
    assert [file.state for file in upload.files.all()] == ["read"]


def test_a_file_that_ends_three_workers_is_refused_and_the_others_go_on(
    corpus: Corpus, curator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = start_upload(
        corpus=corpus, user=curator, sources=[text("deadly.txt", "Deadly.\n"), text("ferry.txt")]
    )
    read_file = actions.read_file

    def die(file: UploadFile) -> None:
        if file.name == "deadly.txt":
            raise KeyboardInterrupt
        read_file(file)

    monkeypatch.setattr(actions, "read_file", die)
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            read_upload(upload.pk)
    read_upload(upload.pk)
    deadly, ferry = upload.files.all()
    assert (deadly.state, ferry.state) == ("refused", "read")
    assert deadly.problem == "A worker stopped 3 times at this file."


def test_a_zip_is_unpacked_and_what_it_must_not_hold_is_listed_with_the_reason(
    take: Callable[..., Upload],
) -> None:
    archive = zipped(
        "news.zip",
        {
            "a/ferry.txt": NEWS.encode(),
            "../../etc/passwd": b"root",
            "inner.zip": b"PK\x03\x04",
            "b/tern.txt": b"Tern Island is quiet.\n",
        },
    )
    files = {file.name: file for file in take(archive).files.all()}
    assert {name: file.state for name, file in files.items()} == {
        "a/ferry.txt": "read",
        "../../etc/passwd": "refused",
        "inner.zip": "refused",
        "b/tern.txt": "read",
    }
    assert "leads out of the archive" in files["../../etc/passwd"].problem


def test_zips_in_a_zip_are_unpacked_with_what_belongs_to_their_files(
    take: Callable[..., Upload],
) -> None:
    archive = zipped(
        "all.zip",
        {
            "a.zip": zipped("a.zip", {"x.ann": b"T1\tGPE 0 5\tAlder\n", "x.txt": b"Alder."}).data,
            "b.zip": zipped("b.zip", {"x.ann": b"T1\tGPE 0 4\tTern\n"}).data,
            "x.txt": b"Tern slept.",
        },
    )
    upload = take(archive)
    files = {file.name: file for file in upload.files.all()}
    assert {name: file.state for name, file in files.items()} == {
        "a.zip/x.ann": "read",
        "a.zip/x.txt": "beside",
        "b.zip/x.ann": "refused",
        "x.txt": "read",
    }
    assert files["a.zip/x.ann"].preview["mentions"] == 1
    stored(upload)
    assert Article.objects.count() == 2


def test_of_an_inception_project_each_document_is_stored_once_and_the_rest_can_be_chosen(
    corpus: Corpus, take: Callable[..., Upload]
) -> None:
    upload = take(Source("harbour.zip", project()))
    rows = {file.name: (file.state, file.included) for file in upload.files.all()}
    assert rows == {
        "harbour.zip": ("beside", True),
        "source/quay.txt": ("read", True),
        "annotation/tern.txt/ada.zip/ada.xmi": ("read", True),
        "annotation/tern.txt/ada.zip/TypeSystem.xml": ("beside", True),
        "annotation/tern.txt/vera.zip/vera.xmi": ("read", False),
        "annotation/tern.txt/vera.zip/TypeSystem.xml": ("beside", False),
        "curation/ferry.txt/CURATION_USER.zip/CURATION_USER.xmi": ("read", True),
        "curation/ferry.txt/CURATION_USER.zip/TypeSystem.xml": ("beside", True),
    }
    ada, vera = upload.files.filter(name__endswith=".xmi", name__startswith="annotation/")
    actions.choose(file=ada, chosen={}, included=False)
    actions.choose(file=vera, chosen={}, included=True)
    stored(upload)
    quotes = {
        text: set(
            Annotation.objects.filter(review__article__text_row__text=text).values_list(
                "quote", flat=True
            )
        )
        for text in Article.objects.values_list("text_row__text", flat=True)
    }
    assert quotes == {
        FERRY: {"Port Alder", "Ines Okafor"},
        TERN: {"Tern Island", "Ola Brandt"},
        QUAY: set(),
    }
    assert_counts_hold(corpus)


def test_both_versions_of_a_document_are_still_one_article(take: Callable[..., Upload]) -> None:
    upload = take(Source("harbour.zip", project()))
    for file in upload.files.filter(included=False):
        actions.choose(file=file, chosen={}, included=True)
    outcome = stored(upload)
    assert outcome["annotation/tern.txt/ada.zip/ada.xmi"] == ("stored", 1)
    assert outcome["annotation/tern.txt/vera.zip/vera.xmi"] == ("known", 0)
    assert Article.objects.count() == 3


def test_a_broken_zip_is_listed_with_the_reason(take: Callable[..., Upload]) -> None:
    (file,) = take(Source("news.zip", b"PK\x03\x04 and no more")).files.all()
    assert (file.state, file.name) == ("refused", "news.zip")
    assert "not a complete zip archive" in file.problem


def test_a_members_name_that_no_database_takes_is_mended(take: Callable[..., Upload]) -> None:
    archive = zipped("news.zip", {"d/" * 200 + "ferry.txt": NEWS.encode()})
    data = archive.data.replace(b"d/d/ferry.txt", b"d/d/fe\0ry.txt")
    files = list(take(archive, Source("nul.zip", data)).files.all())
    assert [file.state for file in files] == ["read", "refused"]
    assert all(len(file.name) <= 255 and "\0" not in file.name for file in files)


def test_a_text_that_the_corpus_has_is_told(article: Article, take: Callable[..., Upload]) -> None:
    upload = take(text("again.txt"), text("new.txt", "New.\n"))
    assert [file.state for file in upload.files.all()] == ["known", "read"]
    assert stored(upload)["new.txt"] == ("stored", 1)
    assert Article.objects.count() == 2


def test_a_text_that_comes_twice_in_one_upload_is_stored_once(
    take: Callable[..., Upload], corpus: Corpus
) -> None:
    assert stored(take(text("one.txt"), text("two.txt"))) == {
        "one.txt": ("stored", 1),
        "two.txt": ("known", 0),
    }
    assert_counts_hold(corpus)


# ── Choosing ─────────────────────────────────────────────────────────────────────────────────────

LATIN = "Café Özil opens in Port Alder.\n".encode("cp1252")


def test_another_encoding_has_the_file_read_again(take: Callable[..., Upload]) -> None:
    (file,) = take(Source("cafe.txt", LATIN)).files.all()
    actions.choose(file=file, chosen={"encoding": "koi8-r", "title": ""}, included=True)
    file.refresh_from_db()
    assert file.preview["shown"][0]["blocks"][0]["text"] != "Café Özil opens in Port Alder."
    actions.choose(file=file, chosen={"encoding": "windows-1252", "title": ""}, included=True)
    file.refresh_from_db()
    assert file.preview["shown"][0]["blocks"][0]["text"] == "Café Özil opens in Port Alder."
    assert stored(file.upload) == {"cafe.txt": ("stored", 1)}
    original = ArticleOriginal.objects.get()
    assert (bytes(original.data), original.encoding) == (LATIN, "windows-1252")


def test_what_a_person_types_stands_in_the_article(take: Callable[..., Upload]) -> None:
    (file,) = take(text("ferry.txt")).files.all()
    typed = {
        "title": "A ferry",
        "source": "Coast Wire",
        "byline": "",
        "published_on": "2017-07-08",
        "encoding": "",
    }
    actions.choose(file=file, chosen=typed, included=True)
    stored(file.upload)
    article = Article.objects.get()
    assert (article.title, article.source) == ("A ferry", "Coast Wire")
    assert str(article.published_on) == "2017-07-08"


def test_a_headline_that_was_found_wrongly_can_be_taken_away(take: Callable[..., Upload]) -> None:
    (file,) = take(text("ferry.txt")).files.all()
    actions.choose(file=file, chosen={"title": ""}, included=True)
    stored(file.upload)
    assert Article.objects.get().title == ""


def test_what_nobody_changed_follows_the_encoding(take: Callable[..., Upload]) -> None:
    (file,) = take(Source("cafe.txt", b"\xc3\x96zil returns\n\n" + LATIN * 3)).files.all()
    as_shown = {key: file.preview["shown"][0][key] for key in ("title", "source", "byline")}
    actions.choose(file=file, chosen={**as_shown, "encoding": "koi8-r"}, included=True)
    file.refresh_from_db()
    assert file.chosen == {"encoding": "koi8-r"}


def test_a_file_that_was_left_out_is_not_stored(take: Callable[..., Upload]) -> None:
    upload = take(text("ferry.txt"), text("tern.txt", "Tern Island.\n"))
    actions.choose(file=upload.files.all()[0], chosen={}, included=False)
    assert stored(upload) == {"ferry.txt": ("read", 0), "tern.txt": ("stored", 1)}


# ── Storing ──────────────────────────────────────────────────────────────────────────────────────


def test_storing_keeps_the_original_and_forgets_the_copy(
    take: Callable[..., Upload], curator: User, corpus: Corpus
) -> None:
    upload = take(text("ferry.txt"))
    assert stored(upload) == {"ferry.txt": ("stored", 1)}
    article = Article.objects.get()
    assert (article.uploaded_by, article.suggestion_state) == (curator, "waiting")
    assert bytes(article.original.data) == NEWS.encode()
    assert bytes(upload.files.get().data) == b""
    assert_counts_hold(corpus)


def test_nothing_is_stored_before_it_was_confirmed(take: Callable[..., Upload]) -> None:
    upload = take(text("ferry.txt"))
    store_upload(upload.pk)
    assert not Article.objects.exists()


def test_storing_twice_is_harmless(take: Callable[..., Upload], corpus: Corpus) -> None:
    upload = take(text("ferry.txt"))
    first = stored(upload)
    assert stored(upload) == first
    Upload.objects.filter(pk=upload.pk).update(state=Upload.State.STORING)
    store_upload(upload.pk)
    assert Article.objects.count() == 1
    assert_counts_hold(corpus)


def test_storing_goes_on_where_it_stopped(
    take: Callable[..., Upload], monkeypatch: pytest.MonkeyPatch, corpus: Corpus
) -> None:
    upload = take(*(text(f"{n}.txt", f"Number {n}.\n") for n in range(5)))
    actions.confirm(upload=upload)
    store_file, calls = actions.store_file, Counter[str]()

    def stops(*, then: Callable[[Outcome], None], **arguments: Any) -> Outcome:
        def end(outcome: Outcome) -> None:
            calls["made"] += 1
            if calls["made"] == 3:
                raise KeyboardInterrupt
            then(outcome)

        return store_file(then=end, **arguments)

    monkeypatch.setattr(actions, "store_file", stops)
    with pytest.raises(KeyboardInterrupt):
        store_upload(upload.pk)
    assert Article.objects.count() == 2
    assert actions.abandoned(Upload.State.STORING) == []
    Upload.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert actions.abandoned(Upload.State.STORING) == [upload.pk]
    store_upload(upload.pk)
    assert sorted(Article.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5]
    assert Upload.objects.get().state == "stored"
    assert_counts_hold(corpus)


def test_a_long_file_goes_on_where_it_stopped(
    take: Callable[..., Upload], monkeypatch: pytest.MonkeyPatch, corpus: Corpus
) -> None:
    monkeypatch.setattr("annotations.actions.articles.BATCH_ROWS", {connection.vendor: 6})
    upload = take(jsonl("long.jsonl", *({"text": f"Number {n}."} for n in range(12))))
    actions.confirm(upload=upload)
    store_file = actions.store_file

    def stops(*, on_batch: Callable[[int], None], **arguments: Any) -> Outcome:
        def half(taken: int) -> None:
            on_batch(taken)
            if taken == 6:
                raise KeyboardInterrupt

        return store_file(on_batch=half, **arguments)

    with monkeypatch.context() as stopping:
        stopping.setattr(actions, "store_file", stops)
        with pytest.raises(KeyboardInterrupt):
            store_upload(upload.pk)
    file = UploadFile.objects.get(upload=upload)
    assert (file.state, file.done_count, file.attempts) == ("read", 6, 0)
    assert not Article.objects.filter(corpus=corpus).exists()
    store_upload(upload.pk)
    file.refresh_from_db()
    assert (file.state, file.stored_count, bytes(file.data)) == ("stored", 12, b"")
    assert sorted(Article.objects.values_list("number", flat=True)) == list(range(1, 13))
    assert_counts_hold(corpus)


@pytest.mark.parametrize("size", [2, 40])
def test_the_labels_of_a_file_that_is_refused_go_with_it(
    take: Callable[..., Upload], monkeypatch: pytest.MonkeyPatch, corpus: Corpus, size: int
) -> None:
    monkeypatch.setattr("annotations.actions.articles.BATCH_ROWS", {connection.vendor: 6})
    before = list(Label.objects.order_by("pk").values())
    spans = [{"start": 0, "end": 5, "label": "Vessel", "state": "added"}]
    good = ({"text": f"Ferry {n}.", "spans": spans} for n in range(size))
    bad = {"text": "Tern Island.", "spans": [overlapping(0, 11), overlapping(5, 11)]}
    assert stored(take(jsonl("long.jsonl", *good, bad))) == {"long.jsonl": ("refused", 0)}
    assert list(Label.objects.order_by("pk").values()) == before
    assert not Article.objects.exists()
    assert_counts_hold(corpus)


def test_a_file_is_stored_whole_or_not_at_all(take: Callable[..., Upload], corpus: Corpus) -> None:
    spoilt = jsonl(
        "corpus.jsonl",
        {"text": "Port Alder.", "spans": [{"start": 0, "end": 10, "label": "GPE"}]},
        {"text": "Tern Island.", "spans": [overlapping(0, 11), overlapping(5, 11)]},
    )
    upload = take(spoilt, text("ferry.txt"))
    assert stored(upload) == {"corpus.jsonl": ("refused", 0), "ferry.txt": ("stored", 1)}
    refused = upload.files.get(name="corpus.jsonl")
    assert "overlap" in refused.problem
    assert Article.objects.count() == 1
    assert_counts_hold(corpus)


def overlapping(start: int, end: int) -> dict[str, object]:
    """A decided mention, of which a flat corpus cannot hold two in one place."""
    return {"start": start, "end": end, "label": "LOC", "state": "added"}


# ── Labels that the corpus lacks ─────────────────────────────────────────────────────────────────

CREW: dict[str, object] = {
    "text": "Ada Berg sailed the Gull.",
    "spans": [
        {"start": 0, "end": 8, "label": "PER", "state": "added"},
        {"start": 20, "end": 24, "label": "Ship", "state": "added"},
    ],
}


def labelled() -> set[tuple[str, str]]:
    return set(Annotation.objects.values_list("quote", "label__name"))


def test_the_preview_says_what_would_become_of_labels_that_the_corpus_lacks(
    take: Callable[..., Upload], corpus: Corpus
) -> None:
    upload = take(jsonl("crew.jsonl", CREW))
    assert upload.files.get().preview["labels"] == [
        {"name": "PER", "count": 1, "target": "PERSON"},
        {"name": "Ship", "count": 1, "target": "+"},
    ]
    stored(upload)
    assert labelled() == {("Ada Berg", "PERSON"), ("Gull", "Ship")}
    assert_counts_hold(corpus)


@pytest.mark.parametrize(
    ("target", "expected"),
    [("PRODUCT", {("Gull", "PRODUCT")}), ("", set()), ("nonsense", {("Gull", "Ship")})],
)
def test_a_person_says_what_a_label_is_called_here(
    take: Callable[..., Upload], target: str, expected: set[tuple[str, str]]
) -> None:
    (file,) = take(jsonl("crew.jsonl", CREW)).files.all()
    actions.choose(file=file, chosen={"labels": {"Ship": target}}, included=True)
    stored(file.upload)
    assert labelled() == {("Ada Berg", "PERSON"), *expected}


def test_without_a_preview_unknown_labels_are_refused_unless_somebody_says_what_they_are(
    corpus: Corpus,
) -> None:
    def imported(**how: Any) -> list[tuple[str, dict[str, int], list[str]]]:
        told = Told()
        sources = [jsonl("crew.jsonl", CREW)]
        import_files(corpus=corpus, sources=sources, user=None, on_file=told, **how)
        return told

    [(_, outcome, [reason])] = imported()
    assert outcome == {"refused": 1}
    assert "no label “Ship”" in reason
    imported(labels={"Ship": ""})
    assert labelled() == {("Ada Berg", "PERSON")}
    Article.objects.all().delete()
    imported(new_labels=True)
    assert ("Gull", "Ship") in labelled()


# ── Files that belong to others ──────────────────────────────────────────────────────────────────


class Pairs(Reader):
    """Reads a text with a file beside it that names one stretch of it."""

    title = "Pairs"
    suffixes = (".pair",)
    companions = (".txt",)

    def options(self, source: Source) -> tuple[Option, ...]:
        return (Option("label", "Label", "GPE", (("GPE", "Place"), ("ORG", "Body"))),)

    def read(self, source: Source) -> Iterator[ArticleDraft]:
        [content] = source.beside.values()
        label = source.options.get("label", "GPE")
        placed = place(content.decode(), [Claim(0, int(source.data), label)])
        yield ArticleDraft(
            text=placed.text,
            mentions=placed.mentions,
            unplaced=placed.unplaced,
            zones=find_zones(placed.text),
        )


@pytest.fixture
def pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    every = {"pairs": Pairs(), "plain_text": reader_for("plain_text")}
    monkeypatch.setattr("annotations.formats.readers", lambda: every)


PAIR = {"a/x.txt": b"Port Alder slept.", "a/x.pair": b"10", "a/y.txt": b"Nobody slept."}


@pytest.mark.usefixtures("pairs")
def test_a_file_is_read_with_those_that_belong_to_it(take: Callable[..., Upload]) -> None:
    upload = take(zipped("both.zip", PAIR))
    states = {file.name: file.state for file in upload.files.all()}
    assert states == {"a/x.txt": "beside", "a/x.pair": "read", "a/y.txt": "read"}
    stored(upload)
    assert Article.objects.count() == 2
    assert [s.quote for s in Suggestion.objects.all()] + [
        a.quote for a in Annotation.objects.all()
    ] == ["Port Alder"]


@pytest.mark.usefixtures("pairs")
def test_what_a_database_refuses_in_a_label_or_a_reason_is_taken_out_of_the_preview(
    take: Callable[..., Upload], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        Pairs, "options", lambda *_: (Option("la\0bel", "La\0bel", "a\ud800"),), raising=True
    )
    monkeypatch.setattr(
        Pairs,
        "read",
        lambda *_: iter(
            [ArticleDraft(text="Ada.", notes=("a\0b",), mentions=(mark("Ada.", "Ada", "P\0ER"),))]
        ),
    )
    upload = take(Source("x.pair", b"1"))
    preview = upload.files.get().preview
    assert preview["labels"][0]["name"] == "PER"
    assert preview["shown"][0]["notes"] == ["ab"]
    assert preview["options"][0] == {
        "name": "label",
        "title": "Label",
        "guess": "a",
        "choices": [],
        "text": None,
    }


@pytest.mark.usefixtures("pairs")
def test_without_a_preview_too(corpus: Corpus) -> None:
    told = Told()
    import_files(corpus=corpus, sources=[zipped("b.zip", PAIR)], user=None, on_file=told)
    assert told == [("a/x.pair", {"stored": 1}, []), ("a/y.txt", {"stored": 1}, [])]


@pytest.mark.usefixtures("pairs")
def test_what_a_file_does_not_say_itself_can_be_said_and_has_it_read_anew(
    take: Callable[..., Upload],
) -> None:
    upload = take(zipped("both.zip", {**PAIR, "a/x.pair": b"99"}))
    file = upload.files.get(name="a/x.pair")
    assert file.preview["options"][0]["guess"] == "GPE"
    assert file.preview["unplaced_count"] == 1
    assert "beyond the text" in file.preview["unplaced"][0]
    actions.choose(file=file, chosen={"options": {"label": "ORG"}}, included=True)
    assert "ORG 0–99" in file.preview["unplaced"][0]


def test_a_file_of_many_articles_is_not_kept_with_each(take: Callable[..., Upload]) -> None:
    stored(take(jsonl("foreign.jsonl", {"text": "One."}, {"text": "Two."})))
    assert Article.objects.count() == 2
    assert not ArticleOriginal.objects.exists()


def test_what_a_person_types_about_one_article_is_not_said_of_all(
    take: Callable[..., Upload],
) -> None:
    articles = [{"text": "One.", "title": "First"}, {"text": "Two.", "title": "Second"}]
    (file,) = take(jsonl("foreign.jsonl", *articles)).files.all()
    actions.choose(file=file, chosen={"title": "Typed"}, included=True)
    stored(file.upload)
    assert list(Article.objects.values_list("title", flat=True)) == ["First", "Second"]


def test_nor_of_the_items_of_a_service_that_answers_with_several(
    take: Callable[..., Upload],
) -> None:
    items = [
        {"uri": "a", "headline": "First", "body_text": "One."},
        {"uri": "b", "headline": "Second", "body_text": "Two."},
    ]
    (file,) = take(Source("answer.json", json.dumps({"_items": items}).encode())).files.all()
    assert (file.preview["format"], file.preview["holds_many"]) == ("ninjs", True)
    actions.choose(file=file, chosen={"title": "Typed"}, included=True)
    stored(file.upload)
    assert list(Article.objects.values_list("title", flat=True)) == ["First", "Second"]


def test_an_upload_can_be_dropped(take: Callable[..., Upload]) -> None:
    upload = take(text("ferry.txt"))
    actions.discard(upload=upload)
    assert not UploadFile.objects.exists()


# ── Without a preview ────────────────────────────────────────────────────────────────────────────


class Told(list[tuple[str, dict[str, int], list[str]]]):
    """What an import said of each file."""

    def __call__(self, name: str, outcome: Counter[str], notes: list[str]) -> None:
        self.append((name, dict(outcome), notes))


def test_an_import_tells_of_each_file_and_sums_up(corpus: Corpus) -> None:
    told = Told()
    sources = [
        text("ferry.txt"),
        text("again.txt"),
        Source("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(99)),
        zipped("more.zip", {"tern.txt": b"Tern Island.\n"}),
    ]
    total = import_files(corpus=corpus, sources=sources, user=None, on_file=told)
    assert total == {"stored": 2, "known": 1, "refused": 1}
    assert [(name, outcome) for name, outcome, _ in told] == [
        ("ferry.txt", {"stored": 1}),
        ("again.txt", {"known": 1}),
        ("picture.png", {"refused": 1}),
        ("tern.txt", {"stored": 1}),
    ]
    assert told[2][2][0].startswith("picture.png looks like")
    assert_counts_hold(corpus)


def test_an_import_says_what_of_a_project_it_left_out(corpus: Corpus) -> None:
    told = Told()
    source = Source("harbour.zip", project())
    total = import_files(corpus=corpus, sources=[source], user=None, on_file=told)
    assert total == {"stored": 3, "left_out": 16}
    assert told[0][:2] == ("harbour.zip", {"left_out": 14})
    assert told[0][2][0].startswith("It is an export from INCEpTION.")
    [vera, _] = [(outcome, notes) for name, outcome, notes in told if "vera" in name]
    assert vera == (
        {"left_out": 1},
        ["a corpus has a text once, and another version of it is read."],
    )


def test_an_import_says_which_mentions_it_left_out(corpus: Corpus) -> None:
    told = Told()
    shifted = {"start": 1, "end": 11, "label": "GPE", "text": "Port Alder"}
    import_files(
        corpus=corpus,
        sources=[jsonl("c.jsonl", {"text": "Port Alder.", "spans": [shifted]})],
        user=None,
        on_file=told,
    )
    ((_, _, (note,)),) = told
    assert "was left out: the file says “Port Alder”, the text there is “ort Alder.”" in note


def test_a_file_without_an_article_is_refused(corpus: Corpus) -> None:
    told = Told()
    import_files(corpus=corpus, sources=[Source("empty.jsonl", b"\n")], user=None, on_file=told)
    assert told == [("empty.jsonl", {"refused": 1}, ["empty.jsonl holds no article."])]


SPANS = [{"start": 0, "end": 10, "label": "GPE", "source": "ada"}]


@pytest.mark.parametrize(
    ("layer", "expected"),
    [("", "ada"), ("carl", "carl"), ("olga", "olga")],
)
def test_annotations_belong_to_whom_the_caller_names_or_else_the_file(
    corpus: Corpus, layer: str, expected: str
) -> None:
    source = jsonl("c.jsonl", {"text": "Port Alder.", "spans": SPANS, "status": "finished"})
    import_files(corpus=corpus, sources=[source], user=None, layer=layer, on_file=Told())
    assert Review.objects.get().annotator.username == expected


def test_annotations_of_somebody_unknown_belong_to_the_owner_and_keep_the_name(
    corpus: Corpus, annotator: User, stranger: User
) -> None:
    # She owns another corpus, which gives her no part in this one.
    other = create_corpus(slug="other", name="Other", owner=annotator)
    set_member(corpus=other, user=stranger, role="owner")
    spans = [{**SPANS[0], "source": "sven"}]
    source = jsonl("c.jsonl", {"text": "Port Alder.", "spans": spans})
    import_files(corpus=corpus, sources=[source], user=None, on_file=Told())
    assert Review.objects.get().annotator.username == "olga"
    assert Annotation.objects.get().source == "sven"


def test_annotations_stay_annotations_in_a_corpus_that_nobody_owns(db: None) -> None:
    corpus = create_corpus(slug="bare", name="Bare")
    source = jsonl("c.jsonl", {"text": "Port Alder.", "spans": SPANS, "status": "finished"})
    import_files(corpus=corpus, sources=[source], user=None, on_file=Told())
    review = Review.objects.get()
    assert review.is_finished
    assert not review.annotator.has_usable_password()
    assert Annotation.objects.get().source == "ada"


def test_a_layer_of_suggestions_is_nobodys_annotation(corpus: Corpus) -> None:
    source = jsonl("c.jsonl", {"text": "Port Alder.", "spans": SPANS, "status": "finished"})
    import_files(corpus=corpus, sources=[source], user=None, layer="suggestions", on_file=Told())
    assert not Review.objects.exists()
    assert Suggestion.objects.count() == 1


# ── There and back ───────────────────────────────────────────────────────────────────────────────


def lines(corpus: Corpus, folder: Path, layer: str = "gold") -> list[dict[str, object]]:
    target = folder / f"{corpus.slug}-{layer}.jsonl"
    write_corpus(corpus=corpus, format_name="jsonl", target=target, selection=Selection(layer))
    return [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def worked_on(
    corpus: Corpus, store: StoreArticle, suggest: Suggest, annotator: User, owner: User
) -> Corpus:
    """A corpus with an article in every state, and a hole in its numbers."""

    def decide(user: User, article: Article, *decisions: object) -> int:
        for revision, decision in enumerate(decisions):
            decide_mention(
                user=user,
                article=article,
                decision=decision,  # type: ignore[arg-type]
                seen_revision=revision,
            )
        return len(decisions)

    articles = [
        store(f"{NEWS}Number {n} – “é” 🚢.\n", number=3 * n + 1, extra={"desk": "local", "n": n})
        for n in range(5)
    ]
    for article in articles[:4]:
        suggest(article)
    revision = decide(
        annotator,
        articles[0],
        Accept(OKAFOR.key),
        Relabel(ALDER.key, "LOC"),
        Adjust(mark(NEWS, "Monday", "DATE").key, NEWS.index("on Monday"), NEWS.index(". Okafor")),
    )
    finish(user=annotator, article=articles[0], seen_revision=revision)
    decide(owner, articles[1], Accept(OKAFOR.key), Reject(ALDER.key))
    finish(user=annotator, article=articles[4], seen_revision=0)
    return corpus


@pytest.mark.parametrize("layer", ["gold", "ada", "suggestions"])
def test_a_corpus_as_jsonl_imported_elsewhere_is_the_same_corpus(
    worked_on: Corpus, owner: User, annotator: User, tmp_path: Path, layer: str
) -> None:
    before = lines(worked_on, tmp_path, layer)
    assert any(article["spans"] for article in before)
    twin = create_corpus(slug="twin", name="Twin", owner=owner)
    set_member(corpus=twin, user=annotator, role="annotator")
    source = Source("corpus.jsonl", (tmp_path / f"harbour-{layer}.jsonl").read_bytes())
    told = Told()
    import_files(corpus=twin, sources=[source], user=None, on_file=told)
    assert told == [("corpus.jsonl", {"stored": 5}, [])]
    assert lines(twin, tmp_path, layer) == before
    assert_counts_hold(twin)
    assert_history_holds(twin)


def test_it_is_the_same_corpus_where_nobody_of_its_people_is_known(
    worked_on: Corpus, tmp_path: Path
) -> None:
    before = lines(worked_on, tmp_path)
    bare = create_corpus(slug="bare", name="Bare")
    source = Source("corpus.jsonl", (tmp_path / "harbour-gold.jsonl").read_bytes())
    import_files(corpus=bare, sources=[source], user=None, on_file=Told())
    assert lines(bare, tmp_path) == before


def test_importing_it_again_adds_nothing(worked_on: Corpus, tmp_path: Path) -> None:
    before = lines(worked_on, tmp_path)
    source = Source("corpus.jsonl", (tmp_path / "harbour-gold.jsonl").read_bytes())
    told = Told()
    import_files(corpus=worked_on, sources=[source], user=None, on_file=told)
    assert told == [("corpus.jsonl", {"known": 5}, [])]
    assert lines(worked_on, tmp_path) == before


# ── While people work ────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db(transaction=True)
def test_an_import_of_many_annotations_and_an_editor_never_lock_each_other_out(
    corpus: Corpus, store: StoreArticle, suggest: Suggest, annotator: User
) -> None:
    edited = store()
    suggest(edited)
    # The file has its labels in falling order; who relabels takes two in rising order.
    labels = ["CARDINAL", "DATE", "ORG", "PERSON"]
    source = jsonl(
        "c.jsonl",
        *(
            {
                "text": f"Alpha {n}",
                "spans": [{"start": 0, "end": 5, "label": labels[n % len(labels)]}],
            }
            for n in range(60)
        ),
    )
    names = cycle(["PERSON", "CARDINAL"])

    def relabel(revision: int) -> None:
        key = (OKAFOR.start, OKAFOR.end, next(names))
        other = "CARDINAL" if key[2] == "PERSON" else "PERSON"
        decide_mention(
            user=annotator,
            article=edited,
            decision=Relabel(key, other),
            seen_revision=revision,
        )

    total = Counter[str]()
    done = threading.Event()

    def edit() -> None:
        for revision in count(1):
            relabel(revision)
            if done.is_set():
                break

    def bring_in() -> None:
        try:
            total.update(import_files(corpus=corpus, sources=[source], user=None, on_file=Told()))
        finally:
            done.set()

    # The first decision opens the article, which takes the corpus's row; the others don't.
    relabel(0)
    assert at_once(bring_in, edit) == []
    assert total == {"stored": 60}
    assert_counts_hold(corpus)

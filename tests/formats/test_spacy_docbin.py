"""The DocBin export, read and used by spaCy itself."""

import hashlib
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import spacy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin

from annotations.domain.articles import AnnotatedArticle, ReviewStatus
from annotations.domain.mentions import Mention
from annotations.domain.zones import Zone, ZonedSpan
from annotations.formats.base import SUGGESTIONS_LAYER, WriteReport
from annotations.formats.spacy_docbin import PARTS, Writer, split
from tests.formats import cast

reusing_the_folder = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40
)
FILES = ["README.txt", "config.cfg", "dev.spacy", "test.spacy", "train.spacy"]


def docs_in(path: Path) -> list[Doc]:
    """Read with a vocabulary that has seen nothing, as another program would."""
    return list(DocBin().from_disk(path).get_docs(spacy.blank("xx").vocab))


def write(articles: list[AnnotatedArticle], folder: Path) -> tuple[list[Doc], WriteReport]:
    report = Writer().write(iter(articles), folder / "corpus.spacy")
    return docs_in(folder / "corpus.spacy"), report


def spans_of(doc: Doc, key: str = "mentions") -> Counter[tuple[int, int, str, str]]:
    spans = doc.ents if key == "ents" else doc.spans[key]
    return Counter((s.start_char, s.end_char, s.label_, s.text) for s in spans)


def mentions_of(
    article: AnnotatedArticle, report: WriteReport
) -> Counter[tuple[int, int, str, str]]:
    """The mentions of an article, less the misfits."""
    before = Counter((m.start, m.end, m.label, m.span.of(article.text)) for m in article.mentions)
    misfits = Counter(
        (m.start, m.end, m.label, m.text) for m in report.misfits if m.article == article.id
    )
    assert misfits <= before
    return before - misfits


def many(count: int) -> list[AnnotatedArticle]:
    """Articles with different texts; the last is empty and the one before has no names."""
    made = []
    for number in range(count - 2):
        text = f"{cast.NEWS}\nBoat {number} left Tern Island for Port Alder with Ines Okafor.\n"
        made.append(
            cast.article(
                text,
                *(
                    cast.mark(text, quote, label, nth)
                    for quote, label, nth in [
                        ("Ines Okafor", "PERSON", 0), ("Ines Okafor", "PERSON", 1),
                        ("Port Alder", "GPE", 0), ("Port Alder", "GPE", 1),
                        ("Tern Island", "LOC", 0), ("Alder Marine Co.", "ORG", 0),
                    ]
                ),
                id=number + 1,
            )
        )  # fmt: skip
    return [*made, cast.article("Nothing happened.", id=count - 1), cast.empty(id=count)]


@pytest.mark.parametrize("made", [cast.news, cast.torture, cast.nested, cast.empty, cast.sample])
def test_every_mention_on_token_edges_comes_back_with_its_text(
    made: Callable[[], AnnotatedArticle], tmp_path: Path
) -> None:
    article = made()
    [doc], report = write([article], tmp_path)
    assert doc.text == article.text
    assert spans_of(doc) == mentions_of(article, report)
    assert report.mentions_in == len(article.mentions)
    assert report.mentions_out == len(article.mentions) - len(report.misfits)
    assert set(spans_of(doc, "ents")) <= set(spans_of(doc))


@reusing_the_folder
@given(st.lists(cast.articles(), max_size=3, unique_by=lambda article: article.id))
def test_any_article_comes_back_with_exactly_its_text(
    tmp_path: Path, articles: list[AnnotatedArticle]
) -> None:
    kept = [a for a in articles if a.layer == "suggestions" or a.status == "finished"]
    docs, report = write(articles, tmp_path)
    assert [doc.text for doc in docs] == [article.text for article in kept]
    for doc, article in zip(docs, kept, strict=True):
        assert spans_of(doc) == mentions_of(article, report)
        for entity in doc.ents:
            assert not entity[0].is_space
            assert not entity[-1].is_space
    assert report.mentions_in == report.mentions_out + len(report.misfits)


def test_the_sample_loses_no_mention(tmp_path: Path) -> None:
    _, report = write([cast.sample()], tmp_path)
    assert report.mentions_in > 20
    assert report.misfits == []


def test_ents_hold_the_longest_and_spans_all_of_overlapping_mentions(tmp_path: Path) -> None:
    article = cast.nested()
    [doc], report = write([article], tmp_path)
    assert [(e.text, e.label_) for e in doc.ents] == [
        ("“Ulm-West FC lost to New Ulm,”", "QUOTE"), ("Ada Ulm", "PERSON"), ("Ulm", "GPE"),
    ]  # fmt: skip
    assert spans_of(doc).total() == report.mentions_out == 8
    assert report.misfits == []
    assert "5 mentions overlap a longer one" in report.notes[0]


def test_a_mention_inside_a_token_is_reported(tmp_path: Path) -> None:
    [doc], report = write([cast.article("The Ulmers.", Mention(4, 7, "GPE"), id=5)], tmp_path)
    assert list(doc.ents) == list(doc.spans["mentions"]) == []
    [misfit] = report.misfits
    assert (misfit.article, misfit.text, misfit.label) == (5, "Ulm", "GPE")
    assert misfit.reason == "It ends inside the token at 4 to 10."


@pytest.mark.parametrize(("start", "end"), [(0, 4), (3, 7), (3, 4)])
def test_a_mention_with_white_space_at_an_edge_is_reported(
    start: int, end: int, tmp_path: Path
) -> None:
    _, report = write([cast.article("Ulm\u00a0and Ulm", Mention(start, end, "GPE"))], tmp_path)
    assert ["white space" in misfit.reason for misfit in report.misfits] == [True]


def test_white_space_inside_a_mention_is_part_of_it(tmp_path: Path) -> None:
    [doc], _ = write([cast.article("In New\u00a0Ulm", Mention(3, 10, "GPE"))], tmp_path)
    assert [entity.text for entity in doc.ents] == ["New\u00a0Ulm"]


def test_a_finished_article_without_names_says_that_there_are_none(tmp_path: Path) -> None:
    [doc], _ = write([cast.article("Nothing happened.")], tmp_path)
    assert doc.has_annotation("ENT_IOB")
    assert {token.ent_iob_ for token in doc} == {"O"}


def test_articles_that_are_not_finished_are_counted_but_not_written(tmp_path: Path) -> None:
    articles = [cast.news(status=ReviewStatus.OPEN), cast.news(status=ReviewStatus.UNREVIEWED)]
    docs, report = write(articles, tmp_path)
    assert docs == []
    assert sorted(report.articles_left_out.values()) == [1, 1]
    assert (report.articles, report.mentions_in, report.mentions_out) == (0, 0, 0)


@pytest.mark.parametrize("status", ReviewStatus)
def test_the_machines_layer_is_written_whatever_the_status(
    status: ReviewStatus, tmp_path: Path
) -> None:
    [doc], _ = write([cast.news(status=status, layer=SUGGESTIONS_LAYER)], tmp_path)
    assert len(doc.spans["mentions"]) == 8


def test_zones_are_spans_widened_to_whole_tokens(tmp_path: Path) -> None:
    zones = (ZonedSpan(0, 9, Zone.HEADLINE), ZonedSpan(12, 20, Zone.PARAGRAPH))
    [doc], _ = write([cast.article("Ulm slept\n\n (It woke) ", zones=zones)], tmp_path)
    assert spans_of(doc, "zones") == {
        (0, 9, "headline", "Ulm slept"): 1,
        (12, 20, "paragraph", "(It woke"): 1,
    }


def test_id_title_and_metadata_travel_with_the_doc(tmp_path: Path) -> None:
    article = cast.news(id=7)
    [doc], _ = write([article], tmp_path)
    assert doc.user_data == {
        "article_id": 7,
        "text_sha256": article.text_sha256,
        "title": "Ferry line returns",
        "published_on": "2017-07-08",
        "source": "Coast Wire",
        "byline": "",
        "url": "",
        "language": "en",
        "status": "finished",
        "layer": "gold",
    }


@pytest.mark.parametrize("language", ["qqq", "ja", "lex_attrs", "../cli", ""])
def test_a_language_without_a_tokenizer_falls_back_to_any_with_one_note(
    language: str, tmp_path: Path
) -> None:
    docs, report = write([cast.torture(id=i, language=language) for i in (1, 2)], tmp_path)
    assert [doc.text for doc in docs] == [cast.TORTURE] * 2
    assert len(report.notes) == 1
    assert f"“{language}”" in report.notes[0]


@pytest.mark.parametrize("language", ["en", "en-GB", "de_DE", "zh-Hant", "ar", "he"])
def test_a_regional_language_uses_the_tokenizer_of_its_language(
    language: str, tmp_path: Path
) -> None:
    [doc], report = write([cast.torture(language=language)], tmp_path)
    assert doc.text == cast.TORTURE
    assert report.notes == []


def test_a_text_longer_than_a_million_characters_is_written(tmp_path: Path) -> None:
    text = "Ulm slept. " * 100_000
    [doc], _ = write([cast.article(text, Mention(0, 3, "GPE"), zones=())], tmp_path)
    assert doc.text == text


def test_one_file_holds_everything_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    docs, report = write(many(6), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == report.files == ["corpus.spacy"]
    assert [doc.user_data["article_id"] for doc in docs] == [1, 2, 3, 4, 5, 6]


def test_a_folder_holds_three_parts_a_config_and_a_readme(tmp_path: Path) -> None:
    articles = many(8)
    report = Writer().write(articles, tmp_path / "new")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == report.files == FILES
    parts = {name: docs_in(tmp_path / "new" / f"{name}.spacy") for name in PARTS}
    assert all(parts.values())
    assert sorted(doc.text for docs in parts.values() for doc in docs) == sorted(
        article.text for article in articles
    )
    readme = (tmp_path / "new" / "README.txt").read_text()
    for name, docs in parts.items():
        assert f"Articles in {name}.spacy: {len(docs)}\n" in readme


def test_articles_without_text_never_are_all_that_a_part_holds(tmp_path: Path) -> None:
    Writer().write([cast.empty(id=1), cast.news(id=2), cast.nested(id=3)], tmp_path)
    for name in ("train", "dev"):
        assert any(len(doc) for doc in docs_in(tmp_path / f"{name}.spacy"))


def test_the_same_corpus_is_written_as_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        Writer().write(many(6), tmp_path / name)
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_an_empty_corpus_is_written_too(tmp_path: Path) -> None:
    report = Writer().write([], tmp_path)
    assert report.files == FILES
    assert docs_in(tmp_path / "train.spacy") == []
    assert "at least two articles" in report.notes[0]


digests = st.binary(max_size=4).map(lambda data: hashlib.sha256(data).hexdigest())


@given(st.lists(digests, min_size=3, max_size=30, unique=True))
def test_from_three_articles_on_no_part_is_empty(row: list[str]) -> None:
    assert set(split(row)) == set(PARTS)


@given(st.lists(digests, max_size=30, unique=True))
def test_the_split_does_not_depend_on_the_order(row: list[str]) -> None:
    forwards = dict(zip(row, split(row), strict=True))
    assert dict(zip(row[::-1], split(row[::-1]), strict=True)) == forwards


def test_few_articles_go_to_train_then_to_dev() -> None:
    for_test, for_dev = "00000009" + "0" * 56, "00000008" + "0" * 56
    assert split([]) == []
    assert split([for_test]) == ["train"]
    assert sorted(split([for_test, for_dev])) == ["dev", "train"]


def test_an_article_stays_in_its_part_when_the_corpus_grows() -> None:
    row = [hashlib.sha256(bytes([i])).hexdigest() for i in range(200)]
    assert split(row)[:100] == split(row[:100])
    assert 140 <= split(row).count("train") <= 180


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("corpus")
    Writer().write([*many(14), cast.torture(id=20), cast.nested(id=21)], path)
    return path


def spacy_command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "spacy", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_spacys_own_checks_complain_of_nothing_but_the_number_of_examples(folder: Path) -> None:
    result = spacy_command(folder, "debug", "data", "config.cfg")
    assert "Training pipeline: tok2vec, ner" in result.stdout
    complaints = [row for row in result.stdout.split("\n") if "✘" in row]
    assert ["Low number of examples" in row for row in complaints[:-1]] == [True]
    assert "✘ 1 error" in complaints[-1]
    assert "✔ No entities consisting of or starting/ending with whitespace" in result.stdout


@pytest.mark.slow
def test_spacy_trains_on_the_folder_as_the_readme_says(folder: Path) -> None:
    result = spacy_command(
        folder, "train", "config.cfg", "--output", "model", "--paths.train", "train.spacy",
        "--paths.dev", "dev.spacy", "--training.max_steps", "20",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    result = spacy_command(folder, "evaluate", "model/model-best", "test.spacy")
    assert result.returncode == 0, result.stderr
    assert "NER F" in result.stdout

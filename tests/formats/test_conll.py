"""CoNLL-2003: what is written, and that independent readers find the same names in it."""

import csv
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from seqeval.scheme import IOB2, Tokens
from spacy.training.converters import conll_ner_to_docs

from annotations.domain.articles import AnnotatedArticle, ReviewStatus
from annotations.domain.mentions import Mention
from annotations.domain.zones import Zone, ZonedSpan
from annotations.formats.base import SUGGESTIONS_LAYER, WriteReport
from annotations.formats.conll import TwoColumnWriter, Writer
from tests.formats import cast

reusing_the_folder = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
START = "-DOCSTART- -X- -X- O"


def write(
    articles: list[AnnotatedArticle], folder: Path, writer: type[Writer | TwoColumnWriter] = Writer
) -> tuple[str, WriteReport]:
    report = writer().write(iter(articles), folder)
    return (folder / "corpus.conll").read_bytes().decode(), report


def sentences(data: str, separator: str = " ") -> list[list[list[str]]]:
    """The columns of each line of each sentence; document starts left out."""
    blocks = (block.split("\n") for block in data.split("\n\n") if block)
    return [[row.split(separator) for row in rows] for rows in blocks if rows != [START]]


def words(data: str, separator: str = " ") -> list[str]:
    return [" ".join(row[0] for row in rows) for rows in sentences(data, separator)]


def entities(data: str, separator: str = " ") -> Counter[tuple[str, str]]:
    """Name and label of every entity as seqeval finds them, strictly by IOB2."""
    found: Counter[tuple[str, str]] = Counter()
    for rows in sentences(data, separator):
        for entity in Tokens([row[-1] for row in rows], IOB2).entities:
            found[" ".join(row[0] for row in rows[entity.start : entity.end]), entity.tag] += 1
    return found


def restored(data: str, folder: Path, separator: str = " ") -> Counter[tuple[int, int, int, str]]:
    """Article, start, end and label of every entity, from the corpus and its offsets."""
    with (folder / "corpus.offsets.tsv").open(encoding="utf-8", newline="") as table:
        places = list(csv.DictReader(table, delimiter="\t"))
    found: Counter[tuple[int, int, int, str]] = Counter()
    position = 0
    for rows in sentences(data, separator):
        for entity in Tokens([row[-1] for row in rows], IOB2).entities:
            first, last = places[position + entity.start], places[position + entity.end - 1]
            assert first["article"] == last["article"]
            where = (int(first["article"]), int(first["start"]), int(last["end"]))
            found[(*where, entity.tag)] += 1
        position += len(rows)
    assert position == len(places)
    return found


def written(articles: list[AnnotatedArticle], report: WriteReport) -> Counter[object]:
    """Every mention that went in, less the misfits."""
    before = Counter((a.id, m.start, m.end, m.label) for a in articles for m in a.mentions)
    misfits = Counter((m.article, m.start, m.end, m.label) for m in report.misfits)
    assert misfits <= before
    return before - misfits  # type: ignore[return-value]


def test_a_document_is_written_as_the_shared_task_has_it(tmp_path: Path) -> None:
    text = "Ulm slept. New Ulm woke."
    article = cast.article(text, Mention(0, 3, "GPE"), Mention(11, 18, "GPE"), id=7)
    data, report = write([article], tmp_path)
    assert data == (
        "-DOCSTART- -X- -X- O\n\n"
        "Ulm -X- -X- B-GPE\nslept -X- -X- O\n. -X- -X- O\n\n"
        "New -X- -X- B-GPE\nUlm -X- -X- I-GPE\nwoke -X- -X- O\n. -X- -X- O\n\n"
    )
    assert (tmp_path / "corpus.offsets.tsv").read_text() == (
        "article\ttoken\tstart\tend\n"
        "7\t1\t0\t3\n7\t2\t4\t9\n7\t3\t9\t10\n"
        "7\t4\t11\t14\n7\t5\t15\t18\n7\t6\t19\t23\n7\t7\t23\t24\n"
    )
    assert (report.articles, report.mentions_in, report.mentions_out) == (1, 2, 2)
    assert report.files == ["corpus.conll", "corpus.offsets.tsv"]


def test_two_columns_have_one_tab_and_no_document_starts(tmp_path: Path) -> None:
    articles = [cast.article("Ulm slept.", Mention(0, 3, "GPE")), cast.article("Yes.", id=2)]
    data, _ = write(articles, tmp_path, TwoColumnWriter)
    assert data == "Ulm\tB-GPE\nslept\tO\n.\tO\n\nYes\tO\n.\tO\n\n"


def test_a_target_that_is_no_folder_names_the_file_and_the_offsets_lie_beside_it(
    tmp_path: Path,
) -> None:
    report = Writer().write([cast.news()], tmp_path / "night.v2.conll")
    assert sorted(path.name for path in tmp_path.iterdir()) == report.files
    assert report.files == ["night.v2.conll", "night.v2.offsets.tsv"]


@pytest.mark.parametrize("writer", [Writer, TwoColumnWriter])
@pytest.mark.parametrize("made", [cast.news, cast.torture, cast.nested, cast.empty, cast.sample])
def test_seqeval_and_the_offsets_give_every_mention_back(
    made: Callable[[], AnnotatedArticle], writer: type[Writer | TwoColumnWriter], tmp_path: Path
) -> None:
    article = made()
    data, report = write([article], tmp_path, writer)
    separator = " " if writer is Writer else "\t"
    assert restored(data, tmp_path, separator) == written([article], report)
    assert entities(data, separator).total() == report.mentions_out


@reusing_the_folder
@given(st.lists(cast.articles(), max_size=3, unique_by=lambda article: article.id))
def test_whatever_is_written_is_valid_and_reversible(
    tmp_path: Path, articles: list[AnnotatedArticle]
) -> None:
    data, report = write(articles, tmp_path)
    assert not data or data.endswith("\n")
    assert "\n\n\n" not in data
    for row in data.split("\n"):
        assert row == "" or len(row.split(" ")) == len(row.split()) == 4
    left = [a for a in articles if a.layer != "suggestions" and a.status != "finished"]
    kept = [a for a in articles if a not in left]
    assert data.count(START) == report.articles == len(kept)
    assert sum(report.articles_left_out.values()) == len(left)
    assert report.mentions_in == report.mentions_out + len(report.misfits)
    assert restored(data, tmp_path) == written(kept, report)


@pytest.mark.parametrize("made", [cast.news, cast.torture, cast.nested, cast.sample])
def test_spacys_own_converter_finds_the_same_names(
    made: Callable[[], AnnotatedArticle], tmp_path: Path
) -> None:
    data, _ = write([made(), cast.news(id=2)], tmp_path)
    docs = list(conll_ner_to_docs(data, no_print=True))
    found = Counter(
        (" ".join(token.text for token in entity), entity.label_)
        for doc in docs
        for entity in doc.ents
    )
    assert found == entities(data)


def test_no_line_holds_white_space_beyond_its_columns(tmp_path: Path) -> None:
    text = "a\u00a0b \u3000 c\u2028d e\u202ff"
    tokens = ((0, 3), (3, 6), (6, 9), (9, 10), (10, 13))  # with white space inside and alone
    article = cast.article(text, Mention(0, 3, "ORG"), Mention(8, 9, "GPE"), tokens=tokens)
    data, report = write([article], tmp_path)
    assert [row[0] for rows in sentences(data) for row in rows] == list("abcdef")
    assert entities(data) == {("a b", "ORG"): 1, ("d", "GPE"): 1}
    assert report.misfits == []
    assert "3 more lines than tokens" in report.notes[0]


def test_characters_that_only_look_like_nothing_stay_in_their_token(tmp_path: Path) -> None:
    text = "Pyong\u00adyang \u200f👩‍👩‍👧 e\u0301"
    tokens = ((0, 10), (11, 17), (18, 20))
    data, _ = write([cast.article(text, tokens=tokens)], tmp_path)
    assert [row[0] for row in sentences(data)[0]] == text.split(" ")


def test_a_token_that_reads_like_a_document_start_fakes_none(tmp_path: Path) -> None:
    text = "-DOCSTART- x"
    mention = Mention(0, 10, "MISC")
    data, _ = write([cast.article(text, mention, tokens=((0, 10), (11, 12)))], tmp_path)
    assert data.count("-DOCSTART-") == 1
    assert restored(data, tmp_path) == {(1, 0, 10, "MISC"): 1}


def test_a_mention_inside_a_token_is_reported_and_not_written(tmp_path: Path) -> None:
    data, report = write([cast.article("The Ulmers.", Mention(4, 7, "GPE"), id=5)], tmp_path)
    assert entities(data) == {}
    [misfit] = report.misfits
    assert (misfit.article, misfit.start, misfit.end, misfit.label) == (5, 4, 7, "GPE")
    assert misfit.text == "Ulm"
    assert misfit.reason == "It ends inside the token at 4 to 10."


def test_of_overlapping_mentions_the_longest_is_written_and_the_others_reported(
    tmp_path: Path,
) -> None:
    article = cast.nested()
    data, report = write([article], tmp_path)
    assert entities(data)["Ada Ulm", "PERSON"] == 1
    assert entities(data)["“ Ulm - West FC lost to New Ulm , ”", "QUOTE"] == 1
    assert entities(data)["Ulm", "GPE"] == 1
    assert len(report.misfits) == 5
    assert all("overlaps" in misfit.reason for misfit in report.misfits)
    assert report.mentions_in == report.mentions_out + len(report.misfits) == 8


def test_a_finished_article_without_names_is_a_negative_example(tmp_path: Path) -> None:
    data, report = write([cast.article("Nothing happened.")], tmp_path)
    assert words(data) == ["Nothing happened ."]
    assert report.articles == 1


def test_articles_that_are_not_finished_are_counted_but_not_written(tmp_path: Path) -> None:
    articles = [cast.news(status=ReviewStatus.OPEN), cast.news(status=ReviewStatus.UNREVIEWED)]
    data, report = write([*articles, cast.empty(status=ReviewStatus.OPEN)], tmp_path)
    assert data == ""
    assert sorted(report.articles_left_out.values()) == [1, 2]
    assert (report.articles, report.mentions_in, report.misfits) == (0, 0, [])


@pytest.mark.parametrize("status", ReviewStatus)
def test_the_machines_layer_is_written_whatever_the_status(
    status: ReviewStatus, tmp_path: Path
) -> None:
    _, report = write([cast.news(status=status, layer=SUGGESTIONS_LAYER)], tmp_path)
    assert (report.articles, report.mentions_out) == (1, 8)


def test_an_article_without_tokens_is_left_out_with_a_reason(tmp_path: Path) -> None:
    data, report = write([cast.article("Ulm slept.", tokens=())], tmp_path)
    assert data == ""
    assert report.articles_left_out == {"The article has not been split into tokens.": 1}


def test_an_empty_article_is_a_document_without_sentences(tmp_path: Path) -> None:
    data, _ = write([cast.empty(), cast.article("Yes.", id=2), cast.empty(id=3)], tmp_path)
    assert data == (f"{START}\n\n{START}\n\nYes -X- -X- O\n. -X- -X- O\n\n{START}\n\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One .", "Two !", "Three ?"]),
        ("“No.” Then (yes.) End", ["“ No . ”", "Then ( yes . )", "End"]),
        ("“Stop!” he said.", ["“ Stop ! ” he said ."]),
        ("Well … maybe.", ["Well … maybe ."]),
        ("What?! Yes", ["What ? !", "Yes"]),
        ('He said "no." "Yes." Done', ['He said " no . "', '" Yes . "', "Done"]),
        ("هل هذا صحيح؟ نعم.", ["هل هذا صحيح ؟", "نعم ."]),
        ("no stop\n\nanother block", ["no stop", "another block"]),
        ("...", [". . ."]),
    ],
)
def test_sentences_end_after_final_punctuation_and_at_blank_lines(
    text: str, expected: list[str], tmp_path: Path
) -> None:
    data, _ = write([cast.article(text, zones=())], tmp_path)
    assert words(data) == expected


def test_a_zone_ends_the_sentence_though_it_has_no_full_stop(tmp_path: Path) -> None:
    text = "Ferry returns\nThe line\nruns again"
    zones = (ZonedSpan(0, 13, Zone.HEADLINE), ZonedSpan(14, 33, Zone.PARAGRAPH))
    data, _ = write([cast.article(text, zones=zones)], tmp_path)
    assert words(data) == ["Ferry returns", "The line runs again"]


def test_lines_of_highlights_are_sentences_of_their_own(tmp_path: Path) -> None:
    text = "Ferry returns\nCouncil unhappy\n\nThe line runs\nagain"
    zones = (ZonedSpan(0, 29, Zone.HIGHLIGHTS), ZonedSpan(31, 50, Zone.PARAGRAPH))
    data, _ = write([cast.article(text, zones=zones)], tmp_path)
    assert words(data) == ["Ferry returns", "Council unhappy", "The line runs again"]


def test_no_sentence_ends_within_a_mention(tmp_path: Path) -> None:
    text = "Who? Weekly\nwon. Today"
    zones = (ZonedSpan(0, 11, Zone.HEADLINE), ZonedSpan(12, 22, Zone.PARAGRAPH))
    mention = Mention(0, 16, "ORG")
    data, report = write([cast.article(text, mention, zones=zones)], tmp_path)
    assert words(data) == ["Who ? Weekly won .", "Today"]
    assert entities(data) == {("Who ? Weekly won .", "ORG"): 1}
    assert report.misfits == []

"""CoNLL: what is written and what is read, and that independent readers find the same names."""

import csv
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.scheme import BILOU as SEQEVAL_BILOU
from seqeval.scheme import IOB1, IOB2, IOBES, IOE2, Tokens
from spacy.training.converters import conll_ner_to_docs

from annotations.domain.articles import AnnotatedArticle, ArticleDraft, ReviewStatus
from annotations.domain.mentions import Mention, MentionState
from annotations.domain.text import normalise
from annotations.domain.zones import Zone, ZonedSpan
from annotations.formats import format_of
from annotations.formats.base import SUGGESTIONS_LAYER, FormatError, Source, WriteReport
from annotations.formats.conll import ColumnWriter, Reader, Writer
from annotations.formats.conll2 import Writer as TwoColumnWriter
from tests.formats import cast

reusing_the_folder = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
START = "-DOCSTART- -X- -X- O"


def write(
    articles: list[AnnotatedArticle], folder: Path, writer: type[ColumnWriter] = Writer
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
    made: Callable[[], AnnotatedArticle], writer: type[ColumnWriter], tmp_path: Path
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


# --- Reading ----------------------------------------------------------------------------------

SAMPLES = Path(__file__).parents[1] / "samples/formats/conll"
#: Files that nobody here wrote.
FOREIGN = Path(__file__).parents[3] / "shared/samples/formats"
SEQEVAL = {
    "iob1": IOB1, "iob2": IOB2, "ioe2": IOE2, "iobes": IOBES, "bilou": SEQEVAL_BILOU,
}  # fmt: skip


def read(
    data: str | bytes, name: str = "corpus.conll", table: bytes | None = None, **options: str
) -> list[ArticleDraft]:
    raw = data.encode() if isinstance(data, str) else data
    beside = {} if table is None else {"week/corpus.offsets.tsv": table}
    return list(Reader().read(Source(name, raw, beside=beside, options=options)))


def source_of(path: Path) -> Source:
    return Source(path.name, path.read_bytes())


def marked(draft: ArticleDraft) -> list[tuple[str, str]]:
    return [(draft.text[m.start : m.end], m.label) for m in draft.mentions]


def guesses(source: Source) -> tuple[str, ...]:
    return tuple(option.guess for option in Reader().options(source))


def test_the_shared_tasks_own_columns_are_read_in_iob1() -> None:
    source = source_of(SAMPLES / "four-columns.conll")
    assert guesses(source) == ("1", "4", "iob1", "marks")
    first, second = Reader().read(source)
    assert first.text == ('Mayor Ines Okafor met Ada Ben in Port Alder Tern.\n"Yes," she said.')
    assert marked(first) == [
        ("Ines Okafor", "PER"), ("Ada", "PER"), ("Ben", "PER"), ("Port Alder", "LOC"),
        ("Tern", "ORG"),
    ]  # fmt: skip
    assert (second.text, marked(second)) == ("Ulm slept", [("Ulm", "LOC")])
    assert {mention.state for mention in first.mentions} == {MentionState.ADDED}
    assert first.status is ReviewStatus.OPEN
    assert first.unplaced == ()
    assert len(first.notes) == 1
    assert "put together" in first.notes[0]


def test_bare_labels_below_a_blank_line_and_a_comment_are_runs() -> None:
    source = source_of(SAMPLES / "bare-labels.tsv")
    assert guesses(source) == ("1", "2", "io", "marks")
    [draft] = Reader().read(source)
    assert draft.text == "North Ulm of's mayor slept\n# Ulm Ada woke"
    assert marked(draft) == [
        ("North Ulm", "place"), ("mayor", "person"), ("Ulm", "place"), ("Ada", "person"),
    ]  # fmt: skip


def test_the_tag_may_come_first_and_a_number_between() -> None:
    source = source_of(SAMPLES / "tag-first.bio")
    assert guesses(source) == ("3", "1", "bilou", "marks")
    [draft] = Reader().read(source)
    assert draft.text == "Reuters says Ada van Ulm left."
    assert marked(draft) == [("Reuters", "ORG"), ("Ada van Ulm", "PER")]


def test_of_two_columns_of_tags_the_richer_is_taken_and_the_other_can_be_chosen() -> None:
    source = source_of(SAMPLES / "two-layers.tsv")
    assert guesses(source) == ("2", "3", "iob2", "marks")
    [outer] = Reader().read(source)
    assert marked(outer) == [("Ulmer Bank", "ORG"), ("Ada", "PER")]
    [inner] = read(source.data, tag_column="4")
    assert marked(inner) == [("Ulmer", "LOCderiv")]
    assert inner.text == outer.text == "Die Ulmer Bank und Ada schliefen."


def test_options_tell_the_columns_by_what_is_in_them() -> None:
    token, tag, scheme, articles = Reader().options(source_of(SAMPLES / "four-columns.conll"))
    assert token.choices == tag.choices
    assert tag.choices[0] == ("1", "1: Mayor, Ines, Okafor, met")
    assert [value for value, _ in scheme.choices] == [
        "iob2", "iob1", "ioe2", "iobes", "bilou", "io", "brackets",
    ]  # fmt: skip
    assert [value for value, _ in articles.choices] == ["marks", "blank lines"]


def test_a_blank_line_can_start_an_article() -> None:
    data = "\nUlm B-GPE\nslept O\n\n\nAda B-PER\nwoke O\n"
    assert [draft.text for draft in read(data)] == ["Ulm slept\nAda woke"]
    assert [draft.text for draft in read(data, articles="blank lines")] == ["Ulm slept", "Ada woke"]


@pytest.mark.parametrize("mark", ["-DOCSTART- -X- O", "# newdoc id = 2", "#begin document (x)"])
def test_documents_start_at_marks_and_those_without_tokens_are_none(mark: str) -> None:
    drafts = read(f"{mark}\n\n{mark}\n\nUlm B-GPE\n{mark}\nAda B-PER\n\n{mark}\n")
    assert [(draft.text, len(draft.mentions)) for draft in drafts] == [("Ulm", 1), ("Ada", 1)]


def test_only_tabs_and_plain_spaces_separate_and_only_line_ends_end_lines() -> None:
    token = "New\u00a0Ulm\u2028\u0085x"
    for separator in ("\t", " ", "  ", " \t "):
        for end in ("\n", "\r\n", "\r"):
            data = f"{token}{separator}B-GPE{end}slept{separator}O{end}"
            [draft] = read(data)
            assert marked(draft) == [(token, "GPE")]
    [draft] = read("New Ulm\tB-small town\nslept\tO\n")
    assert marked(draft) == [("New Ulm", "small town")]


def test_a_line_wider_than_the_others_ends_in_its_tag_all_the_same() -> None:
    [draft] = read("a x O\nb x B-ORG\nc x y B-PER\nd x O\n")
    assert marked(draft) == [("b", "ORG"), ("c", "PER")]


# What is wrong is read as the scorer of the shared task reads it, and told.


def test_a_tag_that_continues_nothing_begins_a_name() -> None:
    [draft] = read("a B-X\nb O\nc I-X\nd I-Y\n", scheme="iob2")
    assert marked(draft) == [("a", "X"), ("c", "X"), ("d", "Y")]
    assert draft.notes[1:] == (
        "lines 3 and 4: a tag continues a name where none has begun; a name was begun there",
    )


def test_the_same_tags_are_right_where_the_scheme_is_iob1() -> None:
    [draft] = read("a B-X\nb O\nc I-X\nd I-Y\n", scheme="iob1")
    assert marked(draft) == [("a", "X"), ("c", "X"), ("d", "Y")]
    assert draft.notes[1:] == ("line 1: B- stands where IOB1 has I-; a name was begun there",)


@pytest.mark.parametrize(("scheme", "end", "one"), [("bilou", "L", "U"), ("iobes", "E", "S")])
def test_a_name_that_is_not_closed_ends_before_the_next(scheme: str, end: str, one: str) -> None:
    data = f"a B-X\nb I-X\nc {one}-X\nd {end}-X\n\ne B-X\n"
    [draft] = read(data)
    assert marked(draft) == [("a b", "X"), ("c", "X"), ("d", "X"), ("e", "X")]
    assert [note.partition(":")[0] for note in draft.notes[1:]] == ["lines 2 and 6", "line 4"]
    assert guesses(Source("a.conll", data.encode()))[2] == scheme


def test_a_letter_of_another_scheme_is_read_as_it_is_meant() -> None:
    [draft] = read("a B-X\nb E-X\nc U-X\n", scheme="iob2")
    assert marked(draft) == [("a b", "X"), ("c", "X")]
    assert draft.notes[-1].startswith("lines 2 and 3: the tag’s first letter is not")


def test_what_is_no_tag_is_listed_with_its_line() -> None:
    [draft] = read("a B-X\nb PER\nc B-\nd O\ne O\nf O\ng I-X\n", scheme="iob2")
    assert marked(draft) == [("a", "X"), ("g", "X")]
    assert [(one.quote, one.line) for one in draft.unplaced] == [("b", 2), ("c", 3)]
    assert str(draft.unplaced[0]) == (
        "line 2: span 2–3 “b” was left out: “PER” is no tag of the scheme IOB2"
    )


def test_many_faults_of_a_kind_are_one_note() -> None:
    [draft] = read("a\tI-X\nb\tO\n" * 9, scheme="iob2")
    assert draft.notes[1].startswith("lines 1, 3, 5, 7, 9 and 4 more: ")


def test_lines_without_token_or_tag_are_told() -> None:
    [draft] = read("one two three\n\tO\nUlm\tB-GPE\nWest\nslept\tO\n")
    assert (draft.text, marked(draft)) == ("one two three Ulm West slept", [("Ulm", "GPE")])
    assert draft.notes[1:] == (
        "lines 1 and 4: a token has no tag; it was taken to be in no name",
        "line 2: there is no token; left out",
    )


@pytest.mark.parametrize(
    ("data", "options", "problem"),
    [
        ("", {}, "no columns"),
        ("Ulm\nslept\n", {}, "no columns"),
        ("Ulm GPE\nslept VERB\nwell ADV\n", {}, "no tags such as B-ORG and O in column 2"),
        ("Ulm B-GPE\n", {"tag_column": "2", "token_column": "2"}, "cannot be that of the tag"),
        ("a Ulm B-GPE\n", {"tag_column": "2", "scheme": "iob2"}, "column 2: “Ulm” is none"),
        ("Ulm B-GPE\n", {"tag_column": "3"}, "has 2 columns; “3” is none of them"),
        ("Ulm B-GPE\n", {"token_column": "-1"}, "“-1” is none of them"),
        ("Ulm B-GPE\n", {"token_column": "²"}, "“²” is none of them"),
        ("Ulm B-GPE\n", {"scheme": "iob7"}, "“iob7” is no tagging scheme"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(
    data: str, options: dict[str, str], problem: str
) -> None:
    with pytest.raises(FormatError, match=problem) as refusal:
        read(data, **options)
    assert str(refusal.value).endswith(".")


def test_an_article_without_end_is_refused_before_it_fills_the_memory() -> None:
    data = f"{'Donau' * 200} O\n" * 1_001
    with pytest.raises(FormatError, match=r"more than 1,000,000 characters.*\(line 1001\)"):
        read(data)
    assert len(read(data.replace("\n", "\n\n"), articles="blank lines")) == 1_001


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.conll", "Ulm B-GPE\nslept O\n"),
        ("a.conll", "Ulm O\nslept O\n"),
        ("a.tsv", "Ulm\tB-GPE\nslept\tO\n"),
        ("a.tsv", "-DOCSTART-\tO\n\nUlm\tNNP\tI-GPE\nslept\tVBD\tO\n"),
        ("a.conll2", "Ulm\tB-GPE\n"),
        ("a.iob", "anything"),
    ],
)
def test_files_of_this_format_are_recognised(name: str, data: str) -> None:
    assert Reader().recognises(Source(name, data.encode()))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.tsv", "article\ttoken\tstart\tend\n7\t1\t0\t3\n7\t2\t4\t9\n"),
        ("a.tsv", "title\ttext\nNight\tUlm slept.\nDay\tUlm woke.\n"),
        ("a.tsv", "id\tlabel\n1\tORG\n2\tPER\n3\tORG\n"),
        ("a.tsv", "#FORMAT=WebAnno TSV 3.3\n\n1-1\t0-3\tUlm\tO\n1-2\t4-9\tslept\tB-X\n"),
        ("a.tsv", ""),
        ("a.tsv", "\x00\xff\n"),
        ("a.conll", "1\tUlm\tUlm\tPROPN\t_\t_\t2\tnsubj\t_\tEntity=(1-place)\n"),
    ],
)
def test_tables_of_other_kinds_are_not(name: str, data: str) -> None:
    assert not Reader().recognises(Source(name, data.encode()))


# With what is written here, and its offsets.


def mentions_of(draft: ArticleDraft) -> Counter[tuple[int, int, str, str]]:
    return Counter((m.start, m.end, m.label, draft.text[m.start : m.end]) for m in draft.mentions)


def expected(article: AnnotatedArticle, report: WriteReport) -> Counter[tuple[int, int, str]]:
    before = Counter((m.start, m.end, m.label) for m in article.mentions)
    return before - Counter(
        (m.start, m.end, m.label) for m in report.misfits if m.article == article.id
    )


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("writer", [Writer, TwoColumnWriter])
def test_with_the_offsets_every_mention_is_where_it_was(
    writer: type[ColumnWriter], tmp_path: Path
) -> None:
    articles = [cast.torture(id=4), cast.news(id=9), cast.nested(id=2)]
    data, report = write(articles, tmp_path, writer)
    drafts = read(data, table=(tmp_path / "corpus.offsets.tsv").read_bytes())
    assert [draft.number for draft in drafts] == [4, 9, 2]
    for draft, article in zip(drafts, articles, strict=True):
        assert {key[:3]: n for key, n in mentions_of(draft).items()} == expected(article, report)
        for mention in draft.mentions:
            found, there = draft.text[: mention.end], article.text[: mention.end]
            assert squeezed(found) == squeezed(there)
        assert "offsets" in draft.notes[0]
    assert drafts[1].text.startswith("Ferry line returns to Port Alder\n\nPORT ALDER (Coast Wire)")


def test_a_column_of_what_is_not_known_holds_no_tokens() -> None:
    assert guesses(Source("a.conll", b"2017 -X- -X- B-DATE\n"))[:2] == ("1", "4")


@settings(reusing_the_folder, max_examples=40)
@given(st.lists(cast.articles(), max_size=3, unique_by=lambda article: article.id))
def test_whatever_is_written_is_read_with_and_without_offsets(
    tmp_path: Path, articles: list[AnnotatedArticle]
) -> None:
    data, report = write(articles, tmp_path)
    kept = [
        a for a in articles
        if a.tokens and (a.layer == "suggestions" or a.status is ReviewStatus.FINISHED)
    ]  # fmt: skip
    if not kept:
        return
    exact = read(data, table=(tmp_path / "corpus.offsets.tsv").read_bytes(), scheme="iob2")
    loose = read(data, scheme="iob2", tag_column="4", token_column="1")
    for draft, other, article in zip(exact, loose, kept, strict=True):
        assert {key[:3]: n for key, n in mentions_of(draft).items()} == expected(article, report)
        assert squeezed(draft.text) == squeezed(other.text)
        assert Counter((squeezed(words), label) for words, label in marked(other)) == Counter(
            (squeezed(article.text[start:end]), label)
            for start, end, label in expected(article, report).elements()
        )
        assert not draft.unplaced
        assert not other.unplaced


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        (b"article\ttoken\tstart\tend\n1\t1\t0\t3\n", "not as many rows"),
        (b"x\n1\t1\t0\t3\n1\t2\t4\t8\n", "does not fit the token in line 2"),
        (b"x\n1\t1\t0\t3\n1\t2\t2\t7\n", "no place after the one before"),
        (b"x\n1\t1\t0\t3\n1\t2\t9999999999\t10000000004\n", "no place"),
        (b"x\n1\t1\t0\n", "has 3 columns"),
        (b"x\n1\t1\ta\tb\n", "cannot be read"),
        (b"\xff\xfe\x00", "cannot be read"),
    ],
)
def test_offsets_that_do_not_fit_are_not_used_and_that_is_told(table: bytes, problem: str) -> None:
    [draft] = read("Ulm B-GPE\nslept O\n", table=table)
    assert (draft.text, marked(draft)) == ("Ulm slept", [("Ulm", "GPE")])
    assert draft.notes[0].startswith("corpus.offsets.tsv ")
    assert problem in draft.notes[0]


def test_gaps_of_the_offsets_are_spaces_and_line_ends_between_sentences() -> None:
    table = b"article\ttoken\tstart\tend\n7\t1\t1\t4\n7\t2\t6\t11\n7\t3\t12\t15\n8\t1\t0\t3\n"
    one, two = read("Ulm B-GPE\nslept O\n\nAda B-PER\nBen B-PER\n", table=table)
    assert (one.text, two.text) == (" Ulm  slept\nAda", "Ben")
    assert [(m.start, m.end) for m in one.mentions] == [(1, 4), (12, 15)]


# Independent readers of the same tags.

NAMES = st.lists(
    st.tuples(st.integers(0, 3), st.integers(1, 3), st.sampled_from(["PER", "ORG"])), max_size=6
)


def tags_in(scheme: str, names: list[tuple[int, int, str]]) -> list[str]:
    """Tags for names of some length, each that many tokens after the one before."""
    tags: list[str] = []
    for gap, length, label in names:
        before = tags[-1][2:] if tags and not gap else ""
        tags += ["O"] * gap
        inner = [f"I-{label}"] * length
        if scheme == "iob1":
            inner[0] = f"B-{label}" if before == label else inner[0]
        elif scheme == "ioe2":
            inner[-1] = f"E-{label}"
        else:
            inner[0] = f"B-{label}"
        if scheme in {"iobes", "bilou"}:
            last, only = "ES" if scheme == "iobes" else "LU"
            inner[-1] = f"{last if length > 1 else only}-{label}"
        tags += inner
    return [*tags, "O"]


def read_tokens(tags: list[str], **options: str) -> tuple[ArticleDraft, list[tuple[int, int, str]]]:
    """The draft of a sentence with such tags, and its mentions as tokens from 0."""
    lines = (f"t{index}\t{tag}\n" for index, tag in enumerate(tags))
    [draft] = read("".join(lines), **options)
    found = []
    for words, label in marked(draft):
        tokens = [int(token[1:]) for token in words.split(" ")]
        found.append((tokens[0], tokens[-1] + 1, label))
    return draft, found


@pytest.mark.parametrize("scheme", SEQEVAL)
@given(names=NAMES)
def test_seqeval_finds_the_same_names_by_every_scheme(
    scheme: str, names: list[tuple[int, int, str]]
) -> None:
    tags = tags_in(scheme, names)
    draft, found = read_tokens(tags, scheme=scheme)
    entities = Tokens(tags, SEQEVAL[scheme]).entities
    assert found == [(one.start, one.end, one.tag) for one in entities]
    assert len(found) == len(names)
    assert len(draft.notes) == 1


@pytest.mark.parametrize("scheme", SEQEVAL)
@given(tags=st.lists(st.sampled_from(["O", *(f"{p}-{t}" for p in "BIELUS" for t in "XY")]),
                     min_size=1, max_size=8))  # fmt: skip
def test_where_no_fault_is_told_seqeval_finds_the_same_strictly(
    scheme: str, tags: list[str]
) -> None:
    draft, found = read_tokens(tags, scheme=scheme)
    if len(draft.notes) == 1:
        entities = Tokens(tags, SEQEVAL[scheme]).entities
        assert found == [(one.start, one.end, one.tag) for one in entities]


@given(st.lists(st.sampled_from(["O", *(f"{p}-{t}" for p in "BIES" for t in "XY")]),
                min_size=1, max_size=8))  # fmt: skip
def test_faulty_tags_are_read_as_the_scorer_of_the_shared_task_reads_them(tags: list[str]) -> None:
    _, found = read_tokens(tags, scheme="iobes")
    assert found == [(start, last + 1, label) for label, start, last in get_entities(tags)]


@pytest.mark.parametrize("scheme", SEQEVAL)
def test_the_scheme_is_guessed_from_the_tags(scheme: str) -> None:
    names = [(1, 2, "PER"), (0, 1, "PER"), (2, 3, "ORG"), (1, 1, "PER")]
    tags = tags_in(scheme, names)
    lines = "".join(f"t{index}\t{tag}\n" for index, tag in enumerate(tags))
    assert guesses(Source("a.conll", lines.encode()))[2] == scheme


@pytest.mark.parametrize("made", [cast.news, cast.torture, cast.nested])
def test_spacys_converter_and_this_reader_agree(
    made: Callable[[], AnnotatedArticle], tmp_path: Path
) -> None:
    data, _ = write([made(), cast.news(id=2)], tmp_path)
    theirs = Counter(
        (squeezed("".join(token.text for token in entity)), entity.label_)
        for doc in conll_ner_to_docs(data, no_print=True)
        for entity in doc.ents
    )
    ours = Counter(
        (squeezed(words), label) for draft in read(data) for words, label in marked(draft)
    )
    assert ours == theirs


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("conll/GUM_news_korea.tsv", None),
        ("conll/emerging.dev.conll", 836),
        ("conll-spacy/ner-token-per-line-conll2003.iob", 7),
        ("doccano/labeling.invalid.conll", 5),
    ],
)
def test_files_of_others_are_read_as_seqeval_reads_their_tags(path: str, names: int | None) -> None:
    if not (FOREIGN / path).exists():
        pytest.skip("the sample is not on this machine")
    source = source_of(FOREIGN / path)
    assert Reader().recognises(source)
    drafts = list(Reader().read(source))
    assert not any(draft.unplaced for draft in drafts)
    ours = [(squeezed(words), label) for draft in drafts for words, label in marked(draft)]
    theirs = []
    bare = names is None
    for block in source.data.decode().replace("\r\n", "\n").split("\n\n"):
        rows = [line.split() for line in block.split("\n") if line and "DOCSTART" not in line]
        rows = [row for row in rows if len(row) in {2, 4}]
        tags = [f"I-{row[-1]}" if bare and row[-1] != "O" else row[-1] for row in rows]
        theirs += [
            ("".join(row[0] for row in rows[one.start : one.end]), one.tag)
            for one in Tokens(tags, IOB1 if bare else IOB2).entities
        ]
    assert ours == theirs
    assert len(ours) == (names or 77)


# Anything else.

HOSTILE = st.text(st.sampled_from("aB-IOELUS_# \t\n\r\x00\ufeff\u2028\u00a0👩é0"), max_size=80).map(
    str.encode
)


@settings(deadline=None)
@given(data=HOSTILE | st.binary(max_size=200), table=st.none() | st.binary(max_size=60),
       scheme=st.sampled_from(["", "io", "bilou"]))  # fmt: skip
def test_any_bytes_give_sound_drafts_or_one_sentence(
    data: bytes, table: bytes | None, scheme: str
) -> None:
    options = {"scheme": scheme} if scheme else {}
    beside = {} if table is None else {"a.offsets.tsv": table}
    source = Source("a.tsv", data, beside=beside, options=options)
    assert Reader().recognises(source) in {True, False}
    assert len(Reader().options(source)) == 4
    with suppress(FormatError):
        for draft in Reader().read(source):
            assert draft.text.strip()
            assert normalise(draft.text).text == draft.text
            assert all(0 <= m.start < m.end <= len(draft.text) for m in draft.mentions)


@pytest.mark.parametrize(
    ("encoding", "called"),
    [
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16-le"),
        ("utf-16-le", "utf-16-le"),
        ("cp1252", "windows-1252"),
    ],
)
def test_other_encodings_are_found(encoding: str, called: str) -> None:
    lines = "Zoë B-PER\nwoke O\nin O\nSão B-GPE\nPaulo I-GPE\n. O\n\n" * 9
    [draft] = read(lines.encode(encoding))
    assert marked(draft)[:2] == [("Zoë", "PER"), ("São Paulo", "GPE")]
    assert draft.encoding == called


# --- Files of other makers ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["eng.txt", "eng.testa", "eng.train", "train", "dev.ner"])
def test_columns_are_recognised_by_their_tags_under_the_names_that_corpora_have(name: str) -> None:
    data = f"{START}\n\nInes NNP I-NP B-PER\nOkafor NNP I-NP I-PER\nslept VBD I-VP O\n. . O O\n"
    assert format_of(Source(name, data.encode())) == "conll"
    assert marked(read(data, name)[0]) == [("Ines Okafor", "PER")]


@pytest.mark.parametrize(
    "text",
    [
        cast.NEWS,
        "Vitamin B-12 helps.\nMeet at O dear.\nPlan B-ORG O\nI O\n",
        "B-PER\nO\n",
        "He said O\nShe said B-ORG\n",
        "",
    ],
)
def test_prose_with_the_ending_of_a_text_stays_a_text(text: str) -> None:
    assert not Reader().recognises(Source("lead.txt", text.encode()))


def test_what_the_writer_calls_txt_is_read_again(tmp_path: Path) -> None:
    Writer().write(iter([cast.news()]), tmp_path / "corpus.txt")
    data = (tmp_path / "corpus.txt").read_bytes()
    assert format_of(Source("corpus.txt", data)) == "conll"


@pytest.mark.parametrize(
    "header", ["TOKEN\tNE-COARSE\tMISC", "No.\tToken\tTag", "sentence_id\tword\tner"]
)
def test_a_first_line_with_the_names_of_the_columns_is_no_token(header: str) -> None:
    columns = (
        "Ulm\tB-LOC\t_\nslept\tO\t_\n"
        if header.startswith("TOKEN")
        else "1\tUlm\tB-LOC\n1\tslept\tO\n"
    )
    data = f"{header}\n{columns}"
    assert Reader().recognises(Source("a.tsv", data.encode()))
    [draft] = read(data, "a.tsv")
    assert (draft.text, marked(draft), draft.unplaced) == ("Ulm slept", [("Ulm", "LOC")], ())


def test_a_word_that_is_called_like_a_column_is_a_token() -> None:
    [draft] = read("Form O\nfollows O\nUlm B-LOC\n")
    assert draft.text == "Form follows Ulm"


@pytest.mark.parametrize(
    "mark", ["# hipe2022:document_id = b", "# document_id = b", "# newdoc id = b", "###MEDLINE:2"]
)
def test_the_marks_of_several_makers_start_an_article(mark: str) -> None:
    data = f"Ulm\tB-LOC\nslept\tO\n\n{mark}\nTern\tB-LOC\nwoke\tO\n"
    assert [draft.text for draft in read(data)] == ["Ulm slept", "Tern woke"]


def test_spaces_are_those_of_the_text_above_the_sentence() -> None:
    data = (
        "# text = Ulm-West  slept !\n1\tUlm\tB-LOC\n2\t-\tI-LOC\n3\tWest\tI-LOC\n"
        "4\tslept\tO\n5\t!\tO\n"
    )
    [draft] = read(data)
    assert (draft.text, marked(draft)) == ("Ulm-West  slept !", [("Ulm-West", "LOC")])
    assert "spaces that the file tells" in draft.notes[0]
    [other] = read(data.replace("slept !", "woke !"))
    assert (other.text, "guessed" in other.notes[0]) == ("Ulm - West slept!", True)


def test_spaces_are_those_of_the_flags_unless_these_cannot_be_meant() -> None:
    data = (
        "TOKEN\tNE\tMISC\nl\tO\tNoSpaceAfter\n'\tO\tNoSpaceAfter\nAmi\tB-ORG\t_\n"
        "Ul\tB-LOC\tNoSpaceAfter\n-\tI-LOC\tNoSpaceAfter|EndOfLine\nmer\tI-LOC\tNoSpaceAfter\n"
        "Hof\tI-LOC\tNoSpaceAfter|EndOfLine\n,\tO\tNoSpaceAfter|EndOfLine\n12\tO\t_\n"
    )
    [draft] = read(data, "a.tsv")
    assert draft.text == "l'Ami Ul-mer Hof , 12"
    assert marked(draft) == [("Ami", "ORG"), ("Ul-mer Hof", "LOC")]
    [ud] = read("can\tO\tSpaceAfter=No\nnot\tO\t_\nUlm\tB-LOC\tSpaceAfter=No\n.\tO\t_\n")
    assert ud.text == "cannot Ulm."


def test_the_brackets_of_conll_2012_are_names_and_those_of_verbs_are_not() -> None:
    tokens = [
        ("Ines", "(TOP(S(NP*", "(PERSON*", "(ARG0*"), ("Okafor", "*)", "*)", "*)"),
        ("left", "(VP*", "*", "(V*)"), ("Ulm", "(NP*)))", "(GPE)", "(ARG1*)"), (".", "*", "*", "*"),
    ]  # fmt: skip
    rows = "".join(
        f"bn/x 0 {n} {token} NN {parse} - - - ann {name} {verb} -\n"
        for n, (token, parse, name, verb) in enumerate(tokens)
    )
    data = f"#begin document (bn/x); part 000\n{rows}\n#end document\n"
    source = Source("x.v4_gold_conll", data.encode())
    assert format_of(source) == "conll"
    assert guesses(source)[1:3] == ("11", "brackets")
    [draft] = Reader().read(source)
    assert marked(draft) == [("Ines Okafor", "PERSON"), ("Ulm", "GPE")]


def test_tags_of_several_layers_in_one_cell_are_mentions_of_each() -> None:
    data = "New\tB-ORG|B-LOC\nUlm\tI-ORG|I-LOC\nBank\tI-ORG\nslept\tO\n"
    [draft] = read(data)
    assert marked(draft) == [("New Ulm Bank", "ORG"), ("New Ulm", "LOC")]
    assert read("Ulm\tB-ORG|PER\nslept\tO\n")[0].mentions[0].label == "ORG|PER"


def test_further_columns_of_tags_are_noted_with_their_numbers() -> None:
    [draft] = read("1\tUlm\tB-ORG\tB-LOC\n2\tBank\tI-ORG\tO\n")
    assert draft.notes[0] == (
        "Column 4 holds tags as well, which were not read; another column can be chosen."
    )
    chunked = "Ulm NNP B-NP B-LOC\nslept VBD B-VP O\n"
    assert not any("tags as well" in note for note in read(chunked)[0].notes)


def test_a_sentence_a_line_is_read_as_spacy_reads_it() -> None:
    for data in (
        "Ines|NNP|B-PER Okafor|NNP|I-PER slept|VBD|O\nUlm|NNP|B-LOC\n",
        "Ines|B-PER Okafor|I-PER slept|O\nUlm|B-LOC\n",
    ):
        [draft] = read(data, "a.iob")
        assert draft.text == "Ines Okafor slept\nUlm"
        assert marked(draft) == [("Ines Okafor", "PER"), ("Ulm", "LOC")]


def test_the_language_before_every_token_is_no_part_of_it() -> None:
    data = "en:Ulm\tB-LOC\nen::\tO\nen:old\tO\n"
    assert read(data)[0].text == "Ulm: old"
    assert "en:Ulm" in read(data + "fr:x\tO\n")[0].text


def test_a_zero_without_a_token_ends_a_sentence() -> None:
    data = "No.\tTOKEN\tNE-TAG\n1\tUlm\tB-LOC\n0\t\tO\n1\tTern\tB-LOC\n2\tslept\tO\n"
    [draft] = read(data, "a.tsv")
    assert (draft.text, len(draft.notes)) == ("Ulm\nTern slept", 1)


def test_webanno_of_version_2_is_not_taken_for_columns() -> None:
    data = b" # de.x.NamedEntity | value\n#id=1\n#text=Ulm slept\n1-1\tUlm\tB-LOC|B-ORG\n"
    assert not Reader().recognises(Source("a.tsv", data))

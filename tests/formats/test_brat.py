"""brat standoff: what is written holds by brat's own rules, and spans are read as they stand."""

import re
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pybrat.parser import BratParser

from annotations.domain.articles import (
    AnnotatedArticle,
    ArticleDraft,
    CorpusCard,
    LabelCard,
    ReviewStatus,
)
from annotations.domain.mentions import Mention, MentionState
from annotations.domain.text import normalise
from annotations.formats.base import SUGGESTIONS_LAYER, FormatError, Source, WriteReport
from annotations.formats.brat import Reader, Writer
from tests.formats import cast

reusing_the_folder = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
GOLDEN = Path(__file__).parents[1] / "samples/formats/brat"
#: A Finnish treebank as brat's users made it.
TREEBANK = Path(__file__).parents[3] / "shared/samples/formats/brat/TDT"

type Spans = Counter[tuple[int, int, str, str]]


def write(articles: list[AnnotatedArticle], folder: Path, **more: object) -> WriteReport:
    for old in folder.iterdir():
        old.unlink()
    return Writer().write(iter(articles), folder, **more)  # type: ignore[arg-type]


def read(
    ann: str | bytes, text: str | bytes | None, name: str = "x.ann", encoding: str = ""
) -> ArticleDraft:
    data = ann.encode() if isinstance(ann, str) else ann
    words = text.encode() if isinstance(text, str) else text
    beside = {} if words is None else {name.replace(".ann", ".txt"): words}
    [draft] = Reader().read(Source(name, data, encoding=encoding, beside=beside))
    return draft


def read_back(folder: Path, article: int = 1) -> ArticleDraft:
    name = f"article-{article}"
    ann, text = folder / f"{name}.ann", folder / f"{name}.txt"
    return read(ann.read_bytes(), text.read_bytes(), ann.name)


def spans_of(draft: ArticleDraft) -> Spans:
    return Counter((m.start, m.end, m.label, draft.text[m.start : m.end]) for m in draft.mentions)


def spans_in(article: AnnotatedArticle, report: WriteReport) -> Spans:
    """The mentions that went in, less the misfits."""
    text = article.text
    spans = Counter((m.start, m.end, m.label, text[m.start : m.end]) for m in article.mentions)
    misfits = Counter((m.start, m.end, m.label, m.text) for m in report.misfits)
    assert misfits <= spans
    return spans - misfits


def checked(ann: Path) -> Spans:
    """The spans of a file, by what brat's server checks when it opens one.

    Ids are unique, labels safe, pieces ascending and within the text, none empty or over a line
    break, and the words are those of the pieces with one space between.
    """
    text = ann.with_suffix(".txt").read_bytes().decode()
    data = ann.read_bytes().decode()
    assert data == "" or data.endswith("\n")
    ids: list[str] = []
    spans: Spans = Counter()
    for line in data.splitlines():  # which breaks at more than a line feed, as brat does
        name, middle, words = line.split("\t", 2)
        ids.append(name)
        assert re.fullmatch(r"T[1-9]\d*", name)
        label, offsets = middle.split(" ", 1)
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", label)
        pieces = [tuple(map(int, piece.split(" "))) for piece in offsets.split(";")]
        edges = [edge for piece in pieces for edge in piece]
        assert edges == sorted(edges)
        assert edges[-1] <= len(text)
        assert all(start < end for start, end in pieces)
        assert all(len(text[start:end].splitlines()) == 1 for start, end in pieces)
        assert words == " ".join(text[start:end] for start, end in pieces)
        spans[edges[0], edges[-1], label, text[edges[0] : edges[-1]]] += 1
    assert len(ids) == len(set(ids))
    return spans


# --- Writing ----------------------------------------------------------------------------------


def test_an_article_is_a_text_and_a_line_for_each_mention(tmp_path: Path) -> None:
    text = "Ulm slept. New\nUlm woke."
    article = cast.article(text, Mention(0, 3, "GPE"), Mention(11, 18, "GPE"), id=7)
    report = write([article], tmp_path)
    assert (tmp_path / "article-7.txt").read_bytes() == text.encode()
    assert (tmp_path / "article-7.ann").read_bytes() == (
        b"T1\tGPE 0 3\tUlm\nT2\tGPE 11 14;15 18\tNew Ulm\n"
    )
    assert (tmp_path / "annotation.conf").read_bytes() == (
        b"[entities]\nGPE\n\n[relations]\n\n[events]\n\n[attributes]\n"
    )
    assert (report.articles, report.mentions_in, report.mentions_out) == (1, 2, 2)
    assert report.files == ["annotation.conf", "article-7.ann", "article-7.txt"]
    assert sorted(path.name for path in tmp_path.iterdir()) == report.files


@pytest.mark.parametrize("made", [cast.news, cast.torture, cast.nested, cast.empty, cast.sample])
def test_pybrat_finds_the_same_spans(made: Callable[[], AnnotatedArticle], tmp_path: Path) -> None:
    article = made()
    report = write([article], tmp_path)
    # It takes two labels on one span for an error, and brat does not.
    [example] = BratParser(error="ignore").parse(tmp_path)
    assert example.text == article.text
    found = Counter(
        (entity.spans[0].start, entity.spans[-1].end, entity.type, entity.mention)
        for entity in example.entities
    )
    expected = spans_in(article, report)
    assert found == {(*key[:3], re.sub("[\n\u2028\u2029]", " ", key[3])): n for key, n in
                     expected.items()}  # fmt: skip
    assert not report.misfits


@reusing_the_folder
@given(cast.articles())
def test_whatever_is_written_holds_by_brats_rules_and_comes_back(
    tmp_path: Path, article: AnnotatedArticle
) -> None:
    report = write([article], tmp_path)
    assert report.mentions_in == report.mentions_out + len(report.misfits)
    if report.articles_left_out:
        assert report.files == ["annotation.conf"]
        return
    expected = spans_in(article, report)
    assert checked(tmp_path / f"article-{article.id}.ann") == expected
    # A file of control characters is taken for no text, by whatever reader.
    if article.text.strip() and not re.search("[\x7f-\x84\x86-\x9f]", article.text):
        draft = read_back(tmp_path, article.id)
        assert (draft.text, draft.number) == (article.text, article.id)
        assert spans_of(draft) == expected
        assert not draft.unplaced
        assert not draft.changes


def test_a_mention_is_cut_at_every_character_that_ends_a_line_somewhere(tmp_path: Path) -> None:
    text = "One\u2028two\u2029\u0085three\n\nfour"
    write([cast.article(text, Mention(0, len(text), "MISC"))], tmp_path)
    assert (tmp_path / "article-1.ann").read_text() == (
        "T1\tMISC 0 3;4 7;9 14;16 20\tOne two three four\n"
    )
    assert read_back(tmp_path).mentions == (Mention(0, len(text), "MISC"),)


@pytest.mark.parametrize("span", [(0, 4), (3, 4), (3, 7)])
def test_a_mention_with_a_line_break_at_its_edge_is_reported(
    span: tuple[int, int], tmp_path: Path
) -> None:
    article = cast.article("Ulm\nUlm", Mention(*span, "GPE"), Mention(4, 7, "GPE"))
    report = write([article], tmp_path)
    [misfit] = report.misfits
    assert (misfit.start, misfit.end) == span
    assert misfit.reason == "It begins or ends with a line break, which brat cannot mark."
    assert checked(tmp_path / "article-1.ann") == {(4, 7, "GPE", "Ulm"): 1}


def test_labels_that_brat_does_not_allow_get_names_of_their_own(tmp_path: Path) -> None:
    labels = ["Größe A", "Grosse_A", "Gro_e_A", "-x", "人", "ORG"]
    card = CorpusCard(labels=tuple(LabelCard(name) for name in labels[:5]))
    mentions = [Mention(i, i + 1, label) for i, label in enumerate(labels)]
    report = write([cast.article("abcdef", *mentions)], tmp_path, corpus=card)
    found = [label for _, _, label, _ in sorted(checked(tmp_path / "article-1.ann"))]
    assert found == ["Gro_e_A-2", "Grosse_A", "Gro_e_A", "L-x", "L_", "ORG"]
    configuration = (tmp_path / "annotation.conf").read_text()
    entities = configuration.split("\n\n")[0].split("\n")
    assert entities[0] == "[entities]"
    assert sorted(entities[1:]) == sorted(found)
    [note] = report.notes
    assert "“Größe A” is Gro_e_A-2" in note
    assert "ORG" not in note


def test_the_configuration_lists_labels_that_nothing_has(tmp_path: Path) -> None:
    write([], tmp_path, corpus=CorpusCard(labels=(LabelCard("ORG"), LabelCard("GPE"))))
    sections = (tmp_path / "annotation.conf").read_text().split("\n\n")
    assert sections == ["[entities]\nORG\nGPE", "[relations]", "[events]", "[attributes]\n"]


def test_a_finished_article_without_names_has_an_empty_file(tmp_path: Path) -> None:
    write([cast.article("Nothing happened.")], tmp_path)
    assert (tmp_path / "article-1.ann").read_bytes() == b""
    assert checked(tmp_path / "article-1.ann") == {}


def test_articles_that_are_not_finished_are_counted_but_not_written(tmp_path: Path) -> None:
    articles = [cast.news(status=status, id=i) for i, status in enumerate(ReviewStatus, start=1)]
    report = write(articles, tmp_path)
    assert sorted(report.articles_left_out.values()) == [1, 1]
    assert report.files == ["annotation.conf", "article-3.ann", "article-3.txt"]
    machine = [cast.news(status=ReviewStatus.UNREVIEWED, layer=SUGGESTIONS_LAYER)]
    assert write(machine, tmp_path).articles == 1


def test_many_articles_come_in_one_pass(tmp_path: Path) -> None:
    report = write([cast.news(id=i) for i in (2, 10, 1)], tmp_path)
    assert report.files == sorted(path.name for path in tmp_path.iterdir())
    assert (report.articles, report.mentions_out) == (3, 24)
    assert len(BratParser().parse(tmp_path)) == 3


# --- Reading ----------------------------------------------------------------------------------


def test_the_golden_pair_gives_its_spans_and_says_what_it_left() -> None:
    ann, text = (GOLDEN / name for name in ("kelmouth.ann", "kelmouth.txt"))
    draft = read(ann.read_bytes(), text.read_bytes(), ann.name)
    assert draft.text == text.read_bytes().decode()
    assert [(draft.text[m.start : m.end], m.label) for m in draft.mentions] == [
        ("Kelmouth", "GPE"),
        ("KELMOUTH", "GPE"),
        ("Shoreline Press", "ORG"),
        ("Zoë Trelawney", "PERSON"),
        ("closed", "Closing"),
        ("Port of\nKelmouth", "FAC"),
        ("Kelmouth", "GPE"),
        ("South Quay", "FAC"),
    ]
    assert {mention.state for mention in draft.mentions} == {MentionState.ADDED}
    assert [(one.line, one.reason) for one in draft.unplaced] == [
        (10, "its 2 pieces lie apart, and a mention is in one piece"),
        (12, "the file says “Shoreline Press”, the text there is “horeline Press.”"),
    ]
    [note] = draft.notes
    assert note == (
        "kelmouth.ann also holds what was not taken: notes (1), attributes (1), "
        "links to knowledge bases (1), events (1), relations (2)."
    )
    assert draft.status is ReviewStatus.OPEN
    assert [zone.zone for zone in draft.zones][:2] == ["headline", "dateline"]


@pytest.mark.skipif(not TREEBANK.exists(), reason="the treebank is not on this machine")
@pytest.mark.parametrize("stem", ["b105", "e1002", "s101"])
def test_a_real_treebank_gives_every_span_that_pybrat_finds(stem: str, tmp_path: Path) -> None:
    ann, text = (TREEBANK / f"{stem}{suffix}" for suffix in (".ann", ".txt"))
    draft = read(ann.read_bytes(), text.read_bytes(), ann.name)
    (tmp_path / ann.name).write_bytes(ann.read_bytes())
    (tmp_path / text.name).write_bytes(text.read_bytes())
    [example] = BratParser(error="ignore").parse(tmp_path)
    assert spans_of(draft) == Counter(
        (one.spans[0].start, one.spans[0].end, one.type, one.mention) for one in example.entities
    )
    assert len(draft.mentions) > 100
    assert not draft.unplaced


def test_an_empty_file_marks_nothing() -> None:
    for ann in (b"", b"\n", b"\xef\xbb\xbf\r\n"):
        draft = read(ann, "Ulm slept.")
        assert (draft.mentions, draft.notes, draft.status) == ((), (), ReviewStatus.UNREVIEWED)


def test_the_text_is_found_whatever_folder_it_is_in() -> None:
    source = Source("a/x.ann", b"T1\tGPE 0 3\tUlm\n", beside={"b/c/x.txt": b"Ulm", "y.txt": b"no"})
    [draft] = Reader().read(source)
    assert draft.mentions == (Mention(0, 3, "GPE"),)


def test_a_file_without_its_text_is_refused_and_says_which() -> None:
    with pytest.raises(
        FormatError, match=r"^x\.ann has only annotations.*x\.txt, is missing\..*\.$"
    ):
        read("T1\tGPE 0 3\tUlm\n", None)


def test_offsets_in_utf_16_are_converted() -> None:
    draft = read("T1\tORG 3 7\tAcme\nT2\tGPE 8 11;12 15\tNew Ulm\n", "😀 Acme New\nUlm")
    assert spans_of(draft) == {(2, 6, "ORG", "Acme"): 1, (7, 14, "GPE", "New\nUlm"): 1}
    assert "UTF-16" in draft.notes[0]


def test_offsets_in_code_points_are_kept_beside_emoji() -> None:
    draft = read("T1\tORG 2 6\tAcme\n", "😀 Acme")
    assert (spans_of(draft), draft.notes) == ({(2, 6, "ORG", "Acme"): 1}, ())


def test_line_ends_are_counted_as_the_file_counts_them() -> None:
    text = b"\xef\xbb\xbfOne\r\nUlm\r\n"
    as_they_are = read("T1\tGPE 6 9\tUlm\r\n", text)
    as_one = read("T1\tGPE 4 7\tUlm\r\n", text)
    assert as_they_are.mentions == as_one.mentions == (Mention(4, 7, "GPE"),)
    assert as_they_are.text == as_one.text == "One\nUlm\n"
    assert as_they_are.changes == as_one.changes != ()
    assert not as_they_are.notes
    assert "offsets count the text as it is after these changes" in as_one.notes[0]


def test_pieces_that_a_windows_line_end_parts_are_one_mention() -> None:
    draft = read("T1\tGPE 0 3;5 8\tNew Ulm\r\n", b"New\r\nUlm")
    assert spans_of(draft) == {(0, 7, "GPE", "New\nUlm"): 1}


def test_a_span_needs_no_words_but_those_that_it_has_must_hold() -> None:
    draft = read("T1\tGPE 0 3\nT2\tGPE 0 3\tBonn\nT3\tGPE 4 9\t\n", "Ulm slept.")
    assert draft.mentions == (Mention(0, 3, "GPE"), Mention(4, 9, "GPE"))
    [unplaced] = draft.unplaced
    assert (unplaced.line, unplaced.quote) == (2, "Bonn")


def test_words_may_hold_a_tab() -> None:
    text = "New\tUlm \u00a0"
    draft = read("T1\tGPE 0 7\tNew\tUlm\nT2\tMISC 7 9\t \u00a0\n", text)
    assert draft.mentions == (Mention(0, 7, "GPE"), Mention(7, 9, "MISC"))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("T1 GPE 0 3 Ulm", "the line is not"),
        ("T1\tGPE 0\tUlm", "the line is not"),
        ("T1\tGPE 0-3\tUlm", "the line is not"),
        ("T1\tGPE 0 3;\tUlm", "the line is not"),
        ("T1\t 0 3\tUlm", "the line is not"),
        (f"T1\tGPE 0 {'9' * 5000}\tUlm", "the line is not"),
        ("T1\tGPE 0 99\tUlm", "beyond the text"),
        ("T1\tGPE 3 0\tUlm", "no characters"),
        ("T1\tGPE 0 0\tUlm", "no characters"),
        ("T1\tGPE 4 7;0 3\tUlm Ulm", "pieces lie apart"),
        ("T1\tGPE 0 3;3 4\tUlm ", "pieces lie apart"),
    ],
)
def test_what_does_not_hold_is_listed_with_its_line(line: str, reason: str) -> None:
    draft = read(f"T9\tGPE 4 7\tUlm\n\n{line}\n", "Ulm Ulm")
    assert draft.mentions == (Mention(4, 7, "GPE"),)
    if line.startswith("T1 "):  # no tab: nothing tells it from a stray line
        assert "first of them line 3" in draft.notes[0]
        return
    [unplaced] = draft.unplaced
    assert unplaced.line == 3
    assert reason in unplaced.reason


def test_lines_of_no_known_kind_are_named() -> None:
    draft = read("T1\tGPE 0 3\tUlm\nhello\nX1\tThing\n", "Ulm")
    assert draft.notes == (
        "Lines of x.ann that are no annotation of brat: 2, the first of them line 2: “hello”.",
    )


@pytest.mark.parametrize("ann", ["hello\n", "<ann/>", "Ulm\tGPE\n", "0\t3\tGPE\n"])
def test_a_file_without_one_annotation_is_refused(ann: str) -> None:
    with pytest.raises(FormatError, match=r"^x\.ann holds no annotations of brat.*\(line 2\)$"):
        read("\n" + ann, "Ulm")
    assert not Reader().recognises(Source("x.ann", ann.encode()))


@pytest.mark.parametrize(
    "ann", ["", "\n", "T1\tGPE 0 3\tUlm", "#1\tAnnotatorNotes T1\tx", "*\tEquiv T1 T2"]
)
def test_a_file_of_brat_is_recognised(ann: str) -> None:
    assert Reader().recognises(Source("x.ann", ann.encode()))


def test_the_encoding_of_the_text_is_that_of_its_annotations() -> None:
    text = "Der Bürgermeister von Köln aß in Zürich.".encode("cp1252")
    draft = read("T1\tGPE 22 26\tKöln\n".encode("cp1252"), text)
    assert spans_of(draft) == {(22, 26, "GPE", "Köln"): 1}
    assert draft.encoding == "windows-1252"
    chosen = read(
        "T1\tGPE 0 4\tŁódź\n".encode("cp1250"), "Łódź".encode("cp1250"), encoding="windows-1250"
    )
    assert spans_of(chosen) == {(0, 4, "GPE", "Łódź"): 1}


@pytest.mark.parametrize("text", [b"", b" \n", b"\x89PNG\r\n\x1a\n" + bytes(99)])
def test_a_text_that_is_none_is_refused_by_its_own_name(text: bytes) -> None:
    with pytest.raises(FormatError, match=r"^x\.txt "):
        read("T1\tGPE 0 3\tUlm\n", text)


def test_an_article_too_long_for_the_pipeline_is_refused() -> None:
    with pytest.raises(FormatError, match="1,000,001 characters"):
        read("", "a" * 1_000_001)


LINES = st.lists(
    st.sampled_from(["T1", "\t", " ", "GPE", "0 3", ";", "-", "9", "#", "*", "E1", "Ulm", "\r",
                     "\n", "\ufeff", "😀", "\u2028", "\x00"]) | st.text(max_size=3),
    max_size=30,
).map("".join)  # fmt: skip


@settings(deadline=None)
@given(LINES.map(lambda text: text.encode("utf-8", "replace")) | st.binary(max_size=60), cast.texts)
def test_any_bytes_are_read_or_refused_but_never_crash(data: bytes, text: str) -> None:
    Reader().recognises(Source("x.ann", data))
    with suppress(FormatError):  # any other exception fails the test
        draft = read(data, text)
        assert draft.text == normalise(text).text
        for mention in draft.mentions:
            assert 0 <= mention.start < mention.end <= len(draft.text)


def test_many_lines_are_read_in_a_moment() -> None:
    text = "Ulm " * 20_000
    ann = "".join(f"T{i}\tGPE {i * 4} {i * 4 + 3}\tUlm\n" for i in range(20_000))
    began = time.process_time()
    assert len(read(ann, text).mentions) == 20_000
    assert time.process_time() - began < 5

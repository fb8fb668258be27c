"""WebAnno TSV 3: read as INCEpTION's own test files mean it, and written as INCEpTION reads it."""

import re
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotations.domain.articles import AnnotatedArticle, ArticleDraft, ReviewStatus
from annotations.domain.mentions import Mention, MentionState
from annotations.domain.text import normalise
from annotations.formats.base import SUGGESTIONS_LAYER, FormatError, Source, WriteReport
from annotations.formats.webanno import Reader, Writer
from tests.formats import cast

reusing_the_folder = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
GOLDEN = Path(__file__).parents[1] / "samples/formats/webanno/kelmouth.tsv"
#: INCEpTION's test suite: each case as TSV and as XMI.
SUITE = Path(__file__).parents[3] / "shared/samples/formats/webanno-tsv3"
TYPES = Path(__file__).parents[3] / "shared/samples/formats/uima-xmi/inception_typesystem.xml"
CASES = sorted(path.parent.name for path in SUITE.glob("*/reference.xmi"))
NAMED_ENTITY = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
HEADER = f"#FORMAT=WebAnno TSV 3.3\n#T_SP={NAMED_ENTITY}|value\n\n\n"

type Spans = Counter[tuple[int, int, str]]


def write(articles: list[AnnotatedArticle], folder: Path) -> WriteReport:
    for old in folder.iterdir():
        old.unlink()
    return Writer().write(iter(articles), folder)


def read(data: str | bytes, name: str = "x.tsv", **options: str) -> ArticleDraft:
    encoded = data.encode() if isinstance(data, str) else data
    [draft] = Reader().read(Source(name, encoded, options=options))
    return draft


def spans_of(draft: ArticleDraft) -> Spans:
    return Counter((m.start, m.end, m.label) for m in draft.mentions)


def words_of(draft: ArticleDraft) -> list[tuple[str, str]]:
    return [(draft.text[m.start : m.end], m.label) for m in draft.mentions]


def spans_in(article: AnnotatedArticle, report: WriteReport) -> Spans:
    """The mentions that went in, less the misfits."""
    spans = Counter((m.start, m.end, m.label) for m in article.mentions)
    misfits = Counter((m.start, m.end, m.label) for m in report.misfits)
    assert misfits <= spans
    return spans - misfits


def stored(article: AnnotatedArticle) -> str:
    """The text that the format can carry: white space at the very start is known by its length."""
    start = article.tokens[0][0]
    return " " * start + article.text[start:]


def as_inception_reads(data: str) -> tuple[str, Spans]:
    """Text and named entities by the steps of INCEpTION's own reader, with what it insists on.

    https://github.com/inception-project/inception: Tsv3XDeserializer. Strings are kept as UTF-16,
    two bytes a unit, since that is what Java counts.
    """
    assert data.startswith(f"#FORMAT=WebAnno TSV 3.3\n#T_SP={NAMED_ENTITY}|identifier|value\n\n\n#")
    assert data.endswith("\t\n")
    text = b""
    sentence: list[str] = []
    found: dict[str, list[object]] = {}
    state = "between"
    for line in data.split("\n")[4:-1]:
        if line.startswith("#"):
            assert state in {"between", "header"}
            state = "header"
            found_escapes = re.findall(r"\\(.)", line)
            assert set(found_escapes) <= {"\\", "t"}
            plain = line.removeprefix("#Text=")
            sentence.append(re.sub(r"\\(.)", lambda m: {"t": "\t"}.get(m[1], m[1]), plain) + "\n")
            continue
        if not line:
            assert state == "token"
            state = "between"
            continue
        name, offsets, token, *cells, last = line.split("\t")
        begin, end = map(int, offsets.split("-"))
        assert last == ""
        assert len(cells) == 2
        if state == "header":
            if len(text) > 2 * begin:
                assert len(text) == 2 * begin + 2
                assert text.endswith(b"\n\0")
                text = text[:-2]
            text += (" " * (begin - len(text) // 2)).encode("utf-16-le")
            text += "".join(sentence).encode("utf-16-le")
            sentence = []
        state = "token"
        assert text[2 * begin : 2 * end].decode("utf-16-le") == token
        identifiers, values = (
            re.findall(r"(?:\\.|[^|\\])+", cell) if cell != "_" else [] for cell in cells
        )
        assert len(identifiers) == len(values)
        for identifier, value in zip(identifiers, values, strict=True):
            number = re.fullmatch(r"\*(\[\d+\])?", identifier)
            assert number
            label = re.sub(r"\\(->|.)", r"\1", value.removesuffix(number[1] or ""))
            assert len(values) == 1 or number[1]
            key = number[1] or name
            if key in found:
                assert number[1]
                assert found[key][2] == label
                found[key][1] = end  # the last row's end is the annotation's
            else:
                found[key] = [begin, end, label]
    units = text[:-2].decode("utf-16-le")
    points = {len(units[:i].encode("utf-16-le")) // 2: i for i in range(len(units) + 1)}
    return units, Counter((points[s], points[e], label) for s, e, label in found.values())  # type: ignore[misc, index]


# --- Writing ----------------------------------------------------------------------------------


def test_an_article_is_written_as_inception_writes_it(tmp_path: Path) -> None:
    text = "Ulm-West beat\tNew Ulm. “Yes,”\nAda C:\\ said 👩 Ada.\n\nBye"
    article = cast.article(
        text,
        cast.mark(text, "Ulm-West", "ORG"),
        cast.mark(text, "Ulm", "GPE"),
        cast.mark(text, "New Ulm", "GPE"),
        cast.mark(text, "Ulm", "GPE", 1),
        cast.mark(text, "est beat", "X_[1]|*"),
        cast.mark(text, "”\nAda", "MISC"),
        cast.mark(text, "Ada", "PERSON", 1),
        tokens=tuple(found.span() for found in re.finditer(r"[\w\\:-]+|[^\w\s]", text)),
        id=7,
    )
    report = write([article], tmp_path)
    assert report.files == ["article-7.tsv"]
    assert (tmp_path / "article-7.tsv").read_bytes().decode().split("\n") == [
        "#FORMAT=WebAnno TSV 3.3",
        f"#T_SP={NAMED_ENTITY}|identifier|value",
        "",
        "",
        r"#Text=Ulm-West beat\tNew Ulm. ",
        "1-1\t0-8\tUlm-West\t*\tORG\t",
        "1-1.1\t0-3\tUlm\t*\tGPE\t",
        r"1-1.2	5-8	est	*[1]	X\_\[1\]\|\*[1]	",
        r"1-2	9-13	beat	*[1]	X\_\[1\]\|\*[1]	",
        "1-3\t14-17\tNew\t*[2]\tGPE[2]\t",
        "1-4\t18-21\tUlm\t*[2]|*[3]\tGPE[2]|GPE[3]\t",
        "1-5\t21-22\t.\t_\t_\t",
        "",
        "#Text=“Yes,”",
        r"#Text=Ada C:\\ said 👩 Ada.",
        "#Text=",
        "2-1\t23-24\t“\t_\t_\t",
        "2-2\t24-27\tYes\t_\t_\t",
        "2-3\t27-28\t,\t_\t_\t",
        "2-4\t28-29\t”\t*[4]\tMISC[4]\t",
        "2-5\t30-33\tAda\t*[4]\tMISC[4]\t",
        "2-6\t34-37\tC:\\\t_\t_\t",
        "2-7\t38-42\tsaid\t_\t_\t",
        "2-8\t43-45\t👩\t_\t_\t",
        "2-9\t46-49\tAda\t*\tPERSON\t",
        "2-10\t49-50\t.\t_\t_\t",
        "",
        "#Text=Bye",
        "3-1\t52-55\tBye\t_\t_\t",
        "",
    ]


@pytest.mark.parametrize("made", [cast.news, cast.torture, cast.nested, cast.sample])
def test_inceptions_steps_give_text_and_mentions_back(
    made: Callable[[], AnnotatedArticle], tmp_path: Path
) -> None:
    article = made()
    report = write([article], tmp_path)
    data = (tmp_path / "article-1.tsv").read_bytes()
    assert not report.misfits
    assert as_inception_reads(data.decode()) == (article.text, spans_in(article, report))
    draft = read(data, "article-1.tsv")
    assert (draft.text, draft.number) == (article.text, 1)
    assert spans_of(draft) == spans_in(article, report)


@reusing_the_folder
@given(cast.articles())
def test_whatever_is_written_is_read_back_here_and_by_inception(
    tmp_path: Path, article: AnnotatedArticle
) -> None:
    report = write([article], tmp_path)
    assert report.mentions_in == report.mentions_out + len(report.misfits)
    if report.articles_left_out:
        assert not list(tmp_path.iterdir())
        return
    [name] = report.files
    data = (tmp_path / name).read_bytes()
    text, spans = as_inception_reads(data.decode())
    assert (text, spans) == (stored(article), spans_in(article, report))
    # A file of control characters is taken for no text, by whatever reader.
    if not re.search("[\x7f-\x84\x86-\x9f]", article.text):
        draft = read(data, name)
        assert (draft.text, draft.number) == (normalise(text).text, article.id)
        assert spans_of(draft) == spans
        assert not draft.unplaced


def test_a_mention_with_white_space_at_its_edge_is_reported(tmp_path: Path) -> None:
    article = cast.article("Ulm slept", Mention(0, 4, "GPE"), Mention(3, 4, "GPE"))
    report = write([article], tmp_path)
    assert (report.mentions_in, report.mentions_out) == (2, 0)
    assert {misfit.reason for misfit in report.misfits} == {
        "It starts or ends outside every token, in white space."
    }


def test_no_sentence_ends_within_a_mention(tmp_path: Path) -> None:
    text = "Who? Weekly\n\nwon. Today"
    write([cast.article(text, Mention(1, 14, "ORG"))], tmp_path)
    data = (tmp_path / "article-1.tsv").read_text()
    assert re.findall("#Text=(.*)", data) == ["Who? Weekly", "", "won. ", "Today"]
    assert as_inception_reads(data)[1] == {(1, 14, "ORG"): 1}


def test_white_space_before_the_first_word_keeps_its_length(tmp_path: Path) -> None:
    text = "\n\u3000\nUlm slept.\n\n"
    write([cast.article(text, Mention(3, 6, "GPE"))], tmp_path)
    draft = read((tmp_path / "article-1.tsv").read_bytes())
    assert draft.text == "   Ulm slept.\n\n"
    assert spans_of(draft) == {(3, 6, "GPE"): 1}


def test_articles_that_are_no_examples_or_have_no_tokens_are_left_out(tmp_path: Path) -> None:
    articles = [cast.news(status=status, id=i) for i, status in enumerate(ReviewStatus, start=1)]
    report = write([*articles, cast.empty(id=4), cast.article("Ulm", tokens=(), id=5)], tmp_path)
    assert report.files == ["article-3.tsv"]
    assert sorted(report.articles_left_out.values()) == [1, 1, 2]
    assert report.articles_left_out["The article has not been split into tokens."] == 2
    machine = [cast.news(status=ReviewStatus.UNREVIEWED, layer=SUGGESTIONS_LAYER)]
    assert write(machine, tmp_path).mentions_out == 8


# --- Reading ----------------------------------------------------------------------------------


def test_the_golden_file_gives_its_named_entities_and_says_what_it_left() -> None:
    draft = read(GOLDEN.read_bytes(), GOLDEN.name)
    assert draft.text == (
        "🚢 Storm shuts\nKelmouth\tharbour\n North-Kelmouth United lost to Zoë Trelawney's side."
        "Backslash\\Bar [sic] closed."
    )
    assert words_of(draft) == [
        ("Kelmouth", "GPE"),
        ("North-Kelmouth United", "ORG"),
        ("North-Kelmouth United", "TEAM_A"),
        ("Kelmouth", "GPE"),
        ("Zoë Trelawney", "PERSON"),
        ("side", "NamedEntity"),
        ("Backslash\\Bar", "F\\[A]|C*"),
    ]
    assert [(one.line, one.label, one.reason) for one in draft.unplaced] == [
        (25, "GAP", "it holds no characters")
    ]
    converted, left, unnamed = draft.notes
    assert "UTF-16" in converted
    assert left == (
        "The layer NamedEntity was read; left were Mood, CoreferenceLink (chains), Kinship "
        "(relations)."
    )
    assert unnamed == (
        "Annotations without a value: 1. The name of their layer, NamedEntity, became their label."
    )
    assert draft.status is ReviewStatus.OPEN
    assert {mention.state for mention in draft.mentions} == {MentionState.ADDED}


def test_a_person_may_choose_another_layer() -> None:
    source = Source(GOLDEN.name, GOLDEN.read_bytes())
    [option] = Reader().options(source)
    assert (option.name, option.guess) == ("layer", NAMED_ENTITY)
    assert option.choices == (("webanno.custom.Mood", "Mood"), (NAMED_ENTITY, "NamedEntity"))
    draft = read(source.data, layer="webanno.custom.Mood")
    assert words_of(draft) == [("Storm shuts", "grim")]
    with pytest.raises(FormatError, match=r"no layer “Mood”; what it has: webanno\.custom\.Mood, "):
        read(source.data, layer="Mood")


def test_there_is_nothing_to_choose_where_there_is_one_layer() -> None:
    assert Reader().options(Source("x.tsv", HEADER.encode())) == ()
    assert Reader().options(Source("x.tsv", b"\xff\xfe#T_SP=\n")) == ()


def twin_spans(case: str, layer: str) -> tuple[str, Counter[tuple[int, int, str | None]]]:
    """Text and annotations of the XMI that belongs to a case, as cassis reads it."""
    import cassis

    tsv = (SUITE / case / "reference.tsv").read_text()
    with TYPES.open("rb") as stream:
        types = cassis.load_typesystem(stream)
    for name in re.findall("#T_SP=(webanno.custom.[A-Za-z]+)", tsv):
        if not types.contains_type(name):
            made = types.create_type(name, "uima.tcas.Annotation")
            types.create_feature(made, "links", "uima.cas.String")
            types.create_feature(made, "value", "uima.cas.String")
    with (SUITE / case / "reference.xmi").open("rb") as stream:
        cas = cassis.load_cas_from_xmi(stream, typesystem=types, lenient=True)
    # The suite's XMI has named entities where its TSV has this layer.
    name = NAMED_ENTITY if layer == "webanno.custom.Span" else layer
    found = Counter((one.begin, one.end, getattr(one, "value", None)) for one in cas.select(name))
    return cas.sofa_string, found


@pytest.mark.skipif(not (CASES and TYPES.exists()), reason="the suite is not on this machine")
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("case", CASES)
def test_every_case_of_inceptions_suite_equals_its_twin(case: str) -> None:
    data = (SUITE / case / "reference.tsv").read_bytes()
    layers = re.findall(r"^#T_SP=([^|\n]+)", data.decode(), re.MULTILINE)
    for layer in layers or [""]:
        draft = read(data, **({"layer": layer} if layer else {}))
        text, expected = twin_spans(case, layer or NAMED_ENTITY)
        assert draft.text == text
        short_name = layer.rpartition(".")[2]
        found = Counter(
            (one.start, one.end, one.label)
            for group in (draft.mentions, draft.unplaced)
            for one in group
        )
        assert found == {
            (start, end, value or short_name): n for (start, end, value), n in expected.items()
        }
        assert all(one.start == one.end for one in draft.unplaced)


def test_links_to_other_rows_are_no_labels_but_their_holder_is_a_span() -> None:
    header = (
        "#FORMAT=WebAnno TSV 3.3\n"
        "#T_SP=a.Frame|ROLE_a.Frame:links_a.Link|a.Filler|value\n"
        "#T_SP=a.Event|ROLE_a.Event:links_a.Link|a.Filler\n\n\n#Text=Ulm won it\n"
    )
    rows = (
        "1-1\t0-3\tUlm\twho[2];what\t1-2[5];1-3\twin[2]\t_[3]|_[4]\t*|*\t\n"
        "1-2\t4-7\twon\twho[2];what\t1-2[5];1-3\twin[2]\t_[3]\t*\t\n"
        "1-3\t8-10\tit\t_\t_\t_\t_\t*\t\n"
    )
    assert words_of(read(header + rows)) == [("Ulm won", "win")]
    events = read(header + rows, layer="a.Event")
    assert words_of(events) == [("Ulm won", "Event"), ("Ulm", "Event"), ("it", "Event")]


def test_the_label_is_the_first_feature_where_none_is_called_value() -> None:
    header = "#FORMAT=WebAnno TSV 3.2\n#T_SP=a.Referent|entity|infstat|identity\n#Summary1=x\n\n\n"
    rows = (
        "#Text=Ulm won\n1-1\t0-3\tUlm\tplace[1]|event[2]\tnew[1]|new[2]\tUlm[1]\t\n"
        "1-2\t4-7\twon\tevent[2]\tnew[2]\t_\t\n"
    )
    assert words_of(read(header + rows)) == [("Ulm won", "event"), ("Ulm", "place")]


def test_a_last_column_needs_no_tab_after_it_and_lines_may_end_in_crlf() -> None:
    data = (HEADER + "#Text=Ulm\n1-1\t0-3\tUlm\tGPE\n").replace("\n", "\r\n")
    assert words_of(read("\ufeff" + data)) == [("Ulm", "GPE")]


def test_text_of_version_3_1_is_escaped_as_in_java() -> None:
    body = '#Text=\\uD83D\\uDE00 \\"Ulm\\" \\u00fc\\\\n\n1-1\t4-7\tUlm\tGPE\t\n'
    rows = HEADER.replace("3.3", "3.1") + body.replace("4-7", "0-2").replace("\tUlm\t", "\t😀\t")
    assert read(rows).text == '😀 "Ulm" ü\\n'
    assert words_of(read(rows)) == [("😀", "GPE")]
    newer = read(HEADER + "#Text=\\u00fc Ulm\\q\n1-1\t0-6\t\\u00fc\t_\t\n1-2\t7-10\tUlm\tGPE\t\n")
    assert newer.text == "\\u00fc Ulm\\q"


def test_offsets_in_code_points_are_taken_where_only_they_fit() -> None:
    rows = (
        "#Text=😀 Ulm\n1-1\t0-1\t😀\t_\t\n1-2\t2-5\tUlm\tGPE\t\n\n"
        "#Text=😀 Bonn\n2-1\t6-7\t😀\t_\t\n2-2\t8-12\tBonn\tGPE\t\n"
    )
    draft = read(HEADER + rows)
    assert draft.text == "😀 Ulm\n😀 Bonn"
    assert words_of(draft) == [("Ulm", "GPE"), ("Bonn", "GPE")]
    assert not draft.notes


def test_a_token_that_stands_elsewhere_takes_its_annotation_with_it() -> None:
    rows = (
        "#Text=New Ulm won\n1-1\t0-3\tNew\tGPE[1]\t\n1-2\t4-7\tulm\tGPE[1]\t\n"
        "1-3\t8-11\twon\tVERB\t\n"
    )
    draft = read(HEADER + rows)
    assert words_of(draft) == [("won", "VERB")]
    [unplaced] = draft.unplaced
    assert (unplaced.line, unplaced.reason) == (
        6,
        "the file says “New ulm”, the text there is “New Ulm”",
    )


def test_the_space_between_sentences_is_a_line_feed_and_spaces() -> None:
    rows = (
        "#Text=One\n1-1\t0-3\tOne\t_\t\n\n#Text=Two\n2-1\t3-6\tTwo\t_\t\n\n"
        "#Text=Ulm\n3-1\t9-12\tUlm\tGPE\t\n"
    )
    draft = read(HEADER + rows)
    assert draft.text == "OneTwo\n  Ulm"
    assert spans_of(draft) == {(9, 12, "GPE"): 1}


def test_a_file_without_span_layers_is_text_without_mentions() -> None:
    draft = read("#FORMAT=WebAnno TSV 3.3\n\n\n#Text=Ulm slept.\n1-1\t0-3\tUlm\t\n")
    assert (draft.text, draft.mentions, draft.status) == (
        "Ulm slept.",
        (),
        ReviewStatus.UNREVIEWED,
    )
    assert draft.notes == ("The file has no layer of spans, so nothing in it is a mention.",)


def test_only_files_that_say_so_are_recognised() -> None:
    for start in ("#FORMAT=WebAnno TSV 3.3\n", "\ufeff#FORMAT=WebAnno TSV 3.0\n"):
        assert Reader().recognises(Source("x.tsv", start.encode()))
    for start in ("", "#FORMAT=WebAnno TSV 2\n", "token\ttag\nUlm\tB-GPE\n", "start\tend\n"):
        assert not Reader().recognises(Source("x.tsv", start.encode()))


TOKEN = "1-1\t0-3\tUlm\tGPE\t\n"


@pytest.mark.parametrize(
    ("data", "says", "line"),
    [
        ("token\ttag\n", "does not begin with “#FORMAT=WebAnno TSV 3”", 1),
        (HEADER + TOKEN, "no “#Text=”", 5),
        (HEADER + "#Text=Ulm\nUlm\tGPE\n", "no row of WebAnno TSV", 6),
        (HEADER + "#Text=Ulm\n1-1\t0-3\tUlm\n", "1 columns after the token", None),
        (HEADER + f"#Text=Ulm\n1-1\t0-{'9' * 5000}\tUlm\tGPE\n", "no row of WebAnno TSV", 6),
        (HEADER + "#Text=Ulm\n\n", "The sentence has no tokens", 6),
        (HEADER + f"#Text=Ulm\n{TOKEN}\n#Text=Bonn", "The sentence has no tokens", 9),
        (
            HEADER + f"#Text=Ulm won\n{TOKEN}\n#Text=Bonn\n2-1\t5-9\tBonn\t_\t\n",
            "A sentence begins at 5, but the text before it ends at 7",
            9,
        ),
        (HEADER + "#Text=Ulm\n1-1\t900000000-900000003\tUlm\tGPE\t\n", "longer than any", 6),
        (HEADER, "holds no sentence", None),
        (HEADER + "#Text= \n1-1\t0-1\t \t_\t\n", "is empty", None),
        (HEADER + f"#Text={'a' * 1_000_001}\n1-1\t0-1\ta\t_\t\n", "1,000,001 characters", None),
    ],
)
def test_a_file_that_is_damaged_is_refused_with_the_line(
    data: str, says: str, line: int | None
) -> None:
    if says.startswith("1 columns"):
        data = data.replace("|value", "|identifier|value")
        line = 6
    with pytest.raises(FormatError) as refusal:
        read(data)
    assert says in str(refusal.value)
    assert refusal.value.line == line


PIECES = st.lists(
    st.sampled_from(["#Text=", "#T_SP=", "a.B", "|", "\t", "\n", "1-1", "1-1.1", "0-3", "3-4",
                     "Ulm", "\\", "[1]", "*", "_", "ROLE_x", "\\uD83D", "😀", "\r", "\x00", TOKEN])
    | st.text(max_size=2),
    max_size=40,
).map("".join)  # fmt: skip


@settings(deadline=None)
@given(PIECES)
def test_any_rows_are_read_or_refused_but_never_crash(data: str) -> None:
    for start in ("", "#FORMAT=WebAnno TSV 3.1\n", HEADER + "#Text=Ulm 😀 Ulm\n" + TOKEN):
        encoded = (start + data).encode("utf-8", "replace")
        Reader().options(Source("x.tsv", encoded))
        with suppress(FormatError):  # any other exception fails the test
            draft = read(encoded)
            assert normalise(draft.text).text == draft.text
            assert all(0 <= m.start < m.end <= len(draft.text) for m in draft.mentions)


@settings(deadline=None)
@given(st.binary(max_size=99))
def test_any_bytes_are_read_or_refused_but_never_crash(data: bytes) -> None:
    for start in (b"", HEADER.encode()):
        Reader().recognises(Source("x.tsv", start + data))
        with suppress(FormatError):
            read(start + data)


def test_many_rows_are_read_in_a_moment() -> None:
    text = "Ulm " * 20_000
    rows = "".join(f"1-{i}\t{i * 4}-{i * 4 + 3}\tUlm\tGPE[{i}]\t\n" for i in range(20_000))
    began = time.perf_counter()
    assert len(read(f"{HEADER}#Text={text}\n{rows}").mentions) == 20_000
    assert time.perf_counter() - began < 5


def test_version_2_is_recognised_and_refused_by_its_name() -> None:
    data = b" # de.x.NamedEntity | value\n#id=1\n#text=Ulm slept\n1-1\tUlm\tB-LOC|B-ORG\n"
    assert Reader().recognises(Source("a.tsv", data))
    with pytest.raises(
        FormatError, match=r"^a\.tsv is WebAnno TSV of version 2, which is not read"
    ):
        list(Reader().read(Source("a.tsv", data)))

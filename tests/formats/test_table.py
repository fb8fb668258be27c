"""Tables: articles from rows whatever wrote them, and mentions in rows for a spreadsheet."""

import csv
import io
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotations.domain.articles import AnnotatedArticle, ArticleDraft, ReviewStatus
from annotations.domain.mentions import Mention, MentionState
from annotations.domain.text import normalise
from annotations.formats import _tables
from annotations.formats._columns import day_of
from annotations.formats.base import FormatError, Source
from annotations.formats.table import Reader, Writer
from tests.formats import cast

reusing_the_folder = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
#: As a file may hold them: one with many control characters is refused as no text.
texts = cast.texts.map(lambda text: re.sub("[\x7f-\x9f]", "", text)).filter(str.strip)
SAMPLES = Path(__file__).parents[1] / "samples/formats/csv"
STRANGERS = Path(__file__).parents[3] / "shared/samples/formats"


def read(data: bytes | str, name: str = "news.csv", **options: str) -> list[ArticleDraft]:
    raw = data.encode() if isinstance(data, str) else data
    return list(Reader().read(Source(name, raw, options=options)))


def sample(name: str, **options: str) -> list[ArticleDraft]:
    return read((SAMPLES / name).read_bytes(), name, **options)


def recognises(data: bytes | str, name: str = "news.csv") -> bool:
    raw = data.encode() if isinstance(data, str) else data
    return Reader().recognises(Source(name, raw))


def refusal(data: bytes | str, **options: str) -> FormatError:
    with pytest.raises(FormatError) as error:
        read(data, **options)
    assert str(error.value).endswith((".", ")"))
    return error.value


def read_or_refused(data: bytes) -> list[ArticleDraft]:
    try:
        drafts = read(data)
    except FormatError as error:
        message = str(error)
    else:
        assert drafts
        return drafts
    assert message.endswith((".", ")"))
    return []


# --- Articles in rows -------------------------------------------------------------------------


def test_every_row_is_an_article_with_what_its_columns_say() -> None:
    first, second, third = sample("articles.csv")
    assert first.text == (
        "PORT ALDER (Coast Wire) — Mayor Ines Okafor cut a ribbon on Monday.\n\n"
        '“We waited long enough,” Okafor said. "At last!" a boy shouted.'
    )
    known = first.metadata
    assert (known.title, known.byline, known.source) == (
        "Ferry line returns", "Jo Tamm", "Coast Wire",
    )  # fmt: skip
    assert (known.url, known.published_on) == ("https://coast.example/ferry", date(2017, 7, 8))
    assert [zone.zone for zone in first.zones] == ["dateline", "paragraph", "paragraph"]
    assert first.extra == {"id": "1", "section": "local"}
    assert first.changes == ("Line ends were unified: 2 CRLF became LF.",)
    assert (second.metadata.byline, second.metadata.language) == ("Ada Ulm, Bo Lind", "en-GB")
    assert second.metadata.published_on == date(2017, 7, 9)
    assert third.metadata.title == ""
    assert third.notes == (
        "line 6: “07/10/2017” is no date like 2017-07-08; left out",
        "line 6: “english” is no language code; en was taken",
    )
    assert {draft.status for draft in (first, second, third)} == {ReviewStatus.UNREVIEWED}


def test_semicolons_a_declared_separator_and_windows_1252_as_excel_writes_them() -> None:
    first, second = sample("excel-german.csv")
    assert first.text == (
        "Die Fähre nach Rønne fährt wieder; das sagte „Käpt’n“ Öz am Montag.\nSie kostet 4,50 €."
    )
    assert first.encoding == "windows-1252"
    assert first.extra == {}
    assert second.text == "In Überlingen regnet es weiter, länger als früher."
    assert first.notes
    assert not second.notes
    # Known by their usual names in German.
    assert (first.metadata.title, first.metadata.published_on) == (
        "Fähre fährt wieder", date(2017, 7, 8),
    )  # fmt: skip


def test_utf_16_with_tabs_as_excel_writes_unicode_text() -> None:
    [draft] = sample("excel-unicode.tsv")
    assert draft.text == "قال خالد الأسعد إن القاهرة هادئة 👩‍👩‍👧."
    assert (draft.metadata.title, draft.encoding) == ("کشتی", "utf-16-le")


@pytest.mark.parametrize("name", sorted(p.name for p in SAMPLES.iterdir() if p.is_file()))
def test_the_samples_are_recognised(name: str) -> None:
    assert recognises((SAMPLES / name).read_bytes(), name)


def test_the_options_offer_every_column_and_guess_by_name_and_length() -> None:
    data = (SAMPLES / "articles.csv").read_bytes()
    options = {option.name: option for option in Reader().options(Source("articles.csv", data))}
    assert {name: option.guess for name, option in options.items()} == {
        "text": "body", "title": "headline", "date": "pub_date", "byline": "author",
        "source": "publication", "url": "link", "language": "lang",
    }  # fmt: skip
    columns = [
        "id", "headline", "body", "author", "pub_date", "publication", "link", "lang", "section",
    ]  # fmt: skip
    assert options["text"].choices == tuple((name, name) for name in columns)
    assert options["title"].choices == (("", "none"), *((name, name) for name in columns))


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ("kicker,story so far\nRain,It rained and rained and rained.\n", "story so far"),
        ("Full-Text,teaser of the story\nUlm,Ulm slept\n", "Full-Text"),
        ("article,words said\n17,Ulm slept.\n", "words said"),
        ("a,TEXT\nmuch longer than the other,Ulm\n", "TEXT"),
        ("text\n", "text"),
    ],
)
def test_the_text_is_guessed(table: str, text: str) -> None:
    options = Reader().options(Source("news.csv", table.encode()))
    assert options[0].guess == text


def test_what_a_person_chose_counts() -> None:
    table = "text,teaser,title,date\nUlm slept.,Night in Ulm,Ulm,2017-07-08\n"
    [draft] = read(table, text="teaser", title="", date="")
    assert draft.text == "Night in Ulm"
    assert (draft.metadata.title, draft.metadata.published_on) == ("", None)
    assert draft.extra == {"text": "Ulm slept.", "title": "Ulm", "date": "2017-07-08"}
    assert "no column “body”" in str(refusal(table, text="body"))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_any_separator_is_found_by_the_rows_it_makes(separator: str) -> None:
    rows = [["title", "text"], ["Ulm", "Rain, snow; hail\tand | sun"], ["Alder", "Nothing."]]
    stream = io.StringIO()
    csv.writer(stream, delimiter=separator).writerows(rows)
    assert [draft.text for draft in read(stream.getvalue())] == [row[1] for row in rows[1:]]


def test_one_column_needs_no_separator() -> None:
    texts = [draft.text for draft in read("text\nUlm slept, they say.\nNo, it did not.\n")]
    assert texts == ["Ulm slept, they say.", "No, it did not."]


def test_quotation_marks_that_quote_nothing_stay() -> None:
    rows = 'title\ttext\nUlm\t"Never," he said.\nAlder\tSo 5" of snow "fell".\n'
    assert [draft.text for draft in read(rows, "news.tsv")] == [
        '"Never," he said.', 'So 5" of snow "fell".',
    ]  # fmt: skip


def test_a_first_row_with_a_long_field_is_an_article() -> None:
    long = "The ferry ran aground on Tuesday. " * 5
    options = Reader().options(Source("news.csv", f"1,{long}\n2,{long}!\n".encode()))
    assert options[0].choices == (("column 1", "column 1"), ("column 2", "column 2"))
    assert [draft.text for draft in read(f"1,{long}\n2,{long}!\n")] == [long, f"{long}!"]


def test_columns_of_the_same_name_or_of_none_are_told_apart() -> None:
    options = Reader().options(Source("a.csv", b"text,,text,text (3)\nUlm slept,b,c,d\n"))
    assert [name for name, _ in options[0].choices] == [
        "text", "column 2", "text (3)", "text (3) (4)",
    ]  # fmt: skip


def test_blank_lines_and_rows_are_passed_over_and_rows_without_text_counted() -> None:
    drafts = read("title,text\n\nA,Ulm slept.\n,\nB,\nC, \nD,Alder slept.\n\n,,\n")
    assert [draft.text for draft in drafts] == ["Ulm slept.", "Alder slept."]
    assert drafts[0].notes == ()
    assert drafts[1].notes == (
        "2 rows have nothing under “text” and were left out; the first is line 5.",
    )


def test_a_row_with_too_many_fields_is_refused_with_its_line() -> None:
    error = refusal('title,text\nA,"one\ntwo"\nB,Ulm, again\n')
    assert error.line == 4
    assert "3 fields" in str(error)


def test_the_articles_before_a_faulty_row_are_read_first() -> None:
    drafts = Reader().read(Source("news.csv", b"title,text\nA,Ulm slept.\nB,One, two\n"))
    assert next(drafts).text == "Ulm slept."
    with pytest.raises(FormatError, match=r"\(line 3\)$"):
        next(drafts)


def test_empty_fields_beyond_the_columns_do_no_harm() -> None:
    assert [draft.text for draft in read("title,text\nA,Ulm slept,,\n")] == ["Ulm slept"]


def test_a_row_that_ends_before_or_with_its_text_is_refused() -> None:
    assert refusal("title,text\nA,Ulm slept.\nand woke.\n").line == 3
    assert refusal("text,title\nUlm slept\nand woke.,A\n").line == 2


def test_a_row_that_lacks_fields_after_the_text_is_noted_with_its_line() -> None:
    [draft] = read("text,title,date\nUlm slept.,A\n")
    assert draft.metadata.title == "A"
    assert draft.notes == ("line 2: the row has 2 fields, but there are 3 columns",)


def test_a_quotation_mark_that_is_never_closed_is_refused_with_its_line() -> None:
    rows = 'title,text\nA,"Ulm slept."\n' * 3000
    error = refusal(f'{rows}B,"Alder woke.\n{"x,y" * 300_000}')
    assert error.line == 6001


def test_a_field_too_long_for_any_article_is_refused_with_its_line() -> None:
    error = refusal('text\n"Ulm"\n"' + "x" * 2_100_000 + '"\n')
    assert (error.line, "2,000,000 characters" in str(error)) == (3, True)


def test_an_article_too_long_for_the_pipeline_is_refused_with_its_line() -> None:
    assert "line 2 has 1,000,001 characters" in str(refusal("text\n" + "a" * 1_000_001))


def test_characters_that_cannot_be_stored_are_removed_and_reported() -> None:
    [draft] = read("title,text\nA\0,Ulm\0 slept in peace.\n")
    assert (draft.text, draft.metadata.title) == ("Ulm slept in peace.", "A")
    assert draft.changes == ("Removed: 1 NUL character that cannot be stored.",)


def test_a_long_value_is_left_out_and_told_once() -> None:
    long = "x" * 1001
    first, second = read(f"text,html\nUlm slept,{long}\nUlm woke,{long}\n")
    assert (first.extra, second.extra, second.notes) == ({}, {}, ())
    assert "“html” is too long" in first.notes[0]


def test_a_column_that_was_not_chosen_never_replaces_the_articles_own() -> None:
    [draft] = read("text,url\nUlm slept,https://a.example\n", url="")
    assert (draft.extra, draft.metadata.url) == ({}, "")


def test_old_line_ends_and_line_separators_within_texts() -> None:
    drafts = read('text\rone\u2028two\u0085three\r"a\rb"\r')
    assert [draft.text for draft in drafts] == ["one\u2028two\u0085three", "a\nb"]


def test_a_file_above_the_limit_of_one_article_is_read_in_pieces(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_tables, "MAX_FILE_BYTES", 100)
    rows = "".join(f'{n},"Zoë {n} slept,\nand “woke” 👩"\n' for n in range(40))
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        data = f"id,text\n{rows}".encode(encoding)
        drafts = read(data)
        assert [draft.text for draft in drafts] == [
            f"Zoë {n} slept,\nand “woke” 👩" for n in range(40)
        ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2017-07-08", date(2017, 7, 8)),
        ("2017-07-08T23:59:00-05:00", date(2017, 7, 8)),
        ("2017-07-08 23:59", date(2017, 7, 8)),
        ("Sat, 08 Jul 2017 23:59:00 -0500", date(2017, 7, 8)),
        ("8.7.2017", date(2017, 7, 8)),
        ("20170708", date(2017, 7, 8)),
        ("8 July 2017", date(2017, 7, 8)),
        ("July 8, 2017", date(2017, 7, 8)),
        ("7/8/2017", None),
        ("2017", None),
        ("2017-13-08", None),
        ("4 5 6", None),
        ("", None),
    ],
)
def test_a_day_is_read_where_it_can_mean_one_day_only(value: str, expected: date | None) -> None:
    assert day_of(value) == expected


# --- What is no table of articles -------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        "#FORMAT=WebAnno TSV 3.3\n#T_SP=a|b\n\n\n#Text=Ulm slept through the whole night.\n",
        "-DOCSTART-\t-X-\t-X-\tO\n\nUlm\tNNP\tB-NP\tB-GPE\n",
        "Ulm\tB-GPE\nslept\tO\n\nAlder\tB-GPE\nwoke\tO\n",
        "O\tUlm\nB-GPE\tAlder\n",
        "Sentence #,Word,POS,Tag\nSentence: 1,Thousands,NNS,O\n,of,IN,O\n,Ulm,NNP,B-geo\n",
        "North\torganization\nKorea\torganization\n",
        "# sent_id = 1\n1\tUlm\tUlm\tPROPN\n",
        "year,rain\n2016,3\n2017,4\n",
        "",
        "\0\0\0",
    ],
)
def test_files_without_articles_are_left_to_others(data: str) -> None:
    assert not recognises(data, "corpus.tsv")


@pytest.mark.skipif(not STRANGERS.exists(), reason="the strangers' files are not on this machine")
def test_token_files_of_strangers_are_left_to_others() -> None:
    files = [*STRANGERS.glob("conll*/*.*"), *STRANGERS.glob("webanno-tsv3/*/*.tsv")]
    assert len(files) > 10
    for path in files:
        if path.suffix != ".txt" and path.name != "LICENSE":
            assert not recognises(path.read_bytes(), path.name), path


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" \n",
        b"\x89PNG\r\n\x1a\n" + bytes(99),
        bytes(range(256)) * 9,
        b"text,title\n",
        b",,\n",
    ],
)
def test_what_holds_no_article_is_refused_with_the_files_name(data: bytes) -> None:
    assert "news.csv" in str(refusal(data))


@settings(deadline=None)
@given(
    st.binary(max_size=300)
    | st.text(st.sampled_from('ab,;\t|"\n\r\0=é👩'), max_size=200).map(str.encode)
)
def test_any_bytes_give_sound_drafts_or_one_sentence(data: bytes) -> None:
    Reader().recognises(Source("news.csv", data))
    Reader().options(Source("news.csv", data))
    for draft in read_or_refused(data):
        assert draft.text.strip()
        assert normalise(draft.text).text == draft.text


@settings(deadline=None)
@given(
    st.lists(texts, min_size=1, max_size=5),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_whatever_pythons_writer_writes_is_read_back(
    texts: list[str], separator: str, encoding: str
) -> None:
    stream = io.StringIO()
    table = csv.writer(stream, delimiter=separator)
    table.writerows([["id", "text", "title"], *([n, text, "Ulm"] for n, text in enumerate(texts))])
    drafts = read(stream.getvalue().encode(encoding), text="text")
    assert [draft.text for draft in drafts] == texts


@settings(deadline=None, max_examples=30)
@given(st.lists(texts, min_size=1, max_size=5))
def test_whatever_pandas_writes_is_read_back(texts: list[str]) -> None:
    data = pandas.DataFrame({"text": texts, "title": "Ulm"}).to_csv().encode()
    assert [draft.text for draft in read(data, text="text")] == texts


# --- Mentions in rows -------------------------------------------------------------------------


def write(articles: list[AnnotatedArticle], folder: Path) -> list[list[str]]:
    target = folder / "corpus.csv"
    report = Writer().write(iter(articles), target)
    assert report.files == ["corpus.csv"]
    assert report.articles == len(articles)
    assert report.mentions_in == report.mentions_out == sum(len(a.mentions) for a in articles)
    with target.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream, strict=True))


def test_a_row_says_of_a_mention_what_a_person_wants_to_see(tmp_path: Path) -> None:
    rows = write([cast.news(id=7)], tmp_path)
    assert rows[0] == [
        "Article", "Title", "Label", "Words", "Before", "After", "Zone", "State", "By", "Review",
    ]  # fmt: skip
    assert len(rows) == 9
    okafor = next(row for row in rows if row[7] == "changed")
    assert okafor == [
        "7", "Ferry line returns", "PERSON", "Okafor",
        "…since 2009 left for Tern Island. “We waited long enough,”",
        "said. The line is run by Alder Marine Co. and costs 4.50 eu…",
        "paragraph", "changed", "ada", "finished",
    ]  # fmt: skip


def test_excel_finds_a_byte_order_mark_and_crlf(tmp_path: Path) -> None:
    write([cast.torture()], tmp_path)
    data = (tmp_path / "corpus.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbfArticle,")
    assert data.count(b"\n") == data.count(b"\r\n") == 10


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "'"])
def test_no_cell_starts_a_formula(start: str, tmp_path: Path) -> None:
    text = f"{start}1+cmd"
    mention = Mention(0, len(text), "ORG", source=f"{start}ada")
    rows = write([cast.article(text, mention, title=f" \t{start}SUM(A1)")], tmp_path)
    assert (rows[1][1], rows[1][3], rows[1][8]) == (
        f"'{start}SUM(A1)", f"'{text}", f"'{start}ada",
    )  # fmt: skip


@reusing_the_folder
@given(st.lists(cast.articles(), max_size=3))
def test_every_mention_has_one_row_and_no_cell_does_harm(
    tmp_path: Path, articles: list[AnnotatedArticle]
) -> None:
    rows = write(articles, tmp_path)
    expected = [
        (str(a.id), m.label, " ".join(m.span.of(a.text).split()), m.state.value)
        for a in articles
        for m in a.mentions
    ]
    assert len(rows) == len(expected) + 1
    for row, mention in zip(rows[1:], expected, strict=True):
        assert len(row) == len(rows[0])
        words = row[3].removeprefix("'") if row[3][:2] in SIGNS else row[3]
        assert (row[0], row[2], words, row[7]) == mention
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for cell in row)


SIGNS = ("'=", "'+", "'-", "'@", "''")


@pytest.mark.parametrize("made", [cast.news, cast.torture, cast.nested, cast.empty, cast.sample])
def test_pandas_reads_the_same_rows(made: Callable[[], AnnotatedArticle], tmp_path: Path) -> None:
    rows = write([made()], tmp_path)
    frame = pandas.read_csv(tmp_path / "corpus.csv", keep_default_na=False, dtype=str)
    assert list(frame.columns) == rows[0]
    assert frame.to_numpy().tolist() == rows[1:]


def test_unfinished_articles_are_written_with_their_review(tmp_path: Path) -> None:
    mention = Mention(0, 3, "GPE", MentionState.SUGGESTED, 0.4, "tagger 1.0")
    rows = write([cast.article("Ulm", mention, status=ReviewStatus.OPEN)], tmp_path)
    assert rows[1][6:] == ["paragraph", "suggested", "tagger 1.0", "open"]


def test_what_was_written_for_people_is_not_mistaken_for_articles(tmp_path: Path) -> None:
    write([cast.news()], tmp_path)
    data = (tmp_path / "corpus.csv").read_bytes()
    assert recognises(data)
    assert "mentions for people" in str(refusal(data))


def test_titles_that_look_like_tags_do_not_make_a_table_one_of_tokens() -> None:
    data = b"title,text\r\nB-1,The bomber flew home over the harbour on Monday.\r\n"
    assert Reader().recognises(Source("a.csv", data))
    tokens = b"token,tag\r\nUlm,B-GPE\r\nslept,O\r\n"
    assert not Reader().recognises(Source("a.csv", tokens))

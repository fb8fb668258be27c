"""The two exact tables: read by pandas and Arrow as they come, and read back without a change."""

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas
import pyarrow.csv
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotations.domain.articles import AnnotatedArticle, ArticleDraft, CorpusCard, ReviewStatus
from annotations.domain.mentions import Mention, MentionState
from annotations.domain.text import normalise
from annotations.formats.base import FormatError, Source, WriteReport
from annotations.formats.csv_exact import Reader, Writer
from tests.formats import cast

reusing_the_folder = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40
)
SAMPLES = Path(__file__).parents[1] / "samples/formats/csv-exact"
HEADER = '"id","text_sha256","text"\r\n'


def write(articles: list[AnnotatedArticle], folder: Path) -> WriteReport:
    report = Writer().write(iter(articles), folder, CorpusCard(slug="harbour", name="Harbour"))
    assert sorted(path.name for path in folder.iterdir()) == report.files
    assert report.articles == len(articles)
    assert report.mentions_in == report.mentions_out == sum(len(a.mentions) for a in articles)
    return report


def read_folder(folder: Path, language: str = "en") -> list[ArticleDraft]:
    beside = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    return read(beside.pop("articles.csv"), beside, language)


def read(
    articles: bytes | str, beside: Mapping[str, bytes | str] | None = None, language: str = "en"
) -> list[ArticleDraft]:
    files = {name: encoded(data) for name, data in (beside or {}).items()}
    source = Source("set/articles.csv", encoded(articles), language=language, beside=files)
    assert Reader().recognises(source) or not articles
    return list(Reader().read(source))


def encoded(data: bytes | str) -> bytes:
    return data.encode() if isinstance(data, str) else data


def row(number: object, text: str) -> str:
    quoted = text.replace('"', '""')
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f'{number},"{digest}","{quoted}"\r\n'


def test_a_corpus_is_written_as_documented(tmp_path: Path) -> None:
    text = 'Ulm "slept",\nthey say.'
    mention = Mention(0, 3, "GPE", MentionState.ACCEPTED, 0.93, "tagger 1.0")
    bare = cast.article("=Alder", Mention(1, 6, "GPE"), id=9, meta={}, status=ReviewStatus.OPEN)
    write([cast.article(text, mention, id=7, title="Night"), bare], tmp_path)
    digest, other = (hashlib.sha256(t.encode()).hexdigest() for t in (text, "=Alder"))
    assert (tmp_path / "articles.csv").read_bytes().decode() == (
        '"id","text_sha256","title","source","byline","url","published_on","language","status",'
        '"layer","text"\r\n'
        f'7,"{digest}","Night","Coast Wire","","","2017-07-08","en","finished","gold",'
        '"Ulm ""slept"",\nthey say."\r\n'
        f'9,"{other}","","","","",,"en","open","gold","=Alder"\r\n'
    )
    assert (tmp_path / "mentions.csv").read_bytes().decode() == (
        '"article","start","end","label","text","state","score","source"\r\n'
        '7,0,3,"GPE","Ulm","accepted",0.93,"tagger 1.0"\r\n'
        '9,1,6,"GPE","Alder","added",,""\r\n'
    )


def test_the_golden_sample_is_read() -> None:
    first, second = read_folder(SAMPLES)
    assert (first.number, first.metadata.title) == (3, "Ferry line returns")
    assert first.metadata.published_on == date(2017, 7, 8)
    assert first.text == "Mayor Ines Okafor 👩 cut a ribbon,\n“at last”, in Port Alder."
    assert first.mentions == (
        Mention(6, 17, "PERSON", MentionState.ACCEPTED, 0.75, "tagger 1.0"),
        Mention(48, 58, "GPE", MentionState.ADDED, None, "ada"),
    )
    assert (first.status, first.layer) == (ReviewStatus.FINISHED, "gold")
    assert (second.text, second.mentions, second.status) == ("", (), ReviewStatus.UNREVIEWED)
    assert first.unplaced == second.unplaced == ()


def test_the_description_tells_types_sizes_and_digests(tmp_path: Path) -> None:
    write([cast.news(), cast.torture(id=2)], tmp_path)
    package = json.loads((tmp_path / "datapackage.json").read_bytes())
    assert (package["profile"], package["name"]) == ("tabular-data-package", "harbour")
    articles, mentions = package["resources"]
    for resource in (articles, mentions):
        data = (tmp_path / resource["path"]).read_bytes()
        assert resource["bytes"] == len(data)
        assert resource["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
        table = csv.reader(io.StringIO(data.decode(), newline=""), strict=True)
        assert [field["name"] for field in resource["schema"]["fields"]] == next(table)
    assert articles["schema"]["primaryKey"] == "id"
    assert mentions["schema"]["foreignKeys"][0]["reference"]["resource"] == "articles"


# --- What independent readers find ------------------------------------------------------------


def found_by_pandas(folder: Path) -> tuple[dict[int, str], list[dict[str, Any]]]:
    articles = pandas.read_csv(folder / "articles.csv").to_dict("records")
    mentions = pandas.read_csv(folder / "mentions.csv").to_dict("records")
    return {a["id"]: a["text"] for a in articles}, mentions  # type: ignore[misc, return-value]


def found_by_arrow(folder: Path) -> tuple[dict[int, str], list[dict[str, Any]]]:
    articles = pyarrow.csv.read_csv(folder / "articles.csv").to_pylist()
    mentions = pyarrow.csv.read_csv(folder / "mentions.csv").to_pylist()
    return {a["id"]: a["text"] for a in articles}, mentions


@pytest.mark.parametrize("found", [found_by_pandas, found_by_arrow])
@pytest.mark.parametrize("made", [cast.news, cast.torture, cast.nested, cast.sample])
def test_others_find_the_same_with_their_defaults(
    made: Callable[[], AnnotatedArticle],
    found: Callable[[Path], tuple[dict[int, str], list[dict[str, Any]]]],
    tmp_path: Path,
) -> None:
    article = made()
    write([article, cast.news(id=2)], tmp_path)
    texts, mentions = found(tmp_path)
    assert texts == {1: article.text, 2: cast.NEWS}
    assert Counter(
        (m["start"], m["end"], m["label"], m["text"]) for m in mentions if m["article"] == 1
    ) == Counter((m.start, m.end, m.label, m.span.of(article.text)) for m in article.mentions)
    assert all(m["text"] == texts[m["article"]][m["start"] : m["end"]] for m in mentions)


@reusing_the_folder
@given(st.lists(cast.articles(), max_size=3, unique_by=lambda article: article.id))
def test_pandas_and_arrow_read_every_cell_as_it_is(
    tmp_path: Path, articles: list[AnnotatedArticle]
) -> None:
    write(articles, tmp_path)
    for name in ("articles.csv", "mentions.csv"):
        raw = (tmp_path / name).read_bytes().decode()
        header, *rows = csv.reader(io.StringIO(raw, newline=""), strict=True)
        frame = pandas.read_csv(tmp_path / name, dtype=str, keep_default_na=False)
        assert frame.to_numpy().tolist() == rows
        options = pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(header, pyarrow.string()))
        parsing = pyarrow.csv.ParseOptions(newlines_in_values=True)
        table = pyarrow.csv.read_csv(
            tmp_path / name, convert_options=options, parse_options=parsing
        )
        assert [list(each.values()) for each in table.to_pylist()] == rows


# --- Reading ----------------------------------------------------------------------------------


@reusing_the_folder
@given(st.lists(cast.articles(), max_size=3, unique_by=lambda article: article.id))
def test_reading_gives_back_what_was_written(
    tmp_path: Path, articles: list[AnnotatedArticle]
) -> None:
    write(articles, tmp_path)
    drafts = read_folder(tmp_path, language="xx")
    assert len(drafts) == len(articles)
    for draft, article in zip(drafts, articles, strict=True):
        known = draft.metadata
        assert (draft.number, draft.text, draft.mentions) == (
            article.id, article.text, article.mentions,
        )  # fmt: skip
        assert (known.title, known.language) == (article.title, article.language)
        assert (known.source, known.byline, known.url) == (
            article.meta["source"], article.meta["byline"], article.meta["url"],
        )  # fmt: skip
        day = article.meta["published_on"]
        assert known.published_on == (date.fromisoformat(str(day)) if day else None)
        assert (draft.status, draft.layer) == (article.status, article.layer)
        assert draft.unplaced == draft.notes == draft.changes == ()


def test_only_the_first_line_tells_that_a_file_is_this_one() -> None:
    def recognises(data: str) -> bool:
        return Reader().recognises(Source("news.csv", data.encode()))

    assert recognises('"id","text_sha256","text"\r\n')
    assert recognises("\ufefflayer,text,text_sha256,id\n1,2,3,4\n")
    assert not recognises("id,title,text\n")
    assert not recognises("id;text_sha256;text\n")
    assert not recognises('article,"start\n')
    assert not recognises("a\rb,c\n")
    assert not recognises("")


def test_without_mentions_the_articles_are_read_with_a_note() -> None:
    first, second = read(HEADER + row(1, "Ulm slept.") + row(2, "Alder woke."))
    assert first.notes == ("There was no mentions.csv beside set/articles.csv.",)
    assert (second.notes, second.mentions) == ((), ())
    assert first.status is ReviewStatus.UNREVIEWED


def test_mentions_are_found_whatever_their_order_and_columns() -> None:
    mentions = "label,end,start,article\nGPE,5,0,2\nGPE,3,0,1\n"
    beside = {"set/mentions.csv": mentions, "set/other.csv": "x"}
    first, second = read(HEADER + row(1, "Ulm slept.") + row(2, "Alder woke."), beside)
    assert first.mentions == (Mention(0, 3, "GPE"),)
    assert second.mentions == (Mention(0, 5, "GPE"),)


def test_a_mention_of_the_machines_layer_is_a_suggestion() -> None:
    [draft] = read(
        'id,text_sha256,layer,text\n1,,suggestions,"Ulm"\n',
        {"mentions.csv": "article,start,end,label\n1,0,3,GPE\n"},
    )
    assert draft.mentions == (Mention(0, 3, "GPE", MentionState.SUGGESTED),)


def test_a_mention_that_says_something_else_is_left_out_and_not_shifted() -> None:
    mentions = "article,start,end,label,text\n1,1,4,GPE,Ulm\n1,0,3,GPE,Ulm\n1,0,99,GPE,\n"
    [draft] = read(HEADER + row(1, "Ulm slept"), {"mentions.csv": mentions})
    assert draft.mentions == (Mention(0, 3, "GPE"),)
    assert [(each.line, each.quote) for each in draft.unplaced] == [(2, "Ulm"), (4, "")]


def test_a_spreadsheet_may_have_turned_the_line_ends() -> None:
    [draft] = read(
        HEADER + row(1, "Ulm\nslept").replace("Ulm\n", "Ulm\r\n"),
        {"mentions.csv": "article,start,end,label,text\n1,5,10,X,slept\n"},
    )
    assert draft.text == "Ulm\nslept"
    assert draft.mentions == (Mention(4, 9, "X"),)
    assert draft.changes


MENTIONS = "article,start,end,label,state,score\n1,0,3,GPE,,\n"


@pytest.mark.parametrize(
    ("articles", "mentions", "says", "line"),
    [
        (HEADER + "1,00,Ulm\n", MENTIONS, "“text_sha256”", 2),
        (HEADER + '1,,"a\nb"\n1,,Ulm\n', MENTIONS, "two articles with the id 1", 4),
        (HEADER + "x,,Ulm\n", "article,start,end,label\n", "“id” is not a whole number", 2),
        (HEADER + "1,,Ulm,4\n", MENTIONS, "4 fields", 2),
        (HEADER + "1,\n", MENTIONS, "2 fields", 2),
        (HEADER + '1,,"Ulm\n', MENTIONS, "no CSV", 2),
        (HEADER + '1,,"U"lm\n', MENTIONS, "no CSV", 2),
        (HEADER + "1,,Ulm\n", "article,start,label\n", "mentions.csv lacks columns: end", 1),
        (HEADER + "1,,Ulm\n", "", "mentions.csv lacks columns", 1),
        (HEADER + "1,,Ulm\n", MENTIONS + "2,0,3,GPE,,\n", "an article 2", 3),
        (HEADER + "1,,Ulm\n", MENTIONS + "1,-1,3,GPE,,\n", "“start”", 3),
        (HEADER + "1,,Ulm\n", MENTIONS + "1,0,3.0,GPE,,\n", "“end”", 3),
        (HEADER + "1,,Ulm\n", MENTIONS + "1,0,3,GPE,new,\n", "“state” is “new”", 3),
        (HEADER + "1,,Ulm\n", MENTIONS + "1,0,3,GPE,,1.5\n", "“score”", 3),
        (HEADER + "1,,Ulm\n", MENTIONS + "1,0,3,GPE,,nan\n", "“score”", 3),
        (HEADER + "1,,Ulm\n", MENTIONS + "1,0,3,G\0PE,,\n", "“label” holds a NUL", 3),
        ("id,text_sha256,text,status\n1,,Ulm,done\n", MENTIONS, "“status” is “done”", 2),
        ("id,text_sha256,text,published_on\n1,,Ulm,May\n", MENTIONS, "“published_on”", 2),
        (HEADER + "1,," + "x" * 1_000_001 + "\n", MENTIONS, "1,000,001 characters", None),
        (HEADER + "1,," + "x" * 2_000_001 + "\n", MENTIONS, "no CSV", 2),
    ],
)
def test_what_is_not_as_the_format_has_it_is_refused_with_its_line(
    articles: str, mentions: str, says: str, line: int | None
) -> None:
    with pytest.raises(FormatError) as refusal:
        read(articles, {"mentions.csv": mentions})
    assert says in str(refusal.value)
    assert refusal.value.line == line
    assert str(refusal.value).endswith((".", ")"))


@settings(deadline=None)
@given(
    st.binary(max_size=200)
    | st.text(st.sampled_from('1,"\n\r\0é👩GPE'), max_size=99).map(str.encode),
    st.none() | st.binary(max_size=200),
)
def test_any_bytes_give_sound_drafts_or_one_sentence(data: bytes, mentions: bytes | None) -> None:
    Reader().recognises(Source("news.csv", data))
    beside = {} if mentions is None else {"mentions.csv": mentions}
    for body in (data, HEADER.encode() + data):
        for draft in read_or_refused(Source("news.csv", body, beside=beside)):
            assert normalise(draft.text).text == draft.text


def read_or_refused(source: Source) -> list[ArticleDraft]:
    try:
        return list(Reader().read(source))
    except FormatError as error:
        message = str(error)
    assert message.endswith((".", ")"))
    return []

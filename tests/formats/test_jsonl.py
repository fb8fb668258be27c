"""The corpus as JSON Lines: every key, every article back, and nothing shifted on reading."""

import hashlib
import json
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from annotations.domain.articles import AnnotatedArticle, ArticleDraft, ReviewStatus
from annotations.domain.mentions import Mention, MentionState
from annotations.domain.zones import Zone, ZonedSpan
from annotations.formats.base import FormatError, Source
from annotations.formats.jsonl import Reader, Writer
from tests.formats import cast

ROOT = Path(__file__).parents[2]

reusing_the_folder = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


def write(articles: list[AnnotatedArticle], folder: Path) -> bytes:
    target = folder / "corpus.jsonl"
    Writer().write(articles, target)
    return target.read_bytes()


def read(data: bytes, language: str = "en") -> list[ArticleDraft]:
    return list(Reader().read(Source("corpus.jsonl", data, language=language)))


def line(**record: object) -> bytes:
    return json.dumps(record).encode() + b"\n"


def test_an_article_is_one_line_with_the_documented_keys_in_order(tmp_path: Path) -> None:
    text = "Ulm slept."
    mention = Mention(0, 3, "GPE", MentionState.ACCEPTED, 0.93, "tagger 1.0")
    data = write([cast.article(text, mention, id=7, title="Night")], tmp_path)
    assert data.decode() == (
        '{"id": 7, "text": "Ulm slept.", '
        f'"text_sha256": "{hashlib.sha256(text.encode()).hexdigest()}", "title": "Night", '
        '"meta": {"source": "Coast Wire", "byline": "", "url": "", "published_on": "2017-07-08"}, '
        '"language": "en", "status": "finished", "layer": "gold", '
        '"zones": [{"start": 0, "end": 10, "zone": "paragraph", "certain": true}], '
        '"spans": [{"start": 0, "end": 3, "label": "GPE", "text": "Ulm", '
        '"state": "accepted", "score": 0.93, "source": "tagger 1.0"}], '
        '"tokens": [[0, 3], [4, 9], [9, 10]], "schema_version": 1}\n'
    )


def test_no_key_is_left_out_where_nothing_is_known(tmp_path: Path) -> None:
    bare = cast.article("Ulm", Mention(0, 3, "GPE"), meta={})
    [record] = map(json.loads, write([bare], tmp_path).split(b"\n")[:-1])
    assert record["meta"] == {"source": "", "byline": "", "url": "", "published_on": None}
    assert record["spans"][0] == {
        "start": 0, "end": 3, "label": "GPE", "text": "Ulm",
        "state": "added", "score": None, "source": "",
    }  # fmt: skip
    [nothing] = map(json.loads, write([cast.empty()], tmp_path).split(b"\n")[:-1])
    assert list(nothing) == list(record)
    assert (nothing["text"], nothing["zones"], nothing["spans"], nothing["tokens"]) == (
        "", [], [], [],
    )  # fmt: skip


def test_more_metadata_follows_what_every_article_has(tmp_path: Path) -> None:
    rich = cast.article("Ulm", meta={"desk": "night", "words": 1, "source": "Wire"})
    record = json.loads(write([rich], tmp_path))
    assert list(record["meta"]) == ["source", "byline", "url", "published_on", "desk", "words"]
    assert record["meta"]["words"] == 1


def test_text_is_written_as_it_is_and_lines_end_in_a_single_line_feed(tmp_path: Path) -> None:
    data = write([cast.torture(id=1), cast.news(id=2)], tmp_path)
    assert data.count(b"\n") == 2
    assert b"\r" not in data
    assert "👩‍👩‍👧‍👦 Zoë".encode() in data
    assert not data.startswith(b"\xef\xbb\xbf")
    assert [json.loads(row)["text"] for row in data.split(b"\n")[:-1]] == [cast.TORTURE, cast.NEWS]


def test_articles_keep_the_order_in_which_they_come(tmp_path: Path) -> None:
    data = write([cast.news(id=3), cast.empty(id=9), cast.nested(id=12)], tmp_path)
    assert [json.loads(row)["id"] for row in data.split(b"\n")[:-1]] == [3, 9, 12]


def test_the_report_counts_what_was_written(tmp_path: Path) -> None:
    articles = [cast.news(), cast.nested(status=ReviewStatus.UNREVIEWED), cast.empty()]
    report = Writer().write(iter(articles), tmp_path / "corpus.jsonl")
    assert (report.articles, report.mentions_in, report.mentions_out) == (3, 16, 16)
    assert (report.files, report.misfits, report.articles_left_out) == (["corpus.jsonl"], [], {})


def test_an_empty_corpus_is_an_empty_file(tmp_path: Path) -> None:
    assert write([], tmp_path) == b""
    assert read(b"") == []


def came_back(draft: ArticleDraft, article: AnnotatedArticle) -> bool:
    known = draft.metadata
    meta = {
        "source": known.source,
        "byline": known.byline,
        "url": known.url,
        "published_on": known.published_on and known.published_on.isoformat(),
        **draft.extra,
    }
    return (
        (draft.number, draft.text) == (article.id, article.text)
        and (known.title, known.language) == (article.title, article.language)
        and meta == article.meta
        and draft.zones == article.zones
        and draft.mentions == article.mentions
        and (draft.status, draft.layer) == (article.status, article.layer)
        and not draft.notes
        and not draft.unplaced
        and not draft.changes
    )


@reusing_the_folder
@given(st.lists(cast.articles(), max_size=3))
def test_reading_gives_back_what_was_written(
    tmp_path: Path, articles: list[AnnotatedArticle]
) -> None:
    drafts = read(write(articles, tmp_path), language="xx")
    assert len(drafts) == len(articles)
    assert all(map(came_back, drafts, articles))


@pytest.mark.parametrize("made", [cast.news, cast.torture, cast.nested, cast.empty, cast.sample])
def test_every_article_of_the_cast_comes_back(
    made: Callable[[], AnnotatedArticle], tmp_path: Path
) -> None:
    article = made()
    [draft] = read(write([article], tmp_path))
    assert came_back(draft, article)


def by_the_schema(data: bytes) -> bool:
    """Whether every line is valid by the JSON Schema that is published with the manual."""
    schema = json.loads((ROOT / "docs/jsonl.schema.json").read_bytes())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    return all(validator.is_valid(json.loads(row)) for row in data.split(b"\n")[:-1])


@reusing_the_folder
@given(st.lists(cast.articles(), max_size=3))
def test_whatever_is_written_is_valid_by_the_published_schema(
    tmp_path: Path, articles: list[AnnotatedArticle]
) -> None:
    assert by_the_schema(write(articles, tmp_path))


@pytest.mark.parametrize(
    "wrong",
    [{"spans": None}, {"schema_version": 2}, {"more": 1}, {"tokens": [[0, 3, 4]]}, {"id": 0},
     {"zones": [{"start": 0, "end": 3, "zone": "footnote", "certain": True}]}],
)  # fmt: skip
def test_the_published_schema_refuses_what_is_wrong(
    wrong: dict[str, object], tmp_path: Path
) -> None:
    right = json.loads(write([cast.news()], tmp_path))
    assert by_the_schema(line(**right))
    assert not by_the_schema(line(**right | wrong))


def test_an_uncertain_zone_stays_uncertain(tmp_path: Path) -> None:
    zones = (ZonedSpan(0, 3, Zone.CAPTION, certain=False),)
    [draft] = read(write([cast.article("Ulm", zones=zones)], tmp_path))
    assert draft.zones == zones


def test_only_the_text_is_needed() -> None:
    [draft] = read(b'{"text": "Ulm slept through the night."}', language="de")
    assert draft.metadata.language == "de"
    assert draft.metadata.published_on is None
    assert (draft.status, draft.layer, draft.mentions) == (ReviewStatus.UNREVIEWED, "", ())
    assert [zone.start for zone in draft.zones] == [0]


def test_null_stands_for_what_is_not_known() -> None:
    [draft] = read(
        line(text="Ulm", title=None, meta=None, language=None, status=None, layer=None,
             zones=None, spans=None, text_sha256=None, schema_version=None)
    )  # fmt: skip
    assert (draft.metadata.title, draft.metadata.language, draft.mentions) == ("", "en", ())


def test_a_span_needs_no_text_and_no_state() -> None:
    [draft] = read(line(text="Ulm slept", spans=[{"start": 0, "end": 3, "label": "GPE"}]))
    assert draft.mentions == (Mention(0, 3, "GPE", MentionState.ADDED),)


def test_a_span_of_the_machines_layer_is_a_suggestion() -> None:
    spans = [{"start": 0, "end": 3, "label": "GPE", "score": 1}]
    [draft] = read(line(text="Ulm slept", layer="suggestions", spans=spans))
    assert draft.mentions == (Mention(0, 3, "GPE", MentionState.SUGGESTED, 1.0),)


def test_lines_end_at_line_feeds_only_and_blank_ones_are_skipped() -> None:
    first = '{"text": "one\u2028two\u0085three"}'.encode()
    drafts = read(b"\xef\xbb\xbf" + first + b"\r\n\n  \n" + b'{"text": "four"}')
    assert [draft.text for draft in drafts] == ["one\u2028two\u0085three", "four"]


def test_escaped_and_plain_characters_read_alike() -> None:
    assert read(line(text="😀 Zoë"))[0].text == read('{"text": "😀 Zoë"}'.encode())[0].text


def unplaced(draft: ArticleDraft) -> list[str]:
    return [str(one) for one in draft.unplaced]


def test_a_span_that_says_something_else_is_left_out_and_not_shifted() -> None:
    spans = [
        {"start": 1, "end": 4, "label": "GPE", "text": "Ulm"},
        {"start": 0, "end": 3, "label": "GPE", "text": "Ulm"},
    ]
    drafts = read(b"\n\n" + line(text="Ulm slept", spans=spans))
    assert drafts[0].mentions == (Mention(0, 3, "GPE"),)
    assert unplaced(drafts[0]) == [
        "line 3: GPE 1–4 “Ulm” was left out: the file says “Ulm”, the text there is “lm ”"
    ]


@pytest.mark.parametrize(
    ("start", "end", "why"),
    [
        (7, 12, "it lies beyond the text, which has 9 characters"),
        (3, 3, "it holds no characters"),
        (4, 2, "it holds no characters"),
        (-3, 2, "it holds no characters"),
    ],
)
def test_a_span_outside_the_text_is_left_out_with_a_note(start: int, end: int, why: str) -> None:
    [draft] = read(line(text="Ulm slept", spans=[{"start": start, "end": end, "label": "GPE"}]))
    assert draft.mentions == ()
    assert unplaced(draft) == [f"line 1: GPE {start}–{end} was left out: {why}"]


def test_a_span_given_twice_is_kept_once_with_a_note() -> None:
    twice = [{"start": 0, "end": 3, "label": "GPE"}] * 2
    other = {"start": 0, "end": 3, "label": "ORG"}
    [draft] = read(line(text="Ulm slept", spans=[*twice, other]))
    assert draft.mentions == (Mention(0, 3, "GPE"), Mention(0, 3, "ORG"))
    [problem] = unplaced(draft)
    assert "the same span with the same label occurs twice" in problem


def test_a_long_quote_is_shortened_in_the_note() -> None:
    spans = [{"start": 0, "end": 500, "label": "ORG", "text": "y" * 500}]
    [draft] = read(line(text="x" * 500, spans=spans))
    assert len(unplaced(draft)[0]) < 300


def test_spans_come_in_reading_order_whatever_the_order_in_the_file() -> None:
    spans = [{"start": s, "end": e, "label": "ORG"} for s, e in [(4, 9), (0, 3), (0, 9)]]
    [draft] = read(line(text="Ulm slept", spans=spans))
    assert [(m.start, m.end) for m in draft.mentions] == [(0, 9), (0, 3), (4, 9)]


def test_metadata_of_other_makers_is_kept_where_it_is_a_plain_value() -> None:
    meta = {"byline": "Ada", "desk": "night", "words": 3, "paid": False, "rank": None, "f": 0.5}
    [draft] = read(line(text="Ulm", meta=meta))
    assert draft.metadata.byline == "Ada"
    assert draft.extra == {"desk": "night", "words": 3, "paid": False, "rank": None, "f": 0.5}
    assert draft.notes == ()


@pytest.mark.parametrize("value", ["[1]", '{"a": 1}', "1e999", "9223372036854775808", '"\\u0000"'])
def test_metadata_that_cannot_be_kept_is_named(value: str) -> None:
    [draft] = read(f'{{"text": "Ulm", "meta": {{"desk": {value}}}}}'.encode())
    assert draft.extra == {}
    assert draft.notes == ("line 1: the metadata “desk” is no plain value; left out",)


@pytest.mark.parametrize(
    ("given_id", "number"),
    [(7, 7), (None, None), ("a7", None), (0, None), (True, None), (1.0, None), (2**63, None)],
)
def test_only_a_number_is_taken_for_the_articles_number(
    given_id: object, number: int | None
) -> None:
    assert read(line(id=given_id, text="Ulm"))[0].number == number


@pytest.mark.parametrize(
    "zones",
    [
        [(0, 3)],  # leaves text without a zone
        [(4, 9), (0, 3)],  # out of order
        [(0, 6), (4, 9)],  # overlapping
        [(0, 99)],  # beyond the text
        [(0, 0), (0, 9)],  # an empty one
    ],
)
def test_zones_that_do_not_cover_the_text_are_found_anew(zones: list[tuple[int, int]]) -> None:
    given_zones = [{"start": s, "end": e, "zone": "quote"} for s, e in zones]
    [draft] = read(line(text="Ulm slept", zones=given_zones))
    assert "found anew" in draft.notes[0]
    assert [(zone.start, zone.end) for zone in draft.zones] == [(0, 9)]


def test_the_date_is_read_as_a_date() -> None:
    [draft] = read(line(text="Ulm", meta={"published_on": "2017-07-08"}))
    assert draft.metadata.published_on == date(2017, 7, 8)


SPAN = '"start": 0, "end": 3, "label": "GPE"'


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ('{"text": "Ulm"', "not JSON"),
        ('{"text": "Ulm"} {}', "not JSON"),
        ('{"text": "Ulm", "n": NaN}', "NaN"),
        ('{"text": "Ulm", "n": -Infinity}', "Infinity"),
        ('["Ulm"]', "JSON object"),
        ("[" * 100_000, "nests too deeply"),
        ('{"text": "U", "n": ' + "1" * 5_000 + "}", "not JSON"),
        ("{}", "“text” is missing"),
        ('{"text": null}', "“text” is missing"),
        ('{"text": 5}', "“text” is missing or not a string"),
        ('{"text": "a\\ud83d"}', "surrogate"),
        ('{"text": "a", "title": "\\udc00"}', "surrogate"),
        ('{"text": "a\\r\\nb"}', "offsets would shift"),
        ('{"text": "\\ufeffa"}', "offsets would shift"),
        ('{"text": "a\\u001b"}', "offsets would shift"),
        ('{"text": "a\\u0000"}', "NUL"),
        ('{"text": "a", "title": "\\u0000"}', "“title” holds a NUL"),
        ('{"text": "a", "text_sha256": "00"}', "“text_sha256”"),
        ('{"text": "a", "title": 3}', "“title”"),
        ('{"text": "a", "meta": []}', "“meta” is not an object"),
        ('{"text": "a", "meta": {"url": 1}}', "“meta.url”"),
        ('{"text": "a", "meta": {"published_on": "Friday"}}', "“meta.published_on”"),
        ('{"text": "a", "status": "done"}', "“status” is “done”"),
        ('{"text": "a", "schema_version": 2}', "“schema_version” is 2"),
        ('{"text": "a", "schema_version": "1"}', "“schema_version”"),
        ('{"text": "a", "zones": {}}', "“zones” is not a list"),
        ('{"text": "a", "zones": [{"start": 0, "end": 1}]}', "“zones[0].zone”"),
        ('{"text": "a", "zones": [{"start": 0, "end": 1, "zone": "x"}]}', "“zones[0].zone”"),
        (
            '{"text": "a", "zones": [{"start": 0, "end": 1, "zone": "list", "certain": 1}]}',
            "“zones[0].certain”",
        ),
        ('{"text": "Ulm", "spans": ["x"]}', "“spans” is not a list of objects"),
        ('{"text": "Ulm", "spans": [{"end": 3, "label": "GPE"}]}', "“spans[0].start”"),
        ('{"text": "Ulm", "spans": [{"start": "0", "end": 3, "label": "L"}]}', "“spans[0].start”"),
        ('{"text": "Ulm", "spans": [{"start": 0.0, "end": 3, "label": "L"}]}', "“spans[0].start”"),
        ('{"text": "Ulm", "spans": [{"start": false, "end": 3, "label": "L"}]}', "start”"),
        ('{"text": "Ulm", "spans": [{"start": 0, "end": 3}]}', "“spans[0].label”"),
        (f'{{"text": "Ulm", "spans": [{{{SPAN}, "score": 1.5}}]}}', "“spans[0].score”"),
        (f'{{"text": "Ulm", "spans": [{{{SPAN}, "score": 1e999}}]}}', "“spans[0].score”"),
        (f'{{"text": "Ulm", "spans": [{{{SPAN}, "score": true}}]}}', "“spans[0].score”"),
        (f'{{"text": "Ulm", "spans": [{{{SPAN}, "state": "new"}}]}}', "“spans[0].state”"),
        (f'{{"text": "Ulm", "spans": [{{{SPAN}, "text": 3}}]}}', "“spans[0].text”"),
    ],
)
def test_a_line_that_is_no_article_is_refused_with_its_number(bad: str, says: str) -> None:
    with pytest.raises(FormatError) as refusal:
        read(line(text="fine") + b"\n" + bad.encode())
    assert says in str(refusal.value)
    assert refusal.value.line == 3


def test_an_article_too_long_for_the_pipeline_is_refused() -> None:
    with pytest.raises(FormatError, match="1,000,001 characters"):
        read(line(text="a" * 1_000_001))


def test_broken_json_is_refused_with_its_column_too() -> None:
    with pytest.raises(FormatError) as refusal:
        read(b'{"text": oops}')
    assert (refusal.value.line, refusal.value.column) == (1, 10)


def test_bytes_that_are_not_utf_8_are_refused_even_if_json_would_take_them() -> None:
    for data in (b'{"text": "M\xfcller"}', '{"text": "a"}'.encode("utf-16"), b'"\xed\xa0\x80"'):
        with pytest.raises(FormatError, match="not UTF-8"):
            read(data)


def test_articles_before_a_bad_line_are_read_first() -> None:
    drafts = Reader().read(Source("corpus.jsonl", line(text="fine") + b"oops"))
    assert next(drafts).text == "fine"
    with pytest.raises(FormatError):
        next(drafts)


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["text", "spans", "zones", "meta", "start", "end", "label"]), inner
    ),
))  # fmt: skip
def test_any_json_is_read_or_refused_but_never_crashes(value: object) -> None:
    with suppress(FormatError):  # any other exception fails the test
        assert all(isinstance(draft, ArticleDraft) for draft in read(json.dumps(value).encode()))


def test_writing_takes_less_than_three_times_the_bare_encoding(tmp_path: Path) -> None:
    articles = [cast.news(id=i) for i in range(400)]
    records = [json.loads(row) for row in write(articles, tmp_path).split(b"\n")[:-1]]

    def best(action: Callable[[], object]) -> float:
        times = []
        for _ in range(5):
            began = time.perf_counter()
            action()
            times.append(time.perf_counter() - began)
        return min(times)

    bare = best(lambda: [json.dumps(record, ensure_ascii=False) for record in records])
    assert best(lambda: Writer().write(articles, tmp_path / "again.jsonl")) < 3.3 * bare

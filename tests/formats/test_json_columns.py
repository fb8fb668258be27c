"""Articles of strangers as JSON objects: whatever the keys are called."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.domain.articles import ArticleDraft
from annotations.domain.text import normalise
from annotations.formats.base import FormatError, Source
from annotations.formats.json_columns import Reader
from tests.formats import cast

SAMPLES = Path(__file__).parents[1] / "samples/formats/json-columns"
STRANGERS = Path(__file__).parents[3] / "shared/samples/formats"


def read(data: bytes | str, name: str = "news.jsonl", **options: str) -> list[ArticleDraft]:
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    return list(Reader().read(Source(name, raw, options=options)))


def recognises(data: bytes | str, name: str = "news.jsonl") -> bool:
    raw = data.encode() if isinstance(data, str) else data
    return Reader().recognises(Source(name, raw))


def test_every_line_is_an_article_with_what_its_keys_say() -> None:
    first, second = read((SAMPLES / "stories.jsonl").read_bytes())
    assert first.text == "Mayor Ines Okafor cut a ribbon on Monday."
    assert (first.metadata.title, first.metadata.byline) == (
        "Ferry line returns",
        "Jo Tamm, Bo Lind",
    )
    assert first.metadata.published_on == date(2017, 7, 8)
    assert first.extra == {"meta.words": 8, "paid": False}
    assert second.text == "Rain fell on Oberlund.\n\nIt was the ninth day."
    assert (second.metadata.byline, second.metadata.published_on) == ("", None)
    assert second.notes == ()
    assert [zone.zone for zone in second.zones] == ["paragraph", "paragraph"]


def test_an_array_is_read_like_lines() -> None:
    drafts = read((SAMPLES / "stories.json").read_bytes(), "stories.json")
    assert [(draft.metadata.title, draft.text) for draft in drafts] == [
        ("Ferry line returns", "Mayor Ines Okafor cut a ribbon on Monday."),
        ("Rain", "Rain fell on Oberlund for the ninth day."),
    ]


@pytest.mark.parametrize(
    "data",
    [
        '[{"text": "Ulm slept."}]',
        '{"body": "Ulm slept."}',
        '{\n "body": "Ulm\tslept."\n}',
        '{"status": "ok", "articles": [{"content": "Ulm slept."}]}',
        '{"response": {"pages": 1, "results": [{"id": 1}, {"fields": {"body": "Ulm slept."}}]}}',
        '{"body": "Ulm slept."}\n{"body": "Ulm woke."}\n',
    ],
)
def test_a_document_holds_its_articles_in_one_of_many_ways(data: str) -> None:
    assert recognises(data, "a.json")
    first = read(data, "a.json")[0]
    assert first.text.split() == ["Ulm", "slept."]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "windows-1252"])
def test_a_document_in_another_encoding_than_the_format_has_is_read(encoding: str) -> None:
    data = '[{"body": "Zoë Brandt’s café is “closed”."}]'.encode(encoding)
    [draft] = read(data, "a.json")
    assert draft.text == "Zoë Brandt’s café is “closed”."
    assert bool(draft.notes) == (encoding == "windows-1252")
    assert recognises(data.decode(encoding).encode("utf-16"), "a.json")


def test_a_text_that_is_html_becomes_blocks() -> None:
    page = "<h2>Night</h2>\n<p>Ulm &amp; Bonn\nslept.<img src='x'></p><ul><li>One</li></ul>"
    [draft] = read(json.dumps({"title": "Ulm", "body": page}))
    assert draft.text == "Night\n\nUlm & Bonn slept.\n\nOne"
    assert [zone.zone for zone in draft.zones] == ["subheading", "paragraph", "list"]
    assert draft.changes[0].startswith("The text is HTML")
    assert draft.changes[1:] == ("1 image was left out.",)


def test_line_ends_count_where_html_has_no_blocks() -> None:
    [draft] = read(json.dumps({"body": "<b>Ulm</b> slept.\n\nBonn<br>woke."}))
    assert draft.text == "Ulm slept.\n\nBonn\nwoke."
    [draft] = read('{"body": "Is 3 < 4 and 5 > 4?"}')
    assert draft.text == "Is 3 < 4 and 5 > 4?"
    assert draft.changes == ()


@pytest.mark.parametrize("name", ["stories.jsonl", "stories.json"])
def test_the_samples_are_recognised(name: str) -> None:
    assert recognises((SAMPLES / name).read_bytes(), name)


def test_the_options_offer_the_keys_of_the_first_objects() -> None:
    data = (SAMPLES / "stories.jsonl").read_bytes()
    options = {option.name: option for option in Reader().options(Source("a.jsonl", data))}
    assert {name: option.guess for name, option in options.items()} == {
        "text": "body", "title": "headline", "date": "meta.pub_date", "byline": "meta.authors",
        "source": "", "url": "", "language": "",
    }  # fmt: skip
    keys = ["headline", "body", "meta.pub_date", "meta.authors", "meta.words", "paid"]
    assert options["text"].choices == tuple((key, key) for key in keys)
    assert options["date"].choices[0] == ("", "none")


def test_what_a_person_chose_counts() -> None:
    line = '{"text": 5, "teaser": "Night in Ulm", "story": "Ulm slept all night.", "title": "Ulm"}'
    [draft] = read(line, text="teaser", title="")
    assert (draft.text, draft.metadata.title) == ("Night in Ulm", "")
    assert draft.extra == {"text": 5, "story": "Ulm slept all night.", "title": "Ulm"}
    with pytest.raises(FormatError, match="no column “lead”"):
        read(line, text="lead")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ('{"text": "Ulm slept."}', "a.jsonl"),
        ('{"name": "ulm", "version": "1.0"}', "a.json"),
        ('{"rows": [{"name": "ulm"}]}', "a.json"),
        ('{"a": {"b": {"c": [{"body": "Ulm slept."}]}}}', "a.json"),
        ('["Ulm slept."]', "a.json"),
        ('["Ulm slept."]', "a.jsonl"),
        ('{"n": 1}', "a.jsonl"),
        ('{"body": ', "a.jsonl"),
        ("[" * 100_000, "a.jsonl"),
        ("[" + '{"a":' * 100_000, "a.json"),
        ("The ferry sank.", "a.jsonl"),
        ("", "a.jsonl"),
        ("", "a.json"),
        ("\udcff", "a.jsonl"),
    ],
)
def test_everything_else_is_left_to_others(data: str, name: str) -> None:
    assert not recognises(data.encode("utf-8", "surrogateescape"), name)


def test_lines_end_at_line_feeds_only_and_blank_ones_are_skipped() -> None:
    data = b"\xef\xbb\xbf\n" + '{"body": "one\u2028two\u0085three"}\r\n\n{"body": "four"}'.encode()
    assert [draft.text for draft in read(data)] == ["one\u2028two\u0085three", "four"]


def test_objects_without_text_are_counted_with_the_first_line() -> None:
    objects: list[object] = [{"body": "Ulm slept."}, {"body": None}, {"b": 1}, {"body": " "}]
    [draft] = read("\n".join(map(json.dumps, objects)))
    assert draft.notes == (
        "3 rows have nothing under “body” and were left out; the first is line 2.",
    )


def test_what_is_no_plain_value_is_left_out_and_told_once() -> None:
    line = '{"body": "Ulm %d", "nan": NaN, "deep": {"a": {"b": 1}}, "long": "%s", "big": 1e999}'
    first, second = read("\n".join(line % (n, "x" * 1001) for n in range(2)))
    assert first.extra == {}
    assert [note.split("“")[1].split("”")[0] for note in first.notes] == [
        "nan", "deep.a", "long", "big",
    ]  # fmt: skip
    assert second.notes == ()


def test_half_a_surrogate_pair_is_removed_and_reported() -> None:
    [draft] = read('{"body": "Ulm \\ud83d slept", "title": "\\udc00Night"}')
    assert (draft.text, draft.metadata.title) == ("Ulm  slept", "Night")
    assert draft.changes == ("Removed: 1 lone surrogate that cannot be stored.",)


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ('{"body": "Ulm"', "not JSON"),
        ('["Ulm"]', "no JSON object"),
        ("[" * 100_000, "nests too deeply"),
        ('{"n": ' + "1" * 5_000 + "}", "not JSON"),
        ("\udcff", "not UTF-8"),
    ],
)
def test_a_line_that_is_no_object_is_refused_with_its_number(bad: str, says: str) -> None:
    with pytest.raises(FormatError, match="line 3") as refusal:
        read(b'{"body": "Ulm"}\n\n' + bad.encode("utf-8", "surrogateescape"))
    assert says in str(refusal.value)
    with pytest.raises(FormatError, match=r"news\.json"):
        read(b'[{"body": "Ulm"},' + bad.encode("utf-8", "surrogateescape"), "news.json")


def test_an_article_too_long_for_the_pipeline_is_refused_with_its_line() -> None:
    with pytest.raises(FormatError, match="line 2 has 1,000,001 characters"):
        read(json.dumps({"body": "a"}) + "\n" + json.dumps({"body": "a" * 1_000_001}))


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
@pytest.mark.parametrize("data", [b"", b" \n", b"[]", b"{}", b"[{}]", b'{"body": ""}', b"\x00" * 9])
def test_what_holds_no_article_is_refused(data: bytes, name: str) -> None:
    with pytest.raises(FormatError, match=r"a\.json|line") as refusal:
        read(data, name)
    assert str(refusal.value).endswith((".", ")"))


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | cast.texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(cast.texts, inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(
    st.lists(
        st.dictionaries(st.sampled_from(["body", "date", "author", "lang"]), JSON), max_size=4
    ),
    st.sampled_from(["a.json", "a.jsonl"]),
)
def test_any_objects_give_sound_drafts_or_one_sentence(
    objects: list[dict[str, object]], name: str
) -> None:
    data = json.dumps(objects) if name == "a.json" else "\n".join(map(json.dumps, objects))
    recognises(data, name)
    Reader().options(Source(name, data.encode()))
    for draft in read_or_refused(data, name):
        assert draft.text.strip()
        assert normalise(draft.text).text == draft.text


def read_or_refused(data: str, name: str) -> list[ArticleDraft]:
    try:
        drafts = read(data, name)
    except FormatError as error:
        message = str(error)
    else:
        assert drafts
        return drafts
    assert message.endswith((".", ")"))
    return []


@settings(deadline=None)
@given(st.lists(cast.texts.filter(str.strip), min_size=1, max_size=4), st.booleans())
def test_texts_come_back_as_they_are(texts: list[str], escaped: bool) -> None:
    lines = (json.dumps({"body": text}, ensure_ascii=escaped) for text in texts)
    assert [draft.text for draft in read("\n".join(lines), text="body")] == texts


@pytest.mark.skipif(not STRANGERS.exists(), reason="the strangers' files are not on this machine")
def test_files_with_texts_of_strangers_are_left_to_others() -> None:
    for name in [
        "doccano/example.jsonl",
        "uima-json/casWithEmojiUnicodeTextAndAnnotations/data.json",
    ]:
        path = STRANGERS / name
        assert not recognises(path.read_bytes(), path.name)


def test_web_annotations_are_no_articles() -> None:
    annotation = {
        "@context": "http://www.w3.org/ns/anno.jsonld",
        "motivation": "tagging",
        "id": "#1",
    }
    assert not recognises(json.dumps([annotation]), "annotations.json")

"""ninjs in all its versions: the best body, and the names that the item lists, suggested."""

import json
import time
from datetime import date
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.domain.articles import ArticleDraft, ReviewStatus
from annotations.domain.mentions import MentionState
from annotations.domain.text import normalise
from annotations.formats._named import Name, find_names
from annotations.formats.base import FormatError, Source
from annotations.formats.ninjs import Reader

SAMPLES = Path(__file__).parents[1] / "samples/formats/ninjs"
REAL = Path(__file__).parents[3] / "shared/samples/formats/ninjs"


def read(data: bytes | dict[str, object]) -> ArticleDraft:
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    [draft] = Reader().read(Source("item.json", data))
    return draft


def named(draft: ArticleDraft) -> list[tuple[str, str]]:
    return [(draft.text[m.start : m.end], m.label) for m in draft.mentions]


def test_version_three_has_html_and_names() -> None:
    draft = read((SAMPLES / "version3.json").read_bytes())
    assert draft.text == (
        "Ferry returns to Port Alder\n\nMayor Ines Okafor & Tern Island.\n\nEnough\n\nOkafor’s day"
    )
    assert [zone.zone.value for zone in draft.zones] == ["headline", "paragraph", "quote", "list"]
    assert named(draft) == [
        ("Port Alder", "GPE"),
        ("Ines Okafor", "PERSON"),
        ("Tern Island", "GPE"),
        ("Okafor", "PERSON"),
    ]
    known = draft.metadata
    assert (known.title, known.byline) == ("Ferry returns to Port Alder", "Jo Roe")
    assert (known.source, known.url) == ("Coast Wire", "")
    assert (known.published_on, known.language) == (date(2017, 7, 8), "en")
    assert {m.state for m in draft.mentions} == {MentionState.SUGGESTED}
    assert {m.source for m in draft.mentions} == {"ninjs"}
    assert (draft.layer, draft.status) == ("suggestions", ReviewStatus.UNREVIEWED)
    [note] = draft.notes
    assert note == (
        "The item lists 5 names without saying where: those that occur in the text (4) are "
        "suggested at each place."
    )


def test_version_two_prefers_plain_text() -> None:
    draft = read((SAMPLES / "version2.json").read_bytes())
    assert draft.text == (
        "Ferry returns\n\nMayor Ines Okafor cut a ribbon.\n\n😀 Alder Marine Co. paid."
    )
    assert named(draft) == [("Ines Okafor", "PERSON"), ("Alder Marine Co.", "ORG")]
    assert draft.changes == ("Line ends were unified: 2 CRLF became LF.",)
    assert (draft.metadata.source, draft.metadata.language) == ("Coast Wire", "en-GB")


def test_version_one_has_keys_of_its_own() -> None:
    draft = read((SAMPLES / "version1.json").read_bytes())
    assert draft.text == "Ferry returns\n\nMayor Ines Okafor cut a ribbon.\n\nIt rained."
    assert named(draft) == [("Ines Okafor", "PERSON")]
    assert (draft.metadata.title, draft.metadata.byline) == ("Ferry returns", "Jo Roe")
    assert draft.metadata.published_on == date(2017, 7, 8)


@pytest.mark.parametrize(
    ("bodies", "text"),
    [
        ([{"value": "a"}], "a"),
        ([{"value": "<p>a</p><p>b</p>"}], "a\n\nb"),
        ([{"value": "1 < 2 and 3 > 2"}], "1 < 2 and 3 > 2"),
        ([{"value": "<p>a", "contentType": "text/plain"}], "<p>a"),
        ([{"value": "x", "role": "caption"}, {"value": "y", "role": "main"}], "y"),
        ([{"value": "<p>h", "contenttype": "text/html; charset=utf-8"}, {"value": " "}], "h"),
        ([{"value": "PDF", "contenttype": "application/pdf"}, {"value": "x"}], "x"),
    ],
)
def test_the_best_body_is_read(bodies: list[dict[str, str]], text: str) -> None:
    assert read({"uri": "x", "bodies": bodies}).text == text


def test_a_plain_body_is_kept_as_it_is() -> None:
    body = "One\u00a0 two\ttabs\n  indented\u2028line\n\n\nnext"
    assert read({"uri": "x", "body_text": body}).text == body


@settings(deadline=None)
@given(st.text(max_size=60).filter(lambda text: normalise(text).text.strip(" \n\t\ufeff\u00a0")))
def test_a_plain_body_is_stored_as_plain_text_would_be(body: str) -> None:
    stored = normalise(body).text
    if not stored.strip().strip("\ufeff").strip():
        return
    assert read({"uri": "x", "body_text": body}).text.strip() in stored


def test_half_a_surrogate_pair_is_removed_and_told() -> None:
    draft = read(rb'{"uri": "x", "body_text": "a\ud83db Ada", "people": [{"name": "Ada"}]}')
    assert (draft.text, named(draft)) == ("ab Ada", [("Ada", "PERSON")])
    assert draft.changes == ("Removed: 1 lone surrogate that cannot be stored.",)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"[]", "is not ninjs: a JSON object is needed"),
        (b'{"uri": "x",\n "bodies": [}', r"is not JSON: .* \(line 2, column 13\)"),
        (b'{"uri": "x", "bodies": []}', "the item has no body with text"),
        (b'{"uri": "x", "bodies": {"value": 7}}', "the item has no body with text"),
        (b'{"uri": "x", "bodies": [{"value": "<p> </p>"}]}', "is empty"),
        (b'{"a":' * 100_000, "nests too deeply"),
        (b'{"uri": ' + b"9" * 10_000 + b"}", "nests too deeply"),
        (b'{"body_html": "' + b"<b>" * 300 + b'x"}', "its elements are nested too deeply"),
        (b'{"body_text": "' + b"x" * 1_000_001 + b'"}', "The limit is 1,000,000"),
        (b"", "is empty"),
        (b"\x89PNG\r\n", "is not text"),
    ],
)
def test_what_is_no_item_is_refused_in_a_sentence(data: bytes, problem: str) -> None:
    with pytest.raises(FormatError, match=problem) as refused:
        read(data)
    assert "item.json" in str(refused.value)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            ["bodies", "body_text", "body_html", "people", "headlines", "uri", "by", "language"]
        ),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("<p>a<b>c"),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["name", "value", "role", "contentType"]), inner)
            ),
            max_leaves=8,
        ),
    )
)
def test_any_values_give_a_sound_draft_or_one_sentence(values: dict[str, object]) -> None:
    try:
        draft = read(values)
    except FormatError as error:
        assert str(error).endswith(".")  # noqa: PT017
        return
    assert normalise(draft.text).text == draft.text
    assert draft.text.strip()


def test_only_ninjs_is_recognised() -> None:
    def is_ours(data: bytes) -> bool:
        return Reader().recognises(Source("a.json", data))

    assert all(is_ours(path.read_bytes()) for path in SAMPLES.glob("*.json"))
    assert is_ours(json.dumps({"uri": "x", "bodies": []}).encode("utf-16"))
    assert not is_ours(b'{"uri": "x", "text": "y"}')
    assert not is_ours(b'{"%TYPES": {}, "%VIEWS": {}}')
    assert is_ours(b'[{"uri": "x", "bodies": []}]')
    assert is_ours(b'{"guid": "x", "body_html": ""}')
    assert not is_ours(b'{"@type": "NewsArticle", "articleBody": "x"}')
    assert not is_ours(b'{"text": "x", "label": []}')
    assert not is_ours(b"")


@pytest.mark.skipif(not REAL.exists(), reason="the real files are not on this machine")
def test_real_items_are_read() -> None:
    draft = read((REAL / "005_complex_text_article.json").read_bytes())
    assert draft.text.startswith("Captain of wrecked cruise ship on trial in Italy\n\nGROSSETO")
    assert named(draft) == [
        ("Italy", "GPE"), ("Italy", "GPE"), ("Tuscany", "GPE"), ("Francesco Schettino", "PERSON"),
    ]  # fmt: skip
    assert [zone.zone.value for zone in draft.zones] == ["headline", "dateline", "paragraph"]
    dpa = (REAL / "dpa_text.json").read_bytes()
    draft = read(dpa)
    # An independent count: paragraphs and headings of the source, and the headline.
    html = json.loads(dpa)["bodies"][0]["value"]
    assert len(draft.zones) == html.count("<p>") + html.count("<h") + 1
    assert draft.metadata.language == "de"
    with pytest.raises(FormatError, match="no body with text"):
        read((REAL / "ntb_text.json").read_bytes())


@pytest.mark.skipif(not REAL.exists(), reason="the real files are not on this machine")
def test_the_sample_of_version_two_is_valid_by_the_official_schema() -> None:
    schema = json.loads((REAL / "ninjs-schema_2.2.json").read_bytes())
    for name in ("version2.json",):
        jsonschema.validate(json.loads((SAMPLES / name).read_bytes()), schema)


# --- Names ------------------------------------------------------------------------------------


def found(text: str, *names: str) -> list[str]:
    claims = find_names(text, [Name(name, "X") for name in names], "x").claims
    return [f"{claim.start} {text[claim.start : claim.end]}" for claim in claims]


def test_names_stand_for_themselves_only() -> None:
    assert found("Ulm, Ulmer, ulm, Neu-Ulm’s.", "Ulm") == ["0 Ulm", "21 Ulm"]
    assert found("Zoe\u0308 and Zoe", "Zoe") == ["9 Zoe"]
    assert found("Co. and Cox", "Co.") == ["0 Co."]
    assert found("A. B", "A", "", "  ", "...") == []


def test_the_longest_name_wins_wherever_it_begins() -> None:
    names = ("New York", "York Times Company", "York")
    assert found("New York Times Company, York, New York", *names) == [
        "4 York Times Company", "30 New York", "24 York",
    ]  # fmt: skip


def test_scripts_without_spaces_have_no_word_boundaries() -> None:
    assert found("東京都知事は東京で", "東京") == ["0 東京", "6 東京"]
    assert found("قال خالد وخالد", "خالد") == ["4 خالد"]


def test_of_two_entries_with_one_name_the_first_counts() -> None:
    claims = find_names("Ulm", [Name("Ulm", "GPE", 0.5), Name("Ulm", "ORG")], "x").claims
    assert [(claim.label, claim.score) for claim in claims] == [("GPE", 0.5)]


def test_texts_that_were_built_to_be_searched_forever_are_not() -> None:
    # The processor's time: the machine may have other things to do.
    started = time.process_time()
    many = [Name("a " * n + "b", "X") for n in range(1, 500)]
    assert not find_names("a " * 400_000, many, "x").claims
    many = [Name("a" * n, "X") for n in range(2, 999)]
    assert not find_names("a" * 800_000, many, "x").claims
    many = [Name("a " * n + "a", "X") for n in range(1, 500)]
    assert find_names("a " * 400_000, many, "x").claims
    many = [Name(f"name {n}", "X") for n in range(100_000)]
    result = find_names("name 1 " * 1_000, many, "x")
    assert "not looked for everywhere" in result.notes[-1]
    assert time.process_time() - started < 12


def test_items_within_the_answer_of_a_service_are_articles_each() -> None:
    items = [
        {"guid": "a", "headline": "Ulm", "body_html": "<p>Ulm slept.</p>"},
        {"uri": "b", "type": "picture", "headline": "Ulm by night"},
        {
            "uri": "c", "body_text": "Bonn woke.",
            "associations": {"main": {"uri": "d", "body_text": "A picture of Bonn."}},
        },
    ]  # fmt: skip
    for answer in (items, {"total": 3, "_items": items}, {"data": {"item": items}}):
        drafts = list(Reader().read(Source("item.json", json.dumps(answer).encode())))
        assert [draft.text for draft in drafts] == ["Ulm\n\nUlm slept.", "Bonn woke."]


def test_a_body_in_nitf_brings_its_zones_and_names() -> None:
    body = (
        '<?xml version="1.0" encoding="UTF-8"?><nitf><body><body.head><hedline><hl1>Night</hl1>'
        "</hedline></body.head><body.content><p><person>Ada Kerr</person> slept.</p>"
        "</body.content></body></nitf>"
    )
    bodies = [{"contentType": "application/nitf+xml", "value": body}]
    draft = read({"uri": "x", "headlines": [{"value": "Ada"}], "bodies": bodies,
                  "places": [{"name": "slept"}]})  # fmt: skip
    assert draft.text == "Night\n\nAda Kerr slept."
    assert named(draft) == [("Ada Kerr", "PERSON")]
    assert draft.status is ReviewStatus.OPEN
    assert draft.layer == ""


def test_xml_of_another_kind_is_no_body() -> None:
    bodies = [{"contentType": "text/xml", "value": "<stats><goals>3</goals></stats>"}]
    with pytest.raises(FormatError, match="no body with text"):
        read({"uri": "x", "bodies": bodies})

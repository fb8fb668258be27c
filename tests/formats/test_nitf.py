"""NITF: the text of a wire story, its zones, and the names that its elements mark."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from lxml import etree

from annotations.domain.articles import ArticleDraft, ReviewStatus
from annotations.domain.mentions import MentionState
from annotations.formats.base import FormatError, Source
from annotations.formats.nitf import ELEMENTS, Reader

SAMPLE = Path(__file__).parents[1] / "samples/formats/nitf/ferry.xml"


def read(data: bytes) -> ArticleDraft:
    [draft] = Reader().read(Source("lead.xml", data))
    return draft


def content(inner: str) -> bytes:
    return f"<nitf><body><body.content>{inner}</body.content></body></nitf>".encode()


def named(draft: ArticleDraft) -> list[tuple[str, str]]:
    return [(draft.text[m.start : m.end], m.label) for m in draft.mentions]


def test_a_story_is_read_in_the_order_of_its_body() -> None:
    draft = read(SAMPLE.read_bytes())
    zones = [(zone.zone.value, draft.text[zone.start : zone.end]) for zone in draft.zones]
    assert zones == [
        ("headline", "Ferry returns to Port Alder"),
        ("byline", "By Inès Roe, Staff Writer"),
        ("dateline", "PORT ALDER, July 8"),
        ("highlights", "The first ferry since 2009."),
        (
            "paragraph",
            "Mayor Inès Okafor cut a ribbon on Monday—it cost 4.50 euros, “a bargain”.",
        ),
        ("subheading", "Who pays"),
        ("quote", "We waited long enough."),
        ("credit", "Okafor"),
        ("caption", "The ferry at Tern Island."),
        ("credit", "J. Lund"),
        ("list", "Alder Marine Co."),
        ("list", "2 ships"),
        ("paragraph", "Critics were not convinced by Regatta Week."),
        ("credit", "Copy: Coast Wire"),
    ]
    assert draft.text == "\n\n".join(text for _, text in zones)


def test_its_elements_are_mentions_with_their_labels() -> None:
    draft = read(SAMPLE.read_bytes())
    assert named(draft) == [
        ("Port Alder", "GPE"),
        ("Inès Roe", "PERSON"),
        ("PORT ALDER", "GPE"),
        ("July 8", "DATE"),
        ("Inès Okafor", "PERSON"),
        ("Monday", "DATE"),
        ("4.50 euros", "MONEY"),
        ("Tern Island", "GPE"),
        ("Alder Marine Co.", "ORG"),
        ("2", "CARDINAL"),
        ("Regatta Week", "EVENT"),
    ]
    assert {mention.state for mention in draft.mentions} == {MentionState.ADDED}
    assert draft.status is ReviewStatus.OPEN
    [empty] = draft.unplaced
    assert (empty.label, empty.reason, empty.line) == ("PERSON", "it holds no characters", 26)


def test_xpath_alone_finds_the_same_names_in_the_same_order() -> None:
    """An independent reading: the string value of each element, its white space collapsed."""
    root = etree.fromstring(SAMPLE.read_bytes(), etree.XMLParser(resolve_entities=False))
    within = " or ".join(f"ancestor::{name}" for name in ELEMENTS)
    either = " or ".join(f"self::{name}" for name in ELEMENTS)
    elements = root.xpath(f"//body//*[({either}) and not({within})]")
    words = [(str(one.xpath("normalize-space()")), ELEMENTS[one.tag]) for one in elements]
    assert named(read(SAMPLE.read_bytes())) == [one for one in words if one[0]]


def test_metadata_is_taken_from_the_head_and_the_body() -> None:
    draft = read(SAMPLE.read_bytes())
    known = draft.metadata
    assert (known.title, known.byline) == ("Ferry returns to Port Alder", "Inès Roe, Staff Writer")
    assert (known.source, known.url) == ("Coast Wire", "https://coast.example/ferry")
    assert (known.published_on, known.language) == (date(2017, 7, 8), "en-GB")
    assert draft.encoding == "windows-1252"
    left_out = "1 distributor, 1 media-reference, 1 note"
    assert draft.notes == (f"Elements that are no text of the article were left out: {left_out}.",)


def test_without_a_head_nothing_is_invented() -> None:
    draft = read(content("<p>It rained.</p>"))
    known = draft.metadata
    assert (known.title, known.source, known.byline, known.url) == ("", "", "", "")
    assert (known.published_on, known.language) == (None, "en")
    assert (draft.status, draft.mentions, draft.notes) == (ReviewStatus.UNREVIEWED, (), ())


def test_the_namespace_and_the_prefix_do_not_matter() -> None:
    data = (
        b'<n:nitf xmlns:n="http://iptc.org/std/NITF/2006-10-18/"><n:body><n:body.content>'
        b"<n:p>In <n:location>Ulm</n:location></n:p></n:body.content></n:body></n:nitf>"
    )
    assert Reader().recognises(Source("a.xml", data))
    assert named(read(data)) == [("Ulm", "GPE")]


def test_tables_lines_and_typed_text_keep_their_shape() -> None:
    table = "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>"
    draft = read(content(f"{table}<p>one<br/>two</p><pre>x  y\n  z</pre><p>&#160;</p>"))
    assert draft.text == "a\tb\n\n1\t2\n\none\ntwo\n\nx  y\n  z"


def test_a_quotation_is_a_block_only_beside_paragraphs() -> None:
    draft = read(content("<p>He <q>said</q> so.</p><block><q>Alone</q></block>"))
    assert [(zone.zone.value, draft.text[zone.start : zone.end]) for zone in draft.zones] == [
        ("paragraph", "He said so."),
        ("quote", "Alone"),
    ]


def test_emoji_and_joiners_before_a_name_shift_nothing() -> None:
    draft = read(
        content("<p>👩‍👩‍👧‍👦 𠮷 e\u0301 قال <person>خالد</person>, <org>Zoe\u0308 👩</org></p>")
    )
    assert named(draft) == [("خالد", "PERSON"), ("Zoe\u0308 👩", "ORG")]
    assert Counter(draft.text)["\u200d"] == 3


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"<newsItem/>", r"lead\.xml is not NITF: its root element is newsItem\."),
        (b"<nitf><head><title>x</title></head></nitf>", r"lead\.xml is empty\."),
        (content("<note>x</note>"), r"lead\.xml is empty\."),
        (b"<nitf>", r"lead\.xml is not well-formed XML: .*\(line 1\)"),
    ],
)
def test_what_holds_no_story_is_refused_in_a_sentence(data: bytes, problem: str) -> None:
    with pytest.raises(FormatError, match=problem):
        read(data)


def test_only_nitf_is_recognised() -> None:
    assert Reader().recognises(Source("a.xml", SAMPLE.read_bytes()))
    assert not Reader().recognises(Source("a.xml", b"<newsItem><nitf/></newsItem>"))
    assert not Reader().recognises(Source("a.xml", b"nitf"))

"""NewsML-G2: the text items of a message, and the names that they list, suggested."""

from datetime import date
from pathlib import Path

import pytest
from lxml import etree

from annotations.domain.articles import ArticleDraft, ReviewStatus
from annotations.domain.mentions import Mention, MentionState
from annotations.formats.base import FormatError, Source
from annotations.formats.newsml_g2 import Reader

SAMPLE = Path(__file__).parents[1] / "samples/formats/newsml-g2/message.xml"
REAL = Path(__file__).parents[3] / "shared/samples/formats/newsml-g2"


def read(data: bytes | str) -> list[ArticleDraft]:
    data = data if isinstance(data, bytes) else data.encode()
    return list(Reader().read(Source("lead.xml", data)))


def item(content: str, meta: str = "", more: str = "") -> str:
    return (
        f"<newsItem><contentMeta>{meta}</contentMeta>{more}"
        f"<contentSet>{content}</contentSet></newsItem>"
    )


def text_item(text: str, meta: str = "", more: str = "") -> str:
    return item(f'<inlineData contenttype="text/plain">{text}</inlineData>', meta, more)


def named(draft: ArticleDraft) -> list[tuple[str, str]]:
    return [(draft.text[m.start : m.end], m.label) for m in draft.mentions]


def test_each_item_with_text_is_an_article() -> None:
    xhtml, nitf, plain = read(SAMPLE.read_bytes())
    assert xhtml.text == (
        "Ferry returns to Port Alder\n\nBack after ten years\n\n"
        "Ines Okafor spoke to the Tern Island Council in Port Alder.\n\n"
        "Tern Island\n\nTern Islanders\n\nA ferry"
    )
    assert [zone.zone.value for zone in xhtml.zones] == [
        "headline", "subheading", "paragraph", "list", "list", "caption",
    ]  # fmt: skip
    assert nitf.text == "Ada Kerr wins the cup\n\nThen Ada Kerr slept."
    assert plain.text == "Tide tables\n\nHigh water at noon.\n\nLow water at six."


def test_names_that_the_item_lists_are_suggested_wherever_they_stand() -> None:
    draft = read(SAMPLE.read_bytes())[0]
    assert named(draft) == [
        ("Port Alder", "GPE"),
        ("Ines Okafor", "PERSON"),
        ("Tern Island Council", "ORG"),
        ("Port Alder", "GPE"),
        ("Tern Island", "GPE"),
    ]
    assert {mention.state for mention in draft.mentions} == {MentionState.SUGGESTED}
    assert {mention.source for mention in draft.mentions} == {"NewsML-G2"}
    assert [m.score for m in draft.mentions] == [None, 0.8, None, None, None]
    assert (draft.layer, draft.status) == ("suggestions", ReviewStatus.UNREVIEWED)
    [note] = draft.notes
    assert note.startswith("The item lists 4 names without saying where: those that occur in the")


def test_a_text_that_marks_its_names_itself_is_taken_at_its_word() -> None:
    draft = read(SAMPLE.read_bytes())[1]
    start = draft.text.index("Ada", 5)
    assert draft.mentions == (Mention(start, start + 8, "PERSON"),)
    assert (draft.layer, draft.status) == ("", ReviewStatus.OPEN)
    assert draft.notes == (
        "The text marks its names itself; those that the item lists were not looked for.",
    )


def test_metadata_of_each_item_is_its_own() -> None:
    known = [draft.metadata for draft in read(SAMPLE.read_bytes())]
    assert [one.title for one in known] == [
        "Ferry returns to Port Alder", "Ada Kerr wins", "Tide tables",
    ]  # fmt: skip
    assert [one.source for one in known] == ["Coast Wire", "", ""]
    assert [one.byline for one in known] == ["Jo Roe", "", ""]
    assert [one.published_on for one in known] == [date(2017, 7, 8), date(2017, 7, 9), None]


def test_xpath_alone_finds_the_same_words() -> None:
    """An independent reading: all words of each content, in their order."""
    root = etree.fromstring(SAMPLE.read_bytes())
    contents = root.xpath("//*[local-name()='inlineXML' or local-name()='inlineData']")
    for draft, content in zip(read(SAMPLE.read_bytes()), contents, strict=True):
        seen = content.xpath(".//text()[not(ancestor::*[local-name()='head'])]")
        words = " ".join(seen).split()
        assert draft.text.split()[-len(words) :] == words


@pytest.mark.parametrize(
    ("kind", "label"),
    [
        ('type="cpnat:person"', "PERSON"),
        ('type="cpnat:organisation"', "ORG"),
        ('type="cpnat:geoArea"', "GPE"),
        ('type="cpnat:poi"', "FAC"),
        ('type="cpnat:event"', "EVENT"),
        ('type="cpnat:object"', "PRODUCT"),
        ('type="cpnat:abstract"', None),
        ("", None),
    ],
)
def test_the_nature_of_a_concept_is_its_label(kind: str, label: str | None) -> None:
    [draft] = read(text_item("Ulm slept.", f"<subject {kind}><name>Ulm</name></subject>"))
    assert named(draft) == ([("Ulm", label)] if label else [])


@pytest.mark.parametrize(
    "concept",
    [
        '<assert qcode="x:1"><name>Ulm</name><type qcode="cpnat:geoArea"/></assert>',
        '<assert uri="http://x/1"><name>Ulm</name><geoAreaDetails/></assert>',
        '<assert qcode="x:1"><name>Ulm</name><type qcode="app:city"/><geoAreaDetails/></assert>',
    ],
)
def test_a_concept_that_is_only_asserted_counts_by_its_type_or_details(concept: str) -> None:
    assert named(read(text_item("Ulm slept.", more=concept))[0]) == [("Ulm", "GPE")]


def test_a_name_is_found_for_a_subject_by_its_code() -> None:
    meta = '<subject type="cpnat:person" qcode="p:1"/><subject type="cpnat:person" qcode="p:2"/>'
    concept = '<assert qcode="p:1"><name>Ada</name><name part="x:given">A</name></assert>'
    assert named(read(text_item("Ada, A and B", meta, concept))[0]) == [("Ada", "PERSON")]


def test_headline_in_the_body_is_not_repeated() -> None:
    body = "<inlineXML><div><h1>The  ferry</h1><p>It sank.</p></div></inlineXML>"
    [draft] = read(item(body, "<headline>The ferry!</headline>"))
    assert draft.text == "The ferry\n\nIt sank."
    assert draft.zones[0].zone.value == "headline"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (
            '<inlineData contenttype="text/html">&lt;p&gt;A &amp;amp; B&lt;br&gt;c</inlineData>',
            "A & B\nc",
        ),
        ("<inlineData>One\n two</inlineData>", "One\n two"),
        ("<inlineXML><p>One</p></inlineXML>", "One"),
        ("<inlineXML/><inlineXML><div> </div></inlineXML><inlineData>x y</inlineData>", "x y"),
        ("<inlineData>plain</inlineData><inlineXML><p>XML</p></inlineXML>", "XML"),
    ],
)
def test_the_best_content_is_read(content: str, text: str) -> None:
    assert read(item(content))[0].text == text


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (item('<remoteContent href="http://127.0.0.1:9/x"/>'), "no item in it has text"),
        (item("<inlineXML><sports-content>x</sports-content></inlineXML>"), "has text"),
        (item('<inlineData encoding="base64">AAAA</inlineData>'), "has text"),
        (item('<inlineData contenttype="image/png">AAAA</inlineData>'), "has text"),
        ("<newsMessage/>", "has text"),
        ("<NewsML/>", "is NewsML 1, an older format"),
        ("<packageItem/>", "is a package"),
        ("<knowledgeItem/>", "is a list of concepts"),
    ],
)
def test_a_message_without_text_is_refused_in_a_sentence(data: str, problem: str) -> None:
    with pytest.raises(FormatError, match=problem) as refused:
        read(data)
    assert str(refused.value).startswith("lead.xml ")
    assert str(refused.value).endswith(".")


def test_the_root_tells_the_format() -> None:
    def is_ours(data: bytes) -> bool:
        return Reader().recognises(Source("a.xml", data))

    assert is_ours(SAMPLE.read_bytes())
    assert is_ours(b'<newsItem xmlns="urn:any"/>')
    assert not is_ours(b"<nitf/>")
    assert not is_ours(b"<rss/>")


@pytest.mark.skipif(not REAL.exists(), reason="the real files are not on this machine")
def test_a_real_item_lists_names_by_the_codes_of_its_agency() -> None:
    data = (REAL / "ap_metadata_example.xml").read_bytes()
    with pytest.raises(FormatError, match="no item in it has text"):
        read(data)
    text = "Keegan Murray of Volkswagen AG left Kentucky, United States."
    content = f"<contentSet><inlineData>{text}</inlineData></contentSet></newsItem>".encode()
    [draft] = read(data.replace(b"</newsItem>", content))
    assert named(draft) == [
        ("Keegan Murray", "PERSON"),
        ("Volkswagen AG", "ORG"),
        ("Kentucky", "GPE"),
    ]
    assert draft.metadata.source == "AP"


def test_html_that_is_called_plain_text_is_read_as_html() -> None:
    [draft] = read(text_item("&lt;p&gt;Ulm slept.&lt;/p&gt;&lt;p&gt;Bonn\nwoke.&lt;/p&gt;"))
    assert draft.text == "Ulm slept.\n\nBonn woke."
    [draft] = read(text_item("&lt;p&gt;\n   Ulm slept on.\n   Bonn woke.\n&lt;/p&gt;"))
    assert draft.text == "Ulm slept on.\n   Bonn woke."
    [draft] = read(text_item("Profits rose (&lt;P.N&gt;) and p &lt; q."))
    assert draft.text == "Profits rose (<P.N>) and p < q."

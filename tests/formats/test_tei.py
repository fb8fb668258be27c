"""TEI: what is written is the text with elements around its names; what others write is read."""

import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from annotations.domain.articles import (
    AnnotatedArticle,
    ArticleDraft,
    CorpusCard,
    LabelCard,
    ReviewStatus,
)
from annotations.domain.mentions import Mention, MentionState
from annotations.domain.zones import Zone, ZonedSpan
from annotations.formats.base import FormatError, Source
from annotations.formats.tei import Reader, Writer
from tests.formats import cast

reusing_the_folder = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
SAMPLES = Path(__file__).parents[1] / "samples/formats/tei"
REAL = Path(__file__).parents[3] / "shared/samples/formats"
TEI = {"t": "http://www.tei-c.org/ns/1.0"}
SUBHEADING = '<head type="subheading">a</head>'
XML_ID = "{http://www.w3.org/XML/1998/namespace}id"

type Spans = Counter[tuple[int, int, str, str]]


def write(article: AnnotatedArticle, folder: Path) -> bytes:
    report = Writer().write([article], folder)
    assert report.files == [f"article-{article.id}.xml"]
    return (folder / report.files[0]).read_bytes()


def read(data: bytes, name: str = "lead.xml") -> list[ArticleDraft]:
    return list(Reader().read(Source(name, data)))


def document(body: str, header: str = "", around: str = "") -> bytes:
    return (
        f'<TEI xmlns="{TEI["t"]}"><teiHeader>{header}</teiHeader>'
        f"<text{around}><body>{body}</body></text></TEI>"
    ).encode()


def spans_of(article: AnnotatedArticle | ArticleDraft) -> Spans:
    return Counter(
        (m.start, m.end, m.label, article.text[m.start : m.end]) for m in article.mentions
    )


def found_by_xpath(data: bytes) -> tuple[str, Spans]:
    """The text and the mentions of a document of ours by XPath alone, without our reader."""
    root = etree.fromstring(data)
    [body] = root.xpath("/t:TEI/t:text/t:body", namespaces=TEI)
    text = str(body.xpath("string()"))

    def before(node: etree._Element) -> int:
        return len("".join(node.xpath("preceding::text()[ancestor::t:body]", namespaces=TEI)))

    found: Spans = Counter()
    for element in body.xpath(".//*[@ana and not(self::t:span)]", namespaces=TEI):
        quote = str(element.xpath("string()"))
        start = before(element)
        found[start, start + len(quote), element.get("type"), quote] += 1
    anchors = {one.get(XML_ID): before(one) for one in body.iter("{*}anchor")}
    for span in body.iter("{*}span"):
        start, end = (anchors[span.get(key).removeprefix("#")] for key in ("from", "to"))
        found[start, end, span.get("type"), text[start:end]] += 1
    return text, found


CAST = [cast.news, cast.torture, cast.nested, cast.sample]
#: See there: what is valid by it is valid by the Text Encoding Initiative's own schema.
SCHEMA = etree.RelaxNG(etree.parse(Path(__file__).with_name("tei_subset.rng")))


@st.composite
def zoned(draw: st.DrawFn) -> AnnotatedArticle:
    """Any article with any zones, some of its characters in none."""
    made = draw(cast.articles())
    edges = sorted(draw(st.sets(st.integers(0, len(made.text)), max_size=9)))
    zones = [
        ZonedSpan(start, end, draw(st.sampled_from(Zone)), draw(st.booleans()))
        for start, end in pairwise(edges)
        if draw(st.integers(0, 3))
    ]
    return replace(made, zones=tuple(zones))


@reusing_the_folder
@given(zoned())
def test_whatever_is_written_is_valid_tei(tmp_path: Path, article: AnnotatedArticle) -> None:
    SCHEMA.assertValid(etree.fromstring(write(article, tmp_path)))


@pytest.mark.parametrize("made", [*CAST, cast.controls, cast.empty])
def test_every_article_of_the_cast_is_valid_tei(
    made: Callable[[], AnnotatedArticle], tmp_path: Path
) -> None:
    SCHEMA.assertValid(etree.fromstring(write(made(), tmp_path)))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("<body>", "<body>Bare words"),
        ("<p>", '<p><head type="headline">x</head>'),
        ("<sourceDesc>", "<sourceDesc><p/>"),
        ("persName", "person"),
        ('type="ORG"', 'type="two words"'),
        ('cert="0.75"', 'cert="75"'),
        ('when="2017-07-08"', 'when="July"'),
        ("</text>", "</text><text/>"),
    ],
)
def test_the_schema_of_these_tests_refuses_what_is_wrong(
    right: str, wrong: str, tmp_path: Path
) -> None:
    data = write(cast.news(), tmp_path).decode()
    assert right in data
    assert not SCHEMA.validate(etree.fromstring(data.replace(right, wrong).encode()))


def test_a_document_is_the_text_with_elements_around_its_names(tmp_path: Path) -> None:
    text = "Ulm & co\n\nAda < Ulm\n"
    article = cast.article(
        text,
        Mention(0, 3, "GPE", MentionState.ACCEPTED, 0.93, "tagger 1.0"),
        Mention(10, 13, "PERSON"),
        Mention(10, 19, "EVENT", MentionState.CHANGED, None, 'a"b'),
        id=7,
        title="Night",
        zones=(ZonedSpan(0, 8, Zone.HEADLINE), ZonedSpan(10, 19, Zone.PARAGRAPH, certain=False)),
    )
    data = write(article, tmp_path).decode()
    assert data.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<TEI xmlns=')
    assert data.partition("</teiHeader>\n")[2] == (
        '<text xml:space="preserve"><body><head type="headline">'
        '<placeName type="GPE" ana="#state.accepted" cert="0.93" resp="#by.1">Ulm</placeName>'
        ' &amp; co</head>\n\n<p cert="low"><rs type="EVENT" ana="#state.changed" resp="#by.2">'
        '<persName type="PERSON" ana="#state.added">Ada</persName> &lt; Ulm</rs></p>\n'
        "</body></text>\n</TEI>\n"
    )
    for part in (
        '<idno type="article">7</idno>',
        "<title>Night</title>",
        '<respStmt xml:id="by.2"><resp>marked mentions</resp><name>a"b</name></respStmt>',
        '<date when="2017-07-08"/>',
        '<revisionDesc status="finished"><change n="gold">',
        '<category xml:id="label.PERSON">',
        '<category xml:id="state.changed">',
    ):
        assert part in data


def test_what_crosses_is_a_pair_of_anchors_and_a_span(tmp_path: Path) -> None:
    article = cast.article("abcd", Mention(0, 2, "ORG"), Mention(1, 3, "GPE"))
    data = write(article, tmp_path).decode()
    assert (
        '<p><orgName type="ORG" ana="#state.added">a<anchor xml:id="m1.start"/>b</orgName>'
        'c<anchor xml:id="m1.end"/>d</p><spanGrp type="mentions">'
        '<span from="#m1.start" to="#m1.end" type="GPE" ana="#state.added"/></spanGrp>'
    ) in data


def test_every_zone_has_an_element_that_may_stand_there(tmp_path: Path) -> None:
    lines = ["Head", "By Ada", "ULM —", "Para", "Sub", "- item", "quote", "caption", "By B", "cc"]
    kinds = [
        Zone.HEADLINE, Zone.BYLINE, Zone.DATELINE, Zone.PARAGRAPH, Zone.SUBHEADING, Zone.LIST,
        Zone.QUOTE, Zone.CAPTION, Zone.BYLINE, Zone.CREDIT,
    ]  # fmt: skip
    text = "\n".join(lines)
    starts = [sum(len(line) + 1 for line in lines[:index]) for index in range(len(lines))]
    zones = tuple(
        ZonedSpan(start, start + len(line), kind)
        for start, line, kind in zip(starts, lines, kinds, strict=True)
    )
    data = write(cast.article(text, zones=zones), tmp_path)
    assert data.decode().partition("<body>")[2].partition("</body>")[0] == (
        '<head type="headline">Head</head>\n<byline>By Ada</byline>\n<dateline>ULM —</dateline>\n'
        '<p>Para</p>\n<div><head type="subheading">Sub</head>\n<list><item>- item</item></list>\n'
        '<quote>quote</quote>\n<figure><head>caption</head></figure>\n<ab type="byline">By B</ab>\n'
        '<ab type="credit">cc</ab></div>'
    )
    assert read(data)[0].zones == zones


@pytest.mark.parametrize(
    ("kinds", "body"),
    [
        ([], "<ab/>"),
        ([Zone.HEADLINE], '<head type="headline">a</head><ab/>'),
        ([Zone.CAPTION], "<figure><head>a</head></figure><ab/>"),
        (
            [Zone.SUBHEADING, Zone.SUBHEADING, Zone.QUOTE],
            f"<div>{SUBHEADING}<ab/></div><div>{SUBHEADING}<quote>a</quote></div>",
        ),
    ],
)
def test_a_body_and_a_division_hold_more_than_headings_and_figures(
    kinds: list[Zone], body: str, tmp_path: Path
) -> None:
    zones = tuple(ZonedSpan(n, n + 1, kind) for n, kind in enumerate(kinds))
    data = write(cast.article("a" * len(kinds), zones=zones), tmp_path).decode()
    assert data.partition("<body>")[2].partition("</body>")[0] == body


@pytest.mark.parametrize("made", CAST)
def test_xpath_alone_finds_the_text_and_every_mention(
    made: Callable[[], AnnotatedArticle], tmp_path: Path
) -> None:
    article = made()
    assert found_by_xpath(write(article, tmp_path)) == (article.text, spans_of(article))


@reusing_the_folder
@given(cast.articles())
def test_whatever_is_written_comes_back(tmp_path: Path, article: AnnotatedArticle) -> None:
    data = write(article, tmp_path)
    assert found_by_xpath(data) == (article.text, spans_of(article))
    if not article.text.strip():
        with pytest.raises(FormatError, match="is empty"):
            read(data)
        return
    [draft] = read(data)
    assert draft.text == article.text
    assert set(draft.mentions) == set(article.mentions)
    assert draft.zones == article.zones
    assert (draft.number, draft.layer, draft.status) == (article.id, article.layer, article.status)
    assert draft.metadata.language == article.language
    assert not draft.unplaced
    assert not draft.changes


@pytest.mark.parametrize("made", CAST)
def test_every_article_of_the_cast_comes_back(
    made: Callable[[], AnnotatedArticle], tmp_path: Path
) -> None:
    article = made(status=ReviewStatus.OPEN, id=12)  # type: ignore[call-arg]
    [draft] = read(write(article, tmp_path))
    assert (draft.text, draft.mentions, draft.zones) == (
        article.text, article.mentions, article.zones,
    )  # fmt: skip
    assert (draft.metadata.title, draft.metadata.source) == (article.title, "Coast Wire")
    assert draft.metadata.published_on == date(2017, 7, 8)
    assert (draft.number, draft.status, draft.notes) == (12, ReviewStatus.OPEN, ())


def test_labels_in_small_letters_come_back_and_their_words_are_in_the_header(
    tmp_path: Path,
) -> None:
    article = cast.article("Ulm met Ada", Mention(0, 3, "geoArea"), Mention(8, 11, "person"))
    corpus = CorpusCard(labels=(LabelCard("person", "A human <being>"),))
    Writer().write([article], tmp_path, corpus)
    data = (tmp_path / "article-1.xml").read_bytes()
    assert b"<catDesc>A human &lt;being&gt;</catDesc>" in data
    assert read(data)[0].mentions == article.mentions


def test_the_report_counts_what_was_written_and_sorts_the_files(tmp_path: Path) -> None:
    articles = [cast.news(id=10), cast.nested(id=9), cast.empty(id=2)]
    report = Writer().write(iter(articles), tmp_path)
    assert (report.articles, report.mentions_in, report.mentions_out) == (3, 16, 16)
    assert report.files == ["article-10.xml", "article-2.xml", "article-9.xml"]
    assert sorted(path.name for path in tmp_path.iterdir()) == report.files
    assert report.misfits == []


def test_the_same_article_gives_the_same_bytes(tmp_path: Path) -> None:
    assert write(cast.nested(), tmp_path) == write(cast.nested(), tmp_path)


def test_metadata_that_xml_cannot_hold_does_not_break_the_file(tmp_path: Path) -> None:
    meta = {"source": "a\x0bb", "byline": "\ud800", "url": 'http://x/?a="&b', "published_on": None}
    [draft] = read(write(cast.article("Ulm", title="\x00<t>", meta=meta), tmp_path))
    assert (draft.metadata.title, draft.metadata.source) == ("<t>", "ab")
    assert draft.metadata.url == 'http://x/?a="&b'
    assert draft.metadata.published_on is None


# --- What others write ----------------------------------------------------------------------------


def test_a_document_of_another_maker_is_read() -> None:
    [draft] = read((SAMPLES / "lighthouse.xml").read_bytes())
    assert draft.text == (
        "Lighthouse to be sold\n\nBy Mira Holt\n\n"
        "Skerry will sell its lighthouse on Tuesday, the mayor said. Trinity Board had closed it in"
        " a light-ning storm.\n\nWhat it costs\n\n900 crowns\n\nFirst come\n\nWe shall miss it.\n\n"
        "The lamp, seen from Gull Rock.\n\nIt was built by Ada Kerr."
    )
    assert [(draft.text[m.start : m.end], m.label) for m in draft.mentions] == [
        ("Mira Holt", "PERSON"),
        ("Skerry", "GPE"),
        ("Tuesday", "DATE"),
        ("the mayor", "PERSON"),
        ("Trinity Board", "ORG"),
        ("900 crowns", "MONEY"),
        ("First", "ORDINAL"),
        ("Gull Rock", "LOC"),
        ("was built by", "EVENT"),
        ("by Ada Kerr", "PERSON"),
    ]
    assert [zone.zone.value for zone in draft.zones] == [
        "headline", "byline", "paragraph", "subheading", "list", "list", "quote", "caption",
        "paragraph",
    ]  # fmt: skip
    assert [str(one) for one in draft.unplaced] == [
        "line 28: EVENT 0–0 was left out: “#gone” is no place in the text"
    ]
    known = draft.metadata
    assert (known.title, known.byline, known.source) == (
        "Lighthouse to be sold", "Mira Holt", "The Skerry Post",
    )  # fmt: skip
    assert (known.published_on, known.language) == (date(1931, 4, 2), "en")
    assert (draft.status, draft.layer) == (ReviewStatus.OPEN, "")
    assert draft.notes == (
        "Elements that are no text of the article were left out: 1 note, 1 sic.",
        "Only the body was read, not the front.",
    )


@pytest.mark.parametrize(
    ("element", "label"),
    [
        ('<placeName type="LOC">x</placeName>', "LOC"),
        ('<placeName type="city">x</placeName>', "GPE"),
        ('<persName ana="#label.Chief">x</persName>', "Chief"),
        ('<persName type="ORG" ana="people.xml#VIP">x</persName>', "VIP"),
        ('<persName ana="#king">x</persName>', "PERSON"),
        ('<persName type="king">x</persName>', "king"),
        ('<name type="ship">x</name>', "ship"),
        ('<rs type="place">x</rs>', "GPE"),
        ('<num type="percentage">x</num>', "PERCENT"),
        ('<measure type="volume">x</measure>', "QUANTITY"),
        ("<time>x</time>", "TIME"),
        ("<settlement>x</settlement>", "GPE"),
    ],
)
def test_the_label_is_what_the_file_says_or_what_the_element_stands_for(
    element: str, label: str
) -> None:
    category = '<taxonomy><category xml:id="king"/></taxonomy>'
    declared = f"<encodingDesc><classDecl>{category}</classDecl></encodingDesc>"
    header = declared if label == "king" else ""
    [draft] = read(document(f"<p>{element}</p>", header))
    assert [mention.label for mention in draft.mentions] == [label]


def test_a_name_of_no_kind_is_listed_and_parts_of_a_place_are_not() -> None:
    place = "<placeName><settlement>Vejle</settlement>, <country>Denmark</country></placeName>"
    [draft] = read(document(f"<p>{place} <rs>it</rs></p>"))
    assert [draft.text[m.start : m.end] for m in draft.mentions] == ["Vejle, Denmark"]
    assert [str(one) for one in draft.unplaced] == [
        "line 1: span 15–17 “it” was left out: it has no label"
    ]


def test_who_made_a_mention_its_state_and_its_score_are_read() -> None:
    maker = '<respStmt xml:id="ad"><name>ada</name></respStmt>'
    header = f"<fileDesc><titleStmt>{maker}</titleStmt></fileDesc>"
    body = (
        '<p><persName resp="#ad" cert="0.5" ana="#state.suggested">A</persName>'
        '<persName resp="#bo" cert="high">B</persName><persName cert="7">C</persName></p>'
    )
    [draft] = read(document(body, header))
    assert draft.mentions == (
        Mention(0, 1, "PERSON", MentionState.SUGGESTED, 0.5, "ada"),
        Mention(1, 2, "PERSON", MentionState.ADDED, None, "bo"),
        Mention(2, 3, "PERSON"),
    )


def test_white_space_is_kept_only_where_the_file_says_so() -> None:
    body = "<p> Ada\n  met </p>\n<p>\u00a0Ben </p>"
    assert read(document(body))[0].text == "Ada met\n\nBen"
    [exact] = read(document(body, around=' xml:space="preserve"'))
    assert exact.text == " Ada\n  met \n\u00a0Ben "


def test_a_name_never_ends_in_the_white_space_of_the_layout() -> None:
    [draft] = read(document("<p>met<persName> Ada\n </persName>\n<persName>\nBen</persName>.</p>"))
    assert draft.text == "met Ada Ben."
    assert [(m.start, m.end) for m in draft.mentions] == [(4, 7), (8, 11)]


def test_each_text_of_a_corpus_is_an_article() -> None:
    one, two = document("<p>One</p>").decode(), document("<p>Two</p>").decode()
    drafts = read(f'<teiCorpus xmlns="{TEI["t"]}"><teiHeader/>{one}{two}</teiCorpus>'.encode())
    assert [draft.text for draft in drafts] == ["One", "Two"]
    inner = "<floatingText><body><p>C</p></body></floatingText>"
    texts = f"<text><body><p>A</p></body></text><text><body><p>B{inner}</p></body></text>"
    group = f'<TEI xmlns="{TEI["t"]}"><text><group>{texts}</group></text></TEI>'
    assert [draft.text for draft in read(group.encode())] == ["A", "B\n\nC"]


def test_characters_by_name_are_those_of_html_and_others_are_named() -> None:
    body = "<p>a&nbsp;b &ndash; &glyph;</p>"
    [draft] = read(b'<!DOCTYPE TEI SYSTEM "x.dtd">' + document(body))
    assert draft.text == "a\u00a0b – &glyph;"
    assert draft.notes == (
        "Entities that the file does not explain were left as they are: &glyph;.",
    )


def test_characters_that_cannot_be_stored_shift_nothing() -> None:
    body = "<p>\ufeffa&#13;\n<persName>Ada</persName>&#13;b</p>"
    [exact] = read(document(body, around=' xml:space="preserve"'))
    assert exact.text == "a\nAda\nb"
    assert [(m.start, m.end) for m in exact.mentions] == [(2, 5)]
    assert exact.changes
    [laid_out] = read(document(body))
    assert laid_out.text[slice(laid_out.mentions[0].start, laid_out.mentions[0].end)] == "Ada"


def test_the_root_tells_tei_from_other_xml() -> None:
    def is_ours(data: bytes) -> bool:
        return Reader().recognises(Source("a.xml", data))

    assert is_ours(document("<p/>"))
    assert is_ours(
        b"\xef\xbb\xbf<?xml version='1.0'?><!-- <nitf> --><!DOCTYPE TEI [<!-- > -->]>\n<TEI>"
    )
    assert is_ours(f'<t:teiCorpus xmlns:t="{TEI["t"]}">'.encode("utf-16"))
    assert not is_ours(b'<TEI xmlns="urn:other">')
    assert not is_ours(b"<text><body/></text>")
    assert not is_ours(b"<nitf/>")
    assert not is_ours(b"")
    assert not is_ours(b"<!--" * 3000)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"<TEI><text/></TEI>", r"lead\.xml holds no article: it has no body\."),
        (document("<p> </p>"), r"lead\.xml is empty\."),
        (b"<TEI>\n<p></TEI>", r"lead\.xml is not well-formed XML: .*\(line 2\)"),
        (b"", r"lead\.xml is empty"),
        (b"\x89PNG\r\n\x1a\n", r"lead\.xml is not text"),
    ],
)
def test_what_is_no_article_is_refused_in_a_sentence(data: bytes, problem: str) -> None:
    with pytest.raises(FormatError, match=problem):
        read(data)


@pytest.mark.skipif(not REAL.exists(), reason="the real files are not on this machine")
def test_real_documents_are_read() -> None:
    [draft] = read((REAL / "tei/tei_lite.tei").read_bytes(), "tei_lite.tei")
    assert draft.text == "[First paragraph of text here]"
    people = (REAL / "tei/names-demo-en.xml").read_bytes()
    [draft] = read(document(people.decode()))
    named = etree.fromstring(people).xpath("count(//persName)")
    assert sum(m.label == "PERSON" for m in draft.mentions) == named
    assert not draft.unplaced
    gum = (REAL / "gum/GUM_news_nasa.xml").read_bytes()
    assert not Reader().recognises(Source("a.xml", gum))


def test_writing_is_not_much_slower_than_json(tmp_path: Path) -> None:
    text = "Ada met Ben in Ulm on Monday.\n" * 5_000
    mentions = [Mention(30 * n, 30 * n + 3, "PERSON", source="x") for n in range(5_000)]
    article = cast.article(text, *mentions)
    started = time.perf_counter()
    json.dumps([text, [[m.start, m.end, m.label, m.source] for m in mentions]] * 20)
    plain = (time.perf_counter() - started) / 20
    started = time.perf_counter()
    write(article, tmp_path)
    assert time.perf_counter() - started < max(0.5, 30 * plain)


def test_what_is_wrong_with_the_xml_is_one_line() -> None:
    with pytest.raises(FormatError) as refusal:
        read(b"<TEI><text><body><p>Ulm &#0; slept</p></body></text></TEI>")
    assert "\n" not in str(refusal.value)
    with pytest.raises(FormatError) as refusal:
        read(b"<TEI><text><body><p>Ulm</p>\x01</body></text></TEI>")
    assert "\n" not in str(refusal.value)

"""Saved pages: the article is taken out, the rest is left, and nothing is looked up."""

import gzip
import json
import socket
import time
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Never

import pytest

from annotations.domain.articles import ArticleDraft
from annotations.domain.zones import Zone
from annotations.formats import html
from annotations.formats.base import FormatError, Source
from annotations.formats.html import MAX_ELEMENTS, Reader
from annotations.formats.plain_text import Block

SAMPLES = Path(__file__).parent.parent / "samples"
REAL_PAGES = Path(__file__).parents[3] / "shared/samples/formats/html-fundus"
PARAGRAPH = (
    "<p>The harbour master said on Tuesday that the ferry would stay on the rocks until the "
    "spring tide, and that nobody should go near it before the inspectors had left.</p>"
)
ARTICLE = f"<article><h1>Ferry stuck</h1>{PARAGRAPH * 3}</article>"


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> Never:
        raise AssertionError(f"a page made a connection: {args}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def read(data: bytes | str, *, encoding: str = "") -> ArticleDraft:
    raw = data.encode() if isinstance(data, str) else data
    (draft,) = Reader().read(Source("page.html", raw, encoding=encoding, language="cy"))
    return draft


def sample(name: str) -> ArticleDraft:
    return read((SAMPLES / name).read_bytes())


def zones(draft: ArticleDraft) -> list[tuple[Zone, str]]:
    return [(zone.zone, draft.text[zone.start : zone.end]) for zone in draft.zones]


def of_zone(draft: ArticleDraft, zone: Zone) -> list[str]:
    return [text for kind, text in zones(draft) if kind is zone]


def test_a_page_becomes_zones_in_reading_order() -> None:
    draft = sample("harbour-gazette.html")
    assert [(zone, text.split()[0]) for zone, text in zones(draft)] == [
        (Zone.HEADLINE, "Ferry"),
        (Zone.CAPTION, "The"),
        (Zone.PARAGRAPH, "A"),
        (Zone.PARAGRAPH, "Nobody"),
        (Zone.PARAGRAPH, "“We"),
        (Zone.SUBHEADING, "Second"),
        (Zone.PARAGRAPH, "The"),
        (Zone.CAPTION, "The"),
        (Zone.PARAGRAPH, "The"),
        (Zone.LIST, "use"),
        (Zone.LIST, "keep"),
        (Zone.LIST, "report"),
        (Zone.PARAGRAPH, "An"),
        (Zone.QUOTE, "If"),
        (Zone.SUBHEADING, "Islanders"),
        (Zone.PARAGRAPH, "About"),
        (Zone.CREDIT, "Additional"),
    ]
    assert all(zone.certain for zone in draft.zones)


@pytest.mark.parametrize(
    "unwanted",
    [
        "cookies",
        "Advertisement",
        "Obituaries",
        "coast road",
        "tidewatcher",
        "All rights reserved",
        "tracking-code",
        "showAd",
        "dataLayer",
        "serif",
        "Hide caption",
        "<",
    ],
)
def test_what_stands_beside_an_article_is_left_out(unwanted: str) -> None:
    assert unwanted not in sample("harbour-gazette.html").text


def test_metadata_come_from_json_ld_before_opengraph() -> None:
    metadata = sample("harbour-gazette.html").metadata
    assert metadata.title == "Ferry runs aground off Grey Point, all 212 on board safe"
    assert metadata.byline == "Orla Winslade, Tobias Reck"
    assert metadata.source == "Harbour Gazette"
    assert metadata.url == "https://gazette.example/news/2031/ferry-grey-point"
    assert metadata.published_on == date(2031, 3, 4)
    assert metadata.language == "en"


def test_a_page_without_declarations_is_read_by_its_headings_and_classes() -> None:
    draft = sample("valley-courier.html")
    assert draft.metadata.title == "Town council sells the old mill for one crown"
    assert draft.metadata.byline == "Agnieszka Böhm"  # its author meta is an address
    assert draft.metadata.published_on == date(2031, 7, 14)
    assert draft.metadata.url == ""
    assert draft.metadata.language == "cy"
    assert of_zone(draft, Zone.DATELINE) == ["OBERLUND (Courier) -"]
    assert draft.text.endswith("ask the district court to look at it.")


def test_a_bold_paragraph_is_an_uncertain_subheading() -> None:
    uncertain = [zone for zone in sample("valley-courier.html").zones if not zone.certain]
    assert [zone.zone for zone in uncertain] == [Zone.SUBHEADING]


def test_a_graph_behind_a_broken_script_is_found() -> None:
    metadata = sample("skyline-post.html").metadata
    assert metadata.byline == "Daniël Okafor"
    assert metadata.published_on == date(2031, 11, 21)


def test_the_heading_that_a_declaration_confirms_is_the_headline() -> None:
    # Its first h1 is the logo, its JSON-LD is cut short, its og:title carries the site's name.
    draft = sample("skyline-post.html")
    assert of_zone(draft, Zone.HEADLINE) == ["Observatory reopens after the fire on Mount Tallis"]
    assert draft.metadata.title == "Observatory reopens after the fire on Mount Tallis"


def test_captions_of_other_articles_are_left_out() -> None:
    draft = sample("skyline-post.html")
    (caption,) = of_zone(draft, Zone.CAPTION)
    assert caption.startswith("Workers carry a panel")
    assert "comet" not in draft.text


def test_story_highlights_are_their_own_zone() -> None:
    assert len(of_zone(sample("skyline-post.html"), Zone.HIGHLIGHTS)) == 3


def test_characters_that_extraction_changes_are_reported() -> None:
    changes = sample("skyline-post.html").changes
    assert "trafilatura" in changes[0]
    assert changes[1] == "Dropped: soft hyphens, zero-width spaces and joiners (2)."
    assert changes[2].startswith("No-break spaces became ordinary spaces")
    assert len(sample("harbour-gazette.html").changes) == 1


def test_a_page_that_hides_its_article_is_read_by_its_paragraphs() -> None:
    draft = sample("parish-bulletin.html")
    assert of_zone(draft, Zone.PARAGRAPH)[0].startswith("The parish of Saint Wendelin")
    assert len(draft.zones) == 4
    assert "No article stood out" in draft.notes[0]


def test_what_a_page_does_not_say_is_noted() -> None:
    notes = sample("parish-bulletin.html").notes
    assert "The page names no headline." in notes
    assert "The page does not say when it was published." in notes


@pytest.mark.parametrize(
    "markup",
    ["", "<html></html>", "<!-- x", "<?xml version='1.0'?>", "<script>a()</script>", "<p>Menu"],
)
def test_a_page_without_an_article_is_refused(markup: str) -> None:
    with pytest.raises(FormatError, match=r"page\.html"):
        read(markup)


def test_a_page_that_loads_its_article_by_script_is_refused() -> None:
    with pytest.raises(FormatError, match=r"No article text was found in page\.html"):
        sample("front-page.html")


@pytest.mark.parametrize(
    "declaration",
    [
        '<meta charset="iso-8859-1">',
        "<meta http-equiv=Content-Type content='text/html; charset=iso-8859-1'>",
        '<?xml version="1.0" encoding="iso-8859-1"?>',
    ],
)
def test_the_declared_charset_is_read_as_browsers_read_it(declaration: str) -> None:
    page = declaration + ARTICLE.replace("ferry", "“café”")
    draft = read(page.encode("cp1252"))
    assert "“café”" in draft.text
    assert draft.encoding == "windows-1252"


def test_a_chosen_encoding_overrules_the_declared_one() -> None:
    page = '<meta charset="windows-1251">' + ARTICLE.replace("ferry", "café")
    assert "café" in read(page.encode("mac-roman"), encoding="macintosh").text


def test_a_utf16_page_is_read() -> None:
    assert "harbour master" in read(ARTICLE.encode("utf-16")).text


def test_the_headline_stands_once_and_first() -> None:
    page = f'<meta property="og:title" content="Ferry stuck">{ARTICLE}'
    draft = read(page)
    assert draft.text.count("Ferry stuck") == 1
    assert zones(draft)[0] == (Zone.HEADLINE, "Ferry stuck")


def test_a_declared_headline_loses_the_name_of_the_site() -> None:
    page = (
        '<meta property="og:site_name" content="The Gazette">'
        '<meta property="og:title" content="Stuck - for good | The Gazette">' + PARAGRAPH * 3
    )
    assert read(page).metadata.title == "Stuck - for good"


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2031-03-04", date(2031, 3, 4)),
        ("2031-03-04 23:59:00-11:00", date(2031, 3, 4)),
        ("Tue, 04 Mar 2031 10:00:00 GMT", date(2031, 3, 4)),
        ("2031-02-30", None),
        ("03/04/2031", None),
        ("yesterday", None),
    ],
)
def test_dates_are_read_where_they_are_declared_and_never_guessed(
    value: str, day: date | None
) -> None:
    page = f'<meta property="article:published_time" content="{value}">{ARTICLE}'
    assert read(page + "<p>Posted on 1 May 2030</p>").metadata.published_on == day


@pytest.mark.parametrize(
    "json_ld",
    [
        "",
        "null",
        "[1, [2], null]",
        '{"@type": 5}',
        '{"@type": "NewsArticle", "author": [null, 3, {"name": {}}], "headline": ["x"]}',
        '{"@graph": {"@type": "NewsArticle"}}',
        '{"@type": "NewsArticle", "headline": "\\ud800\\u0000"}',
        "[" * 100_000,
        "9" * 5_000,
    ],
)
def test_json_ld_of_any_shape_does_no_harm(json_ld: str) -> None:
    page = f'<script type="application/ld+json">{json_ld}</script>{ARTICLE}'
    draft = read(page)
    assert draft.metadata.title == "Ferry stuck"
    assert draft.metadata.byline == ""


def test_an_address_that_is_not_of_the_web_is_not_taken() -> None:
    page = f'<link rel="canonical" href="javascript:alert(1)">{ARTICLE}'
    assert read(page).metadata.url == ""


def test_a_table_keeps_its_rows() -> None:
    table = (
        "<table><tr><th>Ship</th><th>Year</th></tr><tr><td>Brannoc</td><td>1998</td></tr></table>"
    )
    draft = read(f"<article>{PARAGRAPH * 2}{table}{PARAGRAPH}</article>")
    assert "Ship\tYear\nBrannoc\t1998" in draft.text


@pytest.mark.parametrize(
    "markup",
    [
        "<div>" * 10_000 + ARTICLE,
        "<table><tr><td>" * 10_000 + ARTICLE,
        f'<img src="data:image/png;base64,{"A" * 11_000_000}">' + ARTICLE,
    ],
)
def test_a_page_beyond_the_limits_of_the_parser_is_refused_not_cut(markup: str) -> None:
    with pytest.raises(FormatError, match="nested too deeply or one of them is too large"):
        read(markup)


def test_a_page_with_too_many_elements_is_refused() -> None:
    with pytest.raises(FormatError, match="more than 50,000 elements"):
        read("<b>a</b>" * (MAX_ELEMENTS + 1))


def test_a_page_of_50_megabytes_is_refused() -> None:
    with pytest.raises(FormatError, match=r"has 50\.0 MB"):
        read(b"<p>" + b"a" * 50_000_000)


@pytest.mark.parametrize(
    "markup",
    [
        "<html><body><p>" + ARTICLE + "</span></div></b>",
        ARTICLE.replace("</p>", "").replace("</h1>", ""),
        "<a href='" + ARTICLE,
        "<!DOCTYPE html [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>" + ARTICLE + "<p>&x;",
        "<link rel=stylesheet href=http://192.0.2.1/a.css><base href=http://192.0.2.1/>" + ARTICLE,
        ARTICLE + "\x00\x01<p\x00>",
        "<frameset>" + ARTICLE,
    ],
)
def test_malformed_pages_are_read_or_refused_with_a_sentence(markup: str) -> None:
    outcome = read_or_refused(markup)
    if isinstance(outcome, str):
        assert outcome.endswith(".")
    else:
        assert "harbour master" in outcome.text
        assert "<p" not in outcome.text


def read_or_refused(markup: str) -> ArticleDraft | str:
    try:
        return read(markup)
    except FormatError as error:
        return str(error)


@pytest.mark.parametrize(
    ("line", "is_left_out"),
    [
        ("Read more:", True),
        ("Most read in Football", True),
        ("You must confirm your public display name before commenting", True),
        ("Comments on the bill were due on Friday.", False),
        ("Read more than one paper, she said.", False),
    ],
)
def test_what_a_page_says_to_its_visitors_is_left_out(line: str, *, is_left_out: bool) -> None:
    draft = read(f"<article><h1>Ferry stuck</h1>{PARAGRAPH * 2}<p>{line}</p>{PARAGRAPH}</article>")
    assert (line not in draft.text) is is_left_out


def parts(*texts: str, kind: str = "div class='body part'", around: str = "article") -> str:
    """A page whose article is cut into several containers."""
    paragraphs = (f"<{kind}><p>{text}</p></div>" for text in texts)
    end = around.split(maxsplit=1)[0]
    return f"<{around}>" + "<div class='ad'></div>".join(paragraphs) + f"</{end}>"


LONG = [f"{word} {'the ferry lay on the rocks all day and nobody went near it. ' * 3}".strip()
        for word in ("Monday:", "Tuesday:", "Wednesday:", "Thursday:")]  # fmt: skip


@pytest.fixture
def only_the_first_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extractor takes the first two containers of four, as it does with some long articles."""

    def found(tree: html.HtmlElement) -> list[Block]:
        return [Block(p.text_content(), None) for p in tree.iter("p")][:2]

    monkeypatch.setattr(html, "_chosen_by_trafilatura", found)


@pytest.mark.usefixtures("only_the_first_part")
def test_the_parts_of_an_article_that_were_not_taken_are_found_by_their_likeness() -> None:
    draft = read(parts(*LONG))
    assert [text.split(":")[0] for _, text in zones(draft)] == [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
    ]
    assert any("several parts" in note for note in draft.notes)


@pytest.mark.usefixtures("only_the_first_part")
@pytest.mark.parametrize(
    "rest",
    [
        parts(*LONG[2:], around="article id='next'"),
        parts(*LONG[2:], around="aside"),
        parts(*LONG[2:], around="div class='related-stories'"),
        parts(*LONG[2:], kind="div class='body teaser'"),
        parts(*LONG[2:], kind="div"),
        parts("A short line."),
    ],
)
def test_what_stands_beside_an_article_is_no_part_of_it(rest: str) -> None:
    first = parts(*LONG[:2])
    inside = first.replace("</article>", f"{rest}</article>")
    for page in [first + rest] if "article" in rest else [inside]:
        draft = read(page)
        assert [text.split(":")[0] for _, text in zones(draft)] == ["Monday", "Tuesday"]
        assert not any("several parts" in note for note in draft.notes)


DEK = "Passengers spent the night on the car deck, with soup from the crew"


@pytest.mark.parametrize("place", ["header", "div class='dek'"])
def test_the_sentence_under_the_headline_is_kept_where_the_page_declares_it(place: str) -> None:
    head = f'<head><meta name="description" content="{DEK}"><title>Ferry stuck</title></head>'
    shown = f"<{place}><h1>Ferry stuck</h1><h2>{DEK}.</h2></{place.split(maxsplit=1)[0]}>"
    draft = read(f"<html>{head}<body><article>{shown}{PARAGRAPH * 3}</article></body></html>")
    texts = [text for _, text in zones(draft)]
    assert texts.count(f"{DEK}.") == 1
    assert texts.index(f"{DEK}.") < texts.index(next(t for t in texts if "harbour master" in t))


def test_a_description_that_the_page_does_not_show_is_not_invented() -> None:
    head = f'<head><meta name="description" content="{DEK}"></head>'
    draft = read(f"<html>{head}<body>{ARTICLE}<footer><p>{DEK}</p></footer></body></html>")
    assert DEK not in draft.text


@pytest.mark.skipif(not REAL_PAGES.exists(), reason="the real pages are not here")
def test_a_real_page_is_read_as_its_ground_truth_says() -> None:
    truth = json.loads((REAL_PAGES / "VoiceOfAmerica.json").read_text())["V1"]
    (page,) = REAL_PAGES.glob("VoiceOfAmerica*.html.gz")
    draft = read(gzip.decompress(page.read_bytes()))
    sections = truth["body"]["sections"]
    subheadings = [text for section in sections for text in section["headline"]]
    expected = [text for s in sections for text in (*s["headline"], *s["paragraphs"])]
    body = [text for zone, text in zones(draft) if zone not in {Zone.HEADLINE, Zone.CAPTION}]
    assert four_gram_f1(" ".join(body), " ".join(expected)) >= 0.94
    assert of_zone(draft, Zone.SUBHEADING) == subheadings
    captions = [image["caption"] for image in truth["images"]]
    assert of_zone(draft, Zone.CAPTION) == captions
    assert draft.metadata.title == truth["title"].strip()
    assert draft.metadata.byline == ", ".join(truth["authors"])
    assert draft.metadata.published_on == date.fromisoformat(truth["publishing_date"][:10])


def four_gram_f1(found: str, expected: str) -> float:
    """The harmonic mean of precision and recall over runs of four words."""

    def grams(text: str) -> Counter[tuple[str, ...]]:
        words = text.split()
        return Counter(tuple(words[i : i + 4]) for i in range(len(words) - 3))

    a, b = grams(found), grams(expected)
    return 2 * (a & b).total() / (a.total() + b.total())


def test_comments_before_something_else_take_no_time() -> None:
    begun = time.monotonic()
    assert not Reader().recognises(Source("a.txt", b"<!-- Night in Ulm -->\n" * 26 + b"Ulm slept."))
    assert time.monotonic() - begun < 1
    assert Reader().recognises(Source("a.txt", b"<!-- Night in Ulm -->\n" * 26 + b"<html>"))


def test_a_page_may_be_called_xml() -> None:
    assert Reader().recognises(
        Source("page.xml", b'<?xml version="1.0"?>\n<!DOCTYPE html>\n<html>')
    )
    assert not Reader().recognises(Source("page.xml", b"<rss>"))


def test_a_page_that_is_one_preformatted_text_keeps_its_lines() -> None:
    story = "".join(f"Line {n} of what the harbour master said on Tuesday.\n\n" for n in range(9))
    draft = read(
        f"<html><body><h1>Stuck</h1><pre>{story}“It is stuck,” she said.</pre></body></html>"
    )
    assert draft.text == f"Stuck\n\n{story}“It is stuck,” she said."
    assert [zone.zone for zone in draft.zones] == [Zone.HEADLINE, *[Zone.PARAGRAPH] * 10]

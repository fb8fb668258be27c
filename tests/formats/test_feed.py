"""Feeds and WordPress exports: every entry an article, nothing fetched, nothing unpublished."""

import json
import re
import socket
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Never
from xml.sax.saxutils import escape

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.domain.articles import ArticleDraft
from annotations.domain.text import normalise
from annotations.domain.zones import Zone
from annotations.formats.base import FormatError, Source
from annotations.formats.feed import MAX_FEED_BYTES, Reader, extract
from tests.formats import cast

SAMPLES = Path(__file__).parent.parent / "samples/formats/feed"
REAL = Path(__file__).parents[3] / "shared/samples/formats/feeds"
real = pytest.mark.skipif(not REAL.exists(), reason="the sample feeds are not on this machine")


def read(data: bytes, name: str = "feed.xml", encoding: str = "") -> list[ArticleDraft]:
    return list(Reader().read(Source(name, data, language="cy", encoding=encoding)))


def sample(name: str) -> list[ArticleDraft]:
    return read((SAMPLES / name).read_bytes(), name)


def zones(draft: ArticleDraft) -> list[tuple[Zone, str]]:
    return [(zone.zone, draft.text[zone.start : zone.end]) for zone in draft.zones]


def rss(*items: str, head: str = "") -> bytes:
    inside = "".join(f"<item>{item}</item>" for item in items)
    return (
        f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{inside}</channel></rss>'.encode()
    )


def item(html: str, title: str = "") -> str:
    return f"<title>{escape(title)}</title><description>{escape(html)}</description>"


def test_an_entry_becomes_zones_in_reading_order() -> None:
    draft = sample("gazette.rss")[0]
    assert zones(draft) == [
        (Zone.HEADLINE, "Ferry line returns to Port Alder & Tern Island"),
        (Zone.PARAGRAPH, "Mayor Ines Okafor cut a ribbon on\u00a0Monday."),
        (Zone.CAPTION, "The ferry at dawn."),
        (Zone.SUBHEADING, "A long wait"),
        (Zone.QUOTE, "“We waited long enough.”"),
        (Zone.LIST, "Fare: 4.50 euros"),
        (Zone.LIST, "Crossing: 40 minutes"),
        (Zone.PARAGRAPH, "Day\tBoats\nMonday\t4"),
    ]
    assert "track" not in draft.text
    assert draft.changes == ("1 image was left out.",)


def test_metadata_come_from_the_entry_and_its_feed() -> None:
    metadata = sample("gazette.rss")[0].metadata
    assert metadata.title == "Ferry line returns to Port Alder & Tern Island"
    assert metadata.source == "Harbour Gazette"
    assert metadata.byline == "Orla Winslade"
    assert metadata.url == "https://gazette.example/ferry"
    assert metadata.published_on == date(2031, 3, 4)  # there; in Greenwich as well, here not
    assert metadata.language == "en"


def test_a_description_is_taken_with_a_note_and_an_entry_without_text_is_not() -> None:
    first, second = sample("gazette.rss")
    assert second.text == "Mill sold\n\nThe town council sold the old mill for one crown."
    assert any("only its beginning" in note for note in second.notes)
    assert first.notes == ("1 entry was left out: 1 without a text.",)
    assert second.metadata.url == ""  # “javascript:” is no address of an article


def test_atom_with_xhtml_and_with_plain_text() -> None:
    first, second = sample("observatory.atom")
    assert first.text == (
        "Warte wieder offen\n\nDie Sternwarte 👩‍👩‍👧‍👦 ist offen.\n\nSie brannte 2029."
    )
    assert first.metadata.title == "Warte wieder offen"
    assert first.metadata.byline == "Daniël Okafor, Aya Böhm"
    assert first.metadata.published_on == date(2031, 11, 21)  # in its own zone, not in UTC
    assert first.metadata.language == "de"
    assert second.text == "Text only\n\nFirst <line>.\n\nSecond."
    assert second.metadata.published_on == date(2031, 11, 20)  # when it was updated


def test_a_wordpress_export_gives_what_was_published() -> None:
    classic, modern = sample("wordpress.xml")
    assert zones(classic) == [
        (Zone.HEADLINE, "The old mill"),
        (Zone.PARAGRAPH, "The council sold the mill."),
        (Zone.PARAGRAPH, "It cost one crown."),
        (Zone.CAPTION, "The mill in winter."),
        (Zone.SUBHEADING, "Who bought it"),
        (Zone.PARAGRAPH, "A baker, it seems."),
    ]
    # A line end of the classic editor ends a line, one between the tags of blocks does not.
    assert "sold the mill.\nIt cost" in classic.text
    assert modern.text == "With blocks\n\nOne line of one paragraph."
    assert classic.notes == (
        "2 entries were left out: 1 of the kind “attachment”, 1 with the status “draft”.",
    )
    assert modern.notes == ()
    assert classic.metadata.published_on == date(2031, 3, 5)  # where the site is
    assert classic.metadata.byline == "agnieszka"


def test_rss_1_0_in_rdf() -> None:
    data = (
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        b'xmlns="http://purl.org/rss/1.0/"><channel rdf:about="x"><title>Gazette</title></channel>'
        b"<item><title>Ferry</title><description>It came home.</description></item></rdf:RDF>"
    )
    assert Reader().recognises(Source("feed.rdf", data))
    assert [draft.text for draft in read(data)] == ["Ferry\n\nIt came home."]


def test_a_headline_that_the_text_repeats_stands_once() -> None:
    [draft] = read(rss(item("<h1>Ferry</h1><p>It came home.</p>", "Ferry")))
    assert draft.text == "Ferry\n\nIt came home."


@pytest.mark.parametrize("name", ["gazette.rss", "observatory.atom", "wordpress.xml"])
def test_the_other_reader_finds_the_same_entries(name: str) -> None:
    with (SAMPLES / name).open("rb") as stream:
        entries = feedparser.parse(stream).entries
    drafts = {draft.metadata.title: draft for draft in sample(name)}
    for entry in entries:
        title = entry.title.replace("<i>", "").replace("</i>", "")
        if entry.get("wp_status", "publish") != "publish" or title == "Only a title":
            assert title not in drafts
        elif "link" in entry and entry.link.startswith("http"):
            assert drafts[title].metadata.url == entry.link


@real
def test_feeds_that_nobody_here_wrote() -> None:
    def texts(name: str) -> list[str]:
        return [draft.text for draft in read((REAL / name).read_bytes(), name)]

    assert texts("full.rss") == [
        "Example entry\n\nHere is some text containing an interesting description."
    ]
    [relative] = texts("relative.rss")
    assert "evil" not in relative
    for name in ("empty.atom", "euc-kr.xml", "bozo_invalid-bytes-with-bom.xml"):
        with pytest.raises(FormatError, match=f"^{name} holds no entry"):
            texts(name)


def test_the_encoding_is_the_one_declared_or_chosen() -> None:
    declared = rss(item("<p>Café</p>")).replace(b'"1.0"', b'"1.0" encoding="iso-8859-1"', 1)
    data = declared.decode().encode("latin-1")
    assert read(data)[0].text == "Café"
    undeclared = rss(item("<p>Дом</p>")).decode().encode("windows-1251")
    [draft] = read(undeclared, encoding="windows-1251")
    assert (draft.text, draft.encoding) == ("Дом", "windows-1251")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (rss(), True),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- a feed -->\n<rss version='2.0'>", True),
        (rss().decode().encode("utf-16"), True),
        (b'<feed xmlns="http://www.w3.org/2005/Atom">', True),
        (b'<a:feed xmlns:a="http://www.w3.org/2005/Atom">', True),
        (b"<feed><entry/></feed>", False),
        (b'<rdf:RDF xmlns="http://www.w3.org/2004/02/skos/core#">', False),
        (b"<nitf><body>&lt;rss</body></nitf>", False),
        (b'<xmi:XMI xmlns:xmi="http://www.omg.org/XMI">', False),
        (b"<rssish/>", False),
        (b"<html><rss>", False),
        (b"<" * 10_000, False),
        (b"<!--" * 5_000, False),
        (b"", False),
    ],
)
def test_only_feeds_are_recognised(data: bytes, expected: bool) -> None:
    assert Reader().recognises(Source("x.xml", data)) is expected


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> Never:
        raise AssertionError(f"a feed made a connection: {args}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    data = (
        b'<!DOCTYPE rss SYSTEM "http://evil.example/rss.dtd">'
        + rss(item('<img src="http://evil.example/x"><p>It came home.</p>')).split(b"?>")[1]
    )
    assert "It came home." in str(extract(data, "feed.xml", "")["entries"])
    # Neither an address nor the name of a file is followed.
    for text in (b"http://evil.example/feed", bytes(SAMPLES / "gazette.rss")):
        with pytest.raises(FormatError, match="holds no entry"):
            extract(text, "feed.xml", "")


def test_entities_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    declared = f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    data = declared + rss("<title>T</title><description>Text &x; ends.</description>").decode()
    try:
        texts = [draft.text for draft in read(data.replace('<?xml version="1.0"?>', "").encode())]
    except FormatError:
        texts = []
    assert "hunter2" not in "".join(texts)


def billion_laughs() -> bytes:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    body = rss("<title>T</title><description>&e11;</description>").decode()
    return f'<!DOCTYPE rss [<!ENTITY e0 "ha">{entities}]>{body}'.encode()


def test_a_feed_that_declares_entities_is_known_as_one_and_refused() -> None:
    data = billion_laughs()
    assert Reader().recognises(Source("feed.rss", data))
    with pytest.raises(FormatError, match=r"^feed\.xml cannot be read: it declares entities"):
        read(data)


@pytest.mark.parametrize(
    "make",
    [
        billion_laughs,
        lambda: rss(item("<div>" * 5_000 + "x")),
        lambda: rss("<a>" * 5_000),
        lambda: b"<rss>" + b"\xff\x00<" * 2_000,
        lambda: b"<rss",
    ],
)
def test_a_hostile_feed_is_one_sentence_or_some_text(make: Callable[[], bytes]) -> None:
    try:
        found = [draft.text for draft in read(make())]
    except FormatError as error:
        found = [str(error)]
    assert found
    assert all(len(text) < 100_000 for text in found)


def test_one_entry_that_is_nested_too_deeply_does_not_spoil_the_others() -> None:
    drafts = read(rss(item("<div>" * 5_000 + "x", "Deep"), item("<p>It came home.</p>")))
    assert drafts[-1].text == "It came home."


def test_a_feed_that_is_too_large_is_not_read() -> None:
    with pytest.raises(FormatError, match=r"^feed.xml has 20.0 MB. The limit"):
        read(b" " * (MAX_FEED_BYTES + 1))


def test_an_article_that_is_too_long_is_named() -> None:
    long = rss(item("<p>" + "word " * 200_001 + "</p>", "Endless"))
    with pytest.raises(FormatError, match=r"^The text of “Endless” in feed\.xml has 1,000,0"):
        read(long)


#: Control characters from U+0080 on are taken for Windows-1252, as browsers take them.
feed_texts = (cast.texts | st.just(cast.TORTURE)).filter(
    lambda text: (
        not re.search("[\x80-\x9f]", text)
        # feedparser puts right what looks like UTF-8 that was taken for Latin-1.
        and not re.search("[\xc2-\xf4][\x80-\xbf]", text)
    )
)


@settings(deadline=None, max_examples=60)
@given(st.lists(feed_texts, min_size=1, max_size=4))
def test_the_characters_of_an_entry_are_kept(texts: list[str]) -> None:
    def seen(text: str) -> str:
        return "".join(normalise(text).text.split()).replace("\ufeff", "")

    html = "".join(f"<p>{escape(text)}</p>" for text in texts)
    data = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title><entry>'
        "<title>A headline of its own</title>"
        f'<content type="html">{escape(html)}.</content></entry></feed>'
    ).encode()
    [entry] = json.loads(json.dumps(extract(data, "feed.xml", "")))["entries"]
    blocks = "".join(text for _, text in entry["blocks"])
    assert seen(blocks) == seen("A headline of its own" + "".join(texts) + ".")


@pytest.mark.parametrize("before", [b"<!-- Ulm -->\n", b"<?ulm slept?>"])
def test_what_stands_before_something_else_takes_no_time(before: bytes) -> None:
    begun = time.monotonic()
    assert not Reader().recognises(Source("a.xml", before * 26 + b"<ulm/>"))
    assert time.monotonic() - begun < 1
    assert Reader().recognises(Source("a.xml", before * 26 + b"<rss/>"))


@pytest.mark.parametrize("mark", ["[caption]", "[embed]", "[caption", "[audio"])
def test_marks_that_are_never_closed_take_no_time(mark: str) -> None:
    post = f"<item><title>t</title><description>{mark * 20_000} Ulm</description></item>"
    begun = time.monotonic()
    [draft] = read(f'<rss version="2.0"><channel>{post}</channel></rss>'.encode())
    assert draft.text.endswith("Ulm")
    assert time.monotonic() - begun < 20

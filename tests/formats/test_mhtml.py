"""Saved pages in one file: the right part is the page, and it is read as every page is."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.domain.articles import ArticleDraft
from annotations.domain.zones import Zone
from annotations.formats import html
from annotations.formats.base import FormatError, Source
from annotations.formats.mhtml import Reader

SAMPLES = Path(__file__).parent.parent / "samples"
GOLDEN = SAMPLES / "formats/mhtml/ferry.mhtml"
PARAGRAPH = (
    "<p>The harbour master, Zoë Brandt, said on Tuesday that the ferry would stay on the rocks "
    "until the spring tide, and that nobody should go near it.</p>"
)
PAGE = f"<html><body><article><h1>Ferry stuck</h1>{PARAGRAPH * 3}</article></body></html>"


def read(data: bytes, encoding: str = "") -> ArticleDraft:
    [draft] = Reader().read(Source("page.mhtml", data, encoding=encoding, language="cy"))
    return draft


def saved(*parts: tuple[str, bytes], head: str = "") -> bytes:
    """A message of parts, each its headers and its bytes."""
    start = f'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="b"{head}\n\n'.encode()
    return (
        start
        + b"".join(b"--b\n" + headers.encode() + b"\n\n" + body + b"\n" for headers, body in parts)
        + b"--b--\n"
    )


def zones(draft: ArticleDraft) -> list[tuple[Zone, str]]:
    return [(zone.zone, draft.text[zone.start : zone.end]) for zone in draft.zones]


def test_the_page_is_read_and_its_frames_and_images_are_not() -> None:
    draft = read(GOLDEN.read_bytes())
    assert [(zone, text.split()[0]) for zone, text in zones(draft)] == [
        (Zone.HEADLINE, "Ferry"),
        (Zone.PARAGRAPH, "The"),
        (Zone.PARAGRAPH, "An"),
    ]
    assert "Zoë Brandt" in draft.text
    assert "Buy a boat" not in draft.text


def test_metadata_are_the_pages_with_the_messages_address() -> None:
    metadata = read(GOLDEN.read_bytes()).metadata
    assert metadata.title == "Ferry stuck"
    assert metadata.url == "https://gazette.example/ferry"
    assert metadata.published_on is None  # the message's date is when it was saved
    assert metadata.language == "en"


def test_a_saved_page_reads_as_the_page_itself() -> None:
    page = (SAMPLES / "harbour-gazette.html").read_bytes()
    [alone] = html.Reader().read(Source("page.mhtml", page))
    whole = read(saved(("Content-Type: text/html", page)))
    assert whole == alone
    assert whole.metadata.published_on == date(2031, 3, 4)


def test_the_start_names_the_root() -> None:
    other = PAGE.replace("Ferry", "Mill").encode()
    parts = (
        ("Content-Type: text/html; charset=utf-8\nContent-ID: <a@x>", other),
        ("Content-Type: text/html; charset=utf-8\nContent-ID: <b@x>", PAGE.encode()),
    )
    assert read(saved(*parts, head='; start="<b@x>"')).text.startswith("Ferry stuck")
    assert read(saved(*parts)).text.startswith("Mill stuck")


@pytest.mark.parametrize("charset", ["windows-1252", "utf-8", "utf-16"])
def test_the_parts_charset_counts_before_the_pages(charset: str) -> None:
    page = PAGE.replace("<body>", '<meta charset="koi8-r"><body>')
    part = (f"Content-Type: text/html; charset={charset}", page.encode(charset))
    assert "Zoë Brandt" in read(saved(part)).text


def test_without_one_the_pages_own_charset_counts() -> None:
    page = PAGE.replace("<body>", '<meta charset="windows-1252"><body>').encode("windows-1252")
    draft = read(saved(("Content-Type: text/html", page)))
    assert "Zoë Brandt" in draft.text
    assert draft.encoding == "windows-1252"


def test_a_page_that_is_the_whole_message() -> None:
    assert "Zoë Brandt" in read(b"Content-Type: text/html\n\n" + PAGE.encode()).text


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"Subject: x\n\nIt came home.", "page.mhtml holds no web page."),
        (saved(("Content-Type: image/png", b"x")), "page.mhtml holds no web page."),
        (saved(("Content-Type: text/html", b" \n")), "page.mhtml holds no web page."),
        (saved(("Content-Type: text/html", b"<p>x")), "No article text was found in page.mhtml."),
        (b"boundary=" * 200, "page.mhtml cannot be read: it has more parts"),
        (b"", "page.mhtml holds no web page."),
    ],
)
def test_a_file_that_cannot_be_read_is_one_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(FormatError, match=f"^{sentence}"):
        read(data)


def test_only_what_starts_with_headers_is_recognised() -> None:
    assert Reader().recognises(Source("x.mht", GOLDEN.read_bytes()))
    assert not Reader().recognises(Source("x.mht", PAGE.encode()))


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2_000), st.binary(max_size=12))
def test_damage_anywhere_is_survived(place: int, damage: bytes) -> None:
    whole = GOLDEN.read_bytes()
    try:
        found = read(whole[:place] + damage + whole[place + len(damage) :]).text
    except FormatError as error:
        found = str(error)
    assert found.strip()

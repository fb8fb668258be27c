"""MHTML: a web page with all its parts in one file, as browsers save it.

RFC 2557 (https://www.rfc-editor.org/rfc/rfc2557): a ``multipart/related`` message. Its root is the
part that ``start`` names, or the one whose ``Content-Location`` is that of the whole
(``Snapshot-Content-Location`` in Chromium's files), or the first that is HTML. That part is read as
every saved page is; images, style sheets and frames are left out. The address is taken from
the message where the page does not declare its own. The message's date is that of saving and
not taken.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from email.message import Message
from typing import ClassVar, Final

from annotations.domain.articles import ArticleDraft
from annotations.formats import base, html
from annotations.formats._mime import (
    header,
    message_of,
    page_of,
    payload_of,
    reading,
    starts_with_headers,
)
from annotations.formats.base import FormatError, Source

_WEB: Final = re.compile(r"https?://\S+", re.IGNORECASE)
_PAGES: Final = ("text/html", "application/xhtml+xml")


class Reader(base.Reader):
    """Reads one saved page as one article."""

    title: ClassVar[str] = "Web page in one file (MHTML)"
    suffixes: ClassVar[tuple[str, ...]] = (".mhtml", ".mht")

    def recognises(self, source: Source) -> bool:
        """By its headers."""
        return starts_with_headers(source.data)

    def read(self, source: Source) -> Iterator[ArticleDraft]:
        """Yield the one article.

        Raises FormatError for a file that holds no page, and what the reader of HTML raises.
        """
        message = message_of(source)
        with reading(source.name):
            root = _root(message)
            if root is None:
                raise FormatError(f"{source.name} holds no web page.")
            page, address = page_of(root, source), _address(message, root)
        for draft in html.Reader().read(page):
            url = draft.metadata.url or address
            yield replace(draft, metadata=replace(draft.metadata, url=url))


def _root(message: Message) -> Message | None:
    """The part that is the page."""
    parts = [part for part in message.walk() if part.get_content_type() in _PAGES]
    parts = [part for part in parts if payload_of(part).strip()]
    start = str(message.get_param("start", "")).strip()
    whole = _location(message)
    for part in parts:
        if start and header(part, "Content-ID") == start:
            return part
    for part in parts:
        if whole and header(part, "Content-Location") == whole:
            return part
    return parts[0] if parts else None


def _location(message: Message) -> str:
    return header(message, "Snapshot-Content-Location") or header(message, "Content-Location")


def _address(message: Message, root: Message) -> str:
    places = (_location(message), header(root, "Content-Location"))
    return next((place for place in places if _WEB.fullmatch(place)), "")

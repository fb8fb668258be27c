"""E-mail: wire copy as it arrives, one message an article.

RFC 5322 (https://www.rfc-editor.org/rfc/rfc5322) with MIME. The subject becomes the title, the
sender the byline, the day of sending that of publication; what the headers do not say stays
empty. Of a text in several forms the plain one is taken, else the HTML, which is read as saved
pages are. Lines that the mail program wrapped (``format=flowed``, RFC 3676) are joined; every other
line end stays, signatures too. A forwarded message follows as text, below its own headers.
Attachments are left out and named.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from email.message import EmailMessage, Message
from email.utils import parseaddr
from typing import ClassVar, Final

from annotations.domain.articles import ArticleDraft, Metadata
from annotations.domain.text import normalise
from annotations.domain.zoning import find_zones
from annotations.formats import base, html
from annotations.formats._blocks import Page, parsed
from annotations.formats._dates import day_of
from annotations.formats._mime import (
    decoded,
    header,
    message_of,
    page_of,
    reading,
    starts_with_headers,
)
from annotations.formats.base import FormatError, Source
from annotations.formats.decoding import check_article_length, check_text, decode
from annotations.formats.plain_text import oddity_notes, zoned

_FORWARDED_HEADERS: Final = ("From", "Date", "Subject", "To")
#: How the reader of pages begins its notes on what a page does not say, and a mail may.
_ABOUT_THE_PAGE: Final = "The page "
_NAMED: Final = 5


class Reader(base.Reader):
    """Reads one message as one article."""

    title: ClassVar[str] = "E-mail"
    suffixes: ClassVar[tuple[str, ...]] = (".eml",)

    def recognises(self, source: Source) -> bool:
        """By its headers."""
        return starts_with_headers(source.data)

    def read(self, source: Source) -> Iterator[ArticleDraft]:
        """Yield the one article.

        Raises FormatError for a file that is too large or damaged, and a message without text.
        """
        message = message_of(source)
        letter = _Letter(source)
        with reading(source.name):
            letter.open(message)
            draft = letter.draft(_metadata(message, source.language))
        check_article_length(draft.text, source.name)
        yield draft


def _metadata(message: Message, language: str) -> Metadata:
    name, address = parseaddr(header(message, "From"))
    return Metadata(
        title=header(message, "Subject"),
        byline=name or address,
        published_on=day_of(header(message, "Date")),
        language=language,
    )


@dataclass(slots=True)
class _Letter:
    """What was found in a message so far: texts, and the first page."""

    source: Source
    texts: list[str] = field(default_factory=list)
    page: Message | None = None
    attachments: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    encoding: str = "utf-8"
    flowed: int = 0

    def open(self, part: Message) -> None:
        """Take what can be read of a part and those within it, in their order.

        Recursion is bounded by what the parser nests itself.
        """
        kind = part.get_content_type()
        if kind == "message/rfc822":
            self._open_forwarded(part)
        elif kind == "multipart/alternative":
            self._open_one_of(_parts(part))
        elif part.is_multipart():
            for inner in _parts(part):
                self.open(inner)
        elif part.get_content_disposition() == "attachment" or part.get_filename():
            self.attachments.append(_one_line(part.get_filename() or kind))
        elif kind == "text/plain":
            self._add(part)
        elif kind == "text/html" and self.page is None:
            self.page = part
        else:
            self.attachments.append(kind)

    def _open_one_of(self, parts: Sequence[Message]) -> None:
        """The plain one of several forms of a text, or the last that is another."""
        plain = [part for part in parts if part.get_content_type() == "text/plain"]
        before = len(self.texts)
        for part in plain:
            self.open(part)
        if len(self.texts) == before and (others := [part for part in parts if part not in plain]):
            self.open(others[-1])

    def _open_forwarded(self, part: Message) -> None:
        for message in _parts(part):
            lines = [
                f"{name}: {value}"
                for name in _FORWARDED_HEADERS
                if (value := header(message, name))
            ]
            inner = _Letter(self.source)
            inner.open(message)
            self.texts.append("\n".join(lines) + "\n\n" + inner.text())
            self.attachments += inner.attachments
            self.flowed += inner.flowed

    def _add(self, part: Message) -> None:
        found = decoded(part, self.source)
        if found is None:
            return
        check_article_length(found.text, self.source.name)
        text = normalise(found.text).text
        if str(part.get_param("format", "")).lower() == "flowed":
            text, joined = _unflowed(text, str(part.get_param("delsp", "")).lower() == "yes")
            self.flowed += joined
        self.texts.append(text)
        self.notes += found.notes
        self.encoding = found.encoding

    def text(self) -> str:
        """All texts, below what the page shows, where there is one."""
        shown = [] if self.page is None else [_shown(page_of(self.page, self.source))]
        return "\n\n".join(text.strip("\n") for text in (*shown, *self.texts))

    def draft(self, metadata: Metadata) -> ArticleDraft:
        """The article.

        Raises FormatError where the message has no text.
        """
        if self.page is not None and not self.texts:
            draft = self._draft_of_page(page_of(self.page, self.source))
        else:
            normalised = normalise(self.text())
            text = normalised.text
            if not text.strip():
                what = " ".join(self._changes())
                raise FormatError(f"{self.source.name} is empty. {what}".rstrip())
            draft = ArticleDraft(
                text=text,
                zones=find_zones(text, headline=metadata.title),
                encoding=self.encoding,
                changes=normalised.changes,
                notes=(*self.notes, *oddity_notes(text)),
            )
        return replace(
            draft,
            metadata=replace(
                metadata,
                source=draft.metadata.source,
                url=draft.metadata.url,
                published_on=metadata.published_on or draft.metadata.published_on,
            ),
            changes=(*draft.changes, *self._changes()),
        )

    def _draft_of_page(self, page: Source) -> ArticleDraft:
        try:
            (draft,) = html.Reader().read(page)
        except FormatError:
            # Too little for an article on a page; a message may be as short as it likes.
            return _short_draft(page)
        notes = (note for note in draft.notes if not note.startswith(_ABOUT_THE_PAGE))
        return replace(draft, notes=tuple(notes))

    def _changes(self) -> list[str]:
        changes = []
        if self.flowed:
            changes.append(
                f"Lines that the mail program had wrapped were joined ({self.flowed:,})."
            )
        if self.attachments:
            shown = ", ".join(self.attachments[:_NAMED])
            more = len(self.attachments) - _NAMED
            changes.append(
                f"Attachments were left out: {shown}{f' and {more:,} more' if more > 0 else ''}."
            )
        return changes


def _parts(part: Message) -> list[Message]:
    payload = part.get_payload()
    return (
        [each for each in payload if isinstance(each, EmailMessage)] if part.is_multipart() else []
    )


def _one_line(value: str) -> str:
    return " ".join(normalise(value).text.split())


def _unflowed(text: str, deletes_space: bool) -> tuple[str, int]:
    """The text with its soft line ends joined, and their number (RFC 3676, 4)."""
    lines: list[str] = []
    joined = 0
    is_open = False
    for raw in text.split("\n"):
        line = raw.removeprefix(" ")
        # A mark of quotation is the reader's to see; a quoted line ends where it ends.
        is_fixed = line == "-- " or line.startswith(">")
        if is_open and not is_fixed:
            lines[-1] += line
            joined += 1
        else:
            lines.append(line)
        is_open = line.endswith(" ") and not is_fixed
        if is_open and deletes_space:
            lines[-1] = lines[-1][:-1]
    return "\n".join(lines), joined


def _short_draft(page: Source) -> ArticleDraft:
    found = _blocks_of(page)
    text, zones = zoned(found.blocks)
    check_text(text, page.name)
    return ArticleDraft(text=text, zones=zones, changes=tuple(found.changes))


def _shown(page: Source) -> str:
    return "\n\n".join(each.text for each in _blocks_of(page).blocks)


def _blocks_of(page: Source) -> Page:
    """All blocks of a page, whatever they are."""
    found = Page()
    found.add(parsed(decode(page.data, chosen=page.encoding, name=page.name).text, page.name))
    return found

"""What e-mails and saved pages in MHTML share: MIME messages, taken apart without harm.

MIME is RFC 2045 to 2049, a message RFC 5322; the standard library's ``email`` package reads both.
It is asked no more than it answers in time: a message whose parts are nested and whose lines
are many beyond reason is refused, and headers are cut before they are parsed.
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from email import policy
from email.errors import MessageError
from email.message import EmailMessage, Message
from email.parser import BytesParser
from typing import Final, cast

from annotations.domain.text import normalise
from annotations.formats.base import FormatError, Source
from annotations.formats.decoding import Decoded, check_size, decode

#: What is taken of a header, and of those that every part may have. The library's time grows with
#: the square of it.
_LONGEST_HEADER: Final = 1_000
_LONGEST_CONTENT_HEADER: Final = 300
#: Every line is compared with every boundary that is open, a few µs for each.
_MOST_COMPARISONS: Final = 4_000_000
_MOST_NESTED: Final = 100
#: A saved page has some hundred images, each a part with its own headers.
_MOST_PARTS: Final = 1_500
#: What the library raises on what it does not expect.
_FAILURES: Final = (
    MessageError,
    ValueError,
    LookupError,
    RecursionError,
    AttributeError,
    TypeError,
    AssertionError,
    OverflowError,
)
_HEADER: Final = re.compile(rb"(?:\xef\xbb\xbf)?(?:From [^\n]*\n)?[!-9;-~]+:")
_PART: Final = re.compile(rb"^content-type\s*:", re.IGNORECASE | re.MULTILINE)
_NESTS: Final = re.compile(rb"boundary\s*[*\d]*=|message/rfc822", re.IGNORECASE)


class _Policy(policy.EmailPolicy):
    """The library's modern policy, with headers of a bounded length that are parsed once."""

    def header_source_parse(self, sourcelines: Iterable[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(list(sourcelines))
        if not name.lower().startswith("content-"):
            return name, value[:_LONGEST_HEADER]
        # The library asks for these some twenty times, and would parse them as often.
        try:
            return name, self.header_fetch_parse(name, value[:_LONGEST_CONTENT_HEADER])
        except _FAILURES:
            return name, ""


_POLICY: Final = _Policy()


def starts_with_headers(data: bytes) -> bool:
    """Whether a file starts as a message does, with the name of a header."""
    return _HEADER.match(data[:1_000].lstrip()) is not None


def message_of(source: Source) -> EmailMessage:
    """The message of a file.

    Raises FormatError for a file that is too large, or has parts beyond reason.
    """
    check_size(source.data, source.name)
    data = _with_usual_lines(source.data)
    nests = len(_NESTS.findall(data))
    comparisons = (nests + 1) * data.count(b"\n")
    parts = len(_PART.findall(data))
    if nests > _MOST_NESTED or parts > _MOST_PARTS or comparisons > _MOST_COMPARISONS:
        raise FormatError(
            f"{source.name} cannot be read: it has more parts or lines than any message."
        )
    with reading(source.name):
        # The policy makes messages of this class.
        return cast("EmailMessage", BytesParser(policy=_POLICY).parsebytes(data))


def _with_usual_lines(data: bytes) -> bytes:
    """A message as it was sent: programs put marks and blank lines before it, and convert lines.

    To the library the headers end at the first line that is none, and all else is text.
    """
    data = data.removeprefix(codecs.BOM_UTF8).lstrip().replace(b"\r\r\n", b"\r\n")
    return data if b"\n" in data else data.replace(b"\r", b"\n")


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Turn what the library raises on a message that was made to break it into FormatError."""
    try:
        yield
    except _FAILURES:
        raise FormatError(f"{name} cannot be read: it is damaged or no message at all.") from None


def header(message: Message, name: str) -> str:
    """A header as one line of text, its encoded words decoded; empty where there is none."""
    try:
        value = str(message.get(name, ""))
    except _FAILURES:
        return ""
    return " ".join(normalise(value).text.split())


def decoded(part: Message, source: Source) -> Decoded | None:
    """The characters of a text part; None where it is blank.

    Raises FormatError where its bytes are no text.
    """
    payload = payload_of(part)
    if not payload.strip():
        return None
    declared = charset_of(part)
    return decode(payload, chosen=source.encoding, declared=declared, name=source.name)


def payload_of(part: Message) -> bytes:
    """The bytes of a part, its transfer encoding undone as well as that goes."""
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def charset_of(part: Message) -> str:
    """The charset that a part declares; empty where it declares none."""
    return part.get_content_charset("")


def page_of(part: Message, source: Source) -> Source:
    """An HTML part as a file of its own, which the reader of HTML takes.

    Where the part declares a charset it becomes UTF-8, since the page may declare another.
    Raises FormatError where its bytes are no text.
    """
    text = decoded(part, source) if charset_of(part) or source.encoding else None
    return Source(
        name=source.name,
        data=payload_of(part) if text is None else text.text.encode(errors="replace"),
        encoding="" if text is None else "utf-8",
        language=source.language,
    )

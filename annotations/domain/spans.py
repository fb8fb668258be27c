"""Stretches of a text, and the one place where offsets are converted.

Offsets are Unicode code points from the start of an article's text, half-open:
``text[start:end]`` in Python. Browsers and UIMA count UTF-16 code units; they meet
code points here and nowhere else.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from annotations.domain.errors import EmptySpan, QuoteMismatch, SpanOutOfText


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open stretch ``[start, end)`` in code points; never empty.

    Spans sort by start, then by end.

    Raises EmptySpan when ``start >= end`` or ``start < 0``.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise EmptySpan(self.start, self.end)

    def __len__(self) -> int:
        return self.end - self.start

    def overlaps(self, other: "Span") -> bool:
        """True when both share at least one character."""
        return self.start < other.end and other.start < self.end

    def contains(self, other: "Span") -> bool:
        """True when every character of ``other`` lies in this span (equal spans do)."""
        return self.start <= other.start and other.end <= self.end

    def crosses(self, other: "Span") -> bool:
        """True when they overlap and neither contains the other."""
        return self.overlaps(other) and not (self.contains(other) or other.contains(self))

    def shift(self, by: int) -> Self:
        """The same stretch ``by`` code points further on."""
        return type(self)(self.start + by, self.end + by)

    def of(self, text: str) -> str:
        """The characters at this span.

        Raises SpanOutOfText when it reaches beyond the text.
        """
        if self.end > len(text):
            raise SpanOutOfText(self.start, self.end, len(text))
        return text[self.start : self.end]


def check_quote(text: str, span: Span, quote: str) -> None:
    """Raise QuoteMismatch unless the characters at ``span`` are exactly ``quote``."""
    found = span.of(text)
    if found != quote:
        raise QuoteMismatch(span.start, span.end, quote, found)


def trim(text: str, span: Span) -> Span | None:
    """The span without white space at its edges; None when nothing else is in it."""
    quote = span.of(text)
    start = span.start + len(quote) - len(quote.lstrip())
    end = span.end - (len(quote) - len(quote.rstrip()))
    return Span(start, end) if start < end else None


class Utf16Map:
    """Converts offsets into one text between code points and UTF-16 code units.

    Building costs one pass over the text; a conversion costs a binary search over the
    characters beyond the Basic Multilingual Plane, which count two units each.
    """

    def __init__(self, text: str) -> None:
        self._length = len(text)
        self._astral = [i for i, char in enumerate(text) if char > "\uffff"]
        # The unit at which the n-th astral character starts.
        self._units = [position + n for n, position in enumerate(self._astral)]

    def to_utf16(self, offset: int) -> int:
        """The UTF-16 offset of a code-point offset."""
        return offset + bisect_left(self._astral, offset)

    def to_code_points(self, offset: int) -> int:
        """The code-point offset of a UTF-16 offset.

        Raises ValueError for an offset between the two halves of a surrogate pair.
        """
        before = bisect_right(self._units, offset - 1)
        if before and self._units[before - 1] == offset - 1:
            raise ValueError(f"UTF-16 offset {offset} lies within a surrogate pair")
        return offset - before


def covering(spans: Sequence[Span], span: Span) -> Sequence[Span]:
    """Those of ``spans`` (sorted, disjoint) that share a character with ``span``."""
    first = bisect_right([s.end for s in spans], span.start)
    last = bisect_left([s.start for s in spans], span.end)
    return spans[first:last]

"""Zones: the journalistic role of each stretch of an article."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Zone(StrEnum):
    """The role that a stretch of an article plays on the page it came from."""

    HEADLINE = "headline"
    BYLINE = "byline"
    VIDEO = "video"
    HIGHLIGHTS = "highlights"
    DATELINE = "dateline"
    SUBHEADING = "subheading"
    PARAGRAPH = "paragraph"
    LIST = "list"
    QUOTE = "quote"
    CAPTION = "caption"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True)
class ZonedSpan:
    """A stretch ``[start, end)`` in code points with its zone.

    ``certain`` is False where the evidence is weak and a person should look, as for an
    image caption that stands among paragraphs.
    """

    start: int
    end: int
    zone: Zone
    certain: bool = True


def cover(zones: Iterable[ZonedSpan], text: str) -> bool:
    """True when the zones are sorted and disjoint and only white space lies outside them."""
    position = 0
    for zone in zones:
        if not position <= zone.start < zone.end <= len(text):
            return False
        if text[position : zone.start].strip():
            return False
        position = zone.end
    return not text[position:].strip()

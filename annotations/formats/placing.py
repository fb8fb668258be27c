"""From spans as a file claims them to mentions of the text as it is stored.

Every reader of an annotated format ends here. No span is ever shifted to make it fit: it is
converted where the file counts in UTF-16 code units, carried over what normalisation removed from
the text, checked against the words that the file says it covers, and listed with its reason where
it does not hold.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from annotations.domain.articles import Unplaced
from annotations.domain.mentions import LONGEST_MENTION, Mention, MentionState, in_reading_order
from annotations.domain.text import normalise, removed_by_normalising
from annotations.domain.units import Utf16

#: The most of a quote that a reason repeats, in code points.
QUOTE_LIMIT: Final = 60


class Units(StrEnum):
    """What a file's offsets count."""

    CODE_POINTS = "code points"
    UTF_16 = "UTF-16 code units"


@dataclass(frozen=True, slots=True)
class Claim:
    """A span as a file claims it: offsets into the file's own text, end exclusive.

    ``quote`` are the words that the file says it covers, or None where it does not say.
    ``line`` counts from 1 and is None where the format has no lines.
    """

    start: int
    end: int
    label: str
    quote: str | None = None
    line: int | None = None
    state: MentionState = MentionState.ADDED
    score: float | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Placement:
    """The stored text, the mentions that hold in it, and what did not hold."""

    text: str
    mentions: tuple[Mention, ...]
    unplaced: tuple[Unplaced, ...]
    #: Sentences on what normalisation changed in the text.
    changes: tuple[str, ...]
    #: Sentences on what was converted.
    notes: tuple[str, ...]


def place(text: str, claims: Iterable[Claim], *, units: Units | None = None) -> Placement:
    """Check every claim about a text, as the file has it, and carry it into the text as stored.

    ``units`` is what the file's offsets count, where its format says so. Otherwise the quotes
    decide: they are UTF-16 code units if more of the quotes hold that way.
    """
    claims = list(claims)
    offsets = Utf16(text)
    counted = units or _units_of(text, claims, offsets)
    normalised = normalise(text)
    removed = removed_by_normalising(text) if normalised.changes else []
    mentions: dict[tuple[int, int, str], Mention] = {}
    unplaced: list[Unplaced] = []
    for claim in claims:
        start, end = _points(claim, offsets, counted)
        problem = _problem(claim, start, end, text)
        if problem is None and start is not None and end is not None:
            mention = Mention(
                start - bisect_left(removed, start),
                end - bisect_left(removed, end),
                claim.label,
                claim.state,
                claim.score,
                claim.source,
            )
            problem = _second_problem(mention, mentions)
            if problem is None:
                mentions[mention.key] = mention
                continue
        unplaced.append(_unplaced(claim, problem or ""))
    converted = offsets.differs and counted is Units.UTF_16 and bool(claims)
    return Placement(
        normalised.text,
        tuple(in_reading_order(mentions.values())),
        tuple(unplaced),
        normalised.changes,
        (_CONVERTED,) if converted else (),
    )


def _unplaced(claim: Claim, problem: str) -> Unplaced:
    # A file's own words may hold characters that a database refuses.
    label, quote, reason = (
        normalise(words).text for words in (claim.label, claim.quote or "", problem)
    )
    return Unplaced(claim.start, claim.end, label, quote, reason, claim.line)


_CONVERTED: Final = (
    "The file’s offsets count UTF-16 code units; they were converted to Unicode code points."
)


def shortened(quote: str) -> str:
    """A quote as a sentence can repeat it."""
    return quote if len(quote) <= QUOTE_LIMIT else quote[: QUOTE_LIMIT - 1] + "…"


def _units_of(text: str, claims: Sequence[Claim], offsets: Utf16) -> Units:
    if not offsets.differs:
        return Units.CODE_POINTS
    holding = {
        units: sum(1 for claim in claims if claim.quote and _holds(text, claim, offsets, units))
        for units in Units
    }
    return max(Units, key=lambda units: holding[units])


def _holds(text: str, claim: Claim, offsets: Utf16, units: Units) -> bool:
    start, end = _points(claim, offsets, units)
    return start is not None and end is not None and start >= 0 and text[start:end] == claim.quote


def _points(claim: Claim, offsets: Utf16, units: Units) -> tuple[int | None, int | None]:
    if units is Units.CODE_POINTS:
        return claim.start, claim.end
    return offsets.point(claim.start), offsets.point(claim.end)


def _problem(claim: Claim, start: int | None, end: int | None, text: str) -> str | None:
    """Why a claim does not point at what it says, or None when it does."""
    if not claim.label:
        return "it has no label"
    if start is None or end is None:
        return "an edge lies in the middle of a character"
    if not 0 <= start < end:
        return "it holds no characters"
    if end > len(text):
        return f"it lies beyond the text, which has {len(text):,} characters"
    found = text[start:end]
    if claim.quote is not None and claim.quote != found:
        return f"the file says “{shortened(claim.quote)}”, the text there is “{shortened(found)}”"
    return None


def _second_problem(mention: Mention, mentions: dict[tuple[int, int, str], Mention]) -> str | None:
    """Why a mention that points at what it says cannot be stored, or None when it can."""
    if mention.start == mention.end:
        return "all of its characters are such that cannot be stored"
    if mention.end - mention.start > LONGEST_MENTION:
        return f"it is longer than {LONGEST_MENTION:,} characters"
    if mention.key in mentions:
        return "the same span with the same label occurs twice"
    return None

"""A mention: a span with a label, from a machine or from a person."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from annotations.domain.errors import OverlapNotAllowed
from annotations.domain.spans import Span


class MentionState(StrEnum):
    """How a mention came to stand where it stands."""

    SUGGESTED = "suggested"  # a machine proposes it; nobody has decided yet
    ACCEPTED = "accepted"  # a person took a suggestion as it was
    CHANGED = "changed"  # a person gave a suggestion another label or other edges
    ADDED = "added"  # a person marked it where no machine had


class OverlapPolicy(StrEnum):
    """Which mentions of one layer may share characters."""

    FLAT = "flat"  # none
    NESTED = "nested"  # one inside the other, but not crossing
    ANY = "any"  # all, except the same span with the same label


#: The longest mention, in code points. Long enough for any name or date; it lets a look-up
#: around a place in the text stop this far to its left.
LONGEST_MENTION: Final = 1000

HUMAN_STATES: Final = frozenset({MentionState.ACCEPTED, MentionState.CHANGED, MentionState.ADDED})


@dataclass(frozen=True, slots=True)
class Mention:
    """A span with a label, as a reader sees it highlighted.

    ``score`` is the machine's confidence from 0 to 1, or None where it gave none.
    ``source`` names who made it: a suggester (``en_core_web_md 3.8.0``) or a user.
    Within one layer no two mentions share start, end and label.
    """

    start: int
    end: int
    label: str
    state: MentionState = MentionState.ADDED
    score: float | None = None
    source: str = ""

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)

    @property
    def key(self) -> tuple[int, int, str]:
        """What makes a mention the same mention within its layer."""
        return (self.start, self.end, self.label)

    @property
    def is_decided(self) -> bool:
        """True when a person stands behind it."""
        return self.state in HUMAN_STATES


def in_reading_order(mentions: Iterable[Mention]) -> list[Mention]:
    """By start; of those that start together the longest first, then by label."""
    return sorted(mentions, key=lambda m: (m.start, -m.end, m.label))


def may_stand_together(one: Mention, other: Mention, policy: OverlapPolicy) -> bool:
    """The one predicate that decides whether two mentions fit into the same layer."""
    if one.key == other.key:
        return False
    a, b = one.span, other.span
    if not a.overlaps(b):
        return True
    match policy:
        case OverlapPolicy.FLAT:
            return False
        case OverlapPolicy.NESTED:
            return not a.crosses(b)
        case OverlapPolicy.ANY:
            return True


def check_overlaps(
    mention: Mention, others: Iterable[Mention], policy: OverlapPolicy, text: str
) -> None:
    """Raise OverlapNotAllowed when ``mention`` does not fit beside one of ``others``."""
    for other in others:
        if not may_stand_together(mention, other, policy):
            raise OverlapNotAllowed(mention.span.of(text), other.span.of(text))


def fitting(
    mentions: Iterable[Mention], policy: OverlapPolicy
) -> tuple[list[Mention], list[tuple[Mention, Mention]]]:
    """The mentions that may stand together, and each other one with the one that it gives way to.

    In reading order; of those that may not stand together the first stays.
    """
    kept: list[Mention] = []
    reaching: list[Mention] = []
    yielding: list[tuple[Mention, Mention]] = []
    for mention in in_reading_order(mentions):
        reaching = [other for other in reaching if other.end > mention.start]
        before = (one for one in reaching if not may_stand_together(mention, one, policy))
        if (other := next(before, None)) is not None:
            yielding.append((mention, other))
            continue
        kept.append(mention)
        reaching.append(mention)
    return kept, yielding

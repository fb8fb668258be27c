"""Overlapping mentions flattened into the run of segments that a page draws.

HTML elements nest but cannot cross. Cutting the text at every edge of every mention gives
pieces within which nothing begins or ends, so any overlap can be drawn.
"""

from bisect import insort
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from annotations.domain.mentions import Mention


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch ``[start, end)`` in code points within which no mention begins or ends.

    ``mentions`` are those that cover it, the longest first: the last one is the innermost and
    is drawn on top. Of equally long ones the first in the text comes first, then by label.
    """

    start: int
    end: int
    mentions: tuple[Mention, ...] = ()


def segments(start: int, end: int, mentions: Iterable[Mention]) -> list[Segment]:
    """Cut ``[start, end)`` at every edge of a mention.

    The segments are in order, not empty, and cover the stretch exactly. Mentions come in any
    order and may overlap, nest, cross, or reach beyond the stretch, where they are clipped.
    Takes time in proportion to the mentions (sorted once) and to the size of the result.
    """
    if start >= end:
        return []
    opening: defaultdict[int, list[Mention]] = defaultdict(list)
    closing: defaultdict[int, list[Mention]] = defaultdict(list)
    for mention in mentions:
        if mention.start < end and start < mention.end:
            opening[max(mention.start, start)].append(mention)
            closing[min(mention.end, end)].append(mention)

    cuts = sorted({start, end, *opening, *closing})
    covering: list[Mention] = []
    run: list[Segment] = []
    for cut, next_cut in pairwise(cuts):
        for mention in closing.get(cut, ()):
            covering.remove(mention)
        for mention in opening.get(cut, ()):
            insort(covering, mention, key=_outermost_first)
        run.append(Segment(cut, next_cut, tuple(covering)))
    return run


def _outermost_first(mention: Mention) -> tuple[int, int, str]:
    return (mention.start - mention.end, mention.start, mention.label)

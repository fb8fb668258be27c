"""Character spans against tokens, and the tags that token formats are made of.

Mentions are kept by character; tokens are derived from the text whenever a format needs
them. A mention whose edges are not token edges has no exact place in such a format. It is
returned with a reason: never moved, never dropped.

Tokens are sorted, disjoint ``(start, end)`` pairs in code points, without white space tokens.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from annotations.domain.mentions import Mention, in_reading_order


class Fit(NamedTuple):
    """A mention that covers exactly the tokens ``first`` up to, but not including, ``last``."""

    mention: Mention
    first: int
    last: int


class Unfit(NamedTuple):
    """A mention that has no place among the tokens, with the reason as a sentence."""

    mention: Mention
    reason: str


class Aligned(NamedTuple):
    """Every mention exactly once: fitting or not, each list in reading order."""

    fits: list[Fit]
    misfits: list[Unfit]


def align(mentions: Iterable[Mention], tokens: Sequence[tuple[int, int]]) -> Aligned:
    """Find the tokens of each mention; mentions may overlap.

    Linear in the number of tokens, then a binary search for each mention.
    """
    starts, ends = [start for start, _ in tokens], [end for _, end in tokens]
    aligned = Aligned([], [])
    for mention in in_reading_order(mentions):
        first, last = bisect_left(starts, mention.start), bisect_left(ends, mention.end)
        if starts[first : first + 1] == [mention.start] and ends[last : last + 1] == [mention.end]:
            aligned.fits.append(Fit(mention, first, last + 1))
        else:
            aligned.misfits.append(Unfit(mention, _misalignment(mention, tokens)))
    return aligned


def flatten(aligned: Aligned) -> Aligned:
    """The same mentions with fits that share no token, for formats with one tag per token.

    Of mentions that overlap the longest stays, counted in characters; of equally long ones the
    first in the text, then the one whose label comes first in the alphabet. The others become
    misfits. A mention yields only to one that fits.
    """
    kept: list[Fit] = []
    misfits = list(aligned.misfits)
    for fit in sorted(aligned.fits, key=_longest_first):
        rival = _overlapped(fit, kept)
        if rival is None:
            insort(kept, fit, key=_first_token)
        else:
            misfits.append(Unfit(fit.mention, _yielding(rival.mention)))
    misfits.sort(key=_reading_order)
    return Aligned(kept, misfits)


def iob2(fits: Iterable[Fit], tokens: int) -> list[str]:
    """One tag per token: ``B-`` at a mention's first token, ``I-`` at the others, else ``O``.

    ``fits`` share no token (`flatten`); ``tokens`` is how many there are.
    Source: Tjong Kim Sang and Veenstra, "Representing Text Chunks" (EACL 1999), IOB2.
    """
    tags = ["O"] * tokens
    for mention, first, last in fits:
        tags[first:last] = [f"I-{mention.label}"] * (last - first)
        tags[first] = f"B-{mention.label}"
    return tags


def biluo(fits: Iterable[Fit], tokens: int) -> list[str]:
    """As `iob2`, with ``L-`` at the last token of a mention and ``U-`` at an only one.

    Source: Ratinov and Roth, "Design Challenges and Misconceptions in Named Entity
    Recognition" (CoNLL 2009), there called BILOU.
    """
    fits = list(fits)
    tags = iob2(fits, tokens)
    for mention, first, last in fits:
        tags[last - 1] = f"{'U' if last - first == 1 else 'L'}-{mention.label}"
    return tags


def _misalignment(mention: Mention, tokens: Sequence[tuple[int, int]]) -> str:
    """Why a mention's edges are not token edges."""
    starts_within = _token_around(mention.start, tokens)
    if starts_within is not None:
        return "It starts inside the token at {} to {}.".format(*starts_within)
    ends_within = _token_around(mention.end, tokens)
    if ends_within is not None:
        return "It ends inside the token at {} to {}.".format(*ends_within)
    return "It starts or ends outside every token, in white space."


def _token_around(edge: int, tokens: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    """The token that has characters on both sides of ``edge``."""
    index = bisect_left(tokens, edge, key=_start_of) - 1
    if index >= 0 and edge < tokens[index][1]:
        return tokens[index]
    return None


def _overlapped(fit: Fit, kept: Sequence[Fit]) -> Fit | None:
    """The first of ``kept`` (sorted, disjoint) that shares a token with ``fit``."""
    index = bisect_right(kept, fit.first, key=lambda other: other.last)
    if index < len(kept) and kept[index].first < fit.last:
        return kept[index]
    return None


def _yielding(rival: Mention) -> str:
    return (
        f"It overlaps the {rival.label} at {rival.start} to {rival.end}; "
        "where mentions overlap, one tag per token leaves room for the longest only."
    )


def _longest_first(fit: Fit) -> tuple[int, int, str]:
    mention = fit.mention
    return (mention.start - mention.end, mention.start, mention.label)


def _first_token(fit: Fit) -> int:
    return fit.first


def _start_of(token: tuple[int, int]) -> int:
    return token[0]


def _reading_order(misfit: Unfit) -> tuple[int, int, str]:
    mention = misfit.mention
    return (mention.start, -mention.end, mention.label)

"""The same text elsewhere in an article, and deciding it there as it was decided here.

Only what no person has decided is changed: annotations stay, and so do rejections.
``static/js/review/layer.js`` foresees the same for the page.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from annotations.domain.decisions import Accept, Change, Key, Layer, decide
from annotations.domain.errors import UnknownMention
from annotations.domain.mentions import (
    LONGEST_MENTION,
    Mention,
    MentionState,
    may_stand_together,
)
from annotations.domain.spans import Span


@dataclass(frozen=True, slots=True)
class Edges:
    """The offsets at which tokens start and end."""

    starts: frozenset[int]
    ends: frozenset[int]

    @classmethod
    def of(cls, tokens: Iterable[tuple[int, int]]) -> "Edges":
        pairs = list(tokens)
        return cls(frozenset(s for s, _ in pairs), frozenset(e for _, e in pairs))


def repeats(text: str, span: Span, edges: Edges) -> list[Span]:
    """Where the characters of ``span`` stand again, in order, without ``span`` itself.

    A place counts when it begins and ends at tokens as ``span`` does: “Ana” is not found in
    “Anatolia”. An edge that ``span`` has within a token may lie within one there, too.
    """
    quote = span.of(text)
    starts_word, ends_word = span.start in edges.starts, span.end in edges.ends
    return [
        place
        for place in _occurrences(text, quote)
        if not place.overlaps(span)
        and (not starts_word or place.start in edges.starts)
        and (not ends_word or place.end in edges.ends)
    ]


def _occurrences(text: str, quote: str) -> Iterator[Span]:
    start = text.find(quote)
    while start >= 0:
        yield Span(start, start + len(quote))
        start = text.find(quote, start + len(quote))


def decide_alike(layer: Layer, key: Key, places: Sequence[Span], *, text: str) -> Change:
    """Decide ``places`` as the mention ``key`` is decided.

    If it is rejected, whatever is suggested at the places, under any label, is rejected. Otherwise
    the places get its label; a pending mention is accepted first. Where a person has annotated
    something that could not stand beside it, or rejected just this, nothing changes; nor where the
    words are part of a longer name that is suggested and could not stand beside it.

    A mention that was changed and then removed left its suggestion rejected, under another label.

    Raises UnknownMention when ``key`` is not visible in the layer and nothing is rejected there.
    """
    if not _is_visible(layer, key) and any(k[:2] == key[:2] for k in layer.rejections):
        spans = {(p.start, p.end) for p in places}
        return Change(rejected=tuple(m.key for m in layer.pending() if m.key[:2] in spans))
    mention = layer.find(key)
    own = Change() if mention.is_decided else decide(layer, Accept(key), text=text)
    added, rejected = list(own.added), list(own.rejected)
    taken = _ByPlace([*layer.annotations.values(), *own.added])
    pending = _ByPlace(layer.pending())
    for place in places:
        new = Mention(place.start, place.end, mention.label)
        if new.key in layer.rejections or not _is_free(new, taken.touching(place), layer):
            continue
        displaced = [
            m
            for m in pending.touching(place)
            if m.key != new.key
            and (m.span == place or not may_stand_together(m, new, layer.policy))
        ]
        if any(len(m.span) > len(place) and m.span.contains(place) for m in displaced):
            continue  # part of a longer name
        added.append(_decided(new, displaced, layer))
        rejected += [m.key for m in displaced]
    return Change(added=tuple(added), rejected=tuple(dict.fromkeys(rejected)))


def _is_visible(layer: Layer, key: Key) -> bool:
    try:
        layer.find(key)
    except UnknownMention:
        return False
    return True


def _is_free(new: Mention, annotations: Iterable[Mention], layer: Layer) -> bool:
    """True where no person has marked the same span, or what cannot stand beside it."""
    return all(m.span != new.span and may_stand_together(m, new, layer.policy) for m in annotations)


def _decided(new: Mention, displaced: Iterable[Mention], layer: Layer) -> Mention:
    suggestion = layer.suggestions.get(new.key)
    if suggestion is not None:
        return replace(new, state=MentionState.ACCEPTED, score=suggestion.score)
    relabelled = next((m for m in displaced if m.span == new.span), None)
    if relabelled is not None:
        return replace(new, state=MentionState.CHANGED, score=relabelled.score)
    return new


class _ByPlace:
    """Mentions by where they start, to be asked which of them share characters with a place."""

    def __init__(self, mentions: Iterable[Mention]) -> None:
        self._mentions = sorted(mentions, key=lambda m: m.start)
        self._starts = [m.start for m in self._mentions]

    def touching(self, place: Span) -> list[Mention]:
        first = bisect_left(self._starts, place.start - LONGEST_MENTION)
        last = bisect_left(self._starts, place.end)
        return [m for m in self._mentions[first:last] if m.end > place.start]

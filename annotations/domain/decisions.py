"""What a person's decisions do to one layer of an article.

A layer is what one person sees: the machine's suggestions, which never change, and that
person's own annotations and rejections on top. A decision yields a change, a change can be
applied and inverted, and the changes in order rebuild the layer: that is what makes undo,
history and verification one mechanism.

No rule here depends on a database; the caller may pass the whole article's layer or only
the stretch around a decision.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final, Self

from annotations.domain.errors import UnknownMention
from annotations.domain.mentions import (
    Mention,
    MentionState,
    OverlapPolicy,
    check_overlaps,
    fitting,
    in_reading_order,
    may_stand_together,
)

#: Start, end and label: what makes a mention the same within its layer.
type Key = tuple[int, int, str]

#: Ten digits are enough for any text, and few enough for any database.
_MENTION_ID: Final = re.compile(r"(?P<start>[0-9]{1,10})-(?P<end>[0-9]{1,10})-(?P<label>.+)")


def mention_id(key: Key) -> str:
    """A mention's name in pages and requests: ``12-25-PERSON``."""
    return f"{key[0]}-{key[1]}-{key[2]}"


def parse_mention_id(name: str) -> Key:
    """The inverse of `mention_id`.

    Raises UnknownMention for anything else.
    """
    match = _MENTION_ID.fullmatch(name)
    if match is None:
        raise UnknownMention(name)
    return (int(match["start"]), int(match["end"]), match["label"])


@dataclass(frozen=True, slots=True)
class Accept:
    """Take a suggestion as it is."""

    key: Key


@dataclass(frozen=True, slots=True)
class Reject:
    """Say that a suggestion is wrong, or take an annotation away."""

    key: Key


@dataclass(frozen=True, slots=True)
class Relabel:
    """Give a mention another label."""

    key: Key
    label: str


@dataclass(frozen=True, slots=True)
class Adjust:
    """Give a mention other edges."""

    key: Key
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Add:
    """Mark a mention where there was none."""

    start: int
    end: int
    label: str


type Decision = Accept | Reject | Relabel | Adjust | Add


@dataclass(frozen=True, slots=True)
class Change:
    """What one correction did: annotations and rejections before and after, no others.

    The machine's suggestions do not occur in it, since nothing a person does changes them.
    """

    removed: tuple[Mention, ...] = ()
    added: tuple[Mention, ...] = ()
    unrejected: tuple[Key, ...] = ()
    rejected: tuple[Key, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.removed or self.added or self.unrejected or self.rejected)

    def inverted(self) -> "Change":
        """The change that takes this one back."""
        return Change(
            removed=self.added,
            added=self.removed,
            unrejected=self.rejected,
            rejected=self.unrejected,
        )

    @property
    def places(self) -> tuple[tuple[int, int], ...]:
        """The stretches ``[start, end)`` that this change touches, in order."""
        return tuple(sorted({key[:2] for key in self._keys()}))

    def _keys(self) -> Iterator[Key]:
        for mention in (*self.removed, *self.added):
            yield mention.key
        yield from self.unrejected
        yield from self.rejected


@dataclass(slots=True)
class Layer:
    """One person's view of an article, or of a stretch of it.

    ``annotations`` and ``suggestions`` are by key; ``rejections`` are keys.
    """

    policy: OverlapPolicy = OverlapPolicy.FLAT
    suggestions: dict[Key, Mention] = field(default_factory=dict)
    annotations: dict[Key, Mention] = field(default_factory=dict)
    rejections: set[Key] = field(default_factory=set)

    @classmethod
    def of(
        cls,
        *,
        policy: OverlapPolicy,
        suggestions: Iterable[Mention] = (),
        annotations: Iterable[Mention] = (),
        rejections: Iterable[Key] = (),
    ) -> Self:
        return cls(
            policy=policy,
            suggestions={m.key: m for m in suggestions},
            annotations={m.key: m for m in annotations},
            rejections=set(rejections),
        )

    def pending(self) -> list[Mention]:
        """The suggestions that still wait for a decision, in reading order.

        A suggestion is answered by a rejection, by an annotation equal to it, or by one that
        it could not stand beside: so a second run of a machine never argues with a person.
        """
        open_ones = in_reading_order(
            m
            for key, m in self.suggestions.items()
            if key not in self.annotations and key not in self.rejections
        )
        return _fitting(open_ones, in_reading_order(self.annotations.values()), self.policy)

    def visible(self) -> list[Mention]:
        """What a reader sees highlighted: annotations and pending suggestions, in order."""
        return in_reading_order([*self.annotations.values(), *self.pending()])

    def find(self, key: Key) -> Mention:
        """The visible mention with this key.

        Raises UnknownMention when there is none.
        """
        if key in self.annotations:
            return self.annotations[key]
        suggestion = self.suggestions.get(key)
        if suggestion is None or key in self.rejections:
            raise UnknownMention(mention_id(key))
        if not all(
            may_stand_together(suggestion, a, self.policy) for a in self.annotations.values()
        ):
            raise UnknownMention(mention_id(key))
        return suggestion

    def apply(self, change: Change) -> None:
        """Carry out a change in place.

        Raises UnknownMention when it does not fit this layer, which then is half changed: the
        caller works on a copy or in a transaction.
        """
        for mention in change.removed:
            if self.annotations.pop(mention.key, None) is None:
                raise UnknownMention(mention_id(mention.key))
        for key in change.unrejected:
            if key not in self.rejections:
                raise UnknownMention(mention_id(key))
            self.rejections.remove(key)
        for mention in change.added:
            if mention.key in self.annotations:
                raise UnknownMention(mention_id(mention.key))
            self.annotations[mention.key] = mention
        self.rejections.update(change.rejected)


def decide(layer: Layer, decision: Decision, *, text: str) -> Change:
    """What a decision changes in a layer; the layer itself is left as it is.

    ``text`` is the article's whole text, used to word a refusal. An empty change means that
    things stand as wished already.

    Raises UnknownMention when the mention is not visible in the layer, EmptySpan for edges
    that enclose nothing, OverlapNotAllowed when the result would not fit beside annotations.
    """
    match decision:
        case Accept(key):
            mention = layer.find(key)
            if mention.is_decided:
                return Change()
            return _put(layer, None, mention, text=text)
        case Reject(key):
            return _reject(layer, layer.find(key))
        case Relabel(key, label):
            old = layer.find(key)
            new = replace(old, label=label)
            return _put(layer, old, new, text=text)
        case Adjust(key, start, end):
            old = layer.find(key)
            new = replace(old, start=start, end=end)
            return _put(layer, old, new, text=text)
        case Add(start, end, label):
            return _put(layer, None, Mention(start, end, label), text=text)


def accept_all(layer: Layer) -> Change:
    """Accept every pending suggestion, as one change.

    Of suggestions that exclude each other the first in reading order is taken and the
    others are rejected.
    """
    accepted, yielding = fitting(layer.pending(), layer.policy)
    return Change(
        added=tuple(replace(m, state=MentionState.ACCEPTED, source="") for m in accepted),
        rejected=tuple(m.key for m, _ in yielding),
    )


def add_all(layer: Layer, mentions: Iterable[Mention], *, text: str) -> Change:
    """Put many mentions into a layer, each with the state and score it has, as one change.

    Raises OverlapNotAllowed when one does not fit beside another or beside an annotation.
    """
    added = in_reading_order(mentions)
    reaching: list[Mention] = []
    for mention in in_reading_order([*layer.annotations.values(), *added]):
        reaching = [m for m in reaching if m.end > mention.start]
        check_overlaps(mention, reaching, layer.policy, text)
        reaching.append(mention)
    return Change(added=tuple(added))


def replay(changes: Iterable[Change], *, policy: OverlapPolicy) -> Layer:
    """The annotations and rejections that a history of changes leaves, from nothing.

    Raises UnknownMention when a change does not fit what those before it left.
    """
    layer = Layer(policy=policy)
    for change in changes:
        layer.apply(change)
    return layer


def _reject(layer: Layer, mention: Mention) -> Change:
    if not mention.is_decided:
        return Change(rejected=(mention.key,))
    # Whatever the machine suggested under it would come back as pending; a person who
    # removes a mention wants nothing there.
    uncovered = [
        s.key
        for s in layer.suggestions.values()
        if s.key not in layer.rejections
        and s.span.overlaps(mention.span)
        and (s.key == mention.key or not may_stand_together(s, mention, layer.policy))
    ]
    return Change(removed=(mention,), rejected=tuple(uncovered))


def _put(layer: Layer, old: Mention | None, new: Mention, *, text: str) -> Change:
    """Replace ``old`` (None: nothing) by ``new``, which takes its proper state here."""
    if old is not None and new.key == old.key:
        if old.is_decided:
            return Change()
        old = None  # the same as the suggestion: accepting it
    new.span.of(text)  # raises for edges beyond the text
    others = [m for key, m in layer.annotations.items() if old is None or key != old.key]
    if any(m.key == new.key for m in others):
        return Change() if old is None else _reject(layer, old)
    check_overlaps(new, others, layer.policy, text)
    new = replace(new, state=_state_of(layer, old, new), score=_score_of(layer, new), source="")
    displaced = {
        s.key
        for s in layer.pending()
        if s.key != new.key and not may_stand_together(s, new, layer.policy)
    }
    if old is not None:
        displaced |= _left_behind(layer, old)
    displaced.discard(new.key)
    return Change(
        removed=(old,) if old is not None and old.is_decided else (),
        added=(new,),
        unrejected=(new.key,) if new.key in layer.rejections else (),
        rejected=tuple(sorted(displaced - layer.rejections)),
    )


def _left_behind(layer: Layer, old: Mention) -> set[Key]:
    """The suggestion that a changed mention came from; it must not come back beside it."""
    return {old.key} if old.key in layer.suggestions else set()


def _state_of(layer: Layer, old: Mention | None, new: Mention) -> MentionState:
    if new.key in layer.suggestions:
        return MentionState.ACCEPTED
    if old is None or old.state is MentionState.ADDED:
        return MentionState.ADDED
    return MentionState.CHANGED


def _score_of(layer: Layer, new: Mention) -> float | None:
    """The score of the suggestion that it equals, or of the one that it came from."""
    suggestion = layer.suggestions.get(new.key)
    return suggestion.score if suggestion else new.score


def _fitting(
    candidates: list[Mention], settled: list[Mention], policy: OverlapPolicy
) -> list[Mention]:
    """Those of ``candidates`` that can stand beside all of ``settled`` (both in order).

    A sweep over starts: only settled mentions that reach a candidate are compared with it.
    """
    kept: list[Mention] = []
    reaching: list[Mention] = []
    upcoming = iter(settled)
    following = next(upcoming, None)
    for candidate in candidates:
        while following is not None and following.start < candidate.end:
            reaching.append(following)
            following = next(upcoming, None)
        reaching = [m for m in reaching if m.end > candidate.start]
        if all(may_stand_together(candidate, m, policy) for m in reaching):
            kept.append(candidate)
    return kept

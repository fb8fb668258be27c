"""The history of a layer: the way back to an earlier state, and what was done, in words."""

from dataclasses import dataclass
from typing import Final

from annotations.domain.decisions import Change, Key, Layer
from annotations.domain.mentions import Mention, in_reading_order
from annotations.domain.spans import Span

#: The most characters of a mention that a sentence quotes.
LONGEST_QUOTE: Final = 60


def difference(now: Layer, then: Layer) -> Change:
    """The change that turns the annotations and rejections of ``now`` into those of ``then``."""
    return Change(
        removed=_missing(now.annotations, then.annotations),
        added=_missing(then.annotations, now.annotations),
        unrejected=tuple(sorted(now.rejections - then.rejections)),
        rejected=tuple(sorted(then.rejections - now.rejections)),
    )


def _missing(here: dict[Key, Mention], there: dict[Key, Mention]) -> tuple[Mention, ...]:
    """What is here and, with the same state and score, not there; in reading order."""
    return tuple(in_reading_order(m for key, m in here.items() if there.get(key) != m))


@dataclass(frozen=True, slots=True)
class Deed:
    """One correction as its sentence needs it.

    ``of`` is the decision that an undo took back or a redo did again, however often in turn;
    ``restored`` the revision whose state was brought back. ``finished`` tells how it left the
    review.
    """

    verb: str
    change: Change
    finished: bool = False
    restored: int = 0
    of: "Deed | None" = None


def in_words(deed: Deed, text: str) -> str:
    """What was done, as the rest of a sentence that begins with a name.

    ``text`` is the article's whole text.
    """
    match deed.verb:
        case "undo" | "redo" as verb:
            what = in_words(deed.of, text) if deed.of else "a decision"
            said = f"undid: {what}" if verb == "undo" else f"did again: {what}"
        case "restore":
            said = f"restored {state_in_words(deed.restored)}"
        case "reopen":
            said = "opened the article again"
        case "import":
            how = ", as finished" if deed.finished else ""
            said = f"imported {_number(len(deed.change.added), 'mention')}{how}"
        case "finish":
            said = f"finished the article{_with_the_rest(deed.change)}"
        case "same":
            said = _alike(deed.change, text)
        case verb:
            said = _one(verb, deed.change, text)
    return said


def state_in_words(revision: int) -> str:
    """Which state is meant; 0 is the one before the first decision."""
    return (
        f"the state of revision {revision:,}" if revision else "the state before the first decision"
    )


def _alike(change: Change, text: str) -> str:
    """The same decision wherever the same words stand."""
    if change.added:
        return f"decided {len(change.added):,} × {_named(change.added[0].key, text)} alike"
    return f"rejected {len(change.rejected):,} × {_quoted(change.rejected[0], text)} alike"


def _one(verb: str, change: Change, text: str) -> str:
    """A decision on one mention."""
    if not change.added:
        # Also what was given the label or the edges of another: it stands there already.
        is_annotation = bool(change.removed)
        gone = change.removed[0].key if is_annotation else change.rejected[0]
        return f"{'removed' if is_annotation else 'rejected'} {_named(gone, text)}"
    new = change.added[0].key
    formers = _formers(verb, change, new)
    displaced = [key for key in change.rejected if key not in formers]
    place = f", in place of {_number(len(displaced), 'suggestion')}" if displaced else ""
    return _put(verb, formers, new, text) + place


def _put(verb: str, formers: list[Key], new: Key, text: str) -> str:
    named = _named(new, text)
    match verb, formers:
        case "add", _:
            said = f"marked {named}"
        case "relabel", [old]:
            said = f"changed {_quoted(new, text)} from {old[2]} to {new[2]}"
        case "relabel", [_, *_]:
            said = f"changed {_quoted(new, text)} to {new[2]}"
        case "adjust", [old]:
            said = f"moved an edge: {_quoted(old, text)} is now {_quoted(new, text)}"
        case "adjust", [_, *_]:
            said = f"moved an edge: now {named}"
        case _:
            # A suggestion that got the label or the edges that it had was taken as it was.
            said = f"accepted {named}"
    return said


def _formers(verb: str, change: Change, new: Key) -> list[Key]:
    """What a mention with another label or other edges may have been before.

    It is one, unless a suggestion became it in whose place others went, too: which of them it was
    the log doesn't say.
    """
    if change.removed:
        return [change.removed[0].key]
    match verb:
        case "relabel":
            return [key for key in change.rejected if key[:2] == new[:2]]
        case "adjust":
            alike = [key for key in change.rejected if key[2] == new[2]]
            # Mostly one edge moves, and the other stays.
            return [k for k in alike if k[0] == new[0] or k[1] == new[1]] or alike
        case _:
            return []


def _with_the_rest(change: Change) -> str:
    """What finishing did with what nobody had decided on."""
    parts = []
    if change.added:
        parts.append(f"accepting {_number(len(change.added), 'suggestion')}")
    if change.rejected:
        parts.append(f"rejecting {len(change.rejected):,}")
    return f", {' and '.join(parts)}" if parts else ""


def _named(key: Key, text: str) -> str:
    return f"{_quoted(key, text)} as {key[2]}"


def _quoted(key: Key, text: str) -> str:
    """The words at a key, on one line, shortened where they are many."""
    words = " ".join(Span(key[0], key[1]).of(text).split())
    if len(words) > LONGEST_QUOTE:
        words = f"{words[: LONGEST_QUOTE - 1]}…"
    return f"“{words}”"


def _number(n: int, thing: str) -> str:
    return f"{n:,} {thing}{'' if n == 1 else 's'}"

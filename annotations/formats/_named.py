"""Names that a news item lists beside its text, found in the text.

Formats of the wire say that an item is about somebody, not where. A name that stands in the text
in exactly the same letters is proposed there: at each of its occurrences, at word boundaries, the
longest names first, none within another. Nobody has looked at these places, so that all of them are
suggestions.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from annotations.domain.mentions import LONGEST_MENTION, MentionState
from annotations.formats.placing import Claim

#: More names than this no item lists; it bounds the time of the search.
MAX_NAMES: Final = 1_000
#: How many places are looked at in all, for texts that were built to hold a name everywhere.
_MAX_LOOKS: Final = 100_000
#: A single letter stands for too much.
_SHORTEST: Final = 2
#: Scripts that write no spaces between words: kana and Chinese characters.
_UNSPACED: Final = (
    ("\u3040", "\u30ff"),
    ("\u3400", "\u4dbf"),
    ("\u4e00", "\u9fff"),
    ("\uf900", "\ufaff"),
    ("\U00020000", "\U0003ffff"),
)


@dataclass(frozen=True, slots=True)
class Name:
    """A name that an item lists; ``score`` is how sure it is, from 0 to 1, or None."""

    name: str
    label: str
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Where names stand in a text, and sentences for the person who uploads."""

    claims: tuple[Claim, ...] = ()
    notes: tuple[str, ...] = ()


def find_names(text: str, names: Iterable[Name], source: str) -> Found:
    """Look for names in a text; ``source`` is who proposes them, as in `Mention`.

    Of two entries with the same name the first counts.
    """
    listed = {one.name: one for one in reversed(list(names)) if _is_name(one.name)}
    ordered = sorted(listed.values(), key=lambda one: (-len(one.name), one.name))
    search = _Search(text)
    claims = [
        Claim(
            start,
            start + len(one.name),
            one.label,
            one.name,
            state=MentionState.SUGGESTED,
            score=one.score,
            source=source,
        )
        for one in ordered[:MAX_NAMES]
        for start in search.places_of(one.name)
    ]
    found = len({claim.quote for claim in claims})
    is_whole = len(ordered) <= MAX_NAMES and search.looks_left > 0
    return Found(tuple(claims), tuple(_notes(len(ordered), found, is_whole)))


class _Search:
    """Looks for one name after the other in what the names before have left of a text."""

    def __init__(self, text: str) -> None:
        self.looks_left = _MAX_LOOKS
        self._text = text
        self._taken = bytearray(len(text))

    def places_of(self, name: str) -> Iterator[int]:
        """Where a name stands for itself and outside of every name before."""
        start = self._text.find(name)
        while start >= 0 and self.looks_left > 0:
            self.looks_left -= 1
            end = start + len(name)
            after = start + 1
            if 1 in self._taken[start:end]:
                after = max(after, self._taken.find(0, start))
            elif not (_is_within_word(self._text, start) or _is_within_word(self._text, end)):
                self._taken[start:end] = b"\1" * len(name)
                yield start
                after = end
            start = self._text.find(name, after)


def _notes(listed: int, found: int, is_whole: bool) -> Iterator[str]:
    if listed:
        yield (
            f"The item lists {_counted(listed)} without saying where: those that occur in the "
            f"text ({found}) are suggested at each place."
        )
    if not is_whole:
        yield "They are so many that the shorter ones were not looked for everywhere."


def _counted(names: int) -> str:
    return "1 name" if names == 1 else f"{names:,} names"


def _is_name(name: str) -> bool:
    return _SHORTEST <= len(name) <= LONGEST_MENTION and any(map(str.isalnum, name))


def _is_within_word(text: str, place: int) -> bool:
    """Whether the characters on both sides of a place belong to one word."""
    if not 0 < place < len(text):
        return False
    after = text[place]
    if after == "\u200d" or unicodedata.category(after).startswith("M"):
        return True
    return _is_of_word(text[place - 1]) and _is_of_word(after)


def _is_of_word(character: str) -> bool:
    if any(first <= character <= last for first, last in _UNSPACED):
        return False
    return character.isalnum() or unicodedata.category(character).startswith("M")

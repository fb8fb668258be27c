"""The one normalisation done at upload, before any offset exists, and why it is so small.

Offsets hold for exactly one text, so whatever must change changes here, once, and is reported
to the person who uploads. Only what cannot be kept is changed: PostgreSQL refuses NUL in a
text, XML 1.0 (section 2.2) has no way to write most control characters, and browsers turn
every line end of a form into one of their own. Everything that merely looks odd stays, since
it is the article's: no-break spaces, soft hyphens, joiners, curly quotes, decomposed letters.
"""

import re
from dataclasses import dataclass
from typing import Final

#: Raised when the recipe changes, so that a stored text tells which one made it.
RECIPE_VERSION: Final = 1

_BYTE_ORDER_MARK: Final = "\ufeff"
_RETURN: Final = re.compile("\r")
#: What XML 1.0 or PostgreSQL refuse, by the name that the report gives it (one, several).
_REFUSED: Final = (
    ("NUL character", "NUL characters", re.compile("\x00")),
    ("control character", "control characters", re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f]")),
    ("lone surrogate", "lone surrogates", re.compile("[\ud800-\udfff]")),
    ("noncharacter", "noncharacters", re.compile("[\ufffe\uffff]")),
)
#: Scripts that write no spaces between words: kana and Chinese characters.
_UNSPACED: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD: Final = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}][^\s{_UNSPACED}]*")


@dataclass(frozen=True, slots=True)
class Normalised:
    """A text that can be stored, with one sentence for each kind of change that made it so."""

    text: str
    changes: tuple[str, ...] = ()


def normalise(text: str) -> Normalised:
    """The text that is stored for an upload; ``changes`` is empty where nothing had to change.

    Idempotent: ``normalise(normalise(x).text)`` changes nothing. That is why refused
    characters go first (one may stand between CR and LF) and why a second byte order mark at
    the start goes with the first; one further on stays.
    """
    changes: list[str] = []
    text = _without_refused(text, changes)
    text = _without_byte_order_mark(text, changes)
    text = _with_unified_line_ends(text, changes)
    return Normalised(text, tuple(changes))


def removed_by_normalising(text: str) -> list[int]:
    """Where the characters stand that `normalise` takes away, sorted; so offsets can follow.

    A lone CR is not among them: it becomes a LF in its place.
    """
    removed = {match.start() for _, _, pattern in _REFUSED for match in pattern.finditer(text)}
    # What is refused goes first: a byte order mark or a LF may stand behind it.
    for at, character in enumerate(text):
        if character == _BYTE_ORDER_MARK:
            removed.add(at)
        elif at not in removed:
            break
    for match in _RETURN.finditer(text):
        after = match.end()
        while after in removed:
            after += 1
        if text[after : after + 1] == "\n":
            removed.add(match.start())
    return sorted(removed)


def words_in(text: str) -> int:
    """A rough number of words, for display only.

    A word is a letter or digit and what follows up to white space; of scripts that write no
    spaces every character counts, as word processors do it.
    """
    return len(_WORD.findall(text))


def _without_refused(text: str, changes: list[str]) -> str:
    for one, several, pattern in _REFUSED:
        text, count = pattern.subn("", text)
        if count:
            changes.append(f"Removed: {_counted(count, one, several)} that cannot be stored.")
    return text


def _without_byte_order_mark(text: str, changes: list[str]) -> str:
    rest = text.lstrip(_BYTE_ORDER_MARK)
    if count := len(text) - len(rest):
        marks = _counted(count, "byte order mark", "byte order marks")
        changes.append(f"Dropped from the start: {marks}.")
    return rest


def _with_unified_line_ends(text: str, changes: list[str]) -> str:
    pairs = text.count("\r\n")
    lone = text.count("\r") - pairs
    counts = [f"{count:,} {name}" for count, name in ((pairs, "CRLF"), (lone, "CR")) if count]
    if counts:
        changes.append(f"Line ends were unified: {' and '.join(counts)} became LF.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _counted(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"

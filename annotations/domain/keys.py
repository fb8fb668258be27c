"""The one registry of keys on the review page: what each does, and what a person may change.

A key goes by the name that ``static/js/review/keys.js`` makes of a key press: ``j``, ``Shift+j``,
``Ctrl+Enter``. Two acts cannot share one. Digits belong to the labels.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Self

from annotations.domain.errors import AnnotationError


class Act(NamedTuple):
    """Something that a key does: its name, its usual keys, words for the help sheet, its group."""

    name: str
    keys: tuple[str, ...]
    words: str
    group: str


ACTS: Final = (
    Act("next-pending", ("Tab",), "next that needs eyes", "Walk"),
    Act("previous-pending", ("Shift+Tab",), "previous that needs eyes", "Walk"),
    Act("next", ("j", "ArrowRight"), "next of all", "Walk"),
    Act("previous", ("k", "ArrowLeft"), "previous of all", "Walk"),
    Act("next-unmarked", ("n",), "next name that may have been missed", "Walk"),
    Act("previous-unmarked", ("Shift+n",), "previous name that may have been missed", "Walk"),
    Act("order", ("d",), "least certain first, or in reading order", "Walk"),
    Act("accept", ("Enter",), "accept and go on", "Decide"),
    Act("reject", ("x", "Delete"), "reject or remove, and go on", "Decide"),
    Act("same", ("*",), "decide the same text in the whole article alike", "Decide"),
    Act("undo", ("u", "Ctrl+z"), "undo", "Decide"),
    Act("redo", ("Shift+u", "Ctrl+Shift+z"), "redo", "Decide"),
    Act("finish", ("Ctrl+Enter",), "finish: accept what is left, open the next", "Decide"),
    Act("right-out", ("]",), "right edge out by one word", "Edges"),
    Act("right-in", ("[",), "right edge in by one word", "Edges"),
    Act("left-out", ("Shift+]",), "left edge out by one word", "Edges"),
    Act("left-in", ("Shift+[",), "left edge in by one word", "Edges"),
    Act("by-character", ("b",), "edges and selection by character, or by word", "Edges"),
    Act("extend-right", ("Shift+ArrowRight",), "select the next word", "Mark"),
    Act("extend-left", ("Shift+ArrowLeft",), "select the word before", "Mark"),
    Act("cursor-right", ("Ctrl+ArrowRight",), "word cursor on", "Mark"),
    Act("cursor-left", ("Ctrl+ArrowLeft",), "word cursor back", "Mark"),
    Act("comment", ("e",), "comment on the mention or the selection", "Talk"),
    Act("flag", ("f",), "flag: needs a second look", "Talk"),
    Act("show-labels", ("v",), "show the labels above the words", "Look"),
    Act("history", ("h",), "history of the article", "Look"),
    Act("keybar", (".",), "show or hide the line of keys", "Look"),
    Act("leave", ("Escape",), "let the selection go, then leave the text", "Look"),
    Act("help", ("?",), "all keys", "Look"),
)
BY_NAME: Final = {act.name: act for act in ACTS}
#: Acts whose keys stay, so that there is always a way out and a way to the help.
FIXED: Final = frozenset({"leave"})
#: Acts that must keep a key.
NEEDED: Final = frozenset({"leave", "help"})

#: Keys with a name, by the name in small letters.
_NAMED: Final = {
    name.lower(): name
    for name in (
        *("Tab", "Enter", "Escape", "Delete", "Backspace", "Space"),
        *("Home", "End", "PageUp", "PageDown", "Insert"),
        *("ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"),
        *(f"F{n}" for n in range(1, 13)),
    )
}
#: What browsers keep to themselves, or people need everywhere.
_BROWSERS: Final = frozenset(
    {
        *(f"Ctrl+{letter}" for letter in "acfhjklnoprstvwx"),
        *(f"Ctrl+Shift+{letter}" for letter in "ijnprtw"),
        *("Ctrl+Tab", "Ctrl+Shift+Tab", "Ctrl+PageUp", "Ctrl+PageDown"),
        *("F1", "F3", "F5", "F6", "F7", "F10", "F11", "F12"),
        *("Ctrl++", "Ctrl+-", "Ctrl+=", "Ctrl+0"),
    }
)
#: How keys are shown.
_CAPS: Final = {
    "Enter": "⏎",
    "Delete": "Del",
    "Backspace": "⌫",
    "Escape": "Esc",
    "ArrowRight": "→",
    "ArrowLeft": "←",
    "ArrowUp": "↑",
    "ArrowDown": "↓",
}
_NAME: Final = re.compile(r"(?P<ctrl>ctrl\+)?(?P<shift>shift\+)?(?P<key>.|\w+)", re.IGNORECASE)


class UnusableKey(AnnotationError):
    """A key that cannot be given to an act."""

    def __init__(self, key: str, why: str, *acts: str) -> None:
        super().__init__(f"“{key}” cannot be used: {why}")
        self.key = key
        self.acts = acts


def canonical(typed: str) -> str:
    """The registry's name of a key that a person typed: ``ctrl+Z`` is ``Ctrl+z``.

    Raises UnusableKey for what is no key, for a digit, and for what browsers keep to themselves.
    """
    match = _NAME.fullmatch(typed)
    if match is None:
        raise UnusableKey(typed, "write one character or a key’s name, as in Ctrl+Enter.")
    key, shift = match["key"], bool(match["shift"])
    named = _NAMED.get(key.lower())
    if named is None and len(key) > 1:
        raise UnusableKey(typed, "there is no key of that name.")
    if key.isdigit() and not match["ctrl"]:
        raise UnusableKey(typed, "digits set labels.")
    if named is None and shift and not (key.isalpha() or key in "[]"):
        raise UnusableKey(typed, "write the character that Shift gives instead.")
    name = f"{'Ctrl+' if match['ctrl'] else ''}{'Shift+' if shift else ''}{named or key.lower()}"
    if name in _BROWSERS:
        raise UnusableKey(typed, "the browser needs it.")
    return name


def cap(key: str) -> str:
    """A key as it is shown: ``Ctrl+Shift+z`` is ``Ctrl ⇧Z``."""
    *modifiers, last = re.split(r"(?<=.)\+(?=.)", key)
    shown = _CAPS.get(last, last.upper() if "Shift" in modifiers and len(last) == 1 else last)
    control = "Ctrl " if "Ctrl" in modifiers else ""
    return f"{control}{'⇧' if 'Shift' in modifiers else ''}{shown}"


@dataclass(frozen=True, slots=True)
class Keymap:
    """Which keys do what for one person: the usual ones, and what they chose in place of some."""

    keys: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: {act.name: act.keys for act in ACTS}
    )
    labels: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, choices: Mapping[str, Iterable[str]]) -> Self:
        """The keys with a person's choices, each act by name with the keys as typed.

        Raises UnusableKey, which names the acts concerned.
        """
        keys = dict(cls().keys)
        for name, typed in choices.items():
            if name not in BY_NAME or name in FIXED:
                continue
            try:
                keys[name] = tuple(dict.fromkeys(canonical(key) for key in typed))
            except UnusableKey as refusal:
                refusal.acts = (name,)
                raise
            if not keys[name] and name in NEEDED:
                raise UnusableKey("", f"“{BY_NAME[name].words}” needs a key.", name)
        taken: dict[str, str] = {}
        for name, chosen in keys.items():
            for key in chosen:
                if key in taken:
                    both = f"{BY_NAME[taken[key]].words}” and “{BY_NAME[name].words}"
                    raise UnusableKey(key, f"“{both}” would share it.", taken[key], name)
                taken[key] = name
        return cls(keys)

    @classmethod
    def of_stored(cls, choices: Mapping[str, Iterable[str]]) -> Self:
        """As `of`, for choices that were stored once; what no longer fits is left out."""
        kept: dict[str, Iterable[str]] = {}
        # All of them first: two acts may have changed keys with each other.
        for part in (choices, *({name: keys} for name, keys in choices.items())):
            try:
                cls.of(kept | dict(part))
            except (UnusableKey, TypeError):
                continue
            kept |= part
        return cls.of(kept)

    def with_labels(self, labels: Iterable[tuple[str, str]]) -> "Keymap":
        """With the labels' keys, as (key, label); one that an act has is left to the act."""
        taken = {key for keys in self.keys.values() for key in keys}
        return Keymap(self.keys, tuple((k, name) for k, name in labels if k and k not in taken))

    def act_by_key(self) -> dict[str, str]:
        """The act that each key stands for; ``label:NAME`` for a label's."""
        acts = {key: name for name, keys in self.keys.items() for key in keys}
        return acts | {key: f"label:{name}" for key, name in self.labels}

    def choices(self) -> dict[str, list[str]]:
        """What differs from the usual keys."""
        return {a.name: list(self.keys[a.name]) for a in ACTS if self.keys[a.name] != a.keys}

    def caps(self) -> dict[str, str]:
        """The first key of each act as it is shown, for buttons; by name, with underscores."""
        return {
            name.replace("-", "_"): cap(keys[0]) if keys else "" for name, keys in self.keys.items()
        }

    def sheet(self) -> dict[str, list[tuple[list[str], str]]]:
        """The help sheet: by group, rows of keys as they are shown and what they do."""
        groups: dict[str, list[tuple[list[str], str]]] = {}
        for act in ACTS:
            shown = [cap(key) for key in self.keys[act.name]]
            groups.setdefault(act.group, []).append((shown, act.words))
        groups["Labels (or mark what is selected)"] = [([cap(k)], name) for k, name in self.labels]
        return groups


#: Letters that act on the review page and so cannot set a label.
RESERVED: Final = frozenset(key for act in ACTS for key in act.keys if len(key) == 1)

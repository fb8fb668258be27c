"""Where white space stood between tokens, guessed, for files that do not say.

The rules are those by which tokenizers cut: punctuation was attached to the word before it,
opening brackets and quotation marks to the word after. They are right for most text in most
languages and wrong in places, so a text that was put together by them says so.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

#: Attached to the word before, wherever they stand; and the parts of English contractions.
_CLOSING: Final = re.compile(
    r"[.,;:!?…%‰)\]}”’›。，、；：？！）】」』》،؛؟۔।]+|''|-R[RSC]B-"
    r"|n['’]t|['’](?:s|m|d|re|ve|ll|t)",
    re.IGNORECASE,
)
_FRENCH_APART: Final = frozenset({";", ":", "!", "?", "»", "«"})
_BRACKETS: Final = frozenset(
    {"(", "[", "{", "（", "【", "「", "『", "《", "-LRB-", "-LSB-", "-LCB-"}
)
#: What can open a quotation, with what closes it.
_QUOTES: Final = {
    "“": ("”",), "„": ("“", "”"), "‘": ("’",), "‚": ("‘", "’"), "«": ("»",), "»": ("«",),
    "‹": ("›",), "›": ("‹",), '"': ('"',), "'": ("'",), "``": ("''",),
}  # fmt: skip
#: Marks that open a quotation only where one that closes it is still to come; the straight ones
#: also where a sentence begins.
_EITHER: Final = frozenset({'"', "'", "»", "›"})
_STRAIGHT: Final = frozenset({'"', "'"})
_APOSTROPHES: Final = frozenset({"'", "’", "´"})
_CONTRACTED: Final = frozenset({"s", "m", "d", "re", "ve", "ll", "t"})
_BEFORE_NUMBERS: Final = frozenset("$£€¥")
#: Scripts that write no spaces between words: kana and Chinese characters.
_UNSPACED: Final = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


def spaced(tokens: Sequence[str], language: str = "en") -> list[str]:
    """What stood before each token of one sentence: "" or a space; "" before the first."""
    guess = _Guess(tokens, language)
    return ["" if guess.is_attached(index) else " " for index in range(len(tokens))]


class _Guess:
    """Reads a sentence from left to right, remembering which quotations are open."""

    def __init__(self, tokens: Sequence[str], language: str) -> None:
        self._tokens = tokens
        self._apart = _FRENCH_APART if language.startswith("fr") else frozenset[str]()
        self._later = Counter(token for token in tokens if token in _QUOTES)
        self._open: list[str] = []
        self._attach_next = True

    def is_attached(self, index: int) -> bool:
        """Whether no space stood before the token; to be asked in order."""
        token = self._tokens[index]
        attached = self._attach_next
        self._attach_next = False
        if token in self._later:
            self._later[token] -= 1
        if self._is_contraction(index):
            self._attach_next = True
            return True
        if self._closes(token):
            return attached or token not in self._apart
        if self._opens(token, is_first=index == 0):
            self._attach_next = token not in self._apart
            return attached
        if token in _BEFORE_NUMBERS:
            self._attach_next = self._after(index)[:1].isdigit()
        if _CLOSING.fullmatch(token) or token in _QUOTES:
            return attached or token not in self._apart
        return attached or self._joins_unspaced(index)

    def _is_contraction(self, index: int) -> bool:
        return (
            self._tokens[index] in _APOSTROPHES
            and index > 0
            and self._tokens[index - 1][-1:].isalpha()
            and self._after(index).lower() in _CONTRACTED
        )

    def _closes(self, token: str) -> bool:
        for place in range(len(self._open) - 1, -1, -1):
            if token in _QUOTES[self._open[place]]:
                del self._open[place:]
                return True
        return False

    def _opens(self, token: str, *, is_first: bool) -> bool:
        if token in _BRACKETS:
            return True
        if token not in _QUOTES:
            return False
        is_sure = token not in _EITHER or (is_first and token in _STRAIGHT)
        if not is_sure and not any(self._later[mark] for mark in _QUOTES[token]):
            return False
        self._open.append(token)
        return True

    def _after(self, index: int) -> str:
        return self._tokens[index + 1] if index + 1 < len(self._tokens) else ""

    def _joins_unspaced(self, index: int) -> bool:
        if index == 0:
            return True
        before, token = self._tokens[index - 1], self._tokens[index]
        closed = _CLOSING.fullmatch(before) is not None and ord(before[-1]) > 0x3000
        return bool(_UNSPACED.match(token)) and (closed or bool(_UNSPACED.match(before[-1:])))

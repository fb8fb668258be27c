"""The same place in a text, counted in code points and in UTF-16 code units.

Ours are code points. JavaScript, Java and what is built with them count UTF-16 code units: two
for each character beyond the Basic Multilingual Plane, most emoji among them.
"""

import re
from bisect import bisect_left
from typing import Final

_TWO_UNITS: Final = re.compile("[\U00010000-\U0010ffff]")


class Utf16:
    """Converts offsets into one text between code points and UTF-16 code units."""

    def __init__(self, text: str) -> None:
        #: Where the characters of two units stand, in code points and in units.
        self._points = [] if text.isascii() else [m.start() for m in _TWO_UNITS.finditer(text)]
        self._units = [point + n for n, point in enumerate(self._points)]
        self._length = len(text)

    @property
    def differs(self) -> bool:
        """True for a text in which the two ways of counting give different offsets."""
        return bool(self._points)

    @property
    def length(self) -> int:
        """The text's length in UTF-16 code units."""
        return self._length + len(self._points)

    def units(self, point: int) -> int:
        """The offset in code units of one in code points."""
        return point + bisect_left(self._points, point)

    def point(self, unit: int) -> int | None:
        """The offset in code points of one in code units; None in the middle of a character."""
        before = bisect_left(self._units, unit)
        if before and self._units[before - 1] + 1 == unit:
            return None
        return unit - before

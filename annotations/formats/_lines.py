"""The lines of a text file that holds many articles, decoded as they are read."""

import codecs
import io
from collections.abc import Iterator, Sequence
from typing import Final, TextIO

from annotations.formats.base import FormatError, Source
from annotations.formats.decoding import MAX_ARTICLE_CHARACTERS, decode

#: How far into a file NUL bytes are looked for, which UTF-16 has and no text in UTF-8 does.
_HEAD: Final = 100_000
#: How many lines a note names.
_NAMED_LINES: Final = 5


class Lines:
    """The lines of a file, to be gone through more than once.

    They end at LF, CRLF or CR and at nothing else. A file in UTF-8 is decoded line by line; any
    other is held as text, so it has to be smaller (`decoding.MAX_FILE_BYTES`).
    Raises FormatError for a file that is no text.
    """

    def __init__(self, source: Source) -> None:
        self.encoding = "utf-8"
        #: Sentences about what a person should check.
        self.notes: tuple[str, ...] = ()
        self._data = source.data
        self._text: str | None = None
        if source.encoding or b"\0" in source.data[:_HEAD] or not _is_utf8(source.data):
            decoded = decode(source.data, chosen=source.encoding, name=source.name)
            self._text = decoded.text.removeprefix("\ufeff")
            self.encoding, self.notes = decoded.encoding, decoded.notes

    def numbered(self) -> Iterator[tuple[int, str]]:
        """Each line without its end, and its number from 1."""
        stream: TextIO
        if self._text is None:
            stream = io.TextIOWrapper(io.BytesIO(self._data), "utf-8-sig", newline=None)
        else:
            stream = io.StringIO(self._text, newline=None)
        return enumerate((line.removesuffix("\n") for line in stream), start=1)


def _is_utf8(data: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    step = 1 << 20
    try:
        for start in range(0, len(data), step):
            decoder.decode(data[start : start + step])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def at_lines(lines: Sequence[int]) -> str:
    """“line 3”, “lines 3 and 7”, or the first few and how many more; for one line or more."""
    named = [str(line) for line in lines[:_NAMED_LINES]]
    if len(lines) > _NAMED_LINES:
        named.append(f"{len(lines) - _NAMED_LINES:,} more")
    if len(named) == 1:
        return f"line {named[0]}"
    return f"lines {', '.join(named[:-1])} and {named[-1]}"


def check_article_so_far(characters: int, name: str, line: int) -> None:
    """Raise FormatError for an article that is too long already, before all of it is held."""
    if characters > MAX_ARTICLE_CHARACTERS:
        raise FormatError(
            f"An article of {name} has more than {MAX_ARTICLE_CHARACTERS:,} characters. The file "
            "has to say where each article starts, or be split",
            line=line,
        )

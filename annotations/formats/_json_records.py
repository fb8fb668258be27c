"""JSON that other programs wrote, record by record, and what its values may be.

A file holds its records as JSON Lines (https://jsonlines.org), as one array, or as single objects
one after the other, however they are laid out. It is UTF-8, as RFC 8259 has it. Of an array no
more is decoded at a time than one record needs.
"""

import codecs
import io
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Final, NamedTuple, Never

from annotations.domain.articles import Metadata, Plain, is_plain
from annotations.domain.text import normalise
from annotations.formats.base import FormatError, Source
from annotations.formats.decoding import check_article_length
from annotations.formats.placing import shortened

#: The keys that stand for what `Metadata` holds.
METADATA_KEYS: Final = ("title", "language", "source", "byline", "url", "published_on")

#: How many records are looked at to recognise a file.
_TELLING: Final = 20
#: How much of a file is decoded at least at a time, in bytes.
_CHUNK: Final = 1 << 20
#: JSON's own white space; a no-break space or a line separator is none.
_BLANK: Final = re.compile(r"[ \t\n\r]*")
_FIRST_LINE: Final = re.compile(rb"\s*(\S[^\n]*)")


class Item(NamedTuple):
    """One JSON value of a file, object or not; counted as a `Record` is."""

    value: object
    number: int
    line: int | None


@dataclass(frozen=True, slots=True)
class Record:
    """One JSON object of a file; ``number`` counts them from 1.

    ``line`` counts from 1 and is None in a file that is not JSON Lines.
    """

    values: dict[str, object]
    number: int
    line: int | None

    @property
    def place(self) -> str:
        """Where the record stands, as a sentence can say it."""
        return f"record {self.number}" if self.line is None else f"line {self.line}"

    def refuse(self, problem: str) -> Never:
        """Raise FormatError for ``problem``, a clause without a full stop."""
        raise FormatError(f"{problem} ({self.place})")

    def text(self, value: object, key: str, name: str) -> str:
        """The article's text at ``key``; FormatError where there is none or too much of it."""
        if not isinstance(value, str):
            self.refuse(f"“{shortened(key)}” is missing or not a string")
        check_article_length(value, f"{self.place} of {name}")
        return value

    def objects(self, key: str) -> list[dict[str, object]]:
        """The objects of the list at ``key``; FormatError where it is something else."""
        value = self.values.get(key)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.refuse(f"“{key}” is not a list of objects")
        return value


@dataclass(frozen=True, slots=True)
class Facts:
    """What a record says of an article beside its text and its names."""

    metadata: Metadata
    extra: dict[str, Plain] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def records(source: Source) -> Iterator[Record]:
    """The objects of a file, in its order; lazy.

    Raises FormatError, with the line or the number of the record, for what is not JSON, NaN and
    strings that are no Unicode text included.
    """
    return (_record(item) for item in items(source))


def items(source: Source) -> Iterator[Item]:
    """The values of a file, whatever they are, in its order; lazy. Raises what `records` raises."""
    data = source.data.removeprefix(codecs.BOM_UTF8)
    first = _FIRST_LINE.match(data)
    line = first[1].rstrip() if first else b""
    if line.startswith(b"["):
        yield from _in_array(_Window(data))
    elif line.startswith(b"{") and not line.endswith(b"}"):
        yield from _in_sequence(_Window(data))
    else:
        yield from _in_lines(data)


def first_record(source: Source) -> dict[str, object]:
    """The first object of a file, by which its format is recognised; {} where there is none."""
    try:
        return next((record.values for record in records(source)), {})
    except FormatError:
        return {}


def first_records(source: Source) -> list[dict[str, object]]:
    """The first objects of a file, as far as they can be read: what one lacks another may tell."""
    return [value for item in first_items(source) if isinstance(value := item.value, dict)]


def first_items(source: Source) -> list[Item]:
    """The first values of a file, as far as they can be read."""
    found: list[Item] = []
    with suppress(FormatError):
        found.extend(islice(items(source), _TELLING))  # those before an error stay
    return found


def offset(value: object) -> int | None:
    """A whole number, which JSON may write as 3.0; None for everything else."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if type(value) is int else None  # True is no offset


def score(value: object) -> float | None:
    """A number from 0 to 1; None for everything else."""
    if type(value) in (int, float) and 0 <= value <= 1:  # type: ignore[operator]
        return float(value)  # type: ignore[arg-type]
    return None


def string(value: object) -> str:
    """A string without what cannot be stored; "" for everything else."""
    return normalise(value).text if isinstance(value, str) else ""


def positive(value: object) -> int | None:
    """A number that an article may have in its corpus; None for what others use as an id."""
    return value if type(value) is int and 0 < value < 2**63 else None


def facts(values: Mapping[str, object], place: str, language: str) -> Facts:
    """Title, source and so on, and beside them every plain value.

    ``language`` is the corpus's, for records that do not tell theirs. What cannot be kept is named
    in a note.
    """
    others = {
        key: value
        for key, value in values.items()
        if key not in METADATA_KEYS or not isinstance(value, str | None)
    }
    extra, notes = plain_values(others, place)
    published_on = None
    day = string(values.get("published_on"))
    try:
        published_on = date.fromisoformat(day) if day else None
    except ValueError:
        notes.append(f"{place}: “{shortened(day)}” is no date like 2017-07-08; left out")
    metadata = Metadata(
        title=string(values.get("title")),
        source=string(values.get("source")),
        byline=string(values.get("byline")),
        url=string(values.get("url")),
        published_on=published_on,
        language=string(values.get("language")) or language,
    )
    return Facts(metadata, extra, tuple(notes))


def plain_values(values: object, place: str) -> tuple[dict[str, Plain], list[str]]:
    """What an object holds of plain values, and a note on every other; nothing of no object."""
    plain: dict[str, Plain] = {}
    notes: list[str] = []
    for key, value in values.items() if isinstance(values, dict) else ():
        if is_plain(value) and "\0" not in key:
            plain[key] = value
        elif value not in ([], {}):
            notes.append(f"{place}: the metadata “{shortened(key)}” is no plain value; left out")
    return plain, notes


def counted(count: int, one: str, several: str) -> str:
    """``1 span``, ``1,200 spans``."""
    return f"{count:,} {one if count == 1 else several}"


def _refuse_constant(name: str) -> Never:
    raise ValueError(f"{name} is not a number")


_decode: Final = json.JSONDecoder(parse_constant=_refuse_constant).raw_decode


class _Window:
    """The part of a file that is decoded at the moment; ``at`` is what has been read of it."""

    def __init__(self, data: bytes) -> None:
        self.text = ""
        self.at = 0
        self._data = memoryview(data)
        self._taken = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def sign(self) -> str:
        """The next character that is no white space, which stays to be read; "" at the end."""
        while True:
            self.at = _BLANK.match(self.text, self.at).end()  # type: ignore[union-attr]
            if self.at < len(self.text) or not self._grow():
                return self.text[self.at : self.at + 1]

    def value(self, place: str) -> object:
        """The next JSON value; FormatError where there is none."""
        self.sign()
        while True:
            try:
                value, end = _decode(self.text, self.at)
            except json.JSONDecodeError as error:
                if self._grow():  # it may only have been cut off
                    continue
                raise FormatError(f"This is not JSON: {error.msg} ({place})") from error
            except RecursionError as error:
                raise FormatError(f"This nests too deeply to be an article ({place})") from error
            except ValueError as error:
                raise FormatError(f"This is not JSON: {error} ({place})") from error
            escaped = self.text.find("\\u", self.at, end) >= 0
            self.at = end
            _check_unicode(value, place, escaped=escaped)
            return value

    def _grow(self) -> bool:
        """Decode more of the file; False at its end.

        At least as much again as is left, so that a long value is not looked at too often.
        """
        if self._taken == len(self._data):
            return False
        rest = self.text[self.at :]
        pending = len(self._decoder.getstate()[0])
        piece = self._data[self._taken : self._taken + max(_CHUNK, 2 * len(rest))]
        begin, self._taken = self._taken - pending, self._taken + len(piece)
        try:
            more = self._decoder.decode(piece, final=self._taken == len(self._data))
        except UnicodeDecodeError as error:
            raise FormatError(f"Byte {begin + error.start + 1} is not UTF-8.") from error
        self.text, self.at = rest + more, 0
        return True


def _in_array(window: _Window) -> Iterator[Item]:
    window.sign()
    window.at += 1
    if window.sign() == "]":
        return
    number = 0
    while True:
        number += 1
        yield Item(window.value(f"record {number}"), number, None)
        sign = window.sign()
        window.at += 1
        if sign == "]":
            break
        if sign != ",":
            raise FormatError(f"This is not JSON: no comma follows (record {number})")
    if window.sign():
        raise FormatError("This is not JSON: something follows the end of the array.")


def _in_sequence(window: _Window) -> Iterator[Item]:
    number = 0
    while window.sign():
        number += 1
        yield Item(window.value(f"record {number}"), number, None)


def _in_lines(data: bytes) -> Iterator[Item]:
    number = 0
    # Lines end at LF: a string may hold U+2028 and others at which str.splitlines would cut.
    for line, content in enumerate(io.BytesIO(data), start=1):
        if content.strip():
            number += 1
            yield Item(_parsed(content, line), number, line)


def _parsed(content: bytes, line: int) -> object:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError(f"Byte {error.start + 1} is not UTF-8", line=line) from error
    try:
        value, end = _decode(text, _BLANK.match(text).end())  # type: ignore[union-attr]
    except json.JSONDecodeError as error:
        message = f"This is not JSON: {error.msg}"
        raise FormatError(message, line=line, column=error.colno) from error
    except RecursionError as error:
        raise FormatError("This nests too deeply to be an article", line=line) from error
    except ValueError as error:
        raise FormatError(f"This is not JSON: {error}", line=line) from error
    if text[end:].strip(" \t\r\n"):
        raise FormatError("This is not JSON: something follows the object", line=line)
    _check_unicode(value, f"line {line}", escaped="\\u" in text)
    return value


def _record(item: Item) -> Record:
    value, number, line = item
    if not isinstance(value, dict):
        where = f"record {number}" if line is None else f"line {line}"
        raise FormatError(f"This is not an article: a JSON object is needed ({where})")
    return Record(value, number, line)


def _check_unicode(value: object, place: str, *, escaped: bool) -> None:
    """Refuse lone surrogates, which cannot come from UTF-8, only from escapes."""
    if escaped:
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise FormatError(f"A string holds half of a surrogate pair ({place})") from error

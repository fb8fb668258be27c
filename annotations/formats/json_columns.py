"""Articles as JSON objects whose keys somebody else chose.

JSON Lines (https://jsonlines.org), an object a line, or a ``.json`` file. That holds the objects in
one array, in an array within one or two objects, as the answers of news services do, one a line,
or is itself one object with a text. As long as no key ``text`` of a line holds a string, nothing
says which key holds the article's text::

    {"headline": "Ferry line returns", "body": "PORT ALDER - Mayor …", "pub_date": "2017-07-08"}

So it is guessed by usual names and lengths, and can be chosen, like the keys of title, date,
byline, source, web address and language. A key within an object is called ``meta.title``; deeper
ones are not looked at. The strings of a list are joined: to paragraphs where it is the text, else
with commas. Values under other keys are kept with the article where they are plain and short.
No annotations are read.
"""

import codecs
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import ClassVar, Final

from annotations.domain.articles import ArticleDraft
from annotations.formats import base
from annotations.formats._columns import (
    Row,
    chosen,
    drafts,
    guessed,
    offered,
    plain_name,
    usual_names,
)
from annotations.formats.base import FormatError, Option, Source
from annotations.formats.decoding import MAX_FILE_BYTES, decode

_DOCUMENT: Final = ".json"
#: How many objects tell which keys there are.
_SAMPLE: Final = 100
#: How many bytes of an array must hold its first object.
_GLANCE: Final = 1_000_000
_ARRAY: Final = re.compile(r"\s*\[\s*(?=\{)")
#: So many objects may stand around the array of articles.
_MOST_AROUND: Final = 2
_TEXTS: Final = usual_names("text")
#: By this the context of W3C's Web Annotations is known.
_ANNOTATIONS: Final = "www.w3.org/ns/anno"

type _Object = Mapping[str, object]


class Reader(base.Reader):
    """Reads one article from each object."""

    title: ClassVar[str] = "JSON with other keys, an article an object"
    suffixes: ClassVar[tuple[str, ...]] = (".jsonl", ".ndjson", _DOCUMENT)
    holds_many: ClassVar[bool] = True

    def recognises(self, source: Source) -> bool:
        """True where the first object has some string, but in JSON Lines none under ``text``."""
        try:
            first = _first_object(source)
        except (ValueError, RecursionError, FormatError):
            return False
        if first is None or (source.suffix != _DOCUMENT and isinstance(first.get("text"), str)):
            return False
        if _ANNOTATIONS in str(first.get("@context")):
            return False  # Web Annotations point into texts and hold none
        return any(isinstance(value, str) and value for value in _flat(first).values())

    def options(self, source: Source) -> tuple[Option, ...]:
        """For each part of an article the key that holds it."""
        try:
            sample = list(islice(_File(source).rows(), _SAMPLE))
        except FormatError:
            return ()
        keys = _keys(sample)
        return offered(keys, guessed(keys, (row.values for row in sample)))

    def read(self, source: Source) -> Iterator[ArticleDraft]:
        """One draft an object; objects without any text are noted.

        Raises FormatError for what is no JSON object, with its line.
        """
        file = _File(source)
        rows = file.rows()
        sample = list(islice(rows, _SAMPLE))
        keys = _keys(sample)
        if not keys:
            raise FormatError(f"{source.name} holds no article: there is no JSON object in it.")
        choice = chosen(keys, guessed(keys, (row.values for row in sample)), source)
        yield from drafts(
            chain(sample, rows), choice, source, encoding=file.encoding, notes=file.notes
        )


def _keys(rows: Iterable[Row]) -> tuple[str, ...]:
    """All keys of the rows, in the order in which they are met."""
    return tuple(dict.fromkeys(key for row in rows for key in row.values))


class _File:
    """One file; how its characters were found is known once its first row was read."""

    def __init__(self, source: Source) -> None:
        self.encoding = "utf-8"
        self.notes: tuple[str, ...] = ()
        self._source = source

    def rows(self) -> Iterator[Row]:
        """The objects of the file, in its order."""
        if _has_lines(self._source):
            yield from self._lines()
            return
        found = _objects_in(self.value())
        if found is None:
            raise FormatError(f"{self._source.name} is not an array of articles.")
        for number, item in enumerate(found, start=1):
            yield _row(item, f"object {number}", self._source.name)

    def _lines(self) -> Iterator[Row]:
        # By the bytes: no other characters end a line of JSON Lines.
        lines = io.BytesIO(self._source.data.removeprefix(codecs.BOM_UTF8))
        for number, line in enumerate(lines, start=1):
            if line.strip():
                value = _parsed(line, f"{self._source.name} is not JSON", number)
                yield _row(value, f"line {number}", self._source.name)

    def value(self) -> object:
        """What the whole file says. JSON is UTF-8 or UTF-16, but not everybody knows."""
        source = self._source
        data: bytes | str = source.data
        if source.encoding or not _is_unicode(source.data):
            decoded = decode(source.data, chosen=source.encoding, name=source.name)
            data, self.encoding, self.notes = decoded.text, decoded.encoding, decoded.notes
        return _parsed(data, f"{source.name} is not JSON", None)


def _is_unicode(data: bytes) -> bool:
    """Whether the JSON parser finds the characters by itself."""
    try:
        data.decode(json.detect_encoding(data))
    except UnicodeDecodeError:
        return False
    return True


def _has_lines(source: Source) -> bool:
    """Whether each line is an object: by the file's ending, or by its first two lines."""
    if source.suffix != _DOCUMENT:
        return True
    lines = io.BytesIO(source.data.removeprefix(codecs.BOM_UTF8))
    first = list(islice(filter(bytes.strip, lines), 2))
    return len(first) == 2 and all(
        line.lstrip().startswith(b"{") and line.rstrip().endswith(b"}") for line in first
    )


def _objects_in(value: object) -> list[object] | None:
    """The articles: the array or the object itself, or the first array with texts within it."""
    if isinstance(value, list):
        return value
    if not isinstance(value, dict):
        return None
    if _has_text(value):
        return [value]
    around: list[dict[str, object]] = [value]
    for _ in range(_MOST_AROUND):
        inner = [item for each in around for item in each.values()]
        for item in inner:
            if isinstance(item, list) and any(map(_has_text, item)):
                return item
        around = [item for item in inner if isinstance(item, dict)]
    return None


def _has_text(value: object) -> bool:
    """Whether a value is an object with words under a usual name of a text."""
    if not isinstance(value, dict):
        return False
    return any(
        isinstance(item, str) and item.strip() and plain_name(key.rpartition(".")[2]) in _TEXTS
        for key, item in _flat(value).items()
    )


def _row(value: object, where: str, name: str) -> Row:
    if not isinstance(value, dict):
        raise FormatError(f"{name}, {where}: this is no JSON object.")
    return Row(where, _flat(value))


def _parsed(data: bytes | str, problem: str, line: int | None) -> object:
    try:
        # Line ends within strings are no JSON, but there is no doubt about them.
        return json.loads(data, strict=False)
    except json.JSONDecodeError as error:
        place = error.lineno if line is None else line
        raise FormatError(f"{problem}: {error.msg}", line=place, column=error.colno) from error
    except UnicodeDecodeError as error:
        message = f"{problem}: byte {error.start + 1} is not UTF-8"
        raise FormatError(message if line else f"{message}.", line=line) from error
    except RecursionError as error:
        message = f"{problem} that can be read: it nests too deeply"
        raise FormatError(message if line else f"{message}.", line=line) from error
    except ValueError as error:
        message = f"{problem} that can be read: {error}"
        raise FormatError(message if line else f"{message}.", line=line) from error


def _flat(record: _Object) -> dict[str, object]:
    """The object's values, with those of objects in it under ``key.key``."""
    flat: dict[str, object] = {}
    for key, value in record.items():
        if isinstance(value, dict):
            flat.update({f"{key}.{inner}": item for inner, item in value.items()})
        else:
            flat[key] = value
    return flat


def _first_object(source: Source) -> _Object | None:
    """The first object of a file; None where it holds none.

    Raises ValueError, or FormatError, for what is no JSON.
    """
    if _has_lines(source):
        data = source.data.removeprefix(codecs.BOM_UTF8)
        line = next((line for line in io.BytesIO(data) if line.strip()), b"")
        value = json.loads(line, strict=False)
        return value if isinstance(value, dict) else None
    has_mark = source.data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    start = source.data[:_GLANCE].decode("utf-16" if has_mark else "utf-8-sig", "ignore")
    if array := _ARRAY.match(start):
        value = json.JSONDecoder(strict=False).raw_decode(start, array.end())[0]
        return value if isinstance(value, dict) else None
    if not start.lstrip().startswith("{") or len(source.data) > MAX_FILE_BYTES:
        return None
    found = _objects_in(_File(source).value())
    return next((one for one in found or () if _has_text(one)), None)  # type: ignore[return-value]

"""Articles as JSON objects whose keys somebody else chose.

Two shapes: JSON Lines (https://jsonlines.org), an object a line, and a ``.json`` file that is one
array of objects. As long as no key ``text`` holds a string, nothing says which key holds the
article's text::

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
from annotations.formats._columns import Row, chosen, drafts, guessed, offered
from annotations.formats.base import FormatError, Option, Source

_ARRAY_SUFFIX: Final = ".json"
#: How many objects tell which keys there are.
_SAMPLE: Final = 100
#: How many bytes of an array must hold its first object.
_GLANCE: Final = 1_000_000
_ARRAY: Final = re.compile(r"\s*\[\s*(?=\{)")

type _Object = Mapping[str, object]


class Reader(base.Reader):
    """Reads one article from each object."""

    title: ClassVar[str] = "JSON with other keys, an article an object"
    suffixes: ClassVar[tuple[str, ...]] = (".jsonl", ".ndjson", _ARRAY_SUFFIX)
    holds_many: ClassVar[bool] = True

    def recognises(self, source: Source) -> bool:
        """True where the first object has no string ``text``, but some string."""
        try:
            first = _first_object(source)
        except (ValueError, RecursionError):
            return False
        if first is None or isinstance(first.get("text"), str):
            return False
        return any(isinstance(value, str) and value for value in _flat(first).values())

    def options(self, source: Source) -> tuple[Option, ...]:
        """For each part of an article the key that holds it."""
        try:
            sample = list(islice(_rows(source), _SAMPLE))
        except FormatError:
            return ()
        keys = _keys(sample)
        return offered(keys, guessed(keys, (row.values for row in sample)))

    def read(self, source: Source) -> Iterator[ArticleDraft]:
        """One draft an object; objects without any text are noted.

        Raises FormatError for what is no JSON object, with its line.
        """
        rows = _rows(source)
        sample = list(islice(rows, _SAMPLE))
        keys = _keys(sample)
        if not keys:
            raise FormatError(f"{source.name} holds no article: there is no JSON object in it.")
        choice = chosen(keys, guessed(keys, (row.values for row in sample)), source)
        yield from drafts(chain(sample, rows), choice, source)


def _keys(rows: Iterable[Row]) -> tuple[str, ...]:
    """All keys of the rows, in the order in which they are met."""
    return tuple(dict.fromkeys(key for row in rows for key in row.values))


def _rows(source: Source) -> Iterator[Row]:
    if source.suffix != _ARRAY_SUFFIX:
        # By the bytes: no other characters end a line of JSON Lines.
        lines = io.BytesIO(source.data.removeprefix(codecs.BOM_UTF8))
        for number, line in enumerate(lines, start=1):
            if line.strip():
                value = _parsed(line, f"{source.name} is not JSON", number)
                yield _row(value, f"line {number}", source.name)
        return
    value = _parsed(source.data, f"{source.name} is not JSON", None)
    if not isinstance(value, list):
        raise FormatError(f"{source.name} is not an array of articles.")
    for number, item in enumerate(value, start=1):
        yield _row(item, f"object {number}", source.name)


def _row(value: object, where: str, name: str) -> Row:
    if not isinstance(value, dict):
        raise FormatError(f"{name}, {where}: this is no JSON object.")
    return Row(where, _flat(value))


def _parsed(data: bytes, problem: str, line: int | None) -> object:
    try:
        return json.loads(data)
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
    """The first object of a file; None where it starts with anything else. Raises ValueError."""
    data = source.data.removeprefix(codecs.BOM_UTF8)
    if source.suffix == _ARRAY_SUFFIX:
        start = data[:_GLANCE].decode("utf-8", "ignore")
        array = _ARRAY.match(start)
        value = json.JSONDecoder().raw_decode(start, array.end())[0] if array else None
    else:
        line = next((line for line in io.BytesIO(data) if line.strip()), b"")
        value = json.loads(line)
    return value if isinstance(value, dict) else None

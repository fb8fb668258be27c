"""From the bytes of a table in a text file to rows of named fields.

A file of rows says neither how its fields are separated nor whether quotation marks quote. Every
combination is tried on its beginning, and the one taken that makes the most rows as long as the
first one.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, NamedTuple

from annotations.formats._columns import Row, guessed, plain_name, usual_names
from annotations.formats.base import FormatError, Source
from annotations.formats.decoding import (
    MAX_ARTICLE_CHARACTERS,
    MAX_FILE_BYTES,
    Decoded,
    decode,
)

#: Longer fields hold no article; one whose quotation mark is never closed runs into this.
LONGEST_FIELD: Final = 2 * MAX_ARTICLE_CHARACTERS
#: How many characters tell how a file is written and what is in its columns, and how many bytes
#: tell whether it is a table of articles at all.
_SAMPLE: Final = 1_000_000
_GLANCE: Final = 250_000
_SAMPLE_ROWS: Final = 1_000
#: A first row with a longer field than this names no columns.
_LONGEST_NAME: Final = 100
#: What a column of articles holds on average, in code points; a column of tokens holds less.
_SHORTEST_TEXT: Final = 20

#: As Excel writes and understands it, before the table itself.
_DECLARATION: Final = re.compile("sep=([,;\t|])\r?\n", re.IGNORECASE)
_TAG: Final = re.compile(r"[BIESLUMW]-[^\W\d_]\S*|O")
#: How files of other formats with the same endings start.
_OTHER_STARTS: Final = ("#FORMAT=", "-DOCSTART-", "# ", "#\t")


class Dialect(NamedTuple):
    """What separates fields, and whether quotation marks quote them."""

    separator: str
    quotes: bool


#: Only where tabs or bars separate is it usual that quotation marks are nothing special.
_DIALECTS: Final = (
    *(Dialect(separator, quotes=True) for separator in ",;\t|"),
    *(Dialect(separator, quotes=False) for separator in "\t|"),
)


class Lines:
    """Rows of fields with the number of the line that each starts in, from 1; no empty rows.

    Iterating raises csv.Error where the quotation marks make no sense.
    """

    def __init__(self, lines: Iterable[str], dialect: Dialect) -> None:
        # The limit holds for the whole process; here it is only ever raised.
        csv.field_size_limit(max(csv.field_size_limit(), LONGEST_FIELD))
        self._reader = csv.reader(
            lines,
            delimiter=dialect.separator,
            quoting=csv.QUOTE_MINIMAL if dialect.quotes else csv.QUOTE_NONE,
            strict=True,
        )
        self.start = 1

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        for fields in self._reader:
            if any(fields):
                yield self.start, fields
            self.start = self._reader.line_num + 1


@dataclass(frozen=True, slots=True)
class Table:
    """How a table is written, what its columns are called, and its first rows."""

    dialect: Dialect
    columns: tuple[str, ...]
    #: How many rows come before the first article.
    skipped: int
    sample: tuple[dict[str, str], ...]

    @property
    def guess(self) -> dict[str, str]:
        """The column of each part of an article."""
        return guessed(self.columns, self.sample)

    @property
    def holds_articles(self) -> bool:
        """False for what has a token in each line, or nothing long enough to be a text."""
        edges = {self.columns[0], self.columns[-1]} if len(self.columns) > 1 else set()
        if any(map(self._holds_tags, edges)):
            return False
        names = usual_names("text")
        if any(plain_name(column) in names for column in self.columns):
            return True
        longest = max((self._length(column) for column in self.columns), default=0)
        return longest >= _SHORTEST_TEXT * len(self.sample) > 0

    def rows(self, lines: Iterable[str], name: str, text: str) -> Iterator[Row]:
        """The articles among the lines of a whole file; ``text`` is the column of their texts.

        Raises FormatError with the line for a row that does not fit the columns, and where the
        quotation marks make no sense.
        """
        rows = Lines(lines, self.dialect)
        needed = self.columns.index(text) + 1
        try:
            for line, fields in islice(rows, self.skipped, None):
                notes = self._oddities(fields, needed, name, line)
                values = dict(zip(self.columns, fields, strict=False))
                yield Row(f"line {line}", values, notes)
        except csv.Error as error:
            raise FormatError(f"{name}: {_explained(error)}", line=rows.start) from error

    def _oddities(
        self, fields: Sequence[str], needed: int, name: str, line: int
    ) -> tuple[str, ...]:
        width, given = len(self.columns), len(fields)
        if any(fields[width:]):
            raise FormatError(
                f"{name}: the row has {given} fields, but there are {width} columns. A text with "
                f"“{self.dialect.separator}” in it has to stand in quotation marks",
                line=line,
            )
        # Where the text is the last field, a line break in it may have ended the row.
        if given < needed or given == needed < width:
            raise FormatError(
                f"{name}: the row has {given} fields, but there are {width} columns. A text with "
                "a line break in it has to stand in quotation marks",
                line=line,
            )
        if given < width:
            return (f"line {line}: the row has {given} fields, but there are {width} columns",)
        return ()

    def _holds_tags(self, column: str) -> bool:
        values = [row[column] for row in self.sample if column in row]
        return sum(_TAG.fullmatch(value) is not None for value in values) * 2 > len(values)

    def _length(self, column: str) -> int:
        return sum(len(row.get(column, "")) for row in self.sample)


def table_in(text: str, *, is_whole: bool) -> Table | None:
    """The table that a text is or, unless it ``is_whole``, starts with; None where it is none."""
    declared = _DECLARATION.match(text)
    dialects = [each for each in _DIALECTS if declared is None or each.separator == declared[1]]
    heads = {
        each: _head(text, each, is_declared=declared is not None, is_whole=is_whole)
        for each in dialects
    }
    dialect = max(dialects, key=lambda each: heads[each].fitness)
    rows = heads[dialect].rows
    if not rows:
        return None
    has_header = all(len(field) <= _LONGEST_NAME for field in rows[0])
    columns = _distinct(rows[0] if has_header else [""] * len(rows[0]))
    return Table(
        dialect,
        columns,
        has_header + (declared is not None),
        tuple(dict(zip(columns, row, strict=False)) for row in rows[has_header:]),
    )


def table_of(first: Decoded, source: Source) -> Table:
    """The table that a file is, by its first piece. Raises FormatError where it is none."""
    text = first.text.lstrip("\ufeff")
    is_whole = len(text) <= _SAMPLE and len(source.data) <= MAX_FILE_BYTES
    table = table_in(text[:_SAMPLE], is_whole=is_whole)
    if table is None:
        raise FormatError(
            f"{source.name} is no table: its quotation marks or its separators make no sense."
        )
    return table


def is_table_of_articles(data: bytes) -> bool:
    """Whether a file holds articles in rows, by its first kilobytes; never raises."""
    has_mark = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = data[:_GLANCE].decode("utf-16" if has_mark else "utf-8-sig", "replace")
    if text.startswith(_OTHER_STARTS):
        return False
    table = table_in(text, is_whole=len(data) <= _GLANCE)
    return table is not None and table.holds_articles


def pieces_of(source: Source) -> Iterator[Decoded]:
    """The characters of a file, cut at line ends into pieces small enough to be decoded.

    The first piece decides on the encoding. Raises FormatError as `decode` does.
    """
    encoding, start, size = source.encoding, 0, len(source.data)
    while True:
        end = size if size - start <= MAX_FILE_BYTES else _cut(source.data, start, encoding)
        decoded = decode(source.data[start:end], chosen=encoding, name=source.name)
        yield decoded
        encoding, start = decoded.encoding, end
        if start >= size:
            return


def lines_of(first: Decoded, others: Iterable[Decoded]) -> Iterator[str]:
    """The lines of all pieces, with their ends as they are."""
    yield from io.StringIO(first.text.lstrip("\ufeff"), newline="")
    for piece in others:
        yield from io.StringIO(piece.text, newline="")


def _cut(data: bytes, start: int, encoding: str) -> int:
    """The end of the last line that ends within the bytes that can be decoded at once."""
    if data.startswith(codecs.BOM_UTF16_LE) or encoding == "utf-16-le":
        mark = b"\n\x00"
    elif data.startswith(codecs.BOM_UTF16_BE) or encoding == "utf-16-be":
        mark = b"\x00\n"
    else:
        mark = b"\n"
    end = start + MAX_FILE_BYTES
    at = data.rfind(mark, start, end)
    while at > start and (at - start) % len(mark):
        at = data.rfind(mark, start, at + len(mark) - 1)
    return at + len(mark) if at > start else end


class _Head(NamedTuple):
    """The first rows of a table; ``is_sound`` says that the quotation marks make sense."""

    rows: list[list[str]]
    is_sound: bool

    @property
    def fitness(self) -> tuple[bool, bool, bool, float, int]:
        """More for a way to separate fields that is more likely.

        Names of columns hardly ever hold separators, so what separates the first row does so in
        the others too, and else they are refused; several such are told apart by the rows.
        """
        width = len(self.rows[0]) if self.rows else 0
        share = sum(len(row) == width for row in self.rows) / max(len(self.rows), 1)
        return bool(self.rows), width > 1, self.is_sound, share, width


def _head(text: str, dialect: Dialect, *, is_declared: bool, is_whole: bool) -> _Head:
    stream = io.StringIO(text, newline="")
    rows: list[list[str]] = []
    is_sound = True
    try:
        for _, fields in islice(Lines(stream, dialect), _SAMPLE_ROWS):
            rows.append(fields)
    except csv.Error:
        is_sound = False
    # The end of a sample may well be the middle of a row.
    if not is_whole and stream.tell() == len(text):
        is_sound, rows = True, rows[: max(len(rows) - 1, 1)]
    return _Head(rows[is_declared:], is_sound and (dialect.quotes or not _are_quoted(rows)))


def _are_quoted(rows: Iterable[Iterable[str]]) -> bool:
    """True where most fields that start with a quotation mark end with one too."""
    starting = [field for row in rows for field in row if field.startswith('"')]
    return sum(field.endswith('"') for field in starting) * 2 > len(starting)


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    """The columns' names without white space around them, no two the same and none empty."""
    distinct: dict[str, None] = {}
    for number, given in enumerate(names, start=1):
        name = " ".join(given.replace("\0", "").split()) or f"column {number}"
        if name in distinct:
            name = f"{name} ({number})"
        while name in distinct:
            name += "*"
        distinct[name] = None
    return tuple(distinct)


def _explained(error: csv.Error) -> str:
    if "larger than field limit" in str(error):
        return (
            f"a field has more than {LONGEST_FIELD:,} characters; perhaps a quotation mark is "
            "never closed"
        )
    return (
        "the quotation marks of this row make no sense; in a quoted field each one has to stand "
        "twice, and the last one has to be closed"
    )

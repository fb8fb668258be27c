"""Articles whose parts stand under names that their maker chose: columns, or keys of objects.

The maker of such a file knows which column holds the text and which the date; the file does not
say. A guess is made by the usual names, and a person may choose otherwise. A text that is HTML is
read as such: its blocks become text with zones.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple

from annotations.domain.articles import ArticleDraft, Metadata
from annotations.domain.text import normalise
from annotations.domain.zones import ZonedSpan
from annotations.domain.zoning import find_zones
from annotations.formats._blocks import Page, parsed
from annotations.formats.base import FormatError, Option, Source
from annotations.formats.decoding import check_article_length
from annotations.formats.placing import shortened
from annotations.formats.plain_text import zoned

#: What the metadata of every article is called; nothing else goes by these names.
_META_KEYS: Final = frozenset({"source", "byline", "url", "published_on"})

type Plain = str | int | float | bool | None


class _Part(NamedTuple):
    """A part of an article, what it is called on the page, and its usual names in files."""

    name: str
    title: str
    usual: tuple[str, ...]


#: Usual names in small letters without spaces, hyphens and underscores; the more telling first.
_PARTS: Final = (
    _Part(
        "text",
        "Text",
        ("text", "body", "content", "article", "fulltext", "articletext", "bodytext",
         "articlebody", "maintext", "contents", "story", "contenttext", "contenthtml", "bodyhtml",
         "articlecontent", "newstext", "inhalt", "artikel", "artikeltext", "texte", "contenu",
         "texto", "contenido", "cuerpo", "testo"),
    ),
    _Part(
        "title",
        "Title",
        ("title", "headline", "articletitle", "heading", "titel", "überschrift", "schlagzeile",
         "titre", "título", "titulo", "titolo"),
    ),
    _Part(
        "date",
        "Publication date",
        ("date", "publishedon", "published", "datepublished", "publicationdate", "publishdate",
         "pubdate", "publishedat", "firstpublished", "datetime", "datum", "veröffentlicht",
         "fecha"),
    ),
    _Part("byline", "Byline", ("byline", "author", "authors", "writer", "journalist", "creator",
         "autor", "autorin", "auteur", "autore")),
    _Part(
        "source",
        "Source",
        ("source", "publisher", "publication", "outlet", "newspaper", "sourcename", "sitename",
         "quelle", "fuente", "fonte", "zeitung"),
    ),
    _Part("url", "Web address", ("url", "link", "webaddress", "articleurl", "permalink", "uri")),
    _Part(
        "language",
        "Language",
        ("language", "lang", "languagecode", "sprache", "langue", "idioma", "lingua"),
    ),
)  # fmt: skip
_SEPARATORS: Final = re.compile(r"[\W_]+")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})?\Z")
_ISO_DATE: Final = re.compile(r"(?P<date>\d{4}-\d{2}-\d{2})(?:[T ]|\Z)")
_MAIL_DATE: Final = re.compile(r"(?:[A-Za-z]{3}, ?)?\d{1,2} [A-Za-z]{3} \d{4} \d")
#: Ways to write a day that mean the same everywhere. What looks like 07/08/2017 does not.
_DATE_FORMATS: Final = (
    "%Y%m%d", "%Y/%m/%d", "%d.%m.%Y", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y",
)  # fmt: skip
#: What only HTML has. Where no block is among it, line ends are those of the text.
_MARKUP: Final = re.compile(
    r"</(?:p|div|h[1-6]|ul|ol|li|blockquote|table|section|article|span|strong|em|b|i|u|a)\s*>"
    r"|<(?:p|br)\b[^<>]*>",
    re.IGNORECASE,
)
_BLOCK_MARKUP: Final = re.compile(r"<(?:p|div|ul|ol|table|section|article)\b", re.IGNORECASE)
#: The longest value of a column without a part that is kept with the article, in code points.
_LONGEST_EXTRA: Final = 1_000


class Row(NamedTuple):
    """One article's values by column; ``where`` is its place in the file ("line 3")."""

    where: str
    values: Mapping[str, object]
    notes: tuple[str, ...] = ()


def usual_names(part: str) -> frozenset[str]:
    """The usual names of a part, as `plain_name` spells them."""
    return next(frozenset(each.usual) for each in _PARTS if each.name == part)


def plain_name(column: str) -> str:
    """A column's name in small letters, without spaces, hyphens and underscores."""
    return _SEPARATORS.sub("", column.casefold())


def guessed(columns: Sequence[str], sample: Iterable[Mapping[str, object]]) -> dict[str, str]:
    """The column of each part, by the usual names; of the text also by its length.

    "" stands for a part without a column; the text has one wherever there is a column.
    """
    rows = list(sample)
    guess = {part.name: _usual_column(part, columns, rows) for part in _PARTS}
    if not guess["text"]:
        taken = set(guess.values())
        free = [column for column in columns if column not in taken] or columns
        guess["text"] = max(free, key=lambda column: _length(column, rows), default="")
    return guess


def offered(columns: Sequence[str], guess: Mapping[str, str]) -> tuple[Option, ...]:
    """The options: for each part of an article the column that holds it."""
    names = tuple((column, column) for column in columns)
    none = (("", "none"),)
    return tuple(
        Option(
            part.name, part.title, guess[part.name], names if part.name == "text" else none + names
        )
        for part in _PARTS
    )


def chosen(columns: Sequence[str], guess: Mapping[str, str], source: Source) -> dict[str, str]:
    """The column of each part: what a person chose, or else the guess.

    Raises FormatError for a column that the file does not have.
    """
    choice = {part.name: source.options.get(part.name, guess[part.name]) for part in _PARTS}
    choice["text"] = choice["text"] or guess["text"]
    for column in choice.values():
        if column and column not in columns:
            raise FormatError(f"{source.name} has no column “{shortened(column)}”.")
    return choice


def drafts(
    rows: Iterable[Row],
    choice: Mapping[str, str],
    source: Source,
    *,
    encoding: str = "utf-8",
    notes: tuple[str, ...] = (),
) -> Iterator[ArticleDraft]:
    """The articles of the rows; lazy, one behind.

    ``notes`` go with the first article. Rows without text are no articles; how many there were
    is noted with the last one. Raises FormatError where there is no article at all.
    """
    held: ArticleDraft | None = None
    blank = _Blank()
    told: set[str] = set()
    try:
        for row in rows:
            draft = _draft(row, choice, source, told)
            if draft is None:
                blank.count(row.where)
                continue
            if held is not None:
                yield held
                notes = ()
            held = replace(draft, encoding=encoding, notes=(*notes, *draft.notes))
    except FormatError:
        # The article before the fault is whole.
        if held is not None:
            yield held
        raise
    if held is None:
        column = shortened(choice["text"])
        raise FormatError(f"{source.name} holds no article: nothing stands under “{column}”.")
    yield replace(held, notes=(*held.notes, *blank.notes(choice["text"])))


@dataclass(slots=True)
class _Blank:
    """The rows without text: how many, and where the first is."""

    number: int = 0
    first: str = ""

    def count(self, where: str) -> None:
        self.first = self.first or where
        self.number += 1

    def notes(self, column: str) -> tuple[str, ...]:
        if not self.number:
            return ()
        column = shortened(column)
        if self.number == 1:
            return (f"{self.first} has nothing under “{column}” and was left out.",)
        rows = f"{self.number:,} rows have nothing under “{column}” and were left out"
        return (f"{rows}; the first is {self.first}.",)


def _usual_column(part: _Part, columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> str:
    # The first of several columns counts, and a name before one that only ends in it.
    by_name = {plain_name(column.rpartition(".")[2]): column for column in reversed(columns)}
    by_name |= {plain_name(column): column for column in reversed(columns)}
    found = (by_name[name] for name in part.usual if name in by_name)
    if part.name == "text":
        found = (column for column in found if _holds_words(column, rows))
    return next(found, "")


def _holds_words(column: str, rows: Sequence[Mapping[str, object]]) -> bool:
    """False for numbers only, as in a column “article” that counts articles."""
    values = [_string(row.get(column)).strip() for row in rows]
    return not values or any(value and not value.isdecimal() for value in values)


def _length(column: str, rows: Sequence[Mapping[str, object]]) -> int:
    return sum(len(_string(row.get(column))) for row in rows)


def _draft(
    row: Row, choice: Mapping[str, str], source: Source, told: set[str]
) -> ArticleDraft | None:
    """The article of a row; None where its text is blank."""
    raw = _string(row.values.get(choice["text"]), between="\n\n")
    check_article_length(raw, f"{source.name}, {row.where}")
    if not normalise(raw).text.strip():
        return None
    part = {
        name: _line(row.values.get(column)) if column else "" for name, column in choice.items()
    }
    notes = list(row.notes)
    metadata = Metadata(
        title=part["title"],
        source=part["source"],
        byline=part["byline"],
        url=part["url"],
        published_on=_date(part["date"], row.where, notes),
        language=_language(part["language"], source.language, row.where, notes),
    )
    extra = _extra(row, frozenset(choice.values()), told, notes)
    body = _body(raw, metadata.title, f"{source.name}, {row.where}")
    if body is None:
        return None
    return ArticleDraft(
        text=body.text,
        metadata=metadata,
        zones=body.zones,
        changes=body.changes,
        notes=tuple(notes),
        extra=extra,
    )


class _Body(NamedTuple):
    """The text of an article with its zones, and what was changed in it."""

    text: str
    zones: tuple[ZonedSpan, ...]
    changes: tuple[str, ...]


def _body(raw: str, title: str, name: str) -> _Body | None:
    """A text as it stands, or what of it is shown where it is HTML; None where that is nothing.

    Raises FormatError for HTML that is nested beyond reason; ``name`` is what sentences call it.
    """
    normalised = normalise(raw)
    if not _MARKUP.search(raw):
        zones = find_zones(normalised.text, headline=title)
        return _Body(normalised.text, zones, normalised.changes)
    page = Page(keeps_lines=not _BLOCK_MARKUP.search(raw), has_headline=bool(title))
    page.add(parsed(raw, name))
    if not page.blocks:
        return None
    change = "The text is HTML: its tags were taken out, and its blocks became zones."
    return _Body(*zoned(page.blocks), (change, *normalised.changes, *page.changes))


def _string(value: object, between: str = ", ") -> str:
    """A value as text; of a list its items, of what is no text nothing."""
    if isinstance(value, list):
        return between.join(item for item in value if item and isinstance(item, str))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value) if math.isfinite(value) else ""
    return value if isinstance(value, str) else ""


def _line(value: object) -> str:
    """A value in one line, without what cannot be stored."""
    return " ".join(normalise(_string(value)).text.split())


def _date(value: str, where: str, notes: list[str]) -> date | None:
    day = day_of(value)
    if value and day is None:
        notes.append(f"{where}: “{shortened(value)}” is no date like 2017-07-08; left out")
    return day


def day_of(value: str) -> date | None:
    """The day that a date or time names, as written, in its own time zone.

    ISO 8601, the dates of e-mail, and ways to write a day that mean the same everywhere; None for
    all else.
    """
    with suppress(ValueError, TypeError, IndexError, OverflowError):
        if match := _ISO_DATE.match(value):
            return date.fromisoformat(match["date"])
        if _MAIL_DATE.match(value):
            return parsedate_to_datetime(value).date()
    for format_ in _DATE_FORMATS:
        with suppress(ValueError):
            return datetime.strptime(value, format_).date()  # noqa: DTZ007
    return None


def _language(value: str, usual: str, where: str, notes: list[str]) -> str:
    if _LANGUAGE.match(value):
        return value.replace("_", "-")
    if value:
        notes.append(f"{where}: “{shortened(value)}” is no language code; {usual} was taken")
    return usual


def _extra(row: Row, parts: frozenset[str], told: set[str], notes: list[str]) -> dict[str, Plain]:
    """The values of the columns that are no part; of those left out each is told once."""
    extra: dict[str, Plain] = {}
    for column, value in row.values.items():
        if column in parts or column in _META_KEYS or value in (None, "", []):
            continue
        name = normalise(column).text
        kept = _kept(value)
        if kept is not None:
            extra[name] = kept
        elif column not in told:
            told.add(column)
            notes.append(
                f"{row.where}: what stands under “{shortened(name)}” is too long or no plain "
                "value; left out, here and further on"
            )
    return extra


def _kept(value: object) -> Plain:
    """A value that can be kept with the article as it is; None for any other."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else None
    text = normalise(_string(value)).text
    return text if text and len(text) <= _LONGEST_EXTRA else None

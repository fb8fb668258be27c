"""The corpus as two tables for programs: articles and mentions.

Source: RFC 4180, https://www.rfc-editor.org/rfc/rfc4180, and, for the description beside them,
Frictionless Data's Tabular Data Package, https://specs.frictionlessdata.io/tabular-data-package/.
A folder holds::

    articles.csv      id,text_sha256,title,source,byline,url,published_on,language,status,layer,text
    mentions.csv      article,start,end,label,text,state,score,source
    datapackage.json  the columns with their types, and the size and SHA-256 of both files

UTF-8 without a byte order mark; fields separated by commas, lines ended by CRLF. Every string
stands in quotation marks and is exactly what it was, line feeds too; numbers do not, and what is
not known is an empty field without quotation marks. Nothing is put before what a spreadsheet might
take for a formula: people read `annotations.formats.table`. ``article`` is an ``id`` of the other
file; offsets count code points, the end exclusive; ``text`` repeats the words.

Reading checks each article against ``text_sha256`` and each mention against its words. A file is
taken for this one by its first line alone; columns may stand in another order and more may follow,
as long as ``id``, ``text`` and ``text_sha256`` are there.
"""

import codecs
import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import ClassVar, Final

from annotations.domain.articles import (
    AnnotatedArticle,
    ArticleDraft,
    CorpusCard,
    Metadata,
    ReviewStatus,
    sha256_of,
)
from annotations.domain.mentions import MentionState
from annotations.domain.zoning import find_zones
from annotations.formats import base
from annotations.formats.base import (
    SUGGESTIONS_LAYER,
    UNNAMED,
    Fidelity,
    FormatError,
    Source,
    WriteReport,
)
from annotations.formats.decoding import check_article_length
from annotations.formats.placing import Claim, place, shortened

_ARTICLES: Final = "articles.csv"
_MENTIONS: Final = "mentions.csv"
_PACKAGE: Final = "datapackage.json"

#: The columns of both tables with their Frictionless types.
_ARTICLE_COLUMNS: Final = (
    ("id", "integer"),
    ("text_sha256", "string"),
    ("title", "string"),
    ("source", "string"),
    ("byline", "string"),
    ("url", "string"),
    ("published_on", "date"),
    ("language", "string"),
    ("status", "string"),
    ("layer", "string"),
    ("text", "string"),
)
_MENTION_COLUMNS: Final = (
    ("article", "integer"),
    ("start", "integer"),
    ("end", "integer"),
    ("label", "string"),
    ("text", "string"),
    ("state", "string"),
    ("score", "number"),
    ("source", "string"),
)
#: By these a file is known; by those it can be read.
_KNOWN_BY: Final = frozenset({"id", "text_sha256", "text"})
_NEEDED: Final = frozenset({"article", "start", "end", "label"})
_GLANCE: Final = 4_096
#: Longer fields hold no article; one whose quotation mark is never closed runs into this.
_LONGEST_FIELD: Final = 2_000_000


class Writer(base.Writer):
    """Writes a folder of two tables and their description; holds one article at a time."""

    name: ClassVar[str] = "csv-exact"
    title: ClassVar[str] = "CSV for programs (articles and mentions)"
    suffix: ClassVar[str] = ""
    uses_tokens: ClassVar[bool] = False
    fidelity: ClassVar[Fidelity] = Fidelity(
        overlaps=True,
        exact_text=True,
        zones=False,
        unreviewed=True,
        losses=(
            "Zones are lost; they are found anew when the tables are read.",
            "Metadata beyond title, source, byline, address and date is lost.",
        ),
    )

    def write(
        self, articles: Iterable[AnnotatedArticle], target: Path, corpus: CorpusCard = UNNAMED
    ) -> WriteReport:
        """Write every article into the folder ``target``, in the order given."""
        report = WriteReport(files=sorted([_ARTICLES, _MENTIONS, _PACKAGE]))
        with (
            (target / _ARTICLES).open("w", encoding="utf-8", newline="") as article_file,
            (target / _MENTIONS).open("w", encoding="utf-8", newline="") as mention_file,
        ):
            rows = csv.writer(article_file, quoting=csv.QUOTE_STRINGS)
            rows.writerow([name for name, _ in _ARTICLE_COLUMNS])
            mentions = csv.writer(mention_file, quoting=csv.QUOTE_STRINGS)
            mentions.writerow([name for name, _ in _MENTION_COLUMNS])
            for article in articles:
                rows.writerow(_article_row(article))
                mentions.writerows(_mention_rows(article))
                report.articles += 1
                report.mentions_in += len(article.mentions)
        report.mentions_out = report.mentions_in
        package = json.dumps(_package(target, corpus), ensure_ascii=False, indent=2)
        (target / _PACKAGE).write_text(f"{package}\n", encoding="utf-8", newline="\n")
        return report


class Reader(base.Reader):
    """Reads ``articles.csv`` with the ``mentions.csv`` beside it."""

    title: ClassVar[str] = "CSV of this program (articles and mentions)"
    suffixes: ClassVar[tuple[str, ...]] = (".csv",)
    holds_many: ClassVar[bool] = True
    companions: ClassVar[tuple[str, ...]] = (_MENTIONS, _PACKAGE)

    def may_own(self, name: str) -> bool:
        """Another table's neighbours are its own affair."""
        return name.lower() == "articles.csv"

    def recognises(self, source: Source) -> bool:
        """True where the first line names the columns that only this format has."""
        start = source.data[:_GLANCE].removeprefix(codecs.BOM_UTF8)
        line = start.partition(b"\n")[0].decode("utf-8", "replace")
        try:
            columns = next(csv.reader([line.strip()]), [])
        except csv.Error:
            return False
        return _KNOWN_BY.issubset(columns)

    def read(self, source: Source) -> Iterator[ArticleDraft]:
        """One draft a row of ``articles.csv``.

        The charset is UTF-8 whatever ``source`` says. Raises FormatError with the line of what is
        not as the format has it.
        """
        found = (data for name, data in source.beside.items() if _is_mentions(name))
        companion = next(found, None)
        mentions = _mentions(companion) if companion is not None else {}
        notes = (
            () if companion is not None else (f"There was no {_MENTIONS} beside {source.name}.",)
        )
        seen: set[str] = set()
        for line, row in _rows(source.data, source.name, _KNOWN_BY):
            number = row["id"]
            if number in seen:
                raise FormatError(f"{source.name} has two articles with the id {number}", line=line)
            seen.add(number)
            yield _draft(_Row(row, line, source.name), mentions.pop(number, []), source, notes)
            notes = ()
        for number, orphans in mentions.items():
            raise FormatError(
                f"{_MENTIONS} has mentions of an article {shortened(number)}, but {source.name} "
                "does not have it",
                line=orphans[0].line,
            )


def _article_row(article: AnnotatedArticle) -> list[object]:
    meta = article.meta
    return [
        article.id,
        article.text_sha256,
        article.title,
        str(meta.get("source") or ""),
        str(meta.get("byline") or ""),
        str(meta.get("url") or ""),
        meta.get("published_on") or None,
        article.language,
        article.status.value,
        article.layer,
        article.text,
    ]


def _mention_rows(article: AnnotatedArticle) -> Iterator[list[object]]:
    for mention in article.mentions:
        yield [
            article.id,
            mention.start,
            mention.end,
            mention.label,
            article.text[mention.start : mention.end],
            mention.state.value,
            mention.score,
            mention.source,
        ]


def _package(target: Path, corpus: CorpusCard) -> dict[str, object]:
    """The Tabular Data Package that describes both files."""
    articles = _resource(target / _ARTICLES, _ARTICLE_COLUMNS)
    articles["schema"] = {**_schema(_ARTICLE_COLUMNS), "primaryKey": "id"}
    mentions = _resource(target / _MENTIONS, _MENTION_COLUMNS)
    mentions["schema"] = {
        **_schema(_MENTION_COLUMNS),
        "foreignKeys": [
            {"fields": "article", "reference": {"resource": "articles", "fields": "id"}}
        ],
    }
    return {
        "profile": "tabular-data-package",
        "name": corpus.slug,
        "title": corpus.name,
        "description": corpus.description,
        "resources": [articles, mentions],
    }


def _resource(path: Path, columns: Iterable[tuple[str, str]]) -> dict[str, object]:
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return {
        "profile": "tabular-data-resource",
        "name": path.stem,
        "path": path.name,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": path.stat().st_size,
        "hash": f"sha256:{digest}",
        "dialect": {"delimiter": ",", "lineTerminator": "\r\n", "doubleQuote": True},
    }


def _schema(columns: Iterable[tuple[str, str]]) -> dict[str, object]:
    return {
        "fields": [{"name": name, "type": kind} for name, kind in columns],
        "missingValues": [""],
    }


# --- Reading ----------------------------------------------------------------------------------


class _Row:
    """A row read with its values checked."""

    def __init__(self, values: Mapping[str, str], line: int, name: str) -> None:
        self.values, self.line, self._name = values, line, name

    def refuse(self, column: str, problem: str) -> FormatError:
        return FormatError(f"{self._name}: “{column}” {problem}", line=self.line)

    def text(self, column: str) -> str:
        value = self.values.get(column, "")
        if "\0" in value:
            raise self.refuse(column, "holds a NUL character, which cannot be stored")
        return value

    def integer(self, column: str) -> int:
        value = self.text(column)
        if not (value.isascii() and value.isdecimal() and len(value) < 19):
            raise self.refuse(column, "is not a whole number")
        return int(value)

    def score(self, column: str) -> float | None:
        value = self.text(column)
        try:
            score = float(value) if value else None
        except ValueError:
            score = -1.0
        if score is not None and not 0 <= score <= 1:
            raise self.refuse(column, "is not a number from 0 to 1")
        return score

    def iso_date(self, column: str) -> date | None:
        value = self.text(column)
        try:
            return date.fromisoformat(value) if value else None
        except ValueError:
            raise self.refuse(column, "is not a date like 2017-07-08") from None

    def one_of[T: StrEnum](self, kind: type[T], column: str, default: T) -> T:
        value = self.text(column)
        try:
            return kind(value) if value else default
        except ValueError:
            problem = f"is “{shortened(value)}”, not one of {', '.join(kind)}"
            raise self.refuse(column, problem) from None


def _is_mentions(name: str) -> bool:
    return PurePosixPath(name).name == _MENTIONS


def _rows(data: bytes, name: str, needed: frozenset[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a table by column, each with the line that it starts in."""
    # The limit holds for the whole process; here it is only ever raised.
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_FIELD))
    lines = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline="")
    table = csv.reader(lines, strict=True)
    line = 1
    try:
        columns = next(table, [])
        if not needed <= set(columns):
            missing = ", ".join(sorted(needed - set(columns)))
            raise FormatError(f"{name} lacks columns: {missing}", line=1)
        line = table.line_num + 1
        for fields in table:
            if fields and len(fields) != len(columns):
                raise FormatError(
                    f"{name}: the row has {len(fields)} fields, but there are {len(columns)} "
                    "columns",
                    line=line,
                )
            if fields:
                yield line, dict(zip(columns, fields, strict=True))
            line = table.line_num + 1
    except UnicodeDecodeError as error:
        raise FormatError(f"{name} is not UTF-8", line=line) from error
    except csv.Error as error:
        raise FormatError(f"{name} is no CSV: {error}", line=line) from error


def _mentions(data: bytes) -> dict[str, list[_Row]]:
    """The rows of mentions by the id of their article."""
    mentions: dict[str, list[_Row]] = {}
    for line, values in _rows(data, _MENTIONS, _NEEDED):
        mentions.setdefault(values["article"], []).append(_Row(values, line, _MENTIONS))
    return mentions


def _claim(row: _Row, usual: MentionState) -> Claim:
    return Claim(
        row.integer("start"),
        row.integer("end"),
        row.text("label"),
        row.values.get("text") or None,
        row.line,
        row.one_of(MentionState, "state", usual),
        row.score("score"),
        row.text("source"),
    )


def _draft(
    row: _Row, mentions: Iterable[_Row], source: Source, notes: tuple[str, ...]
) -> ArticleDraft:
    raw = row.values["text"]
    check_article_length(raw, f"{source.name}, line {row.line}")
    layer = row.text("layer")
    usual = MentionState.SUGGESTED if layer == SUGGESTIONS_LAYER else MentionState.ADDED
    placed = place(raw, [_claim(mention, usual) for mention in mentions])
    digest = row.text("text_sha256")
    if digest and digest.lower() != sha256_of(placed.text):
        raise row.refuse("text_sha256", "is not that of the text: one of both was changed")
    title = row.text("title")
    return ArticleDraft(
        text=placed.text,
        metadata=Metadata(
            title=title,
            source=row.text("source"),
            byline=row.text("byline"),
            url=row.text("url"),
            published_on=row.iso_date("published_on"),
            language=row.text("language") or source.language,
        ),
        zones=find_zones(placed.text, headline=title),
        mentions=placed.mentions,
        unplaced=placed.unplaced,
        status=row.one_of(ReviewStatus, "status", ReviewStatus.UNREVIEWED),
        layer=layer,
        number=row.integer("id") or None,
        changes=placed.changes,
        notes=(*notes, *placed.notes),
    )

"""Tables in text files: articles in rows on the way in, mentions in rows on the way out.

Source: RFC 4180, https://www.rfc-editor.org/rfc/rfc4180, and what programs make of it.

In: the first row names the columns, every other one is an article. Fields are separated by
commas, semicolons, tabs or bars; which, and whether quotation marks quote, is what makes the most
rows as long as the first one. Quoted fields may hold line breaks and doubled quotation marks. A
line ``sep=;`` before all, as Excel understands it, is obeyed. A first row with a field of more
than 100 characters is an article itself; the columns are then called ``column 1`` and so on.
Which column holds the text, the title, the date, the byline, the source, the web address and the
language can be chosen; the others are kept with the article.

A row with more fields than the first one, or with so few that the text is missing or the last of
them, is refused with its line: a separator or a line break stands in its text unquoted.

Out: one row for each mention, for people who read it in a spreadsheet::

    Article,Title,Label,Words,Before,After,Zone,State,By,Review
    7,Night in Ulm,GPE,Ulm,,slept.,paragraph,accepted,tagger 1.0,finished

UTF-8 with a byte order mark, by which Excel knows it; lines end in CRLF; white space is shown as
single spaces. A cell that begins with ``=``, ``+``, ``-``, ``@`` or a tab would be a formula to a
spreadsheet, so an apostrophe is put before it, as it is before one that begins with an apostrophe.
Machines better read `annotations.formats.csv_exact`.
"""

import csv
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import ClassVar, Final

from annotations.domain.articles import AnnotatedArticle, ArticleDraft, CorpusCard
from annotations.domain.mentions import Mention
from annotations.formats import base
from annotations.formats._columns import chosen, drafts, offered
from annotations.formats._tables import is_table_of_articles, lines_of, pieces_of, table_of
from annotations.formats.base import UNNAMED, Fidelity, FormatError, Option, Source, WriteReport

_HEADER: Final = (
    "Article", "Title", "Label", "Words", "Before", "After", "Zone", "State", "By", "Review",
)  # fmt: skip
#: How much text stands before and after the words, in code points.
_CONTEXT: Final = 60
#: What a spreadsheet would take for the start of a formula. The apostrophe is among them, so
#: that one that was put before a cell can be told from one that was there.
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "'")


class Reader(base.Reader):
    """Reads one article from each row."""

    title: ClassVar[str] = "Table (CSV, TSV), an article a row"
    suffixes: ClassVar[tuple[str, ...]] = (".csv", ".tsv")
    holds_many: ClassVar[bool] = True

    def recognises(self, source: Source) -> bool:
        """False for files of a token a line and for WebAnno's TSV."""
        return is_table_of_articles(source.data)

    def options(self, source: Source) -> tuple[Option, ...]:
        """For each part of an article the column that holds it."""
        try:
            table = table_of(next(pieces_of(source)), source)
        except FormatError:
            return ()
        return offered(table.columns, table.guess)

    def read(self, source: Source) -> Iterator[ArticleDraft]:
        """One draft a row; rows without any text are noted.

        Raises FormatError with the line of a row that does not fit the first one, and for a file
        that is no table.
        """
        pieces = pieces_of(source)
        first = next(pieces)
        table = table_of(first, source)
        if table.columns == _HEADER:
            raise FormatError(
                f"{source.name} is a table of mentions for people to read: the articles are not "
                "in it. Upload the corpus as JSON Lines or as exact CSV."
            )
        choice = chosen(table.columns, table.guess, source)
        rows = table.rows(lines_of(first, pieces), source.name, choice["text"])
        yield from drafts(rows, choice, source, encoding=first.encoding, notes=first.notes)


class Writer(base.Writer):
    """Writes one ``.csv`` with a row for each mention; holds one article at a time."""

    name: ClassVar[str] = "csv"
    title: ClassVar[str] = "CSV for spreadsheets, a mention a row"
    suffix: ClassVar[str] = ".csv"
    uses_tokens: ClassVar[bool] = False
    fidelity: ClassVar[Fidelity] = Fidelity(
        overlaps=True,
        exact_text=False,
        zones=False,
        unreviewed=True,
        losses=(
            f"The text is lost but for {_CONTEXT} characters on each side of a mention.",
            "White space, line breaks too, is shown as single spaces.",
            "Offsets, scores, and metadata but for the title are lost.",
            "Articles without mentions have no row.",
            "Cells that a spreadsheet would take for a formula begin with an apostrophe.",
        ),
    )

    def write(
        self, articles: Iterable[AnnotatedArticle], target: Path, corpus: CorpusCard = UNNAMED
    ) -> WriteReport:
        """Write the mentions of every article to the file ``target``, in reading order."""
        report = WriteReport(files=[target.name])
        with target.open("w", encoding="utf-8-sig", newline="") as stream:
            table = csv.writer(stream)
            table.writerow(_HEADER)
            for article in articles:
                table.writerows(_mention_rows(article))
                report.articles += 1
                report.mentions_in += len(article.mentions)
        report.mentions_out = report.mentions_in
        return report


def _mention_rows(article: AnnotatedArticle) -> Iterator[list[str | int]]:
    title = _cell(article.title)
    starts = [zone.start for zone in article.zones]
    for mention in article.mentions:
        index = bisect_right(starts, mention.start) - 1
        zone = article.zones[index] if index >= 0 else None
        before, after = _context(article.text, mention)
        yield [
            article.id,
            title,
            _cell(mention.label),
            _cell(mention.span.of(article.text)),
            _cell(before),
            _cell(after),
            zone.zone.value if zone is not None and mention.start < zone.end else "",
            mention.state.value,
            _cell(mention.source),
            article.status.value,
        ]


def _context(text: str, mention: Mention) -> tuple[str, str]:
    """What stands before and after, with “…” where it begins or ends within the text."""
    start, end = max(mention.start - _CONTEXT, 0), mention.end + _CONTEXT
    return (
        ("…" if start else "") + text[start : mention.start].lstrip(),
        text[mention.end : end].rstrip() + ("…" if end < len(text) else ""),
    )


def _cell(value: str) -> str:
    """A value in one line that no spreadsheet takes for a formula."""
    value = " ".join(value.split())
    return f"'{value}" if value.startswith(_FORMULA_STARTS) else value

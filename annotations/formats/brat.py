"""brat's standoff format: a text, and beside it a file with one annotation a line.

Source: https://brat.nlplab.org/standoff.html; where that is silent, brat's own parser,
https://github.com/nlplab/brat/blob/master/server/src/annotation.py. ``article-7.ann`` holds the
annotations of ``article-7.txt``; parts of a line are separated by tabs::

    T1<TAB>GPE 0 3<TAB>Ulm
    T2<TAB>ORG 10 15;16 24<TAB>Coast Wire Agency

A line that begins with T is a span: label, offsets in code points, end exclusive, and the words
there. No piece of it may hold a line break; one that crosses a line end is written in pieces, and
its words are joined by one space. A label is made of ASCII letters, digits, ``-`` and ``_``.
``annotation.conf`` lists the labels. An empty ``.ann`` says that there is nothing to mark.

Read are the spans. Pieces with nothing but a line break between them are one mention; a span whose
pieces lie apart is left out. Notes (``#``), links to knowledge bases (``N``), attributes, relations
and events are counted and not taken; the triggers of events are spans like any other. brat counts
code points, other programs that write its format count UTF-16 code units or take CRLF for one
character: what makes most spans hold is taken.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import ClassVar, Final

from annotations.domain.articles import (
    AnnotatedArticle,
    ArticleDraft,
    CorpusCard,
    Metadata,
    ReviewStatus,
    Unplaced,
)
from annotations.domain.mentions import Mention
from annotations.domain.text import normalise
from annotations.domain.units import Utf16
from annotations.domain.zoning import find_zones
from annotations.formats import base
from annotations.formats._article_files import number_in, stem_of
from annotations.formats.base import (
    UNNAMED,
    Fidelity,
    FormatError,
    Misfit,
    Source,
    WriteReport,
    why_no_example,
)
from annotations.formats.decoding import check_article_length, check_size, decode
from annotations.formats.placing import Claim, Placement, Units, place, shortened

_CONFIGURATION: Final = "annotation.conf"
#: What brat breaks lines at, which is more than it ends a line with.
_BREAKS: Final = re.compile("[\n\r\x85\u2028\u2029]+")
#: How a line of each kind begins, with what a note calls such lines.
_KINDS: Final = {
    "#": "notes",
    "N": "links to knowledge bases",
    "A": "attributes",
    "M": "attributes",
    "R": "relations",
    "*": "relations",
    "E": "events",
}
_LINE: Final = re.compile(r"(?:[TNAMRE#]\S*|\*)\t")
#: The words may be missing; then nothing can be checked. Nine digits are more than any text has.
_SPAN: Final = re.compile(
    r"T[^\t]*\t(?P<label>[^ \t]+) (?P<pieces>[0-9]{1,9} [0-9]{1,9}(?:;[0-9]{1,9} [0-9]{1,9})*)"
    r" *(?:\t(?P<words>.*))?",
    re.DOTALL,
)
_NO_LABEL_LETTER: Final = re.compile(r"[^A-Za-z0-9_-]")


class Reader(base.Reader):
    """Reads one ``.ann`` with the ``.txt`` of the same name beside it."""

    title: ClassVar[str] = "brat standoff"
    suffixes: ClassVar[tuple[str, ...]] = (".ann",)
    companions: ClassVar[tuple[str, ...]] = (
        ".txt",
        _CONFIGURATION,
        "visual.conf",
        "tools.conf",
        "kb_shortcuts.conf",
    )

    def recognises(self, source: Source) -> bool:
        """True for an empty file and for one whose first line is an annotation."""
        start = source.data[:1000].decode(errors="replace").lstrip("\ufeff\r\n ")
        return not start or _LINE.match(start) is not None

    def read(self, source: Source) -> Iterator[ArticleDraft]:
        """Yield the one article; its status is *open* where anything is marked in it.

        Raises FormatError where the text is missing or a file is no text.
        """
        decoded = decode(_text_beside(source), chosen=source.encoding, name=f"{source.stem}.txt")
        check_article_length(decoded.text, f"{source.stem}.txt")
        lines = _lines(source, decoded.encoding)
        placement, unplaced = _best(decoded.text, [line for line in lines if line.kind == "T"])
        yield ArticleDraft(
            text=placement.text,
            metadata=Metadata(language=source.language),
            zones=find_zones(placement.text),
            mentions=placement.mentions,
            status=ReviewStatus.OPEN if placement.mentions else ReviewStatus.UNREVIEWED,
            encoding=decoded.encoding,
            changes=placement.changes,
            notes=(*decoded.notes, *placement.notes, *_left(lines, source.name)),
            unplaced=unplaced,
            number=number_in(source.stem),
        )


class Writer(base.Writer):
    """Writes a folder with a ``.txt`` and an ``.ann`` for each article and their configuration."""

    name: ClassVar[str] = "brat"
    title: ClassVar[str] = "brat standoff"
    suffix: ClassVar[str] = ""
    uses_tokens: ClassVar[bool] = False
    fidelity: ClassVar[Fidelity] = Fidelity(
        overlaps=True,
        exact_text=True,
        zones=False,
        unreviewed=False,
        losses=(
            "Mentions that begin or end with a line break are left out.",
            "Articles that are not finished are left out, except in the layer of suggestions.",
            "Zones, metadata, scores and the state of each mention are lost.",
        ),
    )

    def write(
        self, articles: Iterable[AnnotatedArticle], target: Path, corpus: CorpusCard = UNNAMED
    ) -> WriteReport:
        """Write the articles that are examples (`why_no_example`); one pass, one at a time."""
        report = WriteReport(files=[_CONFIGURATION])
        types = _Types(label.name for label in corpus.labels)
        for article in articles:
            reason = why_no_example(article)
            if reason is not None:
                report.articles_left_out[reason] += 1
                continue
            stem = stem_of(article)
            lines = _span_lines(article, types, report)
            (target / f"{stem}.txt").write_bytes(article.text.encode())
            (target / f"{stem}.ann").write_bytes("".join(lines).encode())
            report.files += [f"{stem}.ann", f"{stem}.txt"]
            report.articles += 1
            report.mentions_in += len(article.mentions)
            report.mentions_out += len(lines)
        (target / _CONFIGURATION).write_bytes(types.configuration().encode())
        report.notes += types.notes()
        report.files.sort()
        return report


# --- Reading ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of an annotation file; ``kind`` is its first character, "" where it is none."""

    number: int
    kind: str
    content: str


@dataclass(frozen=True, slots=True)
class _SpanLine:
    """A line T, with its offsets as the file has them."""

    number: int
    label: str
    pieces: tuple[tuple[int, int], ...]
    words: str | None

    @property
    def start(self) -> int:
        return self.pieces[0][0]

    @property
    def end(self) -> int:
        return self.pieces[-1][1]

    def unplaced(self, reason: str) -> Unplaced:
        return Unplaced(self.start, self.end, self.label, self.words or "", reason, self.number)


def _text_beside(source: Source) -> bytes:
    wanted = f"{source.stem}.txt"
    for name, data in source.beside.items():
        if PurePosixPath(name).name == wanted:
            return data
    raise FormatError(
        f"{source.name} has only annotations; the text that they belong to, {wanted}, is missing. "
        "Upload both files, or a zip archive of the whole folder."
    )


def _lines(source: Source, encoding: str) -> list[_Line]:
    """The lines that are not blank. Raises FormatError where none of them is an annotation.

    The text's encoding is the likeliest, since there is more of it to judge by.
    """
    check_size(source.data, source.name)
    if not source.data.strip(b"\xef\xbb\xbf \t\r\n"):
        return []  # nothing is marked
    decoded = decode(source.data, chosen=source.encoding, declared=encoding, name=source.name)
    lines = [
        _Line(number, line[0] if _LINE.match(line) else "", line.removesuffix("\r"))
        for number, line in enumerate(decoded.text.lstrip("\ufeff").split("\n"), start=1)
        if line.strip()
    ]
    if not any(line.kind for line in lines):
        raise FormatError(
            f"{source.name} holds no annotations of brat: a line begins with an id and a tab",
            line=lines[0].number,
        )
    return lines


def _best(text: str, lines: Sequence[_Line]) -> tuple[Placement, tuple[Unplaced, ...]]:
    """What holds in the text, by the way of counting in which most spans hold.

    brat's own comes first and so stays where others do as well.
    """
    spans: list[_SpanLine] = []
    unreadable: list[Unplaced] = []
    for line in lines:
        match = _SPAN.fullmatch(line.content)
        if match is None:
            quote, reason = line.content, "the line is not “id, label, offsets, words” of brat"
            unreadable.append(Unplaced(0, 0, "", quote, reason, line.number))
            continue
        pieces = tuple(
            (int(start), int(end))
            for start, end in (piece.split(" ") for piece in match["pieces"].split(";"))
        )
        spans.append(_SpanLine(line.number, match["label"], pieces, match["words"] or None))
    stored = normalise(text)
    counts = [Units.CODE_POINTS, *([Units.UTF_16] if Utf16(text).differs else [])]
    readings = [_placed(text, spans, units) for units in counts]
    if stored.changes:
        for units in counts:
            placement, apart = _placed(stored.text, spans, units)
            changed = replace(
                placement, changes=stored.changes, notes=(*placement.notes, _AFTER_CHANGES)
            )
            readings.append((changed, apart))
    placement, apart = max(readings, key=lambda reading: len(reading[0].mentions))
    left_out = [*placement.unplaced, *apart, *unreadable]
    return placement, tuple(sorted(left_out, key=lambda one: one.line or 0))


_AFTER_CHANGES: Final = (
    "The file’s offsets count the text as it is after these changes, so they were taken as such."
)


def _placed(
    text: str, spans: Iterable[_SpanLine], units: Units
) -> tuple[Placement, tuple[Unplaced, ...]]:
    offsets = Utf16(text)
    claims: list[Claim] = []
    apart: list[Unplaced] = []
    for span in spans:
        pieces = _points(span, offsets, units)
        gaps = [text[end:start] for (_, end), (start, _) in pairwise(pieces)]
        if any(gap.strip() or not _BREAKS.search(gap) for gap in gaps):
            reason = f"its {len(span.pieces)} pieces lie apart, and a mention is in one piece"
            apart.append(span.unplaced(reason))
            continue
        quote = span.words
        if gaps and quote == " ".join(text[start:end] for start, end in pieces):
            quote = text[pieces[0][0] : pieces[-1][1]]
        claims.append(Claim(span.start, span.end, span.label, quote, span.number))
    return place(text, claims, units=units), tuple(apart)


def _points(span: _SpanLine, offsets: Utf16, units: Units) -> list[tuple[int, int]]:
    """The pieces in code points; one with an edge within a character is left to `place`."""
    pieces = list(span.pieces)
    if units is Units.UTF_16:
        points = [(offsets.point(start), offsets.point(end)) for start, end in pieces]
        pieces = [(a, b) for a, b in points if a is not None and b is not None]
    return pieces or list(span.pieces)


def _left(lines: Sequence[_Line], name: str) -> Iterator[str]:
    """Sentences on the lines that were not taken."""
    counts = Counter(_KINDS[line.kind] for line in lines if line.kind in _KINDS)
    if counts:
        listed = ", ".join(f"{kind} ({count:,})" for kind, count in counts.items())
        yield f"{name} also holds what was not taken: {listed}."
    unknown = [line for line in lines if not line.kind]
    if unknown:
        first = unknown[0]
        yield (
            f"Lines of {name} that are no annotation of brat: {len(unknown):,}, the first of them "
            f"line {first.number}: “{shortened(first.content)}”."
        )


# --- Writing ----------------------------------------------------------------------------------


class _Types:
    """What each label is called in brat; no two share a name."""

    def __init__(self, labels: Iterable[str]) -> None:
        self._by_label: dict[str, str] = {}
        # Those that need no other name get theirs before another's could take it.
        for label in sorted(labels, key=lambda label: label != _sanitised(label)):
            self.name_of(label)

    def name_of(self, label: str) -> str:
        if label not in self._by_label:
            wanted = name = _sanitised(label)
            taken = set(self._by_label.values())
            number = 2
            while name in taken:
                name = f"{wanted}-{number}"
                number += 1
            self._by_label[label] = name
        return self._by_label[label]

    def notes(self) -> list[str]:
        changed = [f"“{a}” is {b}" for a, b in sorted(self._by_label.items()) if a != b]
        if not changed:
            return []
        return [f"brat allows no other than ASCII letters in labels: {', '.join(changed)}."]

    def configuration(self) -> str:
        """The file that brat needs to show these labels and to offer them."""
        names = "".join(f"{name}\n" for name in self._by_label.values())
        return f"[entities]\n{names}\n[relations]\n\n[events]\n\n[attributes]\n"


def _sanitised(label: str) -> str:
    """The label in ASCII letters, digits, ``-`` and ``_``; what it begins with is a letter.

    A name that begins with ``-`` or ``!`` means something else to brat's configuration.
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", label) if not unicodedata.combining(c))
    name = _NO_LABEL_LETTER.sub("_", plain)
    return name if name[:1].isalpha() else f"L{name}"


def _span_lines(article: AnnotatedArticle, types: _Types, report: WriteReport) -> list[str]:
    lines: list[str] = []
    for mention in article.mentions:
        pieces = _pieces(article.text, mention)
        if not pieces:
            report.misfits.append(Misfit.of(article, mention, _BROKEN_EDGE))
            continue
        offsets = ";".join(f"{start} {end}" for start, end in pieces)
        words = " ".join(article.text[start:end] for start, end in pieces)
        lines.append(f"T{len(lines) + 1}\t{types.name_of(mention.label)} {offsets}\t{words}\n")
    return lines


_BROKEN_EDGE: Final = "It begins or ends with a line break, which brat cannot mark."


def _pieces(text: str, mention: Mention) -> list[tuple[int, int]]:
    """The mention cut at line breaks; empty where it has one at its edge."""
    breaks = [found.span() for found in _BREAKS.finditer(text, mention.start, mention.end)]
    edges = [mention.start, *(edge for found in breaks for edge in found), mention.end]
    pieces = list(zip(edges[::2], edges[1::2], strict=True))
    return pieces if all(start < end for start, end in pieces) else []

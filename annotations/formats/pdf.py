"""PDF: the words of the pages, with guesses about what belongs together.

ISO 32000 (https://pdfa.org/resource/iso-32000-2/). A PDF places letters on pages; it has no
paragraphs, and no words that run on in the next line. pdfium
(https://pypdfium2.readthedocs.io) tells, in a process of its own, which letters make lines, in the
order in which the file draws them, and where each line stands. From that this module guesses, and
says what it guessed:

- Lines that repeat at one height of most pages' edges, but for numbers, are running headers and
  footers and left out.
- A line starts a paragraph where its size changes, it is indented, the gap above it is wide, or
  the line before ended though the next word would have fitted.
- A hyphen at a line's end divides a word where small letters stand on both its sides or the file
  writes the whole word elsewhere, unless it writes the word with a hyphen elsewhere.
- What is set larger than the body is a heading, the largest on the first page the headline.

Columns are read as the file draws them. Pictures of text are not read. Since extraction guesses,
the option ``text`` takes what a person made of it: that text is the article's then.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from statistics import median_low
from typing import TYPE_CHECKING, ClassVar, Final

from annotations.domain.articles import ArticleDraft, Metadata
from annotations.domain.text import normalise
from annotations.domain.zones import Zone, ZonedSpan
from annotations.domain.zoning import find_zones
from annotations.formats import base
from annotations.formats._blocks import as_pairs, from_pairs
from annotations.formats.base import FormatError, Option, Source
from annotations.formats.decoding import check_article_length, check_size, check_text
from annotations.formats.plain_text import (
    Block,
    block,
    byline_of,
    first_in_zone,
    oddity_notes,
    zoned,
)
from annotations.formats.sandbox import Answer, ask

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfTextPage

#: The mark may stand behind some bytes that a mail or web server left.
_START_BYTES: Final = 1_024
_PDF_DATE: Final = re.compile(r"D:(\d{4})(\d{2})(\d{2})")
#: Titles that programs make up: a file's name, or none at all.
_NO_TITLE: Final = re.compile(
    r"(?:microsoft word|untitled|about:).*|.*\.\w{2,5}|https?:.*", re.IGNORECASE
)
_TEXT_OPTION: Final = Option(
    "text", "The article’s text: put right what was extracted wrongly", is_text=True
)


class Reader(base.Reader):
    """Reads one PDF as one article."""

    title: ClassVar[str] = "PDF"
    suffixes: ClassVar[tuple[str, ...]] = (".pdf",)
    is_binary: ClassVar[bool] = True

    def recognises(self, source: Source) -> bool:
        """By the mark near its start."""
        return b"%PDF-" in source.data[:_START_BYTES]

    def options(self, source: Source) -> tuple[Option, ...]:
        """The text, to be typed or mended; empty takes what is extracted."""
        return (_TEXT_OPTION,)

    def read(self, source: Source) -> Iterator[ArticleDraft]:
        """Yield the one article.

        Raises FormatError for a file that is too large, damaged, encrypted, or has no text but
        pictures of text.
        """
        check_size(source.data, source.name)
        typed = source.options.get(_TEXT_OPTION.name, "")
        yield _typed(source, typed) if typed.strip() else _extracted(source)


def _typed(source: Source, typed: str) -> ArticleDraft:
    """The article whose text a person gave, with what the file says of itself."""
    answer = ask("annotations.formats.pdf:describe", source.data, source.name, name=source.name)
    normalised = normalise(typed)
    text = normalised.text
    check_text(text, source.name)
    check_article_length(text, source.name)
    zones = find_zones(text, headline=answer.text("title"))
    metadata, notes = _metadata(answer, text, zones, source.language)
    return ArticleDraft(
        text=text,
        metadata=metadata,
        zones=zones,
        changes=("The text that was typed took the place of the one in the file.",),
        notes=(*notes, *oddity_notes(text)),
    )


def _extracted(source: Source) -> ArticleDraft:
    answer = ask("annotations.formats.pdf:extract", source.data, source.name, name=source.name)
    text, found = zoned(from_pairs(answer.pairs("blocks")))
    check_text(text, source.name)
    check_article_length(text, source.name)
    zones = tuple(_guessed(zone) for zone in found)
    metadata, notes = _metadata(answer, text, zones, source.language)
    return ArticleDraft(
        text=text,
        metadata=metadata,
        zones=zones,
        changes=answer.texts("changes"),
        notes=(*answer.texts("notes"), *notes, *oddity_notes(text)),
    )


def _guessed(zone: ZonedSpan) -> ZonedSpan:
    """A heading by its size is a guess."""
    is_guess = zone.zone in {Zone.HEADLINE, Zone.SUBHEADING}
    return replace(zone, certain=False) if is_guess else zone


def _metadata(
    answer: Answer, text: str, zones: Sequence[ZonedSpan], language: str
) -> tuple[Metadata, list[str]]:
    """What the text says, or else the file's properties, and notes on what was taken."""
    created = _date(answer.text("created"))
    notes = []
    if created is not None:
        notes.append(f"The day of publication, {created}, is the one on which the PDF was made.")
    return (
        Metadata(
            title=first_in_zone(text, zones, Zone.HEADLINE) or answer.text("title"),
            byline=byline_of(text, zones) or answer.text("author"),
            published_on=created,
            language=language,
        ),
        notes,
    )


def _date(value: str) -> date | None:
    match = _PDF_DATE.match(value)
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


# --- Inside the sandbox: pages and their lines ----------------------------------------------------

#: What pdfium has in the place of a hyphen that divides a word; the next line follows at once.
_DIVIDED: Final = 0x02
_LINE_ENDS: Final = frozenset({0x0A, 0x0D})
_HYPHENS: Final = ("-", "\u2010", "\u00ad")
#: More of these among the letters, and the fonts do not say what their letters are.
_UNKNOWN: Final = re.compile("[\ufffd\ue000-\uf8ff\x00-\x08\x0e-\x1f]")
_TOO_MANY_UNKNOWN: Final = 0.05


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a page; edges in points, counted from the page's left and bottom.

    ``size`` is the height of its font, ``is_divided`` says that a hyphen at its end, which
    ``text`` no longer has, may divide a word.
    """

    text: str
    page: int
    left: float
    right: float
    top: float
    size: float
    is_divided: bool

    @property
    def letter_width(self) -> float:
        """The mean width of a letter, in points."""
        return (self.right - self.left) / len(self.text)

    @property
    def ends_sentence(self) -> bool:
        return not self.is_divided and bool(_SENTENCE_END.search(self.text))


_SENTENCE_END: Final = re.compile(r"[.!?…:。！？]\W*$")


def describe(data: bytes, name: str) -> Mapping[str, object]:
    """What a PDF says of itself, as JSON can hold it.

    Raises FormatError.
    """
    return _properties(_opened(data, name))


def extract(data: bytes, name: str) -> Mapping[str, object]:
    """The blocks and properties of a PDF, as JSON can hold them.

    Raises FormatError.
    """
    document = _opened(data, name)
    pages = [_page(document, number) for number in range(len(document))]
    if not any(pages):
        raise FormatError(
            f"{name} holds no text, only pictures of it perhaps. Recognise its text with an OCR "
            "program, or upload the text."
        )
    properties = _properties(document)
    running, kept = _without_running(pages)
    layout = _Layout(kept)
    hyphens = _Hyphens(kept)
    paragraphs = [_Paragraph.of(lines, hyphens) for lines in layout.paragraphs()]
    blocks, headings = _with_headings(paragraphs, layout.body_size, properties["title"])
    return {
        "blocks": as_pairs(blocks),
        "changes": [_ORDER, *running, *hyphens.changes],
        "notes": [*headings, *_doubts(pages)],
        **properties,
    }


_ORDER: Final = (
    "The lines of the pages were joined to paragraphs by their places and sizes, in the order in "
    "which the file draws them."
)


def _opened(data: bytes, name: str) -> "PdfDocument":
    from pypdfium2 import PdfDocument, PdfiumError
    from pypdfium2.raw import (
        FPDF_ERR_PASSWORD,
        FPDF_ERR_SECURITY,
    )

    try:
        return PdfDocument(data)
    except PdfiumError as error:
        if error.err_code in {FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY}:
            raise FormatError(
                f"{name} is encrypted. Save it without a password and upload it again."
            ) from None
        raise FormatError(f"{name} is damaged: no PDF reader can open it.") from None


def _properties(document: "PdfDocument") -> dict[str, str]:
    """Title, author and time of creation; a title that a program made up is none."""
    known = document.get_metadata_dict()
    title, author = (_one_line(known.get(key, "")) for key in ("Title", "Author"))
    return {
        "title": "" if _NO_TITLE.fullmatch(title) else title,
        "author": author,
        "created": known.get("CreationDate", ""),
    }


def _one_line(value: str) -> str:
    return " ".join(normalise(value).text.split())


def _page(document: "PdfDocument", number: int) -> list[_Line]:
    """The lines of the page with that number, from 0; none where it is damaged."""
    from pypdfium2 import PdfiumError

    try:
        return _lines_of(document[number].get_textpage(), number)
    except PdfiumError:
        return []


def _lines_of(page: "PdfTextPage", number: int) -> list[_Line]:
    """The lines of a page that are not blank, in the order in which the file draws them."""
    from pypdfium2.raw import FPDFText_GetUnicode

    codes = [FPDFText_GetUnicode(page, index) for index in range(page.count_chars())]
    lines = []
    start = 0
    for end in [*(i for i, code in enumerate(codes) if _ends_line(code)), len(codes)]:
        is_divided = end < len(codes) and codes[end] == _DIVIDED
        if line := _line(page, number, codes, range(start, end), is_divided):
            lines.append(line)
        start = end + 1
    return lines


def _ends_line(code: int) -> bool:
    return code in _LINE_ENDS or code == _DIVIDED


def _line(
    page: "PdfTextPage", number: int, codes: Sequence[int], indices: range, is_divided: bool
) -> _Line | None:
    seen = [index for index in indices if codes[index] and not chr(codes[index]).isspace()]
    # Characters beyond the first 65,536 come as two halves, each with a number of its own.
    units = b"".join(codes[i].to_bytes(2, "little") for i in indices if 0 < codes[i] < 0x10000)
    text = units.decode("utf-16-le", "replace").strip()
    if not seen or not text:
        return None
    left, bottom, right, top = page.get_charbox(seen[0], loose=True)
    other_left, other_bottom, other_right, other_top = page.get_charbox(seen[-1], loose=True)
    if text.endswith(_HYPHENS) and len(text) > 1 and not text[-2].isspace():
        text, is_divided = text[:-1], True
    return _Line(
        text,
        number,
        min(left, other_left),
        max(right, other_right, left + 1),
        max(top, other_top),
        max(top - bottom, other_top - other_bottom, 1.0),
        is_divided,
    )


def _doubts(pages: Sequence[Sequence[_Line]]) -> list[str]:
    """Notes on pages and letters that could not be read."""
    notes = []
    silent = [str(number) for number, lines in enumerate(pages, start=1) if not lines]
    if silent:
        what = f"Page {silent[0]} holds" if len(silent) == 1 else f"Pages {_listed(silent)} hold"
        notes.append(f"{what} no text that can be read; pictures of text are not.")
    text = "".join(line.text for lines in pages for line in lines)
    if len(_UNKNOWN.findall(text)) > _TOO_MANY_UNKNOWN * len(text):
        notes.append(
            "Many letters could not be read, since the fonts in the file do not say what they are."
        )
    return notes


def _listed(items: Sequence[str]) -> str:
    """The first items as a sentence can name them."""
    shown = list(items[:_NAMED])
    more = [f"{len(items) - _NAMED:,} more"] if len(items) > _NAMED else []
    *first, last = [*shown, *more]
    return f"{', '.join(first)} and {last}" if first else last


_NAMED: Final = 5


# --- Running headers and footers ------------------------------------------------------------------

#: So many lines at either edge of a page may run through the file.
_EDGE_LINES: Final = 3
#: How far apart they may stand from page to page, in points.
_SAME_HEIGHT: Final = 4
_DIGITS: Final = re.compile(r"\d+")


def _without_running(pages: Sequence[Sequence[_Line]]) -> tuple[list[str], list[_Line]]:
    """A sentence on the headers and footers that were left out, and all other lines."""
    alike: dict[str, list[_Line]] = {}
    for lines in pages:
        for key, line in _edge_lines(lines):
            alike.setdefault(key, []).append(line)
    running: dict[_Line, None] = {}
    for group in alike.values():
        height = median_low(line.top for line in group)
        level = [line for line in group if abs(line.top - height) < _SAME_HEIGHT]
        if _is_running(len({line.page for line in level}), len(pages)):
            running |= dict.fromkeys(level)
    everything = [line for lines in pages for line in lines]
    kept = [line for line in everything if line not in running]
    if not running or not kept:
        return [], everything
    names = _listed([f"“{text}”" for text in dict.fromkeys(line.text for line in running)])
    what = "1 line was" if len(running) == 1 else f"{len(running):,} lines were"
    return [f"{what} left out as running headers, footers or page numbers: {names}."], kept


def _edge_lines(lines: Sequence[_Line]) -> Iterator[tuple[str, _Line]]:
    """The lines at the top and bottom of one page, each with what it shares with other pages'."""
    ordered = sorted(lines, key=lambda line: -line.top)
    # On a page with little on it no line is both the first and the last.
    most = min(_EDGE_LINES, (len(ordered) + 1) // 2)
    for side, some in (("top", ordered[:most]), ("bottom", ordered[len(ordered) - most :])):
        for line in some:
            yield f"{side} {_DIGITS.sub('#', line.text.casefold())}", line


def _is_running(count: int, pages: int) -> bool:
    """On most pages; or on nearly every second, as where left and right pages differ."""
    return count >= 2 and (count * 2 > pages or (count >= 3 and count * 5 >= pages * 2))


# --- Paragraphs -----------------------------------------------------------------------------------

#: How much a size may differ within a paragraph, as a factor: superscripts make lines higher.
_SAME_SIZE: Final = 1.12
#: How much wider than usual the step to a new paragraph is.
_WIDE_STEP: Final = 1.25
#: The least and the most that a first line is indented, in heights of the font.
_INDENT: Final = 0.6
_MOST_INDENT: Final = 4
#: How much of its column a line without a full stop leaves empty to end its paragraph.
_EARLY: Final = 0.3
_BULLET: Final = re.compile(r"[•‣▪●◦*–-]\s")


class _Layout:
    """What is usual in a file: the size of its body, the step from line to line, its columns."""

    def __init__(self, lines: Sequence[_Line]) -> None:
        self._lines = lines
        sizes: Counter[float] = Counter()
        for line in lines:
            sizes[round(line.size, 1)] += len(line.text)
        #: The size of most letters, in points.
        self.body_size = sizes.most_common(1)[0][0]
        steps = sorted(
            (before.top - line.top) / line.size
            for before, line in pairwise(lines)
            if _is_same_size(before, line) and 0.5 < (before.top - line.top) / line.size < 3
        )
        # Not the median: where paragraphs are short, most steps are those between them.
        self._step = steps[len(steps) // 4] if steps else 1.2
        self._right: dict[tuple[int, int], float] = {}
        self._left: dict[tuple[int, int], float] = {}
        columns: dict[tuple[int, int], list[_Line]] = {}
        for line in lines:
            for key in _columns(line):
                columns.setdefault(key, []).append(line)
        for key, members in columns.items():
            rights = sorted(line.right for line in members)
            # Some lines run across columns; a fifth may, and the column is still as wide as it is.
            self._right[key] = rights[(len(rights) * 4) // 5] if len(rights) > 4 else rights[-1]
            self._left[key] = Counter(round(line.left) for line in members).most_common(1)[0][0]

    def paragraphs(self) -> Iterator[list[_Line]]:
        """The lines of each paragraph."""
        current: list[_Line] = []
        for line in self._lines:
            if current and self._starts(current, line):
                yield current
                current = []
            current.append(line)
        if current:
            yield current

    def _starts(self, current: Sequence[_Line], line: _Line) -> bool:
        """Whether a line starts a paragraph of its own after those of ``current``."""
        before = current[-1]
        if not _is_same_size(before, line) or _BULLET.match(line.text):
            return True
        step = (before.top - line.top) / line.size
        if abs(step) < 0.3 and before.page == line.page:
            return False  # The same line, of which pdfium made two.
        if before.page != line.page or step < 0:
            return before.ends_sentence and (
                self._ends_early(before, line) or self._is_indented(line)
            )
        return (
            step > self._step * _WIDE_STEP
            or self._ends_early(before, line)
            or self._turns_in(current, line)
        )

    def _ends_early(self, before: _Line, line: _Line) -> bool:
        """Whether the first word of a line would have fitted at the end of the one before."""
        if before.is_divided:
            return False
        right = self._right[_column(before)]
        first_word = line.text.split(maxsplit=1)[0]
        end = before.right + (len(first_word) + 2) * before.letter_width
        if before.ends_sentence:
            return end < right
        return before.right + _EARLY * (right - before.left) < right and end < right

    def _turns_in(self, current: Sequence[_Line], line: _Line) -> bool:
        """Whether the left edge moves as it does at a paragraph's first line."""
        before = current[-1]
        if _is_centred(before, line):
            return False
        moved = (line.left - before.left) / line.size
        if _BULLET.match(current[0].text):
            # Under a bullet all lines but the first are indented.
            return len(current) > 1 and moved < -_INDENT
        if len(current) == 1:
            is_first_after_one = abs(moved) <= _INDENT and self._is_indented(line)
            return not -_MOST_INDENT < moved <= _INDENT or is_first_after_one
        return abs(moved) > _INDENT

    def _is_indented(self, line: _Line) -> bool:
        indent = (line.left - self._left[_column(line)]) / line.size
        return _INDENT < indent < _MOST_INDENT


def _is_centred(one: _Line, other: _Line) -> bool:
    """Whether two lines stand on one axis, and on that alone."""
    is_on_axis = abs(one.left + one.right - other.left - other.right) < one.size
    return is_on_axis and abs(one.left - other.left) > one.size


def _is_same_size(one: _Line, other: _Line) -> bool:
    return max(one.size, other.size) <= min(one.size, other.size) * _SAME_SIZE


#: Lines of one column start within so many points of each other, indents included.
_COLUMN_WIDTH: Final = 36


def _column(line: _Line) -> tuple[int, int]:
    return line.page, int(line.left // _COLUMN_WIDTH)


def _columns(line: _Line) -> Iterable[tuple[int, int]]:
    """The column of a line, and its neighbour, since an edge may run between two."""
    page, place = _column(line)
    return (page, place), (page, place + 1)


# --- From lines to text ---------------------------------------------------------------------------

_WORD: Final = re.compile(r"\w+(?:[-\u2010]\w+)*")
_LAST_WORD: Final = re.compile(r"\w+(?:[-\u2010]\w+)*$")
_FIRST_WORD: Final = re.compile(r"\w+")
#: Scripts that write no spaces between words.
_UNSPACED: Final = re.compile(r"[\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uff00-\uffef]")


class _Hyphens:
    """Joins lines, and knows which words the file writes with a hyphen within a line."""

    def __init__(self, lines: Iterable[_Line]) -> None:
        self._words: Counter[str] = Counter()
        for line in lines:
            self._words.update(word.casefold() for word in _WORD.findall(line.text))
        self._joined: list[str] = []
        self._kept: list[str] = []

    def join(self, text: str, line: _Line, following: _Line) -> str:
        """The text up to ``line``, and the line that follows it."""
        if not line.is_divided:
            return f"{text}{_space_between(text, following.text)}{following.text}"
        last, first = _LAST_WORD.search(text), _FIRST_WORD.match(following.text)
        if last is None or first is None:
            return f"{text}-{following.text}"
        whole, hyphened = f"{last[0]}{first[0]}", f"{last[0]}-{first[0]}"
        is_one_word = first[0][0].islower() and last[0][-1].islower()
        if not self._is_written(hyphened) and (is_one_word or self._is_written(whole)):
            self._joined.append(whole)
            return text + following.text
        self._kept.append(hyphened)
        return f"{text}-{following.text}"

    def _is_written(self, word: str) -> bool:
        return self._words[word.casefold()] > 0

    @property
    def changes(self) -> list[str]:
        """Sentences on the words that were joined and those that kept their hyphen."""
        return [
            f"Hyphens at line ends were {done} ({len(words):,}): "
            f"{_listed(list(dict.fromkeys(words)))}."
            for words, done in ((self._joined, "taken out"), (self._kept, "kept"))
            if words
        ]


def _space_between(text: str, following: str) -> str:
    is_unspaced = _UNSPACED.match(text[-1]) and _UNSPACED.match(following[0])
    is_dash = text[-1] in "—/" and len(text) > 1 and not text[-2].isspace()
    return "" if is_unspaced or is_dash else " "


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """The text of some lines, joined; ``size`` is that of most of its letters."""

    text: str
    page: int
    size: float
    lines: int

    @classmethod
    def of(cls, lines: Sequence[_Line], hyphens: _Hyphens) -> "_Paragraph":
        text = lines[0].text
        for line, following in pairwise(lines):
            text = hyphens.join(text, line, following)
        if lines[-1].is_divided:
            text += "-"
        longest = max(lines, key=lambda line: len(line.text))
        return cls(text, lines[0].page, longest.size, len(lines))


#: How much larger than the body a heading is set, and a headline.
_HEADING_SIZE: Final = 1.12
_HEADLINE_SIZE: Final = 1.3
_HEADING_LINES: Final = 4
_HEADING_LENGTH: Final = 250


def _with_headings(
    paragraphs: Sequence[_Paragraph], body_size: float, title: str
) -> tuple[list[Block], list[str]]:
    """The blocks, headings marked by their size, and a sentence on the headline."""
    headings = [
        each
        for each in paragraphs
        if each.size >= body_size * _HEADING_SIZE
        and each.lines <= _HEADING_LINES
        and len(each.text) <= _HEADING_LENGTH
        and any(map(str.isalpha, each.text))
    ]
    headline, why = _headline(paragraphs, headings, body_size, title)
    blocks = []
    for each in paragraphs:
        zone = Zone.SUBHEADING if each in headings else None
        if new := block(each.text, Zone.HEADLINE if each is headline else zone):
            blocks.append(new)
    return blocks, why


def _headline(
    paragraphs: Sequence[_Paragraph], headings: Sequence[_Paragraph], body_size: float, title: str
) -> tuple[_Paragraph | None, list[str]]:
    for each in paragraphs:
        if title and each.text.casefold() == title.casefold():
            return each, []
    first_page = paragraphs[0].page
    candidates = [
        each
        for each in headings
        if each.page == first_page and each.size >= body_size * _HEADLINE_SIZE
    ]
    if not candidates:
        return None, []
    headline = max(candidates, key=lambda each: each.size)
    return headline, [
        f"“{headline.text}” was taken as the headline, since it is set largest on the first page."
    ]

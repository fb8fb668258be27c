"""Markdown: what a reader sees is annotated, not the marks around it.

CommonMark 0.31 (https://spec.commonmark.org/0.31.2/) with tables and ~~strikethrough~~.
Blocks become zones: the first heading of level 1 the headline, other headings subheadings,
list items lists, block quotes quotes. Front matter is metadata: ``key: value`` lines between two
lines of ``---`` at the start, with lists and folded values, or ``key = value`` lines between two
of ``+++``. Of blocks of raw HTML paragraphs, headings, quotes, lists, tables and captions are
text. Images, with their descriptions, and other blocks of raw HTML are left out and reported, and
so are the marks of footnotes, which would stick to a name.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from annotations.domain.articles import ArticleDraft, Metadata
from annotations.domain.text import normalise
from annotations.domain.zones import Zone
from annotations.formats import base
from annotations.formats._blocks import Page, parsed
from annotations.formats.base import FormatError, Source
from annotations.formats.decoding import check_article_length, check_text, decode
from annotations.formats.plain_text import (
    Block,
    block,
    byline_of,
    first_in_zone,
    oddity_notes,
    zoned,
)

#: Deeper nesting than any article has; beyond it the parser drops content.
_MAX_NESTING: Final = 100
#: The parser's time grows with the square of the brackets that open no link: about 1 s for these.
_MAX_BRACKETS: Final = 20_000
_FRONT_MATTER: Final = re.compile(
    r"(?P<mark>---|\+\+\+)[ \t]*\n(?P<lines>.*?)^(?P=mark)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE
)
_ENTRY: Final = re.compile(r"(?P<key>[A-Za-z_-]+)(?::(?:[ \t]+|$)|[ \t]*=[ \t]*)(?P<value>.*)")
#: A line below a key that has none of its own: of a list, or of a folded value.
_BELOW: Final = re.compile(r"(?:[ \t]+(?P<item>-[ \t]+)?|-[ \t]+)(?:name:[ \t]+)?(?P<value>\S.*)")
_FOLDED: Final = re.compile(r"[>|][+-]?")
_NOTE: Final = re.compile(r"^\[\^[^\]\s]{1,50}\]:[ \t]*", re.MULTILINE)
_NOTE_MARK: Final = re.compile(r"\[\^[^\]\s]{1,50}\]")
#: Blocks of raw HTML that are text; others hold players, advertisements and the page's layout.
_TEXT_HTML: Final = re.compile(
    r"\s*<(?:p|h[1-6]|blockquote|ul|ol|table|figure|figcaption)\b", re.IGNORECASE
)
_ISO_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_BLANKS: Final = re.compile(r"[ \t\n]+")
_BREAK: Final = re.compile(r" *\n *")
_LINE_BREAK_TAG: Final = re.compile(r"<br\s*/?>", re.IGNORECASE)
_CODE_TAG: Final = re.compile(r"<(?P<end>/?)(?:script|style)\b", re.IGNORECASE)
_SHOWN_HTML: Final = 40


class Reader(base.Reader):
    """Reads one Markdown file as one article."""

    title: ClassVar[str] = "Markdown"
    suffixes: ClassVar[tuple[str, ...]] = (".md", ".markdown")

    def read(self, source: Source) -> Iterator[ArticleDraft]:
        """Yield the one article.

        Raises FormatError for a file that is too long, no text, or shows nothing to a reader.
        """
        decoded = decode(source.data, chosen=source.encoding, name=source.name)
        check_article_length(decoded.text, source.name)
        if decoded.text.count("[") > _MAX_BRACKETS:
            raise FormatError(
                f"{source.name} holds more than {_MAX_BRACKETS:,} square brackets, as no article "
                "does. Upload it as plain text."
            )
        normalised = normalise(decoded.text)
        entries, body = _split_front_matter(normalised.text)
        body, notes = _without_note_marks(body)
        page = _render(body, source.name)
        text, zones = zoned(page.blocks)
        check_text(text, source.name)
        yield ArticleDraft(
            text=text,
            metadata=_metadata(
                entries,
                source.language,
                headline=first_in_zone(text, zones, Zone.HEADLINE),
                byline=byline_of(text, zones),
            ),
            zones=zones,
            encoding=decoded.encoding,
            changes=(*normalised.changes, *page.changes, *notes),
            notes=(*decoded.notes, *oddity_notes(text)),
        )


def _split_front_matter(text: str) -> tuple[dict[str, str], str]:
    """The entries of the front matter, keys in lower case, and the text below it.

    Lines between the marks that are no entry (nested lists, comments) are left out as well. A
    first line of dashes that opens no entries is a rule across the page.
    """
    match = _FRONT_MATTER.match(text)
    if not match:
        return {}, text
    entries = _entries(match["lines"].split("\n"))
    return (entries, text[match.end() :]) if entries else ({}, text)


def _entries(lines: Iterable[str]) -> dict[str, str]:
    """The entries that have a value, in their line or in those below it."""
    entries: dict[str, list[str]] = {}
    between: dict[str, str] = {}
    key, is_open, is_list = "", False, False
    for line in lines:
        if entry := _ENTRY.match(line):
            key, value = entry["key"].lower(), entry["value"].strip()
            is_open = not value or _FOLDED.fullmatch(value) is not None
            entries[key] = [] if is_open else [_unquoted(value)]
        elif is_open and (below := _BELOW.match(line)):
            is_item = below["item"] is not None or line.startswith("-")
            if not entries[key]:
                is_list = is_item
            # What else is said of an item is no item.
            if is_item or not is_list:
                entries[key].append(_unquoted(below["value"]))
                between[key] = ", " if is_item else " "
    return {key: between.get(key, "").join(parts) for key, parts in entries.items() if parts}


def _without_note_marks(text: str) -> tuple[str, list[str]]:
    """The text without the marks of footnotes, which stay where they stand, and what to say."""
    text, notes = _NOTE.subn("\n", text)
    if not notes:
        return text, []
    text, marks = _NOTE_MARK.subn("", text)
    what = "1 mark of a footnote was" if marks == 1 else f"{marks:,} marks of footnotes were"
    return text, [f"{what} taken out; the notes stand where they stood."]


def _unquoted(value: str) -> str:
    """A plain value without YAML's quotes; ``[a, b]`` becomes ``a, b``."""
    value = value.strip()
    if value.startswith("[") and value.endswith("]"):
        return ", ".join(_unquoted(part) for part in value[1:-1].split(",") if part.strip())
    if len(value) > 1 and value[0] in "\"'" and value[-1] == value[0]:
        return value[1:-1]
    return value


def _metadata(entries: Mapping[str, str], language: str, *, headline: str, byline: str) -> Metadata:
    return Metadata(
        title=entries.get("title", headline),
        source=entries.get("source", ""),
        byline=entries.get("byline") or entries.get("author") or entries.get("authors") or byline,
        url=entries.get("url", ""),
        published_on=_date(entries.get("date", "")),
        language=entries.get("lang") or entries.get("language") or language,
    )


def _date(value: str) -> date | None:
    """The day of an ISO date or date-time; None for every other way to write it."""
    match = _ISO_DATE.match(value)
    try:
        return date.fromisoformat(match.group()) if match else None
    except ValueError:
        return None


@dataclass(slots=True)
class _Page:
    """What has been rendered so far; ``containers`` are the open lists and quotes."""

    blocks: list[Block] = field(default_factory=list)
    containers: list[Zone] = field(default_factory=list)
    rows: list[list[str]] | None = None
    heading: str = ""
    has_headline: bool = False
    images: int = 0
    raw_html: list[str] = field(default_factory=list)

    def add(self, text: str, zone: Zone | None) -> None:
        if new := block(text, zone):
            self.blocks.append(new)
            self.has_headline |= zone is Zone.HEADLINE

    def add_html(self, markup: str, name: str) -> None:
        """Add the blocks of raw HTML. Raises FormatError where it is nested beyond reason."""
        inner = Page(has_headline=self.has_headline)
        inner.add(parsed(markup, name))
        self.has_headline = inner.has_headline
        self.blocks += inner.blocks
        self.images += sum(count for (one, _), count in inner.left_out.items() if one == "image")

    def zone_here(self) -> Zone | None:
        if self.heading:
            is_headline = self.heading == "h1" and not self.has_headline
            return Zone.HEADLINE if is_headline else Zone.SUBHEADING
        return self.containers[-1] if self.containers else None

    @property
    def changes(self) -> list[str]:
        changes = []
        if self.images:
            what = "1 image was" if self.images == 1 else f"{self.images} images were"
            changes.append(f"{what} left out, with the description.")
        if self.raw_html:
            count = len(self.raw_html)
            what = "1 block of raw HTML was" if count == 1 else f"{count} blocks of raw HTML were"
            changes.append(f"{what} left out, from “{self.raw_html[0]}” on.")
        return changes


_CONTAINERS: Final = {
    "blockquote": Zone.QUOTE,
    "bullet_list": Zone.LIST,
    "ordered_list": Zone.LIST,
}


def _render(markdown: str, name: str) -> _Page:
    parser = MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING})
    parser.enable(["table", "strikethrough"])
    page = _Page()
    for token in parser.parse(markdown):
        kind, _, edge = token.type.rpartition("_")
        if kind in _CONTAINERS:
            _cross_container(page, _CONTAINERS[kind], edge)
        elif kind == "heading":
            page.heading = token.tag if edge == "open" else ""
        elif kind in {"table", "tr"}:
            _cross_table(page, kind, edge)
        else:
            _add_leaf(page, token, name)
    return page


def _cross_container(page: _Page, zone: Zone, edge: str) -> None:
    if edge == "open":
        page.containers.append(zone)
    else:
        page.containers.pop()


def _cross_table(page: _Page, kind: str, edge: str) -> None:
    """Collect the rows of a table; it becomes one block, a row a line, cells apart by tabs."""
    if kind == "tr":
        if edge == "open" and page.rows is not None:
            page.rows.append([])
    elif edge == "open":
        page.rows = []
    else:
        page.add("\n".join("\t".join(row) for row in page.rows or []), Zone.PARAGRAPH)
        page.rows = None


def _add_leaf(page: _Page, token: Token, name: str) -> None:
    match token.type:
        case "inline":
            text = _shown(page, token.children or [])
            if page.rows:
                page.rows[-1].append(text)
            else:
                page.add(text, page.zone_here())
        case "fence" | "code_block":
            page.add(token.content, page.zone_here() or Zone.PARAGRAPH)
        case "html_block" if _TEXT_HTML.match(token.content):
            page.add_html(token.content, name)
        case "html_block":
            first_line = token.content.strip().split("\n", 1)[0]
            page.raw_html.append(first_line[:_SHOWN_HTML])


def _shown(page: _Page, tokens: Sequence[Token]) -> str:
    """What a reader sees of a paragraph's inside; spaces are collapsed as browsers do it."""
    parts: list[str] = []
    is_code = False
    for token in tokens:
        match token.type:
            case "html_inline" if tag := _CODE_TAG.match(token.content):
                is_code = not tag["end"]
            case _ if is_code:
                continue
            case "text" | "code_inline":
                parts.append(_BLANKS.sub(" ", token.content))
            case "softbreak":
                parts.append(" ")
            case "hardbreak":
                parts.append("\n")
            case "html_inline" if _LINE_BREAK_TAG.fullmatch(token.content):
                parts.append("\n")
            case "image":
                page.images += 1
    # A space on both sides of what was left out, or of a line break, is one too many.
    return _BREAK.sub("\n", re.sub(" {2,}", " ", "".join(parts)))

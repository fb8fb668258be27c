"""Markup that is an article and nothing else, taken block by block.

Word documents and the entries of feeds come as HTML without menus, so nothing has to be chosen:
every block counts, in its order, and each brings its zone. Used inside the sandbox, from which
blocks come out as pairs of strings.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from lxml import etree  # type: ignore[import-untyped]
from lxml.html import (  # type: ignore[import-untyped]
    HtmlElement,
    HTMLParser,
    document_fromstring,
)

from annotations.domain.text import normalise
from annotations.domain.zones import Zone
from annotations.formats.base import FormatError
from annotations.formats.plain_text import Block, block

#: The zones that block elements bring; None where the words must tell. What is no block here runs
#: on within a line.
_ZONES: Final[Mapping[str, Zone | None]] = {
    "h1": Zone.HEADLINE,
    **dict.fromkeys(("h2", "h3", "h4", "h5", "h6"), Zone.SUBHEADING),
    **dict.fromkeys(("li", "ul", "ol", "dl", "dt", "dd", "menu"), Zone.LIST),
    "blockquote": Zone.QUOTE,
    "figcaption": Zone.CAPTION,
    "pre": Zone.PARAGRAPH,
    **dict.fromkeys(("p", "div", "section", "article", "main", "header", "footer", "aside")),
    **dict.fromkeys(("figure", "address", "center", "details", "summary", "fieldset", "hr")),
    **dict.fromkeys(("html", "body", "caption", "thead", "tbody", "tfoot", "tr", "td", "th")),
}
_UNSEEN: Final = frozenset(
    {"script", "style", "noscript", "template", "head", "title", "svg", "nav"}
    | {"select", "button", "input", "textarea"}
)
#: What is left out and counted, by the words of the report.
_LEFT_OUT: Final = {
    "img": ("image", "images"),
    **dict.fromkeys(
        ("video", "audio", "iframe", "embed", "object"), ("embedded player", "embedded players")
    ),
}
_BLANKS: Final = re.compile(r"[ \t\r\n\f]+")
_BLANKS_IN_LINE: Final = re.compile(r"[ \t\r\f]+")
_BLANK_LINE: Final = re.compile(r"\n\s*\n")
_BREAK: Final = re.compile(r" *\n *")
_SPACES: Final = re.compile(" {2,}")


def parsed(markup: str, name: str) -> HtmlElement:
    """The tree of a piece of HTML, which may be empty.

    Raises FormatError where it is nested beyond reason; ``name`` is what the sentence calls it.
    """
    parser = HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    # Without an element around it the parser makes a paragraph of loose text at the start.
    page = f"<html><body><div>{normalise(markup).text}</div></body></html>"
    try:
        tree = document_fromstring(page.encode(), parser=parser)
    except etree.LxmlError:
        raise FormatError(f"{name} cannot be read: its markup is damaged.") from None
    # The parser stops at its limits without an error, so what follows would be lost unseen.
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise FormatError(f"{name} cannot be read: its elements are nested too deeply.")
    return tree


@dataclass(slots=True)
class Page:
    """The blocks of a tree, and what was left out of it.

    ``keeps_lines`` says that line ends in the markup count, as in WordPress's posts: one ends the
    line, two the paragraph. ``has_headline`` says that the headline is known, or was found.
    """

    keeps_lines: bool = False
    has_headline: bool = False
    blocks: list[Block] = field(default_factory=list)
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, tree: HtmlElement) -> None:
        """Add the blocks of a tree."""
        for each in self._walk(tree, None):
            zone = each.zone
            if zone is Zone.HEADLINE:
                zone = Zone.SUBHEADING if self.has_headline else zone
                self.has_headline = True
            self.blocks.append(Block(each.text, zone))

    @property
    def changes(self) -> list[str]:
        """Sentences on what was left out."""
        return [
            f"1 {one} was left out." if count == 1 else f"{count:,} {several} were left out."
            for (one, several), count in self.left_out.items()
        ]

    def _walk(self, element: HtmlElement, zone: Zone | None) -> Iterator[Block]:
        """The blocks of one element; an inner one knows its zone better.

        Recursion is bounded: the parser refuses more than 256 levels.
        """
        parts = [self._text(element.text)]
        for child in element:
            if child.tag in _ZONES or child.tag == "table":
                yield from self._joined(parts, zone)
                parts = []
                yield from self._block(child, zone)
            else:
                yield from self._run(child, zone, parts)
            parts.append(self._text(child.tail))
        yield from self._joined(parts, zone)

    def _block(self, element: HtmlElement, zone: Zone | None) -> Iterator[Block]:
        if element.tag == "table" and _has_columns(element):
            yield from self._table(element)
        elif element.tag == "pre":
            if new := block("".join(element.itertext()), zone or Zone.PARAGRAPH):
                yield new
        else:
            inner = Zone.CAPTION if "wp-caption-text" in element.get("class", "") else None
            yield from self._walk(element, inner or _ZONES.get(element.tag) or zone)

    def _run(self, element: HtmlElement, zone: Zone | None, parts: list[str]) -> Iterator[Block]:
        """Collect an element that runs on within a line; blocks that it wraps end the line."""
        if element.tag in _LEFT_OUT:
            self.left_out[_LEFT_OUT[element.tag]] += 1
            return
        if element.tag in _UNSEEN:
            return
        parts.append("\n" if element.tag == "br" else self._text(element.text))
        for child in element:
            if child.tag in _ZONES or child.tag == "table":
                yield from self._joined(parts, zone)
                parts.clear()
                yield from self._block(child, zone)
            else:
                yield from self._run(child, zone, parts)
            parts.append(self._text(child.tail))

    def _table(self, table: HtmlElement) -> Iterator[Block]:
        """One block for a table: a row a line, cells apart by tabs."""
        rows = (
            "\t".join(self._cell(cell) for cell in row.iterchildren("td", "th"))
            for row in table.iter("tr")
        )
        if new := block("\n".join(rows), Zone.PARAGRAPH):
            yield new

    def _cell(self, cell: HtmlElement) -> str:
        return " ".join(_BLANKS.sub(" ", each.text) for each in self._walk(cell, None))

    def _text(self, text: str | None) -> str:
        if self.keeps_lines:
            return _BLANKS_IN_LINE.sub(" ", text or "")
        return _BLANKS.sub(" ", text or "")

    def _joined(self, parts: Sequence[str], zone: Zone | None) -> Iterator[Block]:
        text = "".join(parts)
        for stretch in _BLANK_LINE.split(text) if self.keeps_lines else (text,):
            if new := block(_BREAK.sub("\n", _SPACES.sub(" ", stretch)), zone):
                yield new


def _has_columns(table: HtmlElement) -> bool:
    """True for a table of data; one that only lays out a page has one cell a row, or tables."""
    return next(table.iterdescendants("table"), None) is None and any(
        sum(1 for _ in row.iterchildren("td", "th")) > 1 for row in table.iter("tr")
    )


def plain_blocks(text: str) -> list[Block]:
    """The blocks of a text without markup: what blank lines set apart."""
    stretches = _BLANK_LINE.split(normalise(text).text)
    return [new for stretch in stretches if (new := block(stretch))]


def as_pairs(blocks: Iterable[Block]) -> list[tuple[str, str]]:
    """The blocks as JSON can hold them: zone, or an empty string, and text."""
    return [(each.zone or "", each.text) for each in blocks]


def from_pairs(pairs: Iterable[tuple[str, str]]) -> list[Block]:
    """The blocks that `as_pairs` took apart."""
    zones: dict[str, Zone] = {zone.value: zone for zone in Zone}
    return [new for zone, text in pairs if (new := block(text, zones.get(zone)))]

"""What the readers of marked-up articles share: safe XML, and text with spans out of elements.

A `Walker` goes through the elements of one article and tells a `Flow` what it finds: characters,
where a block begins and ends, line breaks. The flow makes the text as it will be stored and its
zones; the places that the walker noted become offsets only then, so that nothing has to be moved.

White space in such formats is layout of the file. A flow makes each run of it one space and sets
blocks apart by blank lines; `ExactFlow` keeps every character, for files that say so.

Nothing here opens a connection or another file. A document type that declares entities is
refused, and so is what libxml2 refuses by itself: elements nested more than 256 deep and single
texts above 10 MB.
"""

import re
from bisect import bisect_left
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from html.entities import html5
from typing import ClassVar, Final

from lxml import etree  # type: ignore[import-untyped]
from lxml.html import HTMLParser, fragment_fromstring  # type: ignore[import-untyped]

from annotations.domain.articles import ReviewStatus
from annotations.domain.mentions import Mention, MentionState
from annotations.domain.text import normalise, removed_by_normalising
from annotations.domain.zones import Zone, ZonedSpan
from annotations.domain.zoning import find_zones
from annotations.formats.base import FormatError, Source
from annotations.formats.decoding import (
    Decoded,
    check_article_length,
    check_size,
    check_text,
    decode,
)
from annotations.formats.placing import Claim, Placement, Units, place
from annotations.formats.plain_text import Block, zoned

#: More marks than this no file of articles has; it bounds the memory that a tree takes.
MAX_MARKS: Final = 2_000_000
#: How much of a file is looked at to find its root element.
_ROOT_WITHIN: Final = 8_192
_SKIPPED_BEFORE_ROOT: Final = ((b"<?", b"?>"), (b"<!--", b"-->"))
_START_TAG: Final = re.compile(rb"<(?:([A-Za-z_][\w.-]*):)?([A-Za-z_][\w.-]*)((?:\s[^>]*)?)")
_NAMESPACE: Final = rb"\sxmlns%s\s*=\s*[\"']([^\"']*)[\"']"
_DECLARATION: Final = re.compile(r"\s*<\?xml[^>]{0,200}\?>")
_DECLARED: Final = re.compile(rb"<\?xml\b[^>]{0,100}?\bencoding\s*=\s*[\"']([\w.:-]+)")
_ENTITIES: Final = "it declares entities, which can make a small file enormous or point elsewhere"

#: White space as XML and HTML know it; a no-break space is none.
BLANK: Final = " \t\r\n\f"
_BLANKS: Final = re.compile(r"[ \t\r\n\f]+")
#: As at the start of a text, where a mark would be dropped once more.
_START: Final = re.compile(r"[\s\ufeff]*")
_DAY: Final = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?!\d)")
#: Where a body may repeat the headline that the item has beside it.
_NEAR_TOP: Final = 4
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
#: What nobody misses in a text: no note tells of it.
_UNSEEN: Final = frozenset({"head", "script", "style", "template", "noscript"})
#: How many of the things that were noted one note names.
_NAMED: Final = 5


# --- XML ----------------------------------------------------------------------------------------


def root_of(data: bytes) -> tuple[str, str]:
    """The namespace and the local name of the root element, by the first kilobytes of a file.

    Both are empty where no start tag is found. Never raises.
    """
    start = data[:_ROOT_WITHIN].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xfe\xff \t\r\n")
    while start[:2] in {b"<?", b"<!"}:
        start = _after_prologue(start)
    match = _START_TAG.match(start)
    if match is None:
        return "", ""
    prefix, name, attributes = match.groups()
    suffix = b":" + re.escape(prefix) if prefix else b""
    namespace = re.search(_NAMESPACE % suffix, attributes)
    return (namespace[1].decode("utf-8", "replace") if namespace else ""), name.decode("latin-1")


def _after_prologue(start: bytes) -> bytes:
    for opening, closing in _SKIPPED_BEFORE_ROOT:
        if start.startswith(opening):
            return start.partition(closing)[2].lstrip()
    # A document type: its own declarations stand in square brackets.
    bracket, end = start.find(b"["), start.find(b">")
    if -1 < bracket < end:
        start = start.partition(b"]")[2]
    return start.partition(b">")[2].lstrip()


def parse(source: Source) -> tuple[etree._Element, Decoded]:
    """The root element of an XML file and how its characters were found.

    Raises FormatError for what is no well-formed XML, what declares entities, and what is too
    large or nested too deeply.
    """
    declared = _DECLARED.search(source.data[:_ROOT_WITHIN].replace(b"\0", b""))
    decoded = characters_of(source, declared[1].decode("ascii", "ignore") if declared else "")
    text = without_declaration(decoded.text)
    if text.count("<") > MAX_MARKS:
        raise FormatError(
            f"{source.name} has more than {MAX_MARKS:,} tags, as no file of articles does. "
            "Split it."
        )
    return parsed(text, source.name), decoded


def without_declaration(text: str) -> str:
    """XML without its mark and its declaration, which would have its characters found anew."""
    text = text.lstrip("\ufeff")
    declaration = _DECLARATION.match(text)
    return text[declaration.end() :] if declaration else text


def characters_of(source: Source, declared: str = "") -> Decoded:
    """The characters of a file of a format whose charset is UTF-8 unless it says otherwise.

    What is UTF-8 is taken at its word, whatever rare characters it holds; all else is looked into
    as `decode` does, and refused as there.
    """
    check_size(source.data, source.name)
    is_usual = not source.encoding and declared.lower() in {"", "utf-8", "utf8"}
    if is_usual and b"\0" not in source.data:
        with suppress(UnicodeDecodeError):
            text = source.data.removeprefix(BOM_UTF8).decode()
            check_text(text, source.name)
            return Decoded(text, "utf-8", "UTF-8, as the format has it")
    return decode(source.data, chosen=source.encoding, declared=declared, name=source.name)


def parsed(text: str, name: str) -> etree._Element:
    """The root element of a text that is XML; as `parse`."""
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        encoding="utf-8",
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser=parser)
    except etree.XMLSyntaxError as error:
        if "entit" in error.msg and "amplification" in error.msg:
            raise FormatError(f"{name} cannot be read: {_ENTITIES}.") from None
        problem = " ".join(error.msg.partition(", line ")[0].split())
        message = f"{name} is not well-formed XML: {problem}"
        raise FormatError(message, line=error.lineno or 1) from None
    document_type = root.getroottree().docinfo.internalDTD
    if document_type is not None and next(document_type.iterentities(), None) is not None:
        raise FormatError(f"{name} cannot be read: {_ENTITIES}.")
    return root


def parsed_html(text: str, name: str) -> etree._Element:
    """An element that holds what a stretch of HTML holds; FormatError where it nests too deeply."""
    parser = HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
    try:
        root = fragment_fromstring(text.encode("utf-8", "replace"), "div", parser=parser)
    except (etree.LxmlError, ValueError, AssertionError):
        raise FormatError(f"The body of {name} is no HTML.") from None
    # The parser stops at its limits without an error, so what follows would be lost unseen.
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise FormatError(f"{name} cannot be read: its elements are nested too deeply.")
    return root


def local(element: etree._Element) -> str:
    """The name of an element without its namespace; "" for comments and instructions."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def children(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    """The children with one of the local names, in file order."""
    return (child for child in element if local(child) in names)


def descendants(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    """The elements below one with one of the local names, in file order."""
    yield from element.iterdescendants(*(f"{{*}}{name}" for name in names))


def first(element: etree._Element | None, *path: str) -> etree._Element | None:
    """The first element at a path of local names, child by child; None where there is none."""
    for name in path:
        if element is None:
            return None
        element = next(children(element, name), None)
    return element


def words(element: etree._Element | None) -> str:
    """All characters in an element as one clean line; "" for None."""
    if element is None:
        return ""
    return line_of(_string(element))


def _string(element: etree._Element) -> str:
    """All characters in an element, without those of comments."""
    return str(element.xpath("string()"))


def line_of(value: object) -> str:
    """A value as one clean line; empty unless it is a string."""
    return " ".join(normalise(value).text.split()) if isinstance(value, str) else ""


def day_of(value: object) -> date | None:
    """The day with which an ISO 8601 date begins, basic or extended, in its own time zone."""
    match = _DAY.match(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    try:
        return date(*map(int, match.groups()))
    except ValueError:
        return None


def language_of(*values: object) -> str:
    """The first value that is a language tag as BCP 47 writes it; "" where none is."""
    tags = (line_of(value).replace("_", "-") for value in values)
    return next((tag for tag in tags if _LANGUAGE.fullmatch(tag)), "")


# --- From elements to text ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a flow: so many characters into the block of that number."""

    block: int
    offset: int


@dataclass(frozen=True, slots=True)
class _Settled:
    """A block's text as it is stored, and where it stands in the article."""

    text: str
    base: int
    removed: tuple[int, ...]

    def at(self, offset: int) -> int:
        """The offset in the article of one in the block as the file has it."""
        kept = offset - bisect_left(self.removed, offset)
        return self.base + min(max(kept, 0), len(self.text))


class Flowed:
    """The text of a flow, its zones, and what was changed in it."""

    def __init__(
        self, text: str, zones: tuple[ZonedSpan, ...], blocks: list[_Settled], changes: list[str]
    ) -> None:
        self.text = text
        self.zones = zones
        self.changes = tuple(dict.fromkeys(changes))
        self._blocks = blocks

    def at(self, place: Place) -> int:
        """The offset of a place in the text."""
        if place.block < len(self._blocks):
            return self._blocks[place.block].at(place.offset)
        return len(self.text)

    def span(self, start: Place, end: Place) -> tuple[int, int]:
        """The offsets of a stretch, without the white space at its edges."""
        first, last = self.at(start), self.at(end)
        inside = self.text[first:last]
        return first + len(inside) - len(inside.lstrip()), last - len(inside) + len(inside.rstrip())


class Flow:
    """Collects the text of one article, block by block, with white space as readers see it."""

    def __init__(self) -> None:
        self._blocks: list[tuple[str, Zone | None]] = []
        self._parts: list[str] = []
        self._length = 0
        self._zone: Zone | None = None
        self._last = ""
        self._is_space_due = False
        self._is_glued = False
        #: True before anything that can be seen has been written.
        self.is_empty = True

    def position(self) -> Place:
        """Where the flow stands."""
        return Place(len(self._blocks), self._length)

    def text(self, characters: str | None) -> None:
        """Write characters in which runs of white space count as one space."""
        if not characters:
            return
        seen = _BLANKS.sub(" ", characters)
        if seen[0] == " ":
            self._is_space_due = not self._is_glued
            seen = seen[1:]
        if not seen:
            return
        if self._is_space_due and self._length and self._last not in "\n\t":
            self._write(" ")
        ends_in_space = seen[-1] == " "
        self._write(seen[:-1] if ends_in_space else seen)
        self._is_space_due = ends_in_space
        self._is_glued = False

    def raw(self, characters: str) -> None:
        """Write characters as they are."""
        if self._is_space_due and self._length and self._last not in "\n\t":
            self._write(" ")
        self._is_space_due = False
        self._write(characters)

    def line_break(self, mark: str = "\n") -> None:
        """Begin a new line, or a new cell (``mark`` is a tab), within the block."""
        self._is_space_due = False
        if self._length:
            self._write(mark)

    def space(self) -> None:
        """A place where words end, though no character says so."""
        self._is_space_due = True

    def glue(self) -> None:
        """Join what comes next to what stands before, whatever white space is between."""
        self._is_space_due = False
        self._is_glued = True

    def boundary(self, zone: Zone | None, *, certain: bool = True) -> None:
        """End the block and begin another; ``zone`` is None where only its words can tell."""
        if self._parts:
            self._blocks.append(("".join(self._parts), self._zone))
            self._parts = []
        self._length = 0
        self._last = ""
        self._is_space_due = self._is_glued = False
        self._zone = zone

    def settle_headline(self, headline: str) -> None:
        """Put the headline of an item first, unless the body repeats it or has one of its own.

        To be called before `finish`; the flow must have been seeded with it (`seed_headline`).
        """
        self.boundary(None)
        if not self._blocks or not headline:
            return
        others = self._blocks[1:]
        repeated = next(
            (
                index
                for index, (text, _) in enumerate(others[:_NEAR_TOP], start=1)
                if _key(text) == _key(headline)
            ),
            None,
        )
        if repeated is not None:
            self._blocks[repeated] = (self._blocks[repeated][0], Zone.HEADLINE)
        if repeated is not None or any(zone is Zone.HEADLINE for _, zone in others):
            self._blocks[0] = ("", None)

    def seed_headline(self, headline: str) -> None:
        """Write the headline that an item has beside its body, as the first block."""
        self.boundary(Zone.HEADLINE)
        self.text(headline)
        self.boundary(None)

    def finish(self) -> Flowed:
        """The text of all blocks with a blank line between each two, and its zones."""
        self.boundary(None)
        settled: list[_Settled] = []
        blocks: list[Block] = []
        changes: list[str] = []
        base = 0
        for raw, zone in self._blocks:
            text, removed = _settled_text(raw, changes)
            settled.append(_Settled(text, base, removed))
            if text:
                blocks.append(Block(text, zone))
                base += len(text) + len("\n\n")
        whole, zones = zoned(blocks)
        return Flowed(whole, zones, settled, changes)

    def _write(self, characters: str) -> None:
        self._parts.append(characters)
        self._length += len(characters)
        self._last = characters[-1]
        self.is_empty = self.is_empty and characters.isspace()


def _settled_text(raw: str, changes: list[str]) -> tuple[str, tuple[int, ...]]:
    """A block as it is stored, and which of its characters are gone."""
    normalised = normalise(raw)
    removed = removed_by_normalising(raw) if normalised.changes else []
    changes += normalised.changes
    text = normalised.text
    before = len(_START.match(text).group())  # type: ignore[union-attr]  # it matches anything
    text = text[before:].rstrip()
    if before:
        gone = set(removed)
        kept = (at for at in range(len(raw)) if at not in gone)
        removed = sorted([*removed, *(next(kept) for _ in range(before))])
    return text, tuple(removed)


def _key(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


class ExactFlow(Flow):
    """Keeps every character between the elements of an article; blocks are only zones of it."""

    def __init__(self) -> None:
        super().__init__()
        self._whole: list[str] = []
        self._size = 0
        self._begun = 0
        self._is_certain = True
        self._zones: list[ZonedSpan] = []

    def position(self) -> Place:
        return Place(0, self._size)

    def text(self, characters: str | None) -> None:
        if characters:
            self._whole.append(characters)
            self._size += len(characters)
            self.is_empty = self.is_empty and characters.isspace()

    def raw(self, characters: str) -> None:
        self.text(characters)

    def line_break(self, mark: str = "\n") -> None:
        """Nothing: in such a file the characters themselves break the lines."""

    def space(self) -> None:
        """Nothing, as `line_break`."""

    def glue(self) -> None:
        """Nothing, as `line_break`."""

    def boundary(self, zone: Zone | None, *, certain: bool = True) -> None:
        if self._begun < self._size:
            known = self._zone or Zone.PARAGRAPH
            self._zones.append(ZonedSpan(self._begun, self._size, known, self._is_certain))
        self._begun = self._size
        self._zone = zone
        self._is_certain = certain

    def finish(self) -> Flowed:
        self.boundary(None)
        raw = "".join(self._whole)
        normalised = normalise(raw)
        removed = tuple(removed_by_normalising(raw)) if normalised.changes else ()
        text = normalised.text
        all_of_it = _Settled(text, 0, removed)
        zones = [
            ZonedSpan(start, end, zone.zone, zone.certain)
            for zone in self._zones
            if text[(start := all_of_it.at(zone.start)) : (end := all_of_it.at(zone.end))].strip()
        ]
        return _ExactFlowed(text, tuple(zones), [all_of_it], list(normalised.changes))


class _ExactFlowed(Flowed):
    def span(self, start: Place, end: Place) -> tuple[int, int]:
        return self.at(start), self.at(end)


@dataclass(slots=True)
class Mark:
    """A stretch that the file marks; ``start`` and ``end`` are places in the flow."""

    start: Place
    end: Place
    label: str
    line: int | None = None
    state: MentionState = MentionState.ADDED
    score: float | None = None
    source: str = ""


class Walker:
    """Goes through the elements of one article. A format is a subclass.

    ``blocks`` are the elements that stand by themselves, with the zone that each brings; None
    where the words must tell or an outer one knows. ``left_out`` are those whose content is no
    text of the article; ``breaks`` end a line, ``cells`` stand side by side in one.
    """

    blocks: ClassVar[Mapping[str, Zone | None]] = {}
    left_out: ClassVar[frozenset[str]] = frozenset()
    breaks: ClassVar[frozenset[str]] = frozenset()
    cells: ClassVar[frozenset[str]] = frozenset()
    kept_as_typed: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.marks: list[Mark] = []
        #: Elements that were left out with text in them, by name.
        self.dropped: Counter[str] = Counter()
        self.unknown_entities: set[str] = set()

    def label_of(self, element: etree._Element, name: str) -> str | None:
        """The label of what an element marks; None where it marks nothing."""
        return None

    def is_left_out(self, element: etree._Element, name: str) -> bool:
        """Whether an element's content is no text of the article."""
        return name in self.left_out

    def zone_of(self, element: etree._Element, name: str, outer: Zone | None) -> Zone | None:
        """The zone of a block element within a block of zone ``outer``."""
        return self.blocks[name] or outer

    def is_block(self, element: etree._Element, name: str) -> bool:
        """Whether an element stands by itself."""
        return name in self.blocks

    def mark_of(self, element: etree._Element, label: str, start: Place) -> Mark:
        """What an element that has just ended marks."""
        return Mark(start, self.flow.position(), label, element.sourceline)

    def on_start(self, element: etree._Element, name: str) -> None:
        """Called before an element's content is read."""
        if name in self.breaks:
            self.flow.line_break()
        elif name in self.cells and element.getprevious() is not None:
            self.flow.line_break("\t")

    def on_end(self, element: etree._Element, name: str, start: Place) -> None:
        """Called after an element's content was read."""

    def is_certain(self, element: etree._Element) -> bool:
        """Whether the file is sure of the zone of a block."""
        return True

    def walk(
        self, element: etree._Element, zone: Zone | None = None, *, typed: bool = False
    ) -> None:
        """Read one element. Recursion is bounded: the parser refuses more than 256 levels."""
        name = local(element)
        if not name:
            if element.tag is etree.Entity:
                self._entity(element)
            return
        if self.is_left_out(element, name):
            if name not in _UNSEEN and _string(element).strip():
                self.dropped[name] += 1
            return
        start = self.flow.position()
        if self.is_block(element, name):
            inner = self.zone_of(element, name, zone)
            self.flow.boundary(inner, certain=self.is_certain(element))
            start = self.flow.position()
            self.on_start(element, name)
            self._content(element, inner, typed or name in self.kept_as_typed)
            self._close(element, name, start)
            self.flow.boundary(zone)
        else:
            self.on_start(element, name)
            self._content(element, zone, typed or name in self.kept_as_typed)
            self._close(element, name, start)

    def _close(self, element: etree._Element, name: str, start: Place) -> None:
        label = self.label_of(element, name)
        if label is not None:
            self.marks.append(self.mark_of(element, label, start))
        self.on_end(element, name, start)

    def _content(self, element: etree._Element, zone: Zone | None, typed: bool) -> None:
        write = self.flow.raw if typed else self.flow.text
        if element.text:
            write(element.text)
        for child in element:
            self.walk(child, zone, typed=typed)
            if child.tail:
                write(child.tail)

    def _entity(self, element: etree._Element) -> None:
        """A character by its name in HTML; news formats take those names over."""
        character = html5.get(f"{element.name};")
        if character is None:
            self.unknown_entities.add(element.name)
        self.flow.text(character or element.text)

    def place(self, flowed: Flowed) -> Placement:
        """The marks as mentions of the text."""
        claims = [
            Claim(
                start,
                end,
                mark.label,
                # No check, since the file says nothing twice, but what a reason can name.
                flowed.text[start:end],
                mark.line,
                mark.state,
                mark.score,
                mark.source,
            )
            for mark in self.marks
            for start, end in [flowed.span(mark.start, mark.end)]
        ]
        return place(flowed.text, claims, units=Units.CODE_POINTS)

    def notes(self) -> list[str]:
        """Sentences on what of the file is not in the text."""
        notes = []
        if self.dropped:
            told = ", ".join(f"{count} {name}" for name, count in sorted(self.dropped.items()))
            notes.append(f"Elements that are no text of the article were left out: {told}.")
        if self.unknown_entities:
            told = ", ".join(f"&{name};" for name in sorted(self.unknown_entities)[:_NAMED])
            notes.append(f"Entities that the file does not explain were left as they are: {told}.")
        return notes


def check(flowed: Flowed, name: str) -> None:
    """Raise FormatError for an article without text or with too much of it."""
    check_text(flowed.text, name)
    check_article_length(flowed.text, name)


def covering_zones(text: str, zones: tuple[ZonedSpan, ...], headline: str) -> tuple[ZonedSpan, ...]:
    """The zones, or those found in the text where they leave a part of it without one."""
    position = 0
    for zone in zones:
        if text[position : zone.start].strip():
            return find_zones(text, headline=headline)
        position = zone.end
    if text[position:].strip():
        return find_zones(text, headline=headline)
    return zones


def usual_status(mentions: tuple[Mention, ...]) -> ReviewStatus:
    """How far a file has come that does not say it: names were marked, perhaps not all."""
    decided = any(mention.is_decided for mention in mentions)
    return ReviewStatus.OPEN if decided else ReviewStatus.UNREVIEWED


# --- HTML within other formats ------------------------------------------------------------------


class HtmlWalker(Walker):
    """HTML or XHTML as the body of a news item: all of it is the article."""

    blocks: ClassVar[Mapping[str, Zone | None]] = {
        **dict.fromkeys(
            (
                "address", "article", "aside", "body", "caption", "dd", "div", "dl", "dt",
                "figure", "footer", "form", "header", "hr", "html", "main", "nav", "ol", "p",
                "section", "table", "tbody", "tfoot", "thead", "ul",
            )
        ),
        "h1": Zone.HEADLINE,
        **dict.fromkeys(("h2", "h3", "h4", "h5", "h6"), Zone.SUBHEADING),
        "li": Zone.LIST,
        "blockquote": Zone.QUOTE,
        "figcaption": Zone.CAPTION,
        "tr": Zone.PARAGRAPH,
        "pre": Zone.PARAGRAPH,
    }  # fmt: skip
    left_out: ClassVar[frozenset[str]] = frozenset(
        ["head", "script", "style", "noscript", "template", "button", "svg", "select", "iframe"]
    )
    breaks: ClassVar[frozenset[str]] = frozenset({"br"})
    cells: ClassVar[frozenset[str]] = frozenset({"td", "th"})
    kept_as_typed: ClassVar[frozenset[str]] = frozenset({"pre"})

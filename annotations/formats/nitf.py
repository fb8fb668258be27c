"""NITF 3: news as agencies sent it for two decades, the one wire format with names in the text.

Source: https://iptc.org/standards/nitf/ (News Industry Text Format, root element ``nitf``, with or
without its namespace and a document type, which is not loaded).

**Text and zones.** ``body`` in its order, runs of white space as one space, a blank line between
blocks:

===========================  ==========================================================
``hl1``                      headline
``hl2``                      subheading
``byline``                   byline
``dateline``                 dateline
``abstract``                 highlights
``p``, ``block``             by their words: paragraph, or a dateline at the start of one
``media-caption``            caption
``media-producer``           credit
``bq``, ``q`` beside ``p``   quote
``li``, ``dt``, ``dd``       list
``tagline``                  credit
``tr``                       paragraph, its cells apart by tabs
===========================  ==========================================================

Left out are ``distributor`` and ``rights`` (the first is the source), ``note`` and ``fn``, what is
said about media without being shown (``media-metadata``, ``media-reference``, ``media-object``),
``classifier`` and ``pronounce``.

**Mentions** are the inline elements of `ELEMENTS`; what stands inside one (``name.given``,
``city``) is a part of it and no mention of its own. The format does not say whether a person or a
program marked them: they count as added by a person, and the article as open.

**Metadata** of ``head``: ``title``, ``docdata/date.issue``, ``pubdata`` (name, date, address).
"""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Final

from lxml import etree  # type: ignore[import-untyped]

from annotations.domain.articles import ArticleDraft, Metadata
from annotations.domain.zones import Zone
from annotations.formats import base
from annotations.formats._markup import (
    Flow,
    Flowed,
    Walker,
    check,
    day_of,
    descendants,
    first,
    language_of,
    line_of,
    local,
    parse,
    root_of,
    usual_status,
    words,
)
from annotations.formats.base import FormatError, Source
from annotations.formats.plain_text import byline_of, first_in_zone

#: The label of each inline element.
ELEMENTS: Final[Mapping[str, str]] = {
    "person": "PERSON",
    "org": "ORG",
    "location": "GPE",
    "chron": "DATE",
    "story.date": "DATE",
    "event": "EVENT",
    "money": "MONEY",
    "num": "CARDINAL",
    "object.title": "WORK_OF_ART",
    "virtloc": "URL",
}
_XML_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"


class Reader(base.Reader):
    """Reads one NITF document as one article."""

    title: ClassVar[str] = "NITF 3 (XML)"
    suffixes: ClassVar[tuple[str, ...]] = (".xml", ".nitf")

    def recognises(self, source: Source) -> bool:
        """By the root element."""
        return root_of(source.data)[1] == "nitf"

    def read(self, source: Source) -> Iterator[ArticleDraft]:
        """Yield the one article.

        Raises FormatError for what is no well-formed XML or has no text.
        """
        root, decoded = parse(source)
        if local(root) != "nitf":
            raise FormatError(f"{source.name} is not NITF: its root element is {local(root)}.")
        walker = NitfWalker(Flow())
        read_body(root, walker)
        flowed = walker.flow.finish()
        check(flowed, source.name)
        placed = walker.place(flowed)
        yield ArticleDraft(
            text=placed.text,
            metadata=_metadata(root, flowed, source.language),
            zones=flowed.zones,
            mentions=placed.mentions,
            status=usual_status(placed.mentions),
            encoding=decoded.encoding,
            changes=flowed.changes,
            notes=(*decoded.notes, *placed.notes, *walker.notes()),
            unplaced=placed.unplaced,
        )


def read_body(root: etree._Element, walker: "NitfWalker") -> None:
    """Walk through the body of a ``nitf`` element, or all of one that has only its content."""
    body = first(root, "body")
    walker.walk(root if body is None else body)


class NitfWalker(Walker):
    """The body of an NITF document."""

    blocks: ClassVar[Mapping[str, Zone | None]] = {
        **dict.fromkeys(
            (
                "block", "body", "body.content", "body.end", "body.head", "dl", "hedline", "hr",
                "media", "nitf", "nitf-table", "ol", "p", "series", "table", "ul",
            )
        ),
        "hl1": Zone.HEADLINE,
        "hl2": Zone.SUBHEADING,
        "byline": Zone.BYLINE,
        "dateline": Zone.DATELINE,
        "abstract": Zone.HIGHLIGHTS,
        "media-caption": Zone.CAPTION,
        "caption": Zone.CAPTION,
        "media-producer": Zone.CREDIT,
        "credit": Zone.CREDIT,
        "tagline": Zone.CREDIT,
        "bibliography": Zone.CREDIT,
        "bq": Zone.QUOTE,
        "q": Zone.QUOTE,
        "li": Zone.LIST,
        "dt": Zone.LIST,
        "dd": Zone.LIST,
        "tr": Zone.PARAGRAPH,
        "pre": Zone.PARAGRAPH,
    }  # fmt: skip
    left_out: ClassVar[frozenset[str]] = frozenset(
        [
            "classifier", "custom-table", "distributor", "fn", "head", "media-metadata",
            "media-object", "media-reference", "nitf-table-metadata", "note", "pronounce", "rights",
        ]
    )  # fmt: skip
    breaks: ClassVar[frozenset[str]] = frozenset({"br"})
    cells: ClassVar[frozenset[str]] = frozenset({"td", "th"})
    kept_as_typed: ClassVar[frozenset[str]] = frozenset({"pre"})
    _around_blocks: ClassVar[frozenset[str]] = frozenset(["block", "body.content", "bq"])

    def is_block(self, element: etree._Element, name: str) -> bool:
        if name == "q":
            parent = element.getparent()
            return parent is not None and local(parent) in self._around_blocks
        return name in self.blocks

    def label_of(self, element: etree._Element, name: str) -> str | None:
        label = ELEMENTS.get(name)
        if label is None or any(local(outer) in ELEMENTS for outer in element.iterancestors()):
            return None
        return label


def _metadata(root: etree._Element, flowed: Flowed, language: str) -> Metadata:
    head = first(root, "head")
    published = first(head, "pubdata")
    issued = first(head, "docdata", "date.issue")
    distributor = next(descendants(root, "distributor"), None)
    body = first(root, "body")
    address = _attribute(published, "ex-ref")
    return Metadata(
        title=first_in_zone(flowed.text, flowed.zones, Zone.HEADLINE)
        or words(first(head, "title")),
        source=words(distributor) or _attribute(published, "name"),
        byline=byline_of(flowed.text, flowed.zones),
        url=address if address.startswith(("http://", "https://")) else "",
        published_on=day_of(_attribute(issued, "norm"))
        or day_of(_attribute(published, "date.publication")),
        language=language_of(
            _attribute(body, _XML_LANGUAGE),
            _attribute(root, _XML_LANGUAGE),
            _attribute(body, "lang"),
        )
        or language,
    )


def _attribute(element: etree._Element | None, name: str) -> str:
    return "" if element is None else line_of(element.get(name, ""))

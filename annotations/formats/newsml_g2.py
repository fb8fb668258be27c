"""NewsML-G2: the envelope in which agencies send news today.

Source: https://iptc.org/standards/newsml-g2/ (namespace ``http://iptc.org/std/nar/2006-10-01/``).
A file is a ``newsMessage`` with items in its ``itemSet``, or one ``newsItem``. Elements are known
by their local names, since the namespaces of senders differ; catalogues are not fetched.

**Text** of each ``newsItem`` with words in its ``contentSet``: ``inlineXML`` that holds NITF (read
as `annotations.formats.nitf` says) or XHTML, or ``inlineData`` of a type ``text/…``; of several the
first in this order. Headings of XHTML become the headline and subheadings, ``li`` lists,
``blockquote`` quotes, ``figcaption`` captions. The item's own ``headline`` is put first unless the
body has it.

**Mentions.** NITF that marks names in the text brings them. Otherwise the names of the concepts
that the item lists in ``contentMeta/subject``, ``contentMeta/located`` and ``assert`` are suggested
wherever they occur in exactly the same letters: the format does not say where they stand. What
kind a concept is, its ``type`` says (``cpnat:person``), or the element of its details; `NATURES`
has the labels. Concepts of no such kind, media topics among them, are not looked for.
``@confidence`` is the score.

**Metadata**: ``headline``, ``by``, ``provider`` or ``infoSource``, ``language``, and the day of
``contentCreated``, ``versionCreated``, ``firstCreated`` or ``contentModified``, in this order.

Items without such text (pictures, packages, sports data) are passed over; where nothing else is
left the file is refused. NewsML 1, which is another format, is refused by name.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from lxml import etree  # type: ignore[import-untyped]

from annotations.domain.articles import ArticleDraft, Metadata
from annotations.domain.zones import Zone
from annotations.formats import base
from annotations.formats._markup import (
    Flow,
    Flowed,
    HtmlWalker,
    Walker,
    check,
    children,
    day_of,
    descendants,
    first,
    language_of,
    line_of,
    local,
    parse,
    parsed_html,
    root_of,
    usual_status,
    words,
)
from annotations.formats._named import Name, find_names
from annotations.formats.base import SUGGESTIONS_LAYER, FormatError, Source
from annotations.formats.decoding import Decoded
from annotations.formats.nitf import NitfWalker, read_body
from annotations.formats.placing import Placement, Units, place
from annotations.formats.plain_text import byline_of, first_in_zone, oddity_notes

#: The label of each nature of a concept (https://cv.iptc.org/newscodes/cpnature/).
NATURES: Final[Mapping[str, str]] = {
    "person": "PERSON",
    "organisation": "ORG",
    "geoarea": "GPE",
    "poi": "FAC",
    "event": "EVENT",
    "object": "PRODUCT",
}
_DETAILS: Final[Mapping[str, str]] = {
    "personDetails": "PERSON",
    "organisationDetails": "ORG",
    "geoAreaDetails": "GPE",
    "POIDetails": "FAC",
    "eventDetails": "EVENT",
    "objectDetails": "PRODUCT",
}
_READ: Final = frozenset({"newsMessage", "newsItem"})
#: Roots that are the format's or its forerunner's and never hold an article.
_REFUSED: Final[Mapping[str, str]] = {
    "NewsML": "NewsML 1, an older format of another kind. Ask the agency for NewsML-G2 or NITF",
    "packageItem": "a package, which only refers to articles",
    "knowledgeItem": "a list of concepts",
    "conceptItem": "a concept",
    "planningItem": "a plan of coverage",
    "catalogItem": "a catalogue",
}
_XML_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_PARAGRAPH: Final = re.compile(r"<(?:p|div|h[1-6])(?:\s[^<>]*)?>", re.IGNORECASE)
_HTML_TYPES: Final = frozenset({"text/html", "application/xhtml+xml"})
_SOURCE: Final = "NewsML-G2"


class Reader(base.Reader):
    """Reads the text items of one message."""

    title: ClassVar[str] = "NewsML-G2 (XML)"
    suffixes: ClassVar[tuple[str, ...]] = (".xml",)
    holds_many: ClassVar[bool] = True

    def recognises(self, source: Source) -> bool:
        """By the root element."""
        name = root_of(source.data)[1]
        return name in _READ or name in _REFUSED

    def read(self, source: Source) -> Iterator[ArticleDraft]:
        """One draft for each item with text.

        Raises FormatError for what is no well-formed XML and where no item has text.
        """
        root, decoded = parse(source)
        if refused := _REFUSED.get(local(root)):
            raise FormatError(f"{source.name} is {refused}.")
        items = [root] if local(root) == "newsItem" else list(descendants(root, "newsItem"))
        found = False
        for item in items:
            content = _content_of(item, source.name)
            if content is not None:
                found = True
                yield _draft(_Item(item), content, source, decoded)
        if not found:
            raise FormatError(f"{source.name} holds no article: no item in it has text.")


@dataclass(frozen=True, slots=True)
class _Content:
    """The body of an item: its element, and the walker that knows its language."""

    element: etree._Element
    kind: type[Walker] | None


def _content_of(item: etree._Element, name: str) -> _Content | None:
    """The best body of an item, in the order of the module's docstring; None without text."""
    contents = first(item, "contentSet")
    if contents is None:
        return None
    for inline in children(contents, "inlineXML"):
        root = next((child for child in inline if local(child)), None)
        if root is None or not words(root):
            continue
        if local(root) == "nitf":
            return _Content(root, NitfWalker)
        if local(root) in HtmlWalker.blocks:
            return _Content(root, HtmlWalker)
    found = (_content_in(inline, name) for inline in children(contents, "inlineData"))
    return next((content for content in found if content is not None), None)


def _content_in(inline: etree._Element, name: str) -> _Content | None:
    """The body that an ``inlineData`` is; None where it is no text."""
    kind, text = _media_type(inline), str(inline.xpath("string()"))
    if not text.strip():
        return None
    if kind in _HTML_TYPES:
        return _Content(parsed_html(text, name), HtmlWalker)
    # Some agencies call it plain text all the same; in a single paragraph its lines count.
    if kind.startswith("text/") and (paragraphs := _PARAGRAPH.findall(text)):
        return _Content(parsed_html(text, name), HtmlWalker if len(paragraphs) > 1 else None)
    return _Content(inline, None) if kind.startswith("text/") else None


def _media_type(element: etree._Element) -> str:
    """The type of content; text where nothing is said but a word count, as the format has it."""
    kind = line_of(element.get("contenttype", "")).partition(";")[0].strip().lower()
    return kind or ("" if element.get("encoding") else "text/plain")


def _draft(item: "_Item", content: _Content, source: Source, decoded: Decoded) -> ArticleDraft:
    flow = Flow()
    headline = item.headline
    flow.seed_headline(headline)
    walker = (content.kind or HtmlWalker)(flow)
    if isinstance(walker, NitfWalker):
        read_body(content.element, walker)
    elif content.kind is None:
        flow.raw(str(content.element.xpath("string()")))
    else:
        walker.walk(content.element)
    flow.settle_headline(headline)
    flowed = flow.finish()
    check(flowed, source.name)
    placed, layer, notes = _placed(walker, flowed, item)
    return ArticleDraft(
        text=placed.text,
        metadata=item.metadata(flowed, source.language),
        zones=flowed.zones,
        mentions=placed.mentions,
        status=usual_status(placed.mentions),
        layer=layer,
        encoding=decoded.encoding,
        changes=flowed.changes,
        notes=(*decoded.notes, *placed.notes, *walker.notes(), *notes, *oddity_notes(placed.text)),
        unplaced=placed.unplaced,
    )


def _placed(
    walker: Walker, flowed: Flowed, item: "_Item"
) -> tuple[Placement, str, tuple[str, ...]]:
    """The mentions, whose layer they are, and notes on where they come from."""
    if walker.marks:
        notes = ("The text marks its names itself; those that the item lists were not looked for.",)
        return walker.place(flowed), "", notes if next(item.names(), None) else ()
    found = find_names(flowed.text, item.names(), _SOURCE)
    placed = place(flowed.text, found.claims, units=Units.CODE_POINTS)
    return placed, SUGGESTIONS_LAYER if found.claims else "", found.notes


class _Item:
    """What a ``newsItem`` says of its text."""

    def __init__(self, element: etree._Element) -> None:
        self._element = element
        self._content = first(element, "contentMeta")
        self._management = first(element, "itemMeta")
        self._concepts: dict[str, etree._Element] = {}
        for concept in children(element, "assert"):
            for name in ("qcode", "uri"):
                if identifier := concept.get(name):
                    self._concepts.setdefault(identifier, concept)

    @property
    def headline(self) -> str:
        return words(first(self._content, "headline"))

    def metadata(self, flowed: Flowed, language: str) -> Metadata:
        """What is known; ``language`` is the corpus's."""
        provider = first(self._management, "provider")
        source = first(self._content, "infoSource")
        return Metadata(
            title=self.headline or first_in_zone(flowed.text, flowed.zones, Zone.HEADLINE),
            source=_name_of(provider) or _name_of(source),
            byline=words(first(self._content, "by")) or byline_of(flowed.text, flowed.zones),
            published_on=next(filter(None, map(day_of, self._dates())), None),
            language=language_of(
                _attribute(first(self._content, "language"), "tag"),
                self._element.get(_XML_LANGUAGE, ""),
            )
            or language,
        )

    def _dates(self) -> Iterator[str]:
        for parent, name in (
            (self._content, "contentCreated"),
            (self._management, "versionCreated"),
            (self._management, "firstCreated"),
            (self._content, "contentModified"),
        ):
            yield words(first(parent, name))

    def names(self) -> Iterator[Name]:
        """The names of the concepts that the item lists and says the kind of."""
        listed = [] if self._content is None else children(self._content, "subject", "located")
        for element in listed:
            identifier = element.get("qcode") or element.get("uri") or ""
            concept = self._concepts.get(identifier)
            label = _label_of(element) or _label_of(concept)
            if not label and local(element) == "located":
                label = NATURES["geoarea"]
            if label:
                for name in (*_names_of(element), *_names_of(concept)):
                    yield Name(name, label, _confidence(element))
        for concept in self._concepts.values():
            if label := _label_of(concept):
                yield from (Name(name, label) for name in _names_of(concept))


def _name_of(party: etree._Element | None) -> str:
    """A party's name; its code without the vocabulary where it has none."""
    if party is None:
        return ""
    literal = line_of(party.get("literal", ""))
    return words(first(party, "name")) or literal or _attribute(party, "qcode").rpartition(":")[2]


def _names_of(concept: etree._Element | None) -> Iterator[str]:
    """The whole names of a concept; those of a part of it (given, family) are no names of it."""
    if concept is not None:
        yield from (words(name) for name in children(concept, "name") if not name.get("part"))


def _label_of(concept: etree._Element | None) -> str:
    """The label of a concept by its nature; "" where it is of none that is a name in a text."""
    if concept is None:
        return ""
    types = [concept.get("type", ""), *(t.get("qcode", "") for t in children(concept, "type"))]
    natures = (kind.rpartition(":")[2].lower() for kind in types)
    by_type = [NATURES[nature] for nature in natures if nature in NATURES]
    by_details = [_DETAILS[local(one)] for one in concept if local(one) in _DETAILS]
    return next(iter([*by_type, *by_details]), "")


def _confidence(element: etree._Element) -> float | None:
    """The confidence, which the format gives in per cent."""
    value = element.get("confidence", "")
    return int(value) / 100 if value.isdecimal() and int(value) <= 100 else None


def _attribute(element: etree._Element | None, name: str) -> str:
    return "" if element is None else line_of(element.get(name, ""))

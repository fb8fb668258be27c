"""TEI P5: articles as the Text Encoding Initiative writes them, names as elements.

Source: https://www.tei-c.org/release/doc/tei-p5-doc/en/html/ (namespace
``http://www.tei-c.org/ns/1.0``). What is written, a file an article, shortened::

    <TEI xmlns="http://www.tei-c.org/ns/1.0" xml:lang="en">
    <teiHeader>…</teiHeader>
    <text xml:space="preserve"><body><head type="headline">Ulm sleeps</head>

    <p>Mayor <persName type="PERSON" ana="#state.accepted" cert="0.93" resp="#by.1">Ada
    Ulm</persName> slept.</p></body></text>
    </TEI>

**Text.** The characters of ``body`` are exactly the article's, which ``xml:space="preserve"``
says: ``string(//body)`` in XPath. White space between blocks stands between their elements; other
characters outside every zone stand in an ``ab`` of type *gap*.

**Mentions** that nest are elements; ``@type`` is always the label, the element is the nearest one
that TEI has and ``rs`` for the rest. One that crosses another or the edge of a zone becomes two
``anchor`` elements and a ``span`` from one to the other in the ``spanGrp`` at the end of ``body``.
``@cert`` is the score, ``@resp`` points at who made it, ``@ana`` at its state; both lists are in
the header, as are the labels.

**Zones.** ``head``, ``byline``, ``dateline``, ``p``, ``list/item``, ``quote`` and ``figure/head``
(captions); a subheading opens a ``div``. What TEI has no element for at that place is an ``ab``
whose ``@type`` is the zone. ``@cert="low"`` marks an uncertain zone.

**Reading other people's TEI.** One article for each ``body`` of a ``TEI`` or ``teiCorpus``;
``front`` and ``back`` are not read. Unless ``xml:space="preserve"`` holds, runs of white space are
one space and blocks are set apart by a blank line. Of ``choice`` the corrected (``corr``),
regularised (``reg``) or expanded (``expan``) reading is taken, of ``app`` the ``lem``. Left out are
``note``, ``del``, ``fw``, ``index``, ``interp`` and ``span``. ``lb``, ``pb``, ``cb``, ``gb`` and
``milestone`` are a space, or join what they stand between where they say ``break="no"``. Nothing is
added for ``gap`` or for the quotation marks of ``q``.

The label is the first that there is of: a pointer in ``@ana`` to a label (``#label.GPE``, or any
name in capitals); ``@type``, if the element is ``rs`` or ``name``, the type is in capitals, or the
header declares it as a category; the element's own, by `ELEMENTS`. Common types such as *place*
and *org* mean the labels of `TYPES`. Parts of a ``placeName`` are not mentions of their own.

Not carried: further metadata, tokens.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from html import escape
from pathlib import Path
from typing import ClassVar, Final

from lxml import etree  # type: ignore[import-untyped]

from annotations.domain.articles import (
    AnnotatedArticle,
    ArticleDraft,
    CorpusCard,
    Metadata,
    ReviewStatus,
    Unplaced,
)
from annotations.domain.mentions import Mention, MentionState, in_reading_order
from annotations.domain.zones import Zone, ZonedSpan
from annotations.formats import base
from annotations.formats._article_files import stem_of
from annotations.formats._markup import (
    BLANK,
    ExactFlow,
    Flow,
    Flowed,
    Mark,
    Place,
    Walker,
    check,
    children,
    covering_zones,
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
from annotations.formats.base import UNNAMED, Fidelity, FormatError, Source, WriteReport
from annotations.formats.decoding import Decoded
from annotations.formats.plain_text import byline_of, first_in_zone

NAMESPACE: Final = "http://www.tei-c.org/ns/1.0"
_XML: Final = "{http://www.w3.org/XML/1998/namespace}"
_ROOTS: Final = frozenset({"TEI", "teiCorpus", "TEI.2", "teiCorpus.2"})

#: The label that an element stands for where nothing in the file says another.
ELEMENTS: Final[Mapping[str, str]] = {
    "persName": "PERSON",
    "orgName": "ORG",
    "placeName": "GPE",
    "country": "GPE",
    "region": "GPE",
    "district": "GPE",
    "settlement": "GPE",
    "bloc": "GPE",
    "geogName": "LOC",
    "eventName": "EVENT",
    "objectName": "PRODUCT",
    "date": "DATE",
    "time": "TIME",
    "num": "CARDINAL",
    "measure": "QUANTITY",
    "name": "",
    "rs": "",
}
#: What a type means on ``rs``, ``name``, ``num`` and ``measure``.
TYPES: Final[Mapping[str, str]] = {
    "person": "PERSON",
    "pers": "PERSON",
    "place": "GPE",
    "org": "ORG",
    "organisation": "ORG",
    "organization": "ORG",
    "event": "EVENT",
    "object": "PRODUCT",
    "work": "WORK_OF_ART",
    "title": "WORK_OF_ART",
    "date": "DATE",
    "time": "TIME",
    "ordinal": "ORDINAL",
    "cardinal": "CARDINAL",
    "percentage": "PERCENT",
    "currency": "MONEY",
}
#: The element that a label is written as; any other is ``rs``.
_WRITTEN_AS: Final[Mapping[str, str]] = {
    "PERSON": "persName",
    "PER": "persName",
    "person": "persName",
    "ORG": "orgName",
    "organisation": "orgName",
    "GPE": "placeName",
    "LOC": "placeName",
    "FAC": "placeName",
    "geoArea": "placeName",
    "DATE": "date",
    "TIME": "time",
    "CARDINAL": "num",
    "ORDINAL": "num",
    "PERCENT": "num",
    "QUANTITY": "measure",
    "MONEY": "measure",
}
_TYPED: Final = frozenset({"rs", "name"})
_BY_TYPE: Final = frozenset({"rs", "name", "num", "measure"})
_PLACE_PARTS: Final = frozenset({"country", "region", "district", "settlement", "bloc"})
_CAPITALS: Final = re.compile(r"[A-Z][A-Z0-9_-]*")
_ZONES: Final = frozenset(zone.value for zone in Zone)
_STATES: Final = frozenset(state.value for state in MentionState)
_LABEL: Final = "label."
_STATE: Final = "state."
#: What XML 1.0 has no way to write.
_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Reader(base.Reader):
    """Reads what `Writer` writes, and TEI of other makers."""

    title: ClassVar[str] = "TEI P5 (XML)"
    suffixes: ClassVar[tuple[str, ...]] = (".xml", ".tei")
    holds_many: ClassVar[bool] = True

    def recognises(self, source: Source) -> bool:
        """By the root element, with or without its namespace."""
        namespace, name = root_of(source.data)
        return name in _ROOTS and namespace in {NAMESPACE, ""}

    def read(self, source: Source) -> Iterator[ArticleDraft]:
        """One draft for each body that is not inside another.

        Raises FormatError for what is no well-formed XML or has no body with text.
        """
        root, decoded = parse(source)
        found = False
        for body in descendants(root, "body"):
            if next(body.iterancestors("{*}body"), None) is None:
                found = True
                yield _draft(body, source, decoded)
        if not found:
            raise FormatError(f"{source.name} holds no article: it has no body.")


def _draft(body: etree._Element, source: Source, decoded: Decoded) -> ArticleDraft:
    header = _Header(next(body.iterancestors("{*}TEI", "{*}TEI.2"), None))
    is_exact = _inherited(body, "space") == "preserve"
    walker = _Walker(ExactFlow() if is_exact else Flow(), header)
    walker.walk(body)
    missing = list(walker.mark_crossing(body))
    flowed = walker.flow.finish()
    check(flowed, source.name)
    placed = walker.place(flowed)
    metadata = header.metadata(_inherited(body, "lang"), source.language)
    if not is_exact:
        metadata = _completed(metadata, flowed)
    return ArticleDraft(
        text=placed.text,
        metadata=metadata,
        zones=covering_zones(placed.text, flowed.zones, metadata.title),
        mentions=placed.mentions,
        status=header.status or usual_status(placed.mentions),
        layer=header.layer,
        encoding=decoded.encoding,
        changes=flowed.changes,
        notes=(*decoded.notes, *placed.notes, *walker.notes(), *_around(body)),
        unplaced=(*placed.unplaced, *missing),
        number=header.number,
    )


def _completed(metadata: Metadata, flowed: Flowed) -> Metadata:
    """The metadata with what only the text says."""
    return replace(
        metadata,
        title=metadata.title or first_in_zone(flowed.text, flowed.zones, Zone.HEADLINE),
        byline=metadata.byline or byline_of(flowed.text, flowed.zones),
    )


def _inherited(element: etree._Element, attribute: str) -> str:
    """An attribute of XML's own that holds for an element and all in it."""
    name = f"{_XML}{attribute}"
    every = (one.get(name) for one in (element, *element.iterancestors()))
    return next((value for value in every if value), "")


def _around(body: etree._Element) -> list[str]:
    """A note on the parts of the text that stand beside its body."""
    parent = body.getparent()
    beside = [] if parent is None else [local(e) for e in children(parent, "front", "back")]
    return [f"Only the body was read, not the {' and the '.join(beside)}."] if beside else []


class _Header:
    """What a TEI header says of its text; empty where there is none."""

    def __init__(self, document: etree._Element | None) -> None:
        self._header = first(document, "teiHeader")
        self._file = first(self._header, "fileDesc")
        self.labels = frozenset(
            identifier.removeprefix(_LABEL)
            for category in self._all("category")
            if (identifier := category.get(f"{_XML}id", ""))
        )
        #: The names of those who made something, by the pointer to them.
        self.makers = {
            f"#{identifier}": words(first(element, "name")) or words(element)
            for element in self._all(
                "respStmt", "person", "persName", "name", "editor", "application"
            )
            if (identifier := element.get(f"{_XML}id"))
        }

    def _all(self, *names: str) -> Iterator[etree._Element]:
        return iter(()) if self._header is None else descendants(self._header, *names)

    def _file_parts(self, part: str, *names: str) -> list[etree._Element]:
        """The elements in one part of the description of the file."""
        element = first(self._file, part)
        return [] if element is None else list(descendants(element, *names))

    def metadata(self, language: str, usual_language: str) -> Metadata:
        titles = map(words, self._file_parts("titleStmt", "title"))
        authors = filter(None, map(words, self._file_parts("titleStmt", "author")))
        return Metadata(
            title=next(filter(None, titles), ""),
            source=next(filter(None, map(words, self._published("publisher"))), ""),
            byline=", ".join(authors),
            url=next(filter(None, map(_address, self._published("ptr", "ref", "idno"))), ""),
            published_on=next(filter(None, map(_day, self._published("date"))), None),
            language=language_of(language, *(e.get("ident") for e in self._all("language")))
            or usual_language,
        )

    def _published(self, *names: str) -> list[etree._Element]:
        """What is said of the source, then of the file itself."""
        return [
            *self._file_parts("sourceDesc", *names),
            *self._file_parts("publicationStmt", *names),
        ]

    @property
    def number(self) -> int | None:
        numbers = (
            words(element)
            for element in self._file_parts("publicationStmt", "idno")
            if element.get("type") == "article"
        )
        number = next(numbers, "")
        return int(number) if re.fullmatch(r"[1-9][0-9]{0,17}", number) else None

    @property
    def status(self) -> ReviewStatus | None:
        revisions = first(self._header, "revisionDesc")
        status = "" if revisions is None else revisions.get("status", "")
        return next((known for known in ReviewStatus if known == status), None)

    @property
    def layer(self) -> str:
        change = first(self._header, "revisionDesc", "change")
        return "" if change is None or self.status is None else line_of(change.get("n", ""))


def _address(element: etree._Element) -> str:
    address = words(element) if local(element) == "idno" else line_of(element.get("target", ""))
    return address if re.match("https?://", address) else ""


def _day(element: etree._Element) -> date | None:
    return day_of(element.get("when", "")) or day_of(words(element))


class _Walker(Walker):
    """The body of a TEI text."""

    blocks: ClassVar[Mapping[str, Zone | None]] = {
        **dict.fromkeys(
            (
                "ab", "argument", "body", "closer", "div", "div1", "div2", "div3", "div4",
                "epigraph", "floatingText", "lg", "list", "opener", "p", "postscript", "salute",
                "sp", "speaker", "stage", "table", "trailer",
            )
        ),
        "head": Zone.HEADLINE,
        "byline": Zone.BYLINE,
        "dateline": Zone.DATELINE,
        "signed": Zone.BYLINE,
        "item": Zone.LIST,
        "cit": Zone.QUOTE,
        "quote": Zone.QUOTE,
        "q": Zone.QUOTE,
        "figure": Zone.CAPTION,
        "figDesc": Zone.CAPTION,
        "row": Zone.PARAGRAPH,
    }  # fmt: skip
    left_out: ClassVar[frozenset[str]] = frozenset(
        ["del", "fw", "index", "interp", "interpGrp", "note", "span", "spanGrp", "teiHeader"]
    )
    breaks: ClassVar[frozenset[str]] = frozenset({"l"})
    cells: ClassVar[frozenset[str]] = frozenset({"cell"})
    _joints: ClassVar[frozenset[str]] = frozenset({"lb", "pb", "cb", "gb", "milestone"})
    _either: ClassVar[frozenset[str]] = frozenset({"quote", "q", "cit"})
    _around_blocks: ClassVar[frozenset[str]] = frozenset(
        ["body", "cit", "div", "div1", "div2", "div3", "div4", "figure", "sp"]
    )
    _preferred: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "choice": ("corr", "reg", "expan"),
        "app": ("lem",),
    }

    def __init__(self, flow: Flow, header: _Header) -> None:
        super().__init__(flow)
        self._header = header
        self._places: dict[str, tuple[Place, Place]] = {}

    def is_left_out(self, element: etree._Element, name: str) -> bool:
        return name in self.left_out or self._is_other_reading(element)

    def _is_other_reading(self, element: etree._Element) -> bool:
        parent = element.getparent()
        preferred = None if parent is None else self._preferred.get(local(parent))
        if preferred is None:
            return False
        taken = next(children(parent, *preferred), None)
        if taken is None:
            taken = next((child for child in parent if local(child)), None)
        return taken is not element

    def is_block(self, element: etree._Element, name: str) -> bool:
        if name in self._either:
            parent = element.getparent()
            return parent is not None and local(parent) in self._around_blocks
        return name in self.blocks

    def zone_of(self, element: etree._Element, name: str, outer: Zone | None) -> Zone | None:
        kind = element.get("type", "")
        if name in {"ab", "head"} and kind in _ZONES:
            return Zone(kind)
        if name == "head":
            return outer or (Zone.HEADLINE if self.flow.is_empty else Zone.SUBHEADING)
        return super().zone_of(element, name, outer)

    def is_certain(self, element: etree._Element) -> bool:
        return bool(element.get("cert") != "low")

    def on_start(self, element: etree._Element, name: str) -> None:
        if name not in self._joints:
            super().on_start(element, name)
        elif element.get("break") == "no":
            self.flow.glue()
        else:
            self.flow.space()

    def on_end(self, element: etree._Element, name: str, start: Place) -> None:
        if identifier := element.get(f"{_XML}id"):
            self._places[identifier] = (start, self.flow.position())

    def label_of(self, element: etree._Element, name: str) -> str | None:
        if name not in ELEMENTS:
            return None
        if name in _PLACE_PARTS and next(element.iterancestors("{*}placeName"), None) is not None:
            return None
        return self._label(element, name)

    def _label(self, element: etree._Element, name: str) -> str:
        for pointer in element.get("ana", "").split():
            target = pointer.rpartition("#")[2]
            if target.startswith(_LABEL) or _CAPITALS.fullmatch(target):
                return str(target.removeprefix(_LABEL))
        kind = line_of(element.get("type", ""))
        if kind in self._header.labels or _CAPITALS.fullmatch(kind):
            return kind
        if name in _BY_TYPE and kind.lower() in TYPES:
            return TYPES[kind.lower()]
        return kind if kind and name in _TYPED else ELEMENTS.get(name, "")

    def mark_of(self, element: etree._Element, label: str, start: Place) -> Mark:
        return self._mark(element, label, start, self.flow.position())

    def _mark(self, element: etree._Element, label: str, start: Place, end: Place) -> Mark:
        maker = line_of(element.get("resp", ""))
        return Mark(
            start,
            end,
            label,
            element.sourceline,
            _state(element),
            _score(element),
            self._header.makers.get(maker, maker.removeprefix("#")),
        )

    def mark_crossing(self, body: etree._Element) -> Iterator[Unplaced]:
        """Mark what the spans of a body reach over; yield those whose ends are nowhere in it."""
        for span in descendants(body, "span"):
            if span.get("from") is None:
                continue
            label = self._label(span, "rs") or words(span)
            ends = [span.get("from"), span.get("to") or span.get("from")]
            missing = [end for end in ends if end.removeprefix("#") not in self._places]
            if missing:
                reason = f"“{line_of(missing[0])}” is no place in the text"
                yield Unplaced(0, 0, label, "", reason, span.sourceline)
                continue
            (start, _), (_, end) = (self._places[end.removeprefix("#")] for end in ends)
            self.marks.append(self._mark(span, label, start, end))


def _state(element: etree._Element) -> MentionState:
    for pointer in element.get("ana", "").split():
        state = pointer.rpartition("#")[2].removeprefix(_STATE)
        if state in _STATES:
            return MentionState(state)
    return MentionState.ADDED


def _score(element: etree._Element) -> float | None:
    """The certainty as a number; TEI's words for it (high, medium, low) are none."""
    try:
        score = float(element.get("cert", ""))
    except ValueError:
        return None
    return score if 0 <= score <= 1 else None


# --- Writing ------------------------------------------------------------------------------------


class Writer(base.Writer):
    """Writes one ``.xml`` file an article into an existing folder."""

    name: ClassVar[str] = "tei"
    title: ClassVar[str] = "TEI P5 (XML)"
    suffix: ClassVar[str] = ""
    uses_tokens: ClassVar[bool] = False
    fidelity: ClassVar[Fidelity] = Fidelity(
        overlaps=True,
        exact_text=True,
        zones=True,
        unreviewed=True,
        losses=(
            "Metadata is lost, except for title, source, byline, address, date and language.",
            "Tokens are lost.",
        ),
    )

    def write(
        self, articles: Iterable[AnnotatedArticle], target: Path, corpus: CorpusCard = UNNAMED
    ) -> WriteReport:
        """Write every article, with its status in the header."""
        report = WriteReport()
        for article in articles:
            name = f"{stem_of(article)}.xml"
            (target / name).write_bytes(_document(article, corpus).encode())
            report.files.append(name)
            report.articles += 1
            report.mentions_in += len(article.mentions)
        report.mentions_out = report.mentions_in
        report.files.sort()
        return report


def _document(article: AnnotatedArticle, corpus: CorpusCard) -> str:
    sources = dict.fromkeys(m.source for m in article.mentions if m.source)
    makers = {source: f"by.{number}" for number, source in enumerate(sources, start=1)}
    language = language_of(article.language)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<TEI xmlns={_quoted(NAMESPACE)}{_attribute('xml:lang', language)}>\n"
        f"{_header(article, corpus, makers)}"
        f'<text xml:space="preserve"><body>{_body(article, makers)}</body></text>\n</TEI>\n'
    )


def _plain(value: object) -> str:
    """Text as the content of an element; what XML cannot hold is left out."""
    return escape(_UNWRITABLE.sub("", str(value)), quote=False).replace("\r", "&#13;")


def _quoted(value: object) -> str:
    """Text as the value of an attribute, with its quotation marks."""
    text = _plain(value).replace('"', "&quot;")
    return '"' + text.replace("\n", "&#10;").replace("\t", "&#9;") + '"'


def _attribute(name: str, value: str) -> str:
    return f" {name}={_quoted(value)}" if value else ""


def _element(name: str, content: object, attributes: str = "") -> str:
    """An element with text; nothing where there is no text."""
    return f"<{name}{attributes}>{_plain(content)}</{name}>" if content else ""


def _header(article: AnnotatedArticle, corpus: CorpusCard, makers: Mapping[str, str]) -> str:
    meta = article.meta
    published = meta.get("published_on")
    responsible = "".join(
        f"<respStmt xml:id={_quoted(identifier)}><resp>marked mentions</resp>"
        f"<name>{_plain(source)}</name></respStmt>"
        for source, identifier in makers.items()
    )
    url = meta.get("url")
    pointer = f"<ptr target={_quoted(url)}/>" if url else ""
    when = f"<date when={_quoted(published)}/>" if published else ""
    language = language_of(article.language)
    used = f"<language ident={_quoted(language)}>{language}</language>" if language else ""
    return (
        "<teiHeader>\n<fileDesc>\n<titleStmt>"
        f"<title>{_plain(article.title)}</title>{_element('author', meta.get('byline'))}"
        f"{responsible}</titleStmt>\n"
        f"<publicationStmt><authority>{_plain(corpus.name)}</authority>"
        f'<idno type="article">{article.id}</idno></publicationStmt>\n'
        f"<sourceDesc><bibl><title>{_plain(article.title)}</title>"
        f"{_element('publisher', meta.get('source'))}{when}{pointer}</bibl></sourceDesc>\n"
        "</fileDesc>\n"
        f"<encodingDesc><classDecl>{_taxonomies(article, corpus)}</classDecl></encodingDesc>\n"
        + (f"<profileDesc><langUsage>{used}</langUsage></profileDesc>\n" if used else "")
        + f"<revisionDesc status={_quoted(article.status.value)}>"
        f"<change n={_quoted(article.layer)}>Layer “{_plain(article.layer)}”.</change>"
        "</revisionDesc>\n</teiHeader>\n"
    )


def _taxonomies(article: AnnotatedArticle, corpus: CorpusCard) -> str:
    """The labels that occur and the states of mentions, for the text to point at."""
    described = {label.name: label.description for label in corpus.labels}
    labels = sorted({mention.label for mention in article.mentions} | described.keys())
    lists = (
        ("labels", [(f"{_LABEL}{name}", described.get(name) or name) for name in labels]),
        ("states", [(f"{_STATE}{state.value}", _STATE_WORDS[state]) for state in MentionState]),
    )
    return "".join(
        f"<taxonomy xml:id={_quoted(name)}>"
        + "".join(
            f"<category xml:id={_quoted(identifier)}><catDesc>{_plain(text)}</catDesc></category>"
            for identifier, text in categories
        )
        + "</taxonomy>"
        for name, categories in lists
        if categories
    )


_STATE_WORDS: Final[Mapping[MentionState, str]] = {
    MentionState.SUGGESTED: "A machine proposes it; nobody has decided.",
    MentionState.ACCEPTED: "A person took a suggestion as it was.",
    MentionState.CHANGED: "A person gave a suggestion another label or other edges.",
    MentionState.ADDED: "A person marked it where no machine had.",
}


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A stretch of the text that one element encloses."""

    start: int
    end: int
    opening: str
    closing: str


def _body(article: AnnotatedArticle, makers: Mapping[str, str]) -> str:
    """The content of ``body``: exactly the text, with elements around its stretches."""
    text = article.text
    blocks, last = _blocks(article)
    nesting, crossing = _sorted_out(article.mentions, blocks)
    elements = [*blocks, *(_inline(mention, makers) for mention in nesting)]
    # Blocks come first in the list, so that of those that start together they are outside.
    elements.sort(key=lambda element: (element.start, -element.end))
    # At one place elements end, innermost first, then anchors stand, then elements begin.
    events: list[tuple[int, int, int, str]] = []
    for number, element in enumerate(elements):
        events.append((element.start, 2, number, element.opening))
        events.append((element.end, 0, -number, element.closing))
    for number, mention in enumerate(crossing, start=1):
        for edge, name in ((mention.start, "start"), (mention.end, "end")):
            events.append((edge, 1, number, f'<anchor xml:id="m{number}.{name}"/>'))
    events.sort()
    parts = []
    position = 0
    for offset, _, _, tag in events:
        if offset > position:
            parts.append(_plain(text[position:offset]))
            position = offset
        parts.append(tag)
    parts += [_plain(text[position:]), last, _span_group(crossing, makers)]
    return "".join(parts)


def _sorted_out(
    mentions: Sequence[Mention], blocks: Sequence[_Stretch]
) -> tuple[list[Mention], list[Mention]]:
    """The mentions that nest within a block and each other, and those that cross something."""
    nesting: list[Mention] = []
    crossing: list[Mention] = []
    around: list[int] = []  # where the elements that are open at a mention's start end
    index = 0
    for mention in in_reading_order(mentions):
        while index < len(blocks) and blocks[index].end <= mention.start:
            index += 1
        while around and around[-1] <= mention.start:
            around.pop()
        block = blocks[index] if index < len(blocks) else None
        fits = block is not None and block.start <= mention.start and mention.end <= block.end
        if fits and (not around or mention.end <= around[-1]):
            nesting.append(mention)
            around.append(mention.end)
        else:
            crossing.append(mention)
    return nesting, crossing


def _inline(mention: Mention, makers: Mapping[str, str]) -> _Stretch:
    name = _WRITTEN_AS.get(mention.label, "rs")
    return _Stretch(
        mention.start, mention.end, f"<{name}{_attributes(mention, makers)}>", f"</{name}>"
    )


def _attributes(mention: Mention, makers: Mapping[str, str]) -> str:
    state = f' ana="#{_STATE}{mention.state.value}"'
    certainty = "" if mention.score is None else f' cert="{mention.score!r}"'
    maker = f' resp="#{makers[mention.source]}"' if mention.source else ""
    return f" type={_quoted(mention.label)}{state}{certainty}{maker}"


def _span_group(crossing: Sequence[Mention], makers: Mapping[str, str]) -> str:
    if not crossing:
        return ""
    spans = "".join(
        f'<span from="#m{number}.start" to="#m{number}.end"{_attributes(mention, makers)}/>'
        for number, mention in enumerate(crossing, start=1)
    )
    return f'<spanGrp type="mentions">{spans}</spanGrp>'


#: The elements that a zone is written as, outermost first, where they may stand anywhere.
_ANYWHERE: Final[Mapping[Zone, tuple[str, ...]]] = {
    Zone.PARAGRAPH: ("p",),
    Zone.LIST: ("list", "item"),
    Zone.QUOTE: ("quote",),
    Zone.CAPTION: ("figure", "head"),
}
#: Those that stand only before everything else in a body or division.
_AT_TOP: Final[Mapping[Zone, str]] = {
    Zone.HEADLINE: "head",
    Zone.SUBHEADING: "head",
    Zone.BYLINE: "byline",
    Zone.DATELINE: "dateline",
}


def _blocks(article: AnnotatedArticle) -> tuple[list[_Stretch], str]:
    """The blocks of an article in their order, and what closes the last division."""
    layout = _Layout()
    blocks: list[_Stretch] = []
    position = 0
    for zone in article.zones:
        blocks += layout.gap(article.text, position, zone.start)
        blocks.append(layout.block(zone))
        position = zone.end
    blocks += layout.gap(article.text, position, len(article.text))
    return blocks, layout.closing


class _Layout:
    """Where in a body the blocks have come to, since not every element may stand anywhere.

    A body or division must also hold more than headings and figures: an empty block, if need be.
    """

    def __init__(self) -> None:
        self._is_at_top = True
        self._has_block = False
        self._division = ""

    @property
    def closing(self) -> str:
        """What ends the body, or the division that is open in it."""
        return ("" if self._has_block else "<ab/>") + self._division

    def gap(self, text: str, start: int, end: int) -> Iterator[_Stretch]:
        """A block for what no zone covers, unless it is white space that XML lets stand there."""
        between = text[start:end]
        if not between.strip(BLANK):
            return
        start += len(between) - len(between.lstrip(BLANK))
        end -= len(between) - len(between.rstrip(BLANK))
        self._is_at_top = False
        self._has_block = True
        yield _Stretch(start, end, '<ab type="gap">', "</ab>")

    def block(self, zone: ZonedSpan) -> _Stretch:
        before = ""
        if zone.zone is Zone.SUBHEADING:
            before = f"{self.closing if self._division else ''}<div>"
            self._division = "</div>"
            self._is_at_top = True
            self._has_block = False
        certainty = "" if zone.certain else ' cert="low"'
        if zone.zone in _ANYWHERE:
            *outer, inner = _ANYWHERE[zone.zone]
            self._is_at_top = False
            self._has_block = self._has_block or zone.zone is not Zone.CAPTION
        elif zone.zone in _AT_TOP and self._is_at_top:
            outer, inner = [], _AT_TOP[zone.zone]
        else:
            outer, inner = [], "ab"
            self._is_at_top = False
            self._has_block = True
        kind = f' type="{zone.zone.value}"' if inner == "ab" or zone.zone in _HEADS else ""
        return _Stretch(
            zone.start,
            zone.end,
            before + "".join(f"<{name}>" for name in outer) + f"<{inner}{kind}{certainty}>",
            f"</{inner}>" + "".join(f"</{name}>" for name in reversed(outer)),
        )


_HEADS: Final = frozenset({Zone.HEADLINE, Zone.SUBHEADING})

"""HTML as saved from a news site: the article is taken out of the page, the rest is left.

The body is chosen by trafilatura (https://trafilatura.readthedocs.io), which of seven
extractors measured on 234 saved news pages kept most of the articles and of their subheadings.
It changes characters (soft hyphens, joiners, no-break spaces), which does no harm before any
offset exists and is reported. Around the body stand the headline, from what the page says of
itself, and the captions of its figures, at their place. Metadata comes from JSON-LD
(https://schema.org/NewsArticle), OpenGraph and ``<meta>``; what a page doesn't declare stays
empty. Dates are never guessed from an address or the text.

Nothing here opens a connection: the page is a closed document.
"""

import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Any, ClassVar, Final

import trafilatura
from lxml import etree  # type: ignore[import-untyped]
from lxml.html import (  # type: ignore[import-untyped]
    HtmlElement,
    HTMLParser,
    document_fromstring,
)

from annotations.domain.articles import ArticleDraft, Metadata
from annotations.domain.text import normalise
from annotations.domain.zones import Zone
from annotations.formats import base
from annotations.formats.base import FormatError, Source
from annotations.formats.decoding import check_article_length, decode
from annotations.formats.plain_text import Block, block, byline_of, first_in_zone, zoned

#: News pages have 1,000 to 8,000 elements, the longest live blogs some 30,000.
MAX_ELEMENTS: Final = 50_000
#: Above this trafilatura works without its second opinion, justext, whose time grows with the
#: square of the paragraphs: 5 s at most for this many elements, nearly 4 minutes for 84,000.
_FAST_ABOVE: Final = 15_000
#: Less extracted text than this makes it worth looking at all paragraphs of the page.
_SCANT: Final = 250
#: How many times more text there must be then; a short article is no failed extraction.
_MUCH_MORE: Final = 2
#: One part in so many must have been left out of an article for it to be looked for.
_MANY_LOST: Final = 5
#: Less than this is no article, but what a menu says.
_LEAST: Final = 50

_DECLARED: Final = re.compile(
    rb"<(?:meta\b[^>]{0,500}?\bcharset|\?xml\b[^>]{0,100}?\bencoding)\s*=\s*[\"']?\s*([\w.:-]+)",
    re.IGNORECASE,
)
_DECLARED_WITHIN: Final = 4_096
_BLANKS: Final = re.compile(r"[ \t\r\n\f]+")
_BREAK: Final = re.compile(r" *\n *")
_ISO_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?!\d)")
_BY: Final = re.compile(r"by[:\s]\s*", re.IGNORECASE)
_WEB: Final = re.compile(r"https?://\S+", re.IGNORECASE)
#: What pages say to their visitors between the article's paragraphs or below them.
_FURNITURE: Final = re.compile(
    r"(?:advertisement|sponsored)(?:\W+(?:story|article) continues below)?\W*"
    r"|(?:story|article) continues below advertisement\W*"
    r"|read (?:more|next)\W*|comments?\W*|most (?:read|popular)(?: in [\w ]{1,40})?\W*"
    r"|you must confirm your public display name.{0,80}"
    r"|please log ?out and then log ?in again.{0,120}"
    r"|join our commenting forum\W*|join thought-provoking conversations.{0,120}",
    re.IGNORECASE,
)
_INVISIBLE: Final = re.compile("[\u00ad\u200b\u200d]")
_TEXT_TAGS: Final = ("p", "h1", "h2", "h3", "h4", "h5", "h6", "li")
#: Elements whose text no reader of the page sees as part of the article.
_UNSEEN: Final = frozenset(
    ["script", "style", "noscript", "template", "button", "svg", "select", "iframe"]
)
#: Ancestors and class names of what stands beside an article, not in it.
_BESIDE: Final = frozenset({"aside", "nav", "footer", "form", "a"})
_BESIDE_CLASS: Final = re.compile(
    r"related|recirc|promo|teaser|sidebar|advert|cookie|consent|newsletter|recommend|most-read",
    re.IGNORECASE,
)

# Trafilatura warns about every page without an article; the reader says so itself.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
#: The beginning of an HTML page, whatever the file is called: after a byte-order mark, an XML
#: declaration and comments, its doctype or root. UTF-16 is matched without its zero bytes.
_START: Final = re.compile(
    rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*+(?:<\?xml[^>]*+>\s*+)?"
    # Each comment ends where it first can: trying longer ones doubles the time with every comment.
    rb"(?>(?:(?><!--.*?-->)\s*+)*)<(?:!doctype\s+html|html)\b",
    re.IGNORECASE | re.DOTALL,
)
_START_BYTES: Final = 4_096
_PAGES: Final = (".html", ".htm", ".xhtml")


class Reader(base.Reader):
    """Reads one saved page as one article."""

    title: ClassVar[str] = "Web page (HTML)"
    suffixes: ClassVar[tuple[str, ...]] = (*_PAGES, ".xml", ".txt", ".text", "")

    def recognises(self, source: Source) -> bool:
        """A page may have been saved under the name of a text or of XML."""
        start = source.data[:_START_BYTES].replace(b"\0", b"")
        return source.suffix in _PAGES or _START.match(start) is not None

    def read(self, source: Source) -> Iterator[ArticleDraft]:
        """Yield the one article.

        Raises FormatError for a file that is too large, no text, nested beyond reason, or a
        page in which no article is found.
        """
        declared = _DECLARED.search(source.data[:_DECLARED_WITHIN])
        decoded = decode(
            source.data,
            chosen=source.encoding,
            declared=declared[1].decode("ascii", "ignore") if declared else "",
            name=source.name,
        )
        tree = _parse(normalise(decoded.text).text, source.name)
        page = _Page(tree)
        headline = page.headline()
        lines = _lines_of(tree)
        body = _with_lost_parts(lines, _extract(tree, lines))
        if sum(len(each.text) for each in body.blocks) < _LEAST:
            raise FormatError(
                f"No article text was found in {source.name}. If the page loads its text with a "
                "script or is a list of articles, save the article's text as .txt instead."
            )
        inner = _with_standfirst(page.descriptions(), lines, body.blocks)
        blocks = _with_headline(headline, _with_captions(lines, inner))
        text, zones = zoned(blocks)
        check_article_length(text, source.name)
        title = headline or first_in_zone(text, zones, Zone.HEADLINE)
        metadata = page.metadata(title, byline_of(text, zones), source.language)
        yield ArticleDraft(
            text=text,
            metadata=metadata,
            zones=zones,
            encoding=decoded.encoding,
            changes=body.changes,
            notes=(*decoded.notes, *body.notes, *_missing(metadata)),
        )


def _missing(metadata: Metadata) -> list[str]:
    notes = []
    if not metadata.title:
        notes.append("The page names no headline.")
    if metadata.published_on is None:
        notes.append("The page does not say when it was published.")
    return notes


def _parse(page: str, name: str) -> HtmlElement:
    parser = HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        tree = document_fromstring(page.encode(), parser=parser)
    except etree.LxmlError:
        raise FormatError(f"No article text was found in {name}: it has no content.") from None
    # The parser stops at its limits without an error, so what follows would be lost unseen.
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise FormatError(
            f"{name} cannot be read: its elements are nested too deeply or one of them is too "
            "large. Save the article's text as .txt instead."
        )
    if _size(tree) > MAX_ELEMENTS:
        raise FormatError(
            f"{name} has more than {MAX_ELEMENTS:,} elements, as no article does. Save the "
            "article's text as .txt instead."
        )
    return tree


def _size(tree: HtmlElement) -> int:
    return sum(1 for _ in tree.iter())


# --- The lines of the page ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Line:
    """What one element shows; ``key`` is what finds it among the blocks, never empty."""

    element: HtmlElement
    text: str
    key: str

    @property
    def is_caption(self) -> bool:
        return bool(self.element.tag == "figcaption")


def _lines_of(tree: HtmlElement) -> list[_Line]:
    """The innermost text elements and the captions of the page, in its order."""
    lines = []
    for element in tree.iter(*_TEXT_TAGS, "figcaption"):
        within = ("figcaption",) if element.tag == "figcaption" else _TEXT_TAGS
        # Only the innermost: the text of nested lists would be read once for each level.
        if next(element.iterdescendants(*within), None) is None:
            new = block(_seen(element))
            if new and (key := _key(new.text)):
                lines.append(_Line(element, new.text, key))
    return lines


# --- The body -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Body:
    blocks: Sequence[Block]
    changes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def _extract(tree: HtmlElement, lines: Sequence[_Line]) -> _Body:
    """The article's blocks, or all paragraphs of the page's largest block where it has none."""
    found = _chosen_by_trafilatura(tree)
    size = sum(len(each.text) for each in found)
    if size < _SCANT:
        everything = _largest_group(tree)
        if sum(len(each.text) for each in everything) > max(size * _MUCH_MORE, 1):
            note = (
                "No article stood out on this page, so all paragraphs of its largest part were "
                "taken. Check where it begins and ends."
            )
            return _Body(everything, notes=(note,))
    if all(each.zone is Zone.QUOTE for each in found):
        found = _preformatted(tree, size) or found
    change = (
        f"The article was taken out of the page by trafilatura {trafilatura.__version__}; "
        "menus, advertisements and comments were left out."
    )
    return _Body(found, (change, *_lost_characters(lines, found)))


def _preformatted(tree: HtmlElement, size: int) -> list[Block]:
    """The texts of a page that is preformatted, as archives of news agencies are; else nothing.

    Their lines are those of the text; the extractor takes them for a quotation in one line.
    ``size`` is how many characters it found.
    """
    texts = [new for pre in tree.iter("pre") if (new := block("".join(pre.itertext())))]
    return texts if 2 * sum(len(each.text) for each in texts) > size else []


def _with_lost_parts(lines: Sequence[_Line], body: _Body) -> _Body:
    """The body with the parts of it that were left out, each at its place.

    Long articles are cut into several containers, with advertisements between them, and the
    extractor may take only some. Lines belong to the article if they stand in containers of the
    very kind that holds most of what was found, within the same article element. A few lines that
    were left out were left out on purpose.
    """
    indices = {_key(each.text): index for index, each in enumerate(body.blocks)}
    found: dict[_Kind, int] = {}
    for line in lines:
        if line.key in indices and (kind := _kind_of(line.element)) is not None:
            found[kind] = found.get(kind, 0) + len(line.text)
    size = sum(len(each.text) for each in body.blocks)
    usual = {kind for kind, characters in found.items() if 2 * characters > size}
    lost: dict[int, list[Block]] = {}
    last = -1
    for line in lines:
        if line.key in indices:
            last = max(last, indices[line.key])
        elif not line.is_caption and _kind_of(line.element) in usual:
            is_heading = line.element.tag.startswith("h")
            if not _is_beside(line.element) and not _FURNITURE.fullmatch(line.text):
                again = Block(line.text, Zone.SUBHEADING if is_heading else None)
                lost.setdefault(last, []).append(again)
    more = sum(len(each.text) for part in lost.values() for each in part)
    if more * _MANY_LOST < size:
        return body
    blocks = _with_inserted(body.blocks, lost)
    note = (
        "The article is in several parts on this page, of which some were found by their likeness "
        "to the others. Check where it begins and ends."
    )
    return _Body(blocks, body.changes, (*body.notes, note))


#: A container's element, its classes, and the article element that it stands in.
type _Kind = tuple[str, str, HtmlElement]


def _kind_of(element: HtmlElement) -> _Kind | None:
    """What kind of container holds an element; None for one that has no name."""
    parent = element.getparent()
    name = " ".join((parent.get("class") or "").split()) if parent is not None else ""
    return (parent.tag, name, _around(element)) if name else None


def _lost_characters(lines: Sequence[_Line], blocks: Sequence[Block]) -> list[str]:
    """What trafilatura does to characters, where the article has such characters."""
    keys = {_key(each.text) for each in blocks}
    text = "".join(line.text for line in lines if line.key in keys)
    changes = []
    if count := len(_INVISIBLE.findall(text)):
        changes.append(f"Dropped: soft hyphens, zero-width spaces and joiners ({count:,}).")
    if count := text.count("\xa0"):
        changes.append(f"No-break spaces became ordinary spaces ({count:,}).")
    return changes


def _chosen_by_trafilatura(tree: HtmlElement) -> list[Block]:
    try:
        xml = trafilatura.extract(
            deepcopy(tree),
            output_format="xml",
            include_formatting=True,
            include_comments=False,
            include_images=False,
            fast=_size(tree) > _FAST_ABOVE,
        )
    # Pages that were built to break an extractor break it in these ways; they hold no article.
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError, etree.LxmlError):
        return []
    if not xml:
        return []
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        main = etree.fromstring(xml.encode(), parser=parser).find("main")
    except etree.XMLSyntaxError:
        return []
    if main is None:
        return []
    return [each for each in _blocks_in(main, None) if not _FURNITURE.fullmatch(each.text)]


#: Trafilatura's block elements with the zone that each brings; None where the words must tell.
_BLOCK_ZONES: Final[Mapping[str, Zone | None]] = {
    "p": None,
    "head": Zone.SUBHEADING,
    "list": Zone.LIST,
    "item": Zone.LIST,
    "quote": Zone.QUOTE,
    "code": Zone.PARAGRAPH,
}


def _blocks_in(element: etree._Element, zone: Zone | None) -> Iterator[Block]:
    """The blocks of one element of trafilatura's XML; an inner one knows its zone better."""
    parts = [_collapsed(element.text)]
    for child in element:
        is_block = child.tag in _BLOCK_ZONES or child.tag == "table"
        if is_block:
            yield from _joined(parts, zone)
            parts = []
            if child.tag == "table":
                yield from _table(child)
            else:
                yield from _blocks_in(child, _BLOCK_ZONES[child.tag] or zone)
        else:
            parts += _inline(child)
        parts.append(_collapsed(child.tail))
    yield from _joined(parts, zone)


def _joined(parts: Sequence[str], zone: Zone | None) -> Iterator[Block]:
    text = _BREAK.sub("\n", re.sub(" {2,}", " ", "".join(parts)))
    if new := block(text, zone):
        yield new


def _inline(element: etree._Element) -> list[str]:
    parts = ["\n"] if element.tag == "lb" else [_collapsed(element.text)]
    for child in element:
        parts += [*_inline(child), _collapsed(child.tail)]
    return parts


def _table(table: etree._Element) -> Iterator[Block]:
    """One block for a table: a row a line, cells apart by tabs."""
    rows = (
        "\t".join(_collapsed("".join(cell.itertext())).strip() for cell in row.iter("cell"))
        for row in table.iter("row")
    )
    if new := block("\n".join(rows), Zone.PARAGRAPH):
        yield new


def _collapsed(text: str | None) -> str:
    return _BLANKS.sub(" ", text or "")


def _largest_group(tree: HtmlElement) -> list[Block]:
    """The paragraphs of the element that holds most of them, by characters."""
    groups: dict[HtmlElement, list[Block]] = {}
    for paragraph in tree.iter("p"):
        if not _is_beside(paragraph) and (new := block(_seen(paragraph))):
            groups.setdefault(paragraph.getparent(), []).append(new)
    return max(groups.values(), key=lambda group: sum(len(b.text) for b in group), default=[])


def _seen(element: HtmlElement) -> str:
    """The text of an element that a reader sees, with spaces collapsed as browsers do it."""
    parts: list[str] = []
    _collect(element, parts)
    return _collapsed("".join(parts)).strip(" ")


def _collect(element: HtmlElement, parts: list[str]) -> None:
    # Recursion is bounded: the parser refuses more than 256 levels.
    if element.tag not in _UNSEEN:
        parts.append(element.text or "")
        for child in element:
            _collect(child, parts)
            parts.append(child.tail or "")


def _is_beside(element: HtmlElement) -> bool:
    return any(
        ancestor.tag in _BESIDE
        or ancestor.tag in _UNSEEN
        or _BESIDE_CLASS.search(ancestor.get("class", ""))
        for ancestor in element.iterancestors()
        if ancestor.tag not in {"body", "html"}
    )


# --- What stands around the body ------------------------------------------------------------------


#: How far down a body repeats its headline: below a kicker, a date and a byline.
_NEAR_TOP: Final = 4


def _with_headline(headline: str, blocks: Sequence[Block]) -> list[Block]:
    """The headline first, once; a body that repeats it in its first blocks loses that one."""
    new = block(headline, Zone.HEADLINE)
    if new is None:
        return list(blocks)
    repeated = next((b for b in blocks[:_NEAR_TOP] if _key(b.text) == _key(headline)), None)
    return [new, *(each for each in blocks if each is not repeated)]


def _with_standfirst(
    descriptions: frozenset[str], lines: Sequence[_Line], blocks: Sequence[Block]
) -> Sequence[Block]:
    """The blocks with the sentence under the headline, which extractors take for furniture.

    It is recognised by what the page declares of itself, and only where it is shown above the body.
    """
    keys = {_key(each.text) for each in blocks}
    for line in lines:
        if line.key in keys:
            break
        if line.key in descriptions and not line.is_caption:
            return [Block(line.text, Zone.PARAGRAPH), *blocks]
    return blocks


def _with_captions(lines: Sequence[_Line], blocks: Sequence[Block]) -> list[Block]:
    """The blocks with the captions of the article's own figures, each at its place.

    Trafilatura drops most captions and keeps some as paragraphs. The page is read once more
    in order; a caption goes behind the block that was seen last before it.
    """
    indices = {_key(each.text): index for index, each in reversed(list(enumerate(blocks)))}
    result = list(blocks)
    inserted: dict[int, list[Block]] = {}
    home = _home_of(lines, indices)
    captions: set[str] = set()
    last = -1
    for line in lines:
        index = indices.get(line.key)
        if not line.is_caption:
            last = last if index is None else max(last, index)
        elif line.key not in captions and home is not None and _is_of_article(line, home):
            captions.add(line.key)
            caption = Block(line.text, Zone.CAPTION)
            if index is None:
                inserted.setdefault(last, []).append(caption)
            else:
                result[index] = caption
    return _with_inserted(result, inserted)


def _with_inserted(blocks: Sequence[Block], inserted: Mapping[int, Sequence[Block]]) -> list[Block]:
    """The blocks with others behind them, by index; -1 is before them all."""
    return [
        *inserted.get(-1, []),
        *(b for i, each in enumerate(blocks) for b in (each, *inserted.get(i, []))),
    ]


def _key(text: str) -> str:
    """What two texts share that differ in spaces, punctuation, case or invisible characters."""
    return "".join(filter(str.isalnum, text.casefold()))


def _home_of(lines: Sequence[_Line], indices: Mapping[str, int]) -> HtmlElement | None:
    """The element around the article: that of its first paragraph."""
    return next(
        (_around(each.element) for each in lines if not each.is_caption and each.key in indices),
        None,
    )


def _around(element: HtmlElement) -> HtmlElement:
    """The innermost element that claims to be an article or the main part, or the page."""
    return next(element.iterancestors("article", "main"), element.getroottree().getroot())


def _is_of_article(caption: _Line, home: HtmlElement) -> bool:
    return _around(caption.element) is home and not _is_beside(caption.element)


# --- What the page says of itself -----------------------------------------------------------------


class _Page:
    """The declarations of one page, each asked in the order of how reliable its places are."""

    def __init__(self, tree: HtmlElement) -> None:
        self._tree = tree
        self._meta: dict[str, str] = {}
        for element in tree.iter("meta"):
            name = (element.get("property") or element.get("name") or "").strip().lower()
            content = _clean(element.get("content"))
            if name and content:
                self._meta.setdefault(name, content)
        self._article = _article_in(_json_ld(tree))

    def metadata(self, title: str, byline: str, language: str) -> Metadata:
        """``byline`` is what the body says, ``language`` the corpus's: the last resort each."""
        return Metadata(
            title=title,
            source=self._first("og:site_name") or _name(self._article.get("publisher")),
            byline=self._byline() or byline,
            url=self._url(),
            published_on=self._published_on(),
            language=self._language() or language,
        )

    def descriptions(self) -> frozenset[str]:
        """What the page says that it is about, as the keys of lines; a headline is none."""
        said = (
            self._first("og:description", "description", "twitter:description"),
            _clean(self._article.get("description")),
            _clean(self._article.get("alternativeHeadline")),
        )
        return frozenset(map(_key, said)) - {"", _key(self.headline())}

    def headline(self) -> str:
        """The headline as the page shows it, if one of its declarations confirms it.

        Declared headlines are cut for search engines or carry the site's name; a page's first
        heading may be its logo. Where both agree on the beginning, the heading is right.
        """
        site = _key(self._first("og:site_name") or _name(self._article.get("publisher")))
        declared = [
            title
            for title in (_clean(self._article.get("headline")), self._first("og:title"))
            if title and _key(title) != site
        ]
        shown = [
            heading
            for element in self._tree.iter("h1")
            if (heading := _clean(_seen(element))) and _key(heading) != site
        ]
        for heading in shown:
            if any(_agree(heading, title) for title in declared):
                return heading
        if declared:
            return _without_site(declared[0], self._first("og:site_name"))
        return shown[0] if len(shown) == 1 else ""

    def _first(self, *names: str) -> str:
        return next((self._meta[name] for name in names if name in self._meta), "")

    def _byline(self) -> str:
        declared = _name(self._article.get("author")) or self._first(
            "author", "parsely-author", "sailthru.author", "dc.creator", "article:author"
        )
        if not declared or _WEB.match(declared):
            declared = next(
                (
                    name
                    for element in self._tree.iter("a", "span", "div", "p", "address")
                    if _marks_author(element) and (name := _clean(_seen(element)))
                ),
                "",
            )
        return _BY.sub("", declared, count=1) if len(declared) <= _LONGEST_BYLINE else ""

    def _url(self) -> str:
        links = (
            link.get("href", "").strip()
            for link in self._tree.iter("link")
            if link.get("rel", "").lower() == "canonical"
        )
        candidates = (*links, self._first("og:url"), _clean(self._article.get("url")))
        return next((url for url in candidates if _WEB.fullmatch(url)), "")

    def _published_on(self) -> date | None:
        declared = (
            _clean(self._article.get("datePublished")),
            self._first(
                "article:published_time",
                "datepublished",
                "parsely-pub-date",
                "sailthru.date",
                "pubdate",
                "dc.date.issued",
                "dc.date",
                "date",
            ),
            *(
                element.get("datetime") or element.get("content") or ""
                for element in self._tree.iter("time", "meta", "span")
                if element.get("itemprop") == "datePublished" or "pubdate" in element.attrib
            ),
        )
        return next((day for value in declared if (day := _day(value)) is not None), None)

    def _language(self) -> str:
        declared = (
            self._tree.get("lang", ""),
            _clean(self._article.get("inLanguage")),
            self._first("og:locale", "content-language", "language"),
        )
        codes = (re.split(r"[-_]", value.strip().lower())[0] for value in declared)
        return next((code for code in codes if re.fullmatch(r"[a-z]{2,3}", code)), "")


_LONGEST_BYLINE: Final = 200


def _marks_author(element: HtmlElement) -> bool:
    return (
        element.get("rel") == "author"
        or element.get("itemprop") == "author"
        or "byline" in element.get("class", "").lower().split()
    )


def _agree(one: str, other: str) -> bool:
    """True when one text begins as the other does, whatever follows."""
    a, b = sorted((_key(one), _key(other)), key=len)
    return bool(a) and b.startswith(a)


def _without_site(title: str, site: str) -> str:
    """The title without " | The Site's Name" at its end."""
    for separator in (" | ", " - ", " – ", " — "):
        head, found, tail = title.rpartition(separator)
        if found and site and _key(tail) == _key(site):
            return head.strip()
    return title


def _clean(value: object) -> str:
    """A declared value as one clean line; empty unless it is a string."""
    return " ".join(normalise(unescape(value)).text.split()) if isinstance(value, str) else ""


def _day(value: str) -> date | None:
    """The day that an ISO 8601 or e-mail date names, as written, in its own time zone."""
    try:
        if match := _ISO_DATE.match(value):
            return date.fromisoformat(match.group())
        return parsedate_to_datetime(value).date()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _json_ld(tree: HtmlElement) -> Iterator[dict[str, Any]]:
    """The top-level objects of all JSON-LD scripts; broken scripts are passed over."""
    for script in tree.iter("script"):
        if script.get("type", "").strip().lower() != "application/ld+json":
            continue
        try:
            value = json.loads(script.text or "", strict=False)
        except (ValueError, RecursionError):
            continue
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                graph = item.get("@graph")
                yield from (
                    (o for o in graph if isinstance(o, dict))
                    if isinstance(graph, list)
                    else (item,)
                )


def _article_in(items: Iterator[dict[str, Any]]) -> dict[str, Any]:
    """The first object that is an article; empty if none is."""
    return next((item for item in items if _is_article(item.get("@type"))), {})


def _is_article(kind: object) -> bool:
    kinds = kind if isinstance(kind, list) else [kind]
    return any(
        isinstance(k, str) and (k.endswith("Article") or k in {"BlogPosting", "LiveBlogPosting"})
        for k in kinds
    )


def _name(value: object) -> str:
    """The names of one person or organisation or several, as JSON-LD writes them."""
    if isinstance(value, list):
        return ", ".join(name for name in map(_name, value) if name)
    if isinstance(value, dict):
        return _name(value.get("name"))
    return _clean(value)

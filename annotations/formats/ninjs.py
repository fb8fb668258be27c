"""ninjs: a news item as one JSON object, in the versions 1, 2 and 3.

Source: https://iptc.org/standards/ninjs/ and its schemas. The versions spell alike things
differently, and senders mix them, so that each is taken wherever it stands:

==========  ==========================================  ======================================
            version 1                                   versions 2 and 3
==========  ==========================================  ======================================
body        ``body_text``, ``body_xhtml``, …            ``bodies`` of ``contenttype`` (2) or
                                                        ``contentType`` (3) and ``value``
headline    ``headline``                                ``headlines`` of ``role``, ``value``
names       ``person``, ``organisation``, ``place``, …  ``people``, ``organisations``, ``places``
byline      ``byline``                                  ``by``
date        ``versioncreated``                          ``versioncreated`` (2), ``versionCreated``
==========  ==========================================  ======================================

**Items.** Superdesk writes ``guid`` for ``uri``. Services answer with items in lists or within
other objects; each item with a body is one article then, in file order. Items within an item
(``associations``) are pictures and the like, and not looked at.

**Text.** Of several bodies plain text is preferred, then the one with role *main*, then HTML of any
kind, whose paragraphs, headings, lists and captions become zones, and NITF, which is read as
`annotations.formats.nitf` says; other XML is no body. The headline is put first unless
the body has it. An item without a body is refused; ``descriptions`` are not taken for one.

**Mentions.** An item lists people, organisations, places, events and objects by name, not where
they stand. Names that occur in the text in exactly the same letters are suggested at each place, by
the labels of `NAMES`. Subjects are topics and not looked for; neither are associated items.

**Metadata**: headline, ``by``, the first of ``infosources`` or ``copyrightholder``, language, and
the day of ``contentcreated``, ``firstcreated`` or ``versioncreated``. The ``uri`` is no address of
a page, as the schema says, and left out.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from annotations.domain.articles import ArticleDraft, Metadata
from annotations.formats import base
from annotations.formats._markup import day_of, language_of, line_of, root_of
from annotations.formats._named import Name
from annotations.formats._news_json import Markup, draft, load, objects, start_of, string
from annotations.formats.base import FormatError, Source

#: The label of the names in each list, by the list's key in small letters.
NAMES: Final[Mapping[str, str]] = {
    "people": "PERSON",
    "person": "PERSON",
    "organisations": "ORG",
    "organisation": "ORG",
    "places": "GPE",
    "place": "GPE",
    "events": "EVENT",
    "event": "EVENT",
    "objects": "PRODUCT",
    "object": "PRODUCT",
}
#: Keys that no other format in JSON has at its top, of which an item has one at least.
_TELLING: Final = re.compile(
    rb'"(?:bodies|body_(?:text|xhtml|html\d?)|versioncreated|versionCreated|pubstatus|pubStatus'
    rb'|representationtype|representationType)"\s*:'
)
_URI: Final = re.compile(rb'"(?:uri|guid)"\s*:')
#: Keys that an item without a body has, and what is put around items has not.
_OF_ITEMS: Final = frozenset({"headline", "headlines", "versioncreated", "pubstatus", "type"})
#: How many lists and objects may stand around an item.
_MOST_AROUND: Final = 6
_HTML: Final = re.compile(r"<(?:p|div|section|article|br|h[1-6]|ul|ol|table)\b", re.IGNORECASE)


class Reader(base.Reader):
    """Reads one ninjs item as one article, or each of several."""

    title: ClassVar[str] = "ninjs (news in JSON)"
    suffixes: ClassVar[tuple[str, ...]] = (".json",)

    def recognises(self, source: Source) -> bool:
        """By its keys: ``uri`` or ``guid``, which every item must have, and one more."""
        start = start_of(source)
        is_json = start.startswith((b"{", b"["))
        return is_json and bool(_URI.search(start) and _TELLING.search(start))

    def read(self, source: Source) -> Iterator[ArticleDraft]:
        """One draft for each item with a body; nearly always that is one.

        Raises FormatError for what is no JSON object and for a file without an item with text.
        """
        value, decoded = load(source)
        items = list(_items(value))
        if not items:
            raise FormatError(f"{source.name} is not ninjs: a JSON object is needed.")
        readable = [(item, body) for item in items if (body := item.body()) is not None]
        if not readable:
            raise FormatError(f"{source.name} holds no article: the item has no body with text.")
        for item, body in readable:
            yield draft(
                body.value,
                item.metadata(source.language),
                item.names(),
                source=source,
                decoded=decoded,
                format_title="ninjs",
                kind=body.markup,
            )


def _items(value: object, around: int = 0) -> Iterator["_Item"]:
    """The items in a value, each without those within it; an object that holds none is one."""
    if isinstance(value, dict):
        item = _Item({key.lower(): content for key, content in value.items()})
        inner = [] if item.is_one else list(_items(list(value.values()), around))
        yield from inner or ([item] if item.is_one or not around else [])
    elif isinstance(value, list) and around < _MOST_AROUND:
        for one in value:
            yield from _items(one, around + 1)


@dataclass(frozen=True, slots=True)
class _Body:
    """One body of an item; ``kind`` is its media type in small letters, or empty."""

    value: str
    kind: str
    role: str = ""

    @property
    def markup(self) -> Markup | None:
        """HTML by its type, or by its first tags where it names none; NITF by its root."""
        if "html" in self.kind or (not self.kind and _HTML.search(self.value)):
            return Markup.HTML
        return Markup.NITF if root_of(self.value.encode(errors="replace"))[1] == "nitf" else None

    @property
    def is_readable(self) -> bool:
        """Whether there are words in a kind of text that can be read."""
        if not self.value.strip():
            return False
        is_text = self.kind.startswith("text/") and "xml" not in self.kind
        return is_text or not self.kind or self.markup is not None

    @property
    def rank(self) -> tuple[bool, bool]:
        """The lowest is the best."""
        return self.markup is not None, self.role != "main"


class _Item:
    """An item with its keys in small letters, as versions 1 and 2 write them."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    @property
    def is_one(self) -> bool:
        """Whether this is an item, and not what a service puts around some."""
        has_body = "bodies" in self._values or any(key.startswith("body_") for key in self._values)
        is_named = "uri" in self._values or "guid" in self._values
        return has_body or (is_named and not _OF_ITEMS.isdisjoint(self._values))

    def body(self) -> _Body | None:
        """The body to annotate; None where no text or HTML has a word in it."""
        readable = (body for body in self._bodies() if body.is_readable)
        return min(readable, key=lambda body: body.rank, default=None)

    def _bodies(self) -> Iterator[_Body]:
        for body in objects(self._values.get("bodies")):
            kind = line_of(body.get("contenttype") or body.get("contentType")).lower()
            yield _Body(string(body.get("value")), kind.partition(";")[0], string(body.get("role")))
        for key, value in self._values.items():
            if key.startswith("body_"):
                kind = "text/html" if "html" in key else "text/plain" if key == "body_text" else "?"
                yield _Body(string(value), kind)

    def names(self) -> Iterator[Name]:
        """The names that the item lists, people first."""
        for key, label in NAMES.items():
            for listed in objects(self._values.get(key)):
                yield Name(line_of(listed.get("name")), label)

    def metadata(self, language: str) -> Metadata:
        """What is known; ``language`` is the corpus's."""
        sources = (
            line_of(one.get("name")) for one in objects(self._first("infosources", "infosource"))
        )
        dates = ("contentcreated", "firstcreated", "versioncreated")
        days = (day_of(self._values.get(key)) for key in dates)
        return Metadata(
            title=self._headline(),
            source=next(filter(None, sources), "") or line_of(self._values.get("copyrightholder")),
            byline=line_of(self._first("by", "byline")),
            published_on=next(filter(None, days), None),
            language=language_of(self._values.get("language")) or language,
        )

    def _first(self, *keys: str) -> object:
        return next((self._values[key] for key in keys if self._values.get(key)), None)

    def _headline(self) -> str:
        listed = list(objects(self._values.get("headlines")))
        listed.sort(key=lambda one: one.get("role") != "main")
        values = (line_of(one.get("value")) for one in listed)
        return next(filter(None, values), "") or line_of(self._values.get("headline"))

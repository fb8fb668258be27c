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

**Text.** Of several bodies plain text is preferred, then the one with role *main*, then HTML of any
kind, whose paragraphs, headings, lists and captions become zones. The headline is put first unless
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
from annotations.formats._markup import day_of, language_of, line_of
from annotations.formats._named import Name
from annotations.formats._news_json import draft, load, objects, start_of, string
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
_URI: Final = re.compile(rb'"uri"\s*:')
_HTML: Final = re.compile(r"<(?:p|div|section|article|br|h[1-6]|ul|ol|table)\b", re.IGNORECASE)


class Reader(base.Reader):
    """Reads one ninjs item as one article."""

    title: ClassVar[str] = "ninjs (news in JSON)"
    suffixes: ClassVar[tuple[str, ...]] = (".json",)

    def recognises(self, source: Source) -> bool:
        """By its keys: ``uri``, the only one that every item must have, and one more."""
        start = start_of(source)
        return start.startswith(b"{") and bool(_URI.search(start) and _TELLING.search(start))

    def read(self, source: Source) -> Iterator[ArticleDraft]:
        """Yield the one article.

        Raises FormatError for what is no JSON object and for an item without text.
        """
        value, decoded = load(source)
        if not isinstance(value, dict):
            raise FormatError(f"{source.name} is not ninjs: a JSON object is needed.")
        item = _Item({key.lower(): content for key, content in value.items()})
        body = item.body()
        if body is None:
            raise FormatError(f"{source.name} holds no article: the item has no body with text.")
        yield draft(
            body.value,
            item.metadata(source.language),
            item.names(),
            source=source,
            decoded=decoded,
            format_title="ninjs",
            is_html=body.is_html,
        )


@dataclass(frozen=True, slots=True)
class _Body:
    """One body of an item; ``kind`` is its media type in small letters, or empty."""

    value: str
    kind: str
    role: str = ""

    @property
    def is_html(self) -> bool:
        """By its type, or by its first tags where it names none."""
        return "html" in self.kind or (not self.kind and bool(_HTML.search(self.value)))

    @property
    def rank(self) -> tuple[bool, bool]:
        """The lowest is the best."""
        return self.is_html, self.role != "main"


class _Item:
    """An item with its keys in small letters, as versions 1 and 2 write them."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def body(self) -> _Body | None:
        """The body to annotate; None where no text or HTML has a word in it."""
        readable = (
            body
            for body in self._bodies()
            if body.value.strip()
            and (body.kind.startswith("text/") or body.is_html or not body.kind)
        )
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

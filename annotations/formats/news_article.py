"""schema.org's NewsArticle as a JSON-LD file by itself, as publishers and crawlers keep it.

Source: https://schema.org/NewsArticle. An object with ``@type`` *NewsArticle* (or another type
whose name ends in *Article*) and ``articleBody``; several may stand in a list or in ``@graph``.
Nothing is fetched, the context neither: the keys are taken as schema.org names them.

**Text.** ``headline``, then ``articleBody`` as plain text; an HTML body is read as HTML, also one
whose tags are escaped.

**Mentions.** ``about`` and ``mentions`` list persons, organisations, places and so on by name, not
where they stand. Names that occur in the text in exactly the same letters are suggested at each
place, by the labels of `TYPES`; an author or publisher is not looked for.

**Metadata**: ``headline``, ``author``, ``publisher``, ``url``, ``datePublished``, ``inLanguage``.
"""

import re
from collections.abc import Iterator, Mapping
from html import unescape
from typing import ClassVar, Final

from annotations.domain.articles import ArticleDraft, Metadata
from annotations.formats import base
from annotations.formats._markup import day_of, language_of, line_of
from annotations.formats._named import Name
from annotations.formats._news_json import Markup, draft, load, objects, start_of, string
from annotations.formats.base import FormatError, Source
from annotations.formats.decoding import Decoded

#: The label of the names of each type.
TYPES: Final[Mapping[str, str]] = {
    "Person": "PERSON",
    "Organization": "ORG",
    "NewsMediaOrganization": "ORG",
    "Corporation": "ORG",
    "GovernmentOrganization": "ORG",
    "EducationalOrganization": "ORG",
    "PoliticalParty": "ORG",
    "SportsTeam": "ORG",
    "SportsOrganization": "ORG",
    "NGO": "ORG",
    "Place": "GPE",
    "AdministrativeArea": "GPE",
    "Country": "GPE",
    "State": "GPE",
    "City": "GPE",
    "Landform": "LOC",
    "LandmarksOrHistoricalBuildings": "FAC",
    "CivicStructure": "FAC",
    "Event": "EVENT",
    "SportsEvent": "EVENT",
    "Product": "PRODUCT",
    "Book": "WORK_OF_ART",
    "Movie": "WORK_OF_ART",
    "CreativeWork": "WORK_OF_ART",
    "Legislation": "LAW",
    "Language": "LANGUAGE",
}
_ARTICLE: Final = re.compile(
    rb'"@type"\s*:\s*(?:\[[^\]]{0,500}?)?"(?:https?://schema\.org/|schema:)?\w*Article"'
)
_BODY: Final = re.compile(rb'"articleBody"\s*:')
_HTML: Final = re.compile(r"<(?:p|div|section|h[1-6]|ul|ol)\b[^>]*>", re.IGNORECASE)
#: Tags that were escaped once too often.
_ESCAPED: Final = re.compile(r"&lt;(?:p|div|section|h[1-6]|ul|ol)\b.{0,500}?&gt;", re.IGNORECASE)
_SOURCE: Final = "schema.org"


class Reader(base.Reader):
    """Reads each article of one JSON-LD file."""

    title: ClassVar[str] = "NewsArticle (JSON-LD of schema.org)"
    suffixes: ClassVar[tuple[str, ...]] = (".json", ".jsonld")
    holds_many: ClassVar[bool] = True

    def recognises(self, source: Source) -> bool:
        """By its type, and by a body, which may stand far behind it."""
        start = start_of(source)
        if not start.startswith((b"{", b"[")) or not _ARTICLE.search(start):
            return False
        return _BODY.search(source.data.replace(b"\0", b"")) is not None

    def read(self, source: Source) -> Iterator[ArticleDraft]:
        """One draft for each article with a body, in file order.

        Raises FormatError for what is no JSON and where no article has a body.
        """
        value, decoded = load(source)
        found = False
        for one in _articles(value):
            found = True
            yield _draft(one, source, decoded)
        if not found:
            raise FormatError(f"{source.name} holds no article with an articleBody.")


def _articles(value: object) -> Iterator[dict[str, object]]:
    for one in objects(value):
        inner = objects(one["@graph"]) if "@graph" in one else iter([one])
        for item in inner:
            is_article = any(kind.endswith("Article") for kind in _types(item))
            if is_article and string(item.get("articleBody")).strip():
                yield item


def _types(item: Mapping[str, object]) -> list[str]:
    """The types of an object without the address or prefix of their vocabulary."""
    value = item.get("@type")
    kinds = value if isinstance(value, list) else [value]
    return [re.split("[/:#]", kind)[-1] for kind in kinds if isinstance(kind, str)]


def _draft(item: Mapping[str, object], source: Source, decoded: Decoded) -> ArticleDraft:
    body = string(item.get("articleBody"))
    if _ESCAPED.search(body):
        body = unescape(body)
    address = line_of(item.get("url")) or line_of(item.get("@id"))
    return draft(
        body,
        Metadata(
            title=line_of(item.get("headline")) or line_of(item.get("name")),
            source=_named(item.get("publisher")),
            byline=_named(item.get("author")),
            url=address if address.startswith(("http://", "https://")) else "",
            published_on=day_of(item.get("datePublished")),
            language=language_of(_named(item.get("inLanguage"))) or source.language,
        ),
        _names(item),
        source=source,
        decoded=decoded,
        format_title=_SOURCE,
        kind=Markup.HTML if _HTML.search(body) else None,
    )


def _names(item: Mapping[str, object]) -> Iterator[Name]:
    for key in ("about", "mentions"):
        for one in objects(item.get(key)):
            label = next((TYPES[kind] for kind in _types(one) if kind in TYPES), "")
            if label:
                yield Name(line_of(one.get("name")), label)


def _named(value: object) -> str:
    """The names of one party or several, given as objects or as strings."""
    parties = value if isinstance(value, list) else [value]
    names = (
        line_of(party.get("name")) if isinstance(party, dict) else line_of(party)
        for party in parties
    )
    return ", ".join(filter(None, names))

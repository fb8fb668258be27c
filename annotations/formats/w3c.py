"""W3C Web Annotation: every mention as an annotation of a text beside it.

Source: the Web Annotation Data Model (https://www.w3.org/TR/annotation-model/), a W3C
Recommendation. A folder holds ``annotations.jsonld`` and ``texts/article-7.txt`` for each article,
UTF-8 without a byte-order mark, exactly the article's text. Wrapped for reading::

    {"@context": "http://www.w3.org/ns/anno.jsonld", "id": "urn:uuid:…",
     "type": "AnnotationCollection", "label": "Corpus, layer gold",
     "first": {"id": "urn:uuid:…", "type": "AnnotationPage", "partOf": "urn:uuid:…",
      "startIndex": 0, "items": [
       {"id": "urn:uuid:…", "type": "Annotation", "motivation": "tagging",
        "creator": {"name": "ada"},
        "body": [{"type": "TextualBody", "purpose": "tagging", "format": "text/plain",
                  "value": "GPE"}],
        "target": {"source": "texts/article-7.txt", "selector": [
          {"type": "TextPositionSelector", "start": 0, "end": 3},
          {"type": "TextQuoteSelector", "exact": "Ulm", "prefix": "", "suffix": " slept"}]}}]},
     "last": "urn:uuid:…", "total": 1}

An annotation stands on a line of its own. Positions count code points, as the Recommendation has
it, the end exclusive. Both selectors select the same characters; the quote finds them again in a
text that has changed. Identifiers are made from the corpus, the layer, the article's number and
text, and the mention, so that the same corpus gives the same file. ``creator`` is left out where
nobody is known; a suggestion's is ``Software``. Without annotations there is no ``first`` and no
``last``.

An annotation says nothing about unmarked text, so articles are written whatever their status.
"""

import json
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import ClassVar, Final, TextIO
from uuid import NAMESPACE_URL, UUID, uuid5

from annotations.domain.articles import AnnotatedArticle, CorpusCard
from annotations.domain.mentions import Mention, MentionState
from annotations.formats import base
from annotations.formats._article_files import stem_of
from annotations.formats.base import UNNAMED, Fidelity, WriteReport

CONTEXT: Final = "http://www.w3.org/ns/anno.jsonld"
#: How many code points before and after a mention are quoted.
CONTEXT_LENGTH: Final = 32
_FILE: Final = "annotations.jsonld"
_TEXTS: Final = "texts"
#: What all identifiers of this writer are made from.
_NAMESPACE: Final = uuid5(NAMESPACE_URL, "http://www.w3.org/TR/annotation-model/")
_JOINER: Final = "\u200d"

_encode: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


class Writer(base.Writer):
    """Writes ``annotations.jsonld`` and the texts into an existing folder."""

    name: ClassVar[str] = "w3c"
    title: ClassVar[str] = "W3C Web Annotation (JSON-LD)"
    suffix: ClassVar[str] = ""
    uses_tokens: ClassVar[bool] = False
    fidelity: ClassVar[Fidelity] = Fidelity(
        overlaps=True,
        exact_text=True,
        zones=False,
        unreviewed=False,
        losses=(
            "Zones, metadata and tokens are lost.",
            "Scores and the state of each mention are lost, except that machines are told apart.",
            "The status of an article is lost: no mention does not mean that there is none.",
        ),
    )

    def write(
        self, articles: Iterable[AnnotatedArticle], target: Path, corpus: CorpusCard = UNNAMED
    ) -> WriteReport:
        """Write every article's text, and its mentions to the one collection."""
        report = WriteReport(files=[_FILE])
        (target / _TEXTS).mkdir(exist_ok=True)
        with (target / _FILE).open("w", encoding="utf-8", newline="\n") as stream:
            layer = ""
            for article in articles:
                source = f"{_TEXTS}/{stem_of(article)}.txt"
                (target / source).write_bytes(article.text.encode())
                if not report.articles:
                    layer = article.layer
                    _open_collection(stream, corpus, layer)
                for annotation in _annotations(article, source, corpus):
                    _write_item(stream, annotation, report.mentions_in, corpus, layer)
                    report.mentions_in += 1
                report.files.append(source)
                report.articles += 1
            if not report.articles:
                _open_collection(stream, corpus, layer)
            if report.mentions_in:
                stream.write(f'\n]}},\n"last": {_page(corpus, layer)}')
            stream.write(f',\n"total": {report.mentions_in}}}\n')
        report.mentions_out = report.mentions_in
        report.files.sort()
        return report


def _open_collection(stream: TextIO, corpus: CorpusCard, layer: str) -> None:
    label = f"{corpus.name}, layer {layer}" if layer else corpus.name
    collection = {
        "@context": CONTEXT,
        "id": _identifier(corpus.slug, layer, "collection"),
        "type": "AnnotationCollection",
        "label": label,
    }
    stream.write(_encode(collection).removesuffix("}"))


def _write_item(
    stream: TextIO, annotation: dict[str, object], before: int, corpus: CorpusCard, layer: str
) -> None:
    """Write one annotation behind ``before`` others; the first opens the page."""
    if before:
        stream.write(",\n")
    else:
        stream.write(
            f',\n"first": {{"id": {_page(corpus, layer)}, "type": "AnnotationPage", '
            f'"partOf": {_encode(_identifier(corpus.slug, layer, "collection"))}, '
            '"startIndex": 0, "items": [\n'
        )
    stream.write(_encode(annotation))


def _page(corpus: CorpusCard, layer: str) -> str:
    """The identifier of the one page, as JSON."""
    return _encode(_identifier(corpus.slug, layer, "page"))


def _annotations(
    article: AnnotatedArticle, source: str, corpus: CorpusCard
) -> Iterator[dict[str, object]]:
    text = article.text
    base = _uuid(corpus.slug, article.layer, str(article.id), article.text_sha256)
    for mention in article.mentions:
        start, end = mention.start, mention.end
        annotation: dict[str, object] = {
            "id": f"urn:uuid:{uuid5(base, f'{start} {end} {mention.label}')}",
            "type": "Annotation",
            "motivation": "tagging",
        }
        if mention.source:
            annotation["creator"] = _creator(mention)
        annotation["body"] = [
            {
                "type": "TextualBody",
                "purpose": "tagging",
                "format": "text/plain",
                "value": mention.label,
            }
        ]
        annotation["target"] = {
            "source": source,
            "selector": [
                {"type": "TextPositionSelector", "start": start, "end": end},
                {
                    "type": "TextQuoteSelector",
                    "exact": text[start:end],
                    "prefix": text[
                        _whole_from(text, max(0, start - CONTEXT_LENGTH), start) : start
                    ],
                    "suffix": text[
                        end : _whole_to(text, min(len(text), end + CONTEXT_LENGTH), end)
                    ],
                },
            ],
        }
        yield annotation


def _creator(mention: Mention) -> dict[str, str]:
    """Who made a mention; of one that a person decided it may be either that is named."""
    if mention.state is MentionState.SUGGESTED:
        return {"type": "Software", "name": mention.source}
    return {"name": mention.source}


def _whole_from(text: str, place: int, limit: int) -> int:
    """The first place from ``place`` to ``limit`` that cuts no character as people see it."""
    while place < limit and _is_within(text, place):
        place += 1
    return place


def _whole_to(text: str, place: int, limit: int) -> int:
    """The last place from ``place`` down to ``limit`` that cuts none, as `_whole_from`."""
    while place > limit and _is_within(text, place):
        place -= 1
    return place


def _is_within(text: str, place: int) -> bool:
    """Whether a combining mark or a joiner ties what stands on both sides of a place."""
    if not 0 < place < len(text):
        return False
    before, after = text[place - 1], text[place]
    if after.isascii() and before.isascii():
        return before == "\r" and after == "\n"
    return (
        _JOINER in {before, after}
        or unicodedata.category(after).startswith("M")
        or "\U0001f3fb" <= after <= "\U0001f3ff"  # skin tones
    )


def _uuid(*parts: str) -> UUID:
    return uuid5(_NAMESPACE, "\n".join(parts))


def _identifier(*parts: str) -> str:
    return f"urn:uuid:{_uuid(*parts)}"

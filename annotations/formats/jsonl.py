"""The corpus as JSON Lines: the one lossless format, an article a line.

UTF-8 without a byte order mark, ``\\n`` after each line (https://jsonlines.org), offsets in
code points, end exclusive. No key is ever left out and none changes its type from line to
line; what is not known is ``null`` or an empty string. Wrapped for reading::

    {"id": 7, "text": "Ulm slept.", "text_sha256": "…", "title": "",
     "meta": {"source": "", "byline": "", "url": "", "published_on": null},
     "language": "en", "status": "finished", "layer": "gold",
     "zones": [{"start": 0, "end": 10, "zone": "paragraph", "certain": true}],
     "spans": [{"start": 0, "end": 3, "label": "GPE", "text": "Ulm",
                "state": "accepted", "score": 0.93, "source": "tagger 1.0"}],
     "tokens": [[0, 3], [4, 9], [9, 10]], "schema_version": 1}

``published_on`` is an ISO date; ``score`` lies between 0 and 1. ``meta`` may hold more keys.

Only ``text`` is needed for reading, and of a span ``start``, ``end`` and ``label``. Each span
is checked against its own ``text``, each article against ``text_sha256``: a span that points
at something else is left out with a note, never shifted; an article that is not what it was
is refused. Keys that nothing is known of are ignored, and so are ``tokens``, which are made
anew where the article is stored.
"""

import codecs
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar, Final, Never

from annotations.domain.articles import (
    SCHEMA_VERSION,
    AnnotatedArticle,
    ArticleDraft,
    CorpusCard,
    Metadata,
    Plain,
    ReviewStatus,
    is_plain,
    sha256_of,
)
from annotations.domain.mentions import Mention, MentionState
from annotations.domain.text import normalise
from annotations.domain.tokens import Tokens
from annotations.domain.zones import Zone, ZonedSpan, cover
from annotations.domain.zoning import find_zones
from annotations.formats import base
from annotations.formats.base import (
    SUGGESTIONS_LAYER,
    UNNAMED,
    Fidelity,
    FormatError,
    Source,
    WriteReport,
)
from annotations.formats.decoding import MAX_ARTICLE_CHARACTERS
from annotations.formats.placing import Claim, Placement, place, shortened

#: The keys of ``meta`` that every article has, in this order.
_META_KEYS: Final = ("source", "byline", "url", "published_on")

_encode: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


class Writer(base.Writer):
    """Writes one ``.jsonl`` file; holds one article at a time."""

    name: ClassVar[str] = "jsonl"
    title: ClassVar[str] = "JSON Lines (lossless)"
    suffix: ClassVar[str] = ".jsonl"
    fidelity: ClassVar[Fidelity] = Fidelity(
        overlaps=True, exact_text=True, zones=True, unreviewed=True
    )

    def write(
        self, articles: Iterable[AnnotatedArticle], target: Path, corpus: CorpusCard = UNNAMED
    ) -> WriteReport:
        """Write every article to the file ``target``, in the order given."""
        report = WriteReport(files=[target.name])
        with target.open("wb") as stream:
            for article in articles:
                stream.write(line_of(article).encode() + b"\n")
                report.articles += 1
                report.mentions_in += len(article.mentions)
        report.mentions_out = report.mentions_in
        return report


class Reader(base.Reader):
    """Reads what `Writer` writes, and JSON Lines of other makers with the same keys."""

    title: ClassVar[str] = "JSON Lines of this program"
    suffixes: ClassVar[tuple[str, ...]] = (".jsonl", ".ndjson")
    holds_many: ClassVar[bool] = True

    def recognises(self, source: Source) -> bool:
        """By the "text" of its first line; what cannot be read as JSON is refused with its line."""
        for line in io.BytesIO(source.data.removeprefix(codecs.BOM_UTF8)):
            if line.strip():
                try:
                    record = json.loads(line)
                except (ValueError, RecursionError):
                    return True
                return not isinstance(record, dict) or isinstance(record.get("text"), str)
        return True

    def read(self, source: Source) -> Iterator[ArticleDraft]:
        """One draft a line; blank lines are skipped.

        The charset is UTF-8 whatever ``source`` says: the format has no other.
        Raises FormatError with the number of the line.
        """
        stream = io.BytesIO(source.data.removeprefix(codecs.BOM_UTF8))
        for number, line in enumerate(stream, start=1):
            if line.strip():
                yield _draft(_parsed(line, number), source.language)


def articles_in(path: Path) -> Iterator[AnnotatedArticle]:
    """The articles of a file that `Writer` wrote, exactly as they were written; lazy."""
    with path.open("rb") as stream:
        for line in stream:
            yield _as_written(json.loads(line))


def _as_written(record: dict[str, Any]) -> AnnotatedArticle:
    return AnnotatedArticle(
        id=record["id"],
        text=record["text"],
        title=record["title"],
        language=record["language"],
        status=ReviewStatus(record["status"]),
        layer=record["layer"],
        meta=record["meta"],
        zones=tuple(
            ZonedSpan(zone["start"], zone["end"], Zone(zone["zone"]), zone["certain"])
            for zone in record["zones"]
        ),
        mentions=tuple(
            Mention(
                span["start"],
                span["end"],
                span["label"],
                MentionState(span["state"]),
                span["score"],
                span["source"],
            )
            for span in record["spans"]
        ),
        tokens=Tokens(list(chain.from_iterable(record["tokens"]))),
    )


def line_of(article: AnnotatedArticle) -> str:
    """The article as the JSON object of its line, keys in the documented order."""
    flat = tuple(chain.from_iterable(article.tokens))
    # Most of a line are tokens; written by the encoder they took a third of an export.
    tokens = ("[%d, %d], " * (len(flat) // 2))[:-2] % flat
    last = f', "tokens": [{tokens}], "schema_version": {SCHEMA_VERSION}}}'
    return _encode(_record_of(article))[:-1] + last


def _record_of(article: AnnotatedArticle) -> dict[str, object]:
    """All but the last two keys, which are those of tokens and version."""
    text, meta = article.text, article.meta
    return {
        "id": article.id,
        "text": text,
        "text_sha256": article.text_sha256,
        "title": article.title,
        "meta": {
            "source": meta.get("source") or "",
            "byline": meta.get("byline") or "",
            "url": meta.get("url") or "",
            "published_on": meta.get("published_on") or None,
            **{key: value for key, value in meta.items() if key not in _META_KEYS},
        },
        "language": article.language,
        "status": article.status,
        "layer": article.layer,
        "zones": [
            {"start": zone.start, "end": zone.end, "zone": zone.zone, "certain": zone.certain}
            for zone in article.zones
        ],
        "spans": [
            {
                "start": mention.start,
                "end": mention.end,
                "label": mention.label,
                "text": text[mention.start : mention.end],
                "state": mention.state,
                "score": mention.score,
                "source": mention.source,
            }
            for mention in article.mentions
        ],
    }


@dataclass(frozen=True, slots=True)
class _Object:
    """A JSON object read with its types checked; ``path`` says where in the line it stands."""

    values: dict[str, object]
    line: int
    path: str = ""

    def refuse(self, key: str, problem: str) -> Never:
        raise FormatError(f"“{self.path}{key}” {problem}", line=self.line)

    def string(self, key: str, default: str | None = "") -> str:
        """The string at ``key``; without a default it has to be there."""
        value = self.values.get(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str):
            self.refuse(key, "is missing or not a string")
        if "\0" in value:
            self.refuse(key, "holds a NUL character, which cannot be stored")
        return value

    def integer(self, key: str) -> int:
        value = self.values.get(key)
        if type(value) is not int:  # True and 3.0 are no offsets
            self.refuse(key, "is missing or not a whole number")
        return value

    def boolean(self, key: str, default: bool) -> bool:
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            self.refuse(key, "is neither true nor false")
        return value

    def score(self, key: str) -> float | None:
        value = self.values.get(key)
        if value is None:
            return None
        if type(value) not in (int, float) or not 0 <= value <= 1:  # type: ignore[operator]
            self.refuse(key, "is not a number from 0 to 1")
        return float(value)  # type: ignore[arg-type]

    def iso_date(self, key: str) -> date | None:
        value = self.string(key)
        try:
            return date.fromisoformat(value) if value else None
        except ValueError:
            self.refuse(key, "is not a date like 2017-07-08")

    def one_of[T: StrEnum](self, kind: type[T], key: str, default: T | None) -> T:
        value = self.string(key, default)
        try:
            return kind(value)
        except ValueError:
            self.refuse(key, f"is “{shortened(value)}”, not one of {', '.join(kind)}")

    def child(self, key: str) -> "_Object":
        """The object at ``key``; an empty one where there is none."""
        value = self.values.get(key)
        if value is None:
            value = {}
        if not isinstance(value, dict):
            self.refuse(key, "is not an object")
        return _Object(value, self.line, f"{self.path}{key}.")

    def children(self, key: str) -> "list[_Object]":
        """The objects of the list at ``key``; none where there is no list."""
        value = self.values.get(key)
        if value is None:
            value = []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.refuse(key, "is not a list of objects")
        return [
            _Object(item, self.line, f"{self.path}{key}[{index}].")
            for index, item in enumerate(value)
        ]


def _parsed(line: bytes, number: int) -> _Object:
    """The JSON object of one line.

    Raises FormatError for anything else, NaN and strings that are no Unicode text included.
    """
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError(f"Byte {error.start + 1} is not UTF-8", line=number) from error
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
        # Surrogates cannot come from UTF-8, only from escapes, which are rare: look only then.
        unicode = "\\u" not in text or _is_unicode(value)
    except json.JSONDecodeError as error:
        message = f"This is not JSON: {error.msg}"
        raise FormatError(message, line=number, column=error.colno) from error
    except RecursionError as error:
        raise FormatError("This is not an article: it nests too deeply", line=number) from error
    except ValueError as error:
        raise FormatError(f"This is not JSON: {error}", line=number) from error
    if not isinstance(value, dict):
        raise FormatError("This is not an article: a JSON object is needed", line=number)
    if not unicode:
        raise FormatError("A string holds half of a surrogate pair", line=number)
    return _Object(value, number)


def _refuse_constant(name: str) -> Never:
    raise ValueError(f"{name} is not a number")


def _is_unicode(value: object) -> bool:
    """True when no string in a JSON value holds a lone surrogate."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _draft(record: _Object, language: str) -> ArticleDraft:
    if record.values.get("schema_version") is not None:
        version = record.integer("schema_version")
        if version > SCHEMA_VERSION:
            record.refuse("schema_version", f"is {version}; this program reads {SCHEMA_VERSION}")
    text = _text(record)
    notes: list[str] = []
    metadata = _metadata(record, language)
    layer = record.string("layer")
    placed = _placed(record, text, layer)
    return ArticleDraft(
        text=text,
        metadata=metadata,
        zones=_zones(record, text, metadata.title, notes),
        mentions=placed.mentions,
        unplaced=placed.unplaced,
        status=record.one_of(ReviewStatus, "status", ReviewStatus.UNREVIEWED),
        layer=layer,
        number=_number(record),
        extra=_extra(record, notes),
        notes=(*placed.notes, *notes),
    )


def _text(record: _Object) -> str:
    """The article's text, to which all offsets refer: as it is, or not at all."""
    text = record.string("text", None)
    if len(text) > MAX_ARTICLE_CHARACTERS:
        limit = f"the limit for one article is {MAX_ARTICLE_CHARACTERS:,}"
        record.refuse("text", f"has {len(text):,} characters; {limit}")
    if changes := normalise(text).changes:
        why = " ".join(changes)
        record.refuse("text", f"cannot be stored as it is, and offsets would shift. {why}")
    digest = record.string("text_sha256")
    if digest and digest.lower() != sha256_of(text):
        record.refuse("text_sha256", "is not that of the text: one of both was changed")
    return text


def _number(record: _Object) -> int | None:
    """The article's number in its corpus; None for what other makers use as an id."""
    number = record.values.get("id")
    return number if type(number) is int and 0 < number < 2**63 else None


def _extra(record: _Object, notes: list[str]) -> dict[str, Plain]:
    """The metadata that only the maker of the file knows; a note for what cannot be kept."""
    extra: dict[str, Plain] = {}
    for key, value in record.child("meta").values.items():
        if key in _META_KEYS:
            continue
        if is_plain(value) and "\0" not in key:
            extra[key] = value
        else:
            notes.append(
                f"line {record.line}: the metadata “{shortened(key)}” is no plain value; left out"
            )
    return extra


def _metadata(record: _Object, language: str) -> Metadata:
    meta = record.child("meta")
    return Metadata(
        title=record.string("title"),
        source=meta.string("source"),
        byline=meta.string("byline"),
        url=meta.string("url"),
        published_on=meta.iso_date("published_on"),
        language=record.string("language") or language,
    )


def _zones(record: _Object, text: str, title: str, notes: list[str]) -> tuple[ZonedSpan, ...]:
    """The zones of the line, or those found in the text where they don't cover it."""
    zones = tuple(
        ZonedSpan(
            zone.integer("start"),
            zone.integer("end"),
            zone.one_of(Zone, "zone", None),
            zone.boolean("certain", default=True),
        )
        for zone in record.children("zones")
    )
    if cover(zones, text):
        return zones
    if zones:
        notes.append(
            f"line {record.line}: the zones are out of order or leave text without one; "
            "they were found anew"
        )
    return find_zones(text, headline=title)


def _placed(record: _Object, text: str, layer: str) -> Placement:
    """The spans that hold, in reading order, and the others with their reasons."""
    usual = MentionState.SUGGESTED if layer == SUGGESTIONS_LAYER else MentionState.ADDED
    claims = [
        Claim(
            span.integer("start"),
            span.integer("end"),
            span.string("label", None),
            None if span.values.get("text") is None else span.string("text"),
            record.line,
            span.one_of(MentionState, "state", usual),
            span.score("score"),
            span.string("source"),
        )
        for span in record.children("spans")
    ]
    return place(text, claims)

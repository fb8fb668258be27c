"""doccano's corpora: a JSON object per text with its spans as start, end and label.

Source: https://github.com/doccano/doccano, ``backend/data_import/pipeline`` and
``backend/data_export/pipeline``. Offsets count code points, end exclusive. Two shapes, one for
projects without and one for projects with relations::

    {"id": 7, "text": "Ulm slept.", "label": [[0, 3, "GPE"]], "Comments": []}
    {"id": 7, "text": "Ulm slept.", "relations": [], "Comments": [],
     "entities": [{"id": 1, "start_offset": 0, "end_offset": 3, "label": "GPE"}]}

Both are read, from JSON Lines and from arrays; ``labels`` or, with the numbers of labels,
``annotations`` stands for ``label`` and ``data`` for ``text`` in some versions. Whatever else a
record holds is the text's metadata, as doccano has it. A span does not repeat the words that it
covers, so nothing in the file tells whether it has slipped. The first shape is written, with title,
language, status, layer and the other metadata (``meta``) beside it, all of which doccano keeps.

doccano guesses the encoding of what it imports, so the file is written in ASCII, with escapes:
that leaves nothing to guess.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import ClassVar, Final

from annotations.domain.articles import (
    AnnotatedArticle,
    ArticleDraft,
    CorpusCard,
    ReviewStatus,
    Unplaced,
)
from annotations.domain.mentions import MentionState
from annotations.domain.zoning import find_zones
from annotations.formats import base
from annotations.formats._json_records import (
    Record,
    counted,
    facts,
    first_records,
    offset,
    positive,
    records,
    string,
)
from annotations.formats.base import (
    SUGGESTIONS_LAYER,
    UNNAMED,
    Fidelity,
    Source,
    WriteReport,
    why_no_example,
)
from annotations.formats.placing import Claim, Units, place

#: Where the spans of a record stand, by version and kind of project.
_SPAN_KEYS: Final = ("label", "labels", "entities", "annotations")
#: What is no metadata of a text.
_OWN_KEYS: Final = frozenset({"id", "text", "data", "meta", "relations", "Comments", *_SPAN_KEYS})
#: What `Writer` adds beside the metadata, to have it back.
_ADDED_KEYS: Final = frozenset({"status", "layer"})
#: What is read of no record, in words for one and for several.
_LEFT_OUT: Final = {
    "relations": ("relation was", "relations were"),
    "Comments": ("comment was", "comments were"),
}
#: Keys by which JSON Lines of other programs are told apart.
_FOREIGN_KEYS: Final = frozenset(
    {"text_sha256", "schema_version", "zones", "spans", "answer", "_input_hash", "_task_hash"}
)

_encode: Final = json.JSONEncoder(allow_nan=False).encode


class Writer(base.Writer):
    """Writes one ``.jsonl`` file that doccano imports; holds one article at a time."""

    name: ClassVar[str] = "doccano"
    title: ClassVar[str] = "doccano (JSONL)"
    suffix: ClassVar[str] = ".jsonl"
    uses_tokens: ClassVar[bool] = False
    fidelity: ClassVar[Fidelity] = Fidelity(
        overlaps=True,
        exact_text=True,
        zones=False,
        unreviewed=False,
        losses=(
            "doccano keeps overlapping mentions only in a project that allows them.",
            "Articles that are not finished are left out, except in the layer of suggestions.",
            "Articles without any text are left out: doccano refuses them.",
            "Zones, scores, and the state and the maker of each mention are lost.",
        ),
    )

    def write(
        self, articles: Iterable[AnnotatedArticle], target: Path, corpus: CorpusCard = UNNAMED
    ) -> WriteReport:
        """Write the articles that are examples (`why_no_example`) to the file ``target``."""
        report = WriteReport(files=[target.name])
        with target.open("wb") as stream:
            for article in articles:
                reason = why_no_example(article) or _why_refused(article)
                if reason is not None:
                    report.articles_left_out[reason] += 1
                    continue
                stream.write(_encode(_row(article)).encode() + b"\n")
                report.articles += 1
                report.mentions_in += len(article.mentions)
        report.mentions_out = report.mentions_in
        return report


class Reader(base.Reader):
    """Reads what doccano exports of sequence labeling, and what `Writer` writes."""

    title: ClassVar[str] = "doccano"
    suffixes: ClassVar[tuple[str, ...]] = (".jsonl", ".json", ".ndjson")
    holds_many: ClassVar[bool] = True

    def recognises(self, source: Source) -> bool:
        """Whether the first records have texts, and lists of spans in one of doccano's shapes."""
        found = first_records(source)
        if not any(isinstance(_text_of(values), str) for values in found):
            return False
        if any(not _FOREIGN_KEYS.isdisjoint(values) for values in found):
            return False
        lists = [
            values[key] for values in found for key in _SPAN_KEYS if values.get(key) is not None
        ]
        return bool(lists) and _are_spans(lists)

    def read(self, source: Source) -> Iterator[ArticleDraft]:
        """One draft a record. Raises FormatError with the number of the line or record."""
        for record in records(source):
            yield _draft(record, source)


def _why_refused(article: AnnotatedArticle) -> str | None:
    return None if article.text else "The article has no text, which doccano refuses."


def _row(article: AnnotatedArticle) -> dict[str, object]:
    return {
        "id": article.id,
        "text": article.text,
        "label": [[mention.start, mention.end, mention.label] for mention in article.mentions],
        "title": article.title,
        "language": article.language,
        "status": article.status,
        "layer": article.layer,
        "meta": article.meta,
    }


def _text_of(values: dict[str, object]) -> object:
    return values.get("text", values.get("data"))


def _are_spans(lists: list[object]) -> bool:
    """True for lists that hold spans, or nothing; some of them may be broken, but not most."""
    if not all(isinstance(spans, list) for spans in lists):
        return False
    spans = [_parts(span) for spans in lists if isinstance(spans, list) for span in spans]
    return 2 * spans.count(None) <= len(spans)


def _parts(span: object) -> tuple[object, object, str] | None:
    """Start, end and label as the file has them; None where it is no span of doccano's."""
    if isinstance(span, dict) and {"start_offset", "end_offset", "label"} <= span.keys():
        start, end, label = span["start_offset"], span["end_offset"], span["label"]
        if type(label) is int:  # the first versions export the numbers of the labels
            label = str(label)
    elif isinstance(span, list) and len(span) == 3:
        start, end, label = span
    else:
        return None
    return (start, end, label) if isinstance(label, str) else None


def _draft(record: Record, source: Source) -> ArticleDraft:
    values = record.values
    key = "text" if "text" in values else "data"
    text = record.text(values.get(key), key, source.name)
    status = _status(values)
    layer = string(values.get("layer")) if status else ""
    claims, malformed = _claims(record, layer)
    placed = place(text, claims, units=Units.CODE_POINTS)
    own = _OWN_KEYS | _ADDED_KEYS if status else _OWN_KEYS
    told = {name: value for name, value in values.items() if name not in own}
    known = facts({**_meta(record), **told}, record.place, source.language)
    notes = [*placed.notes, *known.notes]
    for name, words in _LEFT_OUT.items():
        if isinstance(things := values.get(name), list) and things:
            notes.append(f"{record.place}: {counted(len(things), *words)} left out")
    return ArticleDraft(
        text=placed.text,
        metadata=known.metadata,
        zones=find_zones(placed.text, headline=known.metadata.title),
        mentions=placed.mentions,
        unplaced=(*placed.unplaced, *malformed),
        # doccano says of no text whether somebody has looked at all of it.
        status=status or (ReviewStatus.OPEN if claims else ReviewStatus.UNREVIEWED),
        layer=layer,
        number=positive(values.get("id")),
        extra=known.extra,
        changes=placed.changes,
        notes=tuple(notes),
    )


def _meta(record: Record) -> dict[str, object]:
    meta = record.values.get("meta")
    if meta is None:
        return {}
    if not isinstance(meta, dict):
        record.refuse("“meta” is not an object")
    return meta


def _claims(record: Record, layer: str) -> tuple[list[Claim], list[Unplaced]]:
    """The spans of a record, and what stands among them that is none."""
    state = MentionState.SUGGESTED if layer == SUGGESTIONS_LAYER else MentionState.ADDED
    claims: list[Claim] = []
    malformed: list[Unplaced] = []
    for key in _SPAN_KEYS:
        spans = record.values.get(key)
        if spans is None:
            continue
        if not isinstance(spans, list):
            record.refuse(f"“{key}” is not a list of spans")
        for span in spans:
            start, end, label = _parts(span) or (None, None, "")
            first, last = offset(start), offset(end)
            if first is None or last is None:
                reason = "it is no start, end and label"
                malformed.append(Unplaced(0, 0, string(label), "", reason, record.line))
            else:
                claims.append(Claim(first, last, string(label), line=record.line, state=state))
    return claims, malformed


def _status(values: dict[str, object]) -> ReviewStatus | None:
    """What `Writer` said of the review, together with its layer; None in files of others."""
    status = values.get("status")
    if "layer" in values and isinstance(status, str) and status in set(ReviewStatus):
        return ReviewStatus(status)
    return None

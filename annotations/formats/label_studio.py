"""Label Studio's tasks: a JSON array of texts with annotations and predictions.

Source: https://labelstud.io/guide/task_format and https://labelstud.io/guide/export. Wrapped for
reading, with the keys that are read::

    [{"id": 7, "data": {"text": "Ulm slept."}, "meta": {},
      "annotations": [{"completed_by": 1, "was_cancelled": false, "result": [
        {"id": "r1", "from_name": "label", "to_name": "text", "type": "labels",
         "origin": "manual", "value": {"start": 0, "end": 3, "text": "Ulm", "labels": ["GPE"]}}]}],
      "predictions": [{"model_version": "tagger 1.0", "score": 0.9, "result": []}]}]

Old exports say ``completions`` for ``annotations``. In the variant JSON-MIN an annotation is a
flat object: the keys of ``data``, and the values of its results under their ``from_name``. In a
cloud storage an annotation is a file of its own, with the whole ``task`` in it.

Offsets count code points, end exclusive; in old exports UTF-16 code units, which the words that a
span repeats give away (https://github.com/HumanSignal/label-studio/issues/1347), as they do where
a browser took CRLF for one character. Those words come from the browser's selection, which joins
white space (issue 3078), so they are compared without regard to its amount. Spans that point into
a page by XPath or into a dialogue by its lines are not offsets into the text: they are listed.

An annotation that was not cancelled is a finished review. A task's predictions are suggestions
where nobody has annotated it; what a person has annotated, they have already seen them for.

The writer makes a folder with ``tasks.json`` and ``labeling_config.xml``, the labeling interface
that fits it. What only this program knows of an article is in its task's ``meta``, which Label
Studio keeps and does not show.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from statistics import fmean
from typing import BinaryIO, ClassVar, Final
from xml.sax.saxutils import quoteattr

from annotations.domain.articles import (
    AnnotatedArticle,
    ArticleDraft,
    CorpusCard,
    LabelCard,
    ReviewStatus,
    Unplaced,
)
from annotations.domain.mentions import Mention, MentionState
from annotations.domain.units import Utf16
from annotations.domain.zones import Zone, ZonedSpan
from annotations.domain.zoning import find_zones
from annotations.formats import base
from annotations.formats._json_records import (
    Record,
    counted,
    facts,
    first_record,
    offset,
    plain_values,
    positive,
    records,
    score,
    string,
)
from annotations.formats.base import (
    SUGGESTIONS_LAYER,
    UNNAMED,
    Fidelity,
    FormatError,
    Option,
    Source,
    WriteReport,
)
from annotations.formats.placing import Claim, Placement, place, shortened

#: The file names in the folder.
_TASKS: Final = "tasks.json"
_CONFIG: Final = "labeling_config.xml"
#: The names of the tags in the labeling interface, which every result repeats.
_CONTROL: Final = "label"
_OBJECT: Final = "text"

#: How a region came to be, in Label Studio's words.
_ORIGINS: Final = {
    MentionState.ADDED: "manual",
    MentionState.ACCEPTED: "prediction",
    MentionState.CHANGED: "prediction-changed",
}
_STATES: Final = {origin: state for state, origin in _ORIGINS.items()}

#: The twelve hues of the review page, dark enough for text on white.
_COLOURS: Final = (
    "#5079ae", "#6a6417", "#9f6084", "#1a7354", "#5d5995", "#78343c",
    "#5f8449", "#603b70", "#8e4f31", "#0d8889", "#986f30", "#006c8a",
)  # fmt: skip

#: What JSON-MIN adds to the keys of the data and the results.
_MIN_KEYS: Final = frozenset(
    {"id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time", "agreement"}
)
#: What tells a span of JSON-MIN, beside its labels.
_SPAN_KEYS: Final = frozenset({"start", "end", "text"})
#: The metadata that every article has, in the task's data, where Label Studio shows it.
_SHOWN_KEYS: Final = frozenset({"source", "byline", "url", "published_on"})
#: What `Writer` puts into a task's meta; its digest tells that it did.
_META_KEYS: Final = frozenset({"number", "text_sha256", "status", "layer", "zones", "extra"})

_COMPLETED_BY: Final = re.compile(rb'(?<!\\)"(?:completed_by|annotator)"\s*:\s*')
#: White space as the browser's selection joins it; it may write a line end as ``\n``, two signs.
_WHITE_SPACE: Final = re.compile(r"(?:\\[nr]|\s)+")
_CRLF: Final = "The file’s offsets count each CRLF as one character."

_encode: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode

type _Json = dict[str, object]


class Writer(base.Writer):
    """Writes ``tasks.json`` and ``labeling_config.xml`` into an existing folder."""

    name: ClassVar[str] = "labelstudio"
    title: ClassVar[str] = "Label Studio (tasks and labeling interface)"
    suffix: ClassVar[str] = ""
    uses_tokens: ClassVar[bool] = False
    fidelity: ClassVar[Fidelity] = Fidelity(
        overlaps=True,
        exact_text=True,
        zones=True,
        unreviewed=True,
        losses=(
            "Who marked or changed a mention is lost; Label Studio names whoever imports it.",
            "Label Studio takes every annotation for a finished one.",
            "Zones and status are in each task’s meta, which Label Studio keeps but does not show.",
        ),
    )

    def write(
        self, articles: Iterable[AnnotatedArticle], target: Path, corpus: CorpusCard = UNNAMED
    ) -> WriteReport:
        """Write every article, in the order given; holds one at a time."""
        report = WriteReport(files=sorted([_TASKS, _CONFIG]))
        used: set[str] = set()
        with (target / _TASKS).open("wb") as stream:
            for article in articles:
                _write_element(stream, _task(article), is_first=report.articles == 0)
                used.update(mention.label for mention in article.mentions)
                report.articles += 1
                report.mentions_in += len(article.mentions)
            stream.write(b"\n]\n" if report.articles else b"[]\n")
        (target / _CONFIG).write_bytes(_config(corpus.labels, used).encode())
        if not (corpus.labels or used):
            report.notes.append(f"There are no labels: Label Studio refuses {_CONFIG} without any.")
        report.mentions_out = report.mentions_in
        return report


class Reader(base.Reader):
    """Reads Label Studio's exports JSON and JSON-MIN, and what `Writer` writes."""

    title: ClassVar[str] = "Label Studio"
    suffixes: ClassVar[tuple[str, ...]] = (".json", ".jsonl", ".ndjson")
    companions: ClassVar[tuple[str, ...]] = ("labeling_config.xml",)
    holds_many: ClassVar[bool] = True

    def recognises(self, source: Source) -> bool:
        """Whether the first record is a task with its data, or an annotation of JSON-MIN."""
        values = _whole(first_record(source))
        return _is_task(values) or _is_annotation(values)

    def options(self, source: Source) -> tuple[Option, ...]:
        """Where the text is, and whose annotations are wanted where there are several."""
        values = _whole(first_record(source))
        if not (_is_task(values) or _is_annotation(values)):
            return ()
        try:
            task = _task_of([Record(values, 1, None)])
        except FormatError:
            return ()
        options = []
        keys = _string_keys(task.data)
        if keys:
            choices = tuple((key, key) for key in keys)
            options.append(Option("text_key", "Where the text is", _text_key(task), choices))
        people = _annotators(source.data)
        if len(people) > 1:
            choices = (("", "The first of each task"), *((who, who) for who in people))
            options.append(Option("annotator", "Whose annotations", "", choices))
        return tuple(options)

    def read(self, source: Source) -> Iterator[ArticleDraft]:
        """One draft a task. Raises FormatError with the number of the record."""
        # Of JSON-MIN the annotations of one task stand one after the other.
        whole = (replace(one, values=_whole(one.values)) for one in records(source))
        for _, group in groupby(whole, key=_group_key):
            tasks: list[Record] = []
            try:
                tasks.extend(group)
            except FormatError:
                # The task before the fault is whole.
                if tasks:
                    yield _draft(_task_of(tasks), source)
                raise
            yield _draft(_task_of(tasks), source)


# --- Writing ----------------------------------------------------------------------------------


def _write_element(stream: BinaryIO, value: _Json, *, is_first: bool) -> None:
    stream.write((b"[\n" if is_first else b",\n") + _encode(value).encode())


def _task(article: AnnotatedArticle) -> _Json:
    decided: list[_Json] = []
    suggested: dict[str, list[_Json]] = {}
    scores: dict[str, list[float]] = {}
    for number, mention in enumerate(article.mentions, start=1):
        region = _region(mention, article.text, number)
        if mention.is_decided:
            decided.append(region)
            continue
        suggested.setdefault(mention.source, []).append(region)
        if mention.score is not None:
            scores.setdefault(mention.source, []).append(mention.score)
    is_reviewed = article.status is ReviewStatus.FINISHED and article.layer != SUGGESTIONS_LAYER
    meta = article.meta
    return {
        "id": article.id,
        "data": {
            "text": article.text,
            "title": article.title,
            "language": article.language,
            "source": meta.get("source") or "",
            "byline": meta.get("byline") or "",
            "url": meta.get("url") or "",
            "published_on": meta.get("published_on") or "",
        },
        # An annotation without results says that somebody looked and found nothing.
        "annotations": [{"was_cancelled": False, "result": decided}]
        if decided or is_reviewed
        else [],
        "predictions": [
            {
                "model_version": source,
                # Label Studio sorts tasks by it: the mean of the scores that are known.
                "score": fmean(scores[source]) if source in scores else None,
                "result": regions,
            }
            for source, regions in sorted(suggested.items())
        ],
        "meta": {
            "number": article.id,
            "text_sha256": article.text_sha256,
            "status": article.status,
            "layer": article.layer,
            "zones": [
                {"start": zone.start, "end": zone.end, "zone": zone.zone, "certain": zone.certain}
                for zone in article.zones
            ],
            "extra": {key: value for key, value in meta.items() if key not in _SHOWN_KEYS},
        },
    }


def _region(mention: Mention, text: str, number: int) -> _Json:
    region: _Json = {
        "id": f"r{number}",
        "from_name": _CONTROL,
        "to_name": _OBJECT,
        "type": "labels",
        "score": mention.score,
        "value": {
            "start": mention.start,
            "end": mention.end,
            "text": text[mention.start : mention.end],
            "labels": [mention.label],
        },
    }
    if mention.is_decided:
        region["origin"] = _ORIGINS[mention.state]
    return region


def _config(cards: Iterable[LabelCard], used: Iterable[str]) -> str:
    """The labeling interface: the corpus's labels, and those that only its mentions have."""
    cards = list(cards)
    names = {card.name for card in cards}
    more = [
        LabelCard(name, hue=number % len(_COLOURS) + 1)
        for number, name in enumerate(sorted(set(used) - names), start=len(cards))
    ]
    labels = "".join(f"    <Label {_attributes(card)}/>\n" for card in [*cards, *more])
    return (
        "<View>\n"
        f'  <Labels name="{_CONTROL}" toName="{_OBJECT}">\n{labels}  </Labels>\n'
        f'  <Text name="{_OBJECT}" value="$text" valueType="text" saveTextResult="yes"/>\n'
        "</View>\n"
    )


def _attributes(card: LabelCard) -> str:
    colour = _COLOURS[(card.hue - 1) % len(_COLOURS)]
    attributes = {"value": card.name, "background": colour}
    if card.key:
        attributes["hotkey"] = card.key
    if card.description:
        attributes["hint"] = card.description
    return " ".join(f"{name}={quoteattr(string(value))}" for name, value in attributes.items())


# --- Reading ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Task:
    """A task, whichever of the two shapes it came in."""

    record: Record
    data: _Json
    annotations: list[_Json]
    predictions: list[_Json]
    meta: _Json

    @property
    def is_ours(self) -> bool:
        """True where `Writer` made the task's meta."""
        return isinstance(self.meta.get("text_sha256"), str)

    @property
    def told_status(self) -> ReviewStatus | None:
        """The status that `Writer` told; None once Label Studio has had annotations in hand.

        It says of each who completed it, which `Writer` does not.
        """
        if not self.is_ours or any("completed_by" in one for one in self.annotations):
            return None
        status = self.meta.get("status")
        if isinstance(status, str) and status in set(ReviewStatus):
            return ReviewStatus(status)
        return None


@dataclass(slots=True)
class _Findings:
    """What the results of a task come to."""

    claims: list[Claim] = field(default_factory=list)
    unplaced: list[Unplaced] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    repeats: int = 0
    odd_scores: int = 0


def _is_task(values: _Json) -> bool:
    return isinstance(values.get("data"), dict) and any(
        isinstance(values.get(key), list) for key in ("annotations", "completions", "predictions")
    )


def _is_annotation(values: _Json) -> bool:
    """True for JSON-MIN: by its own keys, or by spans with their words and several labels."""
    if "data" in values:
        return False
    if {"annotation_id", "annotator", "lead_time"} <= values.keys():
        return True
    return any(
        isinstance(value, list)
        and any(isinstance(one, dict) and one.keys() >= _SPAN_KEYS for one in value)
        and _are_values(value)
        for value in values.values()
    )


def _whole(values: _Json) -> _Json:
    """The task of an annotation that was stored by itself, with only that; all else as it is."""
    task = values.get("task")
    if not isinstance(task, dict) or not isinstance(values.get("result"), list):
        return values
    annotation = {key: value for key, value in values.items() if key != "task"}
    return {**task, "annotations": [annotation]}


def _group_key(record: Record) -> tuple[str, object]:
    """The same for records of one task that follow each other."""
    if _is_annotation(record.values) and isinstance(record.values.get("id"), int | str):
        return "task", record.values["id"]
    return "record", record.number


def _task_of(group: list[Record]) -> _Task:
    first = group[0]
    if _is_annotation(first.values):
        told = {
            key: value
            for key, value in first.values.items()
            if key not in _MIN_KEYS and not _are_values(value)
        }
        return _Task(first, told, [_annotation(record) for record in group], [], {})
    data, meta = first.values.get("data"), first.values.get("meta")
    if not isinstance(data, dict):
        first.refuse("“data” is missing or not an object")
    key = "annotations" if "annotations" in first.values else "completions"
    return _Task(
        first,
        data,
        first.objects(key),
        first.objects("predictions"),
        meta if isinstance(meta, dict) else {},
    )


def _annotation(record: Record) -> _Json:
    """An annotation of JSON-MIN in the shape of the other export."""
    results = [
        {"value": value}
        for key, values in record.values.items()
        if key not in _MIN_KEYS and _are_values(values) and isinstance(values, list)
        for value in values
    ]
    return {"completed_by": record.values.get("annotator"), "result": results}


def _are_values(values: object) -> bool:
    """True for the values of a control that labels, as JSON-MIN lists them."""
    return isinstance(values, list) and any(
        isinstance(value, dict) and _labels(value) is not None for value in values
    )


def _labels(value: Mapping[str, object]) -> list[str] | None:
    """The labels of a result's value, whatever kind of label they are; None where it has none."""
    for key, labels in value.items():
        if key.endswith("labels") and isinstance(labels, list):
            return [string(label) for label in labels]
    return None


def _string_keys(data: _Json) -> list[str]:
    return [key for key, value in data.items() if isinstance(value, str)]


def _text_key(task: _Task) -> str:
    """The key of ``data`` that most likely holds the text; "" where none looks like it.

    The labeling interface says it, but no export holds that. Often the tag is called like the key.
    """
    keys = _string_keys(task.data)
    for annotation in [*task.annotations, *task.predictions]:
        for result in _results(annotation):
            name, value = result.get("to_name"), result.get("value")
            if name in keys and isinstance(value, dict) and "start" in value:
                return str(name)
    if _OBJECT in keys:
        return _OBJECT
    prose = [key for key in keys if " " in str(task.data[key])]
    return max(prose, key=lambda key: len(str(task.data[key])), default="")


def _results(annotation: _Json) -> list[_Json]:
    results = annotation.get("result")
    if not isinstance(results, list):
        return []
    return [result for result in results if isinstance(result, dict)]


def _annotators(data: bytes) -> list[str]:
    """Everyone who has annotated, in the order of the file; without reading the whole of it."""
    decode = json.JSONDecoder().raw_decode
    people: dict[str, None] = {}
    for match in _COMPLETED_BY.finditer(data):
        window = data[match.end() : match.end() + 2_000].decode("utf-8", "replace")
        try:
            who = _person(decode(window)[0])
        except (ValueError, RecursionError):
            continue
        if who:
            people[who] = None
    return list(people)


def _person(completed_by: object) -> str:
    """The mail address of who annotated, or else their number as a string; "" if unknown."""
    if isinstance(completed_by, dict):
        completed_by = completed_by.get("email") or completed_by.get("id")
    if type(completed_by) is int:
        return str(completed_by)
    return string(completed_by)


def _draft(task: _Task, source: Source) -> ArticleDraft:
    record = task.record
    key = source.options.get("text_key") or _text_key(task)
    if not key:
        record.refuse("Nothing in “data” looks like a text")
    text = record.text(task.data.get(key), key, source.name)
    chosen, notes = _chosen(task, source.options.get("annotator", ""))
    findings = _findings(task, chosen, notes)
    placed = _placed(text, findings.claims)
    notes += _notes(findings)
    meta = task.meta if task.is_ours else {}
    data = {name: value for name, value in task.data.items() if name != key}
    others = {name: value for name, value in task.meta.items() if name not in _META_KEYS}
    known = facts({**(others if meta else task.meta), **data}, record.place, source.language)
    extra, more_notes = plain_values(meta.get("extra"), record.place)
    reviewed = ReviewStatus.UNREVIEWED if chosen is None else ReviewStatus.FINISHED
    return ArticleDraft(
        text=placed.text,
        metadata=known.metadata,
        zones=(_zones(meta.get("zones"), text) if placed.text == text else ())
        or find_zones(placed.text, headline=known.metadata.title),
        mentions=placed.mentions,
        unplaced=(*placed.unplaced, *findings.unplaced),
        status=task.told_status or reviewed,
        layer=string(meta.get("layer")),
        number=positive(meta.get("number", record.values.get("id"))),
        extra={**known.extra, **extra},
        changes=placed.changes,
        notes=(
            *placed.notes,
            *known.notes,
            *more_notes,
            *(f"{record.place}: {note}" for note in notes),
        ),
    )


def _chosen(task: _Task, annotator: str) -> tuple[_Json | None, list[str]]:
    """The annotation that is read, and notes on those that are not."""
    notes = []
    usable = [
        annotation
        for annotation in task.annotations
        if not (annotation.get("was_cancelled") or annotation.get("skipped"))
    ]
    if cancelled := len(task.annotations) - len(usable):
        notes.append(f"{counted(cancelled, 'annotation', 'annotations')} cancelled and left out")
    chosen = next(
        (one for one in usable if not annotator or _person(one.get("completed_by")) == annotator),
        None,
    )
    others = [annotation for annotation in usable if annotation is not chosen]
    if others:
        people = sorted({_person(one.get("completed_by")) for one in others} - {""})
        by = f" by {', '.join(map(shortened, people))}" if people else ""
        notes.append(
            f"{counted(len(others), 'other annotation', 'other annotations')}{by} left out"
        )
    return chosen, notes


def _findings(task: _Task, chosen: _Json | None, notes: list[str]) -> _Findings:
    findings = _Findings()
    if chosen is not None:
        _add_results(findings, chosen, set(), is_suggestion=False)
    if not task.predictions:
        return findings
    if chosen is not None and task.told_status is None:
        left_out = counted(len(task.predictions), "prediction", "predictions")
        notes.append(f"{left_out} left out, since the task is annotated")
        return findings
    for prediction in task.predictions:
        known = {(claim.start, claim.end, claim.label) for claim in findings.claims}
        _add_results(findings, prediction, known, is_suggestion=True)
    return findings


def _add_results(
    findings: _Findings,
    annotation: _Json,
    known: set[tuple[int, int, str]],
    *,
    is_suggestion: bool,
) -> None:
    """Add the spans of an annotation or prediction, but for those that are ``known``."""
    by = string(annotation.get("model_version")) if is_suggestion else ""
    for result in _results(annotation):
        value = result.get("value")
        if not isinstance(value, dict) or "start" not in value or "end" not in value:
            findings.others[shortened(string(result.get("type"))) or "unknown"] += 1
            continue
        state = (
            MentionState.SUGGESTED
            if is_suggestion
            else _STATES.get(str(result.get("origin")), MentionState.ADDED)
        )
        told = result["score"] if "score" in result else annotation.get("score")
        certainty = score(told)
        findings.odd_scores += told is not None and certainty is None
        start, end, quote = offset(value["start"]), offset(value["end"]), value.get("text")
        words = quote if isinstance(quote, str) and quote else None
        for label in _labels(value) or [""]:
            if start is None or end is None:
                reason = _why_no_offsets(value)
                findings.unplaced.append(Unplaced(0, 0, label, words or "", reason))
            elif (start, end, label) in known:
                findings.repeats += 1
            else:
                findings.claims.append(Claim(start, end, label, words, None, state, certainty, by))


def _why_no_offsets(value: _Json) -> str:
    start = value["start"]
    if isinstance(start, str) and start.startswith("/"):
        return "it points into a page by XPath, not into the text"
    if "startOffset" in value:
        return "it points into a line of a dialogue, not into the text"
    return "its offsets are no whole numbers"


def _notes(findings: _Findings) -> Iterator[str]:
    if findings.others:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(findings.others.items()))
        yield f"results that mark no text were left out: {kinds}"
    if findings.repeats:
        yield f"{counted(findings.repeats, 'suggestion', 'suggestions')} made twice taken once"
    if findings.odd_scores:
        yield f"{counted(findings.odd_scores, 'score', 'scores')} not from 0 to 1 left out"


def _placed(text: str, claims: list[Claim]) -> Placement:
    """The claims in the text, or in the text as a browser has it, if more of them hold there."""
    placed = place(text, _with_words_of(text, claims))
    if not placed.unplaced or "\r\n" not in text:
        return placed
    unified = text.replace("\r\n", "\n")
    other = place(unified, _with_words_of(unified, claims))
    if len(other.unplaced) >= len(placed.unplaced):
        return placed
    return replace(other, changes=placed.changes, notes=(*other.notes, _CRLF))


def _with_words_of(text: str, claims: Iterable[Claim]) -> list[Claim]:
    """The claims, with the text's own words where theirs differ in white space only."""
    offsets: Utf16 | None = None
    found = []
    for claim in claims:
        if claim.quote and text[max(claim.start, 0) : claim.end] != claim.quote:
            offsets = offsets or Utf16(text)  # most files need none
            found.append(_with_words(claim, claim.quote, text, offsets))
        else:
            found.append(claim)
    return found


def _with_words(claim: Claim, quote: str, text: str, offsets: Utf16) -> Claim:
    wanted = _joined(quote)
    edges = [(claim.start, claim.end)]
    if offsets.differs:
        edges.append((offsets.point(claim.start) or 0, offsets.point(claim.end) or 0))
    for start, end in edges:
        if 0 <= start < end and _joined(text[start:end]) == wanted:
            return replace(claim, quote=text[start:end])
    return claim


def _joined(words: str) -> str:
    return _WHITE_SPACE.sub(" ", words)


def _zones(value: object, text: str) -> tuple[ZonedSpan, ...]:
    """The zones that `Writer` told; () where they do not fit the text, so that they are found."""
    if not isinstance(value, list):
        return ()
    zones = []
    position = 0
    for item in value:
        zone = _zone(item)
        if zone is None or not position <= zone.start < zone.end <= len(text):
            return ()
        if text[position : zone.start].strip():
            return ()
        zones.append(zone)
        position = zone.end
    return () if text[position:].strip() else tuple(zones)


def _zone(item: object) -> ZonedSpan | None:
    if not isinstance(item, dict):
        return None
    start, end, name = offset(item.get("start")), offset(item.get("end")), item.get("zone")
    if start is None or end is None or not isinstance(name, str) or name not in set(Zone):
        return None
    return ZonedSpan(start, end, Zone(name), item.get("certain") is not False)

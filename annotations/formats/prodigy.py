"""Prodigy's annotation tasks: JSON Lines with a text, its tokens and its spans.

Source: https://prodi.gy/docs/api-interfaces (``ner_manual``, ``spans_manual``). Offsets count code
points, end exclusive, but ``token_end`` is the last token of a span. Wrapped for reading::

    {"text": "Ulm slept.", "meta": {"source": "Coast Wire"},
     "tokens": [{"text": "Ulm", "start": 0, "end": 3, "id": 0, "ws": true},
                {"text": "slept", "start": 4, "end": 9, "id": 1, "ws": false},
                {"text": ".", "start": 9, "end": 10, "id": 2, "ws": false}],
     "spans": [{"start": 0, "end": 3, "token_start": 0, "token_end": 0, "label": "GPE"}],
     "answer": "accept", "_input_hash": 1849021, "_task_hash": -30419923}

Tokens are written as spaCy makes them: white space that is more than one space is a token of its
own, so that the tokens with their spaces are the text. Prodigy tells by the hashes what it has
seen: the same text has the same ``_input_hash``, the same text with the same spans the same
``_task_hash``. They are 32 bits of a SHA-256, not the numbers that Prodigy would make itself.

An answer of ``accept`` says that the spans are right and complete, except in the binary ``ner``
interface, which asks about one span at a time. Tasks that were rejected or ignored are left out
unless a person wants them, and then their spans are suggestions. A task without an answer is
one that nobody has been asked about. Tasks of one annotator about the same text are one article;
of several annotators the first is read.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Final

from annotations.domain.alignment import Fit, align
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
    score,
    string,
)
from annotations.formats.base import (
    SUGGESTIONS_LAYER,
    UNNAMED,
    Fidelity,
    FormatError,
    Misfit,
    Option,
    Source,
    WriteReport,
    why_no_example,
    why_no_tokens,
)
from annotations.formats.placing import Claim, place

#: Keys that no other JSON Lines have.
_TELLING_KEYS: Final = frozenset({"answer", "_input_hash", "_task_hash"})
#: The metadata that every article has, with the keys of ``meta`` that Prodigy shows on its card.
_SHOWN_KEYS: Final = ("source", "byline", "url", "published_on")
#: What is kept of a task beside others about the same text.
_SHARED_KEYS: Final = frozenset({"answer", "spans", "_annotator_id", "_session_id"})
#: The interface that asks about one span at a time.
_BINARY: Final = "ner"

_encode: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


class Writer(base.Writer):
    """Writes one ``.jsonl`` file for ``prodigy db-in``; holds one article at a time."""

    name: ClassVar[str] = "prodigy"
    title: ClassVar[str] = "Prodigy (JSONL)"
    suffix: ClassVar[str] = ".jsonl"
    fidelity: ClassVar[Fidelity] = Fidelity(
        overlaps=True,
        exact_text=True,
        zones=False,
        unreviewed=False,
        losses=(
            "Mentions that begin or end inside a token are left out.",
            "Prodigy shows overlapping mentions in its span interface only (spans.manual).",
            "Articles that are not finished are left out, except in the layer of suggestions.",
            "Zones and the state of each mention are lost.",
        ),
    )

    def write(
        self, articles: Iterable[AnnotatedArticle], target: Path, corpus: CorpusCard = UNNAMED
    ) -> WriteReport:
        """Write the articles that are examples (`why_no_example`) to the file ``target``."""
        report = WriteReport(files=[target.name])
        with target.open("wb") as stream:
            for article in articles:
                reason = why_no_example(article) or why_no_tokens(article)
                if reason is not None:
                    report.articles_left_out[reason] += 1
                    continue
                aligned = align(article.mentions, article.tokens)
                stream.write(_encode(_task(article, aligned.fits)).encode() + b"\n")
                report.articles += 1
                report.mentions_in += len(article.mentions)
                report.mentions_out += len(aligned.fits)
                report.misfits += [Misfit.of(article, *misfit) for misfit in aligned.misfits]
        return report


class Reader(base.Reader):
    """Reads what ``prodigy db-out`` and `Writer` write, and other tasks for ``ner.manual``."""

    title: ClassVar[str] = "Prodigy"
    suffixes: ClassVar[tuple[str, ...]] = (".jsonl", ".json", ".ndjson")
    holds_many: ClassVar[bool] = True

    def recognises(self, source: Source) -> bool:
        """Whether a text has an answer, one of Prodigy's hashes, or spans by token."""
        return any(
            isinstance(values.get("text"), str) and _is_task(values)
            for values in first_records(source)
        )

    def options(self, source: Source) -> tuple[Option, ...]:
        """Whether tasks that were not accepted are wanted too."""
        choices = (("accept", "Accepted ones"), ("all", "All, the spans of others as suggestions"))
        return (Option("answers", "Which tasks", "accept", choices),)

    def read(self, source: Source) -> Iterator[ArticleDraft]:
        """One draft a task, without those that are skipped; the next draft tells of them.

        Raises FormatError with the number of the line, and where no task is left.
        """
        takes_all = source.options.get("answers") == "all"
        repeated = _repeated(source, takes_all=takes_all)
        skipped: Counter[str] = Counter()
        waiting: ArticleDraft | None = None
        try:
            for record in records(source):
                if _is_skipped(record, takes_all=takes_all):
                    skipped[str(record.values.get("answer"))] += 1
                    continue
                key = _key_of(record)
                same = repeated.get(key, [record])
                if not same:  # which came with the first of them
                    continue
                if key in repeated:
                    repeated[key] = []
                draft = _with_skipped(_draft(record, same, source), skipped)
                if waiting is not None:
                    yield waiting
                waiting = draft
        except FormatError:
            # The task before the fault is whole.
            if waiting is not None:
                yield waiting
            raise
        if waiting is not None:
            # Those after the last one have no next draft to tell of them.
            yield _with_skipped(waiting, skipped)
        elif skipped:
            raise FormatError(f"No task in {source.name} was accepted: {_answers(skipped)}.")


def _task(article: AnnotatedArticle, fits: Iterable[Fit]) -> dict[str, object]:
    """The article as the JSON object of its line."""
    tokens, numbers = _tokens(article)
    spans = [_span(fit, numbers) for fit in fits]
    task: dict[str, object] = {
        "id": article.id,
        "text": article.text,
        "title": article.title,
        "language": article.language,
        "layer": article.layer,
        "meta": {
            key: value
            for key, value in article.meta.items()
            if key not in _SHOWN_KEYS or value  # what is not known would only fill the card
        },
        "tokens": tokens,
        "spans": spans,
    }
    if article.layer != SUGGESTIONS_LAYER:
        task["answer"] = "accept"  # of the machine's opinion nobody has said so
    digest = article.text_sha256
    task["_input_hash"] = _hash(digest)
    task["_task_hash"] = _hash(digest + _encode(spans))
    return task


def _span(fit: Fit, numbers: list[int]) -> dict[str, object]:
    mention = fit.mention
    span: dict[str, object] = {
        "start": mention.start,
        "end": mention.end,
        "token_start": numbers[fit.first],
        "token_end": numbers[fit.last - 1],
        "label": mention.label,
    }
    if mention.score is not None:
        span["score"] = mention.score
    if mention.source:
        span["source"] = mention.source
    return span


def _tokens(article: AnnotatedArticle) -> tuple[list[dict[str, object]], list[int]]:
    """The tokens with those of white space between them, and the number of each of the article's.

    One space after a token is the token's (``ws``); whatever else lies between two is a token.
    """
    text = article.text
    pieces: list[tuple[int, int]] = []
    numbers: list[int] = []
    position = 0
    for start, end in (*article.tokens, (len(text), len(text))):
        if position < start and pieces and text[position] == " ":
            position += 1
        if position < start:
            pieces.append((position, start))
        if start < end:
            numbers.append(len(pieces))
            pieces.append((start, end))
        position = end
    following = [*(start for start, _ in pieces[1:]), len(text)]
    tokens: list[dict[str, object]] = [
        {"text": text[start:end], "start": start, "end": end, "id": number, "ws": end < after}
        for number, ((start, end), after) in enumerate(zip(pieces, following, strict=False))
    ]
    return tokens, numbers


def _hash(content: str) -> int:
    """A number as Prodigy's hashes are: 32 bits with a sign."""
    return int.from_bytes(hashlib.sha256(content.encode()).digest()[:4], signed=True)


def _with_skipped(draft: ArticleDraft, skipped: Counter[str]) -> ArticleDraft:
    """The draft with a note on the tasks left out before it, which are forgotten then."""
    if not skipped:
        return draft
    note = f"Tasks beside this one were left out, since nobody accepted them: {_answers(skipped)}."
    skipped.clear()
    return replace(draft, notes=(*draft.notes, note))


def _answers(skipped: Counter[str]) -> str:
    words = {"reject": "rejected", "ignore": "ignored"}
    return ", ".join(
        f"{skipped[answer]:,} {word}" for answer, word in words.items() if skipped[answer]
    )


def _is_task(values: dict[str, object]) -> bool:
    spans = values.get("spans")
    by_token = isinstance(spans, list) and any(
        isinstance(span, dict) and "token_start" in span for span in spans
    )
    return by_token or not _TELLING_KEYS.isdisjoint(values)


def _is_skipped(record: Record, *, takes_all: bool) -> bool:
    return record.values.get("answer") in ("reject", "ignore") and not takes_all


def _key_of(record: Record) -> bytes:
    """The same for tasks about the same text, and for no others."""
    text = record.values.get("text")
    if not isinstance(text, str) or "layer" in record.values:  # `Writer` writes no article twice
        return record.number.to_bytes(8)
    return hashlib.sha256(text.encode()).digest()


def _repeated(source: Source, *, takes_all: bool) -> dict[bytes, list[Record]]:
    """The tasks about texts that several are about, by text; of each what its spans need."""
    counts: Counter[bytes] = Counter()
    groups: dict[bytes, list[Record]] = {}
    with suppress(FormatError):  # which is raised again where the task before it has been read
        counts.update(
            _key_of(one) for one in records(source) if not _is_skipped(one, takes_all=takes_all)
        )
    several = {key for key, count in counts.items() if count > 1}
    if not several:
        return {}
    with suppress(FormatError):
        for record in records(source):
            key = _key_of(record)
            if key in several and not _is_skipped(record, takes_all=takes_all):
                needed = {k: v for k, v in record.values.items() if k in _SHARED_KEYS}
                groups.setdefault(key, []).append(replace(record, values=needed))
    return groups


def _annotator(record: Record) -> str:
    return string(record.values.get("_annotator_id")) or string(record.values.get("_session_id"))


def _joint_claims(same: list[Record], layer: str) -> tuple[list[Claim], list[Unplaced], list[str]]:
    """The spans of all tasks of the first one's annotator, as `_claims` has those of one."""
    annotator = _annotator(same[0])
    own = [record for record in same if _annotator(record) == annotator]
    if len(same) == 1:
        return _claims(same[0], layer)
    found: dict[tuple[int, int, str], Claim] = {}
    malformed: list[Unplaced] = []
    notes: list[str] = []
    # What was accepted in one task counts before what was rejected in another.
    for record in sorted(own, key=lambda record: record.values.get("answer") != "accept"):
        claims, none, more = _claims(record, layer)
        for claim in claims:
            found.setdefault((claim.start, claim.end, claim.label), claim)
        malformed += none
        notes += more
    if len(own) > 1:
        notes.append(f"{same[0].place}: {len(own):,} tasks about this text were put together")
    if len(own) < len(same):
        left_out = counted(len(same) - len(own), "task was", "tasks were")
        notes.append(f"{same[0].place}: {left_out} left out, of other annotators of this text")
    return list(found.values()), malformed, notes


def _draft(record: Record, same: list[Record], source: Source) -> ArticleDraft:
    """The article of a task, with the spans of those that are about the same text."""
    values = record.values
    text = record.text(values.get("text"), "text", source.name)
    layer = string(values.get("layer"))
    claims, malformed, notes = _joint_claims(same, layer)
    placed = place(text, claims)
    meta = values.get("meta")
    told: dict[str, object] = dict(meta) if isinstance(meta, dict) else {}
    told |= {key: values[key] for key in ("title", "language") if key in values}
    known = facts(told, record.place, source.language)
    return ArticleDraft(
        text=placed.text,
        metadata=known.metadata,
        zones=find_zones(placed.text, headline=known.metadata.title),
        mentions=placed.mentions,
        unplaced=(*placed.unplaced, *malformed),
        status=_status(values, has_names=bool(claims), is_one_of=len(same)),
        layer=layer,
        number=positive(values.get("id")),
        extra=known.extra,
        changes=placed.changes,
        notes=(*placed.notes, *known.notes, *notes),
    )


def _status(values: dict[str, object], *, has_names: bool, is_one_of: int) -> ReviewStatus:
    answer = values.get("answer")
    view = values.get("_view_id")
    # Files of old do not name the interface; one that asks several times is binary.
    if answer == "accept" and view != _BINARY and (view is not None or is_one_of == 1):
        return ReviewStatus.FINISHED
    if answer == "ignore" or not has_names:
        return ReviewStatus.UNREVIEWED
    return ReviewStatus.OPEN


def _claims(record: Record, layer: str) -> tuple[list[Claim], list[Unplaced], list[str]]:
    """The spans of a task, what stands among them that is none, and notes."""
    is_decided = record.values.get("answer") in ("accept", None) and layer != SUGGESTIONS_LAYER
    state = MentionState.ADDED if is_decided else MentionState.SUGGESTED
    claims: list[Claim] = []
    malformed: list[Unplaced] = []
    rejected = 0
    for span in record.objects("spans"):
        if span.get("answer") in ("reject", "ignore"):
            rejected += 1
            continue
        start, end = offset(span.get("start")), offset(span.get("end"))
        label, quote = string(span.get("label")), span.get("text")
        words = quote if isinstance(quote, str) and quote else None
        if start is None or end is None:
            reason = "its offsets are no whole numbers"
            malformed.append(Unplaced(0, 0, label, words or "", reason, record.line))
            continue
        certainty, maker = score(span.get("score")), string(span.get("source"))
        claims.append(Claim(start, end, label, words, record.line, state, certainty, maker))
    notes = []
    if rejected:
        left_out = counted(rejected, "rejected span was", "rejected spans were")
        notes.append(f"{record.place}: {left_out} left out")
    return claims, malformed, notes

"""Texts with their names as JSON, in the shapes of programs that have no format of their own here.

Read only, from JSON Lines, arrays and single objects. Offsets and labels in each shape::

    {"text": "Ulm slept.", "entities": [{"start": 0, "end": 3, "label": "GPE"}]}
    ["Ulm slept.", {"entities": [[0, 3, "GPE"]]}]
    {"tokens": ["Ulm", "slept", "."], "ner_tags": ["B-GPE", "O", "O"]}
    {"id": 0, "paragraphs": [{"raw": "Ulm slept.", "sentences": [{"tokens": [
      {"orth": "Ulm", "ner": "U-GPE"}, {"orth": "slept", "ner": "O"}, …]}]}]}

The first is what most programs write: the list may be called ``ents``, ``spans``, ``labels`` or
``annotations`` as well, a span may be a list of start, end and label, and its label may be called
``type`` or ``entity`` (Rasa, pipelines of Hugging Face). A span that repeats its words as ``text``,
or behind its label, is checked by them. The second are spaCy's examples in version 2
(https://v2.spacy.io/usage/training#training-simple-style), alone or below ``annotations`` of an
object. The third is a data set of tokens as ``datasets`` writes it; tags that are numbers mean
nothing without their names. The last is spaCy's JSON of version 2
(https://v2.spacy.io/api/annotation#json-input), an article a document; the tokens stand in ``raw``,
where it is there. Elsewhere texts are put together from tokens, their spaces guessed
(`annotations.formats._spacing`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final, NamedTuple

from annotations.domain.articles import ArticleDraft, ReviewStatus, Unplaced
from annotations.domain.zoning import find_zones
from annotations.formats import base
from annotations.formats._json_records import (
    Item,
    Record,
    facts,
    first_items,
    items,
    offset,
    positive,
    score,
    string,
)
from annotations.formats._spacing import spaced
from annotations.formats._tagging import Scheme, guess_scheme, is_prefixed, read_tags
from annotations.formats.base import FormatError, Option, Source
from annotations.formats.placing import Claim, Units, place, shortened

#: Where the spans of a text stand, the likelier first.
_SPAN_KEYS: Final = ("entities", "ents", "spans", "labels", "label", "annotations")
_STARTS: Final = ("start", "start_offset", "start_char", "begin")
_ENDS: Final = ("end", "end_offset", "end_char")
_LABELS: Final = ("label", "type", "entity", "entity_group", "entity_type", "tag")
_TOKEN_KEYS: Final = ("tokens", "words")
_TAG_KEYS: Final = ("ner_tags", "tags", "ner", "labels", "ner_labels")
#: What this program writes itself, and what others do that are asked before.
_FOREIGN: Final = frozenset({"text_sha256", "schema_version", "zones", "answer", "_task_hash"})
_ARRAY_SUFFIX: Final = ".json"
_TAG_NAMES: Final = "tag_names"

_RECONSTRUCTED: Final = (
    "The file holds tokens and no white space: the text was put together from them, and its spaces "
    "were guessed."
)
_UNNAMED_TAGS: Final = (
    "The tags are numbers, and the file does not say what they mean: no names were read. They can "
    "be named under “Tags by number”, from 0, with commas between: O, B-PER, I-PER."
)

type _Json = Mapping[str, object]


class Reader(base.Reader):
    """Reads texts with spans, and tokens with tags."""

    title: ClassVar[str] = "JSON with texts and names (spaCy 2, tokens with tags, others)"
    suffixes: ClassVar[tuple[str, ...]] = (".jsonl", ".ndjson", _ARRAY_SUFFIX)
    holds_many: ClassVar[bool] = True

    def recognises(self, source: Source) -> bool:
        """Whether one of the first values has spans or tags in one of the shapes."""
        found = first_items(source)
        if any(isinstance(i.value, dict) and not _FOREIGN.isdisjoint(i.value) for i in found):
            return False
        if any(_is_of_spacy(item.value) or _tagged(item.value) for item in found):
            return True
        # A list “spans” in JSON Lines is this program's own.
        return any(
            isinstance(item.value, dict)
            and _has_text(item.value)
            and bool(_span_lists(item.value))
            and (source.suffix == _ARRAY_SUFFIX or "spans" not in item.value)
            for item in found
        )

    def options(self, source: Source) -> tuple[Option, ...]:
        """What tags that are numbers mean."""
        rows = [row for item in first_items(source) if (row := _tagged(item.value))]
        if not any(row.has_numbers for row in rows):
            return ()
        return (Option(_TAG_NAMES, "Tags by number"),)

    def read(self, source: Source) -> Iterator[ArticleDraft]:
        """One draft a text. Raises FormatError with the number of the line or record."""
        naming = _Naming(source)
        found = False
        for item in _unwrapped(source):
            found = True
            yield _draft(item, source, naming)
        if not found:
            raise FormatError(f"{source.name} holds no texts.")


# --- Which shape a value has ------------------------------------------------------------------


class _Tagged(NamedTuple):
    """A row of tokens and tags, and the keys under which they stand."""

    token_key: str
    tag_key: str
    tokens: list[str]
    tags: list[object]

    @property
    def has_numbers(self) -> bool:
        return any(type(tag) is int for tag in self.tags)


def _has_text(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("text"), str)


def _tagged(value: object) -> _Tagged | None:
    """The tokens of a row with a tag for each; None for all else."""
    if not isinstance(value, dict) or _has_text(value):
        return None
    for token_key in _TOKEN_KEYS:
        tokens = value.get(token_key)
        if not isinstance(tokens, list) or not all(isinstance(token, str) for token in tokens):
            continue
        for tag_key in _TAG_KEYS:
            tags = value.get(tag_key)
            if isinstance(tags, list) and len(tags) == len(tokens) and _are_tags(tags):
                return _Tagged(token_key, tag_key, tokens, tags)
    return None


def _are_tags(tags: Sequence[object]) -> bool:
    return all(isinstance(tag, str) for tag in tags) or all(type(tag) is int for tag in tags)


def _is_of_spacy(value: object) -> bool:
    return _is_example(value) or _examples_of(value) is not None or _is_document(value)


def _is_example(value: object) -> bool:
    """True for a pair of a text and what is known of it."""
    return (
        isinstance(value, list)
        and len(value) == 2
        and isinstance(value[0], str)
        and isinstance(value[1], dict)
        and isinstance(value[1].get("entities"), list)
    )


def _examples_of(value: object) -> list[object] | None:
    """The pairs below “annotations” of an object; None for all else."""
    found = value.get("annotations") if isinstance(value, dict) else None
    if isinstance(found, list) and any(_is_example(one) for one in found):
        return found
    return None


def _is_document(value: object) -> bool:
    paragraphs = value.get("paragraphs") if isinstance(value, dict) else None
    return isinstance(paragraphs, list) and any(
        isinstance(one, dict) and isinstance(one.get("sentences"), list) for one in paragraphs
    )


def _unwrapped(source: Source) -> Iterator[Item]:
    """The values of a file; of an object that holds examples these, without those that are null."""
    for item in items(source):
        examples = _examples_of(item.value)
        if examples is None:
            yield item
            continue
        for number, example in enumerate(examples, start=1):
            if example is not None:
                yield Item(example, number, None)


# --- Spans by offsets -------------------------------------------------------------------------


class _Parts(NamedTuple):
    """A span as the file has it; ``words`` is None where it does not repeat them."""

    start: object
    end: object
    label: str
    words: str | None = None
    score: float | None = None


def _parts(span: object) -> _Parts | None:
    """The parts of a span; None where it is none, or has no label."""
    words: object = None
    certainty: object = None
    if isinstance(span, dict):
        start, end, label = (_first_of(span, keys) for keys in (_STARTS, _ENDS, _LABELS))
        words, certainty = span.get("text"), span.get("score")
    elif isinstance(span, list) and len(span) in {3, 4}:
        start, end, label, *more = span
        words = more[0] if more else None
    else:
        return None
    if start is None or end is None or not isinstance(label, str):
        return None
    return _Parts(
        start, end, label, words if isinstance(words, str) and words else None, score(certainty)
    )


def _first_of(span: _Json, keys: Iterable[str]) -> object:
    return next((span[key] for key in keys if span.get(key) is not None), None)


def _span_lists(values: object) -> dict[str, list[object]]:
    """The lists of a record that hold spans, by their keys; some spans may be broken, not most."""
    if not isinstance(values, dict):
        return {}
    found = {}
    for key in _SPAN_KEYS:
        spans = values.get(key)
        if isinstance(spans, list) and spans and 2 * sum(map(_is_none, spans)) <= len(spans):
            found[key] = spans
    return found


def _is_none(span: object) -> bool:
    return _parts(span) is None


@dataclass(slots=True)
class _Found:
    """The text of an article and what is said of it."""

    text: str
    claims: list[Claim] = field(default_factory=list)
    unplaced: list[Unplaced] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add_tags(
        self,
        places: Sequence[tuple[int, int]],
        tags: Sequence[str],
        scheme: Scheme,
        line: int | None,
    ) -> None:
        """Add the names that tags mark, and what is no tag; ``places`` are those of the tokens."""
        reading = read_tags(tags, scheme)
        for first, last, label in reading.names:
            start, end = places[first][0], places[last - 1][1]
            self.claims.append(Claim(start, end, string(label), line=line))
        for index in reading.invalid:
            start, end = places[index]
            reason = f"“{shortened(tags[index])}” is no tag of the scheme {scheme.upper()}"
            self.unplaced.append(Unplaced(start, end, "", self.text[start:end], reason, line))

    def add_spans(self, spans: Iterable[object], line: int | None) -> None:
        for span in spans:
            parts = _parts(span) or _Parts(None, None, "")
            start, end, label = offset(parts.start), offset(parts.end), string(parts.label)
            if start is None or end is None:
                reason = "it is no start, end and label"
                self.unplaced.append(Unplaced(0, 0, label, "", reason, line))
            else:
                claim = Claim(start, end, label, parts.words, line, score=parts.score)
                self.claims.append(claim)


# --- Tokens with tags -------------------------------------------------------------------------


class _Naming:
    """What the tags of a file mean: their scheme, and the names of those that are numbers."""

    def __init__(self, source: Source) -> None:
        told = source.options.get(_TAG_NAMES, "")
        self._names = [name.strip() for name in told.split(",")] if told.strip() else []
        rows = [row for item in first_items(source) if (row := _tagged(item.value))]
        self.scheme = guess_scheme(tags for row in rows if (tags := self.named(row.tags)))
        if self.scheme is Scheme.IO and any(
            is_prefixed(tag) for row in rows for tag in self.named(row.tags) or ()
        ):
            self.scheme = Scheme.IOB2

    def named(self, tags: Iterable[object]) -> list[str] | None:
        """The tags by name; None where they are numbers that nobody has named."""
        named = []
        for tag in tags:
            if type(tag) is int:
                if not 0 <= tag < len(self._names):
                    return None
                named.append(self._names[tag])
            else:
                named.append(tag if isinstance(tag, str) else "")
        return named


def _joined(tokens: Sequence[str], language: str) -> tuple[str, list[tuple[int, int]]]:
    """A text put together from tokens, and where each stands in it."""
    parts: list[str] = []
    places = []
    position = 0
    for gap, token in zip(spaced(tokens, language), tokens, strict=True):
        start = position + len(gap)
        position = start + len(token)
        places.append((start, position))
        parts += (gap, token)
    return "".join(parts), places


def _places_in(text: str, tokens: Iterable[str]) -> list[tuple[int, int]] | None:
    """Where tokens follow each other in a text; None where one of them is missing."""
    places = []
    position = 0
    for token in tokens:
        start = text.find(token, position)
        if start < 0 or text[position:start].strip():
            return None
        position = start + len(token)
        places.append((start, position))
    return places


def _row_found(row: _Tagged, item: Item, source: Source, naming: _Naming) -> _Found:
    text, places = _joined(row.tokens, source.language)
    found = _Found(text, notes=[_RECONSTRUCTED])
    tags = naming.named(row.tags)
    if tags is None:
        found.notes.append(_UNNAMED_TAGS)
        return found
    found.add_tags(places, tags, naming.scheme, item.line)
    return found


def _document_found(values: _Json, source: Source) -> _Found:
    """The article of a document of spaCy's, its paragraphs set apart by blank lines."""
    found = _Found("")
    paragraphs = values.get("paragraphs")
    for paragraph in paragraphs if isinstance(paragraphs, list) else ():
        if not isinstance(paragraph, dict):
            continue
        raw = paragraph.get("raw")
        tokens = list(_tokens_of(paragraph))
        words = [string(token.get("orth")) for token in tokens]
        places = _places_in(raw, words) if isinstance(raw, str) else None
        if places is None or not isinstance(raw, str):
            raw, places = _joined(words, source.language)
            if _RECONSTRUCTED not in found.notes:
                found.notes.append(_RECONSTRUCTED)
        begin = len(found.text) + 2 if found.text else 0
        found.text += ("\n\n" if begin else "") + raw
        moved = [(begin + start, begin + end) for start, end in places]
        tags = [string(token.get("ner", "O")) for token in tokens]
        found.add_tags(moved, tags, Scheme.BILOU, None)
    return found


def _tokens_of(paragraph: _Json) -> Iterator[_Json]:
    sentences = paragraph.get("sentences")
    for sentence in sentences if isinstance(sentences, list) else ():
        tokens = sentence.get("tokens") if isinstance(sentence, dict) else None
        for token in tokens if isinstance(tokens, list) else ():
            if isinstance(token, dict) and string(token.get("orth")).strip():
                yield token


# --- Drafts -----------------------------------------------------------------------------------


def _draft(item: Item, source: Source, naming: _Naming) -> ArticleDraft:
    where = f"record {item.number}" if item.line is None else f"line {item.line}"
    told: _Json = {}
    row = _tagged(item.value)
    if isinstance(item.value, list) and _is_example(item.value):
        text, known = item.value
        found = _Found(_checked(text, item, where, source))
        found.add_spans(known["entities"], item.line)
    elif not isinstance(item.value, dict):
        raise FormatError(f"This is not an article: a JSON object is needed ({where})")
    elif row is not None:
        found = _row_found(row, item, source, naming)
        told = _without(item.value, (row.token_key, row.tag_key))
    elif _is_document(item.value):
        found = _document_found(item.value, source)
        told = _without(item.value, ("paragraphs",))
    else:
        found = _Found(_checked(item.value.get("text"), item, where, source))
        lists = _span_lists(item.value)
        for spans in lists.values():
            found.add_spans(spans, item.line)
        told = _without(item.value, ("text", "tokens", *lists))
    _checked(found.text, item, where, source)
    units = None if any(claim.quote for claim in found.claims) else Units.CODE_POINTS
    placed = place(found.text, found.claims, units=units)
    meta = told.get("meta")
    plain = {**meta, **_without(told, ("meta",))} if isinstance(meta, dict) else told
    facts_ = facts(_without(plain, ("id",)), where, source.language)
    return ArticleDraft(
        text=placed.text,
        metadata=facts_.metadata,
        zones=find_zones(placed.text, headline=facts_.metadata.title),
        mentions=placed.mentions,
        unplaced=(*placed.unplaced, *found.unplaced),
        # Nothing says whether somebody has looked at all of a text.
        status=ReviewStatus.OPEN if found.claims else ReviewStatus.UNREVIEWED,
        number=positive(told.get("id")),
        extra=facts_.extra,
        changes=placed.changes,
        notes=(*placed.notes, *facts_.notes, *found.notes),
    )


def _checked(text: object, item: Item, where: str, source: Source) -> str:
    return Record({}, item.number, item.line).text(text, "text", source.name)


def _without(values: _Json, keys: Iterable[str]) -> dict[str, object]:
    left_out = frozenset(keys)
    return {key: value for key, value in values.items() if key not in left_out}

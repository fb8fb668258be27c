"""A data set as Hugging Face's ``datasets`` loads it: Parquet, JSON Lines and a card.

Source: https://huggingface.co/docs/datasets/repository_structure and, for the card,
https://huggingface.co/docs/hub/datasets-cards. The folder holds::

    README.md                                  the card: YAML front matter, then Markdown
    data/{train,validation,test}.parquet       configuration “spans”, the default
    data/{train,validation,test}.jsonl         the same rows as JSON Lines
    tokens/{train,validation,test}.parquet     configuration “tokens”

A row of *spans* is an article: its text, zones, metadata and every mention by character, with
offsets in code points, end exclusive. A row of *tokens* is the same article for token classifiers:
its tokens, where they start and end in the text, and one IOB2 tag each (``ner_tags``, a
``ClassLabel``: first ``O``, then ``B-`` and ``I-`` of every label in the order of the corpus).
Mentions that begin or end inside a token, or yield to a longer one, are in *spans* only.

Articles are split as the corpus says; *dev* is called *validation* there. A split without articles
has no files, since ``datasets`` refuses a folder with a file that has no rows.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, ClassVar, Final, Self

from annotations.domain.alignment import align, flatten, iob2
from annotations.domain.articles import AnnotatedArticle, CorpusCard
from annotations.formats import base
from annotations.formats.base import (
    SUGGESTIONS_LAYER,
    UNNAMED,
    Fidelity,
    WriteReport,
    why_no_example,
)

# Loading Arrow takes half a second: the export page must not wait for it.
if TYPE_CHECKING:
    import pyarrow
    from pyarrow.parquet import ParquetWriter

#: The parts of a corpus and what they are called here.
_SPLITS: Final = {"train": "train", "dev": "validation", "test": "test"}
#: How many characters of text, and articles, are held until they are written as a row group.
_GROUP_CHARACTERS: Final = 1_000_000
_GROUP_ROWS: Final = 1_000

#: The columns of both configurations: a type, a list of one (``[type]``), or of objects.
type _Type = str | list[str] | tuple[tuple[str, str], ...]
_SPAN_COLUMNS: Final[tuple[tuple[str, _Type], ...]] = (
    ("id", "int64"),
    ("text", "string"),
    ("text_sha256", "string"),
    ("title", "string"),
    ("source", "string"),
    ("byline", "string"),
    ("url", "string"),
    ("published_on", "string"),
    ("language", "string"),
    ("status", "string"),
    ("layer", "string"),
    (
        "zones",
        (("start", "int64"), ("end", "int64"), ("zone", "string"), ("certain", "bool")),
    ),
    (
        "spans",
        (
            ("start", "int64"),
            ("end", "int64"),
            ("label", "string"),
            ("text", "string"),
            ("state", "string"),
            ("score", "float64"),
            ("source", "string"),
        ),
    ),
)
_TAGS: Final = "ner_tags"
_TOKEN_COLUMNS: Final[tuple[tuple[str, _Type], ...]] = (
    ("id", "int64"),
    ("tokens", ["string"]),
    ("starts", ["int64"]),
    ("ends", ["int64"]),
    (_TAGS, ["int64"]),
)

type _Row = dict[str, object]

_encode: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


class Writer(base.Writer):
    """Writes a folder that ``datasets.load_dataset`` takes; holds one row group of each split."""

    name: ClassVar[str] = "huggingface"
    title: ClassVar[str] = "Hugging Face data set (Parquet, JSON Lines, card)"
    suffix: ClassVar[str] = ""
    fidelity: ClassVar[Fidelity] = Fidelity(
        overlaps=True,
        exact_text=True,
        zones=True,
        unreviewed=False,
        losses=(
            "Articles that are not finished are left out, except in the layer of suggestions.",
            "The configuration “tokens” lacks mentions that begin or end inside a token.",
            "Where mentions overlap, the configuration “tokens” has the longest.",
            "Metadata beyond title, source, byline, address and date is lost.",
        ),
    )

    def write(
        self, articles: Iterable[AnnotatedArticle], target: Path, corpus: CorpusCard = UNNAMED
    ) -> WriteReport:
        """Write the articles that are examples (`why_no_example`); one pass."""
        report = WriteReport()
        tags = _Tags(label.name for label in corpus.labels)
        facts = _Facts()
        with ExitStack() as stack:
            splits = {
                part: stack.enter_context(_Split(target, name, tags))
                for part, name in _SPLITS.items()
            }
            for article in articles:
                reason = why_no_example(article)
                if reason is not None:
                    report.articles_left_out[reason] += 1
                    continue
                part = corpus.part_of(article)
                splits[part].add(article)
                facts.add(article, part)
                report.articles += 1
                report.mentions_in += len(article.mentions)
        report.mentions_out = report.mentions_in
        report.notes += _notes(splits)
        card = _card(corpus, facts, splits, tags)
        (target / "README.md").write_text(card, encoding="utf-8", newline="\n")
        report.files = sorted(["README.md", *(f for split in splits.values() for f in split.files)])
        return report


class _Tags:
    """The numbers of the IOB2 tags; a label that is met later gets the next ones."""

    def __init__(self, labels: Iterable[str]) -> None:
        self.labels: list[str] = []
        self._numbers = {"O": 0}
        for label in labels:
            self._add(label)

    @property
    def names(self) -> list[str]:
        """The tags in the order of their numbers."""
        return list(self._numbers)

    def numbers(self, tags: Iterable[str], labels: Iterable[str]) -> list[int]:
        """The numbers of the tags of one article, whose labels are given."""
        for label in labels:
            if f"B-{label}" not in self._numbers:
                self._add(label)
        return [self._numbers[tag] for tag in tags]

    def _add(self, label: str) -> None:
        self.labels.append(label)
        for tag in (f"B-{label}", f"I-{label}"):
            self._numbers[tag] = len(self._numbers)


class _Split:
    """The files of one split while they are written; they appear with its first article."""

    def __init__(self, target: Path, name: str, tags: _Tags) -> None:
        self.name = name
        self.misaligned = self.overlapped = self.untokenised = 0
        self._tags = tags
        self._lines = _Lines(target, f"data/{name}.jsonl")
        self.spans = _Table(target, f"data/{name}.parquet", _SPAN_COLUMNS)
        self.tokens = _Table(target, f"tokens/{name}.parquet", _TOKEN_COLUMNS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in (self._lines, self.spans, self.tokens):
            file.close()

    @property
    def files(self) -> list[str]:
        """What was written, relative to the target."""
        return [file.name for file in (self._lines, self.spans, self.tokens) if file.count]

    def add(self, article: AnnotatedArticle) -> None:
        row = _span_row(article)
        self._lines.add(row)
        self.spans.add(row, len(article.text))
        if article.tokens or not article.text.strip():
            self.tokens.add(self._token_row(article), len(article.text))
        else:
            self.untokenised += 1

    def _token_row(self, article: AnnotatedArticle) -> _Row:
        aligned = align(article.mentions, article.tokens)
        flat = flatten(aligned)
        self.misaligned += len(aligned.misfits)
        self.overlapped += len(aligned.fits) - len(flat.fits)
        tags = iob2(flat.fits, len(article.tokens))
        return {
            "id": article.id,
            "tokens": [article.text[start:end] for start, end in article.tokens],
            "starts": [start for start, _ in article.tokens],
            "ends": [end for _, end in article.tokens],
            _TAGS: self._tags.numbers(tags, (mention.label for mention in article.mentions)),
        }


class _Lines:
    """A JSON Lines file that appears with its first row."""

    def __init__(self, target: Path, name: str) -> None:
        self.name = name
        self.count = 0
        self._path = target / name
        self._stream: BinaryIO | None = None

    def add(self, row: _Row) -> None:
        if self._stream is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._stream = self._path.open("wb")
        self._stream.write(_encode(row).encode() + b"\n")
        self.count += 1

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()


class _Table:
    """A Parquet file that is written by row groups and appears with the first."""

    def __init__(self, target: Path, name: str, columns: Sequence[tuple[str, _Type]]) -> None:
        self.name = name
        self.count = 0
        #: The size of the rows in memory and, once closed, of the file, in bytes.
        self.memory = self.size = 0
        self._path = target / name
        self._schema = _schema(columns)
        self._writer: ParquetWriter | None = None
        self._rows: list[_Row] = []
        self._characters = 0

    def add(self, row: _Row, characters: int) -> None:
        """Add a row of about that many characters."""
        self.count += 1
        self._rows.append(row)
        self._characters += characters
        if len(self._rows) >= _GROUP_ROWS or self._characters >= _GROUP_CHARACTERS:
            self._flush()

    def close(self) -> None:
        self._flush()
        if self._writer is not None:
            self._writer.close()
            self.size = self._path.stat().st_size

    def _flush(self) -> None:
        if not self._rows:
            return
        from pyarrow import Table
        from pyarrow.parquet import ParquetWriter

        if self._writer is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = ParquetWriter(self._path, self._schema)
        group = Table.from_pylist(self._rows, self._schema)
        self._writer.write_table(group)
        self.memory += group.nbytes
        self._rows, self._characters = [], 0


def _schema(columns: Sequence[tuple[str, _Type]]) -> pyarrow.Schema:
    import pyarrow

    plain = {
        "int64": pyarrow.int64(),
        "string": pyarrow.string(),
        "float64": pyarrow.float64(),
        "bool": pyarrow.bool_(),
    }

    def arrow(kind: _Type) -> pyarrow.DataType:
        if isinstance(kind, str):
            return plain[kind]
        if isinstance(kind, list):
            return pyarrow.list_(plain[kind[0]])
        return pyarrow.list_(pyarrow.struct([(name, plain[inner]) for name, inner in kind]))

    return pyarrow.schema([(name, arrow(kind)) for name, kind in columns])


def _span_row(article: AnnotatedArticle) -> _Row:
    text, meta = article.text, article.meta
    published_on = meta.get("published_on")
    return {
        "id": article.id,
        "text": text,
        "text_sha256": article.text_sha256,
        "title": article.title,
        "source": str(meta.get("source") or ""),
        "byline": str(meta.get("byline") or ""),
        "url": str(meta.get("url") or ""),
        "published_on": str(published_on) if published_on else None,
        "language": article.language,
        "status": article.status.value,
        "layer": article.layer,
        "zones": [
            {"start": zone.start, "end": zone.end, "zone": zone.zone.value, "certain": zone.certain}
            for zone in article.zones
        ],
        "spans": [
            {
                "start": mention.start,
                "end": mention.end,
                "label": mention.label,
                "text": text[mention.start : mention.end],
                "state": mention.state.value,
                "score": mention.score,
                "source": mention.source,
            }
            for mention in article.mentions
        ],
    }


def _notes(splits: Mapping[str, _Split]) -> list[str]:
    misaligned = sum(split.misaligned for split in splits.values())
    overlapped = sum(split.overlapped for split in splits.values())
    untokenised = sum(split.untokenised for split in splits.values())
    empty = [split.name for split in splits.values() if not split.spans.count]
    notes = []
    if misaligned or overlapped:
        notes.append(
            f"The configuration “tokens” lacks {misaligned + overlapped:,} mentions: "
            f"{misaligned:,} begin or end inside a token, {overlapped:,} yield to a longer one."
        )
    if untokenised:
        notes.append(
            "The configuration “tokens” lacks articles that have not been split into tokens: "
            f"{untokenised:,}."
        )
    if empty:
        notes.append(f"No article belongs to {' or '.join(empty)}.")
    return notes


# --- The card ---------------------------------------------------------------------------------


@dataclass(slots=True)
class _Facts:
    """What is counted for the card while articles pass."""

    #: Mentions by label and split.
    mentions: Counter[tuple[str, str]] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    languages: set[str] = field(default_factory=set)
    layers: set[str] = field(default_factory=set)
    characters: int = 0
    first_day: str = ""
    last_day: str = ""

    def add(self, article: AnnotatedArticle, part: str) -> None:
        self.mentions.update((mention.label, part) for mention in article.mentions)
        self.states.update(mention.state.value for mention in article.mentions)
        self.languages.add(article.language)
        self.layers.add(article.layer)
        self.characters += len(article.text)
        if day := str(article.meta.get("published_on") or ""):
            self.first_day = min(day, self.first_day or day)
            self.last_day = max(day, self.last_day)


#: What a YAML double-quoted scalar must not hold as it is (YAML 1.2, section 5.1), beyond what
#: JSON escapes.
_UNPRINTABLE: Final = re.compile(
    "[\x7f-\x84\x86-\x9f\u0085\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]"
)
_SIZES: Final = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"))


def _card(corpus: CorpusCard, facts: _Facts, splits: Mapping[str, _Split], tags: _Tags) -> str:
    return "".join(
        [
            "---\n",
            *(f"{line}\n" for line in _front_matter(corpus, facts, splits, tags)),
            "---\n\n",
            _BODY.format(
                name=_plain(corpus.name) or corpus.slug,
                description=corpus.description.strip() or "No description was given.",
                languages=", ".join(sorted(facts.languages) or [corpus.language]),
                splits=_split_table(splits),
                labels=_label_table(corpus, facts, tags),
                source=_source_of(facts),
                process=_process(facts, corpus),
            ),
            f"\n### Guideline\n\n{corpus.guideline.strip() or 'No guideline was written down.'}\n",
        ]
    )


def _front_matter(
    corpus: CorpusCard, facts: _Facts, splits: Mapping[str, _Split], tags: _Tags
) -> Iterator[str]:
    languages = sorted({each.partition("-")[0] for each in facts.languages or {corpus.language}})
    total = sum(split.spans.count for split in splits.values())
    size = next((name for limit, name in _SIZES if total < limit), "100K<n<1M")
    by_machine = facts.layers == {SUGGESTIONS_LAYER}
    yield "language:"
    yield from (f"- {_quoted(language)}" for language in languages)
    yield "license: other"
    yield f"pretty_name: {_quoted(corpus.name)}"
    yield "annotations_creators:"
    yield "- machine-generated" if by_machine else "- expert-generated"
    yield "language_creators:"
    yield "- found"
    yield "multilinguality:"
    yield "- multilingual" if len(languages) > 1 else "- monolingual"
    yield "size_categories:"
    yield f"- {size}"
    yield "source_datasets:"
    yield "- original"
    yield "task_categories:"
    yield "- token-classification"
    yield "task_ids:"
    yield "- named-entity-recognition"
    yield "tags:"
    yield "- news"
    configs = {
        "spans": (_SPAN_COLUMNS, [(split.name, split.spans) for split in splits.values()]),
        "tokens": (_TOKEN_COLUMNS, [(split.name, split.tokens) for split in splits.values()]),
    }
    yield from _data_files({name: tables for name, (_, tables) in configs.items()})
    yield "dataset_info:"
    for name, (columns, tables) in configs.items():
        yield f"- config_name: {name}"
        yield from _features(columns, tags)
        yield from _sizes(tables)


type _Tables = Sequence[tuple[str, _Table]]


def _data_files(configs: Mapping[str, _Tables]) -> Iterator[str]:
    written = {
        name: [(split, table.name) for split, table in tables if table.count]
        for name, tables in configs.items()
    }
    if any(written.values()):
        yield "configs:"
    for number, (name, files) in enumerate(written.items()):
        if files:
            yield f"- config_name: {name}"
            yield from ["  default: true"] if number == 0 else []
            yield "  data_files:"
        for split, path in files:
            yield f"  - split: {split}"
            yield f"    path: {path}"


def _features(columns: Sequence[tuple[str, _Type]], tags: _Tags) -> Iterator[str]:
    yield "  features:"
    for name, kind in columns:
        yield f"  - name: {name}"
        if name == _TAGS:
            yield "    sequence:"
            yield "      class_label:"
            yield "        names:"
            for number, tag in enumerate(tags.names):
                yield f"          '{number}': {_quoted(tag)}"
        elif isinstance(kind, str):
            yield f"    dtype: {kind}"
        elif isinstance(kind, list):
            yield f"    sequence: {kind[0]}"
        else:
            yield "    list:"
            for inner, inner_kind in kind:
                yield f"    - name: {inner}"
                yield f"      dtype: {inner_kind}"


def _sizes(tables: _Tables) -> Iterator[str]:
    if any(table.count for _, table in tables):
        yield "  splits:"
    for name, table in tables:
        if table.count:
            yield f"  - name: {name}"
            yield f"    num_bytes: {table.memory}"
            yield f"    num_examples: {table.count}"
    yield f"  download_size: {sum(table.size for _, table in tables)}"
    yield f"  dataset_size: {sum(table.memory for _, table in tables)}"


def _quoted(value: str) -> str:
    """A string as a double-quoted YAML scalar."""
    escaped = json.dumps(value, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match.group()):04x}", escaped)


_BODY: Final = """\
# {name}

{description}

## Structure

Languages: {languages}. Articles are split as a whole; an article of *test* is in no other split.

{splits}
Configuration *spans*, a row an article: `text` is the article's exact text; `spans` are the
mentions, `zones` the headline, dateline, paragraphs and so on. Offsets count Unicode code points,
the end exclusive: `text[start:end]` is the mention. Mentions may overlap.

Configuration *tokens*, the same articles for token classification: `tokens`, `starts` and `ends`
(their offsets in the text) and `ner_tags` (IOB2). Mentions that begin or end inside a token are in
*spans* only; of mentions that overlap the longest is tagged.

    from datasets import load_dataset
    spans = load_dataset("path/to/this/folder", "spans")
    tokens = load_dataset("path/to/this/folder", "tokens")

The rows of *spans* are in `data/*.jsonl` as well, for programs that do not read Parquet.

## Labels

{labels}
## Source data

{source}

Personal and sensitive information: the articles are news and name real people.

Licence: none is stated here (`other`). News texts usually belong to their publishers; who passes
this data set on has to hold the right to do so.

## Annotation

{process}
"""


def _split_table(splits: Mapping[str, _Split]) -> str:
    rows = "".join(
        f"| {split.name} | {split.spans.count:,} | {split.tokens.count:,} |\n"
        for split in splits.values()
    )
    return f"| split | articles in *spans* | articles in *tokens* |\n| --- | ---: | ---: |\n{rows}"


def _label_table(corpus: CorpusCard, facts: _Facts, tags: _Tags) -> str:
    described = {label.name: label.description for label in corpus.labels}
    names = [*dict.fromkeys([*tags.labels, *sorted(label for label, _ in facts.mentions)])]
    rows = "".join(
        f"| {_plain(name)} | {_plain(described.get(name, ''))} | "
        + " | ".join(f"{facts.mentions[name, part]:,}" for part in _SPLITS)
        + " |\n"
        for name in names
    )
    head = f"| label | meaning | {' | '.join(_SPLITS.values())} |"
    return f"{head}\n| --- | --- | ---: | ---: | ---: |\n{rows}"


def _source_of(facts: _Facts) -> str:
    period = (
        f"Publication dates: {facts.first_day} to {facts.last_day}."
        if facts.first_day
        else "Publication dates are not known."
    )
    return f"News articles, {facts.characters:,} characters of text. {period}"


def _process(facts: _Facts, corpus: CorpusCard) -> str:
    layers = ", ".join(f"`{layer}`" for layer in sorted(facts.layers)) or "none"
    states = "; ".join(
        f"{_STATES.get(state, state)}: {count:,}" for state, count in sorted(facts.states.items())
    )
    return (
        f"Layer: {layers}. Overlaps that the corpus allows: {corpus.policy}.\n\n"
        f"Mentions: {states or 'none'}."
    )


_STATES: Final = {
    "accepted": "suggested by a machine and accepted by a person",
    "added": "marked by a person",
    "changed": "suggested by a machine and changed by a person",
    "suggested": "suggested by a machine and not reviewed",
}


def _plain(value: str) -> str:
    """A string for one line of Markdown or a cell of a table."""
    return " ".join(value.split()).replace("|", "\\|")

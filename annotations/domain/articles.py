"""Articles as the formats see them: what is read from a file and written to one."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Final, Self, TypeGuard

from annotations.domain.mentions import Mention
from annotations.domain.splits import part_of
from annotations.domain.zones import ZonedSpan

#: The version of the corpus's own JSONL and of AnnotatedArticle.
SCHEMA_VERSION: Final = 1


#: A single value that PostgreSQL and every format can hold, if `is_plain` says so.
type Plain = str | int | float | bool | None


def is_plain(value: object) -> TypeGuard[Plain]:
    """True for a single value that PostgreSQL and every format can hold."""
    if isinstance(value, str):
        return "\0" not in value
    if isinstance(value, float):
        return math.isfinite(value)  # 1e999 is valid JSON and infinite
    return value is None or (isinstance(value, int) and -(2**63) <= value < 2**63)


class ReviewStatus(StrEnum):
    """How far one layer of one article has come."""

    UNREVIEWED = "unreviewed"  # nobody has decided anything: not a negative example
    OPEN = "open"
    FINISHED = "finished"  # every name is marked; what is not marked is not a name


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is known of an article beside its text; empty where unknown, never invented."""

    title: str = ""
    source: str = ""
    byline: str = ""
    url: str = ""
    published_on: date | None = None
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A span of an annotated file that does not hold, as the file has it, and why.

    The offsets are the file's own. ``reason`` is a clause that follows a colon. ``line`` counts
    from 1 and is None where the format has no lines.
    """

    start: int
    end: int
    label: str
    quote: str
    reason: str
    line: int | None = None

    def __str__(self) -> str:
        where = "" if self.line is None else f"line {self.line}: "
        quote = f" “{self.quote[:60]}”" if self.quote else ""
        span = f"{self.label or 'span'} {self.start}–{self.end}{quote}"
        return f"{where}{span} was left out: {self.reason}"


@dataclass(frozen=True, slots=True)
class ArticleDraft:
    """An article as read from an upload, before anything is stored.

    ``text`` is already normalised (`annotations.domain.text`). ``zones`` are sorted and
    disjoint; every line that is not blank lies in one. ``changes`` are sentences about what
    reading altered, ``notes`` about what the reader was unsure of, both for a person to see.
    ``mentions`` are sorted and hold what an annotated format brought along, ``unplaced`` those of
    its spans that do not hold; ``layer`` and ``status`` say whose they are and how far that review
    had come.
    ``encoding`` is the charset that the bytes were read with. ``number`` is the article's number in
    the corpus that the file was exported from, ``extra`` what else such a file says of it.
    """

    text: str
    metadata: Metadata = field(default_factory=Metadata)
    zones: tuple[ZonedSpan, ...] = ()
    mentions: tuple[Mention, ...] = ()
    status: ReviewStatus = ReviewStatus.UNREVIEWED
    layer: str = ""
    encoding: str = "utf-8"
    changes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unplaced: tuple[Unplaced, ...] = ()
    number: int | None = None
    extra: Mapping[str, Plain] = field(default_factory=dict)

    @property
    def text_sha256(self) -> str:
        return sha256_of(self.text)


@dataclass(frozen=True, slots=True)
class LabelCard:
    """One label of a corpus: its name, what it is for, and its colour, one of twelve hues."""

    name: str
    description: str = ""
    hue: int = 1
    key: str = ""


@dataclass(frozen=True, slots=True)
class Packing:
    """How a corpus package is made up: see `annotations.formats.package`.

    ``formats`` stand in it beside JSON Lines. Without ``texts`` it holds the annotations alone.
    ``seed`` chooses the split.
    """

    formats: tuple[str, ...] = ()
    texts: bool = True
    seed: int = 0

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        """From what `as_json` made."""
        usual = cls()
        return cls(
            formats=tuple(options.get("formats", usual.formats)),
            texts=options.get("texts", usual.texts),
            seed=options.get("seed", usual.seed),
        )

    def as_json(self) -> dict[str, Any]:
        """As an export's row keeps it."""
        return {"formats": list(self.formats), "texts": self.texts, "seed": self.seed}


@dataclass(frozen=True, slots=True)
class CorpusCard:
    """What a corpus says of itself to those who take it away; ``guideline`` is Markdown.

    ``licence`` is that of the annotations, ``text_licence`` that of the texts; ``version`` is the
    name of the release. ``agreement`` and ``provenance`` are what is said of the annotations, as
    JSON.
    ``splits`` says for an article's number whether it belongs to *train*, *dev* or *test*; for one
    that it leaves out the text's digest does.
    """

    slug: str = "corpus"
    name: str = "Corpus"
    description: str = ""
    language: str = "en"
    labels: tuple[LabelCard, ...] = ()
    guideline: str = ""
    policy: str = "flat"
    licence: str = ""
    text_licence: str = ""
    citation: str = ""
    version: str = ""
    splits: Mapping[int, str] = field(default_factory=dict)
    packing: Packing = field(default_factory=Packing)
    agreement: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def part_of(self, article: "AnnotatedArticle") -> str:
        """*train*, *dev* or *test*."""
        return self.splits.get(article.id) or part_of(article.text_sha256)


@dataclass(frozen=True, slots=True)
class AnnotatedArticle:
    """One article with one layer of mentions, as a corpus format writes it.

    ``id`` is the article's number in its corpus. ``mentions`` are in reading
    order and may overlap where the corpus allows it; ``zones`` are sorted and disjoint.
    ``tokens`` are sorted, disjoint ``(start, end)`` pairs without white space tokens.
    ``meta`` holds strings, numbers, truth values, None, and dates as ISO strings.
    """

    id: int
    text: str
    title: str
    language: str
    status: ReviewStatus
    layer: str
    meta: Mapping[str, Plain]
    zones: tuple[ZonedSpan, ...]
    mentions: tuple[Mention, ...]
    tokens: Sequence[tuple[int, int]] = ()

    @property
    def text_sha256(self) -> str:
        return sha256_of(self.text)


def sha256_of(text: str) -> str:
    """The SHA-256 of the text's UTF-8 bytes, in lower-case hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()

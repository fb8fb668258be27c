"""Articles as the formats see them: what is read from a file and written to one."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from annotations.domain.mentions import Mention
from annotations.domain.zones import ZonedSpan

#: The version of the corpus's own JSONL and of AnnotatedArticle.
SCHEMA_VERSION: Final = 1


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
class ArticleDraft:
    """An article as read from an upload, before anything is stored.

    ``text`` is already normalised (`annotations.domain.text`). ``zones`` are sorted and
    disjoint; every line that is not blank lies in one. ``changes`` are sentences about what
    reading altered, ``notes`` about what the reader was unsure of, both for a person to see.
    ``mentions`` are sorted and hold what an annotated format brought along; ``layer`` and
    ``status`` say whose they are and how far that review had come.
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
    number: int | None = None
    extra: Mapping[str, str | int | float | bool | None] = field(default_factory=dict)

    @property
    def text_sha256(self) -> str:
        return sha256_of(self.text)


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
    meta: Mapping[str, str | int | float | bool | None]
    zones: tuple[ZonedSpan, ...]
    mentions: tuple[Mention, ...]
    tokens: tuple[tuple[int, int], ...] = ()

    @property
    def text_sha256(self) -> str:
        return sha256_of(self.text)


def sha256_of(text: str) -> str:
    """The SHA-256 of the text's UTF-8 bytes, in lower-case hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()

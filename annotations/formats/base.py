"""What every format is: a reader, a writer, or both, with its limits declared.

A reader turns the bytes of one file into drafts; a writer turns a stream of annotated
articles into bytes. Neither knows of Django or a database.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import ClassVar, Final, Self

from annotations.domain.articles import AnnotatedArticle, ArticleDraft, CorpusCard, ReviewStatus
from annotations.domain.mentions import Mention

#: The name of the layer that machines write; people's layers bear their user names.
SUGGESTIONS_LAYER: Final = "suggestions"
#: For a writer that is told nothing of the corpus.
UNNAMED: Final = CorpusCard()


class FormatError(Exception):
    """A file that a format cannot read; ``str()`` is a sentence for a person.

    ``line`` and ``column`` count from 1 and are None where the format has none.
    """

    def __init__(self, message: str, *, line: int | None = None, column: int | None = None) -> None:
        place = "" if line is None else f" (line {line})"
        if line is not None and column is not None:
            place = f" (line {line}, column {column})"
        super().__init__(message + place)
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class Source:
    """One file as it was uploaded.

    ``encoding`` is the charset a person chose, or empty to have it found; ``language`` is the
    corpus's, for what the file itself doesn't say. ``beside`` holds the files that belong to it by
    their names: the annotations of a text, the type system of a document. ``options`` is what a
    person chose of the reader's options, by name.
    """

    name: str
    data: bytes
    encoding: str = ""
    language: str = "en"
    beside: Mapping[str, bytes] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def stem(self) -> str:
        """The name without its folders and its last ending."""
        return PurePosixPath(self.name).stem

    @property
    def suffix(self) -> str:
        """The last ending of the name, in small letters, with its dot; "" where it has none."""
        return PurePosixPath(self.name).suffix.lower()


@dataclass(frozen=True, slots=True)
class Option:
    """Something that a person may say about a file, because it does not say it itself.

    ``choices`` are values with their words; without any the value is typed. ``guess`` is what the
    reader takes where nobody chose. An option that ``is_text`` replaces the article's text: it is
    shown with the text that was read, to be edited.
    """

    name: str
    title: str
    guess: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    is_text: bool = False


@dataclass(frozen=True, slots=True)
class Fidelity:
    """What a format carries beside text and flat mentions, and what it loses.

    ``losses`` are sentences for the export page: what this format cannot carry.
    """

    overlaps: bool
    exact_text: bool
    zones: bool
    unreviewed: bool
    losses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Misfit:
    """A mention that could not be written, with the reason as a sentence."""

    article: int
    start: int
    end: int
    label: str
    text: str
    reason: str

    @classmethod
    def of(cls, article: AnnotatedArticle, mention: Mention, reason: str) -> Self:
        """The misfit that ``mention`` of ``article`` is, for ``reason``."""
        quote = mention.span.of(article.text)
        return cls(article.id, mention.start, mention.end, mention.label, quote, reason)


@dataclass(slots=True)
class WriteReport:
    """What a writer did; ``mentions_in == mentions_out + len(misfits)`` always holds.

    ``articles_left_out`` counts articles by the reason why they were not written; the mentions
    of such articles count neither as in nor as out. ``files`` are the names that were written,
    relative to the target, sorted.
    """

    articles: int = 0
    mentions_in: int = 0
    mentions_out: int = 0
    misfits: list[Misfit] = field(default_factory=list)
    articles_left_out: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


class Reader:
    """Reads one uploaded file. A format's reader is a subclass called ``Reader``.

    ``suffixes`` are the endings of the files that it reads, with their dots and in small letters;
    ``is_binary`` says that they are no text. ``holds_many`` says that a file may hold many
    articles, so that neither the file itself nor what a person types into the preview belongs to
    each of them. ``companions`` are the endings of files that belong to one of the same name beside
    it, or whole names that belong to every file of their folder; such a file is never read by
    itself where there is one that it belongs to.
    """

    title: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]] = ()
    is_binary: ClassVar[bool] = False
    holds_many: ClassVar[bool] = False
    companions: ClassVar[tuple[str, ...]] = ()

    def recognises(self, source: Source) -> bool:
        """Whether a file with one of the suffixes is of this format, by its content.

        Looks at little of it and never raises. Readers are asked in the order of the registry.
        """
        return True

    def may_own(self, name: str) -> bool:
        """Whether a file of this name can have companions."""
        return PurePosixPath(name).suffix.lower() in self.suffixes

    def options(self, source: Source) -> tuple[Option, ...]:
        """What a person may say about the file; never raises."""
        return ()

    def read(self, source: Source) -> Iterator[ArticleDraft]:
        """The articles of one file, in file order; lazy.

        Raises FormatError where the file is not what it claims to be.
        """
        raise NotImplementedError


class Writer:
    """Writes a corpus. A format's writer is a subclass called ``Writer``.

    ``suffix`` is the ending of what ``write`` makes: one file (``.jsonl``), or a folder of
    several files (empty suffix), which a download wraps in a zip. ``file_suffixes`` are the endings
    of a single file that a format of several can be asked for instead. A writer that does without
    the articles' tokens, as one that cuts the texts itself, is spared what reading them takes.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    suffix: ClassVar[str]
    uses_tokens: ClassVar[bool] = True
    fidelity: ClassVar[Fidelity]
    file_suffixes: ClassVar[tuple[str, ...]] = ()

    def write(
        self, articles: Iterable[AnnotatedArticle], target: Path, corpus: CorpusCard = UNNAMED
    ) -> WriteReport:
        """Write every article below ``target``; one pass, bounded memory.

        ``target`` is the path of the file (with suffix) or of an existing empty folder.
        """
        raise NotImplementedError


def why_no_example(article: AnnotatedArticle) -> str | None:
    """Why an article must not be written as a training example; None when it may.

    Formats with one tag per token say of every unmarked token that it is no name. That is true
    only once a person has finished the article. The machine's layer is written whatever the
    status, since whoever asks for it wants the machine's opinion.
    """
    if article.layer == SUGGESTIONS_LAYER:
        return None
    match article.status:
        case ReviewStatus.FINISHED:
            return None
        case ReviewStatus.OPEN:
            return "The review is not finished: unmarked text may still hold names."
        case ReviewStatus.UNREVIEWED:
            return "Nobody has reviewed the article: unmarked text may hold names."


def why_no_tokens(article: AnnotatedArticle) -> str | None:
    """Why an article cannot be written a token at a time; None when it can."""
    if article.tokens or not article.text.strip():
        return None
    return "The article has not been split into tokens."

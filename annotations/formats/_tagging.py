"""Names as tags on tokens: the schemes, and from tags to names.

Sources: Ramshaw and Marcus, "Text Chunking using Transformation-Based Learning" (1995), IOB1;
Tjong Kim Sang and Veenstra, "Representing Text Chunks" (EACL 1999), IOB2 and IOE2; Ratinov and
Roth, "Design Challenges and Misconceptions in Named Entity Recognition" (CoNLL 2009), BILOU.
IOBES is BILOU with other letters, also written BIOES; BMES has M and W besides. CoNLL-2012
(https://conll.cemantix.org/2012/data.html) has brackets: ``(GPE*`` opens a name, ``*)`` ends it,
``(GPE)`` is one of one token. Tags of several layers may share a cell, with bars between.

Where tags obey their scheme there is one way to read them. Where they do not, they are read as
the shared task's own scorer reads them (``conlleval``): a tag that continues nothing begins a
name, and a name ends before the next one and where its label changes. Each such place is a fault.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple


class Scheme(StrEnum):
    """How tags say where a name begins and ends."""

    IOB2 = "iob2"
    IOB1 = "iob1"
    IOE2 = "ioe2"
    IOBES = "iobes"
    BILOU = "bilou"
    IO = "io"
    BRACKETS = "brackets"


#: What a person reads of each scheme.
SCHEME_TITLES: Final = {
    Scheme.IOB2: "IOB2 (BIO): B- begins every name",
    Scheme.IOB1: "IOB1: B- only between two names of one kind",
    Scheme.IOE2: "IOE2: E- ends every name",
    Scheme.IOBES: "IOBES (BIOES, BMES): S- is a name of one token, E- ends a longer one",
    Scheme.BILOU: "BILOU (BILUO): U- is a name of one token, L- ends a longer one",
    Scheme.IO: "IO: the bare label, one name for each run of it",
    Scheme.BRACKETS: "Brackets (CoNLL-2012): (GPE* opens a name, *) ends it",
}


class Fault(StrEnum):
    """What is wrong with a tag that was read all the same; a clause for a person."""

    ORPHAN = "a tag continues a name where none has begun; a name was begun there"
    UNENDED = "a name is not closed as its scheme asks; it ends there"
    NEEDLESS = "B- stands where IOB1 has I-; a name was begun there"
    FOREIGN = "the tag’s first letter is not of the scheme; it was read as it is usually meant"


class Tagged(NamedTuple):
    """A name: the tokens ``first`` up to, but not including, ``last``."""

    first: int
    last: int
    label: str


@dataclass(slots=True)
class Reading:
    """The names of a sentence, the tokens with faults, and those whose tag is none."""

    names: list[Tagged] = field(default_factory=list)
    faults: list[tuple[int, Fault]] = field(default_factory=list)
    invalid: list[int] = field(default_factory=list)


#: What says that a token is in no name. The hyphen is spaCy's for "not known".
OUTSIDE: Final = frozenset({"O", "o", "_", "-", ""})
#: A label may hold spaces where tabs separate, but nothing that no database keeps.
_LABEL: Final = re.compile(r"(?=\S)[^\x00-\x1f\x7f]+")
_PREFIXED: Final = re.compile(rf"([BIELUSMW])-({_LABEL.pattern})")
_LETTERS: Final = {
    Scheme.IOB1: "BI",
    Scheme.IOB2: "BI",
    Scheme.IOE2: "IE",
    Scheme.IOBES: "BIESMW",
    Scheme.BILOU: "BILU",
}
#: The letters of all schemes by what they mean: begins, continues, ends, stands alone.
_MEANING: Final = {
    "B": "B", "I": "I", "M": "I", "E": "E", "L": "E", "S": "S", "U": "S", "W": "S",
}  # fmt: skip
_BEGUN_BY_B: Final = frozenset({Scheme.IOB2, Scheme.IOBES, Scheme.BILOU})
_CLOSED: Final = frozenset({Scheme.IOE2, Scheme.IOBES, Scheme.BILOU})


#: A cell of CoNLL-2012: within or outside a name, its end, its beginning, or both.
_BRACKETED: Final = re.compile(r"\*\)?|\((?P<label>[^()*|\s]*[^\W\d_][^()*|\s]*)(?:\*|\))")


def is_bracketed(tag: str) -> bool:
    """True for a cell such as ``(GPE*``, ``*)`` or ``*``."""
    return _BRACKETED.fullmatch(tag) is not None


def layers_of(tag: str) -> list[str]:
    """The tags of a cell that holds those of several layers, or else the one that it is."""
    parts = tag.split("|")
    if all(part in OUTSIDE or is_prefixed(part) for part in parts):
        return parts
    return [tag]


def is_prefixed(tag: str) -> bool:
    """True for a tag such as ``B-ORG``."""
    return _PREFIXED.fullmatch(tag) is not None


def label_of(tag: str) -> str:
    """The label of a tag such as ``B-ORG``; "" of any other."""
    match = _PREFIXED.fullmatch(tag)
    return match[2] if match else ""


def is_tag(tag: str, scheme: Scheme) -> bool:
    """True for a tag that can be read by the scheme, with fault or without."""
    if scheme is Scheme.BRACKETS:
        return tag in OUTSIDE or is_bracketed(tag)
    return tag in OUTSIDE or bool((_LABEL if scheme is Scheme.IO else _PREFIXED).fullmatch(tag))


def guess_scheme(sentences: Iterable[Sequence[str]]) -> Scheme:
    """The scheme that the tags of some sentences are most likely to follow."""
    letters: set[str] = set()
    orphans = needless = bare = brackets = 0
    for tags in sentences:
        letter, label = "", ""
        for tag in tags:
            match = _PREFIXED.fullmatch(tag)
            before, label_before = letter, label
            letter, label = match.groups() if match else ("", "")
            bare += not match and tag not in OUTSIDE
            brackets += is_bracketed(tag)
            letters.add(letter)
            follows = bool(before) and label == label_before
            orphans += letter == "I" and not follows
            needless += letter == "B" and not follows
    letters.discard("")
    if not letters:
        return _without_letters(bare, brackets)
    if letters & {"U", "L"}:
        return Scheme.BILOU
    if letters & {"S", "M", "W"} or letters >= {"B", "E"}:
        return Scheme.IOBES
    if "E" in letters:
        return Scheme.IOE2
    return Scheme.IOB1 if orphans > needless else Scheme.IOB2


def _without_letters(bare: int, brackets: int) -> Scheme:
    if brackets and 2 * brackets > bare:
        return Scheme.BRACKETS
    return Scheme.IO if bare else Scheme.IOB2


def _unbracketed(tags: Iterable[str]) -> Iterator[str]:
    """The tags of CoNLL-2012 in IOB2; what is none stays as it is."""
    label = ""
    for tag in tags:
        match = _BRACKETED.fullmatch(tag)
        if match is None:
            yield tag
            continue
        opened = match["label"]
        label = opened or label
        if opened:
            yield f"B-{label}"
        else:
            yield f"I-{label}" if label else "O"
        if tag.endswith(")"):
            label = ""


def read_tags(tags: Iterable[str], scheme: Scheme) -> Reading:
    """The names that the tags of one sentence mark."""
    if scheme is Scheme.BRACKETS:
        tags, scheme = _unbracketed(tags), Scheme.IOB2
    run = _Run(scheme)
    for index, tag in enumerate(tags):
        run.take(index, tag)
    run.end()
    return run.reading


class _Run:
    """Reads tags from left to right."""

    def __init__(self, scheme: Scheme) -> None:
        self.reading = Reading()
        self._scheme = scheme
        self._first = 0
        self._next = 0
        self._label = ""  # of the name that is open, else ""

    def take(self, index: int, tag: str) -> None:
        meaning, label = self._parsed(index, tag)
        goes_on = meaning in {"I", "E"} and label == self._label
        after_same = bool(label) and label == self._label
        if self._label and not goes_on:
            self._close(index, is_ended=False)
        self._next = index + 1
        if not meaning:
            return
        if not goes_on:
            self._first = index
            self._judge_start(index, meaning, after_same=after_same)
        self._label = label
        if meaning in {"E", "S"}:
            self._close(index + 1, is_ended=True)

    def end(self) -> None:
        if self._label:
            self._close(self._next, is_ended=False)

    def _parsed(self, index: int, tag: str) -> tuple[str, str]:
        if tag in OUTSIDE:
            return "", ""
        if not is_tag(tag, self._scheme):
            self.reading.invalid.append(index)
            return "", ""
        match = _PREFIXED.fullmatch(tag)
        if match is None or self._scheme is Scheme.IO:
            return "I", tag
        letter, label = match.groups()
        if letter not in _LETTERS[self._scheme]:
            self.reading.faults.append((index, Fault.FOREIGN))
        return _MEANING[letter], label

    def _judge_start(self, index: int, meaning: str, *, after_same: bool) -> None:
        if meaning in {"I", "E"} and self._scheme in _BEGUN_BY_B:
            self.reading.faults.append((index, Fault.ORPHAN))
        if meaning == "B" and self._scheme is Scheme.IOB1 and not after_same:
            self.reading.faults.append((index, Fault.NEEDLESS))

    def _close(self, last: int, *, is_ended: bool) -> None:
        if not is_ended and self._scheme in _CLOSED:
            self.reading.faults.append((last - 1, Fault.UNENDED))
        self.reading.names.append(Tagged(self._first, last, self._label))
        self._label = ""

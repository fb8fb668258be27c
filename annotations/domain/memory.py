"""What people decided about a form of words, and what that says of a new text.

A *form* is what a name looks like: “O'Shaughnessy”, “the White House”. People confirm a form under
a label, or reject it. `propose` turns that evidence, and what a machine proposes, into
suggestions. Nothing here is a list of names or of words: whether “Washington” is a person or a
place, whether “Reuters” is marked at all, is what the corpus's own people have decided.
"""

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from annotations.domain.decisions import Key
from annotations.domain.mentions import Mention, MentionState
from annotations.domain.spans import Span

#: The least share of a form's decisions that confirm it for it to be proposed.
_USUAL: Final = 0.5
#: The least share of a form's confirmations for a machine's own choice among labels to stand.
_POSSIBLE: Final = 0.15
#: A single word of fewer letters is known in its own case only: US is not “us”.
_SHORT: Final = 4

_APOSTROPHES: Final = str.maketrans("’ʼ＇", "'''")
_POSSESSIVE: Final = re.compile(r"(?<=\w)'s?\Z", re.IGNORECASE)
_WORD: Final = re.compile(r"\w+")
_BREAK: Final = re.compile(r"\n")


class Ground(StrEnum):
    """Why a suggestion stands where it stands."""

    PIPELINE = "pipeline"  # the pretrained pipeline proposes it
    MEMORY = "memory"  # people confirmed this form before
    ALIAS = "alias"  # it is short for a name in the same article


@dataclass(slots=True)
class Evidence:
    """How often a form was confirmed and rejected, by label."""

    confirmed: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)

    @property
    def is_name(self) -> bool:
        """True when those who met the form took it for a name more often than not."""
        confirmed = self.confirmed.total()
        return confirmed > 0 and confirmed >= _USUAL * (confirmed + self.refused)

    @property
    def is_refused(self) -> bool:
        """True when people rather took the form for no name, whatever its label."""
        return self.refused > 0 and not self.is_name

    @property
    def refused(self) -> int:
        """How often people took the form for no name at all.

        A rejection beside which another label was confirmed speaks of the label, not of the form.
        """
        total = self.confirmed.total()
        return sum(
            max(0, n - (total - self.confirmed[label])) for label, n in self.rejected.items()
        )

    def best(self, proposed: str | None = None) -> str:
        """The label to propose: the machine's own if people chose it often enough, else theirs."""
        total = self.confirmed.total()
        if proposed is not None and self.confirmed[proposed] >= max(1, _POSSIBLE * total):
            return proposed
        return min(self.confirmed, key=lambda label: (-self.confirmed[label], label))

    def score(self, label: str) -> float:
        """The share of decisions on the form that confirm the label, smoothed: from 0 to 1."""
        return (self.confirmed[label] + 1) / (self.confirmed.total() + self.refused + 2)


def form_of(quote: str) -> str:
    """A form as it is remembered: one space between words, straight apostrophes, no possessive."""
    return _POSSESSIVE.sub("", " ".join(quote.translate(_APOSTROPHES).split()))


def lead_of(form: str) -> str:
    """What a form is looked up by: its first two words, or the only one, in any case.

    Empty for a form without a letter or digit, which is never looked for.
    """
    return " ".join(word.casefold() for word in _WORD.findall(form)[:2])


class Words:
    """The words of a text, as forms are looked up in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        matches = list(_WORD.finditer(text))
        self.spans: list[tuple[int, int]] = [match.span() for match in matches]
        self.folded: list[str] = [match[0].casefold() for match in matches]
        breaks = [match.start() for match in _BREAK.finditer(text)]
        #: The line that each word stands on; no name goes beyond one.
        self.lines: list[int] = [bisect_right(breaks, start) for start, _ in self.spans]

    def leads(self) -> set[str]:
        """Every lead that a form in this text can have."""
        pairs = (f"{one} {other}" for one, other in zip(self.folded, self.folded[1:], strict=False))
        return {*self.folded, *pairs}


class _Known(NamedTuple):
    """A form taken apart: its words folded, and what stands before the first and after the last."""

    form: str
    words: list[str]
    before: str
    after: str


class Memory:
    """What is known of the forms of one corpus, or of those that one article may hold."""

    def __init__(self, known: Mapping[str, Evidence]) -> None:
        self._by_form = known
        self._by_lead: dict[str, list[_Known]] = defaultdict(list)
        self._by_case: dict[str, list[str]] = defaultdict(list)
        for form in sorted(known):
            matches = list(_WORD.finditer(form))
            if not matches:
                continue
            words = [match[0].casefold() for match in matches]
            taken_apart = _Known(form, words, form[: matches[0].start()], form[matches[-1].end() :])
            self._by_lead[" ".join(words[:2])].append(taken_apart)
            self._by_case[form.casefold()].append(form)

    def of(self, form: str) -> Evidence | None:
        """The evidence on a form: on itself, or else on the same words in another case."""
        own = self._by_form.get(form)
        if own is not None:
            return own
        others = [
            self._by_form[other]
            for other in self._by_case.get(form.casefold(), ())
            if _is_same_name(form, other)
        ]
        return max(others, key=lambda evidence: evidence.confirmed.total(), default=None)

    def places(self, words: Words) -> Iterator[tuple[Span, str]]:
        """Where forms that are names stand in a text, each with the form that is known."""
        folded = words.folded
        for index in range(len(folded)):
            for lead in (folded[index], " ".join(folded[index : index + 2])):
                for known in self._by_lead.get(lead, ()):
                    span = _place_of(known, words, index)
                    if span is not None and self._by_form[known.form].is_name:
                        yield span, known.form


def _place_of(known: _Known, words: Words, index: int) -> Span | None:
    """Where a known form stands if it begins with the word of that index."""
    last = index + len(known.words) - 1
    if words.folded[index : last + 1] != known.words or words.lines[index] != words.lines[last]:
        return None
    start = words.spans[index][0] - len(known.before)
    end = words.spans[last][1] + len(known.after)
    if start < 0:
        return None
    found = form_of(words.text[start:end])
    return Span(start, end) if found == known.form or _is_same_name(found, known.form) else None


def _is_same_name(one: str, other: str) -> bool:
    """True for the same words in another case, of which one is written in capitals."""
    if one.casefold() != other.casefold() or one.islower() or other.islower():
        return False
    return (one.isupper() or other.isupper()) and (len(one) >= _SHORT or " " in one)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A suggestion with why it stands there; ``form`` is the known form that it is taken for."""

    start: int
    end: int
    label: str
    ground: Ground
    score: float | None = None
    form: str = ""

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)

    @property
    def key(self) -> Key:
        """As `Mention.key`: what makes it the same suggestion."""
        return (self.start, self.end, self.label)

    def as_mention(self) -> Mention:
        return Mention(self.start, self.end, self.label, MentionState.SUGGESTED, self.score)


def propose(
    words: Words,
    tokens: Sequence[tuple[int, int]],
    machine: Iterable[Mention],
    memory: Memory,
    *,
    person: str | None = None,
) -> list[Proposal]:
    """What a machine and the memory together propose for a text; flat, in order.

    ``machine`` is flat, under the corpus's labels. ``person`` is the label of people, who are
    called by their last name once they were named in full; None where there is no such label.
    """
    starts, ends = {start for start, _ in tokens}, {end for _, end in tokens}
    settled = _settled(words.text, machine, memory)
    places = [
        (span, form)
        for span, form in memory.places(words)
        if span.start in starts and span.end in ends
    ]
    for span, form in sorted(places, key=lambda place: (-len(place[0]), place[0])):
        _recall(span, form, settled, memory)
    for alias in _aliases(words.text, tokens, settled, memory, person):
        settled.put(alias)
    return settled.in_order()


def _settled(text: str, machine: Iterable[Mention], memory: Memory) -> "_Flat":
    """The machine's mentions as people's decisions on the same forms let them stand."""
    flat = _Flat()
    for mention in machine:
        form = form_of(mention.span.of(text))
        known = memory.of(form)
        if known is None or not (known.is_name or known.is_refused):
            flat.put(Proposal(*mention.key, Ground.PIPELINE, mention.score))
        elif known.is_name:
            label = known.best(mention.label)
            score = known.score(label)
            flat.put(Proposal(mention.start, mention.end, label, Ground.MEMORY, score, form))
    return flat


def _recall(span: Span, form: str, settled: "_Flat", memory: Memory) -> None:
    """Propose a known form where nothing that is known better stands."""
    rivals = settled.touching(span)
    if any(rival.span == span or not _yields(rival, span) for rival in rivals):
        return
    known = memory.of(form)
    if known is None:
        return
    label = known.best(rivals[0].label if rivals else None)
    for rival in rivals:
        settled.drop(rival)
    settled.put(Proposal(span.start, span.end, label, Ground.MEMORY, known.score(label), form))


def _yields(rival: Proposal, span: Span) -> bool:
    """True for what gives way to a known form: a part of it, and what nobody has confirmed."""
    if span.contains(rival.span):
        return True
    return rival.ground is Ground.PIPELINE and not rival.span.contains(span)


def _aliases(
    text: str,
    tokens: Iterable[tuple[int, int]],
    settled: "_Flat",
    memory: Memory,
    person: str | None,
) -> list[Proposal]:
    """Short forms of names that stand in full in the same text, where nothing stands yet."""
    short = _short_forms(text, settled.in_order(), person)
    found = []
    for start, end in tokens if short else ():
        quote = text[start:end]
        form = quote if quote.isalpha() else form_of(quote)
        label = short.get(form)
        if label is None or settled.touching(Span(start, end)):
            continue
        known = memory.of(form)
        if known is None or not known.is_refused:
            found.append(Proposal(start, end, label, Ground.ALIAS, None, form))
    return found


def _short_forms(text: str, names: Iterable[Proposal], person: str | None) -> dict[str, str]:
    """Last names and initials of the names that have several words, with their labels."""
    short: dict[str, str] = {}
    for name in names:
        words = form_of(text[name.start : name.end]).split()
        if len(words) < 2:
            continue
        if name.label == person and words[-1][:1].isupper():
            short.setdefault(words[-1], name.label)
        initials = "".join(word[0] for word in words if word[0].isupper())
        if len(initials) > 1:
            short.setdefault(initials, name.label)
    return short


class _Flat:
    """Proposals that share no character, by where they start."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._proposals: list[Proposal] = []

    def put(self, proposal: Proposal) -> None:
        """Put one between those that are there; its place must be free (`touching`)."""
        index = bisect_right(self._starts, proposal.start)
        self._starts.insert(index, proposal.start)
        self._proposals.insert(index, proposal)

    def drop(self, proposal: Proposal) -> None:
        index = self._proposals.index(proposal)
        del self._starts[index], self._proposals[index]

    def touching(self, span: Span) -> list[Proposal]:
        """Those that share a character with a span, in order."""
        index = bisect_right(self._starts, span.start)
        if index and self._proposals[index - 1].end > span.start:
            index -= 1
        last = index
        while last < len(self._proposals) and self._starts[last] < span.end:
            last += 1
        return self._proposals[index:last]

    def in_order(self) -> list[Proposal]:
        return list(self._proposals)

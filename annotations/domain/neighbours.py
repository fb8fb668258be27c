"""Articles that must not be torn apart by a split, and a split that keeps them together.

Who learns from one wording of a story and is tested on the next has learnt the test by heart. Two
kinds of articles belong together: near-duplicates, as agency copy and its reprints, whatever the
day; and articles of one day that tell the same story in other words.

Near-duplicates are found by MinHash with one permutation over runs of five words, and banding, so
that not every pair is compared.
Sources: Broder, "On the resemblance and containment of documents" (1997); Li, Owen and Zhang,
"One Permutation Hashing" (NIPS 2012); Leskovec, Rajaraman and Ullman, "Mining of Massive
Datasets", chapter 3. Measured in the tests: of pairs that share half of their runs nearly all are
found.

All hashes are the same in every process, and so is everything that is made of them.
"""

import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b, sha256
from typing import Final

from annotations.domain.splits import part_of

#: Scripts that write no spaces between words: kana and Chinese characters, one "word" each.
_UNSPACED: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD: Final = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
#: Words in a run that is compared.
_RUN: Final = 5
#: How alike near-duplicates are: the share of runs that both have among those that one has.
_NEAR: Final = 0.5
#: Bins of a signature, and how many make a band. A pair that shares half of its runs has a band in
#: common with a probability of 1 - (1 - 0.5 ** 3) ** 42 > 0.99; one that shares 2 %, 0.0003.
_BINS: Final = 126
_BAND: Final = 3

#: Words that a story is known by have at least this many letters, and are few enough: no more than
#: this are kept of an article, those with the smallest hashes, which is a random sample.
_LETTERS: Final = 4
_KEPT_WORDS: Final = 128
#: A word is rare if it stands in no more than this share of all articles; whatever their number,
#: one that stands in so few is, and one that stands in more than so many is not.
_RARE_SHARE: Final = 0.1
_RARE_IN: Final = (5, 50)
#: How many of their rare words articles on the same story share, and how many there must be.
_SAME_STORY: Final = 0.3
_FEWEST_SHARED: Final = 4

type _Signature = array[int]


@dataclass(frozen=True, slots=True)
class _Print:
    """What is kept of an article: about one kilobyte."""

    number: int
    digest: int
    day: date | None
    signature: _Signature
    #: Hashes of some of its longer words, ascending.
    words: _Signature


def groups(texts: Iterable[tuple[int, str, date | None]]) -> dict[int, int]:
    """The group of each article, by its number; in one pass over the texts.

    Near-duplicates share a group, and so do articles of one day that share a good part of their
    rare words, and whatever hangs together by such pairs. A group is the smallest SHA-256 of its
    articles' texts, as a number: it is the same in every corpus with these articles.
    """
    frequencies: Counter[int] = Counter()
    prints = []
    for number, text, day in texts:
        prints.append(_print(number, text, day))
        frequencies.update(prints[-1].words)
    sets = _Sets(len(prints))
    _join_near_duplicates(prints, sets)
    _join_stories(prints, frequencies, sets)
    smallest: dict[int, int] = {}
    for index, each in enumerate(prints):
        root = sets.root(index)
        smallest[root] = min(each.digest, smallest.get(root, each.digest))
    return {each.number: smallest[sets.root(index)] for index, each in enumerate(prints)}


def assign(groups: Mapping[int, int], seed: int) -> dict[int, str]:
    """*train*, *dev* or *test* for each article: 80, 10 and 10 % of the groups.

    It depends on the seed and the group alone, so an article stays where it is when the corpus
    grows by articles that are none of its neighbours.
    """
    parts = {
        group: part_of(sha256(f"{seed}:{group:064x}".encode()).hexdigest())
        for group in set(groups.values())
    }
    return {number: parts[group] for number, group in groups.items()}


class _Sets:
    """Disjoint sets of the numbers below ``size``, which are joined."""

    def __init__(self, size: int) -> None:
        self._parents = list(range(size))

    def root(self, index: int) -> int:
        parents = self._parents
        while parents[index] != index:
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index

    def join(self, one: int, other: int) -> None:
        one, other = self.root(one), self.root(other)
        self._parents[max(one, other)] = min(one, other)


def _print(number: int, text: str, day: date | None) -> _Print:
    words = _WORD.findall(text.casefold())
    longer = {_hash(word) & 0xFFFFFFFF for word in set(words) if len(word) >= _LETTERS}
    return _Print(
        number,
        int(sha256(text.encode()).hexdigest(), 16),
        day,
        _signature(words),
        array("I", sorted(longer)[:_KEPT_WORDS]),
    )


def _signature(words: Sequence[str]) -> _Signature:
    """The smallest hash of the runs in each bin; 0 where no run falls into it."""
    signature = array("I", bytes(_BINS * array("I").itemsize))
    runs = {" ".join(words[i : i + _RUN]) for i in range(max(len(words) - _RUN + 1, bool(words)))}
    for run in runs:
        rest, place = divmod(_hash(run), _BINS)
        value = (rest & 0x7FFFFFFF) + 1
        if not 0 < signature[place] <= value:
            signature[place] = value
    return signature


def _hash(value: str) -> int:
    return int.from_bytes(blake2b(value.encode(), digest_size=8).digest())


def _join_near_duplicates(prints: Sequence[_Print], sets: _Sets) -> None:
    nothing = array("I", bytes(_BAND * array("I").itemsize)).tobytes()
    for start in range(0, _BINS, _BAND):
        # Band by band, so that only one index is in memory. Of articles that have been joined the
        # first stands for all: a thousand reprints are not compared with each other.
        standing: defaultdict[bytes, list[int]] = defaultdict(list)
        for index, each in enumerate(prints):
            band = each.signature[start : start + _BAND].tobytes()
            if band != nothing and not _is_joined(index, standing[band], prints, sets):
                standing[band].append(index)


def _is_joined(index: int, others: Iterable[int], prints: Sequence[_Print], sets: _Sets) -> bool:
    """Join an article with the first of the others that it resembles; False for none."""
    for other in others:
        if sets.root(index) == sets.root(other):
            return True
        if _resemblance(prints[index].signature, prints[other].signature) >= _NEAR:
            sets.join(index, other)
            return True
    return False


def _resemblance(one: _Signature, other: _Signature) -> float:
    """An estimate of the share of runs that both have among those that one has."""
    used = same = 0
    for a, b in zip(one, other, strict=True):
        used += (a | b) != 0
        same += a == b != 0
    return same / used if used else 0.0


def _join_stories(prints: Sequence[_Print], frequencies: Counter[int], sets: _Sets) -> None:
    fewest, most = _RARE_IN
    limit = min(max(fewest, int(len(prints) * _RARE_SHARE)), most)
    days: defaultdict[date, list[int]] = defaultdict(list)
    for index, each in enumerate(prints):
        if each.day is not None:
            days[each.day].append(index)
    for members in days.values():
        rare = {
            index: {word for word in prints[index].words if frequencies[word] <= limit}
            for index in members
        }
        for one, other in _sharing(rare):
            if _overlap(prints, rare, one, other) >= _SAME_STORY:
                sets.join(one, other)


def _sharing(words: Mapping[int, set[int]]) -> Iterator[tuple[int, int]]:
    """The pairs that share a few words."""
    holders: defaultdict[int, list[int]] = defaultdict(list)
    for index, mine in words.items():
        # Counted article by article: all pairs at once would not fit into memory.
        shared = Counter(other for word in mine for other in holders[word])
        yield from ((index, other) for other, count in shared.items() if count >= _FEWEST_SHARED)
        for word in mine:
            holders[word].append(index)


def _overlap(prints: Sequence[_Print], rare: Mapping[int, set[int]], one: int, other: int) -> float:
    """The share of rare words that both have among those that one has.

    Of an article with many words only those up to some hash are kept, so both are compared up to
    the lower of the two.
    """
    full = [
        prints[index].words[-1] for index in (one, other) if len(prints[index].words) == _KEPT_WORDS
    ]
    highest = min(full, default=0xFFFFFFFF)
    a = {word for word in rare[one] if word <= highest}
    b = {word for word in rare[other] if word <= highest}
    return len(a & b) / len(a | b) if a | b else 0.0

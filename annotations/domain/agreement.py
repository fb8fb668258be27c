"""How far people who annotated the same articles agree.

For spans the pairwise F1 is the standard: there is no telling how many stretches of a text are
*not* names, which chance-corrected measures would need (Hripcsak and Rothschild, "Agreement, the
F-Measure, and Reliability in Information Retrieval", 2005). Beside it stand Cohen's kappa (1960)
and Krippendorff's nominal alpha (2011) over tokens, each token with the label that covers it.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Final

from annotations.domain.alignment import align, flatten
from annotations.domain.mentions import Mention

#: The label of a token that no mention covers.
OUTSIDE: Final = "O"


@dataclass(slots=True)
class _Matches:
    """Mentions of both sides of all pairs, and how many of them have a partner."""

    mentions: int = 0
    matched: int = 0

    @property
    def f1(self) -> float | None:
        """2·matches / (mentions of one side + mentions of the other); None where there are none."""
        return self.matched / self.mentions if self.mentions else None


@dataclass
class Agreement:
    """Counts over articles that several people finished; `as_dict` has the measures.

    Holds counts alone, whatever the number of articles.
    """

    articles: int = 0
    annotators: set[str] = field(default_factory=set)
    exact: _Matches = field(default_factory=_Matches)
    overlapping: _Matches = field(default_factory=_Matches)
    by_label: dict[str, _Matches] = field(default_factory=dict)
    #: How often two people gave a token these two labels, by the pair's names.
    pairs: dict[tuple[str, str], Counter[tuple[str, str]]] = field(default_factory=dict)
    coincidences: defaultdict[tuple[str, str], float] = field(
        default_factory=lambda: defaultdict(float)
    )

    def add(
        self, tokens: Sequence[tuple[int, int]], layers: Mapping[str, Sequence[Mention]]
    ) -> None:
        """Count one article: the mentions of each person who finished it, by name.

        An article that fewer than two people finished says nothing and is not counted.
        """
        if len(layers) < 2:
            return
        self.articles += 1
        self.annotators.update(layers)
        labelled = {name: _token_labels(layers[name], tokens) for name in sorted(layers)}
        for one, other in combinations(labelled, 2):
            self._match(layers[one], layers[other])
            counts = self.pairs.setdefault((one, other), Counter())
            counts.update(zip(labelled[one], labelled[other], strict=True))
        for codes in zip(*labelled.values(), strict=True):
            self._coincide(Counter(codes), len(codes))

    def as_dict(self) -> dict[str, Any]:
        """The measures, rounded to four digits; null where nothing can be said."""
        return {
            "articles": self.articles,
            "annotators": len(self.annotators),
            "span_f1_exact": _rounded(self.exact.f1),
            "span_f1_overlapping": _rounded(self.overlapping.f1),
            "span_f1_exact_by_label": {
                label: _rounded(matches.f1) for label, matches in sorted(self.by_label.items())
            },
            "token_cohens_kappa": _rounded(self._mean_kappa(all_tokens=True)),
            "token_cohens_kappa_without_unmarked": _rounded(self._mean_kappa(all_tokens=False)),
            "token_krippendorffs_alpha": _rounded(alpha(self.coincidences)),
        }

    def _match(self, one: Sequence[Mention], other: Sequence[Mention]) -> None:
        keys = {m.key for m in one} & {m.key for m in other}
        for mention in (*one, *other):
            label = self.by_label.setdefault(mention.label, _Matches())
            for matches in (self.exact, label):
                matches.mentions += 1
                matches.matched += mention.key in keys
        for side, partners in ((one, other), (other, one)):
            self.overlapping.mentions += len(side)
            self.overlapping.matched += sum(1 for m in side if _has_partner(m, partners))

    def _coincide(self, codes: Counter[str], size: int) -> None:
        for one, n in codes.items():
            for other, m in codes.items():
                self.coincidences[one, other] += n * (m - (one == other)) / (size - 1)

    def _mean_kappa(self, *, all_tokens: bool) -> float | None:
        """The pairs' kappas, each weighted by its tokens."""
        total = weight = 0.0
        for counts in self.pairs.values():
            counted = counts if all_tokens else _without_unmarked(counts)
            value = kappa(counted)
            if value is not None:
                total += value * counted.total()
                weight += counted.total()
        return total / weight if weight else None


def kappa(counts: Counter[tuple[str, str]]) -> float | None:
    """Cohen's kappa of two coders from how often they gave these two codes.

    None where nothing was coded; 1 where both gave everything the same one code.
    """
    total = counts.total()
    if not total:
        return None
    first, second = Counter[str](), Counter[str]()
    for (one, other), n in counts.items():
        first[one] += n
        second[other] += n
    observed = sum(n for (one, other), n in counts.items() if one == other) / total
    expected = sum(n * second[code] for code, n in first.items()) / total**2
    return 1.0 if expected == 1 else (observed - expected) / (1 - expected)


def alpha(coincidences: Mapping[tuple[str, str], float]) -> float | None:
    """Krippendorff's nominal alpha from a coincidence matrix.

    None where fewer than two values can be paired; 1 where there is one code alone.
    """
    sizes = defaultdict[str, float](float)
    for (one, _), n in coincidences.items():
        sizes[one] += n
    total = sum(sizes.values())
    if total <= 1:
        return None
    observed = sum(n for (one, other), n in coincidences.items() if one != other)
    expected = (total**2 - sum(n**2 for n in sizes.values())) / (total - 1)
    return 1.0 if expected == 0 else 1 - observed / expected


def _token_labels(mentions: Sequence[Mention], tokens: Sequence[tuple[int, int]]) -> list[str]:
    labels = [OUTSIDE] * len(tokens)
    for mention, first, last in flatten(align(mentions, tokens)).fits:
        labels[first:last] = [mention.label] * (last - first)
    return labels


def _without_unmarked(counts: Counter[tuple[str, str]]) -> Counter[tuple[str, str]]:
    return Counter({codes: n for codes, n in counts.items() if codes != (OUTSIDE, OUTSIDE)})


def _has_partner(mention: Mention, partners: Sequence[Mention]) -> bool:
    return any(
        other.label == mention.label and other.start < mention.end and other.end > mention.start
        for other in partners
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)

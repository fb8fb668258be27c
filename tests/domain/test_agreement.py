"""Measures of agreement, against figures that others published or that can be counted by hand."""

from collections import Counter, defaultdict
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.domain.agreement import Agreement, alpha, kappa
from annotations.domain.mentions import Mention

TOKENS = [(0, 3), (4, 7), (8, 11), (12, 15), (16, 19)]


def test_kappa_of_the_textbook() -> None:
    # Two readers of fifty grant proposals: 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no.
    counts = Counter({("y", "y"): 20, ("y", "n"): 5, ("n", "y"): 10, ("n", "n"): 15})
    assert kappa(counts) == pytest.approx(0.4)


def test_alpha_of_krippendorffs_own_example() -> None:
    # Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), section C: four observers,
    # twelve units, values missing; the nominal alpha is 0.743.
    observers = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
        [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
    ]
    coincidences: defaultdict[tuple[str, str], float] = defaultdict(float)
    for unit in zip(*observers, strict=True):
        values = [str(v) for v in unit if v is not None]
        for one, other in permutations(range(len(values)), 2):
            coincidences[values[one], values[other]] += 1 / (len(values) - 1)
    assert alpha(coincidences) == pytest.approx(0.743, abs=0.0005)


def test_mentions_are_counted_by_hand() -> None:
    agreement = Agreement()
    ada = [Mention(0, 3, "PER"), Mention(4, 11, "ORG"), Mention(16, 19, "LOC")]
    ben = [Mention(0, 3, "PER"), Mention(8, 11, "ORG"), Mention(16, 19, "ORG")]
    agreement.add(TOKENS, {"ada": ada, "ben": ben})
    agreement.add(TOKENS, {"ada": ada})
    found = agreement.as_dict()
    assert (found["articles"], found["annotators"]) == (1, 2)
    assert found["span_f1_exact"] == pytest.approx(2 / 6, abs=1e-4)
    assert found["span_f1_overlapping"] == pytest.approx(4 / 6, abs=1e-4)
    assert found["span_f1_exact_by_label"] == {"LOC": 0, "ORG": 0, "PER": 1}


@given(
    st.lists(
        st.builds(
            lambda first, size, label: Mention(
                TOKENS[first][0], TOKENS[min(first + size, 4)][1], label
            ),
            st.integers(0, 4),
            st.integers(0, 2),
            st.sampled_from(["PER", "ORG"]),
        ),
        unique_by=lambda m: m.key,
        min_size=1,
    )
)
def test_who_agrees_with_oneself_agrees_wholly(mentions: list[Mention]) -> None:
    agreement = Agreement()
    agreement.add(TOKENS, dict.fromkeys(("ada", "ben", "cleo"), mentions))
    measures = agreement.as_dict()
    for name, value in measures.items():
        if name not in {"articles", "annotators", "span_f1_exact_by_label"}:
            assert value == 1, name


def test_where_nobody_shared_an_article_nothing_is_said() -> None:
    measures = Agreement().as_dict()
    assert measures["span_f1_exact"] is None
    assert measures["token_krippendorffs_alpha"] is None
    assert measures["token_cohens_kappa"] is None

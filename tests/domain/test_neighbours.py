"""Neighbours stay together, strangers do not, and nobody moves when strangers come."""

import random
import subprocess
import sys
import tracemalloc
from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.domain.neighbours import assign, groups

DAY = date(2017, 7, 8)
COMMON = [
    "the", "of", "and", "to", "in", "said", "that", "for", "with", "was", "his", "they", "from",
    "which", "have", "were", "been", "will", "would", "about", "after", "year", "people",
    "government", "state", "police", "city", "week", "president", "country", "other", "than",
]  # fmt: skip

type Texts = list[tuple[int, str, date | None]]


def story(seed: int, words: int = 300) -> str:
    """A text of common words and of some that no other story has."""
    chance = random.Random(seed)  # noqa: S311
    rare = [f"name{seed}x{n}" for n in range(60)]
    return " ".join(
        chance.choice(rare) if chance.random() < 0.4 else chance.choice(COMMON)
        for _ in range(words)
    )


def reworded(seed: int, kept: float, wording: int = 1) -> str:
    """The same story with all its sentences anew: a share of its rare words, in another order."""
    chance = random.Random(seed + wording * 1_000_000)  # noqa: S311
    rare = [f"name{seed}x{n}" for n in range(60)]
    own = [f"other{seed}x{n}" for n in range(60)]
    cut = int(len(rare) * kept)
    return " ".join(
        chance.choice(rare[:cut] + own[cut:]) if chance.random() < 0.4 else chance.choice(COMMON)
        for _ in range(300)
    )


def resemblance(one: str, other: str) -> float:
    """The share of runs of five words, counted out."""
    a, b = ({tuple(w[i : i + 5]) for i in range(len(w) - 4)} for w in (one.split(), other.split()))
    return len(a & b) / len(a | b)


def edited(text: str, changes: int, chance: random.Random) -> str:
    words = text.split()
    for place in chance.sample(range(len(words)), changes):
        words[place] = "EDITED"
    return " ".join(words)


def test_a_reprint_shares_the_group_of_its_original_on_any_day() -> None:
    lead = story(1)
    reprint = f"(Wire) — {lead.upper()} More on page three."
    found = groups([(1, lead, DAY), (2, story(2), DAY), (3, reprint, DAY + timedelta(3))])
    assert found[1] == found[3] != found[2]
    assert groups([(1, lead, None), (3, reprint, None)])[1] == found[1]


def test_near_duplicates_are_found_and_others_are_not() -> None:
    chance = random.Random(7)  # noqa: S311
    texts: Texts = []
    near, far = [], []
    for seed in range(200):
        original, copy = story(seed), edited(story(seed), seed % 60, chance)
        number = 2 * seed
        texts += [(number, original, None), (number + 1, copy, None)]
        share = resemblance(original, copy)
        if share > 0.65:
            near.append(number)
        elif share < 0.35:
            far.append(number)
    found = groups(texts)
    assert len(near) > 30
    assert len(far) > 30
    assert sum(found[number] == found[number + 1] for number in near) >= 0.98 * len(near)
    assert sum(found[number] == found[number + 1] for number in far) <= 0.02 * len(far)
    assert len({found[2 * seed] for seed in range(200)}) == 200


def test_one_days_story_in_other_words_shares_a_group_and_another_days_does_not() -> None:
    texts: Texts = [(seed, story(seed), DAY + timedelta(seed % 3)) for seed in range(30)]
    told_again: Texts = [
        (100 + seed, reworded(seed, kept=0.8), DAY + timedelta(seed % 3)) for seed in range(30)
    ]
    late: Texts = [
        (200, reworded(5, kept=0.8, wording=2), DAY + timedelta(9)),
        (201, story(99), DAY),
    ]
    found = groups([*texts, *told_again, *late])
    assert [seed for seed in range(30) if found[seed] != found[100 + seed]] == []
    assert len({found[seed] for seed in range(30)}) == 30
    assert Counter(found.values())[found[200]] == Counter(found.values())[found[201]] == 1


def test_articles_of_one_day_with_little_in_common_stay_apart() -> None:
    texts: Texts = [(seed, story(seed), DAY) for seed in range(40)]
    texts += [(100 + seed, reworded(seed, kept=0.15), DAY) for seed in range(40)]
    assert len(set(groups(texts).values())) == 80


def test_texts_without_spaces_between_words_are_compared() -> None:
    text = "北京的天气今天很好我们决定去公园散步看花和喝茶" * 3 + "然后回家"
    found = groups(
        [(1, text, None), (2, text + "再见", None), (3, "東京は今日も雨が降っています。", None)]
    )
    assert found[1] == found[2] != found[3]


def test_short_and_empty_texts_are_no_ones_neighbours() -> None:
    found = groups([(1, "", DAY), (2, " \n", DAY), (3, "Ulm slept.", DAY), (4, "Ulm woke.", DAY)])
    assert len(set(found.values())) == 4


texts = st.lists(
    st.tuples(
        st.integers(0, 30).map(story) | st.text(max_size=40),
        st.none() | st.dates(DAY, DAY + timedelta(2)),
    ),
    max_size=12,
).map(lambda rows: [(number, *row) for number, row in enumerate(rows, start=1)])


@settings(deadline=None, max_examples=50)
@given(texts, st.randoms(use_true_random=False))
def test_groups_depend_neither_on_order_nor_on_numbers(rows: Texts, chance: random.Random) -> None:
    found = groups(iter(rows))
    assert list(found) == [number for number, _, _ in rows]
    shuffled = [(1000 + number, text, day) for number, text, day in rows]
    chance.shuffle(shuffled)
    assert groups(shuffled) == {1000 + number: group for number, group in found.items()}
    for one, text, _ in rows:
        for other, same, _ in rows:
            if text == same and text.strip():
                assert found[one] == found[other]


@settings(deadline=None, max_examples=50)
@given(texts, st.integers(0, 2**32))
def test_nobody_is_moved_by_articles_that_are_no_neighbours(rows: Texts, seed: int) -> None:
    before = assign(groups(rows), seed)
    strangers: Texts = [(500 + n, story(5_000 + n), DAY - timedelta(n + 1)) for n in range(5)]
    after = assign(groups([*rows, *strangers]), seed)
    assert {number: after[number] for number in before} == before


def test_a_group_is_in_one_part_and_the_parts_have_their_shares() -> None:
    numbers = {number: number // 2 for number in range(20_000)}
    parts = assign(numbers, 7)
    assert all(parts[number] == parts[number ^ 1] for number in numbers)
    shares = {part: count / 20_000 for part, count in Counter(parts.values()).items()}
    assert shares == pytest.approx({"train": 0.8, "dev": 0.1, "test": 0.1}, abs=0.01)
    assert assign(numbers, 7) == parts != assign(numbers, 8)


def test_every_process_finds_the_same() -> None:
    code = (
        "from annotations.domain.neighbours import assign, groups\n"
        "found = groups([(1, 'Ulm slept through the night.', None), (2, 'Alder woke.', None)])\n"
        "print(sorted(found.items()), sorted(assign(found, 3).items()))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_an_article_takes_little_more_than_a_kilobyte() -> None:
    shared = [story(seed) for seed in range(10)]
    groups([(0, shared[0], None)])
    tracemalloc.start()
    found = groups((n, f"{shared[n % 10]} {n}", None) for n in range(400))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(set(found.values())) == 10
    assert peak < 1_200_000

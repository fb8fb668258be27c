"""Overlapping mentions cut into segments that can be drawn one after the other."""

import time
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from annotations.domain.mentions import Mention
from annotations.domain.segments import Segment, segments


@st.composite
def mention_lists(draw: st.DrawFn) -> list[Mention]:
    starts_and_lengths = st.tuples(
        st.integers(0, 40), st.integers(1, 15), st.sampled_from(["ORG", "GPE"])
    )
    made = [Mention(s, s + n, label) for s, n, label in draw(st.lists(starts_and_lengths))]
    return list({mention.key: mention for mention in made}.values())


stretches = st.tuples(st.integers(0, 30), st.integers(0, 40)).map(lambda s: (s[0], s[0] + s[1]))


def test_a_stretch_without_mentions_is_one_segment() -> None:
    assert segments(3, 9, []) == [Segment(3, 9)]


def test_an_empty_stretch_has_no_segments() -> None:
    assert segments(4, 4, [Mention(2, 8, "ORG")]) == []


def test_a_mention_is_one_segment_between_two_plain_ones() -> None:
    name = Mention(3, 6, "PERSON")
    assert segments(0, 9, [name]) == [Segment(0, 3), Segment(3, 6, (name,)), Segment(6, 9)]


def test_the_innermost_of_nested_mentions_comes_last() -> None:
    quote, person, place = Mention(0, 20, "QUOTE"), Mention(0, 12, "PERSON"), Mention(4, 8, "GPE")
    cut = segments(0, 20, [place, quote, person])
    assert [(s.start, s.end, s.mentions) for s in cut] == [
        (0, 4, (quote, person)),
        (4, 8, (quote, person, place)),
        (8, 12, (quote, person)),
        (12, 20, (quote,)),
    ]


def test_crossing_mentions_share_the_segment_in_the_middle() -> None:
    left, right = Mention(0, 6, "ORG"), Mention(4, 9, "GPE")
    assert segments(0, 9, [left, right]) == [
        Segment(0, 4, (left,)),
        Segment(4, 6, (left, right)),
        Segment(6, 9, (right,)),
    ]


def test_mentions_on_the_same_characters_are_drawn_in_one_segment_by_label() -> None:
    org, gpe = Mention(2, 5, "ORG"), Mention(2, 5, "GPE")
    assert segments(2, 5, [org, gpe]) == [Segment(2, 5, (gpe, org))]


def test_a_mention_that_reaches_beyond_the_stretch_is_clipped_but_whole_in_itself() -> None:
    long = Mention(0, 30, "EVENT")
    assert segments(10, 20, [long]) == [Segment(10, 20, (long,))]


def test_a_mention_that_only_touches_the_stretch_is_not_in_it() -> None:
    assert segments(5, 9, [Mention(0, 5, "ORG"), Mention(9, 12, "ORG")]) == [Segment(5, 9)]


@given(stretches, mention_lists())
def test_the_segments_cover_the_stretch_exactly(
    stretch: tuple[int, int], mentions: list[Mention]
) -> None:
    covered = [i for s in segments(*stretch, mentions) for i in range(s.start, s.end)]
    assert covered == list(range(*stretch))


@given(stretches, mention_lists())
def test_the_segments_of_a_mention_are_its_characters_within_the_stretch(
    stretch: tuple[int, int], mentions: list[Mention]
) -> None:
    cut = segments(*stretch, mentions)
    for mention in mentions:
        own = {i for s in cut if mention in s.mentions for i in range(s.start, s.end)}
        assert own == set(range(mention.start, mention.end)) & set(range(*stretch))


@given(stretches, mention_lists())
def test_every_cut_is_an_edge_and_no_segment_is_empty(
    stretch: tuple[int, int], mentions: list[Mention]
) -> None:
    edges = {edge for m in mentions for edge in (m.start, m.end)} | set(stretch)
    for segment in segments(*stretch, mentions):
        assert segment.start < segment.end
        assert {segment.start, segment.end} <= edges


@given(stretches, mention_lists(), st.randoms())
def test_the_order_in_which_mentions_come_makes_no_difference(
    stretch: tuple[int, int], mentions: list[Mention], random: Random
) -> None:
    shuffled = random.sample(mentions, len(mentions))
    assert segments(*stretch, shuffled) == segments(*stretch, mentions)


def test_ten_thousand_mentions_are_cut_in_under_two_seconds() -> None:
    mentions = [Mention(30 * i, 30 * i + 45, "ORG") for i in range(10_000)]
    began = time.perf_counter()
    assert len(segments(0, 400_000, mentions)) == 20_000
    assert time.perf_counter() - began < 2

"""Mentions: their order, who stands behind them, and which may stand together."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.domain.errors import OverlapNotAllowed
from annotations.domain.mentions import (
    Mention,
    MentionState,
    OverlapPolicy,
    check_overlaps,
    fitting,
    in_reading_order,
    may_stand_together,
)
from annotations.domain.spans import Span


@st.composite
def mentions(draw: st.DrawFn) -> Mention:
    start = draw(st.integers(0, 11))
    return Mention(start, draw(st.integers(start + 1, 12)), draw(st.sampled_from("AB")))


def test_a_mention_made_by_hand_is_added_without_a_score() -> None:
    mention = Mention(3, 7, "ORG")
    assert (mention.state, mention.score, mention.span) == (MentionState.ADDED, None, Span(3, 7))


@pytest.mark.parametrize(
    ("state", "decided"),
    [
        (MentionState.SUGGESTED, False),
        (MentionState.ACCEPTED, True),
        (MentionState.CHANGED, True),
        (MentionState.ADDED, True),
    ],
)
def test_only_a_suggestion_has_no_person_behind_it(state: MentionState, decided: bool) -> None:
    assert Mention(0, 1, "ORG", state).is_decided is decided


def test_reading_order_puts_the_longest_first_then_the_label() -> None:
    inner, outer = Mention(0, 4, "GPE"), Mention(0, 9, "ORG")
    twin, later = Mention(0, 4, "LOC"), Mention(2, 3, "DATE")
    assert in_reading_order([later, twin, inner, outer]) == [outer, inner, twin, later]


@given(st.lists(mentions(), unique_by=lambda m: m.key), st.randoms())
def test_reading_order_does_not_depend_on_the_order_before(
    row: list[Mention], random: Random
) -> None:
    shuffled = random.sample(row, len(row))
    assert in_reading_order(shuffled) == in_reading_order(row)


@given(mentions(), mentions())
def test_what_may_stand_together_grows_from_flat_to_nested_to_any(a: Mention, b: Mention) -> None:
    flat, nested, any_ = (
        may_stand_together(a, b, policy)
        for policy in (OverlapPolicy.FLAT, OverlapPolicy.NESTED, OverlapPolicy.ANY)
    )
    assert flat <= nested <= any_
    assert flat == (not a.span.overlaps(b.span))
    assert any_ == (a.key != b.key)


@pytest.mark.parametrize("policy", OverlapPolicy)
def test_the_same_span_with_the_same_label_never_stands_twice(policy: OverlapPolicy) -> None:
    machine = Mention(2, 5, "ORG", MentionState.SUGGESTED, 0.9, "tagger 1.0")
    assert not may_stand_together(machine, Mention(2, 5, "ORG"), policy)


def test_a_place_inside_a_name_stands_where_nesting_is_allowed() -> None:
    club, town = Mention(0, 16, "ORG"), Mention(0, 6, "GPE")
    assert may_stand_together(club, town, OverlapPolicy.NESTED)
    assert not may_stand_together(club, town, OverlapPolicy.FLAT)


def test_crossing_mentions_stand_only_where_everything_is_allowed() -> None:
    one, other = Mention(0, 6, "ORG"), Mention(4, 9, "GPE")
    assert not may_stand_together(one, other, OverlapPolicy.NESTED)
    assert may_stand_together(one, other, OverlapPolicy.ANY)


def test_a_refused_overlap_names_both_quotes() -> None:
    text = "Ostrow Choir sang."
    with pytest.raises(OverlapNotAllowed) as refusal:
        check_overlaps(Mention(0, 6, "GPE"), [Mention(0, 12, "ORG")], OverlapPolicy.FLAT, text)
    assert (refusal.value.quote, refusal.value.other) == ("Ostrow", "Ostrow Choir")


def test_mentions_apart_are_not_refused() -> None:
    others = [Mention(0, 6, "GPE"), Mention(7, 12, "ORG")]
    check_overlaps(Mention(13, 17, "MISC"), others, OverlapPolicy.FLAT, "Ostrow Choir sang.")


@given(st.lists(mentions(), unique_by=lambda mention: mention.key), st.sampled_from(OverlapPolicy))
def test_of_any_mentions_those_that_fit_stand_together_and_the_others_clash_with_one_of_them(
    given: list[Mention], policy: OverlapPolicy
) -> None:
    kept, yielding = fitting(given, policy)
    assert in_reading_order([*kept, *(mention for mention, _ in yielding)]) == (
        in_reading_order(given)
    )
    assert all(
        may_stand_together(one, other, policy)
        for index, one in enumerate(kept)
        for other in kept[:index]
    )
    for mention, other in yielding:
        assert other in kept
        assert not may_stand_together(mention, other, policy)


def test_of_two_that_clash_the_one_that_begins_first_stays() -> None:
    one, other = Mention(0, 6, "ORG"), Mention(4, 19, "GPE")
    assert fitting([other, one], OverlapPolicy.NESTED) == ([one], [(other, one)])

"""Decisions: what each does to a layer, and what holds after any number of them."""

from copy import deepcopy
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.domain.decisions import (
    Accept,
    Add,
    Adjust,
    Change,
    Decision,
    Key,
    Layer,
    Reject,
    Relabel,
    accept_all,
    decide,
    mention_id,
    parse_mention_id,
    replay,
)
from annotations.domain.errors import (
    EmptySpan,
    OverlapNotAllowed,
    SpanOutOfText,
    UnknownMention,
)
from annotations.domain.mentions import Mention, MentionState, OverlapPolicy, may_stand_together

TEXT = "Ada Lovelace met Charles Babbage in London on Monday; both left."
LABELS = ("PERSON", "ORG", "GPE")


def suggestion(start: int, end: int, label: str = "PERSON", score: float | None = 0.5) -> Mention:
    return Mention(start, end, label, MentionState.SUGGESTED, score)


ADA = suggestion(0, 12)
CHARLES = suggestion(17, 32)
LONDON = suggestion(36, 42, "GPE", 0.9)


def layer(*suggestions: Mention, policy: OverlapPolicy = OverlapPolicy.FLAT) -> Layer:
    return Layer.of(policy=policy, suggestions=suggestions)


def after(layer: Layer, *decisions: Decision) -> Layer:
    for decision in decisions:
        layer.apply(decide(layer, decision, text=TEXT))
    return layer


def keys(mentions: list[Mention]) -> list[Key]:
    return [mention.key for mention in mentions]


# ── One verb at a time ───────────────────────────────────────────────────────────────────────────


def test_accepting_a_suggestion_makes_it_an_annotation_with_its_score() -> None:
    done = after(layer(ADA, LONDON), Accept(LONDON.key))
    assert list(done.annotations.values()) == [
        Mention(36, 42, "GPE", MentionState.ACCEPTED, score=0.9)
    ]
    assert keys(done.pending()) == [ADA.key]


def test_accepting_what_is_accepted_already_changes_nothing() -> None:
    done = after(layer(ADA), Accept(ADA.key))
    assert not decide(done, Accept(ADA.key), text=TEXT)


def test_rejecting_a_suggestion_leaves_neither_annotation_nor_suggestion() -> None:
    done = after(layer(ADA), Reject(ADA.key))
    assert (done.visible(), done.rejections) == ([], {ADA.key})


def test_removing_an_added_mention_leaves_no_trace() -> None:
    done = after(layer(), Add(0, 3, "PERSON"), Reject((0, 3, "PERSON")))
    assert (done.annotations, done.rejections) == ({}, set())


def test_removing_an_accepted_mention_does_not_bring_its_suggestion_back() -> None:
    done = after(layer(ADA), Accept(ADA.key), Reject(ADA.key))
    assert (done.visible(), done.rejections) == ([], {ADA.key})


def test_removing_a_mention_does_not_uncover_what_a_later_run_suggested_beneath_it() -> None:
    mine = Mention(0, 12, "ORG")
    start = Layer.of(
        policy=OverlapPolicy.FLAT, suggestions=[suggestion(0, 3), LONDON], annotations=[mine]
    )
    assert keys(after(start, Reject(mine.key)).visible()) == [LONDON.key]


def test_relabelling_a_suggestion_answers_it_and_keeps_its_score() -> None:
    done = after(layer(LONDON), Relabel(LONDON.key, "ORG"))
    assert done.visible() == [Mention(36, 42, "ORG", MentionState.CHANGED, score=0.9)]
    assert done.rejections == {LONDON.key}


def test_relabelling_a_suggestion_to_its_own_label_accepts_it() -> None:
    done = after(layer(LONDON), Relabel(LONDON.key, "GPE"))
    assert [m.state for m in done.visible()] == [MentionState.ACCEPTED]


def test_relabelling_back_to_the_suggestions_own_label_is_accepted() -> None:
    done = after(layer(LONDON), Relabel(LONDON.key, "ORG"), Relabel((36, 42, "ORG"), "GPE"))
    assert done.visible() == [Mention(36, 42, "GPE", MentionState.ACCEPTED, score=0.9)]
    assert done.rejections == set()


def test_adjusting_a_suggestion_moves_it_and_answers_it() -> None:
    done = after(layer(ADA), Adjust(ADA.key, 4, 12))
    assert done.visible() == [Mention(4, 12, "PERSON", MentionState.CHANGED, score=0.5)]
    assert done.rejections == {ADA.key}


def test_adjusting_back_to_the_suggestions_own_edges_is_accepted() -> None:
    done = after(layer(ADA), Adjust(ADA.key, 4, 12), Adjust((4, 12, "PERSON"), 0, 12))
    assert [(m.key, m.state) for m in done.visible()] == [(ADA.key, MentionState.ACCEPTED)]


def test_a_mention_that_a_person_added_stays_added_when_it_is_changed() -> None:
    done = after(layer(), Add(0, 3, "ORG"), Relabel((0, 3, "ORG"), "PERSON"))
    assert [m.state for m in done.visible()] == [MentionState.ADDED]


def test_adding_marks_a_mention_without_a_score() -> None:
    assert after(layer(), Add(46, 52, "ORG")).visible() == [Mention(46, 52, "ORG")]


def test_adding_what_the_machine_suggests_there_is_accepting_it_with_its_score() -> None:
    done = after(layer(LONDON), Add(*LONDON.key))
    assert done.visible() == [Mention(36, 42, "GPE", MentionState.ACCEPTED, score=0.9)]


def test_adding_what_was_rejected_takes_the_rejection_back() -> None:
    done = after(layer(ADA), Reject(ADA.key), Add(*ADA.key))
    assert [m.state for m in done.visible()] == [MentionState.ACCEPTED]
    assert done.rejections == set()


def test_adding_twice_changes_nothing_the_second_time() -> None:
    done = after(layer(), Add(0, 3, "PERSON"))
    assert not decide(done, Add(0, 3, "PERSON"), text=TEXT)


def test_adding_over_a_suggestion_answers_the_suggestion() -> None:
    done = after(layer(ADA, LONDON), Add(4, 16, "ORG"))
    assert keys(done.visible()) == [(4, 16, "ORG"), LONDON.key]
    assert done.rejections == {ADA.key}


def test_what_the_author_of_an_imported_mention_did_not_write_is_no_longer_theirs() -> None:
    imported = Mention(0, 12, "PERSON", MentionState.ADDED, source="bela")
    start = Layer.of(policy=OverlapPolicy.FLAT, annotations=[imported])
    assert after(start, Relabel(imported.key, "ORG")).visible()[0].source == ""


def test_accepting_all_is_one_change() -> None:
    start = layer(ADA, CHARLES, LONDON)
    after(start, Reject(CHARLES.key))
    change = accept_all(start)
    assert [(m.key, m.state, m.score) for m in change.added] == [
        (ADA.key, MentionState.ACCEPTED, 0.5),
        (LONDON.key, MentionState.ACCEPTED, 0.9),
    ]


def test_of_suggestions_that_exclude_each_other_accepting_all_takes_the_first() -> None:
    inner = suggestion(4, 12, "ORG")
    change = accept_all(layer(ADA, inner))
    assert [m.key for m in change.added] == [ADA.key]
    assert change.rejected == (inner.key,)


def test_accepting_all_with_nothing_pending_is_no_change() -> None:
    assert not accept_all(layer())


# ── Refusals ─────────────────────────────────────────────────────────────────────────────────────


def test_a_flat_corpus_refuses_a_mention_inside_another_and_names_both() -> None:
    start = after(layer(ADA), Accept(ADA.key))
    with pytest.raises(OverlapNotAllowed, match="“Lovelace” would overlap “Ada Lovelace”"):
        decide(start, Add(4, 12, "ORG"), text=TEXT)


def test_a_nested_corpus_takes_a_mention_inside_another_but_none_that_crosses() -> None:
    start = after(layer(ADA, policy=OverlapPolicy.NESTED), Accept(ADA.key), Add(4, 12, "ORG"))
    assert len(start.visible()) == 2
    with pytest.raises(OverlapNotAllowed):
        decide(start, Add(4, 16, "ORG"), text=TEXT)


def test_any_overlap_is_fine_where_the_corpus_says_so() -> None:
    start = after(layer(ADA, policy=OverlapPolicy.ANY), Accept(ADA.key), Add(4, 16, "ORG"))
    assert len(start.visible()) == 2


def test_relabelling_into_a_mention_that_is_there_merges_the_two() -> None:
    start = after(layer(policy=OverlapPolicy.ANY), Add(0, 3, "ORG"), Add(0, 3, "GPE"))
    assert keys(after(start, Relabel((0, 3, "ORG"), "GPE")).visible()) == [(0, 3, "GPE")]


@pytest.mark.parametrize("decision", [Accept(ADA.key), Reject(ADA.key), Relabel(ADA.key, "ORG")])
def test_a_decision_about_a_mention_that_is_gone_is_refused(decision: Decision) -> None:
    start = after(layer(ADA), Reject(ADA.key))
    with pytest.raises(UnknownMention):
        decide(start, decision, text=TEXT)


def test_a_suggestion_under_an_annotation_cannot_be_decided() -> None:
    start = Layer.of(
        policy=OverlapPolicy.FLAT, suggestions=[ADA], annotations=[Mention(4, 12, "ORG")]
    )
    with pytest.raises(UnknownMention):
        decide(start, Accept(ADA.key), text=TEXT)


def test_edges_that_enclose_nothing_are_refused() -> None:
    with pytest.raises(EmptySpan):
        decide(layer(ADA), Adjust(ADA.key, 12, 12), text=TEXT)


def test_edges_beyond_the_text_are_refused() -> None:
    with pytest.raises(SpanOutOfText):
        decide(layer(ADA), Adjust(ADA.key, 0, len(TEXT) + 1), text=TEXT)


def test_a_change_that_does_not_fit_its_layer_is_refused() -> None:
    change = Change(removed=(Mention(0, 3, "ORG"),))
    with pytest.raises(UnknownMention):
        layer().apply(change)


# ── Names of mentions ────────────────────────────────────────────────────────────────────────────


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.sampled_from(["ORG", "B-x_1", "A-1-2"]))
def test_a_mentions_name_tells_its_key(start: int, end: int, label: str) -> None:
    assert parse_mention_id(mention_id((start, end, label))) == (start, end, label)


@pytest.mark.parametrize(
    "name", ["", "1", "1-2", "1-2-", "a-2-ORG", "-1-2-ORG", "1.5-2-ORG", f"1-{'9' * 5000}-ORG"]
)
def test_what_names_no_mention_is_refused(name: str) -> None:
    with pytest.raises(UnknownMention):
        parse_mention_id(name)


# ── After any number of decisions ────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Move:
    """A decision about whatever is visible when its turn comes."""

    verb: str
    pick: int
    start: int
    end: int
    label: str

    def on(self, layer: Layer) -> Decision:
        visible = layer.visible()
        if self.verb == "add" or not visible:
            return Add(self.start, self.end, self.label)
        key = visible[self.pick % len(visible)].key
        match self.verb:
            case "accept":
                return Accept(key)
            case "reject":
                return Reject(key)
            case "relabel":
                return Relabel(key, self.label)
            case _:
                return Adjust(key, self.start, self.end)


# Few places, so that the moves meet each other.
@st.composite
def edges(draw: st.DrawFn) -> tuple[int, int]:
    start = draw(st.integers(0, 12))
    return start, start + draw(st.integers(1, 4))


@st.composite
def moves(draw: st.DrawFn) -> Move:
    verb = draw(st.sampled_from(["accept", "reject", "relabel", "adjust", "add"]))
    return Move(verb, draw(st.integers(0, 20)), *draw(edges()), draw(st.sampled_from(LABELS)))


@st.composite
def suggestions(draw: st.DrawFn) -> Mention:
    """One of many that may overlap, as several imported files may propose them."""
    return suggestion(*draw(edges()), draw(st.sampled_from(LABELS)))


@st.composite
def flat_suggestions(draw: st.DrawFn) -> list[Mention]:
    """What a machine promises: sorted, and no two share a character."""
    cuts = sorted(draw(st.sets(st.integers(0, 16), max_size=12)))
    pairs = zip(cuts[::2], cuts[1::2], strict=False)
    return [suggestion(start, end, draw(st.sampled_from(LABELS))) for start, end in pairs]


piles = st.lists(suggestions(), max_size=8, unique_by=lambda m: m.key)
policies = st.sampled_from(OverlapPolicy)
games = st.lists(moves(), max_size=12)


def play(layer: Layer, game: list[Move]) -> list[Change]:
    """Carry out the moves, in place; the changes they made. A refused move makes none."""
    changes = []
    for move in game:
        try:
            change = decide(layer, move.on(layer), text=TEXT)
        except OverlapNotAllowed:
            continue
        layer.apply(change)
        changes.append(change)
    return changes


@given(piles, policies, games)
def test_taking_all_changes_back_in_reverse_gives_the_first_layer(
    pile: list[Mention], policy: OverlapPolicy, game: list[Move]
) -> None:
    played = layer(*pile, policy=policy)
    first = deepcopy(played)
    for change in reversed(play(played, game)):
        played.apply(change.inverted())
    assert played == first


@given(piles, policies, games)
def test_replaying_the_changes_rebuilds_the_layer(
    pile: list[Mention], policy: OverlapPolicy, game: list[Move]
) -> None:
    played = layer(*pile, policy=policy)
    changes = play(played, game)
    again = replay(changes, policy=policy)
    assert (again.annotations, again.rejections) == (played.annotations, played.rejections)


@given(piles, policies, games)
def test_a_refused_decision_leaves_the_layer_as_it_was(
    pile: list[Mention], policy: OverlapPolicy, game: list[Move]
) -> None:
    played = layer(*pile, policy=policy)
    for move in game:
        before = deepcopy(played)
        try:
            change = decide(played, move.on(played), text=TEXT)
        except OverlapNotAllowed:
            change = Change()
        assert played == before
        played.apply(change)


@given(piles, policies, games, games)
def test_a_rejected_suggestion_never_comes_back_as_pending(
    pile: list[Mention], policy: OverlapPolicy, game: list[Move], more: list[Move]
) -> None:
    played = layer(*pile, policy=policy)
    play(played, game)
    rejected = set(played.rejections)
    play(played, more)
    assert not rejected & set(keys(played.pending()))


@given(piles, policies, games, piles)
def test_nor_does_it_when_another_run_suggests_it_again(
    pile: list[Mention], policy: OverlapPolicy, game: list[Move], later: list[Mention]
) -> None:
    played = layer(*pile, policy=policy)
    play(played, game)
    played.suggestions = {m.key: m for m in (*later, *pile)}
    assert not played.rejections & set(keys(played.pending()))


@given(piles, games)
def test_a_flat_layer_never_holds_two_annotations_that_overlap(
    pile: list[Mention], game: list[Move]
) -> None:
    played = layer(*pile)
    play(played, game)
    assert_fits(list(played.annotations.values()), OverlapPolicy.FLAT)


@given(piles, policies, games)
def test_what_is_pending_fits_beside_every_annotation(
    pile: list[Mention], policy: OverlapPolicy, game: list[Move]
) -> None:
    played = layer(*pile, policy=policy)
    play(played, game)
    for pending in played.pending():
        assert all(
            may_stand_together(pending, annotation, policy)
            for annotation in played.annotations.values()
        )


@given(flat_suggestions(), games)
def test_a_flat_machine_and_a_flat_corpus_never_show_an_overlap(
    machine: list[Mention], game: list[Move]
) -> None:
    played = layer(*machine)
    play(played, game)
    assert_fits(played.visible(), OverlapPolicy.FLAT)


@given(piles, policies, games)
def test_what_is_visible_can_be_found_and_nothing_else(
    pile: list[Mention], policy: OverlapPolicy, game: list[Move]
) -> None:
    played = layer(*pile, policy=policy)
    play(played, game)
    visible = played.visible()
    assert [played.find(mention.key) for mention in visible] == visible
    for key in {m.key for m in pile} - set(keys(visible)):
        with pytest.raises(UnknownMention):
            played.find(key)


@given(piles, policies, games)
def test_what_equals_a_suggestion_is_accepted_and_nothing_else_is(
    pile: list[Mention], policy: OverlapPolicy, game: list[Move]
) -> None:
    played = layer(*pile, policy=policy)
    play(played, game)
    for key, annotation in played.annotations.items():
        is_suggested = key in played.suggestions
        assert (annotation.state is MentionState.ACCEPTED) is is_suggested
        if is_suggested:
            assert annotation.score == played.suggestions[key].score


@given(piles, policies, games)
def test_accepting_all_leaves_nothing_pending_and_nothing_that_does_not_fit(
    pile: list[Mention], policy: OverlapPolicy, game: list[Move]
) -> None:
    played = layer(*pile, policy=policy)
    play(played, game)
    played.apply(accept_all(played))
    assert played.pending() == []
    assert_fits(list(played.annotations.values()), policy)


@given(piles, policies, games)
def test_a_change_touches_only_its_places(
    pile: list[Mention], policy: OverlapPolicy, game: list[Move]
) -> None:
    played = layer(*pile, policy=policy)
    for move in game:
        before = played.visible()
        try:
            change = decide(played, move.on(played), text=TEXT)
        except OverlapNotAllowed:
            continue
        played.apply(change)

        def outside(mentions: list[Mention], places: tuple[tuple[int, int], ...]) -> list[Mention]:
            return [m for m in mentions if all(m.end <= s or e <= m.start for s, e in places)]

        assert outside(played.visible(), change.places) == outside(before, change.places)


def assert_fits(mentions: list[Mention], policy: OverlapPolicy) -> None:
    for position, mention in enumerate(mentions):
        for other in mentions[position + 1 :]:
            assert may_stand_together(mention, other, policy)

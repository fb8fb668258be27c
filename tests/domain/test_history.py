"""History: the way back to an earlier state, and what was done, in words."""

from contextlib import suppress
from copy import deepcopy
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.domain.decisions import (
    Accept,
    Add,
    Adjust,
    Change,
    Decision,
    Layer,
    Reject,
    Relabel,
    accept_all,
    decide,
    replay,
)
from annotations.domain.errors import OverlapNotAllowed
from annotations.domain.history import LONGEST_QUOTE, Deed, difference, in_words
from annotations.domain.mentions import Mention, MentionState, OverlapPolicy

TEXT = "Mayor Ines Okafor opened the line to Port Alder; Okafor thanked Alder Marine."


def suggestion(quote: str, label: str) -> Mention:
    start = TEXT.index(quote)
    return Mention(start, start + len(quote), label, MentionState.SUGGESTED, 0.5)


MAYOR = suggestion("Ines Okafor", "PERSON")
PORT = suggestion("Port Alder", "GPE")
MARINE = suggestion("Alder Marine", "ORG")


def layer(*suggestions: Mention, policy: OverlapPolicy = OverlapPolicy.FLAT) -> Layer:
    return Layer.of(policy=policy, suggestions=suggestions)


# ── The way back ─────────────────────────────────────────────────────────────────────────────────

KEYS = st.tuples(st.integers(0, 3), st.integers(4, 6), st.sampled_from(["ORG", "GPE"]))
ANNOTATIONS = st.builds(
    lambda key, state, score: Mention(*key, state, score),
    KEYS,
    st.sampled_from([MentionState.ACCEPTED, MentionState.CHANGED, MentionState.ADDED]),
    st.sampled_from([None, 0.25]),
)
LAYERS = st.builds(
    lambda annotations, rejections: Layer.of(
        policy=OverlapPolicy.ANY, annotations=annotations, rejections=rejections
    ),
    st.lists(ANNOTATIONS, max_size=6, unique_by=lambda m: m.key),
    st.sets(KEYS, max_size=6),
)


@given(LAYERS, LAYERS)
def test_the_difference_leads_from_one_state_exactly_to_the_other(now: Layer, then: Layer) -> None:
    moved = deepcopy(now)
    moved.apply(difference(now, then))
    assert moved == then


@given(LAYERS, LAYERS)
def test_and_its_inverse_leads_back(now: Layer, then: Layer) -> None:
    moved = deepcopy(then)
    moved.apply(difference(now, then).inverted())
    assert moved == now


@given(LAYERS, LAYERS)
def test_the_inverse_is_the_difference_the_other_way(now: Layer, then: Layer) -> None:
    assert difference(now, then).inverted() == difference(then, now)


@given(LAYERS)
def test_between_equal_states_there_is_no_difference(now: Layer) -> None:
    assert not difference(now, deepcopy(now))


@given(LAYERS, LAYERS)
def test_a_difference_touches_nothing_that_is_the_same_in_both(now: Layer, then: Layer) -> None:
    change = difference(now, then)
    kept = {key for key, m in now.annotations.items() if then.annotations.get(key) == m}
    assert not kept & {m.key for m in (*change.removed, *change.added)}
    assert not now.rejections & then.rejections & {*change.unrejected, *change.rejected}


@given(st.lists(LAYERS, min_size=1, max_size=3), st.data())
def test_a_history_of_differences_replayed_to_any_point_gives_the_state_there(
    states: list[Layer], data: st.DataObject
) -> None:
    path = [Layer(policy=OverlapPolicy.ANY), *states]
    changes = [difference(one, other) for one, other in pairwise(path)]
    point = data.draw(st.integers(0, len(changes)))
    assert replay(changes[:point], policy=OverlapPolicy.ANY) == path[point]


def test_a_mention_whose_state_alone_differs_is_put_there_anew() -> None:
    added = Mention(0, 5, "ORG", MentionState.ADDED)
    accepted = Mention(0, 5, "ORG", MentionState.ACCEPTED, 0.5)
    now, then = (Layer.of(policy=OverlapPolicy.FLAT, annotations=[m]) for m in (added, accepted))
    assert difference(now, then) == Change(removed=(added,), added=(accepted,))


# ── In words ─────────────────────────────────────────────────────────────────────────────────────


def said(verb: str, change: Change, **more: object) -> str:
    return in_words(Deed(verb, change, **more), TEXT)  # type: ignore[arg-type]


def after(start: Layer, *decisions: Decision) -> Change:
    """The change of the last of the decisions, one after the other."""
    change = Change()
    for decision in decisions:
        change = decide(start, decision, text=TEXT)
        start.apply(change)
    return change


FIRST_NAME = (MAYOR.start, MAYOR.start + 4)
WIDER = (MAYOR.start - 6, MAYOR.end)


@pytest.mark.parametrize(
    ("verb", "decisions", "words"),
    [
        ("accept", [Accept(PORT.key)], "accepted “Port Alder” as GPE"),
        ("reject", [Reject(PORT.key)], "rejected “Port Alder” as GPE"),
        ("remove", [Accept(PORT.key), Reject(PORT.key)], "removed “Port Alder” as GPE"),
        ("relabel", [Relabel(MAYOR.key, "ORG")], "changed “Ines Okafor” from PERSON to ORG"),
        (
            "relabel",
            [Relabel(PORT.key, "ORG"), Relabel((*PORT.key[:2], "ORG"), "LOC")],
            "changed “Port Alder” from ORG to LOC",
        ),
        (
            "relabel",
            [Accept(PORT.key), Relabel(PORT.key, "LOC")],
            "changed “Port Alder” from GPE to LOC",
        ),
        ("relabel", [Relabel(PORT.key, "GPE")], "accepted “Port Alder” as GPE"),
        ("adjust", [Adjust(PORT.key, *PORT.key[:2])], "accepted “Port Alder” as GPE"),
        (
            "adjust",
            [Adjust(MAYOR.key, *FIRST_NAME)],
            "moved an edge: “Ines Okafor” is now “Ines”",
        ),
        (
            "adjust",
            [Accept(MAYOR.key), Adjust(MAYOR.key, *WIDER)],
            "moved an edge: “Ines Okafor” is now “Mayor Ines Okafor”",
        ),
        ("add", [Add(0, 5, "TITLE")], "marked “Mayor” as TITLE"),
        (
            "add",
            [Add(*WIDER, "PERSON")],
            "marked “Mayor Ines Okafor” as PERSON, in place of 1 suggestion",
        ),
    ],
)
def test_a_decision_on_one_mention_says_what_it_did(
    verb: str, decisions: list[Decision], words: str
) -> None:
    assert said(verb, after(layer(MAYOR, PORT, MARINE), *decisions)) == words


def test_what_gets_the_label_of_another_on_the_same_words_is_removed() -> None:
    start = layer(policy=OverlapPolicy.ANY)
    change = after(start, Add(0, 5, "TITLE"), Add(0, 5, "ORG"), Relabel((0, 5, "ORG"), "TITLE"))
    assert said("relabel", change) == "removed “Mayor” as ORG"


def test_where_the_log_does_not_say_what_it_was_the_sentence_does_not_either() -> None:
    ines, okafor = suggestion("Ines", "PERSON"), suggestion("Okafor", "PERSON")
    change = after(layer(ines, okafor), Adjust(ines.key, ines.start, okafor.end))
    assert said("adjust", change) == "moved an edge: now “Ines Okafor” as PERSON"
    twice = [Mention(*PORT.key[:2], label, MentionState.SUGGESTED) for label in ("GPE", "ORG")]
    change = after(layer(*twice), Relabel(twice[0].key, "LOC"))
    assert said("relabel", change) == "changed “Port Alder” to LOC"


def test_a_moved_edge_tells_what_else_gave_way() -> None:
    ines, okafor = suggestion("Ines", "PERSON"), suggestion("Okafor", "ORG")
    change = after(layer(ines, okafor), Adjust(ines.key, ines.start, okafor.end))
    assert said("adjust", change) == (
        "moved an edge: “Ines” is now “Ines Okafor”, in place of 1 suggestion"
    )


@pytest.mark.parametrize("places", [1, 12])
def test_the_same_decision_on_the_same_words_counts_them(places: int) -> None:
    start = TEXT.index("Okafor")
    keys = [(start, start + 6, f"L{n}") for n in range(places)]
    added = tuple(Mention(start, start + 6, "PERSON") for _ in keys)
    assert said("same", Change(added=added, rejected=tuple(keys))) == (
        f"decided {places} × “Okafor” as PERSON alike"
    )
    assert said("same", Change(rejected=tuple(keys))) == f"rejected {places} × “Okafor” alike"


def test_finishing_says_what_it_decided_besides() -> None:
    start = layer(MAYOR, PORT)
    assert said("finish", accept_all(start)) == "finished the article, accepting 2 suggestions"
    assert said("finish", Change()) == "finished the article"
    crossing = accept_all(layer(MAYOR, suggestion("Okafor", "ORG")))
    assert said("finish", crossing) == (
        "finished the article, accepting 1 suggestion and rejecting 1"
    )


@pytest.mark.parametrize(
    ("count", "finished", "words"),
    [
        (40, False, "imported 40 mentions"),
        (1, True, "imported 1 mention, as finished"),
        (0, False, "imported 0 mentions"),
        (12345, False, "imported 12,345 mentions"),
    ],
)
def test_an_import_counts_its_mentions(count: int, finished: bool, words: str) -> None:
    change = Change(added=(Mention(0, 5, "ORG"),) * count)
    assert said("import", change, finished=finished) == words


def test_opening_again_and_bringing_a_state_back_are_said_plainly() -> None:
    assert said("reopen", Change()) == "opened the article again"
    assert said("restore", Change(), restored=7) == "restored the state of revision 7"
    assert said("restore", Change(), restored=0) == "restored the state before the first decision"


def test_undo_and_redo_say_of_what() -> None:
    accepted = Deed("accept", after(layer(PORT), Accept(PORT.key)))
    back = accepted.change.inverted()
    assert said("undo", back, of=accepted) == "undid: accepted “Port Alder” as GPE"
    assert said("redo", accepted.change, of=accepted) == "did again: accepted “Port Alder” as GPE"


def test_words_over_several_lines_come_on_one_and_many_are_shortened() -> None:
    text = "Port\n  Alder " + "x" * 500
    two_lines = Change(added=(Mention(0, 12, "GPE"),))
    assert in_words(Deed("add", two_lines), text) == "marked “Port Alder” as GPE"
    many = Change(rejected=((0, 500, "GPE"),))
    sentence = in_words(Deed("reject", many), text)
    assert sentence.endswith("x…” as GPE")
    assert len(sentence) == LONGEST_QUOTE + len("rejected “” as GPE")


PILES = st.lists(
    st.builds(
        lambda start, length, label: Mention(
            start, start + length, label, MentionState.SUGGESTED, 0.5
        ),
        st.integers(0, 15),
        st.integers(1, 8),
        st.sampled_from(["PERSON", "ORG", "GPE"]),
    ),
    max_size=8,
    unique_by=lambda m: m.key,
)


@given(PILES, st.sampled_from(OverlapPolicy), st.data())
def test_every_decision_that_changes_something_has_a_sentence(
    pile: list[Mention], policy: OverlapPolicy, data: st.DataObject
) -> None:
    played = layer(*pile, policy=policy)
    for _ in range(data.draw(st.integers(0, 5))):
        verb, decision = _draw_decision(played, data)
        with suppress(OverlapNotAllowed):
            change = decide(played, decision, text=TEXT)
            played.apply(change)
            if change:
                sentence = said(verb, change)
                assert sentence.split()[0] in VERBS
                assert sentence.count("“") == sentence.count("”") >= 1


VERBS = ("accepted", "rejected", "removed", "changed", "moved", "marked")


def _draw_decision(played: Layer, data: st.DataObject) -> tuple[str, Decision]:
    start, label = data.draw(st.integers(0, 15)), data.draw(st.sampled_from(["PERSON", "ORG"]))
    end = data.draw(st.integers(start + 1, 24))
    visible = played.visible()
    if not visible:
        return "add", Add(start, end, label)
    key = data.draw(st.sampled_from(visible)).key
    return data.draw(
        st.sampled_from(
            [
                ("add", Add(start, end, label)),
                ("accept", Accept(key)),
                ("reject", Reject(key)),
                ("relabel", Relabel(key, label)),
                ("adjust", Adjust(key, start, end)),
            ]
        )
    )

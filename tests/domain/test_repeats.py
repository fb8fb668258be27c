"""The same text elsewhere, decided alike: what changes, and above all what does not."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.domain.decisions import Accept, Add, Change, Layer, Reject, Relabel, decide
from annotations.domain.errors import UnknownMention
from annotations.domain.mentions import Mention, MentionState, OverlapPolicy, may_stand_together
from annotations.domain.repeats import Edges, decide_alike, repeats
from annotations.domain.spans import Span

TEXT = "Ana met Bo. Ana left for Anatolia; Bo and Ana’s 🚢 stayed. Dr Ana Ruiz spoke of Ana."
TOKENS = [(m.start(), m.end()) for m in re.finditer(r"\w+(?=’s)|’s|\w+|[^\w\s]", TEXT)]
EDGES = Edges.of(TOKENS)
ANA = [m.start() for m in re.finditer("Ana", TEXT)]
HERE = Span(0, 3)
#: Every “Ana” that is a word of its own, but the first; the third one opens “Anatolia”.
ELSEWHERE = [Span(ANA[n], ANA[n] + 3) for n in (1, 3, 4, 5)]


def layer(*suggestions: Mention, policy: OverlapPolicy = OverlapPolicy.FLAT) -> Layer:
    return Layer.of(policy=policy, suggestions=suggestions)


def suggestion(start: int, end: int, label: str = "PERSON", score: float = 0.5) -> Mention:
    return Mention(start, end, label, MentionState.SUGGESTED, score)


def decided(layer: Layer, *decisions: object) -> Layer:
    for decision in decisions:
        layer.apply(decide(layer, decision, text=TEXT))  # type: ignore[arg-type]
    return layer


def alike(layer: Layer, key: tuple[int, int, str]) -> Change:
    return decide_alike(layer, key, repeats(TEXT, Span(*key[:2]), EDGES), text=TEXT)


def test_a_name_is_found_as_a_word_and_not_within_another() -> None:
    assert repeats(TEXT, HERE, EDGES) == ELSEWHERE


def test_a_stretch_that_ends_within_a_word_is_found_within_words_too() -> None:
    within = Span(ANA[2], ANA[2] + 3)
    assert [place.start for place in repeats(TEXT, within, EDGES)] == [
        ANA[n] for n in (0, 1, 3, 4, 5)
    ]


def test_an_added_name_is_added_wherever_it_stands() -> None:
    change = alike(decided(layer(), Add(0, 3, "PERSON")), (0, 3, "PERSON"))
    assert [m.span for m in change.added] == ELSEWHERE
    assert {(m.label, m.state) for m in change.added} == {("PERSON", MentionState.ADDED)}


def test_an_equal_suggestion_is_accepted_and_another_label_is_changed() -> None:
    first, second = ELSEWHERE[:2]
    done = decided(
        layer(suggestion(first.start, first.end), suggestion(second.start, second.end, "ORG", 0.9)),
        Add(0, 3, "PERSON"),
    )
    change = alike(done, (0, 3, "PERSON"))
    by_span = {m.span: m for m in change.added}
    assert by_span[first].state is MentionState.ACCEPTED
    assert by_span[first].score == 0.5
    assert by_span[second].state is MentionState.CHANGED
    assert change.rejected == ((second.start, second.end, "ORG"),)


def test_the_words_of_a_longer_name_are_left_to_it() -> None:
    around = suggestion(ANA[4], ANA[4] + len("Ana Ruiz"))
    change = alike(decided(layer(around), Add(0, 3, "PERSON")), (0, 3, "PERSON"))
    assert change.rejected == ()
    assert [m.span for m in change.added] == [p for p in ELSEWHERE if p.start != ANA[4]]


def test_a_suggestion_that_the_name_cannot_stand_beside_gives_way() -> None:
    within = suggestion(ANA[1], ANA[1] + 2)
    done = decided(layer(within), Add(0, 3, "PERSON"))
    assert alike(done, (0, 3, "PERSON")).rejected == (within.key,)


def test_nested_mentions_may_stay_where_the_corpus_allows_them() -> None:
    around = suggestion(ANA[4], ANA[4] + len("Ana Ruiz"))
    done = decided(layer(around, policy=OverlapPolicy.NESTED), Add(0, 3, "PERSON"))
    assert alike(done, (0, 3, "PERSON")).rejected == ()


def test_what_a_person_has_decided_elsewhere_stays() -> None:
    first, second, third, fourth = ELSEWHERE
    done = decided(
        layer(suggestion(second.start, second.end)),
        Add(first.start, first.end, "ORG"),
        Reject((second.start, second.end, "PERSON")),
        Add(third.start, third.start + len("Ana Ruiz"), "PERSON"),
        Add(0, 3, "PERSON"),
    )
    assert [m.span for m in alike(done, (0, 3, "PERSON")).added] == [fourth]


def test_a_pending_mention_is_accepted_with_its_equals() -> None:
    change = alike(layer(suggestion(0, 3)), (0, 3, "PERSON"))
    assert [m.span for m in change.added] == [HERE, *ELSEWHERE]


def test_a_rejection_rejects_what_is_suggested_over_the_same_text_under_any_label() -> None:
    first, second = ELSEWHERE[:2]
    done = decided(
        layer(
            suggestion(0, 3),
            suggestion(first.start, first.end),
            suggestion(second.start, second.end, "ORG"),
            suggestion(ANA[4], ANA[4] + len("Ana Ruiz")),
        ),
        Reject((0, 3, "PERSON")),
    )
    change = alike(done, (0, 3, "PERSON"))
    assert change.added == ()
    assert set(change.rejected) == {
        (first.start, first.end, "PERSON"),
        (second.start, second.end, "ORG"),
    }


def test_a_mention_that_was_relabelled_and_removed_counts_as_rejected() -> None:
    first = ELSEWHERE[0]
    done = decided(
        layer(suggestion(0, 3), suggestion(first.start, first.end)),
        Relabel((0, 3, "PERSON"), "ORG"),
        Reject((0, 3, "ORG")),
    )
    assert alike(done, (0, 3, "ORG")).rejected == ((first.start, first.end, "PERSON"),)


def test_a_mention_that_never_was_is_refused() -> None:
    with pytest.raises(UnknownMention):
        alike(layer(), (0, 3, "PERSON"))


spans = st.sampled_from([(0, 3), *((p.start, p.end) for p in ELSEWHERE), (ANA[4], ANA[4] + 8)])
labels = st.sampled_from(["PERSON", "ORG"])


@given(
    st.sampled_from(OverlapPolicy),
    st.lists(st.builds(lambda s, x: suggestion(*s, x), spans, labels), max_size=8),
    st.lists(st.tuples(st.sampled_from(["accept", "reject", "add"]), spans, labels), max_size=6),
    st.tuples(spans, labels),
)
def test_deciding_alike_keeps_every_decision_and_can_be_taken_back(
    policy: OverlapPolicy,
    suggestions: list[Mention],
    moves: list[tuple[str, tuple[int, int], str]],
    wish: tuple[tuple[int, int], str],
) -> None:
    from annotations.domain.errors import AnnotationError

    played = layer(*suggestions, policy=policy)
    for verb, (start, end), label in moves:
        key = (start, end, label)
        move = {"accept": Accept(key), "reject": Reject(key), "add": Add(*key)}[verb]
        try:
            played.apply(decide(played, move, text=TEXT))
        except AnnotationError:
            continue
    annotations, rejections = dict(played.annotations), set(played.rejections)
    try:
        change = alike(played, (*wish[0], wish[1]))
    except UnknownMention:
        return
    assert change.removed == ()
    assert change.unrejected == ()
    played.apply(change)
    assert annotations.items() <= played.annotations.items()
    assert rejections <= played.rejections
    added = list(played.annotations.values())
    assert all(
        may_stand_together(a, b, policy) for n, a in enumerate(added) for b in added[n + 1 :]
    )
    # Once is enough.
    assert not alike(played, (*wish[0], wish[1]))
    played.apply(change.inverted())
    assert (played.annotations, played.rejections) == (annotations, rejections)

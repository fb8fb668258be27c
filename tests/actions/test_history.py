"""Earlier states: looked at as they were, and brought back as one correction like any other."""

from functools import partial
from typing import Any

import pytest

from annotations.actions.decide import (
    Outcome,
    decide_mention,
    decide_same,
    finish,
    redo,
    reopen,
    undo,
)
from annotations.actions.history import UnknownRevision, deeds_of, layer_at, restore
from annotations.domain.decisions import Accept, Add, Adjust, Reject, Relabel
from annotations.domain.errors import StaleRevision
from annotations.domain.history import in_words
from annotations.domain.mentions import Mention, MentionState
from annotations.models import Annotation, Article, Corpus, Correction, Label, Review, User
from annotations.models.layers import Labels, load_layer
from tests.actions.test_decide import Editor, nothing_written
from tests.cast import NEWS, FakeSuggester, Suggest, mark, store_layer
from tests.recount import assert_counts_hold, assert_history_holds
from tests.threads import at_once

OKAFOR = mark(NEWS, "Ines Okafor", "PERSON")
ALDER = mark(NEWS, "Port Alder", "GPE")
ISLAND = mark(NEWS, "Tern Island", "LOC")
CRITICS = mark(NEWS, "Critics", "NORP")
SURNAME = mark(NEWS, "Okafor", "PERSON", 1)


@pytest.fixture
def ada(annotator: User, suggested: Article) -> Editor:
    return Editor(annotator, suggested)


def restores(editor: Editor, revision: int, **more: object) -> Outcome:
    return editor.does(restore, to_revision=revision, **more)


def work(ada: Editor) -> list[object]:
    """Some of everything, in ten revisions; the states after 0 to 10 of them."""
    states = []
    for act in (
        lambda: ada.decides(Accept(OKAFOR.key)),
        lambda: ada.does(undo),
        lambda: ada.decides(Adjust(OKAFOR.key, OKAFOR.start + 5, OKAFOR.end)),
        lambda: ada.decides(Reject(ISLAND.key)),
        lambda: ada.decides(Relabel(ALDER.key, "LOC")),
        lambda: ada.decides(Add(*CRITICS.key)),
        lambda: ada.does(decide_same, key=SURNAME.key),
        lambda: ada.does(finish),
        lambda: ada.does(reopen),
        lambda: ada.decides(Reject((ALDER.start, ALDER.end, "LOC"))),
    ):
        act()
        states.append(ada.layer())
    # After the first decision was undone, things stand as before it.
    return [states[1], *states]


# ── One correction ───────────────────────────────────────────────────────────────────────────────


def test_any_earlier_state_comes_back_exactly(ada: Editor, corpus: Corpus) -> None:
    states = work(ada)
    for revision in (3, 0, 8, 5, 10, 1, 7, 9, 2, 6, 4):
        restores(ada, revision)
        assert ada.layer() == states[revision]
        assert_counts_hold(corpus)
        assert_history_holds(corpus)


def test_it_is_one_correction_that_names_the_revision(ada: Editor) -> None:
    work(ada)
    outcome = restores(ada, 3)
    newest = Correction.objects.latest("revision")
    assert outcome.correction == newest
    assert (newest.verb, newest.revision, newest.user) == ("restore", 11, ada.user)
    assert newest.after["restored"] == 3
    assert outcome.revision == ada.revision == 11
    assert outcome.places


def test_the_log_before_it_stays_as_it_was(ada: Editor) -> None:
    work(ada)
    before = list(Correction.objects.order_by("pk").values())
    restores(ada, 2)
    assert list(Correction.objects.order_by("pk").values())[:-1] == before


def test_undo_takes_it_back_like_any_decision_and_redo_does_it_again(
    ada: Editor, corpus: Corpus
) -> None:
    states = work(ada)
    for revision in (8, 0, 4):
        restores(ada, revision)
        ada.does(undo)
        assert ada.layer() == states[-1]
        ada.does(redo)
        assert ada.layer() == states[revision]
        ada.does(undo)
    ada.does(undo)
    assert ada.layer() == states[9]
    assert_counts_hold(corpus)
    assert_history_holds(corpus)


def test_a_state_that_was_brought_back_can_itself_be_brought_back(ada: Editor) -> None:
    states = work(ada)
    restores(ada, 6)
    ada.decides(Reject(CRITICS.key))
    restores(ada, 11)
    assert ada.layer() == states[6]


def test_the_status_comes_back_with_it(ada: Editor, corpus: Corpus) -> None:
    ada.decides(Accept(OKAFOR.key))
    ada.does(finish)
    ada.does(reopen)
    # The annotations are those of now: only the status differs.
    outcome = restores(ada, 2)
    assert outcome.correction is not None
    assert ada.review.is_finished
    assert ada.review.finished_at is not None
    restores(ada, 1)
    assert (ada.review.status, ada.review.finished_at) == ("open", None)
    assert_counts_hold(corpus)


def test_where_things_stand_like_that_already_nothing_is_written(
    ada: Editor, corpus: Corpus
) -> None:
    work(ada)
    with nothing_written(corpus):
        assert restores(ada, 10).correction is None
    restores(ada, 4)
    with nothing_written(corpus):
        assert restores(ada, 4).correction is None


def test_an_import_is_a_state_like_any_other(annotator: User, corpus: Corpus) -> None:
    mentions = [mark(NEWS, "Okafor", "PERSON", n, state=MentionState.ADDED) for n in range(3)]
    ada = Editor(annotator, store_layer(corpus, annotator, mentions, finished=True))
    imported = ada.layer()
    ada.decides(Reject(mentions[0].key))
    ada.does(reopen)
    restores(ada, 1)
    assert ada.layer() == imported
    restores(ada, 0)
    assert not Annotation.objects.exists()
    assert ada.review.status == "open"
    ada.does(undo)
    assert ada.layer() == imported
    assert_counts_hold(corpus)
    assert_history_holds(corpus)


def test_a_label_that_was_renamed_since_comes_back_under_its_new_name(
    ada: Editor, corpus: Corpus
) -> None:
    ada.decides(Relabel(ALDER.key, "LOC"))
    ada.decides(Reject((ALDER.start, ALDER.end, "LOC")))
    Label.objects.filter(scheme__corpus=corpus, name="LOC").update(name="PLACE")
    restores(ada, 1)
    assert Annotation.objects.get().label.name == "PLACE"
    assert_history_holds(corpus)


def test_what_a_later_run_suggested_waits_for_a_decision_beside_the_old_state(
    ada: Editor, machine: FakeSuggester, suggest: Suggest, corpus: Corpus
) -> None:
    ada.decides(Reject(ISLAND.key))
    ada.decides(Accept(OKAFOR.key))
    machine.names = {"Tern Island": "LOC", "Critics": "NORP", "Ines Okafor": "PERSON"}
    machine.version = "2.0"
    suggest(ada.article)
    restores(ada, 1)
    layer = load_layer(ada.article, ada.review, Labels.of(corpus))
    # What was rejected stays so, whichever run suggests it.
    assert {m.key for m in layer.pending()} == {CRITICS.key, OKAFOR.key}
    assert_counts_hold(corpus)


def test_two_peoples_states_have_nothing_to_do_with_each_other(
    ada: Editor, curator: User, corpus: Corpus
) -> None:
    carl = Editor(curator, ada.article)
    states = work(ada)
    carl.decides(Accept(ISLAND.key))
    carls = carl.layer()
    restores(ada, 5)
    assert carl.layer() == carls
    restores(carl, 0)
    assert ada.layer() == states[5]
    assert_counts_hold(corpus)


# ── What is refused, and then changes nothing ────────────────────────────────────────────────────


@pytest.mark.parametrize("revision", [-1, 11, 10**30])
def test_a_revision_that_never_was_is_refused(ada: Editor, corpus: Corpus, revision: int) -> None:
    work(ada)
    with nothing_written(corpus), pytest.raises(UnknownRevision) as refusal:
        restores(ada, revision)
    assert refusal.value.revision == revision


@pytest.mark.parametrize("revision", [0, 1])
def test_who_has_decided_nothing_has_no_state_to_bring_back(
    ada: Editor, corpus: Corpus, revision: int
) -> None:
    with nothing_written(corpus), pytest.raises(UnknownRevision):
        restores(ada, revision)
    assert not Review.objects.exists()


def test_a_stale_revision_writes_nothing_and_tells_both(ada: Editor, corpus: Corpus) -> None:
    work(ada)
    with nothing_written(corpus), pytest.raises(StaleRevision) as refusal:
        restores(ada, 1, seen_revision=9)
    assert (refusal.value.seen, refusal.value.current) == (9, 10)


def test_the_same_request_twice_has_one_effect_and_the_same_answer(
    ada: Editor, corpus: Corpus
) -> None:
    work(ada)
    first = restores(ada, 3, client_key="k1")
    with nothing_written(corpus):
        again = restores(ada, 3, client_key="k1", seen_revision=10)
    assert again.correction == first.correction


@pytest.mark.django_db(transaction=True)
def test_of_a_restoration_and_a_decision_at_once_one_wins_and_one_is_told(
    ada: Editor, corpus: Corpus
) -> None:
    ada.decides(Accept(OKAFOR.key))
    ada.decides(Accept(ALDER.key))
    raised = at_once(
        partial(restores, ada, 0, seen_revision=2),
        partial(
            decide_mention,
            user=ada.user,
            article=ada.article,
            decision=Reject(ISLAND.key),
            seen_revision=2,
        ),
    )
    assert [type(error) for error in raised] == [StaleRevision], raised
    assert ada.revision == 3
    assert_counts_hold(corpus)
    assert_history_holds(corpus)


# ── Looking at an earlier state ──────────────────────────────────────────────────────────────────


def test_an_earlier_state_is_shown_as_it_was(ada: Editor, corpus: Corpus) -> None:
    seen = [_shown(ada, corpus)]
    for decision in (
        Accept(OKAFOR.key),
        Relabel(ALDER.key, "LOC"),
        Reject(ISLAND.key),
        Reject((ALDER.start, ALDER.end, "LOC")),
    ):
        ada.decides(decision)
        seen.append(_shown(ada, corpus))
    labels = Labels.of(corpus)
    for revision, visible in enumerate(seen):
        assert layer_at(ada.article, ada.review, labels, revision).visible() == visible


def _shown(ada: Editor, corpus: Corpus) -> list[Mention]:
    review = Review.objects.filter(annotator=ada.user).first()
    return load_layer(ada.article, review, Labels.of(corpus)).visible()


@pytest.mark.parametrize("revision", [-1, 11])
def test_there_is_nothing_to_see_at_a_revision_that_never_was(
    ada: Editor, corpus: Corpus, revision: int
) -> None:
    work(ada)
    with pytest.raises(UnknownRevision):
        layer_at(ada.article, ada.review, Labels.of(corpus), revision)


def test_however_long_the_log_it_is_read_at_once(
    ada: Editor, corpus: Corpus, django_assert_num_queries: Any
) -> None:
    labels = Labels.of(corpus)
    for _ in range(2):
        ada.decides(Accept(OKAFOR.key))
        ada.does(undo)
        review = ada.review
        with django_assert_num_queries(2):
            layer_at(ada.article, review, labels, review.revision)
        for _ in range(6):
            ada.does(redo)
            ada.does(undo)


# ── What was done, for a sentence ────────────────────────────────────────────────────────────────


def test_the_log_in_words(ada: Editor, corpus: Corpus) -> None:
    work(ada)
    restores(ada, 7)
    ada.does(undo)
    assert _told(ada, corpus) == [
        "accepted “Ines Okafor” as PERSON",
        "undid: accepted “Ines Okafor” as PERSON",
        "moved an edge: “Ines Okafor” is now “Okafor”",
        "rejected “Tern Island” as LOC",
        "changed “Port Alder” from GPE to LOC",
        "marked “Critics” as NORP",
        "decided 2 × “Okafor” as PERSON alike",
        "finished the article, accepting 3 suggestions",
        "opened the article again",
        "removed “Port Alder” as LOC",
        "restored the state of revision 7",
        "undid: restored the state of revision 7",
    ]


def test_undo_and_redo_by_turns_always_name_the_decision(ada: Editor, corpus: Corpus) -> None:
    ada.decides(Accept(OKAFOR.key))
    ada.decides(Reject(ISLAND.key))
    for _ in range(3):
        ada.does(undo)
        ada.does(undo)
        ada.does(redo)
        ada.does(redo)
    accepted, rejected = _told(ada, corpus)[:2]
    assert _told(ada, corpus)[2:] == 3 * [
        f"undid: {rejected}",
        f"undid: {accepted}",
        f"did again: {accepted}",
        f"did again: {rejected}",
    ]


def test_only_undo_and_redo_ask_for_more(
    ada: Editor, corpus: Corpus, django_assert_num_queries: Any
) -> None:
    ada.decides(Accept(OKAFOR.key))
    labels, log = Labels.of(corpus), list(Correction.objects.all())
    with django_assert_num_queries(0):
        deeds_of(log, labels)
    for _ in range(5):
        ada.does(undo)
        ada.does(redo)
    log = list(Correction.objects.all())
    with django_assert_num_queries(2):
        deeds_of(log, labels)


def _told(ada: Editor, corpus: Corpus) -> list[str]:
    log = ada.review.corrections.order_by("revision")
    text = ada.article.text_row.text
    return [in_words(deed, text) for deed in deeds_of(log, Labels.of(corpus))]

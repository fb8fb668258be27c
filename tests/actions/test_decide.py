"""Deciding: one correction each, in one transaction, on a state that was seen."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from random import Random

import pytest

from annotations.actions import decide as actions
from annotations.actions.decide import Outcome, decide_mention, finish, redo, undo
from annotations.actions.runs import store_run, suggester_row
from annotations.domain.decisions import Accept, Add, Adjust, Decision, Reject, Relabel
from annotations.domain.errors import (
    AnnotationError,
    EmptySpan,
    NothingToUndo,
    OverlapNotAllowed,
    QuoteMismatch,
    SpanOutOfText,
    StaleRevision,
    SuggestionsUnseen,
    UnknownLabel,
    UnknownMention,
)
from annotations.domain.mentions import Mention, MentionState
from annotations.models import (
    Annotation,
    Article,
    Corpus,
    CorpusDay,
    Correction,
    Label,
    Rejection,
    Review,
    Suggestion,
    User,
)
from annotations.models.layers import Labels, load_layer
from annotations.suggesters.base import Identity
from tests.cast import NEWS, FakeSuggester, StoreArticle, Suggest, mark, store_layer
from tests.recount import assert_counts_hold, assert_history_holds
from tests.threads import at_once

OKAFOR = mark(NEWS, "Ines Okafor", "PERSON")
ALDER = mark(NEWS, "Port Alder", "GPE")
ISLAND = mark(NEWS, "Tern Island", "LOC")


class Editor:
    """One person at one article, who always knows the newest revision."""

    def __init__(self, user: User, article: Article) -> None:
        self.user = user
        self.article = article

    @property
    def review(self) -> Review:
        return Review.objects.get(article=self.article, annotator=self.user)

    @property
    def revision(self) -> int:
        review = Review.objects.filter(article=self.article, annotator=self.user).first()
        return review.revision if review else 0

    def decides(self, decision: Decision, **more: object) -> Outcome:
        arguments: dict[str, object] = {"seen_revision": self.revision, **more}
        return decide_mention(
            user=self.user,
            article=self.article,
            decision=decision,
            **arguments,  # type: ignore[arg-type]
        )

    def does(self, action: Callable[..., Outcome], **more: object) -> Outcome:
        arguments: dict[str, object] = {"seen_revision": self.revision, **more}
        return action(user=self.user, article=self.article, **arguments)

    def sees(self) -> list[tuple[str, str, str]]:
        """What is highlighted for this person: text, label and state."""
        text = self.article.text_row.text
        review = Review.objects.filter(article=self.article, annotator=self.user).first()
        article = Article.objects.get(pk=self.article.pk)
        layer = load_layer(article, review, Labels.of(article.corpus))
        return [(text[m.start : m.end], m.label, m.state.value) for m in layer.visible()]

    def layer(self) -> tuple[object, ...]:
        """Everything that undo has to bring back."""
        review = self.review
        annotations = Annotation.objects.filter(review=review).order_by("start", "end", "label")
        rejections = Rejection.objects.filter(review=review).order_by("start", "end", "label")
        return (
            review.status,
            review.tally,
            list(annotations.values_list("start", "end", "label", "quote", "state", "score")),
            list(rejections.values_list("start", "end", "label", "quote")),
        )


@pytest.fixture
def ada(annotator: User, suggested: Article) -> Editor:
    return Editor(annotator, suggested)


@pytest.fixture
def carl(curator: User, suggested: Article) -> Editor:
    return Editor(curator, suggested)


@contextmanager
def nothing_written(corpus: Corpus) -> Iterator[None]:
    """Fails when a row of human work, or a count, is not as it was."""

    def state() -> list[object]:
        models = (Annotation, Rejection, Correction, Review, CorpusDay, Article, Label, Corpus)
        return [list(model.objects.order_by("pk").values()) for model in models]

    before = state()
    yield
    assert state() == before


# ── One correction per decision ──────────────────────────────────────────────────────────────────

DECISIONS = {
    "accept": Accept(OKAFOR.key),
    "reject": Reject(OKAFOR.key),
    "relabel": Relabel(OKAFOR.key, "ORG"),
    "adjust": Adjust(OKAFOR.key, OKAFOR.start + 5, OKAFOR.end),
    "add": Add(*mark(NEWS, "Critics", "NORP").key),
}


@pytest.mark.parametrize("verb", DECISIONS)
def test_a_decision_writes_exactly_one_correction_that_says_what_it_did(
    ada: Editor, corpus: Corpus, verb: str
) -> None:
    outcome = ada.decides(DECISIONS[verb])
    correction = Correction.objects.get()
    assert (correction.verb, correction.revision, correction.user) == (verb, 1, ada.user)
    assert outcome.correction == correction
    assert ada.review.revision == 1
    assert_counts_hold(corpus)
    assert_history_holds(corpus)


def test_removing_an_annotation_is_a_verb_of_its_own(ada: Editor) -> None:
    ada.decides(Accept(OKAFOR.key))
    ada.decides(Reject(OKAFOR.key))
    assert list(Correction.objects.values_list("verb", flat=True)) == ["accept", "remove"]


def test_a_correction_can_be_read_by_itself(ada: Editor) -> None:
    ada.decides(Relabel(ALDER.key, "LOC"))
    correction = Correction.objects.get()
    assert [(a["text"], a["label"]) for a in correction.after["annotations"]] == [
        ("Port Alder", "LOC")
    ]
    assert [(r["text"], r["label"]) for r in correction.after["rejections"]] == [
        ("Port Alder", "GPE")
    ]


def test_a_decision_that_changes_nothing_writes_nothing(ada: Editor, corpus: Corpus) -> None:
    ada.decides(Accept(OKAFOR.key))
    with nothing_written(corpus):
        assert ada.decides(Accept(OKAFOR.key)).correction is None


def test_the_machines_suggestions_are_never_touched(ada: Editor) -> None:
    before = list(Suggestion.objects.order_by("pk").values())
    for decision in DECISIONS.values():
        with suppress(UnknownMention):
            ada.decides(decision)
    ada.does(finish)
    assert list(Suggestion.objects.order_by("pk").values()) == before


def test_the_outcome_says_what_to_draw_again_and_what_stands_there(ada: Editor) -> None:
    outcome = ada.decides(Adjust(OKAFOR.key, OKAFOR.start + 5, OKAFOR.end))
    assert outcome.places == ((OKAFOR.start, OKAFOR.end), (OKAFOR.start + 5, OKAFOR.end))
    assert outcome.current == f"{OKAFOR.start + 5}-{OKAFOR.end}-PERSON"
    assert ada.decides(Reject(ALDER.key)).current == ""


def test_two_people_correct_the_same_article_without_touching_each_other(
    ada: Editor, carl: Editor, corpus: Corpus
) -> None:
    ada.decides(Accept(OKAFOR.key))
    carl.decides(Reject(OKAFOR.key))
    assert ("Ines Okafor", "PERSON", "accepted") in ada.sees()
    assert "Ines Okafor" not in [text for text, _, _ in carl.sees()]
    assert_counts_hold(corpus)


# ── What is refused, and then changes nothing ────────────────────────────────────────────────────


def test_a_stale_revision_writes_nothing_and_tells_both(ada: Editor, corpus: Corpus) -> None:
    ada.decides(Accept(OKAFOR.key))
    with nothing_written(corpus), pytest.raises(StaleRevision) as refusal:
        ada.decides(Reject(ALDER.key), seen_revision=0)
    assert (refusal.value.seen, refusal.value.current) == (0, 1)


@pytest.mark.parametrize("action", [undo, redo, finish, actions.reopen])
def test_no_act_on_a_stale_page_writes_anything(
    ada: Editor, corpus: Corpus, action: Callable[..., Outcome]
) -> None:
    ada.decides(Accept(OKAFOR.key))
    ada.decides(Accept(ALDER.key))
    ada.does(undo)
    with nothing_written(corpus), pytest.raises(StaleRevision):
        ada.does(action, seen_revision=2)


def test_a_refused_first_decision_leaves_no_review_behind(ada: Editor) -> None:
    with pytest.raises(StaleRevision):
        ada.decides(Accept(OKAFOR.key), seen_revision=7)
    assert not Review.objects.exists()


@pytest.mark.parametrize(
    ("decision", "quote", "error"),
    [
        (Accept(OKAFOR.key), "Ines Okafov", QuoteMismatch),
        (Add(0, 5, "ORG"), "Ferr", QuoteMismatch),
        (Add(0, 5, "Ship"), None, UnknownLabel),
        (Relabel(OKAFOR.key, "Ship"), None, UnknownLabel),
        (Add(0, len(NEWS) + 1, "ORG"), None, SpanOutOfText),
        (Add(0, 10**12, "ORG"), None, SpanOutOfText),
        (Add(5, 5, "ORG"), None, EmptySpan),
        (Add(9, 5, "ORG"), None, EmptySpan),
        (Add(5, 6, "ORG"), " ", EmptySpan),
        (Adjust(OKAFOR.key, OKAFOR.end, OKAFOR.end), None, EmptySpan),
        (Accept((0, 5, "ORG")), None, UnknownMention),
        (Reject((0, 5, "Ship")), None, UnknownMention),
    ],
)
def test_what_cannot_be_is_refused_and_writes_nothing(
    ada: Editor, corpus: Corpus, decision: Decision, quote: str | None, error: type[Exception]
) -> None:
    with nothing_written(corpus), pytest.raises(error):
        ada.decides(decision, quote=quote)


def test_an_overlap_is_refused_where_the_corpus_is_flat(ada: Editor, corpus: Corpus) -> None:
    ada.decides(Accept(OKAFOR.key))
    with nothing_written(corpus), pytest.raises(OverlapNotAllowed, match="“Okafor”"):
        ada.decides(Add(OKAFOR.start + 5, OKAFOR.end, "ORG"))


def test_an_overlap_over_a_blocks_edge_is_refused_as_well(ada: Editor, corpus: Corpus) -> None:
    headline_to_dateline = Add(ALDER.start, NEWS.index(" — Mayor"), "ORG")
    ada.decides(headline_to_dateline)
    with nothing_written(corpus), pytest.raises(OverlapNotAllowed):
        ada.decides(Add(*mark(NEWS, "PORT", "GPE").key))


def test_the_quote_is_compared_in_code_points(ada: Editor) -> None:
    ship = mark(NEWS, "🚢 Alder Marine", "PRODUCT")
    ada.decides(Reject(mark(NEWS, "Alder Marine", "ORG", 1).key))
    ada.decides(Add(*ship.key), quote="🚢 Alder Marine")
    assert Annotation.objects.get().quote == "🚢 Alder Marine"


# ── The same request twice ───────────────────────────────────────────────────────────────────────


def test_the_same_client_key_twice_has_one_effect_and_the_same_answer(
    ada: Editor, corpus: Corpus
) -> None:
    first = ada.decides(Accept(OKAFOR.key), client_key="k1")
    with nothing_written(corpus):
        again = ada.decides(Accept(OKAFOR.key), client_key="k1", seen_revision=0)
    assert again.correction == first.correction
    assert again.review.revision == first.review.revision


@pytest.mark.parametrize("action", [undo, finish])
def test_an_act_that_is_sent_twice_happens_once(
    ada: Editor, corpus: Corpus, action: Callable[..., Outcome]
) -> None:
    ada.decides(Accept(OKAFOR.key))
    ada.does(action, client_key="k2", seen_revision=1)
    with nothing_written(corpus):
        ada.does(action, client_key="k2", seen_revision=1)


@pytest.mark.parametrize("action", [undo, finish, actions.reopen])
def test_so_it_does_when_the_page_was_loaded_anew_in_between(
    ada: Editor, corpus: Corpus, action: Callable[..., Outcome]
) -> None:
    ada.decides(Accept(OKAFOR.key))
    ada.decides(Accept(ALDER.key))
    if action is actions.reopen:
        ada.does(finish)
    first = ada.does(action, client_key="k2")
    with nothing_written(corpus):
        assert ada.does(action, client_key="k2").correction == first.correction


def test_two_people_may_use_the_same_client_key(ada: Editor, carl: Editor) -> None:
    ada.decides(Accept(OKAFOR.key), client_key="k1")
    assert carl.decides(Accept(OKAFOR.key), client_key="k1").correction is not None
    assert Correction.objects.count() == 2


# ── Finishing and opening again ──────────────────────────────────────────────────────────────────


def test_finishing_accepts_what_is_pending_in_the_same_correction(
    ada: Editor, corpus: Corpus
) -> None:
    ada.decides(Reject(ISLAND.key))
    outcome = ada.does(finish)
    assert outcome.correction is not None
    assert len(outcome.correction.after["annotations"]) == 7
    assert {state for _, _, state in ada.sees()} == {"accepted"}
    assert ada.review.is_finished
    assert_counts_hold(corpus)


def test_a_finished_article_without_mentions_says_that_there_are_none(
    store: StoreArticle, annotator: User, corpus: Corpus
) -> None:
    ada = Editor(annotator, store("Nothing here has a name.\n"))
    ada.does(finish)
    assert (ada.review.status, Annotation.objects.count()) == ("finished", 0)
    assert_counts_hold(corpus)


def test_finishing_what_is_finished_changes_nothing(ada: Editor, corpus: Corpus) -> None:
    ada.does(finish)
    with nothing_written(corpus):
        assert ada.does(finish).correction is None


def test_opening_again_keeps_the_annotations(ada: Editor, corpus: Corpus) -> None:
    ada.does(finish)
    seen = ada.sees()
    ada.does(actions.reopen)
    assert (ada.review.status, ada.review.finished_at, ada.sees()) == ("open", None, seen)
    assert_counts_hold(corpus)


def test_what_is_open_cannot_be_opened_again(ada: Editor, corpus: Corpus) -> None:
    ada.decides(Accept(OKAFOR.key))
    with nothing_written(corpus), pytest.raises(NothingToUndo):
        ada.does(actions.reopen)


def test_what_nobody_began_cannot_be_opened_again(ada: Editor, corpus: Corpus) -> None:
    with nothing_written(corpus), pytest.raises(NothingToUndo):
        ada.does(actions.reopen)


# ── Undo and redo ────────────────────────────────────────────────────────────────────────────────


def everything(ada: Editor) -> list[object]:
    """Every kind of act once, with the layer after each of them."""
    layers = []
    for act in (
        lambda: ada.decides(Accept(OKAFOR.key)),
        lambda: ada.decides(Reject(ISLAND.key)),
        lambda: ada.decides(Relabel(ALDER.key, "LOC")),
        lambda: ada.decides(Relabel((ALDER.start, ALDER.end, "LOC"), "GPE")),
        lambda: ada.decides(Adjust(OKAFOR.key, OKAFOR.start + 5, OKAFOR.end)),
        lambda: ada.decides(Add(*mark(NEWS, "Critics", "NORP").key)),
        lambda: ada.decides(Reject(mark(NEWS, "Critics", "NORP").key)),
        lambda: ada.does(finish),
        lambda: ada.does(actions.reopen),
        lambda: ada.decides(Add(*ISLAND.key)),
        lambda: ada.does(finish),
    ):
        act()
        layers.append(ada.layer())
    return layers


def test_everything_can_be_undone_one_by_one_and_done_again(ada: Editor, corpus: Corpus) -> None:
    layers = everything(ada)
    for expected in reversed(layers[:-1]):
        ada.does(undo)
        assert ada.layer() == expected
    ada.does(undo)
    assert not Annotation.objects.exists()
    assert not Rejection.objects.exists()
    with pytest.raises(NothingToUndo):
        ada.does(undo)
    for expected in layers:
        ada.does(redo)
        assert ada.layer() == expected
    with pytest.raises(NothingToUndo):
        ada.does(redo)
    assert_counts_hold(corpus)
    assert_history_holds(corpus)


def test_undo_and_redo_alternate_as_often_as_one_likes(ada: Editor, corpus: Corpus) -> None:
    layers = everything(ada)
    for _ in range(4):
        ada.does(undo)
        ada.does(undo)
        assert ada.layer() == layers[-3]
        ada.does(redo)
        assert ada.layer() == layers[-2]
        ada.does(undo)
        assert ada.layer() == layers[-3]
        ada.does(redo)
        ada.does(redo)
        assert ada.layer() == layers[-1]
    for expected in reversed(layers[:-1]):
        ada.does(undo)
        assert ada.layer() == expected
    assert_history_holds(corpus)


def test_a_new_decision_ends_what_could_be_done_again(ada: Editor) -> None:
    ada.decides(Accept(OKAFOR.key))
    ada.does(undo)
    ada.decides(Accept(ALDER.key))
    with pytest.raises(NothingToUndo):
        ada.does(redo)
    ada.does(undo)
    with pytest.raises(NothingToUndo):
        ada.does(undo)
    assert [state for _, _, state in ada.sees()] == ["suggested"] * 8


def test_an_undo_is_a_correction_that_names_what_it_took_back(ada: Editor) -> None:
    first = ada.decides(Accept(OKAFOR.key)).correction
    second = ada.does(undo).correction
    assert second is not None
    assert (second.verb, second.undoes, second.revision) == ("undo", first, 2)


def test_one_takes_back_only_ones_own_decisions(ada: Editor, carl: Editor) -> None:
    ada.decides(Accept(OKAFOR.key))
    with pytest.raises(NothingToUndo):
        carl.does(undo)
    assert not Review.objects.filter(annotator=carl.user).exists()


def test_an_import_is_where_a_history_begins(annotator: User, corpus: Corpus) -> None:
    ada = Editor(annotator, store_layer(corpus, annotator, [OKAFOR]))
    ada.decides(Reject(OKAFOR.key))
    ada.does(undo)
    with pytest.raises(NothingToUndo):
        ada.does(undo)
    assert ada.sees() == [("Ines Okafor", "PERSON", "added")]
    assert_counts_hold(corpus)


@pytest.mark.parametrize("seed", range(6))
def test_after_any_acts_of_two_people_every_count_equals_a_recount(
    ada: Editor, carl: Editor, corpus: Corpus, machine: FakeSuggester, suggest: Suggest, seed: int
) -> None:
    random = Random(seed)  # noqa: S311 - a game, not a secret
    for step in range(40):
        editor = random.choice([ada, carl])
        with suppress(AnnotationError):
            _act_at_random(editor, random)
        if step == 20:
            # Another machine, with other ideas, looks at the article meanwhile.
            machine.version = "2.0"
            machine.names = {"Ferry": "PRODUCT", "Okafor thanked": "ORG", "Mayor": "NORP"}
            suggest(ada.article)
        assert_counts_hold(corpus)
    assert_history_holds(corpus)


def _act_at_random(editor: Editor, random: Random) -> None:
    act = random.choice([undo, redo, finish, actions.reopen, *["decide"] * 12])
    if callable(act):
        editor.does(act)
        return
    review = Review.objects.filter(article=editor.article, annotator=editor.user).first()
    article = Article.objects.get(pk=editor.article.pk)
    visible = load_layer(article, review, Labels.of(article.corpus)).visible()
    start = random.randrange(len(NEWS) - 20)
    stretch = (start, start + random.randint(1, 20))
    label = random.choice(["PERSON", "ORG", "GPE"])
    key = random.choice(visible).key if visible else (0, 5, "ORG")
    editor.decides(
        random.choice(
            [
                Accept(key),
                Reject(key),
                Relabel(key, label),
                Adjust(key, key[0] + random.randint(-2, 2), key[1] + random.randint(-2, 2)),
                Add(*stretch, label),
            ]
        )
    )


# ── Mentions that cross the edges of blocks ──────────────────────────────────────────────────────


def test_counts_hold_where_suggestions_and_annotations_reach_over_blocks(
    article: Article, annotator: User, corpus: Corpus
) -> None:
    headline, second = article.blocks.all()[:2]
    ada = Editor(annotator, article)
    ada.decides(Add(second.start, second.start + 4, "ORG"))
    # A machine that does not know of lines proposes one mention over both.
    over_both = Mention(headline.end - 5, second.start + 4, "GPE", MentionState.SUGGESTED)
    article.refresh_from_db()
    store_run(
        article=article,
        suggester=suggester_row(Identity("wide", "1", "0")),
        mentions=[over_both],
    )
    assert_counts_hold(corpus)
    ada.decides(Add(headline.end - 5, headline.end, "GPE"))
    assert_counts_hold(corpus)
    assert not Rejection.objects.exists(), "what could not be seen was not answered"
    ada.does(undo)
    assert_counts_hold(corpus)


# ── Many at once ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db(transaction=True)
def test_of_two_decisions_on_one_revision_one_wins_and_one_is_told(
    store: StoreArticle, annotator: User, corpus: Corpus
) -> None:
    ada = Editor(annotator, store(" ".join(f"Name{n:02}" for n in range(40))))
    for revision in range(20):
        words = [(7 * n, 7 * n + 6) for n in (2 * revision, 2 * revision + 1)]
        raised = at_once(
            *(partial(ada.decides, Add(*w, "ORG"), seen_revision=revision) for w in words)
        )
        assert [type(error) for error in raised] == [StaleRevision], raised
        assert Correction.objects.count() == ada.revision == revision + 1
    assert_counts_hold(corpus)
    assert_history_holds(corpus)


@pytest.mark.django_db(transaction=True)
def test_the_same_request_many_times_at_once_has_one_effect(ada: Editor, corpus: Corpus) -> None:
    same = partial(ada.decides, Accept(OKAFOR.key), seen_revision=0, client_key="k1")
    assert at_once(*[same] * 5) == []
    assert Correction.objects.count() == 1
    assert_counts_hold(corpus)


@pytest.mark.django_db(transaction=True)
def test_people_at_different_articles_wait_for_each_other_and_never_fail(
    store: StoreArticle, suggest: Suggest, corpus: Corpus, annotator: User, curator: User
) -> None:
    editors = [
        Editor(user, store(f"{NEWS}\nNumber {n}.\n"))
        for n, user in enumerate([annotator, annotator, curator, curator])
    ]
    for editor in editors:
        suggest(editor.article)

    def work(editor: Editor) -> None:
        for _ in range(5):
            editor.decides(Accept(OKAFOR.key))
            editor.decides(Relabel(ALDER.key, "LOC"))
            editor.does(finish)
            for _ in range(3):
                editor.does(undo)

    raised = at_once(*(partial(work, editor) for editor in editors))
    assert raised == []
    assert_counts_hold(corpus)
    assert_history_holds(corpus)


def test_finishing_accepts_no_suggestion_that_arrived_unseen(
    suggested: Article, annotator: User
) -> None:
    with pytest.raises(SuggestionsUnseen):
        finish(user=annotator, article=suggested, seen_revision=0, seen_run=0)
    assert not Annotation.objects.exists()
    finish(user=annotator, article=suggested, seen_revision=0, seen_run=suggested.current_run_id)
    assert Annotation.objects.exists()


# ── The same text in the whole article ───────────────────────────────────────────────────────────

FIRST_OKAFOR = mark(NEWS, "Okafor", "PERSON", 1)


def test_the_same_text_is_decided_alike_in_one_correction(ada: Editor, corpus: Corpus) -> None:
    ada.decides(Relabel(FIRST_OKAFOR.key, "ORG"))
    outcome = ada.does(actions.decide_same, key=(*FIRST_OKAFOR.key[:2], "ORG"))
    assert outcome.correction is not None
    assert outcome.correction.verb == Correction.Verb.SAME
    assert [s for s in ada.sees() if s[0] == "Okafor"] == [("Okafor", "ORG", "changed")] * 2
    # Here the words are part of a longer name.
    assert ("Ines Okafor", "PERSON", "suggested") in ada.sees()
    assert_counts_hold(corpus)
    assert_history_holds(corpus)


def test_a_rejection_is_carried_to_the_same_text_and_undone_at_once(
    ada: Editor, corpus: Corpus
) -> None:
    ada.decides(Reject(FIRST_OKAFOR.key))
    before = ada.layer()
    ada.does(actions.decide_same, key=FIRST_OKAFOR.key)
    assert [s for s in ada.sees() if s[0] == "Okafor"] == []
    assert_counts_hold(corpus)
    ada.does(undo)
    assert ada.layer()[2:] == before[2:]
    ada.does(redo)
    assert [s for s in ada.sees() if s[0] == "Okafor"] == []
    assert_counts_hold(corpus)
    assert_history_holds(corpus)


def test_the_same_text_decided_twice_is_one_correction(ada: Editor) -> None:
    ada.decides(Accept(FIRST_OKAFOR.key))
    revision = ada.revision
    keyed = {"key": FIRST_OKAFOR.key, "client_key": "once", "seen_revision": revision}
    first = ada.does(actions.decide_same, **keyed)
    again = ada.does(actions.decide_same, **keyed)
    assert first.correction == again.correction
    assert ada.revision == revision + 1
    # And where nothing is left to decide, nothing is recorded.
    assert ada.does(actions.decide_same, key=FIRST_OKAFOR.key).correction is None


def test_the_same_text_is_not_decided_on_a_state_that_is_no_more(ada: Editor) -> None:
    ada.decides(Accept(FIRST_OKAFOR.key))
    with pytest.raises(StaleRevision):
        ada.does(actions.decide_same, key=FIRST_OKAFOR.key, seen_revision=0)


def test_a_decision_that_arrives_again_names_the_revision_that_it_led_to(ada: Editor) -> None:
    ada.decides(Accept(OKAFOR.key), client_key="first")
    ada.decides(Reject(ISLAND.key))
    again = ada.decides(Accept(OKAFOR.key), client_key="first", seen_revision=0)
    # What its sender decided next was decided on this, not on what the other one did.
    assert again.revision == 1
    assert ada.revision == 2

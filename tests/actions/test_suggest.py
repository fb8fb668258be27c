"""Suggestions in the background: claimed, leased, taken over, and never in the way of people."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from annotations.actions import suggest as actions
from annotations.actions.articles import store_article
from annotations.actions.corpora import create_corpus
from annotations.actions.decide import decide_mention, finish
from annotations.actions.suggest import request_suggestions, suggest_waiting
from annotations.domain.decisions import Accept, Add, Decision, Reject
from annotations.domain.errors import UnknownLabel
from annotations.domain.mentions import LONGEST_MENTION, Mention, MentionState
from annotations.models import (
    Annotation,
    Article,
    Corpus,
    Correction,
    Rejection,
    Review,
    Suggester,
    Suggestion,
    SuggestionRun,
    User,
)
from annotations.models.layers import Labels, load_layer
from annotations.suggesters import SuggesterMissing
from annotations.tasks import suggest_waiting as suggest_task
from tests.cast import NEWS, FakeSuggester, StoreArticle, Suggest, draft_of, mark
from tests.recount import assert_counts_hold, assert_history_holds
from tests.threads import at_once

State = Article.SuggestionState
OKAFOR = mark(NEWS, "Ines Okafor", "PERSON")
ISLAND = mark(NEWS, "Tern Island", "LOC")


def decided(user: User, article: Article, *decisions: Decision) -> Review:
    for decision in decisions:
        review = Review.objects.filter(article=article, annotator=user).first()
        decide_mention(
            user=user,
            article=article,
            decision=decision,
            seen_revision=review.revision if review else 0,
        )
    return Review.objects.get(article=article, annotator=user)


def human_rows() -> list[object]:
    return [
        list(model.objects.order_by("pk").values()) for model in (Annotation, Rejection, Correction)
    ]


def state_of(article: Article) -> tuple[str, int, str]:
    article.refresh_from_db()
    return article.suggestion_state, article.suggestion_attempts, article.suggestion_problem


# ── Asking and getting ───────────────────────────────────────────────────────────────────────────


def test_every_article_that_waits_gets_suggestions(
    store: StoreArticle, machine: FakeSuggester, corpus: Corpus
) -> None:
    articles = [store(f"{NEWS}{n}\n", wait=True) for n in range(20)]
    batches: list[int] = []
    assert suggest_waiting(on_batch=batches.append) == {"done": 20}
    assert batches == [16, 4]
    for article in articles:
        assert state_of(article) == ("done", 1, "")
        assert (article.mention_count, article.pending_count) == (8, 8)
        assert article.lease_until is None
    assert_counts_hold(corpus)


def test_a_suggestion_keeps_place_words_label_and_score(suggested: Article) -> None:
    row = Suggestion.objects.get(run=suggested.current_run, start=OKAFOR.start)
    assert (row.end, row.quote, row.label.name, row.score) == (
        OKAFOR.end,
        "Ines Okafor",
        "PERSON",
        0.75,
    )
    assert str(row.run.suggester) == "fake 1.0"


def test_only_the_named_corpus_is_worked_on(
    store: StoreArticle, machine: FakeSuggester, owner: User
) -> None:
    store(wait=True)
    other = create_corpus(slug="other", name="Other", owner=owner)
    store_article(corpus=other, draft=draft_of(), user=owner)
    assert suggest_waiting(corpus=other) == {"done": 1}
    assert actions.someone_waits()


def test_long_articles_make_small_batches(
    store: StoreArticle, machine: FakeSuggester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "BATCH_CHARACTERS", 2 * len(NEWS) + 10)
    for n in range(3):
        store(f"{NEWS}{n}\n", wait=True)
    batches: list[int] = []
    suggest_waiting(on_batch=batches.append)
    assert batches == [2, 1]


def test_asking_for_all_asks_for_those_without_suggestions_only(
    store: StoreArticle, suggest: Suggest, corpus: Corpus
) -> None:
    done, failed, new = store("One.\n"), store("Two.\n"), store("Three.\n")
    suggest(done)
    Article.objects.filter(pk=failed.pk).update(
        suggestion_state=State.FAILED, suggestion_attempts=3, suggestion_problem="why"
    )
    assert request_suggestions(corpus=corpus) == 2
    assert [state_of(a)[0] for a in (done, failed, new)] == ["done", "waiting", "waiting"]
    assert state_of(failed) == ("waiting", 0, "")


def test_asking_twice_for_an_article_that_waits_changes_nothing(
    store: StoreArticle, corpus: Corpus
) -> None:
    article = store(wait=True)
    assert request_suggestions(corpus=corpus, articles=[article.pk]) == 0


def test_articles_of_another_corpus_cannot_be_asked_for(article: Article, owner: User) -> None:
    other = create_corpus(slug="other", name="Other", owner=owner)
    assert request_suggestions(corpus=other, articles=[article.pk]) == 0


def test_the_task_says_how_many_it_made(
    store: StoreArticle, machine: FakeSuggester, immediate_tasks: None
) -> None:
    store(wait=True)
    assert suggest_task.enqueue().return_value == {"done": 1}


# ── Leases ───────────────────────────────────────────────────────────────────────────────────────


def abandon(article: Article, *, ago: timedelta, attempts: int = 1) -> None:
    """Leave the article as a killed worker does, its lease over since ``ago``."""
    Article.objects.filter(pk=article.pk).update(
        suggestion_state=State.RUNNING,
        suggestion_attempts=attempts,
        lease_holder="killed",
        lease_until=timezone.now() - ago,
    )


def test_what_a_worker_holds_no_other_takes(store: StoreArticle, machine: FakeSuggester) -> None:
    article = store(wait=True)
    abandon(article, ago=-timedelta(seconds=5))
    assert not actions.someone_waits()
    assert suggest_waiting() == {}
    assert state_of(article)[0] == "running"


def test_what_a_killed_worker_held_is_taken_over_when_its_lease_is_over(
    store: StoreArticle, machine: FakeSuggester
) -> None:
    article = store(wait=True)
    abandon(article, ago=timedelta(seconds=1))
    assert actions.someone_waits()
    assert suggest_waiting() == {"done": 1}
    assert state_of(article) == ("done", 2, "")


def test_an_article_whose_worker_died_goes_alone(
    store: StoreArticle, machine: FakeSuggester
) -> None:
    articles = [store(f"{NEWS}{n}\n", wait=True) for n in range(3)]
    abandon(articles[0], ago=timedelta(seconds=1))
    batches: list[int] = []
    suggest_waiting(on_batch=batches.append)
    assert batches == [1, 2]


def test_an_article_that_killed_three_workers_fails_and_says_so(
    store: StoreArticle, machine: FakeSuggester
) -> None:
    deadly, other = store(wait=True), store("Port Alder.\n", wait=True)
    abandon(deadly, ago=timedelta(seconds=1), attempts=3)
    assert suggest_waiting() == {"done": 1, "failed": 1}
    assert state_of(deadly) == ("failed", 3, "A worker stopped 3 times while it read this article.")
    assert state_of(other)[0] == "done"
    assert NEWS not in machine.seen


def test_a_worker_that_lost_its_lease_cannot_store(
    store: StoreArticle, machine: FakeSuggester, monkeypatch: pytest.MonkeyPatch
) -> None:
    article = store(wait=True)

    class Slow(FakeSuggester):
        def suggest(self, texts: Iterable[str]) -> Iterator[list[Mention]]:
            for text in texts:
                Article.objects.filter(pk=article.pk).update(lease_holder="another")
                yield from super().suggest([text])

    monkeypatch.setattr(actions, "load_suggester", lambda *_args: Slow())
    assert suggest_waiting() == {"taken over": 1}
    assert state_of(article)[0] == "running"
    assert not Suggestion.objects.exists()


def test_a_worker_that_lost_its_lease_cannot_fail_the_article_either(
    store: StoreArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    article = store(wait=True)

    class Slow(FakeSuggester):
        def suggest(self, texts: Iterable[str]) -> Iterator[list[Mention]]:
            Article.objects.filter(pk=article.pk).update(lease_holder="another")
            raise ValueError("too late")

    monkeypatch.setattr(actions, "load_suggester", lambda *_args: Slow())
    assert suggest_waiting() == {"taken over": 1}
    assert state_of(article)[0] == "running"


def test_a_lease_is_renewed_while_its_batch_is_worked_on(
    store: StoreArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    store("Port Alder.\n", wait=True)
    second = store("Tern Island.\n", wait=True)
    remaining: list[timedelta] = []

    class Slow(FakeSuggester):
        def suggest(self, texts: Iterable[str]) -> Iterator[list[Mention]]:
            for text in texts:
                second.refresh_from_db()
                if second.lease_until:
                    remaining.append(second.lease_until - timezone.now())
                Article.objects.filter(pk=second.pk).update(
                    lease_until=timezone.now() + timedelta(seconds=3)
                )
                yield from super().suggest([text])

    monkeypatch.setattr(actions, "load_suggester", lambda *_args: Slow())
    assert suggest_waiting() == {"done": 2}
    assert len(remaining) == 2
    assert min(remaining) > timedelta(seconds=20)


# ── What goes wrong ──────────────────────────────────────────────────────────────────────────────


def test_a_poison_article_fails_after_three_tries_with_its_reason_and_the_others_go_on(
    store: StoreArticle, machine: FakeSuggester, corpus: Corpus
) -> None:
    before, poison, after = (
        store(f"{text}\n", wait=True) for text in ("Port Alder", "a poison", "Tern Island")
    )
    machine.poisons = ("poison",)
    assert suggest_waiting() == {"done": 2, "waiting": 2, "failed": 1}
    assert state_of(poison) == ("failed", 3, "ValueError: the machine choked")
    assert [state_of(a)[0] for a in (before, after)] == ["done", "done"]
    assert_counts_hold(corpus)


def test_an_article_that_failed_can_be_tried_again(
    store: StoreArticle, machine: FakeSuggester, corpus: Corpus
) -> None:
    poison = store("a poison\n", wait=True)
    machine.poisons = ("poison",)
    suggest_waiting()
    machine.poisons = ()
    request_suggestions(corpus=corpus)
    assert suggest_waiting() == {"done": 1}
    assert state_of(poison) == ("done", 1, "")


def test_a_missing_pipeline_fails_every_article_with_the_sentence(
    store: StoreArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    articles = [store(f"{n}\n", wait=True) for n in range(20)]

    def missing(*_args: object) -> FakeSuggester:
        raise SuggesterMissing("No spaCy pipeline is installed. Install one.")

    monkeypatch.setattr(actions, "load_suggester", missing)
    assert suggest_waiting() == {"failed": 20}
    assert {state_of(article) for article in articles} == {
        ("failed", 1, "No spaCy pipeline is installed. Install one.")
    }


# ── Beside people ────────────────────────────────────────────────────────────────────────────────


def test_the_same_machine_again_changes_nothing(
    suggested: Article, suggest: Suggest, annotator: User, corpus: Corpus
) -> None:
    decided(annotator, suggested, Accept(OKAFOR.key), Reject(ISLAND.key))
    suggestions = list(Suggestion.objects.order_by("pk").values())
    human = human_rows()
    for _ in range(3):
        suggest(suggested)
        assert list(Suggestion.objects.order_by("pk").values()) == suggestions
        assert human_rows() == human
    assert SuggestionRun.objects.count() == 1
    assert_counts_hold(corpus)


def test_another_machine_never_touches_what_people_decided(
    suggested: Article,
    machine: FakeSuggester,
    suggest: Suggest,
    annotator: User,
    corpus: Corpus,
) -> None:
    decided(annotator, suggested, Accept(OKAFOR.key), Reject(ISLAND.key))
    human = human_rows()
    machine.version = "2.0"
    machine.names = {"Ines": "PERSON", "Tern Island": "LOC", "Critics": "NORP"}
    suggest(suggested)
    assert human_rows() == human
    review = Review.objects.get()
    pending = load_layer(suggested, review, Labels.of(corpus)).pending()
    # Not “Ines”, which lies within an annotation, and not what was rejected before.
    assert [m.label for m in pending] == ["NORP"]
    assert (suggested.mention_count, suggested.pending_count) == (2, 1)
    assert_counts_hold(corpus)
    assert_history_holds(corpus)


def test_the_runs_before_are_kept(
    suggested: Article, machine: FakeSuggester, suggest: Suggest
) -> None:
    first = list(Suggestion.objects.order_by("pk").values())
    machine.version = "2.0"
    suggest(suggested)
    assert list(Suggestion.objects.order_by("pk").values())[: len(first)] == first
    assert Suggester.objects.count() == 2


def test_a_review_that_was_opened_before_the_suggestions_came_adopts_them(
    article: Article, suggest: Suggest, annotator: User, corpus: Corpus
) -> None:
    review = decided(annotator, article, Add(*mark(NEWS, "Critics", "NORP").key))
    assert review.run is None
    suggest(article)
    review.refresh_from_db()
    assert review.run == article.current_run
    assert (article.mention_count, article.pending_count) == (9, 8)
    assert article.status == "open"
    assert_counts_hold(corpus)


def test_a_finished_review_keeps_the_run_that_it_answered(
    suggested: Article,
    machine: FakeSuggester,
    suggest: Suggest,
    annotator: User,
    corpus: Corpus,
) -> None:
    finish(user=annotator, article=suggested, seen_revision=0)
    answered = Review.objects.get().run
    machine.version, machine.names = "2.0", {"Critics": "NORP"}
    suggest(suggested)
    assert Review.objects.get().run == answered
    assert (suggested.status, suggested.mention_count, suggested.pending_count) == (
        "finished",
        8,
        0,
    )
    assert_counts_hold(corpus)


@pytest.mark.parametrize("last", ["annotator", "curator"])
def test_the_articles_counts_stay_those_of_whoever_worked_on_it_last(
    suggested: Article,
    machine: FakeSuggester,
    suggest: Suggest,
    annotator: User,
    curator: User,
    corpus: Corpus,
    last: str,
) -> None:
    decided(annotator, suggested, Reject(OKAFOR.key))
    decided(curator, suggested, Add(*mark(NEWS, "Critics", "NORP").key))
    if last == "annotator":
        decided(annotator, suggested, Reject(ISLAND.key))
    machine.version = "2.0"
    suggest(suggested)
    assert suggested.mention_count == (6 if last == "annotator" else 9)
    assert_counts_hold(corpus)


# ── The corpus's own labels ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("preset", "labels"),
    [
        ("ontonotes", ["GPE", "PERSON", "DATE", "PERSON", "ORG", "LOC", "PERSON", "ORG"]),
        ("conll", ["LOC", "PER", "PER", "ORG", "LOC", "PER", "ORG"]),
        (
            "iptc",
            ["geoArea", "person", "person", "organisation", "geoArea", "person", "organisation"],
        ),
    ],
)
def test_a_machines_labels_are_translated_and_what_has_no_label_is_left_out(
    machine: FakeSuggester, owner: User, preset: str, labels: list[str]
) -> None:
    corpus = create_corpus(slug="scheme", name="Scheme", preset=preset, owner=owner)
    article = store_article(corpus=corpus, draft=draft_of(), user=owner)
    suggest_waiting()
    rows = Suggestion.objects.filter(run__article=article).order_by("start")
    assert list(rows.values_list("label__name", flat=True)) == labels
    assert_counts_hold(corpus)


def test_a_machine_cannot_propose_what_is_too_long_to_be_a_name(
    store: StoreArticle, machine: FakeSuggester
) -> None:
    long = "x" * (LONGEST_MENTION + 1)
    machine.names = {long: "ORG", "Port Alder": "GPE"}
    store(f"{long} in Port Alder\n", wait=True)
    suggest_waiting()
    assert [row.quote for row in Suggestion.objects.all()] == ["Port Alder"]


def test_imported_suggestions_with_a_label_that_the_corpus_lacks_are_refused(
    store: StoreArticle,
) -> None:
    with pytest.raises(UnknownLabel, match="“Ship”"):
        store(mentions=(Mention(0, 5, "Ship", MentionState.SUGGESTED),))
    assert not Suggestion.objects.exists()


# ── Several workers ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db(transaction=True)
def test_several_workers_share_the_articles_and_no_editor_is_kept_out(
    store: StoreArticle, machine: FakeSuggester, corpus: Corpus, annotator: User
) -> None:
    # Of other names, so that nothing is learnt for the articles that wait.
    edited = store("Ada Kerr met Ben Holt and Cleo Marsh and Dora Quay.\n")
    layer = [
        mark(edited.text_row.text, name, "PERSON")
        for name in ("Ada Kerr", "Ben Holt", "Cleo Marsh", "Dora Quay")
    ]
    waiting = [store(f"{NEWS}{n}\n", wait=True) for n in range(40)]

    def edit() -> None:
        decided(annotator, edited, *(Add(*m.key) for m in layer))

    assert at_once(suggest_waiting, suggest_waiting, suggest_waiting, edit) == []
    assert {state_of(article)[0] for article in waiting} == {"done"}
    assert Suggestion.objects.count() == 8 * 40
    assert_counts_hold(corpus)

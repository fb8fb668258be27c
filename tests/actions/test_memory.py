"""The memory of a corpus: true to every decision, and asked for every article that waits."""

import re
from dataclasses import replace
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations.actions import memory, proposals
from annotations.actions.articles import describe_article
from annotations.actions.corpora import create_corpus
from annotations.actions.decide import decide_mention, decide_same, finish, redo, reopen, undo
from annotations.domain.articles import Metadata
from annotations.domain.decisions import Accept, Add, Adjust, Decision, Reject, Relabel
from annotations.domain.memory import Words
from annotations.domain.mentions import Mention
from annotations.models import (
    Annotation,
    Article,
    Corpus,
    KnownForm,
    Reading,
    Review,
    Suggestion,
    SuggestionRun,
    User,
)
from annotations.models.layers import Labels
from tests.cast import NEWS, StoreArticle, Suggest, mark, store_layer
from tests.recount import assert_counts_hold
from tests.threads import at_once

OKAFOR = mark(NEWS, "Ines Okafor", "PERSON")
ALDER = mark(NEWS, "Port Alder", "GPE")
LATER = "Port Alder sleeps\n\nFog hid Skua Rock from Port Alder. The Marine Board met.\n"


def decided(user: User, article: Article, *decisions: Decision) -> None:
    for decision in decisions:
        decide_mention(user=user, article=article, decision=decision, seen_revision=seen(article))


def seen(article: Article) -> int:
    review = Review.objects.filter(article=article).first()
    return review.revision if review else 0


def known(corpus: Corpus) -> dict[tuple[str, str], tuple[int, int]]:
    rows = KnownForm.objects.filter(corpus=corpus).exclude(confirmed=0, rejected=0)
    return {(row.form, row.label.name): (row.confirmed, row.rejected) for row in rows}


def suggested(article: Article) -> list[tuple[str, str, str]]:
    article.refresh_from_db()
    rows = Suggestion.objects.filter(run=article.current_run_id).order_by("start")
    return [(row.quote, row.label.name, row.ground) for row in rows]


# ── Kept with every decision ─────────────────────────────────────────────────────────────────────


def test_each_decision_is_remembered_with_its_form_and_who_made_it(
    store: StoreArticle, suggest: Suggest, corpus: Corpus, annotator: User
) -> None:
    article = store()
    suggest(article)
    decided(annotator, article, Accept(OKAFOR.key), Reject(ALDER.key))
    assert known(corpus) == {("Ines Okafor", "PERSON"): (1, 0), ("Port Alder", "GPE"): (0, 1)}
    assert KnownForm.objects.get(form="Ines Okafor").last_user == annotator
    assert_counts_hold(corpus)


def test_relabelling_moving_and_removing_are_remembered_too(
    store: StoreArticle, suggest: Suggest, corpus: Corpus, annotator: User
) -> None:
    article = store()
    suggest(article)
    okafor = Mention(OKAFOR.start + 5, OKAFOR.end, "PERSON")
    decided(annotator, article, Relabel(ALDER.key, "LOC"), Adjust(OKAFOR.key, *okafor.key[:2]))
    assert known(corpus) == {
        ("Port Alder", "LOC"): (1, 0),
        ("Port Alder", "GPE"): (0, 1),
        ("Okafor", "PERSON"): (1, 0),
        ("Ines Okafor", "PERSON"): (0, 1),
    }
    decided(annotator, article, Reject(okafor.key))
    assert ("Okafor", "PERSON") not in known(corpus)
    assert_counts_hold(corpus)


def test_what_is_taken_back_is_forgotten_and_what_is_done_again_is_known_again(
    store: StoreArticle, suggest: Suggest, corpus: Corpus, annotator: User
) -> None:
    article = store()
    suggest(article)
    decided(annotator, article, Relabel(ALDER.key, "LOC"))
    after = known(corpus)
    undo(user=annotator, article=article, seen_revision=seen(article))
    assert known(corpus) == {}
    redo(user=annotator, article=article, seen_revision=seen(article))
    assert known(corpus) == after


def test_decisions_on_many_mentions_are_remembered_each(
    store: StoreArticle, suggest: Suggest, corpus: Corpus, annotator: User
) -> None:
    article = store()
    suggest(article)
    okafor = mark(NEWS, "Okafor", "PERSON", 1)
    decide_same(user=annotator, article=article, key=okafor.key, seen_revision=0)
    assert known(corpus)["Okafor", "PERSON"] == (2, 0)
    finish(user=annotator, article=article, seen_revision=seen(article))
    assert sum(confirmed for confirmed, _ in known(corpus).values()) == 8
    reopen(user=annotator, article=article, seen_revision=seen(article))
    assert sum(confirmed for confirmed, _ in known(corpus).values()) == 8
    assert_counts_hold(corpus)


def test_a_decision_that_is_refused_leaves_no_trace(
    store: StoreArticle, suggest: Suggest, corpus: Corpus, annotator: User
) -> None:
    article = store()
    suggest(article)
    with pytest.raises(Exception, match="does not allow overlapping"):
        decided(annotator, article, Accept(OKAFOR.key), Add(OKAFOR.start, OKAFOR.end + 4, "ORG"))
    assert known(corpus) == {("Ines Okafor", "PERSON"): (1, 0)}


def test_forms_that_are_hardly_met_again_are_not_remembered(
    store: StoreArticle, corpus: Corpus, annotator: User
) -> None:
    article = store(f"{'very ' * 21}long — and — short.\n")
    text = article.text_row.text
    dash = text.index("—")
    decided(annotator, article, Add(0, text.index("long") + 4, "ORG"), Add(dash, dash + 1, "ORG"))
    assert known(corpus) == {}
    undo(user=annotator, article=article, seen_revision=seen(article))


def test_a_corpus_and_a_language_remember_by_themselves(
    store: StoreArticle, corpus: Corpus, annotator: User
) -> None:
    article = store(metadata=Metadata(language="de"))
    decided(annotator, article, Add(*OKAFOR.key))
    other = create_corpus(slug="other", name="Other", owner=annotator)
    words = Words(NEWS)
    for place, language, found in (
        (corpus, "de", True),
        (corpus, "en", False),
        (other, "de", False),
    ):
        evidence = memory.memory_for(place, language, words, Labels.of(place)).of("Ines Okafor")
        assert (evidence is not None) is found


def test_an_article_that_turns_out_to_be_in_another_language_takes_its_decisions_along(
    store: StoreArticle, corpus: Corpus, annotator: User
) -> None:
    article = store()
    decided(annotator, article, Add(*OKAFOR.key))
    described = Metadata(title="Fähre", language="de", published_on=date(2026, 5, 4))
    describe_article(article=article, metadata=described)
    assert KnownForm.objects.get(confirmed=1).language == "de"
    assert_counts_hold(corpus)
    describe_article(article=article, metadata=replace(described, title="Ferry"))
    assert_counts_hold(corpus)


@pytest.mark.django_db(transaction=True)
def test_two_who_decide_on_the_same_forms_at_once_are_both_remembered(
    store: StoreArticle, corpus: Corpus, annotator: User, curator: User
) -> None:
    articles = [store(f"{NEWS}{n}\n") for n in range(2)]
    marks = [OKAFOR, ALDER, mark(NEWS, "Tern Island", "LOC"), mark(NEWS, "Monday", "DATE")]

    def work(user: User, article: Article, order: int) -> None:
        for mention in marks[::order]:
            decide_mention(
                user=user, article=article, decision=Add(*mention.key), seen_revision=seen(article)
            )

    outcomes = at_once(
        lambda: work(annotator, articles[0], 1), lambda: work(curator, articles[1], -1)
    )
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    assert set(known(corpus).values()) == {(2, 0)}
    assert_counts_hold(corpus)


# ── What came with files ─────────────────────────────────────────────────────────────────────────


def test_imported_annotations_are_remembered_by_a_worker(corpus: Corpus, annotator: User) -> None:
    article = store_layer(corpus, annotator, [OKAFOR, ALDER], finished=True)
    assert known(corpus) == {}
    assert memory.remember_reviews() == 1
    assert known(corpus) == {("Ines Okafor", "PERSON"): (1, 0), ("Port Alder", "GPE"): (1, 0)}
    assert KnownForm.objects.get(form="Port Alder").last_user == annotator
    assert memory.remember_reviews() == 0
    decided(annotator, article, Reject(ALDER.key))
    assert_counts_hold(corpus)


def test_what_is_decided_before_the_worker_came_is_counted_once(
    corpus: Corpus, annotator: User
) -> None:
    article = store_layer(corpus, annotator, [OKAFOR, ALDER])
    decided(annotator, article, Relabel(ALDER.key, "LOC"))
    memory.remember_reviews()
    assert known(corpus)["Port Alder", "LOC"] == (1, 0)
    assert_counts_hold(corpus)


# ── Asked for every article that waits ───────────────────────────────────────────────────────────


def test_a_waiting_article_shows_what_was_learnt_since_when_it_is_opened(
    store: StoreArticle, suggest: Suggest, corpus: Corpus, annotator: User
) -> None:
    article, later = store(), store(LATER)
    suggest(article), suggest(later)
    assert suggested(later) == [
        ("Port Alder", "GPE", "pipeline"), ("Port Alder", "GPE", "pipeline")
    ]  # fmt: skip
    rock = store("Skua Rock is wet.\n")
    decided(annotator, rock, Add(0, 9, "LOC"))
    decided(annotator, article, Relabel(ALDER.key, "LOC"))
    proposals.refresh(later)
    assert suggested(later) == [
        ("Port Alder", "LOC", "memory"),
        ("Skua Rock", "LOC", "memory"),
        ("Port Alder", "LOC", "memory"),
    ]
    assert (later.pending_count, later.mention_count) == (3, 3)
    assert_counts_hold(corpus)


def test_opening_it_again_writes_nothing(
    store: StoreArticle, suggest: Suggest, annotator: User
) -> None:
    article, later = store(), store(LATER)
    suggest(article), suggest(later)
    decided(annotator, article, Relabel(ALDER.key, "LOC"))
    proposals.refresh(later)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        proposals.refresh(later)
    assert not [q for q in queries if re.match(r"\s*(INSERT|UPDATE|DELETE)", q["sql"])]
    assert SuggestionRun.objects.filter(article=later).count() == 1


def test_an_article_that_somebody_works_on_keeps_the_suggestions_that_they_see(
    store: StoreArticle, suggest: Suggest, annotator: User, curator: User
) -> None:
    article, later = store(), store(LATER)
    suggest(article), suggest(later)
    decided(curator, later, Accept(mark(LATER, "Port Alder", "GPE").key))
    before = (suggested(later), list(Annotation.objects.filter(review__article=later).values()))
    decided(annotator, article, Relabel(ALDER.key, "LOC"))
    proposals.refresh(later)
    assert before == (
        suggested(later), list(Annotation.objects.filter(review__article=later).values())
    )  # fmt: skip


def test_what_is_taken_back_is_no_longer_suggested(
    store: StoreArticle, suggest: Suggest, corpus: Corpus, annotator: User
) -> None:
    article, later = store(), store(LATER)
    suggest(article), suggest(later)
    at_first = suggested(later)
    decided(annotator, article, Relabel(ALDER.key, "LOC"))
    proposals.refresh(later)
    undo(user=annotator, article=article, seen_revision=seen(article))
    proposals.refresh(later)
    assert suggested(later) == at_first
    assert_counts_hold(corpus)


def test_a_new_article_is_read_by_the_machine_and_the_memory_at_once(
    store: StoreArticle, suggest: Suggest, annotator: User
) -> None:
    article = store()
    suggest(article)
    decided(annotator, article, Relabel(ALDER.key, "LOC"))
    later = store(LATER)
    suggest(later)
    assert ("Port Alder", "LOC", "memory") in suggested(later)
    reading = Reading.objects.get(article=later)
    assert [label for _, _, label, _ in reading.mentions] == ["GPE", "GPE"]
    assert SuggestionRun.objects.filter(article=later).count() == 1


def test_what_came_with_a_file_counts_for_the_articles_that_are_read_after_it(
    corpus: Corpus, annotator: User, store: StoreArticle, suggest: Suggest
) -> None:
    store_layer(corpus, annotator, [replace(ALDER, label="LOC")], finished=True)
    later = store(LATER)
    suggest(later)
    assert ("Port Alder", "LOC", "memory") in suggested(later)


def test_an_article_without_suggestions_of_a_machine_is_left_as_it_is(
    corpus: Corpus, annotator: User, store: StoreArticle
) -> None:
    waiting = store(LATER, wait=True)
    imported = store_layer(corpus, annotator, [OKAFOR])
    proposals.refresh(waiting)
    proposals.refresh(imported)
    assert not SuggestionRun.objects.exists()

"""Storing the articles of a long file: bit by bit, seen by nobody until all are there."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from annotations import tasks
from annotations.actions import articles as storing
from annotations.actions import staging as actions
from annotations.actions.articles import Arrival, store_article, store_articles
from annotations.actions.corpora import create_corpus
from annotations.actions.staging import Outcome, TakenOver, store_file
from annotations.actions.suggest import suggest_waiting
from annotations.actions.turns import Turns
from annotations.domain.articles import ReviewStatus
from annotations.domain.errors import SpanOutOfText
from annotations.domain.mentions import Mention, MentionState
from annotations.models import Article, Corpus, Label, Staging, Upload, UploadFile, User
from tests.cast import FakeSuggester, draft_of
from tests.recount import assert_counts_hold, assert_history_holds
from tests.stored import rows_of

LIN = Mention(0, 3, "PERSON", MentionState.SUGGESTED, 0.5, "tagger 1")


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two articles of a line and a mention each make a batch."""
    monkeypatch.setattr(storing, "BATCH_ROWS", {connection.vendor: 6})


def arrivals(annotator: User, size: int = 9) -> list[Arrival]:
    """Suggested, decided and bare articles in turn: 3, 3, 2 and 4 rows each."""
    kinds: list[tuple[User | None, dict[str, object]]] = [
        (None, {"mentions": (LIN,)}),
        (annotator, {"mentions": (Mention(0, 3, "PERSON"),), "status": ReviewStatus.FINISHED}),
        (None, {}),
        (annotator, {"mentions": (LIN, Mention(4, 9, "ORG")), "status": ReviewStatus.OPEN}),
    ]
    return [
        Arrival(
            draft_of(f"Lin spoke {n} times.", **kind),
            layer_of=layer_of,
            await_suggestions=not kind,
        )
        for n in range(size)
        for layer_of, kind in (kinds[n % len(kinds)],)
    ]


def spoilt(annotator: User) -> list[Arrival]:
    """The last of many articles does not fit."""
    return [
        *arrivals(annotator),
        Arrival(draft_of("Wrong.", mentions=(Mention(0, 99, "ORG"),))),
    ]


def no_shelf_is_left() -> bool:
    shelves = Corpus.with_shelves.filter(is_shelf=True)
    return not (shelves.exists() or Staging.objects.exists())


# ── All at once ──────────────────────────────────────────────────────────────────────────────────


def test_a_long_file_is_stored_as_if_it_were_short(
    corpus: Corpus, owner: User, annotator: User
) -> None:
    outcome = store_file(corpus=corpus, arrivals=arrivals(annotator), user=owner, turns=Turns())
    assert outcome == Outcome(stored=9, known=0)
    assert_counts_hold(corpus)
    assert_history_holds(corpus)
    other = create_corpus(slug="other", name="Other", owner=owner)
    store_articles(corpus=other, arrivals=arrivals(annotator), user=owner)
    assert rows_of(corpus) == rows_of(other)
    corpus.refresh_from_db()
    assert corpus.last_number == 9
    assert no_shelf_is_left()


def test_a_short_file_needs_no_shelf(
    corpus: Corpus, owner: User, annotator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(actions, "_begin")
    few = arrivals(annotator, 2)
    outcome = store_file(corpus=corpus, arrivals=few, user=owner, turns=Turns())
    assert outcome == Outcome(stored=2, known=0)
    assert_counts_hold(corpus)


def test_nobody_sees_an_article_before_all_are_there(
    corpus: Corpus, owner: User, annotator: User, machine: FakeSuggester
) -> None:
    seen: list[tuple[int, int, int]] = []

    def look(taken: int) -> None:
        corpus.refresh_from_db()
        everybodys = Corpus.objects.for_member(User(is_superuser=True))
        assert [one.slug for one in everybodys] == [corpus.slug]
        assert suggest_waiting() == Counter()
        seen.append((taken, corpus.article_count, Article.objects.filter(corpus=corpus).count()))
        assert_counts_hold(corpus)

    def end(outcome: Outcome) -> None:
        assert outcome.stored == Article.objects.filter(corpus=corpus).count()

    store_file(
        corpus=corpus,
        arrivals=arrivals(annotator),
        user=owner,
        turns=Turns(),
        on_batch=look,
        then=end,
    )
    assert seen == [(2, 0, 0), (4, 0, 0), (6, 0, 0), (8, 0, 0), (9, 0, 0)]
    assert suggest_waiting() == Counter(done=2), "what came without mentions is suggested now"
    assert machine.seen


def test_what_was_refused_in_the_end_leaves_nothing(
    corpus: Corpus, owner: User, annotator: User
) -> None:
    with pytest.raises(SpanOutOfText):
        store_file(corpus=corpus, arrivals=spoilt(annotator), user=owner, turns=Turns())
    assert not Article.objects.exists()
    assert no_shelf_is_left()
    assert_counts_hold(corpus)
    corpus.refresh_from_db()
    assert corpus.last_number == 0


def test_what_fails_as_the_articles_move_leaves_them_where_they_were(
    corpus: Corpus, owner: User, annotator: User
) -> None:
    def fail(_outcome: Outcome) -> None:
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        store_file(
            corpus=corpus, arrivals=arrivals(annotator), user=owner, turns=Turns(), then=fail
        )
    assert not Article.objects.filter(corpus=corpus).exists()
    assert_counts_hold(corpus)


# ── What others do meanwhile ─────────────────────────────────────────────────────────────────────


def test_a_text_that_somebody_else_stored_meanwhile_is_known(
    corpus: Corpus, owner: User, annotator: User
) -> None:
    mine = arrivals(annotator)

    def meanwhile(taken: int) -> None:
        if taken == 9:
            for one in (mine[0], mine[1]):
                store_articles(corpus=corpus, arrivals=[one], user=owner)

    outcome = store_file(
        corpus=corpus, arrivals=mine, user=owner, turns=Turns(), on_batch=meanwhile
    )
    assert outcome == Outcome(stored=7, known=2)
    assert_counts_hold(corpus)
    assert_history_holds(corpus)


def test_texts_that_come_twice_are_stored_once(
    corpus: Corpus, owner: User, annotator: User
) -> None:
    store_article(corpus=corpus, draft=draft_of("Lin spoke 4 times."), user=owner)
    twice = [*arrivals(annotator), *arrivals(annotator)]
    outcome = store_file(corpus=corpus, arrivals=twice, user=owner, turns=Turns())
    assert outcome == Outcome(stored=8, known=10)
    assert_counts_hold(corpus)


def test_articles_keep_the_numbers_that_they_ask_for_while_these_are_free(
    corpus: Corpus, owner: User, annotator: User
) -> None:
    store_article(corpus=corpus, draft=draft_of("First."), user=owner)
    wishes = [5, 1, None, 7, 5, None]
    asking = [
        Arrival(draft_of(f"Number {place}.", number=wish, mentions=()))
        for place, wish in enumerate(wishes)
    ]

    def meanwhile(taken: int) -> None:
        if taken == len(wishes):
            store_article(corpus=corpus, draft=draft_of("Quicker.", number=7), user=owner)

    store_file(corpus=corpus, arrivals=asking, user=owner, turns=Turns(), on_batch=meanwhile)
    rows = Article.objects.filter(corpus=corpus).values_list("text_row__text", "number")
    numbers = dict(rows)
    assert numbers["Number 0."] == 5
    assert numbers["Quicker."] == 7
    others = [numbers[f"Number {place}."] for place in (2, 4, 5)]
    assert others == sorted(others), "the next numbers, in the file's order"
    assert min(others) == 8
    assert len(set(numbers.values())) == len(numbers) == 8
    corpus.refresh_from_db()
    assert corpus.last_number == max(numbers.values())
    assert_counts_hold(corpus)


# ── After a stop ─────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def file(corpus: Corpus, owner: User) -> UploadFile:
    upload = Upload.objects.create(corpus=corpus, user=owner, state=Upload.State.STORING)
    return UploadFile.objects.create(
        upload=upload, position=0, name="long.jsonl", data=b"", size=0, state="read"
    )


def stopped(corpus: Corpus, owner: User, annotator: User, file: UploadFile | None) -> list[int]:
    """Store four of nine articles; how far each batch came."""
    batches: list[int] = []

    def stop(taken: int) -> None:
        batches.append(taken)
        if taken == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store_file(
            corpus=corpus,
            arrivals=arrivals(annotator),
            user=owner,
            turns=Turns(),
            file=file,
            on_batch=stop,
        )
    return batches


def test_storing_a_file_goes_on_where_it_stopped(
    corpus: Corpus, owner: User, annotator: User, file: UploadFile
) -> None:
    assert stopped(corpus, owner, annotator, file) == [2, 4]
    shelved = set(Article.objects.values_list("pk", flat=True))
    assert len(shelved) == 4
    batches: list[int] = []
    outcome = store_file(
        corpus=corpus,
        arrivals=arrivals(annotator),
        user=owner,
        turns=Turns(),
        file=file,
        on_batch=batches.append,
    )
    assert outcome == Outcome(stored=9, known=0)
    assert batches == [6, 8, 9]
    assert shelved < set(Article.objects.filter(corpus=corpus).values_list("pk", flat=True))
    assert_counts_hold(corpus)
    assert_history_holds(corpus)
    assert no_shelf_is_left()


def test_of_two_workers_at_one_file_one_is_told(
    corpus: Corpus, owner: User, annotator: User, file: UploadFile
) -> None:
    def others() -> Iterator[Arrival]:
        """The articles; another worker stores them all before the last is read."""
        *most, last = arrivals(annotator)
        yield from most
        store_file(
            corpus=corpus, arrivals=arrivals(annotator), user=owner, turns=Turns(), file=file
        )
        yield last

    with pytest.raises(TakenOver):
        store_file(corpus=corpus, arrivals=others(), user=owner, turns=Turns(), file=file)
    assert Article.objects.filter(corpus=corpus).count() == 9
    assert_counts_hold(corpus)
    assert no_shelf_is_left()


def test_of_two_workers_that_begin_at_once_one_is_told(
    corpus: Corpus, owner: User, annotator: User, file: UploadFile
) -> None:
    def others() -> Iterator[Arrival]:
        yield arrivals(annotator)[0]
        actions._begin(corpus, file)
        yield from arrivals(annotator)[1:]

    with pytest.raises(TakenOver):
        store_file(corpus=corpus, arrivals=others(), user=owner, turns=Turns(), file=file)
    assert Staging.objects.get().taken == 0


@pytest.mark.usefixtures("immediate_tasks")
def test_a_shelf_that_nobody_comes_back_to_is_cleared_away(
    corpus: Corpus, owner: User, annotator: User
) -> None:
    stopped(corpus, owner, annotator, None)
    actions.sweep()
    assert Staging.objects.exists(), "its command may still run"
    Staging.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    tasks.take_over.func()
    assert no_shelf_is_left()
    assert not Article.objects.exists()
    assert_counts_hold(corpus)


@pytest.mark.parametrize(("state", "is_kept"), [("read", True), ("refused", False)])
def test_the_shelf_of_an_upload_waits_for_its_next_worker(
    corpus: Corpus, owner: User, annotator: User, file: UploadFile, state: str, *, is_kept: bool
) -> None:
    stopped(corpus, owner, annotator, file)
    Staging.objects.update(lease_until=timezone.now() - timedelta(days=1))
    UploadFile.objects.update(state=state)
    actions.sweep()
    assert Staging.objects.exists() is is_kept
    assert no_shelf_is_left() is not is_kept


def test_a_shelf_goes_with_its_upload(
    corpus: Corpus, owner: User, annotator: User, file: UploadFile
) -> None:
    stopped(corpus, owner, annotator, file)
    file.upload.delete()
    actions.sweep()
    assert no_shelf_is_left()
    assert not Article.objects.exists()
    assert Label.objects.filter(scheme__corpus=corpus).exists()

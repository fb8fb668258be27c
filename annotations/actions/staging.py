"""Storing the articles of one file, all or none, without making anybody wait.

A short file is one transaction. A long one would keep every editor on SQLite waiting for as long as
it takes, so its articles are written batch by batch onto a shelf (`annotations.models.Staging`),
where nobody sees them, and move into the corpus at once when they are complete. After a stop the
work goes on with the next batch; what nobody comes back to is cleared away.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Final

from django.db import IntegrityError, connection, transaction
from django.db.models import Case, F, IntegerField, Max, Q, Value, When
from django.db.models.functions import Now

from annotations.actions.articles import (
    HIGHEST_WISH,
    Arrival,
    Batch,
    Numbers,
    Written,
    count,
    in_batches,
    last_number,
    store_articles,
    write,
)
from annotations.actions.turns import Turns
from annotations.domain.errors import AnnotationError
from annotations.formats.base import FormatError
from annotations.models import (
    Annotation,
    Article,
    Corpus,
    Staging,
    Suggestion,
    Upload,
    UploadFile,
    User,
)

#: How long a shelf is kept for somebody who writes nothing onto it.
LEASE: Final = timedelta(minutes=5)
#: Articles that are taken off a shelf at once.
CLEARED_AT_ONCE: Final = 50

_State = Article.SuggestionState


class TakenOver(Exception):
    """Somebody else stores this file now."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file's articles: so many were stored, so many were in the corpus already."""

    stored: int
    known: int


def store_file(
    *,
    corpus: Corpus,
    arrivals: Iterable[Arrival],
    user: User | None,
    turns: Turns,
    file: UploadFile | None = None,
    on_batch: Callable[[int], None] = lambda _taken: None,
    then: Callable[[Outcome], None] = lambda _outcome: None,
) -> Outcome:
    """Store the articles of one file, all or none, and go on where an earlier try stopped.

    ``on_batch`` is told how many articles were dealt with so far. What ``then`` does belongs to the
    transaction that brings the articles into the corpus.

    Raises what the arrivals raise, AnnotationError for mentions that don't fit the corpus, and
    TakenOver; nothing is stored then.
    """
    staging = Staging.objects.filter(file=file).first() if file is not None else None
    if staging is None:
        batches = in_batches(arrivals)
        first = list(islice(batches, 2))
        if len(first) < 2:
            with turns.atomic():
                outcome = _store_at_once(corpus, first, user)
                then(outcome)
            return outcome
        staging = _begin(corpus, file)
        batches = _chained(first, batches)
    else:
        batches = in_batches(islice(arrivals, staging.taken, None))
    try:
        taken = staging.taken
        for batch in batches:
            _put(staging, taken, batch, user, turns)
            taken += len(batch)
            on_batch(taken)
        return _move(staging, taken, turns, then)
    except (FormatError, AnnotationError):
        # After anything else, as a full disk, the next try goes on from here.
        discard(staging, turns)
        raise


def sweep() -> None:
    """Clear away what nobody will come back to."""
    turns = Turns()
    ended = Q(file=None) | ~Q(
        file__state=UploadFile.State.READ, file__upload__state=Upload.State.STORING
    )
    for staging in Staging.objects.filter(ended, lease_until__lt=Now()):
        discard(staging, turns)
    for shelf in Corpus.with_shelves.filter(is_shelf=True, staging=None):
        _clear(shelf, turns)


def discard(staging: Staging, turns: Turns) -> None:
    """Drop a shelf with all that lies on it. Whoever still writes onto it is told."""
    shelf = staging.shelf
    with turns.atomic():
        staging.delete()
    _clear(shelf, turns)


def _store_at_once(corpus: Corpus, batches: list[list[Arrival]], user: User | None) -> Outcome:
    arrivals = [arrival for batch in batches for arrival in batch]
    articles = store_articles(corpus=corpus, arrivals=arrivals, user=user)
    return Outcome(
        stored=sum(article is not None for article in articles), known=articles.count(None)
    )


def _chained[T](first: list[T], rest: Iterator[T]) -> Iterator[T]:
    yield from first
    yield from rest


@transaction.atomic
def _begin(corpus: Corpus, file: UploadFile | None) -> Staging:
    shelf = Corpus.with_shelves.create(
        slug=f"shelf-{uuid.uuid4().hex}",
        name=f"On the way to {corpus.name}"[:120],
        is_shelf=True,
        # Articles that ask for no number stand beyond all that can be asked for.
        last_number=HIGHEST_WISH,
    )
    try:
        return Staging.objects.create(
            corpus=corpus, shelf=shelf, file=file, lease_until=Now() + LEASE
        )
    except IntegrityError as error:
        raise TakenOver from error


def _put(
    staging: Staging, taken: int, arrivals: list[Arrival], user: User | None, turns: Turns
) -> None:
    """Write one batch onto the shelf, unless somebody else has done so."""
    batch = Batch.of(arrivals, staging.corpus, staging.shelf)
    with turns.atomic():
        held = _held(staging, taken)
        last = last_number(staging.shelf)
        numbers = Numbers(staging.shelf, last, (a.draft.number for a in batch.arrivals))
        written = write(
            batch, corpus=staging.shelf, user=user, numbers=numbers, state_of=_state_on_shelf
        )
        count(
            Written(written.articles, written.statuses),
            corpus=staging.shelf,
            last_number=numbers.last,
        )
        held.taken = taken + len(arrivals)
        held.suggested = _sum(held.suggested, written.suggested)
        held.annotated = _sum(held.annotated, written.annotated)
        held.lease_until = Now() + LEASE
        held.save()


def _state_on_shelf(arrival: Arrival) -> str:
    return _State.SHELVED if arrival.await_suggestions else _State.NONE


def _move(staging: Staging, taken: int, turns: Turns, then: Callable[[Outcome], None]) -> Outcome:
    """Bring everything that lies on the shelf into the corpus, at once, and take the shelf away."""
    shelf, corpus = staging.shelf, staging.corpus
    # What others have done meanwhile is looked for twice: at leisure, and, holding the corpus, for
    # what came since.
    with turns.atomic():
        _make_fit(_held(staging, taken))
    with turns.atomic():
        last = last_number(corpus)
        held = _held(staging, taken)
        _make_fit(held)
        on_shelf = Article.objects.filter(corpus=shelf)
        shelf.refresh_from_db(from_queryset=Corpus.with_shelves.all())
        wished = on_shelf.filter(number__lte=HIGHEST_WISH).aggregate(last=Max("number", default=0))
        last = max(last, wished["last"])
        on_shelf.update(
            corpus=corpus,
            number=Case(
                When(number__gt=HIGHEST_WISH, then=F("number") + (last - HIGHEST_WISH)),
                default=F("number"),
                output_field=IntegerField(),
            ),
            suggestion_state=Case(
                When(suggestion_state=_State.SHELVED, then=Value(_State.WAITING.value)),
                default=F("suggestion_state"),
            ),
        )
        statuses = Counter(
            {
                Article.Status.UNREVIEWED.value: shelf.unreviewed_count,
                Article.Status.OPEN.value: shelf.open_count,
                Article.Status.FINISHED.value: shelf.finished_count,
            }
        )
        moved = Written([], statuses, _by_id(held.suggested), _by_id(held.annotated))
        count(moved, corpus=corpus, last_number=last + shelf.last_number - HIGHEST_WISH)
        outcome = Outcome(stored=shelf.article_count, known=taken - shelf.article_count)
        held.delete()
        shelf.delete()
        then(outcome)
    return outcome


def _held(staging: Staging, taken: int) -> Staging:
    """The staging's row, locked; raises TakenOver unless it is as far as the caller left it."""
    held = Staging.objects.select_for_update(of=("self",)).filter(pk=staging.pk).first()
    if held is None or held.taken != taken:
        raise TakenOver
    held.corpus, held.shelf = staging.corpus, staging.shelf
    return held


def _make_fit(held: Staging) -> None:
    """Take off the shelf what the corpus has by now, and give up numbers that were taken there."""
    there = Article.objects.filter(corpus=held.corpus)
    on_shelf = Article.objects.filter(corpus=held.shelf)
    known = list(on_shelf.filter(text_sha256__in=there.values("text_sha256")))
    if known:
        _take_off(held, known)
    clashing = on_shelf.filter(number__in=there.values("number")).order_by("number")
    numbers = Numbers(held.shelf, last_number(held.shelf), ())
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE annotations_article SET number = %s WHERE id = %s",
            [(numbers.take(None), pk) for pk in clashing.values_list("pk", flat=True)],
        )
    Corpus.with_shelves.filter(pk=held.shelf.pk).update(last_number=numbers.last)


def _take_off(held: Staging, known: list[Article]) -> None:
    """Remove articles from the shelf, and from what is to be counted."""
    suggested = Suggestion.objects.filter(run__article__in=known)
    annotated = Annotation.objects.filter(review__article__in=known)
    for kind, rows in (("suggested", suggested), ("annotated", annotated)):
        less = Counter(rows.values_list("label_id", flat=True))
        setattr(held, kind, _sum(getattr(held, kind), Counter({k: -n for k, n in less.items()})))
    held.save()
    statuses = Counter(article.status for article in known)
    Article.objects.filter(pk__in=[article.pk for article in known]).delete()
    gone = Counter({status: -n for status, n in statuses.items()})
    count(Written([], gone), corpus=held.shelf, last_number=last_number(held.shelf))


def _clear(shelf: Corpus, turns: Turns) -> None:
    """Delete a shelf with its articles, a few at a time."""
    articles = Article.objects.filter(corpus=shelf)
    while some := list(articles.values_list("pk", flat=True)[:CLEARED_AT_ONCE]):
        with turns.atomic():
            articles.filter(pk__in=some).delete()
    with turns.atomic():
        Corpus.with_shelves.filter(pk=shelf.pk).delete()


def _sum(counted: dict[str, int], more: Counter[int]) -> dict[str, int]:
    """Counts by a label's id, as JSON keeps them."""
    total = _by_id(counted)
    for label, n in more.items():
        total[label] += n
    return {str(label): n for label, n in total.items()}


def _by_id(counted: dict[str, int]) -> Counter[int]:
    return Counter({int(label): n for label, n in counted.items()})

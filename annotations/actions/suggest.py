"""Suggestions in the background: claimed in batches, stored in short transactions.

An article's row says how far its suggestions are. A worker claims articles with a lease; one
that is killed stops renewing it, and once the lease has run out the articles are anybody's.
That recovery needs nothing but the database's own clock, whatever carries the tasks.
"""

import logging
import socket
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from annotations.actions import memory
from annotations.actions.proposals import note_reading, propose_anew
from annotations.actions.runs import suggester_row
from annotations.actions.turns import Turns
from annotations.domain.mentions import Mention
from annotations.models import (
    Article,
    ArticleText,
    Corpus,
    Suggester,
)
from annotations.suggesters import SuggesterMissing, load_suggester
from annotations.suggesters.base import Suggester as Machine

logger = logging.getLogger(__name__)

#: Articles claimed at once, and the most characters among them, so that a batch takes seconds.
BATCH_SIZE: Final = 16
BATCH_CHARACTERS: Final = 150_000
#: How long a claim holds without being renewed. With a look every ten seconds, a killed
#: worker's articles are taken over within a minute.
LEASE: Final = timedelta(seconds=40)
#: How often an article is tried before it fails with its reason.
ATTEMPTS: Final = 3


def request_suggestions(*, corpus: Corpus, articles: Iterable[int] | None = None) -> int:
    """Let articles wait for (new) suggestions; how many now do.

    ``articles`` are ids; None asks for those that failed or were never asked for. Human work isn't
    touched: finished reviews keep the suggestions that they answered.
    """
    rows = Article.objects.filter(corpus=corpus).exclude(
        suggestion_state__in=[Article.SuggestionState.WAITING, Article.SuggestionState.RUNNING]
    )
    if articles is None:
        rows = rows.filter(
            suggestion_state__in=[Article.SuggestionState.FAILED, Article.SuggestionState.NONE]
        )
    else:
        rows = rows.filter(pk__in=list(articles))
    return rows.update(
        suggestion_state=Article.SuggestionState.WAITING,
        suggestion_attempts=0,
        suggestion_problem="",
    )


def suggest_waiting(
    *,
    corpus: Corpus | None = None,
    suggester: str = "spacy",
    on_batch: Callable[[int], None] | None = None,
) -> Counter[str]:
    """Make suggestions for every article that awaits them, batch by batch, until none does.

    Returns how many articles ended ``done`` and how many ``failed``. ``on_batch`` is told the
    number of articles after each batch.

    When the machine can't be loaded the articles fail at once, with what is missing as reason.
    """
    holder = f"{socket.gethostname()[:20]}-{uuid.uuid4().hex[:12]}"
    turns = Turns()
    outcome = Counter[str]()
    memory.remember_reviews(turns)
    while (claimed := _claim(corpus, holder)) is not None:
        batch, given_up = claimed
        outcome.update(["failed"] * given_up)
        if not batch:
            continue
        try:
            machine = load_suggester(suggester, settings.SPACY_PIPELINE)
        except SuggesterMissing as missing:
            for article in batch:
                outcome[_give_up(article, holder, str(missing), final=True)] += 1
            continue
        outcome.update(_suggest_batch(machine, batch, holder, turns))
        if on_batch is not None:
            on_batch(len(batch))
    return outcome


def someone_waits() -> bool:
    """True when an article awaits suggestions and no live worker holds it."""
    return Article.objects.awaiting_suggestions().exists()


def _claim(corpus: Corpus | None, holder: str) -> tuple[list[Article], int] | None:
    """Take the next articles that await suggestions, oldest first, with a lease on each.

    Returns them with the number of those that had to be given up; None when none awaits any.
    """
    with transaction.atomic():
        rows = Article.objects.awaiting_suggestions()
        if corpus is not None:
            rows = rows.filter(corpus=corpus)
        candidates = rows.order_by("pk").select_for_update(skip_locked=_can_skip_locked())
        next_ones = list(candidates[:BATCH_SIZE])
        if not next_ones:
            return None
        tired = [a.pk for a in next_ones if a.suggestion_attempts >= ATTEMPTS]
        chosen = _batch([a for a in next_ones if a.pk not in tired])
        # Their last worker died over them, so nobody was left to say that they failed.
        Article.objects.filter(pk__in=tired).update(
            suggestion_state=Article.SuggestionState.FAILED,
            suggestion_problem=f"A worker stopped {ATTEMPTS} times while it read this article.",
            lease_until=None,
            lease_holder="",
        )
        _lease([article.pk for article in chosen], holder)
    batch = (
        Article.objects.filter(pk__in=[a.pk for a in chosen])
        .select_related("corpus__scheme")
        .order_by("pk")
    )
    return list(batch), len(tired)


def _batch(candidates: list[Article]) -> list[Article]:
    """As many of the candidates as make one batch.

    An article whose worker died goes alone: it may be what killed it, and takes no other with it
    the next time.
    """
    chosen: list[Article] = []
    for article in candidates:
        if article.suggestion_attempts:
            return chosen or [article]
        if chosen and sum(a.length for a in chosen) + article.length > BATCH_CHARACTERS:
            break
        chosen.append(article)
    return chosen


def _can_skip_locked() -> bool:
    return bool(connection.features.has_select_for_update_skip_locked)


def _lease(articles: list[int], holder: str) -> None:
    Article.objects.filter(pk__in=articles).update(
        suggestion_state=Article.SuggestionState.RUNNING,
        suggestion_attempts=F("suggestion_attempts") + 1,
        lease_until=Now() + LEASE,
        lease_holder=holder,
    )


def _suggest_batch(
    machine: Machine, batch: list[Article], holder: str, turns: Turns
) -> Counter[str]:
    """Run the machine over a batch; if that fails, over each article by itself."""
    texts = dict(ArticleText.objects.filter(pk__in=[a.pk for a in batch]).values_list("pk", "text"))
    suggester = suggester_row(machine.identity)
    outcome = Counter[str]()
    remaining = list(batch)
    try:
        for mentions in machine.suggest([texts[article.pk] for article in batch]):
            outcome[_store(suggester, remaining[0], mentions, holder, turns)] += 1
            remaining.pop(0)
            _renew(remaining, holder)
    except Exception:
        logger.exception("A batch failed; its articles are tried one by one")
        for position, article in enumerate(remaining):
            _renew(remaining[position:], holder)
            try:
                (mentions,) = machine.suggest([texts[article.pk]])
                outcome[_store(suggester, article, mentions, holder, turns)] += 1
            except Exception as error:
                logger.exception("No suggestions for article %s", article.pk)
                outcome[_give_up(article, holder, f"{type(error).__name__}: {error}")] += 1
    return outcome


def _store(
    suggester: Suggester, article: Article, mentions: list[Mention], holder: str, turns: Turns
) -> str:
    """Store one article's suggestions, unless its lease went to somebody else meanwhile."""
    with turns.atomic():
        held = (
            Article.objects.select_for_update(of=("self",))
            .select_related("text_row")
            .filter(pk=article.pk, lease_holder=holder)
            .first()
        )
        if held is None:
            return "taken over"
        held.corpus = article.corpus
        note_reading(article=held, suggester=suggester, mentions=mentions)
        propose_anew(held, suggester, mentions)
        Article.objects.filter(pk=held.pk).update(
            suggestion_state=Article.SuggestionState.DONE,
            suggestion_problem="",
            lease_until=None,
            lease_holder="",
        )
    return "done"


def _renew(articles: list[Article], holder: str) -> None:
    if articles:
        Article.objects.filter(
            pk__in=[article.pk for article in articles],
            lease_holder=holder,
            lease_until__lt=Now() + LEASE / 2,
        ).update(lease_until=Now() + LEASE)


def _give_up(article: Article, holder: str, reason: str, *, final: bool = False) -> str:
    """Let an article wait for another try, or fail with its reason after the last one."""
    failed = final or article.suggestion_attempts >= ATTEMPTS
    state = Article.SuggestionState.FAILED if failed else Article.SuggestionState.WAITING
    held = Article.objects.filter(pk=article.pk, lease_holder=holder).update(
        suggestion_state=state, suggestion_problem=reason, lease_until=None, lease_holder=""
    )
    if not held:
        return "taken over"
    return "failed" if failed else "waiting"

"""Suggestions made of what a machine said and of what the corpus's people have decided.

The machine reads an article once; what it said is kept. Whenever the memory has more to say, the
suggestions of an article that nobody has worked on are made anew from both.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery

from annotations.actions import memory
from annotations.actions.runs import store_run
from annotations.domain.decisions import Key
from annotations.domain.label_mapping import heard_as
from annotations.domain.memory import Ground, Proposal, Words, propose
from annotations.domain.mentions import LONGEST_MENTION, Mention, MentionState
from annotations.models import (
    Article,
    KnownForm,
    Reading,
    Review,
    Suggester,
    Suggestion,
    SuggestionRun,
)
from annotations.models.layers import Labels

#: Decisions count as later than suggestions that are younger by no more than this: hosts' clocks
#: differ, and what is decided is seen only once it is committed.
LATELY: Final = timedelta(minutes=10)


def note_reading(*, article: Article, suggester: Suggester, mentions: Sequence[Mention]) -> None:
    """Keep what a machine said, as it said it, in place of what one said before."""
    said = [[m.start, m.end, m.label, m.score] for m in mentions]
    Reading.objects.update_or_create(
        article=article, defaults={"suggester": suggester, "mentions": said}
    )


def propose_anew(
    article: Article, suggester: Suggester, mentions: Sequence[Mention], *, recall: bool = True
) -> SuggestionRun:
    """Make suggestions of what a machine said and of what the corpus's people have decided.

    The caller holds a transaction and the article's row. Where the machine's newest suggestions
    say the same, nothing is written; nor where somebody has worked on the article since. Without
    ``recall`` only the machine has its say.
    """
    labels = Labels.of(article.corpus)
    newest = (
        SuggestionRun.objects.filter(article=article, suggester=suggester)
        .order_by("-edition")
        .first()
    )
    is_worked_on = _is_worked_on(article)
    proposals = _proposals(article, mentions, labels, recall=recall and not is_worked_on)
    edition = 0
    if newest is not None and is_worked_on:
        edition = newest.edition
    elif newest is not None:
        is_same = _keys_of(newest, labels) == {p.key for p in proposals}
        edition = newest.edition if is_same else newest.edition + 1
    run = store_run(
        article=article,
        suggester=suggester,
        mentions=[p.as_mention() for p in proposals],
        grounds={p.key: p.ground.value for p in proposals},
        edition=edition,
    )
    if newest is not None and newest.pk != run.pk:
        # Nobody has answered it, so nobody will miss it.
        superseded = SuggestionRun.objects.filter(pk=newest.pk)
        superseded.exclude(pk__in=Review.objects.filter(article=article).values("run")).delete()
    return run


def refresh(article: Article) -> None:
    """Let an article that nobody has worked on show what was learnt since its suggestions.

    The machine isn't asked again. Nothing is locked where there is nothing new.
    """
    reading = _outdated().select_related("suggester").filter(article=article).first()
    if reading is None or (run := article.current_run) is None:
        return
    labels = Labels.of(article.corpus)
    said = _said(reading)
    if {p.key for p in _proposals(article, said, labels)} == _keys_of(run, labels):
        return
    with transaction.atomic():
        held = Article.objects.select_for_update(of=("self",)).get(pk=article.pk)
        if held.current_run_id == run.pk and not _is_worked_on(held):
            held.corpus = article.corpus
            propose_anew(held, reading.suggester, said)
    article.refresh_from_db(fields=["current_run", "pending_count", "mention_count"])


def _outdated() -> QuerySet[Reading]:
    """The readings of articles without a review whose corpus has learnt something lately."""
    run = SuggestionRun.objects.filter(pk=OuterRef("article__current_run"))
    made_at = Subquery(run.values("created_at")[:1])
    news = KnownForm.objects.filter(
        corpus=OuterRef("article__corpus"), last_at__gt=OuterRef("made_at") - LATELY
    )
    return Reading.objects.annotate(made_at=made_at).filter(
        ~Exists(Review.objects.filter(article=OuterRef("article"))),
        Exists(news),
        article__current_run__suggester=F("suggester"),
    )


def _said(reading: Reading) -> list[Mention]:
    return [
        Mention(start, end, name, MentionState.SUGGESTED, score)
        for start, end, name, score in reading.mentions
    ]


def _is_worked_on(article: Article) -> bool:
    return Review.objects.filter(article=article).exists()


def _keys_of(run: SuggestionRun, labels: Labels) -> set[Key]:
    rows = Suggestion.objects.filter(run=run).values_list("start", "end", "label")
    return {(start, end, labels.name(label)) for start, end, label in rows}


def _proposals(
    article: Article, said: Sequence[Mention], labels: Labels, *, recall: bool = True
) -> list[Proposal]:
    """What is to be suggested; without ``recall`` what the machine said and no more.

    That is for articles that people have worked on: the memory holds what they decided there, and
    a suggestion that they rejected must be there still if they take that back.
    """
    names = frozenset(labels.by_name)
    mentions = _in_scheme(said, article, names)
    if not recall:
        return [Proposal(*m.key, Ground.PIPELINE, m.score) for m in mentions]
    words = Words(article.text_row.text)
    known = memory.memory_for(article.corpus, article.language, words, labels)
    tokens = [token for block in article.blocks.all() for token in block.token_spans()]
    person = heard_as("PERSON", names, article.corpus.scheme.preset)
    return propose(words, tokens, mentions, known, person=person)


def _in_scheme(
    mentions: Iterable[Mention], article: Article, names: frozenset[str]
) -> list[Mention]:
    """The mentions under the corpus's own labels, without those it has no label for.

    Nor those that are too long to be a name, which nobody could decide on.
    """
    preset = article.corpus.scheme.preset
    translated = (
        (m, heard_as(m.label, names, preset)) for m in mentions if len(m.span) <= LONGEST_MENTION
    )
    return [replace(m, label=label) for m, label in translated if label is not None]

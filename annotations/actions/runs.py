"""Runs: what machines propose for articles, stored as rows."""

from collections import Counter
from collections.abc import Mapping, Sequence

from annotations.actions import tallies
from annotations.actions.decide import adopt_run, check_mention
from annotations.actions.rows import insert
from annotations.domain.decisions import Key
from annotations.domain.mentions import Mention
from annotations.models import (
    Article,
    Correction,
    Review,
    Suggester,
    Suggestion,
    SuggestionRun,
)
from annotations.models.layers import Labels
from annotations.suggesters.base import Identity


def suggester_row(identity: Identity) -> Suggester:
    """The row of a machine, made when it is new."""
    row, _ = Suggester.objects.get_or_create(
        name=identity.name, version=identity.version, digest=identity.digest
    )
    return row


def store_run(
    *,
    article: Article,
    suggester: Suggester,
    mentions: Sequence[Mention],
    grounds: Mapping[Key, str] | None = None,
    edition: int = 0,
) -> SuggestionRun:
    """Store what one machine proposes for one article, and make it the article's current run.

    The caller holds a transaction and the article's row. The same machine again, in the same
    edition, replaces nothing: its first run stands. Reviews that are open answer the new run from
    now on; finished ones keep theirs. ``grounds`` say why a mention is proposed.

    Raises UnknownLabel, SpanOutOfText or MentionTooLong.
    """
    labels = Labels.of(article.corpus)
    grounds = grounds or {}
    run, created = SuggestionRun.objects.get_or_create(
        article=article, suggester=suggester, edition=edition
    )
    if created:
        text = article.text_row.text
        for mention in mentions:
            check_mention(mention, labels, text)
        insert(
            Suggestion,
            ("run_id", "label_id", "start", "end", "quote", "score", "ground"),
            (
                (
                    run.pk,
                    labels.by_name[m.label].pk,
                    m.start,
                    m.end,
                    m.span.of(text),
                    m.score,
                    grounds.get(m.key, ""),
                )
                for m in mentions
            ),
        )
    if article.current_run_id != run.pk:
        _make_current(article, run)
    return run


def _make_current(article: Article, run: SuggestionRun) -> None:
    by_label = _labels_in(run.pk)
    suggested = by_label.total()
    if article.current_run_id:
        by_label.subtract(_labels_in(article.current_run_id))
    article.current_run = run
    article.pending_count = article.mention_count = suggested
    article.save(update_fields=["current_run", "pending_count", "mention_count"])
    reviews = list(Review.objects.filter(article=article))
    for review in reviews:
        adopt_run(article=article, review=review)
    if reviews:
        _note_newest_review(article)
    tallies.count_suggestions(by_label)


def _note_newest_review(article: Article) -> None:
    """Write onto the article what its list shows of the review worked on last, if there is one."""
    newest = (
        Correction.objects.filter(review__article=article)
        .select_related("review")
        .order_by("-pk")
        .first()
    )
    if newest is not None:
        tallies.note_review(article, newest.review, status=article.status)


def _labels_in(run: int) -> Counter[int]:
    return Counter(Suggestion.objects.filter(run=run).values_list("label_id", flat=True))

"""Keeping the stored counts true, so that no page has to count.

Every function here is called within the transaction that changes what is counted, as late in
it as possible: rows that many people update stay locked for the shortest time.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from django.db import connection
from django.db.models import F
from django.utils import timezone

from annotations.models import Article, Corpus, Label, Review

#: Which column of `CorpusDay` a verb counts in.
_COLUMN_OF_VERB = {
    "accept": "accepted",
    "reject": "rejected",
    "remove": "rejected",
    "relabel": "changed",
    "adjust": "changed",
    "add": "added",
    "finish": "finished",
}
_DAY_COLUMNS: Final = tuple(dict.fromkeys(_COLUMN_OF_VERB.values()))

#: Makes the day's row or adds to it: in one statement, since every correction does it.
_ADD_TO_DAY: Final = f"""
    INSERT INTO annotations_corpusday (corpus_id, day, {", ".join(_DAY_COLUMNS)})
    VALUES (%s, %s{", %s" * len(_DAY_COLUMNS)})
    ON CONFLICT (corpus_id, day) DO UPDATE SET
    {", ".join(f"{c} = annotations_corpusday.{c} + excluded.{c}" for c in _DAY_COLUMNS)}
"""  # noqa: S608


def lock_labels(corpus: Corpus) -> None:
    """Hold the counts of all labels until commit.

    For transactions that store many articles: taking the rows bit by bit, they and somebody who
    gives a mention another label would each wait for the other.
    """
    rows = Label.objects.filter(scheme__corpus=corpus).order_by("pk")
    list(rows.select_for_update(of=("self",)).values_list("pk"))


def count_annotations(by_label: Mapping[int, int]) -> None:
    """Add to the labels' annotation counts."""
    _add_to_labels("annotation_count", by_label)


def count_suggestions(by_label: Mapping[int, int]) -> None:
    """Add to the labels' suggestion counts."""
    _add_to_labels("suggestion_count", by_label)


def _add_to_labels(column: str, by_label: Mapping[int, int]) -> None:
    """One UPDATE a label; ids in order, so that two never deadlock."""
    sql = f"UPDATE annotations_label SET {column} = {column} + %s WHERE id = %s"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.executemany(sql, [(by, label) for label, by in sorted(by_label.items()) if by])


def count_decisions(corpus_id: int, verbs: Counter[str]) -> None:
    """Add to today's decisions of a corpus."""
    today = timezone.now().date()
    columns = Counter[str]()
    for verb, n in verbs.items():
        if verb in _COLUMN_OF_VERB:
            columns[_COLUMN_OF_VERB[verb]] += n
    if not columns:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _ADD_TO_DAY, [corpus_id, today.isoformat(), *(columns[c] for c in _DAY_COLUMNS)]
        )


def note_review(article: Article, review: Review, *, status: str) -> None:
    """Write onto the article what its list shows of the review that was just worked on."""
    pending = sum(counts[0] for counts in review.tally.values())
    annotated = sum(counts[1] for counts in review.tally.values())
    before = article.status
    article.status = status
    article.pending_count = pending
    article.mention_count = pending + annotated
    article.updated_at = timezone.now()
    Article.objects.filter(pk=article.pk).update(
        status=status,
        pending_count=pending,
        mention_count=article.mention_count,
        updated_at=article.updated_at,
    )
    count_status(article.corpus_id, before, status)


def count_status(corpus_id: int, before: str, after: str) -> None:
    """Move one article between the corpus's counts by status."""
    if before == after:
        return
    changes = {
        column: F(column) + by
        for status, by in ((before, -1), (after, 1))
        if (column := _STATUS_COLUMN.get(status))
    }
    Corpus.objects.filter(pk=corpus_id).update(**changes)


def count_articles(corpus_id: int, statuses: Mapping[str, int], *, last_number: int) -> None:
    """Add new articles to the corpus's counts, by status."""
    added = {
        column: F(column) + statuses[status]
        for status, column in _STATUS_COLUMN.items()
        if statuses.get(status)
    }
    Corpus.with_shelves.filter(pk=corpus_id).update(
        article_count=F("article_count") + sum(statuses.values()), last_number=last_number, **added
    )


_STATUS_COLUMN = {
    Article.Status.OPEN.value: "open_count",
    Article.Status.FINISHED.value: "finished_count",
}


def add_to_tally(review: Review, label: str, *, pending: int = 0, annotated: int = 0) -> None:
    """Change a review's legend counts in memory; the caller saves the review."""
    counts = review.tally.get(label, [0, 0])
    counts = [counts[0] + pending, counts[1] + annotated]
    if any(counts):
        review.tally[label] = counts
    else:
        review.tally.pop(label, None)

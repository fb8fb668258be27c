"""Writing corrections: the one place that turns a change into rows."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from annotations.actions import memory, tallies
from annotations.actions.rows import insert
from annotations.domain.decisions import Change, Key, Layer
from annotations.domain.mentions import Mention, MentionState
from annotations.models import Annotation, Article, Correction, Rejection, Review, User
from annotations.models.layers import Labels


def record(
    review: Review,
    article: Article,
    labels: Labels,
    layer: Layer,
    change: Change,
    *,
    verb: Correction.Verb,
    user: User,
    client_key: str = "",
    undoes: Correction | None = None,
    status: str = "",
    restored: int | None = None,
) -> Correction:
    """Write one correction and everything that follows from it. ``layer`` is changed too.

    ``status`` is the review's new status, "" to leave it. ``restored`` is the revision whose state
    the change brings back, for those who read the log.
    """
    status_before = review.status
    if status and status != status_before:
        review.status = status
        review.finished_at = timezone.now() if review.is_finished else None
    before = tally_of(layer)
    layer.apply(change)
    after = tally_of(layer)
    for label in before.keys() | after.keys():
        was, now = before.get(label, [0, 0]), after.get(label, [0, 0])
        tallies.add_to_tally(review, label, pending=now[0] - was[0], annotated=now[1] - was[1])
    review.revision += 1
    Review.objects.filter(pk=review.pk).update(
        revision=review.revision,
        status=review.status,
        finished_at=review.finished_at,
        tally=review.tally,
    )
    text = article.text_row.text
    _delete(Annotation, review, labels, [m.key for m in change.removed])
    _delete(Rejection, review, labels, change.unrejected)
    add_rows([(review, change, text)], labels)
    before_and_after = sides(
        change, labels, text, status_before=status_before, status=review.status
    )
    if restored is not None:
        before_and_after["after"]["restored"] = restored
    correction = Correction.objects.create(
        review=review,
        revision=review.revision,
        verb=verb,
        **before_and_after,
        undoes=undoes,
        user=user,
        client_key=client_key,
    )
    by_label = Counter(labels.by_name[m.label].pk for m in change.added)
    by_label.subtract(labels.by_name[m.label].pk for m in change.removed)
    tallies.note_review(article, review, status=review.status)
    memory.learn(review, article, change, labels, user)
    tallies.count_annotations(by_label)
    tallies.count_decisions(article.corpus_id, _verbs_counted(verb, change))
    return correction


def _verbs_counted(verb: Correction.Verb, change: Change) -> Counter[str]:
    """What a correction counts as; one that decides many mentions counts for each of them."""
    counted = Counter({verb.value: 1})
    if verb in {Correction.Verb.FINISH, Correction.Verb.SAME}:
        counted.update(_VERB_OF_STATE[m.state] for m in change.added)
    if verb == Correction.Verb.SAME and not change.added:
        counted["reject"] = len(change.rejected)
    return counted


_VERB_OF_STATE: Final = {
    MentionState.ACCEPTED: "accept",
    MentionState.CHANGED: "relabel",
    MentionState.ADDED: "add",
}


def add_rows(changes: Iterable[tuple[Review, Change, str]], labels: Labels) -> None:
    """Add the annotations and rejections that changes put into reviews.

    Each comes with its review and the article's text.
    """
    changes = list(changes)
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    place = ("review_id", "label_id", "start", "end", "quote")
    insert(
        Annotation,
        (*place, "state", "score", "source", "created_at"),
        (
            (*_place(review, labels, m.key, text), m.state.value, m.score, m.source, now)
            for review, change, text in changes
            for m in change.added
        ),
    )
    insert(
        Rejection,
        place,
        (
            _place(review, labels, key, text)
            for review, change, text in changes
            for key in change.rejected
        ),
    )


def _place(review: Review, labels: Labels, key: Key, text: str) -> tuple[int, int, int, int, str]:
    start, end, name = key
    return (review.pk, labels.by_name[name].pk, start, end, text[start:end])


def _delete(
    model: type[Annotation | Rejection], review: Review, labels: Labels, keys: Sequence[Key]
) -> None:
    """Take rows away; bringing an earlier state back may do so with thousands at once."""
    if not keys:
        return
    sql = f"""
        DELETE FROM {model._meta.db_table}
        WHERE review_id = %s AND "start" = %s AND "end" = %s AND label_id = %s
    """  # noqa: S608 - a name of our own
    with connection.cursor() as cursor:
        cursor.executemany(sql, [(review.pk, s, e, labels.by_name[n].pk) for s, e, n in keys])


def sides(
    change: Change, labels: Labels, text: str, *, status_before: str, status: str
) -> dict[str, dict[str, Any]]:
    """The two sides of a correction, ``before`` and ``after``, as they are kept."""
    return {
        "before": {
            "status": status_before,
            **_as_json(change.removed, change.unrejected, labels, text),
        },
        "after": {"status": status, **_as_json(change.added, change.rejected, labels, text)},
    }


def _as_json(
    mentions: Iterable[Mention], rejections: Iterable[Key], labels: Labels, text: str
) -> dict[str, Any]:
    """One side of a correction as it is kept: enough to rebuild it, readable by itself."""
    return {
        "annotations": [
            {
                "start": m.start,
                "end": m.end,
                "label": m.label,
                "label_id": labels.by_name[m.label].pk,
                "text": text[m.start : m.end],
                "state": m.state.value,
                "score": m.score,
                "source": m.source,
            }
            for m in mentions
        ],
        "rejections": [
            {
                "start": s,
                "end": e,
                "label": name,
                "label_id": labels.by_name[name].pk,
                "text": text[s:e],
            }
            for s, e, name in rejections
        ],
    }


def change_of(correction: Correction, labels: Labels) -> Change:
    """The change that a stored correction recorded, under the labels' present names."""

    def mentions(side: dict[str, Any]) -> tuple[Mention, ...]:
        return tuple(
            Mention(
                a["start"],
                a["end"],
                labels.name(a["label_id"]),
                MentionState(a["state"]),
                a["score"],
                a["source"],
            )
            for a in side["annotations"]
        )

    def keys(side: dict[str, Any]) -> tuple[Key, ...]:
        return tuple((r["start"], r["end"], labels.name(r["label_id"])) for r in side["rejections"])

    return Change(
        removed=mentions(correction.before),
        added=mentions(correction.after),
        unrejected=keys(correction.before),
        rejected=keys(correction.after),
    )


def tally_of(layer: Layer) -> dict[str, list[int]]:
    """By label name, how many pending suggestions and how many annotations a layer shows."""
    tally: dict[str, list[int]] = {}
    for mention in layer.pending():
        tally.setdefault(mention.label, [0, 0])[0] += 1
    for mention in layer.annotations.values():
        tally.setdefault(mention.label, [0, 0])[1] += 1
    return tally

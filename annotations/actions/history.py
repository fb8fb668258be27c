"""Earlier states of a review: looking at them, and bringing one back as a new correction."""

from collections.abc import Iterable
from typing import Final

from django.db import connection, transaction

from annotations.actions.decide import Outcome, answered_before, locked
from annotations.actions.recording import change_of, record
from annotations.domain.decisions import Layer, replay
from annotations.domain.errors import AnnotationError
from annotations.domain.history import Deed, difference
from annotations.domain.mentions import OverlapPolicy
from annotations.models import Article, Correction, Review, User
from annotations.models.layers import Labels, load_layer

#: From each undo and redo on to what it took back, until that is no undo and no redo.
_DECISIONS_BEHIND: Final = """
    WITH RECURSIVE behind (id, decision_id, undoes_id) AS (
        SELECT id, id, undoes_id FROM annotations_correction WHERE id IN ({ids})
        UNION ALL
        SELECT behind.id, one.id, one.undoes_id
        FROM behind JOIN annotations_correction one ON one.id = behind.undoes_id
    )
    SELECT id, decision_id FROM behind WHERE undoes_id IS NULL
"""


class UnknownRevision(AnnotationError):
    """A state that a review never had."""

    def __init__(self, revision: int) -> None:
        super().__init__(f"There never was a revision {revision} of this review.")
        self.revision = revision


@transaction.atomic
def restore(
    *, user: User, article: Article, seen_revision: int, to_revision: int, client_key: str = ""
) -> Outcome:
    """Bring annotations, rejections and status back to what they were after ``to_revision``.

    0 is before the first decision. It is one correction, which undo takes back like any other;
    the log before it stays as it is. Where things stand like that already, nothing is written.

    Raises StaleRevision, or UnknownRevision for a state that never was; for somebody who has
    decided nothing yet that is every state.
    """
    article, review = locked(article, user)
    answered = answered_before(article, review, seen_revision, client_key)
    if answered is not None:
        return answered
    if not review.revision:
        raise UnknownRevision(to_revision)
    labels = Labels.of(article.corpus)
    then = _state_after(review, labels, to_revision, article.corpus.policy)
    layer = load_layer(article, review, labels)
    change, status = difference(layer, then), _status_after(review, to_revision)
    if not change and status == review.status:
        return Outcome(review, None)
    correction = record(
        review,
        article,
        labels,
        layer,
        change,
        verb=Correction.Verb.RESTORE,
        user=user,
        client_key=client_key,
        status=status,
        restored=to_revision,
    )
    return Outcome(review, correction, change.places)


def layer_at(article: Article, review: Review, labels: Labels, revision: int) -> Layer:
    """The layer with the annotations and rejections that it had after a revision, 0 for none.

    The suggestions are those of the run that the review answers now. Raises UnknownRevision.
    """
    then = _state_after(review, labels, revision, article.corpus.policy)
    layer = load_layer(article, review, labels)
    layer.annotations, layer.rejections = then.annotations, then.rejections
    return layer


def deeds_of(corrections: Iterable[Correction], labels: Labels) -> list[Deed]:
    """What corrections did, in their order, for `in_words`; undo and redo know of what."""
    corrections = list(corrections)
    reversing = {
        c.pk for c in corrections if c.verb in {Correction.Verb.UNDO, Correction.Verb.REDO}
    }
    decisions = _decisions_behind(reversing)
    return [_deed(c, labels, decisions.get(c.pk)) for c in corrections]


def _deed(correction: Correction, labels: Labels, decision: Correction | None = None) -> Deed:
    return Deed(
        correction.verb,
        change_of(correction, labels),
        finished=correction.after["status"] == Review.Status.FINISHED,
        restored=correction.after.get("restored", 0),
        of=_deed(decision, labels) if decision else None,
    )


def _decisions_behind(ids: Iterable[int]) -> dict[int, Correction]:
    """By the id of an undo or a redo, the decision that it is about.

    Who undoes and redoes by turns builds a chain of any length: the database walks it.
    """
    ids = list(ids)
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_DECISIONS_BEHIND.format(ids=", ".join(["%s"] * len(ids))), ids)
        behind = dict(cursor.fetchall())
    decisions = Correction.objects.only("verb", "before", "after").in_bulk(behind.values())
    return {pk: decisions[decision] for pk, decision in behind.items()}


def _state_after(review: Review, labels: Labels, revision: int, policy: OverlapPolicy) -> Layer:
    """The annotations and rejections after a revision, from the log alone."""
    if not 0 <= revision <= review.revision:
        raise UnknownRevision(revision)
    log = review.corrections.filter(revision__lte=revision).only("before", "after")
    changes = (change_of(c, labels) for c in log.order_by("revision").iterator(chunk_size=500))
    return replay(changes, policy=policy)


def _status_after(review: Review, revision: int) -> str:
    if not revision:
        return Review.Status.OPEN
    status: str = review.corrections.only("after").get(revision=revision).after["status"]
    return status

"""Decisions of a reviewer: each becomes one correction, in one transaction.

Whoever decides names the revision that they saw. If the review has moved on since, nothing is
written and `StaleRevision` is raised: no one overwrites what they haven't seen.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import connection, transaction

from annotations.actions.recording import change_of, record, tally_of
from annotations.domain.decisions import (
    Accept,
    Add,
    Adjust,
    Change,
    Decision,
    Key,
    Layer,
    Reject,
    Relabel,
    accept_all,
    decide,
    mention_id,
)
from annotations.domain.errors import (
    AnnotationError,
    EmptySpan,
    NothingToUndo,
    SpanOutOfText,
    StaleRevision,
    SuggestionsUnseen,
    UnknownLabel,
)
from annotations.domain.mentions import LONGEST_MENTION, Mention
from annotations.domain.repeats import Edges, decide_alike, repeats
from annotations.domain.spans import Span, check_quote
from annotations.models import Article, Block, Correction, Review, User
from annotations.models.layers import Labels, load_layer

#: A stretch ``[start, end)`` of an article's text.
type Stretch = tuple[int, int]

#: The most that is kept of the name of who made an imported mention.
LONGEST_SOURCE: Final = 150


class MentionTooLong(AnnotationError):
    """A mention of more characters than `LONGEST_MENTION`."""

    def __init__(self, start: int, end: int) -> None:
        super().__init__(
            f"A mention may have {LONGEST_MENTION:,} characters; "
            f"{start} to {end} are {end - start:,}."
        )


@dataclass(frozen=True, slots=True)
class Passage:
    """Some blocks of an article and one person's layer there, as a decision found and left it."""

    article: Article
    labels: Labels
    layer: Layer
    blocks: tuple[Block, ...]

    def covers(self, start: int, end: int) -> bool:
        """True when the stretch lies between the first block's start and the last one's end."""
        return self.blocks[0].start <= start and end <= self.blocks[-1].end


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a decision led to.

    ``correction`` is None when things stood as wished already. ``places`` are the stretches to
    draw again, ``[start, end)`` in the article's text, in order, and ``current`` the mention that
    the decision left in place, by its id ("" where it took one away). ``passage`` is there when
    the decision has in hand all that drawing them takes.
    """

    review: Review
    correction: Correction | None
    places: tuple[Stretch, ...] = ()
    current: str = ""
    passage: Passage | None = None

    @property
    def revision(self) -> int:
        """The revision that this decision led to.

        One that arrives again names the same as before, not what others made of it since: what
        its sender decided next was decided on that.
        """
        return self.correction.revision if self.correction else self.review.revision


@transaction.atomic
def decide_mention(
    *,
    user: User,
    article: Article,
    decision: Decision,
    seen_revision: int,
    quote: str | None = None,
    client_key: str = "",
) -> Outcome:
    """Carry out one decision on one mention and record it.

    ``quote`` is the text that the caller saw at the decision's resulting span, checked where it
    is given. The same ``client_key`` again answers with the first outcome and changes nothing.

    Raises StaleRevision, UnknownMention, UnknownLabel, EmptySpan, SpanOutOfText, MentionTooLong,
    QuoteMismatch or OverlapNotAllowed; nothing is stored then.
    """
    article, review = locked(article, user)
    answered = answered_before(article, review, seen_revision, client_key)
    if answered is not None:
        return answered
    labels = Labels.of(article.corpus)
    text = article.text_row.text
    _check_decision(decision, labels, text, quote)
    start, end = _extent_of(decision)
    blocks = tuple(Block.objects.filter(article=article, start__lt=end, end__gt=start))
    stretch = _joined((start, end), (blocks[0].start, blocks[-1].end)) if blocks else (start, end)
    layer = load_layer(article, review, labels, stretch=stretch)
    change = decide(layer, decision, text=text)
    current = "" if isinstance(decision, Reject) else _result_of(decision)
    if not change:
        return Outcome(review, None, ((start, end),), current)
    correction = record(
        review,
        article,
        labels,
        layer,
        change,
        verb=_verb_of(decision, change),
        user=user,
        client_key=client_key,
    )
    places = tuple(sorted({*change.places, (start, end)}))
    passage = Passage(article, labels, layer, blocks) if blocks else None
    if passage is not None and not passage.covers(*whole(places)):
        passage = None
    return Outcome(review, correction, places, current, passage)


@transaction.atomic
def decide_same(
    *, user: User, article: Article, key: Key, seen_revision: int, client_key: str = ""
) -> Outcome:
    """Decide the same text in the whole article as the mention ``key`` is decided: one correction.

    Raises StaleRevision, or UnknownMention where there is no such mention, nor a rejection of it.
    """
    article, review = locked(article, user)
    answered = answered_before(article, review, seen_revision, client_key)
    if answered is not None:
        return answered
    labels = Labels.of(article.corpus)
    text = article.text_row.text
    span = Span(key[0], key[1])
    tokens = (token for block in article.blocks.all() for token in block.token_spans())
    layer = load_layer(article, review, labels)
    change = decide_alike(layer, key, repeats(text, span, Edges.of(tokens)), text=text)
    current = mention_id(key) if key in layer.annotations or change.added else ""
    if not change:
        return Outcome(review, None, (key[:2],), current)
    correction = record(
        review,
        article,
        labels,
        layer,
        change,
        verb=Correction.Verb.SAME,
        user=user,
        client_key=client_key,
    )
    return Outcome(review, correction, change.places, current)


@transaction.atomic
def undo(*, user: User, article: Article, seen_revision: int, client_key: str = "") -> Outcome:
    """Take back the newest decision that still stands, as a correction of its own.

    Raises StaleRevision, or NothingToUndo when every decision has been taken back.
    """
    return _reverse(user, article, seen_revision, client_key, Correction.Verb.UNDO)


@transaction.atomic
def redo(*, user: User, article: Article, seen_revision: int, client_key: str = "") -> Outcome:
    """Take back the newest undo, unless something was decided since.

    Raises StaleRevision, or NothingToUndo when there is nothing to do again.
    """
    return _reverse(user, article, seen_revision, client_key, Correction.Verb.REDO)


@transaction.atomic
def finish(
    *,
    user: User,
    article: Article,
    seen_revision: int,
    seen_run: int | None = None,
    client_key: str = "",
) -> Outcome:
    """Declare the article done: what is still pending is accepted, in the same correction.

    A finished article without mentions says that there are none: a negative example. One that is
    finished already stays as it is, without a correction. ``seen_run`` is the machine run whose
    suggestions the caller saw, 0 for none: others that arrived meanwhile are not accepted unseen.

    Raises StaleRevision, SuggestionsUnseen.
    """
    article, review = locked(article, user)
    answered = answered_before(article, review, seen_revision, client_key)
    if answered is not None:
        return answered
    if seen_run is not None and seen_run != (review.run_id or 0):
        raise SuggestionsUnseen
    if review.is_finished:
        return Outcome(review, None, ((0, article.length),))
    labels = Labels.of(article.corpus)
    layer = load_layer(article, review, labels)
    change = accept_all(layer)
    correction = record(
        review,
        article,
        labels,
        layer,
        change,
        verb=Correction.Verb.FINISH,
        user=user,
        client_key=client_key,
        status=Review.Status.FINISHED,
    )
    return Outcome(review, correction, ((0, article.length),))


@transaction.atomic
def reopen(*, user: User, article: Article, seen_revision: int, client_key: str = "") -> Outcome:
    """Open one's finished review again; its annotations stay.

    Raises StaleRevision, or NothingToUndo when it isn't finished.
    """
    article, review = locked(article, user)
    answered = answered_before(article, review, seen_revision, client_key)
    if answered is not None:
        return answered
    if not review.is_finished:
        raise NothingToUndo(Correction.Verb.REOPEN.value)
    labels = Labels.of(article.corpus)
    correction = record(
        review,
        article,
        labels,
        Layer(),
        Change(),
        verb=Correction.Verb.REOPEN,
        user=user,
        client_key=client_key,
        status=Review.Status.OPEN,
    )
    return Outcome(review, correction)


def check_mention(mention: Mention, labels: Labels, text: str) -> None:
    """Raise UnknownLabel, SpanOutOfText or MentionTooLong for what the corpus cannot hold."""
    _check_label(mention.label, labels)
    span = mention.span
    span.of(text)
    _check_length(span)


def adopt_run(*, article: Article, review: Review) -> None:
    """Let an open review answer the article's current run instead of the one before it.

    The caller holds a transaction. Annotations and rejections stay as they are: what they answer
    stays answered. A page that still shows an older suggestion is told when it decides on it.
    """
    review = Review.objects.select_for_update().get(pk=review.pk)
    if review.is_finished or review.run_id == article.current_run_id:
        return
    review.run_id = article.current_run_id
    review.tally = tally_of(load_layer(article, review, Labels.of(article.corpus)))
    review.save(update_fields=["run", "tally"])


def locked(article: Article, user: User) -> tuple[Article, Review]:
    """The article and this person's review of it, locked until commit, in this order always.

    The review is made at the first decision. The article is locked first since a worker that
    brings suggestions does the same: whichever comes second sees what the first one did.
    """
    corpus = article.corpus
    article = (
        Article.objects.select_for_update(of=("self",))
        .select_related("text_row")
        .only("corpus", "status", "length", "language", "current_run", "text_row__text")
        .get(pk=article.pk)
    )
    article.corpus = corpus
    review, created = Review.objects.select_for_update().get_or_create(
        article=article,
        annotator=user,
        defaults={"run_id": article.current_run_id, "is_remembered": True},
    )
    if created and review.run_id:
        review.tally = tally_of(load_layer(article, review, Labels.of(article.corpus)))
    return article, review


def answered_before(
    article: Article, review: Review, seen_revision: int, client_key: str
) -> Outcome | None:
    """The outcome of a decision that arrived once already: only its answer was lost.

    The key is looked up also where the revision is the newest: a page that was loaded anew has
    that one, and sends again what it kept.

    Raises StaleRevision for a new decision on a state that is no more.
    """
    correction = _sent_before(review, client_key)
    if correction is not None:
        labels = Labels.of(article.corpus)
        return Outcome(review, correction, change_of(correction, labels).places)
    if review.revision != seen_revision:
        raise StaleRevision(seen_revision, review.revision)
    return None


def _sent_before(review: Review, client_key: str) -> Correction | None:
    """The correction of that key. Every decision looks for it, next to none finds it."""
    if not client_key:
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM annotations_correction WHERE review_id = %s AND client_key = %s",
            [review.pk, client_key],
        )
        found = cursor.fetchone()
    return Correction.objects.get(pk=found[0]) if found else None


def _check_decision(decision: Decision, labels: Labels, text: str, quote: str | None) -> None:
    if isinstance(decision, Relabel | Add):
        _check_label(decision.label, labels)
    start, end = _span_of(decision)
    span = Span(start, end)
    if end > len(text):
        raise SpanOutOfText(start, end, len(text))
    _check_length(span)
    if isinstance(decision, Add | Adjust):
        found = span.of(text)
        if not found.strip():
            raise EmptySpan(start, end)
    if quote is not None:
        check_quote(text, span, quote)


def _check_length(span: Span) -> None:
    if len(span) > LONGEST_MENTION:
        raise MentionTooLong(span.start, span.end)


def _check_label(label: str, labels: Labels) -> None:
    if label not in labels.by_name:
        raise UnknownLabel(label)


def _span_of(decision: Decision) -> tuple[int, int]:
    """The span that the decision leaves a mention at, or takes one from."""
    match decision:
        case Adjust(_, start, end) | Add(start, end, _):
            return (start, end)
        case Accept(key) | Reject(key) | Relabel(key, _):
            return (key[0], key[1])


def _extent_of(decision: Decision) -> tuple[int, int]:
    span = _span_of(decision)
    return _joined(span, decision.key[:2]) if isinstance(decision, Adjust) else span


def _result_of(decision: Decision) -> str:
    start, end = _span_of(decision)
    match decision:
        case Add(_, _, label) | Relabel(_, label):
            return mention_id((start, end, label))
        case Accept(key) | Reject(key) | Adjust(key, _, _):
            return mention_id((start, end, key[2]))


def whole(places: Sequence[Stretch]) -> Stretch:
    """The stretch from the first place to the last; of none, one that holds no mention."""
    return (min(s for s, _ in places), max(e for _, e in places)) if places else (0, 0)


def _joined(one: Stretch, other: Stretch) -> Stretch:
    return (min(one[0], other[0]), max(one[1], other[1]))


def _verb_of(decision: Decision, change: Change) -> Correction.Verb:
    match decision:
        case Accept():
            return Correction.Verb.ACCEPT
        case Reject():
            return Correction.Verb.REMOVE if change.removed else Correction.Verb.REJECT
        case Relabel():
            return Correction.Verb.RELABEL
        case Adjust():
            return Correction.Verb.ADJUST
        case Add():
            return Correction.Verb.ADD


def _reverse(
    user: User, article: Article, seen_revision: int, client_key: str, verb: Correction.Verb
) -> Outcome:
    article, review = locked(article, user)
    answered = answered_before(article, review, seen_revision, client_key)
    if answered is not None:
        return answered
    target = next(standing(review, verb), None)
    if target is None:
        raise NothingToUndo(verb.value)
    labels = Labels.of(article.corpus)
    change = change_of(target, labels).inverted()
    layer = load_layer(article, review, labels, stretch=whole(change.places))
    correction = record(
        review,
        article,
        labels,
        layer,
        change,
        verb=verb,
        user=user,
        client_key=client_key,
        undoes=target,
        status=target.before["status"],
    )
    current = mention_id(change.added[0].key) if len(change.added) == 1 else ""
    return Outcome(review, correction, change.places, current)


def standing(review: Review, verb: Correction.Verb) -> Iterator[Correction]:
    """The corrections that undo, or redo, would take back one after the other, lazily.

    Undo and redo each pop a stack: undo that of decisions and redos, redo that of the undos
    since the last decision. A file's import is where a history begins and isn't taken back.
    """
    takeable = (
        {Correction.Verb.UNDO}
        if verb == Correction.Verb.REDO
        else set(Correction.Verb) - {Correction.Verb.IMPORT}
    )
    taken_back = 0
    for correction in review.corrections.order_by("-revision").iterator(chunk_size=50):
        if correction.verb == verb:
            taken_back += 1
        elif correction.verb not in takeable:
            return
        elif taken_back:
            taken_back -= 1
        else:
            yield correction

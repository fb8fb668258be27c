"""The stored counts against the rows that they count."""

from collections import Counter, defaultdict
from datetime import date

from django.db.models import F

from annotations.actions.recording import change_of, tally_of
from annotations.domain.decisions import replay
from annotations.domain.memory import form_of, lead_of
from annotations.models import (
    Annotation,
    Article,
    Comment,
    Corpus,
    CorpusDay,
    Correction,
    KnownForm,
    Label,
    Rejection,
    Review,
    Suggestion,
)
from annotations.models.layers import Labels, load_layer

#: Which of a day's columns a correction counts in, by its verb.
_COLUMNS = {
    "accept": "accepted",
    "reject": "rejected",
    "remove": "rejected",
    "relabel": "changed",
    "adjust": "changed",
    "add": "added",
    "finish": "finished",
}


def assert_counts_hold(corpus: Corpus) -> None:
    """Every stored count of the corpus, by counting the rows anew."""
    corpus.refresh_from_db()
    labels = Labels.of(corpus)
    for review in Review.objects.filter(article__corpus=corpus):
        assert review.tally == tally_of(load_layer(review.article, review, labels)), review
    for article in Article.objects.filter(corpus=corpus):
        assert _stored_of(article) == _recounted(article, labels), article
        assert article.open_comment_count == Comment.objects.open().filter(article=article).count()
    statuses = Counter(Article.objects.filter(corpus=corpus).values_list("status", flat=True))
    assert corpus.article_count == statuses.total()
    assert (corpus.open_count, corpus.finished_count) == (statuses["open"], statuses["finished"])
    assert _stored_labels(corpus) == _recounted_labels(corpus)
    assert _stored_memory(corpus) == _recounted_memory(corpus)
    assert _stored_days(corpus) == _recounted_days(corpus)


def assert_history_holds(corpus: Corpus) -> None:
    """Every review's corrections, replayed, give its annotations and its rejections."""
    labels = Labels.of(corpus)
    for review in Review.objects.filter(article__corpus=corpus):
        layer = load_layer(review.article, review, labels)
        history = (change_of(c, labels) for c in review.corrections.order_by("revision"))
        again = replay(history, policy=corpus.policy)
        assert again.annotations == layer.annotations
        assert again.rejections == layer.rejections
        text = review.article.text_row.text
        for row in [*review.annotations.all(), *review.rejections.all()]:
            assert row.quote == text[row.start : row.end]


def _stored_of(article: Article) -> tuple[str, int, int]:
    return article.status, article.mention_count, article.pending_count


def _recounted(article: Article, labels: Labels) -> tuple[str, int, int]:
    """Status and counts of the review that was worked on last, or of the bare suggestions."""
    newest = Correction.objects.filter(review__article=article).order_by("-pk").first()
    review = newest.review if newest else None
    layer = load_layer(article, review, labels)
    status = review.status if review else Article.Status.UNREVIEWED
    return status, len(layer.visible()), len(layer.pending())


def _stored_labels(corpus: Corpus) -> dict[str, tuple[int, int]]:
    rows = Label.objects.filter(scheme__corpus=corpus)
    return {row.name: (row.suggestion_count, row.annotation_count) for row in rows}


def _recounted_labels(corpus: Corpus) -> dict[str, tuple[int, int]]:
    current = Suggestion.objects.filter(
        run__article__corpus=corpus, run__article__current_run=F("run")
    )
    suggested = Counter(current.values_list("label__name", flat=True))
    annotated = Counter(
        Annotation.objects.filter(review__article__corpus=corpus).values_list(
            "label__name", flat=True
        )
    )
    names = Label.objects.filter(scheme__corpus=corpus).values_list("name", flat=True)
    return {name: (suggested[name], annotated[name]) for name in names}


def _stored_days(corpus: Corpus) -> Counter[tuple[date, str]]:
    counted = Counter[tuple[date, str]]()
    for row in CorpusDay.objects.filter(corpus=corpus):
        for column in set(_COLUMNS.values()):
            counted[row.day, column] = getattr(row, column)
    return +counted


def _recounted_days(corpus: Corpus) -> Counter[tuple[date, str]]:
    counted = Counter[tuple[date, str]]()
    for correction in Correction.objects.filter(review__article__corpus=corpus):
        day = correction.created_at.date()
        if column := _COLUMNS.get(correction.verb):
            counted[day, column] += 1
        if correction.verb in {Correction.Verb.FINISH, Correction.Verb.SAME}:
            for annotation in correction.after["annotations"]:
                counted[day, annotation["state"]] += 1
        if correction.verb == Correction.Verb.SAME and not correction.after["annotations"]:
            counted[day, "rejected"] += len(correction.after["rejections"])
    return +counted


type _Remembered = dict[tuple[str, str, str, str], tuple[int, int]]


def _stored_memory(corpus: Corpus) -> _Remembered:
    rows = KnownForm.objects.filter(corpus=corpus).select_related("label")
    return {
        (row.language, row.lead, row.form, row.label.name): (row.confirmed, row.rejected)
        for row in rows
        if row.confirmed or row.rejected
    }


def _recounted_memory(corpus: Corpus) -> _Remembered:
    """By form and label, the annotations and the rejections of the reviews that are remembered."""
    counts: dict[tuple[str, str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for place, model in enumerate((Annotation, Rejection)):
        for row in model._default_manager.filter(
            review__article__corpus=corpus, review__is_remembered=True
        ):
            form = form_of(row.quote)
            if lead_of(form) and len(form) <= KnownForm.LONGEST:
                language = row.review.article.language
                counts[language, lead_of(form), form, row.label.name][place] += 1
    return {key: (confirmed, rejected) for key, (confirmed, rejected) in counts.items()}

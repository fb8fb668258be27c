"""The corpus's memory: kept with every decision, asked for every article."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Final

from django.db import connection
from django.db.models import Count
from django.utils import timezone

from annotations.actions.rows import Value
from annotations.actions.turns import Turns
from annotations.domain.decisions import Change
from annotations.domain.memory import Evidence, Memory, Words, form_of, lead_of
from annotations.models import Annotation, Article, Corpus, KnownForm, Rejection, Review, User
from annotations.models.layers import Labels

#: Reviews that a worker remembers in one transaction.
BATCH: Final = 50

#: A form under a label: what a row stands for.
type FormKey = tuple[str, int]

_COLUMNS: Final = "corpus_id, language, lead, form, label_id, confirmed, rejected, last_user_id"
#: Makes the row or adds to it; for what only grows.
_ADD: Final = f"""
    INSERT INTO annotations_knownform AS known ({_COLUMNS}, last_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (corpus_id, language, form, label_id) DO UPDATE SET
        confirmed = known.confirmed + excluded.confirmed,
        rejected = known.rejected + excluded.rejected,
        last_user_id = CASE WHEN excluded.confirmed > 0
            THEN excluded.last_user_id ELSE known.last_user_id END,
        last_at = excluded.last_at
"""  # noqa: S608 - names of our own
#: What is taken back was there.
_CHANGE: Final = """
    UPDATE annotations_knownform
    SET confirmed = confirmed + %s, rejected = rejected + %s, last_at = %s
    WHERE corpus_id = %s AND language = %s AND form = %s AND label_id = %s
"""
_RECALL: Final = """
    SELECT form, label_id, confirmed, rejected FROM annotations_knownform
    WHERE corpus_id = %s AND language = %s AND lead {among}
"""
_AMONG: Final = {
    "sqlite": "IN (SELECT value FROM json_each(%s))",
    "postgresql": "IN (SELECT json_array_elements_text(%s::json))",
}


@dataclass(slots=True)
class _Count:
    confirmed: int = 0
    rejected: int = 0


class Lessons:
    """What is to be added to the memory, form by form; negative where something is taken back."""

    def __init__(self) -> None:
        self._counts: dict[FormKey, _Count] = defaultdict(_Count)

    def note(self, quote: str, label: int, *, confirmed: int = 0, rejected: int = 0) -> None:
        """Count decisions on a quotation of a text; one too long to come again is passed over."""
        if len(quote) > 2 * KnownForm.LONGEST:
            return
        form = form_of(quote)
        if lead_of(form) and len(form) <= KnownForm.LONGEST:
            count = self._counts[form, label]
            count.confirmed += confirmed
            count.rejected += rejected

    def inverted(self) -> "Lessons":
        """The same, taken back."""
        back = Lessons()
        back._counts.update(
            (key, _Count(-count.confirmed, -count.rejected)) for key, count in self._counts.items()
        )
        return back

    def write(self, corpus: int, language: str, user: int | None) -> None:
        """Add them to the rows; in order, so that two who do it never deadlock."""
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        rows: list[tuple[str, list[Value]]] = []
        for (form, label), count in sorted(self._counts.items(), key=itemgetter(0)):
            sides = (count.confirmed, count.rejected)
            if min(sides) < 0:
                rows.append((_CHANGE, [*sides, now, corpus, language, form, label]))
            elif any(sides):
                values: list[Value] = [
                    corpus,
                    language,
                    lead_of(form),
                    form,
                    label,
                    *sides,
                    user,
                    now,
                ]
                rows.append((_ADD, values))
        with connection.cursor() as cursor:
            for sql, group in groupby(rows, key=itemgetter(0)):
                cursor.executemany(sql, [values for _, values in group])


def learn(review: Review, article: Article, change: Change, labels: Labels, user: User) -> None:
    """Keep the memory true to a change that is being made to a review.

    The caller holds a transaction and the review's row. A review that is not remembered yet is
    counted as a whole later, with this change.
    """
    if not review.is_remembered:
        return
    text = article.text_row.text
    lessons = Lessons()
    for by, mentions in ((1, change.added), (-1, change.removed)):
        for m in mentions:
            lessons.note(text[m.start : m.end], labels.by_name[m.label].pk, confirmed=by)
    for by, keys in ((1, change.rejected), (-1, change.unrejected)):
        for start, end, name in keys:
            lessons.note(text[start:end], labels.by_name[name].pk, rejected=by)
    lessons.write(article.corpus_id, article.language, user.pk)


def move_to(language: str, article: Article) -> None:
    """Count an article's decisions under another language; the caller then gives it that one."""
    rows = Review.objects.select_for_update().filter(article=article, is_remembered=True)
    reviews = list(rows.order_by("pk").values_list("pk", "annotator"))
    if reviews:
        lessons = _lessons_of([pk for pk, _ in reviews])
        lessons.inverted().write(article.corpus_id, article.language, None)
        lessons.write(article.corpus_id, language, reviews[-1][1])


def remember_reviews(turns: Turns | None = None) -> int:
    """Count the reviews that came with files into the memory, batch by batch; how many were.

    A reader of a shelf's articles finds none: they are remembered once they are in their corpus.
    """
    turns = turns or Turns()
    remembered = 0
    while done := _remember_batch(turns):
        remembered += done
    return remembered


def _remember_batch(turns: Turns) -> int:
    """Remember reviews by one person in one corpus and language.

    Those of several would be written one after the other, and no longer in order (`Lessons.write`).
    """
    waiting = Review.objects.filter(is_remembered=False, article__corpus__is_shelf=False)
    whose = ("article__corpus", "article__language", "annotator")
    first = waiting.order_by("pk").values(*whose).first()
    if first is None:
        return 0
    with turns.atomic():
        rows = Review.objects.filter(is_remembered=False, **first).order_by("pk")
        locked = rows.select_for_update(
            of=("self",), skip_locked=connection.features.has_select_for_update_skip_locked
        )
        reviews = list(locked.values_list("pk", flat=True)[:BATCH])
        _lessons_of(reviews).write(*first.values())
        Review.objects.filter(pk__in=reviews).update(is_remembered=True)
    return len(reviews)


def _lessons_of(reviews: list[int]) -> Lessons:
    lessons = Lessons()
    for model, side in ((Annotation, "confirmed"), (Rejection, "rejected")):
        rows = model._default_manager.filter(review__in=reviews).order_by()
        counted = rows.values_list("quote", "label").annotate(n=Count("pk"))
        for quote, label, n in counted:
            lessons.note(quote, label, **{side: n})
    return lessons


def memory_for(corpus: Corpus, language: str, words: Words, labels: Labels) -> Memory:
    """What the corpus knows of the forms that a text may hold."""
    sql = _RECALL.format(among=_AMONG[connection.vendor])
    known: dict[str, Evidence] = defaultdict(Evidence)
    with connection.cursor() as cursor:
        cursor.execute(sql, [corpus.pk, language, json.dumps(sorted(words.leads()))])
        for form, label, confirmed, rejected in cursor.fetchall():
            name = labels.name(label)
            known[form].confirmed[name] += confirmed
            known[form].rejected[name] += rejected
    return Memory(known)


def said_of(corpus: Corpus, language: str, quote: str) -> Mapping[str, KnownForm]:
    """What is known of the form of one quotation, by label."""
    rows = KnownForm.objects.filter(corpus=corpus, language=language, form=form_of(quote))
    return {row.label.name: row for row in rows.select_related("label", "last_user")}

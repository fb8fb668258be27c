"""From rows to the domain's values: one person's layer of an article."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from django.db import connection

from annotations.domain.decisions import Layer
from annotations.domain.mentions import LONGEST_MENTION, Mention, MentionState
from annotations.models.articles import Article
from annotations.models.corpora import Corpus
from annotations.models.reviews import Review

#: Every correction asks for its corpus's labels; as a queryset that cost it a tenth of its time.
_LABELS: Final = """
    SELECT label.id, label.name, label.description, label.hue, label.key
    FROM annotations_label label
    JOIN annotations_labelscheme scheme ON scheme.id = label.scheme_id
    WHERE scheme.corpus_id = %s
    ORDER BY label.position, label.id
"""


class LabelRow(NamedTuple):
    """What is asked of a label wherever mentions are read or written."""

    pk: int
    name: str
    description: str
    hue: int
    key: str


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of one corpus, read once: by id and by name, in the scheme's order."""

    by_id: dict[int, LabelRow]
    by_name: dict[str, LabelRow]

    @classmethod
    def of(cls, corpus: Corpus) -> "Labels":
        with connection.cursor() as cursor:
            cursor.execute(_LABELS, [corpus.pk])
            rows = [LabelRow(*values) for values in cursor.fetchall()]
        return cls({row.pk: row for row in rows}, {row.name: row for row in rows})

    def name(self, pk: int) -> str:
        return self.by_id[pk].name


#: A layer's three kinds of rows in one query: every correction asks for them, and three
#: querysets cost it a tenth of its time.
_ROWS: Final = """
    SELECT 's', "start", "end", label_id, '', score, ''
    FROM annotations_suggestion
    WHERE run_id = %(run)s
        AND "start" > %(low)s AND "start" < %(end)s AND "end" > %(start)s
    UNION ALL
    SELECT 'a', "start", "end", label_id, state, score, source
    FROM annotations_annotation
    WHERE review_id = %(review)s
        AND "start" > %(low)s AND "start" < %(end)s AND "end" > %(start)s
    UNION ALL
    SELECT 'r', "start", "end", label_id, '', NULL, ''
    FROM annotations_rejection
    WHERE review_id = %(review)s
        AND "start" > %(low)s AND "start" < %(end)s AND "end" > %(start)s
"""


def load_layer(
    article: Article,
    review: Review | None,
    labels: Labels,
    *,
    stretch: tuple[int, int] | None = None,
) -> Layer:
    """What the person of ``review`` sees in the article, or in a stretch of it.

    Without a review the layer holds the suggestions of the article's current run. Mentions that
    only reach into the stretch are in it, whole, and so is what they share characters with: that
    decides whether a suggestion is pending.
    """
    layer = _load(article, review, labels, stretch)
    if stretch is None or (reached := _reached(layer, stretch)) == stretch:
        return layer
    return _load(article, review, labels, reached)


def _reached(layer: Layer, stretch: tuple[int, int]) -> tuple[int, int]:
    keys = (*layer.suggestions, *layer.annotations)
    start, end = stretch
    return min((start, *(k[0] for k in keys))), max((end, *(k[1] for k in keys)))


def _load(
    article: Article, review: Review | None, labels: Labels, stretch: tuple[int, int] | None
) -> Layer:
    start, end = stretch if stretch is not None else (0, article.length)
    values = {
        "run": article.current_run_id if review is None else review.run_id,
        "review": None if review is None else review.pk,
        "start": start,
        "end": end,
        # A lower bound on the starts lets the index do the work in articles of any length.
        "low": start - LONGEST_MENTION,
    }
    layer = Layer(policy=article.corpus.policy)
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, values)
        for kind, begin, stop, label_id, state, score, source in cursor.fetchall():
            key = (begin, stop, labels.name(label_id))
            if kind == "r":
                layer.rejections.add(key)
            elif kind == "s":
                layer.suggestions[key] = Mention(*key, MentionState.SUGGESTED, score)
            else:
                layer.annotations[key] = Mention(*key, MentionState(state), score, source)
    return layer

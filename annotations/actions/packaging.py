"""What a package says of its annotations: who or what made them, and how far people agree."""

from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

from django.db.models import Count

from annotations.domain.agreement import Agreement
from annotations.domain.mentions import Mention, MentionState
from annotations.domain.neighbours import assign, groups
from annotations.domain.text import RECIPE_VERSION
from annotations.models import (
    Annotation,
    ArticleText,
    Block,
    Corpus,
    Rejection,
    Review,
    SuggestionRun,
)
from annotations.models.layers import Labels

#: How many articles' annotations are held at once.
CHUNK = 200


def agreement_of(corpus: Corpus) -> dict[str, Any]:
    """The measures over all articles that two or more people finished; {} where there are none."""
    agreement = Agreement()
    labels = Labels.of(corpus)
    finished = Review.objects.filter(article__corpus=corpus, status=Review.Status.FINISHED)
    shared = (
        finished.values("article").annotate(people=Count("pk")).filter(people__gte=2).order_by()
    )
    articles = sorted(shared.values_list("article", flat=True))
    for first in range(0, len(articles), CHUNK):
        for tokens, layers in _layers(articles[first : first + CHUNK], labels):
            agreement.add(tokens, layers)
    return agreement.as_dict() if agreement.articles else {}


def provenance_of(corpus: Corpus, layer: str) -> dict[str, Any]:
    """Who and what made the annotations of one layer, in figures."""
    reviews = Review.objects.filter(article__corpus=corpus)
    states = dict(
        Annotation.objects.filter(review__in=reviews)
        .values_list("state")
        .annotate(n=Count("pk"))
        .order_by()
    )
    rejected = Rejection.objects.filter(review__in=reviews).count()
    accepted, changed = (
        states.get(state.value, 0) for state in (MentionState.ACCEPTED, MentionState.CHANGED)
    )
    decided = accepted + changed + rejected
    runs = (
        SuggestionRun.objects.filter(article__corpus=corpus)
        .values("suggester__name", "suggester__version")
        .annotate(articles=Count("article", distinct=True))
        .order_by("suggester__name", "suggester__version")
    )
    return {
        "layer": layer,
        "annotators": reviews.values("annotator").distinct().count(),
        "suggesters": [
            {
                "name": run["suggester__name"],
                "version": run["suggester__version"],
                "articles": run["articles"],
            }
            for run in runs
        ],
        "suggestions_decided": decided,
        "suggestions_accepted_unchanged": accepted,
        "share_accepted_unchanged": round(accepted / decided, 4) if decided else None,
        "annotations_added_by_people": states.get(MentionState.ADDED.value, 0),
        "tokenizer": f"spaCy {version('spacy')}",
        "text_normalisation": RECIPE_VERSION,
    }


def _layers(
    articles: list[int], labels: Labels
) -> Iterator[tuple[list[tuple[int, int]], dict[str, list[Mention]]]]:
    """Each article's tokens, and what each person who finished it annotated, by name."""
    tokens: dict[int, list[tuple[int, int]]] = {pk: [] for pk in articles}
    for block in Block.objects.filter(article__in=articles).order_by("article", "position"):
        tokens[block.article_id] += block.token_spans()
    layers: dict[int, dict[str, list[Mention]]] = {pk: {} for pk in articles}
    reviews = Review.objects.filter(article__in=articles, status=Review.Status.FINISHED)
    by_review: dict[int, list[Mention]] = {}
    for review in reviews.select_related("annotator").order_by("annotator__username"):
        mine: list[Mention] = []
        by_review[review.pk] = layers[review.article_id][review.annotator.username] = mine
    for row in Annotation.objects.filter(review__in=list(by_review)):
        mention = Mention(row.start, row.end, labels.name(row.label_id), MentionState(row.state))
        by_review[row.review_id].append(mention)
    for pk in articles:
        yield tokens[pk], layers[pk]


def splits_of(corpus: Corpus, seed: int) -> dict[int, str]:
    """The part of each article, by its number: near-duplicates and one day's story together."""
    rows = (
        ArticleText.objects.filter(article__corpus=corpus)
        .order_by("article__number")
        .values_list("article__number", "text", "article__published_on")
    )
    texts = rows.iterator(chunk_size=CHUNK)
    return assign(groups(texts), seed)

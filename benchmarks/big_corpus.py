"""A corpus of any size within seconds: two articles that the site stored, and copies of them.

The copies differ in their number only, which has as many digits everywhere; so every row that
points into the text is the same for each, and the database makes those by itself.
"""

import hashlib
import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from django.db import connection, transaction
from django.db.models import F, Max, Model, OuterRef, Subquery
from django.utils import timezone

from annotations.actions.articles import store_article
from annotations.actions.corpora import create_corpus
from annotations.actions.decide import finish
from annotations.actions.runs import store_run, suggester_row
from annotations.domain.articles import ArticleDraft, Metadata
from annotations.domain.mentions import Mention, MentionState
from annotations.domain.text import RECIPE_VERSION
from annotations.domain.zoning import find_zones
from annotations.models import (
    Annotation,
    Article,
    ArticleText,
    Block,
    Corpus,
    CorpusDay,
    Correction,
    Label,
    Review,
    Suggestion,
    SuggestionRun,
    User,
)
from annotations.suggesters import Identity
from benchmarks import texts

MENTIONS: Final = 40
WORDS: Final = 300
DAYS: Final = 90
#: People begin with the first article; this share of the corpus they have behind them.
FINISHED: Final = 0.6


@transaction.atomic
def make(slug: str, articles: int, owner: User) -> Corpus:
    """A corpus of that many articles, the first ones finished, with all that is counted of them."""
    corpus = create_corpus(slug=slug, name="Big or small", owner=owner)
    finished = round(articles * FINISHED)
    done = _store(corpus, 1, owner)
    finish(user=owner, article=done, seen_revision=0)
    done.refresh_from_db()
    waiting = _store(corpus, finished + 1, owner)
    _copy(done, range(2, finished + 1))
    _copy(waiting, range(finished + 2, articles + 1))
    _count(corpus, articles, finished)
    return corpus


def analyse() -> None:
    """Tell the database's planner how many rows there are."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _title(number: int) -> str:
    return f"Report {number:06}: what the week brought"


def _text(number: int) -> str:
    _, _, body = texts.article(WORDS).partition("\n")
    return f"{_title(number)}\n{body}"


def _store(corpus: Corpus, number: int, owner: User) -> Article:
    """One article as it comes in, with what a machine proposes that takes capitals for names."""
    text = _text(number)
    names = list(Label.objects.filter(scheme=corpus.scheme).values_list("name", flat=True))
    words = list(re.finditer(r"\b[A-Z]\w+", text))[:MENTIONS]
    assert len(words) == MENTIONS
    draft = ArticleDraft(
        text=text, metadata=Metadata(title=_title(number)), zones=find_zones(text), number=number
    )
    article = store_article(corpus=corpus, draft=draft, user=owner, await_suggestions=False)
    assert article is not None
    store_run(
        article=article,
        suggester=suggester_row(Identity("capitals", "1", "0")),
        mentions=[
            Mention(*word.span(), names[i % len(names)], MentionState.SUGGESTED)
            for i, word in enumerate(words)
        ],
    )
    article.suggestion_state = Article.SuggestionState.DONE
    article.save(update_fields=["suggestion_state"])
    return article


def _copy(model: Article, numbers: Iterable[int]) -> None:
    """The article once more under each of these numbers, and everything that hangs on it."""
    last = _last_id(Article)
    Article.objects.bulk_create((_as_number(model, n) for n in numbers), batch_size=500)
    copies = Article.objects.filter(pk__gt=last)
    ArticleText.objects.bulk_create(
        (
            ArticleText(article_id=pk, text=_text(number), recipe=RECIPE_VERSION)
            for pk, number in copies.values_list("pk", "number")
        ),
        batch_size=500,
    )
    _multiply(Block, "article", model.pk, Article, last)
    run = _multiply(SuggestionRun, "article", model.pk, Article, last)
    _multiply(Suggestion, "run", model.current_run_id, SuggestionRun, run)
    runs = SuggestionRun.objects.filter(article=OuterRef("pk")).values("pk")
    copies.update(current_run=Subquery(runs))
    for review in model.reviews.all():
        first = _multiply(Review, "article", model.pk, Article, last)
        runs = SuggestionRun.objects.filter(article=OuterRef("article")).values("pk")
        Review.objects.filter(pk__gt=first).update(run=Subquery(runs))
        _multiply(Annotation, "review", review.pk, Review, first)
        _multiply(Correction, "review", review.pk, Review, first)


def _as_number(model: Article, number: int) -> Article:
    columns = {f.attname: getattr(model, f.attname) for f in Article._meta.concrete_fields}
    sha256 = hashlib.sha256(_text(number).encode()).hexdigest()
    own = {"id": None, "number": number, "title": _title(number), "text_sha256": sha256}
    return Article(**columns | own)


def _last_id(model: type[Model]) -> int:
    last: int | None = model._default_manager.aggregate(last=Max("pk"))["last"]
    return last or 0


def _multiply(
    model: type[Model], field: str, origin: int | None, parents: type[Model], after: int
) -> int:
    """Copy the rows of the parent ``origin`` to every parent whose id is greater than ``after``.

    Returns the greatest id before those of the copies.
    """
    last = _last_id(model)
    table, above = model._meta.db_table, parents._meta.db_table
    foreign = f"{field}_id"
    others = [f.column for f in model._meta.concrete_fields if f.column not in {"id", foreign}]
    targets = ", ".join(f'"{column}"' for column in [foreign, *others])
    values = ", ".join([f"{above}.id", *(f'{table}."{column}"' for column in others)])
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({targets}) SELECT {values} FROM {above}, {table} "  # noqa: S608
            f"WHERE {above}.id > %s AND {table}.{foreign} = %s ORDER BY {above}.id, {table}.id",
            [after, origin],
        )
    return last


def _count(corpus: Corpus, articles: int, finished: int) -> None:
    """Set what the site would have counted: it knows of two articles, one of them finished."""
    Corpus.objects.filter(pk=corpus.pk).update(
        article_count=articles, finished_count=finished, last_number=articles
    )
    Label.objects.filter(scheme=corpus.scheme).update(
        suggestion_count=F("suggestion_count") / 2 * articles,
        annotation_count=F("annotation_count") * finished,
    )
    CorpusDay.objects.filter(corpus=corpus).update(accepted=MENTIONS * finished, finished=finished)
    today = timezone.now().date()
    CorpusDay.objects.bulk_create(
        CorpusDay(corpus=corpus, day=today - timedelta(days=n)) for n in range(1, DAYS)
    )

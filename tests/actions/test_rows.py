"""Rows that are written without model objects are the same rows."""

from annotations.actions.rows import ROWS, insert
from annotations.models import Article, Rejection, Review, User


def test_more_rows_than_fit_one_statement_all_arrive(article: Article, annotator: User) -> None:
    review = Review.objects.create(article=article, annotator=annotator)
    label = article.corpus.scheme.labels.get(name="ORG")
    places = [(review.pk, label.pk, n, n + 1, f"“{n}”") for n in range(2 * ROWS + 1)]
    insert(Rejection, ("review_id", "label_id", "start", "end", "quote"), iter(places))
    stored = Rejection.objects.order_by("start").values_list(
        "review_id", "label_id", "start", "end", "quote"
    )
    assert list(stored) == places


def test_no_rows_are_no_statement(article: Article) -> None:
    insert(Rejection, ("review_id", "label_id", "start", "end", "quote"), [])
    assert not Rejection.objects.exists()

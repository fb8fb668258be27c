"""Which articles a question finds."""

from annotations.models import Article
from tests.cast import NEWS, StoreArticle

Status = Article.Status


def test_the_first_unfinished_article_is_the_one_with_the_lowest_number(
    store: StoreArticle,
) -> None:
    states = (Status.FINISHED, Status.OPEN, Status.UNREVIEWED, Status.OPEN, Status.FINISHED)
    for n, state in enumerate(states):
        Article.objects.filter(pk=store(f"{NEWS}{n}\n").pk).update(status=state)
    found = []
    while (article := Article.objects.first_unfinished()) is not None:
        found.append(article.number)
        Article.objects.filter(pk=article.pk).update(status=Status.FINISHED)
    assert found == [2, 3, 4]


def test_a_corpus_that_is_done_has_no_unfinished_article(article: Article) -> None:
    Article.objects.update(status=Status.FINISHED)
    assert Article.objects.first_unfinished() is None

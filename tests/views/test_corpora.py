"""The pages of a corpus beside its articles."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotations.actions.comments import add_comment, settle
from annotations.actions.decide import decide_mention, finish
from annotations.domain.decisions import Accept
from annotations.models import Article, Corpus, Membership, User
from tests.cast import NEWS, StoreArticle


def test_whoever_makes_a_corpus_owns_it(client: Client, stranger: User) -> None:
    client.force_login(stranger)
    values = {
        "name": "City desk",
        "slug": "city",
        "preset": "conll",
        "language": "en",
        "overlaps": "flat",
    }
    client.post(reverse("annotations:corpus-create"), values)
    corpus = Corpus.objects.get(slug="city")
    assert corpus.memberships.get().role == "owner"
    assert [label.name for label in corpus.scheme.labels.all()] == ["PER", "ORG", "LOC", "MISC"]


def test_a_slug_that_is_taken_is_said(client: Client, owner: User, corpus: Corpus) -> None:
    client.force_login(owner)
    values = {"name": "X", "slug": "harbour", "preset": "conll", "language": "en"}
    response = client.post(reverse("annotations:corpus-create"), values)
    assert "has this address already" in response.text


def test_an_empty_corpus_says_what_to_do_next(client: Client, owner: User, corpus: Corpus) -> None:
    client.force_login(owner)
    page = client.get(reverse("annotations:corpus-detail", args=["harbour"]))
    assert reverse("annotations:upload", args=["harbour"]) in page.text


def test_the_overview_shows_progress_and_the_labels_in_use(
    client: Client, annotator: User, suggested: Article
) -> None:
    start = NEWS.index("Tern Island")
    accept = Accept((start, start + 11, "LOC"))
    decide_mention(user=annotator, article=suggested, decision=accept, seen_revision=0)
    finish(user=annotator, article=suggested, seen_revision=1)
    client.force_login(annotator)
    page = client.get(reverse("annotations:corpus-detail", args=["harbour"]))
    assert "<svg" in page.text
    assert "PERSON" in page.text


def test_the_guideline_is_markdown_without_scripts(
    client: Client, owner: User, corpus: Corpus
) -> None:
    client.force_login(owner)
    path = reverse("annotations:guideline", args=["harbour"])
    text = "# Names\n\n<script>alert(1)</script> [x](javascript:alert(2)) **bold**"
    client.post(path, {"name": "Harbour news", "description": "", "guideline": text})
    page = client.get(path)
    assert "<strong>bold</strong>" in page.text
    assert "<script>alert" not in page.text
    assert 'href="javascript:' not in page.text


def test_an_owner_adds_changes_and_removes_members(
    client: Client, owner: User, stranger: User, corpus: Corpus
) -> None:
    client.force_login(owner)
    path = reverse("annotations:members", args=["harbour"])
    client.post(path, {"username": stranger.username, "role": "viewer"})
    client.post(path, {"username": stranger.username, "role": "annotator"})
    assert Membership.objects.get(user=stranger).role == "annotator"
    client.post(reverse("annotations:member-remove", args=["harbour", stranger.pk]))
    assert not Membership.objects.filter(user=stranger).exists()


def test_the_last_owner_can_neither_leave_nor_step_down(
    client: Client, owner: User, corpus: Corpus
) -> None:
    client.force_login(owner)
    path = reverse("annotations:members", args=["harbour"])
    response = client.post(path, {"username": owner.username, "role": "viewer"})
    assert "needs an owner" in response.text
    client.post(reverse("annotations:member-remove", args=["harbour", owner.pk]))
    assert Membership.objects.get(user=owner).role == "owner"


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({}, [1, 2, 3]),
        ({"q": "second"}, [2]),
        ({"status": "finished"}, [1]),
        ({"order": "-number"}, [3, 2, 1]),
        ({"order": "title"}, [1, 2, 3]),
        ({"q": "nothing like it"}, []),
    ],
)
def test_the_article_list_filters_and_sorts(
    client: Client,
    annotator: User,
    store: StoreArticle,
    query: dict[str, str],
    numbers: list[int],
) -> None:
    from annotations.domain.articles import Metadata

    for title in ("A first", "B second", "C third"):
        article = store(f"{title} article. It is short.\n", metadata=Metadata(title=title))
        if title == "A first":
            finish(user=annotator, article=article, seen_revision=0)
    client.force_login(annotator)
    page = client.get(reverse("annotations:article-list", args=["harbour"]), query)
    assert [a.number for a in page.context["articles"]] == numbers
    assert page.context["total"] == len(numbers)


@pytest.fixture
def talked_about(store: StoreArticle, annotator: User) -> Article:
    """The second of three articles; two things are open there, one is settled in the third."""
    articles = [store(f"Article {word}. It is short.\n") for word in ("one", "two", "three")]
    for article in (articles[1], articles[1], articles[2]):
        comment = add_comment(
            user=annotator, article=article, start=0, end=7, label="", body="Is it?"
        )
    settle(user=annotator, comment=comment)
    return articles[1]


@pytest.mark.parametrize("person", ["olga", "carl", "ada"])
def test_the_article_list_tells_and_filters_where_comments_are_open(
    client: Client, talked_about: Article, person: str
) -> None:
    client.force_login(User.objects.get(username=person))
    path = reverse("annotations:article-list", args=["harbour"])
    page = client.get(path)
    review = reverse("annotations:article-review", args=["harbour", talked_about.number])
    assert page.text.count("#comments") == 1
    assert f'href="{review}#comments">2 open comments<span' in page.text
    for headers in ({}, {"HX-Request": "true"}):
        filtered = client.get(path, {"comments": "open"}, headers=headers)
        assert [a.number for a in filtered.context["articles"]] == [talked_about.number]
        assert filtered.context["total"] == 1


def test_who_only_reads_gold_is_not_told_where_there_are_comments(
    client: Client, viewer: User, talked_about: Article
) -> None:
    client.force_login(viewer)
    page = client.get(reverse("annotations:article-list", args=["harbour"]), {"comments": "open"})
    assert page.context["total"] == 3
    for trace in ("open comment", "#comments", 'name="comments"'):
        assert trace not in page.text


def test_an_article_list_with_comments_takes_no_more_queries(
    client: Client, annotator: User, talked_about: Article
) -> None:
    client.force_login(annotator)
    path = reverse("annotations:article-list", args=["harbour"])
    with CaptureQueriesContext(connection) as with_comments:
        client.get(path)
    Article.objects.update(open_comment_count=0)
    with CaptureQueriesContext(connection) as without:
        client.get(path)
    assert len(with_comments) == len(without)


def test_articles_with_open_comments_are_found_by_their_index(talked_about: Article) -> None:
    rows = Article.objects.filter(corpus=talked_about.corpus, open_comment_count__gt=0)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
    assert "article_with_open_comments" in rows.order_by("number").explain()


@pytest.mark.parametrize(
    "query",
    [
        {"order": "password"},
        {"page": "0"},
        {"page": "x"},
        {"status": "'; DROP"},
        {"q": "x" * 999},
        {"comments": "all"},
    ],
)
def test_a_filter_outside_the_list_never_reaches_the_query(
    client: Client, annotator: User, article: Article, query: dict[str, str]
) -> None:
    client.force_login(annotator)
    path = reverse("annotations:article-list", args=["harbour"])
    assert client.get(path, query).headers["Location"] == path


def test_zones_and_details_are_edited_and_the_text_stays(
    client: Client, curator: User, article: Article
) -> None:
    client.force_login(curator)
    path = reverse("annotations:article-details", args=["harbour", article.number])
    client.post(path, {"title": "Ferry returns", "source": "Post", "zone-0": "headline"})
    article.refresh_from_db()
    block = article.blocks.get(position=0)
    assert (article.title, block.zone, block.certain) == ("Ferry returns", "headline", True)
    assert article.text_row.text == NEWS

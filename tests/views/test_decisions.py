"""Every act on the review page: what it answers with htmx and without."""

import pytest
from django.test import Client
from django.urls import reverse

from annotations.models import Annotation, Article, Correction, Review, User
from tests.cast import NEWS, StoreArticle
from tests.views.page import ReviewHtml, said

HTMX = {"HX-Request": "true"}


def url(article: Article, act: str = "decide") -> str:
    return reverse(f"annotations:article-{act}", args=[article.corpus.slug, article.number])


def name(quote: str, label: str) -> str:
    start = NEWS.index(quote)
    return f"{start}-{start + len(quote)}-{label}"


PORT = name("Port Alder", "GPE")
ISLAND = name("Tern Island", "LOC")


@pytest.fixture
def editor(client: Client, annotator: User) -> Client:
    client.force_login(annotator)
    return client


def test_a_decision_answers_with_its_block_and_names_the_correction(
    editor: Client, suggested: Article
) -> None:
    values = {"act": "accept", "mention": ISLAND, "revision": 0}
    response = editor.post(url(suggested), values, headers=HTMX)
    assert response.status_code == 200
    fragment = ReviewHtml(response)
    assert len(fragment.blocks) == 1
    assert fragment.states()[ISLAND] == "accepted"
    correction = Correction.objects.get()
    assert said(response) == {
        "revision": 1,
        "mention": ISLAND,
        "correction": correction.pk,
        "status": "open",
    }


def test_without_htmx_a_decision_leads_back_to_the_page(editor: Client, suggested: Article) -> None:
    values = {"act": "reject", "mention": PORT, "revision": 0}
    response = editor.post(url(suggested), values, follow=True)
    assert response.status_code == 200
    assert PORT not in ReviewHtml(response).states()


def test_a_stale_decision_is_409_and_shows_both_values(editor: Client, suggested: Article) -> None:
    editor.post(url(suggested), {"act": "relabel", "mention": PORT, "label": "ORG", "revision": 0})
    values = {"act": "relabel", "mention": PORT, "label": "LOC", "revision": 0}
    response = editor.post(url(suggested), values, headers=HTMX)
    assert response.status_code == 409
    assert "label it LOC" in response.text
    assert name("Port Alder", "ORG") in ReviewHtml(response).states()
    assert said(response, "annotations:refused") == {"revision": 1, "conflict": True}
    assert Annotation.objects.get().label.name == "ORG"


def test_a_stale_decision_without_htmx_is_409_with_the_whole_page(
    editor: Client, suggested: Article
) -> None:
    editor.post(url(suggested), {"act": "accept", "mention": PORT, "revision": 0})
    response = editor.post(url(suggested), {"act": "reject", "mention": PORT, "revision": 0})
    assert response.status_code == 409
    assert ReviewHtml(response).revision == 1
    assert "accepted" in ReviewHtml(response).states().values()


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"act": "accept"},
        {"act": "accept", "mention": "nonsense"},
        {"act": "explode", "mention": PORT},
        {"act": "relabel", "mention": PORT},
        {"act": "relabel", "mention": PORT, "label": "NO_SUCH_LABEL"},
        {"act": "adjust", "mention": PORT},
        {"act": "adjust", "mention": PORT, "start": 5, "end": 5},
        {"act": "adjust", "mention": PORT, "start": 9, "end": 3},
        {"act": "adjust", "mention": PORT, "start": 0, "end": 10**9},
        {"act": "adjust", "mention": PORT, "start": -1, "end": 3},
        {"act": "add", "start": 0, "end": 5},
        {"act": "add", "start": 0, "end": 5, "label": "LOC", "quote": "Fairy"},
        {"act": "add", "start": 0, "end": 5, "label": "LOC", "quote": "Ferry" * 2000},
        {"act": "add", "start": "x", "end": "y", "label": "LOC"},
        {"act": "accept", "mention": PORT, "revision": "none"},
        {"act": "accept", "mention": PORT, "revision": 10**40},
        {"act": "accept", "mention": "0-" + "9" * 80 + "-GPE"},
    ],
)
def test_a_bad_value_is_422_with_a_sentence_and_changes_nothing(
    editor: Client, suggested: Article, values: dict[str, object]
) -> None:
    for headers in ({}, HTMX):
        response = editor.post(url(suggested), {"revision": 0, **values}, headers=headers)
        assert response.status_code in {409, 422}
        assert 'class="notice"' in response.text
    assert not Correction.objects.exists()


@pytest.mark.parametrize("bad", ["\x00", "a\x00b", "\ud800"])
def test_characters_that_no_database_takes_are_refused_not_crashed_on(
    editor: Client, suggested: Article, bad: str
) -> None:
    values = {"act": "relabel", "mention": PORT, "label": bad, "revision": 0, "client_key": "k"}
    data = {
        k: v.encode("utf-8", "surrogatepass") if isinstance(v, str) else v
        for k, v in values.items()
    }
    assert editor.post(url(suggested), data).status_code in {409, 422}
    values = {"act": "accept", "mention": PORT, "revision": 0, "client_key": "k\x00"}
    assert editor.post(url(suggested), values).status_code == 422


def test_the_same_request_five_times_has_one_effect(editor: Client, suggested: Article) -> None:
    values = {"act": "accept", "mention": PORT, "revision": 0, "client_key": "one-key"}
    answers = [editor.post(url(suggested), values, headers=HTMX) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 5
    assert len({said(answer)["correction"] for answer in answers}) == 1
    assert Correction.objects.count() == 1


@pytest.mark.parametrize(
    ("edge", "quote"),
    [
        ("right-out", "Tern Island stayed"),
        ("left-out", "at Tern Island"),
        ("right-in", "Tern"),
        ("left-in", "Island"),
    ],
)
def test_an_edge_moves_by_one_token(
    editor: Client, suggested: Article, edge: str, quote: str
) -> None:
    values = {"act": "adjust", "mention": ISLAND, "edge": edge, "revision": 0}
    editor.post(url(suggested), values)
    assert Annotation.objects.get().quote == quote


def test_an_edge_stops_before_a_mention_would_be_empty_and_at_the_blocks_border(
    editor: Client, suggested: Article
) -> None:
    title = name("Port Alder", "GPE")
    values = {"act": "adjust", "mention": title, "edge": "right-out", "revision": 0}
    response = editor.post(url(suggested), values, headers=HTMX)
    assert response.status_code == 200
    # The mention ended the headline: it is the same as before, and now decided on.
    assert said(response)["mention"] == title


def test_undo_and_redo_answer_with_what_they_changed(editor: Client, suggested: Article) -> None:
    editor.post(url(suggested), {"act": "accept", "mention": ISLAND, "revision": 0})
    undone = editor.post(url(suggested, "undo"), {"revision": 1}, headers=HTMX)
    assert ReviewHtml(undone).states()[ISLAND] == "suggested"
    redone = editor.post(url(suggested, "redo"), {"revision": 2}, headers=HTMX)
    assert ReviewHtml(redone).states()[ISLAND] == "accepted"


def test_undo_with_nothing_to_undo_says_so(editor: Client, suggested: Article) -> None:
    response = editor.post(url(suggested, "undo"), {"revision": 0}, headers=HTMX)
    assert response.status_code == 422
    assert "nothing to undo" in response.text


def test_finishing_opens_the_next_article_and_says_what_was_accepted(
    editor: Client, suggested: Article, store: StoreArticle
) -> None:
    following = store("Another day, another text.\n")
    response = editor.post(url(suggested, "finish"), {"revision": 0, "unvisited": 6}, headers=HTMX)
    assert response.headers["HX-Redirect"] == url(following, "review")
    page = editor.get(url(following, "review"))
    accepted = Annotation.objects.count()
    assert f"{accepted} suggestions were accepted, 6 of them never visited." in page.text
    assert Review.objects.get().is_finished


def test_finishing_the_last_article_leads_to_the_list(editor: Client, suggested: Article) -> None:
    response = editor.post(url(suggested, "finish"), {"revision": 0})
    assert response.headers["Location"] == reverse(
        "annotations:article-list", args=[suggested.corpus.slug]
    )


def test_a_finished_article_can_be_opened_again(editor: Client, suggested: Article) -> None:
    editor.post(url(suggested, "finish"), {"revision": 0})
    editor.post(url(suggested, "reopen"), {"revision": 1})
    assert not Review.objects.get().is_finished


def test_words_are_marked_without_a_script_by_naming_them(editor: Client, article: Article) -> None:
    values = {"words": "Okafor", "occurrence": 2, "label": "PERSON", "revision": 0}
    editor.post(url(article, "add"), values)
    mention = Annotation.objects.get()
    second = NEWS.index("Okafor", NEWS.index("Okafor") + 1)
    assert (mention.start, mention.quote) == (second, "Okafor")


def test_words_that_do_not_occur_that_often_are_refused(editor: Client, article: Article) -> None:
    values = {"words": "Okafor", "occurrence": 9, "label": "PERSON", "revision": 0}
    response = editor.post(url(article, "add"), values)
    assert response.status_code == 422
    assert not Annotation.objects.exists()


def test_finishing_a_page_older_than_its_suggestions_is_409_and_shows_them(
    editor: Client, suggested: Article
) -> None:
    response = editor.post(url(suggested, "finish"), {"revision": 0, "run": 0}, headers=HTMX)
    assert response.status_code == 409
    assert set(ReviewHtml(response).states().values()) == {"suggested"}
    assert f'id="seen-run" value="{suggested.current_run_id}"' in response.text
    assert not Annotation.objects.exists()

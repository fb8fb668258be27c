"""The review page as it leaves the server."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from annotations.actions.decide import decide_mention, finish
from annotations.domain.decisions import Accept, Add
from annotations.models import Article, Corpus, User
from tests.cast import NEWS, StoreArticle, Suggest
from tests.views.page import ReviewHtml


def url(article: Article, name: str = "article-review") -> str:
    return reverse(f"annotations:{name}", args=[article.corpus.slug, article.number])


def key(text: str, quote: str, label: str) -> tuple[int, int, str]:
    start = text.index(quote)
    return (start, start + len(quote), label)


def test_a_blocks_text_is_exactly_the_articles_characters(
    client: Client, annotator: User, suggested: Article
) -> None:
    client.force_login(annotator)
    page = ReviewHtml(client.get(url(suggested)))
    assert page.blocks
    for position, text in page.blocks.items():
        start = page.starts[position]
        assert NEWS[start : start + len(text)] == text
    assert page.revision == 0


def test_markup_in_the_text_is_shown_and_never_obeyed(
    client: Client, annotator: User, store: StoreArticle
) -> None:
    text = "<script>alert(1)</script> & “<b>bold</b>” said <img src=x onerror=alert(1)> it.\n"
    article = store(text)
    client.force_login(annotator)
    response = client.get(url(article))
    assert list(ReviewHtml(response).blocks.values()) == [text.strip()]
    assert b"<img src=x" not in response.content
    assert b"<script>alert" not in response.content


def test_suggestions_are_drawn_as_suggested_and_the_first_is_current(
    client: Client, annotator: User, suggested: Article
) -> None:
    client.force_login(annotator)
    page = ReviewHtml(client.get(url(suggested)))
    assert {mark.state for mark in page.marks} == {"suggested"}
    assert [mark.text for mark in page.marks if mark.is_current] == ["Port Alder"]


def test_the_wished_for_mention_is_current(
    client: Client, annotator: User, suggested: Article
) -> None:
    client.force_login(annotator)
    start, end, label = key(NEWS, "Tern Island", "LOC")
    page = ReviewHtml(client.get(url(suggested), {"mention": f"{start}-{end}-{label}"}))
    assert [mark.text for mark in page.marks if mark.is_current] == ["Tern Island"]


@pytest.mark.parametrize("wish", ["nonsense", "1-2-PERSON", "-", "9" * 90, "<script>"])
def test_a_wish_for_a_mention_that_is_not_there_is_no_error(
    client: Client, annotator: User, suggested: Article, wish: str
) -> None:
    client.force_login(annotator)
    assert client.get(url(suggested), {"mention": wish}).status_code == 200
    assert client.get(url(suggested, "article-card"), {"mention": wish}).status_code == 200


def test_each_annotator_sees_their_own_layer(
    client: Client, annotator: User, curator: User, suggested: Article
) -> None:
    accept = Accept(key(NEWS, "Tern Island", "LOC"))
    decide_mention(user=curator, article=suggested, decision=accept, seen_revision=0)
    client.force_login(annotator)
    assert "accepted" not in ReviewHtml(client.get(url(suggested))).states().values()
    client.force_login(curator)
    assert "accepted" in ReviewHtml(client.get(url(suggested))).states().values()


def test_a_curator_may_look_at_another_layer_and_change_nothing_there(
    client: Client, annotator: User, curator: User, suggested: Article
) -> None:
    accept = Accept(key(NEWS, "Tern Island", "LOC"))
    decide_mention(user=annotator, article=suggested, decision=accept, seen_revision=0)
    client.force_login(curator)
    response = client.get(url(suggested), {"layer": annotator.username})
    assert "accepted" in ReviewHtml(response).states().values()
    assert "data-decide" not in response.text


def test_an_annotator_does_not_see_anothers_layer(
    client: Client, annotator: User, curator: User, suggested: Article
) -> None:
    accept = Accept(key(NEWS, "Tern Island", "LOC"))
    decide_mention(user=curator, article=suggested, decision=accept, seen_revision=0)
    client.force_login(annotator)
    response = client.get(url(suggested), {"layer": curator.username})
    assert "accepted" not in ReviewHtml(response).states().values()


def test_a_viewer_sees_the_finished_review_and_no_way_to_change_it(
    client: Client, annotator: User, viewer: User, suggested: Article
) -> None:
    finish(user=annotator, article=suggested, seen_revision=0)
    client.force_login(viewer)
    response = client.get(url(suggested))
    assert set(ReviewHtml(response).states().values()) == {"accepted"}
    assert "data-decide" not in response.text


def test_overlapping_mentions_are_cut_into_pieces_that_name_all_of_them(
    client: Client, annotator: User, corpus: Corpus, store: StoreArticle
) -> None:
    corpus.overlaps = Corpus.Overlaps.ANY
    corpus.save()
    article = store()
    outer, inner = key(NEWS, "Mayor Ines Okafor", "PERSON"), key(NEWS, "Okafor", "PERSON")
    for revision, wanted in enumerate((outer, inner)):
        decide_mention(
            user=annotator, article=article, decision=Add(*wanted), seen_revision=revision
        )
    client.force_login(annotator)
    marks = ReviewHtml(client.get(url(article))).marks
    assert [(mark.text, len(mark.ids)) for mark in marks] == [("Mayor Ines ", 1), ("Okafor", 2)]


def test_the_page_costs_the_same_queries_however_long_the_article(
    client: Client,
    annotator: User,
    store: StoreArticle,
    suggest: Suggest,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    short = store("Ines Okafor spoke.\n")
    long = store("\n\n".join(f"Ines Okafor spoke {n} times." for n in range(400)))
    suggest(short)
    suggest(long)
    client.force_login(annotator)
    # One of them asks whether anything was learnt since the suggestions were made.
    with django_assert_num_queries(16, exact=False) as short_queries:
        client.get(url(short))
    with django_assert_num_queries(len(short_queries)):
        client.get(url(long))


def test_while_suggestions_are_made_the_page_asks_for_them(
    client: Client, annotator: User, store: StoreArticle, suggest: Suggest
) -> None:
    article = store(wait=True)
    client.force_login(annotator)
    assert 'id="awaiting"' in client.get(url(article)).text
    again = client.get(url(article, "article-suggestions"), {"attempt": "3"})
    assert "attempt=4" in again.text
    assert "data-mention" not in again.text
    suggest()
    arrived = client.get(url(article, "article-suggestions"), {"attempt": "4"})
    assert ReviewHtml(arrived).marks
    assert "hx-trigger" not in arrived.text


def test_failed_suggestions_are_told_with_their_reason_and_a_way_to_try_again(
    client: Client, curator: User, article: Article
) -> None:
    Article.objects.filter(pk=article.pk).update(
        suggestion_state="failed", suggestion_problem="No pipeline is installed."
    )
    client.force_login(curator)
    text = client.get(url(article)).text
    assert "No pipeline is installed." in text
    assert url(article, "suggest-again") in text


def test_a_page_that_is_behind_gets_the_blocks_that_changed_and_no_others(
    client: Client, annotator: User, suggested: Article
) -> None:
    client.force_login(annotator)
    run = suggested.current_run_id
    island = key(NEWS, "Tern Island", "LOC")
    decide_mention(user=annotator, article=suggested, decision=Accept(island), seen_revision=0)
    changes = url(suggested, "article-changes")
    behind = ReviewHtml(client.get(changes, {"revision": 0, "run": run}))
    assert len(behind.blocks) == 1
    assert "accepted" in behind.states().values()
    assert not ReviewHtml(client.get(changes, {"revision": 1, "run": run})).blocks
    every = len(ReviewHtml(client.get(url(suggested))).blocks)
    for unknown in ({"revision": 0, "run": 0}, {"revision": 9, "run": run}, {}):
        assert len(ReviewHtml(client.get(changes, unknown)).blocks) == every


@pytest.mark.parametrize("at", ["2", "-1", "x", "٣", "0000000002", "9" * 40])
def test_a_state_that_never_was_cannot_be_looked_at(
    client: Client, annotator: User, suggested: Article, at: str
) -> None:
    client.force_login(annotator)
    island = key(NEWS, "Tern Island", "LOC")
    decide_mention(user=annotator, article=suggested, decision=Accept(island), seen_revision=0)
    assert client.get(url(suggested), {"at": at}).status_code == 404
    before = ReviewHtml(client.get(url(suggested), {"at": "0"}))
    assert set(before.states().values()) == {"suggested"}


# ── What was learnt ──────────────────────────────────────────────────────────────────────────────


def test_an_opened_article_shows_what_was_confirmed_elsewhere_and_says_why(
    client: Client, annotator: User, store: StoreArticle, suggest: Suggest
) -> None:
    later = store("Skua Rock is wet.\n")
    suggest(later)
    for n in range(2):
        article = store(f"{n} birds live on Skua Rock.\n")
        place = article.text_row.text.index("Skua Rock")
        decide_mention(
            user=annotator, article=article, decision=Add(place, place + 9, "LOC"), seen_revision=0
        )
    client.force_login(annotator)
    response = client.get(url(later))
    [found] = ReviewHtml(response).marks
    assert (found.text, found.label, found.state) == ("Skua Rock", "LOC", "suggested")
    assert "Confirmed 2 times, last by ada" in response.text


def test_the_short_form_of_a_name_says_that_it_is_one(
    client: Client, annotator: User, store: StoreArticle, suggest: Suggest
) -> None:
    article = store("Mayor Ines Okafor spoke for the North Quay Board. NQB paid.\n")
    decide_mention(
        user=annotator, article=store("The North Quay Board met.\n"),
        decision=Add(4, 20, "ORG"), seen_revision=0,
    )  # fmt: skip
    suggest(article)
    client.force_login(annotator)
    start, end, label = key(article.text_row.text, "NQB", "ORG")
    page = client.get(url(article), {"mention": f"{start}-{end}-{label}"})
    assert "Short for a name in this article" in page.text

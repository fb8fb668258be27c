"""Who else has an article open: what a tab that asks is told, and how little that takes."""

import html
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from annotations.actions.decide import decide_mention, finish
from annotations.actions.presence import note_presence
from annotations.domain.decisions import Accept
from annotations.models import Article, Presence, User
from tests.cast import NEWS, FakeSuggester, Suggest, mark
from tests.views.page import said

HTMX = {"HX-Request": "true"}
ALDER = mark(NEWS, "Port Alder", "GPE")


def url(article: Article) -> str:
    return reverse("annotations:article-presence", args=[article.corpus.slug, article.number])


def span(inside: str = "") -> str:
    return f'<span id="presence" role="status">{inside}</span>'


def asks(client: Client, article: Article, tab: str = "one", **more: object) -> Any:
    return client.post(url(article), {"tab": tab, **more}, headers=HTMX)


@pytest.fixture
def ada(client: Client, annotator: User) -> Client:
    client.force_login(annotator)
    return client


def test_who_is_alone_gets_an_empty_place(ada: Client, article: Article) -> None:
    response = asks(ada, article)
    assert response.status_code == 200
    assert response.text.strip() == span()


def test_others_are_named(ada: Client, article: Article, curator: User, viewer: User) -> None:
    User.objects.filter(pk=viewer.pk).update(first_name="Vera", last_name="Lind")
    for user in (viewer, curator):
        note_presence(article=article, user=user, tab="x")
    assert asks(ada, article).text.strip() == span("Also open: Vera Lind, carl")


def test_ones_own_other_tab_is_told(ada: Client, article: Article, curator: User) -> None:
    asks(ada, article, "one")
    here_too = "You have this article open in another tab too"
    assert asks(ada, article, "two").text.strip() == span(here_too)
    note_presence(article=article, user=curator, tab="x")
    assert asks(ada, article, "two").text.strip() == span(f"Also open: carl. {here_too}")


def test_a_name_is_text(ada: Client, article: Article, curator: User) -> None:
    User.objects.filter(pk=curator.pk).update(first_name="<b>Carl</b>")
    note_presence(article=article, user=curator, tab="x")
    assert asks(ada, article).text.strip() == span(f"Also open: {html.escape('<b>Carl</b>')}")


def test_who_leaves_is_no_longer_there(ada: Client, article: Article) -> None:
    asks(ada, article, "one")
    asks(ada, article, "two")
    response = asks(ada, article, "one", leaving="true")
    assert (response.status_code, response.content) == (204, b"")
    assert [row.tab for row in Presence.objects.all()] == ["two"]


@pytest.mark.parametrize("tab", ["", "a b", "tab\n", "é", "<b>", "x" * 33, "a_b", "a\x00", "1-2,3"])
def test_a_tab_by_an_impossible_name_is_422_and_not_noted(
    ada: Client, article: Article, tab: str
) -> None:
    response = asks(ada, article, tab)
    assert response.status_code == 422
    # It takes the place of what asked, and the page goes on.
    assert response.text.strip() == span()
    assert not Presence.objects.exists()


def test_a_tab_may_be_named_by_what_browsers_make(ada: Client, article: Article) -> None:
    for tab in ("a", "0f8fad5b-d9cb-469f-a165-70867728", "Z" * 32):
        assert asks(ada, article, tab).status_code == 200
    assert Presence.objects.count() == 3


# ── How one's own review stands ──────────────────────────────────────────────────────────────────


def standing(client: Client, article: Article) -> dict[str, object]:
    return said(asks(client, article), "annotations:standing")


def test_it_tells_how_ones_own_review_stands(
    ada: Client, suggested: Article, annotator: User
) -> None:
    run = suggested.current_run_id
    assert standing(ada, suggested) == {"revision": 0, "run": run, "status": "unreviewed"}
    decide_mention(user=annotator, article=suggested, decision=Accept(ALDER.key), seen_revision=0)
    assert standing(ada, suggested) == {"revision": 1, "run": run, "status": "open"}
    finish(user=annotator, article=suggested, seen_revision=1)
    assert standing(ada, suggested) == {"revision": 2, "run": run, "status": "finished"}


def test_of_other_peoples_work_it_tells_nothing(
    ada: Client, suggested: Article, curator: User
) -> None:
    decide_mention(user=curator, article=suggested, decision=Accept(ALDER.key), seen_revision=0)
    assert standing(ada, suggested)["revision"] == 0


def test_suggestions_that_arrive_are_told_also_before_the_first_decision(
    ada: Client, article: Article, suggest: Suggest
) -> None:
    assert standing(ada, article)["run"] == 0
    suggest(article)
    assert standing(ada, article)["run"] == article.current_run_id


def test_a_finished_review_keeps_the_run_that_it_answered(
    ada: Client,
    suggested: Article,
    machine: FakeSuggester,
    suggest: Suggest,
    annotator: User,
) -> None:
    finish(user=annotator, article=suggested, seen_revision=0)
    answered = suggested.current_run_id
    machine.version = "2.0"
    suggest(suggested)
    assert suggested.current_run_id != answered
    assert standing(ada, suggested)["run"] == answered


# ── Who may, and what it takes ───────────────────────────────────────────────────────────────────


def test_who_only_reads_is_seen_too_and_a_stranger_is_not(
    client: Client, article: Article, viewer: User, stranger: User
) -> None:
    client.force_login(viewer)
    assert asks(client, article).status_code == 200
    client.force_login(stranger)
    assert asks(client, article).status_code == 404
    assert asks(client, article, leaving="true").status_code == 404
    assert [row.user for row in Presence.objects.all()] == [viewer]


def test_nobody_comes_by_looking(ada: Client, article: Article) -> None:
    assert ada.get(url(article)).status_code == 405


def test_asking_takes_few_queries_however_many_are_there(
    ada: Client, article: Article, curator: User, owner: User, django_assert_num_queries: Any
) -> None:
    asks(ada, article)  # signs in
    for user in (curator, owner):
        for tab in ("one", "two", "three"):
            note_presence(article=article, user=user, tab=tab)
    # Session and person, article and role, the note, who is there, how the review stands.
    with django_assert_num_queries(7):
        asks(ada, article)

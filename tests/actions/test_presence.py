"""Presence: who else has an article open, by the database's clock."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from annotations.actions.presence import Company, note_absence, note_presence
from annotations.models import Article, Presence, User
from tests.cast import StoreArticle
from tests.threads import at_once


def comes(user: User, article: Article, tab: str = "one") -> Company:
    return note_presence(article=article, user=user, tab=tab)


def fall_silent(**for_so_long: int) -> None:
    """Let every tab that there is have asked for the last time so long ago."""
    Presence.objects.update(seen_at=F("seen_at") - timedelta(**for_so_long))


def test_who_is_alone_is_told_nothing(article: Article, annotator: User) -> None:
    assert comes(annotator, article) == Company()
    assert not comes(annotator, article)


def test_others_are_named_as_they_are_called_in_the_order_of_their_names(
    article: Article, annotator: User, curator: User, owner: User
) -> None:
    User.objects.filter(pk=owner.pk).update(first_name="Aase", last_name="Olsen")
    for user in (owner, curator):
        comes(user, article)
    assert comes(annotator, article) == Company(people=("Aase Olsen", "carl"))


def test_a_person_with_several_tabs_is_named_once(
    article: Article, annotator: User, curator: User
) -> None:
    for tab in ("one", "two", "three"):
        comes(curator, article, tab)
    assert comes(annotator, article) == Company(people=("carl",))


def test_two_people_of_one_name_are_two(
    article: Article, annotator: User, curator: User, owner: User
) -> None:
    User.objects.filter(pk__in=[curator.pk, owner.pk]).update(first_name="Sam", last_name="Lee")
    for user in (owner, curator):
        comes(user, article)
    assert comes(annotator, article).people == ("Sam Lee", "Sam Lee")


def test_ones_own_other_tab_is_told_apart_from_other_people(
    article: Article, annotator: User, curator: User
) -> None:
    comes(annotator, article, "one")
    assert comes(annotator, article, "two") == Company(is_self_too=True)
    assert comes(curator, article) == Company(people=("ada",))
    assert comes(annotator, article, "one") == Company(people=("carl",), is_self_too=True)


def test_a_tab_that_fell_silent_counts_as_closed(
    article: Article, annotator: User, curator: User
) -> None:
    comes(curator, article)
    fall_silent(seconds=20)
    assert comes(annotator, article).people == ("carl",)
    fall_silent(seconds=6)
    assert not comes(annotator, article)


def test_a_tab_that_asks_again_is_there_again(
    article: Article, annotator: User, curator: User
) -> None:
    comes(curator, article)
    fall_silent(minutes=5)
    comes(curator, article)
    assert comes(annotator, article).people == ("carl",)
    assert Presence.objects.count() == 2


def test_who_leaves_is_gone_at_once_and_only_in_that_tab(
    article: Article, annotator: User, curator: User
) -> None:
    comes(curator, article, "one")
    comes(curator, article, "two")
    note_absence(article=article, user=curator, tab="one")
    assert comes(annotator, article).people == ("carl",)
    note_absence(article=article, user=curator, tab="two")
    assert not comes(annotator, article)


def test_leaving_what_one_has_not_open_changes_nothing(
    article: Article, annotator: User, curator: User
) -> None:
    comes(curator, article)
    note_absence(article=article, user=annotator, tab="one")
    assert Presence.objects.count() == 1


def test_who_is_at_another_article_is_not_here(
    article: Article, store: StoreArticle, annotator: User, curator: User
) -> None:
    comes(curator, store("Another day, another text.\n"))
    assert not comes(annotator, article)


def test_what_fell_silent_long_ago_is_deleted_when_somebody_asks(
    article: Article, store: StoreArticle, annotator: User, curator: User
) -> None:
    comes(curator, article)
    comes(curator, store("Another day, another text.\n"))
    fall_silent(minutes=59)
    comes(annotator, article)
    assert Presence.objects.count() == 3
    fall_silent(minutes=2)
    comes(annotator, article)
    # The other article is cleared when somebody looks at that.
    assert sorted(Presence.objects.values_list("user__username", "article__number")) == [
        ("ada", 1),
        ("carl", 2),
    ]


def test_the_time_is_the_databases(article: Article, annotator: User) -> None:
    comes(annotator, article)
    near = Presence.objects.filter(seen_at__gt=Now() - timedelta(seconds=5), seen_at__lte=Now())
    assert near.count() == 1


def test_it_takes_one_write_and_one_look(article: Article, annotator: User, curator: User) -> None:
    comes(curator, article)
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            comes(annotator, article)
        verbs = [query["sql"].split()[0] for query in captured]
        assert [verb for verb in verbs if verb not in {"SAVEPOINT", "RELEASE"}] == [
            "INSERT",
            "SELECT",
        ]
        assert not any("FOR UPDATE" in query["sql"] for query in captured)


@pytest.mark.django_db(transaction=True)
def test_many_tabs_at_once_wait_for_each_other_and_never_fail(
    article: Article, annotator: User, curator: User
) -> None:
    def ask(user: User, tab: str) -> None:
        for _ in range(5):
            comes(user, article, tab)

    jobs: list[Any] = [partial(ask, u, t) for u in (annotator, curator) for t in ("one", "two")]
    assert at_once(*jobs, partial(ask, annotator, "one")) == []
    assert Presence.objects.count() == 4

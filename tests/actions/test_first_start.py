"""The first start: one owner with a password made for them, and something to try."""

import pytest

from annotations import sample
from annotations.actions.corpora import create_corpus
from annotations.actions.first_start import make_first_owner, make_sample_corpus
from annotations.models import Article, Corpus, User
from tests.recount import assert_counts_hold, assert_history_holds

pytestmark = pytest.mark.django_db


def test_the_first_start_makes_one_owner_and_tells_their_password() -> None:
    owner, password = make_first_owner()
    assert password is not None
    assert len(password) >= 12
    assert owner.is_superuser
    assert owner.check_password(password)


def test_no_two_sites_have_the_same_password() -> None:
    _, first = make_first_owner()
    User.objects.all().delete()
    _, second = make_first_owner()
    assert first != second


def test_a_later_start_finds_the_owner_and_makes_no_password() -> None:
    owner, _ = make_first_owner()
    assert make_first_owner() == (owner, None)
    assert User.objects.count() == 1


def test_somebody_who_has_the_name_already_does_not_become_owner_of_the_site() -> None:
    somebody = User.objects.create_user("owner")
    owner, password = make_first_owner()
    assert password is not None
    assert owner != somebody
    somebody.refresh_from_db()
    assert not somebody.is_superuser


def test_the_sample_corpus_holds_its_articles_reviewed_or_waiting() -> None:
    owner, _ = make_first_owner()
    corpus = make_sample_corpus(owner)
    assert corpus is not None
    origin = sample.load()
    reviewed = [a for a in origin.articles if a.reviewed]
    assert (corpus.slug, Article.objects.count()) == (origin.slug, len(origin.articles))
    assert Article.objects.filter(status="finished").count() == len(reviewed)
    waiting = Article.objects.filter(suggestion_state="waiting").count()
    assert waiting == len(origin.articles) - len(reviewed)
    assert_counts_hold(corpus)
    assert_history_holds(corpus)


def test_a_site_that_has_a_corpus_gets_no_sample() -> None:
    owner, _ = make_first_owner()
    create_corpus(slug="mine", name="Mine", owner=owner)
    assert make_sample_corpus(owner) is None
    assert Corpus.objects.count() == 1

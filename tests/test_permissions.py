"""Who may do what: the table of roles and verbs, and the one door."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import Http404
from pytest_django import DjangoAssertNumQueries

from annotations.models import Article, Corpus, Role, User
from annotations.permissions import (
    Verb,
    article_for,
    corpus_for,
    may,
    may_export,
    role_in,
)

#: Read, correct, comment, see layers, curate, export, manage.
TABLE = {
    "olga": "✓ ✓ ✓ ✓ ✓ ✓ ✓",
    "carl": "✓ ✓ ✓ ✓ ✓ ✓ –",
    "ada": "✓ ✓ ✓ – – ✓ –",
    "vera": "✓ – – – – ✓ –",
    "sven": "– – – – – – –",
}
CELLS = [
    (username, verb, cell == "✓")
    for username, row in TABLE.items()
    for verb, cell in zip(Verb, row.split(), strict=True)
]
#: Which layer each person may take away.
LAYERS = {
    "olga": {"gold", "suggestions", "ada", "carl"},
    "carl": {"gold", "suggestions", "ada", "carl"},
    "ada": {"ada"},
    "vera": {"gold"},
    "sven": set(),
}


@pytest.fixture
def everybody(corpus: Corpus, stranger: User) -> dict[str, User]:
    return {user.username: user for user in User.objects.all()}


@pytest.mark.parametrize(("username", "verb", "allowed"), CELLS)
def test_a_role_covers_its_verbs_and_no_others(
    everybody: dict[str, User], corpus: Corpus, username: str, verb: Verb, allowed: bool
) -> None:
    assert may(everybody[username], verb, corpus) is allowed


@pytest.mark.parametrize(("username", "verb", "allowed"), CELLS)
def test_the_door_opens_for_them_and_shows_nothing_to_the_others(
    everybody: dict[str, User],
    corpus: Corpus,
    article: Article,
    username: str,
    verb: Verb,
    allowed: bool,
) -> None:
    user = everybody[username]
    if allowed:
        assert corpus_for(user, verb, "harbour") == corpus
        assert article_for(user, verb, "harbour", article.number) == article
        return
    with pytest.raises(Http404):
        corpus_for(user, verb, "harbour")
    with pytest.raises(Http404):
        article_for(user, verb, "harbour", article.number)


def test_what_is_not_there_looks_like_what_one_may_not_see(
    everybody: dict[str, User], corpus: Corpus
) -> None:
    refusals = []
    for username, slug in (("olga", "no-such"), ("sven", "harbour")):
        with pytest.raises(Http404) as refusal:
            corpus_for(everybody[username], Verb.READ, slug)
        refusals.append(str(refusal.value))
    assert refusals[0] == refusals[1]


@pytest.mark.parametrize("verb", Verb)
def test_nobody_in_particular_may_nothing(corpus: Corpus, verb: Verb) -> None:
    assert not may(AnonymousUser(), verb, corpus)


@pytest.mark.parametrize("verb", Verb)
def test_a_superuser_owns_every_corpus(corpus: Corpus, verb: Verb) -> None:
    root = User.objects.create_superuser("root")
    assert may(root, verb, corpus)
    assert corpus in Corpus.objects.for_member(root)


def test_a_role_elsewhere_counts_for_nothing_here(corpus: Corpus, stranger: User) -> None:
    other = Corpus.objects.create(slug="other", name="Other")
    other.memberships.create(user=stranger, role=Role.OWNER)
    assert role_in(stranger, other) == "owner"
    assert role_in(stranger, corpus) is None
    assert list(Corpus.objects.for_member(stranger)) == [other]


def test_the_role_is_asked_of_the_database_once_a_request(
    corpus: Corpus, annotator: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        for verb in Verb:
            may(annotator, verb, corpus)


def test_a_role_that_was_taken_away_is_gone_at_the_next_request(
    corpus: Corpus, annotator: User
) -> None:
    assert may(annotator, Verb.READ, corpus)
    corpus.memberships.filter(user=annotator).delete()
    with pytest.raises(Http404):
        corpus_for(annotator, Verb.READ, corpus.slug)


@pytest.mark.parametrize("username", LAYERS)
def test_a_person_takes_away_only_the_layers_of_their_role(
    everybody: dict[str, User], corpus: Corpus, username: str
) -> None:
    layers = ("gold", "suggestions", "ada", "carl")
    allowed = {layer for layer in layers if may_export(everybody[username], corpus, layer)}
    assert allowed == LAYERS[username]


def test_nobody_in_particular_takes_nothing_away(corpus: Corpus) -> None:
    assert not may_export(AnonymousUser(), corpus, "gold")

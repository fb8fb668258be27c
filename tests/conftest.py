"""The cast: the people of one corpus, its articles, and a machine that finds given names."""

import pytest
from pytest_django import Settings

from annotations.actions import suggest as suggest_actions
from annotations.actions.articles import store_article
from annotations.actions.corpora import create_corpus, set_member
from annotations.actions.suggest import request_suggestions, suggest_waiting
from annotations.models import Article, Corpus, Role, User
from tests.cast import NEWS, FakeSuggester, StoreArticle, Suggest, draft_of


def _person(username: str) -> User:
    return User.objects.create_user(username, password=f"{username} of Port Alder")


@pytest.fixture
def owner(db: None) -> User:
    return _person("olga")


@pytest.fixture
def curator(db: None) -> User:
    return _person("carl")


@pytest.fixture
def annotator(db: None) -> User:
    return _person("ada")


@pytest.fixture
def viewer(db: None) -> User:
    return _person("vera")


@pytest.fixture
def stranger(db: None) -> User:
    """Has an account and belongs to no corpus."""
    return _person("sven")


@pytest.fixture
def corpus(owner: User, curator: User, annotator: User, viewer: User) -> Corpus:
    """A corpus with OntoNotes labels, where mentions may not overlap, and all four roles."""
    corpus = create_corpus(slug="harbour", name="Harbour news", owner=owner)
    for user, role in (
        (curator, Role.CURATOR),
        (annotator, Role.ANNOTATOR),
        (viewer, Role.VIEWER),
    ):
        set_member(corpus=corpus, user=user, role=role)
    return corpus


@pytest.fixture
def store(corpus: Corpus, owner: User) -> StoreArticle:
    def store(text: str = NEWS, *, wait: bool = False, **more: object) -> Article:
        article = store_article(
            corpus=corpus, draft=draft_of(text, **more), user=owner, await_suggestions=wait
        )
        assert article is not None, "the corpus has this text already"
        return article

    return store


@pytest.fixture
def article(store: StoreArticle) -> Article:
    """One article that no machine has seen."""
    return store()


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> FakeSuggester:
    """The machine that every suggestion comes from in this test."""
    fake = FakeSuggester()
    monkeypatch.setattr(suggest_actions, "load_suggester", lambda *_args: fake)
    return fake


@pytest.fixture
def suggest(machine: FakeSuggester) -> Suggest:
    def suggest(article: Article | None = None) -> None:
        if article is not None:
            request_suggestions(corpus=article.corpus, articles=[article.pk])
        suggest_waiting()
        if article is not None:
            article.refresh_from_db()

    return suggest


@pytest.fixture
def suggested(article: Article, suggest: Suggest) -> Article:
    """The article with the machine's suggestions, which nobody has looked at."""
    suggest(article)
    return article


@pytest.fixture
def immediate_tasks(settings: Settings) -> None:
    """Background tasks run where they are enqueued, before the call returns."""
    settings.TASKS = {
        "default": {
            "BACKEND": "django.tasks.backends.immediate.ImmediateBackend",
            "QUEUES": ["default", "suggestions"],
        }
    }

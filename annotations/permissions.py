"""Who may do what: the only place that reads roles, and the one door to every corpus."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from django.contrib.auth.models import AnonymousUser
from django.http import Http404

from annotations.models import Article, Corpus, Membership, Role, User


class Verb(StrEnum):
    """What a person may want to do in a corpus."""

    READ = "read"  # articles, guideline, suggestions
    CORRECT = "correct"  # in one's own layer, undo included
    COMMENT = "comment"  # read and write comments and flags
    SEE_LAYERS = "see layers"  # of other people
    CURATE = "curate"  # upload, ask for suggestions, edit zones and metadata
    EXPORT = "export"  # any layer; annotators their own, viewers gold
    MANAGE = "manage"  # labels, members, guideline


_ALLOWED: Final[dict[str, frozenset[Verb]]] = {
    Role.OWNER: frozenset(Verb),
    Role.CURATOR: frozenset(
        {Verb.READ, Verb.CORRECT, Verb.COMMENT, Verb.SEE_LAYERS, Verb.CURATE, Verb.EXPORT}
    ),
    Role.ANNOTATOR: frozenset({Verb.READ, Verb.CORRECT, Verb.COMMENT, Verb.EXPORT}),
    Role.VIEWER: frozenset({Verb.READ, Verb.EXPORT}),
}


def role_in(user: User | AnonymousUser, corpus: Corpus) -> str | None:
    """The person's role in the corpus; None for a stranger. Superusers own every corpus.

    Asked once per request: the answer stays on the corpus object.
    """
    if not isinstance(user, User):
        return None
    if user.is_superuser:
        return Role.OWNER
    known: dict[int, str | None] = corpus.__dict__.setdefault("_roles", {})
    if user.pk not in known:
        known[user.pk] = (
            Membership.objects.filter(corpus=corpus, user=user)
            .values_list("role", flat=True)
            .first()
        )
    return known[user.pk]


def may(user: User | AnonymousUser, verb: Verb, corpus: Corpus) -> bool:
    """True when the person's role in the corpus covers the verb."""
    role = role_in(user, corpus)
    return role is not None and verb in _ALLOWED[role]


def corpus_for(user: User | AnonymousUser, verb: Verb, slug: str) -> Corpus:
    """The corpus of that slug, if the person may do that in it.

    Raises Http404 otherwise: an outsider does not learn which corpora exist, and a member whose
    role doesn't reach is told no more than that.
    """
    corpus = Corpus.objects.filter(slug=slug).first()
    if corpus is None or not may(user, verb, corpus):
        raise Http404("There is no such corpus, or you may not do this in it.")
    return corpus


def article_for(
    user: User | AnonymousUser, verb: Verb, slug: str, number: int, *, fields: Iterable[str] = ()
) -> Article:
    """The article of that number in the corpus of that slug, if the person may do that there.

    ``fields`` restricts what is read of the article and its corpus. Raises Http404 as
    `corpus_for` does.
    """
    articles = Article.objects.select_related("corpus")
    if fields:
        articles = articles.only(*fields)
    try:
        article = articles.get(corpus__slug=slug, number=number)
    except Article.DoesNotExist:
        article = None
    if article is None or not may(user, verb, article.corpus):
        raise Http404("There is no such article, or you may not do this with it.")
    return article


def may_export(user: User | AnonymousUser, corpus: Corpus, layer: str) -> bool:
    """True when the person may take this layer away: ``gold``, ``suggestions`` or a username."""
    match role_in(user, corpus):
        case Role.OWNER | Role.CURATOR:
            return True
        case Role.ANNOTATOR:
            return isinstance(user, User) and layer == user.username
        case Role.VIEWER:
            return layer == "gold"
        case _:
            return False

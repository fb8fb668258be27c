"""What a new site gets once: an owner who can sign in, and a corpus to try things on."""

import secrets
from itertools import chain, count

from django.db import transaction

from annotations import sample
from annotations.actions.articles import store_article
from annotations.actions.corpora import create_account, create_corpus
from annotations.domain.articles import ArticleDraft, ReviewStatus
from annotations.domain.text import normalise
from annotations.domain.zoning import find_zones
from annotations.models import Corpus, User

OWNER = "owner"


@transaction.atomic
def make_first_owner() -> tuple[User, str | None]:
    """The site's owner, and the password if one was made for them just now.

    Somebody who has an account by the owner's name already does not become the owner.
    """
    existing = User.objects.filter(is_superuser=True).order_by("pk").first()
    if existing is not None:
        return existing, None
    password = secrets.token_urlsafe(9)
    taken = set(User.objects.filter(username__startswith=OWNER).values_list("username", flat=True))
    names = chain([OWNER], (f"{OWNER}-{n}" for n in count(2)))
    username = next(name for name in names if name not in taken)
    return create_account(username=username, password=password, is_superuser=True), password


@transaction.atomic
def make_sample_corpus(owner: User) -> Corpus | None:
    """The sample corpus with its reviewed articles; None when the site has a corpus already."""
    if Corpus.objects.exists():
        return None
    origin = sample.load()
    corpus = create_corpus(
        slug=origin.slug,
        name=origin.name,
        preset=origin.scheme,
        language=origin.language,
        description=origin.description,
        guideline=origin.guideline,
        owner=owner,
    )
    for article in origin.articles:
        text = normalise(article.text).text
        store_article(
            corpus=corpus,
            draft=ArticleDraft(
                text=text,
                metadata=article.metadata,
                zones=find_zones(text, headline=article.metadata.title),
                mentions=article.mentions,
                status=ReviewStatus.FINISHED if article.reviewed else ReviewStatus.UNREVIEWED,
            ),
            user=owner,
            layer_of=owner if article.reviewed else None,
            await_suggestions=not article.reviewed,
        )
    return corpus

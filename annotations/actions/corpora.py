"""Making and describing corpora, and who belongs to them."""

from django.core.exceptions import ValidationError
from django.db import transaction

from annotations.actions.export import GOLD, SUGGESTIONS
from annotations.domain.errors import AnnotationError
from annotations.domain.labels import PRESETS
from annotations.models import Corpus, Label, LabelScheme, Membership, Role, User


class LastOwner(AnnotationError):
    """A change that would leave a corpus without an owner."""

    def __init__(self) -> None:
        super().__init__("A corpus needs an owner. Make somebody else an owner first.")


class UnknownPreset(AnnotationError):
    """A label scheme that isn't among the presets."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no label scheme “{name}”. Known are {', '.join(PRESETS)}.")


class UnusableName(AnnotationError):
    """A username that no new account can have."""

    def __init__(self, username: str, why: str) -> None:
        super().__init__(f"There can be no account “{username}”: {why}")


@transaction.atomic
def create_corpus(
    *,
    slug: str,
    name: str,
    preset: str = "ontonotes",
    language: str = "en",
    description: str = "",
    guideline: str = "",
    overlaps: str = Corpus.Overlaps.FLAT,
    owner: User | None = None,
) -> Corpus:
    """A new corpus with its own copy of a preset label scheme.

    Raises UnknownPreset; a slug that is taken raises IntegrityError, which forms check before.
    """
    if preset not in PRESETS:
        raise UnknownPreset(preset)
    corpus = Corpus.objects.create(
        slug=slug,
        name=name,
        description=description,
        guideline=guideline,
        language=language,
        overlaps=overlaps,
    )
    scheme = LabelScheme.objects.create(corpus=corpus, preset=preset)
    Label.objects.bulk_create(
        Label(
            scheme=scheme,
            name=label.name,
            description=label.description,
            hue=label.hue,
            key=label.key,
            position=position,
        )
        for position, label in enumerate(PRESETS[preset])
    )
    if owner is not None:
        Membership.objects.create(corpus=corpus, user=owner, role=Role.OWNER)
    return corpus


def describe_corpus(
    *,
    corpus: Corpus,
    name: str,
    description: str,
    guideline: str,
    licence: str = "",
    text_licence: str = "",
    citation: str = "",
) -> None:
    """Change what a corpus says of itself, and how it is to be annotated."""
    corpus.name = name
    corpus.description = description
    corpus.guideline = guideline
    corpus.licence = licence
    corpus.text_licence = text_licence
    corpus.citation = citation
    columns = ("name", "description", "guideline", "licence", "text_licence", "citation")
    corpus.save(update_fields=columns)


@transaction.atomic
def set_member(*, corpus: Corpus, user: User, role: str) -> Membership:
    """Give a person a role in a corpus, the first or another one.

    Raises LastOwner when nobody would be left to own the corpus.
    """
    if role != Role.OWNER:
        _check_other_owner(corpus, user)
    membership, _ = Membership.objects.update_or_create(
        corpus=corpus, user=user, defaults={"role": role}
    )
    return membership


@transaction.atomic
def remove_member(*, corpus: Corpus, user: User) -> None:
    """Take a person's access away; what they annotated stays.

    Raises LastOwner when nobody would be left to own the corpus.
    """
    _check_other_owner(corpus, user)
    Membership.objects.filter(corpus=corpus, user=user).delete()


def create_account(*, username: str, password: str | None, is_superuser: bool = False) -> User:
    """A new account; without a password nobody can sign in to it until one is set.

    Raises UnusableName.
    """
    if username in {GOLD, SUGGESTIONS}:
        raise UnusableName(username, "It names a layer of every corpus.")
    try:
        User(username=username).full_clean(exclude=["password"])
    except ValidationError as error:
        raise UnusableName(username, " ".join(error.messages)) from error
    make = User.objects.create_superuser if is_superuser else User.objects.create_user
    return make(username, password=password)


def set_password(*, user: User, password: str) -> None:
    """Give an account another password."""
    user.set_password(password)
    user.save(update_fields=["password"])


def _check_other_owner(corpus: Corpus, user: User) -> None:
    # The lock keeps two owners from leaving at the same moment.
    owners = Membership.objects.select_for_update().filter(corpus=corpus, role=Role.OWNER)
    ids = {membership.user_id for membership in owners}
    if ids == {user.pk}:
        raise LastOwner

"""Corpora and who belongs to them: always with an owner, once they have one."""

from functools import partial

import pytest
from django.db import IntegrityError, transaction

from annotations.actions.corpora import (
    LastOwner,
    UnknownPreset,
    create_account,
    create_corpus,
    describe_corpus,
    remove_member,
    set_member,
)
from annotations.domain.errors import AnnotationError
from annotations.domain.labels import PRESETS
from annotations.models import Corpus, Membership, Role, User
from tests.threads import at_once


@pytest.mark.parametrize("preset", PRESETS)
def test_a_corpus_gets_its_own_copy_of_a_label_scheme(db: None, preset: str) -> None:
    corpus = create_corpus(slug="c", name="C", preset=preset)
    rows = corpus.scheme.labels.values_list("name", "description", "hue", "key")
    assert list(rows) == [(v.name, v.description, v.hue, v.key) for v in PRESETS[preset]]
    assert corpus.scheme.preset == preset


def test_two_corpora_share_no_label(corpus: Corpus) -> None:
    other = create_corpus(slug="other", name="Other")
    other.scheme.labels.filter(name="ORG").update(name="COMPANY")
    assert corpus.scheme.labels.filter(name="ORG").exists()


def test_a_preset_that_is_none_is_refused_and_nothing_is_made(db: None) -> None:
    with pytest.raises(UnknownPreset, match="ontonotes, conll, iptc"):
        create_corpus(slug="c", name="C", preset="muc")
    assert not Corpus.objects.exists()


def test_a_slug_that_is_taken_is_refused_and_leaves_no_half_corpus(corpus: Corpus) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        create_corpus(slug=corpus.slug, name="Twice")
    assert Corpus.objects.count() == 1


def test_describing_a_corpus_changes_its_words_only(corpus: Corpus) -> None:
    Corpus.objects.update(article_count=5)
    describe_corpus(corpus=corpus, name="New", description="Short", guideline="# Long")
    corpus.refresh_from_db()
    assert (corpus.name, corpus.guideline, corpus.article_count) == ("New", "# Long", 5)


# ── Members ──────────────────────────────────────────────────────────────────────────────────────


def roles(corpus: Corpus) -> dict[str, str]:
    return dict(Membership.objects.filter(corpus=corpus).values_list("user__username", "role"))


def test_a_member_has_one_role_the_newest(corpus: Corpus, annotator: User) -> None:
    set_member(corpus=corpus, user=annotator, role=Role.CURATOR)
    assert roles(corpus)["ada"] == "curator"


def test_the_last_owner_can_neither_leave_nor_step_down(corpus: Corpus, owner: User) -> None:
    with pytest.raises(LastOwner, match="Make somebody else an owner first"):
        remove_member(corpus=corpus, user=owner)
    with pytest.raises(LastOwner):
        set_member(corpus=corpus, user=owner, role=Role.VIEWER)
    assert roles(corpus)["olga"] == "owner"


def test_an_owner_can_leave_when_there_is_another(
    corpus: Corpus, owner: User, curator: User
) -> None:
    set_member(corpus=corpus, user=curator, role=Role.OWNER)
    remove_member(corpus=corpus, user=owner)
    assert roles(corpus) == {"carl": "owner", "ada": "annotator", "vera": "viewer"}


def test_an_owner_elsewhere_does_not_count(corpus: Corpus, owner: User, stranger: User) -> None:
    create_corpus(slug="other", name="Other", owner=stranger)
    with pytest.raises(LastOwner):
        remove_member(corpus=corpus, user=owner)


def test_a_member_who_is_no_owner_can_always_be_taken_out(corpus: Corpus, viewer: User) -> None:
    remove_member(corpus=corpus, user=viewer)
    assert "vera" not in roles(corpus)


def test_a_corpus_that_never_had_an_owner_takes_members(db: None, stranger: User) -> None:
    corpus = create_corpus(slug="bare", name="Bare")
    set_member(corpus=corpus, user=stranger, role=Role.VIEWER)
    assert roles(corpus) == {"sven": "viewer"}


@pytest.mark.django_db(transaction=True)
def test_of_two_owners_who_leave_at_once_one_stays(
    corpus: Corpus, owner: User, curator: User
) -> None:
    for _ in range(5):
        for user in (owner, curator):
            set_member(corpus=corpus, user=user, role=Role.OWNER)
        raised = at_once(
            *(partial(remove_member, corpus=corpus, user=user) for user in (owner, curator))
        )
        assert [type(error) for error in raised] == [LastOwner]
        assert list(roles(corpus).values()).count("owner") == 1


# ── Accounts ─────────────────────────────────────────────────────────────────────────────────────


def test_an_account_without_a_password_cannot_be_signed_in_to(db: None) -> None:
    assert not create_account(username="ida", password=None).has_usable_password()
    assert create_account(username="kai", password="ferry at noon").check_password("ferry at noon")


@pytest.mark.parametrize("username", ["gold", "suggestions", "", "a/b", "a b", "../x", "x" * 151])
def test_a_name_that_cannot_be_a_layers_is_no_account(db: None, username: str) -> None:
    with pytest.raises(AnnotationError):
        create_account(username=username, password=None)
    assert not User.objects.exists()


@pytest.mark.usefixtures("stranger")
def test_a_name_that_is_taken_is_refused_with_a_sentence(db: None) -> None:
    with pytest.raises(AnnotationError, match="“sven”"):
        create_account(username="sven", password=None)

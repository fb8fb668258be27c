"""One door: every address of a corpus, by every role, walked from the URLconf itself."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from annotations.models import Article, Corpus, User

#: What each address takes beside the corpus's slug; a new address must be named here.
ARGUMENTS = {
    "article-add": {"number": 1},
    "article-card": {"number": 1},
    "article-changes": {"number": 1},
    "article-comment": {"number": 1},
    "article-comments": {"number": 1},
    "article-decide": {"number": 1},
    "article-details": {"number": 1},
    "article-finish": {"number": 1},
    "article-history": {"number": 1},
    "article-list": {},
    "article-original": {"number": 1},
    "article-presence": {"number": 1},
    "article-redo": {"number": 1},
    "article-reopen": {"number": 1},
    "article-restore": {"number": 1},
    "article-review": {"number": 1},
    "article-suggestions": {"number": 1},
    "article-undo": {"number": 1},
    "comment-reopen": {"number": 1, "comment_id": 1},
    "comment-reply": {"number": 1, "comment_id": 1},
    "comment-settle": {"number": 1, "comment_id": 1},
    "corpus-detail": {},
    "export": {},
    "export-download": {"export_id": 1},
    "export-result": {"export_id": 1},
    "guideline": {},
    "labels": {},
    "member-remove": {"user_id": 1},
    "members": {},
    "release-compare": {"release_id": 1, "other_id": 2},
    "release-delete": {"release_id": 1},
    "release-download": {"release_id": 1},
    "release-list": {},
    "suggest-again": {"number": 1},
    "suggest-failed": {},
    "upload": {},
    "upload-choose": {"upload_id": 1, "file_id": 1},
    "upload-discard": {"upload_id": 1},
    "upload-preview": {"upload_id": 1},
    "upload-store": {"upload_id": 1},
}
#: Who gets past the door, and what must be sent for it to open.
READERS = ("olga", "carl", "ada", "vera")
GET = {
    "corpus-detail": READERS,
    "article-list": READERS,
    "article-review": READERS,
    "article-card": READERS,
    "article-changes": ("olga", "carl", "ada"),
    "article-suggestions": READERS,
    "article-history": READERS,
    "article-details": READERS,
    "article-comments": ("olga", "carl", "ada"),
    "guideline": READERS,
    "labels": READERS,
    "members": READERS,
    "export": READERS,
    "release-list": READERS,
    "upload": ("olga", "carl"),
}
POST = {
    "article-add": ("olga", "carl", "ada"),
    "article-decide": ("olga", "carl", "ada"),
    "article-undo": ("olga", "carl", "ada"),
    "article-redo": ("olga", "carl", "ada"),
    "article-finish": ("olga", "carl", "ada"),
    "article-reopen": ("olga", "carl", "ada"),
    "article-restore": ("olga", "carl", "ada"),
    "article-presence": READERS,
    "article-comment": ("olga", "carl", "ada"),
    "article-details": ("olga", "carl"),
    "suggest-again": ("olga", "carl"),
    "suggest-failed": ("olga", "carl"),
    "release-list": ("olga", "carl"),
    "upload": ("olga", "carl"),
    "guideline": ("olga",),
    "members": ("olga",),
}


def corpus_addresses() -> Iterator[str]:
    """The names of all addresses below a corpus's slug."""

    def walk(patterns: list[URLPattern | URLResolver], route: str) -> Iterator[str]:
        for pattern in patterns:
            here = route + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, here)
            elif "<slug:slug>" in here:
                assert pattern.name is not None
                yield pattern.name

    yield from walk(get_resolver().url_patterns, "")


def address(name: str) -> str:
    return reverse(f"annotations:{name}", kwargs={"slug": "harbour", **ARGUMENTS[name]})


def test_every_address_of_a_corpus_is_known_to_these_tests() -> None:
    assert sorted(corpus_addresses()) == sorted(ARGUMENTS)


@pytest.mark.parametrize("name", sorted(ARGUMENTS))
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_stranger_does_not_learn_that_a_corpus_exists(
    client: Client, stranger: User, suggested: Article, name: str, method: str
) -> None:
    client.force_login(stranger)
    assert getattr(client, method)(address(name)).status_code in {404, 405}


@pytest.mark.parametrize("name", sorted(ARGUMENTS))
@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_gets_anywhere_without_signing_in(
    client: Client, suggested: Article, name: str, method: str
) -> None:
    response = getattr(client, method)(address(name))
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/accounts/login/")


@pytest.mark.usefixtures("immediate_tasks")
@pytest.mark.parametrize("person", READERS)
@pytest.mark.parametrize(
    ("method", "name"),
    [
        *(("get", name) for name in GET),
        *(("post", name) for name in POST),
    ],
)
def test_each_role_gets_as_far_as_the_table_says(
    client: Client, suggested: Article, method: str, name: str, person: str
) -> None:
    client.force_login(User.objects.get(username=person))
    response = getattr(client, method)(address(name))
    allowed = (GET if method == "get" else POST)[name]
    if person in allowed:
        # Nothing was sent: a form may refuse that, but the door has opened.
        assert response.status_code in {200, 302, 422}, response.content
    else:
        assert response.status_code == 404


@pytest.mark.parametrize("name", sorted(ARGUMENTS))
def test_a_member_of_one_corpus_reaches_nothing_of_another(
    client: Client, annotator: User, suggested: Article, name: str
) -> None:
    from annotations.actions.corpora import create_corpus

    other = create_corpus(slug="elsewhere", name="Elsewhere")
    client.force_login(annotator)
    path = address(name).replace("harbour", other.slug)
    assert client.get(path).status_code in {404, 405}
    assert client.post(path).status_code in {404, 405}


def test_the_list_of_corpora_names_only_ones_own(
    client: Client, stranger: User, annotator: User, corpus: Corpus
) -> None:
    client.force_login(stranger)
    assert "Harbour news" not in client.get(reverse("annotations:corpus-list")).text
    client.force_login(annotator)
    assert "Harbour news" in client.get(reverse("annotations:corpus-list")).text

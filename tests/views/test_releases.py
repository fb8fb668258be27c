"""Releases by the page: made and deleted by curators, used by every member."""

import io
import zipfile
from datetime import timedelta

import pytest
from django.template.defaultfilters import filesizeformat
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from pytest_django import DjangoCaptureOnCommitCallbacks

from annotations.actions.corpora import create_corpus
from annotations.actions.decide import finish
from annotations.actions.releases import file_of
from annotations.models import Article, Export, Release, User

pytestmark = pytest.mark.usefixtures("immediate_tasks")

URL = "/corpora/harbour/releases/"


@pytest.fixture
def finished(suggested: Article, annotator: User) -> Article:
    finish(user=annotator, article=suggested, seen_revision=0)
    return suggested


def made(client: Client, name: str, **values: object) -> Release:
    fields = {"name": name, "finished_only": "on", "formats": ["conll", "tei"], **values}
    response = client.post(URL, fields)
    assert response.status_code == 302, response.content.decode()
    return Release.objects.get(name=name)


def test_a_release_is_made_listed_and_downloaded(
    client: Client, curator: User, viewer: User, finished: Article
) -> None:
    client.force_login(curator)
    release = made(client, "1.0.0", notes="The first one.", seed="3")
    assert release.export.options == {"formats": ["conll", "tei"], "texts": True, "seed": 3}
    client.force_login(viewer)
    page = client.get(URL).content.decode()
    assert "1.0.0" in page
    assert "The first one." in page
    assert "Make a release" not in page
    response = client.get(reverse("annotations:release-download", args=["harbour", release.pk]))
    content = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        assert package.testzip() is None
        assert "croissant.json" in package.namelist()


def test_a_name_that_is_taken_or_no_name_is_refused_in_words(
    client: Client, curator: User, finished: Article
) -> None:
    client.force_login(curator)
    made(client, "1.0.0")
    for name, words in (("1.0.0", "already"), ("../x", "Use letters"), ("", "required")):
        response = client.post(URL, {"name": name})
        assert response.status_code == 422
        assert words in response.content.decode()
    assert Release.objects.count() == 1


def test_a_release_may_be_of_the_annotations_alone(
    client: Client, curator: User, finished: Article
) -> None:
    client.force_login(curator)
    release = made(client, "1.0.0", without_texts="on")
    assert "annotations.jsonl" in release.export.report["files"]
    assert "corpus.jsonl" not in release.export.report["files"]


def test_two_releases_are_compared_on_a_page(
    client: Client, curator: User, finished: Article
) -> None:
    client.force_login(curator)
    old, new = made(client, "1.0.0"), made(client, "1.0.1")
    address = reverse("annotations:release-compare", args=["harbour", old.pk, new.pk])
    assert address in client.get(URL).content.decode()
    page = client.get(address).content.decode()
    assert "From 1.0.0 to 1.0.1" in page
    assert "Nothing changed." in page


def test_a_release_whose_file_is_gone_leads_back_with_a_message(
    client: Client, curator: User, finished: Article
) -> None:
    client.force_login(curator)
    release = made(client, "1.0.0")
    file_of(release).unlink()
    for name, args in (("release-download", []), ("release-compare", [release.pk])):
        address = reverse(f"annotations:{name}", args=["harbour", release.pk, *args])
        response = client.get(address, follow=True)
        assert "is not there" in response.content.decode()


def delete_address(release: Release) -> str:
    return reverse("annotations:release-delete", args=["harbour", release.pk])


def test_before_a_release_is_deleted_it_is_said_what_is_lost(
    client: Client, curator: User, finished: Article
) -> None:
    client.force_login(curator)
    release = made(client, "1.0.0", notes="The first one.")
    assert delete_address(release) in client.get(URL).text
    page = client.get(delete_address(release)).text
    size = filesizeformat(release.export.size)
    day = date_format(release.created_at, "j F Y")
    for words in ("1.0.0", day, size, "The first one.", "1 article with"):
        assert words in page
    assert "The corpus itself is not touched." in page
    assert Release.objects.exists()


@pytest.mark.parametrize("person", ["olga", "carl"])
def test_owners_and_curators_delete_a_release(
    client: Client,
    curator: User,
    finished: Article,
    person: str,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    client.force_login(curator)
    old, new = made(client, "1.0.0"), made(client, "1.0.1")
    path = file_of(old)
    client.force_login(User.objects.get(username=person))
    with django_capture_on_commit_callbacks(execute=True):
        page = client.post(delete_address(old), follow=True).text
    assert "The release 1.0.0 was deleted." in page
    assert delete_address(old) not in page
    assert not path.exists()
    for address in (
        delete_address(old),
        reverse("annotations:release-download", args=["harbour", old.pk]),
        reverse("annotations:release-compare", args=["harbour", old.pk, new.pk]),
        reverse("annotations:release-compare", args=["harbour", new.pk, old.pk]),
        reverse("annotations:export-download", args=["harbour", old.export_id]),
    ):
        assert client.get(address).status_code == 404
    assert client.post(delete_address(old)).status_code == 404


@pytest.mark.parametrize("person", ["ada", "vera", "sven"])
def test_nobody_else_deletes_a_release_or_is_offered_to(
    client: Client, curator: User, stranger: User, finished: Article, person: str
) -> None:
    client.force_login(curator)
    release = made(client, "1.0.0")
    client.force_login(User.objects.get(username=person))
    assert client.get(delete_address(release)).status_code == 404
    assert client.post(delete_address(release)).status_code == 404
    assert delete_address(release) not in client.get(URL).text
    assert file_of(release).is_file()


def test_a_release_of_another_corpus_is_not_deleted_from_here(
    client: Client, owner: User, finished: Article
) -> None:
    client.force_login(owner)
    release = made(client, "1.0.0")
    create_corpus(slug="elsewhere", name="Elsewhere", owner=owner)
    address = reverse("annotations:release-delete", args=["elsewhere", release.pk])
    assert client.post(address).status_code == 404
    assert Release.objects.exists()


def test_a_release_that_is_being_written_stays_with_a_message(
    client: Client, curator: User, finished: Article
) -> None:
    client.force_login(curator)
    release = made(client, "1.0.0")
    soon = timezone.now() + timedelta(seconds=30)
    Export.objects.update(state=Export.State.RUNNING, lease_until=soon)
    assert "running" in client.get(delete_address(release)).text
    page = client.post(delete_address(release), follow=True).text
    assert "is being written. It can be deleted afterwards." in page
    assert Release.objects.exists()

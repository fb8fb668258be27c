"""Releases by the page: made by curators, downloaded and compared by every member."""

import io
import zipfile

import pytest
from django.test import Client
from django.urls import reverse

from annotations.actions.decide import finish
from annotations.models import Article, Release, User

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
    from annotations.actions.releases import file_of

    client.force_login(curator)
    release = made(client, "1.0.0")
    file_of(release).unlink()
    for name, args in (("release-download", []), ("release-compare", [release.pk])):
        address = reverse(f"annotations:{name}", args=["harbour", release.pk, *args])
        response = client.get(address, follow=True)
        assert "is not there" in response.content.decode()

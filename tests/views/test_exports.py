"""Taking a corpus away by the page."""

import hashlib
import io
import json
import zipfile

import pytest
from django.test import Client
from django.urls import reverse

from annotations.actions.decide import finish
from annotations.models import Article, Corpus, Export, User
from tests.cast import NEWS

pytestmark = pytest.mark.usefixtures("immediate_tasks")

URL = "/corpora/harbour/export/"


def exported(client: Client, **values: str) -> bytes:
    """What the download holds."""
    client.post(URL, {"format": "jsonl", "layer": "gold", **values})
    export = Export.objects.latest("pk")
    assert export.state == "done", export.problem
    path = reverse("annotations:export-download", args=["harbour", export.pk])
    response = client.get(path)
    content = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    assert hashlib.sha256(content).hexdigest() == export.sha256
    assert len(content) == export.size
    return content


def test_jsonl_holds_the_finished_review(
    client: Client, owner: User, annotator: User, suggested: Article
) -> None:
    finish(user=annotator, article=suggested, seen_revision=0)
    client.force_login(owner)
    record = json.loads(exported(client))
    assert record["text"] == NEWS
    assert record["status"] == "finished"
    assert all(NEWS[s["start"] : s["end"]] == s["text"] for s in record["spans"])
    assert {s["source"] for s in record["spans"]} == {annotator.username}


@pytest.mark.parametrize(
    ("format_name", "member"),
    [("conll", "corpus.conll"), ("conll2", "corpus.conll"), ("spacy", "train.spacy")],
)
def test_formats_of_several_files_come_as_one_zip(
    client: Client, owner: User, annotator: User, suggested: Article, format_name: str, member: str
) -> None:
    finish(user=annotator, article=suggested, seen_revision=0)
    client.force_login(owner)
    content = exported(client, format=format_name)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert member in archive.namelist()


def test_the_page_previews_the_real_thing_and_says_what_is_lost(
    client: Client, owner: User, annotator: User, suggested: Article
) -> None:
    finish(user=annotator, article=suggested, seen_revision=0)
    client.force_login(owner)
    page = client.get(URL, {"format": "conll", "layer": "gold"})
    assert "Okafor -X- -X- " in page.text
    from annotations.formats import writer_for

    for loss in writer_for("conll").fidelity.losses:
        assert loss.split("’")[0].split("'")[0][:30] in page.text


def test_what_was_left_out_is_listed_after(client: Client, owner: User, suggested: Article) -> None:
    client.force_login(owner)
    client.post(URL, {"format": "conll", "layer": "gold"})
    export = Export.objects.get()
    assert sum(export.report["articles_left_out"].values()) == 1
    reason = next(iter(export.report["articles_left_out"]))
    page = client.get(reverse("annotations:export-result", args=["harbour", export.pk]))
    assert reason.split("’")[0][:30] in page.text


@pytest.mark.parametrize(
    ("person", "layer", "allowed"),
    [
        ("ada", "ada", True),
        ("ada", "gold", False),
        ("ada", "carl", False),
        ("ada", "suggestions", False),
        ("vera", "gold", True),
        ("vera", "suggestions", False),
        ("carl", "suggestions", True),
        ("carl", "ada", True),
        ("olga", "nobody", False),
    ],
)
def test_each_role_takes_only_the_layers_it_may(
    client: Client, corpus: Corpus, suggested: Article, person: str, layer: str, allowed: bool
) -> None:
    client.force_login(User.objects.get(username=person))
    client.post(URL, {"format": "jsonl", "layer": layer})
    assert Export.objects.exists() is allowed


def test_an_unknown_format_is_refused(client: Client, owner: User, corpus: Corpus) -> None:
    client.force_login(owner)
    assert client.post(URL, {"format": "../etc", "layer": "gold"}).status_code == 422


def test_somebody_elses_export_cannot_be_downloaded(
    client: Client, owner: User, curator: User, suggested: Article
) -> None:
    client.force_login(owner)
    exported(client)
    client.force_login(curator)
    path = reverse("annotations:export-download", args=["harbour", Export.objects.get().pk])
    assert client.get(path).status_code == 404

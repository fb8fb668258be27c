"""Uploading annotated files by the page: labels, options, companions, what does not hold."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from annotations.models import Annotation, Article, Corpus, UploadFile, User

pytestmark = pytest.mark.usefixtures("immediate_tasks")

URL = "/corpora/harbour/upload/"
SAMPLES = Path(__file__).parents[1] / "samples/formats"
TEXT = "Ada Berg sailed the Gull to Port Alder."
PRODIGY = {
    "text": TEXT,
    "answer": "accept",
    "_task_hash": 1,
    "spans": [
        {"start": 0, "end": 8, "label": "PER"},
        {"start": 20, "end": 24, "label": "Ship"},
        {"start": 28, "end": 99, "label": "GPE"},
    ],
}


def upload(client: Client, name: str, data: bytes) -> str:
    """The preview's page."""
    response = client.post(URL, {"files": SimpleUploadedFile(name, data)}, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def choose(client: Client, file: UploadFile, **values: str) -> str:
    address = f"/corpora/harbour/uploads/{file.upload_id}/files/{file.pk}/"
    response = client.post(address, {"included": "on", **values}, follow=True)
    return response.content.decode()


def store(client: Client, file: UploadFile) -> None:
    client.post(f"/corpora/harbour/uploads/{file.upload_id}/store/")


def test_labels_that_the_corpus_lacks_are_asked_for_and_what_does_not_hold_is_listed(
    client: Client, curator: User, corpus: Corpus
) -> None:
    client.force_login(curator)
    page = upload(client, "crew.jsonl", json.dumps(PRODIGY).encode() + b"\n")
    assert "Labels that Harbour news lacks" in page
    assert "PER (1)" in page
    assert "Ship (1)" in page
    assert "1 span that does not hold" in page
    assert "beyond the text" in page
    file = UploadFile.objects.get()
    assert file.preview["format"] == "prodigy"
    choose(client, file, **{"label-0": "PERSON", "label-1": "PRODUCT"})
    store(client, file)
    assert set(Annotation.objects.values_list("quote", "label__name")) == {
        ("Ada Berg", "PERSON"),
        ("Gull", "PRODUCT"),
    }


def test_what_a_table_does_not_say_is_asked_for(
    client: Client, curator: User, corpus: Corpus
) -> None:
    client.force_login(curator)
    table = f"story,summary\n{TEXT},Short but long enough to be taken for a text by a machine.\n"
    upload(client, "stories.csv", table.encode())
    file = UploadFile.objects.get()
    options = {option["name"]: number for number, option in enumerate(file.preview["options"])}
    page = choose(client, file, **{f"option-{options['text']}": "story"})
    assert TEXT in page
    file.refresh_from_db()
    store(client, file)
    assert Article.objects.get().text_row.text.strip() == TEXT


def test_another_format_can_be_chosen_where_a_file_may_have_several(
    client: Client, curator: User, corpus: Corpus
) -> None:
    client.force_login(curator)
    page = upload(client, "page.txt", b"<!doctype html><title>x</title><p>The ferry sank.</p>" * 3)
    file = UploadFile.objects.get()
    assert file.preview["formats"] == ["html", "plain_text"]
    assert "Read as" in page
    choose(client, file, format="plain_text")
    file.refresh_from_db()
    assert file.preview["format"] == "plain_text"


def test_a_zip_of_pairs_is_read_pair_by_pair(client: Client, curator: User, corpus: Corpus) -> None:
    client.force_login(curator)
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("brat/a.txt", TEXT)
        archive.writestr("brat/a.ann", "T1\tPERSON 0 8\tAda Berg\nT2\tGPE 28 38\tPort Alder\n")
        archive.writestr("brat/annotation.conf", "[entities]\nPERSON\nGPE\n")
        archive.writestr("notes.txt", "Nobody slept.\n")
    page = upload(client, "corpus.zip", data.getvalue())
    assert "read with brat/a.ann" in page
    assert {file.name: file.state for file in UploadFile.objects.all()} == {
        "brat/a.txt": "beside",
        "brat/a.ann": "read",
        "brat/annotation.conf": "beside",
        "notes.txt": "read",
    }
    store(client, UploadFile.objects.get(name="notes.txt"))
    assert Article.objects.count() == 2
    assert set(Annotation.objects.values_list("quote", flat=True)) == {"Ada Berg", "Port Alder"}


def test_the_text_of_a_pdf_can_be_put_right_before_it_is_stored(
    client: Client, curator: User, corpus: Corpus
) -> None:
    client.force_login(curator)
    page = upload(client, "ferry.pdf", (SAMPLES / "pdf/ferry.pdf").read_bytes())
    file = UploadFile.objects.get()
    [option] = file.preview["options"]
    assert option["text"].split()[0] in page
    choose(client, file, **{"option-0": option["text"].replace("\n", "\r\n")})
    file.refresh_from_db()
    assert file.chosen["options"] == {}, "nothing was changed"
    choose(client, file, **{"option-0": "Ferry\r\n\r\nAda Berg slept."})
    file.refresh_from_db()
    assert file.chosen["options"] == {"text": "Ferry\n\nAda Berg slept."}
    choose(client, file, **{"option-0": "Ferry\r\n\r\nAda Berg slept."})
    file.refresh_from_db()
    store(client, file)
    assert Article.objects.get().text_row.text == "Ferry\n\nAda Berg slept."

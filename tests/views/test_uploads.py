"""Uploading: what is read is shown before it is stored, and what can't be read is said."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from annotations.models import Article, ArticleOriginal, Corpus, Upload, UploadFile, User
from tests.cast import NEWS, StoreArticle
from tests.formats.inception import FERRY, QUAY, TERN, project, zipped

pytestmark = pytest.mark.usefixtures("immediate_tasks", "machine")

URL = "/corpora/harbour/upload/"


@pytest.fixture
def uploader(client: Client, curator: User, corpus: Corpus) -> Client:
    client.force_login(curator)
    return client


def sent(client: Client, *files: tuple[str, bytes], text: str = "") -> str:
    """The preview page that follows an upload."""
    data = {"files": [SimpleUploadedFile(name, content) for name, content in files], "text": text}
    response = client.post(URL, data, follow=True)
    assert response.status_code == 200, response.text
    return response.text


def stored(client: Client) -> None:
    upload = Upload.objects.get()
    client.post(reverse("annotations:upload-store", args=["harbour", upload.pk]))


def test_a_file_is_shown_as_it_was_read_and_not_stored_before_it_is_confirmed(
    uploader: Client,
) -> None:
    preview = sent(uploader, ("ferry.txt", NEWS.encode()))
    assert "ferry.txt" in preview
    assert "Mayor Ines Okafor" in preview
    assert "utf-8" in preview.lower()
    assert not Article.objects.exists()


def test_confirming_stores_text_original_and_suggestions(uploader: Client, curator: User) -> None:
    sent(uploader, ("ferry.txt", NEWS.replace("\n", "\r\n").encode("utf-16")))
    stored(uploader)
    article = Article.objects.get()
    assert article.text_row.text == NEWS
    assert article.uploaded_by == curator
    assert article.suggestion_state == "done"
    original = ArticleOriginal.objects.get()
    assert bytes(original.data) == NEWS.replace("\n", "\r\n").encode("utf-16")


def test_pasted_text_is_one_more_file(uploader: Client) -> None:
    sent(uploader, ("one.txt", b"One day it rained. It stopped.\n"), text=NEWS)
    stored(uploader)
    assert Article.objects.count() == 2


def test_the_same_text_again_is_told_and_not_doubled(uploader: Client, store: StoreArticle) -> None:
    store(NEWS)
    preview = sent(uploader, ("again.txt", NEWS.encode()))
    assert "already" in preview.lower()
    stored(uploader)
    assert Article.objects.count() == 1


def test_what_a_person_changes_in_the_preview_is_stored(uploader: Client) -> None:
    sent(uploader, ("ferry.txt", NEWS.encode()))
    upload = Upload.objects.get()
    file = upload.files.get()
    choose = reverse("annotations:upload-choose", args=["harbour", upload.pk, file.pk])
    values = {
        "included": "on",
        "title": "The ferry",
        "source": "Alder Post",
        "byline": "",
        "published_on": "2026-03-04",
    }
    uploader.post(choose, values)
    stored(uploader)
    article = Article.objects.get()
    assert (article.title, article.source) == ("The ferry", "Alder Post")
    assert article.published_on is not None
    assert article.published_on.isoformat() == "2026-03-04"


def test_another_encoding_can_be_chosen(uploader: Client) -> None:
    text = "Søren Kjær visited Łódź on Monday. He liked it there.\n"
    sent(uploader, ("cp.txt", text.encode("cp1250", "replace")))
    upload = Upload.objects.get()
    file = upload.files.get()
    choose = reverse("annotations:upload-choose", args=["harbour", upload.pk, file.pk])
    uploader.post(choose, {"included": "on", "encoding": "windows-1250"})
    preview = uploader.get(reverse("annotations:upload-preview", args=["harbour", upload.pk]))
    assert "Łódź" in preview.text


def test_a_file_that_was_left_out_is_not_stored(uploader: Client) -> None:
    sent(uploader, ("ferry.txt", NEWS.encode()))
    upload = Upload.objects.get()
    choose = reverse(
        "annotations:upload-choose", args=["harbour", upload.pk, upload.files.get().pk]
    )
    uploader.post(choose, {})
    stored(uploader)
    assert not Article.objects.exists()


def test_while_a_long_file_is_stored_its_articles_are_counted(uploader: Client) -> None:
    lines = b"".join(b'{"text": "Number %d."}\n' % n for n in range(1200))
    sent(uploader, ("long.jsonl", lines), ("ferry.txt", NEWS.encode()))
    Upload.objects.update(state=Upload.State.STORING)
    UploadFile.objects.filter(name="long.jsonl").update(done_count=700)
    UploadFile.objects.filter(name="ferry.txt").update(state=UploadFile.State.STORED)
    preview = uploader.get(
        reverse("annotations:upload-preview", args=["harbour", Upload.objects.get().pk])
    )
    assert "701 of 1,201 articles" in preview.text
    assert '<progress value="701" max="1201"' in preview.text


BAD_FILES = {
    "a picture named .txt": ("photo.txt", b"\x89PNG\r\n\x1a\n" + bytes(200)),
    "a program": ("tool.exe", b"MZ" + bytes(300)),
    "an empty file": ("empty.txt", b""),
    "white space only": ("blank.txt", b" \n\t\n"),
    "fifty megabytes": ("long.txt", b"word " * 10_000_000),
    "a zip that is none": ("broken.zip", b"PK\x03\x04 not a zip"),
    "a zip bomb": ("bomb.zip", zipped(("zeros.txt", bytes(60_000_000)))),
    "a zip bomb in a zip": (
        "twice.zip",
        zipped(("bomb.zip", zipped(("zeros.txt", bytes(60_000_000))))),
    ),
    "a zip in a zip in a zip": (
        "deep.zip",
        zipped(("a.zip", zipped(("b.zip", zipped(("c.zip", b"PK")))))),
    ),
    "a zip that climbs out": ("climb.zip", zipped(("../../etc/passwd.txt", b"Hello there."))),
    "HTML without an article": ("nav.html", b"<html><body><nav>Home</nav></body></html>"),
    "HTML that is broken": ("mess.html", b"<html><<<p <b></p></table><script>" * 50),
    "broken JSON lines": ("c.jsonl", b'{"text": "fine."}\n{"text": oops\n'),
    "control characters": ("ctl.txt", bytes(range(1, 32)) * 100),
}


@pytest.mark.parametrize("name", sorted(BAD_FILES))
def test_bad_input_gets_one_plain_sentence_and_leaves_nothing_behind(
    uploader: Client, name: str
) -> None:
    preview = sent(uploader, BAD_FILES[name], ("good.txt", NEWS.encode()))
    upload = Upload.objects.get()
    problems = [f.problem for f in upload.files.all() if f.problem]
    assert len(problems) == 1, problems
    assert problems[0].rstrip().endswith((".", ")"))
    assert problems[0].split(".")[0][:20] in preview.replace("&#x27;", "'")
    stored(uploader)
    # The good file beside it was not held up.
    assert Article.objects.count() == 1


def test_a_zip_of_zips_is_listed_file_by_file_and_stored(uploader: Client) -> None:
    monday = zipped(("ferry.txt", NEWS.encode()), ("old.zip", zipped(("deep.txt", b"Deep."))))
    tuesday = zipped(("tern.txt", b"Tern Island is quiet.\n"))
    preview = sent(uploader, ("week.zip", zipped(("mon.zip", monday), ("tue.zip", tuesday))))
    for name in ("mon.zip/ferry.txt", "mon.zip/old.zip", "tue.zip/tern.txt"):
        assert name in preview
    assert "it is an archive in an archive in an archive" in preview
    stored(uploader)
    assert {article.text_row.text for article in Article.objects.all()} == {
        NEWS,
        "Tern Island is quiet.\n",
    }


def test_an_inception_project_is_shown_with_what_is_read_of_it_and_stored(
    uploader: Client,
) -> None:
    preview = sent(uploader, ("harbour.zip", project()))
    assert "Documents read: 1 as curated, 1 as the first of the annotators left it" in preview
    assert "curation/ferry.txt/CURATION_USER.zip/CURATION_USER.xmi" in preview
    assert "left out" in preview
    assert "Store 3 files" in preview
    assert "INITIAL_CAS" not in preview
    stored(uploader)
    assert {article.text_row.text for article in Article.objects.all()} == {FERRY, TERN, QUAY}


def test_damaged_utf8_is_read_with_a_note(uploader: Client) -> None:
    preview = sent(uploader, ("bad.txt", NEWS.encode().replace(b"Mayor", b"Mayor \x92")))
    assert "damaged" in preview.lower()


def test_sending_nothing_is_422_with_a_sentence(uploader: Client) -> None:
    response = uploader.post(URL, {"text": "  "})
    assert response.status_code == 422
    assert "Choose a file, or paste the text of an article." in response.text


def test_a_script_in_a_file_name_is_only_a_name(uploader: Client) -> None:
    preview = sent(uploader, ("<script>alert(1)</script>.txt", NEWS.encode()))
    assert "<script>alert(1)" not in preview


def test_somebody_elses_upload_cannot_be_seen(uploader: Client, owner: User) -> None:
    sent(uploader, ("ferry.txt", NEWS.encode()))
    uploader.force_login(owner)
    upload = Upload.objects.get()
    path = reverse("annotations:upload-preview", args=["harbour", upload.pk])
    assert uploader.get(path).status_code == 404


def test_the_original_is_given_back_as_a_download_that_can_do_nothing(uploader: Client) -> None:
    page = b"<html><body><script>alert(1)</script><article>" + b"<p>The ferry sails on.</p>" * 20
    sent(uploader, ("page.html", page))
    stored(uploader)
    article = Article.objects.get()
    path = reverse("annotations:article-original", args=["harbour", article.number])
    response = uploader.get(path)
    assert response.content == page
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"].startswith("sandbox")

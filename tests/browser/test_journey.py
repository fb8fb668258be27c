"""The whole job, as an editor does it: upload, correct, finish, export, and read it back."""

import json
import shutil
from pathlib import Path
from typing import Final

import pytest
import spacy
from playwright.sync_api import Page, expect
from spacy.tokens import DocBin

from tests.browser.conftest import OpenPage, sign_in
from tests.browser.desk import Corpus, Desk, Shown
from tests.browser.site import ROOT, Site
from tests.formats.cast import SAMPLE

pytestmark = pytest.mark.browser

PASTED: Final = (
    SAMPLE if SAMPLE.exists() else ROOT / "annotations/sample/articles/01-atlantic-cable.txt"
)
SAVED_PAGES: Final = [
    ROOT / "tests/samples/harbour-gazette.html",
    ROOT / "tests/samples/skyline-post.html",
]


@pytest.fixture
def made(open_page: OpenPage, site: Site, tmp_path: Path) -> Desk:
    """A corpus that somebody who has just signed in made by its form; its tab shows the upload."""
    page = open_page(signed_in=False, accept_downloads=True)
    sign_in(page, site)
    page.get_by_role("link", name="New corpus").first.click()
    page.get_by_label("Name").fill("East Asia")
    page.get_by_label("Address").fill("east-asia")
    page.get_by_role("button", name="Make the corpus").click()
    page.wait_for_url("**/corpora/east-asia/upload/")
    return Desk(page, Corpus(site, "east-asia", tmp_path))


def test_from_files_to_corpora_that_programs_read(made: Desk, tmp_path: Path) -> None:
    upload(made.page)
    correct_the_first_article(made)
    correct_the_second_article(made)
    finish_the_third_article(made)
    [jsonl] = export(made, "jsonl", tmp_path)
    records = [json.loads(line) for line in jsonl.read_text().rstrip("\n").split("\n")]
    mentions = sum(len(record["spans"]) for record in records)
    assert [record["status"] for record in records] == ["finished"] * 3
    for record in records:
        for span in record["spans"]:
            assert record["text"][span["start"] : span["end"]] == span["text"]
    assert mentions_of_conll(export(made, "conll", tmp_path)) == mentions
    assert mentions_of_spacy(export(made, "spacy", tmp_path)) == mentions
    assert exported_again(made.corpus, jsonl, tmp_path) == jsonl.read_bytes()


def upload(page: Page) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_text("Choose files").click()
    chooser.value.set_files([PASTED, *SAVED_PAGES])
    main = page.get_by_role("main")
    expect(main).to_contain_text("3 ready")
    for file in (PASTED, *SAVED_PAGES):
        row = page.locator("details.file-row").filter(has_text=file.name)
        row.locator("summary").click()
        expect(row).to_contain_text("utf-8", ignore_case=True)
        expect(row.get_by_label("First parts")).to_contain_text("paragraph")
    page.get_by_role("button", name="Store 3 files").click()
    expect(main).to_contain_text("Stored 3 articles")


def correct_the_first_article(desk: Desk) -> None:
    """Suggestions arrive while the page is open, and are accepted, rejected and relabelled."""
    desk.open(1)
    desk.page.evaluate("window.neverReloaded = true")
    expect(desk.article.locator("mark").nth(10)).to_be_attached(timeout=30_000)
    assert desk.page.evaluate("window.neverReloaded")
    accepted, _, relabelled = desk.shown()[:3]
    desk.has_current(accepted.text)
    desk.press("Enter", "x", "w").saved()
    assert desk.corpus.stored(1) == [
        Shown(accepted.text, accepted.label, "accepted"),
        Shown(relabelled.text, "WORK_OF_ART", "changed"),
    ]
    desk.press("u", "u", "u").saved()
    assert desk.corpus.stored(1) == []
    desk.press("Shift+U", "Shift+U", "Shift+U").saved()
    assert len(desk.corpus.stored(1)) == 2
    desk.press("Control+Enter")
    desk.page.wait_for_url("**/articles/2/review/")
    texts = [shown.text for shown in desk.corpus.stored(1)]
    assert texts[0] == accepted.text
    assert len(texts) > 10


def correct_the_second_article(desk: Desk) -> None:
    """Mentions are added by mouse and by keys, and each edge is moved out and in."""
    expect(desk.article.locator("mark").first).to_be_attached(timeout=30_000)
    desk.drag("Saint Brannoc was built").press("9").saved()
    desk.has_current("Saint Brannoc was built", "PRODUCT")
    desk.press("[", "[").saved().has_current("Saint Brannoc")
    desk.press("]").saved().has_current("Saint Brannoc was")
    desk.press("Shift+]").saved().has_current("The Saint Brannoc was")
    desk.press("Shift+[", "[").saved().has_current("Saint Brannoc")
    desk.press("Shift+ArrowRight", "Shift+ArrowRight")
    assert desk.selected() == "was built"
    desk.press("8").saved().has_current("was built", "EVENT")
    stored = [
        Shown("Saint Brannoc", "PRODUCT", "added"),
        Shown("was built", "EVENT", "added"),
    ]
    assert [(s.text, s.label) for s in desk.corpus.stored(2)] == [s[:2] for s in stored]
    desk.press("Control+Enter")
    desk.page.wait_for_url("**/articles/3/review/")


def finish_the_third_article(desk: Desk) -> None:
    expect(desk.article.locator("mark").first).to_be_attached(timeout=30_000)
    desk.press("Control+Enter")
    desk.page.wait_for_url("**/articles/")
    expect(desk.page.get_by_role("main")).to_contain_text("Finished")


def export(desk: Desk, name: str, folder: Path) -> list[Path]:
    """The files of an export by the page; those of a zip archive are taken out of it."""
    page = desk.page
    page.goto(f"{desk.corpus.address}/export/")
    page.locator(f"#format-{name}").check()
    title = page.locator(f"label[for=format-{name}]").inner_text()
    page.get_by_role("button", name=f"Export as {title}").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    if file.suffix != ".zip":
        return [file]
    shutil.unpack_archive(file, folder / name)
    return [path for path in (folder / name).rglob("*") if path.is_file()]


def mentions_of_conll(files: list[Path]) -> int:
    """How many mentions a CoNLL-2003 file holds: the tags that begin one."""
    [file] = [file for file in files if file.suffix == ".conll"]
    rows = [line.split(" ") for line in file.read_text().split("\n") if line]
    assert {len(row) for row in rows} == {4}
    return sum(row[-1].startswith("B-") for row in rows)


def mentions_of_spacy(files: list[Path]) -> int:
    """How many entities spaCy itself finds in its files."""
    vocab = spacy.blank("en").vocab
    docs = [
        doc
        for file in files
        if file.suffix == ".spacy"
        for doc in DocBin().from_disk(file).get_docs(vocab)
    ]
    return sum(len(doc.ents) for doc in docs)


def exported_again(corpus: Corpus, file: Path, folder: Path) -> bytes:
    """The file as it comes out of a second corpus that it was imported in."""
    again = folder / "again.jsonl"
    manage = corpus.site.manage
    manage("create_corpus", "east-asia-again")
    manage("add_member", "east-asia-again", corpus.site.user, "--role", "owner")
    manage("import_corpus", "east-asia-again", file)
    manage("export_corpus", "east-asia-again", "--format", "jsonl", "--output", again)
    return again.read_bytes()

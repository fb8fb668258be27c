"""The whole job without a script: every act is a form."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Complaints, OpenPage, sign_in
from tests.browser.desk import Corpus, Desk, Shown
from tests.cast import NEWS, FakeSuggester, mark

pytestmark = pytest.mark.browser


@pytest.fixture
def plain(open_page: OpenPage) -> Page:
    """A signed-in tab in which no script runs."""
    return open_page(java_script_enabled=False)


@pytest.fixture
def review(plain: Page, corpus: Corpus) -> Desk:
    [suggestions] = FakeSuggester().suggest([NEWS])
    corpus.add(NEWS, *suggestions)
    plain.goto(f"{corpus.address}/articles/1/review/")
    return Desk(plain, corpus)


def until(page: Page, wanted: Locator) -> None:
    """Load the page again, as its link asks one to, until it shows what is wanted."""
    for _ in range(40):
        if wanted.count():
            return
        page.wait_for_timeout(250)
        page.reload()
    expect(wanted).not_to_have_count(0)


def test_an_article_is_pasted_previewed_stored_and_gets_suggestions(
    open_page: OpenPage, corpus: Corpus
) -> None:
    page = open_page(signed_in=False, java_script_enabled=False)
    sign_in(page, corpus.site)
    page.goto(f"{corpus.address}/upload/")
    page.get_by_label("Or paste an article").fill(NEWS)
    page.get_by_role("button", name="Read the text").click()
    expect(page.get_by_role("main")).to_contain_text("1 ready")
    page.locator("summary").filter(has_text="ready").click()
    expect(page.get_by_role("main")).to_contain_text("Ferry returns to Port Alder")
    page.get_by_role("button", name="Store 1 file").click()
    page.wait_for_url("**/articles/1/review/")
    until(page, page.locator("main#article mark"))


def test_suggestions_are_accepted_rejected_and_relabelled_by_buttons(review: Desk) -> None:
    card = review.card
    review.has_current("Port Alder")
    card.get_by_role("button", name="Accept").click()
    review.has_current("Port Alder")
    card.get_by_role("link", name="Next").click()
    review.has_current("Ines Okafor")
    card.get_by_role("button", name="Reject").click()
    review.has_current("Monday")
    review.page.locator("#legend").get_by_role("button", name="EVENT").click()
    review.has_current("Monday", "EVENT")
    assert review.corpus.stored() == [
        Shown("Port Alder", "GPE", "accepted"),
        Shown("Monday", "EVENT", "changed"),
    ]


def test_edges_move_by_the_buttons_of_the_card(review: Desk) -> None:
    review.card.get_by_role("link", name="Next").click()
    for button, words in (
        ("One word further right", "Ines Okafor opened"),
        ("One word further left", "Mayor Ines Okafor opened"),
        ("One word less at the left", "Ines Okafor opened"),
        ("One word less at the right", "Ines Okafor"),
        ("One word less at the right", "Ines"),
    ):
        review.card.get_by_title(button).click()
        review.has_current(words)
    assert review.corpus.stored() == [Shown("Ines", "PERSON", "changed")]


def test_a_mention_is_added_by_its_words_and_undone(review: Desk) -> None:
    page = review.page
    page.get_by_text("Mark words without selecting them").click()
    page.get_by_label("Words, exactly as in the text").fill("Okafor")
    page.locator("#id_occurrence").fill("3")
    page.get_by_label("Label", exact=True).select_option("ORG")
    page.get_by_role("button", name="Mark", exact=True).click()
    review.has_current("Okafor", "ORG")
    assert review.corpus.stored() == [Shown("Okafor", "ORG", "changed")] or (
        review.corpus.stored() == [Shown("Okafor", "ORG", "added")]
    )
    page.get_by_role("button", name="undo").click()
    review.has_current("Okafor", "PERSON")
    assert review.corpus.stored() == []


def test_words_that_do_not_occur_are_refused_in_words(review: Desk, complaints: Complaints) -> None:
    complaints.tolerate("status of 422")
    page = review.page
    page.get_by_text("Mark words without selecting them").click()
    page.get_by_label("Words, exactly as in the text").fill("Okafor")
    page.locator("#id_occurrence").fill("9")
    page.get_by_role("button", name="Mark", exact=True).click()
    expect(page.locator(".notice")).to_contain_text("“Okafor” does not occur that often")


def test_a_lost_race_shows_both_values(review: Desk, page: Page, complaints: Complaints) -> None:
    complaints.tolerate("status of 409")
    Desk(page, review.corpus).open().press("2").saved()
    review.page.locator("#legend").get_by_role("button", name="LOC").click()
    notice = review.page.locator(".notice")
    expect(notice).to_contain_text("“Port Alder”: label it LOC")
    expect(notice).to_contain_text("“Port Alder” ORG, changed")
    assert review.corpus.stored() == [Shown("Port Alder", "ORG", "changed")]


def test_an_article_is_finished_reopened_and_exported(review: Desk, tmp_path: Path) -> None:
    page, corpus = review.page, review.corpus
    corpus.add("Tern Island slept.", mark("Tern Island slept.", "Tern Island", "LOC"))
    page.get_by_role("button", name="Finish").click()
    page.wait_for_url("**/articles/2/review/")
    expect(page.get_by_role("status").filter(has_text="Finished")).to_contain_text("8 suggestions")
    page.goto(f"{corpus.address}/articles/1/review/")
    page.get_by_role("button", name="Reopen").click()
    expect(page.get_by_role("button", name="Reopen")).to_have_count(0)
    page.get_by_role("button", name="Finish").click()
    page.goto(f"{corpus.address}/export/")
    page.get_by_label("JSON Lines (lossless)").check()
    page.get_by_label("Finished articles only").check()
    page.get_by_role("button", name="Show the preview").click()
    page.get_by_role("button", name="Export as JSON Lines").click()
    link = page.get_by_role("link", name="Download")
    until(page, link)
    with page.expect_download() as download:
        link.click()
    download.value.save_as(tmp_path / "corpus.jsonl")
    [record] = map(json.loads, (tmp_path / "corpus.jsonl").read_text().splitlines())
    assert record["text"] == NEWS
    assert len(record["spans"]) == 8


def test_a_release_is_deleted_only_after_a_question_that_can_be_declined(
    plain: Page, corpus: Corpus
) -> None:
    plain.goto(f"{corpus.address}/releases/")
    plain.get_by_label("Name", exact=True).fill("1.0.0")
    plain.get_by_role("button", name="Make the release").click()
    row = plain.get_by_role("row").filter(has_text="1.0.0")
    row.get_by_role("link", name="Delete 1.0.0").click()
    expect(plain.get_by_role("main")).to_contain_text("The corpus itself is not touched.")
    plain.get_by_role("link", name="Keep it").click()
    expect(row).to_have_count(1)
    row.get_by_role("link", name="Delete 1.0.0").click()
    plain.get_by_role("button", name="Delete the release").click()
    expect(plain.get_by_role("main")).to_contain_text("The release 1.0.0 was deleted.")
    expect(row).to_have_count(0)

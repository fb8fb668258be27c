"""Comments on a page of their own, with the browser's script library and without any script."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Complaints, OpenPage
from tests.browser.desk import Corpus
from tests.cast import NEWS

pytestmark = pytest.mark.browser


@pytest.fixture
def address(corpus: Corpus) -> str:
    corpus.add(NEWS)
    return f"{corpus.address}/articles/1/comments/"


def says(page: Page, words: str, body: str, button: str = "Comment") -> None:
    page.get_by_label("Words, exactly as they stand in the text").fill(words)
    page.get_by_label("Your comment").fill(body)
    page.get_by_role("button", name=button, exact=True).click()


@pytest.mark.parametrize("has_script", [True, False])
def test_a_thread_is_begun_answered_settled_and_opened_again(
    open_page: OpenPage, address: str, has_script: bool
) -> None:
    page = open_page(java_script_enabled=has_script)
    page.goto(address)
    says(page, "Ines Okafor", "Her first name?\nOr both?")
    thread = page.locator("[data-comment]")
    expect(thread).to_have_attribute("data-state", "open")
    expect(thread).to_contain_text("Her first name?\nOr both?", use_inner_text=True)
    thread.locator("summary").click()
    thread.get_by_label("Your reply").fill("Both.")
    thread.get_by_role("button", name="Reply").click()
    expect(thread.locator(".replies")).to_contain_text("Both.")
    thread.get_by_role("button", name="Settle").click()
    expect(thread).to_have_attribute("data-state", "settled")
    if not has_script:
        page.locator("#settled-comments > summary").click()
    page.get_by_role("button", name="Open again").click()
    expect(thread).to_have_attribute("data-state", "open")
    assert page.url.removesuffix("#comments") == address


def test_a_passage_is_flagged_by_a_button_and_a_refusal_keeps_what_was_typed(
    page: Page, address: str, complaints: Complaints
) -> None:
    complaints.tolerate("status of 422")
    page.goto(address)
    says(page, "Okafors", "Who?", "Needs a second look")
    expect(page.get_by_role("alert")).to_contain_text("does not occur that often")
    expect(page.get_by_label("Your comment")).to_have_value("Who?")
    page.get_by_label("Words, exactly as they stand in the text").fill("Okafor")
    page.get_by_role("button", name="Needs a second look").click()
    expect(page.locator("[data-comment]")).to_have_attribute("data-kind", "flag")
    expect(page.locator("[data-comment]")).to_contain_text("Who?")


def test_what_one_is_writing_stays_while_the_list_is_drawn_anew(page: Page, address: str) -> None:
    page.goto(address)
    threads = page.locator("[data-comment]")
    for n, (words, body) in enumerate([("Ferry", "First"), ("Monday", "Second")], 1):
        says(page, words, body)
        expect(threads).to_have_count(n)
    first, second = threads.all()
    page.get_by_label("Your comment").fill("Half a tho")
    second.locator("summary").click()
    second.get_by_label("Your reply").fill("Half a rep")
    first.get_by_role("button", name="Settle").click()
    expect(page.locator("#settled-comments [data-comment]")).to_contain_text("First")
    expect(page.get_by_label("Your comment")).to_have_value("Half a tho")
    expect(
        page.locator("[data-comment][data-state=open]").get_by_label("Your reply")
    ).to_have_value("Half a rep")
    # The keyboard stands where it stood: on the button that takes it back.
    expect(page.get_by_role("button", name="Open again")).to_be_focused()

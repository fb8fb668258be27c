"""All pages: on a phone, in both themes, and with markup in every field that takes text."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.conftest import Complaints, OpenPage
from tests.browser.desk import Corpus
from tests.cast import NEWS, FakeSuggester, mark

pytestmark = pytest.mark.browser

EVIL = '"\'><img src=x onerror="window.__pwned=1"><script>window.__pwned=1</script>'


def addresses(page: Page, corpus: Corpus) -> Iterator[str]:
    """Every page of the site that a person meets, those of one corpus included."""
    yield corpus.site.address + "/corpora/"
    yield corpus.site.address + "/corpora/new/"
    yield corpus.site.address + "/accounts/password/"
    yield corpus.site.address + "/nowhere/"
    yield corpus.address + "/"
    for name in (
        "upload",
        "articles",
        "export",
        "members",
        "guideline",
        "guideline/?edit",
        "labels",
    ):
        yield f"{corpus.address}/{name}" + ("/" if "?" not in name else "")
    yield corpus.address + "/articles/1/review/"
    yield corpus.address + "/articles/1/review/?layer=nobody"
    yield corpus.address + "/articles/1/details/"
    yield corpus.address + "/articles/1/comments/"
    yield preview_of_an_upload(page, corpus)
    yield result_of_an_export(page, corpus)
    yield question_before_a_release_goes(page, corpus)
    yield corpus.address + "/releases/"


def preview_of_an_upload(page: Page, corpus: Corpus) -> str:
    page.goto(corpus.address + "/upload/")
    page.get_by_label("Or paste an article").fill(f"{EVIL}\n\nThe harbour slept. {EVIL}\n")
    page.get_by_role("button", name="Read the text").click()
    page.get_by_role("button", name="Store").wait_for()
    return page.url


def result_of_an_export(page: Page, corpus: Corpus) -> str:
    page.goto(corpus.address + "/export/")
    page.get_by_role("button", name="Export as").click()
    page.get_by_role("link", name="Download").wait_for()
    return page.url


def question_before_a_release_goes(page: Page, corpus: Corpus) -> str:
    page.goto(corpus.address + "/releases/")
    page.get_by_label("Name", exact=True).fill("1.0.0")
    page.get_by_label("What is new").fill(EVIL)
    page.get_by_role("button", name="Make the release").click()
    page.get_by_role("link", name="Delete 1.0.0").click()
    page.get_by_role("button", name="Delete the release").wait_for()
    return page.url


@pytest.fixture
def worked_on(page: Page, corpus: Corpus) -> Corpus:
    """A corpus with an article that was worked on, so that plots and histories are there."""
    [suggestions] = FakeSuggester().suggest([NEWS])
    corpus.add(NEWS, *suggestions, title="A title of ordinary length for a piece of news")
    page.goto(corpus.address + "/articles/1/review/")
    page.keyboard.press("Enter")
    page.keyboard.press("2")
    expect(page.locator("#save-state")).to_have_attribute("data-state", "saved")
    return corpus


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_scrolls_sideways_on_a_narrow_phone(
    open_page: OpenPage, worked_on: Corpus, theme: str, complaints: Complaints
) -> None:
    complaints.tolerate("status of 404")  # of the page that isn't there
    page = open_page(viewport={"width": 320, "height": 640}, color_scheme=theme)
    too_wide = []
    for address in addresses(page, worked_on):
        page.goto(address)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 320:
            too_wide.append((address, width))
    assert too_wide == []


def test_the_log_in_page_does_not_scroll_sideways_either(
    open_page: OpenPage, corpus: Corpus
) -> None:
    page = open_page(signed_in=False, viewport={"width": 320, "height": 640})
    page.goto(corpus.address + "/")
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_the_chosen_theme_stays_on_every_page(page: Page, corpus: Corpus) -> None:
    background = "getComputedStyle(document.documentElement).backgroundColor"
    page.goto(corpus.address + "/")
    light = page.evaluate(background)
    switch = page.locator("[data-theme-switch]")
    while page.locator("html").get_attribute("data-theme") != "dark":
        switch.click()
    dark = page.evaluate(background)
    assert dark != light
    for path in ("/", "/articles/"):
        page.goto(corpus.address + path)
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        assert page.evaluate(background) == dark


def test_markup_in_any_field_is_text_on_every_page(
    page: Page, corpus: Corpus, complaints: Complaints
) -> None:
    complaints.tolerate("status of 404")
    text = f"{EVIL}\n\nAda Berg {EVIL} spoke.\n"
    corpus.add(
        text,
        mark(text, "Ada Berg", "PERSON"),
        mark(text, "<script>window.__pwned=1</script>", "ORG", 1),
        title=EVIL,
        meta={"source": EVIL, "byline": EVIL, "url": f"javascript:{EVIL}"},
    )
    page.goto(corpus.address + "/guideline/?edit")
    for field in ("Name", "Description"):
        page.get_by_label(field, exact=True).fill(EVIL[:80])
    page.get_by_label("Guideline", exact=True).fill(
        f"{EVIL}\n\n[click](javascript:window.__pwned=1) <b onclick='window.__pwned=1'>x</b>"
    )
    page.get_by_role("button", name="Save").click()
    page.goto(corpus.address + "/upload/")
    evil_file: FilePayload = {
        "name": f"{EVIL[:60]}.txt",
        "mimeType": "text/plain",
        "buffer": text.encode()[:-2],
    }
    page.locator("input[type=file]").set_input_files([evil_file])
    page.get_by_role("button", name="Store").wait_for()
    page.get_by_role("button", name="Store").click()
    page.wait_for_url("**/articles/2/review/")
    for address in addresses(page, corpus):
        page.goto(address)
        assert page.evaluate("window.__pwned") is None, address
        assert page.locator("img[src=x], [onerror], [onclick], [href^=javascript]").count() == 0
    page.goto(corpus.address + "/articles/1/review/")
    for key in ("Enter", "2", "]", "u", "Shift+ArrowRight", "8", "?"):
        page.keyboard.press(key)
    expect(page.locator("#save-state")).to_have_attribute("data-state", "saved")
    assert page.evaluate("window.__pwned") is None


@pytest.mark.parametrize("query", ["mention", "layer"])
def test_markup_in_an_address_is_text(page: Page, worked_on: Corpus, query: str) -> None:
    page.goto(f"{worked_on.address}/articles/1/review/?{query}={EVIL}")
    assert page.evaluate("window.__pwned") is None
    assert page.locator("img[src=x]").count() == 0

"""WCAG 2.2 AA as far as a machine can see it: every state of the review page, every other page."""

import os
from collections.abc import Callable, Iterator
from typing import Any, Final, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.conftest import NO_CONNECTION, Complaints
from tests.browser.desk import Corpus, Desk
from tests.browser.test_pages import addresses
from tests.cast import NEWS, mark

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        os.environ.get("DATABASE_URL", "").startswith("postgres"),
        reason="what a page looks like does not depend on the database",
    ),
]

WCAG: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
#: By theme, what is looked for: the dark one differs in its colours alone.
RULES: Final[dict[Literal["light", "dark"], list[str]]] = {
    "light": WCAG,
    "dark": ["color-contrast"],
}
#: A desk, the same at 200 %, and a narrow phone.
SIZES: Final[dict[str, ViewportSize]] = {
    "wide": {"width": 1280, "height": 900},
    "200 %": {"width": 640, "height": 450},
    "320 px": {"width": 320, "height": 640},
}
MIXED = "وصل الأسعد إلى ميناء Port Alder يوم الاثنين.\n\nדָּוִד פגש את Ines Okafor.\n\nAda slept.\n"


def barriers(page: Page) -> Iterator[str]:
    """What stands in somebody's way on a page as it is now: in both themes, at each size."""
    axe = Axe()
    wide = page.viewport_size
    for size, viewport in SIZES.items():
        page.set_viewport_size(viewport)
        for theme, rules in RULES.items():
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            options = {"runOnly": rules, "resultTypes": ["violations"]}
            for found in axe.run(page, options=options).response["violations"]:
                for node in found["nodes"]:
                    if found["id"] == "target-size" and is_large_once_in_view(page, axe, node):
                        continue
                    yield f"{size}, {theme}: {found['id']}: {node['html'][:200]} {node['any'][:1]}"
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > viewport["width"]:
            yield f"{size}: the page is {width} wide"
    assert wide is not None
    page.set_viewport_size(wide)


def is_large_once_in_view(page: Page, axe: Axe, node: dict[str, Any]) -> bool:
    """True for what a bar at the window's edge covers in part, until one scrolls."""
    [target] = node["target"]
    here = page.evaluate("scrollY")
    page.locator(target).evaluate("one => one.scrollIntoView({ block: 'center' })")
    again = axe.run(page, context=target, options={"runOnly": ["target-size"]})
    page.evaluate("y => scrollTo(0, y)", here)
    return not again.response["violations"]


def opened(desk: Desk) -> None:
    desk.has_current("Port Alder")


def with_a_card(desk: Desk) -> None:
    desk.mark("Ines Okafor").click()
    expect(desk.page.locator("#float")).to_be_visible()


def with_words_selected(desk: Desk) -> None:
    desk.drag("opened the line")
    expect(desk.page.get_by_label("Selected words")).to_be_visible()


def with_labels_shown(desk: Desk) -> None:
    desk.press("2", "v").saved()


def with_keys(desk: Desk) -> None:
    desk.press("?")
    expect(desk.page.get_by_role("dialog", name="Keys")).to_be_visible()


def with_comments(desk: Desk) -> None:
    desk.press("e")
    desk.page.keyboard.type("City or port?")
    desk.page.locator("#comment-send").click()
    expect(desk.page.locator("#comments .thread")).to_have_count(1)
    desk.page.locator("#comments .thread summary").click()


def with_a_history(desk: Desk) -> None:
    desk.press("2", "Tab", "x").saved().press("h")
    expect(desk.page.locator("#history [data-revision]").first).to_be_visible()


def at_an_earlier_state(desk: Desk) -> None:
    desk.press("2", "Tab", "x").saved()
    desk.open(query="?at=1")


def finished(desk: Desk) -> None:
    desk.press("Control+Enter")
    desk.page.wait_for_url("**/articles/")
    desk.open()


def without_a_connection(desk: Desk) -> None:
    desk.page.route("**/decide/", lambda route: route.abort())
    desk.press("2").has_state("unsaved")


def after_an_error_of_the_server(desk: Desk) -> None:
    desk.page.route("**/decide/", lambda route: route.fulfill(status=503))
    desk.press("2").has_state("unsaved")


def after_a_refusal(desk: Desk) -> None:
    desk.press("j", "Enter", "k").saved()
    desk.press("Shift+ArrowLeft", "Shift+ArrowRight", "Shift+ArrowRight", "2").saved()
    expect(desk.notices.locator(".notice")).to_be_visible()


def after_a_lost_race(desk: Desk) -> None:
    page = desk.page.context.new_page()
    page.route("**/presence/", lambda route: route.fulfill(status=204))
    desk.page.route("**/presence/", lambda route: route.fulfill(status=204))
    desk.open()
    Desk(page, desk.corpus).open().press("4").saved()
    page.close()
    desk.press("2").has_state("conflict")


def empty(desk: Desk) -> None:
    desk.corpus.add("Nobody slept.\n")
    desk.open(2)


def in_other_scripts(desk: Desk) -> None:
    desk.corpus.add(
        MIXED,
        mark(MIXED, "الأسعد", "PERSON"),
        mark(MIXED, "Port Alder", "GPE", score=0.4),
        mark(MIXED, "דָּוִד", "PERSON"),
    )
    desk.open(2)


def long(desk: Desk) -> None:
    text = "\n\n".join(f"{NEWS}\n\nParagraph {n} of many." for n in range(12))
    desk.corpus.add(text, *(mark(text, "Ines Okafor", "PERSON", n) for n in range(12)))
    desk.open(2)


STATES: Final[list[Callable[[Desk], None]]] = [
    opened,
    with_a_card,
    with_words_selected,
    with_labels_shown,
    with_keys,
    with_comments,
    with_a_history,
    at_an_earlier_state,
    finished,
    without_a_connection,
    after_an_error_of_the_server,
    after_a_refusal,
    after_a_lost_race,
    empty,
    in_other_scripts,
    long,
]


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_the_review_page_has_no_barrier(
    desk: Desk, state: Callable[[Desk], None], complaints: Complaints
) -> None:
    complaints.tolerate(NO_CONNECTION)
    complaints.tolerate("status of (409|422|503)|^503 ")
    desk.page.on("dialog", lambda dialog: dialog.accept())
    state(desk)
    assert list(barriers(desk.page)) == []


def test_no_other_page_has_a_barrier(page: Page, corpus: Corpus, complaints: Complaints) -> None:
    complaints.tolerate("status of 404")  # of the page that isn't there
    corpus.add(NEWS, mark(NEWS, "Port Alder", "GPE"))
    found = []
    own = [f"{corpus.site.address}/accounts/keys/", f"{corpus.address}/articles/1/history/"]
    for address in [*addresses(page, corpus), *own]:
        if page.url != address:
            page.goto(address)
        found += [f"{address} {one}" for one in barriers(page)]
    assert found == []

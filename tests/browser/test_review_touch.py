"""The review page under a finger: a phone, no mouse and no keys."""

import pytest
from playwright.sync_api import CDPSession, Locator, expect

from tests.browser.conftest import OpenPage
from tests.browser.desk import Corpus, Desk, Shown
from tests.cast import NEWS, FakeSuggester

pytestmark = pytest.mark.browser


@pytest.fixture
def phone(open_page: OpenPage, corpus: Corpus) -> Desk:
    """The cast's article on a phone."""
    [suggestions] = FakeSuggester().suggest([NEWS])
    corpus.add(NEWS, *suggestions)
    page = open_page(viewport={"width": 390, "height": 740}, has_touch=True, is_mobile=True)
    return Desk(page, corpus).open()


def finger(desk: Desk) -> CDPSession:
    return desk.page.context.new_cdp_session(desk.page)


def draw(desk: Desk, handle: Locator, to: Locator, share: float) -> None:
    """Draw a handle with a finger to a share of the width of some words."""
    box, there = handle.bounding_box(), to.bounding_box()
    assert box is not None
    assert there is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    to_x = there["x"] + there["width"] * share
    touch = finger(desk)
    for kind, points in (
        ("touchStart", [{"x": x, "y": y}]),
        ("touchMove", [{"x": (x + to_x) / 2, "y": y}]),
        ("touchMove", [{"x": to_x, "y": y}]),
        ("touchEnd", []),
    ):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_a_tap_opens_the_card_at_the_foot_and_its_buttons_are_large_enough(phone: Desk) -> None:
    phone.mark("Ines Okafor").tap()
    card = phone.page.locator("#float")
    expect(card).to_be_visible()
    box = card.bounding_box()
    assert box is not None
    assert (box["x"], box["width"]) == (0, 390)
    for button in card.get_by_role("button").all():
        size = button.bounding_box()
        assert size is not None
        assert size["height"] >= 24, button.text_content()
    card.get_by_role("button", name="ORG").tap()
    phone.saved().has_current("Ines Okafor", "ORG")
    assert phone.corpus.stored() == [Shown("Ines Okafor", "ORG", "changed")]


@pytest.mark.parametrize(
    ("button", "stored"),
    [
        ("Accept", [Shown("Ines Okafor", "PERSON", "accepted")]),
        ("Remove", []),
    ],
)
def test_the_card_accepts_and_removes(phone: Desk, button: str, stored: list[Shown]) -> None:
    phone.mark("Ines Okafor").tap()
    phone.page.locator("#float").get_by_role("button", name=button).tap()
    phone.saved()
    assert phone.corpus.stored() == stored


def test_an_edge_is_moved_by_the_card_while_it_stays_open(phone: Desk) -> None:
    phone.mark("Ines Okafor").tap()
    start = phone.page.locator("#float").get_by_role("group", name="Start")
    start.get_by_role("button", name="One word earlier").tap()
    phone.has_current("Mayor Ines Okafor")
    start.get_by_role("button", name="One word later").tap()
    phone.saved().has_current("Ines Okafor")
    expect(phone.page.locator("#float")).to_be_visible()


def test_the_same_text_is_decided_alike_with_two_taps(phone: Desk) -> None:
    phone.mark("Okafor").tap()
    card = phone.page.locator("#float")
    card.get_by_role("button", name="ORG").tap()
    card.get_by_role("button", name="All the same").tap()
    phone.saved()
    okafors = [one for one in phone.corpus.stored() if one.text == "Okafor"]
    assert okafors == [Shown("Okafor", "ORG", "changed")] * 2


def test_words_that_a_finger_selected_are_marked_by_a_tap_on_a_label(phone: Desk) -> None:
    # A long press and the system's own handles change the selection and tell of nothing else.
    phone.page.evaluate(
        """() => {
          const texts = document.createTreeWalker(document.getElementById("blocks"), 4);
          while (!texts.currentNode.data?.includes("thanked")) texts.nextNode();
          const text = texts.currentNode;
          const at = text.data.indexOf("thanked");
          getSelection().setBaseAndExtent(text, at + 2, text, at + 5);
        }"""
    )
    card = phone.page.get_by_label("Selected words")
    expect(card).to_be_visible()
    assert phone.selected() == "thanked"
    card.get_by_role("button", name="EVENT").tap()
    phone.saved()
    assert phone.corpus.stored() == [Shown("thanked", "EVENT", "added")]


def test_a_handle_is_drawn_with_a_finger(phone: Desk) -> None:
    phone.mark("Ines Okafor").tap()
    end = phone.page.locator('.handle[data-edge="end"]')
    expect(end).to_be_visible()
    draw(phone, end, phone.mark("Ines Okafor"), 0.1)
    phone.saved().has_current("Ines")
    assert phone.corpus.stored() == [Shown("Ines", "PERSON", "changed")]

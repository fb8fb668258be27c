"""The whole job at the desk: how many keys it takes, and what survives what."""

import pytest
from playwright.sync_api import Page, expect

from annotations.domain.mentions import Mention
from tests.browser.conftest import NO_CONNECTION, Complaints, OpenPage
from tests.browser.desk import Corpus, Desk, Shown
from tests.cast import mark

pytestmark = pytest.mark.browser

PEOPLE = [
    f"{first} {last}"
    for first in ("Ana", "Ben", "Cleo", "Dov", "Eva")
    for last in ("Berg", "Cruz", "Dahl", "Egan", "Frey")
]
LINES = [f"The mayor met {one} at the pier, and the talks went on." for one in PEOPLE]
#: Thirty mentions: 25 right; two false, two with a wrong label, one that ends too early; and a
#: name that the machine missed, three times.
MODEL = "\n\n".join(
    [
        *LINES,
        "She said that may be so, and the council was in may again.",
        "The ferry went from Port Alder to Tern Island under Captain Ines Okafor.",
        "The line belongs to Quayside, and those who know Quayside trust Quayside.",
    ]
)


def modelled() -> list[Mention]:
    """The machine is unsure of what is wrong, and of two that are right."""
    unsure = {PEOPLE[4]: 0.5, PEOPLE[17]: 0.52}
    right = [mark(MODEL, one, "PERSON", score=unsure.get(one, 0.9)) for one in PEOPLE]
    wrong = [
        mark(MODEL, "may be", "DATE", score=0.3),
        mark(MODEL, "may again", "DATE", score=0.32),
        mark(MODEL, "Port Alder", "PERSON", score=0.4),
        mark(MODEL, "Tern Island", "ORG", score=0.42),
        mark(MODEL, "Ines", "PERSON", score=0.45),
    ]
    return [*right, *wrong]


def test_the_modelled_article_takes_at_most_15_keys_and_no_mouse(
    page: Page, corpus: Corpus
) -> None:
    corpus.add(MODEL, *modelled())
    corpus.add("Another day.\n")
    # A choice that is kept: made once, not per article.
    desk = Desk(page, corpus).open().ordered_by("doubt").open()
    keys = ["x", "x", "3", "Tab", "4", "Tab", "]", "n", "2", "*", "Control+Enter"]
    try:
        desk.press(*keys)
        page.wait_for_url("**/articles/2/review/")
    finally:
        desk.open(2).ordered_by("reading")
    assert len(keys) <= 15
    stored = corpus.stored()
    assert [s.text for s in stored if s.label == "PERSON"] == [*PEOPLE, "Ines Okafor"]
    assert Shown("Port Alder", "GPE", "changed") in stored
    assert Shown("Tern Island", "LOC", "changed") in stored
    assert [s.text for s in stored if s.label == "ORG"] == ["Quayside"] * 3
    assert len(stored) == 31
    assert not [s for s in stored if s.label == "DATE"]


def test_the_same_text_is_counted_before_it_is_decided_alike_and_undone_at_once(
    desk: Desk,
) -> None:
    before = desk.shown()
    desk.press("j", "j", "j").has_current("Okafor").press("2").saved()
    expect(desk.page.locator("#same-count")).to_have_text("1")
    desk.press("*")
    okafors = [s for s in desk.shown() if s.text == "Okafor"]
    assert okafors == [Shown("Okafor", "ORG", "changed")] * 2, "it shows before it is stored"
    desk.saved()
    assert [s for s in desk.corpus.stored() if s.text == "Okafor"] == okafors
    desk.press("u", "u").saved()
    assert desk.shown() == before
    assert desk.corpus.stored() == []


def test_undo_reaches_back_over_a_reload_and_shows_at_once(desk: Desk) -> None:
    before = desk.shown()
    desk.press("2", "Tab", "x").saved()
    desk.open()
    desk.press("u", "u")
    assert desk.shown() == before
    desk.saved()
    assert desk.corpus.stored() == []


def test_a_decision_shows_before_the_server_has_heard_of_it(
    desk: Desk, complaints: Complaints
) -> None:
    complaints.tolerate(NO_CONNECTION)
    desk.page.context.set_offline(True)
    desk.press("2")
    expect(desk.mark("Port Alder")).to_have_attribute("data-label", "ORG")
    desk.has_state("unsaved")
    assert desk.corpus.stored() == []
    desk.page.context.set_offline(False)
    desk.saved()


def test_decisions_without_a_connection_survive_a_reload_and_are_sent_once(
    desk: Desk, complaints: Complaints
) -> None:
    complaints.tolerate(NO_CONNECTION)
    desk.page.on("dialog", lambda dialog: dialog.accept())
    desk.page.route("**/decide/", lambda route: route.abort())
    desk.press("2", "Tab", "x", "Enter").has_state("unsaved")
    desk.page.reload()
    expect(desk.mark("Port Alder")).to_have_attribute("data-label", "ORG")
    desk.has_state("unsaved")
    assert desk.corpus.stored() == []
    desk.page.unroute("**/decide/")
    desk.saved()
    assert desk.corpus.stored() == [
        Shown("Port Alder", "ORG", "changed"),
        Shown("Monday", "DATE", "accepted"),
    ]
    desk.open()
    assert desk.page.evaluate("Object.keys(localStorage).filter(k => k.includes('/review/'))") == []


def test_a_second_tab_catches_up_with_the_first(desk: Desk, open_page: OpenPage) -> None:
    other = Desk(open_page(), desk.corpus).open()
    expect(other.page.locator("#presence")).to_contain_text("another tab", timeout=20_000)
    desk.press("2").saved()
    expect(other.mark("Port Alder")).to_have_attribute("data-label", "ORG", timeout=20_000)
    other.press("4").saved()
    assert desk.corpus.stored() == [Shown("Port Alder", "LOC", "changed")]


def test_a_comment_on_a_mention_is_written_by_key_and_settled(desk: Desk) -> None:
    desk.press("e")
    desk.page.keyboard.type("City or port?")
    desk.page.locator("#comment-send").click()
    thread = desk.page.locator("#comments .thread")
    expect(thread).to_contain_text("City or port?")
    expect(thread).to_contain_text("Port Alder")
    thread.get_by_role("button", name="Settle").click()
    expect(desk.page.locator("#settled-comments")).to_contain_text("1 settled")


def test_an_open_history_goes_along_with_what_is_decided(desk: Desk) -> None:
    desk.press("h")
    history = desk.page.locator("#history")
    expect(history).to_contain_text("Nothing has been decided yet")
    desk.article.focus()
    desk.press("2").saved()
    expect(history.locator("li[data-revision]")).to_have_count(2)
    desk.press("Tab", "x").saved()
    expect(history.locator('li[data-revision="2"]')).to_contain_text("Ines Okafor")
    history.locator('li[data-revision="1"] button').click()
    expect(desk.article).to_be_focused()
    expect(desk.page.locator(".notice[data-kind=warning], .notice[data-kind=error]")).to_have_count(
        0
    )


def test_an_earlier_state_comes_back_from_the_history(desk: Desk) -> None:
    desk.press("2", "Tab", "x").saved()
    desk.press("h")
    history = desk.page.locator("#history")
    expect(history).to_contain_text("Port Alder")
    history.locator('li[data-revision="1"] button').click()
    # The next page is ready for keys once its text has the focus; the button had it here.
    expect(desk.article).to_be_focused()
    expect(desk.mark("Ines Okafor")).to_have_attribute("data-state", "suggested")
    expect(desk.mark("Port Alder")).to_have_attribute("data-label", "ORG")
    desk.press("u").saved()
    expect(desk.mark("Ines Okafor")).to_have_count(0)

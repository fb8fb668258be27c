"""Races, lost connections and ended sessions: the person is told, and nothing is lost."""

import pytest
from playwright.sync_api import Dialog, Route, expect

from tests.browser.conftest import NO_CONNECTION, Complaints, OpenPage, sign_in
from tests.browser.desk import Desk, Shown

pytestmark = pytest.mark.browser


@pytest.fixture
def other(desk: Desk, open_page: OpenPage) -> Desk:
    """The same article, opened by the same person in another browser, which does not catch up."""
    page = open_page()
    page.route("**/presence/", lambda route: route.fulfill(status=204))
    return Desk(page, desk.corpus).open()


def statuses(desk: Desk) -> list[int]:
    """Collects the answers to decisions from here on."""
    heard: list[int] = []
    desk.page.on(
        "response",
        lambda response: heard.append(response.status) if "/decide/" in response.url else None,
    )
    return heard


def hold(desk: Desk) -> list[Route]:
    """Holds the next decision on its way to the server: it is in the list then."""
    held: list[Route] = []

    def keep(route: Route) -> None:
        held.append(route)

    desk.page.route("**/decide/", keep, times=1)
    return held


def test_whoever_comes_second_is_told_and_overwrites_nothing(
    desk: Desk, other: Desk, complaints: Complaints
) -> None:
    complaints.tolerate("status of 409")
    desk.press("2").saved()
    other.press("4").has_state("conflict")
    expect(other.notices).to_contain_text("Nothing was overwritten")
    expect(other.notices).to_contain_text("“Port Alder”: label it LOC")
    expect(other.notices).to_contain_text("“Port Alder” ORG, changed")
    expect(other.notices.locator(".notice")).to_be_in_viewport(ratio=1)
    other.has_current("Port Alder", "ORG")
    assert desk.corpus.stored() == [Shown("Port Alder", "ORG", "changed")]


def test_after_a_lost_race_the_next_decision_counts(
    desk: Desk, other: Desk, complaints: Complaints
) -> None:
    complaints.tolerate("status of 409")
    desk.press("2").saved()
    other.press("4").has_state("conflict").press("4").saved()
    expect(other.notices).to_be_empty()
    assert desk.corpus.stored() == [Shown("Port Alder", "LOC", "changed")]


def test_what_was_decided_after_the_lost_race_is_told_to_be_lost_too(
    desk: Desk, other: Desk, complaints: Complaints
) -> None:
    complaints.tolerate("status of 409")
    desk.press("2").saved()
    held = hold(other)
    other.press("Enter", "Enter", "Enter")
    while not held:
        other.page.wait_for_timeout(20)
    held[0].continue_()
    other.has_state("conflict")
    expect(other.notices).to_contain_text("2 more that you decided after it were not stored")
    assert desk.corpus.stored() == [Shown("Port Alder", "ORG", "changed")]


def test_without_a_connection_decisions_wait_and_are_sent_once(
    desk: Desk, complaints: Complaints
) -> None:
    complaints.tolerate(NO_CONNECTION)
    answers = statuses(desk)
    desk.page.context.set_offline(True)
    desk.press("Enter", "2").has_state("unsaved").press("]")
    expect(desk.save_state).to_have_text("Not saved – no connection, 3 waiting")
    assert desk.corpus.stored() == []
    desk.page.context.set_offline(False)
    desk.saved()
    assert answers == [200, 200, 200]
    assert desk.corpus.stored() == [
        Shown("Port Alder", "GPE", "accepted"),
        Shown("Ines Okafor opened", "ORG", "changed"),
    ]


def test_a_decision_whose_answer_was_lost_is_no_conflict(
    desk: Desk, complaints: Complaints
) -> None:
    complaints.tolerate(NO_CONNECTION)

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    desk.page.route("**/decide/", lose_the_answer)
    desk.press("x").has_state("unsaved")
    desk.page.unroute("**/decide/")
    desk.saved()
    assert "Port Alder" not in [shown.text for shown in desk.shown()]
    desk.press("u").saved().has_current("Port Alder")


def test_a_server_that_does_not_answer_counts_as_gone(desk: Desk, complaints: Complaints) -> None:
    complaints.tolerate(NO_CONNECTION)
    held = hold(desk)
    desk.press("Enter")
    expect(desk.save_state).to_have_text("Saving…")
    expect(desk.save_state).to_have_attribute("data-state", "unsaved", timeout=12_000)
    desk.saved()
    assert len(held) == 1
    assert desk.corpus.stored() == [Shown("Port Alder", "GPE", "accepted")]


def test_an_error_of_the_server_is_told_and_the_decision_kept(
    desk: Desk, complaints: Complaints
) -> None:
    complaints.tolerate("status of 503|^503 |htmx:responseError|Response Status Error Code 503")
    desk.page.route("**/decide/", lambda route: route.fulfill(status=503))
    desk.press("Enter").has_state("unsaved")
    expect(desk.save_state).to_contain_text("the server answered 503")
    desk.page.unroute("**/decide/")
    desk.saved()
    assert desk.corpus.stored() == [Shown("Port Alder", "GPE", "accepted")]


def test_a_session_that_ended_is_told_and_decisions_are_sent_after_signing_in(
    desk: Desk, complaints: Complaints
) -> None:
    context = desk.page.context
    # Signing in again renews the token that forms are checked by: the page has to notice.
    context.clear_cookies(name="sessionid")
    complaints.tolerate("status of 403|htmx:responseError|Response Status Error Code 403")
    desk.press("Enter", "x").has_state("unsaved")
    sign_in(context.new_page(), desk.corpus.site)
    desk.saved()
    assert desk.corpus.stored() == [Shown("Port Alder", "GPE", "accepted")]
    assert "Ines Okafor" not in [shown.text for shown in desk.shown()]


def test_somebody_signed_out_is_asked_to_sign_in_elsewhere(desk: Desk) -> None:
    context = desk.page.context
    context.clear_cookies(name="sessionid")
    desk.press("Enter").has_state("unsaved")
    expect(desk.save_state).to_have_text("Not saved – signed out, 1 waiting")
    expect(desk.notices).to_contain_text("Sign in again in another tab")
    sign_in(context.new_page(), desk.corpus.site)
    desk.saved()
    expect(desk.notices).to_be_empty()
    assert desk.corpus.stored() == [Shown("Port Alder", "GPE", "accepted")]


def test_leaving_with_decisions_unsaved_asks_first(desk: Desk, complaints: Complaints) -> None:
    complaints.tolerate(NO_CONNECTION)
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    desk.page.on("dialog", stay)
    desk.page.context.set_offline(True)
    desk.press("Enter").has_state("unsaved")
    desk.page.get_by_role("link", name="Articles").first.click(no_wait_after=True)
    desk.page.wait_for_timeout(200)
    assert asked == ["beforeunload"]
    desk.page.context.set_offline(False)
    desk.saved()
    assert desk.corpus.stored() == [Shown("Port Alder", "GPE", "accepted")]

"""Races, lost connections and ended sessions: the person is told, and nothing is lost."""

import re

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
    expect(other.notices).to_contain_text("What you decided after it was not stored either: 2 more")
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
    complaints.tolerate("status of 405")
    complaints.tolerate("status of 403|htmx:responseError|Response Status Error Code 403")
    desk.press("Enter", "x").has_state("unsaved")
    sign_in(context.new_page(), desk.corpus.site)
    desk.saved()
    assert desk.corpus.stored() == [Shown("Port Alder", "GPE", "accepted")]
    assert "Ines Okafor" not in [shown.text for shown in desk.shown()]


def test_somebody_signed_out_is_asked_to_sign_in_elsewhere(
    desk: Desk, complaints: Complaints
) -> None:
    # Sent before and led to the log-in page after signing in, a request is led back by GET.
    complaints.tolerate("status of 40[35]|htmx:responseError|Response Status Error Code 403")
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


@pytest.mark.slow
def test_a_minute_without_a_connection_loses_nothing(desk: Desk, complaints: Complaints) -> None:
    complaints.tolerate(NO_CONNECTION)
    answers = statuses(desk)
    desk.page.context.set_offline(True)
    desk.press("2", "Tab").has_state("unsaved")
    desk.page.wait_for_timeout(30_000)
    desk.press("Enter", "x")
    desk.page.wait_for_timeout(31_000)
    desk.press("u")
    expect(desk.save_state).to_have_text("Not saved – no connection, 4 waiting")
    assert desk.corpus.stored() == []
    desk.page.context.set_offline(False)
    desk.saved()
    assert answers == [200, 200, 200]
    assert desk.corpus.stored() == [
        Shown("Port Alder", "ORG", "changed"),
        Shown("Ines Okafor", "PERSON", "accepted"),
    ]


@pytest.mark.slow
def test_200_races_for_one_mention_have_one_winner_each_who_is_stored(
    desk: Desk, other: Desk, complaints: Complaints
) -> None:
    complaints.tolerate("status of 409")
    desk.page.route("**/presence/", lambda route: route.fulfill(status=204))
    answers = statuses(desk), statuses(other)
    for n in range(200):
        desk.press("12"[n % 2])
        other.press("45"[n % 2])
        for one in (desk, other):
            expect(one.save_state).to_have_attribute("data-state", re.compile("saved|conflict"))
        told = [one.save_state.get_attribute("data-state") for one in (desk, other)]
        assert sorted(told, key=str) == ["conflict", "saved"]
        assert desk.current.get_attribute("data-label") == other.current.get_attribute("data-label")
    assert sorted(answers[0] + answers[1]) == [200] * 200 + [409] * 200
    assert [one.article.get_attribute("data-revision") for one in (desk, other)] == ["200"] * 2
    shown = desk.shown()[0]
    assert desk.corpus.stored() == [shown]
    desk.open()
    assert desk.shown()[0] == shown


def test_who_comes_back_sees_what_was_decided_meanwhile_and_decides_on_that(
    desk: Desk, other: Desk
) -> None:
    answers = statuses(desk)
    desk.press("2").saved()
    desk.page.get_by_role("link", name="Articles").first.click()
    desk.page.wait_for_url("**/articles/")
    other.page.reload()
    expect(other.article).to_be_focused()
    other.press("k").has_current("Port Alder").press("4", "Tab", "x").saved()
    desk.page.go_back()
    expect(desk.article).to_be_focused()
    expect(desk.mark("Port Alder")).to_have_attribute("data-label", "LOC")
    expect(desk.mark("Ines Okafor")).to_have_count(0)
    desk.press("Tab", "Tab", "Enter").saved()
    assert 409 not in answers
    assert desk.corpus.stored()[0] == Shown("Port Alder", "LOC", "changed")
    assert len(desk.corpus.stored()) == 2


def test_a_comment_half_written_outlives_a_session_that_ends(
    desk: Desk, complaints: Complaints
) -> None:
    # Signing in made a new token; until the page is loaded anew its own one is refused.
    complaints.tolerate("status of 40[35]|htmx:responseError|Response Status Error Code 403")
    context = desk.page.context
    desk.press("e")
    desk.page.keyboard.type("City or port? And why")
    context.clear_cookies(name="sessionid")
    desk.page.locator("#comment-send").click()
    expect(desk.notices).to_contain_text("Sign in again in another tab")
    written = desk.page.get_by_label("Your comment")
    expect(written).to_have_value("City or port? And why")
    sign_in(context.new_page(), desk.corpus.site)
    desk.page.reload()
    expect(written).to_have_value("City or port? And why")
    written.focus()
    desk.page.locator("#comment-send").click()
    expect(desk.page.locator("#comments .thread")).to_contain_text("City or port? And why")
    expect(written).to_have_value("")


def test_whoever_leaves_is_gone_at_once_for_those_who_stay(desk: Desk, open_page: OpenPage) -> None:
    other = Desk(open_page(), desk.corpus).open()
    here = desk.page.locator("#presence")
    expect(here).to_contain_text("another tab", timeout=20_000)
    other.page.goto(desk.corpus.address)
    desk.page.reload()
    desk.page.wait_for_timeout(1500)
    expect(here).to_be_empty()

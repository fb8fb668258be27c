"""A real Chromium before the real site; whatever it complains of fails the test."""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect, sync_playwright

from tests.browser.desk import Corpus, Desk
from tests.browser.site import OTHER_HOST, Site, running_site
from tests.cast import NEWS, FakeSuggester

#: How long a page may take on a machine that has other things to do; nothing waits that long
#: without a reason.
SLOW_MACHINE_MS = 30_000
expect.set_options(timeout=SLOW_MACHINE_MS / 2)
#: What the browser says of requests that found no server; htmx repeats it in its own words.
NO_CONNECTION = r"net::ERR_|^htmx:(afterRequest|sendError|timeout)"


@dataclass
class Complaints:
    """What the browser complained of; a test says which complaints belong to its story."""

    heard: list[str] = field(default_factory=list)
    tolerated: list[str] = field(default_factory=list)

    def tolerate(self, pattern: str) -> None:
        """Complaints that match belong to the story."""
        self.tolerated.append(pattern)

    def listen(self, context: BrowserContext) -> None:
        context.on("console", lambda m: self.heard.append(m.text) if m.type == "error" else None)
        context.on("weberror", lambda error: self.heard.append(str(error.error)))
        context.on(
            "response",
            lambda r: self.heard.append(f"{r.status} {r.url}") if r.status >= 500 else None,
        )

    @property
    def serious(self) -> list[str]:
        return [said for said in self.heard if not any(re.search(p, said) for p in self.tolerated)]


class OpenPage(Protocol):
    """Opens a tab in a browser session of its own; the options are Playwright's."""

    def __call__(self, *, signed_in: bool = True, **options: Any) -> Page: ...


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site under test, one for each process that runs tests."""
    with running_site(tmp_path_factory.mktemp("site")) as site:
        yield site


# Not for the whole session: while Playwright runs, its event loop stands in the way of tests of
# other packages that use the database.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    names = ("chromium", "google-chrome", "google-chrome-stable")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.fail("No Chromium was found. Name one in CHROMIUM.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found,
            args=["--no-sandbox", f"--host-resolver-rules=MAP {OTHER_HOST} 127.0.0.1"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def session(chromium: Browser, site: Site) -> StorageState:
    """What the browser keeps once the site's owner has signed in."""
    context = chromium.new_context()
    sign_in(context.new_page(), site)
    state = context.storage_state()
    context.close()
    return state


def sign_in(page: Page, site: Site, address: str = "") -> None:
    """Sign in as the site's owner; ``address`` is another of the site's addresses."""
    page.goto(f"{address or site.address}/accounts/login/")
    page.get_by_label("Username").fill(site.user)
    page.get_by_label("Password").fill(site.password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/corpora/")


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    complaints = Complaints()
    yield complaints
    assert complaints.serious == []


@pytest.fixture
def open_page(
    chromium: Browser, session: StorageState, complaints: Complaints
) -> Iterator[OpenPage]:
    contexts: list[BrowserContext] = []

    def open_page(*, signed_in: bool = True, **options: Any) -> Page:
        context = chromium.new_context(storage_state=session if signed_in else None, **options)
        context.set_default_timeout(SLOW_MACHINE_MS)
        complaints.listen(context)
        # The browser passes requests through its hands from the start: told to do so only later,
        # it misses what the page sends in the next moment, and a test's route would not see it.
        context.route("**/no-such-address/", lambda route: route.abort())
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """A tab in which the site's owner is signed in."""
    return open_page()


@pytest.fixture
def corpus(site: Site, tmp_path: Path) -> Corpus:
    """A new corpus without articles."""
    return Corpus.make(site, tmp_path)


@pytest.fixture
def desk(page: Page, corpus: Corpus) -> Desk:
    """The review page of the cast's article, with what the cast's machine suggests."""
    [suggestions] = FakeSuggester().suggest([NEWS])
    corpus.add(NEWS, *suggestions)
    return Desk(page, corpus).open()

"""From “Store” to highlights on screen, against the bare pipeline over the same text.

The site runs as ``manage.py serve`` starts it, its own processes and all; this one is the browser:
it signs in, uploads, follows redirects, and asks again as often and as late as the page does.
"""

import http.cookiejar
import re
import secrets
import sys
import time
import urllib.parse
import urllib.request
from functools import partial
from html import unescape

from benchmarks import scratch

scratch.start_site()

from django.conf import settings  # noqa: E402

from annotations.actions.corpora import create_account, create_corpus  # noqa: E402
from annotations.suggesters import load_suggester  # noqa: E402
from annotations.suggesters.spacy_pipeline import SpacyPipeline  # noqa: E402
from benchmarks import texts  # noqa: E402

WORDS = 600
ROUNDS = 30
#: Until the worker has loaded its pipeline, and everything was used once.
WARM_UP = 3
#: What the page asks for next, and after how many milliseconds.
ASKS_AGAIN = re.compile(r'id="awaiting" hx-get="([^"]+)" hx-trigger="load delay:(\d+)ms"')


def main() -> bool:
    password = secrets.token_urlsafe()
    owner = create_account(username="editor", password=password, is_superuser=True)
    create_corpus(slug="c", name="C", owner=owner)
    machine = load_suggester("spacy", settings.SPACY_PIPELINE)
    assert isinstance(machine, SpacyPipeline)
    browser = Browser(scratch.serve())
    browser.sign_in("editor", password)
    floors: list[float] = []
    things: list[float] = []
    whole: list[float] = []
    for seed in range(WARM_UP + ROUNDS):
        text = texts.article(WORDS, seed)
        floors.append(scratch.seconds_of(partial(machine.nlp, text)))
        began = time.perf_counter()
        preview = browser.upload("c", text)
        things.append(scratch.seconds_of(partial(browser.store_and_wait, preview)))
        whole.append(time.perf_counter() - began)
    floors, things, whole = floors[WARM_UP:], things[WARM_UP:], whole[WARM_UP:]
    print(f"one article of {WORDS} words, {machine.identity}")
    print(f"from “Upload” on, with the preview: {scratch.milliseconds(whole)}")
    return scratch.report("“Store” → highlights on screen", floors, things, limit=4)


class Browser:
    """As much of a browser as the upload needs: cookies, forms, redirects, and waiting."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self._cookies)
        )

    def sign_in(self, username: str, password: str) -> None:
        self._get("/accounts/login/")
        page, _ = self._post("/accounts/login/", username=username, password=password)
        assert "Log out" in page

    def upload(self, slug: str, text: str) -> str:
        """Paste a text; the address of its preview."""
        page, preview = self._post(f"/corpora/{slug}/upload/", text=text)
        assert "Store 1 file" in page, page
        return preview

    def store_and_wait(self, preview: str) -> None:
        """Store what a preview shows, and wait as the page does until the highlights are there."""
        page, _ = self._post(f"{preview}store/")
        while 'data-state="suggested"' not in page:
            following = ASKS_AGAIN.search(page)
            assert following is not None, page
            time.sleep(int(following[2]) / 1000)
            page = self._get(unescape(following[1]))

    def _get(self, path: str) -> str:
        with self._opener.open(self._address + path) as response:
            return str(response.read().decode())

    def _post(self, path: str, **values: str) -> tuple[str, str]:
        """The page that the site sends one on to, and its path."""
        token = next(cookie.value for cookie in self._cookies if cookie.name == "csrftoken")
        data = urllib.parse.urlencode({**values, "csrfmiddlewaretoken": token}).encode()
        with self._opener.open(self._address + path, data) as response:
            return response.read().decode(), urllib.parse.urlsplit(response.url).path


if __name__ == "__main__":
    sys.exit(0 if main() else 1)

"""An editor without a browser, and a machine that finds something for them to decide.

To be imported once the site is set up.
"""

import http.client
import http.cookiejar
import json
import re
import time
import urllib.request
import uuid
from collections.abc import Iterable, Iterator
from urllib.parse import urlencode, urlsplit

from annotations.domain.mentions import Mention, MentionState
from annotations.models import Suggestion
from annotations.suggesters.base import Identity
from benchmarks import texts


class Machine:
    """Finds the names that `benchmarks.texts` has put in: some 15 in 100 words."""

    identity = Identity("benchmark", "1", "0" * 64)
    labels = ("PERSON", "ORG", "GPE")

    def __init__(self) -> None:
        self._names = {
            **dict.fromkeys(texts.PEOPLE, "PERSON"),
            **dict.fromkeys(texts.BODIES, "ORG"),
            **dict.fromkeys(texts.PLACES, "GPE"),
        }
        self._pattern = re.compile("|".join(sorted(self._names, key=len, reverse=True)))

    def suggest(self, articles: Iterable[str]) -> Iterator[list[Mention]]:
        for text in articles:
            yield [
                Mention(*m.span(), self._names[m.group()], MentionState.SUGGESTED, 0.75)
                for m in self._pattern.finditer(text)
            ]


class Editor:
    """A correction without a browser: one connection, kept open as a browser keeps its own."""

    def __init__(self, address: str, username: str, password: str, numbers: Iterable[int]) -> None:
        """Sign in to correct the articles of these numbers, in the corpus "c"."""
        cookies = http.cookiejar.CookieJar()
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
        opener.open(f"{address}/accounts/login/").close()
        token = next(c.value for c in cookies if c.name == "csrftoken")
        form = {"username": username, "password": password, "csrfmiddlewaretoken": token}
        opener.open(f"{address}/accounts/login/", urlencode(form).encode()).close()
        values = {c.name: c.value for c in cookies}
        self._headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in values.items()),
            "X-CSRFToken": str(values["csrftoken"]),
            "HX-Request": "true",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        self._connection = http.client.HTTPConnection(urlsplit(address).netloc)
        # Read now: the browser's driver keeps the database from being asked later on.
        rows = Suggestion.objects.select_related("label", "run__article").order_by("start")
        self._mentions: dict[int, list[str]] = {}
        for s in rows.filter(
            run__article__corpus__slug="c", run__article__number__in=list(numbers)
        ):
            names = self._mentions.setdefault(s.run.article.number, [])
            names.append(f"{s.start}-{s.end}-{s.label.name}")

    def open(self, number: int) -> None:
        """Take an article on, from its first suggestion."""
        self._path = f"/corpora/c/articles/{number}/review/decide/"
        self._waiting = self._mentions[number]
        self._revision = 0

    def correct(self) -> float:
        """Milliseconds until the fragment of one accepted suggestion is there."""
        values = {
            "act": "accept",
            "mention": self._waiting.pop(0),
            "revision": self._revision,
            "client_key": uuid.uuid4().hex,
        }
        time.sleep(0.03)
        began = time.perf_counter()
        self._connection.request("POST", self._path, urlencode(values), self._headers)
        response = self._connection.getresponse()
        response.read()
        took = time.perf_counter() - began
        assert response.status == 200, response.status
        said = json.loads(response.headers["HX-Trigger"])["annotations:decided"]
        self._revision = said["revision"]
        return took * 1000

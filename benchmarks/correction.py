"""A correction's POST until its fragment is there, against a view that does one UPDATE."""

import json
import sys
import uuid
from urllib.parse import urlencode

from benchmarks import scratch

scratch.start_site()

from django.test import Client  # noqa: E402

from annotations.actions.articles import store_article  # noqa: E402
from annotations.actions.corpora import create_account, create_corpus  # noqa: E402
from annotations.actions.suggest import suggest_waiting  # noqa: E402
from annotations.domain.articles import ArticleDraft  # noqa: E402
from annotations.domain.zoning import find_zones  # noqa: E402
from annotations.models import Suggestion  # noqa: E402
from benchmarks import texts  # noqa: E402

ROUNDS = 200
#: How htmx sends a form.
FORM = "application/x-www-form-urlencoded"


def main() -> bool:
    user = create_account(username="editor", password=None, is_superuser=True)
    corpus = create_corpus(slug="c", name="C", owner=user)
    text = texts.article(6000)
    draft = ArticleDraft(text=text, zones=find_zones(text))
    article = store_article(corpus=corpus, draft=draft, user=user)
    assert article is not None
    suggest_waiting()
    waiting = [
        f"{s.start}-{s.end}-{s.label.name}"
        for s in Suggestion.objects.select_related("label").order_by("start")
    ]
    assert len(waiting) > ROUNDS + 10, len(waiting)
    client = Client()
    client.force_login(user)
    address = f"/corpora/c/articles/{article.number}/review/decide/"
    revision = 0

    def correct() -> None:
        nonlocal revision
        values = {
            "act": "accept",
            "mention": waiting.pop(0),
            "revision": revision,
            "client_key": uuid.uuid4().hex,
        }
        response = client.post(address, urlencode(values), FORM, headers={"HX-Request": "true"})
        assert response.status_code == 200, response.content
        revision = json.loads(response.headers["HX-Trigger"])["annotations:decided"]["revision"]

    def floor() -> None:
        assert client.post("/floor/", "", FORM).status_code == 200

    floors, things = scratch.in_turn(floor, correct, rounds=ROUNDS)
    return scratch.report("correction POST → fragment", floors, things, limit=5)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)

"""The pages of a corpus of a million mentions, against the same pages of one of a few thousand."""

import sys
import time

from benchmarks import scratch

scratch.start_site()

from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from annotations.actions.corpora import create_account  # noqa: E402
from benchmarks import big_corpus  # noqa: E402

BIG = 25_000
SMALL = 100
ROUNDS = 100
LIMIT = 1.3


def main() -> bool:
    user = create_account(username="editor", password=None, is_superuser=True)
    began = time.perf_counter()
    for slug, articles in (("small", SMALL), ("big", BIG)):
        big_corpus.make(slug, articles, user)
    big_corpus.analyse()
    print(f"{BIG:,} articles, {BIG * big_corpus.MENTIONS:,} suggestions", end="; ")
    print(f"made in {time.perf_counter() - began:.0f} s")
    client = Client()
    client.force_login(user)
    kept = [_measured(client, *page) for page in _pages()]
    return all(kept)


def _pages() -> list[tuple[str, str, str]]:
    """Each page's name, and its addresses in the small corpus and in the big one."""
    waiting = 0.8  # of the way through the corpus
    return [
        ("article list", "/corpora/small/articles/", "/corpora/big/articles/"),
        ("corpus page", "/corpora/small/", "/corpora/big/"),
        (
            "review page",
            f"/corpora/small/articles/{SMALL * waiting:.0f}/review/",
            f"/corpora/big/articles/{BIG * waiting:.0f}/review/",
        ),
    ]


def _measured(client: Client, name: str, small: str, big: str) -> bool:
    def get(address: str) -> None:
        assert client.get(address).status_code == 200

    queries = []
    for address in (small, big):
        with CaptureQueriesContext(connection) as captured:
            get(address)
        queries.append(len(captured))
    floors, things = scratch.in_turn(lambda: get(small), lambda: get(big), rounds=ROUNDS)
    print(f"{queries[0]} queries in the small corpus, {queries[1]} in the big one")
    fast = scratch.report(f"{name}, big corpus", floors, things, limit=LIMIT)
    return fast and queries[0] == queries[1]


if __name__ == "__main__":
    sys.exit(0 if main() else 1)

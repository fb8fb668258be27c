"""Importing annotated JSON Lines, against the least that has to be done for the same articles.

That is the sum of parsing the lines, splitting the texts into tokens, and writing the same rows
with `executemany` (on PostgreSQL: COPY) into bare tables.
"""

import json
import sys
import time

from benchmarks import scratch

scratch.start_site()

from django.db import connection, transaction  # noqa: E402

from annotations.actions.corpora import create_account, create_corpus  # noqa: E402
from annotations.actions.upload import import_files  # noqa: E402
from annotations.formats.base import Source  # noqa: E402
from annotations.models import Block, Corpus, Suggestion  # noqa: E402
from annotations.suggesters.tokens import tokenize  # noqa: E402
from benchmarks import texts  # noqa: E402

ARTICLES = 300
WORDS = 600
MENTIONS = 40
ROUNDS = 3


def main() -> bool:
    user = create_account(username="editor", password=None, is_superuser=True)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bare_text (id INTEGER, body TEXT)")
        cursor.execute(
            "CREATE TABLE bare_block (id INTEGER, place INTEGER, a INTEGER, b INTEGER, tokens TEXT)"
        )
        cursor.execute("CREATE TABLE bare_span (id INTEGER, a INTEGER, b INTEGER, quote TEXT)")
    floors, things = [], []
    for seed in range(ROUNDS + 1):
        # A corpus of its own for each round, since a text is stored once.
        data = texts.annotated(ARTICLES, words=WORDS, mentions=MENTIONS, seed=seed * ARTICLES)
        corpus = create_corpus(slug=f"c{seed}", name="C", owner=user)
        floor = scratch.seconds_of(lambda data=data: bare(data))
        thing = scratch.seconds_of(lambda data=data, corpus=corpus: imported(data, corpus))
        if seed:
            floors.append(floor)
            things.append(thing)
    blocks = Block.objects.filter(article__corpus=corpus).count()
    mentions = Suggestion.objects.filter(run__article__corpus=corpus).count()
    print(f"{ARTICLES} articles, {blocks} blocks, {mentions} mentions a round")
    return scratch.report("import of JSON Lines", floors, things, limit=0.3, at_least=True)


def bare(data: bytes) -> None:
    articles, blocks, spans = [], [], []
    for number, line in enumerate(data.splitlines()):
        record = json.loads(line)
        text = record["text"]
        articles.append((number, text))
        tokens = tokenize(text, "en")
        place = 0
        for paragraph in text.split("\n\n"):
            end = place + len(paragraph)
            flat = [offset - place for a, b in tokens if place <= a < end for offset in (a, b)]
            blocks.append((number, place, place, end, json.dumps(flat)))
            place = end + 2
        spans += [(number, s["start"], s["end"], s["text"]) for s in record["spans"]]
    with transaction.atomic(), connection.cursor() as cursor:
        for table, rows in (("bare_text", articles), ("bare_block", blocks), ("bare_span", spans)):
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
            else:
                marks = ", ".join(["%s"] * len(rows[0]))
                cursor.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608


def imported(data: bytes, corpus: Corpus) -> None:
    total = import_files(
        corpus=corpus,
        sources=[Source("corpus.jsonl", data)],
        user=None,
        layer="suggestions",
        on_file=lambda *_: None,
    )
    assert total["stored"] == ARTICLES, total


if __name__ == "__main__":
    began = time.perf_counter()
    kept = main()
    print(f"{time.perf_counter() - began:.0f} s in all")
    sys.exit(0 if kept else 1)

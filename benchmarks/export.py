"""Every writer against the least that has to be done for the same articles.

That is a bare `json.dumps` of each article's lossless record, and for the DocBin bare tokenisation
and a bare DocBin of the same texts. The things read the database, too. With names of formats as
arguments only those are measured; with ``memory`` the JSON Lines export's peak memory at 1,000 and
at 25,000 articles.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import scratch

scratch.start_site()

from django.conf import settings  # noqa: E402

from annotations.actions.corpora import create_account  # noqa: E402
from annotations.actions.export import GOLD, Selection, write_corpus  # noqa: E402
from annotations.formats import writers  # noqa: E402
from annotations.models import Corpus  # noqa: E402
from benchmarks import big_corpus  # noqa: E402

ARTICLES = 300
ROUNDS = 9
#: The least share of the floor's speed.
LIMITS = {"jsonl": 0.3, "spacy": 0.5}
USUAL_LIMIT = 0.1
#: Made of others: it has no floor of its own.
LEFT_OUT = frozenset({"package"})
FEW, MANY = 1_000, 25_000
MEMORY_LIMIT = 1.2


def main(arguments: list[str]) -> bool:
    if arguments[:1] == ["memory"]:
        return _memory()
    if arguments[:1] == ["peak"]:
        print(_peak(int(arguments[1])))
        return True
    corpus = _corpus(ARTICLES)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder)
        _export(corpus, "jsonl", target / "floor")
        lines = (target / "floor.jsonl").open(encoding="utf-8")
        records = [json.loads(line) for line in lines]
        finished = [record for record in records if record["status"] == "finished"]
        kept = [
            _measured(corpus, name, target, records, finished)
            for name in arguments or [name for name in writers() if name not in LEFT_OUT]
        ]
    return all(kept)


def _measured(
    corpus: Corpus,
    name: str,
    target: Path,
    records: list[dict[str, Any]],
    finished: list[dict[str, Any]],
) -> bool:
    def dumps() -> None:
        with (target / "bare.jsonl").open("w", encoding="utf-8") as stream:
            for record in records:
                stream.write(json.dumps(record, ensure_ascii=False) + "\n")

    floor: Callable[[], None] = dumps
    if name == "spacy":
        floor = lambda: _docbin(finished, target)  # noqa: E731
    floors, things = scratch.in_turn(
        floor, lambda: _export(corpus, name, target / name), rounds=ROUNDS, warm_up=1
    )
    limit = LIMITS.get(name, USUAL_LIMIT)
    return scratch.report(f"export as {name}", floors, things, limit=limit, at_least=True)


def _corpus(articles: int) -> Corpus:
    user = create_account(username="editor", password=None, is_superuser=True)
    return big_corpus.make("c", articles, user)


def _export(corpus: Corpus, name: str, place: Path) -> None:
    target = place.with_suffix(writers()[name].suffix)
    write_corpus(corpus=corpus, format_name=name, target=target, selection=Selection(GOLD))


def _docbin(records: list[dict[str, Any]], target: Path) -> None:
    import spacy
    from spacy.tokens import DocBin

    tokenize = spacy.blank("en").tokenizer
    packed = DocBin(attrs=("ENT_IOB", "ENT_TYPE"))
    for record in records:
        packed.add(tokenize(record["text"]))
    packed.to_disk(target / "bare.spacy")


def _memory() -> bool:
    peaks = []
    for articles in (FEW, MANY):
        run = [sys.executable, "-m", "benchmarks.export", "peak", str(articles)]
        began = time.perf_counter()
        said = subprocess.run(run, capture_output=True, text=True, check=True).stdout
        peaks.append(int(re.findall(r"^\d+$", said, re.MULTILINE)[-1]))
        print(f"{articles:,} articles: {peaks[-1] // 1024} MB, {time.perf_counter() - began:.0f} s")
    few, many = peaks
    rows = (f"{few // 1024} MB at {FEW:,} articles", f"{many // 1024} MB at {MANY:,} articles")
    return scratch.verdict(
        "memory of the JSON Lines export", few, many, many / few, rows, limit=MEMORY_LIMIT
    )


def _peak(articles: int) -> int:
    """The most memory, in kB, of a process that exports so many articles and does nothing else.

    Linux only: it says so itself, since what ``wait`` says of a child holds its parent's memory.
    """
    _corpus(articles)
    with tempfile.TemporaryDirectory() as folder:
        said = subprocess.run(
            [sys.executable, "-c", _EXPORT, str(Path(folder) / "all.jsonl")],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "newsroom.settings"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    return int(said.split()[-1])


_EXPORT = """
import pathlib, re, sys
import django
from django.core.management import call_command
django.setup()
call_command("export_corpus", "c", format="jsonl", output=pathlib.Path(sys.argv[1]))
print(re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1])
"""


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1:]) else 1)

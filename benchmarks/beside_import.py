"""Corrections while a long annotated file is imported, against those of the idle site.

The site runs as ``manage.py serve`` starts it; the import is a process of its own and brings its
articles into the very corpus that is corrected.
"""

import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import scratch

scratch.start_site()

from django.conf import settings  # noqa: E402

from annotations.actions import suggest  # noqa: E402
from annotations.actions.articles import store_article  # noqa: E402
from annotations.actions.corpora import create_account, create_corpus  # noqa: E402
from annotations.domain.articles import ArticleDraft  # noqa: E402
from annotations.domain.zoning import find_zones  # noqa: E402
from annotations.models import Article  # noqa: E402
from benchmarks import texts  # noqa: E402
from benchmarks.editor import Editor, Machine  # noqa: E402

#: Articles that are imported, and corrections made before and again after it.
ARTICLES = 3_000
IDLE = 150


def main() -> bool:
    password = secrets.token_urlsafe()
    user = create_account(username="editor", password=password, is_superuser=True)
    corpus = create_corpus(slug="c", name="C", owner=user)
    suggest.load_suggester = lambda *_args: Machine()  # type: ignore[assignment, return-value]
    text = texts.article(24_000, seed=0)
    store_article(corpus=corpus, draft=ArticleDraft(text=text, zones=find_zones(text)), user=user)
    suggest.suggest_waiting()
    editor = Editor(scratch.serve(), "editor", password, [1])
    editor.open(1)
    for _ in range(20):
        editor.correct()
    idle = [editor.correct() for _ in range(IDLE)]
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as file:
        file.write(texts.annotated(ARTICLES, words=600, mentions=40, seed=1))
        file.flush()
        command = [sys.executable, "manage.py", "import_corpus", "c", file.name]
        importing = subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.DEVNULL)
        meanwhile = []
        while importing.poll() is None:
            meanwhile.append(editor.correct())
        assert importing.returncode == 0, importing.returncode
    idle += [editor.correct() for _ in range(IDLE)]
    stored = Article.objects.filter(corpus=corpus).count() - 1
    print(
        f"{Path(__file__).stem}: {stored} articles stored; {len(meanwhile)} corrections meanwhile,"
    )
    print(f"  the slowest of them {max(meanwhile):.0f} ms, of the idle ones {max(idle):.0f} ms")
    floor, thing = scratch.p95(idle), scratch.p95(meanwhile)
    rows = tuple(scratch.milliseconds([ms / 1000 for ms in some]) for some in (idle, meanwhile))
    return scratch.verdict(
        "corrections beside an import, p95",
        floor / 1000,
        thing / 1000,
        thing / floor,
        (rows[0], rows[1]),
        limit=3,
    )


if __name__ == "__main__":
    sys.exit(0 if main() else 1)

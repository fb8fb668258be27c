"""Gunicorn's settings for this site: ``gunicorn --config python:newsroom.web_server``."""

import threading
from typing import Any

wsgi_app = "newsroom.wsgi"
# Threads, since requests wait for the database more than for the interpreter: more of them than
# there are editors who press a key in the same tenth of a second.
worker_class = "gthread"
threads = 16
timeout = 120
# An editor thinks between two keys: the connection is still there for the next one.
keepalive = 75
graceful_timeout = 10
loglevel = "warning"


def post_worker_init(_worker: Any) -> None:
    """Load behind the first pages what the first upload would otherwise wait seconds for."""
    threading.Thread(target=_warm_up, daemon=True).start()


def _warm_up() -> None:
    from annotations.formats import readers
    from annotations.suggesters.tokens import tokenize

    tokenize("The tokenizer is warm.")
    readers()

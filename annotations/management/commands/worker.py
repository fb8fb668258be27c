"""``manage.py worker``: a background worker; any number, on any host that reaches the database."""

import logging
import os
import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from annotations.suggesters import SuggesterMissing, load_suggester

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Works off suggestions, imports and exports until it is stopped (Ctrl-C). Run as many as "
        "you like, on any host that reaches the database; a killed one's work is taken over."
    )

    def handle(self, *_args: object, **_options: Any) -> None:
        threading.Thread(target=_warm_up, daemon=True).start()
        threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
        call_command("dj_queue", mode="async")


def _warm_up() -> None:
    """Load the pipeline before the first article asks for it."""
    try:
        machine = load_suggester("spacy", settings.SPACY_PIPELINE)
        list(machine.suggest(["The pipeline is warm."]))
        logger.info("Suggestions come from %s", machine.identity)
    except SuggesterMissing as missing:
        logger.warning("%s", missing)


def _end_with_parent(parent: int) -> None:
    """Stop when the server that started this worker was killed, so none is left behind."""
    if os.environ.get("NEWSROOM_SERVER") != str(parent):
        return
    while os.getppid() == parent:
        threading.Event().wait(1)
    os.kill(os.getpid(), signal.SIGTERM)

"""Taking turns at SQLite's one write lock, so that a long job never keeps an editor waiting."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import connection, transaction

#: Seconds of writing after which a job lets others write for as long.
SHORT: Final = 0.02
#: No pause lasts longer than this: whoever waits for the lock looks every tenth of a second.
LONG_ENOUGH: Final = 0.2


class Turns:
    """The transactions of one long job: editors get as much time to write as the job took.

    Time in which the job does something else, as while a model reads, counts as theirs. On other
    databases nobody waits for a lock on the whole, so nothing is held back there.
    """

    def __init__(self) -> None:
        self._owed = 0.0
        self._ended = time.monotonic()

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """One transaction, begun when it is this job's turn."""
        self._let_others_write()
        began = time.monotonic()
        try:
            with transaction.atomic():
                # The wait for the lock was no turn of ours.
                began = time.monotonic()
                yield
        finally:
            self._ended = time.monotonic()
            self._owed += self._ended - began

    def _let_others_write(self) -> None:
        self._owed = max(0.0, self._owed - (time.monotonic() - self._ended))
        if connection.vendor == "sqlite" and self._owed > SHORT:
            time.sleep(min(self._owed, LONG_ENOUGH))
            self._owed = 0.0

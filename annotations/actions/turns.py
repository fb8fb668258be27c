"""Taking turns at SQLite's one write lock, so that a long job never keeps an editor waiting."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from django.db import OperationalError, connection, transaction

#: Seconds of writing after which a job lets others write for as long.
SHORT: Final = 0.02
#: No pause lasts longer than this: whoever waits for the lock looks every tenth of a second.
LONG_ENOUGH: Final = 0.2
#: Seconds between two looks at a lock that somebody else holds.
LOOK_EVERY: Final = 0.002


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
            with _begun():
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


@contextmanager
def _begun() -> Iterator[None]:
    """A transaction, however busy editors keep the database.

    SQLite itself looks for its lock ten times a second. Somebody who decides without a pause lets
    go of it for a thousandth of a second each time: that would be missed, again and again, until
    the wait is over and the job fails.
    """
    with ExitStack() as stack:
        if connection.vendor == "sqlite" and not connection.in_atomic_block:
            _enter_soon(stack)
        else:
            stack.enter_context(transaction.atomic())
        yield


def _enter_soon(stack: ExitStack) -> None:
    patience = float(connection.settings_dict["OPTIONS"].get("timeout", 5))
    ends = time.monotonic() + patience
    _set_patience(0)
    try:
        while True:
            try:
                stack.enter_context(transaction.atomic())
            except OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > ends:
                    raise
                time.sleep(LOOK_EVERY)
            else:
                return
    finally:
        _set_patience(patience)


def _set_patience(seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")

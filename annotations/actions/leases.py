"""Keeping a claim alive while its work takes long."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from django.db import DatabaseError, connection, models
from django.db.models.functions import Now

#: Seconds between two renewals; much less than any lease.
RENEWED_EVERY: Final = 2.0


@contextmanager
def kept(
    row: models.Model, lease: timedelta, progress: Callable[[], dict[str, int]] = dict
) -> Iterator[None]:
    """Renew ``row.lease_until`` until the block is left, every two seconds.

    ``progress`` tells what else to write then, by column, for a progress bar.

    It happens in a thread with a connection of its own: the work itself may sit in a transaction
    that only reads. When the process is killed the renewing ends with it, and the lease runs out.
    """
    done = threading.Event()
    manager = type(row)._default_manager

    def renew() -> None:
        while not done.wait(RENEWED_EVERY):
            try:
                manager.filter(pk=row.pk).update(lease_until=Now() + lease, **progress())
            except DatabaseError:
                # A database that is busy now is asked again; one that is gone ends the work too.
                continue
        connection.close()

    thread = threading.Thread(target=renew, name=f"lease of {row}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()

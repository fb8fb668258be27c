"""Reading a corpus as it stood at one moment, while people go on working."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import connection, transaction

#: SQLite's page cache within a snapshot, in KiB. Whoever reads a whole corpus reads each page once:
#: more of them kept make nothing faster, and the memory of an export grow with the corpus.
_CACHE_KIB: Final = 2000


@contextmanager
def snapshot() -> Iterator[None]:
    """Within this block every query sees the database as it was at the first one.

    Nobody is kept from writing meanwhile; nothing may be written here. Inside a transaction that
    is open already, as in tests, that transaction's view is all there is.
    """
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    else:
        # transaction.atomic() would take SQLite's write lock at once; a deferred transaction
        # that only reads takes none.
        with connection.cursor() as cursor:
            [usual] = cursor.execute("PRAGMA cache_size").fetchone()
            cursor.execute(f"PRAGMA cache_size = {-_CACHE_KIB}")
            cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("ROLLBACK")
                cursor.execute(f"PRAGMA cache_size = {usual}")

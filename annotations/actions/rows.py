"""Many rows at once, for the tables that hold a row for every mention."""

from collections.abc import Iterable, Sequence
from itertools import batched, chain
from typing import Final

from django.db import connection
from django.db.models import Model

type Value = int | float | str | None
#: Rows in one statement; databases bound how many values that may hold.
ROWS: Final = 500
#: From so many on, PostgreSQL gets them by COPY: psycopg takes long over so many placeholders.
MANY: Final = 30


def insert(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
    """Add rows with these values, as they are, in the columns of those names.

    A corpus's mentions all pass here, and every correction: bulk_create takes ten times as long,
    most of it for objects that nobody looks at.
    """
    names = ", ".join(connection.ops.quote_name(column) for column in columns)
    target = f"{model._meta.db_table} ({names})"
    row = f"({', '.join(['%s'] * len(columns))})"
    batches = batched(rows, ROWS)
    with connection.cursor() as cursor:
        for batch in batches:
            if len(batch) >= MANY and connection.vendor == "postgresql":
                with cursor.copy(f"COPY {target} FROM STDIN") as copy:
                    for values in chain(batch, chain.from_iterable(batches)):
                        copy.write_row(values)
                return
            cursor.execute(
                f"INSERT INTO {target} VALUES {', '.join([row] * len(batch))}",  # noqa: S608 - names of our own
                [value for values in batch for value in values],
            )

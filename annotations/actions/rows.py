"""Many rows at once, for the tables that hold a row for every mention."""

from collections.abc import Iterable, Sequence
from itertools import batched
from typing import Final

from django.db import connection
from django.db.models import Model

type Value = int | float | str | None
#: Rows in one statement; databases bound how many values that may hold.
ROWS: Final = 500


def insert(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
    """Add rows with these values, as they are, in the columns of those names.

    A corpus's mentions all pass here, and every correction: bulk_create takes ten times as long,
    most of it for objects that nobody looks at.
    """
    names = ", ".join(connection.ops.quote_name(column) for column in columns)
    row = f"({', '.join(['%s'] * len(columns))})"
    with connection.cursor() as cursor:
        for batch in batched(rows, ROWS):
            cursor.execute(
                f"INSERT INTO {model._meta.db_table} ({names}) "  # noqa: S608 - names of our own
                f"VALUES {', '.join([row] * len(batch))}",
                [value for values in batch for value in values],
            )

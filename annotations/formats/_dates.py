"""The day that a declared date names, as mails, feeds and office documents write it."""

import re
from datetime import date
from email.utils import parsedate_to_datetime
from typing import Final

_ISO_DATE: Final = re.compile(r"\s*(\d{4}-\d{2}-\d{2})(?!\d)")


def day_of(value: str) -> date | None:
    """The day of an ISO 8601 or e-mail date, as written, in its own time zone; None for others."""
    try:
        if match := _ISO_DATE.match(value):
            return date.fromisoformat(match[1])
        return parsedate_to_datetime(value).date()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None

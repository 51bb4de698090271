"""What addresses and forms ask for: an id, a number of days; whatever does not fit counts as not given."""

from __future__ import annotations

from aiohttp import web

from core.reporting.reporter import DAYS

# Days that a report can be about.
PERIODS = (7, DAYS, 90)
_LARGEST_ID = 2**63 - 1
_LONGEST_ID = len(str(_LARGEST_ID))


def read_id(text: str) -> int | None:
    """Give an id that the database can hold; None for anything else."""
    is_id = text.isascii() and text.isdecimal() and len(text) <= _LONGEST_ID and int(text) <= _LARGEST_ID
    return int(text) if is_id else None


def read_days(request: web.Request) -> int:
    """Give the days of ?days=, one of PERIODS."""
    asked = request.query.get("days", "")
    return int(asked) if asked in map(str, PERIODS) else DAYS

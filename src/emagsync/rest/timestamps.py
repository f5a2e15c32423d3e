"""Times that come in, in parameters and cursors."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, Field

_YEARS = range(2000, 2201)


def in_utc(time: datetime) -> datetime:
    """The same time in UTC; without a zone it is UTC already. Raises ValueError for a year that none of ours has: at
    the ends of the calendar a time cannot be converted."""
    if time.year not in _YEARS:
        raise ValueError("a time between the years 2000 and 2200 is needed")
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


UtcTimestamp = Annotated[
    datetime,
    AfterValidator(in_utc),
    Field(description="ISO 8601, such as `2026-11-23T10:00:00Z`; without a zone it is UTC."),
]

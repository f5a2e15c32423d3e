"""Times in query parameters."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, Field

_YEARS = range(2000, 2201)


def _in_utc(time: datetime) -> datetime:
    if time.year not in _YEARS:
        raise ValueError("a time between the years 2000 and 2200 is needed")
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


UtcTimestamp = Annotated[
    datetime,
    AfterValidator(_in_utc),
    Field(description="ISO 8601, such as `2026-11-23T10:00:00Z`; without a zone it is UTC."),
]

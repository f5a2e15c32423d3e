"""Reading the log of calls, and keeping it small."""

from __future__ import annotations

from datetime import datetime, timedelta

from emagsync.call_log import repository
from emagsync.call_log.repository import CallFilter
from emagsync.call_log.schemas import EmagCall, emag_call
from emagsync.core.settings import CallSettings
from emagsync.db.engine import Database


async def read_calls(
    database: Database, wanted: CallFilter, *, before: int | None = None, limit: int
) -> tuple[list[EmagCall], bool]:
    """At most `limit` calls, the latest written first, and whether there are more."""
    async with database.snapshot() as connection:
        rows = await repository.calls(connection, wanted, before=before, limit=limit + 1)
    return [emag_call(row) for row in rows[:limit]], len(rows) > limit


async def prune_calls(database: Database, settings: CallSettings, *, now: datetime) -> int:
    """Delete the calls that are older than the settings say. Returns how many they were."""
    before = now - timedelta(days=settings.keep_days)
    pruned = 0
    while True:
        async with database.transaction() as connection:
            count = await repository.prune(connection, before=before)
        pruned += count
        if not count:
            return pruned

"""Bringing the search index up to date with the stored offers."""

from __future__ import annotations

from emagsync.db import trigrams
from emagsync.db.engine import Database
from emagsync.offers import search_repository
from emagsync.offers.search_repository import BATCH

__all__ = ["BATCH", "catch_up"]


async def catch_up(database: Database) -> int:
    """Index the offers that search does not find yet, `BATCH` in a transaction. Returns how many there were.

    Called after every few pages of a run, at its end, and when a database is opened. On PostgreSQL all offers are
    found already: there it only sorts new ones into the index, and returns 0.
    """
    if not database.is_sqlite:
        async with database.transaction() as connection:
            await trigrams.sort_in(connection)
        return 0
    caught = 0
    while True:
        async with database.snapshot() as connection:
            if not await search_repository.has_unindexed(connection):
                return caught
        async with database.transaction() as connection:
            # None are left where another process indexed them meanwhile.
            caught += await search_repository.add_unindexed(connection)

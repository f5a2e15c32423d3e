"""What every program of emagsync stands on: its settings, an open database and a clock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from emagsync.core.clock import Clock, SystemClock
from emagsync.core.settings import Settings
from emagsync.db.engine import Database
from emagsync.db.history import History, settle
from emagsync.db.migrate import upgrade
from emagsync.offers.search import catch_up
from emagsync.offers.tables import offer_changes


@dataclass(frozen=True)
class Foundation:
    """The objects that all services are built from."""

    settings: Settings
    database: Database
    clock: Clock

    async def settle_history(self) -> History:
        """Find out whether the database was restored meanwhile, before anything is written. Raises DatabaseError."""
        return await settle(self.database, offer_changes, self.settings.data_dir, self.clock.now())


@asynccontextmanager
async def open_foundation(
    settings: Settings, *, clock: Clock | None = None, upgraded: bool = True
) -> AsyncIterator[Foundation]:
    """Open the database; close it when the block ends.

    `upgraded` first brings it to this version's schema, settles its history and completes its search index. Raises
    DatabaseError.
    """
    async with Database(settings.effective_database_url) as database:
        base = Foundation(settings, database, clock or SystemClock())
        if upgraded:
            await upgrade(database)
            await base.settle_history()
            await catch_up(database)
        yield base

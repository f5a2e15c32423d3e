"""Deleting the copy of removed accounts, in the background: a quarter of a million offers take a while.

What is to be deleted stands in a table until it is gone, so that what a process that dies has begun is
ended by another.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

import structlog

from emagsync.accounts import repository
from emagsync.db.engine import Database
from emagsync.db.erasure import erase_rows
from emagsync.db.errors import DatabaseError

log = structlog.get_logger()

# What another process left, or a database that was busy, is looked for again after so long.
_LOOK_SECONDS: Final = 60.0


class Erasures:
    """Deletes all that tables hold of the accounts that `account_erasures` names."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._asked = asyncio.Event()

    def wake(self) -> None:
        """There is something to delete."""
        self._asked.set()

    async def run(self) -> None:
        """Delete what there is to delete, whenever there is something, until cancelled."""
        while True:
            self._asked.clear()
            try:
                await self.finish()
            except DatabaseError as error:
                log.warning("erasure_put_off", error=str(error))
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self._asked.wait()

    async def finish(self) -> None:
        """Delete everything that is to be deleted now. Raises DatabaseError; another try goes on from there."""
        async with self._database.snapshot() as connection:
            names = await repository.erasures(connection)
        for name in names:
            erased = await erase_rows(self._database, "account", name)
            async with self._database.transaction() as connection:
                await repository.delete_erasure(connection, name)
            log.info("account_erased", account=name, rows=erased)

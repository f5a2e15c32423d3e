"""What the lists and pages of offers show of the reference data, kept in memory: no list asks the database for it."""

from __future__ import annotations

from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core.clock import Clock
from emagsync.db.engine import Database
from emagsync.offers.reference_data import References
from emagsync.reference import repository

# What another process has read is seen after so long at the latest.
_KEPT_SECONDS: Final = 60.0


async def read_references(connection: AsyncConnection) -> References:
    """What is stored of all accounts."""
    rates = await repository.current_vat(connection)
    names = await repository.category_names(connection)
    return References(
        {(account, rate.vat_id): rate.rate for account, found in rates.items() for rate in found.values()}, names
    )


class ReferenceNames:
    """The VAT rates and the names of categories of all accounts, a minute old at most."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._known = References({}, {})
        self._until: float | None = None

    def forget(self) -> None:
        """Read them anew when they are asked for next: they have changed."""
        self._until = None

    async def known(self) -> References:
        """What is known now."""
        now = self._clock.monotonic()
        if self._until is None or now >= self._until:
            self._until = now + _KEPT_SECONDS
            async with self._database.snapshot() as connection:
                self._known = await read_references(connection)
        return self._known

"""The metrics of the local copy, counted again only when something changed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from emagsync.core.clock import Clock
from emagsync.core.concurrency import cancelled
from emagsync.db.engine import Database
from emagsync.offers.change_repository import newest_change
from emagsync.offers.schemas import AccountTotals
from emagsync.offers.statistics import account_totals
from emagsync.telemetry import exposition
from emagsync.telemetry.exposition import Family
from emagsync.telemetry.metrics import Gauge, Labels

_COUNT: Final = Gauge("emag_products_count", "Offers of the local copy, without removed ones.", ("account_type",))
_BY_STATE: Final = Gauge("emag_offers_by_state", "Offers by state; states overlap.", ("account_type", "state"))
_OLDEST: Final = Gauge(
    "emag_offers_oldest_seen_seconds",
    "How long ago the offer was seen that no run has seen for longest.",
    ("account_type",),
)

# A catalogue of a quarter of a million offers takes longer to count than a scrape may take: the scrape then shows what
# was counted last, and the next one what is being counted.
_WAIT_SECONDS: Final = 0.02
_REST: Final = 50
_QUICK_SECONDS: Final = 0.05


class OfferFamilies:
    """Counts the offers again when a run stored something, in at most a fiftieth of the time."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._totals: Mapping[str, AccountTotals] | None = None
        self._stamp: object = None
        self._counting: asyncio.Task[None] | None = None
        self._rests_until = 0.0

    async def families(self, accounts: tuple[str, ...], stamp: object) -> list[Family]:
        """The counts by account; 0 for those of `accounts` that have no offers. They are good while `stamp` and the
        newest change are the same."""
        async with self._database.snapshot() as connection:
            now = (stamp, await newest_change(connection))
        if now != self._stamp and self._counting is None and self._clock.monotonic() >= self._rests_until:
            self._counting = asyncio.get_running_loop().create_task(self._count(now))
            self._counting.add_done_callback(_retrieve)
        counting = self._counting
        if self._totals is None and counting is not None:
            await asyncio.shield(counting)
        elif counting is not None:
            done, _ = await asyncio.wait({counting}, timeout=_WAIT_SECONDS)
            for task in done:
                task.result()
        return self._families(accounts)

    async def aclose(self) -> None:
        """Cancel a count that is under way."""
        if self._counting is not None:
            await cancelled(self._counting)

    async def _count(self, stamp: object) -> None:
        began = self._clock.monotonic()
        try:
            self._totals = await account_totals(self._database)
            self._stamp = stamp
        finally:
            took = self._clock.monotonic() - began
            self._rests_until = self._clock.monotonic() + (took * _REST if took > _QUICK_SECONDS else 0.0)
            self._counting = None

    def _families(self, accounts: tuple[str, ...]) -> list[Family]:
        found = self._totals or {}
        now = self._clock.now()
        counts: dict[Labels, float] = {(name,): 0 for name in accounts}
        states: dict[Labels, float] = {}
        oldest: dict[Labels, float] = {}
        for name, totals in found.items():
            counts[(name,)] = totals.offers
            states |= {(name, state): number for state, number in _states(totals).items()}
            if totals.oldest_seen_at is not None:
                oldest[(name,)] = max((now - totals.oldest_seen_at).total_seconds(), 0.0)
        return [
            exposition.gauge_family(_COUNT, counts),
            exposition.gauge_family(_BY_STATE, states),
            exposition.gauge_family(_OLDEST, oldest),
        ]


def _retrieve(task: asyncio.Task[None]) -> None:
    # The next scrape starts again a count that failed after its own scrape was answered.
    if not task.cancelled():
        task.exception()


def _states(totals: AccountTotals) -> dict[str, float]:
    return {
        "active": totals.active,
        "inactive": totals.offers - totals.active,
        "sellable": totals.sellable,
        "out_of_stock": totals.out_of_stock,
        "rejected": totals.rejected,
        "removed": totals.removed,
    }

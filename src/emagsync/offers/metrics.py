"""The metrics of the local copy, counted again only when something changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from emagsync.core.clock import Clock
from emagsync.db.engine import Database
from emagsync.offers.change_repository import newest_change
from emagsync.offers.schemas import AccountTotals
from emagsync.offers.statistics import account_totals
from emagsync.telemetry import exposition
from emagsync.telemetry.counted_beside import CountedBeside
from emagsync.telemetry.exposition import Family
from emagsync.telemetry.metrics import Gauge, Labels

_COUNT: Final = Gauge("emag_products_count", "Offers of the local copy, without removed ones.", ("account_type",))
_BY_STATE: Final = Gauge("emag_offers_by_state", "Offers by state; states overlap.", ("account_type", "state"))
_OLDEST: Final = Gauge(
    "emag_offers_oldest_seen_seconds",
    "How long ago the offer was seen that no run has seen for longest.",
    ("account_type",),
)

# A count that takes no longer is made again whenever something changed.
_QUICK_SECONDS: Final = 0.05


class OfferFamilies:
    """Counts the offers again when a run stored something, in at most a fiftieth of the time."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._counted = CountedBeside(lambda: account_totals(database), clock, quick_seconds=_QUICK_SECONDS)

    async def families(self, accounts: tuple[str, ...], stamp: object) -> list[Family]:
        """The counts by account; 0 for those of `accounts` that have no offers. They are good while `stamp` and the
        newest change are the same."""
        async with self._database.snapshot() as connection:
            now = (stamp, await newest_change(connection))
        return self._families(accounts, await self._counted.newest(now) or {})

    async def aclose(self) -> None:
        """Cancel a count that is under way."""
        await self._counted.aclose()

    def _families(self, accounts: tuple[str, ...], found: Mapping[str, AccountTotals]) -> list[Family]:
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


def _states(totals: AccountTotals) -> dict[str, float]:
    return {
        "active": totals.active,
        "inactive": totals.offers - totals.active,
        "sellable": totals.sellable,
        "out_of_stock": totals.out_of_stock,
        "rejected": totals.rejected,
        "removed": totals.removed,
    }

"""The metrics of freshness, counted again now and then: ages grow by themselves, and to count them takes a while."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from emagsync.core.clock import Clock
from emagsync.core.concurrency import cancelled
from emagsync.sync.freshness.schemas import FreshnessReport
from emagsync.sync.freshness.service import FreshnessService
from emagsync.telemetry import exposition
from emagsync.telemetry.exposition import Family
from emagsync.telemetry.metrics import Gauge, Labels

_OLDER: Final = Gauge(
    "emag_offers_older_than_target", "Offers that are older than one of their freshness targets.", ("account_type",)
)
_EXCESS: Final = Gauge(
    "emag_offers_target_excess_seconds",
    "By how much the offer that is furthest beyond its freshness target is too old; 0 for none.",
    ("account_type",),
)
_MISSING: Final = Gauge(
    "emag_freshness_missing_requests",
    "Requests an hour that the freshness targets and the schedule need beyond what the limit leaves them; 0 for none.",
    ("account_type",),
)

# A scrape waits no longer for a count: it then shows what was counted last.
_WAIT_SECONDS: Final = 0.02
# Counting takes at most this share of the time, and is not done more often than that.
_REST: Final = 50
_SHORTEST_REST_SECONDS: Final = 10.0


class FreshnessFamilies:
    """Counts late offers of all accounts, beside the scrapes that ask for them."""

    def __init__(self, service: FreshnessService, clock: Clock) -> None:
        self._service = service
        self._clock = clock
        self._reports: Mapping[str, FreshnessReport] | None = None
        self._counting: asyncio.Task[None] | None = None
        self._rests_until = 0.0

    async def families(self) -> list[Family]:
        """The figures by account; those without targets are left out."""
        if self._counting is None and self._clock.monotonic() >= self._rests_until:
            self._counting = asyncio.get_running_loop().create_task(self._count())
            self._counting.add_done_callback(_retrieve)
        counting = self._counting
        if self._reports is None and counting is not None:
            await asyncio.shield(counting)
        elif counting is not None:
            done, _ = await asyncio.wait({counting}, timeout=_WAIT_SECONDS)
            for task in done:
                task.result()
        return self._families()

    async def aclose(self) -> None:
        """Cancel a count that is under way."""
        if self._counting is not None:
            await cancelled(self._counting)

    async def _count(self) -> None:
        began = self._clock.monotonic()
        try:
            self._reports = {name: await self._service.report(name) for name in self._service.accounts}
        finally:
            took = self._clock.monotonic() - began
            self._rests_until = self._clock.monotonic() + max(took * _REST, _SHORTEST_REST_SECONDS)
            self._counting = None

    def _families(self) -> list[Family]:
        older: dict[Labels, float] = {}
        excess: dict[Labels, float] = {}
        missing: dict[Labels, float] = {}
        for name, report in (self._reports or {}).items():
            if report.targets:
                older[(name,)] = report.older
                excess[(name,)] = report.excess_seconds
                missing[(name,)] = report.missing_requests_per_hour
        return [
            exposition.gauge_family(_OLDER, older),
            exposition.gauge_family(_EXCESS, excess),
            exposition.gauge_family(_MISSING, missing),
        ]


def _retrieve(task: asyncio.Task[None]) -> None:
    # The next scrape starts again a count that failed after its own scrape was answered.
    if not task.cancelled():
        task.exception()

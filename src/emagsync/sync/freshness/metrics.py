"""The metrics of freshness, counted again now and then: ages grow by themselves, and to count them takes a while."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from emagsync.core.clock import Clock
from emagsync.sync.freshness.schemas import FreshnessReport
from emagsync.sync.freshness.service import FreshnessService
from emagsync.telemetry import exposition
from emagsync.telemetry.counted_beside import CountedBeside
from emagsync.telemetry.exposition import Family
from emagsync.telemetry.metrics import Gauge

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

_TOO_SHORT: Final = Gauge(
    "emag_freshness_missing_seconds",
    "By how much a freshness target is shorter than reading its offers takes; 0 where there is time enough.",
    ("account_type",),
)

# Ages grow by themselves: without a rest, every scrape would count.
_SHORTEST_REST_SECONDS: Final = 10.0


class FreshnessFamilies:
    """Counts late offers of all accounts, beside the scrapes that ask for them."""

    def __init__(self, service: FreshnessService, clock: Clock) -> None:
        self._service = service
        self._counted = CountedBeside(self._count, clock, shortest_rest=_SHORTEST_REST_SECONDS)

    async def families(self) -> list[Family]:
        """The figures by account; those without targets are left out."""
        return _families(await self._counted.newest() or {})

    async def aclose(self) -> None:
        """Cancel a count that is under way."""
        await self._counted.aclose()

    async def _count(self) -> Mapping[str, FreshnessReport]:
        return {name: await self._service.report(name) for name in self._service.accounts}


def _families(reports: Mapping[str, FreshnessReport]) -> list[Family]:
    known = {(name,): report for name, report in reports.items() if report.targets}
    figures: tuple[tuple[Gauge, Callable[[FreshnessReport], float]], ...] = (
        (_OLDER, lambda report: report.older),
        (_EXCESS, lambda report: report.excess_seconds),
        (_MISSING, lambda report: report.missing_requests_per_hour),
        (_TOO_SHORT, lambda report: report.missing_seconds),
    )
    return [
        exposition.gauge_family(gauge, {labels: figure(report) for labels, report in known.items()})
        for gauge, figure in figures
    ]

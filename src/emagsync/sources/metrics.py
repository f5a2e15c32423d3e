"""The metrics of sources, as their rows have them."""

from __future__ import annotations

from typing import Final

from emagsync.db.engine import Database
from emagsync.sources import repository
from emagsync.telemetry import exposition
from emagsync.telemetry.exposition import Family
from emagsync.telemetry.metrics import Gauge

_FAILURES: Final = Gauge("emag_source_failures", "Readings in a row that took nothing in, by source.", ("source",))
_TAKEN_IN: Final = Gauge(
    "emag_source_taken_in_timestamp_seconds", "When a file was taken in last, or was still the same.", ("source",)
)
_INTERVAL: Final = Gauge("emag_source_interval_seconds", "How often a source is read by itself.", ("source",))
_ROWS: Final = Gauge("emag_source_rows", "Rows of the file that was taken in last.", ("source",))


async def source_families(database: Database) -> list[Family]:
    """Of each source that is enabled how it does."""
    async with database.snapshot() as connection:
        sources = [one for one in await repository.list_sources(connection) if one.enabled]
    values: dict[Gauge, dict[tuple[str, ...], float]] = {
        _FAILURES: {(one.name,): one.failures for one in sources},
        _TAKEN_IN: {(one.name,): one.taken_in_at.timestamp() for one in sources if one.taken_in_at is not None},
        _INTERVAL: {(one.name,): one.interval_minutes * 60 for one in sources if one.interval_minutes is not None},
        _ROWS: {(one.name,): one.rows for one in sources if one.rows is not None},
    }
    return [exposition.gauge_family(gauge, of_sources) for gauge, of_sources in values.items()]

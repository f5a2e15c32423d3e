"""The metrics of webhook messages."""

from __future__ import annotations

from typing import Final

from emagsync.db.engine import Database
from emagsync.telemetry import exposition
from emagsync.telemetry.exposition import Family
from emagsync.telemetry.metrics import Gauge
from emagsync.webhooks.message_repository import DELIVERIES

_DELIVERIES: Final = Gauge("emag_webhook_deliveries", "Webhook messages that are kept, by state.", ("state",))


async def delivery_families(database: Database) -> list[Family]:
    """Messages by state, as they are in the table."""
    async with database.snapshot() as connection:
        counts = await DELIVERIES.counts_by_state(connection)
    return [exposition.gauge_family(_DELIVERIES, {(state,): number for state, number in counts.items()})]

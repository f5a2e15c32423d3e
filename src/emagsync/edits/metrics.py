"""The metrics of edits: open conflicts, outbox entries and holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from emagsync.db.engine import Database
from emagsync.edits import conflict_repository
from emagsync.edits.push import brake_repository, outbox_repository
from emagsync.edits.states import OPEN_STATES
from emagsync.telemetry import exposition
from emagsync.telemetry.exposition import Family
from emagsync.telemetry.metrics import Gauge

_CONFLICTS: Final = Gauge("emag_conflicts_open", "Conflicts that wait for a person.", ("account_type",))
_LINES: Final = Gauge("emag_outbox_lines", "Changes that are not settled with eMAG.", ("account_type", "state"))
_HOLDS: Final = Gauge("emag_holds_waiting", "Holds of the brake that wait for a yes or no.", ("account_type",))


async def edit_families(database: Database, accounts: Sequence[str]) -> list[Family]:
    """The gauges of edits, read from the database. Every account and state has a sample, also where it is 0."""
    async with database.snapshot() as connection:
        conflicts = await conflict_repository.counts(connection)
        lines = await outbox_repository.count_open(connection)
        waiting = await brake_repository.count_waiting(connection)
    states = [(account, str(state)) for account in accounts for state in OPEN_STATES]
    return [
        exposition.gauge_family(_CONFLICTS, {(account,): conflicts.get(account, 0) for account in accounts}),
        exposition.gauge_family(_LINES, {key: lines.get(key, 0) for key in states}),
        exposition.gauge_family(_HOLDS, {(account,): waiting.get(account, 0) for account in accounts}),
    ]

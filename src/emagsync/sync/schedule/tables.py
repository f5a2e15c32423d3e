"""When each recurring job is due. A row is claimed by moving its `next_run_at`: two schedulers never do one twice."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, String, Table, Text

from emagsync.db.metadata import metadata
from emagsync.db.types import UtcDateTime

schedules = Table(
    "schedules",
    metadata,
    Column("name", String(64), primary_key=True),  # kind, or kind:account
    Column("kind", String(16), nullable=False),
    Column("account", String(32)),
    # What a person changed; NULL means what the settings say.
    Column("enabled", Boolean),
    Column("interval_seconds", Integer),
    Column("next_run_at", UtcDateTime, nullable=False),
    Column("last_run_at", UtcDateTime),
    Column("last_result", String(16)),  # ok, busy or failed
    Column("last_message", Text),
)

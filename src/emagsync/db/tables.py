"""The table by which processes know their database again."""

from __future__ import annotations

from sqlalchemy import Column, String, Table

from emagsync.db.metadata import metadata
from emagsync.db.types import UtcDateTime

# One row for each start of a server or a worker process.
process_marks = Table(
    "process_marks",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("started_at", UtcDateTime, nullable=False),
)

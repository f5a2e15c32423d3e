"""The log of calls to eMAG, and the totals that the processes' metrics add up to."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, String, Table, Text

from emagsync.db.metadata import metadata
from emagsync.db.types import BigId, JsonText, UtcDateTime

emag_calls = Table(
    "emag_calls",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("account", String(32), nullable=False),
    Column("route", String(64), nullable=False),
    Column("filters", JsonText, nullable=False),  # paging, status and ids only: {"currentPage": 1, ...}
    Column("started_at", UtcDateTime, nullable=False),
    Column("duration_ms", Integer, nullable=False),
    Column("waited_ms", Integer, nullable=False),  # for the request limit
    Column("attempt", Integer, nullable=False),
    Column("status", Integer),  # HTTP; NULL when no answer came
    Column("outcome", String(32), nullable=False),  # `ok`, an error's code, `cancelled`, or of a save `partly_...`
    Column("error", Text),
    Column("rows", Integer),
    Column("run_id", String(36)),
    Column("request_id", String(64)),
    Index(None, "account", "id"),
    Index(None, "started_at"),
    sqlite_autoincrement=True,
)

metric_totals = Table(
    "metric_totals",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("labels", String(512), primary_key=True),  # the labels' values in their order, JSON: ["main", "created"]
    Column("value", Float, nullable=False),
)

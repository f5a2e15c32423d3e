"""The freshness targets that people set. An account without any has those that follow from its schedule."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table

from emagsync.db.metadata import metadata
from emagsync.db.types import JsonText

freshness_targets = Table(
    "freshness_targets",
    metadata,
    Column("account", String(32), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),  # where it is shown among the account's
    Column("selection", JsonText, nullable=False),  # {"stock_max": 4, ...}: the filters of a list of products
    Column("max_age_seconds", Integer, nullable=False),
)

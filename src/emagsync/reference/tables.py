"""The tables of reference data. `docs/tables.md` describes their columns."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, String, Table, Text

from emagsync.db.metadata import metadata
from emagsync.db.types import Money, UtcDateTime

# A new row for a rate on the day on which it was first seen to be another: the rates of any day can be told.
vat_rates = Table(
    "vat_rates",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("vat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("since", Date, primary_key=True),
    Column("rate", Money, nullable=False),
    Column("name", Text),
)

categories = Table(
    "categories",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("category_id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("parent_id", BigInteger),
)

# When each kind was asked for and read last, and what went wrong since.
reference_reads = Table(
    "reference_reads",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("tried_at", UtcDateTime, nullable=False),
    Column("read_at", UtcDateTime),
    Column("error", String(64)),
)

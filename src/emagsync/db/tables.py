"""The tables by which processes know their database again, and readers the history that they follow."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text

from emagsync.db.metadata import metadata
from emagsync.db.types import UtcDateTime

# One row for each start of a server or a worker process.
process_marks = Table(
    "process_marks",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("started_at", UtcDateTime, nullable=False),
)

# One row for each history of this database, the present one last: the first, and one more after each restore.
histories = Table(
    "histories",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("id", String(12), nullable=False, unique=True),
    Column("began_at", UtcDateTime, nullable=False),
    Column("forked_at", BigInteger, nullable=False),  # the change log's last `seq` before it began
    Column("starts_after", BigInteger, nullable=False),  # every `seq` of its own is above
    Column("place", Text, nullable=False),  # what the database was then, as far as the server tells
)

"""Sources, what became of each reading of one, and the rows of it that are to be known."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, text

from emagsync.db.metadata import metadata, partial_index
from emagsync.db.types import BigId, JsonText, UtcDateTime

sources = Table(
    "sources",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),  # https, sftp, folder or upload
    Column("address", Text),  # NULL: the file is sent to us
    Column("username", String(255)),
    Column("secrets", Text),  # sealed JSON: password, private_key, headers
    Column("host_key", Text),  # of an SFTP server, as it was given or seen first
    Column("account", String(32), nullable=False),
    Column("format", JsonText, nullable=False),  # how the file is read; what is null is as the file shows it
    Column("columns", JsonText),  # fields by heading; NULL: guessed with each reading
    Column("key", String(32)),  # what names the offers; NULL: guessed
    Column("mode", String(16), nullable=False),  # preview, approval or direct
    Column("missing_means", String(16), nullable=False),  # nothing or stock_0
    Column("most_shrink_percent", Integer, nullable=False),
    Column("interval_minutes", Integer),  # NULL: only when somebody asks
    Column("enabled", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    # Where it stands. Whoever reads it has `reading_until`, and moves `next_at`.
    Column("next_at", UtcDateTime),
    Column("reading_until", UtcDateTime),
    Column("digest", String(64)),  # of the file that was taken in last, with the next three
    Column("etag", Text),
    Column("last_modified", Text),
    Column("rows", Integer),
    Column("taken_in_at", UtcDateTime),
    Column("failures", Integer, nullable=False, server_default=text("0")),  # readings in a row that took nothing in
    partial_index("ix_sources_next_at", "next_at", where=text("next_at IS NOT NULL")),
)

readings = Table(
    "source_readings",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("source_id", String(36), ForeignKey("sources.id", ondelete="CASCADE"), nullable=False),
    Column("status", String(16), nullable=False),
    Column("trigger", String(16), nullable=False),  # schedule, request or upload
    Column("started_by", String(120), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("code", String(40)),  # of the error that it ended with, with the next three
    Column("reason", String(40)),
    Column("reason_values", JsonText),
    Column("message", Text),
    Column("counts", JsonText, nullable=False),
    Column("file", JsonText),  # its name, size, digest and how it was read
    Column("brakes", JsonText),  # what the brake would say, by account
    Column("batch_id", String(36)),  # of the edits that it made
    Column("applied_by", String(120)),
    Column("applied_at", UtcDateTime),
    Index(None, "source_id", "id"),
    Index(None, "started_at"),
    sqlite_autoincrement=True,
)

# What a reading changes, and what it could not: unchanged rows are only counted.
reading_rows = Table(
    "source_reading_rows",
    metadata,
    Column("reading_id", BigId, ForeignKey("source_readings.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),  # changed, doubtful, refused, unknown
    Column("row", Integer),  # in the file; NULL: the offer is missing there
    Column("account", String(32), nullable=False),
    Column("emag_id", BigInteger),
    Column("product_id", BigInteger),
    Column("named", Text),  # by what the row names its offer
    Column("product_name", Text),
    Column("currency", String(8)),
    Column("given", JsonText, nullable=False),  # the values by field, as they were understood
    Column("changes", JsonText, nullable=False),
    Column("problems", JsonText, nullable=False),
    Index(None, "reading_id", "kind", "position"),
)

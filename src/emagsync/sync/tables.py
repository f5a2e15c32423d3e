"""Runs and their page ledger. The run's row is the truth about a run; processes and queues only act on it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, String, Table, Text, text

from emagsync.db.metadata import metadata, partial_index
from emagsync.db.types import JsonText, UtcDateTime

ACTIVE_STATUSES = ("queued", "running", "interrupted")

_active = text("status IN ('queued', 'running', 'interrupted')")
_unannounced = text("NOT announced AND finished_at IS NOT NULL")
_uncounted = text("NOT counted")
_failed = text("status = 'failed'")

sync_runs = Table(
    "sync_runs",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("sync_id", String(36), nullable=False),  # shared by the accounts of one request
    Column("account", String(32), nullable=False),
    Column("mode", String(16), nullable=False),
    Column("parameters", JsonText, nullable=False),
    Column("status", String(16), nullable=False),
    Column("trigger", String(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    # Raised by every claim and every revocation: a holder whose fence is older than the row's may not write any more.
    Column("fence", Integer, nullable=False),
    Column("worker", String(255)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("heartbeat_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("resumed_from", String(36)),
    Column("total_items", Integer),
    Column("total_pages", Integer),
    Column("current_page", Integer, nullable=False),
    Column("pages_read", Integer, nullable=False),
    Column("passes", Integer, nullable=False),
    Column("processed", Integer, nullable=False),
    Column("created", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("removed", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("requests", Integer, nullable=False),
    Column("rate_limit_hits", Integer, nullable=False),
    Column("wait_seconds", Float, nullable=False),
    Column("errors", JsonText, nullable=False),
    Column("error_count", Integer, nullable=False),
    Column("error_codes", JsonText),  # how many there were of each code: {"row_rejected": 3, ...}
    Column("attempt_started_at", UtcDateTime),
    # What the run is doing and how fast, for whoever watches it from another process.
    Column("phase", String(16)),
    Column("items_per_second", Float),
    # Whether its end has been handed to the webhooks.
    Column("announced", Boolean, nullable=False, server_default=text("false")),
    # Whether its figures are in the totals that the metrics show; before that they are read from here.
    Column("counted", Boolean, nullable=False, server_default=text("false")),
    # The counts that a resumed run began with: those are another run's work.
    Column("inherited", JsonText),
    # What it has met of failures and slowness: `sync.schemas.Trouble`.
    Column("failed_requests", Integer, nullable=False, server_default=text("0")),
    Column("failing_since", UtcDateTime),
    Column("last_failure", String(64)),
    Column("page_size", Integer),
    partial_index("uq_sync_runs_active_account", "account", unique=True, where=_active),
    Index(None, "account", "created_at"),
    Index(None, "created_at"),
    Index(None, "sync_id"),
    partial_index("ix_sync_runs_unannounced", "finished_at", where=_unannounced),
    partial_index("ix_sync_runs_failed", "created_at", where=_failed),
    partial_index("ix_sync_runs_uncounted", "created_at", where=_uncounted),
)

sync_pages = Table(
    "sync_pages",
    metadata,
    Column("run_id", String(36), ForeignKey("sync_runs.id", ondelete="CASCADE"), primary_key=True),
    Column("pass_number", Integer, primary_key=True, autoincrement=False),
    # Which list the page is of, such as `main`; with `:25`, a part of that size of a page that is not complete.
    Column("scope", String(16), primary_key=True),
    Column("page", Integer, primary_key=True, autoincrement=False),
    Column("size", Integer, nullable=False),
    Column("status", String(16), nullable=False),  # stored or failed
    Column("ids", JsonText, nullable=False),  # the ids seen, in order: [1, 2, ...]
    Column("items", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("inherited", Boolean, nullable=False),  # read by the run that this one resumes
    Column("error", Text),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime, nullable=False),
)

# The requests of a run that failed, for the picture of its pages; the first thousand of them.
sync_failed_requests = Table(
    "sync_failed_requests",
    metadata,
    Column("run_id", String(36), ForeignKey("sync_runs.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("code", String(64), nullable=False),
    Column("page", Integer),  # of pages of `size`; NULL: it was for something else than a page
    Column("size", Integer),
)

# What was learnt of an account whose pages cannot be as large as is asked for (marketplace/page_sizes.py).
account_paces = Table(
    "account_paces",
    metadata,
    Column("account", String(32), primary_key=True),
    Column("page_size", Integer, nullable=False),
    Column("seconds_per_offer", Float),
    Column("failed_trials", Integer, nullable=False),  # larger pages that were tried in vain, in a row
    Column("learnt_at", UtcDateTime, nullable=False),
)

# What a dry run would have changed, one row an offer; at most `KEPT_DIFFERENCES` of them are kept for a run.
sync_differences = Table(
    "sync_differences",
    metadata,
    Column("run_id", String(36), ForeignKey("sync_runs.id", ondelete="CASCADE"), primary_key=True),
    Column("emag_id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),  # created, updated or removed
    Column("kinds", Text, nullable=False, server_default=text("''")),  # as `notable_changes.kind`, separated by spaces
    Column("fields", JsonText, nullable=False),  # {"stock": [old, new], ...}, values as the change log writes them
)

# What a run notes for its certificate while it reads. The rest of that is in its row and in its page ledger.
sync_certificates = Table(
    "sync_certificates",
    metadata,
    Column("run_id", String(36), ForeignKey("sync_runs.id", ondelete="CASCADE"), primary_key=True),
    Column("evidence", JsonText, nullable=False),  # see `emagsync.sync.run.evidence.Evidence`
    # The copy when the run ended; NULL where the run did not get so far, or was to store nothing.
    Column("copied_at", UtcDateTime),
    Column("offers", Integer),
    Column("state", String(64)),  # over ids and fingerprints as stored: whether the copy is still what it was
    Column("digest", String(64)),  # over ids and content; NULL until there is time to make it: decision 9
    Column("digest_version", Integer),
    Index(None, "state"),
)

"""Tables of local edits, their conflicts, the outbox, pushes and the brake's holds.

The table `offers` holds what eMAG said last; what people want instead is here. Whoever changes an edit locks its row
first (`repository.lock_waiting`), so that a merge, a push and a person cannot decide about one edit at the same time.
While an offer's row in `outbox` is `sending` or `uncertain`, merges leave the offer's edits to its push.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, false, text

from emagsync.db.metadata import metadata, partial_index
from emagsync.db.types import BigId, JsonText, UtcDateTime

_open_edit = text("state IN ('open', 'conflict')")
_open_conflict = text("state = 'open'")
_not_final = text("state IN ('waiting', 'pending', 'sending', 'uncertain')")
_running = text("status = 'running'")
_waiting = text("state = 'waiting'")
_alarming = text("alarm IS NOT NULL AND hold_id IS NULL")


def _reason_columns(text_name: str = "reason") -> tuple[Column[Any], ...]:
    """Why something did not go as asked; `reasons.stored_reason` reads them. The text is for people who use SQL, and
    for what has no code: then it holds the words of eMAG or of somebody else."""
    return Column(text_name, Text), Column("reason_code", String(32)), Column("reason_values", JsonText)


local_edits = Table(
    "local_edits",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("account", String(32), nullable=False),
    Column("emag_id", BigInteger, nullable=False),
    Column("field", String(40), nullable=False),
    Column("warehouse_id", Integer, nullable=False),  # 0 for what is not per warehouse
    Column("kind", String(16), nullable=False),  # absolute or relative
    # Canonical text: prices with four decimals, everything else a whole number, a relative one with its sign.
    Column("base", Text),  # what eMAG had when the edit was made, or when a merge last kept it; NULL: nothing
    Column("value", Text, nullable=False),
    Column("confirmed", Boolean, nullable=False),
    Column("made_by", String(120), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("source", String(16), nullable=False),  # api, cli, page, bulk, undo, conflict or source
    Column("batch_id", String(36)),  # shared by the edits of one request
    Column("currency", String(8)),  # of a price: what base and value are in; NULL: not known, it is from before
    Column("state", String(16), nullable=False),
    *_reason_columns(),  # why it was closed, or what a merge did to it
    Column("emag_changed_at", UtcDateTime),  # when we first saw that eMAG's value is not the base any more
    Column("closed_at", UtcDateTime),
    Column("closed_by_run", String(36)),  # the run or push that closed it
    Column("closed_value", Text),  # what eMAG had then
    Column("remarks", Text),  # eMAG's words about a change that it took
    # Whether a person has to approve it in the outbox whatever the account's push setting is.
    Column("needs_approval", Boolean, nullable=False, server_default=false()),
    partial_index(
        "uq_local_edits_open",
        "account",
        "emag_id",
        "field",
        "warehouse_id",
        unique=True,
        where=_open_edit,
    ),
    Index(None, "account", "emag_id", "id"),
    Index(None, "closed_by_run"),
    Index(None, "batch_id"),
    sqlite_autoincrement=True,
)

# One change to any number of offers, which is worked through in pieces.
bulk_changes = Table(
    "bulk_changes",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("kind", String(16), nullable=False),  # selection or undo
    Column("asked", JsonText, nullable=False),  # the filter and the change, or what is undone
    Column("batch_id", String(36), nullable=False),  # of the edits that it makes
    Column("state", String(16), nullable=False),
    Column("made_by", String(120), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("found", Integer),  # offers; NULL: they are still being gathered
    Column("position", Integer, nullable=False),  # the last row that the state has dealt with
    Column("counts", JsonText, nullable=False),  # rows by effect
    Column("alarms", JsonText, nullable=False),  # what the brake would count, by account
    Column("confirm", Boolean, nullable=False),
    Column("kept", Integer, nullable=False),
    Column("changed_since", Integer, nullable=False),
    Column("came_since", Integer),  # NULL: not counted yet
    Column("applied_by", String(120)),
    Column("finished_at", UtcDateTime),
    Column("has_rows", Boolean, nullable=False),
    # Who works on it. A process whose fence is older than the row's may not write any more.
    Column("holder", String(255)),
    Column("fence", Integer, nullable=False),
    Column("until", UtcDateTime),
    # How often it was taken up since it came further, and why it was given up.
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    *_reason_columns(),
    Index(None, "state"),
    Index(None, "batch_id", unique=True),
    sqlite_autoincrement=True,
)

# What a bulk change comes to, offer by offer, as it was previewed.
bulk_change_rows = Table(
    "bulk_change_rows",
    metadata,
    Column("change_id", BigId, ForeignKey("bulk_changes.id", ondelete="CASCADE"), primary_key=True),
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("account", String(32), nullable=False),
    Column("emag_id", BigInteger, nullable=False),
    Column("effect", String(24)),  # NULL: not planned yet
    Column("version", String(64)),  # of the offer and its edits, as they were previewed
    Column("changes", JsonText),
    Column("problems", JsonText),  # errors and doubts; NULL: none
    Column("outcome", String(16)),  # kept or changed_since
    Index(None, "change_id", "account", "emag_id", unique=True),
    Index(None, "change_id", "effect", "row"),
)

# Both sides changed, and a person decides.
conflicts = Table(
    "conflicts",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("account", String(32), nullable=False),
    Column("emag_id", BigInteger, nullable=False),
    Column("field", String(40), nullable=False),
    Column("warehouse_id", Integer, nullable=False),
    Column("edit_id", BigId, ForeignKey("local_edits.id", ondelete="CASCADE"), nullable=False),
    Column("base", Text),
    Column("local", Text, nullable=False),
    Column("emag", Text),  # as it was seen last
    Column("currency", String(8)),  # of a price: what base and local are in
    Column("emag_currency", String(8)),  # and what emag is in
    Column("opened_at", UtcDateTime, nullable=False),
    Column("run_id", String(36)),
    Column("state", String(16), nullable=False),  # open or resolved
    Column("resolution", String(16)),  # emag, local, other, or what ended it without a person: settled, ...
    Column("value", Text),
    Column("resolved_by", String(120)),
    Column("resolved_at", UtcDateTime),
    partial_index("uq_conflicts_open", "edit_id", unique=True, where=_open_conflict),
    Index(None, "account", "state", "id"),
    sqlite_autoincrement=True,
)

# What is to be sent: for each offer at most one row that is not final.
outbox = Table(
    "outbox",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("account", String(32), nullable=False),
    Column("emag_id", BigInteger, nullable=False),
    Column("items", JsonText, nullable=False),  # the changes, with the edits they come from and eMAG's values before
    Column("rank", Integer, nullable=False),  # 0 for stock, which is sent first, else 1
    Column("state", String(16), nullable=False),
    Column("push_id", String(36)),
    Column("batch_id", String(36)),  # the save that it was sent with
    Column("fence", Integer),  # of the lease under which it was sent
    Column("attempts", Integer, nullable=False),
    *_reason_columns(),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("next_at", UtcDateTime),  # not before then
    Column("sent_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("approved_by", String(120)),
    Column("approved_at", UtcDateTime),
    Column("alarm", String(16)),  # what the brake counts it as: repriced, zeroed or deactivated
    Column("hold_id", BigId),  # the hold whose release let it through
    partial_index(
        "uq_outbox_not_final",
        "account",
        "emag_id",
        unique=True,
        where=_not_final,
    ),
    Index(None, "account", "state", "rank", "id"),
    Index(None, "account", "emag_id", "id"),
    partial_index("ix_outbox_alarming", "account", "sent_at", where=_alarming),
    Index(None, "push_id"),
    sqlite_autoincrement=True,
)

pushes = Table(
    "pushes",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("account", String(32), nullable=False),
    Column("trigger", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("counts", JsonText, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    *_reason_columns("error"),
    Index(None, "account", "created_at"),
    partial_index("ix_pushes_running", "account", where=_running),
)

# The brake: what waits for a person's yes.
holds = Table(
    "holds",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("account", String(32), nullable=False),
    Column("kind", String(16), nullable=False),  # push or sync
    Column("source_id", String(36)),  # the push's or the run's
    Column("reason", String(32), nullable=False),  # what there is too much of: repriced, zeroed or deactivated
    Column("counts", JsonText, nullable=False),
    Column("most", Integer, nullable=False),  # so many offers would have been let through
    Column("state", String(16), nullable=False),  # waiting, released or refused
    Column("created_at", UtcDateTime, nullable=False),
    Column("decided_by", String(120)),
    Column("decided_at", UtcDateTime),
    partial_index("uq_holds_waiting", "account", "kind", unique=True, where=_waiting),
    Index(None, "account", "id"),
    sqlite_autoincrement=True,
)

# Who pushes for an account. A process whose fence is older than the row's may not write any more.
push_leases = Table(
    "push_leases",
    metadata,
    Column("account", String(32), primary_key=True),
    Column("holder", String(255)),
    Column("fence", Integer, nullable=False),
    Column("until", UtcDateTime),
)

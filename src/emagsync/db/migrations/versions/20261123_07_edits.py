"""edits: local edits, conflicts, the outbox, and what waits for a yes

Revision ID: 20261123_07
Revises: 20261123_06
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import emagsync.db.types

revision = "20261123_07"
down_revision = "20261123_06"
branch_labels = None
depends_on = None

_OPEN_EDIT = sa.text("state IN ('open', 'conflict')")
_OPEN = sa.text("state = 'open'")
_NOT_FINAL = sa.text("state IN ('waiting', 'pending', 'sending', 'uncertain')")
_RUNNING = sa.text("status = 'running'")
_WAITING = sa.text("state = 'waiting'")
_ALARMING = sa.text("alarm IS NOT NULL AND hold_id IS NULL")


def upgrade() -> None:
    op.create_table(
        "holds",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("source_id", sa.String(length=36), nullable=True),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("counts", emagsync.db.types.JsonText(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", emagsync.db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=120), nullable=True),
        sa.Column("decided_at", emagsync.db.types.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_holds_account_id"), "holds", ["account", "id"])
    op.create_index(
        "uq_holds_waiting", "holds", ["account", "kind"], unique=True, sqlite_where=_WAITING, postgresql_where=_WAITING
    )
    op.create_table(
        "local_edits",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("emag_id", sa.BigInteger(), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("warehouse_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("base", sa.Text(), nullable=True),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("made_by", sa.String(length=120), nullable=False),
        sa.Column("made_at", emagsync.db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("batch_id", sa.String(length=36), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("emag_changed_at", emagsync.db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("closed_at", emagsync.db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("closed_by_run", sa.String(length=36), nullable=True),
        sa.Column("closed_value", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_edits")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_local_edits_account_emag_id_id"), "local_edits", ["account", "emag_id", "id"])
    op.create_index(op.f("ix_local_edits_batch_id"), "local_edits", ["batch_id"])
    op.create_index(op.f("ix_local_edits_closed_by_run"), "local_edits", ["closed_by_run"])
    op.create_index(
        "uq_local_edits_open",
        "local_edits",
        ["account", "emag_id", "field", "warehouse_id"],
        unique=True,
        sqlite_where=_OPEN_EDIT,
        postgresql_where=_OPEN_EDIT,
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("emag_id", sa.BigInteger(), nullable=False),
        sa.Column("items", emagsync.db.types.JsonText(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("push_id", sa.String(length=36), nullable=True),
        sa.Column("batch_id", sa.String(length=36), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", emagsync.db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", emagsync.db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("next_at", emagsync.db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("sent_at", emagsync.db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("finished_at", emagsync.db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.String(length=120), nullable=True),
        sa.Column("approved_at", emagsync.db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("alarm", sa.String(length=16), nullable=True),
        sa.Column("hold_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_outbox_account_emag_id_id"), "outbox", ["account", "emag_id", "id"])
    op.create_index(op.f("ix_outbox_account_state_rank_id"), "outbox", ["account", "state", "rank", "id"])
    op.create_index(
        "ix_outbox_alarming", "outbox", ["account", "sent_at"], sqlite_where=_ALARMING, postgresql_where=_ALARMING
    )
    op.create_index(op.f("ix_outbox_push_id"), "outbox", ["push_id"])
    op.create_index(
        "uq_outbox_not_final",
        "outbox",
        ["account", "emag_id"],
        unique=True,
        sqlite_where=_NOT_FINAL,
        postgresql_where=_NOT_FINAL,
    )
    op.create_table(
        "push_leases",
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("holder", sa.String(length=255), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("until", emagsync.db.types.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_push_leases")),
    )
    op.create_table(
        "pushes",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("trigger", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("counts", emagsync.db.types.JsonText(), nullable=False),
        sa.Column("created_at", emagsync.db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("finished_at", emagsync.db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pushes")),
    )
    op.create_index(op.f("ix_pushes_account_created_at"), "pushes", ["account", "created_at"])
    op.create_index("ix_pushes_running", "pushes", ["account"], sqlite_where=_RUNNING, postgresql_where=_RUNNING)
    op.create_table(
        "conflicts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("emag_id", sa.BigInteger(), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("warehouse_id", sa.Integer(), nullable=False),
        sa.Column("edit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("base", sa.Text(), nullable=True),
        sa.Column("local", sa.Text(), nullable=False),
        sa.Column("emag", sa.Text(), nullable=True),
        sa.Column("opened_at", emagsync.db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("resolution", sa.String(length=16), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("resolved_by", sa.String(length=120), nullable=True),
        sa.Column("resolved_at", emagsync.db.types.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["edit_id"], ["local_edits.id"], name=op.f("fk_conflicts_edit_id_local_edits"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflicts")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_conflicts_account_state_id"), "conflicts", ["account", "state", "id"])
    op.create_index(
        "uq_conflicts_open", "conflicts", ["edit_id"], unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN
    )


def downgrade() -> None:
    op.drop_table("conflicts")
    op.drop_table("local_edits")
    op.drop_table("outbox")
    op.drop_table("pushes")
    op.drop_table("holds")
    op.drop_table("push_leases")

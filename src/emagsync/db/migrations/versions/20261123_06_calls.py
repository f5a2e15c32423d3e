"""calls: the log of eMAG calls, and what the metrics of processes add up to

Revision ID: 20261123_06
Revises: 20261123_05
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import emagsync.db.types

revision = "20261123_06"
down_revision = "20261123_05"
branch_labels = None
depends_on = None

_UNCOUNTED = sa.text("NOT counted")


def upgrade() -> None:
    op.create_table(
        "emag_calls",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("route", sa.String(length=64), nullable=False),
        sa.Column("filters", emagsync.db.types.JsonText(), nullable=False),
        sa.Column("started_at", emagsync.db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("waited_ms", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=True),
        sa.Column("run_id", sa.String(length=36), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emag_calls")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_emag_calls_account_id"), "emag_calls", ["account", "id"])
    op.create_index(op.f("ix_emag_calls_started_at"), "emag_calls", ["started_at"])
    op.create_table(
        "metric_totals",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("labels", sa.String(length=512), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", "labels", name=op.f("pk_metric_totals")),
    )
    op.add_column("sync_runs", sa.Column("counted", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("sync_runs", sa.Column("inherited", emagsync.db.types.JsonText(), nullable=True))
    op.create_index(
        "ix_sync_runs_uncounted",
        "sync_runs",
        ["created_at"],
        sqlite_where=_UNCOUNTED,
        postgresql_where=_UNCOUNTED,
    )


def downgrade() -> None:
    op.drop_index("ix_sync_runs_uncounted", table_name="sync_runs")
    op.drop_column("sync_runs", "inherited")
    op.drop_column("sync_runs", "counted")
    op.drop_table("metric_totals")
    op.drop_table("emag_calls")

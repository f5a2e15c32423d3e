"""run control: schedules, webhooks, dry runs, what a running run does

Revision ID: 20261123_03
Revises: 20261123_02
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import emagsync.db.types

revision = "20261123_03"
down_revision = "20261123_02"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "schedules",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("account", sa.String(length=32), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=True),
        sa.Column("interval_seconds", sa.Integer(), nullable=True),
        sa.Column("next_run_at", emagsync.db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_run_at", emagsync.db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("last_result", sa.String(length=16), nullable=True),
        sa.Column("last_message", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_schedules")),
    )
    op.create_table(
        "webhooks",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", emagsync.db.types.JsonText(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("secret_version", sa.Integer(), nullable=False),
        sa.Column("created_at", emagsync.db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", emagsync.db.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    op.create_table(
        "sync_differences",
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("emag_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("fields", emagsync.db.types.JsonText(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["sync_runs.id"], name=op.f("fk_sync_differences_run_id_sync_runs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "emag_id", name=op.f("pk_sync_differences")),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("webhook_id", sa.String(length=36), nullable=False),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", emagsync.db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("created_at", emagsync.db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", emagsync.db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhooks.id"], name=op.f("fk_webhook_deliveries_webhook_id_webhooks"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
    )
    with op.batch_alter_table("webhook_deliveries", schema=None) as batch_op:
        batch_op.create_index(
            "ix_webhook_deliveries_due",
            ["next_attempt_at"],
            unique=False,
            sqlite_where=sa.text("status = 'pending'"),
            postgresql_where=sa.text("status = 'pending'"),
        )
        batch_op.create_index(
            batch_op.f("ix_webhook_deliveries_webhook_id_created_at"), ["webhook_id", "created_at"], unique=False
        )

    # Not as a batch, which would make the table anew and, by its foreign keys, empty the page ledger.
    op.add_column("sync_runs", sa.Column("attempt_started_at", emagsync.db.types.UtcDateTime(timezone=True)))
    op.add_column("sync_runs", sa.Column("phase", sa.String(length=16)))
    op.add_column("sync_runs", sa.Column("items_per_second", sa.Float()))
    op.add_column("sync_runs", sa.Column("announced", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_index(
        "ix_sync_runs_unannounced",
        "sync_runs",
        ["finished_at"],
        sqlite_where=sa.text("NOT announced AND finished_at IS NOT NULL"),
        postgresql_where=sa.text("NOT announced AND finished_at IS NOT NULL"),
    )
    # What ended before there were webhooks is no news.
    op.execute("UPDATE sync_runs SET announced = true WHERE finished_at IS NOT NULL")


def downgrade() -> None:
    op.drop_index("ix_sync_runs_unannounced", "sync_runs")
    for column in ("announced", "items_per_second", "phase", "attempt_started_at"):
        op.drop_column("sync_runs", column)
    with op.batch_alter_table("webhook_deliveries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_webhook_deliveries_webhook_id_created_at"))
        batch_op.drop_index(
            "ix_webhook_deliveries_due",
            sqlite_where=sa.text("status = 'pending'"),
            postgresql_where=sa.text("status = 'pending'"),
        )

    op.drop_table("webhook_deliveries")
    op.drop_table("sync_differences")
    op.drop_table("webhooks")
    op.drop_table("schedules")

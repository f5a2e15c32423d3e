"""what a run has met of failures: counts in its row, and its failed requests

Revision ID: 20261128_27
Revises: 20261128_26
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from emagsync.db.types import UtcDateTime

revision = "20261128_27"
down_revision = "20261128_26"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sync_runs", sa.Column("failed_requests", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.add_column("sync_runs", sa.Column("failing_since", UtcDateTime(), nullable=True))
    op.add_column("sync_runs", sa.Column("last_failure", sa.String(64), nullable=True))
    op.add_column("sync_runs", sa.Column("page_size", sa.Integer(), nullable=True))
    op.create_table(
        "sync_failed_requests",
        sa.Column("run_id", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["sync_runs.id"],
            name=op.f("fk_sync_failed_requests_run_id_sync_runs"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("run_id", "number", name=op.f("pk_sync_failed_requests")),
    )


def downgrade() -> None:
    op.drop_table("sync_failed_requests")
    for name in ("page_size", "last_failure", "failing_since", "failed_requests"):
        op.drop_column("sync_runs", name)

"""home: when users last looked, and the failed runs by time

Revision ID: 20261128_22
Revises: 20261128_21
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from emagsync.db.types import BigId, UtcDateTime

revision = "20261128_22"
down_revision = "20261128_21"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "home_visits",
        sa.Column("user_id", BigId, autoincrement=False, nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.Column("previous_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_home_visits_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_home_visits")),
    )
    failed = sa.text("status = 'failed'")
    op.create_index("ix_sync_runs_failed", "sync_runs", ["created_at"], sqlite_where=failed, postgresql_where=failed)


def downgrade() -> None:
    op.drop_index("ix_sync_runs_failed", table_name="sync_runs")
    op.drop_table("home_visits")

"""process marks: rows by which processes know their database again

Revision ID: 20261128_19
Revises: 20261128_18
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from emagsync.db.types import UtcDateTime

revision = "20261128_19"
down_revision = "20261128_18"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "process_marks",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_process_marks")),
    )


def downgrade() -> None:
    op.drop_table("process_marks")

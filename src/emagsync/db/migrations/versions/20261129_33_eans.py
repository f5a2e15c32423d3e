"""offers: which EANs offers have, and which of them several have; filled when somebody asks

Revision ID: 20261129_33
Revises: 20261129_32
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261129_33"
down_revision = "20261129_32"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "offer_eans",
        sa.Column("account", sa.String(32), nullable=False),
        sa.Column("ean", sa.Text(), nullable=False),
        sa.Column("emag_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("account", "ean", "emag_id", name=op.f("pk_offer_eans")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "shared_eans",
        sa.Column("account", sa.String(32), nullable=False),
        sa.Column("ean", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account", "ean", name=op.f("pk_shared_eans")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ean_marks",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ean_marks")),
    )
    op.create_index("ix_sync_runs_created_at", "sync_runs", ["created_at"])


def downgrade() -> None:
    op.drop_index("ix_sync_runs_created_at", "sync_runs")
    op.drop_table("ean_marks")
    op.drop_table("shared_eans")
    op.drop_table("offer_eans")

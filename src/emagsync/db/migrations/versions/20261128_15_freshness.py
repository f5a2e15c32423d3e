"""freshness targets: how old an account's offers may become

Revision ID: 20261128_15
Revises: 20261128_14
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from emagsync.db.types import JsonText

revision = "20261128_15"
down_revision = "20261128_14"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "freshness_targets",
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("selection", JsonText(), nullable=False),
        sa.Column("max_age_seconds", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account", "place", name=op.f("pk_freshness_targets")),
    )


def downgrade() -> None:
    op.drop_table("freshness_targets")

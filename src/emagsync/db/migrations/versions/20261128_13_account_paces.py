"""what was learnt of accounts whose pages cannot be as large as is asked for

Revision ID: 20261128_13
Revises: 20261128_12
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from emagsync.db.types import UtcDateTime

revision = "20261128_13"
down_revision = "20261128_12"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_paces",
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("page_size", sa.Integer(), nullable=False),
        sa.Column("seconds_per_offer", sa.Float(), nullable=True),
        sa.Column("failed_trials", sa.Integer(), nullable=False),
        sa.Column("learnt_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_account_paces")),
    )


def downgrade() -> None:
    op.drop_table("account_paces")

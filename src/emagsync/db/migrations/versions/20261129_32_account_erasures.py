"""accounts: the copies of removed accounts that are being deleted

Revision ID: 20261129_32
Revises: 20261129_31
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from emagsync.db.types import UtcDateTime

revision = "20261129_32"
down_revision = "20261129_31"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_erasures",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_account_erasures")),
    )


def downgrade() -> None:
    op.drop_table("account_erasures")

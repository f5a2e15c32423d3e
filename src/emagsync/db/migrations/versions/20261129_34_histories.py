"""histories: which history of the change log a cursor belongs to

Revision ID: 20261129_34
Revises: 20261129_33
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from emagsync.db.types import UtcDateTime

revision = "20261129_34"
down_revision = "20261129_33"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "histories",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("forked_at", sa.BigInteger(), nullable=False),
        sa.Column("starts_after", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_histories")),
        sa.UniqueConstraint("id", name=op.f("uq_histories_id")),
    )


def downgrade() -> None:
    op.drop_table("histories")

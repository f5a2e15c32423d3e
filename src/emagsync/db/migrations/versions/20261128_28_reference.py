"""reference: VAT rates and categories of each account, and when they were read

Revision ID: 20261128_28
Revises: 20261128_27
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from emagsync.db.types import Money, UtcDateTime

revision = "20261128_28"
down_revision = "20261128_27"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "vat_rates",
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("vat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("rate", Money(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("account", "vat_id", "since", name=op.f("pk_vat_rates")),
    )
    op.create_table(
        "categories",
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("category_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("account", "category_id", name=op.f("pk_categories")),
    )
    op.create_table(
        "reference_reads",
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("tried_at", UtcDateTime(), nullable=False),
        sa.Column("read_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("account", "kind", name=op.f("pk_reference_reads")),
    )


def downgrade() -> None:
    op.drop_table("reference_reads")
    op.drop_table("categories")
    op.drop_table("vat_rates")

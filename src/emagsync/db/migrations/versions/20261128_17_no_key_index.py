"""offers: no index on part_number_key, which no statement looks up or sorts by

A first copy pays for it: keys come in no order, so each page of offers changed nearly every page of the index.

Revision ID: 20261128_17
Revises: 20261128_16
"""

from __future__ import annotations

from alembic import op

revision = "20261128_17"
down_revision = "20261128_16"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_offers_part_number_key", "offers")


def downgrade() -> None:
    op.create_index("ix_offers_part_number_key", "offers", ["part_number_key"])

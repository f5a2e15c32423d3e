"""sync_runs: how many errors of each code a run had, also of those that are not kept; NULL for runs of before

Revision ID: 20261128_14
Revises: 20261128_13
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from emagsync.db.types import JsonText

revision = "20261128_14"
down_revision = "20261128_13"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sync_runs", sa.Column("error_codes", JsonText(), nullable=True))


def downgrade() -> None:
    op.drop_column("sync_runs", "error_codes")

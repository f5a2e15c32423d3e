"""preview kinds: what each difference of a dry run would be

Revision ID: 20261128_26
Revises: 20261128_25
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261128_26"
down_revision = "20261128_25"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sync_differences", sa.Column("kinds", sa.Text(), nullable=False, server_default=sa.text("''")))


def downgrade() -> None:
    op.drop_column("sync_differences", "kinds")

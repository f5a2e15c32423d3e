"""bulk change attempts: how often one was taken up without coming further, and why it was given up

Revision ID: 20261129_41
Revises: 20261129_40
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from emagsync.db.types import JsonText

revision = "20261129_41"
down_revision = "20261129_40"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("bulk_changes", sa.Column("attempts", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.add_column("bulk_changes", sa.Column("reason", sa.Text(), nullable=True))
    op.add_column("bulk_changes", sa.Column("reason_code", sa.String(32), nullable=True))
    op.add_column("bulk_changes", sa.Column("reason_values", JsonText(), nullable=True))


def downgrade() -> None:
    for name in ("reason_values", "reason_code", "reason", "attempts"):
        op.drop_column("bulk_changes", name)

"""followers: webhooks that are told what changed of offers

Revision ID: 20261129_37
Revises: 20261129_36
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from emagsync.db.types import JsonText

revision = "20261129_37"
down_revision = "20261129_36"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not as a batch, which would make the table anew and, by its foreign key, empty that of the messages.
    op.add_column("webhooks", sa.Column("changes", JsonText()))
    op.add_column("webhooks", sa.Column("position", sa.BigInteger()))
    op.add_column("webhooks", sa.Column("told_position", sa.BigInteger()))


def downgrade() -> None:
    for column in ("told_position", "position", "changes"):
        op.drop_column("webhooks", column)

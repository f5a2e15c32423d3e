"""idempotency keys: how the POSTs that programs send with one were answered

Revision ID: 20261129_39
Revises: 20261129_38
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from emagsync.db.types import UtcDateTime

revision = "20261129_39"
down_revision = "20261129_38"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("claim", sa.String(32), nullable=False),
        sa.Column("alive_at", UtcDateTime(), nullable=False),
        sa.Column("status", sa.SmallInteger()),
        sa.Column("answer", sa.Text()),
        sa.PrimaryKeyConstraint("owner", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(op.f("ix_idempotency_keys_alive_at"), "idempotency_keys", ["alive_at"])


def downgrade() -> None:
    op.drop_table("idempotency_keys")

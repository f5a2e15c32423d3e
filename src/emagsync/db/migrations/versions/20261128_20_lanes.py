"""lanes: each webhook's messages are delivered by themselves; and what is to be told

Revision ID: 20261128_20
Revises: 20261128_19
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from emagsync.db.types import BigId, JsonText, UtcDateTime

revision = "20261128_20"
down_revision = "20261128_19"
branch_labels = None
depends_on = None

_TO_SEND = sa.text("status IN ('pending', 'sending')")
_PENDING = sa.text("status = 'pending'")


def upgrade() -> None:
    # Not as a batch, which would make the table anew and, by its foreign key, empty that of the messages.
    op.add_column("webhooks", sa.Column("timeouts", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("webhooks", sa.Column("paused_until", UtcDateTime()))
    op.add_column("webhooks", sa.Column("off_reason", sa.String(length=16)))
    op.drop_index("ix_webhook_deliveries_due", "webhook_deliveries")
    op.create_index(
        "ix_webhook_deliveries_lane",
        "webhook_deliveries",
        ["webhook_id", "next_attempt_at"],
        sqlite_where=_TO_SEND,
        postgresql_where=_TO_SEND,
    )
    op.create_table(
        "occurrences",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("detail", JsonText(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_occurrences")),
    )


def downgrade() -> None:
    op.drop_table("occurrences")
    op.drop_index("ix_webhook_deliveries_lane", "webhook_deliveries")
    op.create_index(
        "ix_webhook_deliveries_due",
        "webhook_deliveries",
        ["next_attempt_at"],
        sqlite_where=_PENDING,
        postgresql_where=_PENDING,
    )
    for column in ("off_reason", "paused_until", "timeouts"):
        op.drop_column("webhooks", column)

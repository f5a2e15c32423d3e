"""views: saved filters of the offers, and what each user prefers

Revision ID: 20261129_36
Revises: 20261129_35
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from emagsync.db.types import BigId, JsonText, UtcDateTime

revision = "20261129_36"
down_revision = "20261129_35"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_filters",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("owner", sa.String(100), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filters")),
        sa.UniqueConstraint("owner", "name", name=op.f("uq_saved_filters_owner_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "preferences",
        sa.Column("owner", sa.String(100), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("value", JsonText, nullable=False),
        sa.PrimaryKeyConstraint("owner", "name", name=op.f("pk_preferences")),
    )


def downgrade() -> None:
    op.drop_table("preferences")
    op.drop_table("saved_filters")

"""offers: presets of exports

Revision ID: 20261129_30
Revises: 20261128_29
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from emagsync.db.types import BigId, UtcDateTime

revision = "20261129_30"
down_revision = "20261128_29"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "export_presets",
        sa.Column("id", BigId, nullable=False),
        sa.Column("owner", sa.String(100), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("format", sa.String(16), nullable=False),
        sa.Column("language", sa.String(8), nullable=True),
        sa.Column("columns", sa.Text(), nullable=True),
        sa.Column("filter", sa.Text(), nullable=True),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_presets")),
        sa.UniqueConstraint("owner", "name", name=op.f("uq_export_presets_owner_name")),
    )


def downgrade() -> None:
    op.drop_table("export_presets")

"""bulk changes: one change to any number of offers, and what it comes to for each

Revision ID: 20261129_40
Revises: 20261129_39
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from emagsync.db.types import BigId, JsonText, UtcDateTime

revision = "20261129_40"
down_revision = "20261129_39"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bulk_changes",
        sa.Column("id", BigId, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("asked", JsonText(), nullable=False),
        sa.Column("batch_id", sa.String(36), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("made_by", sa.String(120), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("found", sa.Integer()),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("counts", JsonText(), nullable=False),
        sa.Column("alarms", JsonText(), nullable=False),
        sa.Column("confirm", sa.Boolean(), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.Column("changed_since", sa.Integer(), nullable=False),
        sa.Column("came_since", sa.Integer()),
        sa.Column("applied_by", sa.String(120)),
        sa.Column("finished_at", UtcDateTime()),
        sa.Column("has_rows", sa.Boolean(), nullable=False),
        sa.Column("holder", sa.String(255)),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("until", UtcDateTime()),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_bulk_changes_state", "bulk_changes", ["state"])
    op.create_index("ix_bulk_changes_batch_id", "bulk_changes", ["batch_id"], unique=True)
    op.create_table(
        "bulk_change_rows",
        sa.Column(
            "change_id",
            BigId,
            sa.ForeignKey("bulk_changes.id", name="fk_bulk_change_rows_change_id_bulk_changes", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("row", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("account", sa.String(32), nullable=False),
        sa.Column("emag_id", sa.BigInteger(), nullable=False),
        sa.Column("effect", sa.String(24)),
        sa.Column("version", sa.String(64)),
        sa.Column("changes", JsonText()),
        sa.Column("problems", JsonText()),
        sa.Column("outcome", sa.String(16)),
    )
    op.create_index(
        "ix_bulk_change_rows_change_id_account_emag_id",
        "bulk_change_rows",
        ["change_id", "account", "emag_id"],
        unique=True,
    )
    op.create_index("ix_bulk_change_rows_change_id_effect_row", "bulk_change_rows", ["change_id", "effect", "row"])


def downgrade() -> None:
    op.drop_table("bulk_change_rows")
    op.drop_table("bulk_changes")

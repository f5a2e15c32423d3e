"""certificates: what runs note while they read, for the certificate of each

Revision ID: 20261128_11
Revises: 20261128_10
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from emagsync.db.types import JsonText, UtcDateTime

revision = "20261128_11"
down_revision = "20261128_10"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sync_certificates",
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("evidence", JsonText(), nullable=False),
        sa.Column("copied_at", UtcDateTime(), nullable=True),
        sa.Column("offers", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=64), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("digest_version", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"], ["sync_runs.id"], name=op.f("fk_sync_certificates_run_id_sync_runs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_sync_certificates")),
    )
    op.create_index(op.f("ix_sync_certificates_state"), "sync_certificates", ["state"])


def downgrade() -> None:
    op.drop_index(op.f("ix_sync_certificates_state"), table_name="sync_certificates")
    op.drop_table("sync_certificates")

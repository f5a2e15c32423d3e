"""accounts that people add, with sealed passwords, and when eMAG was last reached for each account

Revision ID: 20261128_23
Revises: 20261128_22
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from emagsync.db.types import UtcDateTime

revision = "20261128_23"
down_revision = "20261128_22"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("base_url", sa.String(length=500), nullable=True),
        sa.Column("username", sa.String(length=255), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("push", sa.String(length=16), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_accounts")),
    )
    op.create_table(
        "account_contacts",
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("let_in_at", UtcDateTime(), nullable=True),
        sa.Column("failed_at", UtcDateTime(), nullable=True),
        sa.Column("code", sa.String(length=32), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("ip", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_account_contacts")),
    )


def downgrade() -> None:
    op.drop_table("account_contacts")
    op.drop_table("accounts")

"""search on PostgreSQL: an index of trigrams, where the extension for it can be had

Revision ID: 20261123_05
Revises: 20261123_04
"""

from __future__ import annotations

from alembic import op

from emagsync.db import trigrams

revision = "20261123_05"
down_revision = "20261123_04"
branch_labels = None
depends_on = None


def upgrade() -> None:
    trigrams.create(op.get_bind())


def downgrade() -> None:
    trigrams.drop(op.get_bind())

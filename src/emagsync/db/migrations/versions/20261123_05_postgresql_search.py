"""PostgreSQL: an index of trigrams for search, where the extension can be had; room for rows that are touched each run

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
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    trigrams.create(connection)
    # Each run touches every offer: with free space on its page the new version of a row needs no index entries, and
    # what it replaces is cleared away soon.
    op.execute("ALTER TABLE offers SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05)")


def downgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        trigrams.drop(connection)
        op.execute("ALTER TABLE offers RESET (fillfactor, autovacuum_vacuum_scale_factor)")

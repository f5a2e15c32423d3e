"""removed offers: an index of the few that most lists and counts leave out

Revision ID: 20261128_09
Revises: 20261128_08
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261128_09"
down_revision = "20261128_08"
branch_labels = None
depends_on = None

_REMOVED = sa.text("removed_at IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_offers_removed", "offers", ["account", "emag_id"], sqlite_where=_REMOVED, postgresql_where=_REMOVED
    )

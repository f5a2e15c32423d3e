"""edits: local edits, conflicts, the outbox, and what waits for a yes

Revision ID: 20261123_07
Revises: 20261123_06
"""

from __future__ import annotations

revision = "20261123_07"
down_revision = "20261123_06"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass

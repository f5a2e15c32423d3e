"""calls: the log of eMAG calls, and what the metrics of processes add up to

Revision ID: 20261123_06
Revises: 20261123_05
"""

from __future__ import annotations

revision = "20261123_06"
down_revision = "20261123_05"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass

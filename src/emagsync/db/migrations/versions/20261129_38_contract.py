"""the views of the contract for programs that read the database: made, as after every step, by `env.py`

Revision ID: 20261129_38
Revises: 20261129_37
"""

from __future__ import annotations

revision = "20261129_38"
down_revision = "20261129_37"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing: see `emagsync.db.contract`."""


def downgrade() -> None:
    """Nothing."""

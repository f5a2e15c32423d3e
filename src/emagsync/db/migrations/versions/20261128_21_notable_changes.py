"""notable changes: what of the change log people look for

Revision ID: 20261128_21
Revises: 20261128_20
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from emagsync.db.types import BigId, UtcDateTime

revision = "20261128_21"
down_revision = "20261128_20"
branch_labels = None
depends_on = None

_COLUMNS = "(account, emag_id, kind, at, run_id)"
# Kinds that one entry of the change log tells. Which offers were new, and why others became unsellable, is noted from
# now on.
_FROM_THE_LOG = """
    SELECT account, emag_id, CASE
        WHEN field = 'sale_price' AND source = 'push' THEN 'price_by_us'
        WHEN field = 'sale_price' THEN 'price_by_emag'
        WHEN field = 'stock' AND source = 'push' THEN 'stock_by_us'
        WHEN field = 'stock' THEN 'stock_by_emag'
        WHEN field = 'lifecycle' AND new = 'removed' THEN 'gone'
        WHEN field = 'lifecycle' AND new = 'returned' THEN 'back'
        WHEN field = 'sellable' AND new = 'true' THEN 'sellable'
        WHEN field = 'sellable' THEN 'unsellable'
        WHEN field = 'buy_button_rank' AND new = '1' THEN 'buy_button_won'
        WHEN field = 'buy_button_rank' AND old = '1' THEN 'buy_button_lost'
        ELSE 'other' END, at, run_id
    FROM offer_changes
    WHERE NOT (field = 'lifecycle' AND new = 'created')
      AND NOT (field = 'buy_button_rank' AND COALESCE(new, '') <> '1' AND COALESCE(old, '') <> '1')
      AND field NOT IN ('best_offer_sale_price', 'main_offer_price')
    ORDER BY seq
"""


def upgrade() -> None:
    op.create_table(
        "notable_changes",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("emag_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notable_changes")),
    )
    op.execute(sa.text(f"INSERT INTO notable_changes {_COLUMNS} {_FROM_THE_LOG}"))
    for columns in (("kind", "at", "account", "emag_id"), ("run_id", "kind", "account", "emag_id")):
        op.create_index(op.f(f"ix_notable_changes_{'_'.join(columns)}"), "notable_changes", list(columns))


def downgrade() -> None:
    op.drop_table("notable_changes")

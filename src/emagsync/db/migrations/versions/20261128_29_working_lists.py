"""offers: what the working lists look at is in the index that lists read; the offers without an image

Revision ID: 20261128_29
Revises: 20261128_28
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261128_29"
down_revision = "20261128_28"
branch_labels = None
depends_on = None

_BEFORE = (
    "account",
    "emag_id",
    "removed_at",
    "status",
    "sellable",
    "stock",
    "validation_status",
    "offer_validation_status",
    "category_id",
    "currency",
    "sale_price",
    "changed_at",
)
_ADDED = ("min_sale_price", "max_sale_price", "buy_button_rank", "vat_id", "brand", "not_sellable")


def upgrade() -> None:
    op.drop_index("ix_offers_facets", "offers")
    op.create_index("ix_offers_facets", "offers", [*_BEFORE, *_ADDED])
    where = sa.text("main_image IS NULL AND removed_at IS NULL")
    op.create_index("ix_offers_no_image", "offers", ["account", "emag_id"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_index("ix_offers_no_image", "offers")
    op.drop_index("ix_offers_facets", "offers")
    op.create_index("ix_offers_facets", "offers", list(_BEFORE))

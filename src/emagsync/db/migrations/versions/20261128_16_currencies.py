"""currencies: what the prices of edits and conflicts are in, and finding when an offer's currency changed; what eMAG
remarked about an edit that it took

Prices of edits of before are taken to be in the currency that their offer had when they were made, as far as the change
log goes back; those of offers that are not in the copy stay without one.

Revision ID: 20261128_16
Revises: 20261128_15
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261128_16"
down_revision = "20261128_15"
branch_labels = None
depends_on = None

_PRICES = ("sale_price", "recommended_price", "min_sale_price", "max_sale_price")
_FACETS = "ix_offers_facets"
_FIRST = (
    "account",
    "emag_id",
    "removed_at",
    "status",
    "sellable",
    "stock",
    "validation_status",
    "offer_validation_status",
    "category_id",
)
_LAST = ("sale_price", "changed_at")
_LOG = "ix_offer_changes_currency"


def upgrade() -> None:
    op.add_column("local_edits", sa.Column("currency", sa.String(length=8), nullable=True))
    op.add_column("local_edits", sa.Column("remarks", sa.Text(), nullable=True))
    op.add_column("conflicts", sa.Column("currency", sa.String(length=8), nullable=True))
    op.add_column("conflicts", sa.Column("emag_currency", sa.String(length=8), nullable=True))
    _replace_facets((*_FIRST, "currency", *_LAST))
    only = sa.text("field = 'currency'")
    op.create_index(_LOG, "offer_changes", ["account", "emag_id"], sqlite_where=only, postgresql_where=only)
    _fill()


def downgrade() -> None:
    op.drop_index(_LOG, table_name="offer_changes")
    _replace_facets((*_FIRST, *_LAST))
    op.drop_column("conflicts", "emag_currency")
    op.drop_column("conflicts", "currency")
    op.drop_column("local_edits", "remarks")
    op.drop_column("local_edits", "currency")


def _replace_facets(columns: tuple[str, ...]) -> None:
    op.drop_index(_FACETS, table_name="offers")
    op.create_index(_FACETS, "offers", list(columns))


def _fill() -> None:
    edits = sa.table("local_edits", *map(sa.column, ("id", "account", "emag_id", "field", "currency", "made_at")))
    conflicts = sa.table(
        "conflicts", *map(sa.column, ("account", "emag_id", "field", "edit_id", "state", "currency", "emag_currency"))
    )
    offers = sa.table("offers", *map(sa.column, ("account", "emag_id", "currency")))
    log = sa.table("offer_changes", *map(sa.column, ("seq", "account", "emag_id", "field", "old", "at")))

    def now_of(rows: sa.TableClause) -> sa.ScalarSelect[str]:
        same = (offers.c.account == rows.c.account, offers.c.emag_id == rows.c.emag_id)
        return sa.select(offers.c.currency).where(*same).scalar_subquery()

    of_offer = (log.c.account == edits.c.account, log.c.emag_id == edits.c.emag_id)
    changed_since = sa.select(log.c.old).where(
        *of_offer, log.c.field == sa.literal_column("'currency'"), log.c.old.is_not(None), log.c.at >= edits.c.made_at
    )
    then = changed_since.order_by(log.c.seq).limit(1).scalar_subquery()
    op.execute(
        sa.update(edits).where(edits.c.field.in_(_PRICES)).values(currency=sa.func.coalesce(then, now_of(edits)))
    )
    of_edit = sa.select(edits.c.currency).where(edits.c.id == conflicts.c.edit_id).scalar_subquery()
    open_ones = (conflicts.c.field.in_(_PRICES), conflicts.c.state == "open")
    op.execute(sa.update(conflicts).where(*open_ones).values(currency=of_edit, emag_currency=now_of(conflicts)))

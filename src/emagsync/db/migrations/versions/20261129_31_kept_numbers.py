"""offers: numbers of the copy, and when offers were seen last, kept up with the offers

Revision ID: 20261129_31
Revises: 20261129_30
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from emagsync.db.types import UtcDateTime

revision = "20261129_31"
down_revision = "20261129_30"
branch_labels = None
depends_on = None

_STATE = ("status", "sellable", "validation_status", "offer_validation_status", "currency", "not_sellable")
_offers = sa.table(
    "offers",
    sa.column("account", sa.Text),
    sa.column("emag_id", sa.BigInteger),
    sa.column("status", sa.Integer),
    sa.column("sellable", sa.Boolean),
    sa.column("validation_status", sa.BigInteger),
    sa.column("offer_validation_status", sa.BigInteger),
    sa.column("currency", sa.Text),
    sa.column("not_sellable", sa.Text),
    sa.column("stock", sa.BigInteger),
    sa.column("removed_at", UtcDateTime),
    sa.column("last_seen_at", UtcDateTime),
)
_counts = sa.table("offer_counts", sa.column("account"), sa.column("what"), sa.column("number"))
_sightings = sa.table(
    "offer_sightings",
    sa.column("account"),
    sa.column("seen_at", UtcDateTime),
    sa.column("number"),
    sa.column("ids"),
)


def upgrade() -> None:
    op.create_table(
        "offer_counts",
        sa.Column("account", sa.String(32), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", "what", name=op.f("pk_offer_counts")),
    )
    op.create_table(
        "offer_sightings",
        sa.Column("account", sa.String(32), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("ids", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account", "seen_at", name=op.f("pk_offer_sightings")),
    )
    where = sa.text("number > 0")
    op.create_index(
        "ix_offer_sightings_last",
        "offer_sightings",
        ["account", "seen_at"],
        sqlite_where=where,
        postgresql_where=where,
    )
    connection = op.get_bind()
    counted = [
        {"account": account, "what": what, "number": number}
        for account, numbers in _counted(connection).items()
        for what, number in numbers.items()
    ]
    if counted:
        op.bulk_insert(_counts, counted)
    seen = [
        {"account": account, "seen_at": seen_at, "number": len(ids), "ids": "".join(f",{emag_id}" for emag_id in ids)}
        for (account, seen_at), ids in _seen(connection).items()
    ]
    if seen:
        op.bulk_insert(_sightings, seen)


def downgrade() -> None:
    op.drop_table("offer_sightings")
    op.drop_table("offer_counts")


def _counted(connection: sa.Connection) -> dict[str, Counter[str]]:
    """The numbers of each account, as `emagsync.offers.counts` had them when this was written."""
    is_removed = _offers.c.removed_at.is_not(None).label("is_removed")
    is_out = sa.case((_offers.c.stock <= 0, 1), else_=0).label("is_out")
    columns = (_offers.c.account, is_removed, is_out, *(_offers.c[name] for name in _STATE))
    found: dict[str, Counter[str]] = defaultdict(Counter)
    query = sa.select(*columns, sa.func.count().label("number")).group_by(*columns)
    for row in connection.execute(query):
        for what in _counted_as(row):
            found[row.account][what] += row.number
    return found


def _counted_as(row: Any) -> Iterator[str]:
    if row.is_removed:
        yield "removed"
        return
    yield "offers"
    yield f"currency={row.currency}"
    if row.status is not None:
        yield f"status={row.status}"
    if row.status == 1:
        yield "active"
    if row.sellable:
        yield "sellable"
    else:
        yield from (f"reason={code}" for code in set(row.not_sellable.split()))
    if row.is_out:
        yield "out_of_stock"
    if row.validation_status is not None:
        yield f"validation_status={row.validation_status}"
    if row.validation_status in (5, 6, 8, 10) or row.offer_validation_status == 2:
        yield "rejected"


def _seen(connection: sa.Connection) -> dict[tuple[str, datetime], list[int]]:
    columns = (_offers.c.account, _offers.c.last_seen_at, _offers.c.emag_id)
    found: dict[tuple[str, datetime], list[int]] = defaultdict(list)
    for account, seen_at, emag_id in connection.execute(sa.select(*columns).where(_offers.c.removed_at.is_(None))):
        found[account, seen_at].append(emag_id)
    return found

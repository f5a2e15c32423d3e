"""What the local copy holds, in numbers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from emagsync.db.engine import Database
from emagsync.offers.schemas import AccountTotals
from emagsync.offers.tables import offers

# eMAG's documentation: 5 brand rejected, 6 EAN rejected, 8 documentation rejected, 10 blocked; and, of the offer
# itself, 2 invalid price.
_REJECTED = (5, 6, 8, 10)
_INVALID_PRICE = 2


async def account_totals(database: Database) -> dict[str, AccountTotals]:
    """What the local copy holds, by account. An account without rows is not there."""
    columns = offers.c
    present = columns.removed_at.is_(None)

    def counted(*conditions: ColumnElement[bool]) -> ColumnElement[Any]:
        return func.coalesce(func.sum(case((and_(present, *conditions), 1), else_=0)), 0)

    rejected = or_(columns.validation_status.in_(_REJECTED), columns.offer_validation_status == _INVALID_PRICE)
    query = select(
        columns.account,
        counted().label("offers"),
        counted(columns.status == 1).label("active"),
        counted(columns.sellable).label("sellable"),
        counted(columns.stock <= 0).label("out_of_stock"),
        counted(rejected).label("rejected"),
        (func.count() - counted()).label("removed"),
        func.min(case((present, columns.last_seen_at))).label("oldest_seen_at"),
    ).group_by(columns.account)
    # By account in an index's order every row would be looked up by itself; the table itself is read in one sweep.
    query = query.with_hint(offers, "NOT INDEXED", "sqlite")
    async with database.reading() as connection:
        rows = (await connection.execute(query)).mappings()
        return {row["account"]: AccountTotals.model_validate(dict(row)) for row in rows}

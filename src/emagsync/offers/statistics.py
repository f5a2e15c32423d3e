"""What the local copy holds, in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

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
    ).group_by(columns.account)
    async with database.reading() as connection:
        rows = (await connection.execute(query)).mappings().all()
        oldest = await _oldest_seen(connection, [row["account"] for row in rows])
    return {
        row["account"]: AccountTotals.model_validate({**row, "oldest_seen_at": oldest[row["account"]]}) for row in rows
    }


async def _oldest_seen(connection: AsyncConnection, accounts: Sequence[str]) -> dict[str, datetime | None]:
    """When the offer of each account that was not seen for the longest time was seen last.

    One sweep over the rows: the column changes in every run, so no index holds it, and grouping would sort them all.
    """
    if not accounts:
        return {}
    columns = offers.c
    oldest = [func.min(case((columns.account == account, columns.last_seen_at))) for account in accounts]
    row = (await connection.execute(select(*oldest).where(columns.removed_at.is_(None)))).one()
    return dict(zip(accounts, row, strict=True))

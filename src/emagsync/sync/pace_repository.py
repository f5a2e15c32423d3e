"""All SQL about what was learnt of the pages of an account: how large they can be."""

from __future__ import annotations

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.marketplace.page_sizes import Pace
from emagsync.sync.tables import account_paces


async def pace_of(connection: AsyncConnection, account: str) -> Pace | None:
    """What was learnt about the account's pages, if they cannot be as large as is asked for."""
    row = (await connection.execute(select(account_paces).where(account_paces.c.account == account))).first()
    return None if row is None else Pace(row.page_size, row.seconds_per_offer, row.failed_trials, row.learnt_at)


async def remember_pace(connection: AsyncConnection, account: str, pace: Pace | None) -> None:
    """Keep what was learnt about the account's pages; None: they can be as large as is asked for."""
    await connection.execute(delete(account_paces).where(account_paces.c.account == account))
    if pace is not None:
        await connection.execute(insert(account_paces).values(account=account, **pace._asdict()))

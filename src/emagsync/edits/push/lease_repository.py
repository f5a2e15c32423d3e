"""The lease that lets one process at a time push for an account.

Each acquisition raises the account's fence, and every transaction of a push names the fence that it was given. So a
process that was paused or cut off, and whose lease another one took over, cannot write anything when it comes back.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.bulk import insert_of
from emagsync.edits.push.errors import PushBusy, PushSuperseded
from emagsync.edits.tables import push_leases


class PushLease(NamedTuple):
    """The right to push for an account, as long as nobody has raised its fence."""

    account: str
    holder: str
    fence: int


async def acquire(
    connection: AsyncConnection, account: str, holder: str, *, now: datetime, seconds: float
) -> PushLease:
    """Take the account's lease. Raises PushBusy while another process holds it and it has not run out."""
    insert = insert_of(connection.dialect)(push_leases)
    await connection.execute(insert.values(account=account, holder=None, fence=0, until=None).on_conflict_do_nothing())
    taken = await connection.execute(
        update(push_leases)
        .where(push_leases.c.account == account, or_(push_leases.c.until.is_(None), push_leases.c.until <= now))
        .values(holder=holder, fence=push_leases.c.fence + 1, until=now + timedelta(seconds=seconds))
    )
    if taken.rowcount != 1:
        raise PushBusy(account)
    fence = await connection.scalar(select(push_leases.c.fence).where(push_leases.c.account == account))
    assert fence is not None  # noqa: S101 - the row was just written
    return PushLease(account, holder, fence)


async def renew(connection: AsyncConnection, lease: PushLease, *, now: datetime, seconds: float) -> None:
    """Check the lease and extend it, in the transaction of whatever is written under it. Raises PushSuperseded, which
    rolls that transaction back."""
    renewed = await connection.execute(
        update(push_leases)
        .where(
            push_leases.c.account == lease.account,
            push_leases.c.fence == lease.fence,
            push_leases.c.holder == lease.holder,
        )
        .values(until=now + timedelta(seconds=seconds))
    )
    if renewed.rowcount != 1:
        raise PushSuperseded(lease.account)


async def release(connection: AsyncConnection, lease: PushLease) -> None:
    """Give the lease back. Does nothing when another process has taken over."""
    await connection.execute(
        update(push_leases)
        .where(push_leases.c.account == lease.account, push_leases.c.fence == lease.fence)
        .values(holder=None, until=None)
    )

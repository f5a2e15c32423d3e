"""One pusher per account at a time: a lease in the database, with a fence that every one of its writes names."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.edits.push.errors import PushBusy, PushSuperseded
from emagsync.edits.tables import push_leases


class Lease(NamedTuple):
    """The right to push for an account, as long as nobody has raised its fence."""

    account: str
    holder: str
    fence: int


async def acquire(connection: AsyncConnection, account: str, holder: str, *, now: datetime, seconds: float) -> Lease:
    """Take the account's lease. Raises PushBusy while another pusher holds it and gives signs of life."""
    insert = (postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert)(push_leases)
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
    return Lease(account, holder, fence)


async def keep(connection: AsyncConnection, lease: Lease, *, now: datetime, seconds: float) -> None:
    """Check the lease and lengthen it, in the transaction of whatever is written under it. Raises PushSuperseded,
    which rolls that transaction back."""
    kept = await connection.execute(
        update(push_leases)
        .where(
            push_leases.c.account == lease.account,
            push_leases.c.fence == lease.fence,
            push_leases.c.holder == lease.holder,
        )
        .values(until=now + timedelta(seconds=seconds))
    )
    if kept.rowcount != 1:
        raise PushSuperseded(lease.account)


async def release(connection: AsyncConnection, lease: Lease) -> None:
    """Let the next pusher in. Does nothing when another one has taken over."""
    await connection.execute(
        update(push_leases)
        .where(push_leases.c.account == lease.account, push_leases.c.fence == lease.fence)
        .values(holder=None, until=None)
    )

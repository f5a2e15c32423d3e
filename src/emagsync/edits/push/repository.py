"""All SQL about pushes: the record of what each one did."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Row, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.edits.push.errors import PushNotFound
from emagsync.edits.push.outbox import Event, transition
from emagsync.edits.push.schemas import Push, PushStatus
from emagsync.edits.reasons import Reason, ReasonCode, reason_columns, reason_in, reason_text, reason_view
from emagsync.edits.states import OutboxState
from emagsync.edits.tables import outbox, pushes


async def take_over(connection: AsyncConnection, account: str, *, now: datetime) -> int:
    """Settle what an earlier push of the account has left: entries without an answer become uncertain, and a push that
    still runs by its row was interrupted. Returns the number of such entries. The caller has taken the lease."""
    left = await connection.execute(
        update(outbox)
        .where(outbox.c.account == account, outbox.c.state == OutboxState.SENDING, outbox.c.next_at.is_(None))
        .values(
            state=transition(OutboxState.SENDING, Event.INTERRUPTED),
            updated_at=now,
            **reason_columns(Reason.of(ReasonCode.INTERRUPTED)),
        )
    )
    await connection.execute(
        update(pushes)
        .where(pushes.c.account == account, pushes.c.status == PushStatus.RUNNING)
        .values(status=PushStatus.INTERRUPTED, finished_at=now)
    )
    return left.rowcount


async def among(connection: AsyncConnection, ids: Collection[str]) -> set[str]:
    """Those of `ids` that are ids of pushes, and not of runs."""
    return set((await connection.execute(select(pushes.c.id).where(pushes.c.id.in_(ids)))).scalars())


async def counts_of_push(connection: AsyncConnection, push_id: str) -> dict[str, int]:
    """How many of a push's entries are in each state."""
    query = select(outbox.c.state, func.count()).where(outbox.c.push_id == push_id).group_by(outbox.c.state)
    return dict([tuple(row) for row in await connection.execute(query)])


async def add_push(connection: AsyncConnection, push: Push) -> None:
    """Record a push that begins."""
    await connection.execute(insert(pushes).values(**push.model_dump(exclude={"why"}) | {"counts": _json(push.counts)}))


async def end_push(
    connection: AsyncConnection,
    push_id: str,
    *,
    status: str,
    counts: Mapping[str, int],
    error: Reason | None,
    now: datetime,
) -> None:
    """Record how a push ended."""
    why = reason_columns(error)
    await connection.execute(
        update(pushes)
        .where(pushes.c.id == push_id)
        .values(status=status, counts=_json(counts), finished_at=now, error=why.pop("reason"), **why)
    )


async def get_push(connection: AsyncConnection, push_id: str) -> Push:
    """That push. Raises PushNotFound."""
    row = (await connection.execute(select(pushes).where(pushes.c.id == push_id))).first()
    if row is None:
        raise PushNotFound(push_id)
    return _push(row)


async def list_pushes(
    connection: AsyncConnection,
    *,
    account: str | None = None,
    before: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> list[Push]:
    """Pushes, newest first; with `before`, the time and id of a push, those that follow it in this order."""
    query = select(pushes).order_by(pushes.c.created_at.desc(), pushes.c.id.desc()).limit(limit)
    if account is not None:
        query = query.where(pushes.c.account == account)
    if before is not None:
        at, push_id = before
        query = query.where(or_(pushes.c.created_at < at, (pushes.c.created_at == at) & (pushes.c.id < push_id)))
    return [_push(row) for row in await connection.execute(query)]


def _push(row: Row[Any]) -> Push:
    error = reason_in(row, "error")
    shown = {"error": reason_text(error), "why": reason_view(error)}
    return Push.model_validate({**row._mapping, "counts": orjson.loads(row.counts), **shown})


def _json(value: Mapping[str, int]) -> str:
    return orjson.dumps(value).decode()

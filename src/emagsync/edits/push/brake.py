"""The brake: what would change too much of an account at once stops before anything of it is sent, and waits for a yes.

Counted are offers that would be repriced, zeroed or deactivated: those that are to be sent together with those that
were sent within the last hour (`brake_minutes`), so that portions cannot slip past it. For a sync, which must stay an
exact copy, the copying goes on; but when eMAG's side changed that much since the last completed run, the account's
edits are neither merged nor sent until a person has looked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import orjson
from sqlalchemy import Row, distinct, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core.settings import EditsSettings
from emagsync.edits.push.errors import HoldDecided, HoldNotFound
from emagsync.edits.push.outbox import Item
from emagsync.edits.push.schemas import Hold
from emagsync.edits.states import OutboxState
from emagsync.edits.tables import holds, outbox
from emagsync.offers.tables import offer_changes, offers
from emagsync.webhooks import repository as webhooks
from emagsync.webhooks.schemas import EventKind

PUSH: Final = "push"
SYNC: Final = "sync"
_ACTIVE: Final = "1"


class Alarm(StrEnum):
    """What the brake counts, the gravest first."""

    DEACTIVATED = "deactivated"
    ZEROED = "zeroed"
    REPRICED = "repriced"


class HoldState(StrEnum):
    """A refused hold of a sync stays in force: the account's edits rest until it is released."""

    WAITING = "waiting"
    RELEASED = "released"
    REFUSED = "refused"


_in_force = or_(holds.c.state == HoldState.WAITING, (holds.c.state == HoldState.REFUSED) & (holds.c.kind == SYNC))
_unreleased = (outbox.c.alarm.is_not(None), outbox.c.hold_id.is_(None))
_yet_to_go = outbox.c.state.in_((OutboxState.WAITING, OutboxState.PENDING))


def alarm_of(items: Iterable[Item], stock: int | None) -> Alarm | None:
    """What the brake counts an offer's changes as; `stock` is what it has now, over all warehouses."""
    left = stock or 0
    found: set[Alarm] = set()
    for item in items:
        wanted = item.value if item.target is None else item.target
        if item.field == "status" and item.before == _ACTIVE and wanted != _ACTIVE:
            found.add(Alarm.DEACTIVATED)
        elif item.field == "sale_price" and wanted != item.before:
            found.add(Alarm.REPRICED)
        elif item.field == "stock":
            left += int(item.value) if item.is_relative and item.target is None else int(wanted) - int(item.before or 0)
    if stock and left <= 0:
        found.add(Alarm.ZEROED)
    return next((alarm for alarm in Alarm if alarm in found), None)


def most_of(settings: EditsSettings, offers_of_account: int) -> int:
    """How many offers may change so without anybody's yes."""
    return min(settings.brake_offers, offers_of_account * settings.brake_percent // 100)


async def offers_of(connection: AsyncConnection, account: str) -> int:
    """How many offers the account has."""
    query = select(func.count()).where(offers.c.account == account, offers.c.removed_at.is_(None))
    return await connection.scalar(query) or 0


async def is_held(connection: AsyncConnection, account: str) -> Hold | None:
    """The hold that keeps the account's edits from being merged and sent, if there is one."""
    query = select(holds).where(holds.c.account == account, _in_force).order_by(holds.c.id).limit(1)
    row = (await connection.execute(query)).first()
    return None if row is None else _hold(row)


async def check_push(
    connection: AsyncConnection, account: str, *, push_id: str, most: int, settings: EditsSettings, now: datetime
) -> Hold | None:
    """The hold that the account's lines run into, made if there is none yet."""
    held = await is_held(connection, account)
    if held is not None:
        return held
    since = now - timedelta(minutes=settings.brake_minutes)
    counted = (
        outbox.c.account == account,
        *_unreleased,
        or_(outbox.c.sent_at > since, outbox.c.sent_at.is_(None) & (outbox.c.state == OutboxState.PENDING)),
    )
    offers = func.count(distinct(outbox.c.emag_id))
    # Not the sum by alarm: an offer that is repriced and later deactivated is one offer.
    if (await connection.scalar(select(offers).where(*counted)) or 0) <= most:
        return None
    query = select(outbox.c.alarm, offers).where(*counted).group_by(outbox.c.alarm)
    counts = {str(alarm): int(number) for alarm, number in await connection.execute(query)}
    return await _raise(connection, account, kind=PUSH, source_id=push_id, counts=counts, most=most, now=now)


async def check_sync(
    connection: AsyncConnection,
    account: str,
    *,
    run_id: str,
    since: datetime | None,
    settings: EditsSettings,
    now: datetime,
) -> Hold | None:
    """At the end of a completed run: hold the account's edits when eMAG's side has repriced, zeroed or deactivated too
    much `since` the completed run before it (None: there was none, and nothing to compare with). What we pushed
    ourselves does not count. The caller asks only for accounts that have edits, or push them."""
    if since is None or await is_held(connection, account) is not None:
        return None
    changed = offer_changes.c
    ours = select(outbox.c.emag_id).where(outbox.c.account == account, outbox.c.sent_at > since)
    kinds = {
        Alarm.REPRICED: (changed.field == "sale_price") & changed.old.is_not(None),
        Alarm.ZEROED: (changed.field == "stock") & (changed.new == "0"),
        Alarm.DEACTIVATED: (changed.field == "status") & (changed.old == _ACTIVE),
    }
    seen = (changed.account == account, changed.source == "sync", changed.at > since, changed.emag_id.not_in(ours))
    query = select(func.count(distinct(changed.emag_id)))
    total = await connection.scalar(query.where(*seen, or_(*kinds.values()))) or 0
    most = most_of(settings, await offers_of(connection, account))
    if total <= most:
        return None
    counts = {str(alarm): await connection.scalar(query.where(*seen, kind)) or 0 for alarm, kind in kinds.items()}
    return await _raise(connection, account, kind=SYNC, source_id=run_id, counts=counts, most=most, now=now)


async def decide(connection: AsyncConnection, hold_id: int, state: HoldState, *, by: str, now: datetime) -> Hold:
    """A person's word about a hold. Raises HoldNotFound, and HoldDecided unless it is in force.

    Releasing that of a push lets through what was counted; refusing it is `PushService.refuse`'s to carry out.
    """
    hold = await get(connection, hold_id)
    decided = await connection.execute(
        update(holds).where(holds.c.id == hold_id, _in_force).values(state=state, decided_by=by, decided_at=now)
    )
    if decided.rowcount != 1:
        raise HoldDecided(hold_id, hold.state)
    if hold.kind == PUSH and state is HoldState.RELEASED:
        await connection.execute(
            update(outbox).where(outbox.c.account == hold.account, *_unreleased).values(hold_id=hold_id, updated_at=now)
        )
    return await get(connection, hold_id)


async def counted_lines(connection: AsyncConnection, account: str) -> list[int]:
    """The ids of the lines that are yet to go and that no release covers: what refusing a hold is about."""
    query = select(outbox.c.id).where(outbox.c.account == account, *_unreleased, _yet_to_go)
    return list((await connection.execute(query)).scalars())


async def get(connection: AsyncConnection, hold_id: int) -> Hold:
    """That hold. Raises HoldNotFound."""
    row = (await connection.execute(select(holds).where(holds.c.id == hold_id))).first()
    if row is None:
        raise HoldNotFound(hold_id)
    return _hold(row)


async def all_of_them(
    connection: AsyncConnection, *, account: str | None = None, states: Sequence[str] = (), limit: int = 100
) -> list[Hold]:
    """Holds, newest first."""
    query = select(holds).order_by(holds.c.id.desc()).limit(limit)
    if account is not None:
        query = query.where(holds.c.account == account)
    if states:
        query = query.where(holds.c.state.in_(states))
    return [_hold(row) for row in await connection.execute(query)]


async def _raise(
    connection: AsyncConnection,
    account: str,
    *,
    kind: str,
    source_id: str,
    counts: Mapping[str, int],
    most: int,
    now: datetime,
) -> Hold:
    reason = max(counts, key=lambda alarm: counts[alarm])
    values: dict[str, Any] = {
        "account": account,
        "kind": kind,
        "source_id": source_id,
        "reason": reason,
        "counts": orjson.dumps(dict(counts)).decode(),
        "most": most,
        "state": HoldState.WAITING,
        "created_at": now,
    }
    result = await connection.execute(insert(holds).values(**values).returning(holds.c.id))
    hold = await get(connection, result.scalar_one())
    await webhooks.enqueue(connection, (EventKind.HOLD,), {"hold": hold.model_dump(mode="json")}, now=now)
    return hold


def _hold(row: Row[Any]) -> Hold:
    return Hold.model_validate({**row._mapping, "counts": orjson.loads(row.counts)})

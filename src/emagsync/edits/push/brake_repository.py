"""All SQL of the brake: holds, and what it counts in the outbox and in eMAG's own changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import ColumnElement, Row, and_, distinct, false, func, insert, not_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.edits.fields import ACTIVE, STATUS, STOCK
from emagsync.edits.push.errors import HoldNotFound
from emagsync.edits.push.schemas import Alarm, Hold, HoldKind, HoldState
from emagsync.edits.states import OutboxState
from emagsync.edits.tables import holds, outbox
from emagsync.offers.tables import offer_changes, offers

_in_force = or_(
    holds.c.state == HoldState.WAITING, (holds.c.state == HoldState.REFUSED) & (holds.c.kind == HoldKind.SYNC)
)
# Entries that the brake counts and no release covers.
_alarming = (outbox.c.alarm.is_not(None), outbox.c.hold_id.is_(None))
_not_sent = outbox.c.state.in_((OutboxState.WAITING, OutboxState.PENDING))
_EMAG_DID: Final[Mapping[Alarm, ColumnElement[bool]]] = {
    Alarm.REPRICED: (offer_changes.c.field == "sale_price") & offer_changes.c.old.is_not(None),
    Alarm.ZEROED: (offer_changes.c.field == STOCK) & (offer_changes.c.new == "0"),
    Alarm.DEACTIVATED: (offer_changes.c.field == STATUS) & (offer_changes.c.old == ACTIVE),
}


def held_entries() -> ColumnElement[bool]:
    """Whether an entry of the outbox is kept from being sent by a hold in force: of a push those that the brake counts,
    of a sync all of the account's."""
    of_push = select(holds.c.account).where(_in_force, holds.c.kind == HoldKind.PUSH)
    of_sync = select(holds.c.account).where(_in_force, holds.c.kind == HoldKind.SYNC)
    counted = and_(*_alarming, outbox.c.account.in_(of_push))
    return (outbox.c.state == OutboxState.PENDING) & or_(counted, outbox.c.account.in_(of_sync))


async def count_offers(connection: AsyncConnection, account: str) -> int:
    """How many offers the account has, the removed ones left out."""
    query = select(func.count()).where(offers.c.account == account, offers.c.removed_at.is_(None))
    return await connection.scalar(query) or 0


async def hold_in_force(connection: AsyncConnection, account: str) -> Hold | None:
    """The hold that keeps the account's edits from being merged and sent, if there is one."""
    query = select(holds).where(holds.c.account == account, _in_force).order_by(holds.c.id).limit(1)
    row = (await connection.execute(query)).first()
    return None if row is None else _hold(row)


async def count_alarming(connection: AsyncConnection, account: str, *, sent_since: datetime) -> int:
    """How many offers the account's pending entries, and those sent since then, reprice, zero or deactivate."""
    query = select(_offers_of_outbox).where(*_counted(account, sent_since))
    return await connection.scalar(query) or 0


async def count_by_alarm(connection: AsyncConnection, account: str, *, sent_since: datetime) -> dict[str, int]:
    """The same by what would happen to them; an offer can be counted under several alarms."""
    query = select(outbox.c.alarm, _offers_of_outbox).where(*_counted(account, sent_since)).group_by(outbox.c.alarm)
    return {str(alarm): int(number) for alarm, number in await connection.execute(query)}


_offers_of_outbox = func.count(distinct(outbox.c.emag_id))


def _counted(account: str, sent_since: datetime) -> tuple[ColumnElement[bool], ...]:
    pending = outbox.c.sent_at.is_(None) & (outbox.c.state == OutboxState.PENDING)
    return outbox.c.account == account, *_alarming, or_(outbox.c.sent_at > sent_since, pending)


class Recalculation(NamedTuple):
    """When eMAG recalculates prices that are kept in another currency than `currency`: UTC, each from and before."""

    currency: str
    times: Sequence[tuple[datetime, datetime]]


async def count_changed_by_emag(
    connection: AsyncConnection,
    account: str,
    *,
    since: datetime,
    alarms: Collection[Alarm],
    recalculation: Recalculation,
) -> int:
    """How many offers syncs have found changed so since then, those left out for which we sent something ourselves.

    A price in another currency than before, and one that eMAG recalculated, are not other prices.
    """
    conditions = [_EMAG_DID[alarm] for alarm in alarms if alarm is not Alarm.REPRICED]
    if Alarm.REPRICED in alarms:
        conditions.append(_EMAG_DID[Alarm.REPRICED] & not_(_of_a_currency(account, since, recalculation)))
    return await _count_changed(connection, account, since, or_(*conditions))


async def count_recalculated(
    connection: AsyncConnection, account: str, *, since: datetime, recalculation: Recalculation
) -> int:
    """How many offers have another price only because of a currency: those that `count_changed_by_emag` leaves out."""
    of_a_currency = _of_a_currency(account, since, recalculation)
    return await _count_changed(connection, account, since, _EMAG_DID[Alarm.REPRICED] & of_a_currency)


async def _count_changed(
    connection: AsyncConnection, account: str, since: datetime, condition: ColumnElement[bool]
) -> int:
    ours = select(outbox.c.emag_id).where(outbox.c.account == account, outbox.c.sent_at > since)
    query = select(func.count(distinct(offer_changes.c.emag_id))).where(
        offer_changes.c.account == account,
        offer_changes.c.source == "sync",
        offer_changes.c.at > since,
        offer_changes.c.emag_id.not_in(ours),
        condition,
    )
    return await connection.scalar(query) or 0


def _of_a_currency(account: str, since: datetime, recalculation: Recalculation) -> ColumnElement[bool]:
    """Whether an entry about a price is about a currency: of an offer that changed its own, or a recalculated price."""
    log = offer_changes.alias("of_currency")
    converted = select(log.c.emag_id).where(
        log.c.account == account, log.c.at > since, log.c.field == "currency", log.c.old.is_not(None)
    )
    kept = func.upper(func.trim(offers.c.currency_type))
    kept_elsewhere = select(offers.c.emag_id).where(offers.c.account == account, kept != recalculation.currency)
    in_time = or_(
        false(), *((offer_changes.c.at >= begin) & (offer_changes.c.at < end) for begin, end in recalculation.times)
    )
    return offer_changes.c.emag_id.in_(converted) | (in_time & offer_changes.c.emag_id.in_(kept_elsewhere))


async def decide_hold(connection: AsyncConnection, hold_id: int, state: HoldState, *, by: str, now: datetime) -> bool:
    """Write a decision; False when the hold is not in force any more."""
    decided = await connection.execute(
        update(holds).where(holds.c.id == hold_id, _in_force).values(state=state, decided_by=by, decided_at=now)
    )
    return decided.rowcount == 1


async def release_alarming(connection: AsyncConnection, account: str, hold_id: int, *, now: datetime) -> None:
    """Note on every entry that the brake counts that this hold was released for it: it is not counted again."""
    await connection.execute(
        update(outbox).where(outbox.c.account == account, *_alarming).values(hold_id=hold_id, updated_at=now)
    )


async def unsent_alarming(connection: AsyncConnection, account: str, *, most: int) -> list[int]:
    """The ids of entries that are yet to be sent and that no release covers, at most so many: what refusing a hold is
    about."""
    query = select(outbox.c.id).where(outbox.c.account == account, *_alarming, _not_sent).limit(most)
    return list((await connection.execute(query)).scalars())


async def add_hold(
    connection: AsyncConnection,
    account: str,
    *,
    kind: HoldKind,
    source_id: str,
    reason: str,
    counts: Mapping[str, int],
    most: int,
    now: datetime,
) -> Hold:
    """A new hold that waits for a decision."""
    values = {
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
    return await get_hold(connection, result.scalar_one())


async def get_hold(connection: AsyncConnection, hold_id: int) -> Hold:
    """That hold. Raises HoldNotFound."""
    row = (await connection.execute(select(holds).where(holds.c.id == hold_id))).first()
    if row is None:
        raise HoldNotFound(hold_id)
    return _hold(row)


async def list_holds(
    connection: AsyncConnection, *, account: str | None = None, states: Sequence[str] = (), limit: int = 100
) -> list[Hold]:
    """Holds, newest first."""
    query = select(holds).order_by(holds.c.id.desc()).limit(limit)
    if account is not None:
        query = query.where(holds.c.account == account)
    if states:
        query = query.where(holds.c.state.in_(states))
    return [_hold(row) for row in await connection.execute(query)]


async def count_waiting(connection: AsyncConnection) -> dict[str, int]:
    """How many holds wait for a decision, by account: for the metrics."""
    query = select(holds.c.account, func.count()).where(holds.c.state == HoldState.WAITING).group_by(holds.c.account)
    return dict([tuple(row) for row in await connection.execute(query)])


def _hold(row: Row[Any]) -> Hold:
    return Hold.model_validate({**row._mapping, "counts": orjson.loads(row.counts)})

"""The brake: what would change too much of an account at once is held before any of it is sent, until a person decides.

Counted are offers that would be repriced, zeroed or deactivated: those about to be sent together with those that were
sent within the last hour (`brake_minutes`), so that small portions cannot slip past it. A sync is never stopped, since
the local copy must stay exact; but when eMAG's side has changed that much since the last completed run, the account's
edits are neither merged nor sent until a person has looked.

A price that is kept in another currency than the platform's is recalculated by eMAG at the start of every month: on its
first three days that is no repricing. Nor is an offer that changes its currency repriced. How many offers were left out
for that is logged, and told with the hold where there is one all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core.settings import EditsSettings
from emagsync.deliveries.occurrence_repository import OccurrenceKind, note
from emagsync.edits.fields import ACTIVE, STATUS, STOCK
from emagsync.edits.push import brake_repository as repository
from emagsync.edits.push.brake_repository import Recalculation
from emagsync.edits.push.errors import HoldDecided
from emagsync.edits.push.items import Item
from emagsync.edits.push.schemas import Alarm, Hold, HoldKind, HoldState
from emagsync.marketplace.platforms import Platform
from emagsync.webhooks import message_repository
from emagsync.webhooks.events import EventKind

log = structlog.get_logger()

RECALCULATION_DAYS: Final = 3
RECALCULATED: Final = "recalculated"
"""Beside the alarms in a hold's counts: offers whose price changed for their currency's sake, which do not count."""


def alarm_of(items: Iterable[Item], stock: int | None) -> Alarm | None:
    """What the brake counts an offer's changes as; `stock` is what it has now, over all warehouses."""
    left = stock or 0
    found: set[Alarm] = set()
    for item in items:
        wanted = item.value if item.target is None else item.target
        if item.field == STATUS and item.before == ACTIVE and wanted != ACTIVE:
            found.add(Alarm.DEACTIVATED)
        elif item.field == "sale_price" and wanted != item.before:
            found.add(Alarm.REPRICED)
        elif item.field == STOCK:
            left += int(item.value) if item.is_relative and item.target is None else int(wanted) - int(item.before or 0)
    if stock and left <= 0:
        found.add(Alarm.ZEROED)
    return next((alarm for alarm in Alarm if alarm in found), None)


def brake_limit(settings: EditsSettings, offers_of_account: int) -> int:
    """How many offers may be repriced, zeroed or deactivated without a person's approval."""
    return min(settings.brake_offers, offers_of_account * settings.brake_percent // 100)


async def check_push(
    connection: AsyncConnection, account: str, *, push_id: str, most: int, settings: EditsSettings, now: datetime
) -> Hold | None:
    """The hold that keeps the account's outbox from being sent: the one in force, or a new one when more than `most`
    offers would be repriced, zeroed or deactivated. None: go on."""
    held = await repository.hold_in_force(connection, account)
    if held is not None:
        return held
    since = now - timedelta(minutes=settings.brake_minutes)
    # Not the sum by alarm: an offer that is repriced and later deactivated is one offer.
    if await repository.count_alarming(connection, account, sent_since=since) <= most:
        return None
    counts = await repository.count_by_alarm(connection, account, sent_since=since)
    return await _hold(connection, account, kind=HoldKind.PUSH, source_id=push_id, counts=counts, most=most, now=now)


def recalculation_of(platform: Platform, since: datetime, now: datetime) -> Recalculation:
    """The first three days of each month there that are, or are partly, between two moments."""
    times: list[tuple[datetime, datetime]] = []
    month = platform.day_of(since).replace(day=1)
    while month <= platform.day_of(now):
        begin, end = (
            datetime.combine(day, time(), platform.time_zone).astimezone(UTC)
            for day in (month, month.replace(day=1 + RECALCULATION_DAYS))
        )
        if end > since:
            times.append((begin, end))
        month = (month + timedelta(days=31)).replace(day=1)
    return Recalculation(platform.currency, times)


async def check_sync(
    connection: AsyncConnection,
    account: str,
    *,
    run_id: str,
    platform: Platform,
    since: datetime | None,
    settings: EditsSettings,
    now: datetime,
) -> Hold | None:
    """At the end of a completed run: hold the account's edits when eMAG's side has repriced, zeroed or deactivated too
    many offers `since` the completed run before it (None: there was none, and nothing to compare with). What we pushed
    ourselves does not count. The caller asks only for accounts that have edits, or push them."""
    if since is None or await repository.hold_in_force(connection, account) is not None:
        return None
    most = brake_limit(settings, await repository.count_offers(connection, account))
    span: dict[str, Any] = {"since": since, "recalculation": recalculation_of(platform, since, now)}
    left_out = await repository.count_recalculated(connection, account, **span)
    if left_out:
        log.info("repricing_not_counted", account=account, run_id=run_id, offers=left_out, why="currency")
    if await repository.count_changed_by_emag(connection, account, alarms=tuple(Alarm), **span) <= most:
        return None
    counts = {
        str(alarm): await repository.count_changed_by_emag(connection, account, alarms=[alarm], **span)
        for alarm in (Alarm.REPRICED, Alarm.ZEROED, Alarm.DEACTIVATED)
    }
    if left_out:
        counts[RECALCULATED] = left_out
    return await _hold(connection, account, kind=HoldKind.SYNC, source_id=run_id, counts=counts, most=most, now=now)


async def decide(connection: AsyncConnection, hold_id: int, state: HoldState, *, by: str, now: datetime) -> Hold:
    """Record a person's decision about a hold. Raises HoldNotFound, and HoldDecided unless it is in force.

    Releasing that of a push lets through what was counted; refusing it is `PushService.refuse_hold`'s to carry out.
    """
    hold = await repository.get_hold(connection, hold_id)
    if not await repository.decide_hold(connection, hold_id, state, by=by, now=now):
        raise HoldDecided(hold_id, hold.state)
    if hold.kind == HoldKind.PUSH and state is HoldState.RELEASED:
        await repository.release_alarming(connection, hold.account, hold_id, now=now)
    return await repository.get_hold(connection, hold_id)


async def _hold(
    connection: AsyncConnection,
    account: str,
    *,
    kind: HoldKind,
    source_id: str,
    counts: Mapping[str, int],
    most: int,
    now: datetime,
) -> Hold:
    """A new hold, told to the webhooks and to people."""
    reason = max(tuple(Alarm), key=lambda alarm: counts.get(alarm, 0))
    hold = await repository.add_hold(
        connection, account, kind=kind, source_id=source_id, reason=reason, counts=counts, most=most, now=now
    )
    told = hold.model_dump(mode="json")
    await message_repository.enqueue(connection, (EventKind.HOLD,), {"hold": told}, now=now)
    await note(connection, OccurrenceKind.HOLD, account, detail=told, at=now)
    return hold

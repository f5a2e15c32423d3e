"""Putting open edits into the outbox: those of one offer together, and never beside a entry that may be on its way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.edits.push import outbox_repository as repository
from emagsync.edits.push.brake import alarm_of
from emagsync.edits.push.outbox import Item, OutboxEntry, items_text
from emagsync.edits.push.outbox_repository import OpenEdit
from emagsync.edits.reasons import Reason, ReasonCode
from emagsync.edits.states import OPEN_STATES, SENT_STATES, OutboxState


class Gathered(NamedTuple):
    """How many entries were made, changed, and dropped because nothing was left to send."""

    made: int
    changed: int
    dropped: int


async def gather(connection: AsyncConnection, account: str, *, approve: bool, now: datetime) -> Gathered:
    """Bring the account's outbox up to its open edits. `approve`: new and changed entries wait for a person."""
    edits = await repository.open_edits(connection, account)
    entries = {entry.emag_id: entry for entry in await repository.lock_entries(connection, account, OPEN_STATES)}
    wanted = {emag_id: tuple(edit.item() for edit in of_offer) for emag_id, of_offer in edits.items()}
    stocks = await _stocks(connection, account, wanted, entries)
    fresh = [
        _new(account, emag_id, items, alarm_of(items, stocks.get(emag_id)), approve=approve, now=now)
        for emag_id, items in wanted.items()
        if emag_id not in entries
    ]
    await repository.add_entries(connection, fresh)
    changed = [
        entry
        for entry in (
            _brought_up(before, wanted[emag_id], stocks.get(emag_id), approve=approve)
            for emag_id, before in entries.items()
            if emag_id in wanted and before.state not in SENT_STATES
        )
        if entry is not None
    ]
    await repository.write_entries(connection, changed, now=now)
    dropped = [
        dropped_entry(entry, Reason.of(ReasonCode.NOTHING_LEFT), now)
        for emag_id, entry in entries.items()
        if emag_id not in wanted and entry.state not in SENT_STATES
    ]
    await repository.write_entries(connection, dropped, now=now)
    return Gathered(len(fresh), len(changed), len(dropped))


def items_from(edits: Sequence[OpenEdit], before: Sequence[Item]) -> tuple[Item, ...]:
    """What the edits ask for. A change that was sent already without an answer keeps what was aimed at then."""
    known = {item.change: item for item in before if item.target is not None}
    items = []
    for edit in edits:
        item = edit.item()
        aimed = known.get(item.change)
        if aimed is not None:
            item = Item(**{**vars(aimed), "edit_id": edit.id, "result": None, "reason": None})
        items.append(item)
    return tuple(items)


def dropped_entry(entry: OutboxEntry, reason: Reason, now: datetime) -> OutboxEntry:
    """The entry, ended without anything being sent."""
    return entry._replace(state=OutboxState.DROPPED, reason=reason, finished_at=now, next_at=None)


async def _stocks(
    connection: AsyncConnection, account: str, wanted: Mapping[int, Sequence[Item]], entries: Mapping[int, OutboxEntry]
) -> dict[int, int]:
    """The stock of the offers whose entries are new or change stock: the brake wants to know."""
    ids = [id_ for id_, items in wanted.items() if any(item.field == "stock" for item in items)]
    news = [id_ for id_ in ids if id_ not in entries or _asks(entries[id_].items) != _asks(wanted[id_])]
    found: dict[int, int] = {}
    for start in range(0, len(news), repository.AT_ONCE):
        found |= await repository.stocks(connection, account, news[start : start + repository.AT_ONCE])
    return found


def _asks(items: Sequence[Item]) -> list[tuple[str, int, str, str]]:
    return sorted(item.change for item in items)


def _brought_up(entry: OutboxEntry, items: tuple[Item, ...], stock: int | None, *, approve: bool) -> OutboxEntry | None:
    """The entry as it should be, None where it is so already. What a person has not seen, nobody has approved."""
    same = _asks(entry.items) == _asks(items)
    approved = same and entry.approved_at is not None
    state = OutboxState.WAITING if approve and not approved else OutboxState.PENDING
    if same and state is entry.state:
        return None
    if same:
        return entry._replace(state=state)
    return entry._replace(
        state=state,
        items=items,
        alarm=alarm_of(items, stock),
        hold_id=None,
        approved_by=None,
        approved_at=None,
        attempts=0,
        next_at=None,
    )


def _new(
    account: str, emag_id: int, items: tuple[Item, ...], alarm: str | None, *, approve: bool, now: datetime
) -> dict[str, Any]:
    return {
        "account": account,
        "emag_id": emag_id,
        "items": items_text(items),
        "rank": repository.rank_of(items),
        "state": OutboxState.WAITING if approve else OutboxState.PENDING,
        "attempts": 0,
        "created_at": now,
        "updated_at": now,
        "alarm": alarm,
    }

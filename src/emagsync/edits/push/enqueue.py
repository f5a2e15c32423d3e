"""Puts open edits into the outbox: one entry for each offer, and none beside one that may have reached eMAG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.edits.fields import STOCK
from emagsync.edits.push import outbox_repository as repository
from emagsync.edits.push.brake import alarm_of
from emagsync.edits.push.items import Item, items_text
from emagsync.edits.push.outbox import Event, OutboxEntry, changes_of, drop
from emagsync.edits.reasons import ReasonCode
from emagsync.edits.states import OPEN_STATES, SENT_STATES, OutboxState


async def enqueue(connection: AsyncConnection, account: str, *, approve: bool, now: datetime) -> None:
    """Bring the account's outbox up to date with its open edits: new entries, changed ones, and dropped ones of offers
    that have no open edit any more. `approve`: new and changed entries wait for a person; without, those do of which an
    edit asks for that.

    Entries that may have reached eMAG are left alone: their offers' edits wait until they are read back.
    """
    edits = await repository.open_edits(connection, account)
    entries = {entry.emag_id: entry for entry in await repository.lock_entries(connection, account, OPEN_STATES)}
    wanted = {emag_id: tuple(of_offer) for emag_id, of_offer in edits.items()}
    stocks = await _stocks(connection, account, wanted, entries)
    to_approve = set(wanted) if approve else await repository.offers_to_approve(connection, account)
    await repository.add_entries(
        connection,
        [
            _new_entry(
                account,
                emag_id,
                items,
                alarm_of(items, stocks.get(emag_id)),
                approve=emag_id in to_approve,
                now=now,
            )
            for emag_id, items in wanted.items()
            if emag_id not in entries
        ],
    )
    unsent = {emag_id: entry for emag_id, entry in entries.items() if entry.state not in SENT_STATES}
    emptied = [emag_id for emag_id in unsent if emag_id not in wanted]
    conflicts = await repository.offers_in_conflict(connection, account, emptied)
    changed: list[OutboxEntry] = []
    for emag_id, entry in unsent.items():
        if emag_id in conflicts:
            changed.append(drop(entry, now, ReasonCode.IN_CONFLICT))
        elif emag_id not in wanted:
            changed.append(drop(entry, now))
        else:
            changed.append(refresh(entry, wanted[emag_id], stocks.get(emag_id), approve=emag_id in to_approve))
    changed = [entry for entry in changed if entry != entries[entry.emag_id]]
    await repository.write_entries(connection, changed, now=now)


def with_known_targets(items: Sequence[Item], before: Sequence[Item]) -> tuple[Item, ...]:
    """The changes of open edits. One that was sent before, without an answer, keeps the target that it had then."""
    known = {item.change: item for item in before if item.target is not None}
    return tuple(
        item if sent is None else replace(sent, edit_id=item.edit_id, result=None, reason=None)
        for item, sent in ((item, known.get(item.change)) for item in items)
    )


def refresh(entry: OutboxEntry, items: tuple[Item, ...], stock: int | None, *, approve: bool) -> OutboxEntry:
    """An entry that was not sent, as it is to be when its edits ask for `items`: itself, where nothing has changed.

    What has changed needs a new approval, and is counted anew by the brake; `stock` is what the offer has now. An offer
    in a campaign goes on waiting: eMAG refuses its changes whatever they are.
    """
    is_same = changes_of(entry.items) == changes_of(items)
    is_approved = is_same and entry.approved_at is not None
    event = Event.NEEDS_APPROVAL if approve and not is_approved else Event.QUEUED
    if is_same:
        return entry.moved(event)
    return entry.moved(
        event,
        items=items,
        alarm=alarm_of(items, stock),
        hold_id=None,
        approved_by=None,
        approved_at=None,
        attempts=0,
        next_at=entry.next_at if entry.waits_for_campaign else None,
    )


async def _stocks(
    connection: AsyncConnection, account: str, wanted: Mapping[int, Sequence[Item]], entries: Mapping[int, OutboxEntry]
) -> dict[int, int]:
    """The stock of the offers whose entries are new, or have changed, and change stock: for the brake's count."""
    ids = [id_ for id_, items in wanted.items() if any(item.field == STOCK for item in items)]
    news = [id_ for id_ in ids if id_ not in entries or changes_of(entries[id_].items) != changes_of(wanted[id_])]
    found: dict[int, int] = {}
    for start in range(0, len(news), repository.AT_ONCE):
        found |= await repository.stocks(connection, account, news[start : start + repository.AT_ONCE])
    return found


def _new_entry(
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

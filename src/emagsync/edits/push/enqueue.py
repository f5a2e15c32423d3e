"""Puts open edits into the outbox: one entry for each offer, and none beside one that may have reached eMAG."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.engine import Database
from emagsync.edits.fields import STOCK
from emagsync.edits.push import outbox_repository as repository
from emagsync.edits.push.brake import alarm_of
from emagsync.edits.push.items import Item, items_text
from emagsync.edits.push.outbox import Event, OutboxEntry, changes_of, drop, waiting_edits
from emagsync.edits.push.outbox_repository import OfferSpan
from emagsync.edits.reasons import ReasonCode
from emagsync.edits.states import OPEN_STATES, SENT_STATES, OutboxState

Writing = Callable[[], AbstractAsyncContextManager[tuple[AsyncConnection, datetime]]]
"""A transaction of whoever fills the outbox, and its time."""


async def enqueue(database: Database, account: str, *, approve: bool, piece: int, writing: Writing) -> None:
    """Bring the account's outbox up to date with its open edits as they are at one moment: new entries, changed ones,
    and dropped ones of offers that have no open edit any more. `approve`: new and changed entries wait for a person;
    without, those do of which an edit asks for that.

    Entries that may have reached eMAG are left alone: their offers' edits wait until they are read back. So are those
    of offers that are edited meanwhile, until the next time.

    It goes on by `piece` offers, each in a transaction of `writing`, so that neither memory nor the time for which the
    database is locked grows with the number of edits. One moment for all of them, because the brake counts the outbox:
    of edits that came at once it must not see some only. Who was killed in between starts over, and finds what was
    done.
    """
    async with database.snapshot() as reading:
        after = 0
        while True:
            up_to = await repository.end_of_span(reading, account, after=after, offers=piece)
            span = OfferSpan(after, up_to)
            seen = await repository.whole_edits(reading, account, span)
            async with writing() as (connection, now):
                await _enqueue_some(connection, account, span, seen, approve=approve, now=now)
            if up_to is None:
                return
            after = up_to


async def _enqueue_some(
    connection: AsyncConnection, account: str, span: OfferSpan, seen: Collection[int], *, approve: bool, now: datetime
) -> None:
    # Locked first: who rejects an entry meanwhile is waited for, and has closed its edits when these are read.
    locked = await repository.lock_entries(connection, account, OPEN_STATES, emag_ids=span)
    edits = await repository.open_edits(connection, account, span)
    entries = {entry.emag_id: entry for entry in locked}
    edited = {emag_id for emag_id, items in edits.items() if any(item.edit_id not in seen for item in items)}
    wanted = {emag_id: tuple(items) for emag_id, items in edits.items() if emag_id not in edited}
    stocks = await _stocks(connection, account, wanted, entries)
    to_approve = set(wanted) if approve else await repository.offers_to_approve(connection, account, span)
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
    unsent = {
        entry.emag_id: entry for entry in locked if entry.state not in SENT_STATES and entry.emag_id not in edited
    }
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
    changes = [(entries[entry.emag_id], entry) for entry in changed if entry != entries[entry.emag_id]]
    await repository.write_entries(connection, changes, now=now)
    for before, after in changes:
        if waiting := waiting_edits(before, after):
            await repository.note_reason(connection, waiting, after.reason)


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

"""What a push writes: each step is one transaction that names its lease, so that a pusher that was overtaken, or comes
back from the dead, changes nothing."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core.clock import Clock
from emagsync.core.settings import EditsSettings
from emagsync.db.engine import Database
from emagsync.edits.fields import Values, values_of
from emagsync.edits.merge import apply
from emagsync.edits.merge.apply import Reading
from emagsync.edits.merge.three_way import Rules
from emagsync.edits.offer_repository import stored_offers
from emagsync.edits.push import brake, lease_repository
from emagsync.edits.push import outbox_repository as repository
from emagsync.edits.push.enqueue import dropped_entry, gather, items_from
from emagsync.edits.push.lease_repository import PushLease
from emagsync.edits.push.outbox import (
    DONE_WELL,
    Item,
    OutboxEntry,
    Result,
    end_state,
    judge_accepted,
    judge_refused,
    judge_uncertain,
    price_problem,
    reasons,
    update_of,
    with_target,
)
from emagsync.edits.push.schemas import Hold
from emagsync.edits.reasons import Reason, ReasonCode
from emagsync.edits.states import SENT_STATES, OutboxState
from emagsync.ingest.store import PreparedRows, StalePreparation, prepare_parsed, store
from emagsync.marketplace.errors import RequestInvalid
from emagsync.marketplace.rows.parse import ParsedRow
from emagsync.offers.records import Observation

SOURCE: Final = "push"
# So often is a change sent that eMAG takes and does not show, or whose answers are lost.
MOST_ATTEMPTS: Final = 5
UNREADABLE_SECONDS: Final = 10.0
_SOONEST_SECONDS: Final = 0.25
_NOT_KNOWN: Final = Reason.of(ReasonCode.OFFER_UNKNOWN)
_NO_EFFECT: Final = Reason.of(ReasonCode.NO_EFFECT, times=MOST_ATTEMPTS)


@dataclass(frozen=True)
class PushJob:
    """One push: for whom, under which lease, and by which rules."""

    id: str
    lease: PushLease
    approve: bool
    rules: Rules
    most: int  # so many offers may be repriced, zeroed or deactivated without a yes

    @property
    def account(self) -> str:
        """The account."""
        return self.lease.account


class PushWriter:
    """The only hand that writes for a push. PushSuperseded means: stop at once."""

    def __init__(self, *, database: Database, job: PushJob, settings: EditsSettings, clock: Clock) -> None:
        self._database = database
        self._job = job
        self._settings = settings
        self._clock = clock

    async def gather(self) -> None:
        """Bring the outbox up to the open edits."""
        async with self._transaction() as (connection, now):
            await gather(connection, self._job.account, approve=self._job.approve, now=now)

    async def beat(self) -> None:
        """Give a sign of life."""
        async with self._transaction():
            pass

    async def claim(self, ids: Collection[int]) -> list[OutboxEntry] | Hold:
        """Take the pending entries `ids` to send them now, as their edits are at this moment; or the hold that keeps
        them. What turns out to be done, impossible or overtaken is ended here and not returned."""
        async with self._transaction() as (connection, now):
            job = self._job
            hold = await brake.check_push(
                connection, job.account, push_id=job.id, most=job.most, settings=self._settings, now=now
            )
            if hold is not None:
                return hold
            entries = await repository.lock_entries(connection, job.account, [OutboxState.PENDING], ids=ids)
            emag_ids = [entry.emag_id for entry in entries]
            edits = await repository.open_edits(connection, job.account, emag_ids, lock=True)
            current = await stored_offers(connection, job.account, emag_ids)
            taken: list[OutboxEntry] = []
            for entry in entries:
                known = current.get(entry.emag_id)
                items = items_from(edits.get(entry.emag_id, ()), entry.items)
                taken.append(self._taken(entry, items, {} if known is None else known.values, now))
            await self._write(connection, taken, now)
            return [entry for entry in taken if entry.state is OutboxState.SENDING]

    def _taken(self, entry: OutboxEntry, items: tuple[Item, ...], current: Values, now: datetime) -> OutboxEntry:
        if not items:
            return dropped_entry(entry, Reason.of(ReasonCode.NOTHING_LEFT), now)
        if self._job.approve and sorted(i.change for i in items) != sorted(i.change for i in entry.items):
            return entry._replace(
                state=OutboxState.WAITING, items=items, approved_by=None, approved_at=None, hold_id=None
            )
        # What was sent before keeps its target: sending that again has no further effect.
        items = tuple(
            judge_uncertain(item, current) if item.target is not None else with_target(item, current) for item in items
        )
        problem = price_problem(items, current) or _problem(entry.emag_id, items)
        if problem is not None:
            items = tuple(item if item.result else item.done(Result.REJECTED, problem) for item in items)
        entry = entry._replace(items=items, push_id=self._job.id, next_at=None)
        if (ended := self._ended(entry, now)) is not None:
            return ended
        return entry._replace(
            state=OutboxState.SENDING, attempts=entry.attempts + 1, sent_at=now, reason=None, finished_at=None
        )

    async def sent_together(self, entries: Sequence[OutboxEntry]) -> list[OutboxEntry]:
        """Note which entries go out in one save."""
        batch = str(uuid.uuid4())
        return await self._change(entries, lambda entry, now: entry._replace(batch_id=batch))

    async def accepted(self, entries: Sequence[OutboxEntry]) -> None:
        """eMAG said that it took them: they are read back."""
        await self._change(entries, lambda entry, now: entry._replace(next_at=now))

    async def uncertain(self, entries: Sequence[OutboxEntry], reason: Reason) -> None:
        """Nobody knows whether eMAG took them."""
        await self._change(entries, lambda entry, now: entry if entry.finished_at else _uncertain(entry, reason, now))

    async def unsent(self, entries: Sequence[OutboxEntry], reason: Reason) -> None:
        """eMAG did certainly not take them: they are pending as before."""

        def back(entry: OutboxEntry, now: datetime) -> OutboxEntry:
            return entry._replace(state=OutboxState.PENDING, attempts=entry.attempts - 1, sent_at=None, reason=reason)

        await self._change(entries, back)

    async def refused(self, entry: OutboxEntry, reason: Reason) -> None:
        """eMAG refused it, alone, and was read since: what it shows as it was sent, it took all the same."""
        async with self._transaction() as (connection, now):
            shown = await stored_offers(connection, self._job.account, [entry.emag_id])
            values = shown[entry.emag_id].values if entry.emag_id in shown else {}
            held = await repository.lock_entries(connection, self._job.account, list(OutboxState), ids=[entry.id])
            ended = [
                one._replace(items=tuple(judge_refused(item, values, reason) for item in one.items)) for one in held
            ]
            await self._write(connection, [self._ended(one, now) or one for one in ended], now)

    async def read(self, rows: Mapping[int, ParsedRow], *, read_at: datetime) -> None:
        """Store offers as eMAG shows them: what was sent for them is judged by that, and open edits meet it."""
        account = self._job.account
        values = {emag_id: values_of(row.offer, row.raw) for emag_id, row in rows.items() if row.offer is not None}
        while True:
            prepared = await prepare_parsed(self._database, account, rows, asked_at=read_at)
            try:
                return await self._store_and_judge(prepared, values, read_at)
            except StalePreparation:
                continue

    async def _store_and_judge(self, prepared: PreparedRows, values: Mapping[int, Values], read_at: datetime) -> None:
        account = self._job.account
        async with self._transaction() as (connection, now):
            # A run's page that was asked for before this may be older than what was sent: what counts as seen is when
            # eMAG was asked.
            observation = Observation(account, self._job.id, now, SOURCE, asked_at=read_at)
            await store(connection, prepared, observation, asked_at=read_at)
            entries = await repository.lock_sent(connection, account, list(values))
            # Whoever is still waiting for eMAG's answer about a entry judges it then.
            answered = [entry for entry in entries if entry.state is OutboxState.UNCERTAIN or entry.next_at is not None]
            judged = [self._judged(entry, values[entry.emag_id], now) for entry in answered]
            await self._write(connection, judged, now)
            reading = Reading(account, self._job.id, read_at, now)
            await apply.merge_read(connection, reading, values, self._job.rules)

    async def not_known(self, emag_ids: Collection[int]) -> None:
        """eMAG does not know these offers."""

        def ended(entry: OutboxEntry, now: datetime) -> OutboxEntry:
            items = tuple(item if item.result else item.done(Result.REJECTED, _NOT_KNOWN) for item in entry.items)
            return self._ended(entry._replace(items=items), now) or entry

        await self._change_of(emag_ids, ended)

    async def unreadable(self, emag_ids: Collection[int], reasons_: Mapping[int, str]) -> None:
        """These could not be read: they are asked for again later."""

        def later(entry: OutboxEntry, now: datetime) -> OutboxEntry:
            return entry._replace(
                next_at=now + timedelta(seconds=UNREADABLE_SECONDS),
                reason=Reason.of(ReasonCode.UNREADABLE, message=reasons_[entry.emag_id]),
            )

        await self._change_of(emag_ids, later)

    def _judged(self, entry: OutboxEntry, read: Values, now: datetime) -> OutboxEntry:
        took = entry.state is OutboxState.SENDING
        entry = entry._replace(
            items=tuple((judge_accepted if took else judge_uncertain)(item, read) for item in entry.items)
        )
        if (ended := self._ended(entry, now)) is not None:
            return ended
        if took:
            return self._not_shown(entry, now)
        if entry.attempts >= MOST_ATTEMPTS:
            items = tuple(item if item.result else item.done(Result.REJECTED, _NO_EFFECT) for item in entry.items)
            return self._ended(entry._replace(items=items), now) or entry
        return entry._replace(state=OutboxState.PENDING, next_at=None)

    def _not_shown(self, entry: OutboxEntry, now: datetime) -> OutboxEntry:
        """eMAG took it and may need a moment to show it."""
        elapsed = (now - (entry.sent_at or now)).total_seconds()
        if elapsed < self._settings.readback_seconds:
            return entry._replace(next_at=now + timedelta(seconds=max(_SOONEST_SECONDS, elapsed / 2)))
        return _uncertain(entry, Reason.of(ReasonCode.NOT_SHOWN), now)

    def _ended(self, entry: OutboxEntry, now: datetime) -> OutboxEntry | None:
        state = end_state(entry.items)
        if state is None:
            return None
        return entry._replace(state=state, reason=reasons(entry.items), finished_at=now, next_at=None)

    async def _change(
        self, entries: Sequence[OutboxEntry], change: Callable[[OutboxEntry, datetime], OutboxEntry]
    ) -> list[OutboxEntry]:
        async with self._transaction() as (connection, now):
            ids = [entry.id for entry in entries]
            held = await repository.lock_entries(connection, self._job.account, list(OutboxState), ids=ids)
            changed = [change(entry, now) for entry in held]
            await self._write(connection, changed, now)
            return changed

    async def _change_of(
        self, emag_ids: Collection[int], change: Callable[[OutboxEntry, datetime], OutboxEntry]
    ) -> None:
        if not emag_ids:
            return
        async with self._transaction() as (connection, now):
            states = [*SENT_STATES, OutboxState.PENDING]
            entries = await repository.lock_entries(connection, self._job.account, states)
            changed = [change(entry, now) for entry in entries if entry.emag_id in emag_ids]
            await self._write(connection, changed, now)

    async def _write(self, connection: AsyncConnection, entries: Sequence[OutboxEntry], now: datetime) -> None:
        await repository.write_entries(connection, entries, now=now)
        await close_edits(connection, entries, by=self._job.id, now=now)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[tuple[AsyncConnection, datetime]]:
        async with self._database.transaction() as connection:
            now = self._clock.now()
            await lease_repository.renew(connection, self._job.lease, now=now, seconds=self._settings.lease_seconds)
            yield connection, now


async def close_edits(
    connection: AsyncConnection, entries: Sequence[OutboxEntry], *, by: str | None, now: datetime
) -> None:
    """Close the edits of what is done with, and let later edits of the same fields start from what was sent."""
    closed: list[dict[str, Any]] = []
    moved: list[dict[str, Any]] = []
    for entry in entries:
        for item in entry.items:
            if item.result is None or item.result is Result.REOPENED:
                continue
            well = item.result in DONE_WELL
            closed.append(
                {
                    "id": item.edit_id,
                    "state": "applied" if well else "rejected",
                    "reason": item.reason,
                    "value": item.target if well else item.before,
                    "by": by,
                    "at": now,
                }
            )
            if well:
                moved.append(
                    {
                        "account": entry.account,
                        "emag_id": entry.emag_id,
                        "field": item.field,
                        "warehouse_id": item.warehouse_id,
                        "sent_by": item.edit_id,
                        "base": item.target,
                        "added": int(item.value) if item.is_relative else None,
                    }
                )
    await repository.close_edits(connection, closed)
    await repository.rebase(connection, moved)


def _uncertain(entry: OutboxEntry, reason: Reason, now: datetime) -> OutboxEntry:
    return entry._replace(state=OutboxState.UNCERTAIN, reason=reason, next_at=now)


def _problem(emag_id: int, items: Sequence[Item]) -> Reason | None:
    """Why the update cannot be sent at all."""
    if all(item.result is not None for item in items):
        return None
    try:
        update_of(emag_id, items).body()
    except RequestInvalid as error:
        return Reason.of(ReasonCode.NOT_SENDABLE, message=error.message)
    return None

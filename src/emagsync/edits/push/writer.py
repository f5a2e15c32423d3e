"""What a push writes. Each step is one transaction that renews the push's lease first: a process whose lease was taken
over, or that comes back after a pause, changes nothing."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core.clock import Clock
from emagsync.core.settings import EditsSettings
from emagsync.db.engine import Database
from emagsync.edits import merge_service
from emagsync.edits.fields import Values, values_of
from emagsync.edits.merge.decision import Reading
from emagsync.edits.merge.three_way import Rules
from emagsync.edits.offer_repository import stored_offers
from emagsync.edits.offer_snapshot import StoredOffer
from emagsync.edits.push import brake, lease_repository, outbox
from emagsync.edits.push import outbox_repository as repository
from emagsync.edits.push.enqueue import enqueue, with_known_targets
from emagsync.edits.push.lease_repository import PushLease
from emagsync.edits.push.outbox import Answer, OutboxEntry
from emagsync.edits.push.schemas import Hold
from emagsync.edits.reasons import Reason, ReasonCode
from emagsync.edits.states import SENT_STATES, OutboxState
from emagsync.ingest.store import PreparedRows, StalePreparation, prepare_parsed, store
from emagsync.marketplace.rows.parse import ParsedRow
from emagsync.offers import records
from emagsync.offers.records import Observation

SOURCE: Final = "push"
# What becomes of an entry, given the time.
Change = Callable[[OutboxEntry, datetime], OutboxEntry]


@dataclass(frozen=True)
class PushJob:
    """One push: its lease, which names the account, and the rules that it follows.

    `approve`: entries wait for a person before they are sent. `most` offers may be repriced, zeroed or deactivated
    before the brake holds the account.
    """

    id: str
    lease: PushLease
    approve: bool
    rules: Rules
    most: int

    @property
    def account(self) -> str:
        """The account that is pushed."""
        return self.lease.account


class PushWriter:
    """Everything that a push writes. Each step is one transaction that renews the push's lease: it raises
    PushSuperseded, and changes nothing, when another process has taken over."""

    def __init__(self, *, database: Database, job: PushJob, settings: EditsSettings, clock: Clock) -> None:
        self._database = database
        self._job = job
        self._settings = settings
        self._clock = clock

    async def enqueue(self) -> None:
        """Bring the outbox up to date with the open edits."""
        await enqueue(
            self._database,
            self._job.account,
            approve=self._job.approve,
            piece=self._settings.bulk_piece,
            writing=self._transaction,
        )

    async def renew_lease(self) -> None:
        """Extend the lease, so that no other process takes over."""
        async with self._transaction():
            pass

    async def claim(self, ids: Collection[int]) -> list[OutboxEntry] | Hold:
        """Claim the pending entries `ids` to send them now, as their edits are at this moment; or the hold that keeps
        them. Entries that turn out to have nothing to send are ended here and not returned."""
        async with self._transaction() as (connection, now):
            job = self._job
            hold = await brake.check_push(
                connection, job.account, push_id=job.id, most=job.most, settings=self._settings, now=now
            )
            if hold is not None:
                return hold
            pending = await repository.lock_entries(connection, job.account, [OutboxState.PENDING], ids=ids)
            emag_ids = [entry.emag_id for entry in pending]
            edits = await repository.open_edits(connection, job.account, emag_ids, lock=True)
            current = await stored_offers(connection, job.account, emag_ids)
            to_approve = set(emag_ids)
            if not job.approve:
                to_approve = await repository.offers_to_approve(connection, job.account, emag_ids)

            def claimed(entry: OutboxEntry) -> OutboxEntry:
                items = with_known_targets(edits.get(entry.emag_id, ()), entry.items)
                values = _values_in(current, entry.emag_id)
                approve = entry.emag_id in to_approve
                return outbox.claim(entry, items, values, approve=approve, push_id=job.id, now=now)

            written = await self._apply(connection, pending, claimed, now)
            return [entry for entry in written if entry.state is OutboxState.SENDING]

    async def sent_together(self, entries: Sequence[OutboxEntry]) -> list[OutboxEntry]:
        """Note which entries go out in one save."""
        batch = str(uuid.uuid4())
        return await self._change(entries, lambda entry, now: entry._replace(batch_id=batch))

    async def answered(self, entries: Sequence[OutboxEntry], answer: Answer) -> None:
        """Write what eMAG's answer to their save says about all of the entries."""
        await self.judged(entries, {entry.emag_id: answer for entry in entries})

    async def judged(self, entries: Sequence[OutboxEntry], answers: Mapping[int, Answer]) -> list[OutboxEntry]:
        """Write what eMAG's answer to their save says about each of the entries, by offer. Returns them as they are
        then."""
        return await self._change(entries, lambda entry, now: outbox.judge_answer(entry, answers[entry.emag_id], now))

    async def refused(self, entry: OutboxEntry, reason: Reason) -> list[OutboxEntry]:
        """Write that eMAG refused a save of this entry alone; its offer was read and stored since. Returns it as it is
        then."""
        async with self._transaction() as (connection, now):
            values = _values_in(await stored_offers(connection, self._job.account, [entry.emag_id]), entry.emag_id)
            locked = await repository.lock_entries(connection, self._job.account, list(OutboxState), ids=[entry.id])
            return await self._apply(
                connection, locked, lambda one: outbox.judge_refusal(one, reason, now, read=values), now
            )

    async def read(self, rows: Mapping[int, ParsedRow], *, read_at: datetime, is_final: bool = False) -> set[int]:
        """Store offers as eMAG shows them: what was sent for them is judged by that, and open edits meet it.

        Left as they are, and returned, are those of which somebody else has stored another answer since `read_at`:
        which of the two is the newer one nobody can tell. Unless this one `is_final`.
        """
        account = self._job.account
        values = {emag_id: values_of(row.offer, row.raw) for emag_id, row in rows.items() if row.offer is not None}
        while True:
            prepared = await prepare_parsed(self._database, account, rows, asked_at=read_at)
            try:
                return await self._store_and_judge(prepared, values, read_at, is_final)
            except StalePreparation:
                continue

    async def _store_and_judge(
        self, prepared: PreparedRows, values: Mapping[int, Values], read_at: datetime, is_final: bool
    ) -> set[int]:
        account = self._job.account
        overtaken: set[int] = set()

        async def note_overtaken(_: AsyncConnection, known: Mapping[int, records.StoredOffer]) -> set[int]:
            seen_later = {emag_id for emag_id, one in known.items() if one.asked_later_by is not None}
            overtaken.update(seen_later & prepared.records.keys())
            return overtaken

        async with self._transaction() as (connection, now):
            # A run's page that was asked for before this may be older than what was sent: what counts as seen is when
            # eMAG was asked.
            observation = Observation(account, self._job.id, now, SOURCE, asked_at=read_at)
            superseded = None if is_final else note_overtaken
            await store(connection, prepared, observation, asked_at=read_at, superseded=superseded)
            values = {emag_id: read for emag_id, read in values.items() if emag_id not in overtaken}
            entries = await repository.lock_sent(connection, account, list(values))
            await self._apply(
                connection,
                [entry for entry in entries if not entry.awaits_answer and entry.was_answered_by(read_at)],
                lambda entry: self._judge(entry, values[entry.emag_id], read_at, now),
                now,
            )
            reading = Reading(account, self._job.id, read_at, now)
            await merge_service.merge_read(connection, reading, values, self._job.rules)
        return overtaken

    async def unknown(self, emag_ids: Collection[int]) -> None:
        """Write that eMAG does not know these offers: their entries are rejected."""
        reason = Reason.of(ReasonCode.OFFER_UNKNOWN)
        await self._change_of_offers(emag_ids, lambda entry, now: outbox.reject(entry, reason, now))

    async def unreadable(self, messages: Mapping[int, str]) -> None:
        """Write that these offers could not be read, and why: they are read again later."""
        await self._change_of_offers(messages, lambda entry, now: outbox.postpone(entry, messages[entry.emag_id], now))

    def _judge(self, entry: OutboxEntry, read: Values, read_at: datetime, now: datetime) -> OutboxEntry:
        seconds = self._settings.readback_seconds
        return outbox.judge_read_back(entry, read, asked_at=read_at, readback_seconds=seconds, now=now)

    async def _change(self, entries: Sequence[OutboxEntry], change: Change) -> list[OutboxEntry]:
        async with self._transaction() as (connection, now):
            ids = [entry.id for entry in entries]
            locked = await repository.lock_entries(connection, self._job.account, list(OutboxState), ids=ids)
            return await self._apply(connection, locked, lambda entry: change(entry, now), now)

    async def _change_of_offers(self, emag_ids: Collection[int], change: Change) -> None:
        if not emag_ids:
            return
        async with self._transaction() as (connection, now):
            states = [*SENT_STATES, OutboxState.PENDING]
            entries = await repository.lock_entries(connection, self._job.account, states, emag_ids=emag_ids)
            await self._apply(connection, entries, lambda entry: change(entry, now), now)

    async def _apply(
        self,
        connection: AsyncConnection,
        entries: Sequence[OutboxEntry],
        change: Callable[[OutboxEntry], OutboxEntry],
        now: datetime,
    ) -> list[OutboxEntry]:
        """Change locked entries and close the edits that end with that. Returns the entries as they are then."""
        return await apply_changes(connection, [(entry, change(entry)) for entry in entries], by=self._job.id, now=now)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[tuple[AsyncConnection, datetime]]:
        async with self._database.transaction() as connection:
            now = self._clock.now()
            await lease_repository.renew(connection, self._job.lease, now=now, seconds=self._settings.lease_seconds)
            yield connection, now


async def apply_changes(
    connection: AsyncConnection, changes: Sequence[tuple[OutboxEntry, OutboxEntry]], *, by: str | None, now: datetime
) -> list[OutboxEntry]:
    """Write entries, each given as it was read, locked, in this transaction, and as it is to be; close the edits that
    end with that, and let later edits of the same fields start from what was sent.

    `by` is the push's id, None: a person. Returns the entries as they are then.
    """
    after = [entry for _, entry in changes]
    closed = [edit for before, entry in changes for edit in outbox.closed_edits(before.items, entry)]
    await repository.write_entries(connection, changes, now=now)
    await repository.close_edits(connection, closed, by=by, now=now)
    for before, entry in changes:
        if waiting := outbox.waiting_edits(before, entry):
            await repository.note_reason(connection, waiting, entry.reason)
    await repository.rebase_later_edits(connection, [edit for edit in closed if edit.is_applied])
    return after


def _values_in(offers: Mapping[int, StoredOffer], emag_id: int) -> Values:
    return offers[emag_id].values if emag_id in offers else {}

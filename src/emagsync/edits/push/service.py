"""Pushing for an account, one push at a time, and what people decide about the outbox and the brake."""

from __future__ import annotations

import asyncio
import os
import socket
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import Any, Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.accounts.registry import AccountRegistry
from emagsync.core.clock import Clock, SystemClock
from emagsync.core.errors import EmagsyncError
from emagsync.core.settings import PushMode, Settings
from emagsync.db.engine import Database
from emagsync.edits.merge.strategy import rules_of
from emagsync.edits.push import brake, brake_repository, lease_repository, outbox, outbox_repository, repository
from emagsync.edits.push.engine import PushEngine, stopped_by
from emagsync.edits.push.enqueue import enqueue
from emagsync.edits.push.errors import PushOff, PushSuperseded
from emagsync.edits.push.lease_repository import PushLease
from emagsync.edits.push.outbox import Lines, OutboxEntry
from emagsync.edits.push.schemas import Hold, HoldKind, HoldState, Push, PushStatus
from emagsync.edits.push.writer import PushJob, apply_changes
from emagsync.edits.reasons import Reason, ReasonCode, reason_text
from emagsync.edits.states import OPEN_STATES, SENT_STATES, OutboxState

log = structlog.get_logger()

# A push of which any entry is in one of these has not applied everything; its log names the offers of so many of them.
_UNWELL: Final = (*OPEN_STATES, OutboxState.REJECTED)
_MOST_NAMED: Final = 200
# What a person may still reject.
_UNSENT: Final = (OutboxState.WAITING, OutboxState.PENDING)


class PushService:
    """Pushes accounts, and carries out what people decide. One per process; its methods may be called concurrently."""

    def __init__(
        self, *, database: Database, registry: AccountRegistry, settings: Settings, clock: Clock | None = None
    ) -> None:
        self._database = database
        self._registry = registry
        self._settings = settings.edits
        self._clock = clock or SystemClock()
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"[:255]

    def mode(self, account: str) -> PushMode:
        """Whether the account's edits are sent: off, on, or after a person's approval. Raises SettingsError for an
        account that is not configured."""
        return self._registry.get(account).push or self._settings.push

    @property
    def pushed_accounts(self) -> tuple[str, ...]:
        """The accounts that can be used and whose edits are sent, or wait for approval."""
        names = (name for name in self._registry.names if name not in self._registry.problems)
        return tuple(name for name in names if self.mode(name) != "off")

    async def push_account(self, account: str, *, trigger: str) -> Push | None:
        """Send those of the account's edits that may be sent, and read them back; None when there is nothing to do.

        Raises PushOff, PushBusy, PushSuperseded, and SettingsError for an account that is not configured. What eMAG
        refuses or leaves unanswered is in the push and its entries, not raised.
        """
        if self.mode(account) == "off":
            raise PushOff(account)
        approve = self.mode(account) == "approve"
        async with self._leased(account) as lease:
            writing = partial(self._writing, lease)
            piece = self._settings.bulk_piece
            await enqueue(self._database, account, approve=approve, piece=piece, writing=writing)
            async with writing() as (connection, now):
                if not await outbox_repository.has_work(connection, account, now=now):
                    return None
                push = _new_push(account, trigger, now)
                await repository.add_push(connection, push)
                offers = await brake_repository.count_offers(connection, account)
            job = PushJob(
                id=push.id,
                lease=lease,
                approve=approve,
                rules=rules_of(self._settings, account),
                most=brake.brake_limit(self._settings, offers),
            )
            with structlog.contextvars.bound_contextvars(push_id=push.id, account=account):
                return await self._execute(job, offers)

    async def _execute(self, job: PushJob, offers: int) -> Push:
        log.info("push_started")
        error: Reason | None = None
        engine: PushEngine | None = None
        try:
            async with self._registry.client(job.account) as client:
                engine = PushEngine(
                    database=self._database,
                    client=client,
                    job=job,
                    offers=offers,
                    settings=self._settings,
                    clock=self._clock,
                )
                await engine.execute()
                error = engine.error
        except PushSuperseded:
            raise
        except EmagsyncError as problem:
            error = stopped_by(problem)
        return await self._end(job, engine.hold if engine else None, error)

    async def _end(self, job: PushJob, hold: Hold | None, error: Reason | None) -> Push:
        async with self._writing(job.lease) as (connection, now):
            counts = await repository.counts_of_push(connection, job.id)
            status = _status(counts, hold, error)
            await repository.end_push(connection, job.id, status=status, counts=counts, error=error, now=now)
            push = await repository.get_push(connection, job.id)
            unwell = await outbox_repository.list_entries(
                connection, Lines(push_id=job.id, states=_UNWELL), limit=_MOST_NAMED
            )
        named: dict[str, list[int]] = defaultdict(list)
        for entry in reversed(unwell):
            named[entry.state].append(entry.emag_id)
        log.info("push_ended", status=status, counts=counts, not_applied=dict(named), error=reason_text(error))
        return push

    @asynccontextmanager
    async def _leased(self, account: str) -> AsyncIterator[PushLease]:
        async with self._database.transaction() as connection:
            now = self._clock.now()
            lease = await lease_repository.acquire(
                connection, account, self._holder, now=now, seconds=self._settings.lease_seconds
            )
            await repository.take_over(connection, account, now=now)
        try:
            yield lease
        finally:
            await asyncio.shield(self._release_lease(lease))

    @asynccontextmanager
    async def _writing(self, lease: PushLease) -> AsyncIterator[tuple[AsyncConnection, datetime]]:
        """A transaction under the lease. Raises PushSuperseded."""
        async with self._database.transaction() as connection:
            now = self._clock.now()
            await lease_repository.renew(connection, lease, now=now, seconds=self._settings.lease_seconds)
            yield connection, now

    async def _release_lease(self, lease: PushLease) -> None:
        async with self._database.transaction() as connection:
            await lease_repository.release(connection, lease)

    # What people decide

    async def approve(self, lines: Lines, *, by: str) -> int:
        """Let the entries of `lines` that wait be sent. Returns how many.

        Some at a time: where the process dies in between, the others wait on.
        """

        async def approve_some(connection: AsyncConnection, some: Lines) -> int:
            return await outbox_repository.approve(connection, some, by=by, now=self._clock.now())

        return await self._by_pieces(lines, [OutboxState.WAITING], approve_some)

    async def reject(self, lines: Lines, *, by: str) -> int:
        """Reject the entries of `lines` that were not sent yet: their edits are closed. Returns how many.

        Some at a time: where the process dies in between, the others wait on.
        """
        reason = Reason.of(ReasonCode.REFUSED_BY, by=by)

        async def reject_some(connection: AsyncConnection, some: Lines) -> int:
            entries = await outbox_repository.lock_lines(connection, some, _UNSENT)
            await self._reject(connection, entries, reason)
            return len(entries)

        return await self._by_pieces(lines, _UNSENT, reject_some)

    async def _by_pieces(
        self,
        lines: Lines,
        states: Collection[OutboxState],
        decide: Callable[[AsyncConnection, Lines], Awaitable[int]],
    ) -> int:
        """Decide about the entries of `lines` that are in one of `states` now, a piece in each transaction. Returns
        the sum of what `decide` returns; it is to look again, for an entry may have changed meanwhile."""
        async with self._database.snapshot() as connection:
            ids = await outbox_repository.ids_of_lines(connection, lines, states)
        # Which offer an entry is of does not change, and by the account SQLite would look among all of its entries.
        still = lines._replace(account=None, emag_id=None, offers=None)
        decided = 0
        for start in range(0, len(ids), self._settings.bulk_piece):
            some = still._replace(ids=ids[start : start + self._settings.bulk_piece])
            async with self._database.transaction() as connection:
                decided += await decide(connection, some)
        return decided

    async def release_hold(self, hold_id: int, *, by: str) -> Hold:
        """Say yes to what the brake stopped. Raises HoldNotFound and HoldDecided."""
        async with self._database.transaction() as connection:
            return await brake.decide(connection, hold_id, HoldState.RELEASED, by=by, now=self._clock.now())

    async def refuse_hold(self, hold_id: int, *, by: str) -> Hold:
        """Say no. Of a push: the entries that the brake counted are rejected, the others are sent. Of a sync: the
        account's edits stay held until it is released after all. Raises HoldNotFound and HoldDecided.

        The entries are rejected some at a time, and the hold is in force until none is left: where the process dies in
        between, nothing is sent, and whoever refuses it again goes on.
        """
        reason = Reason.of(ReasonCode.REFUSED_BY_HOLD, by=by, hold=hold_id)
        while True:
            async with self._database.transaction() as connection:
                hold = await brake_repository.get_hold(connection, hold_id)
                is_asked = hold.kind == HoldKind.PUSH and hold.state == HoldState.WAITING
                if not (is_asked and await self._reject_alarming(connection, hold.account, reason)):
                    return await brake.decide(connection, hold_id, HoldState.REFUSED, by=by, now=self._clock.now())

    async def _reject_alarming(self, connection: AsyncConnection, account: str, reason: Reason) -> int:
        """Reject some of the entries that a hold is about. Returns how many."""
        ids = await brake_repository.unsent_alarming(connection, account, most=self._settings.bulk_piece)
        entries = await outbox_repository.lock_lines(connection, Lines(ids=ids), _UNSENT)
        await self._reject(connection, entries, reason)
        return len(entries)

    async def _reject(self, connection: AsyncConnection, entries: Collection[OutboxEntry], reason: Reason) -> None:
        now = self._clock.now()
        changes = [(entry, outbox.reject(entry, reason, now)) for entry in entries]
        await apply_changes(connection, changes, by=None, now=now)

    # What there is to do

    async def signature(self, account: str) -> tuple[Any, ...]:
        """A value that differs from an earlier one whenever there may be something new to push for the account."""
        async with self._database.snapshot() as connection:
            return await outbox_repository.signature(connection, account)

    async def is_held(self, account: str) -> bool:
        """Whether the brake holds the account's edits."""
        async with self._database.snapshot() as connection:
            return await brake_repository.hold_in_force(connection, account) is not None

    async def is_due(self, account: str) -> bool:
        """Whether something is to be read back now or, unless the brake holds the account, to be sent again."""
        async with self._database.snapshot() as connection:
            held = await brake_repository.hold_in_force(connection, account) is not None
            states = SENT_STATES if held else (OutboxState.PENDING, *SENT_STATES)
            return await outbox_repository.is_due(connection, account, states, now=self._clock.now())


def _new_push(account: str, trigger: str, now: datetime) -> Push:
    return Push(
        id=str(uuid.uuid4()),
        account=account,
        trigger=trigger,
        status=PushStatus.RUNNING,
        counts={},
        created_at=now,
        finished_at=None,
        error=None,
        why=None,
    )


def _status(counts: dict[str, int], hold: Hold | None, error: Reason | None) -> PushStatus:
    if error is not None:
        return PushStatus.FAILED
    if hold is not None:
        return PushStatus.HELD
    return PushStatus.PARTIAL if any(map(counts.get, _UNWELL)) else PushStatus.COMPLETED

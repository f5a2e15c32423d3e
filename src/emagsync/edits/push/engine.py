"""One push from its lease to its end: everything of an account that may go out is sent, and read back until eMAG shows
it. Nothing is sent again unless eMAG, read, shows that it did not take it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import structlog

from emagsync.core.clock import Clock
from emagsync.core.concurrency import cancelled, run_concurrently
from emagsync.core.errors import EmagsyncError, ErrorKind
from emagsync.core.settings import EditsSettings
from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseUnavailable
from emagsync.edits.push import outbox_repository as repository
from emagsync.edits.push.outbox import OutboxEntry, changes_stock, update_of
from emagsync.edits.push.readback import OfferFetcher, portion
from emagsync.edits.push.schemas import Hold
from emagsync.edits.push.writer import PushJob, PushWriter
from emagsync.edits.reasons import Reason, ReasonCode
from emagsync.marketplace.client import EmagClient
from emagsync.marketplace.errors import BudgetUnavailable, EmagError, UncertainWrite, WriteRefused
from emagsync.marketplace.writes import MOST_ENTITIES

log = structlog.get_logger()

SAVES_IN_FLIGHT: Final = 3
# A difference is computed against a value that was read just before: so few at a time that reading them takes seconds.
RELATIVE_AT_ONCE: Final = 10
MOST_FAILURES: Final = 3
LIST_SECONDS: Final = 60.0


class PushEngine:
    """Carries one push out. Use once. `hold` and `error` then say what kept it from sending everything."""

    def __init__(
        self,
        *,
        database: Database,
        client: EmagClient,
        job: PushJob,
        offers: int,
        settings: EditsSettings,
        clock: Clock,
    ) -> None:
        self._database = database
        self._client = client
        self._job = job
        self._offers = offers
        self._settings = settings
        self._clock = clock
        self._writer = PushWriter(database=database, job=job, settings=settings, clock=clock)
        self._turn = asyncio.Lock()
        self._gathered_at: float | None = None
        self._gathered: int | None = None
        self._failures = 0
        self.hold: Hold | None = None
        self.error: Reason | None = None

    async def execute(self) -> None:
        """Do it. Raises PushSuperseded when another process took over, and the EmagError that a person must act on."""
        work = asyncio.ensure_future(self._work())
        beating = asyncio.ensure_future(self._beat())
        try:
            await asyncio.wait({work, beating}, return_when=asyncio.FIRST_COMPLETED)
            await (work if work.done() else beating)
        finally:
            await cancelled(work, beating)

    async def _beat(self) -> None:
        while True:
            await self._clock.sleep(self._settings.lease_seconds / 4)
            # A busy or restarting database is no reason to end a push; if it stays away, the next write says so.
            with suppress(DatabaseUnavailable):
                await self._writer.beat()

    async def _work(self) -> None:
        # Without progress it is given up after a while; what is left is gone on with by the next push.
        patience = self._clock.monotonic()
        while self._clock.monotonic() - patience < 3 * self._settings.readback_seconds:
            if await self._send_all():
                patience = self._clock.monotonic()
            before = len(await self._unread())
            wait = await self._read_back()
            if wait is None:
                if not await self._has_pending():
                    return
            elif wait > 0:
                if wait > self._settings.readback_seconds:
                    return
                await self._clock.sleep(wait)
            if len(await self._unread()) < before:
                patience = self._clock.monotonic()

    # Sending

    @property
    def _is_stopped(self) -> bool:
        return self.hold is not None or self.error is not None

    async def _send_all(self) -> int:
        sent = 0

        async def some() -> None:
            nonlocal sent
            while not self._is_stopped:
                async with self._turn:
                    entries = [] if self._is_stopped else await self._next_entries()
                if not entries:
                    return
                await self._save(entries)
                sent += len(entries)

        if not self._is_stopped:
            # Also for edits that waited for others of their offer to be read back.
            self._gathered = None
            await self._gather()
            await run_concurrently([some() for _ in range(SAVES_IN_FLIGHT)])
        return sent

    async def _gather(self) -> None:
        # What merges do to edits that are in the outbox already is seen when they are claimed.
        async with self._database.snapshot() as connection:
            news = await repository.newest_edit(connection, self._job.account)
        if news != self._gathered:
            await self._writer.gather()
        self._gathered = news
        self._gathered_at = self._clock.monotonic()

    async def _next_entries(self) -> list[OutboxEntry]:
        """The next batch, claimed. Empty when nothing is left, or the brake holds the account."""
        if self._clock.monotonic() - (self._gathered_at or 0.0) > self._settings.look_seconds:
            await self._gather()
        while True:
            entries = await self._pending()
            if not entries:
                return []
            entries = await self._fresh(entries)
            if not entries:
                continue
            claimed = await self._writer.claim([entry.id for entry in entries])
            if isinstance(claimed, Hold):
                log.warning("push_held", account=self._job.account, hold=claimed.id, counts=dict(claimed.counts))
                self.hold = claimed
                return []
            if claimed:
                return claimed

    async def _pending(self) -> list[OutboxEntry]:
        """The entries that go next: with stock first, and differences in smaller batches of their own."""
        async with self._database.snapshot() as connection:
            entries = await repository.next_pending(
                connection, self._job.account, now=self._clock.now(), most=MOST_ENTITIES
            )
        if entries and _is_relative(entries[0]):
            return [entry for entry in entries if _is_relative(entry)][:RELATIVE_AT_ONCE]
        plain = [entry for entry in entries if not _is_relative(entry)]
        # Prices fill up a batch of stock, but not while differences of stock have yet to go.
        return plain if len(plain) == len(entries) else [entry for entry in plain if changes_stock(entry.items)]

    async def _has_pending(self) -> bool:
        return not self._is_stopped and bool(await self._pending())

    async def _fresh(self, entries: list[OutboxEntry]) -> list[OutboxEntry]:
        """Those of `entries` whose offers are known as eMAG has them now; the others are read first."""
        now = self._clock.now()
        if _is_relative(entries[0]):
            ids = {entry.emag_id for entry in entries}
        else:
            ids = await self._stale(entries, now)
        if not ids:
            return entries
        left_out = await self._read(ids)
        wanted = [entry for entry in entries if entry.emag_id in ids] if not _is_relative(entries[0]) else entries
        return [entry for entry in wanted if entry.emag_id not in left_out]

    async def _stale(self, entries: Sequence[OutboxEntry], now: datetime) -> set[int]:
        """The offers to read first, because those of `entries` were read too long ago; with them those of later entries
        that are as old, where reading the whole list takes fewer requests."""
        account, oldest = self._job.account, now - timedelta(seconds=self._settings.fresh_seconds)
        async with self._database.snapshot() as connection:
            ids = [entry.emag_id for entry in entries]
            if not await repository.stale_offers(connection, account, before=oldest, now=now, among=ids):
                return set()
            # A list takes its time: there is no use in reading what would be stale again when its turn comes.
            some = ids if self._settings.fresh_seconds < LIST_SECONDS else None
            old = await repository.stale_offers(connection, account, before=oldest, now=now, among=some)
        return set(portion(old, self._offers))

    async def _save(self, entries: Sequence[OutboxEntry]) -> None:
        """Send one batch. A refused one is halved until the guilty offers are alone."""
        entries = await self._writer.sent_together(entries)
        try:
            await self._client.save_offers([update_of(entry.emag_id, entry.items) for entry in entries])
        except WriteRefused as error:
            if len(entries) == 1:
                await self._refused(entries[0], "; ".join(error.messages) or error.message)
                return
            middle = len(entries) // 2
            await self._save(entries[:middle])
            await self._save_unless_stopped(entries[middle:])
        except UncertainWrite as error:
            await self._writer.uncertain(entries, _caused_by(error.cause, ReasonCode.NO_CERTAIN_ANSWER))
            self._failed(error)
        except BudgetUnavailable as error:
            await self._writer.unsent(entries, Reason.of(ReasonCode.NOT_SENT, cause=error.code, message=error))
            raise
        except EmagError as error:
            await self._writer.unsent(entries, _caused_by(error, ReasonCode.NOT_SENT))
            self.error = stopped_by(error)
            if error.kind is ErrorKind.CONFIGURATION:
                raise
        else:
            self._failures = 0
            await self._writer.accepted(entries)

    async def _refused(self, entry: OutboxEntry, words: str) -> None:
        # No more than its yes is eMAG's no believed before the offer was read: some of its complaints are remarks.
        if await self._read([entry.emag_id]):
            unread = Reason.quoted(f"eMAG refused it, and could not be read since: {words}")
            await self._writer.uncertain([entry], unread)
        else:
            await self._writer.refused(entry, Reason.quoted(words))

    async def _save_unless_stopped(self, entries: Sequence[OutboxEntry]) -> None:
        if self._is_stopped:
            await self._writer.unsent(entries, Reason.of(ReasonCode.NOT_ITS_TURN))
        else:
            await self._save(entries)

    def _failed(self, error: UncertainWrite) -> None:
        self._failures += 1
        if self._failures >= MOST_FAILURES:
            self.error = Reason.of(ReasonCode.PUSH_STOPPED, cause=error.cause.code, message=error)

    # Reading back

    async def _unread(self) -> list[tuple[int, datetime | None]]:
        async with self._database.snapshot() as connection:
            return await repository.awaiting_read_back(connection, self._job.account)

    async def _read_back(self) -> float | None:
        """Read some of what is to be read back now. Returns the seconds until the next is due, None: nothing is."""
        entries = await self._unread()
        if not entries:
            return None
        now = self._clock.now()
        due = [emag_id for emag_id, at in entries if at is None or at <= now]
        if not due:
            return (min(at for _, at in entries if at is not None) - now).total_seconds()
        await self._read(portion(due, self._offers))
        return 0.0

    async def _read(self, ids: Sequence[int] | set[int]) -> set[int]:
        """Read and store offers; returns those that could not be."""
        read_at = self._clock.now()
        reader = OfferFetcher(
            self._client, offers=self._offers, keep=lambda rows: self._writer.read(rows, read_at=read_at)
        )
        await reader.read(ids)
        await self._writer.not_known(reader.unknown)
        await self._writer.unreadable(reader.failed.keys(), reader.failed)
        return reader.unknown | reader.failed.keys()


def stopped_by(error: EmagsyncError) -> Reason:
    """Why a push ended before its work was done."""
    return Reason.of(ReasonCode.PUSH_STOPPED, cause=error.code, message=error)


def _caused_by(error: EmagError, code: ReasonCode) -> Reason:
    return Reason.of(code, cause=error.code, message=error.message)


def _is_relative(entry: OutboxEntry) -> bool:
    """Whether it asks for a difference that was not turned into a value yet."""
    return any(item.is_relative and item.target is None for item in entry.items)

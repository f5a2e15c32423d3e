"""Writes what a run read: one page is one transaction with its ledger entry, the run's counts and the fence check.

A page that cannot be committed leaves nothing behind, neither offers nor counts, so the ledger in the database always
says exactly which pages are stored; a run that is killed at any instant loses the page in flight and nothing else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum, auto
from typing import Any, Final, NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core.clock import Clock
from emagsync.db.engine import Database
from emagsync.edits.push import repository as push_repository
from emagsync.ingest.store import (
    PreparedRows,
    RawRows,
    StalePreparation,
    Stored,
    prepare,
    sort_rows,
    store,
    take_for_new,
    take_for_unchanged,
)
from emagsync.marketplace.page_sizes import Pace
from emagsync.marketplace.paging import PieceRead, StretchRead
from emagsync.marketplace.platforms import Platform
from emagsync.offers import search
from emagsync.offers.records import Observation, StoredOffer
from emagsync.sync import failed_request_repository, lease_repository, ledger_repository, pace_repository
from emagsync.sync.lease_repository import RunLease
from emagsync.sync.ledger import CONFIRMING_SCOPE, PageRead, part_scope
from emagsync.sync.run import evidence_repository
from emagsync.sync.run.evidence import Evidence
from emagsync.sync.run.progress import RunProgress
from emagsync.sync.run.sink import DatabaseSink, RowSink
from emagsync.sync.run.write_lock import WriteCoordinator, WriteSlot

# Pages of a run that are prepared and written side by side. SQLite writes one at a time, in a thread that needs the
# interpreter for every row: a page that is prepared meanwhile is in its way, and costs 5 % more CPU than it saves time.
_PAGES_AT_ONCE: Final = 2
_PAGES_AT_ONCE_ON_SQLITE: Final = 1

# What else a transaction writes, after the offers and while the run's counts are locked.
RecordPage = Callable[[AsyncConnection, RawRows], Awaitable[None]]


class Expected(Enum):
    """What the next page is taken for: what the page before was.

    Only a mixed page is looked up beforehand. A wrong guess is noticed when the page is stored.
    """

    UNCHANGED = auto()
    NEW = auto()
    MIXED = auto()


class PlacedPage(NamedTuple):
    """Where a page belongs in the ledger, and when its reading began."""

    pass_number: int
    scope: str
    page: int
    size: int
    started_at: datetime


class RunWriter:
    """Makes every write of one run. Each names the run's lease; RunSuperseded means that it is lost: stop at once."""

    def __init__(
        self,
        *,
        database: Database,
        lease: RunLease,
        platform: Platform,
        progress: RunProgress,
        clock: Clock,
        changed: Callable[[], None],
        sink: RowSink | None = None,
    ) -> None:
        self._database = database
        self._lease = lease
        self._platform = platform
        self._progress = progress
        self._clock = clock
        self._changed = changed
        self._sink = sink or DatabaseSink()
        self._writes = WriteCoordinator(_PAGES_AT_ONCE_ON_SQLITE if database.is_sqlite else _PAGES_AT_ONCE)
        self._unindexed = 0  # offers stored since the search index caught up
        self._expected = Expected.UNCHANGED
        self.is_first_copy = False
        """Whether none of the offers that are new to the copy is news; said before the first page."""

    async def store_page(
        self, place: PlacedPage, read: StretchRead, *, replaces: Sequence[PageRead] = ()
    ) -> tuple[int, ...]:
        """Store a page, whole or what could be read of it. Returns the ids of its rows, in order, repeats included.

        Its entry in the ledger takes the place of those of the parts that it `replaces`.
        """

        async def record_page(connection: AsyncConnection, rows: RawRows) -> None:
            page = self._page_of(place, read, rows.ids, len(rows.rejected))
            self._count_page(page, read)
            await ledger_repository.record_page(connection, self._lease.run_id, page)
            if replaces:
                await ledger_repository.delete_parts(
                    connection, self._lease.run_id, page, {part.size for part in replaces}
                )

        ids = await self._store(read.raw_rows, read_at=place.started_at, record_page=record_page)
        if self._unindexed >= search.BATCH:
            await self.catch_up()
        return ids

    async def store_part(self, place: PlacedPage, piece: PieceRead) -> PageRead:
        """Store a part of the page at `place`. Returns its entry in the ledger."""
        own = place._replace(scope=part_scope(place.scope, piece.per_page), page=piece.page, size=piece.per_page)
        recorded: list[PageRead] = []

        async def record_part(connection: AsyncConnection, rows: RawRows) -> None:
            part = self._page_of(own, StretchRead(piece.raw_rows, (), 1), rows.ids, len(rows.rejected))
            await ledger_repository.record_page(connection, self._lease.run_id, part)
            recorded.append(part)

        await self._store(piece.raw_rows, read_at=place.started_at, record_page=record_part)
        return recorded[-1]

    async def finish_page(self, place: PlacedPage, parts: Sequence[PageRead], read: StretchRead) -> tuple[int, ...]:
        """The page at `place` was read in parts, all of them stored: one entry for it takes their place in the ledger.

        They stay while some of the page is missing, so that they are not read again. Returns as `store_page` does.
        """
        ids = tuple(emag_id for part in parts for emag_id in part.ids)
        page = self._page_of(place, read, ids, sum(part.rejected for part in parts))
        page = page._replace(items=sum(part.items for part in parts))
        async with self._writes.exclusive(), self._database.transaction() as connection:
            self._count_page(page, read)
            await ledger_repository.record_page(connection, self._lease.run_id, page)
            if page.is_stored:
                await ledger_repository.delete_parts(
                    connection, self._lease.run_id, page, {part.size for part in parts}
                )
            await lease_repository.update_leased(connection, self._lease, self._columns())
        self._changed()
        return ids

    async def remember_pace(self, pace: Pace | None) -> None:
        """Keep what was learnt about the account's pages for its next run; None: they are as large as is asked for."""
        async with self._database.transaction() as connection:
            await pace_repository.remember_pace(connection, self._lease.account, pace, self._clock.now())
            await lease_repository.update_leased(connection, self._lease, {"heartbeat_at": self._clock.now()})

    async def store_rows(self, raw_rows: Sequence[bytes], *, read_at: datetime) -> tuple[int, ...]:
        """Store offers that were asked for one by one, none before `read_at`. Returns their ids."""
        return await self._store(raw_rows, read_at=read_at)

    async def mark_removed(self, ids: Sequence[int]) -> None:
        """Mark offers that a complete read did not see and that eMAG, asked by id, does not know."""
        async with self._writes.exclusive(), self._database.transaction() as connection:
            self._progress.removed += len(await self._sink.remove(connection, self._observation(), ids))
            await lease_repository.update_leased(connection, self._lease, self._columns())
        self._changed()

    async def catch_up(self) -> None:
        """Bring the search index up to what was stored."""
        self._unindexed = 0
        await search.catch_up(self._database)

    async def beat(self) -> None:
        """Write a heartbeat, and the requests that failed since the last one."""
        failed = self._progress.not_noted
        async with self._database.transaction() as connection:
            pace = self._progress.pace(self._clock.monotonic())
            values = {"heartbeat_at": self._clock.now(), **self._progress.meters(), **pace}
            await failed_request_repository.note_failed_requests(connection, self._lease.run_id, failed)
            await lease_repository.update_leased(connection, self._lease, values)
        self._progress.noted(failed)

    async def save_evidence(self, evidence: Evidence) -> None:
        """Write what the run has noted for its certificate so far."""
        async with self._database.transaction() as connection:
            await evidence_repository.write(connection, self._lease.run_id, evidence)
            await lease_repository.update_leased(connection, self._lease, {"heartbeat_at": self._clock.now()})

    async def save_counts(self) -> None:
        """Write the counts and errors without any offer."""
        async with self._writes.exclusive(), self._database.transaction() as connection:
            await lease_repository.update_leased(connection, self._lease, self._columns())

    async def _store(
        self, raw_rows: Sequence[bytes], *, read_at: datetime, record_page: RecordPage | None = None
    ) -> tuple[int, ...]:
        # Where one page is stored at a time, it does not matter beforehand which offers it has.
        rows = None if self._database.is_sqlite else sort_rows(raw_rows, self._platform)
        # Prepared within the slot: of two pages that show the same offer, the one that came later is stored later.
        async with self._writes.slot(set() if rows is None else rows.by_id.keys()) as slot:
            rows, prepared = await self._guess(raw_rows, rows)
            await self._store_in(slot, rows, prepared, read_at, record_page)
        self._changed()
        return rows.ids

    async def _store_in(
        self,
        slot: WriteSlot,
        rows: RawRows,
        prepared: PreparedRows | None,
        read_at: datetime,
        record_page: RecordPage | None,
    ) -> None:
        while True:
            if prepared is None:
                account = self._lease.account
                prepared = await prepare(self._database, account, rows, self._platform, asked_at=read_at)
            try:
                stored = await self._commit(slot, rows, prepared, read_at, record_page)
            except StalePreparation:
                prepared = None
            else:
                self._expected = _kind_of(rows, stored)
                return

    async def _guess(self, raw_rows: Sequence[bytes], rows: RawRows | None) -> tuple[RawRows, PreparedRows | None]:
        """The rows by their ids, unless they are that already, and prepared for what they are expected to be."""
        if self._expected is Expected.NEW:
            return await take_for_new(raw_rows, self._platform)
        rows = rows or sort_rows(raw_rows, self._platform)
        return rows, take_for_unchanged(rows) if self._expected is Expected.UNCHANGED else None

    async def _commit(
        self,
        slot: WriteSlot,
        rows: RawRows,
        prepared: PreparedRows,
        read_at: datetime,
        record_page: RecordPage | None,
    ) -> Stored:
        """One transaction: the offers, then, one transaction of the run at a time, ledger and counts."""
        async with self._database.transaction() as connection:
            stored = await store(
                connection,
                prepared,
                self._observation(),
                asked_at=read_at,
                write=self._sink.store,
                superseded=_read_later_by_pushes,
            )
            await slot.lock_counts()
            if record_page is not None:
                await record_page(connection, rows)
            await self._count(connection, rows, stored)
        return stored

    def _columns(self) -> dict[str, Any]:
        return {**self._progress.columns(), **self._progress.meters(), **self._progress.pace(self._clock.monotonic())}

    def _observation(self) -> Observation:
        now = self._clock.now()
        return Observation(self._lease.account, self._lease.run_id, now, is_first_copy=self.is_first_copy)

    async def _count(self, connection: AsyncConnection, rows: RawRows, stored: Stored) -> None:
        """Count what was stored, and write the run's row."""
        now = self._clock.now()
        self._progress.count(stored.result)
        for row in (*stored.parsed, *rows.rejected):
            if row.offer is None:
                self._progress.reject(row, now)
            elif row.remarks:
                self._progress.remark(row, now)
        # Last, because it also voids the rest when the lease is lost: the transaction is rolled back.
        await lease_repository.update_leased(connection, self._lease, {**self._columns(), "heartbeat_at": now})
        self._unindexed += len(stored.result.created)

    def _count_page(self, page: PageRead, read: StretchRead) -> None:
        if read.failed:
            self._progress.page_failed(page.scope, page.page, read.failed[0].error, page.finished_at)
        else:
            self._progress.page_read(page.scope, page.page)
        if page.scope != CONFIRMING_SCOPE:
            self._progress.pages_read += bool(page.items) and not read.failed
        self._progress.current_page = min(
            self._progress.pages_read, self._progress.total_pages or self._progress.pages_read
        )

    def _page_of(self, place: PlacedPage, read: StretchRead, ids: tuple[int, ...], rejected: int) -> PageRead:
        return PageRead(
            **place._asdict(),
            status="failed" if read.failed else "stored",
            ids=ids,
            items=len(read.raw_rows),
            rejected=rejected,
            attempts=read.attempts,
            inherited=False,
            error=str(read.failed[0].error) if read.failed else None,
            finished_at=self._clock.now(),
        )


def is_part_of(part: PageRead, place: PlacedPage) -> bool:
    """Whether an entry of the ledger is a part of the page at `place`."""
    before, start = (place.page - 1) * place.size, (part.page - 1) * part.size
    own = part_scope(place.scope, part.size)
    return (part.pass_number, part.scope) == (place.pass_number, own) and before <= start < before + place.size


def _kind_of(rows: RawRows, stored: Stored) -> Expected:
    if not stored.parsed:
        return Expected.UNCHANGED
    return Expected.NEW if len(stored.result.created) == len(rows.by_id) else Expected.MIXED


async def _read_later_by_pushes(connection: AsyncConnection, known: Mapping[int, StoredOffer]) -> set[int]:
    """The offers that eMAG showed to a push that asked later than the run did: the run's rows may be from before what
    the push sent."""
    later = {emag_id: one.asked_later_by for emag_id, one in known.items() if one.asked_later_by is not None}
    if not later:
        return set()
    # Pushes alone: between runs, which follow one another, only a clock that was set would say so.
    pushes = await push_repository.among(connection, set(later.values()))
    return {emag_id for emag_id, reader in later.items() if reader in pushes and not known[emag_id].is_removed}

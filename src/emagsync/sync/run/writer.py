"""Writes what a run read: one page is one transaction with its ledger entry, the run's counts and the fence check.

A page that cannot be committed leaves nothing behind, neither offers nor counts, so the ledger in the database always
says exactly which pages are stored; a run that is killed at any instant loses the page in flight and nothing else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core.clock import Clock
from emagsync.core.settings import EditsSettings
from emagsync.db.engine import Database
from emagsync.marketplace.page_sizes import Pace
from emagsync.marketplace.paging import PieceRead, StretchRead
from emagsync.marketplace.platforms import Platform
from emagsync.offers import search
from emagsync.offers.records import Observation
from emagsync.sync import failed_request_repository, lease_repository, ledger_repository, pace_repository
from emagsync.sync.lease_repository import RunLease
from emagsync.sync.ledger import CONFIRMING_SCOPE, PageRead, part_scope
from emagsync.sync.run import evidence_repository
from emagsync.sync.run.evidence import Evidence
from emagsync.sync.run.progress import RunProgress
from emagsync.sync.run.write_lock import WriteCoordinator
from emagsync.sync.schemas import RunParameters

if TYPE_CHECKING:
    from emagsync.ingest.store import RawRows, Stored
    from emagsync.sync.run.row_store import RowStore

# Pages of a run that are prepared and written side by side. SQLite writes one at a time, in a thread that needs the
# interpreter for every row: a page that is prepared meanwhile is in its way, and costs 5 % more CPU than it saves time.
_PAGES_AT_ONCE: Final = 2
_PAGES_AT_ONCE_ON_SQLITE: Final = 1

# What else a transaction writes, after the offers and while the run's counts are locked.
RecordPage = Callable[[AsyncConnection, "RawRows"], Awaitable[None]]


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
        parameters: RunParameters,
        edits: EditsSettings,
    ) -> None:
        self._database = database
        self._lease = lease
        self._platform = platform
        self._progress = progress
        self._clock = clock
        self._changed = changed
        self._parameters = parameters
        self._edits = edits
        self._writes = WriteCoordinator(_PAGES_AT_ONCE_ON_SQLITE if database.is_sqlite else _PAGES_AT_ONCE)
        self._unindexed = 0  # offers stored since the search index caught up
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
            await pace_repository.remember_pace(connection, self._lease.account, pace)
            await lease_repository.update_leased(connection, self._lease, {"heartbeat_at": self._clock.now()})

    async def store_rows(self, raw_rows: Sequence[bytes], *, read_at: datetime) -> tuple[int, ...]:
        """Store offers that were asked for one by one, none before `read_at`. Returns their ids."""
        return await self._store(raw_rows, read_at=read_at)

    async def mark_removed(self, ids: Sequence[int]) -> None:
        """Mark offers that a complete read did not see and that eMAG, asked by id, does not know."""
        async with self._writes.exclusive(), self._database.transaction() as connection:
            self._progress.removed += len(await self._rows.remove(connection, ids))
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
        """Store rows in one transaction with what `record_page` writes, the run's counts and the fence check."""

        async def count(connection: AsyncConnection, rows: RawRows, stored: Stored) -> None:
            if record_page is not None:
                await record_page(connection, rows)
            await self._count(connection, rows, stored)

        ids = await self._rows.store(raw_rows, read_at=read_at, count=count)
        self._changed()
        return ids

    @cached_property
    def _rows(self) -> RowStore:
        # Imported when the first rows are there: before that it would hold up the requests for them. With what the end
        # of the run needs, for by then another version may be installed.
        from emagsync.sync import brake_check  # noqa: F401
        from emagsync.sync.run.row_store import RowStore
        from emagsync.sync.run.sink import sink_for

        return RowStore(
            self._database,
            self._lease.account,
            self._platform,
            sink=sink_for(self._lease, self._parameters, self._edits),
            writes=self._writes,
            observe=self._observation,
        )

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

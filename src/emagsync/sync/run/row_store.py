"""Stores the rows that a run read: side by side where its database can, each offer by one transaction at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum, auto

from sqlalchemy.ext.asyncio import AsyncConnection

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
from emagsync.marketplace.platforms import Platform
from emagsync.offers.records import Observation, StoredOffer
from emagsync.sync.run.sink import RowSink
from emagsync.sync.run.write_lock import WriteCoordinator, WriteSlot

# Counts what was stored, in its transaction, while the run's counts are locked.
Count = Callable[[AsyncConnection, RawRows, Stored], Awaitable[None]]


class Expected(Enum):
    """What the next page is taken for: what the page before was.

    Only a mixed page is looked up beforehand. A wrong guess is noticed when the page is stored.
    """

    UNCHANGED = auto()
    NEW = auto()
    MIXED = auto()


class RowStore:
    """Stores rows of one account into `sink`. `observe` says by whom and when they are seen."""

    def __init__(
        self,
        database: Database,
        account: str,
        platform: Platform,
        *,
        sink: RowSink,
        writes: WriteCoordinator,
        observe: Callable[[], Observation],
    ) -> None:
        self._database = database
        self._account = account
        self._platform = platform
        self._sink = sink
        self._writes = writes
        self._observe = observe
        self._expected = Expected.UNCHANGED

    async def store(self, raw_rows: Sequence[bytes], *, read_at: datetime, count: Count) -> tuple[int, ...]:
        """Store rows that were asked for at `read_at`, in one transaction with `count`. Returns their ids, in order,
        repeats included."""
        # Where one page is stored at a time, it does not matter beforehand which offers it has.
        rows = None if self._database.is_sqlite else sort_rows(raw_rows, self._platform)
        # Prepared within the slot: of two pages that show the same offer, the one that came later is stored later.
        async with self._writes.slot(set() if rows is None else rows.by_id.keys()) as slot:
            rows, prepared = await self._guess(raw_rows, rows)
            await self._store_in(slot, rows, prepared, read_at, count)
        return rows.ids

    async def remove(self, connection: AsyncConnection, ids: Sequence[int]) -> Sequence[int]:
        """eMAG does not know the offers `ids` any more. Returns those that were present."""
        return await self._sink.remove(connection, self._observe(), ids)

    async def _store_in(
        self, slot: WriteSlot, rows: RawRows, prepared: PreparedRows | None, read_at: datetime, count: Count
    ) -> None:
        while True:
            if prepared is None:
                prepared = await prepare(self._database, self._account, rows, self._platform, asked_at=read_at)
            try:
                stored = await self._commit(slot, rows, prepared, read_at, count)
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
        self, slot: WriteSlot, rows: RawRows, prepared: PreparedRows, read_at: datetime, count: Count
    ) -> Stored:
        """One transaction: the offers, then, one transaction of the run at a time, what is counted of them."""
        async with self._database.transaction() as connection:
            stored = await store(
                connection,
                prepared,
                self._observe(),
                asked_at=read_at,
                write=self._sink.store,
                superseded=_read_later_by_pushes,
            )
            await slot.lock_counts()
            await count(connection, rows, stored)
        return stored


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

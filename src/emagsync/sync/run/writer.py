"""Storing what was read: one page is one transaction with its ledger entry, the run's counts and the fence."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import zip_longest
from typing import Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core.clock import Clock
from emagsync.db.engine import Database
from emagsync.edits.push import repository as push_repository
from emagsync.ingest.records import record_of
from emagsync.marketplace.paging import StretchRead
from emagsync.marketplace.platforms import Platform
from emagsync.marketplace.rows.parse import ParsedRow, parse, peek_id, raw_digest
from emagsync.offers import repository as offers
from emagsync.offers import search
from emagsync.offers.repository import Observation, OfferRecord, StoredOffer, UpsertResult
from emagsync.sync import repository
from emagsync.sync.repository import PageRead, RunLease
from emagsync.sync.run.progress import RunProgress
from emagsync.sync.run.sink import DatabaseSink, RowSink
from emagsync.sync.run.write_lock import WriteCoordinator

_PARSED_AT_ONCE = 20
# Transactions of a run at a time, where the database has room for more than one.
_AT_ONCE = 2


class PlacedPage(NamedTuple):
    """Where a page belongs in the ledger, and when its reading began."""

    pass_number: int
    scope: str
    page: int
    size: int
    started_at: datetime


class _Rows(NamedTuple):
    by_id: dict[int, bytes]  # the last of each id, as eMAG sent it
    digests: dict[int, bytes]  # of the same
    ids: tuple[int, ...]  # in order, repeats included
    rejected: tuple[ParsedRow, ...]


class _Stored(NamedTuple):
    applied: UpsertResult
    parsed: list[ParsedRow]  # those that were parsed for it, also those that could not be read


class RunWriter:
    """The only hand that writes for a run. Everything goes through its hold; RunSuperseded means: stop at once."""

    def __init__(
        self,
        *,
        database: Database,
        hold: RunLease,
        platform: Platform,
        tally: RunProgress,
        clock: Clock,
        changed: Callable[[], None],
        keeper: RowSink | None = None,
    ) -> None:
        self._database = database
        self._hold = hold
        self._platform = platform
        self._tally = tally
        self._clock = clock
        self._changed = changed
        self._keeper = keeper or DatabaseSink()
        self._turns = WriteCoordinator(1 if database.is_sqlite else _AT_ONCE)
        self._unsearchable = 0  # stored since search caught up
        # Whether the last page was mostly news: then the next one is parsed while the database is still busy.
        self._parses_ahead = False

    async def store_page(self, place: PlacedPage, read: StretchRead) -> tuple[int, ...]:
        """Store a page, whole or what could be read of it. Returns the ids of its rows, in order, repeats included."""
        ahead = await self._parsed_ahead(read.raw_rows)
        rows = _sort_out(read.raw_rows, self._platform, ahead)
        by_id = {row.emag_id: row for row in ahead}
        async with self._turns.of(rows.digests.keys()) as turn, self._database.transaction() as connection:
            stored = await self._store(connection, rows, by_id, read_at=place.started_at)
            await turn.lock_counts()
            page = self._page_of(place, read, rows)
            self._count_page(page, read)
            await repository.record_page(connection, self._hold.run_id, page)
            await self._count(connection, rows, stored)
        self._changed()
        if self._unsearchable >= search.BATCH:
            await self.catch_up()
        return rows.ids

    async def store_rows(self, raw_rows: Sequence[bytes], *, read_at: datetime) -> tuple[int, ...]:
        """Store offers that were asked for one by one, none before `read_at`. Returns their ids."""
        rows = _sort_out(raw_rows, self._platform)
        async with self._turns.of(rows.digests.keys()) as turn, self._database.transaction() as connection:
            stored = await self._store(connection, rows, {}, read_at=read_at)
            await turn.lock_counts()
            await self._count(connection, rows, stored)
        self._changed()
        return rows.ids

    async def mark_removed(self, ids: Sequence[int]) -> None:
        """Mark offers that a complete read did not see and that eMAG, asked by id, does not know."""
        async with self._turns.alone(), self._database.transaction() as connection:
            self._tally.removed += len(await self._keeper.remove(connection, self._sighting(), ids))
            await repository.write_held(connection, self._hold, self._columns())
        self._changed()

    async def catch_up(self) -> None:
        """Let search find every offer that was stored."""
        self._unsearchable = 0
        await search.catch_up(self._database)

    async def beat(self) -> None:
        """Give a sign of life."""
        async with self._database.transaction() as connection:
            pace = self._tally.pace(self._clock.monotonic())
            values = {"heartbeat_at": self._clock.now(), **self._tally.meters(), **pace}
            await repository.write_held(connection, self._hold, values)

    async def save_counts(self) -> None:
        """Write the counts and errors without any offer."""
        async with self._turns.alone(), self._database.transaction() as connection:
            await repository.write_held(connection, self._hold, self._columns())

    def _columns(self) -> dict[str, Any]:
        return {**self._tally.columns(), **self._tally.pace(self._clock.monotonic())}

    def _sighting(self) -> Observation:
        return Observation(self._hold.account, self._hold.run_id, self._clock.now())

    async def _parsed_ahead(self, raw_rows: Sequence[bytes]) -> list[ParsedRow]:
        parsed: list[ParsedRow] = []
        for raw in raw_rows if self._parses_ahead else ():
            parsed.append(parse(raw, self._platform))
            if len(parsed) % _PARSED_AT_ONCE == 0:
                # A request whose turn has come must not wait for a whole page: every such delay adds up.
                await asyncio.sleep(0)
        return parsed

    async def _store(
        self, connection: AsyncConnection, rows: _Rows, ahead: Mapping[int | None, ParsedRow], *, read_at: datetime
    ) -> _Stored:
        digests = rows.digests
        sighting = self._sighting()
        known = await offers.known(connection, sighting.account, list(digests), asked_at=read_at) if digests else {}
        # eMAG showed these to a push that asked after this was asked for: this may be from before what it sent.
        older = await self._read_by_pushes(connection, known)
        same = [
            emag_id
            for emag_id, digest in digests.items()
            if emag_id not in older and _is_the_same(known.get(emag_id), digest)
        ]
        others = digests.keys() - set(same) - older
        self._parses_ahead = 2 * len(same) < len(digests)
        before = await offers.payloads(connection, sighting.account, [id_ for id_ in others if id_ in known])
        parsed = [ahead.get(id_) or parse(raw, self._platform) for id_, raw in rows.by_id.items() if id_ in others]
        tokens = {emag_id: (known[emag_id].token, payload) for emag_id, payload in before.items()}
        applied = await self._keeper.keep(
            connection,
            sighting,
            same=same,
            read=_records(parsed, rows.digests, tokens),
            stored=known.keys() & others,
            read_at=read_at,
        )
        return _Stored(applied._replace(unchanged=(*applied.unchanged, *sorted(older))), parsed)

    async def _count(self, connection: AsyncConnection, rows: _Rows, stored: _Stored) -> None:
        """Count what was stored, and write the run's row."""
        now = self._clock.now()
        self._tally.count(stored.applied)
        for row in (*stored.parsed, *rows.rejected):
            if row.offer is None:
                self._tally.reject(row, now)
            elif row.remarks:
                self._tally.remark(row, now)
        # Last, because it also makes the rest void when the hold is lost: the transaction is rolled back.
        await repository.write_held(connection, self._hold, {**self._columns(), "heartbeat_at": now})
        self._unsearchable += len(stored.applied.created)

    def _count_page(self, page: PageRead, read: StretchRead) -> None:
        if read.failed:
            self._tally.page_failed(page.scope, page.page, read.failed[0].error, page.finished_at)
        else:
            self._tally.page_read(page.scope, page.page)
        self._tally.pages_read += bool(read.raw_rows) and not read.failed
        self._tally.current_page = min(self._tally.pages_read, self._tally.total_pages or self._tally.pages_read)

    def _page_of(self, place: PlacedPage, read: StretchRead, rows: _Rows) -> PageRead:
        return PageRead(
            **place._asdict(),
            status="failed" if read.failed else "stored",
            ids=rows.ids,
            items=len(read.raw_rows),
            rejected=len(rows.rejected),
            attempts=read.attempts,
            inherited=False,
            error=str(read.failed[0].error) if read.failed else None,
            finished_at=self._clock.now(),
        )

    async def _read_by_pushes(self, connection: AsyncConnection, known: Mapping[int, StoredOffer]) -> set[int]:
        later = {emag_id: one.asked_later_by for emag_id, one in known.items() if one.asked_later_by is not None}
        if not later:
            return set()
        # Of pushes alone: between runs, which follow one another, only a clock that was set would say so.
        pushes = await push_repository.among(connection, set(later.values()))
        return {emag_id for emag_id, reader in later.items() if reader in pushes and not known[emag_id].is_removed}


def _records(
    parsed: Sequence[ParsedRow], digests: Mapping[int, bytes], before: Mapping[int, tuple[str, str]]
) -> list[OfferRecord]:
    """`before` are the token and row of those that are stored, by id."""
    records: list[OfferRecord] = []
    for row in parsed:
        if row.offer is not None:
            emag_id = row.offer.emag_id
            token = _token_of_the_same(row, before.get(emag_id))
            records.append(record_of(row.offer, row, digests[emag_id], token=token))
    return records


def _is_the_same(known: StoredOffer | None, digest: bytes) -> bool:
    return known is not None and known.digest == digest and not known.is_removed


def _token_of_the_same(row: ParsedRow, before: tuple[str, str] | None) -> str | None:
    """The token of the content stored before, if the row has the same in another spelling."""
    if before is None:
        return None
    token, payload = before
    stored = row._replace(raw=payload.encode())
    return token if stored.fingerprint == row.fingerprint else None


def _sort_out(raw_rows: Sequence[bytes], platform: Platform, parsed: Sequence[ParsedRow] = ()) -> _Rows:
    """`parsed`: the same rows, if they were parsed already."""
    by_id: dict[int, bytes] = {}
    ids: list[int] = []
    rejected: list[ParsedRow] = []
    for raw, row in zip_longest(raw_rows, parsed):
        emag_id = peek_id(raw) if row is None else row.emag_id
        if emag_id is None:
            row = row or parse(raw, platform)  # noqa: PLW2901 - the same row
            emag_id = row.emag_id if row.rejected is None else None
            if emag_id is None:
                rejected.append(row)
                continue
        by_id[emag_id] = raw
        ids.append(emag_id)
    digests = {emag_id: raw_digest(raw) for emag_id, raw in by_id.items()}
    return _Rows(by_id, digests, tuple(ids), tuple(rejected))

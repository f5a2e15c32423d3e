"""Pages of one run that are stored at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from emagsync.core.clock import SystemClock
from emagsync.core.settings import EditsSettings
from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseUnavailable
from emagsync.ingest.store import PreparedRows, prepare, sort_rows
from emagsync.ingest.store import store as store_prepared
from emagsync.marketplace.paging import StretchRead
from emagsync.offers.records import Observation
from emagsync.offers.tables import offer_changes
from emagsync.sync import lease_repository, ledger_repository, repository
from emagsync.sync.lease_repository import RunLease
from emagsync.sync.ledger import MAIN_SCOPE
from emagsync.sync.run.progress import RunProgress
from emagsync.sync.run.writer import PlacedPage, RunWriter
from emagsync.sync.schemas import Run, RunParameters
from marketplace.rows.row_shapes import RO, row
from support.databases import new_database
from support.patience import PATIENCE_SECONDS
from sync.run_rows import AT, a_run

pytestmark = pytest.mark.databases("both")


@pytest.fixture
async def lease(database: Database) -> RunLease:
    async with database.transaction() as connection:
        await repository.insert_run(connection, a_run())
        return await lease_repository.claim(connection, a_run(), worker="host:1:aa", now=AT, keep={})


@pytest.fixture
async def bystander(tmp_path: Path, database: Database) -> AsyncIterator[Database]:
    """Connections of somebody else."""
    async with new_database(tmp_path) as other:
        yield other


def writer(database: Database, lease: RunLease) -> RunWriter:
    return RunWriter(
        database=database,
        lease=lease,
        platform=RO,
        progress=RunProgress(a_run(), 0.0),
        clock=SystemClock(),
        changed=lambda: None,
        parameters=RunParameters(),
        edits=EditsSettings(),
    )


async def store(writer: RunWriter, page: int, *ids: int, price: str = "100.0000") -> None:
    rows = tuple(row(id=emag_id, sale_price=price) for emag_id in ids)
    await writer.store_page(PlacedPage(1, MAIN_SCOPE, page, 100, AT), StretchRead(rows, (), 1))


async def read_run(database: Database) -> Run:
    async with database.snapshot() as connection:
        return await repository.get_run(connection, "run-1")


async def log(database: Database) -> list[tuple[int, str, str | None]]:
    async with database.snapshot() as connection:
        query = select(offer_changes.c.emag_id, offer_changes.c.field, offer_changes.c.new).order_by(
            offer_changes.c.seq
        )
        return [tuple(change) for change in await connection.execute(query)]


async def test_pages_that_share_an_offer_count_and_tell_of_it_once(database: Database, lease: RunLease) -> None:
    pages = writer(database, lease)
    await asyncio.gather(
        store(pages, 1, 1, 2, 3), store(pages, 2, 3, 4, price="120.0000"), store(pages, 3, 4, 5), store(pages, 4)
    )
    run = await read_run(database)
    assert (run.processed, run.created, run.updated, run.unchanged) == (5, 5, 0, 0)
    told = await log(database)
    assert sorted(change for change in told if change[1] == "lifecycle") == [
        (i, "lifecycle", "created") for i in range(1, 6)
    ]
    assert (3, "sale_price", "120.0000") in told


async def test_a_page_is_prepared_again_when_somebody_else_stored_one_of_its_offers_meanwhile(
    database: Database, lease: RunLease, bystander: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a push does that reads back while a run reads pages: nothing is counted or logged twice, nothing is lost."""
    prepared: list[int] = []

    async def prepare_and_be_overtaken(*arguments: Any, **options: Any) -> PreparedRows:
        ready = await prepare(*arguments, **options)
        prepared.append(len(ready.parsed))
        if len(prepared) == 1:
            other = await prepare(bystander, "main", sort_rows([row(id=1, sale_price="90.0000")], RO), RO, asked_at=AT)
            async with bystander.transaction() as connection:
                await store_prepared(connection, other, Observation("main", "a-push", AT, "push"), asked_at=AT)
        return ready

    monkeypatch.setattr("emagsync.sync.run.row_store.prepare", prepare_and_be_overtaken)
    await store(writer(database, lease), 1, 1, 2)
    assert prepared == [2, 2]
    run = await read_run(database)
    assert (run.created, run.updated, run.processed, run.pages_read) == (1, 1, 2, 1)
    assert await log(database) == [
        (1, "lifecycle", "created"),
        (2, "lifecycle", "created"),
        (1, "sale_price", "100.0000"),
    ]


async def test_counts_are_those_of_the_pages_in_the_ledger_at_every_moment(
    database: Database, lease: RunLease, bystander: Database
) -> None:
    pages = writer(database, lease)
    over = asyncio.Event()

    async def watch() -> set[int]:
        seen = set()
        while not over.is_set():
            async with bystander.snapshot() as connection:
                run = await repository.get_run(connection, "run-1")
                ledger = await ledger_repository.ledger(connection, "run-1")
            assert run.processed == run.created == sum(page.items for page in ledger)
            assert run.pages_read == len(ledger)
            seen.add(len(ledger))
        return seen

    watching = asyncio.ensure_future(watch())
    await asyncio.gather(*(store(pages, page, *range(10 * page, 10 * page + 7)) for page in range(1, 31)))
    over.set()
    assert len(await watching) > 1
    assert (await read_run(database)).processed == 210


@pytest.mark.databases("postgresql", "SQLite has one writer")
async def test_on_postgresql_a_page_is_written_while_another_one_waits_for_its_turn_in_the_feed(
    database: Database, lease: RunLease, bystander: Database
) -> None:
    pages = writer(database, lease)
    async with bystander.transaction() as feed:
        await feed.execute(text("SELECT pg_advisory_xact_lock(x'656D616766656564'::bigint)"))
        storing = [asyncio.ensure_future(store(pages, page, page)) for page in (1, 2, 3)]
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await _waiting_for_the_feed(bystander) < 2:
                await asyncio.sleep(0.01)
        assert await _waiting_for_the_feed(bystander) == 2
    await asyncio.gather(*storing)
    assert (await read_run(database)).created == 3


@pytest.mark.databases("postgresql", "SQLite has one writer")
async def test_counts_of_a_page_that_was_rolled_back_are_never_written(
    database: Database, lease: RunLease, bystander: Database
) -> None:
    pages = writer(database, lease)
    async with bystander.transaction() as other:
        # Its holder counts, and then waits for the run's row until it is killed.
        await other.execute(text("SELECT 1 FROM sync_runs FOR NO KEY UPDATE"))
        storing = [asyncio.ensure_future(store(pages, page, page)) for page in (1, 2)]
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await _kill_who_waits_for_the_run(bystander):
                await asyncio.sleep(0.01)
    first, second = await asyncio.gather(*storing, return_exceptions=True)
    assert first is second
    assert isinstance(first, DatabaseUnavailable)
    run = await read_run(database)
    assert (run.processed, run.pages_read) == (0, 0)


async def _waiting_for_the_feed(database: Database) -> int:
    async with database.snapshot() as connection:
        return int(
            await connection.scalar(
                text(
                    "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database "
                    "WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted"
                )
            )
        )


async def _kill_who_waits_for_the_run(database: Database) -> bool:
    async with database.snapshot() as connection:
        found = await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                "AND wait_event_type = 'Lock' AND query LIKE 'UPDATE sync_runs%'"
            )
        )
        return bool(found.all())

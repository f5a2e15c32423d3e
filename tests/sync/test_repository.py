"""The fence and the ledger: who may write for a run, and what it remembers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from emagsync.db.engine import Database
from emagsync.db.errors import ConstraintViolated
from emagsync.sync import repository
from emagsync.sync.errors import RunNotFound, RunSuperseded
from emagsync.sync.repository import RunLease
from emagsync.sync.schemas import Run, RunError, RunStatus
from sync.run_rows import AT, a_page, a_run

pytestmark = pytest.mark.databases("both")


async def inserted(database: Database, run: Run) -> Run:
    async with database.transaction() as connection:
        await repository.insert_run(connection, run)
    return run


async def claimed(database: Database, run: Run, worker: str = "host:1:aa") -> RunLease:
    async with database.transaction() as connection:
        return await repository.claim(connection, run, worker=worker, now=AT, keep={})


async def read(database: Database, run_id: str = "run-1") -> Run:
    async with database.snapshot() as connection:
        return await repository.get_run(connection, run_id)


async def test_a_run_comes_back_as_it_was_stored(database: Database) -> None:
    run = a_run(errors=(RunError(code="x", message="ș", at=AT, page=3, emag_id=7),), error_count=1, total_items=9)
    await inserted(database, run)
    assert await read(database) == run


async def test_an_unknown_run_is_not_found(database: Database) -> None:
    with pytest.raises(RunNotFound):
        await read(database, "no-such-run")


@pytest.mark.parametrize("status", [RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.INTERRUPTED])
async def test_an_active_run_keeps_a_second_one_out(database: Database, status: RunStatus) -> None:
    await inserted(database, a_run(status=status))
    with pytest.raises(ConstraintViolated):
        await inserted(database, a_run("run-2"))
    await inserted(database, a_run("run-3", account="fbe"))


@pytest.mark.parametrize("status", [status for status in RunStatus if status.is_finished])
async def test_a_finished_run_keeps_nobody_out(database: Database, status: RunStatus) -> None:
    await inserted(database, a_run(status=status))
    await inserted(database, a_run("run-2"))


async def test_only_one_of_two_claims_of_the_same_run_succeeds(database: Database) -> None:
    run = await inserted(database, a_run())
    lease = await claimed(database, run)
    with pytest.raises(RunSuperseded):
        await claimed(database, run, worker="host:2:bb")
    now = await read(database)
    assert (now.status, now.fence, now.attempt, now.worker) == (RunStatus.RUNNING, lease.fence, 1, "host:1:aa")
    assert now.started_at == AT


async def test_a_second_attempt_keeps_the_first_start(database: Database) -> None:
    await claimed(database, await inserted(database, a_run()))
    async with database.transaction() as connection:
        again = await repository.claim(
            connection, await repository.get_run(connection, "run-1"), worker="w", now=AT + timedelta(hours=1), keep={}
        )
    now = await read(database)
    assert (now.attempt, now.started_at, now.fence) == (2, AT, again.fence)


async def test_a_holder_whose_fence_was_raised_writes_nothing_and_its_transaction_is_undone(database: Database) -> None:
    run = await inserted(database, a_run())
    old = await claimed(database, run)
    await claimed(database, await read(database), worker="host:2:bb")

    async def store_a_page() -> None:
        async with database.transaction() as connection:
            await repository.record_page(connection, "run-1", a_page(1))
            await repository.update_leased(connection, old, {"processed": 5})

    with pytest.raises(RunSuperseded):
        await store_a_page()
    async with database.snapshot() as connection:
        assert await repository.ledger(connection, "run-1") == []
        assert not await repository.is_leased(connection, old)
    assert (await read(database)).processed == 0


@pytest.mark.parametrize("status", [RunStatus.CANCELLED, RunStatus.FAILED, RunStatus.INTERRUPTED])
async def test_a_run_that_was_taken_away_refuses_its_holder(database: Database, status: RunStatus) -> None:
    lease = await claimed(database, await inserted(database, a_run()))
    async with database.transaction() as connection:
        run = await repository.get_run(connection, "run-1")
        assert await repository.revoke(connection, run, status, now=AT)
        assert not await repository.revoke(connection, run, status, now=AT)
    with pytest.raises(RunSuperseded):
        async with database.transaction() as connection:
            await repository.update_leased(connection, lease, {"processed": 5})
    now = await read(database)
    assert now.status is status
    assert now.finished_at == (AT if status.is_finished else None)


async def test_a_holder_that_has_ended_its_run_cannot_write_any_more(database: Database) -> None:
    lease = await claimed(database, await inserted(database, a_run()))
    async with database.transaction() as connection:
        await repository.update_leased(connection, lease, {"status": RunStatus.COMPLETED, "finished_at": AT})
    with pytest.raises(RunSuperseded):
        async with database.transaction() as connection:
            await repository.update_leased(connection, lease, {"processed": 5})


async def test_the_ledger_keeps_pages_in_order_and_the_last_word_on_each(database: Database) -> None:
    await inserted(database, a_run())
    async with database.transaction() as connection:
        await repository.record_page(connection, "run-1", a_page(2))
        await repository.record_page(connection, "run-1", a_page(1, status="failed", ids=(), items=0, error="eMAG"))
        await repository.record_page(connection, "run-1", a_page(1, pass_number=2))
        await repository.record_page(connection, "run-1", a_page(1))
    async with database.snapshot() as connection:
        pages = await repository.ledger(connection, "run-1")
    assert pages == [a_page(1), a_page(2), a_page(1, pass_number=2)]
    assert all(page.is_stored for page in pages)


async def test_a_run_inherits_the_pages_of_another_and_those_that_failed_stay_to_be_read(database: Database) -> None:
    await inserted(database, a_run(status=RunStatus.FAILED))
    await inserted(database, a_run("run-2"))
    async with database.transaction() as connection:
        await repository.record_page(connection, "run-1", a_page(1))
        await repository.record_page(connection, "run-1", a_page(2, status="failed"))
        await repository.inherit_ledger(connection, old="run-1", new="run-2")
    async with database.snapshot() as connection:
        pages = await repository.ledger(connection, "run-2")
    assert pages == [a_page(1, inherited=True), a_page(2, status="failed", inherited=True)]
    assert [page.is_stored for page in pages] == [True, False]


async def test_runs_are_listed_newest_first_and_filtered(database: Database) -> None:
    for place, (run_id, account, status) in enumerate(
        [("a", "main", RunStatus.FAILED), ("b", "fbe", RunStatus.COMPLETED), ("c", "main", RunStatus.COMPLETED)]
    ):
        await inserted(
            database, a_run(run_id, account=account, status=status, created_at=AT + timedelta(minutes=place))
        )
    async with database.snapshot() as connection:
        assert [run.id for run in await repository.runs(connection)] == ["c", "b", "a"]
        assert [run.id for run in await repository.runs(connection, account="main")] == ["c", "a"]
        assert [run.id for run in await repository.runs(connection, status=RunStatus.COMPLETED, limit=1)] == ["c"]
        newest = await repository.newest_run(connection, "main")
        assert newest is not None
        assert newest.id == "c"
        assert await repository.holder_of(connection, "main") is None
        assert await repository.newest_run(connection, "nobody") is None

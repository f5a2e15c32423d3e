"""The fence: who may write for a run."""

from __future__ import annotations

from datetime import timedelta

import pytest

from emagsync.db.engine import Database
from emagsync.sync import lease_repository, ledger_repository, repository
from emagsync.sync.errors import RunSuperseded
from emagsync.sync.lease_repository import RunLease
from emagsync.sync.schemas import Run, RunStatus
from sync.run_rows import AT, a_page, a_run, inserted, read_run

pytestmark = pytest.mark.databases("both")


async def claimed(database: Database, run: Run, worker: str = "host:1:aa") -> RunLease:
    async with database.transaction() as connection:
        return await lease_repository.claim(connection, run, worker=worker, now=AT, keep={})


async def test_only_one_of_two_claims_of_the_same_run_succeeds(database: Database) -> None:
    run = await inserted(database, a_run())
    lease = await claimed(database, run)
    with pytest.raises(RunSuperseded):
        await claimed(database, run, worker="host:2:bb")
    now = await read_run(database)
    assert (now.status, now.fence, now.attempt, now.worker) == (RunStatus.RUNNING, lease.fence, 1, "host:1:aa")
    assert now.started_at == AT


async def test_a_second_attempt_keeps_the_first_start(database: Database) -> None:
    await claimed(database, await inserted(database, a_run()))
    async with database.transaction() as connection:
        again = await lease_repository.claim(
            connection, await repository.get_run(connection, "run-1"), worker="w", now=AT + timedelta(hours=1), keep={}
        )
    now = await read_run(database)
    assert (now.attempt, now.started_at, now.fence) == (2, AT, again.fence)


async def test_a_holder_whose_fence_was_raised_writes_nothing_and_its_transaction_is_undone(database: Database) -> None:
    run = await inserted(database, a_run())
    old = await claimed(database, run)
    await claimed(database, await read_run(database), worker="host:2:bb")

    async def store_a_page() -> None:
        async with database.transaction() as connection:
            await ledger_repository.record_page(connection, "run-1", a_page(1))
            await lease_repository.update_leased(connection, old, {"processed": 5})

    with pytest.raises(RunSuperseded):
        await store_a_page()
    async with database.snapshot() as connection:
        assert await ledger_repository.ledger(connection, "run-1") == []
        assert not await lease_repository.is_leased(connection, old)
    assert (await read_run(database)).processed == 0


@pytest.mark.parametrize("status", [RunStatus.CANCELLED, RunStatus.FAILED, RunStatus.INTERRUPTED])
async def test_a_run_that_was_taken_away_refuses_its_holder(database: Database, status: RunStatus) -> None:
    lease = await claimed(database, await inserted(database, a_run()))
    async with database.transaction() as connection:
        run = await repository.get_run(connection, "run-1")
        assert await lease_repository.revoke(connection, run, status, now=AT)
        assert not await lease_repository.revoke(connection, run, status, now=AT)
    with pytest.raises(RunSuperseded):
        async with database.transaction() as connection:
            await lease_repository.update_leased(connection, lease, {"processed": 5})
    now = await read_run(database)
    assert now.status is status
    assert now.finished_at == (AT if status.is_finished else None)


async def test_a_holder_that_has_ended_its_run_cannot_write_any_more(database: Database) -> None:
    lease = await claimed(database, await inserted(database, a_run()))
    async with database.transaction() as connection:
        await lease_repository.update_leased(connection, lease, {"status": RunStatus.COMPLETED, "finished_at": AT})
    with pytest.raises(RunSuperseded):
        async with database.transaction() as connection:
            await lease_repository.update_leased(connection, lease, {"processed": 5})

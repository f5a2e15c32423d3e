"""Runs as they are stored and found."""

from __future__ import annotations

from datetime import timedelta

import pytest

from emagsync.db.engine import Database
from emagsync.db.errors import ConstraintViolated
from emagsync.sync import repository
from emagsync.sync.errors import RunNotFound
from emagsync.sync.schemas import RunError, RunStatus
from sync.run_rows import AT, a_run, inserted, read_run

pytestmark = pytest.mark.databases("both")


async def test_a_run_comes_back_as_it_was_stored(database: Database) -> None:
    run = a_run(errors=(RunError(code="x", message="ș", at=AT, page=3, emag_id=7),), error_count=1, total_items=9)
    await inserted(database, run)
    assert await read_run(database) == run


async def test_an_unknown_run_is_not_found(database: Database) -> None:
    with pytest.raises(RunNotFound):
        await read_run(database, "no-such-run")


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

"""Whose an account is, as a table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from emagsync.core.clock import SystemClock
from emagsync.core.settings import Settings
from emagsync.db.engine import Database
from emagsync.sync import repository
from emagsync.sync.claims import AccountClaims
from emagsync.sync.errors import AccountBusy
from emagsync.sync.process_lock import Workers
from emagsync.sync.schemas import Mode, Run, RunErrorCode, RunParameters, RunStatus
from sync.run_rows import a_run

ASKED = RunParameters(mode=Mode.FULL)
ELSEWHERE = "another-machine:1:" + "a" * 32
DEAD = "this-machine:1:"  # a process whose lock file is there and not locked


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    with Workers(tmp_path) as workers:
        yield workers


def claims_of(database: Database, workers: Workers, executor: str = "inline") -> AccountClaims:
    redis = {"redis_url": "redis://localhost:6379/0"} if executor == "celery" else {}
    return AccountClaims(database, Settings(_env_file=None, executor=executor, **redis), workers, SystemClock())


async def holding(database: Database, silent_for: float, **changes: Any) -> Run:
    """A run that holds the account and gave its last heartbeat so many seconds ago."""
    at = SystemClock().now() - timedelta(seconds=silent_for)
    run = a_run("holder", created_at=at, heartbeat_at=at, parameters=ASKED, **changes)
    async with database.transaction() as connection:
        await repository.insert_run(connection, run)
    return run


async def taken(database: Database, claims: AccountClaims, resume: RunParameters | None) -> str:
    """`resumed`, `free`, or `busy` and the run that holds the account."""
    try:
        async with database.transaction() as connection:
            run = await claims.take_account(connection, "main", resume=resume)
    except AccountBusy as error:
        return f"busy: {error.run_id}"
    return "free" if run is None else "resumed"


MORE_TIME = ASKED.model_copy(update={"timeout_seconds": 1200})
SMALLER_PAGES = ASKED.model_copy(update={"items_per_page": 50})


@pytest.mark.parametrize(
    ("status", "silent_for", "resume", "result"),
    [
        pytest.param("running", 1, ASKED, "busy: holder", id="alive"),
        pytest.param("queued", 1, None, "busy: holder", id="waiting to be executed"),
        pytest.param("running", 70, ASKED, "resumed", id="silent, the same asked for"),
        pytest.param("running", 70, None, "free", id="silent, a new run asked for"),
        pytest.param("queued", 70, None, "free", id="made and forgotten"),
        pytest.param("interrupted", 1, ASKED, "resumed", id="interrupted, the same asked for"),
        pytest.param("interrupted", 1, MORE_TIME, "resumed", id="interrupted, more time allowed"),
        pytest.param("interrupted", 1, SMALLER_PAGES, "free", id="interrupted, other pages asked for"),
        pytest.param("interrupted", 1, None, "free", id="interrupted, a new run asked for"),
        pytest.param("interrupted", 3700, ASKED, "free", id="interrupted too long ago"),
    ],
)
async def test_an_account_is_given_away_by_a_run_that_nobody_executes(
    database: Database, workers: Workers, status: str, silent_for: float, resume: RunParameters | None, result: str
) -> None:
    await holding(database, silent_for, status=RunStatus(status), worker=ELSEWHERE)
    assert await taken(database, claims_of(database, workers), resume) == result
    holder = await repository.read_run(database, "holder")
    if result == "free":
        assert (holder.status, [error.code for error in holder.errors]) == (
            RunStatus.FAILED,
            [RunErrorCode.INTERRUPTED],
        )
    else:
        assert (holder.status, holder.fence) == (status, 0)


async def test_an_account_that_no_run_holds_is_free(database: Database, workers: Workers) -> None:
    assert await taken(database, claims_of(database, workers), ASKED) == "free"


async def test_a_run_that_waits_for_a_celery_worker_is_never_dead(database: Database, workers: Workers) -> None:
    await holding(database, 5_000, status=RunStatus.QUEUED, worker=ELSEWHERE)
    assert await taken(database, claims_of(database, workers, "celery"), None) == "busy: holder"


async def test_a_run_whose_process_is_gone_is_taken_over_at_once(
    tmp_path: Path, database: Database, workers: Workers
) -> None:
    with Workers(tmp_path) as gone:
        await holding(database, 0, status=RunStatus.RUNNING, worker=gone.name)
        assert await taken(database, claims_of(database, workers), ASKED) == "busy: holder"
        (tmp_path / "workers" / f"{'d' * 32}.lock").touch()
    dead = a_run(status=RunStatus.RUNNING, worker=DEAD + "d" * 32, heartbeat_at=SystemClock().now())
    assert claims_of(database, workers).is_dead(dead)


async def test_of_several_that_want_an_account_one_gets_it_and_the_others_are_told_who(
    database: Database, workers: Workers
) -> None:
    """An account is given away by a run's row, and two that saw the same row cannot both have it."""
    claims = claims_of(database, workers)
    seen = await holding(database, 70, status=RunStatus.RUNNING, worker=ELSEWHERE)
    attempts = 0

    async def late(connection: Any) -> None:
        nonlocal attempts
        attempts += 1
        await claims.claim(connection, seen.model_copy(update={"fence": 7}))

    with pytest.raises(AccountBusy) as busy:
        await claims.attempt("main", late)
    assert busy.value.run_id == "holder"
    assert attempts > 1

"""What of a process's calls reaches the database: every figure once; of the calls what the log is for."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import text

from call_log.test_metrics import a_record
from emagsync.call_log import metric_totals_repository as metric_totals
from emagsync.call_log import repository
from emagsync.call_log.recorder import CallRecorder
from emagsync.call_log.repository import CallFilter
from emagsync.call_log.service import prune_calls, read_calls
from emagsync.core.clock import SystemClock
from emagsync.core.settings import CallSettings
from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseError
from emagsync.telemetry.metrics import Series
from support.databases import new_database

pytestmark = pytest.mark.databases("both")

READ = Series("emag_api_requests_total", ("main", "product_offer/read", "200"))


def a_recorder(**settings: Any) -> CallRecorder:
    return CallRecorder(CallSettings(**settings))


async def totals_of(database: Database) -> dict[Series, float]:
    async with database.snapshot() as connection:
        return await metric_totals.read(connection)


async def log_of(database: Database, **wanted: Any) -> list[Any]:
    return (await read_calls(database, CallFilter(**wanted), limit=10_000))[0]


async def test_every_call_is_counted_once_whoever_writes_when(database: Database) -> None:
    recorders = [a_recorder(), a_recorder()]
    for _ in range(3):
        for recorder in recorders:
            for _ in range(7):
                recorder.observe(a_record())
        await asyncio.gather(*(recorder.write(database) for recorder in recorders * 2))
    assert (await totals_of(database))[READ] == 3 * 2 * 7


async def test_failures_and_writes_are_all_in_the_log_and_successes_one_in_so_many(database: Database) -> None:
    recorder = a_recorder(sample_every=10)
    for _ in range(40):
        recorder.observe(a_record())
        recorder.observe(a_record(status=503, outcome="server_failure", error="eMAG answered 503"))
    for _ in range(3):
        recorder.observe(a_record(route="offer/save", is_write=True))
    recorder.observe(a_record(route="vat/read"))
    await recorder.write(database)
    found = Counter((call.route, call.outcome) for call in await log_of(database))
    assert found == {
        ("product_offer/read", "ok"): 4,
        ("product_offer/read", "server_failure"): 40,
        ("offer/save", "ok"): 3,
        ("vat/read", "ok"): 1,
    }


async def test_with_a_sample_of_one_every_call_is_in_the_log(database: Database) -> None:
    recorder = a_recorder(sample_every=1)
    for _ in range(5):
        recorder.observe(a_record())
    await recorder.write(database)
    assert len(await log_of(database)) == 5


async def test_a_call_is_told_with_its_run_and_request(database: Database) -> None:
    recorder = a_recorder()
    with structlog.contextvars.bound_contextvars(run_id="run-1", request_id="request-1"):
        recorder.observe(a_record(filters={"currentPage": 3, "status": 1}, waited_seconds=0.25, attempt=2))
    await recorder.write(database)
    (call,) = await log_of(database, run_id="run-1")
    assert (call.run_id, call.request_id, call.filters) == ("run-1", "request-1", {"currentPage": 3, "status": 1})
    assert (call.duration_ms, call.waited_ms, call.attempt, call.rows) == (300, 250, 2, 100)


async def test_an_error_text_is_bounded(database: Database) -> None:
    recorder = a_recorder()
    recorder.observe(a_record(outcome="refused", error="x" * 5000))
    await recorder.write(database)
    assert len((await log_of(database))[0].error) == 500


async def test_what_could_not_be_written_is_written_later_and_once(tmp_path: Path) -> None:
    recorder = a_recorder()
    recorder.observe(a_record())
    async with new_database(tmp_path) as database:
        async with database.transaction() as connection:
            await connection.execute(text("ALTER TABLE emag_calls RENAME TO elsewhere"))
        with pytest.raises(DatabaseError):
            await recorder.write(database)
        assert await totals_of(database) == {}
        recorder.observe(a_record())
        async with database.transaction() as connection:
            await connection.execute(text("ALTER TABLE elsewhere RENAME TO emag_calls"))
        await recorder.write(database)
        await recorder.write(database)
        assert (await totals_of(database))[READ] == 2
        assert len(await log_of(database)) == 1


async def test_what_was_heard_is_written_when_the_work_ends_however_it_ends(database: Database) -> None:
    recorder = a_recorder()

    async def work() -> None:
        async with recorder.writing_to(database):
            recorder.observe(a_record())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await work()
    task = asyncio.get_running_loop().create_task(_until_cancelled(recorder, database))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert (await totals_of(database))[READ] == 2


async def _until_cancelled(recorder: CallRecorder, database: Database) -> None:
    async with recorder.writing_to(database):
        recorder.observe(a_record())
        await asyncio.Event().wait()


async def test_an_account_has_no_more_rows_than_the_settings_allow_and_the_oldest_go_first(database: Database) -> None:
    recorder = a_recorder(sample_every=1, max_rows=1000)
    for number in range(1500):
        recorder.observe(a_record(filters={"currentPage": number}))
    for _ in range(20):
        recorder.observe(a_record(account="fbe"))
    await recorder.write(database)
    pages = [call.filters["currentPage"] for call in await log_of(database, account="main")]
    assert pages == list(range(1499, 499, -1))
    assert len(await log_of(database, account="fbe")) == 20
    assert (await totals_of(database))[READ] == 1500


async def test_old_calls_are_deleted_and_the_figures_stay(database: Database) -> None:
    recorder = a_recorder(sample_every=1)
    now = SystemClock().now()
    for days in (1, 29, 31, 400):
        recorder.observe(a_record(started_at=now - timedelta(days=days)))
    await recorder.write(database)
    assert await prune_calls(database, CallSettings(keep_days=30), now=now) == 2
    assert len(await log_of(database)) == 2
    assert (await totals_of(database))[READ] == 4


async def test_calls_are_found_by_what_is_asked(database: Database) -> None:
    recorder = a_recorder(sample_every=1)
    moment = a_record().started_at
    recorder.observe(a_record())
    recorder.observe(a_record(account="fbe", started_at=moment + timedelta(hours=1)))
    recorder.observe(a_record(route="vat/read", outcome="timeout", started_at=moment + timedelta(hours=2)))
    await recorder.write(database)
    assert len(await log_of(database, account="fbe")) == 1
    assert len(await log_of(database, route="vat/read")) == 1
    assert [call.outcome for call in await log_of(database, outcome=repository.FAILED)] == ["timeout"]
    assert len(await log_of(database, outcome="ok")) == 2
    assert len(await log_of(database, since=moment + timedelta(hours=1))) == 2
    assert len(await log_of(database, until=moment + timedelta(hours=1))) == 1

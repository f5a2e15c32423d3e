"""What runs add to the metrics: each run once, and only its own work."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from emagsync.call_log import metric_totals_repository as metric_totals
from emagsync.db.engine import Database
from emagsync.sync import ended_repository, repository
from emagsync.sync.metrics import repository as accounting_repository
from emagsync.sync.metrics.collector import count_finished_runs
from emagsync.sync.metrics.run_metrics import figures
from emagsync.sync.run_factory import Origin, new_run
from emagsync.sync.schemas import Mode, Run, RunError, RunParameters, RunStatus, Selection
from emagsync.telemetry.metrics import Increments, Series
from sync.run_rows import AT, a_run

pytestmark = pytest.mark.databases("both")


def ended(run_id: str = "run-1", **changes: Any) -> Run:
    values: dict[str, Any] = {
        "status": RunStatus.COMPLETED,
        "started_at": AT,
        "finished_at": AT + timedelta(seconds=12),
        "processed": 10,
        "created": 3,
        "unchanged": 7,
    }
    return a_run(run_id, **(values | changes))


async def stored(database: Database, *runs: Run) -> None:
    async with database.transaction() as connection:
        for run in runs:
            await repository.insert_run(connection, run)


async def shown(database: Database) -> Increments:
    """What a scrape shows: the totals and what is not in them yet."""
    async with database.snapshot() as connection:
        values = await metric_totals.read(connection)
        for series, value in figures(await accounting_repository.uncounted(connection)).items():
            values[series] = values.get(series, 0) + value
    return values


def products(values: Increments, action: str, account: str = "main") -> float:
    return values.get(Series("emag_sync_products_total", (account, action)), 0)


def errors(values: Increments) -> dict[str, float]:
    return {series.labels[-1]: value for series, value in values.items() if series.name == "emag_sync_errors_total"}


async def test_counting_a_run_changes_nothing_of_what_is_shown(database: Database) -> None:
    await stored(database, ended(), ended("run-2", account="fbe", status=RunStatus.FAILED))
    before = await shown(database)
    await count_finished_runs(database)
    assert {key: value for key, value in (await shown(database)).items() if key in before} == before
    async with database.snapshot() as connection:
        assert await accounting_repository.uncounted(connection) == []


async def test_a_run_is_counted_once_whoever_counts_at_the_same_time(database: Database) -> None:
    await stored(database, *(ended(f"run-{number}") for number in range(30)))
    await asyncio.gather(*(count_finished_runs(database) for _ in range(4)))
    assert products(await shown(database), "created") == 90


async def test_what_is_pruned_stays_counted(database: Database) -> None:
    await stored(database, *(ended(f"run-{n}", created_at=AT + timedelta(minutes=n)) for n in range(5)))
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE sync_runs SET announced = TRUE"))
        assert await ended_repository.prune(connection, before=AT + timedelta(days=1)) == 4
    assert products(await shown(database), "created") == 15
    await count_finished_runs(database)
    assert products(await shown(database), "created") == 15


async def test_a_run_that_goes_on_from_another_counts_only_its_own_work(database: Database) -> None:
    first = ended(status=RunStatus.FAILED, created=3, unchanged=7, removed=1, failed=2)
    second = new_run("main", first.parameters, Origin("test", "s"), now=AT, resumed=first)
    await stored(database, first, second)
    assert products(await shown(database), "created") == 3
    done = {"created": 5, "unchanged": 9, "removed": 1, "failed": 2}
    async with database.transaction() as connection:
        sets = ", ".join(f"{name} = {value}" for name, value in done.items())
        query = f"UPDATE sync_runs SET status = 'completed', finished_at = started_at, {sets} WHERE id = :id"
        await connection.execute(text(query), {"id": second.id})
    values = await shown(database)
    assert {name: products(values, name) for name in done} == {"created": 5, "unchanged": 9, "removed": 1, "failed": 2}


async def test_a_running_run_counts_what_it_stored_but_not_what_it_may_take_back(database: Database) -> None:
    await stored(database, ended(status=RunStatus.RUNNING, finished_at=None, failed=4))
    values = await shown(database)
    assert (products(values, "created"), products(values, "failed")) == (3, 0)


async def test_a_dry_run_counts_as_a_run_and_changes_no_offer(database: Database) -> None:
    await stored(database, ended(parameters=RunParameters(dry_run=True, mode=Mode.FULL)))
    values = await shown(database)
    assert products(values, "created") == 0
    assert values[Series("emag_sync_duration_seconds_sum", ("main", "dry_run", "full", "completed"))] == 12


async def test_errors_are_counted_by_code_and_add_up_to_the_runs_own_count(database: Database) -> None:
    kept = [
        RunError(code="server_failure", message="m", at=AT, page=3),
        RunError(code="server_failure", message="m", at=AT, page=4),
        RunError(code="row_rejected", message="m", at=AT, emag_id=1),
        RunError(code="made_up", message="m", at=AT),
    ]
    await stored(database, ended(status=RunStatus.FAILED, errors=tuple(kept), failed=30, error_count=40))
    found = errors(await shown(database))
    assert found == {"server_failure": 2, "row_rejected": 30, "other": 8}
    assert sum(found.values()) == 40


async def test_all_errors_of_a_run_are_counted_by_code_and_not_only_those_that_are_kept(database: Database) -> None:
    one = RunError(code="field_unreadable", message="m", at=AT, emag_id=1)
    codes = {"field_unreadable": 480, "row_rejected": 30, "made_up": 2}
    await stored(database, ended(errors=(one,) * 50, failed=30, error_count=512, error_codes=codes))
    assert errors(await shown(database)) == {"field_unreadable": 480, "row_rejected": 30, "other": 2}


@pytest.mark.parametrize(("code", "metric"), [("timeout", "timeouts"), ("stuck", "stuck")])
async def test_timeouts_and_stuck_runs_are_counted(database: Database, code: str, metric: str) -> None:
    own = RunError(code=code, message="m", at=AT)
    of_a_page = RunError(code=code, message="m", at=AT, page=1)
    await stored(
        database,
        ended("one", status=RunStatus.FAILED, errors=(own,), error_count=1),
        ended("two", status=RunStatus.FAILED, errors=(of_a_page,), error_count=1),
    )
    assert (await shown(database))[Series(f"emag_sync_{metric}_total", ("main", "products"))] == 1


@pytest.mark.parametrize(
    ("changes", "is_success"),
    [
        pytest.param({}, True, id="completed"),
        pytest.param({"status": RunStatus.PARTIAL, "failed": 1}, True, id="every page, one row rejected"),
        pytest.param({"status": RunStatus.PARTIAL, "parameters": RunParameters(max_pages=1)}, False, id="limited"),
        pytest.param(
            {
                "status": RunStatus.PARTIAL,
                "parameters": RunParameters(mode=Mode.SELECTIVE, selection=Selection(ids=(1,))),
            },
            False,
            id="a selection",
        ),
        pytest.param({"status": RunStatus.FAILED}, False, id="failed"),
        pytest.param({"parameters": RunParameters(dry_run=True)}, False, id="dry"),
    ],
)
async def test_a_success_is_a_run_that_read_every_page(
    database: Database, changes: dict[str, Any], is_success: bool
) -> None:
    await stored(database, ended(**changes))
    await count_finished_runs(database)
    series = Series("emag_sync_last_success_timestamp_seconds", ("main",))
    found = (await shown(database)).get(series)
    assert found == ((AT + timedelta(seconds=12)).timestamp() if is_success else None)


@pytest.mark.parametrize(("created", "got_through"), [(3, False), (4, True)])
async def test_what_another_run_had_read_does_not_show_that_eMAG_answers(
    database: Database, created: int, got_through: bool
) -> None:
    begun_with = {"created": 3, "updated": 0, "unchanged": 7, "removed": 0, "failed": 0}
    run = ended(status=RunStatus.RUNNING, finished_at=None, created=created, inherited=begun_with)
    await stored(database, run)
    async with database.snapshot() as connection:
        [figures_of] = await accounting_repository.uncounted(connection)
    assert figures_of.got_through is got_through

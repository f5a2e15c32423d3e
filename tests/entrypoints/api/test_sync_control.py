"""Stopping, timing out, cleaning up and retrying runs over REST."""

from __future__ import annotations

import asyncio
import random
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from emagsync.sync.schemas import Mode, RunParameters
from emagsync.sync.tables import sync_runs
from support.clocks import ForwardClock
from support.comparing import compare_with_marketplace
from support.local import open_local
from support.patience import PATIENCE_SECONDS
from support.runs import PRODUCTS, Desk, open_desk

pytestmark = pytest.mark.databases("both", often="sqlite")

SEEDS = [1, 2, 3]
SLOW = {"latency_ms": 40}


async def stop(desk: Desk, any_id: str) -> Any:
    return await desk.api.operator.delete(f"{PRODUCTS}/sync/{any_id}")


async def clean_up(desk: Desk, **params: Any) -> Any:
    return await desk.api.operator.post(f"{PRODUCTS}/cleanup-stuck-syncs", params=params)


async def retry(desk: Desk, any_id: str) -> dict[str, Any]:
    answer = await desk.api.operator.post(f"{PRODUCTS}/sync/{any_id}/retry", params={"run_async": False})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def pages_read(desk: Desk, before: dict[str, int]) -> set[int]:
    """The pages of ten that were asked for since then."""
    now = desk.market.page_reads()
    again = [page.split("/") for page, reads in now.items() if reads > before.get(page, 0)]
    return {int(page) for page, size in again if size == "10"}


async def nothing_more_is_written(desk: Desk, *, seconds: float = 2.5) -> None:
    """For longer than any watch loop takes to notice; once for as long as late wakers might take."""
    before = await desk.written()
    asked = desk.market.requests()
    await asyncio.sleep(seconds)
    assert await desk.written() == before
    assert desk.market.requests() == asked


@pytest.mark.often(first=2)
@pytest.mark.databases("both", first=1, often="sqlite")
@pytest.mark.parametrize("seed", SEEDS)
async def test_a_run_stopped_at_any_instant_writes_nothing_more(tmp_path: Path, seed: int) -> None:
    async with open_desk(tmp_path, market={"latency_ms": 15}) as desk:
        run = await desk.begin(items_per_page=3)
        await asyncio.sleep(random.Random(seed).uniform(0, 0.6))
        answer = await stop(desk, run["id"])
        if answer.status_code == 409:  # it was faster
            assert (await desk.ended(run["id"]))["status"] == "completed"
            return
        body = answer.json()
        assert (answer.status_code, body["status"], body["data"]["sync_id"]) == (200, "cancelled", run["sync_id"])
        assert [one["status"] for one in body["data"]["runs"]] == ["cancelled"]
        await nothing_more_is_written(desk, seconds=30 if seed == SEEDS[-1] else 2.5)
        stopped = await desk.run(run["id"])
        stored = await desk.api.rows("SELECT count(*) AS n FROM offers")
        assert (stopped["status"], stopped["processed_items"]) == ("cancelled", stored[0]["n"])
        assert (await desk.sync())["status"] == "completed"
        compare_with_marketplace(desk.api.state.database, "main", desk.market.truth())


async def test_a_run_that_waits_for_emag_stops_at_once(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        desk.market.fault(kind="slow", route="product_offer/read", delay_ms=60_000)
        run = await desk.begin()
        await desk.when(run["id"], lambda run: run["status"] == "running")
        waiting = asyncio.ensure_future(desk.api.viewer.get(f"{PRODUCTS}/status"))
        began = time.monotonic()
        assert (await stop(desk, run["sync_id"])).status_code == 200
        assert (await desk.run(run["id"]))["status"] == "cancelled"
        # Two seconds are promised; a crowded machine gets more, and still far less than eMAG takes here.
        assert time.monotonic() - began < 20
        assert (await waiting).status_code == 200
        desk.market.mend()
        assert (await desk.sync())["status"] == "completed"


async def test_a_run_of_another_process_is_stopped_too(tmp_path: Path) -> None:
    async with open_desk(tmp_path, market=SLOW) as desk, open_local(tmp_path, desk.market.url) as other:
        running = asyncio.ensure_future(other.sync(per_page=1))
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (found := await desk.api.rows("SELECT id FROM sync_runs WHERE processed > 0")):
                await asyncio.sleep(0.01)
        assert (await stop(desk, found[0]["id"])).status_code == 200
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert (await running).status == "cancelled"


async def test_what_is_unknown_or_has_ended_cannot_be_stopped(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 3}) as desk:
        answer = await stop(desk, "no-such-run")
        assert (answer.status_code, answer.json()["code"]) == (404, "run_not_found")
        body = await desk.sync()
        answer = await stop(desk, body["sync_id"])
        assert (answer.status_code, answer.json()["code"]) == (409, "run_not_active")


async def test_stopping_a_sync_stops_all_of_its_runs(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 200, "fbe": 200}, market=SLOW) as desk:
        run = await desk.begin(account_type="both", items_per_page=5)
        body = (await stop(desk, run["sync_id"])).json()
        assert [one["status"] for one in body["data"]["runs"]] == ["cancelled", "cancelled"]
        found = await desk.api.viewer.get(f"{PRODUCTS}/sync/{run['sync_id']}")
        assert found.json()["data"]["status"] == body["status"] == "cancelled"
        assert not (await desk.api.viewer.get(f"{PRODUCTS}/status")).json()["is_running"]


@pytest.mark.often(first=1)
@pytest.mark.parametrize("seconds", [1, 2])
async def test_a_run_out_of_time_fails_and_its_retry_reads_only_the_rest(tmp_path: Path, seconds: int) -> None:
    async with open_desk(tmp_path, market={"latency_ms": 180}, sync={"pages_in_flight": 1}) as desk:
        # Over REST it is 30 s at least: too long for a test.
        asked = RunParameters(mode=Mode.FULL, items_per_page=10, timeout_seconds=seconds)
        started = await desk.api.services.runs.start("main", asked, trigger="api")
        failed = await desk.ended(started.runs[0].id)
        assert (failed["status"], failed["errors"][-1]["code"]) == ("failed", "timeout")
        await nothing_more_is_written(desk)
        stored = {page["page"] for page in failed["pages"] if page["status"] == "stored"}
        before = desk.market.page_reads()
        desk.market.set(latency_ms=0)
        body = (await desk.api.operator.post(f"{PRODUCTS}/sync/{failed['id']}/retry")).json()
        again = await desk.ended(body["sync_id"])
        assert again["resumed_from"] == failed["id"]
        assert pages_read(desk, before).isdisjoint(stored)


async def test_a_clean_up_ends_live_and_dead_runs_that_are_too_old_and_no_others(tmp_path: Path) -> None:
    clock = ForwardClock()
    async with open_desk(tmp_path, {"main": 150, "fbe": 20}, market=SLOW, clock=clock) as desk:
        old = await desk.begin(items_per_page=1, timeout_seconds=86_400)
        await desk.when(old["id"], lambda run: run["processed_items"] > 0)
        body = (await clean_up(desk)).json()
        assert body["data"] == {"cleaned_count": 0, "timeout_minutes": 15, "sync_ids": [], "run_ids": []}
        clock.forward(minutes=16)
        young = await desk.begin(account_type="fbe", items_per_page=2)
        body = (await clean_up(desk, timeout_minutes=15)).json()
        assert (body["status"], body["data"]["cleaned_count"]) == ("success", 1)
        assert body["data"]["sync_ids"] == [old["sync_id"]]
        cleaned = await desk.run(old["id"])
        assert (cleaned["status"], cleaned["errors"][-1]["code"]) == ("failed", "stuck")
        assert (await desk.ended(young["id"]))["status"] == "completed"
        await nothing_more_is_written(desk)


async def test_a_clean_up_goes_by_when_a_run_started_and_not_by_its_latest_attempt(tmp_path: Path) -> None:
    async with open_desk(tmp_path, market=SLOW) as desk:
        run = await desk.begin(items_per_page=1)
        await desk.when(run["id"], lambda run: run["processed_items"] > 0)
        ago = datetime.now(UTC) - timedelta(minutes=16)
        async with desk.api.state.database.transaction() as connection:
            await connection.execute(sync_runs.update().values(started_at=ago))  # as one that was gone on with has it
        assert (await clean_up(desk)).json()["data"]["run_ids"] == [run["id"]]
        assert (await desk.run(run["id"]))["status"] == "failed"
        await nothing_more_is_written(desk)


async def test_a_clean_up_ends_a_run_whose_process_is_gone(tmp_path: Path) -> None:
    clock = ForwardClock()
    async with open_desk(tmp_path, {"main": 10}, clock=clock) as desk:
        body = await desk.sync()
        async with desk.api.state.database.transaction() as connection:
            dead = "UPDATE sync_runs SET status = 'running', finished_at = NULL, worker = 'gone:1:00'"
            await connection.execute(text(dead))
        clock.forward(minutes=6)
        assert (await clean_up(desk, timeout_minutes=5)).json()["data"]["sync_ids"] == [body["sync_id"]]
        assert (await desk.sync())["status"] == "completed"


@pytest.mark.parametrize("minutes", [4, 61])
async def test_a_clean_up_takes_five_to_sixty_minutes(tmp_path: Path, minutes: int) -> None:
    async with open_desk(tmp_path) as desk:
        assert (await clean_up(desk, timeout_minutes=minutes)).status_code == 422


async def test_why_a_run_was_cleaned_up_is_told_however_much_else_went_wrong(tmp_path: Path) -> None:
    clock = ForwardClock()
    async with open_desk(tmp_path, {"main": 400}, market=SLOW, clock=clock) as desk:
        desk.market.change("odd_rows", rows=list(range(80)), after=1)
        run = await desk.begin(items_per_page=20)
        await desk.when(run["id"], lambda run: run["error_count"] >= 60)
        clock.forward(minutes=20)
        await clean_up(desk)
        cleaned = await desk.run(run["id"])
        assert (len(cleaned["errors"]), cleaned["errors"][-1]["code"]) == (50, "stuck")


async def test_a_retry_reads_the_failed_pages_only_and_completes(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 100}) as desk:
        desk.market.fault(kind="status", rows=(31, 40))
        body = await desk.sync(items_per_page=10)
        assert body["status"] == "failed"
        run = body["data"]["runs"][0]
        assert [error["page"] for error in run["errors"] if error["page"]] == [4]
        desk.market.mend()
        before = desk.market.page_reads()
        failed = body["data"]["runs"][0]["id"]
        body = await retry(desk, body["sync_id"])
        # It counts what it read, not what the run before had read.
        again = body["data"]["runs"][0]
        assert (body["status"], body["data"]["total_processed"]) == ("completed", 10)
        assert (again["created_items"], again["pages_read"], again["percentage"]) == (10, 1, 100.0)
        # And one behind the end, to see that the list has not grown.
        assert pages_read(desk, before) == {4, 12}
        second = await desk.api.operator.post(f"{PRODUCTS}/sync/{failed}/retry")
        assert (second.status_code, second.json()["code"]) == (409, "already_retried")
        assert (second.json()["run_id"], second.json()["retried_by"]) == (failed, again["id"])
        compare_with_marketplace(desk.api.state.database, "main", desk.market.truth())


async def test_a_retry_asks_again_for_offers_that_emag_did_not_answer_for(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 40}) as desk:
        await desk.sync()
        gone = min(desk.market.truth())
        desk.market.change("remove", ids=[gone])
        desk.market.fault(kind="status", lookup=True)
        body = await desk.sync()
        assert (body["status"], body["data"]["removed"]) == ("partial", 0)
        desk.market.mend()
        body = await retry(desk, body["data"]["runs"][0]["id"])
        assert (body["status"], body["data"]["removed"]) == ("completed", 1)


async def test_a_retry_reads_rejected_rows_again(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 60}) as desk:
        desk.market.change("odd_rows", rows=[17, {"id": 0, "name": "x"}], after=5)
        body = await desk.sync(items_per_page=10)
        assert (body["status"], body["data"]["failed"]) == ("partial", 2)
        desk.market.change("clear_odd_rows")
        body = await retry(desk, body["sync_id"])
        assert (body["status"], body["data"]["failed"]) == ("completed", 0)
        compare_with_marketplace(desk.api.state.database, "main", desk.market.truth())


async def test_where_nothing_failed_or_all_still_runs_there_is_nothing_to_retry(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 150}, market=SLOW) as desk:
        for asked in ({"max_pages": 1}, {}):
            body = await desk.sync(**asked)
            ended = body["data"]["runs"][0]
            assert ended["percentage"] == 100.0
            assert ended["processed_items"] == ended["total_items"]
            assert ended["pages_read"] == ended["total_pages"]
            answer = await desk.api.operator.post(f"{PRODUCTS}/sync/{body['sync_id']}/retry")
            assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_retry")
        run = await desk.begin(items_per_page=5)
        answer = await desk.api.operator.post(f"{PRODUCTS}/sync/{run['id']}/retry")
        assert (answer.status_code, answer.json()["code"]) == (409, "run_active")
        answer = await desk.api.operator.post(f"{PRODUCTS}/sync/unknown/retry")
        assert (answer.status_code, answer.json()["code"]) == (404, "run_not_found")
        await stop(desk, run["id"])

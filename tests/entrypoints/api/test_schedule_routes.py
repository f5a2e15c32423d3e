"""The schedule over REST, and its jobs at work."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from support.clocks import ForwardClock
from support.runs import PRODUCTS, open_desk

pytestmark = [pytest.mark.databases("both", often="sqlite"), pytest.mark.unasked]

SCHEDULES = "/api/v1/schedules"
ON = {"enabled": True}


async def test_the_schedule_is_shown_and_changed(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 3, "fbe": 3}, schedule=ON) as desk:
        listed = (await desk.api.viewer.get(SCHEDULES)).json()
        assert listed["enabled"]
        jobs = {job["name"]: job for job in listed["schedules"]}
        assert (jobs["incremental:fbe"]["interval_seconds"], jobs["full:main"]["interval_seconds"]) == (3600, 86_400)
        assert not any(job["changed"] for job in jobs.values())
        changed = await desk.api.admin.patch(f"{SCHEDULES}/full:main", json={"interval_seconds": 7200})
        assert (changed.status_code, changed.json()["interval_seconds"]) == (200, 7200)
        assert changed.json()["next_run_at"] < jobs["full:main"]["next_run_at"]
        off = (await desk.api.admin.patch(f"{SCHEDULES}/full:main", json={"enabled": False})).json()
        assert (off["enabled"], off["interval_seconds"], off["next_run_at"]) == (False, 7200, None)
        assert (await desk.api.viewer.get(f"{SCHEDULES}/full:main")).json() == off
        (first, _) = await desk.api.rows("SELECT * FROM audit_log WHERE action = 'schedule.change' ORDER BY id")
        assert (first["target"], first["detail"]) == ("full:main", '{"interval_seconds":7200}')


@pytest.mark.parametrize(
    ("name", "change", "status"),
    [
        pytest.param("full:nobody", {"enabled": True}, 404, id="unknown"),
        pytest.param("cleanup", {"interval_seconds": 59}, 422, id="too often"),
        pytest.param("cleanup", {"interval_seconds": 31 * 86_400 + 1}, 422, id="too rarely"),
        pytest.param("cleanup", {"every": 5}, 422, id="misspelt"),
    ],
)
async def test_odd_changes_are_refused(tmp_path: Path, name: str, change: dict[str, object], status: int) -> None:
    async with open_desk(tmp_path, schedule=ON) as desk:
        assert (await desk.api.admin.patch(f"{SCHEDULES}/{name}", json=change)).status_code == status


async def test_jobs_sync_test_connections_and_delete_what_is_old(tmp_path: Path) -> None:
    clock = ForwardClock()
    async with open_desk(tmp_path, {"main": 12}, clock=clock, schedule={"enabled": True}) as desk:
        old = (await desk.sync())["data"]["runs"][0]["id"]
        clock.forward(minutes=5)
        await desk.sync()
        async with desk.api.state.database.transaction() as connection:
            await connection.execute(text("UPDATE sync_runs SET announced = true"))
        clock.forward(days=31)
        done = await desk.api.services.scheduler.do_due()
        # The application's own scheduler may have been faster with some of them.
        assert set(done) <= {
            "incremental:main",
            "full:main",
            "health:main",
            "freshness:main",
            "sources",
            "cleanup",
            "prune",
        }
        jobs = {}
        while not jobs or any(job["last_result"] is None for job in jobs.values()):
            jobs = {job["name"]: job for job in (await desk.api.viewer.get(SCHEDULES)).json()["schedules"]}
            await asyncio.sleep(0.02)
        assert {jobs["incremental:main"]["last_result"], jobs["full:main"]["last_result"]} == {"ok", "busy"}
        assert jobs["health:main"]["last_message"].startswith("12 offers")
        # The newest and the last completed one stay; that may be one run or two.
        assert jobs["prune"]["last_message"] in [
            f"{runs} runs, 0 messages, 0 readings and 0 log entries of calls deleted" for runs in (1, 2)
        ]
        assert (await desk.api.viewer.get(f"{PRODUCTS}/sync/{old}")).status_code == 404
        assert await desk.api.rows("SELECT * FROM sync_pages WHERE run_id = :run", run=old) == []


async def test_the_server_says_whether_its_scheduler_and_executor_work(tmp_path: Path) -> None:
    async with open_desk(tmp_path, schedule=ON) as desk:
        ready = {}
        while ready.get("status") != "ready":
            ready = (await desk.api.viewer.get("/health/ready")).json()
            await asyncio.sleep(0.02)
        assert ready["checks"]["scheduler"] == {"ok": True, "detail": "on"}
        assert ready["checks"]["executor"]["ok"]

"""Offers are kept fresh: a server with a marketplace and a clock that the test moves, for hours that take seconds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from emagsync.db.types import UtcDateTime
from emagsync.marketplace.page_sizes import Pace
from emagsync.sync import pace_repository
from emagsync.sync.schedule import repository as schedule_repository
from support.clocks import ForwardClock
from support.patience import PATIENCE_SECONDS
from support.runs import Desk, open_desk

FRESHNESS = "/api/v1/freshness/main"
JOB = "freshness:main"
LOW = {"selection": {"stock_max": 4}, "max_age_seconds": 900}
ACTIVE = {"selection": {"status": ["active"]}, "max_age_seconds": 2400}
REST = {"max_age_seconds": 2 * 3600}


class Store:
    """A seller's server, `main` with low stock at the ids 1 to 8 and plenty at all others."""

    def __init__(self, desk: Desk, clock: ForwardClock) -> None:
        self.desk = desk
        self.clock = clock

    async def set_targets(self, *targets: dict[str, Any]) -> dict[str, Any]:
        answer = await self.desk.api.operator.put(f"{FRESHNESS}/targets", json={"targets": targets})
        assert answer.status_code == 200, answer.text
        report: dict[str, Any] = answer.json()
        return report

    async def report(self) -> dict[str, Any]:
        report: dict[str, Any] = (await self.desk.api.viewer.get(FRESHNESS)).json()
        return report

    async def look(self) -> str:
        """Do the job once, wait for the run that it began, and return its line."""
        await self.do()
        for run in await self.active():
            await self.desk.ended(run["id"])
        job = await self.desk.api.services.scheduler.find(JOB)
        assert job.row.last_result == "ok", job.row.last_message
        return job.row.last_message or ""

    async def do(self) -> None:
        """Do the job as a scheduler does it, who first moves it on by its interval."""
        async with self.desk.api.state.database.transaction() as connection:
            later = self.clock.now() + timedelta(minutes=15)
            await schedule_repository.change(connection, JOB, {"next_run_at": later})
        await self.desk.api.services.scheduler.do(JOB)

    async def until_next(self, *, at_most: datetime) -> None:
        """Let the time pass until the job is due again."""
        job = await self.desk.api.services.scheduler.find(JOB)
        self.clock.forward(seconds=max((min(job.row.next_run_at, at_most) - self.clock.now()).total_seconds(), 1.0))

    async def learn(self, pace: Pace) -> None:
        """What a run learns of a slow account."""
        async with self.desk.api.state.database.transaction() as connection:
            await pace_repository.remember_pace(connection, "main", pace._replace(learnt_at=self.clock.now()))

    async def active(self) -> list[dict[str, Any]]:
        return await self.desk.api.rows("SELECT id FROM sync_runs WHERE finished_at IS NULL")

    async def runs(self) -> list[dict[str, Any]]:
        """What was read for freshness, oldest first."""
        return await self.desk.api.rows(
            "SELECT id, mode, status, requests, parameters, error_count FROM sync_runs"
            " WHERE trigger = 'freshness' ORDER BY created_at, id"
        )

    async def ages(self) -> dict[int, timedelta]:
        rows = await self.desk.api.rows("SELECT emag_id, last_seen_at FROM offers WHERE removed_at IS NULL")
        stored = UtcDateTime().result_processor
        dialect = self.desk.api.state.database.engine.dialect
        processor = stored(dialect, None)
        times = {row["emag_id"]: processor(row["last_seen_at"]) if processor else row["last_seen_at"] for row in rows}
        return {emag_id: self.clock.now() - at for emag_id, at in times.items()}


@asynccontextmanager
async def open_store(folder: Path, offers: int = 60, **settings: Any) -> AsyncIterator[Store]:
    clock = ForwardClock()
    async with open_desk(folder, {"main": offers}, clock=clock, **settings) as desk:
        ids = sorted(desk.market.truth())
        for some, stock in ((ids[:8], 2), (ids[8:], 40)):
            desk.market.change("change", ids=some, set=_stock(stock) | {"status": 1})
        await desk.sync()
        desk.market.forget()
        yield Store(desk, clock)


def _stock(value: int) -> dict[str, Any]:
    return {"stock": [{"warehouse_id": 1, "value": value}], "general_stock": value, "estimated_stock": value}


@pytest.mark.often(first=1)
@pytest.mark.databases("both", often="sqlite")
async def test_for_hours_no_offer_becomes_older_than_its_targets_and_each_reading_costs_about_what_was_planned(
    tmp_path: Path,
) -> None:
    async with open_store(tmp_path) as store:
        report = await store.set_targets(LOW, ACTIVE, REST)
        # 60 offers are a page: 2 requests for a filtered list, 5 for a whole one; eight by id would be eight. All are
        # active, so the whole list once an hour costs no more than the active one, and serves both targets.
        assert [target["read_by"] for target in report["targets"]] == ["list", "everything", "everything"]
        assert [target["offers"] for target in report["targets"]] == [8, 60, 60]
        assert (report["can_be_met"], report["older"], report["is_default"]) == (True, 0, False)
        end = store.clock.now() + timedelta(minutes=100)
        low = sorted(store.desk.market.truth())[:8]
        planned = 0
        while store.clock.now() < end:
            ages = await store.ages()
            assert max(ages[emag_id] for emag_id in low) <= timedelta(minutes=15)
            assert max(ages.values()) <= timedelta(minutes=40)
            line = await store.look()
            planned += int(line.split("about ")[1].split()[0]) if "about" in line else 0
            await store.until_next(at_most=end)
        runs = await store.runs()
        assert {run["status"] for run in runs} <= {"partial", "completed"}
        used = sum(run["requests"] for run in runs)
        assert used == store.desk.market.requests()
        # A run may ask once more how many offers there are, or read the end of a list in smaller pages.
        assert planned <= used <= planned + sum(run["mode"] != "selective" for run in runs)
        # What the arithmetic says, and not 60 offers one by one every forty minutes.
        assert planned <= 100 / 60 * report["needed_requests_per_hour"] * 1.5 + 4
        assert (await store.report())["older"] == 0


async def test_what_left_the_list_is_asked_for_by_id_and_what_is_gone_only_once(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.set_targets(LOW)
        sold_out, gone, *_ = sorted(store.desk.market.truth())
        store.desk.market.change("change", ids=[sold_out], set=_stock(40))
        store.desk.market.change("remove", ids=[gone])
        lines = []
        for _ in range(6):
            store.clock.forward(minutes=14)
            lines.append(await store.look())
            store.clock.forward(seconds=35)
            lines.append(await store.look())
        runs = await store.runs()
        asked = [run for run in runs if '"ids":[]' not in run["parameters"]]
        listed = [run for run in runs if '"max_stock":4' in run["parameters"]]
        assert (len(asked), len(listed)) == (1, 6), lines
        assert f'"ids":[{sold_out},{gone}]' in asked[0]["parameters"]
        ages = await store.ages()
        assert ages[sold_out] > timedelta(minutes=60), "it has plenty of stock now, and no target"
        report = await store.report()
        assert (report["older"], report["targets"][0]["offers"]) == (0, 7)


async def test_targets_that_cannot_be_met_are_told_of_and_late_offers_counted(tmp_path: Path) -> None:
    settings = {"schedule": {"enabled": False, "freshness_reserve_percent": 90}}
    async with open_store(tmp_path, 30, **settings) as store:
        brand = {"selection": {"search": "nothing has this"}, "max_age_seconds": 60}
        ids = sorted(store.desk.market.truth())
        hurried = {"selection": {"emag_id": ids[:25]}, "max_age_seconds": 60}
        report = await store.set_targets(hurried, brand, REST)
        # Five requests for the whole list, each time 20 s and twice their 5/3 s before the minute is over; and 10 % of
        # eMAG's 10,800 an hour are allowed.
        assert report["available_requests_per_hour"] == 1080
        assert report["needed_requests_per_hour"] == pytest.approx(5 * 3600 / (60 - 20 - 2 * 5 / 3), abs=0.1)
        assert report["can_be_met"]
        store.clock.forward(minutes=10)
        late = await store.report()
        assert (late["older"], late["targets"][0]["older"], late["targets"][1]["older"]) == (25, 25, 0)
        assert late["excess_seconds"] == pytest.approx(540, abs=5)
        scrape = (await store.desk.api.stranger.get("/metrics")).text
        assert 'emag_offers_older_than_target{account_type="main"} 25' in scrape
        assert 'emag_freshness_missing_requests{account_type="main"} 0' in scrape
        assert "about 5 requests" in await store.look()
        assert (await store.report())["older"] == 0


async def test_costs_and_times_are_those_of_the_pages_that_were_learnt_for_the_account(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        as_asked = await store.set_targets(REST)
        await store.learn(Pace(page_size=5, seconds_per_offer=120.0))
        report = await store.report()
        # 60 offers are a page; now they are twelve, and eight of these, ten minutes each, are on their way at once.
        fresh = 12 + 4
        per_page = 5 * 120 / 8
        assert as_asked["needed_requests_per_hour"] < 5
        assert report["targets"][0]["read_by"] == "everything"
        assert report["missing_seconds"] == 0
        assert report["needed_requests_per_hour"] == pytest.approx(
            fresh * 3600 / (7200 - 600 - 2 * fresh * per_page), 0.01
        )
        short = await store.set_targets({"max_age_seconds": 900})
        assert (short["can_be_met"], short["missing_requests_per_hour"]) == (False, 0)
        assert short["missing_seconds"] == short["targets"][0]["missing_seconds"] == fresh * per_page - 900
        scrape = (await store.desk.api.stranger.get("/metrics")).text
        assert 'emag_freshness_missing_seconds{account_type="main"} 300' in scrape


async def test_a_person_s_sync_does_not_wait_for_a_reading_and_a_reading_waits_for_it(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.set_targets(LOW)
        store.clock.forward(minutes=14)
        store.desk.market.fault(kind="slow", delay_ms=60_000)
        await store.do()
        (reading,) = await store.runs()
        await store.desk.when(reading["id"], lambda run: run["status"] == "running")
        # 202, not 409.
        begun = await store.desk.begin(mode="incremental")
        displaced = await store.desk.ended(reading["id"])
        assert displaced["status"] == "cancelled"
        assert displaced["errors"][0]["code"] == "interrupted"
        assert displaced["triggered_by"] == "freshness"
        await store.do()
        job = await store.desk.api.services.scheduler.find(JOB)
        assert job.row.last_message == f"waits for run {begun['id']}"
        assert job.row.next_run_at <= store.clock.now() + timedelta(seconds=30)
        again = await store.desk.post(account_type="main", run_async=True)
        assert again.status_code == 409, "a person's run does not give way to another person's"
        store.desk.market.mend()
        await store.desk.api.operator.delete(f"/api/v1/emag/products/sync/{begun['id']}")


async def test_after_readings_that_fail_it_rests_longer_each_time(tmp_path: Path) -> None:
    async with open_store(tmp_path, 12, retry={"attempts": 1, "base_seconds": 0.005, "max_seconds": 0.01}) as store:
        await store.set_targets(LOW)
        store.desk.market.fault(kind="not_allowed")
        store.clock.forward(minutes=20)
        rests = []
        for _ in range(3):
            assert (await store.look()).startswith("run ")
            before = store.clock.now()
            store.clock.forward(seconds=31)
            assert await store.look() == "rests: the last reading failed"
            job = await store.desk.api.services.scheduler.find(JOB)
            rests.append(round((job.row.next_run_at - before).total_seconds()))
            store.clock.forward(seconds=rests[-1])
        assert rests == [60, 120, 240]
        store.desk.market.mend()
        assert (await store.look()).startswith("run ")
        assert (await store.report())["older"] == 0


async def test_webhooks_are_not_told_of_each_reading(tmp_path: Path) -> None:
    async with open_store(tmp_path, webhooks={"allow_private": True}) as store:
        hook = {"name": "ERP", "url": "http://127.0.0.1:9/", "events": ["completed", "partial", "failed", "cancelled"]}
        assert (await store.desk.api.admin.post("/api/v1/webhooks", json=hook)).status_code == 201
        await store.set_targets(LOW)
        for _ in range(2):
            store.clock.forward(minutes=14)
            await store.look()
        assert [run["status"] for run in await store.runs()] == ["partial", "partial"]
        await store.desk.sync()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await store.desk.api.rows("SELECT id FROM sync_runs WHERE NOT announced"):
                await asyncio.sleep(0.02)
        told = await store.desk.api.rows("SELECT event FROM webhook_deliveries")
        assert {row["event"] for row in told} == {"completed"}, "of the syncs that a person began, and of no reading"

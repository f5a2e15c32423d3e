"""A server that is killed or stopped while it syncs, and started again: real processes, real signals."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Any

import pytest

from emagsync.sync.run.stored_pages import MOST_ASKED
from emagsync.sync.schemas import Mode, RunParameters
from support.comparing import compare_with_marketplace
from support.local import open_local
from support.market import open_market
from support.patience import PATIENCE_SECONDS
from support.runs import PRODUCTS
from support.serving import Serving, serving

PAGES = {"EMAGSYNC_SYNC__PAGES_IN_FLIGHT": "2"}


async def run_of(server: Serving, run_id: str) -> dict[str, Any]:
    run: dict[str, Any] = (await server.client.get(f"{PRODUCTS}/sync/{run_id}")).json()["data"]["runs"][0]
    return run


@pytest.mark.often(first=1)
@pytest.mark.databases("both", first=1, often="sqlite")
@pytest.mark.parametrize(
    "number", [pytest.param(signal.SIGKILL, id="killed"), pytest.param(signal.SIGTERM, id="stopped")]
)
async def test_a_server_that_ends_while_it_syncs_goes_on_when_it_starts_again(tmp_path: Path, number: int) -> None:
    async with open_market({"main": 450}, latency_ms=60) as market:
        async with serving(tmp_path, market, **PAGES) as first:
            asked = {"account_type": "main", "mode": "full", "items_per_page": 10, "run_async": True}
            run_id = (await first.client.post(f"{PRODUCTS}/sync", json=asked)).json()["data"]["runs"][0]["id"]
            async with asyncio.timeout(PATIENCE_SECONDS):
                while (await run_of(first, run_id))["processed_items"] < 60:
                    await asyncio.sleep(0.02)
            await first.end(number)
        reads = sum(market.page_reads().values())
        market.set(latency_ms=0)
        async with serving(tmp_path, market, **PAGES) as second, asyncio.timeout(PATIENCE_SECONDS):
            while not (run := await run_of(second, run_id))["completed_at"]:
                await asyncio.sleep(0.02)
        assert (run["status"], run["attempt"], run["processed_items"]) == ("completed", 2, 450)
        assert run["started_at"] < run["attempt_started_at"] < run["completed_at"]
        # 45 pages with rows and two behind the end; those in flight when it ended are read again.
        looked_at = sum(times for page, times in market.page_reads().items() if page.endswith("/1"))
        assert sum(market.page_reads().values()) - looked_at <= 45 + 2 + 2 + 2
        assert looked_at <= MOST_ASKED
        assert reads >= 6
        async with open_local(tmp_path, market.url) as local:
            compare_with_marketplace(local.database, "main", market.truth())


async def test_a_run_that_was_made_but_not_begun_is_begun_by_the_next_server(tmp_path: Path) -> None:
    async with open_market({"main": 30}) as market:
        async with open_local(tmp_path, market.url) as local:
            asked = RunParameters(mode=Mode.FULL)
            # As a server leaves it that is killed between making a run and beginning it.
            queued = await local.service.queue(["main"], asked, trigger="api", sync_id="a-sync")
            worker = queued.runs[0].worker
        assert worker is not None
        (tmp_path / "workers" / f"{worker.rpartition(':')[2]}.lock").touch()
        async with serving(tmp_path, market, **PAGES) as server, asyncio.timeout(PATIENCE_SECONDS):
            while not (run := await run_of(server, queued.runs[0].id))["completed_at"]:
                await asyncio.sleep(0.02)
        assert (run["status"], run["attempt"], run["processed_items"]) == ("completed", 1, 30)


async def test_a_waiting_caller_is_told_when_the_server_stops(tmp_path: Path) -> None:
    async with open_market({"main": 450}, latency_ms=100) as market, serving(tmp_path, market, **PAGES) as server:
        asked = {"account_type": "main", "mode": "full", "items_per_page": 5}
        waiting = asyncio.ensure_future(server.client.post(f"{PRODUCTS}/sync", json=asked))
        async with asyncio.timeout(PATIENCE_SECONDS):
            while market.requests() < 10:
                await asyncio.sleep(0.02)
        await server.end(signal.SIGTERM)
        answer = await waiting
        assert (answer.status_code, answer.json()["code"]) == (503, "stopping")
        assert len(answer.json()["run_ids"]) == 1

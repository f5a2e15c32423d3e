"""Issue 6: Debian's Prometheus before the running server: its figures are the runs' own, its alerts come and go."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest
from aiohttp import web

from support.api import client
from support.local import until
from support.market import Market, open_market
from support.patience import PATIENCE_SECONDS
from support.ports import free_port
from support.program import Program, environment, run
from support.prometheus import RULES, Prometheus, hastened, open_prometheus
from support.servers import RedisServer

OFFERS = {"main": 300, "fbe": 80}
PER_PAGE = 20
PRODUCTS = "/api/v1/emag/products"
# What takes hours of real life, or minutes without a sign of life.
THRESHOLDS = {"EmagAccountNotFresh": ("2 *", "0.0017 *"), "EmagRunStuck": ("> 90", "> 3")}
ENDED = {"completed", "partial", "failed", "cancelled"}


@dataclass
class Site:
    """Everything as an operator has it: the server, perhaps a worker, a program that takes webhooks, Prometheus."""

    market: Market
    prometheus: Prometheus
    server: Program
    worker: Program | None
    http: httpx2.AsyncClient
    receiver: Receiver
    seen: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def sync(self, account: str, **asked: Any) -> dict[str, Any]:
        """A full sync to its end."""
        run_id = await self.begin(account, **asked)
        return await self.ended(run_id)

    async def begin(self, account: str, **asked: Any) -> str:
        body = {"account_type": account, "mode": "full", "items_per_page": PER_PAGE, "run_async": True, **asked}
        answer = await self.http.post(f"{PRODUCTS}/sync", json=body)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["data"]["runs"][0]["id"])

    async def ended(self, run_id: str) -> dict[str, Any]:
        return await self.when(run_id, lambda run_: run_["status"] in ENDED)

    async def when(self, run_id: str, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not condition(run_ := await self._run(run_id)):
                await asyncio.sleep(0.05)
        return run_

    async def history(self) -> list[dict[str, Any]]:
        answer = await self.http.get(f"{PRODUCTS}/history", params={"limit": 100})
        assert answer.status_code == 200, answer.text
        runs: list[dict[str, Any]] = answer.json()["data"]["syncs"]
        return runs

    async def told(self, alert: str, **labels: str) -> None:
        """Wait for that alert, and keep it."""
        self.seen[alert] = await self.prometheus.fires(alert, **labels)

    async def _run(self, run_id: str) -> dict[str, Any]:
        answer = await self.http.get(f"{PRODUCTS}/sync/{run_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()["data"]["runs"][0]
        return found


class Receiver:
    """A program that takes webhooks, or does not."""

    def __init__(self) -> None:
        self.status = 500
        self.port = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Receiver]:
        application = web.Application()
        application.router.add_post("/", self._take)
        runner = web.AppRunner(application)
        await runner.setup()
        try:
            self.port = free_port()
            await web.TCPSite(runner, "127.0.0.1", self.port).start()
            yield self
        finally:
            await runner.cleanup()

    async def _take(self, _: web.Request) -> web.Response:
        return web.Response(status=self.status)


@asynccontextmanager
async def open_site(folder: Path, redis: RedisServer | None = None) -> AsyncIterator[Site]:
    """The whole site; with Redis, runs are carried out by a Celery worker."""
    async with AsyncExitStack() as stack:
        market = await stack.enter_async_context(open_market(OFFERS))
        receiver = await stack.enter_async_context(Receiver().listening())
        port = free_port()
        variables = environment(
            folder,
            market.url,
            {name: name for name in OFFERS},
            EMAGSYNC_PORT=str(port),
            EMAGSYNC_SYNC__HEARTBEAT_SECONDS="1",
            EMAGSYNC_SCHEDULE__REFERENCE="false",  # its requests are of no run
            EMAGSYNC_WEBHOOKS__URL=f"http://127.0.0.1:{receiver.port}/",
            EMAGSYNC_WEBHOOKS__SECRET="s" * 20,
            EMAGSYNC_WEBHOOKS__ALLOW_PRIVATE="true",
            **({} if redis is None else {"EMAGSYNC_EXECUTOR": "celery", "EMAGSYNC_REDIS_URL": redis.url}),
        )
        made = await run("tokens", "create", "a test", "--role", "operator", variables=variables)
        assert made.code == 0, made.err
        server = await stack.enter_async_context(Program(("serve",), variables))
        worker = None if redis is None else await stack.enter_async_context(Program(("worker",), variables))
        if worker is not None:
            stack.callback(end_children, worker)
        url = f"http://127.0.0.1:{port}"
        http = await stack.enter_async_context(
            client(url, headers={"Authorization": f"Bearer {made.out.strip().splitlines()[-1]}"})
        )
        await answers(http, server)
        rules = hastened(RULES.read_text(), THRESHOLDS)
        prometheus = await stack.enter_async_context(open_prometheus(folder / "prometheus", f"127.0.0.1:{port}", rules))
        yield Site(market, prometheus, server, worker, http, receiver)


async def answers(http: httpx2.AsyncClient, server: Program) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while server.is_running:
            try:
                if (await http.get("/health/live")).status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            await asyncio.sleep(0.05)
    raise AssertionError((await server.ended()).err)


def family(program: Program) -> list[psutil.Process]:
    process = psutil.Process(program.process.pid)
    return [process, *process.children(recursive=True)]


def end_children(program: Program) -> None:
    if program.is_running:
        for process in family(program):
            process.kill()


@pytest.mark.thorough
async def test_prometheus_sees_what_the_server_does(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        await first_copies(site)
        await together(
            calls_that_go_wrong(site, "main"), a_run_that_fails(site, "fbe"), site.told("EmagWebhooksFailing")
        )
        site.receiver.status = 200
        await together(
            one_after_the_other(prices_that_all_change(site, "main"), an_account_that_is_late(site, "main")),
            one_after_the_other(a_marketplace_that_is_down(site, "fbe"), rows_that_cannot_be_read(site, "fbe")),
        )
        await a_server_that_stands_still(site)
        await site.prometheus.resolves("EmagWebhooksFailing")
        await the_figures_are_those_of_the_runs(site)
        await the_rules_are_in_order(site)
        assert site.seen["EmagRunFailed"]["annotations"]["summary"] == "The last run of fbe failed"


@pytest.mark.thorough
@pytest.mark.databases("postgresql")
async def test_prometheus_sees_what_a_celery_worker_does(tmp_path: Path) -> None:
    with RedisServer() as redis:
        async with open_site(tmp_path, redis) as site:
            await first_copies(site)
            await together(calls_that_go_wrong(site, "main"), a_run_that_fails(site, "fbe"))
            await a_worker_that_stands_still(site, "main")
            await the_figures_are_those_of_the_runs(site)
            await the_rules_are_in_order(site)


async def first_copies(site: Site) -> None:
    site.market.set(latency_ms=5)
    for account in OFFERS:
        assert (await site.sync(account))["status"] == "completed"
        await site.prometheus.when(
            f'sum(emag_api_requests_total{{account_type="{account}"}})', lambda requests: requests > 0
        )


async def together(*steps: Awaitable[None]) -> None:
    await asyncio.gather(*steps)


async def one_after_the_other(*steps: Awaitable[None]) -> None:
    for step in steps:
        await step


async def the_rules_are_in_order(site: Site) -> None:
    """Nothing was wrong with an expression or a text."""
    assert set((await site.prometheus.health_of_rules()).values()) == {"ok"}
    for alert in site.seen.values():
        assert "error expanding" not in " ".join(alert["annotations"].values()), alert


async def calls_that_go_wrong(site: Site, account: str) -> None:
    hits = f'sum(emag_rate_limit_hits_total{{account_type="{account}"}})'
    await site.prometheus.when(hits, lambda count: count == 0)
    site.market.fault(kind="rate_limited", account=account, retry_after=0, times=8)
    site.market.fault(kind="status", account=account, status=503, times=8, probability=0.5)
    ended = await site.sync(account)
    assert (ended["status"], ended["rate_limit_hits"]) == ("completed", 8)
    await together(
        site.told("EmagErrorRateHigh", account_type=account), site.told("EmagRateLimited", account_type=account)
    )
    await site.prometheus.when(hits, lambda count: count == 8)
    await site.prometheus.resolves("EmagErrorRateHigh", account_type=account)
    await site.prometheus.resolves("EmagRateLimited", account_type=account)


async def a_run_that_fails(site: Site, account: str) -> None:
    site.market.fault(kind="not_allowed", account=account, times=1)
    assert (await site.sync(account))["status"] == "failed"
    await site.told("EmagRunFailed", account_type=account)
    assert (await site.sync(account))["status"] == "completed"
    await site.prometheus.resolves("EmagRunFailed", account_type=account)


async def prices_that_all_change(site: Site, account: str) -> None:
    third = sorted(site.market.truth(account))[: OFFERS[account] // 3]
    site.market.change("change", account, ids=third, set={"sale_price": 77.7})
    ended = await site.sync(account)
    await site.told("EmagMassChange", account_type=account, action="repriced")
    share = f'emag_sync_last_run_changed_ratio{{account_type="{account}", action="repriced"}}'
    assert await site.prometheus.value(share) == pytest.approx(ended["updated_items"] / OFFERS[account])
    assert (await site.sync(account))["updated_items"] == 0
    await site.prometheus.resolves("EmagMassChange", account_type=account)


async def an_account_that_is_late(site: Site, account: str) -> None:
    await site.told("EmagAccountNotFresh", account_type=account)
    assert (await site.sync(account))["status"] == "completed"
    await site.prometheus.resolves("EmagAccountNotFresh", account_type=account)


async def a_marketplace_that_is_down(site: Site, account: str) -> None:
    site.market.fault(kind="status", status=503, account=account)
    run_id = await site.begin(account)
    await site.told("EmagCircuitOpen", account_type=account)
    site.market.mend()
    assert (await site.ended(run_id))["status"] == "completed"
    await site.prometheus.resolves("EmagCircuitOpen", account_type=account)


async def rows_that_cannot_be_read(site: Site, account: str) -> None:
    site.market.change("odd_rows", account, after=3, rows=[{"id": f"no number {n}"} for n in range(30)])
    assert (await site.sync(account))["failed_items"] == 30
    site.market.change("clear_odd_rows", account)
    await site.told("EmagOffersUnreadable", account_type=account)
    await site.prometheus.resolves("EmagOffersUnreadable", account_type=account)


async def a_server_that_stands_still(site: Site) -> None:
    site.server.send(signal.SIGSTOP)
    await site.told("EmagScrapeDown")
    site.server.send(signal.SIGCONT)
    await site.prometheus.resolves("EmagScrapeDown")


async def a_worker_that_stands_still(site: Site, account: str) -> None:
    assert site.worker is not None
    site.market.set(latency_ms=100)
    run_id = await site.begin(account)
    await site.when(run_id, lambda run_: run_["processed_items"] > 0)
    processes = family(site.worker)
    for process in processes:
        process.suspend()
    await site.told("EmagRunStuck", account_type=account)
    for process in processes:
        process.resume()
    assert (await site.ended(run_id))["status"] == "completed"
    await site.prometheus.resolves("EmagRunStuck", account_type=account)


async def the_figures_are_those_of_the_runs(site: Site) -> None:
    """Prometheus' counters and histograms, against what the runs say of themselves and what the marketplace saw."""
    await until(lambda: all(site.market.is_quiet(name) for name in OFFERS))
    runs = await site.history()
    value = site.prometheus.value
    for account in OFFERS:
        own = [run_ for run_ in runs if run_["account_type"] == account]
        here = f'{{account_type="{account}"}}'
        # What is in the database is in the next scrape.
        await site.prometheus.when(
            f"sum(emag_sync_duration_seconds_count{here})", lambda count, own=own: count == len(own)
        )
        for action in ("created", "updated", "unchanged", "removed", "failed"):
            expression = f'sum(emag_sync_products_total{{account_type="{account}", action="{action}"}})'
            assert await value(expression) == sum(run_[f"{action}_items"] for run_ in own), action
        requests = sum(run_["api_requests_made"] for run_ in own)
        assert requests == site.market.requests(account)
        await site.prometheus.when(
            f"sum(emag_api_requests_total{here})", lambda count, requests=requests: count == requests
        )
        assert await value(f"sum(emag_api_request_duration_seconds_count{here})") == requests
        assert await value(f"sum(emag_rate_limit_wait_seconds_count{here})") == requests
        assert await value(f"sum(emag_rate_limit_hits_total{here})") == sum(run_["rate_limit_hits"] for run_ in own)
        for status in ENDED:
            expression = (
                f'sum(emag_sync_duration_seconds_count{{account_type="{account}", status="{status}"}}) or vector(0)'
            )
            assert await value(expression) == sum(run_["status"] == status for run_ in own), status
        took = sum(seconds(run_) for run_ in own)
        assert await value(f"sum(emag_sync_duration_seconds_sum{here})") == pytest.approx(took, abs=0.1)
        asking = await value(f"sum(emag_api_request_duration_seconds_sum{here})")
        # Each call takes the latency at least; eight at most are on their way at once.
        assert asking is not None
        assert requests * 0.004 < asking < took * 8
        assert await value(f"emag_products_count{here}") == OFFERS[account]


def seconds(run_: dict[str, Any]) -> float:
    begun, ended = (datetime.fromisoformat(run_[name]) for name in ("started_at", "completed_at"))
    return (ended - begun).total_seconds()

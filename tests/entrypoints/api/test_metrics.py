"""`/metrics` of a real server: its figures equal the runs' own, whatever process did the work; and who may read it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import httpx2
import pytest

from support.api import Api, client, open_api
from support.local import HastyClock, accounts_at
from support.market import open_market
from support.patience import PATIENCE_SECONDS
from support.program import environment, run
from support.runs import PRODUCTS, Desk, open_desk
from support.scrape import Scrape, scrape

pytestmark = pytest.mark.databases("both", often="sqlite")

ACTIONS = ("created", "updated", "unchanged", "removed", "failed")
TOKEN = "a-token-for-prometheus"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path, {"main": 150, "fbe": 60}) as desk:
        yield desk


async def until_counted(api: Api, name: str, value: float, **labels: str) -> Scrape:
    """A scrape in which that metric has this value."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (found := await scrape(api.stranger)).value(name, **labels) != value:
            await asyncio.sleep(0.1)  # a scrape takes a tenth of that
    return found


async def runs_own(api: Api) -> dict[str, int]:
    columns = ", ".join(f"SUM({name}) AS {name}" for name in (*ACTIONS, "requests", "rate_limit_hits", "error_count"))
    (row,) = await api.rows(f"SELECT {columns}, COUNT(*) AS runs FROM sync_runs")
    return {name: int(value) for name, value in row.items()}


async def test_the_counters_equal_the_runs_own_counts_through_faults(desk: Desk) -> None:
    await desk.sync()
    desk.market.fault(kind="status", times=2)
    desk.market.fault(kind="rate_limited", times=1)
    desk.market.change("change", ids=list(desk.market.truth())[:20], set={"sale_price": "7.7700"})
    await desk.sync()
    desk.market.fault(kind="status", rows=[41, 60], account="fbe")
    await desk.post(account_type="fbe", mode="full")
    own = await runs_own(desk.api)
    found = await until_counted(desk.api, "emag_api_requests_total", own["requests"])
    assert found.by("action", "emag_sync_products_total") == {name: own[name] for name in ACTIONS}
    assert found.value("emag_sync_duration_seconds_count") == own["runs"] == 3
    assert found.value("emag_sync_errors_total") == own["error_count"]
    assert found.value("emag_rate_limit_hits_total") == own["rate_limit_hits"] >= 1
    assert own["requests"] == desk.market.requests("main") + desk.market.requests("fbe")
    assert found.value("emag_api_request_duration_seconds_count") == own["requests"]
    assert found.value("emag_api_requests_total", status_code="429", account_type="main") == 1
    assert found.value("emag_products_count", account_type="main") == 150
    labels = {"account_type": "main", "action": "repriced"}
    await until_counted(desk.api, "emag_sync_last_run_changed_ratio", 20 / 150, **labels)


@pytest.mark.thorough
async def test_no_counter_ever_goes_down_through_runs_stops_retries_pruning_and_a_restart(tmp_path: Path) -> None:
    async with open_market({"main": 900}) as market:
        accounts, quiet = accounts_at(market.url, "main"), {"schedule": {"enabled": False}}
        seen: list[Scrape] = []
        async with open_api(tmp_path, accounts, **quiet) as api:
            watching = asyncio.ensure_future(_watch(api.stranger, seen))
            desk = Desk(api, market)
            market.set(latency_ms=20)
            for _ in range(3):
                run_id = (await desk.begin(items_per_page=20))["id"]
                await desk.when(run_id, lambda run: run["processed_items"] >= 100 or run["completed_at"])
                stopped = await api.operator.delete(f"{PRODUCTS}/sync/{run_id}")
                assert stopped.status_code == 200, stopped.text
                retried = await api.operator.post(f"{PRODUCTS}/sync/{run_id}/retry", params={"run_async": False})
                assert retried.status_code == 200, retried.text
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            seen.append(await scrape(api.stranger))
            await api.services.recorder.write(api.state.database)
        async with open_api(tmp_path, accounts, **quiet) as api:
            seen.append(await scrape(api.stranger))
    assert len(seen) > 5
    for before, after in pairwise(seen):
        for key, value in before.counters.items():
            if key[0].startswith("emag_"):
                assert after.counters.get(key, 0) >= value, key


async def _watch(caller: httpx2.AsyncClient, seen: list[Scrape]) -> None:
    while True:
        seen.append(await scrape(caller))
        await asyncio.sleep(0.05)


async def test_what_another_process_did_is_shown_when_it_has_ended(tmp_path: Path) -> None:
    async with open_market({"main": 120}) as market:
        accounts = accounts_at(market.url, "main")
        async with open_api(tmp_path, accounts, schedule={"enabled": False}) as api:
            ended = await run("sync", "main", "--mode", "full", variables=environment(tmp_path, market.url))
            assert ended.code == 0, ended.err
            found = await scrape(api.stranger)
            calls = await api.viewer.get("/api/v1/emag/calls", params={"account_type": "main"})
    assert found.value("emag_sync_products_total", action="created") == 120
    assert found.value("emag_api_requests_total", status_code="200") == market.requests()
    assert found.value("emag_products_count", account_type="main") == 120
    assert calls.json()["calls"]


async def test_a_running_run_is_in_progress_and_its_offers_are_counted(desk: Desk) -> None:
    desk.market.set(latency_ms=150)
    run_id = (await desk.begin(items_per_page=6))["id"]
    await desk.when(run_id, lambda run: run["processed_items"] > 0)
    found = await scrape(desk.api.stranger)
    assert found.value("emag_sync_in_progress", account_type="main", sync_type="products") == 1
    assert found.value("emag_sync_in_progress", account_type="fbe", sync_type="products") == 0
    assert found.value("emag_sync_products_total", action="created") > 0
    desk.market.set(latency_ms=0)
    await desk.ended(run_id)
    found = await until_counted(desk.api, "emag_sync_in_progress", 0)
    assert found.value("emag_sync_products_total", action="created") == 150


async def test_an_open_circuit_is_shown_and_closes_with_the_next_run_that_gets_through(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 150, "fbe": 10}, clock=HastyClock()) as desk:
        desk.market.fault(kind="status", status=503, account="main", route="product_offer/read")
        run_id = (await desk.begin())["id"]
        found = await until_counted(desk.api, "emag_circuit_open", 1, account_type="main")
        assert found.value("emag_circuit_open", account_type="fbe") == 0
        await desk.ended(run_id)
        found = await scrape(desk.api.stranger)
        assert found.value("emag_circuit_open", account_type="main") == 1
        assert found.value("emag_sync_errors_total", error_type="account_down") == 1
        desk.market.mend()
        await desk.sync()
        await until_counted(desk.api, "emag_circuit_open", 0, account_type="main")


async def test_a_run_that_takes_too_long_is_counted_as_a_timeout(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        desk.market.set(latency_ms=2_000)
        # The API takes no timeout that short.
        result = await run(
            "sync", "main", "--timeout", "1", variables=environment(tmp_path, desk.market.url), folder=tmp_path
        )
        assert result.code == 1, result.err
        found = await scrape(desk.api.stranger)
    assert found.value("emag_sync_timeouts_total", account_type="main", sync_type="products") == 1
    assert found.value("emag_sync_duration_seconds_count", status="failed") == 1


async def test_freshness_is_that_of_the_last_run_that_read_everything(desk: Desk) -> None:
    await desk.sync()
    first = (await scrape(desk.api.stranger)).value("emag_sync_last_success_timestamp_seconds", account_type="main")
    (row,) = await desk.api.rows("SELECT finished_at FROM sync_runs")
    assert first > 0
    await desk.sync(max_pages=1)
    found = await scrape(desk.api.stranger)
    assert found.value("emag_sync_last_success_timestamp_seconds", account_type="main") == first
    assert found.value("emag_sync_last_success_timestamp_seconds", account_type="fbe") == 0
    assert 0 <= found.value("emag_offers_oldest_seen_seconds", account_type="main") < 300
    assert row["finished_at"]


async def test_the_scheduled_interval_is_the_shortest_that_is_on(tmp_path: Path) -> None:
    async with open_market({"main": 10}) as market:
        schedule = {"enabled": True, "incremental_minutes": 90, "full_minutes": 60 * 24}
        async with open_api(tmp_path, accounts_at(market.url, "main"), schedule=schedule) as api:
            await until_counted(api, "emag_sync_interval_seconds", 90 * 60, account_type="main")
            change = await api.admin.patch("/api/v1/schedules/incremental:main", json={"enabled": False})
            assert change.status_code == 200, change.text
            await until_counted(api, "emag_sync_interval_seconds", 86_400, account_type="main")


@pytest.mark.thorough
async def test_two_accounts_make_fewer_than_five_hundred_series(desk: Desk) -> None:
    for account in ("main", "fbe"):
        await desk.sync(account_type=account)
        await desk.sync(account_type=account, mode="incremental")
        await desk.sync(account_type=account, mode="full", max_pages=1)
        await desk.sync(account_type=account, mode="incremental", max_pages=1)
        await desk.sync(account_type=account, mode="selective", selection={"ids": [1]})
        await desk.sync(account_type=account, dry_run=True)
        await desk.api.operator.post(f"{PRODUCTS}/test-connection", params={"account_type": account})
    desk.market.fault(kind="status", times=3)
    desk.market.fault(kind="rate_limited", times=1)
    await desk.sync()
    for path in (await desk.api.viewer.get("/openapi.json")).json()["paths"]:
        if not path.endswith("/events"):
            for caller in (desk.api.stranger, desk.api.viewer, desk.api.admin):
                await caller.get(path.replace("{", "").replace("}", ""))
    for number in range(25):
        await desk.api.viewer.get(f"/api/v1/emag/products/products/{number}")
        await desk.api.viewer.get(f"/no/such/page/{number}")
    found = await scrape(desk.api.stranger)
    assert 150 < len(found.samples) < 500


async def test_an_account_that_is_not_configured_adds_no_series(desk: Desk) -> None:
    for name in ("a", "b", "c"):
        await desk.post(account_type=name)
    assert set((await scrape(desk.api.stranger)).by("account_type", "emag_sync_in_progress")) == {"main", "fbe"}


async def test_a_part_that_cannot_be_read_is_left_out_and_says_so(desk: Desk) -> None:
    await desk.sync()
    async with desk.api.state.database.transaction() as connection:
        await connection.exec_driver_sql("ALTER TABLE webhook_deliveries RENAME TO elsewhere")
    found = await scrape(desk.api.stranger)
    assert found.by("part", "emagsync_metrics_part_up") == {
        **dict.fromkeys(("runs", "offers", "freshness", "budgets", "edits", "notifications", "sources"), 1),
        "webhooks": 0,
    }
    assert found.value("emag_sync_products_total", action="created") == 150


async def test_openmetrics_comes_where_it_is_asked_for(api: Api) -> None:
    answer = await api.stranger.get("/metrics", headers={"Accept": "application/openmetrics-text;version=1.0.0"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert answer.text.endswith("# EOF\n")


@pytest.mark.often(first=3)
@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:9090", 200),
        ("127.0.0.1:8000", 200),
        ("[::1]:8000", 200),
        ("erp.example.com", 401),
        ("localhost.example.com", 401),
        ("10.0.0.5:8000", 401),
        ("emagsync", 401),
        ("", 401),
    ],
)
async def test_a_proxy_that_adds_no_header_is_told_by_the_host_that_is_asked_for(
    tmp_path: Path, host: str, status: int
) -> None:
    async with open_api(tmp_path, allowed_hosts=("*",)) as api:
        assert (await api.stranger.get("/metrics", headers={"Host": host})).status_code == status
        assert (await api.viewer.get("/metrics", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "X-Real-IP", "Via"])
async def test_who_comes_through_a_proxy_is_not_taken_for_local(api: Api, header: str) -> None:
    answer = await api.stranger.get("/metrics", headers={header: "127.0.0.1"})
    assert answer.status_code == 401
    assert answer.json()["code"] == "not_authenticated"
    assert (await api.viewer.get("/metrics", headers={header: "127.0.0.1"})).status_code == 200


async def test_the_settings_token_opens_the_metrics_and_nothing_else(tmp_path: Path) -> None:
    async with open_api(tmp_path, metrics={"token": TOKEN}) as api:
        proxied = {"X-Forwarded-For": "10.0.0.1"}
        for given, status in ((TOKEN, 200), (TOKEN + "x", 401), ("", 401)):
            headers = proxied | ({"Authorization": f"Bearer {given}"} if given else {})
            async with client(api.url, headers=headers) as caller:
                assert (await caller.get("/metrics")).status_code == status
                assert (await caller.get("/api/v1/about")).status_code == 401


async def test_a_wrong_token_is_refused_even_from_this_machine(api: Api) -> None:
    async with api.bearing("emag_t_" + "x" * 43) as liar:
        assert (await liar.get("/metrics")).status_code == 401


async def test_the_settings_may_open_the_metrics_to_all(tmp_path: Path) -> None:
    async with open_api(tmp_path, metrics={"public": True}) as api:
        assert (await api.stranger.get("/metrics", headers={"X-Forwarded-For": "10.0.0.1"})).status_code == 200


async def test_requests_are_counted_by_part_of_the_api_and_not_by_address(api: Api) -> None:
    for number in range(5):
        await api.viewer.get(f"/api/v1/emag/products/products/{number}")
    await api.stranger.get("/api/v1/about")
    found = await scrape(api.stranger)
    assert found.by("area", "emagsync_http_requests_total", status="4xx") == {"products": 5, "operating": 1}
    assert found.value("emagsync_http_request_duration_seconds_count", area="products") == 5
    assert found.value("emagsync_http_requests_in_flight") == 1


async def test_conflicts_lines_and_holds_are_there_for_every_account(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 30}) as desk:
        await desk.sync()
        product = (await desk.api.viewer.get(f"{PRODUCTS}/products")).json()["data"]["products"][0]
        edit = {"handling_time": 7, "confirm": True}
        kept = await desk.api.operator.patch(f"{PRODUCTS}/products/{product['id']}", json=edit)
        assert kept.status_code == 200, kept.text
        days = {"handling_time": [{"warehouse_id": 1, "value": 9}]}
        desk.market.change("change", ids=[product["emag_id"]], set=days)
        await desk.sync(conflict_strategy="manual")
        found = await scrape(desk.api.stranger)
    assert found.value("emag_conflicts_open", account_type="main") == 1
    assert found.value("emag_holds_waiting", account_type="main") == 0
    assert found.value("emag_outbox_lines", account_type="main", state="pending") == 0


async def test_the_size_of_pages_that_was_learnt_is_shown_for_accounts_that_have_one(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 40, "fbe": 40}) as desk:
        # A gateway gives up on every page of more than 25 offers.
        desk.market.fault(kind="status", status=504, account="main", min_items_per_page=26)
        await desk.sync()
        found = await until_counted(desk.api, "emag_sync_learnt_page_size", 25, account_type="main")
        assert found.by("account_type", "emag_sync_learnt_page_size") == {"main": 25}

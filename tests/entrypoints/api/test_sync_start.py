"""Starting runs over REST: every shape of the answer and every refusal."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx2

from support.api import Api, open_api
from support.comparing import compare_with_marketplace, snapshot
from support.local import accounts_at
from support.market import open_market

PRODUCTS = "/api/v1/emag/products"
RUN_FIELDS = set(
    [
        "id",
        "sync_id",
        "account_type",
        "operation",
        "mode",
        "status",
        "started_at",
        "completed_at",
        "duration_seconds",
        "total_items",
        "processed_items",
        "created_items",
        "updated_items",
        "unchanged_items",
        "removed_items",
        "failed_items",
        "current_page",
        "total_pages",
        "percentage",
        "items_per_second",
        "eta_seconds",
        "api_requests_made",
        "rate_limit_hits",
        "attempt",
        "triggered_by",
        "heartbeat_at",
        "errors",
    ]
)


async def start(api: Api, **asked: Any) -> httpx2.Response:
    return await api.operator.post(f"{PRODUCTS}/sync", json=asked)


async def test_a_synchronous_sync_answers_when_every_offer_is_stored(tmp_path: Path) -> None:
    async with (
        open_market({"main": 450, "fbe": 30}) as market,
        open_api(tmp_path, accounts_at(market.url, "main", "fbe")) as api,
    ):
        answer = await start(api, mode="full")
        body = answer.json()
        assert (answer.status_code, body["status"]) == (200, "completed"), body
        data = body["data"]
        counts = ("total_processed", "created", "updated", "unchanged", "removed", "failed", "errors")
        assert [data[name] for name in counts] == [480, 480, 0, 0, 0, 0, []]
        assert {run["account_type"] for run in data["runs"]} == {"main", "fbe"}
        assert {run["sync_id"] for run in data["runs"]} == {body["sync_id"]}
        for run in data["runs"]:
            assert set(run) >= RUN_FIELDS
            assert (run["operation"], run["status"], run["percentage"]) == ("full_sync", "completed", 100.0)
            assert (run["attempt"], run["triggered_by"], run["phase"]) == (1, "api", None)
        for name in ("main", "fbe"):
            compare_with_marketplace(api.state.database, name, market.truth(name))


async def test_an_asynchronous_sync_is_accepted_and_ends_by_itself(tmp_path: Path) -> None:
    async with open_market() as market, open_api(tmp_path, accounts_at(market.url, "main")) as api:
        answer = await start(api, account_type="main", mode="full", run_async=True)
        body = answer.json()
        assert (answer.status_code, body["status"]) == (202, "accepted")
        assert [run["status"] for run in body["data"]["runs"]] == ["queued"]
        (run,) = await ended(api, body["sync_id"])
        assert (run["status"], run["processed_items"]) == ("completed", 450)


async def test_a_dry_run_tells_what_would_change_and_changes_nothing(tmp_path: Path) -> None:
    async with open_market({"main": 120}) as market, open_api(tmp_path, accounts_at(market.url, "main")) as api:
        first = await start(api, account_type="main", mode="full", dry_run=True)
        run = first.json()["data"]["runs"][0]
        assert (run["status"], run["created_items"], run["dry_run"]) == ("completed", 120, True)
        assert snapshot(api.state.database)["offers"] == {}

        await start(api, account_type="main", mode="full")
        before = snapshot(api.state.database)
        (dearer, gone) = sorted(market.truth())[:2]
        market.change("change", ids=[dearer], set={"sale_price": "77.7700"})
        market.change("remove", ids=[gone])
        body = (await start(api, account_type="main", mode="full", dry_run=True)).json()
        assert body["status"] == "completed", body
        assert [body["data"][name] for name in ("updated", "removed", "unchanged")] == [1, 1, 118]
        (differences,) = body["data"]["differences"].values()
        told = {difference["emag_id"]: difference for difference in differences}
        assert set(told) == {dearer, gone}
        assert told[dearer]["fields"]["sale_price"][1] == "77.7700"
        assert told[gone]["kind"] == "removed"
        assert snapshot(api.state.database) == before


async def ended(api: Api, any_id: str) -> list[dict[str, Any]]:
    """The runs of a sync, when all of them have ended."""
    async with asyncio.timeout(30):
        while True:
            body = (await api.viewer.get(f"{PRODUCTS}/sync/{any_id}")).json()
            runs: list[dict[str, Any]] = body["data"]["runs"]
            if all(run["completed_at"] for run in runs):
                return runs
            await asyncio.sleep(0.02)

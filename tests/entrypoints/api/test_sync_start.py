"""Starting runs over REST: every shape of the answer and every refusal."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from emagsync.accounts.settings import read_accounts
from support.api import open_api
from support.comparing import compare_with_marketplace, snapshot
from support.local import accounts_at
from support.market import PASSWORD, open_market
from support.patience import PATIENCE_SECONDS
from support.runs import PRODUCTS, Desk, open_desk

pytestmark = pytest.mark.databases("both", often="sqlite")

RUN_FIELDS = set(
    """id sync_id account_type operation mode status started_at completed_at duration_seconds total_items
    processed_items created_items updated_items unchanged_items removed_items failed_items current_page total_pages
    percentage items_per_second eta_seconds api_requests_made rate_limit_hits attempt triggered_by heartbeat_at
    errors""".split()  # noqa: SIM905 - as the routes' contract lists them
)


async def test_a_synchronous_sync_answers_when_every_offer_is_stored(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 150, "fbe": 30}) as desk:
        body = await desk.sync(account_type="both")
        assert body["status"] == "completed"
        data = body["data"]
        counts = ("total_processed", "created", "updated", "unchanged", "removed", "failed", "errors", "not_started")
        assert [data[name] for name in counts] == [180, 180, 0, 0, 0, 0, [], []]
        assert {run["account_type"] for run in data["runs"]} == {"main", "fbe"}
        assert {run["sync_id"] for run in data["runs"]} == {body["sync_id"]}
        for run in data["runs"]:
            assert set(run) >= RUN_FIELDS
            assert (run["operation"], run["status"], run["percentage"]) == ("full_sync", "completed", 100.0)
            assert (run["attempt"], run["triggered_by"], run["phase"]) == (1, "api", None)
        for name in ("main", "fbe"):
            compare_with_marketplace(desk.api.state.database, name, desk.market.truth(name))


async def test_an_asynchronous_sync_is_accepted_and_ends_by_itself(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        accepted = (await desk.post(account_type="main", mode="full", run_async=True)).json()
        assert set(accepted) == {"status", "message", "sync_id", "data"}
        (queued,) = accepted["data"]["runs"]
        assert (accepted["status"], queued["status"]) == ("accepted", "queued")
        run = await desk.ended(accepted["sync_id"])
        assert (run["id"], run["status"], run["processed_items"]) == (queued["id"], "completed", 150)


async def test_what_is_asked_for_reaches_the_run(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        body = await desk.sync(mode="full", items_per_page=20, max_pages=2, timeout_seconds=30)
        assert body["status"] == "partial"
        (run,) = body["data"]["runs"]
        assert (run["processed_items"], run["operation"]) == (40, "full_sync")
        one = next(iter(desk.market.truth()))
        body = await desk.sync(mode="selective", selection={"ids": [one]})
        assert (body["data"]["runs"][0]["operation"], body["data"]["total_processed"]) == ("selective_sync", 1)


async def test_the_defaults_are_an_incremental_sync_of_main_and_fbe(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 20, "fbe": 10, "third": 5}) as desk:
        body = (await desk.post()).json()
        assert {run["account_type"] for run in body["data"]["runs"]} == {"main", "fbe"}
        assert {run["operation"] for run in body["data"]["runs"]} == {"incremental_sync"}
        every = (await desk.post(account_type="all")).json()
        assert {run["account_type"] for run in every["data"]["runs"]} == {"main", "fbe", "third"}


async def test_a_request_without_a_body_has_all_the_defaults(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 3, "fbe": 2}) as desk:
        answer = await desk.api.operator.post(f"{PRODUCTS}/sync")
        assert (answer.status_code, answer.json()["data"]["total_processed"]) == (200, 5)


@pytest.mark.databases("both")
async def test_a_dry_run_tells_what_would_change_and_changes_nothing(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 120}) as desk:
        first = (await desk.sync(dry_run=True))["data"]["runs"][0]
        assert (first["status"], first["created_items"], first["dry_run"]) == ("completed", 120, True)
        assert snapshot(desk.api.state.database)["offers"] == {}

        await desk.sync()
        before = snapshot(desk.api.state.database)
        dearer, gone = sorted(desk.market.truth())[:2]
        desk.market.change("change", ids=[dearer], set={"sale_price": "77.7700"})
        desk.market.change("remove", ids=[gone])
        body = await desk.sync(dry_run=True)
        assert body["status"] == "completed"
        assert [body["data"][name] for name in ("created", "updated", "removed", "unchanged")] == [0, 1, 1, 118]
        ((run_id, differences),) = body["data"]["differences"].items()
        told = {difference["emag_id"]: difference for difference in differences}
        assert set(told) == {dearer, gone}
        assert (told[dearer]["kind"], told[dearer]["fields"]["sale_price"][1]) == ("updated", "77.7700")
        assert told[gone]["kind"] == "removed"
        assert snapshot(desk.api.state.database) == before
        assert (await desk.run(run_id))["differences"] == {"count": 2, "items": differences, "next_after": None}


async def test_the_differences_of_a_dry_run_come_in_parts(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 25}) as desk:
        run_id = (await desk.sync(dry_run=True))["data"]["runs"][0]["id"]
        seen: list[int] = []
        after: int | None = 0
        while after is not None:
            params = {"after": after, "limit": 10}
            part = (await desk.api.viewer.get(f"{PRODUCTS}/sync/{run_id}/differences", params=params)).json()
            seen += [item["emag_id"] for item in part["items"]]
            after = part["next_after"]
        assert seen == sorted(desk.market.truth())


@pytest.mark.often(first=4)
@pytest.mark.parametrize(
    ("asked", "field"),
    [
        pytest.param({"mode": "everything"}, "mode", id="unknown mode"),
        pytest.param({"items_per_page": 101}, "items_per_page", id="more than a page holds"),
        pytest.param({"items_per_page": 0}, "items_per_page", id="empty pages"),
        pytest.param({"max_pages": 0}, "max_pages", id="no pages"),
        pytest.param({"timeout_seconds": 29}, "timeout_seconds", id="too short"),
        pytest.param({"timeout_seconds": 86_401}, "timeout_seconds", id="too long"),
        pytest.param({"conflict_strategy": "loudest_wins"}, "conflict_strategy", id="unknown strategy"),
        pytest.param({"account_type": "Not a name"}, "account_type", id="no name of an account"),
        pytest.param({"max_page": 1}, "max_page", id="misspelt"),
        pytest.param({"mode": "selective"}, "body", id="selective without a selection"),
        pytest.param({"selection": {"ids": [1]}}, "body", id="a selection in another mode"),
        pytest.param({"mode": "selective", "selection": {"ids": [0]}}, "selection.ids.0", id="no id"),
    ],
)
@pytest.mark.databases("both", first=2, often="sqlite")
async def test_values_that_make_no_sense_are_refused_by_name(tmp_path: Path, asked: dict[str, Any], field: str) -> None:
    async with open_desk(tmp_path) as desk:
        answer = await desk.post(**asked)
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
        assert [error["field"] for error in answer.json()["errors"]] == [field]
        assert await desk.api.rows("SELECT * FROM sync_runs") == []


async def test_an_account_without_credentials_is_refused_with_the_variables_to_set(tmp_path: Path) -> None:
    async with open_api(tmp_path) as api:
        for account, variable in (("main", "EMAG_MAIN_USERNAME"), ("both", "EMAG_FBE_PASSWORD"), ("all", "EMAG_MAIN_")):
            answer = await api.operator.post(f"{PRODUCTS}/sync", json={"account_type": account})
            assert answer.status_code == 400
            assert variable in answer.json()["detail"]


async def test_an_account_without_credentials_does_not_keep_the_other_from_being_synced(tmp_path: Path) -> None:
    async with open_market({"main": 12}) as market:
        variables = {
            "EMAG_MAIN_USERNAME": "main",
            "EMAG_MAIN_PASSWORD": PASSWORD,
            "EMAG_MAIN_BASE_URL": market.url,
            "EMAG_FBE_USERNAME": "fbe",
        }
        async with open_api(tmp_path, read_accounts(variables), schedule={"enabled": False}) as api:
            body = (await api.operator.post(f"{PRODUCTS}/sync", json={"mode": "full"})).json()
            assert (body["status"], body["data"]["total_processed"]) == ("partial", 12)
            (left_out,) = body["data"]["not_started"]
            assert left_out["account_type"] == "fbe"
            assert "EMAG_FBE_PASSWORD" in body["message"]


async def test_a_busy_account_is_refused_with_its_run_and_nothing_else_starts(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 150, "fbe": 10}, market={"latency_ms": 50}) as desk:
        run = await desk.begin(items_per_page=1)
        answer = await desk.post(account_type="both")
        body = answer.json()
        assert (answer.status_code, body["code"], body["run_id"]) == (409, "account_busy", run["id"])
        assert (body["account_type"], body["busy"]) == ("main", {"main": run["id"]})
        assert len(await desk.api.rows("SELECT * FROM sync_runs")) == 1

        body = (await desk.post(account_type="both", skip_busy=True)).json()
        assert [one["account_type"] for one in body["data"]["runs"]] == ["fbe"]
        assert body["data"]["not_started"][0]["run_id"] == run["id"]
        assert (await desk.post(account_type="main", skip_busy=True)).status_code == 409
        await desk.api.operator.delete(f"{PRODUCTS}/sync/{run['id']}")


@pytest.mark.databases("both")
async def test_of_twenty_requests_at_once_exactly_one_starts(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 150, "fbe": 10}, market={"latency_ms": 30}) as desk:
        asked = {"account_type": "both", "run_async": True, "items_per_page": 2}
        answers = await asyncio.gather(*(desk.post(**asked) for _ in range(20)))
        assert sorted(answer.status_code for answer in answers) == [202] + [409] * 19
        (winner,) = (answer.json() for answer in answers if answer.status_code == 202)
        runs = {run["account_type"]: run["id"] for run in winner["data"]["runs"]}
        assert all(answer.json()["run_id"] in runs.values() for answer in answers if answer.status_code == 409)
        assert len(await desk.api.rows("SELECT * FROM sync_runs")) == 2
        for run_id in runs.values():
            assert (await desk.ended(run_id))["status"] == "completed"


async def test_a_client_that_goes_away_does_not_stop_its_run(tmp_path: Path) -> None:
    async with open_desk(tmp_path, market={"latency_ms": 60}) as desk:
        asked = {"account_type": "main", "mode": "full", "items_per_page": 3}
        waiting = asyncio.ensure_future(desk.api.operator.post(f"{PRODUCTS}/sync", json=asked))
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (rows := await desk.api.rows("SELECT id FROM sync_runs")):
                await asyncio.sleep(0.01)
        waiting.cancel()
        run = await desk.ended(rows[0]["id"])
        assert waiting.cancelled()
        assert (run["status"], run["processed_items"], run["attempt"]) == ("completed", 150, 1)


async def test_who_started_what_is_in_the_audit_log(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 3}) as desk:
        body = await desk.sync(dry_run=True)
        (entry,) = await desk.api.rows("SELECT * FROM audit_log WHERE action LIKE 'sync.%'")
        assert (entry["action"], entry["target"], entry["address"]) == ("sync.start", body["sync_id"], "127.0.0.1")
        assert '"dry_run":true' in entry["detail"]


async def test_two_servers_on_one_database_never_run_an_account_twice(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        desk = await stack.enter_async_context(open_desk(tmp_path, market={"latency_ms": 40}))
        accounts = accounts_at(desk.market.url, "main")
        second = await stack.enter_async_context(open_api(tmp_path, accounts, schedule={"enabled": False}))
        asked = {"account_type": "main", "mode": "full", "items_per_page": 3, "run_async": True}
        answers = await asyncio.gather(
            *(api.operator.post(f"{PRODUCTS}/sync", json=asked) for api in (desk.api, second) for _ in range(5))
        )
        assert sorted(answer.status_code for answer in answers) == [202] + [409] * 9
        (row,) = await desk.api.rows("SELECT id FROM sync_runs")
        other = Desk(second, desk.market)
        seen = await other.when(row["id"], lambda run: run["status"] == "running" and run["processed_items"] > 0)
        assert seen["phase"] is not None
        status = (await second.viewer.get(f"{PRODUCTS}/status")).json()
        assert (status["is_running"], status["current_sync"]["id"]) == (True, row["id"])
        assert (await other.ended(row["id"]))["status"] == "completed"

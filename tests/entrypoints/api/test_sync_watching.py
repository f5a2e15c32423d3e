"""Watching runs over REST: status, history, one sync."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.local import open_local
from support.runs import PRODUCTS, open_desk

pytestmark = pytest.mark.databases("both", often="sqlite")


async def test_a_running_run_is_seen_with_its_pace_and_its_end(tmp_path: Path) -> None:
    async with open_desk(tmp_path, market={"latency_ms": 30}) as desk:
        begun = await desk.begin(items_per_page=3)
        run = await desk.when(begun["id"], lambda run: run["processed_items"] >= 30)
        status = (await desk.api.viewer.get(f"{PRODUCTS}/status")).json()
        assert (status["is_running"], len(status["running"]), len(status["recent_syncs"])) == (True, 1, 1)
        current = status["current_sync"]
        assert (current["id"], current["status"], current["phase"]) == (begun["id"], "running", "reading")
        assert (current["total_items"], current["total_pages"]) == (150, 50)
        assert 0 < current["percentage"] < 100
        assert current["items_per_second"] > 0
        assert current["eta_seconds"] > 0
        assert current["api_requests_made"] > 0
        assert run["duration_seconds"] > 0
        ended = await desk.ended(begun["id"])
        assert (ended["phase"], ended["eta_seconds"], ended["percentage"]) == (None, None, 100.0)
        status = (await desk.api.viewer.get(f"{PRODUCTS}/status")).json()
        assert (status["is_running"], status["current_sync"], status["running"]) == (False, None, [])


async def test_before_anything_ran_everything_is_empty(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        empty = {"is_running": False, "current_sync": None, "running": [], "recent_syncs": []}
        assert (await desk.api.viewer.get(f"{PRODUCTS}/status")).json() == empty
        history = (await desk.api.viewer.get(f"{PRODUCTS}/history")).json()
        assert history == {"status": "success", "data": {"syncs": [], "count": 0, "next_cursor": None}}


async def test_the_history_has_every_run_once_newest_first(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 5, "fbe": 5}) as desk:
        for _ in range(4):
            await desk.sync(account_type="both")
        seen: list[str] = []
        cursor: str | None = None
        while True:
            params = {"limit": 3} | ({"cursor": cursor} if cursor else {})
            data = (await desk.api.viewer.get(f"{PRODUCTS}/history", params=params)).json()["data"]
            assert data["count"] == len(data["syncs"]) <= 3
            seen += [run["id"] for run in data["syncs"]]
            cursor = data["next_cursor"]
            if cursor is None:
                break
        rows = await desk.api.rows("SELECT id FROM sync_runs ORDER BY created_at DESC, id DESC")
        assert seen == [row["id"] for row in rows]
        assert len(seen) == 8


async def test_the_history_is_filtered_by_account_and_status(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 300, "fbe": 5}) as desk:
        await desk.sync(account_type="both")
        await desk.sync(account_type="main", max_pages=1)
        for params, expected in (
            ({"account_type": "main"}, [("main", "partial"), ("main", "completed")]),
            ({"status": "completed", "account_type": "fbe"}, [("fbe", "completed")]),
            ({"status": "cancelled"}, []),
        ):
            runs = (await desk.api.viewer.get(f"{PRODUCTS}/history", params=params)).json()["data"]["syncs"]
            assert [(run["account_type"], run["status"]) for run in runs] == expected


@pytest.mark.parametrize(
    "params",
    [
        pytest.param({"limit": 0}, id="nothing"),
        pytest.param({"limit": 501}, id="too much"),
        pytest.param({"status": "fine"}, id="unknown status"),
        pytest.param({"account_type": "Ă"}, id="no account"),
        pytest.param({"cursor": "AAAA"}, id="made up cursor"),
        pytest.param({"cursor": "WyJoaXN0b3J5IiwieCIsInkiXQ"}, id="cursor with an odd time"),
        pytest.param({"cursor": "WyJoaXN0b3J5IiwiMjAyNi0wMS0wMSIsInkiXQ"}, id="cursor without a zone"),
    ],
)
async def test_odd_questions_to_the_history_are_refused(tmp_path: Path, params: dict[str, str]) -> None:
    async with open_desk(tmp_path) as desk:
        answer = await desk.api.viewer.get(f"{PRODUCTS}/history", params=params)
        assert answer.status_code == 422, answer.text
        assert [error["field"] for error in answer.json()["errors"]] == list(params)


async def test_one_sync_shows_its_runs_with_their_ledgers(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 25, "fbe": 5}) as desk:
        body = await desk.sync(account_type="both", items_per_page=10)
        data = (await desk.api.viewer.get(f"{PRODUCTS}/sync/{body['sync_id']}")).json()["data"]
        assert (data["sync_id"], data["status"], len(data["runs"])) == (body["sync_id"], "completed", 2)
        main = next(run for run in data["runs"] if run["account_type"] == "main")
        pages = {page["page"]: (page["status"], page["items"], page["attempts"]) for page in main["pages"]}
        assert {number: pages[number] for number in (1, 2, 3)} == {
            1: ("stored", 10, 1),
            2: ("stored", 10, 1),
            3: ("stored", 5, 1),
        }
        assert main["differences"] is None
        alone = (await desk.api.viewer.get(f"{PRODUCTS}/sync/{main['id']}")).json()["data"]
        assert [run["id"] for run in alone["runs"]] == [main["id"]]
        answer = await desk.api.viewer.get(f"{PRODUCTS}/sync/{body['sync_id']}/differences")
        assert (answer.status_code, answer.json()["code"]) == (409, "several_runs")
        answer = await desk.api.viewer.get(f"{PRODUCTS}/sync/nowhere")
        assert (answer.status_code, answer.json()["code"]) == (404, "run_not_found")


async def test_a_run_of_the_command_line_is_in_the_history(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 5}) as desk:
        async with open_local(tmp_path, desk.market.url) as other:
            run = await other.completed()
        (seen,) = (await desk.api.viewer.get(f"{PRODUCTS}/history")).json()["data"]["syncs"]
        assert (seen["id"], seen["triggered_by"]) == (run.id, "test")


async def test_a_runs_certificate_has_two_addresses_and_none_for_a_sync_of_several_runs(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 30, "fbe": 5}) as desk:
        both = await desk.sync(account_type="both")
        run = next(run for run in both["data"]["runs"] if run["account_type"] == "main")
        one = (await desk.api.viewer.get(f"{PRODUCTS}/runs/{run['id']}/certificate")).json()
        assert one == (await desk.api.viewer.get(f"{PRODUCTS}/sync/{run['id']}/certificate")).json()
        assert (one["account_type"], one["verdict"], one["read"]["distinct_offers"]) == ("main", "complete", 30)
        assert one["reasons"][0]["code"] == "whole_list"
        assert len(one["copied"]["digest"]) == 64
        of_both = await desk.api.viewer.get(f"{PRODUCTS}/sync/{both['sync_id']}/certificate")
        assert (of_both.status_code, of_both.json()["code"]) == (409, "several_runs")
        unknown = await desk.api.viewer.get(f"{PRODUCTS}/runs/never-was/certificate")
        assert (unknown.status_code, unknown.json()["code"]) == (404, "run_not_found")

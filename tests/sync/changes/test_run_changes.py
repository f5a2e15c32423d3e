"""What a run changed, over REST: the list has what the run counts; a dry run's list is the same, and can be applied."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.runs import PRODUCTS, Desk, open_desk


async def changes(desk: Desk, run_id: str, **query: Any) -> dict[str, Any]:
    answer = await desk.api.viewer.get(f"{PRODUCTS}/sync/{run_id}/changes", params=query)
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


async def run_of(desk: Desk, **asked: Any) -> dict[str, Any]:
    run: dict[str, Any] = (await desk.sync(**asked))["data"]["runs"][0]
    return run


def a_night(desk: Desk) -> None:
    """Two prices, a name and an image change; an offer goes and two come."""
    desk.market.change("change", ids=[1, 2], set={"sale_price": "77.0000"})
    desk.market.change("change", ids=[3], set={"name": "Altă lampă"})
    desk.market.change("change", ids=[4], set={"images": []})
    desk.market.change("remove", ids=[5])
    desk.market.change("add", count=2)


def said(data: dict[str, Any]) -> dict[int, tuple[set[str], dict[str, Any]]]:
    return {one["emag_id"]: (set(one["kinds"]), one["fields"]) for one in data["items"]}


@pytest.mark.databases("both")
async def test_a_runs_list_has_what_the_run_counts_and_its_preview_was_the_same(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 12}) as desk:
        first = await run_of(desk)
        assert (await changes(desk, first["id"]))["count"] == 12
        old = desk.market.truth()[1]["sale_price"]
        a_night(desk)
        preview = await changes(desk, (await run_of(desk, dry_run=True))["id"])
        run = await run_of(desk)
        data = await changes(desk, run["id"])
        assert data["count"] == run["created_items"] + run["updated_items"] + run["removed_items"] == 7
        assert said(data)[1] == ({"price_by_emag"}, {"sale_price": [old, "77.0000"]})
        assert said(data)[4] == ({"other"}, {})
        assert said(data)[5] == ({"gone"}, {})
        assert (preview["dry_run"], preview["count"], preview["kinds"]) == (True, 7, data["kinds"])
        assert {one: kinds for one, (kinds, _) in said(preview).items()} == {
            one: kinds for one, (kinds, _) in said(data).items()
        }
        names = {one["emag_id"]: one["name"] for one in data["items"]}
        assert {one["emag_id"]: one["name"] for one in preview["items"]} == names | {
            3: data["items"][2]["fields"]["name"][0]
        }


@pytest.mark.databases("both")
async def test_a_list_is_read_in_parts_and_by_kind(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 12}) as desk:
        await run_of(desk)
        a_night(desk)
        for run in (await run_of(desk, dry_run=True), await run_of(desk)):
            first = await changes(desk, run["id"], limit=4)
            rest = await changes(desk, run["id"], limit=4, after=first["next_after"])
            assert [one["emag_id"] for one in (*first["items"], *rest["items"])] == [1, 2, 3, 4, 5, 13, 14]
            assert rest["next_after"] is None
            new = await changes(desk, run["id"], kind=["new", "gone"])
            assert [one["emag_id"] for one in new["items"]] == [5, 13, 14]


async def test_a_dry_run_is_applied_and_the_run_says_what_differed(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 12}) as desk:
        await run_of(desk)
        a_night(desk)
        preview = await run_of(desk, dry_run=True)
        # Meanwhile one price changes once more, one changes back, and a third offer changes.
        before = (await changes(desk, preview["id"]))["items"][1]["fields"]["sale_price"][0]
        desk.market.change("change", ids=[1], set={"sale_price": "78.0000"})
        desk.market.change("change", ids=[2], set={"sale_price": before})
        desk.market.change("change", ids=[6], set={"sale_price": "79.0000"})
        answer = await desk.api.operator.post(f"{PRODUCTS}/sync/{preview['id']}/apply")
        assert answer.status_code == 202, answer.text
        [started] = answer.json()["data"]["runs"]
        run = await desk.ended(started["id"])
        assert run["status"] == "completed"
        assert run["parameters"] == preview["parameters"] | {"dry_run": False, "preview_of": preview["id"]}
        answer = await desk.api.viewer.get(f"{PRODUCTS}/sync/{run['id']}/preview")
        assert answer.status_code == 200, answer.text
        data = answer.json()["data"]
        assert {one["emag_id"]: one["outcome"] for one in data["items"]} == {
            1: "otherwise",
            2: "not_changed",
            6: "not_foreseen",
        }
        assert (data["as_foreseen"], data["otherwise"], data["not_changed"], data["not_foreseen"]) == (5, 1, 1, 1)
        assert data["items"][0]["foreseen"]["sale_price"][1] == "77.0000"
        assert data["items"][0]["happened"]["sale_price"][1] == "78.0000"
        assert data["is_whole"]


async def test_only_a_dry_run_is_applied_and_only_what_applied_one_is_compared(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 3}) as desk:
        run = await run_of(desk)
        answer = await desk.api.operator.post(f"{PRODUCTS}/sync/{run['id']}/apply")
        assert (answer.status_code, answer.json()["code"]) == (409, "not_a_preview")
        answer = await desk.api.viewer.get(f"{PRODUCTS}/sync/{run['id']}/preview")
        assert (answer.status_code, answer.json()["code"]) == (409, "no_preview")

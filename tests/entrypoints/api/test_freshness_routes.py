"""Freshness targets over REST and on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer

from emagsync.entrypoints.cli.commands.freshness import parse_target, told
from support.clocks import ForwardClock
from support.runs import open_desk

FRESHNESS = "/api/v1/freshness"
TARGETS = f"{FRESHNESS}/main/targets"


async def test_targets_are_set_shown_and_reset(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 3, "fbe": 3}) as desk:
        asked = {"targets": [{"selection": {"stock_max": 4, "status": ["active"]}, "max_age_seconds": 900}]}
        assert (await desk.api.viewer.put(TARGETS, json=asked)).status_code == 403
        answer = await desk.api.operator.put(TARGETS, json=asked)
        assert answer.status_code == 200, answer.text
        report = (await desk.api.viewer.get(f"{FRESHNESS}/main")).json()
        assert report == answer.json()
        (target,) = report["targets"]
        assert (target["max_age_seconds"], target["selection"]["stock_max"]) == (900, 4)
        assert target["selection"]["status"] == ["active"]
        assert not report["is_default"]
        listed = (await desk.api.viewer.get(FRESHNESS)).json()
        assert {one["account_type"]: len(one["targets"]) for one in listed["accounts"]} == {"main": 1, "fbe": 0}
        assert (await desk.api.operator.delete(TARGETS)).json()["is_default"]
        log = await desk.api.rows("SELECT action, target FROM audit_log WHERE action LIKE 'freshness%' ORDER BY id")
        assert [tuple(row.values()) for row in log] == [("freshness.change", "main"), ("freshness.reset", "main")]


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param({"targets": []}, id="none: DELETE is for that"),
        pytest.param({"targets": [{"max_age_seconds": 59}]}, id="too short"),
        pytest.param({"targets": [{"max_age_seconds": 900, "selection": {"stock": 4}}]}, id="no such filter"),
        pytest.param({"targets": [{"max_age_seconds": 900}] * 21}, id="too many"),
    ],
)
async def test_odd_targets_are_refused(tmp_path: Path, odd: dict[str, Any]) -> None:
    async with open_desk(tmp_path, {"main": 3}) as desk:
        assert (await desk.api.operator.put(TARGETS, json=odd)).status_code == 422
        assert (await desk.api.viewer.get(f"{FRESHNESS}/nobody")).status_code == 400
        assert (await desk.api.viewer.get(f"{FRESHNESS}/main")).json()["is_default"]


async def test_without_targets_the_schedule_implies_them_and_meets_them(tmp_path: Path) -> None:
    clock = ForwardClock()
    async with open_desk(
        tmp_path, {"main": 12}, clock=clock, schedule={"enabled": True, "incremental_minutes": 30}
    ) as desk:
        await desk.sync()
        report = (await desk.api.viewer.get(f"{FRESHNESS}/main")).json()
        assert report["is_default"]
        ages = [target["max_age_seconds"] for target in report["targets"]]
        assert ages == [2 * 30 * 60, 2 * 86_400]
        assert [target["read_by"] for target in report["targets"]] == ["schedule", "schedule"]
        # The schedule alone reads: a look right before its run has nothing to do.
        clock.forward(minutes=25)
        await desk.api.services.scheduler.do("freshness:main")
        job = await desk.api.services.scheduler.find("freshness:main")
        assert str(job.row.last_message).startswith("nothing to read")
        # A person's change of the schedule changes what it implies.
        await desk.api.admin.patch("/api/v1/schedules/full:main", json={"enabled": False})
        changed = (await desk.api.viewer.get(f"{FRESHNESS}/main")).json()
        assert [target["max_age_seconds"] for target in changed["targets"]] == [3600]


@pytest.mark.parametrize(
    ("text", "selection", "seconds"),
    [
        ("stock_max=4:15m", {"stock_max": 4}, 900),
        ("status=active,status=inactive:1h", {"status": ("active", "inactive")}, 3600),
        ("sellable=true,category_id=506:90s", {"sellable": True, "category_id": 506}, 90),
        ("search=a:b:2d", {"search": "a:b"}, 172_800),
        ("all:24h", {}, 86_400),
    ],
)
def test_the_command_line_s_targets_are_read_and_written_alike(
    text: str, selection: dict[str, Any], seconds: int
) -> None:
    target = parse_target(text)
    assert target.selection.model_dump(exclude_defaults=True) == selection
    assert target.max_age_seconds == seconds
    assert parse_target(f"{told(target.selection)}:{seconds}s") == target


@pytest.mark.parametrize(
    "text", ["", "all", "stock_max=4", "stock_max:15m", "stock=4:1h", "stock_max=x:1h", "all:1s", "all:15"]
)
def test_odd_targets_of_the_command_line_are_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        parse_target(text)

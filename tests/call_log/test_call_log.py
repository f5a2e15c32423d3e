"""The log of calls over REST and at the command line: what failed in full, without personal data and secrets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from emagsync.marketplace.request import Call, _filters
from support.market import PASSWORD
from support.program import environment, run
from support.runs import Desk, open_desk

pytestmark = pytest.mark.databases("both", often="sqlite")

CALLS = "/api/v1/emag/calls"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path, {"main": 450}) as desk:
        yield desk


async def listed(desk: Desk, **asked: Any) -> list[dict[str, Any]]:
    await desk.api.services.recorder.write(desk.api.state.database)
    answer = await desk.api.viewer.get(CALLS, params=asked)
    assert answer.status_code == 200, answer.text
    calls: list[dict[str, Any]] = answer.json()["calls"]
    return calls


async def test_every_failure_of_a_run_is_there_with_what_was_asked_for(desk: Desk) -> None:
    desk.market.fault(kind="status", status=503, times=2, pages=[2])
    desk.market.fault(kind="rate_limited", times=1, pages=[3])
    await desk.sync(items_per_page=50)
    (run_row,) = await desk.api.rows("SELECT id FROM sync_runs")
    calls = await listed(desk, outcome="failed", run_id=run_row["id"])
    assert sorted(call["status"] for call in calls) == [429, 503, 503]
    assert {call["filters"]["currentPage"] for call in calls} == {2, 3}
    assert {call["filters"]["itemsPerPage"] for call in calls} == {50}
    assert all(call["error"] and call["route"] == "product_offer/read" for call in calls)
    assert [call["outcome"] for call in await listed(desk, outcome="rate_limited")] == ["rate_limited"]


async def test_pages_of_the_log_follow_each_other_without_gaps(desk: Desk) -> None:
    desk.market.fault(kind="status", status=503, times=4, pages=[2])
    await desk.sync(items_per_page=50)
    whole = [call["id"] for call in await listed(desk, limit=500)]
    found: list[int] = []
    asked: dict[str, Any] = {"limit": 3}
    while True:
        page = (await desk.api.viewer.get(CALLS, params=asked)).json()
        found += [call["id"] for call in page["calls"]]
        if page["next_cursor"] is None:
            break
        asked["cursor"] = page["next_cursor"]
    assert found == whole == sorted(whole, reverse=True)
    assert len(whole) >= 6


@pytest.mark.often(first=4)
@pytest.mark.parametrize(
    "asked",
    [{"cursor": "made-up"}, {"limit": 0}, {"limit": 501}, {"since": "yesterday"}, {"route": "../x"}, {"outcome": "é"}],
)
async def test_odd_questions_are_refused(desk: Desk, asked: dict[str, Any]) -> None:
    assert (await desk.api.viewer.get(CALLS, params=asked)).status_code == 422


async def test_the_command_lists_what_failed(desk: Desk, tmp_path: Path) -> None:
    desk.market.fault(kind="status", status=503, times=1, pages=[2])
    await desk.sync()
    await listed(desk)
    variables = environment(tmp_path, desk.market.url) | {"COLUMNS": "300"}
    said = await run("calls", "--outcome", "failed", variables=variables)
    assert said.code == 0, said.err
    assert "product_offer/read" in said.out
    assert "503" in said.out
    assert "currentPage=2" in said.out
    assert PASSWORD not in said.out
    future = datetime.now(UTC).year + 1
    none = await run("calls", "--since", f"{future}-01-01", variables=variables)
    assert none.out == "No such calls.\n"


async def test_a_connection_test_is_in_the_log_too(desk: Desk, tmp_path: Path) -> None:
    said = await run("check", "main", variables=environment(tmp_path, desk.market.url))
    assert said.code == 0, said.err
    assert "vat/read" in {call["route"] for call in await listed(desk)}


@pytest.mark.parametrize(
    ("call", "told"),
    [
        pytest.param(
            Call("order/read", id, {"currentPage": 1, "status": [1, 2], "customer": {"name": "Ion Pop"}}),
            {"currentPage": 1, "status": [1, 2]},
            id="no personal data",
        ),
        pytest.param(
            Call("offer/save", id, {"data": [{"id": 1, "name": "x"}, {"id": 2}]}), {"entities": 2}, id="a write"
        ),
        pytest.param(Call("documentation/find_by_eans", id, query=[("eans[]", "1")] * 7), {"values": 7}, id="EANs"),
        pytest.param(
            Call("product_offer/read", id, {"part_number": "x" * 500}), {"part_number": "x" * 64}, id="long text"
        ),
        pytest.param(Call("order/read", id, {"status": list(range(99))}), {"status": list(range(20))}, id="long list"),
        pytest.param(Call("vat/read", id, {}), {}, id="nothing"),
    ],
)
def test_a_record_tells_paging_statuses_and_ids_and_nothing_else(call: Call[Any], told: dict[str, Any]) -> None:
    assert _filters(call) == told

"""Home over REST: what a night changed, each number that of the list it leads to; visits; how old the copy is."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from emagsync.core.edit_rules import ConflictStrategy
from emagsync.home.service import HomeService
from emagsync.offers.change_kinds import ChangeKind
from emagsync.sync.certificate.service import Certificates
from offers.offer_rows import offer, statements_of, store
from support.api import PASSWORD, Api, open_api
from support.clocks import ForwardClock
from support.databases import new_database
from support.editing import open_editing
from support.patience import PATIENCE_SECONDS
from support.runs import PRODUCTS, open_desk

HOME = "/api/v1/emag/home"
LONG_AGO = "2020-01-01T00:00:00Z"


async def home(api: Api, **query: Any) -> dict[str, Any]:
    answer = await api.viewer.get(HOME, params={"since": LONG_AGO, **query})
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


async def total(api: Api, **query: Any) -> int:
    answer = await api.viewer.get(f"{PRODUCTS}/products", params=query)
    assert answer.status_code == 200, answer.text
    found: int = answer.json()["data"]["pagination"]["total"]
    return found


def numbers(data: dict[str, Any]) -> dict[str, int]:
    return {one["kind"]: one["offers"] for one in data["changes"] if one["offers"]}


async def test_a_first_copy_is_no_news_and_each_number_of_a_night_is_that_of_its_list(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 40, "fbe": 5}) as desk:
        sells = {
            "status": 1,
            "validation_status": 9,
            "offer_validation_status": 1,
            "stock": [{"warehouse_id": 1, "value": 5}],
        }
        desk.market.change("change", ids=[1, 2, 3], set=sells | {"buy_button_rank": 1, "sale_price": "100.0000"})
        await desk.sync(account_type="both")
        assert numbers(await home(desk.api)) == {}
        desk.market.change("change", ids=[1], set={"sale_price": "90.0000", "buy_button_rank": 2})
        desk.market.change("change", ids=[2], set={"stock": [{"warehouse_id": 1, "value": 0}]})
        desk.market.change("remove", ids=[4])
        desk.market.change("add", count=2)
        run = (await desk.sync(account_type="main"))["data"]["runs"][0]
        data = await home(desk.api)
        found = numbers(data)
        assert found == {
            "price_by_emag": 1,
            "stock_by_emag": 1,
            "unsellable": 1,
            "buy_button_lost": 1,
            "gone": 1,
            "new": 2,
        }
        for kind, offers in found.items():
            since = {"change": kind, "change_since": data["since"]}
            assert await total(desk.api, **since) == offers
            assert await total(desk.api, **since, account_type="fbe") == 0
        assert {one["kind"] for one in data["changes"]} == {str(kind) for kind in ChangeKind}
        assert data["unsellable_reasons"] == [{"code": "no_stock", "offers": 1}]
        assert await total(desk.api, change_run=run["id"]) == run["updated_items"] + run["created_items"] + 1
        copies = {copy["account_type"]: copy for copy in data["copies"]}
        assert (copies["main"]["run_id"], copies["main"]["verdict"]) == (run["id"], "complete")
        assert copies["fbe"]["read_at"] is not None
        assert numbers(await home(desk.api, account_type="fbe")) == {}


async def waiting_lines(api: Api) -> list[int]:
    """The ids of the offers whose edits wait for an approval."""
    lines = (await api.viewer.get("/api/v1/emag/outbox", params={"state": "waiting"})).json()["lines"]
    return [line["emag_id"] for line in lines]


async def test_conflicts_and_what_emag_refused_are_found(tmp_path: Path) -> None:
    quick = {"push": "approve", "look_seconds": 0.1, "readback_seconds": 1.0}
    async with open_editing(tmp_path, edits=quick) as editing:
        await editing.edit(1, sale_price="77.0000")
        editing.market.change("change", ids=[1], set={"sale_price": "66.0000"})
        await editing.sync(conflict_strategy=ConflictStrategy.MANUAL)
        found = await home(editing.api)
        assert (numbers(found)["conflict"], found["waiting"]["conflicts"]) == (1, 1)
        await editing.edit(2, stock=3)
        editing.market.save_rule(ids=[2], messages=["why"])
        async with asyncio.timeout(PATIENCE_SECONDS):
            # Not that of the first edit, before it is known that it is in conflict.
            while await waiting_lines(editing.api) != [2]:
                await asyncio.sleep(0.05)
            assert (await home(editing.api))["waiting"]["approvals"] == 1
            chosen = {"account_type": "main"}
            answer = await editing.api.operator.post("/api/v1/emag/outbox/approve", json=chosen)
            assert answer.status_code == 200, answer.text
            while "edit_refused" not in numbers(await home(editing.api)):
                await asyncio.sleep(0.05)
        listed = await editing.api.viewer.get(f"{PRODUCTS}/products", params={"change": "edit_refused"})
        assert [one["emag_id"] for one in listed.json()["data"]["products"]] == [2]


async def test_a_failed_run_and_only_that_of_the_time_is_counted(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 3}) as desk:
        desk.market.fault(kind="status", status=401)
        await desk.post(account_type="main")
        data = await home(desk.api)
        assert data["failed_runs"] == {"count": 1, "accounts": {"main": 1}}
        listed = {"status": "failed", "since": data["since"]}
        for until, runs in ({}, 1), ({"until": "2020-01-02T00:00:00Z"}, 0):
            answer = await desk.api.viewer.get(f"{PRODUCTS}/history", params={**listed, **until})
            assert answer.json()["data"]["count"] == runs
        assert (await home(desk.api, until=data["as_of"], since=LONG_AGO))["failed_runs"]["count"] == 1
        assert (await home(desk.api, until="2020-01-02T00:00:00Z"))["failed_runs"]["count"] == 0
        assert data["copies"] == [
            {
                "account": "main",
                "account_type": "main",
                "read_at": None,
                "completed_at": None,
                "run_id": None,
                "verdict": None,
            }
        ]


async def test_since_the_last_visit_begins_where_the_one_before_ended(tmp_path: Path) -> None:
    clock = ForwardClock()
    async with open_api(tmp_path, clock=clock) as api:
        await api.add_user("maria")
        async with api.browser() as maria:

            async def log_in() -> None:
                login = {"username": "maria", "password": PASSWORD}
                assert (await maria.post("/api/v1/auth/session", json=login)).status_code < 300

            async def look() -> str | None:
                answer = await maria.post(f"{HOME}/visit")
                assert answer.status_code == 200, answer.text
                found: str | None = answer.json()["data"]["last_visit"]
                return found

            await log_in()
            assert await look() is None
            clock.forward(minutes=20)
            ended = clock.now()
            assert await look() is None
            clock.forward(hours=12)
            await log_in()
            await store(api.state.database, [offer(1)], at=clock.now() - timedelta(hours=1))
            assert (before := await look()) is not None
            assert abs(ended - datetime.fromisoformat(before)) < timedelta(minutes=1)
            clock.forward(minutes=5)
            assert await look() == before
            data = (await maria.get(HOME, params={"since": "last_visit"})).json()["data"]
            assert data["since"] == before
            assert numbers(data) == {"new": 1}


@pytest.mark.parametrize(
    "query",
    [{"since": "yesterday"}, {"sinse": LONG_AGO}, {"until": "2019-01-01T00:00:00Z"}, {"account_type": "a b"}],
)
async def test_what_makes_no_sense_is_refused(tmp_path: Path, query: dict[str, str]) -> None:
    async with open_api(tmp_path) as api:
        answer = await api.viewer.get(HOME, params={"since": LONG_AGO, **query})
        assert answer.status_code == 422, answer.text


async def test_calls_of_the_same_minute_and_state_count_once(tmp_path: Path) -> None:
    clock = ForwardClock()
    async with new_database(tmp_path) as database:
        service = HomeService(database, Certificates(database), clock)
        await store(database, [offer(1)], at=clock.now())
        with statements_of(database) as said:
            first, *others = await asyncio.gather(*(service.read(["main"]) for _ in range(5)))
        assert sum("UNION" in one and "max(notable_changes.id)" not in one for one in said) == 1
        assert all(other.since == first.since for other in others)
        assert first.since.second == 0
        assert timedelta(0) <= first.as_of - first.since - timedelta(days=1) < timedelta(minutes=1)
        await store(database, [offer(1, stock=0)], at=clock.now())
        changed = await service.read(["main"], since=first.since)
        assert {one.kind for one in changed.changes if one.offers} == {ChangeKind.NEW, ChangeKind.STOCK_BY_EMAG}

"""What the local copy holds, in numbers, of accounts that were really read."""

from __future__ import annotations

from pathlib import Path

import pytest

from offers.offer_rows import offer, store
from support.api import Api
from support.clocks import ForwardClock
from support.runs import PRODUCTS, open_desk

pytestmark = pytest.mark.databases("both", often="sqlite")


async def test_statistics_count_what_the_marketplace_has(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 150, "fbe": 30}) as desk:
        await desk.sync(account_type="both")
        gone = list(desk.market.truth())[:2]
        desk.market.change("remove", ids=gone)
        run = (await desk.sync(account_type="main"))["data"]["runs"][0]
        answer = await desk.api.viewer.get(f"{PRODUCTS}/statistics")
        assert answer.status_code == 200, answer.text
        body = answer.json()
        truth = desk.market.truth()
    assert body["products_by_account"] == {"fbe": 30, "main": 148}
    assert body["total_products"] == 178
    assert body["recent_syncs"][0]["id"] == run["id"]
    assert len(body["recent_syncs"]) == 3
    main = body["accounts"]["main"]
    assert (main["products"], main["removed"]) == (148, 2)
    assert main["active"] == sum(int(row["status"]) == 1 for row in truth.values())
    assert main["sellable"] + main["out_of_stock"] <= 148
    assert main["last_completed_run"]["id"] == run["id"]
    assert 0 <= main["oldest_age_seconds"] < 60


async def test_statistics_tell_what_was_rejected_and_how_old_the_oldest_product_is(
    api: Api, clock: ForwardClock
) -> None:
    now = clock.now()
    rows = [
        offer(1),
        offer(2, validation_status=8, sellable=False),
        offer(3, offer_validation_status=2, sellable=False),
        offer(4, stock=0, sellable=False),
        offer(5, status=0, sellable=False),
    ]
    await store(api.state.database, rows, at=now)
    clock.forward(hours=2)
    account = (await api.viewer.get(f"{PRODUCTS}/statistics")).json()["accounts"]["main"]
    counts = ("products", "active", "sellable", "out_of_stock", "rejected", "removed")
    assert [account[name] for name in counts] == [5, 4, 1, 1, 2, 0]
    assert account["last_completed_run"] is None
    assert 7200 <= account["oldest_age_seconds"] < 7300


async def test_statistics_of_nothing_are_zero(api: Api) -> None:
    assert (await api.viewer.get(f"{PRODUCTS}/statistics")).json() == {
        "products_by_account": {},
        "total_products": 0,
        "recent_syncs": [],
        "accounts": {},
    }

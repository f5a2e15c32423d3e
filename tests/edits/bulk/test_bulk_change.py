"""One change to many products, chosen or found by a filter, and what the brake would say to it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from support.editing import PRODUCTS, Editing, open_editing

pytestmark = pytest.mark.databases("both", often="sqlite")

CHANGE = f"{PRODUCTS}/bulk-change"


async def ids_of(editing: Editing, emag_ids: Iterable[int]) -> list[int]:
    return [(await editing.product(emag_id))["id"] for emag_id in emag_ids]


async def change(editing: Editing, emag_ids: Iterable[int] = (1, 2, 3), **asked: Any) -> httpx2.Response:
    """Asked of the offers with these ids of eMAG's, unless `filter` says which."""
    which = {} if "filter" in asked else {"ids": await ids_of(editing, emag_ids)}
    return await editing.api.operator.post(CHANGE, json={**which, **asked})


def news(answer: httpx2.Response) -> dict[int, list[tuple[str, str, str]]]:
    assert answer.status_code == 200, answer.text
    return {
        row["emag_id"]: [(one["field"], one["old"], one["new"]) for one in row["changes"]]
        for row in answer.json()["data"]["rows"]
    }


async def test_a_percentage_is_of_each_offer_s_own_price(editing: Editing) -> None:
    editing.on_emag(2, sale_price="99.9900")
    await editing.sync()
    preview = await change(editing, adjust={"sale_price": {"percent": "-12.5"}})
    assert news(preview) == {
        1: [("sale_price", "100.0000", "87.5000")],
        2: [("sale_price", "99.9900", "87.4900")],
        3: [("sale_price", "100.0000", "87.5000")],
    }
    assert await editing.edits() == []
    token = preview.json()["data"]["token"]
    applied = await change(editing, adjust={"sale_price": {"percent": "-12.5"}}, preview=False, token=token)
    assert applied.json()["data"]["kept"] == 3
    assert {edit["value"] for edit in await editing.edits()} == {"87.5000", "87.4900"}


async def test_one_amount_is_for_offers_of_one_currency_and_a_percentage_for_any(editing: Editing) -> None:
    editing.on_emag(2, currency="EUR", sale_price="20.4500", min_sale_price="2.0450", max_sale_price="204.5000")
    await editing.sync()
    for asked in (
        {"set": {"sale_price": "99"}},
        {"adjust": {"sale_price": {"change": "-1"}}},
        {"set": {"min_sale_price": "5"}, "adjust": {"sale_price": {"percent": "1"}}},
    ):
        answer = await change(editing, **asked, confirm=True)
        assert answer.status_code == 422
        assert (answer.json()["code"], answer.json()["currencies"]) == ("currency_needed", ["EUR", "RON"])
    # What names its currency, or is found by it, is of one.
    named = await change(editing, set={"sale_price": "99", "currency": "RON"}, confirm=True)
    effects = {row["emag_id"]: row["effect"] for row in named.json()["data"]["rows"]}
    assert effects == {1: "ok", 2: "error", 3: "ok"}
    found = await change(editing, filter={"currency": "eur"}, adjust={"sale_price": {"change": "-1"}})
    assert news(found) == {2: [("sale_price", "20.4500", "19.4500")]}
    anyone = await change(editing, adjust={"sale_price": {"percent": "10"}}, confirm=True)
    assert news(anyone)[2] == [("sale_price", "20.4500", "22.5000")]
    assert (await change(editing, set={"stock": 3})).status_code == 200


async def test_an_edit_that_waits_is_what_the_next_percentage_is_of(editing: Editing) -> None:
    await change(editing, [1], adjust={"sale_price": {"percent": 10}}, preview=False)
    again = await change(editing, [1], adjust={"sale_price": {"percent": 10}})
    assert news(again) == {1: [("sale_price", "110.0000", "121.0000")]}


async def test_a_token_is_refused_once_the_price_is_another(editing: Editing) -> None:
    asked: dict[str, Any] = {"adjust": {"sale_price": {"percent": 5}}}
    token = (await change(editing, **asked)).json()["data"]["token"]
    await editing.edit(2, sale_price="101")
    answer = await change(editing, **asked, preview=False, token=token)
    assert (answer.status_code, answer.json()["code"]) == (409, "preview_outdated")


@pytest.mark.often(first=5)
@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param({"adjust": {"sale_price": {"change": "-0.015"}}}, ("sale_price", "99.9900"), id="rounded-half-up"),
        pytest.param(
            {"adjust": {"sale_price": {"change": "-0.015", "decimals": 4}}}, ("sale_price", "99.9850"), id="4-decimals"
        ),
        pytest.param({"adjust": {"max_sale_price": {"change": 5}}}, ("max_sale_price", "1005.0000"), id="other-price"),
        pytest.param({"set": {"sale_price": "105.5"}}, ("sale_price", "105.5000"), id="set-price"),
        pytest.param({"set": {"stock": 3}}, ("stock", "3"), id="set-stock"),
        pytest.param({"set": {"stock_change": -4}}, ("stock", "6"), id="stock-difference"),
        pytest.param({"set": {"stock_change": -40}}, ("stock", "0"), id="stock-never-below-0"),
        pytest.param({"set": {"status": "inactive"}}, ("status", "0"), id="status"),
        pytest.param({"set": {"handling_time": 5}}, ("handling_time", "5"), id="handling-time"),
    ],
)
async def test_every_kind_of_change(editing: Editing, asked: dict[str, Any], expected: tuple[str, str]) -> None:
    field, new = expected
    changes = news(await change(editing, **asked))
    assert [(name, value) for of_offer in changes.values() for name, _, value in of_offer] == [(field, new)] * 3


async def test_what_cannot_be_or_looks_like_a_slip_is_said_row_by_row(editing: Editing) -> None:
    editing.on_emag(2, min_sale_price="95.0000")
    editing.on_emag(3, min_sale_price=None, max_sale_price=None, recommended_price=None)
    await editing.sync()
    preview = (await change(editing, adjust={"min_sale_price": {"percent": 10}})).json()["data"]
    codes = {row["emag_id"]: [one["code"] for one in row["errors"]] for row in preview["rows"]}
    assert codes == {1: [], 2: ["below_min_price"], 3: ["no_price"]}
    halved = (await change(editing, [1], adjust={"sale_price": {"percent": -60}})).json()["data"]
    assert [row["effect"] for row in halved["rows"]] == ["needs_confirmation"]
    free = (await change(editing, [1], adjust={"sale_price": {"change": -100}})).json()["data"]
    assert free["rows"][0]["errors"][0]["code"] == "out_of_range"


async def test_a_filter_selects_all_that_match_and_nothing_else(editing: Editing) -> None:
    everything = await change(editing, filter={}, set={"handling_time": 7})
    assert len(everything.json()["data"]["rows"]) == 12
    low = await change(editing, filter={"account_type": "main", "emag_id": [2, 4]}, set={"handling_time": 7})
    assert sorted(news(low)) == [2, 4]
    nobody = await change(editing, filter={"emag_id": [999]}, set={"handling_time": 7}, preview=False)
    assert nobody.json()["data"]["kept"] == 0


@pytest.mark.often(first=4)
@pytest.mark.parametrize(
    "asked",
    [
        pytest.param({"set": {"stock": 1}}, id="no-offers"),
        pytest.param({"ids": [1], "filter": {}, "set": {"stock": 1}}, id="both-ways"),
        pytest.param({"ids": [1]}, id="no-change"),
        pytest.param({"filter": {"acount_type": "main"}, "set": {"stock": 1}}, id="mistyped-filter"),
        pytest.param({"ids": [1], "set": {"sale_price": 5}, "adjust": {"sale_price": {"percent": 1}}}, id="set-twice"),
        pytest.param({"ids": [1], "adjust": {"sale_price": {}}}, id="empty-step"),
        pytest.param({"ids": [1], "adjust": {"sale_price": {"percent": 1, "change": 1}}}, id="two-steps"),
        pytest.param({"ids": [1], "adjust": {"sale_price": {"percent": -100}}}, id="everything-off"),
        pytest.param({"ids": [1], "adjust": {"stock": {"percent": 1}}}, id="not-a-price"),
    ],
)
async def test_what_is_not_clear_is_refused(editing: Editing, asked: dict[str, Any]) -> None:
    answer = await editing.api.operator.post(CHANGE, json={**asked, "preview": False})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert await editing.edits() == []


async def test_a_product_that_is_not_there_is_refused(editing: Editing) -> None:
    answer = await editing.api.operator.post(CHANGE, json={"ids": [999_999], "set": {"stock": 1}})
    assert (answer.status_code, answer.json()["code"]) == (404, "product_not_found")


async def test_a_preview_says_what_the_brake_would(tmp_path: Path) -> None:
    async with open_editing(tmp_path, edits={"push": "approve", "brake_percent": 20}) as editing:
        two = (await change(editing, [1, 2], adjust={"sale_price": {"percent": 5}})).json()["data"]["brakes"]
        assert two == [
            {
                "account": "main",
                "account_type": "main",
                "push": "approve",
                "counts": {"repriced": 2},
                "most": 2,
                "stops": False,
            }
        ]
        three = (await change(editing, [1, 2, 3], set={"stock_change": -10})).json()["data"]["brakes"]
        assert [(one["counts"], one["stops"]) for one in three] == [({"zeroed": 3}, True)]
        calm = (await change(editing, [1, 2, 3], set={"handling_time": 4})).json()["data"]["brakes"]
        assert calm == []


async def test_only_operators_change_a_selection(editing: Editing) -> None:
    body = {"filter": {}, "set": {"stock": 1}}
    assert (await editing.api.viewer.post(CHANGE, json=body)).status_code == 403


async def test_what_was_done_is_in_the_audit_log_and_a_preview_is_not(editing: Editing) -> None:
    await change(editing, filter={"emag_id": [2]}, adjust={"sale_price": {"percent": 5}})
    await change(editing, filter={"emag_id": [2]}, adjust={"sale_price": {"percent": 5}}, preview=False)
    answer = await editing.api.admin.get("/api/v1/audit", params={"action": "offer.bulk_edit"})
    [entry] = answer.json()["entries"]
    assert entry["detail"]["kept"] == 1
    assert entry["detail"]["adjust"]["sale_price"]["percent"] == "5"

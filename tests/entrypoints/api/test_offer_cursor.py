"""The list of offers by its cursor: `next_cursor` of one page is `after` of the next."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from emagsync.offers.product_parameters import SortName
from emagsync.rest.paging import encode_cursor
from offers.offer_rows import offer, store
from support.api import Api

pytestmark = pytest.mark.databases("both", often="sqlite")

PATH = "/api/v1/emag/products/products"


async def data_of(api: Api, **query: Any) -> dict[str, Any]:
    answer = await api.viewer.get(PATH, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]  # type: ignore[no-any-return]


async def errors_of(api: Api, **query: Any) -> list[tuple[str, str]]:
    answer = await api.viewer.get(PATH, params=query)
    assert answer.status_code == 422, answer.text
    return [(error["field"], error["code"]) for error in answer.json()["errors"]]


@pytest.mark.often(first=4)
@pytest.mark.parametrize("sort", get_args(SortName))
async def test_the_cursor_leads_through_the_list_in_every_order(api: Api, sort: str) -> None:
    rows = [offer(number, stock=number % 2, name=None if number == 3 else f"Lampă {number % 4}") for number in range(7)]
    await store(api.state.database, rows)
    whole = await data_of(api, sort=sort)
    assert whole["next_cursor"] is None
    found: list[int] = []
    query: dict[str, Any] = {"sort": sort, "limit": 2, "fields": "emag_id"}
    for length in (2, 2, 2, 1):
        page = await data_of(api, **query)
        assert len(page["products"]) == length
        assert page["pagination"] == {"skip": 0, "limit": 2, "total": 7}
        found += [one["emag_id"] for one in page["products"]]
        query["after"] = page["next_cursor"]
    assert query["after"] is None
    assert found == [one["emag_id"] for one in whole["products"]]


async def test_a_cursor_also_leads_on_from_a_page_that_was_counted(api: Api) -> None:
    await store(api.state.database, [offer(number) for number in range(1, 7)])
    skipped = await data_of(api, skip=3, limit=2)
    [last] = (await data_of(api, after=skipped["next_cursor"]))["products"]
    assert last["emag_id"] == 6


async def test_a_cursor_of_another_list_is_refused_and_what_differs_is_named(api: Api) -> None:
    await store(api.state.database, [offer(number) for number in range(1, 4)])
    page = await data_of(api, limit=1, sort="-stock", account="main", brand=["nordika", "Nordika"])
    cursor = page["next_cursor"]
    same = {"after": cursor, "sort": "-stock", "account": "MAIN", "brand": ["Nordika", "nordika"]}
    assert await errors_of(api, **same | {"sort": "stock"}) == [("sort", "other_list")]
    assert await errors_of(api, **same | {"account": "all"}) == [("account", "other_list")]
    assert await errors_of(api, after=cursor, sort="-stock", stock_min=1) == [
        (name, "other_list") for name in ("account", "brand", "stock_min")
    ]
    assert await errors_of(api, **same, skip=1) == [("skip", "not_both")]


@pytest.mark.often(first=4)
@pytest.mark.parametrize(
    "cursor",
    [
        *("", "x", ".", "a.b", "é", "W10.W10", "." * 7_000),
        encode_cursor("offers", ["-sale_price", ""]),
        *(
            f"{encode_cursor('offers', ['-sale_price', ''])}.{encode_cursor('offer', values)}"
            for values in (
                [1, "RON", "5.0000", "main"],
                [1, "RON", "much", "main", 1],
                [1, "RON", "NaN", "main", 1],
                [1, "RON", "5.00001", "main", 1],
                [1, "RON", "1e400", "main", 1],
                [1, None, "5.0000", "main", 1],
                [1, "RON", "5.0000", "main", 2**63],
                [1, "RON", 5, "main", 1],
                [1, "R\0N", "5.0000", "main", 1],
            )
        ),
    ],
)
async def test_what_is_no_cursor_is_refused_by_name(api: Api, cursor: str) -> None:
    assert await errors_of(api, after=cursor, sort="-sale_price") == [("after", "bad_cursor")]

"""One product with everything about it, its history, and the change feed."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest

from emagsync.offers.product_schemas import ProductDetail
from offers.offer_rows import AT, offer, remove, store
from support.api import Api

pytestmark = pytest.mark.databases("both", often="sqlite")

ROOT = "/api/v1/emag/products"

# In the shapes that production sends: an object, a list of objects, and errors that are deep.
OBJECTIONS = {
    "id": 7,
    "sale_price": "@",
    "validation_status": [
        {
            "value": 8,
            "description": "Rejected",
            "errors": {
                "errors": [
                    {
                        "code": "IMG_1",
                        "section": "images",
                        "message": {
                            "en_GB": "The image is blurred",
                            "ro_RO": "Imaginea este neclară",
                            "hu_HU": "A kép homályos",
                        },
                    }
                ]
            },
        }
    ],
    "offer_validation_status": {"value": 1, "description": "Saved", "errors": None},
    "unknown_field": {"kept": [1, 2.50, None]},
}
PAYLOAD = orjson.dumps(OBJECTIONS).decode().replace('"@"', "121.8400").replace("2.5,", "2.50,")


async def detail(api: Api, product_id: int, **query: Any) -> dict[str, Any]:
    answer = await api.viewer.get(f"{ROOT}/products/{product_id}", params=query)
    assert answer.status_code == 200, answer.text
    product: dict[str, Any] = answer.json()["data"]["product"]
    assert set(product) == {*ProductDetail.model_fields, *ProductDetail.model_computed_fields}
    return product


async def feed(api: Api, **query: Any) -> dict[str, Any]:
    answer = await api.viewer.get(f"{ROOT}/changes", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]  # type: ignore[no-any-return]


async def test_the_payload_is_there_as_emag_sent_it(api: Api) -> None:
    await store(api.state.database, [offer(7, payload=PAYLOAD)])
    answer = await api.viewer.get(f"{ROOT}/products/1")
    assert PAYLOAD in answer.text
    assert answer.json()["data"]["product"]["payload"]["unknown_field"] == {"kept": [1, 2.5, None]}


@pytest.mark.parametrize(
    ("query", "header", "language", "message", "words"),
    [
        ({"lang": "ro"}, "", "ro", "Imaginea este neclară", "documentația a fost respinsă"),
        ({"lang": "en"}, "ro", "en", "The image is blurred", "its documentation was rejected"),
        ({"lang": "hu"}, "", "hu", "A kép homályos", "a dokumentációját elutasították"),
        ({"lang": "bg"}, "", "bg", "The image is blurred", "документацията е отхвърлена"),
        ({}, "ro-RO,ro;q=0.9,en;q=0.8", "ro", "Imaginea este neclară", "documentația a fost respinsă"),
        ({}, "fr, hu;q=0.2, ro;q=0.7", "ro", "Imaginea este neclară", "documentația a fost respinsă"),
        ({}, "fr;q=x,*", "en", "The image is blurred", "its documentation was rejected"),
        ({}, "", "en", "The image is blurred", "its documentation was rejected"),
    ],
)
async def test_objections_and_reasons_are_told_in_the_asked_language(
    api: Api, query: dict[str, str], header: str, language: str, message: str, words: str
) -> None:
    row = offer(7, payload=PAYLOAD, validation_status=8, sellable=False, not_sellable="no_stock validation_8")
    await store(api.state.database, [row])
    answer = await api.viewer.get(f"{ROOT}/products/1", params=query, headers={"Accept-Language": header})
    product = answer.json()["data"]["product"]
    assert product["language"] == answer.headers["content-language"] == language
    assert product["validation_errors"] == [{"code": "IMG_1", "section": "images", "message": message}]
    assert product["reasons"][1] == {"code": "validation_8", "text": words}
    assert [reason["code"] for reason in product["reasons"]] == product["not_sellable"]


async def test_a_product_says_in_one_sentence_whether_it_sells(api: Api) -> None:
    await store(api.state.database, [offer(1), offer(2, sellable=False, not_sellable="no_stock"), offer(3)])
    await remove(api.state.database, 3)
    sentences = [(await detail(api, number, lang="ro"))["explanation"] for number in (1, 2, 3)]
    assert sentences[0].startswith("Se vinde")
    assert sentences[1:] == ["Nu se vinde.", "eMAG nu mai cunoaște această ofertă."]


async def test_an_unknown_product_is_a_problem(api: Api) -> None:
    for path in ("products/4711", "products/4711/changes"):
        answer = await api.viewer.get(f"{ROOT}/{path}")
        assert answer.status_code == 404
        assert answer.json()["code"] == "product_not_found"
        assert answer.headers["content-type"] == "application/problem+json"
    for wrong in ("0", "-1", "x", "9" * 30):
        answer = await api.viewer.get(f"{ROOT}/products/{wrong}")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "product_id")


async def test_a_product_that_did_not_change_is_not_sent_again(api: Api) -> None:
    await store(api.state.database, [offer(1)])
    first = await api.viewer.get(f"{ROOT}/products/1")
    tag = first.headers["etag"]
    again = await api.viewer.get(f"{ROOT}/products/1", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    await store(api.state.database, [offer(1, stock=1)])
    changed = await api.viewer.get(f"{ROOT}/products/1", headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.json()["data"]["product"]["version"] != first.json()["data"]["product"]["version"]


async def test_the_history_of_a_product_comes_newest_first_and_page_by_page(api: Api) -> None:
    database = api.state.database
    await store(database, [offer(1), offer(2)])
    for stock in range(10, 15):
        await store(database, [offer(1, stock=stock)])
    path = f"{ROOT}/products/1/changes"
    first = (await api.viewer.get(path, params={"limit": 4})).json()["data"]
    rest = (await api.viewer.get(path, params={"limit": 4, "before": first["next_before"]})).json()["data"]
    changes = first["changes"] + rest["changes"]
    assert [(change["field"], change["new"]) for change in changes] == [
        *(("stock", str(stock)) for stock in range(14, 9, -1)),
        ("lifecycle", "created"),
    ]
    assert rest["next_before"] is None
    assert {change["product_id"] for change in changes} == {1}


async def test_the_feed_is_read_on_from_where_it_was_left(api: Api) -> None:
    database = api.state.database
    await store(database, [offer(1), offer(2)])
    first = await feed(api)
    assert [(change["emag_id"], change["new"]) for change in first["changes"]] == [(1, "created"), (2, "created")]
    assert first["has_more"] is False
    assert (await feed(api, after=first["next_after"]))["count"] == 0
    await store(database, [offer(2, sale_price=Decimal("99.9000"), stock=0)], at=AT + timedelta(hours=1))
    later = await feed(api, after=first["next_after"])
    assert [(change["field"], change["old"], change["new"]) for change in later["changes"]] == [
        ("sale_price", "121.8400", "99.9000"),
        ("stock", "5", "0"),
    ]
    assert later["changes"][0] | {"seq": 0} == {
        "seq": 0,
        "product_id": 2,
        "part_number": "SKU-2",
        "account": "main",
        "account_type": "main",
        "emag_id": 2,
        "field": "sale_price",
        "old": "121.8400",
        "new": "99.9000",
        "old_currency": "RON",
        "currency": "RON",
        "at": "2026-11-23T11:00:00Z",
        "source": "sync",
        "run_id": "run-1",
    }


async def test_a_feed_of_one_account_moves_on_past_the_others(api: Api) -> None:
    database = api.state.database
    await store(database, [offer(number) for number in range(1, 6)])
    await store(database, [offer(1)], account="fbe")
    await store(database, [offer(6)])
    data = await feed(api, account_type="fbe")
    assert [change["emag_id"] for change in data["changes"]] == [1]
    assert data["next_after"] == (await feed(api))["next_after"]
    both = await feed(api, account_type="both", limit=3)
    assert (both["count"], both["has_more"]) == (3, True)


async def test_a_reader_ahead_of_the_feed_is_told(api: Api) -> None:
    await store(api.state.database, [offer(1)])
    answer = await api.viewer.get(f"{ROOT}/changes", params={"after": 1000})
    assert answer.status_code == 409
    assert (answer.json()["code"], answer.json()["newest"]) == ("after_the_end", 1)


@pytest.mark.parametrize("query", [{"after": -1}, {"after": "x"}, {"limit": 0}, {"limit": 5001}, {"account_type": ""}])
async def test_an_odd_place_in_the_feed_is_refused(api: Api, query: dict[str, Any]) -> None:
    answer = await api.viewer.get(f"{ROOT}/changes", params=query)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, next(iter(query)))


async def test_a_reader_of_the_feed_misses_nothing_while_others_write(api: Api) -> None:
    database = api.state.database

    async def write(account: str) -> None:
        for turn in range(12):
            await store(database, [offer(number, stock=turn) for number in range(1, 21)], account=account)

    async def read() -> list[int]:
        seen: list[int] = []
        after = 0
        while True:
            done = writers.done()
            data = await feed(api, after=after, limit=37)
            seen += [change["seq"] for change in data["changes"]]
            after = data["next_after"]
            if done and not data["has_more"]:
                return seen

    writers = asyncio.gather(*(write(account) for account in ("main", "fbe", "hu")))
    readers = await asyncio.gather(read(), read())
    await writers
    everything = [row["seq"] for row in await api.rows("SELECT seq FROM offer_changes ORDER BY seq")]
    assert readers == [everything, everything]
    assert everything == list(range(1, len(everything) + 1))
    assert len(everything) == 3 * 12 * 20

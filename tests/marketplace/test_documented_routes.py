"""Calls whose answers v4.5.1 documents in shapes of their own, against the contract's text and against the sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest
from aiohttp import web

from emagsync.marketplace import Budget, EmagClient, OrderFilters
from emagsync.marketplace import errors as e
from marketplace.conftest import AT_ONCE, Shop

NOW = datetime(2026, 11, 28, 10, 0, tzinfo=UTC)


@asynccontextmanager
async def answering(body: bytes, status: int = 200) -> AsyncIterator[tuple[EmagClient, list[web.Request]]]:
    """A client of a server that answers everything in the same way, and the requests that it got."""
    seen: list[web.Request] = []

    async def handle(request: web.Request) -> web.Response:
        await request.read()
        seen.append(request)
        return web.Response(body=body, status=status, content_type="application/json")

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/api-3"
        user = {"username": "u", "password": "secret-p", "base_url": url, "retry": AT_ONCE}
        async with EmagClient(budget=Budget.unlimited(), **user) as client:
            yield client, seen
    finally:
        await runner.cleanup()


def enveloped(results: Any) -> bytes:
    return orjson.dumps({"isError": False, "messages": [], "errors": [], "results": results})


# documentation/find_by_eans: "results is an object by EAN, each {"products": [...]}"


@pytest.mark.parametrize("spelling", ["allowed_to_add_offer", "allow_to_add_offer"])
async def test_products_are_found_by_ean(spelling: str) -> None:
    product = {
        "ean": "5941234567890",
        "part_number_key": "D33HD4MBM",
        "product_name": "Lampă",
        "brand_name": "Elandor",
        "category_name": "Lămpi",
        "doc_category_id": "3012",
        "site_url": "https://www.emag.ro/x/pd/D33HD4MBM",
        spelling: True,
        "vendor_has_offer": 0,
        "hotness": "HOT",
        "product_image": "https://cdn.example/1.jpg",
        "something_new": [1],
    }
    async with answering(enveloped({"5941234567890": {"products": [product]}, "1": {"products": None}})) as (client, _):
        found = await client.find_by_eans(["5941234567890", "1", "2"])
    [one] = found["5941234567890"]
    assert found["1"] == ()
    assert (one.name, one.category_id, one.may_add_offer, one.has_offer) == ("Lampă", 3012, True, False)
    assert one.raw == product


@pytest.mark.parametrize("results", [[], {}, None])
async def test_no_product_is_an_empty_answer_in_every_spelling(results: Any) -> None:
    async with answering(enveloped(results)) as (client, _):
        assert await client.find_by_eans(["1"]) == {}


@pytest.mark.parametrize("results", ["x", [{"ean": "1"}], {"1": []}, {"1": "x"}])
async def test_products_in_another_shape_are_no_answer(results: Any) -> None:
    async with answering(enveloped(results)) as (client, _):
        with pytest.raises(e.MalformedResults):
            await client.find_by_eans(["1"])


# smart-deals-price-check: "{"smart_deals_price": 6.22} or null"


@pytest.mark.parametrize(
    ("results", "price"),
    [
        ({"smart_deals_price": 6.22}, Decimal("6.22")),
        ({"smart_deals_price": "6.2200"}, Decimal("6.22")),
        ({"smart_deals_price": None}, None),
        (None, None),
        ([], None),
    ],
)
async def test_a_smart_deals_price_is_a_decimal_or_nothing(results: Any, price: Decimal | None) -> None:
    async with answering(enveloped(results)) as (client, [*_]):
        assert await client.smart_deals_price(7) == price


@pytest.mark.parametrize(
    ("body", "price"),
    [(b'{"smart_deals_price": 6.22}', Decimal("6.22")), (b'{"smart_deals_price": null}', None), (b" null ", None)],
)
async def test_a_smart_deals_price_may_stand_without_an_envelope(body: bytes, price: Decimal | None) -> None:
    async with answering(body) as (client, _):
        assert await client.smart_deals_price(7) == price


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"smart_deals_price": 6', b'{"smart_deals_price": 1, "isError": 7}'])
async def test_nothing_else_stands_without_an_envelope(body: bytes) -> None:
    async with answering(body) as (client, _):
        with pytest.raises((e.MissingIsError, e.NotJson)):
            await client.smart_deals_price(7)


async def test_smart_deals_are_asked_for_in_the_address() -> None:
    async with answering(enveloped(None)) as (client, seen):
        await client.smart_deals_price(7)
    assert (seen[0].method, seen[0].path, dict(seen[0].query)) == (
        "GET",
        "/api-3/smart-deals-price-check",
        {"productId": "7"},
    )


@pytest.mark.parametrize("results", ["x", {"smart_deals_price": "cheap"}, [1]])
async def test_a_price_in_another_shape_is_no_answer(results: Any) -> None:
    async with answering(enveloped(results)) as (client, _):
        with pytest.raises(e.MalformedResults):
            await client.smart_deals_price(7)


# PATCH offer_stock/{id}: "204 without a body; 404 This offer does not exist; 400 {"message", "errors": [...]}"


async def test_a_stock_is_set_by_a_number_and_answered_without_a_body(shop: Shop) -> None:
    client = await shop.client()
    await client.save_stock(3, 21)
    assert int(shop.account.row(3)["general_stock"]) == 21
    assert shop.outcomes == ["ok"]


async def test_stock_is_sent_as_documented() -> None:
    async with answering(b"", 204) as (client, seen):
        await client.save_stock(7, 21)
    assert (seen[0].method, seen[0].path, await seen[0].json()) == ("PATCH", "/api-3/offer_stock/7", {"stock": 21})


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (404, {"message": "This offer does not exist"}, "This offer does not exist"),
        (400, {"message": "Invalid data", "errors": [{"message": "too much", "field": "stock"}]}, "stock: too much"),
    ],
)
async def test_a_refused_stock_has_emags_words(status: int, body: Any, said: str) -> None:
    async with answering(orjson.dumps(body), status) as (client, seen):
        with pytest.raises(e.WriteRefused, match=said) as caught:
            await client.save_stock(7, 21)
        assert said in caught.value.messages
        assert len(seen) == 1


async def test_an_address_that_is_wrong_is_no_refusal() -> None:
    async with answering(b'{"message": "Invalid URL"}', 404) as (client, _):
        with pytest.raises(e.UnexpectedStatus, match="base URL"):
            await client.save_stock(7, 21)


@pytest.mark.parametrize(("emag_id", "stock"), [(0, 1), (16_777_216, 1), (1, -1), (1, 65_536)])
async def test_a_stock_that_emag_would_not_take_is_not_sent(shop: Shop, emag_id: int, stock: int) -> None:
    client = await shop.client()
    with pytest.raises(e.RequestInvalid):
        await client.save_stock(emag_id, stock)
    assert shop.records == []


# order/acknowledge: "already in progress answers HTTP 400 with ... or a warning that it was already acknowledged"


@pytest.mark.parametrize(
    "said", ["Order 7 cannot be acknowledged. Order is already in progress.", "The order was already acknowledged"]
)
async def test_an_order_that_is_acknowledged_already_is_done(said: str) -> None:
    body = orjson.dumps({"isError": True, "messages": [said], "errors": [], "results": []})
    async with answering(body, 400) as (client, seen):
        await client.acknowledge_order(7)
        await client.acknowledge_order("7")
        assert len(seen) == 2


async def test_acknowledging_twice_is_done_and_an_order_that_emag_ships_is_refused(shop: Shop) -> None:
    client = await shop.client()
    new = (await client.read_orders(OrderFilters(status=1))).rows[0]
    await client.acknowledge_order(new["id"])
    await client.acknowledge_order(new["id"])
    theirs = (await client.read_orders(OrderFilters(type=2))).rows[0]
    with pytest.raises(e.WriteRefused, match="fulfilled by eMAG"):
        await client.acknowledge_order(theirs["id"])


# order/read: "...Before only together with ...After"; order/count: "both are wanted"


@pytest.mark.parametrize("name", ["created", "modified"])
async def test_an_end_without_its_beginning_is_not_sent(shop: Shop, name: str) -> None:
    client = await shop.client()
    only_before = OrderFilters(**{f"{name}_before": NOW})  # type: ignore[arg-type]
    only_after = OrderFilters(**{f"{name}_after": NOW})  # type: ignore[arg-type]
    for call in (client.read_orders(only_before), client.count_orders(only_before), client.count_orders(only_after)):
        with pytest.raises(e.RequestInvalid, match=name):
            await call
    assert await client.read_orders(only_after) is not None


async def test_several_payments_are_asked_for_at_once(shop: Shop) -> None:
    client = await shop.client()
    span = {"created_after": NOW - timedelta(days=9), "created_before": NOW}
    found = (await client.read_orders(OrderFilters(payment_mode_id=[1, 2]))).rows
    assert {order["payment_mode_id"] for order in found} == {1, 2}
    assert OrderFilters(payment_mode_id=[1, 2], **span).body(client.platform.time_zone)["payment_mode_id"] == [1, 2]  # type: ignore[arg-type]

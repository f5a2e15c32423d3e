"""The client against a sandbox over HTTP."""

from __future__ import annotations

import asyncio
import base64
import gzip
import logging
import random
import traceback
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest
from aiohttp import web

from emagsync import __version__
from emagsync.core.settings import HttpSettings
from emagsync.marketplace import (
    Budget,
    EmagClient,
    HttpOptions,
    Level,
    OfferFilters,
    OfferUpdate,
    OfferVerdict,
    OrderFilters,
    RetryPolicy,
    RouteGroup,
    SaveResult,
    Verdict,
    read_stretch,
)
from emagsync.marketplace import errors as e
from emagsync.marketplace.client import DEFAULT_ACCOUNT
from emagsync.sandbox.save_rules import SaveRule
from marketplace.conftest import PASSWORD, Shop

GENERAL = RouteGroup.GENERAL
TOKEN = base64.b64encode(f"main:{PASSWORD}".encode()).decode()


async def test_pages_bring_every_row_exactly_as_it_was_sent(shop: Shop) -> None:
    shop.settings(gpsr="lists")
    client = await shop.client()
    pages = [page async for page in client.offer_pages(per_page=100)]
    assert [(page.number, page.per_page, len(page)) for page in pages] == [(1, 100, 100), (2, 100, 100), (3, 100, 50)]
    sent = [shop.account.catalogue.encoded(emag_id) for emag_id in shop.account.ids()]
    assert [raw for page in pages for raw in page.raw_rows] == sent


async def test_offers_come_parsed(shop: Shop) -> None:
    client = await shop.client()
    rows = [row async for row in client.offers(per_page=70)]
    assert [row.emag_id for row in rows] == shop.account.ids()
    assert all(row.offer is not None and row.rejected is None for row in rows)


async def test_filters_are_top_level_keys(shop: Shop) -> None:
    client = await shop.client()
    inactive = [emag_id for emag_id in shop.account.ids() if int(shop.account.row(emag_id)["status"]) == 0]
    found = [row async for row in client.offers(filters=OfferFilters(status=0))]
    assert [row.emag_id for row in found] == inactive
    assert (await client.count_offers(OfferFilters(status=0))).items == len(inactive)


@pytest.mark.parametrize(
    ("shape", "items"), [("text", 250), ("numbers", 250), ("list", 250), ("missing", None), ("null", None)]
)
async def test_a_count_is_a_hint_in_whatever_shape(shop: Shop, shape: str, items: int | None) -> None:
    shop.settings(count_shape=shape)
    client = await shop.client()
    assert (await client.count_offers()).items == items


async def test_an_offer_is_found_by_its_id_or_known_not_to_be_there(shop: Shop) -> None:
    client = await shop.client()
    found = await client.find_offer(7)
    assert found is not None
    assert found.raw == shop.account.catalogue.encoded(7)
    assert await client.find_offer(9999) is None


async def test_a_filter_that_does_not_work_is_no_proof_that_an_offer_is_gone(shop: Shop) -> None:
    """The sandbox ignores filters in `data`, as eMAG does; here a server that ignores them all."""

    async def first_page(_request: web.Request) -> web.Response:
        rows = [shop.account.catalogue.encoded(emag_id).decode() for emag_id in (1, 2, 3)]
        return web.Response(text=f'{{"isError": false, "messages": [], "results": [{",".join(rows)}]}}')

    async with Answering(first_page) as url:
        client = await shop.client(base_url=url)
        assert await client.find_offer(2) is not None
        with pytest.raises(e.MalformedResults, match="9999"):
            await client.find_offer(9999)


async def test_reference_data(shop: Shop) -> None:
    client = await shop.client()
    assert {rate["vat_rate"] for rate in await client.read_vat()} >= {Decimal("0.21")}
    assert {entry["id"] for entry in await client.read_handling_times()} >= {0, 1}
    categories = await client.read_categories(per_page=3)
    assert len(categories) == 3
    [category] = await client.read_categories(category_id=categories[0]["id"], values_page=1, values_per_page=2)
    assert len(category["characteristics"][0]["values"]) == 2
    eans = next(row["ean"] for row in shop.account.rows() if isinstance(row["ean"], list) and row["ean"])
    found = await client.find_by_eans(eans)
    assert found.keys() == set(eans)
    assert {product.ean for products in found.values() for product in products} == set(eans)
    assert [record.route for record in shop.records][-1] == "documentation/find_by_eans"


async def test_orders_are_read_counted_and_acknowledged(shop: Shop) -> None:
    client = await shop.client()
    orders = [order async for page in client.order_pages(per_page=3) for order in page.rows]
    assert (await client.count_orders()).items == len(orders)
    new = [order["id"] for order in orders if order["status"] == 1]
    await client.acknowledge_order(new[0])
    [again] = (await client.read_orders(OrderFilters(id=new[0]))).rows
    assert again["status"] == 2
    now = datetime.now(UTC)
    recent = OrderFilters(status=[1, 2], modified_after=now - timedelta(days=30), modified_before=now)
    assert all(order["status"] in (1, 2) for order in (await client.read_orders(recent)).rows)


def test_order_times_are_sent_in_the_platforms_local_time() -> None:
    client = EmagClient(username="u", password="p", platform="emag-bg")
    moment = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)
    body = OrderFilters(created_after=moment, is_complete=True).body(client.platform.time_zone)
    assert body == {"createdAfter": "2026-07-01 12:30:00", "is_complete": 1}


async def test_saves_change_offers(shop: Shop) -> None:
    client = await shop.client()
    update = OfferUpdate(id=7, sale_price=Decimal("19.9"), min_sale_price=Decimal(1), max_sale_price=Decimal(500))
    result = await client.save_offers([update, OfferUpdate(id=8, stock=[Level(1, 42)], status=0)])
    assert (list(result.taken), result.refused, result.unknown) == ([7, 8], {}, {})
    first, second = await client.find_offer(7), await client.find_offer(8)
    assert first is not None
    assert first.offer is not None
    assert first.offer.sale_price == Decimal("19.9000")
    assert second is not None
    assert second.offer is not None
    assert (second.offer.stock, second.offer.status) == (42, 0)


def about(*ids: int) -> list[OfferUpdate]:
    return [OfferUpdate(id=emag_id, handling_time=[Level(1, 9)]) for emag_id in ids]


async def test_each_offer_of_a_save_has_its_verdict(shop: Shop) -> None:
    client = await shop.client()
    shop.market.save_rules.add(
        SaveRule(ids=[8], messages=["stock: no", {"field": "handling_time", "message": "too long"}]),
        SaveRule(ids=[9], verdict="missing"),
        SaveRule(ids=[10], verdict="missing", applied=True),
        SaveRule(ids=[11], verdict="taken", as_id=999),
    )
    for form in ("object", "list"):
        shop.settings(save_results=form)
        result = await client.save_offers(about(7, 8, 9, 10, 11))
        assert list(result.verdicts) == [7, 8, 9, 10, 11]
        assert (list(result.taken), list(result.unknown)) == ([7], [9, 10, 11])
        assert result.refused == {8: ("stock: no", "handling_time: too long")}
        assert shop.records[-1].outcome == "partly_refused"
        said = "refused: 8 (stock: no; handling_time: too long). not in the answer: 9, 10, 11"
        assert shop.records[-1].error == said
        assert shop.records[-1].verdicts == {Verdict.TAKEN: 1, Verdict.REFUSED: 1, Verdict.UNKNOWN: 3}


@pytest.mark.parametrize(
    ("ids", "outcome"),
    [
        ([7], "ok"),
        ([7, 8], "partly_refused"),
        ([8], "write_refused"),
        ([7, 9], "partly_unanswered"),
        ([8, 9], "partly_refused"),
    ],
)
async def test_the_record_of_a_save_says_whether_all_was_taken(shop: Shop, ids: list[int], outcome: str) -> None:
    client = await shop.client()
    shop.market.save_rules.add(SaveRule(ids=[8], messages=["no"]), SaveRule(ids=[9], verdict="missing"))
    await client.save_offers(about(*ids))
    assert shop.outcomes == [outcome]
    assert (shop.records[0].error is None) == (outcome == "ok")


@pytest.mark.parametrize("status", [200, 400])
async def test_a_save_that_is_refused_as_a_whole_is_an_error_with_any_status(shop: Shop, status: int) -> None:
    client = await shop.client()
    shop.settings(refused_save_status=status)
    shop.market.save_rules.add(SaveRule(verdict="whole_call", messages=["Not today"]))
    with pytest.raises(e.WriteRefused) as raised:
        await client.save_offers(about(7, 8))
    assert raised.value.messages == ("Not today",)


async def test_a_product_save_can_be_refused_in_part(shop: Shop) -> None:
    client = await shop.client()
    shop.market.save_rules.add(SaveRule(ids=[8], messages=["4032254753475 is not a valid EAN."]))
    prices = {"min_sale_price": "1.0000", "max_sale_price": "500.0000"}
    result = await client.save_product_offers([PRODUCT | prices, PRODUCT | prices | {"id": 8}])
    assert list(result.taken) == [7]
    [said] = result.refused[8]
    assert "is not a valid EAN" in said


async def test_words_about_an_offer_hold_no_secret(shop: Shop) -> None:
    client = await shop.client()
    shop.market.save_rules.add(SaveRule(ids=[7], messages=[f"main:{PASSWORD} may not"]))
    result = await client.save_offers(about(7))
    assert PASSWORD not in str(result)
    assert shop.records[0].error
    assert PASSWORD not in shop.records[0].error


TWO_MONTHS = OrderFilters(
    created_after=datetime(2026, 1, 1, tzinfo=UTC), created_before=datetime(2026, 3, 1, tzinfo=UTC)
)
PRODUCT = {
    "id": 7,
    "status": 1,
    "sale_price": "20.0000",
    "vat_id": 1,
    "handling_time": [{"warehouse_id": 1, "value": 0}],
    "stock": [{"warehouse_id": 1, "value": 5}],
}


async def test_objections_to_the_documentation_are_remarks_on_a_success(shop: Shop) -> None:
    client = await shop.client()
    await client.save_offers([OfferUpdate(id=7, sale_price=Decimal(5), min_sale_price=Decimal(1))])
    assert await client.save_product_offers([PRODUCT]) == SaveResult({7: OfferVerdict(Verdict.TAKEN)})
    shop.settings(documentation_errors=True)
    result = await client.save_product_offers([PRODUCT | {"sale_price": "21.0000"}])
    assert "Documentation errors" in result.remarks[0]
    found = await client.find_offer(7)
    assert found is not None
    assert found.offer is not None
    assert found.offer.sale_price == Decimal(21)


@pytest.mark.parametrize(
    "said",
    [
        "Maximum input vars of 4000 exceeded, documentation errors",
        "You already hold a Product associated with this PN (documentation)",
        "sale_price must be greater than 0",
    ],
)
async def test_other_objections_mean_that_nothing_was_saved(shop: Shop, said: str) -> None:
    client = await shop.client()
    shop.fault(kind="is_error", message=said, times=1)
    with pytest.raises(e.WriteRefused) as raised:
        await client.save_product_offers([PRODUCT])
    assert raised.value.messages == (said,)
    shop.fault(kind="is_error", message="Documentation errors", times=1)
    with pytest.raises(e.WriteRefused):
        await client.save_offers([OfferUpdate(id=7, status=1)])


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda c: c.read_offers(page=0), id="page 0"),
        pytest.param(lambda c: c.read_offers(per_page=101), id="101 a page"),
        pytest.param(lambda c: c.read_offers(per_page=0), id="0 a page"),
        pytest.param(lambda c: c.save_offers([]), id="nothing to save"),
        pytest.param(lambda c: c.save_offers([OfferUpdate(id=n, status=1) for n in range(1, 52)]), id="51 offers"),
        pytest.param(lambda c: c.save_offers([OfferUpdate(id=1)]), id="no change"),
        pytest.param(lambda c: c.save_offers([OfferUpdate(id=0, status=1)]), id="id 0"),
        pytest.param(lambda c: c.save_offers([OfferUpdate(id=1, sale_price=Decimal("1.00001"))]), id="five decimals"),
        pytest.param(lambda c: c.save_offers([OfferUpdate(id=1, sale_price=Decimal(-1))]), id="negative"),
        pytest.param(lambda c: c.save_offers([OfferUpdate(id=1, stock=[Level(1, 65_536)])]), id="stock too high"),
        pytest.param(lambda c: c.save_product_offers([{"x": list(range(4001))}]), id="4001 elements"),
        pytest.param(lambda c: c.save_product_offers([{"name": "x"}]), id="no id"),
        pytest.param(lambda c: c.save_product_offers([{"id": "7a"}]), id="an id that is none"),
        pytest.param(lambda c: c.save_product_offers([{"id": 7}, {"id": "7"}]), id="an offer twice"),
        pytest.param(lambda c: c.find_by_eans([]), id="no EAN"),
        pytest.param(lambda c: c.find_by_eans(["1"] * 101), id="101 EANs"),
        pytest.param(lambda c: c.acknowledge_order(0), id="order 0"),
        pytest.param(lambda c: c.read_orders(OrderFilters(created_after=datetime(2026, 1, 1))), id="no zone"),  # noqa: DTZ001
        pytest.param(lambda c: c.count_orders(TWO_MONTHS), id="two months"),
    ],
)  # fmt: skip
async def test_what_emag_would_refuse_or_ignore_is_not_even_sent(shop: Shop, ask: Any) -> None:
    client = await shop.client()
    with pytest.raises(e.RequestInvalid):
        await ask(client)
    assert shop.records == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"username": ""}, "username"),
        ({"base_url": "marketplace-api.emag.ro"}, "https://"),
        ({"base_url": "https://user:pass@host/api-3"}, "base_url"),
        ({"base_url": "https://[::1/api-3"}, "base_url"),
        ({"base_url": "https://host:port/api-3"}, "base_url"),
        ({"base_url": ""}, "base_url"),
        ({"platform": "emag-pl"}, "emag-pl.*emag-ro"),
    ],
)
def test_odd_arguments_are_one_clear_message(options: dict[str, str], message: str) -> None:
    with pytest.raises(e.RequestInvalid, match=message):
        EmagClient(**({"username": "u", "password": "p"} | options))


def test_the_limits_of_an_exchange_are_made_of_the_settings() -> None:
    assert HttpOptions(**HttpSettings().model_dump()) == HttpOptions()


def test_platforms_are_known_by_code_or_by_address() -> None:
    def platform(**options: str) -> str:
        return EmagClient(username="u", password="p", **options).platform.code

    assert platform() == "emag-ro"
    assert platform(platform="emag-hu") == "emag-hu"
    assert platform(base_url="https://marketplace-bg-api.fashiondays.com/api-3/") == "fd-bg"
    assert platform(platform="emag-bg", base_url="http://127.0.0.1:8080/api-3") == "emag-bg"
    assert EmagClient(username="u", password="p").account == DEFAULT_ACCOUNT


async def test_a_client_must_be_open(shop: Shop) -> None:
    client = EmagClient(username="main", password=PASSWORD, base_url=shop.server.api_url)
    with pytest.raises(e.RequestInvalid, match="async with"):
        await client.read_vat()
    await client.open()
    await client.read_vat()
    await client.aclose()
    with pytest.raises(e.RequestInvalid):
        await client.read_vat()
    await client.aclose()


class Answering:
    """A server whose one handler answers everything; `async with` gives its base URL."""

    def __init__(self, handler: Any) -> None:
        self._handler = handler
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> str:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handler)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/api-3"

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()


EMPTY = b'{"isError": false, "messages": [], "results": []}'


async def test_requests_look_as_emag_wants_them(shop: Shop) -> None:
    seen: list[tuple[web.Request, bytes]] = []

    async def note(request: web.Request) -> web.Response:
        seen.append((request, await request.read()))
        return web.Response(body=EMPTY, headers={"Set-Cookie": "session=1"})

    async with Answering(note) as url:
        client = await shop.client(base_url=f"{url}/")
        await client.read_offers(page=3, per_page=50, filters=OfferFilters(status=1, part_number="ț-1"))
        await client.find_by_eans(["1", "2"])
    (read, body), (find, nothing) = seen
    assert (read.method, read.path) == ("POST", "/api-3/product_offer/read")
    assert orjson.loads(body) == {"currentPage": 3, "itemsPerPage": 50, "status": 1, "part_number": "ț-1"}
    assert read.headers["Authorization"] == f"Basic {TOKEN}"
    assert read.headers["User-Agent"] == f"emagsync/{__version__}"
    assert read.headers["Content-Type"] == "application/json"
    assert "gzip" in read.headers["Accept-Encoding"]
    assert (find.method, find.path, find.query.getall("eans[]"), nothing) == (
        "GET", "/api-3/documentation/find_by_eans", ["1", "2"], b""
    )  # fmt: skip
    assert "Cookie" not in find.headers


async def test_redirects_are_not_followed(shop: Shop) -> None:
    visits: list[str] = []

    async def redirect(request: web.Request) -> web.Response:
        visits.append(request.path)
        return web.Response(status=302, headers={"Location": "/elsewhere"})

    async with Answering(redirect) as url:
        client = await shop.client(base_url=url)
        with pytest.raises(e.UnexpectedStatus, match="redirects"):
            await client.read_vat()
    assert visits == ["/api-3/vat/read"]


@pytest.mark.parametrize("encoding", ["plain", "announced", "gzip", "gzip bomb"])
async def test_an_answer_that_is_too_large_is_not_read_to_its_end(shop: Shop, encoding: str) -> None:
    size = 200_000_000 if encoding == "gzip bomb" else 300_000
    body = gzip.compress(b" " * size, 1) if encoding.startswith("gzip") else b" " * size

    async def answer(request: web.Request) -> web.StreamResponse:
        headers = {"Content-Encoding": "gzip"} if encoding.startswith("gzip") else {}
        if encoding != "plain":
            return web.Response(body=body, headers=headers)
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(body)
        return response

    async with Answering(answer) as url:
        client = await shop.client(base_url=url, http=HttpOptions(max_response_bytes=100_000))
        with pytest.raises(e.AnswerTooLarge, match="100000 bytes"):
            await client.read_vat(attempts=1)


async def test_no_connection_is_an_error_that_sent_nothing(shop: Shop) -> None:
    client = await shop.client(base_url="http://127.0.0.1:1/api-3", budget=(budget := Budget.in_memory()))
    with pytest.raises(e.ConnectFailed) as raised:
        await client.save_offers([OfferUpdate(id=1, status=1)])
    assert raised.value.attempts == 3
    assert shop.outcomes == ["connect_failed"] * 3
    use = (await budget.stats()).groups[GENERAL]
    assert (use.requests, use.in_window) == (0, 0)


async def test_records_tell_each_attempt(shop: Shop) -> None:
    client = await shop.client()
    shop.fault(kind="status", status=502, times=2)
    await client.read_offers(per_page=10)
    assert [(record.attempt, record.status, record.outcome, record.rows) for record in shop.records] == [
        (1, 502, "server_failure", None),
        (2, 502, "server_failure", None),
        (3, 200, "ok", 10),
    ]
    last = shop.records[-1]
    assert (last.account, last.route, last.error) == ("main", "product_offer/read", None)
    assert last.started_at.tzinfo is not None
    assert last.seconds > 0


async def test_a_refusal_by_the_gateway_pauses_all_calls_and_is_tried_again(shop: Shop) -> None:
    budget = Budget.unlimited()
    client = await shop.client(budget=budget)
    shop.fault(kind="rate_limited", retry_after=1, times=1)
    await asyncio.gather(*(client.read_vat() for _ in range(4)))
    stats = await budget.stats()
    assert (stats.refusals, stats.groups[GENERAL].pauses) == (1, 1)
    assert sorted(shop.outcomes) == ["ok"] * 4 + ["rate_limited"]


async def test_a_cancelled_call_leaves_the_budget_and_the_connection_in_order(shop: Shop) -> None:
    budget = Budget.in_memory()
    client = await shop.client(budget=budget)
    shop.fault(kind="timeout", times=1)
    call = asyncio.create_task(client.read_vat())
    while not shop.account.report.requests:
        await asyncio.sleep(0.005)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await client.read_vat()
    assert (await budget.stats()).requests == 2
    assert shop.outcomes == ["cancelled", "ok"]


async def test_a_connection_that_the_server_closed_meanwhile_costs_one_attempt_at_most(shop: Shop) -> None:
    client = await shop.client()
    await client.read_vat()
    await shop.server.stop()
    await shop.server.start()
    await client.read_vat()
    assert shop.outcomes[-1] == "ok"


async def test_no_secret_is_in_any_error_record_or_repr(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    async def echo(request: web.Request) -> web.Response:
        said = [f"bad header {request.headers['Authorization']} for {PASSWORD}"]
        return web.json_response({"isError": True, "messages": said, "results": []})

    async def garbage(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.write(b"HTTP/1.1 banana\r\n\r\n")
        request.transport.close()
        return web.StreamResponse()

    caplog.set_level(logging.DEBUG)
    told: list[str] = []
    for handler in (echo, garbage):
        async with Answering(handler) as url:
            client = await shop.client(base_url=url)
            for call in (client.read_vat(), client.save_offers([OfferUpdate(id=1, status=1)])):
                with pytest.raises(e.EmagError) as raised:
                    await call
                error = raised.value
                told += [str(error), repr(error), repr(vars(error)), *traceback.format_exception(error)]
            told += [repr(client), repr(vars(client)), str(client)]
    told += [repr(record) for record in shop.records] + caplog.messages
    assert "bad header Basic *** for ***" in " ".join(told)
    assert not [text for text in told if PASSWORD in text or TOKEN in text]


async def test_orders_and_eans_do_not_use_the_budget_of_the_offers(shop: Shop) -> None:
    budget = Budget.in_memory()
    client = await shop.client(budget=budget)
    await asyncio.gather(client.read_orders(), client.find_by_eans(["1"]), client.read_vat())
    groups = (await budget.stats()).groups
    assert [groups[group].requests for group in RouteGroup] == [1, 1, 1]


async def test_another_program_on_the_same_budget_costs_waits_but_no_failures(shop: Shop) -> None:
    """The gateway's minute has 4 requests left, and the headers say so."""
    budget = Budget.in_memory()
    client = await shop.client(budget=budget, retry=RetryPolicy(base_seconds=0.01), rng=random.Random(3))
    shop.settings(limit=True)
    shop.market.gateway.consume("main", "other", 2, shop.market.clock())
    await asyncio.gather(*(client.read_vat() for _ in range(6)))
    assert shop.outcomes.count("ok") == 6


async def test_a_stretch_over_http_is_read_in_pieces(shop: Shop) -> None:
    shop.settings(gpsr="lists")
    client = await shop.client()
    shop.fault(kind="reset", min_items_per_page=51)
    whole = await read_stretch(client, page=2, per_page=100)
    assert list(whole.raw_rows) == [shop.account.catalogue.encoded(emag_id) for emag_id in range(101, 201)]
    assert (whole.failed, whole.attempts) == ((), 3 + 2)

"""The change feed of some accounts and fields, and with some fields of each change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import event, insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core.older_names import OLDER_WORDS
from emagsync.db.engine import Database
from emagsync.offers import change_feed, product_repository
from emagsync.offers.change_schemas import CHANGE_KEYS, ProductChange
from emagsync.offers.changed_fields import CHANGED_FIELDS
from emagsync.offers.currency_repository import with_currencies
from emagsync.offers.tables import offer_changes
from offers.offer_rows import AT, offer, remove, store
from support.api import Api, of_one_server, open_api
from support.document import openapi_document
from support.left_out import left_out

pytestmark = pytest.mark.databases("both")

FEED = "/api/v1/emag/products/changes"
MANY = 25_000
SOME = 5_000

Change = dict[str, Any]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def unchanged(tmp_path_factory: pytest.TempPathFactory, backend: str) -> AsyncIterator[Api]:
    """A shop for the tests that only read it, which are `of_one_server`."""
    async with open_api(tmp_path_factory.mktemp(f"feed-{backend}"), unasked=left_out) as running:
        await fill(running.state.database)
        yield running


@pytest.fixture
async def shop(api: Api) -> Api:
    await fill(api.state.database)
    return api


async def fill(database: Database) -> None:
    """Two accounts with offers whose stock, price, name and currency change in turn, and one that is removed."""
    for account in ("main", "fbe"):
        await store(database, [offer(number) for number in (1, 2, 3)], account=account)
    for step in range(1, 5):
        at = AT + timedelta(minutes=step)
        await store(database, [offer(1, stock=step + 10), offer(2, sale_price=Decimal(100 + step))], at=at)
        await store(database, [offer(1, name=f"Lampă {step}", stock=step + 20)], account="fbe", at=at)
    await store(database, [offer(3, currency="EUR", sale_price=Decimal(20))], at=AT + timedelta(minutes=9))
    await remove(database, 2)


async def page_of(api: Api, **params: Any) -> dict[str, Any]:
    answer = await api.viewer.get(FEED, params=params)
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


async def followed(api: Api, **params: Any) -> tuple[list[Change], str, int]:
    """The changes that a reader gets that asks again while there is more, its cursor then, and how often it asked."""
    seen: list[Change] = []
    cursor, asked = None, 0
    while True:
        data = await page_of(api, **params, **({} if cursor is None else {"cursor": cursor}))
        asked += 1
        seen += data["changes"]
        assert data["next_cursor"] != cursor or not data["has_more"], "it does not get on"
        cursor = data["next_cursor"]
        if not data["has_more"]:
            return seen, cursor, asked


# The first two differ in both; the others are what lies between.
_AMOUNTS = sorted(product((1, 3, 1000), (1, 2, 500)), key=lambda one: one not in {(3, 2), (1000, 500)})


@pytest.mark.often(first=2)
@pytest.mark.parametrize(("looked_through", "limit"), _AMOUNTS)
@of_one_server
async def test_whatever_is_chosen_comes_once_and_in_order(
    unchanged: Api, monkeypatch: pytest.MonkeyPatch, looked_through: int, limit: int
) -> None:
    monkeypatch.setattr(change_feed, "MOST_LOOKED_THROUGH", looked_through)
    everything, end, _ = await followed(unchanged)
    for account, fields in product((None, "fbe"), ([], ["stock"], ["stock", "lifecycle"], ["warranty"])):
        wanted: Callable[[Change], bool] = lambda one, account=account, fields=fields: (  # noqa: E731
            account in (None, one["account"]) and (not fields or one["field"] in fields)
        )
        chosen = {"field": fields} | ({} if account is None else {"account": account})
        changes, cursor, _ = await followed(unchanged, limit=limit, **chosen)
        assert changes == [one for one in everything if wanted(one)], chosen
        assert cursor == end, chosen


async def test_a_reader_whose_filter_finds_nothing_gets_on_and_hears_of_what_comes(shop: Api) -> None:
    nothing = await page_of(shop, field="warranty")
    assert (nothing["changes"], nothing["count"], nothing["has_more"]) == ([], 0, False)
    assert nothing["next_cursor"] == (await page_of(shop))["next_cursor"]
    await store(shop.state.database, [offer(1, warranty=24)], at=AT + timedelta(hours=1))
    later = await page_of(shop, field="warranty", cursor=nothing["next_cursor"])
    assert [(one["field"], one["new"]) for one in later["changes"]] == [("warranty", "24")]


@of_one_server
async def test_a_cursor_is_a_place_of_the_whole_feed_whatever_narrows_it(unchanged: Api) -> None:
    stocks = await page_of(unchanged, field="stock", limit=1)
    rest, _, _ = await followed(unchanged)
    after = await page_of(unchanged, cursor=stocks["next_cursor"])
    assert after["changes"] == [one for one in rest if one["seq"] > stocks["changes"][0]["seq"]]


async def test_a_chosen_reader_misses_nothing_while_others_write(shop: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change_feed, "MOST_LOOKED_THROUGH", 5)
    done = asyncio.Event()

    async def write() -> None:
        for step in range(40):
            await store(shop.state.database, [offer(1, stock=1000 + step, warranty=step)], at=AT + timedelta(days=step))
        done.set()

    async def read() -> list[str]:
        seen: list[str] = []
        cursor = (await page_of(shop, field="stock"))["next_cursor"]
        while True:
            is_over = done.is_set()
            data = await page_of(shop, field="stock", cursor=cursor, limit=3)
            seen += [one["new"] for one in data["changes"]]
            cursor = data["next_cursor"]
            if is_over and not data["has_more"]:
                return seen

    _, seen = await asyncio.gather(write(), read())
    # It may have begun before the end of what was there.
    assert [new for new in seen if int(new) >= 1000] == [str(1000 + step) for step in range(40)]


@pytest.mark.databases("both", often="sqlite")
@pytest.mark.parametrize(
    ("params", "field", "nearest"),
    [
        ({"field": "stok"}, "field.0", "stock"),
        ({"field": ["stock", "sale_pric"]}, "field.1", "sale_price"),
        ({"fields": "seq,fild"}, "fields", "field"),
        ({"fields": "account_type"}, "fields", "account"),
        ({"acount": "main"}, "acount", "account"),
    ],
)
@of_one_server
async def test_an_unknown_name_is_refused_with_the_nearest(
    unchanged: Api, params: dict[str, Any], field: str, nearest: str
) -> None:
    answer = await unchanged.viewer.get(FEED, params=params)
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["field"], error["values"]) == (422, field, {"nearest": nearest})


@of_one_server
async def test_an_empty_name_among_the_fields_is_told_as_one(unchanged: Api) -> None:
    for path in (FEED, "/api/v1/emag/products/products"):
        for fields in ("", "account,", "account,,emag_id"):
            answer = await unchanged.viewer.get(path, params={"fields": fields})
            assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "unknown_field")
            assert "a name is empty" in answer.json()["detail"]


@of_one_server
async def test_every_field_that_the_log_has_can_be_asked_for(unchanged: Api) -> None:
    logged = {row["field"] for row in await unchanged.rows("SELECT DISTINCT field FROM offer_changes")}
    assert logged <= set(CHANGED_FIELDS)
    for field in CHANGED_FIELDS:
        assert {one["field"] for one in (await page_of(unchanged, field=field))["changes"]} <= {field}


@of_one_server
async def test_each_field_of_a_change_is_as_in_the_whole_answer(unchanged: Api) -> None:
    history = "/api/v1/emag/products/products/2/changes"
    for path in (FEED, history):
        whole = (await unchanged.viewer.get(path)).json()["data"]
        assert any(one["currency"] for one in whole["changes"])
        for name in ProductChange.model_fields:
            picked = (await unchanged.viewer.get(path, params={"fields": name})).json()["data"]
            wanted = [{key: one[key] for key in one if key in {*CHANGE_KEYS, name}} for one in whole["changes"]]
            assert picked == {**whole, "changes": wanted}, name
    by_older_name = await unchanged.viewer.get(FEED, params={"fields": OLDER_WORDS["account"]})
    assert by_older_name.status_code == 422


@of_one_server
async def test_currencies_are_looked_up_for_who_asks_for_them(unchanged: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up = []

    async def courses(*given: Any, **named: Any) -> list[dict[str, Any]]:
        looked_up.append(given)
        return await with_currencies(*given, **named)

    monkeypatch.setattr(product_repository, "with_currencies", courses)
    for fields, is_read in (("field,new", False), ("currency", True), ("old_currency", True), (None, True)):
        looked_up.clear()
        await page_of(unchanged, **({} if fields is None else {"fields": fields}))
        assert bool(looked_up) == is_read, fields


def test_the_document_promises_no_more_of_a_picked_change_than_its_keys() -> None:
    schema = openapi_document()["components"]["schemas"]["PickedChange"]
    assert schema["required"] == list(CHANGE_KEYS)
    assert set(schema["properties"]) == set(ProductChange.model_fields)


async def test_no_page_looks_through_more_of_a_long_log_than_it_may(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """25,000 changes, of which none is wanted: the log is read by its numbers, some at a time."""
    monkeypatch.setattr(change_feed, "MOST_LOOKED_THROUGH", SOME)
    rows = [
        {"account": "main", "emag_id": n, "field": "stock", "old": "1", "new": "2", "at": AT, "source": "sync"}
        for n in range(MANY)
    ]
    async with api.state.database.transaction() as connection:
        for start in range(0, MANY, 10_000):
            await connection.execute(insert(offer_changes), rows[start : start + 10_000])
    with reading_changes(api.state.database) as said:
        changes, _, asked = await followed(api, field="warranty")
    assert (changes, asked) == ([], MANY // SOME)
    async with api.state.database.transaction() as connection:
        plans = await plans_of(connection, said)
    assert len(plans) == asked
    for plan in plans:
        assert (
            "SEARCH offer_changes USING INTEGER PRIMARY KEY" in plan or "Index Scan using pk_offer_changes" in plan
        ), plan


Said = tuple[str, Any]


@contextmanager
def reading_changes(database: Database) -> Iterator[list[Said]]:
    """The statements that read the changes of a page, with their parameters."""
    said: list[Said] = []

    def hear(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if "offer_changes.source" in statement and "LIMIT" in statement:
            said.append((statement, parameters))

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", hear)
    yield said
    event.remove(engine, "before_cursor_execute", hear)


async def plans_of(connection: AsyncConnection, said: Sequence[Said]) -> list[str]:
    """How the database reads by these statements."""
    is_sqlite = connection.dialect.name == "sqlite"
    if not is_sqlite:
        await connection.execute(text("ANALYZE offer_changes"))
    word = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
    found = [await connection.exec_driver_sql(f"{word} {statement}", parameters) for statement, parameters in said]
    return ["\n".join(str(row[-1]) for row in plan) for plan in found]

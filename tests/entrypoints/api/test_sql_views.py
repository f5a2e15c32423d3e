"""What programs read by SQL is what the API answers about the same offers, changes, runs and edits."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio

from emagsync.core import money
from emagsync.db.contract.definitions import VIEWS, Kind
from emagsync.db.contract.rendering import SQLITE_TYPES
from emagsync.reference import repository as reference
from emagsync.reference.rows import Category, VatRate
from support.editing import EMAG, PRODUCTS, Editing, open_editing
from support.left_out import left_out

pytestmark = [pytest.mark.databases("both"), pytest.mark.asyncio(loop_scope="module")]

# What a view has more than the answer, and tests below look at by itself.
OFFER_OF = {"product_id", "part_number"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def editing(tmp_path_factory: pytest.TempPathFactory, backend: str) -> AsyncIterator[Editing]:
    """An account with a history: prices, currencies and stocks that changed, a removed offer, edits, a conflict.

    The tests only read it, but for a run that changes nothing.
    """
    async with open_editing(tmp_path_factory.mktemp(f"views-{backend}"), unasked=left_out) as running:
        async with running.api.state.database.transaction() as connection:
            for day, rate in ((date(2026, 1, 1), "0.1900"), (date(2026, 8, 1), "0.2100")):
                await reference.store_vat(connection, "main", [VatRate(1, Decimal(rate), None)], day)
            await reference.store_categories(connection, "main", [Category(1, "Lămpi", None)])
        running.on_emag(1, sale_price="121.8437", category_id=1)
        running.on_emag(2, currency="EUR", sale_price="30.0000")
        running.on_emag(3, stock=0, ean=["5940000000017", "5940000000024"])
        await running.edit(4, sale_price="99.5")
        await running.edit(5, stock=7)
        running.on_emag(4, sale_price="90.0000")
        await running.sync(conflict_strategy="manual")
        running.on_emag(2, currency="RON", sale_price="150.0000")
        running.market.change("remove", ids=[6])
        await running.sync()
        yield running


def plain(value: Any, kind: Kind) -> Any:
    """A database's value as the API writes it."""
    if value is None:
        return None
    if kind is Kind.TIME:
        return datetime.fromisoformat(value) if isinstance(value, str) else value
    if kind in (Kind.JSON, Kind.JSON_OF_CODES):
        return json.loads(value) if isinstance(value, str) else value
    if kind is Kind.AMOUNT:
        return money.text(Decimal(value))
    if kind is Kind.NUMBER:
        return round(value, 3)
    if kind is Kind.TRUTH:
        return bool(value)
    return value


def as_read(value: Any, kind: Kind) -> Any:
    return datetime.fromisoformat(value) if kind is Kind.TIME and value is not None else value


async def rows_of(editing: Editing, name: str, rest: str = "") -> list[dict[str, Any]]:
    kinds = {column.name: column.kind for view in VIEWS if view.name == name for column in view.columns}
    found = await editing.api.rows(f"SELECT * FROM {name} {rest}")
    return [{column: plain(value, kinds[column]) for column, value in row.items()} for row in found]


def answered(items: Iterable[dict[str, Any]], name: str, *, but: set[str] = frozenset()) -> list[dict[str, Any]]:  # type: ignore[assignment]
    """What the API says of the columns of a view."""
    kinds = {column.name: column.kind for view in VIEWS if view.name == name for column in view.columns}
    return [
        {column: as_read(item[column], kind) for column, kind in kinds.items() if column not in but} for item in items
    ]


def without(rows: list[dict[str, Any]], names: set[str]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name not in names} for row in rows]


async def get(editing: Editing, path: str, **query: Any) -> Any:
    answer = await editing.api.viewer.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def products(editing: Editing, **query: Any) -> list[dict[str, Any]]:
    return list((await get(editing, PRODUCTS, limit=100, **query))["data"]["products"])


async def test_offers_are_those_of_the_list(editing: Editing) -> None:
    listed = await products(editing)
    assert len(listed) == 11
    assert await rows_of(editing, "v_offers", "ORDER BY account, emag_id") == answered(listed, "v_offers")
    assert {offer["vat_rate"] for offer in listed} >= {"0.2100"}
    assert "Lămpi" in {offer["category_name"] for offer in listed}
    every = await products(editing, include_removed=True)
    [removed] = [one for one in every if one["sync_status"] == "removed"]
    assert await rows_of(editing, "v_removed_offers") == answered([removed], "v_removed_offers")


async def test_eans_stand_alone_in_their_order(editing: Editing) -> None:
    expected = [
        (one["emag_id"], place, ean, one["id"], one["part_number"])
        for one in await products(editing)
        for place, ean in enumerate(one["eans"], start=1)
    ]
    found = await rows_of(editing, "v_offer_eans", "ORDER BY account, emag_id, position")
    assert [(r["emag_id"], r["position"], r["ean"], r["product_id"], r["part_number"]) for r in found] == expected
    assert len([row for row in expected if row[0] == 3]) == 2


async def test_payloads_are_those_of_the_detail(editing: Editing) -> None:
    found = {row["emag_id"]: row["payload"] for row in await rows_of(editing, "v_offer_payloads")}
    assert found[1] == (await editing.product(1))["payload"]
    assert 6 in found


async def test_changes_are_those_of_the_feed_with_their_currencies(editing: Editing) -> None:
    feed = (await get(editing, f"{EMAG}/products/changes", after=0, limit=100))["data"]["changes"]
    found = await rows_of(editing, "v_changes", "ORDER BY seq LIMIT 100")
    assert without(found, {"part_number"}) == answered(feed, "v_changes", but={"part_number"})
    assert {("RON", "EUR"), ("EUR", "RON")} <= {(row["old_currency"], row["currency"]) for row in found}
    by_id = {one["emag_id"]: one["part_number"] for one in await products(editing, include_removed=True)}
    assert all(row["part_number"] == by_id[row["emag_id"]] for row in found)


async def test_runs_are_those_of_the_history(editing: Editing) -> None:
    await editing.api.operator.post(
        f"{EMAG}/products/sync",
        json={"account": "main", "mode": "selective", "selection": {"ids": [1]}, "dry_run": True},
    )
    runs = (await get(editing, f"{EMAG}/products/history", limit=50))["data"]["syncs"]
    assert await rows_of(editing, "v_runs", "ORDER BY created_at DESC") == answered(runs, "v_runs")
    assert [run["dry_run"] for run in runs[:2]] == [True, False]


async def test_edits_and_conflicts_are_those_of_their_lists(editing: Editing) -> None:
    edits = await editing.edits(limit=100)
    more = {*OFFER_OF, "reason_code"}
    found = await rows_of(editing, "v_edits", "ORDER BY id DESC")
    assert without(found, more) == answered(edits, "v_edits", but=more)
    assert {(row["emag_id"], row["field"], row["warehouse_id"]) for row in found} == {
        (4, "sale_price", None),
        (5, "stock", 1),
    }
    conflicts = await editing.conflicts()
    assert len(conflicts) == 1
    found = await rows_of(editing, "v_conflicts", "ORDER BY id DESC")
    assert without(found, OFFER_OF) == answered(conflicts, "v_conflicts", but=OFFER_OF)


async def test_accounts_tell_how_fresh_their_copies_are_and_nothing_secret(editing: Editing) -> None:
    [account] = await rows_of(editing, "v_accounts")
    syncs = (await get(editing, f"{EMAG}/products/history", limit=5))["data"]["syncs"]
    newest = next(run for run in syncs if not run["dry_run"])
    assert (account["account"], account["offers"]) == ("main", 11)
    assert account["last_completed_at"] == account["last_full_at"] == datetime.fromisoformat(newest["completed_at"])


async def test_what_numbers_mean_and_the_history_are_there(editing: Editing) -> None:
    rates = await rows_of(editing, "v_vat_rates", "ORDER BY since")
    assert [(str(row["since"]), row["vat_rate"]) for row in rates] == [
        ("2026-01-01", "0.1900"),
        ("2026-08-01", "0.2100"),
    ]
    [category] = await rows_of(editing, "v_categories")
    assert (category["category_id"], category["category_name"]) == (1, "Lămpi")
    [history] = await rows_of(editing, "v_histories")
    feed = (await get(editing, f"{EMAG}/products/changes", after=0, limit=1))["data"]
    assert feed["next_cursor"].startswith(history["history"])


@pytest.mark.databases("sqlite", "its values have types, its columns not")
async def test_values_are_of_the_types_that_are_promised(editing: Editing) -> None:
    for view in VIEWS:
        asked = ", ".join(f"typeof({column.name}) AS {column.name}" for column in view.columns)
        kinds = {column.name: {SQLITE_TYPES[column.kind], "null"} for column in view.columns}
        found = await editing.api.rows(f"SELECT {asked} FROM {view.name}")
        assert found, view.name
        assert [(name, kind) for row in found for name, kind in row.items() if kind not in kinds[name]] == []

"""VAT rates and categories are read of each account when due, out of every run's way, and shown with its offers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from emagsync.accounts.registry import AccountRegistry
from emagsync.core.money import UNIT
from emagsync.core.settings import Settings
from emagsync.db.engine import Database
from emagsync.reference import repository
from emagsync.reference.keeper import ReferenceKeeper
from emagsync.reference.repository import Kind, Read
from emagsync.reference.rows import Category, VatRate
from support.api import Api
from support.clocks import ForwardClock
from support.databases import new_database
from support.local import QUICK, accounts_at
from support.market import Market, open_market
from support.patience import PATIENCE_SECONDS
from support.runs import open_desk

pytestmark = pytest.mark.databases("both", often="sqlite")

VAT, CATEGORIES = "vat/read", "category/read"


class Kept(NamedTuple):
    """A keeper of the accounts of a sandbox. `busy` are the accounts that have a run, `asked` the routes in order."""

    keeper: ReferenceKeeper
    database: Database
    market: Market
    clock: ForwardClock
    busy: set[str]
    asked: list[str]

    async def reads(self) -> dict[Kind, Read]:
        async with self.database.snapshot() as connection:
            return {one.kind: one for one in await repository.reads(connection) if one.account == "main"}

    async def rates(self) -> dict[int, str]:
        async with self.database.snapshot() as connection:
            found = await repository.current_vat(connection, ("main",))
        return {rate.vat_id: str(rate.rate) for rate in found.get("main", {}).values()}

    async def categories(self) -> list[Category]:
        async with self.database.snapshot() as connection:
            return await repository.categories_of_account(connection, "main")

    async def asked_after(self, **by: float) -> list[str]:
        """The routes that are asked when the keeper looks after that time."""
        self.clock.forward(**by)
        self.asked.clear()
        await self.keeper.look()
        return sorted(self.asked)


@asynccontextmanager
async def keeping(folder: Path, *accounts: str) -> AsyncIterator[Kept]:
    clock, busy, asked = ForwardClock(), set[str](), list[str]()

    async def is_busy(account: str) -> bool:
        return account in busy

    names = accounts or ("main",)
    async with open_market(dict.fromkeys(names, 3)) as market, new_database(folder) as database:
        settings = Settings(_env_file=None, data_dir=folder, limit={"enabled": False}, **QUICK)
        registry = AccountRegistry(
            accounts_at(market.url, *names), settings, clock=clock, on_call=lambda record: asked.append(record.route)
        )
        keeper = ReferenceKeeper(database=database, registry=registry, clock=clock, is_busy=is_busy)
        yield Kept(keeper, database, market, clock, busy, asked)
        await registry.aclose()


async def test_vat_is_read_daily_and_categories_weekly(tmp_path: Path) -> None:
    async with keeping(tmp_path) as kept:
        assert await kept.asked_after() == [CATEGORIES, VAT]
        assert await kept.rates() == {1: "0.2100", 2: "0.1100", 3: "0.0000"}
        known = await kept.categories()
        assert len(known) > 5
        assert known[0].category_id >= 3000
        assert await kept.asked_after(minutes=20) == []
        assert await kept.asked_after(days=1) == [VAT]
        assert await kept.asked_after(days=6) == [CATEGORIES, VAT]
        assert await kept.categories() == known


async def test_what_fails_leaves_what_is_there_and_is_tried_again_later(tmp_path: Path) -> None:
    async with keeping(tmp_path) as kept:
        await kept.keeper.look()
        rates, known, before = await kept.rates(), await kept.categories(), await kept.reads()
        kept.market.fault(kind="status", status=503)
        assert VAT in await kept.asked_after(days=8)
        assert (await kept.rates(), await kept.categories()) == (rates, known)
        after = await kept.reads()
        assert all(after[kind].error for kind in Kind)
        assert [after[kind].read_at for kind in Kind] == [before[kind].read_at for kind in Kind]
        assert await kept.asked_after(minutes=10) == []
        kept.market.mend()
        assert await kept.asked_after(minutes=10) == [CATEGORIES, VAT]
        assert [one.error for one in (await kept.reads()).values()] == [None, None]


async def test_categories_wait_for_the_accounts_run_and_vat_does_not(tmp_path: Path) -> None:
    async with keeping(tmp_path, "main", "fbe") as kept:
        kept.busy.add("main")
        assert await kept.asked_after() == [CATEGORIES, VAT, VAT]
        assert await kept.categories() == []
        kept.busy.clear()
        assert await kept.asked_after(minutes=1) == [CATEGORIES]
        assert await kept.categories() != []


async def test_of_two_processes_one_reads(tmp_path: Path) -> None:
    async with keeping(tmp_path) as kept:
        await kept.keeper.look()
        seen = (await kept.reads())[Kind.VAT]
        async with kept.database.transaction() as connection:
            assert await repository.claim_read(connection, seen, seen.tried_at + timedelta(days=1))
            assert not await repository.claim_read(connection, seen, seen.tried_at + timedelta(days=2))


async def test_the_rates_of_a_day_can_be_told_and_an_unchanged_one_is_not_written_again(tmp_path: Path) -> None:
    async with new_database(tmp_path) as database:
        clock = ForwardClock()
        today = clock.now().date()
        for days, rate in ((0, "0.19"), (0, "0.20"), (1, "0.20"), (2, "0.21")):
            async with database.transaction() as connection:
                day = today + timedelta(days=days)
                await repository.store_vat(connection, "main", [VatRate(1, Decimal(rate).quantize(UNIT))], day)
        async with database.snapshot() as connection:
            rows = (await connection.exec_driver_sql("SELECT since FROM vat_rates ORDER BY since")).scalars().all()
            assert [str(one) for one in rows] == [str(today), str(today + timedelta(days=2))]
            assert (await repository.current_vat(connection))["main"][1].rate == Decimal("0.21")


async def test_offers_show_what_their_numbers_mean(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 20}, schedule={"enabled": True, "incremental_minutes": 0}) as desk:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while None in (times := read_times(await reference(desk.api))) or len(times) < 2:
                await asyncio.sleep(0.05)
        await desk.sync()
        products = (await desk.api.viewer.get("/api/v1/emag/products/products")).json()["data"]["products"]
        for product in products:
            rate = {1: "0.2100", 2: "0.1100", 3: "0.0000"}[product["vat_id"]]
            assert product["vat_rate"] == rate
            exact = Decimal(product["price"]) * (1 + Decimal(rate))
            assert abs(Decimal(product["price_with_vat"]) - exact) <= Decimal("0.00005")
        assert any(product["category_name"] for product in products)
        one = (await desk.api.viewer.get(f"/api/v1/emag/products/products/{products[0]['id']}")).json()["data"]
        for name in ("vat_rate", "price_with_vat", "category_name"):
            assert one["product"][name] == products[0][name]
        listed = (await desk.api.viewer.get("/api/v1/emag/reference/categories/main")).json()["categories"]
        names = {category["category_id"]: category["name"] for category in listed}
        assert {product["category_name"] for product in products} == {
            names.get(product["category_id"]) for product in products
        }


async def reference(api: Api) -> dict[str, Any]:
    found: dict[str, Any] = (await api.viewer.get("/api/v1/emag/reference")).json()
    return found


def read_times(found: dict[str, Any]) -> list[str | None]:
    return [one["read_at"] for one in found["reads"]]

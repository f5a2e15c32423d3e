"""The views of the contract: what they promised stays, on both databases, whatever migrations do to the tables."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from emagsync.core import money
from emagsync.db import migrations
from emagsync.db.contract.definitions import REVISION, VERSION, VIEWS, Kind
from emagsync.db.contract.installing import NAMES, rebuilt
from emagsync.db.contract.rendering import POSTGRESQL, POSTGRESQL_TYPES, SQLITE, create_view
from emagsync.db.engine import Database
from emagsync.db.migrate import upgrade
from emagsync.offers import search
from emagsync.reference import repository as reference
from emagsync.reference.rows import VatRate
from offers.offer_rows import offer, store
from support.databases import address_in
from support.migrating import bring_to, insert_row, take_back_to

pytestmark = pytest.mark.databases("both")

KEPT: dict[str, Any] = json.loads((Path(__file__).parent / "contract.json").read_text())
SEVERAL = 3_000


def columns() -> dict[str, dict[str, str]]:
    return {view.name: {column.name: column.kind.name for column in view.columns} for view in VIEWS}


@pytest.mark.databases("sqlite", "it is about the code")
def test_a_version_only_gets_more_and_a_change_of_any_view_comes_with_a_step() -> None:
    """`contract.json` is what readers were promised. After an addition that raises `REVISION`, with a new step in
    `db/migrations` (which may do nothing): let it say what this test prints."""
    statements = "\n".join(create_view(view, dialect) for view in VIEWS for dialect in (SQLITE, POSTGRESQL))
    digest = hashlib.sha256(statements.encode()).hexdigest()
    assert KEPT["version"] == VERSION
    for name, promised in KEPT["views"].items():
        assert list(columns()[name].items())[: len(promised)] == list(promised.items())
    assert (columns() == KEPT["views"]) is (KEPT["revision"] == REVISION)
    assert columns() == KEPT["views"], "let contract.json have what is new"
    assert (digest == KEPT["statements"]) or KEPT["step"] < migrations.HEAD, "add a step, which makes the views anew"
    assert digest == KEPT["statements"], "let contract.json have the new statements and their step"
    assert KEPT["step"] <= migrations.HEAD


@pytest.mark.databases("postgresql", "SQLite has types of values only")
async def test_the_columns_and_types_of_the_database_are_the_promised_ones(database: Database) -> None:
    query = text(
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "
        "WHERE attrelid = to_regclass(:name) AND attnum > 0 ORDER BY attnum"
    )
    async with database.snapshot() as connection:
        for name, promised in KEPT["views"].items():
            found = [tuple(row) for row in await connection.execute(query, {"name": name})]
            assert found == [(column, POSTGRESQL_TYPES[Kind[kind]]) for column, kind in promised.items()]


async def test_every_view_has_the_promised_columns_in_order(database: Database) -> None:
    async with database.snapshot() as connection:
        for name, promised in KEPT["views"].items():
            assert list((await connection.execute(text(f"SELECT * FROM {name}"))).keys()) == list(promised)
        [contract] = (await connection.execute(text("SELECT * FROM v_contract"))).all()
    assert tuple(contract) == (VERSION, REVISION)


@pytest.mark.parametrize(
    "amount", ["0.0001", "-0.0001", "-1.5000", "121.8400", "0.0000", "99999999999999.9999", "-12345678901234.0001"]
)
async def test_amounts_are_exact(database: Database, amount: str) -> None:
    rate = Decimal("0.2100")
    await store(database, [offer(7, sale_price=Decimal(amount), vat_id=1)])
    async with database.transaction() as connection:
        await reference.store_vat(connection, "main", [VatRate(1, rate, None)], date(2026, 1, 1))
    async with database.snapshot() as connection:
        [row] = await connection.execute(text("SELECT sale_price, vat_rate, sale_price_with_vat FROM v_offers"))
    expected = [Decimal(amount), rate, money.with_vat(Decimal(amount), rate)]
    assert [f"{value}" for value in row] == [f"{value:.4f}" for value in expected]


async def plan_of(database: Database, query: str) -> str:
    explain = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
    async with database.snapshot() as connection:
        return "\n".join(str(row[-1]) for row in await connection.execute(text(explain + query)))


LOOKUPS = {
    "v_offers WHERE account = 'main' AND part_number = 'SKU-7'": "ix_offers_part_number",
    "v_offers WHERE part_number = 'SKU-7'": "ix_offers_part_number",
    "v_offers WHERE account = 'main' AND emag_id = 7": "offers_account|autoindex_offers|ix_offers_facets",
    "v_offer_payloads WHERE account = 'main' AND emag_id = 7": "pk_offer_payloads|autoindex_offer_payloads",
    "v_changes WHERE seq > 2990 ORDER BY seq LIMIT 1000": "pk_offer_changes|INTEGER PRIMARY KEY",
    "v_changes WHERE account = 'main' AND emag_id = 7": "ix_offer_changes_account",
}


@pytest.fixture
async def filled(database: Database) -> Database:
    """So many offers that PostgreSQL would rather use an index than read all."""
    await store(database, [offer(number) for number in range(1, SEVERAL + 1)])
    await search.catch_up(database)
    if not database.is_sqlite:
        async with database.transaction() as connection:
            await connection.execute(text("ANALYZE"))
    return database


async def test_one_offer_and_the_next_changes_are_found_by_an_index(filled: Database) -> None:
    for query, indexes in LOOKUPS.items():
        async with filled.snapshot() as connection:
            assert (await connection.execute(text(f"SELECT * FROM {query}"))).first() is not None, query
        plan = await plan_of(filled, f"SELECT * FROM {query}")
        assert any(index in plan for index in indexes.split("|")), (query, plan)
        table = "offer_changes" if "v_changes" in query else "offer_payloads" if "payloads" in query else "offers"
        assert f"Seq Scan on {table} " not in plan, (query, plan)
        assert not any(line.startswith(f"SCAN {table}") for line in plan.splitlines()), (query, plan)


async def test_steps_down_and_up_again_leave_the_views_of_this_version(tmp_path: Path) -> None:
    async with Database(address_in(tmp_path, "down", migrated=False)) as database:
        await upgrade(database)
        for step in ("20261129_37", "20261128_28"):
            async with database.engine.begin() as connection:
                await connection.run_sync(take_back_to, step)
            assert await views_in(database) == set()
        async with database.engine.begin() as connection:
            await connection.run_sync(bring_to, "20261128_29")
            await connection.run_sync(insert_an_offer)
        assert await views_in(database) == set()
        assert await upgrade(database) is True
        assert await views_in(database) == set(NAMES)
        async with database.snapshot() as connection:
            found = await connection.scalar(text("SELECT name FROM v_offers WHERE account = 'main'"))
        assert found == "Lampă"


def insert_an_offer(connection: Any) -> None:
    insert_row(
        connection, "offers", account="main", emag_id=7, name="Lampă", eans="[]", not_sellable="", removed_at=None
    )


async def views_in(database: Database) -> set[str]:
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'view'"
        if database.is_sqlite
        else "SELECT viewname FROM pg_views WHERE schemaname = 'public'"
    )
    async with database.snapshot() as connection:
        return set((await connection.execute(text(query))).scalars())


@pytest.mark.databases("postgresql", "SQLite has no rights")
async def test_who_could_read_the_views_can_read_them_after_an_upgrade(tmp_path: Path) -> None:
    async with Database(address_in(tmp_path, "granted", migrated=False)) as database:
        await upgrade(database)
        async with database.engine.begin() as connection:
            await connection.run_sync(take_back_to, "20261129_37")
            # As a version before some view was there left it.
            await connection.run_sync(bring_to, migrations.HEAD)
            for statement in (
                'CREATE ROLE "of all ""x"""',
                "CREATE ROLE of_one",
                'GRANT SELECT ON v_contract TO "of all ""x"""',
                "GRANT SELECT ON v_runs TO of_one",
            ):
                await connection.exec_driver_sql(statement)
        try:
            async with database.engine.begin() as connection:
                # What a later step does, in one go with the steps up to it.
                await connection.run_sync(rebuild)
            query = text(
                "SELECT grantee, count(*) FROM information_schema.role_table_grants "
                "WHERE grantee IN ('of_one', 'of all \"x\"') AND privilege_type = 'SELECT' GROUP BY grantee"
            )
            async with database.snapshot() as connection:
                found = dict(tuple(row) for row in await connection.execute(query))
            assert found == {"of_one": 1, 'of all "x"': len(NAMES)}
        finally:
            async with database.engine.begin() as connection:
                for role in ("of_one", '"of all ""x"""'):
                    await connection.exec_driver_sql(f"DROP OWNED BY {role}")
                    await connection.exec_driver_sql(f"DROP ROLE {role}")


def rebuild(connection: Any) -> None:
    with rebuilt(connection, newest=migrations.HEAD):
        connection.execute(text("ALTER TABLE offers ALTER COLUMN brand TYPE varchar(100)"))

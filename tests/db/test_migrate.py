"""Schema discipline: upgraded from empty, checked against the tables, refused when newer, safe when started twice."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

import emagsync
from emagsync.db import migrations, trigrams
from emagsync.db.checks import check
from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseTooNew
from emagsync.db.metadata import metadata
from emagsync.db.migrate import complete, current_revision, upgrade
from emagsync.offers.kept_numbers import count_anew, wrong_accounts
from emagsync.offers.queries import list_offers
from emagsync.offers.search import catch_up
from emagsync.offers.selection import OfferFilter
from support.databases import address_in, address_of
from support.migrating import bring_to, insert_row
from support.processes import AsyncProcess
from support.program import environment
from support.servers import USER

pytestmark = pytest.mark.databases("both")

UPGRADE = """
import asyncio, sys
from emagsync.db.engine import Database
from emagsync.db.migrate import upgrade
async def main():
    async with Database(sys.argv[1]) as database:
        print(await upgrade(database))
asyncio.run(main())
"""

Started = Awaitable[AsyncProcess]

STEPS = [script.revision for script in ScriptDirectory(str(Path(migrations.__file__).parent)).walk_revisions()][::-1]


@pytest.fixture
def upgrading(url: str, tmp_path: Path) -> Callable[[], Started]:
    """Starts a process that upgrades the database and says whether it did."""
    program = tmp_path / "upgrade.py"
    program.write_text(UPGRADE)
    return lambda: AsyncProcess.start(url, script=program, env=environment(tmp_path))


@pytest.fixture
def url(tmp_path: Path) -> str:
    return address_in(tmp_path, migrated=False)


def import_all_tables() -> None:
    """Every module that declares tables, also of features that nobody imported yet."""
    for module in pkgutil.walk_packages(emagsync.__path__, "emagsync."):
        if module.name.endswith("tables"):
            importlib.import_module(module.name)


async def test_an_empty_database_is_brought_to_this_versions_schema_once(url: str) -> None:
    async with Database(url) as database:
        assert await current_revision(database) is None
        assert await upgrade(database) is True
        assert await current_revision(database) == migrations.HEAD
        assert await upgrade(database) is False


async def assert_as_declared(database: Database) -> None:
    """The tables are exactly those that the code declares."""
    import_all_tables()

    def ours(name: str | None, _kind: str, _: object) -> bool:
        # No metadata describes the indexes of search.
        return name is None or not (name.startswith("offer_search_index") or name == trigrams.INDEX)

    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": ours})
        return list(compare_metadata(context, metadata))

    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_new_database_has_exactly_the_tables_that_the_code_declares(database: Database) -> None:
    await assert_as_declared(database)


async def test_a_new_database_has_the_schema_that_the_migrations_make_one_by_one(url: str, tmp_path: Path) -> None:
    async with Database(url) as new, Database(address_in(tmp_path, "by_steps", migrated=False)) as by_steps:
        await upgrade(new)
        async with by_steps.engine.begin() as connection:
            await connection.run_sync(bring_to, migrations.HEAD)
        made, migrated = await schema_of(new), await schema_of(by_steps)
    assert made.keys() == migrated.keys()
    assert {name: (made[name], migrated[name]) for name in made if made[name] != migrated[name]} == {}


async def schema_of(database: Database) -> dict[str, Any]:
    """Everything in the database's own catalogue, by name, but the order of a table's columns; and how many rows."""
    queries = {"": _IN_SQLITE} if database.is_sqlite else _IN_POSTGRESQL
    found: dict[str, Any] = {}
    async with database.snapshot() as connection:
        for kind, query in queries.items():
            for name, said in await connection.execute(text(query)):
                found[f"{kind} {name}"] = definitions_in(said) if database.is_sqlite else said
        for name in metadata.tables:
            found[f"rows {name}"] = await connection.scalar(text(f"SELECT count(*) FROM {name}"))
    assert len(found) > 50
    return found


def definitions_in(statement: str) -> list[str]:
    """How a CREATE statement begins, and what its commas separate, in alphabetical order; without quotes and lines."""
    plain = " ".join(statement.replace('"', "").split())
    # Not the commas of a list in brackets, such as those of a key's columns.
    inner = re.sub(r"\([^()]*\)", lambda found: found[0].replace(",", ";"), plain)
    head, _, body = inner.partition("(")
    return [head.strip(), *sorted(part.strip(" ()") for part in body.split(","))]


_IN_SQLITE = """
    SELECT type || ' ' || name, sql FROM sqlite_master WHERE sql IS NOT NULL
    UNION ALL SELECT 'setting ' || k, CAST(v AS TEXT) FROM offer_search_index_config
    UNION ALL SELECT 'revision', version_num FROM alembic_version
"""
_OURS = "relnamespace = 'public'::regnamespace"
_IN_POSTGRESQL = {
    "table": f"SELECT relname, concat(relkind, reloptions) FROM pg_class WHERE {_OURS}",
    "column": f"""
        SELECT relname || '.' || attname, concat_ws(
            ' ', format_type(atttypid, atttypmod), attnotnull, attcompression, attidentity, pg_get_expr(adbin, adrelid)
        )
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE {_OURS} AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
    """,
    "constraint": """
        SELECT conname, concat(conrelid::regclass, pg_get_constraintdef(oid))
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    """,
    "index": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "trigger": "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "extension": "SELECT extname, extversion FROM pg_extension",
    "revision": "SELECT 'revision', version_num FROM alembic_version",
}


def insert_an_offer(connection: Connection) -> None:
    insert_row(connection, "offers", account="main", emag_id=7, name="Lampă de birou", eans="[]")


@pytest.mark.often(first=1)
@pytest.mark.databases("both", often="sqlite")
@pytest.mark.parametrize("step", STEPS)
async def test_a_database_of_any_earlier_step_is_upgraded_with_what_it_holds(url: str, step: str) -> None:
    async with Database(url) as database:
        async with database.engine.begin() as connection:
            await connection.run_sync(bring_to, step)
            await connection.run_sync(insert_an_offer)
        assert await current_revision(database) == step
        assert await upgrade(database) is (step != migrations.HEAD)
        await catch_up(database)
        await assert_as_declared(database)
        page = await list_offers(database, OfferFilter(search="LAMPA"))
        # At the steps with search the row above was inserted without its words; SQLite makes up for that.
        assert [offer.emag_id for offer in page.offers] == ([7] if database.is_sqlite or step < "20261123_04" else [])
        # At the steps with kept numbers it was inserted without them.
        assert await wrong_accounts(database) == (["main"] if step >= "20261129_31" else [])
        await count_anew(database)
        assert (await list_offers(database, OfferFilter())).total == 1


@pytest.mark.databases("postgresql", "it is about its ways of storing")
async def test_a_database_of_an_older_version_stores_as_a_new_one_does(url: str, tmp_path: Path) -> None:
    async with Database(url) as older, Database(address_in(tmp_path, "new")) as newest:
        async with older.engine.begin() as connection:
            await connection.run_sync(bring_to, "20261123_07")
            await connection.execute(text(f"ALTER INDEX {trigrams.INDEX} SET (gin_pending_list_limit = 512)"))
        before = await ways_of_storing(older)
        await upgrade(older)
        assert before != await ways_of_storing(older) == await ways_of_storing(newest)


async def ways_of_storing(database: Database) -> tuple[Any, ...]:
    """The options of search's index, and the compression of payloads where it is not the server's default."""
    compression = (
        "SELECT attcompression::text FROM pg_attribute "
        "WHERE attrelid = 'offer_payloads'::regclass AND attname = 'payload'"
    )
    options = f"SELECT reloptions::text FROM pg_class WHERE relname = '{trigrams.INDEX}'"
    async with database.snapshot() as connection:
        return tuple([await connection.scalar(text(query)) for query in (options, compression)])


def test_the_newest_step_is_the_head_and_there_is_one_line_of_steps() -> None:
    folder = Path(migrations.__file__).parent
    scripts = ScriptDirectory(str(folder))
    assert scripts.get_heads() == [migrations.HEAD]
    steps = [script.revision for script in scripts.walk_revisions()]
    assert steps == sorted(steps, reverse=True)


async def test_a_database_of_a_newer_version_is_refused_and_left_alone(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '29991231_01'"))
    with pytest.raises(DatabaseTooNew, match="29991231_01"):
        await upgrade(database)
    assert await current_revision(database) == "29991231_01"


async def test_two_starts_at_once_in_one_process_upgrade_once(url: str) -> None:
    async with Database(url) as one, Database(url) as other:
        assert sorted(await asyncio.gather(upgrade(one), upgrade(other), upgrade(one))) == [False, False, True]


@pytest.mark.often(first=1)
async def test_processes_that_start_at_once_upgrade_once(url: str, upgrading: Callable[[], Started]) -> None:
    processes = await asyncio.gather(*(upgrading() for _ in range(4)))
    said = [await process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, said
    assert sorted(out.decode().strip() for out, _ in said) == ["False", "False", "False", "True"]


@pytest.mark.databases("sqlite", "a file shows when the upgrade began")
async def test_a_process_killed_while_upgrading_leaves_a_database_that_can_be_upgraded(
    url: str, upgrading: Callable[[], Started]
) -> None:
    process = await upgrading()
    path = Path(url.removeprefix("sqlite:///"))
    while not path.exists() and process.returncode is None:
        await asyncio.sleep(0.001)
    if process.returncode is None:
        process.kill()
    await process.communicate()
    async with Database(url) as database:
        await upgrade(database)
        assert await current_revision(database) == migrations.HEAD


async def test_every_constraint_and_index_has_a_name_of_the_convention(database: Database) -> None:
    def names(connection: Connection) -> list[str]:
        inspector = inspect(connection)
        return [str(index["name"]) for table in inspector.get_table_names() for index in inspector.get_indexes(table)]

    async with database.snapshot() as connection:
        found = await connection.run_sync(names)
    assert found
    assert all(name.startswith(("ix_", "uq_")) for name in found)


@pytest.mark.databases("postgresql", "SQLite has its own")
async def test_postgresql_has_the_index_of_search_and_gets_it_later_where_it_was_missing(database: Database) -> None:
    async with database.transaction() as connection:
        assert await connection.run_sync(trigrams.is_there)
        await connection.run_sync(trigrams.drop)
        await connection.execute(text("DROP EXTENSION pg_trgm"))
        await connection.execute(text("CREATE ROLE nobody_special LOGIN"))
        await connection.execute(text("GRANT ALL ON SCHEMA public TO nobody_special"))
    try:
        async with Database(address_of(database).replace(f"//{USER}@", "//nobody_special@")) as limited:
            assert await complete(limited) is False
        found = {finding.name: finding for finding in await check(database)}
        assert (found["search"].ok, found["search"].is_fatal) == (False, False)
        assert "CREATE EXTENSION pg_trgm" in found["search"].detail
        assert await complete(database) is True
        assert await complete(database) is False
        assert all(finding.ok for finding in await check(database))
    finally:
        async with database.transaction() as connection:
            await connection.execute(text("DROP OWNED BY nobody_special"))
            await connection.execute(text("DROP ROLE nobody_special"))


async def test_a_database_as_it_should_be_has_no_findings_to_tell(database: Database) -> None:
    assert [finding for finding in await check(database) if not finding.ok] == []


async def test_a_database_without_tables_lacks_its_schema(url: str) -> None:
    async with Database(url) as database:
        [finding] = [one for one in await check(database) if not one.ok]
    assert finding.name == "schema"
    assert "emagsync db upgrade" in finding.detail


@pytest.mark.databases("sqlite", "it is a file")
async def test_a_damaged_file_is_told(database: Database) -> None:
    assert database.sqlite_path is not None
    async with database.snapshot() as connection:
        page = await connection.scalar(text("SELECT rootpage FROM sqlite_master WHERE name = 'ix_offers_facets'"))
        size = await connection.scalar(text("PRAGMA page_size"))
    await database.close()
    with database.sqlite_path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\x55" * 16)
    found = {finding.name: finding for finding in await check(database)}
    assert not found["file"].ok
    assert "restore a backup" in found["file"].detail

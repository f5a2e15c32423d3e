"""Readers: PostgreSQL roles that see the views and nothing else, whatever they are called and whatever they try."""

from __future__ import annotations

import os
import re
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from sqlalchemy import text

from emagsync.core.errors import SettingsError
from emagsync.db.contract import readers
from emagsync.db.contract.installing import NAMES
from emagsync.db.contract.passwords import checked, verifier
from emagsync.db.engine import Database
from emagsync.db.migrate import upgrade
from emagsync.db.new_schema import all_tables
from offers.offer_rows import offer, store
from support.databases import address_of
from support.servers import USER, PostgresServer

pytestmark = pytest.mark.databases("postgresql", "SQLite has no roles")

REFUSALS = (asyncpg.InsufficientPrivilegeError, asyncpg.ObjectNotInPrerequisiteStateError)
PASSWORD = "a-good-pass'word-$1"
# Roles belong to a whole server, which several test processes share.
READER = f"reader_{os.getpid()}"


@asynccontextmanager
async def connected_as(database: Database, name: str) -> AsyncIterator[asyncpg.Connection]:
    place = urlsplit(address_of(database))
    connection = await asyncpg.connect(host=place.hostname, port=place.port, user=name, database=place.path[1:])
    try:
        yield connection
    finally:
        await connection.close()


@pytest.fixture
async def reader(database: Database) -> AsyncIterator[str]:
    await store(database, [offer(7)])
    await readers.grant(database, READER, PASSWORD)
    yield READER
    assert (await readers.revoke(database, READER)).is_gone


async def test_a_reader_reads_every_view(database: Database, reader: str) -> None:
    async with connected_as(database, reader) as connection:
        for name in NAMES:
            await connection.fetch(f"SELECT * FROM {name}")
        assert await connection.fetchval("SELECT part_number FROM v_offers WHERE emag_id = 7") == "SKU-7"


async def test_a_reader_is_refused_every_table_and_every_change(database: Database, reader: str) -> None:
    tables = [table.name for table in all_tables()]
    assert {"offers", "users", "api_tokens", "sessions", "accounts", "second_factors", "audit_log"} <= set(tables)
    tries = [f"SELECT 1 FROM {name}" for name in [*tables, "alembic_version"]]
    tries += [f"DELETE FROM {name}" for name in ("v_runs", "v_offers", "v_categories", "users")]
    tries += ["UPDATE v_categories SET category_name = 'x'", "INSERT INTO v_vat_rates (vat_id) VALUES (1)"]
    tries += ["DROP VIEW v_offers", "CREATE ROLE another", "SET ROLE emagsync", "CREATE TABLE public.mine (x int)"]
    tries += ["SELECT rolpassword FROM pg_authid", "COPY v_runs TO PROGRAM 'cat'", "SELECT pg_read_file('PG_VERSION')"]
    async with connected_as(database, reader) as connection:
        # What any session may do: it is a convenience, not what protects.
        await connection.execute("SET default_transaction_read_only = off")
        for one in tries:
            with pytest.raises(REFUSALS):
                await connection.execute(one)


async def test_granting_again_changes_nothing_but_gives_what_is_new_and_keeps_the_password(
    database: Database, reader: str
) -> None:
    stored = text("SELECT rolpassword FROM pg_authid WHERE rolname = :name")
    async with database.transaction() as connection:
        before = await connection.scalar(stored, {"name": reader})
        await connection.execute(text(f"REVOKE SELECT ON v_runs FROM {reader}"))
    assert (await readers.grant(database, reader, None)).is_new is False
    async with database.snapshot() as connection:
        assert await connection.scalar(stored, {"name": reader}) == before
    async with connected_as(database, reader) as connection:
        await connection.fetch("SELECT * FROM v_runs")
    await readers.grant(database, reader, "another-password")
    async with database.snapshot() as connection:
        assert await connection.scalar(stored, {"name": reader}) != before


@pytest.mark.often(first=6)
@pytest.mark.parametrize(
    "name",
    [
        'x"; DROP TABLE offers; --',
        "it's",
        "$1 %s %(name)s",
        ":name {0}",
        "back\\slash",
        "Ünï șț",
        "SELECT",
        " spaces ",
        "a;b--c/*d*/",
        "'" * 20 + '"' * 20,
        "ș" * 31,
    ],
)
async def test_a_hostile_name_is_a_name(database: Database, name: str) -> None:
    await store(database, [offer(7)])
    assert (await readers.grant(database, name, PASSWORD)).is_new
    try:
        async with connected_as(database, name) as connection:
            assert await connection.fetchval("SELECT current_user::text") == name
            assert await connection.fetchval("SELECT count(*) FROM v_offers") == 1
    finally:
        assert (await readers.revoke(database, name)).is_gone
    assert not await readers.exists(database, name)


@pytest.mark.parametrize("name", ["", "a\nb", "a\0b", "x" * 64, "ș" * 32, "public", "None", "pg_reader", "\u202ex"])
async def test_what_no_role_can_be_called_is_refused(database: Database, name: str) -> None:
    with pytest.raises(readers.ReaderRefused, match=r"name"):
        await readers.grant(database, name, PASSWORD)


async def test_a_role_that_sees_more_is_no_reader(database: Database) -> None:
    with pytest.raises(readers.ReaderRefused, match="of its own"):
        await readers.grant(database, USER, None)
    for given in ("GRANT SELECT ON users TO {}", "GRANT SELECT (name) ON offers TO {}", "GRANT pg_read_all_data TO {}"):
        async with made_role(database, given):
            with pytest.raises(readers.ReaderRefused, match=r"can use \w+"):
                await readers.grant(database, READER, None)
            async with connected_as(database, READER) as connection:
                if "pg_read_all_data" not in given:
                    with pytest.raises(asyncpg.InsufficientPrivilegeError):
                        await connection.fetch("SELECT * FROM v_runs")
    async with made_role(database, f"GRANT {USER} TO {{}}"):
        with pytest.raises(readers.ReaderRefused, match="owns the database"):
            await readers.grant(database, READER, None)


async def test_a_role_of_somebody_elses_loses_the_views_and_stays(database: Database) -> None:
    async with made_role(database, "COMMENT ON ROLE {} IS 'of the ERP'"):
        await readers.grant(database, READER, None)
        revoked = await readers.revoke(database, READER)
        assert (revoked.was_there, revoked.is_gone) == (True, False)
        async with connected_as(database, READER) as connection:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch("SELECT * FROM v_offers")
    assert (await readers.revoke(database, READER)).was_there is False


@asynccontextmanager
async def made_role(database: Database, *statements: str) -> AsyncIterator[None]:
    async with database.transaction() as connection:
        for statement in (f"CREATE ROLE {READER} LOGIN", *statements):
            await connection.exec_driver_sql(statement.format(READER))
    try:
        yield
    finally:
        async with database.transaction() as connection:
            await connection.exec_driver_sql(f"DROP OWNED BY {READER}")
            await connection.exec_driver_sql(f"DROP ROLE {READER}")


async def test_a_user_that_may_not_make_roles_says_what_an_administrator_runs(database: Database) -> None:
    name = f"limited_{os.getpid()}"
    async with database.transaction() as connection:
        await connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN")
        await connection.exec_driver_sql(f"GRANT {USER} TO {name}")
        # As a member it owns the views, but that a role may make roles is not handed on.
        await connection.exec_driver_sql(f"ALTER ROLE {name} SET role = {name}")
    try:
        async with Database(address_of(database).replace(f"//{USER}@", f"//{name}@")) as limited:
            with pytest.raises(readers.ReaderRefused) as refused:
                await readers.grant(limited, READER, PASSWORD)
        said = str(refused.value)
        assert f'CREATE ROLE "{READER}" LOGIN' in said
        assert "administrator" in said
        assert PASSWORD not in said
        assert "\n" not in said
    finally:
        async with database.transaction() as connection:
            await connection.exec_driver_sql(f"DROP OWNED BY {name}")
            await connection.exec_driver_sql(f"DROP ROLE {name}")


async def test_the_password_logs_in_and_is_in_no_statement_that_the_server_logs(tmp_path: Path) -> None:
    with PostgresServer(log_statement="all", log_min_duration_statement="0") as server:
        async with Database(server.url) as database:
            await upgrade(database)
            await readers.grant(database, "erp", PASSWORD)
            async with database.transaction() as connection:
                hba = Path(await connection.scalar(text("SHOW hba_file")))
                hba.write_text("host all erp 127.0.0.1/32 scram-sha-256\n" + hba.read_text())
                assert await connection.scalar(text("SELECT pg_reload_conf()"))
            place = urlsplit(server.url)
            options = {"host": place.hostname, "port": place.port, "user": "erp", "database": place.path[1:] or USER}
            while True:
                # The server takes its new settings in its own time; before, it trusts everybody.
                try:
                    await (await asyncpg.connect(**options, password="wrong")).close()
                except asyncpg.InvalidPasswordError:
                    break
            connection = await asyncpg.connect(**options, password=PASSWORD)
            assert await connection.fetchval("SELECT version FROM v_contract") == 1
            await connection.close()
        assert "ALTER ROLE" in server.said
        assert PASSWORD not in server.said
        assert PASSWORD.replace("'", "''") not in server.said


async def test_what_is_stored_of_a_password_is_what_the_server_would_store(database: Database) -> None:
    async with made_role(database, "ALTER ROLE {} PASSWORD 'a-good-password'"):
        async with database.snapshot() as connection:
            stored = await connection.scalar(text(f"SELECT rolpassword FROM pg_authid WHERE rolname = '{READER}'"))
        salt = re.fullmatch(r"SCRAM-SHA-256\$4096:([^$]+)\$.*", stored)
        assert salt is not None
        assert verifier("a-good-password", b64decode(salt[1])) == stored


@pytest.mark.parametrize("password", ["", "short", "with\ttab-in-it", "parolă-frumoasă"])
def test_a_password_that_would_not_do_is_refused(password: str) -> None:
    with pytest.raises(SettingsError, match="12 or more"):
        checked(password)

"""PostgreSQL roles that see the views of the contract and nothing else of the database.

A view reads the tables with the rights of its owner, so that a role needs no right to any of them. What PostgreSQL
itself gives to everybody stays (names in its catalogue, functions).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core.errors import ErrorKind
from emagsync.db.contract.installing import NAMES
from emagsync.db.contract.passwords import verifier
from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseError

# How a role is known for one that was made here: only those are dropped.
_MADE_HERE: Final = "emagsync: reads the views of its contract"
# PostgreSQL cuts longer names, without a word to whoever gave them.
_LONGEST_NAME: Final = 63
_RESERVED: Final = ("public", "none", "current_role", "current_user", "session_user")
_MOST_NAMED: Final = 3
_NO_RIGHT: Final = "42501"
_DEPENDED_ON: Final = "2BP01"

_role = text(
    "SELECT rolsuper, rolbypassrls, rolname = current_user AS is_ours, "
    "shobj_description(oid, 'pg_authid') AS said, "
    "pg_has_role(oid, (SELECT relowner FROM pg_class WHERE oid = to_regclass('v_contract')), 'MEMBER') AS is_owner "
    "FROM pg_roles WHERE rolname = :name"
)
_may_make_roles = text("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user")
_missing = text(
    "SELECT current_database() AS database, current_schema() AS schema, "
    "has_database_privilege(:name, current_database(), 'CONNECT') AS connects, "
    "has_schema_privilege(:name, current_schema(), 'USAGE') AS uses, "
    "has_schema_privilege(:name, current_schema(), 'CREATE') AS makes"
)
# Everything beside the views that the role could read or write; of a table, one column is enough.
_within_reach = text(
    "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace "
    "AND relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT relname = ANY (:views) "
    "AND (has_any_column_privilege(:name, oid, 'SELECT') OR has_any_column_privilege(:name, oid, 'INSERT') "
    "OR has_any_column_privilege(:name, oid, 'UPDATE') OR has_table_privilege(:name, oid, 'DELETE, TRUNCATE')) "
    "ORDER BY relname <> 'users', relname"
)


class ReaderRefused(DatabaseError):
    """The role cannot be made a reader of the views alone; the message says why, and what to do."""

    code = "reader_refused"
    kind = ErrorKind.CONFIGURATION
    http_status = HTTPStatus.CONFLICT


@dataclass(frozen=True)
class Granted:
    """A role that reads the views: whether it was made now, and what is not as it should be, each a sentence."""

    name: str
    is_new: bool
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Revoked:
    """A role that reads nothing any more: whether there was one, and whether it is gone itself."""

    name: str
    was_there: bool
    is_gone: bool


def quoted(name: str) -> str:
    """The name of a role, as statements have it. Raises ReaderRefused for what no role can be called."""
    if not name or "\0" in name or not name.isprintable():
        raise ReaderRefused("A reader's name has printable characters, and at least one.")
    if len(name.encode("utf-8", "replace")) > _LONGEST_NAME:
        raise ReaderRefused(f"A reader's name has at most {_LONGEST_NAME} bytes in UTF-8: choose a shorter one.")
    if name.lower() in _RESERVED or name.startswith("pg_"):
        raise ReaderRefused(f"PostgreSQL keeps the name {name} for itself: choose another one.")
    return '"' + name.replace('"', '""') + '"'


async def exists(database: Database, name: str) -> bool:
    """Whether there is such a role. Raises ReaderRefused where there are no roles: on SQLite."""
    _require_roles(database)
    async with database.snapshot() as connection:
        return (await connection.execute(_role, {"name": name})).first() is not None


async def grant(database: Database, name: str, password: str | None) -> Granted:
    """Let a role read the views, making it where there is none; it gets `password`, or keeps what it has.

    All or nothing, and the same however often. Raises ReaderRefused where it would see more than the views, or where
    the present user may not do it.
    """
    role = quoted(name)
    _require_roles(database)
    async with database.transaction() as connection:
        found = (await connection.execute(_role, {"name": name})).mappings().first()
        if found is None:
            await _make(connection, role)
        else:
            _require_harmless(name, found)
        if password is not None:
            async with _explaining(f"ALTER ROLE {role} PASSWORD '...'"):
                await connection.exec_driver_sql(f"ALTER ROLE {role} PASSWORD '{verifier(password)}'")
        warnings = await _give(connection, name, role)
        await _require_nothing_else(connection, name)
    return Granted(name, found is None, warnings)


async def revoke(database: Database, name: str) -> Revoked:
    """Take the views from a role again, and drop it if it was made here and nothing else depends on it."""
    role = quoted(name)
    _require_roles(database)
    async with database.transaction() as connection:
        found = (await connection.execute(_role, {"name": name})).mappings().first()
        if found is None:
            return Revoked(name, was_there=False, is_gone=True)
        place = (await connection.execute(_missing, {"name": name})).mappings().one()
        schema, place_name = _quoted_by_server(place["schema"]), _quoted_by_server(place["database"])
        for what in (", ".join(NAMES), f"SCHEMA {schema}", f"DATABASE {place_name}"):
            statement = f"REVOKE ALL ON {what} FROM {role}"
            async with _explaining(statement):
                await connection.exec_driver_sql(statement)
        is_gone = found["said"] == _MADE_HERE and await _drop(connection, role)
    return Revoked(name, was_there=True, is_gone=is_gone)


def _require_roles(database: Database) -> None:
    path = database.sqlite_path
    if path is not None:
        raise ReaderRefused(
            f"SQLite has no users: whoever can read {path} reads all of it, hashes of passwords too. Give the program "
            f"the address file:{path}?mode=ro, with which it cannot write, or use PostgreSQL (docs/postgresql.md)."
        )


def _require_harmless(name: str, found: Any) -> None:
    if found["rolsuper"] or found["rolbypassrls"] or found["is_ours"] or found["is_owner"]:
        raise ReaderRefused(
            f"The role {name} owns the database or may do everything in it: a reader of the views alone needs a role "
            "of its own. Choose another name."
        )


async def _make(connection: AsyncConnection, role: str) -> None:
    statement = f"CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION"
    if not await connection.scalar(_may_make_roles):
        raise ReaderRefused(_for_the_administrator(f"CREATE ROLE {role} LOGIN PASSWORD '...'"))
    async with _explaining(statement):
        await connection.exec_driver_sql(statement)
        await connection.exec_driver_sql(f"COMMENT ON ROLE {role} IS '{_MADE_HERE}'")
        await connection.exec_driver_sql(f"ALTER ROLE {role} SET default_transaction_read_only = on")


async def _give(connection: AsyncConnection, name: str, role: str) -> tuple[str, ...]:
    place = (await connection.execute(_missing, {"name": name})).mappings().one()
    schema, database = _quoted_by_server(place["schema"]), _quoted_by_server(place["database"])
    statements = [f"GRANT SELECT ON {', '.join(NAMES)} TO {role}"]
    if not place["connects"]:
        statements.append(f"GRANT CONNECT ON DATABASE {database} TO {role}")
    if not place["uses"]:
        statements.append(f"GRANT USAGE ON SCHEMA {schema} TO {role}")
    for statement in statements:
        async with _explaining(statement):
            await connection.exec_driver_sql(statement)
    if not place["makes"]:
        return ()
    warning = (
        f"{name} may make tables and functions of its own in the schema {place['schema']}, as everybody may: have "
        f"`REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC` run by its owner."
    )
    return (warning,)


async def _require_nothing_else(connection: AsyncConnection, name: str) -> None:
    found = list((await connection.execute(_within_reach, {"name": name, "views": list(NAMES)})).scalars())
    if found:
        named = ", ".join(found[:_MOST_NAMED])
        more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
        raise ReaderRefused(
            f"The role {name} can use {named}{more}, by what it or everybody (PUBLIC) was granted or as a member of "
            "another role: nothing was changed. Revoke that, or choose another name."
        )


async def _drop(connection: AsyncConnection, role: str) -> bool:
    """False where something depends on the role, here or in another database, or it is not ours to drop."""
    try:
        async with connection.begin_nested():
            await connection.exec_driver_sql(f"DROP ROLE {role}")
    except DBAPIError as error:
        if _state_of(error) in (_DEPENDED_ON, _NO_RIGHT):
            return False
        raise
    return True


@asynccontextmanager
async def _explaining(statement: str) -> AsyncIterator[None]:
    """Say what an administrator has to run where the present user may not. `statement` has no password in it."""
    try:
        yield
    except DBAPIError as error:
        if _state_of(error) == _NO_RIGHT:
            raise ReaderRefused(_for_the_administrator(statement)) from error
        raise


def _for_the_administrator(statement: str) -> str:
    return (
        "EMAGSYNC_DATABASE_URL's user may not do this: have an administrator of PostgreSQL run "
        f"`{statement};` in this database, then run the same command again."
    )


def _state_of(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


def _quoted_by_server(name: str) -> str:
    """A name that the server itself gave."""
    return '"' + name.replace('"', '""') + '"'

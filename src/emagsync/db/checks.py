"""Checks whether the database is fit for use, for `emagsync db check`. Changes nothing."""

from __future__ import annotations

from typing import Final, NamedTuple

from sqlalchemy import Connection, text

from emagsync.db import trigrams
from emagsync.db.engine import Database
from emagsync.db.migrate import revision_of
from emagsync.db.migrations import HEAD

_OLDEST_POSTGRESQL: Final = 13


class Finding(NamedTuple):
    """The result of one check. With `is_fatal` nothing works until it is repaired."""

    name: str
    ok: bool
    detail: str
    is_fatal: bool = True


async def check(database: Database) -> list[Finding]:
    """Check the database. Raises DatabaseUnavailable when it cannot be opened."""
    async with database.snapshot() as connection:
        return await connection.run_sync(_check)


def _check(connection: Connection) -> list[Finding]:
    revision = revision_of(connection)
    needs = "as this version needs" if revision == HEAD else f"this version needs {HEAD}: `emagsync db upgrade`"
    schema = Finding("schema", revision == HEAD, f"{revision or 'none'}, {needs}")
    if connection.dialect.name == "sqlite":
        return [schema, *_of_sqlite(connection)]
    findings = [schema, *_of_postgresql(connection)]
    if revision is not None:
        indexed = trigrams.is_there(connection)
        detail = "by an index of trigrams" if indexed else trigrams.ADVICE
        findings.append(Finding("search", indexed, detail, is_fatal=False))
    return findings


def _of_sqlite(connection: Connection) -> list[Finding]:
    said = [str(row[0]) for row in connection.execute(text("PRAGMA quick_check(5)"))]
    whole = said == ["ok"]
    broken = len(connection.execute(text("PRAGMA foreign_key_check")).all())
    return [
        Finding("file", whole, "is whole" if whole else f"is damaged, restore a backup: {'; '.join(said)}"),
        Finding("references", broken == 0, "all hold" if broken == 0 else f"{broken} rows refer to rows that are gone"),
    ]


def _of_postgresql(connection: Connection) -> list[Finding]:
    number = int(connection.scalar(text("SHOW server_version_num")) or 0) // 10_000
    encoding = str(connection.scalar(text("SHOW server_encoding")))
    may_write = connection.scalar(text("SELECT has_schema_privilege(current_schema(), 'CREATE')"))
    is_copy = connection.scalar(text("SELECT pg_is_in_recovery()"))
    return [
        Finding("version", number >= _OLDEST_POSTGRESQL, f"PostgreSQL {number}, at least {_OLDEST_POSTGRESQL}"),
        Finding("encoding", encoding == "UTF8", f"{encoding}, UTF8 is needed"),
        Finding(
            "rights",
            bool(may_write) and not is_copy,
            "may create tables"
            if may_write and not is_copy
            else "may not create tables here: use the owner, on the primary server",
        ),
    ]

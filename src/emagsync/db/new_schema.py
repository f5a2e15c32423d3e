"""Making a new database's schema at once, from the tables that the code declares.

The same schema as by all migrations one after another, which a test holds both to, for a tenth of the CPU: a first
`emagsync sync` on an empty data directory would spend as long on migrations as on a thousand offers. What no table
declares is made here beside them: the index of search, the views of the contract, and how PostgreSQL is to store what
every run touches.

For SQLite the statements are kept beside this module, as `python -m emagsync.db.new_schema` prints them: to have
SQLAlchemy write them anew in each new database takes thirty times as long as SQLite needs to execute them.
"""

from __future__ import annotations

import sqlite3
from importlib import import_module
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Table, create_engine, inspect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

import emagsync
from emagsync.db import trigrams
from emagsync.db.contract import installing as contract
from emagsync.db.errors import DatabaseUnavailable
from emagsync.db.metadata import metadata
from emagsync.db.migrations import HEAD
from emagsync.db.prepared import driver_of

_PACKAGE: Final = Path(emagsync.__file__).parent
SQLITE_SCRIPT: Final = Path(__file__).with_name("new_schema.sqlite.sql")
_BETWEEN: Final = ";\n\n"


def all_tables() -> list[Table]:
    """Every feature's tables, in the order in which they refer to each other. Each is declared in a `tables.py`."""
    for path in sorted(_PACKAGE.rglob("tables.py")):
        import_module(".".join(("emagsync", *path.relative_to(_PACKAGE).with_suffix("").parts)))
    return list(metadata.sorted_tables)


def is_new(connection: Connection) -> bool:
    """Whether the database has none of our tables, nor a note of a migration."""
    return not {"alembic_version", *metadata.tables}.intersection(inspect(connection).get_table_names())


async def create(connection: AsyncConnection) -> None:
    """Make this version's schema in a new database, in the caller's transaction. Raises DatabaseUnavailable."""
    if connection.dialect.name == "sqlite":
        await _create_on_sqlite(connection)
    else:
        await connection.run_sync(_create_on_postgresql)
    await connection.exec_driver_sql(f"INSERT INTO alembic_version (version_num) VALUES ('{HEAD}')")  # noqa: S608 - ours


def sqlite_script() -> str:
    """What the kept statements for SQLite have to be."""
    engine = create_engine("sqlite://")
    try:
        with engine.begin() as connection:
            _create_tables(connection)
            _index_search_on_sqlite(connection)
            contract.create(connection)
            made = connection.exec_driver_sql(
                "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL "
                "AND name NOT GLOB 'sqlite_*' AND name NOT GLOB 'offer_search_index_*' "
                "ORDER BY instr('table index view trigger', type), tbl_name, name"
            )
            statements = [_without_blank_lines(sql) for (sql,) in made]
    finally:
        engine.dispose()
    return _BETWEEN.join([*statements, _MERGE_LATER]) + ";\n"


def _without_blank_lines(sql: str) -> str:
    return "\n".join(line.rstrip().expandtabs(4) for line in sql.splitlines() if line.strip())


async def _create_on_sqlite(connection: AsyncConnection) -> None:
    statements = SQLITE_SCRIPT.read_text(encoding="utf-8").removesuffix(";\n").split(_BETWEEN)
    try:
        await (await driver_of(connection)).fetch_each([(statement, ()) for statement in statements])
    except sqlite3.OperationalError as error:
        if "fts5" not in str(error) and "tokenizer" not in str(error):
            raise
        raise DatabaseUnavailable(
            f"This Python's SQLite ({sqlite3.sqlite_version}) cannot search text: emagsync needs version 3.34 "
            "or newer with FTS5."
        ) from error


def _create_on_postgresql(connection: Connection) -> None:
    _create_tables(connection)
    _tune_postgresql(connection)
    contract.create(connection)


def _create_tables(connection: Connection) -> None:
    all_tables()
    metadata.create_all(connection, checkfirst=False)
    connection.exec_driver_sql(
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
        "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
    )


# Merging later costs a first copy a fifth less; a search then looks into a few more segments.
_MERGE_LATER: Final = "INSERT INTO offer_search_index(offer_search_index, rank) VALUES ('automerge', 16)"


def _index_search_on_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(
        "CREATE VIRTUAL TABLE offer_search_index USING fts5("
        "text, content='', columnsize=0, detail=none, tokenize='trigram case_sensitive 1')"
    )
    connection.exec_driver_sql(
        "CREATE TRIGGER offer_search_forgotten AFTER DELETE ON offer_search BEGIN "
        "INSERT INTO offer_search_index(offer_search_index, rowid, text) VALUES ('delete', old.offer_id, old.text); END"
    )


def _tune_postgresql(connection: Connection) -> None:
    trigrams.create(connection)
    # Each run touches every offer: with free space on its page the new version of a row needs no index entries, and
    # what it replaces is cleared away soon.
    connection.exec_driver_sql("ALTER TABLE offers SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05)")
    try:
        # A third of the time, and the same size. A refusal must not end the caller's transaction.
        with connection.begin_nested():
            connection.exec_driver_sql("ALTER TABLE offer_payloads ALTER COLUMN payload SET COMPRESSION lz4")
    except DBAPIError:
        # PostgreSQL 13, or one that was built without it: the slower kind stays.
        return


if __name__ == "__main__":
    print(sqlite_script(), end="")  # noqa: T201 - a developer's tool

"""Making a new database's schema at once, from the tables that the code declares.

The same schema as by all migrations one after another, which a test holds both to, for a tenth of the CPU: a first
`emagsync sync` on an empty data directory would spend as long on migrations as on a thousand offers. What no table
declares is made here beside them: the index of search, the views of the contract, and how PostgreSQL is to store what
every run touches.
"""

from __future__ import annotations

import sqlite3
from importlib import import_module
from pathlib import Path

from sqlalchemy import Connection, Table, inspect
from sqlalchemy.exc import DBAPIError, OperationalError

import emagsync
from emagsync.db import trigrams
from emagsync.db.contract import installing as contract
from emagsync.db.errors import DatabaseUnavailable
from emagsync.db.metadata import metadata
from emagsync.db.migrations import HEAD

_PACKAGE = Path(emagsync.__file__).parent


def all_tables() -> list[Table]:
    """Every feature's tables, in the order in which they refer to each other. Each is declared in a `tables.py`."""
    for path in sorted(_PACKAGE.rglob("tables.py")):
        import_module(".".join(("emagsync", *path.relative_to(_PACKAGE).with_suffix("").parts)))
    return list(metadata.sorted_tables)


def is_new(connection: Connection) -> bool:
    """Whether the database has none of our tables, nor a note of a migration."""
    return not {"alembic_version", *metadata.tables}.intersection(inspect(connection).get_table_names())


def create(connection: Connection) -> None:
    """Make this version's schema in a new database, in the caller's transaction. Raises DatabaseUnavailable."""
    all_tables()
    metadata.create_all(connection, checkfirst=False)
    if connection.dialect.name == "sqlite":
        _index_search_on_sqlite(connection)
    else:
        _tune_postgresql(connection)
    contract.create(connection)
    connection.exec_driver_sql(
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
        "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
    )
    connection.exec_driver_sql(f"INSERT INTO alembic_version (version_num) VALUES ('{HEAD}')")  # noqa: S608 - ours


def _index_search_on_sqlite(connection: Connection) -> None:
    try:
        connection.exec_driver_sql(
            "CREATE VIRTUAL TABLE offer_search_index USING fts5("
            "text, content='', columnsize=0, detail=none, tokenize='trigram case_sensitive 1')"
        )
    except OperationalError as error:
        raise DatabaseUnavailable(
            f"This Python's SQLite ({sqlite3.sqlite_version}) cannot search text: emagsync needs version 3.34 "
            "or newer with FTS5."
        ) from error
    # Merging later costs a first copy a fifth less; a search then looks into a few more segments.
    connection.exec_driver_sql("INSERT INTO offer_search_index(offer_search_index, rank) VALUES ('automerge', 16)")
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

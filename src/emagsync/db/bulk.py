"""Many rows in one statement, at the driver's speed.

SQLAlchemy compiles the statement once; the rows then go to the driver as tuples. Its own `execute` of a list of
dictionaries spends four times as long on each row as SQLite does on storing it (`benchmarks/upsert.py`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import Column, Dialect, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import Insert, UpdateBase

from emagsync.db.errors import ConstraintViolated

Convert = Callable[[Any], Any] | None


class BulkInsert:
    """`INSERT INTO table (columns)`, with what to do when the key is there already.

    `update` are the columns that a row with the same `key` gets anew; without it a known key is an error
    (ConstraintViolated). `run()` takes rows as tuples in the order of `columns`.
    """

    def __init__(
        self,
        table: Table,
        columns: Sequence[Column[Any]],
        *,
        key: Sequence[Column[Any]] = (),
        update: Sequence[Column[Any]] = (),
    ) -> None:
        self._table = table
        self._columns = tuple(columns)
        self._key = tuple(key)
        self._update = tuple(update)
        self._prepared: dict[str, tuple[str, tuple[Convert, ...]]] = {}

    async def run(self, connection: AsyncConnection, rows: Iterable[tuple[Any, ...]]) -> None:
        """Store `rows`. No two of them may have the same key."""
        prepared = self._prepared.get(connection.dialect.name)
        if prepared is None:
            prepared = self._prepared.setdefault(connection.dialect.name, self._prepare(connection.dialect))
        sql, converts = prepared
        given = list(rows)
        if given:
            await _execute_many(connection, sql, _converted(given, converts))

    def _prepare(self, dialect: Dialect) -> tuple[str, tuple[Convert, ...]]:
        keys = [column.key for column in self._columns]
        compiled = self._statement(dialect).compile(dialect=dialect, column_keys=keys)
        if not isinstance(compiled, SQLCompiler) or compiled.positiontup != keys:
            raise AssertionError(f"the columns of {self._table.name} must be given in the order of the table")
        converts = tuple(column.type.dialect_impl(dialect).bind_processor(dialect) for column in self._columns)
        return str(compiled), converts

    def _statement(self, dialect: Dialect) -> UpdateBase:
        if not self._key:
            return Insert(self._table)
        insert = (postgresql.insert if dialect.name == "postgresql" else sqlite.insert)(self._table)
        if not self._update:
            return insert.on_conflict_do_nothing(index_elements=self._key)
        return insert.on_conflict_do_update(
            index_elements=self._key, set_={column.key: insert.excluded[column.key] for column in self._update}
        )


def _converted(rows: list[tuple[Any, ...]], converts: tuple[Convert, ...]) -> list[tuple[Any, ...]]:
    # By column: most need no conversion, and those that do often hold one value throughout, such as the time.
    columns = zip(zip(*rows, strict=True), converts, strict=True)
    return list(zip(*(_convert(column, convert) for column, convert in columns), strict=True))


def _convert(column: tuple[Any, ...], convert: Convert) -> Sequence[Any]:
    if convert is None:
        return column
    if len(set(map(id, column))) == 1:
        return [convert(column[0])] * len(column)
    return list(map(convert, column))


async def _execute_many(connection: AsyncConnection, sql: str, rows: list[tuple[Any, ...]]) -> None:
    if connection.dialect.driver != "aiosqlite":
        await connection.exec_driver_sql(sql, rows)
        return
    # One trip to the driver's thread instead of the four that SQLAlchemy's cursor takes.
    driver: Any = (await connection.get_raw_connection()).driver_connection
    try:
        await driver.executemany(sql, rows)
    except sqlite3.IntegrityError as error:
        raise ConstraintViolated(str(error)) from error

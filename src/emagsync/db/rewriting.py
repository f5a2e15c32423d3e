"""Many rows of a table rewritten at once, each with values of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, Column, ColumnElement, Text, bindparam, cast, func, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import Update

from emagsync.db.bulk import execute_many
from emagsync.db.prepared import PreparedStatement, converted
from emagsync.db.types import JsonText


class BulkRewrite:
    """An `UPDATE` of many rows by their `key`, which gives each of them values of its own.

    Rows for which `where` does not hold are left as they are. On PostgreSQL it is one statement however many rows there
    are, on SQLite one trip to the driver's thread. Objects are made once, at import, and shared.
    """

    def __init__(self, key: Column[int], *, where: ColumnElement[bool] | None = None) -> None:
        self._key = key
        self._where = () if where is None else (where,)
        # By the names of the columns that are written.
        self._row_by_row: dict[tuple[str, ...], PreparedStatement] = {}
        self._at_once: dict[tuple[str, ...], Update] = {}

    async def run(
        self, connection: AsyncConnection, keys: Sequence[int], values: Mapping[Column[Any], Sequence[Any]]
    ) -> None:
        """Change the rows with these keys, each of which is there once: `values` are as many of each column.

        Raises ValueError where they are not.
        """
        if any(len(new) != len(keys) for new in values.values()):
            raise ValueError("each column needs as many values as there are keys")
        if not keys:
            return
        given = {_KEY: keys} | {_new(column): new for column, new in values.items()}
        if connection.dialect.driver == "aiosqlite":
            await self._run_row_by_row(connection, tuple(values), given)
        else:
            await connection.execute(self._of_arrays(tuple(values)), {name: list(new) for name, new in given.items()})

    async def _run_row_by_row(
        self, connection: AsyncConnection, columns: Sequence[Column[Any]], given: Mapping[str, Sequence[Any]]
    ) -> None:
        names = tuple(column.key for column in columns)
        if names not in self._row_by_row:
            is_it = self._key == bindparam(_KEY, type_=self._key.type)
            new = {column.key: bindparam(_new(column), type_=column.type) for column in columns}
            statement = update(self._key.table).where(is_it, *self._where).values(new)
            self._row_by_row[names] = PreparedStatement(statement)
        prepared = self._row_by_row[names].on(connection.dialect)
        constants = {name: [value] * len(given[_KEY]) for name, value in prepared.constants.items()}
        known = {**constants, **given}
        rows = zip(*(known[name] for name in prepared.names), strict=True)
        await execute_many(connection, prepared.sql, converted(rows, prepared.bind))

    def _of_arrays(self, columns: Sequence[Column[Any]]) -> Update:
        names = tuple(column.key for column in columns)
        if names not in self._at_once:
            kinds = {_KEY: self._key.type} | {_new(column): _in_array(column) for column in columns}
            arrays = [bindparam(name, type_=ARRAY(kind)) for name, kind in kinds.items()]
            rows = func.unnest(*arrays).table_valued(*kinds, name="new").render_derived()
            new = {column.key: cast(rows.c[_new(column)], column.type) for column in columns}
            statement = update(self._key.table).where(self._key == rows.c[_KEY], *self._where)
            self._at_once[names] = statement.values(new)
        return self._at_once[names]


_KEY = "rewritten"


def _new(column: Column[Any]) -> str:
    return f"new_{column.key}"


def _in_array(column: Column[Any]) -> Any:
    # The driver takes JSON as text.
    return Text() if isinstance(column.type, JsonText) else column.type

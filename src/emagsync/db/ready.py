"""Statements executed so often that SQLAlchemy's own calls would count: at calls of the API, with each page of a run.

Objects of these classes are made once, at import, and shared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import BindParameter, CompoundSelect, Dialect, Select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import Update
from sqlalchemy.sql.visitors import iterate

from emagsync.db.prepared import Prepared, PreparedStatement, converted, driver_of, row_maker


class ReadySelect:
    """A `SELECT` that is asked so often, at every call of the API, that SQLAlchemy's own calls would count.

    `run()` gives named tuples of the selected columns. On SQLite it takes one trip to the driver's thread, and no time
    to find the compiled statement again, from the second time on: to compile one that is asked once, such as a search,
    would take longer than SQLAlchemy does, which knows others of its shape. Listeners to SQLAlchemy's
    `before_cursor_execute` are told all the same.

    One that `is_short`, such as a look-up by a key, takes less time than that trip, and makes none.
    """

    def __init__(self, statement: Select[Any] | CompoundSelect[Any], *, is_short: bool = False) -> None:
        self.is_short = is_short
        self._statement = statement
        self._prepared = PreparedStatement(statement)
        self._asked: set[str] = set()  # on which dialects
        self._is_ready: dict[str, bool] = {}

    async def run(self, connection: AsyncConnection, **parameters: Any) -> Sequence[Any]:
        """The rows; `parameters` are the statement's, by name."""
        [rows] = await ask(connection, (self, parameters))
        return rows

    async def first(self, connection: AsyncConnection, **parameters: Any) -> Any:
        """The first row, or None."""
        rows = await self.run(connection, **parameters)
        return rows[0] if rows else None

    async def run_slowly(self, connection: AsyncConnection, parameters: Mapping[str, Any]) -> Sequence[Any]:
        """The rows, by SQLAlchemy."""
        found: Sequence[Any] = (await connection.execute(self._statement, parameters)).all()
        return found

    def rows_of(self, found: Sequence[tuple[Any, ...]], prepared: Prepared) -> Sequence[Any]:
        """The rows that the driver gave."""
        return list(map(self._row, converted(found, prepared.result) if found else ()))

    @cached_property
    def _row(self) -> Callable[[Iterable[Any]], Any]:
        return row_maker(tuple(str(column.key) for column in self._statement.selected_columns))

    def prepared_for(self, dialect: Dialect) -> Prepared | None:
        """The statement as SQLite's driver takes it.

        None where SQLAlchemy is to execute it: the first time, for PostgreSQL, whose driver has no thread, and for a
        statement with an `IN` of several values, which it writes out each time.
        """
        if dialect.name not in self._asked:
            self._asked.add(dialect.name)
            return None
        if dialect.name not in self._is_ready:
            self._is_ready[dialect.name] = dialect.driver == "aiosqlite" and not _is_written_out_later(
                self._statement, dialect
            )
        return self._prepared.on(dialect) if self._is_ready[dialect.name] else None


# A statement and its parameters, by name.
Question = tuple[ReadySelect, Mapping[str, Any]]


async def ask(connection: AsyncConnection, *questions: Question) -> list[Sequence[Any]]:
    """The rows of each of the statements, in their order: on SQLite all of them in one trip to the driver's thread."""
    prepared = [statement.prepared_for(connection.dialect) for statement, _ in questions]
    ready = [
        (one, statement, one.values(parameters))
        for one, (statement, parameters) in zip(prepared, questions, strict=True)
        if one is not None
    ]
    if len(ready) < len(questions):
        return [await statement.run_slowly(connection, parameters) for statement, parameters in questions]
    driver = await driver_of(connection)
    known = connection.sync_connection
    for hear in () if known is None else known.dispatch.before_cursor_execute:
        for one, _, values in ready:
            hear(known, None, one.sql, tuple(values), None, False)
    are_short = all(statement.is_short for _, statement, _ in ready)
    found = await driver.fetch_each([(one.sql, values) for one, _, values in ready], are_short=are_short)
    return [statement.rows_of(rows, one) for (one, statement, _), rows in zip(ready, found, strict=True)]


class RowUpdate:
    """An `UPDATE` that is carried out so often, with every page of a run, that SQLAlchemy's own calls would count."""

    def __init__(self, statement: Update) -> None:
        self._statement = statement
        self._prepared = PreparedStatement(statement)

    async def run(self, connection: AsyncConnection, **parameters: Any) -> int:
        """Change the rows; `parameters` are the statement's, by name. Returns how many rows there were."""
        if connection.dialect.driver != "aiosqlite":
            return (await connection.execute(self._statement, parameters)).rowcount
        prepared = self._prepared.on(connection.dialect)
        driver = await driver_of(connection)
        done: int = (await driver.cursor().execute(prepared.sql, prepared.values(parameters))).rowcount
        return done


def _is_written_out_later(statement: Select[Any] | CompoundSelect[Any], dialect: Dialect) -> bool:
    # To look for an `IN` takes a fraction of the time of compiling it, which a search for other words needs each time.
    if any(isinstance(part, BindParameter) and part.expanding for part in iterate(statement)):
        return True
    compiled = statement.compile(dialect=dialect)
    return bool(isinstance(compiled, SQLCompiler) and (compiled.post_compile_params or compiled.literal_execute_params))

"""Statements executed so often that SQLAlchemy's own calls would count: at calls of the API, with each page of a run.

Objects of these classes are made once, at import, and shared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple, Protocol

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
    would take longer than SQLAlchemy does, which knows others of its shape. On PostgreSQL SQLAlchemy executes it, but
    for `Database.ask`, which takes one trip to the server. Listeners to SQLAlchemy's `before_cursor_execute` are told
    all the same.

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
        """The statement as the driver takes it.

        None where SQLAlchemy is to execute it: the first time, and for a statement with an `IN` of several values,
        which it writes out each time.
        """
        if dialect.name not in self._asked:
            self._asked.add(dialect.name)
            return None
        if dialect.name not in self._is_ready:
            self._is_ready[dialect.name] = not _is_written_out_later(self._statement, dialect)
        return self._prepared.on(dialect) if self._is_ready[dialect.name] else None


# A statement and its parameters, by name.
Question = tuple[ReadySelect, Mapping[str, Any]]


class Answering(Protocol):
    """What answers statements: a `Database`, or a connection (`Within`)."""

    async def ask(self, *questions: Question) -> list[Sequence[Any]]:
        """The rows of each of the statements, in their order, all of the same moment."""


class Within:
    """A connection that is asked as a `Database` is: within its transaction or snapshot."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def ask(self, *questions: Question) -> list[Sequence[Any]]:
        """As `ask` below."""
        return await ask(self._connection, *questions)


class Ready(NamedTuple):
    """A question as the driver takes it."""

    prepared: Prepared
    statement: ReadySelect
    values: list[Any]


async def ask(connection: AsyncConnection, *questions: Question) -> list[Sequence[Any]]:
    """The rows of each of the statements, in their order: on SQLite all of them in one trip to the driver's thread."""
    # In PostgreSQL's transactions every statement goes by SQLAlchemy, which begins them.
    ready = ready_among(questions, connection.dialect) if connection.dialect.driver == "aiosqlite" else None
    if ready is None:
        return [await statement.run_slowly(connection, parameters) for statement, parameters in questions]
    driver = await driver_of(connection)
    tell_listeners(connection, ready)
    are_short = all(one.statement.is_short for one in ready)
    found = await driver.fetch_each([(one.prepared.sql, one.values) for one in ready], are_short=are_short)
    return rows_of(ready, found)


def ready_among(questions: Iterable[Question], dialect: Dialect) -> list[Ready] | None:
    """The questions as the driver takes them; None where SQLAlchemy is to execute one of them."""
    prepared = [(statement.prepared_for(dialect), statement, parameters) for statement, parameters in questions]
    ready = [Ready(one, statement, one.values(given)) for one, statement, given in prepared if one is not None]
    return ready if len(ready) == len(prepared) else None


def rows_of(ready: Iterable[Ready], found: Iterable[Sequence[Any]]) -> list[Sequence[Any]]:
    """The rows of each question, from those that the driver gave."""
    return [one.statement.rows_of(rows, one.prepared) for one, rows in zip(ready, found, strict=True)]


def tell_listeners(connection: AsyncConnection, ready: Iterable[Ready]) -> None:
    """Tell who listens to SQLAlchemy's `before_cursor_execute` of what goes to the driver."""
    known = connection.sync_connection
    for hear in () if known is None else known.dispatch.before_cursor_execute:
        for one in ready:
            hear(known, None, one.prepared.sql, tuple(one.values), None, False)


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

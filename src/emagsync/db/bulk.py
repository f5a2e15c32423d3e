"""Statements on many rows, at the driver's speed.

SQLAlchemy compiles a statement once; the rows then go to and from the driver as tuples. Its own `execute` spends more
time on each row and on each of an `IN`'s values than SQLite does (`benchmarks/upsert.py`), and makes four trips to
the driver's thread where one will do.

Objects of these classes are made once, at import, and shared. What they remember is in `emagsync.db.prepared`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import Any

import orjson
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Dialect,
    Select,
    Table,
    Text,
    TypeDecorator,
    bindparam,
    delete,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import Insert, Update, UpdateBase
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from emagsync.db.prepared import Convert, PreparedStatement, converted, driver_of, row_maker

# Does nothing but make SQLAlchemy begin its transaction; see `_copy`.
_begin = select(1)


class BulkInsert:
    """`INSERT INTO table (columns)`, with what to do about rows whose key exists.

    With a `key` such a row gets new values in the columns `update`, and the sum of both in the columns `add`; without
    either it is left as it is. Without a `key` it is an error (ConstraintViolated), and PostgreSQL takes the rows by
    COPY, at about half the cost on both sides. `run()` takes rows as tuples in the order of `columns`.
    """

    def __init__(
        self,
        table: Table,
        columns: Sequence[Column[Any]],
        *,
        key: Sequence[Column[Any]] = (),
        update: Sequence[Column[Any]] = (),
        add: Sequence[Column[Any]] = (),
    ) -> None:
        self._table = table
        self._columns = tuple(columns)
        self._key = tuple(key)
        self._update = tuple(update)
        self._add = tuple(add)
        self._prepared: dict[str, tuple[str, tuple[Convert, ...]]] = {}

    async def run_with_next(self, connection: AsyncConnection, rows: Iterable[tuple[Any, ...]]) -> None:
        """As `run`, but on SQLite the rows go along with the transaction's next statement or its commit.

        That one then raises their errors. It saves a trip to the driver's thread (70 µs of CPU and two switches).
        """
        given = list(rows)
        if connection.dialect.driver != "aiosqlite":
            await self.run(connection, given)
        elif given:
            sql, converts = self._prepared_for(connection.dialect)
            (await driver_of(connection)).change_many_with_next(sql, converted(given, converts))

    async def run(self, connection: AsyncConnection, rows: Iterable[tuple[Any, ...]]) -> None:
        """Store `rows`. No two of them may have the same key."""
        sql, converts = self._prepared_for(connection.dialect)
        given = list(rows)
        if not given:
            return
        if connection.dialect.name == "postgresql" and not self._key:
            await _copy(connection, self._table, self._columns, converted(given, converts))
        else:
            await execute_many(connection, sql, converted(given, converts))

    def _prepared_for(self, dialect: Dialect) -> tuple[str, tuple[Convert, ...]]:
        prepared = self._prepared.get(dialect.name)
        if prepared is None:
            prepared = self._prepared.setdefault(dialect.name, self._prepare(dialect))
        return prepared

    def _prepare(self, dialect: Dialect) -> tuple[str, tuple[Convert, ...]]:
        keys = [column.key for column in self._columns]
        compiled = self._statement(dialect).compile(dialect=dialect, column_keys=keys)
        # Rows are given by position, so the statement must take its parameters in the order of `columns`.
        if not isinstance(compiled, SQLCompiler) or compiled.positiontup != keys:
            raise AssertionError(f"the columns of {self._table.name} must be given in the order of the table")
        converts = tuple(column.type.dialect_impl(dialect).bind_processor(dialect) for column in self._columns)
        return str(compiled), converts

    def _statement(self, dialect: Dialect) -> UpdateBase:
        if not self._key:
            return Insert(self._table)
        insert = insert_of(dialect)(self._table)
        if not (self._update or self._add):
            ignoring: UpdateBase = insert.on_conflict_do_nothing(index_elements=self._key)
            return ignoring
        # `excluded` is the row that could not be inserted, in both dialects.
        values: dict[str, Any] = {column.key: insert.excluded[column.key] for column in self._update}
        values |= {column.key: column + insert.excluded[column.key] for column in self._add}
        replacing: UpdateBase = insert.on_conflict_do_update(index_elements=self._key, set_=values)
        return replacing


class BulkDelete:
    """`DELETE FROM table` of the rows with given keys for which `where` holds."""

    def __init__(self, table: Table, key: Sequence[Column[Any]], *, where: ColumnElement[bool]) -> None:
        given = [column == bindparam(f"key_{column.key}", type_=column.type) for column in key]
        self._statement = PreparedStatement(delete(table).where(*given, where))
        self._names = [f"key_{column.key}" for column in key]

    async def run_with_next(self, connection: AsyncConnection, keys: Sequence[tuple[Any, ...]]) -> None:
        """Delete the rows with these keys; on SQLite along with the transaction's next statement or its commit."""
        if not keys:
            return
        prepared = self._statement.on(connection.dialect)
        rows = [tuple(prepared.values(dict(zip(self._names, key, strict=True)))) for key in keys]
        if connection.dialect.driver == "aiosqlite":
            (await driver_of(connection)).change_many_with_next(prepared.sql, rows)
        else:
            await connection.exec_driver_sql(prepared.sql, rows)


class BulkSelect:
    """A `SELECT` about many integer keys of one account, which its WHERE names by `among(account, column)`.

    `run()` gives named tuples of the selected columns.
    """

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement
        self._make = row_maker(tuple(str(column.key) for column in statement.selected_columns))
        self._prepared = PreparedStatement(statement)

    async def run(
        self, connection: AsyncConnection, keys: Iterable[int], *, of_account: str, **parameters: Any
    ) -> list[Any]:
        """The rows, in no order; `parameters` are the statement's other ones, by name."""
        given = {**parameters, _ACCOUNT: of_account, _KEYS: list(keys)}
        if connection.dialect.driver != "aiosqlite":
            # PostgreSQL's driver has no thread to make trips to, so there is less to save.
            return [self._make(row) for row in await connection.execute(self._statement, given)]
        prepared = self._prepared.on(connection.dialect)
        driver = await driver_of(connection)
        rows = await driver.execute_fetchall(prepared.sql, prepared.values(given))
        return list(map(self._make, converted(rows, prepared.result) if rows else ()))


class BulkUpdate:
    """An `UPDATE` of many integer keys of one account, which its WHERE names by `among(account, column)`."""

    def __init__(self, statement: Update) -> None:
        self._statement = statement

    async def run(
        self, connection: AsyncConnection, keys: Iterable[int], *, of_account: str, **parameters: Any
    ) -> None:
        """Change the rows; `parameters` are the statement's other ones, by name."""
        await connection.execute(self._statement, {**parameters, _ACCOUNT: of_account, _KEYS: list(keys)})


def among(account: Column[str], column: Column[int]) -> ColumnElement[bool]:
    """Whether a row is of the account and among the keys that `run` is given: one parameter, however many keys.

    On PostgreSQL the two columns are compared as a pair. As two conditions they would be planned by how many rows an
    account has: a wrong guess until statistics are taken, and each page of a first copy then reads all rows before it.
    """
    keys = bindparam(_KEYS, type_=_Keys())
    return _Among(account, column, bindparam(_ACCOUNT, type_=account.type), keys)


def is_one_of(column: ColumnElement[int], keys: Sequence[int]) -> ColumnElement[bool]:
    """Whether the column holds one of the keys: as `IN`, but one parameter, however many keys there are."""
    return _IsOneOf(column, bindparam(None, list(keys), type_=_Keys(), unique=True))


_KEYS = "among_keys"
_ACCOUNT = "of_account"


class _Keys(TypeDecorator[list[int]]):
    """The keys as one parameter: an array on PostgreSQL, a JSON list on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(BigInteger()) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: list[int] | None, dialect: Dialect) -> Any:
        return value if dialect.name == "postgresql" else orjson.dumps(value).decode()


class _Among(FunctionElement[bool]):
    """`among(...)`, which each dialect writes in its own way."""

    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> _Among:
        """Itself, not `... = 1`, as SQLAlchemy writes a bare boolean for SQLite: that would not use an index."""
        return self


@compiles(_Among, "sqlite")
def _among_on_sqlite(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    account, column, of_account, keys = (compiler.process(part, **options) for part in element.clauses)
    return f"({account} = {of_account} AND {column} IN (SELECT value FROM json_each({keys})))"  # noqa: S608


@compiles(_Among, "postgresql")
def _among_on_postgresql(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    account, column, of_account, keys = (compiler.process(part, **options) for part in element.clauses)
    return f"(({account}, {column}) IN (SELECT {of_account}, unnest({keys})))"


class _IsOneOf(FunctionElement[bool]):
    """`is_one_of(...)`, which each dialect writes in its own way."""

    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> _IsOneOf:
        """Itself, as for `_Among`."""
        return self


@compiles(_IsOneOf, "sqlite")
def _is_one_of_on_sqlite(element: _IsOneOf, compiler: SQLCompiler, **options: Any) -> str:
    column, keys = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({keys}))"  # noqa: S608


@compiles(_IsOneOf, "postgresql")
def _is_one_of_on_postgresql(element: _IsOneOf, compiler: SQLCompiler, **options: Any) -> str:
    column, keys = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} = ANY({keys})"


def insert_of(dialect: Dialect) -> Callable[[Table], Any]:
    """The dialect's own `insert()`, which knows ON CONFLICT.

    The other dialect is not imported: that would cost a command that reads SQLite a tenth of its time.
    """
    insert: Callable[[Table], Any] = import_module(f"sqlalchemy.dialects.{dialect.name}").insert
    return insert


async def execute_many(connection: AsyncConnection, sql: str, rows: list[tuple[Any, ...]]) -> None:
    """Run the driver's own SQL once for each row. Raises SQLAlchemy's IntegrityError and DBAPIError.

    `Database.transaction()` turns these into ConstraintViolated and DatabaseUnavailable.
    """
    if connection.dialect.driver == "aiosqlite":
        await (await driver_of(connection)).change_many(sql, rows)
    else:
        await connection.exec_driver_sql(sql, rows)


async def _copy(
    connection: AsyncConnection, table: Table, columns: Sequence[Column[Any]], rows: list[tuple[Any, ...]]
) -> None:
    driver = await driver_of(connection)
    if not driver.is_in_transaction():
        # SQLAlchemy begins a transaction with the first statement that goes through it, and a COPY does not. Without
        # one, the COPY would be committed at once, and a later failure could not take it back.
        await connection.execute(_begin)
    await driver.copy_rows(table.name, [column.name for column in columns], rows)

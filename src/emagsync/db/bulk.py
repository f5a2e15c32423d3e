"""Statements on many rows, at the driver's speed.

SQLAlchemy compiles a statement once; the rows then go to and from the driver as tuples. Its own `execute` spends more
time on each row and on each of an `IN`'s values than SQLite does (`benchmarks/upsert.py`), and makes four trips to
the driver's thread where one will do.

Objects of these classes are made once, at import, and shared: what they remember (`_prepared`) is the compiled SQL by
dialect and how each column is converted, never a connection or a row. They keep to the types of `emagsync.db.types`:
values go through the same bind and result processors that SQLAlchemy would use.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from importlib import import_module
from typing import Any, NamedTuple

import orjson
from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    Boolean,
    Column,
    ColumnElement,
    CompoundSelect,
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
from sqlalchemy.sql.dml import Delete, Insert, Update, UpdateBase
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.visitors import iterate
from sqlalchemy.types import TypeEngine

Convert = Callable[[Any], Any] | None

# Does nothing but make SQLAlchemy begin its transaction; see `_copy`.
_begin = select(1)
_named: Callable[[str, Sequence[str]], Any] = namedtuple


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
            (await _driver(connection)).change_many_with_next(sql, _converted(given, converts))

    async def run(self, connection: AsyncConnection, rows: Iterable[tuple[Any, ...]]) -> None:
        """Store `rows`. No two of them may have the same key."""
        sql, converts = self._prepared_for(connection.dialect)
        given = list(rows)
        if not given:
            return
        if connection.dialect.name == "postgresql" and not self._key:
            await _copy(connection, self._table, self._columns, _converted(given, converts))
        else:
            await execute_many(connection, sql, _converted(given, converts))

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
        self._statement = delete(table).where(*given, where)
        self._names = [f"key_{column.key}" for column in key]
        self._prepared: dict[str, _Prepared] = {}

    async def run_with_next(self, connection: AsyncConnection, keys: Sequence[tuple[Any, ...]]) -> None:
        """Delete the rows with these keys; on SQLite along with the transaction's next statement or its commit."""
        if not keys:
            return
        prepared = self._prepared.get(connection.dialect.name)
        if prepared is None:
            prepared = self._prepared.setdefault(
                connection.dialect.name, _prepare(self._statement, connection.dialect, ())
            )
        rows = [tuple(prepared.values(dict(zip(self._names, key, strict=True)))) for key in keys]
        if connection.dialect.driver == "aiosqlite":
            (await _driver(connection)).change_many_with_next(prepared.sql, rows)
        else:
            await connection.exec_driver_sql(prepared.sql, rows)


class BulkSelect:
    """A `SELECT` about many integer keys of one account, which its WHERE names by `among(account, column)`.

    `run()` gives named tuples of the selected columns.
    """

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement
        self._make = _named("Found", [str(column.key) for column in statement.selected_columns])._make
        self._prepared: dict[str, _Prepared] = {}

    async def run(
        self, connection: AsyncConnection, keys: Iterable[int], *, of_account: str, **parameters: Any
    ) -> list[Any]:
        """The rows, in no order; `parameters` are the statement's other ones, by name."""
        given = {**parameters, _ACCOUNT: of_account, _KEYS: list(keys)}
        if connection.dialect.driver != "aiosqlite":
            # PostgreSQL's driver has no thread to make trips to, so there is less to save.
            return [self._make(row) for row in await connection.execute(self._statement, given)]
        prepared = self._prepared.get(connection.dialect.name)
        if prepared is None:
            columns = self._statement.selected_columns
            prepared = self._prepared.setdefault(
                connection.dialect.name, _prepare(self._statement, connection.dialect, columns)
            )
        driver = await _driver(connection)
        rows = await driver.execute_fetchall(prepared.sql, prepared.values(given))
        return list(map(self._make, _converted(rows, prepared.result) if rows else ()))


class ReadySelect:
    """A `SELECT` that is asked so often, at every call of the API, that SQLAlchemy's own calls would count.

    `run()` gives named tuples of the selected columns. On SQLite it takes one trip to the driver's thread, and no time
    to find the compiled statement again, from the second time on: to compile one that is asked once, such as a search,
    would take longer than SQLAlchemy does, which knows others of its shape. Listeners to SQLAlchemy's
    `before_cursor_execute` are told all the same.
    """

    def __init__(self, statement: Select[Any] | CompoundSelect[Any]) -> None:
        self._statement = statement
        self._prepared: dict[str, _Prepared | None] = {}
        self._asked: set[str] = set()  # on which dialects

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

    def rows_of(self, found: Sequence[tuple[Any, ...]], prepared: _Prepared) -> Sequence[Any]:
        """The rows that the driver gave."""
        return list(map(self._row, _converted(found, prepared.result) if found else ()))

    @cached_property
    def _row(self) -> Callable[[Iterable[Any]], Any]:
        return _rows_of(tuple(str(column.key) for column in self._statement.selected_columns))

    def prepared_for(self, dialect: Dialect) -> _Prepared | None:
        """The statement as SQLite's driver takes it.

        None where SQLAlchemy is to execute it: the first time, for PostgreSQL, whose driver has no thread, and for a
        statement with an `IN` of several values, which it writes out each time.
        """
        if dialect.name not in self._asked:
            self._asked.add(dialect.name)
            return None
        if dialect.name not in self._prepared:
            columns = self._statement.selected_columns
            is_ready = dialect.driver == "aiosqlite" and not _is_written_out_later(self._statement, dialect)
            self._prepared[dialect.name] = _prepare(self._statement, dialect, columns) if is_ready else None
        return self._prepared[dialect.name]


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
    driver = await _driver(connection)
    known = connection.sync_connection
    for hear in () if known is None else known.dispatch.before_cursor_execute:
        for one, _, values in ready:
            hear(known, None, one.sql, tuple(values), None, False)
    found = await driver.fetch_each([(one.sql, values) for one, _, values in ready])
    return [statement.rows_of(rows, one) for (one, statement, _), rows in zip(ready, found, strict=True)]


class BulkUpdate:
    """An `UPDATE` of many integer keys of one account, which its WHERE names by `among(account, column)`."""

    def __init__(self, statement: Update) -> None:
        self._statement = statement

    async def run(
        self, connection: AsyncConnection, keys: Iterable[int], *, of_account: str, **parameters: Any
    ) -> None:
        """Change the rows; `parameters` are the statement's other ones, by name."""
        await connection.execute(self._statement, {**parameters, _ACCOUNT: of_account, _KEYS: list(keys)})


class RowUpdate:
    """An `UPDATE` that is carried out so often, with every page of a run, that SQLAlchemy's own calls would count."""

    def __init__(self, statement: Update) -> None:
        self._statement = statement
        self._prepared: dict[str, _Prepared] = {}

    async def run(self, connection: AsyncConnection, **parameters: Any) -> int:
        """Change the rows; `parameters` are the statement's, by name. Returns how many rows there were."""
        if connection.dialect.driver != "aiosqlite":
            return (await connection.execute(self._statement, parameters)).rowcount
        prepared = self._prepared.get(connection.dialect.name)
        if prepared is None:
            prepared = self._prepared.setdefault(
                connection.dialect.name, _prepare(self._statement, connection.dialect, ())
            )
        driver = await _driver(connection)
        done: int = (await driver.cursor().execute(prepared.sql, prepared.values(parameters))).rowcount
        return done


class _Prepared(NamedTuple):
    """A compiled statement: its parameters by position, and how parameters and columns are converted."""

    sql: str
    names: tuple[str, ...]
    constants: dict[str, Any]
    bind: tuple[Convert, ...]
    result: tuple[Convert, ...]

    def values(self, parameters: Mapping[str, Any]) -> list[Any]:
        """The statement's parameters in its order, as the driver takes them."""
        given = {**self.constants, **parameters}  # constants: literals that the statement itself holds
        return [
            given[name] if convert is None else convert(given[name])
            for name, convert in zip(self.names, self.bind, strict=True)
        ]


def _prepare(
    statement: Select[Any] | CompoundSelect[Any] | Update | Delete,
    dialect: Dialect,
    columns: Iterable[ColumnElement[Any]],
) -> _Prepared:
    """`statement`, of which the `columns` come back."""
    compiled = statement.compile(dialect=dialect)
    if not isinstance(compiled, SQLCompiler) or compiled.positiontup is None:
        raise AssertionError(f"{dialect.name} does not take its parameters by position")
    types = [compiled.binds[name].type.dialect_impl(dialect) for name in compiled.positiontup]
    results = [column.type.dialect_impl(dialect) for column in columns]
    return _Prepared(
        sql=str(compiled),
        names=tuple(compiled.positiontup),
        constants={name: bind.value for name, bind in compiled.binds.items() if not bind.required},
        bind=tuple(kind.bind_processor(dialect) for kind in types),
        result=tuple(kind.result_processor(dialect, None) for kind in results),
    )


@lru_cache(maxsize=256)
def _rows_of(names: tuple[str, ...]) -> Callable[[Iterable[Any]], Any]:
    """What makes named tuples. To make their class takes longer than most statements."""
    make: Callable[[Iterable[Any]], Any] = _named("Found", names)._make
    return make


def _is_written_out_later(statement: Select[Any] | CompoundSelect[Any], dialect: Dialect) -> bool:
    # To look for an `IN` takes a fraction of the time of compiling it, which a search for other words needs each time.
    if any(isinstance(part, BindParameter) and part.expanding for part in iterate(statement)):
        return True
    compiled = statement.compile(dialect=dialect)
    return bool(isinstance(compiled, SQLCompiler) and (compiled.post_compile_params or compiled.literal_execute_params))


def among(account: Column[str], column: Column[int]) -> ColumnElement[bool]:
    """Whether a row is of the account and among the keys that `run` is given: one parameter, however many keys.

    On PostgreSQL the two columns are compared as a pair. As two conditions they would be planned by how many rows an
    account has: a wrong guess until statistics are taken, and each page of a first copy then reads all rows before it.
    """
    keys = bindparam(_KEYS, type_=_Keys())
    return _Among(account, column, bindparam(_ACCOUNT, type_=account.type), keys)


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


def _converted(rows: Iterable[tuple[Any, ...]], converts: tuple[Convert, ...]) -> list[tuple[Any, ...]]:
    # By column: most need no conversion, and those that do often hold one value throughout, such as the time.
    columns = zip(zip(*rows, strict=True), converts, strict=True)
    return list(zip(*(_convert(column, convert) for column, convert in columns), strict=True))


def _convert(column: tuple[Any, ...], convert: Convert) -> Sequence[Any]:
    if convert is None:
        return column
    # By identity, which costs less than comparing values. Where the ends differ, it is not asked of those between.
    if column[0] is column[-1] and len(set(map(id, column))) == 1:
        return [convert(column[0])] * len(column)
    return list(map(convert, column))


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
        await (await _driver(connection)).change_many(sql, rows)
    else:
        await connection.exec_driver_sql(sql, rows)


async def _copy(
    connection: AsyncConnection, table: Table, columns: Sequence[Column[Any]], rows: list[tuple[Any, ...]]
) -> None:
    driver = await _driver(connection)
    if not driver.is_in_transaction():
        # SQLAlchemy begins a transaction with the first statement that goes through it, and a COPY does not. Without
        # one, the COPY would be committed at once, and a later failure could not take it back.
        await connection.execute(_begin)
    await driver.copy_rows(table.name, [column.name for column in columns], rows)


async def _driver(connection: AsyncConnection) -> Any:
    """The driver's own connection: `sqlite_driver.Connection` or `postgresql_driver.Connection`."""
    known = connection.sync_connection
    if known is not None and not known.invalidated:
        # It is at hand: `get_raw_connection` would switch greenlets, in case it has to be made.
        return known.connection.driver_connection
    return (await connection.get_raw_connection()).driver_connection

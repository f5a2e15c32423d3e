"""Statements that SQLAlchemy compiled once, as the driver takes them: what `db.bulk` and `db.ready` are made of.

What is remembered is the compiled SQL by dialect and how each column is converted, never a connection or a row. Values
go through the same bind and result processors that SQLAlchemy would use, so all of it keeps to the types of
`emagsync.db.types`.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import CompoundSelect, Dialect, Float, Numeric, Select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import Delete, Update
from sqlalchemy.types import TypeEngine

# The option of a connection whose transactions read one moment of SQLite's.
SNAPSHOT: Final = "emagsync_snapshot"

_DOUBLE, _NUMERIC = 701, 1700

# So many rows are converted one by one, which for one of forty columns takes a third of the time.
_FEW: Final = 4

Convert = Callable[[Any], Any] | None

_named: Callable[[str, Sequence[str]], Any] = namedtuple


class Prepared(NamedTuple):
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


def _type_number(kind: TypeEngine[Any]) -> int | None:
    """PostgreSQL's number of a type where SQLAlchemy asks for it to know what its driver gives."""
    if isinstance(kind, Float):
        return _DOUBLE
    return _NUMERIC if isinstance(kind, Numeric) else None


class PreparedStatement:
    """A statement that is compiled once for each dialect, when it is first executed there."""

    def __init__(self, statement: Select[Any] | CompoundSelect[Any] | Update | Delete) -> None:
        self._statement = statement
        self._by_dialect: dict[str, Prepared] = {}

    def on(self, dialect: Dialect) -> Prepared:
        """The statement as the dialect's driver takes it."""
        prepared = self._by_dialect.get(dialect.name)
        if prepared is None:
            prepared = self._by_dialect.setdefault(dialect.name, self._compiled(dialect))
        return prepared

    def _compiled(self, dialect: Dialect) -> Prepared:
        compiled = self._statement.compile(dialect=dialect)
        if not isinstance(compiled, SQLCompiler) or compiled.positiontup is None:
            raise AssertionError(f"{dialect.name} does not take its parameters by position")
        types = [compiled.binds[name].type.dialect_impl(dialect) for name in compiled.positiontup]
        read = self._statement.selected_columns if isinstance(self._statement, Select | CompoundSelect) else ()
        results = [column.type.dialect_impl(dialect) for column in read]
        return Prepared(
            sql=str(compiled),
            names=tuple(compiled.positiontup),
            constants={name: bind.value for name, bind in compiled.binds.items() if not bind.required},
            bind=tuple(kind.bind_processor(dialect) for kind in types),
            result=tuple(kind.result_processor(dialect, _type_number(kind)) for kind in results),
        )


@lru_cache(maxsize=256)
def row_maker(names: tuple[str, ...]) -> Callable[[Iterable[Any]], Any]:
    """What makes named tuples. To make their class takes longer than most statements."""
    make: Callable[[Iterable[Any]], Any] = _named("Found", names)._make
    return make


def converted(rows: Iterable[tuple[Any, ...]], converts: tuple[Convert, ...]) -> list[tuple[Any, ...]]:
    """The rows, each column by its conversion."""
    if isinstance(rows, Sequence) and len(rows) <= _FEW:
        needed = _needed(converts)
        return [_converted(row, needed) for row in rows]
    # By column: most need no conversion, and those that do often hold one value throughout, such as the time.
    columns = zip(zip(*rows, strict=True), converts, strict=True)
    return list(zip(*(_convert(column, convert) for column, convert in columns), strict=True))


@lru_cache(maxsize=1_024)
def _needed(converts: tuple[Convert, ...]) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
    return tuple((place, convert) for place, convert in enumerate(converts) if convert is not None)


def _converted(row: Iterable[Any], needed: Iterable[tuple[int, Callable[[Any], Any]]]) -> tuple[Any, ...]:
    values = list(row)
    for place, convert in needed:
        values[place] = convert(values[place])
    return tuple(values)


def _convert(column: tuple[Any, ...], convert: Convert) -> Sequence[Any]:
    if convert is None:
        return column
    # By identity, which costs less than comparing values. Where the ends differ, it is not asked of those between.
    if column[0] is column[-1] and len(set(map(id, column))) == 1:
        return [convert(column[0])] * len(column)
    return list(map(convert, column))


async def driver_of(connection: AsyncConnection) -> Any:
    """The driver's own connection: `sqlite_driver.Connection` or `postgresql_driver.Connection`.

    SQLAlchemy begins its transaction with the first statement that goes through it. What goes to the driver does not,
    so it is begun here: else each statement of a snapshot would see a moment of its own.
    """
    driver = driver_at_hand(connection)
    if driver is None:
        driver = (await connection.get_raw_connection()).driver_connection
    known = connection.sync_connection
    if known is not None and SNAPSHOT in known.get_execution_options() and not known.in_transaction():
        driver.begin(reading=True)
    return driver


def driver_at_hand(connection: AsyncConnection) -> Any:
    """The same; None where it would have to be made. (`get_raw_connection` would switch greenlets to find out.)"""
    known = connection.sync_connection
    return None if known is None or known.invalidated else known.connection.driver_connection

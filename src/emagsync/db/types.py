"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, BindParameter, ColumnElement, DateTime, Dialect, Integer, Numeric, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

from emagsync.core import money

# SQLite gives ids automatically only to a column declared INTEGER, which holds 64 bits there anyway.
BigId = BigInteger().with_variant(Integer(), "sqlite")


class Money(TypeDecorator[Decimal]):
    """An amount with four decimals: NUMERIC(18, 4) on PostgreSQL, an integer of 0.0001 units on SQLite.

    SQLite has no decimals and would keep a float. Units compare, sort and sum exactly there; AVG and arithmetic
    in SQL must be done on the units.
    """

    impl = Numeric(18, money.SCALE)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """BIGINT units where there are no decimals."""
        return dialect.type_descriptor(BigInteger() if dialect.name == "sqlite" else Numeric(18, money.SCALE))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """Refuses (ValueError) what would have to be rounded."""
        return _bind_amount(dialect)(value)

    def bind_processor(self, dialect: Dialect) -> Callable[[Decimal | None], Any]:
        """The same without SQLAlchemy's calls around it, which cost: each of thousands of rows has five amounts."""
        return _bind_amount(dialect)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Always four decimals."""
        return _read_amount(dialect)(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Decimal | None]:
        """The same without SQLAlchemy's calls around it."""
        return _read_amount(dialect)


def _read_amount(dialect: Dialect) -> Callable[[Any], Decimal | None]:
    return _amount_of_units if dialect.name == "sqlite" else _exact_amount


def _amount_of_units(units: int | None) -> Decimal | None:
    return None if units is None else money.from_units(units)


def _exact_amount(stored: Decimal | None) -> Decimal | None:
    return None if stored is None else money.exact(stored)


def _bind_amount(dialect: Dialect) -> Callable[[Decimal | None], Any]:
    convert: Callable[[Decimal], Any] = money.to_units if dialect.name == "sqlite" else money.exact
    return lambda value: None if value is None else convert(value)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time in UTC. SQLite keeps the text `YYYY-MM-DD HH:MM:SS.ffffff`, in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuses (ValueError) a time without a zone: it could mean anything."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        """The same without SQLAlchemy's calls around it, which cost: each row of a list has three times."""
        return _time_of_text if dialect.name == "sqlite" else _aware


def _time_of_text(stored: str | None) -> datetime | None:
    return None if stored is None else datetime.fromisoformat(f"{stored}+00:00")


def _aware(stored: datetime | None) -> datetime | None:
    return None if stored is None else stored.astimezone(UTC)


class _PlainJson(UserDefinedType[str]):
    """SQLAlchemy's own would take the text for a value, and store it as one JSON string. See `db.postgresql` too."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "JSON"


class JsonText(TypeDecorator[str]):
    """JSON kept as the text that it came as: TEXT on SQLite, `json` (not `jsonb`) on PostgreSQL.

    `jsonb` would reorder keys, respell numbers and refuse escaped NULs: the row must stay as eMAG sent it. A value may
    also be given as bytes in UTF-8. SQLite stores them as they are; text would be encoded first, which costs as much
    as to store it.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """`json` where it exists."""
        return _PlainJson() if dialect.name == "postgresql" else dialect.type_descriptor(Text())

    def bind_expression(self, bindparam: BindParameter[Any]) -> ColumnElement[Any]:
        """Bytes are a text on SQLite, too."""
        return _StoredText(bindparam)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """PostgreSQL's driver takes text only."""
        return None if dialect.name == "sqlite" else _text_of_json

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """The text itself."""
        return value  # type: ignore[no-any-return]


def _text_of_json(value: str | bytes | None) -> str | None:
    return value.decode() if isinstance(value, bytes) else value


class _StoredText(FunctionElement[str]):
    """A value that is given as text, or as bytes in UTF-8."""

    type = Text()
    inherit_cache = True


@compiles(_StoredText)
def _as_it_is(element: _StoredText, compiler: SQLCompiler, **options: Any) -> str:
    [value] = element.clauses
    return compiler.process(value, **options)


@compiles(_StoredText, "sqlite")
def _as_text(element: _StoredText, compiler: SQLCompiler, **options: Any) -> str:
    [value] = element.clauses
    return f"CAST({compiler.process(value, **options)} AS TEXT)"

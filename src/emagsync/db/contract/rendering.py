"""The statements that make the views of the contract, for each of the databases."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from emagsync.db.contract.definitions import Kind, Sql, View, ViewColumn

POSTGRESQL: Final = "postgresql"
SQLITE: Final = "sqlite"

_NAME: Final = re.compile(r"[a-z_.]+")

# On PostgreSQL columns are cast to these, so that they stay when those of the tables become wider. Amounts have 14
# digits before the point; with VAT one more.
POSTGRESQL_TYPES: Final[Mapping[Kind, str]] = {
    Kind.TEXT: "text",
    Kind.WHOLE: "bigint",
    Kind.NUMBER: "double precision",
    Kind.AMOUNT: "numeric(20,4)",
    Kind.TRUTH: "boolean",
    Kind.TIME: "timestamp with time zone",
    Kind.DAY: "date",
    Kind.JSON: "json",
    Kind.JSON_OF_CODES: "json",
}
# What `typeof` says of values on SQLite, which has neither decimals, nor truth, nor times.
SQLITE_TYPES: Final[Mapping[Kind, str]] = {
    Kind.TEXT: "text",
    Kind.WHOLE: "integer",
    Kind.NUMBER: "real",
    Kind.AMOUNT: "text",
    Kind.TRUTH: "integer",
    Kind.TIME: "text",
    Kind.DAY: "text",
    Kind.JSON: "text",
    Kind.JSON_OF_CODES: "text",
}


def create_view(view: View, dialect: str) -> str:
    """The statement that makes `view`."""
    columns = ", ".join(f"{_value(column, dialect)} AS {column.name}" for column in view.columns)
    return f"CREATE VIEW {view.name} AS SELECT {columns} {_of(view.rest, dialect)}".rstrip()


def _of(sql: Sql, dialect: str) -> str:
    return sql if isinstance(sql, str) else sql[dialect]


def _value(column: ViewColumn, dialect: str) -> str:
    value = _of(column.source, dialect)
    return _on_sqlite(value, column.kind) if dialect == SQLITE else _on_postgresql(value, column.kind)


def _on_postgresql(value: str, kind: Kind) -> str:
    if kind is Kind.JSON_OF_CODES:
        value = f"to_json(string_to_array({value}, ' '))"
    return f"({value})::{POSTGRESQL_TYPES[kind]}"


def _on_sqlite(value: str, kind: Kind) -> str:
    """Columns as they are keep their indexes."""
    if kind is Kind.AMOUNT:
        return _decimal(value)
    if kind is Kind.TIME:
        return f"replace({value}, ' ', 'T') || 'Z'"
    if kind is Kind.JSON_OF_CODES:
        return f"CASE {value} WHEN '' THEN '[]' ELSE '[\"' || replace({value}, ' ', '\",\"') || '\"]' END"
    return value


def _decimal(units: str) -> str:
    """Units of 0.0001 as a decimal in text: a float is not exact."""
    if _NAME.fullmatch(units) is None:  # so that it is computed once
        return f"(SELECT {_decimal('units')} FROM (SELECT {units} AS units))"  # noqa: S608 - ours
    return (
        f"CASE WHEN {units} IS NULL THEN NULL ELSE printf('%s%d.%04d', "
        f"CASE WHEN {units} < 0 THEN '-' ELSE '' END, abs({units}) / 10000, abs({units}) % 10000) END"
    )

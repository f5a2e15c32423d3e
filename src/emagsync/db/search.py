"""Comparing text as people search it: any case, with or without diacritics; one meaning on both databases."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from sqlalchemy import ColumnElement, Text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

_SQLITE_FUNCTION = "emagsync_fold"
# PostgreSQL has no standard way to strip diacritics without an extension: these are the letters of the marketplaces.
_WITH = "ăâîșşțţáéíóöőúüűàèìòùäëïçñйѝё"
_WITHOUT = "aaissttaeiooouuuaeiouaeicnиие"
_DIACRITICS = re.compile("[\u0300-\u036f]+")


def fold(text: str | None) -> str | None:
    """`text` in lower case and without diacritics: `Încălțăminte` becomes `incaltaminte`."""
    if text is None or text.isascii():
        return text and text.lower()
    return _DIACRITICS.sub("", unicodedata.normalize("NFD", text.lower()))


class folded(FunctionElement[str]):  # noqa: N801 - reads as an SQL function
    """`fold` in SQL. A connection to SQLite needs `enable_folding` first."""

    type = Text()
    inherit_cache = True


@compiles(folded, "sqlite")
def _on_sqlite(element: folded, compiler: SQLCompiler, **options: Any) -> str:
    return f"{_SQLITE_FUNCTION}({compiler.process(element.clauses, **options)})"


@compiles(folded, "postgresql")
def _on_postgresql(element: folded, compiler: SQLCompiler, **options: Any) -> str:
    return f"translate(lower({compiler.process(element.clauses, **options)}), '{_WITH}', '{_WITHOUT}')"


def contains(text: ColumnElement[Any], term: str) -> ColumnElement[bool]:
    """Whether `term` is a part of `text`, folded. `%` and `_` mean themselves."""
    return folded(text).contains(fold(term), autoescape=True)


async def enable_folding(connection: AsyncConnection) -> None:
    """Teach this connection's SQLite the function behind `folded`; PostgreSQL needs nothing."""
    if connection.dialect.name != "sqlite":
        return
    raw = await connection.get_raw_connection()
    driver: Any = raw.driver_connection
    await driver.create_function(_SQLITE_FUNCTION, 1, fold, deterministic=True)

"""Lists of texts or numbers in one column, which are JSON, as rows of a query."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from sqlalchemy import Select, Text, bindparam, column, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction


class each_text(GenericFunction[str]):  # noqa: N801, as functions of SQL are named
    """The values of a stored list, as a table with the column `value`; texts on PostgreSQL."""

    inherit_cache = True


@compiles(each_text, "sqlite")
def _on_sqlite(element: each_text, compiler: Any, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(each_text, "postgresql")
def _on_postgresql(element: each_text, compiler: Any, **options: Any) -> str:
    return f"jsonb_array_elements_text(CAST({compiler.process(element.clauses, **options)} AS JSONB))"


def texts_in(parameter: str) -> Select[str]:
    """The texts of a list that is a parameter (`listed`), for an `IN` that is the same statement whatever they are."""
    return select(each_text(bindparam(parameter, type_=Text)).table_valued(column("value")).c.value)


def listed(texts: Iterable[str]) -> str:
    """The parameter of `texts_in`."""
    return orjson.dumps(sorted(texts)).decode()

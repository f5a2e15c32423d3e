"""Lists of texts or numbers in one column, which are JSON, as rows of a query."""

from __future__ import annotations

from typing import Any

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

"""Finding the offers of an account that share an EAN: eMAG takes them for the same product."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, column, func, select, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from emagsync.offers.tables import offers


class each_text(GenericFunction[str]):  # noqa: N801, as functions of SQL are named
    """The texts of a stored list, as a table with the column `value`."""

    inherit_cache = True


@compiles(each_text, "sqlite")
def _on_sqlite(element: each_text, compiler: Any, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(each_text, "postgresql")
def _on_postgresql(element: each_text, compiler: Any, **options: Any) -> str:
    return f"jsonb_array_elements_text(CAST({compiler.process(element.clauses, **options)} AS JSONB))"


def same_eans() -> Select[int]:
    """The ids of the offers that are not removed and of which another one has an EAN too, within an account."""
    of = offers.alias("of_ean")
    texts = func.each_text(of.c.eans).table_valued(column("value"))
    eans = (
        select(of.c.id, of.c.account, texts.c.value.label("ean"))
        .select_from(of)
        .join(texts, true())
        .where(of.c.removed_at.is_(None))
        .cte("eans")
    )
    ids, together = eans.c.id, (eans.c.account, eans.c.ean)
    # Not how many there are: one offer may have an EAN twice.
    first, last = func.min(ids).over(partition_by=together), func.max(ids).over(partition_by=together)
    counted = select(ids, first.label("first"), last.label("last")).subquery("counted")
    return select(counted.c.id).where(counted.c.first < counted.c.last)

"""Finding the offers of an account that share an EAN: eMAG takes them for the same product."""

from __future__ import annotations

from sqlalchemy import Select, column, func, select, true

from emagsync.db.lists import each_text
from emagsync.offers.tables import offers


def same_eans() -> Select[int]:
    """The ids of the offers that are not removed and of which another one has an EAN too, within an account."""
    of = offers.alias("of_ean")
    texts = each_text(of.c.eans).table_valued(column("value"))
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

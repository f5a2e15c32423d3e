"""How many offers a selection has, remembered for as long as no offer changes.

Every change of an offer that a filter could see is in the change log, so a total is good as long as the log's newest
number is the same. A run over an unchanged catalogue therefore costs no counting.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.search_index import by_walking
from emagsync.offers.search import SEARCH_INDEX
from emagsync.offers.selection import OfferFilter, condition, holds
from emagsync.offers.tables import FACETS, offer_changes, offers

_REMEMBERED = 1_000


class Remembered(NamedTuple):
    """A total, and the newest number of the change log when it was counted."""

    newest: int
    total: int


class Totals:
    """Totals by selection, for one database. At most a thousand selections are remembered."""

    def __init__(self) -> None:
        self._known: OrderedDict[OfferFilter, Remembered] = OrderedDict()

    def remembered(self, wanted: OfferFilter) -> Remembered | None:
        """What was counted last."""
        return self._known.get(wanted)

    def remember(self, wanted: OfferFilter, newest: int, total: int) -> None:
        """`wanted` has `total` offers as long as `newest` is the newest change."""
        self._known[wanted] = Remembered(newest, total)
        self._known.move_to_end(wanted)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)


async def count(connection: AsyncConnection, wanted: OfferFilter) -> int:
    """How many offers `wanted` has."""
    dialect = connection.dialect.name
    if wanted.term and wanted.is_nothing_but_search:
        return await _count_found(connection, wanted, dialect)
    query = select(func.count()).select_from(offers).where(condition(wanted, dialect))
    return await connection.scalar(query) or 0


async def _count_found(connection: AsyncConnection, wanted: OfferFilter, dialect: str) -> int:
    """The matches of the search index, which need no row each, less those of removed offers, which are few."""
    found = SEARCH_INDEX.matching(dialect, wanted.term)
    total = await connection.scalar(select(func.count()).select_from(found.subquery())) or 0
    if wanted.include_removed or not total:
        return total
    removed = select(func.count()).select_from(offers).where(offers.c.removed_at.is_not(None), holds(wanted.term))
    return total - (await connection.scalar(by_walking(removed, offers, FACETS)) or 0)


async def newest_change(connection: AsyncConnection) -> int:
    """The newest number of the change log, or 0."""
    return await connection.scalar(select(func.max(offer_changes.c.seq))) or 0

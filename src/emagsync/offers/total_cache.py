"""How many offers a selection has, remembered for as long as nothing changes that the selection looks at.

The change log has every change of what a filter looks at (`changed_since` apart, whose totals are not remembered), so a
total is good as long as the log has no such change after the one that was the newest when it was counted. A run that
changes stock and prices therefore costs no counting of what is searched for.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, false, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.search_index import by_walking
from emagsync.offers.repository import LIFECYCLE
from emagsync.offers.search import SEARCH_INDEX
from emagsync.offers.selection import OfferFilter, condition, holds
from emagsync.offers.tables import REMOVED, offer_changes, offer_search, offers

_REMEMBERED: Final = 1_000
# Looking through more changes than that takes longer than most counts.
_MOST_CHANGES: Final = 5_000
_SEARCHED: Final = ("name", "part_number", "part_number_key", "eans", "brand")


class Moment(NamedTuple):
    """What counts depend on: the newest number of the change log, and the newest offer that search finds.

    On SQLite new offers enter the search index some time after they were logged.
    """

    change: int
    searchable: int


class Remembered(NamedTuple):
    """A total, and when it was counted or last found to be good."""

    at: Moment
    total: int


class Totals:
    """Totals by selection, for one database. At most a thousand selections are remembered."""

    def __init__(self) -> None:
        self._known: OrderedDict[OfferFilter, Remembered] = OrderedDict()

    def remembered(self, wanted: OfferFilter) -> Remembered | None:
        """What was counted last."""
        return self._known.get(wanted)

    def remember(self, wanted: OfferFilter, at: Moment, total: int) -> None:
        """`wanted` has `total` offers at that moment."""
        if wanted.changed_since is not None:
            return
        self._known[wanted] = Remembered(at, total)
        self._known.move_to_end(wanted)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)


def moment_columns(wanted: OfferFilter, since: Remembered | None) -> tuple[ColumnElement[Any], ...]:
    """Three columns for a statement: the two numbers of its `Moment`, and whether the log has a change since then that
    `wanted` looks at."""
    change = select(func.max(offer_changes.c.seq)).scalar_subquery()
    searchable = select(func.max(offer_search.c.offer_id)).scalar_subquery()
    if since is None:
        return change, searchable, false()
    return change, searchable, changed_after(since.at.change, _looked_at(wanted))


def changed_after(change: int, fields: Collection[str]) -> ColumnElement[bool]:
    """Whether one of the next changes after number `change`, of those that `is_near`, is of one of `fields`."""
    numbers = offer_changes.c.seq
    looked_through = select(numbers).where(numbers > change, numbers <= change + _MOST_CHANGES)
    return looked_through.where(offer_changes.c.field.in_(fields)).exists()


def is_near(change: int, newest: int) -> bool:
    """Whether `changed_after` looks through all changes from `change` to `newest`."""
    return newest - change <= _MOST_CHANGES


def moment_of(row: Any) -> tuple[Moment, bool]:
    """The moment that the three `moment_columns` at the end of `row` tell, and whether there was such a change."""
    change, searchable, changed = row[-3:]
    return Moment(change or 0, searchable or 0), bool(changed)


def is_good(known: Remembered, wanted: OfferFilter, at: Moment, *, changed: bool) -> bool:
    """Whether a remembered total still is right; `changed` tells of the changes that were looked through."""
    if changed or not is_near(known.at.change, at.change):
        return False
    return not wanted.term or at.searchable == known.at.searchable


def _looked_at(wanted: OfferFilter) -> list[str]:
    """The fields of the change log that move an offer into the selection or out of it."""
    given = {
        "status": wanted.statuses,
        "sellable": wanted.sellable is not None,
        "stock": wanted.max_stock is not None,
        "validation_status": wanted.validation_statuses,
        "category_id": wanted.category_id is not None,
    }
    searched = _SEARCHED if wanted.term else ()
    return [LIFECYCLE, *searched, *(field for field, is_given in given.items() if is_given)]


async def count(connection: AsyncConnection, wanted: OfferFilter) -> int:
    """How many offers `wanted` has."""
    dialect = connection.dialect.name
    if wanted.is_nothing_but_search:
        return await (_count_found if wanted.term else _count_all)(connection, wanted)
    query = select(func.count()).select_from(offers).where(condition(wanted, dialect))
    return await connection.scalar(query) or 0


async def _count_all(connection: AsyncConnection, wanted: OfferFilter) -> int:
    """SQLite counts all rows without looking at any; removed ones have an index of their own."""
    everything = select(func.count()).select_from(offers).scalar_subquery()
    if wanted.include_removed:
        return await connection.scalar(select(everything)) or 0
    removed = select(func.count()).select_from(offers).where(offers.c.removed_at.is_not(None))
    left_out = by_walking(removed, offers, REMOVED).scalar_subquery()
    return await connection.scalar(select(everything - left_out)) or 0


async def _count_found(connection: AsyncConnection, wanted: OfferFilter) -> int:
    """The matches of the search index, which need no row each, less those of removed offers, which are few."""
    found = SEARCH_INDEX.matching(connection.dialect.name, wanted.term)
    total = await connection.scalar(select(func.count()).select_from(found.subquery())) or 0
    if wanted.include_removed or not total:
        return total
    removed = select(func.count()).select_from(offers).where(offers.c.removed_at.is_not(None), holds(wanted.term))
    return total - (await connection.scalar(by_walking(removed, offers, REMOVED)) or 0)


async def newest_change(connection: AsyncConnection) -> int:
    """The newest number of the change log, or 0."""
    return await connection.scalar(select(func.max(offer_changes.c.seq))) or 0

"""A page of a search that finds few offers: what most searches are, of a code all the more.

One statement does all of it, and is the same for whatever is searched for: the words are its parameters. It asks the
index once, for no more than a few; it counts what of them the other filters leave, puts them in order, what is named
exactly first, and reads the page's rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Integer, Select, bindparam, case, func, select, true

from emagsync.db.ready import Answering, ReadySelect
from emagsync.db.search_index import SearchShape, parameters_of, shape_of
from emagsync.offers.position_repository import OfferPage, Position, is_behind, page_of, position_columns
from emagsync.offers.search_repository import SEARCH_INDEX
from emagsync.offers.selection import OfferFilter, Order, SortKey
from emagsync.offers.selection_repository import columns_of, order_terms, plain_conditions, sort_columns
from emagsync.offers.tables import offer_search, offers

# Of more it takes longer to look at each than to read a list in its order.
FEW: Final = 100
# Statements that were asked last.
_REMEMBERED: Final = 256
_FIRST, _MOST = "page_first", "page_most"  # their parameters
_NUMBERS: Final = 3  # columns at the end


async def page_of_few(
    source: Answering,
    offer_filter: OfferFilter,
    columns: Sequence[ColumnElement[Any]],
    order: Order,
    *,
    dialect: str,
    limit: int,
    skip: int,
    after: Position | None = None,
) -> OfferPage | None:
    """One page of a search, with `columns` of `offers`, and how many offers there are; both of the same moment.

    None where nothing is searched for, and where more than :data:`FEW` offers have it. It begins behind the position
    `after`, if there is one. The rows have more columns at the end.
    """
    searched = offer_filter.searched
    if searched is None:
        return None
    if not searched.words:
        return OfferPage([], 0, None)
    behind = None if after is None else after.missing
    asked = _Asked(replace(offer_filter, search=None), shape_of(searched), tuple(columns), order, dialect, FEW, behind)
    # One more, which tells whether the list goes on.
    given = {**parameters_of(searched, dialect), **(after.parameters if after else {}), _FIRST: skip, _MOST: limit + 1}
    [rows] = await source.ask((_page_query(asked), given))
    found, total, _ = rows[0][-_NUMBERS:]
    if found > FEW:
        return None
    # Without an offer in it, the page has a row of nothing that tells the numbers.
    rows = [row for row in rows if row[-1] is not None]
    ranked = order.key is SortKey.RELEVANCE
    return page_of(rows, total, limit=limit, columns=len(columns), more=_NUMBERS, ranked=ranked)


class _Asked(NamedTuple):
    """What decides how the statement is written. `offer_filter` is without what is searched for."""

    offer_filter: OfferFilter
    shape: SearchShape
    columns: tuple[ColumnElement[Any], ...]
    order: Order
    dialect: str
    found_at_most: int
    behind: tuple[bool, ...] | None  # `missing` of the position


@lru_cache(maxsize=_REMEMBERED)
def _page_query(asked: _Asked) -> ReadySelect:
    found = SEARCH_INDEX.first_found(asked.dialect, asked.shape, asked.found_at_most + 1).cte("found")
    matches = select(func.count()).select_from(found).scalar_subquery()
    selected = _selected(asked, found).where(matches <= asked.found_at_most).cte("selected")
    numbers = select(
        matches.label("found_matches"),
        select(func.count()).select_from(selected).scalar_subquery().label("found_total"),
    ).subquery("numbers")
    sorted_by = list(selected.c)[1:]
    ids = select(selected).order_by(*order_terms(asked.order, sorted_by))
    if asked.behind is not None:
        own, descending = columns_of(asked.order), asked.order.descending
        ids = ids.where(is_behind(sorted_by, own, descending=descending, missing=asked.behind))
    page = ids.limit(bindparam(_MOST, type_=Integer)).offset(bindparam(_FIRST, type_=Integer)).subquery("page")
    rows = numbers.outerjoin(page, true()).outerjoin(offers, offers.c.id == page.c.id)
    statement = (
        select(*asked.columns, *position_columns(list(page.c)[1:]), *numbers.c, page.c.id.label("found_id"))
        .select_from(rows)
        .order_by(*order_terms(asked.order, list(page.c)[1:]))
    )
    return ReadySelect(statement)


def _selected(asked: _Asked, found: Any) -> Select[Any]:
    """The ids of those that the other filters leave, each with the columns it is sorted by."""
    sorted_by = sort_columns(asked.order, asked.dialect)
    if asked.order.key is SortKey.RELEVANCE:
        sorted_by = (case((found.c.is_named, 0), else_=1).label("rank"), *sorted_by)
    query = select(offers.c.id, *sorted_by).join_from(found, offers, offers.c.id == found.c.id)
    if asked.order.key is SortKey.NAME:
        query = query.join(offer_search, offer_search.c.offer_id == offers.c.id)
    return query.where(*plain_conditions(asked.offer_filter))

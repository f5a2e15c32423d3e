"""Reading a selection: one page of it with its total, or all of it in batches.

What makes a page of a quarter of a million offers quick, on both databases:

- ids first: an index has what is filtered and sorted by (`FACETS`), so only the page's own rows are read whole;
- from the nearer end: a page in the second half is read backwards, so at most half of the ids are skipped (`_Window`);
- the total is remembered (`total_cache`), and the page's own statement tells whether it is still right;
- where a search finds few offers, one statement does everything (`found_repository`);
- where it finds very many, the list is walked in order instead of sorting all matches (`by_walking`);
- so is a list in any other order, whose index is made when it is asked for (`order_indexes`).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final, NamedTuple, cast

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Row,
    Select,
    and_,
    bindparam,
    false,
    func,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.engine import Database
from emagsync.db.ready import Answering, Question, ReadySelect, Within, ask
from emagsync.db.search_index import SearchShape, by_walking, shape_of, word_parameters_of
from emagsync.offers.change_repository import changed_after, is_near, newest_seq
from emagsync.offers.found_repository import page_of_few
from emagsync.offers.order_index_repository import OrderIndex
from emagsync.offers.position_repository import OfferPage, Position, page_of, position_columns
from emagsync.offers.schemas import Offer
from emagsync.offers.selection import OfferFilter, Order, SortKey
from emagsync.offers.selection_repository import (
    BY_KEY,
    condition,
    count,
    is_ranked,
    is_reversible,
    kept_total,
    names_some,
    order_terms,
    ordered_ids,
    with_hints,
    with_unseen,
)
from emagsync.offers.tables import FACETS, offer_search, offers
from emagsync.offers.total_cache import CachedTotal, CopyVersion, TotalCache, fields_of, is_in_the_log

OFFER_COLUMNS = tuple(offers.c[name] for name in Offer.model_fields)

# From so many matches on it takes longer to sort them all than to walk the list and test whether each is one of them,
_MANY = 5_000
# and from so many on the first of them are found soonest by looking into one offer after the other.
_SOME = 1_000
_FEW = 8  # first: before an eighth of all matches
# To skip more takes long.
_NEAR: Final = 1_000
# Statements that were asked last: to write one takes as long as to execute it.
_REMEMBERED: Final = 256
_OF_VERSION: Final = 3  # columns
_FIRST, _MOST, _SINCE = "page_first", "page_most", "page_since"  # their parameters


class PageAsked(NamedTuple):
    """Which page of a list: at most `limit` offers in this order, after the first `skip` or the position `after`.

    `order_index` has the order, if one does (`order_indexes.order_index`).
    """

    limit: int
    skip: int
    order: Order
    order_index: OrderIndex | None = None
    after: Position | None = None


async def select_page(
    connection: AsyncConnection,
    offer_filter: OfferFilter,
    columns: Sequence[ColumnElement[Any]],
    asked: PageAsked,
    totals: TotalCache,
) -> OfferPage:
    """One page of a selection, with `columns` of `offers`, and the selection's total; both of the same moment.

    What is skipped is never read, only its place in an index. A remembered total is used if nothing that the selection
    depends on has changed since, as the page's own statement says.
    """
    given, offer_filter = offer_filter, await with_hints(connection, offer_filter)
    wanted = _Window.around(asked)
    cached = totals.get(given)
    if cached is None:
        few = await _page_of_few(Within(connection), offer_filter, columns, asked, connection.dialect.name)
        if few is not None:
            return few
        total, names_some = await _count(connection, offer_filter)
    else:
        total, names_some = cached.total, cached.names_some
    window = wanted.with_rank(names_some)
    page = await _read_page(connection, offer_filter, columns, window, total, cached)
    if cached is not None and not cached.is_good(offer_filter, page.version, changed=page.changed):
        # The page was read from the end that the outdated total made the nearer one: with the right total, that may be
        # the other end, or other rows.
        total, names_some = await _count(connection, offer_filter)
        window = wanted.with_rank(names_some)
        if window.of(total) != wanted.with_rank(cached.names_some).of(cached.total):
            page = await _read_page(connection, offer_filter, columns, window, total, None)
    totals.put(given, CachedTotal(page.version, total, names_some))
    return _shown(page, total, offer_filter, window, limit=asked.limit, columns=columns)


async def page_at_once(
    database: Database,
    offer_filter: OfferFilter,
    columns: Sequence[ColumnElement[Any]],
    asked: PageAsked,
    totals: TotalCache,
) -> OfferPage | None:
    """As `select_page`, asking once; None where that does not do, and `select_page` is to be called.

    It does for a search that finds few offers, and where the total was counted before: the same answer tells whether it
    is still right, or, where numbers are kept of what is selected, what it is now.
    """
    dialect = "sqlite" if database.is_sqlite else "postgresql"
    guess = totals.guess(offer_filter)
    if guess is None:
        return await _page_of_few(database, offer_filter, columns, asked, dialect)
    is_logged = is_in_the_log(offer_filter)
    kept = None if is_logged else kept_total(offer_filter)
    if not is_logged and kept is None:
        return None
    window = _Window.around(asked).with_rank(guess.names_some)
    guessed, cached = with_unseen(offer_filter, guess.total), guess if is_logged else None
    question = _page_question(guessed, columns, window, guess.total, cached, dialect)
    rows, *numbers = await database.ask(question, *([] if kept is None else [kept.question]))
    if kept is not None:
        total = kept.read(numbers[0])
        page = _Page(rows, guess.version, changed=False)
        # Another total may be read from the other end, or in another way.
        right = with_unseen(offer_filter, total)
        if total != guess.total and _page_question(right, columns, window, total, None, dialect) != question:
            totals.put(offer_filter, guess._replace(total=total))
            return None
    else:
        total = guess.total
        # Where no row tells it, it is asked a moment later: what holds then, held when the page was read.
        page = _page_in(rows, rows[0] if rows else await _version(database, offer_filter, guess), guess)
        if not guess.is_good(offer_filter, page.version, changed=page.changed):
            return None
    totals.put(offer_filter, CachedTotal(page.version, total, guess.names_some))
    return _shown(page, total, offer_filter, window, limit=asked.limit, columns=columns)


async def _page_of_few(
    source: Answering,
    offer_filter: OfferFilter,
    columns: Sequence[ColumnElement[Any]],
    asked: PageAsked,
    dialect: str,
) -> OfferPage | None:
    return await page_of_few(
        source,
        offer_filter,
        columns,
        asked.order,
        dialect=dialect,
        limit=asked.limit,
        skip=asked.skip,
        after=asked.after,
    )


def _shown(
    page: _Page,
    total: int,
    offer_filter: OfferFilter,
    window: _Window,
    *,
    limit: int,
    columns: Sequence[ColumnElement[Any]],
) -> OfferPage:
    ranked = is_ranked(offer_filter, window.order)
    return page_of(page.rows, total, limit=limit, columns=len(columns), more=_OF_VERSION, ranked=ranked)


async def _count(connection: AsyncConnection, offer_filter: OfferFilter) -> tuple[int, bool]:
    """How many offers there are, and whether the search names some of them."""
    total = await count(connection, offer_filter)
    return total, total > 0 and await names_some(connection, offer_filter)


async def offer_batches(
    connection: AsyncConnection, offer_filter: OfferFilter, *, batch: int
) -> AsyncGenerator[Sequence[Row[Any]], None]:
    """The whole selection by account and id, in lists of at most `batch` rows of OFFER_COLUMNS.

    Each batch starts after the key of the last one, so memory and cost per batch do not grow.
    """
    selected = condition(offer_filter, connection.dialect.name)
    query = _batch_query(selected, batch)
    while True:
        rows = (await connection.execute(query)).all()
        if rows:
            yield rows
        if len(rows) < batch:
            return
        last = rows[-1]
        query = _batch_query(and_(selected, tuple_(*BY_KEY) > tuple_(last.account, last.emag_id)), batch)


def _batch_query(selected: ColumnElement[bool], batch: int) -> Select[Any]:
    return select(*OFFER_COLUMNS).where(selected).order_by(*BY_KEY).limit(batch)


class _Window(NamedTuple):
    """Which rows of a selection, in which order."""

    order: Order
    skip: int
    limit: int
    order_index: OrderIndex | None = None
    after: Position | None = None

    @classmethod
    def around(cls, asked: PageAsked) -> _Window:
        """The rows of a page, and one more, which tells whether the list goes on."""
        return cls(asked.order, asked.skip, asked.limit + 1, asked.order_index, asked.after)

    def with_rank(self, names_some: bool) -> _Window:
        """The same window; where no offer is first by its rank, in the plain order, which an index has."""
        if self.order.key is not SortKey.RELEVANCE or names_some:
            return self
        # Behind one that was first there is all the rest.
        after = self.after if self.after is not None and self.after.rank else None
        return self._replace(order=Order(SortKey.ACCOUNT, descending=self.order.descending), after=after)

    def of(self, total: int) -> _Window:
        """The same rows, counted from the end where that is nearer; `total` must be exact then."""
        taken = min(self.limit, total - self.skip)
        if self.after is not None or taken <= 0 or 2 * self.skip < total or not is_reversible(self.order):
            return self
        return _Window(self.order.reversed(), total - self.skip - taken, taken, self.order_index)


class _Page(NamedTuple):
    """The rows have more columns at the end: those of the position, and three of the version."""

    rows: Sequence[Row[Any]]
    version: CopyVersion
    changed: bool  # whether what the selection looks at may have changed since the cached total was counted


async def _read_page(
    connection: AsyncConnection,
    offer_filter: OfferFilter,
    columns: Sequence[ColumnElement[Any]],
    window: _Window,
    total: int,
    cached: CachedTotal | None,
) -> _Page:
    """The page of a selection of `total` offers."""
    # A total that was counted is one of this moment: where it is 0, there is no row to look for.
    is_empty = cached is None and total <= window.skip
    rows: Sequence[Any] = []
    if not is_empty:
        [rows] = await ask(
            connection, _page_question(offer_filter, columns, window, total, cached, connection.dialect.name)
        )
    # The version comes with each row, so that it is of the same moment; a page without rows has none.
    last = rows[0] if rows else await _version(Within(connection), offer_filter, cached)
    return _page_in(rows, last, cached)


async def _version(source: Answering, offer_filter: OfferFilter, cached: CachedTotal | None) -> Sequence[Any]:
    """The columns of the version alone."""
    [[row]] = await source.ask((_version_query(_fields(offer_filter, cached)), _since(cached)))
    return cast("Sequence[Any]", row)


def _page_question(
    offer_filter: OfferFilter,
    columns: Sequence[ColumnElement[Any]],
    window: _Window,
    total: int,
    cached: CachedTotal | None,
    dialect: str,
) -> Question:
    """What is to be asked for the page of a selection of `total` offers, and what of their change log."""
    found = window.of(total)
    asked = _asked(offer_filter, tuple(columns), window, total, dialect)
    behind = {} if window.after is None else window.after.parameters
    place: dict[str, Any] = {} if asked.most is not None else {_FIRST: found.skip, _MOST: found.limit}
    if asked.walking is not None and offer_filter.searched is not None:
        place |= word_parameters_of(offer_filter.searched, dialect)
    return _page_query(asked._replace(fields=_fields(offer_filter, cached))), place | behind | _since(cached)


def _fields(offer_filter: OfferFilter, cached: CachedTotal | None) -> tuple[str, ...] | None:
    return None if cached is None else tuple(fields_of(offer_filter))


def _since(cached: CachedTotal | None) -> dict[str, int]:
    return {} if cached is None else {_SINCE: cached.version.change}


def _page_in(rows: Sequence[Any], version: Sequence[Any], cached: CachedTotal | None) -> _Page:
    """The page of these rows; `version` is one that ends with the columns of the version."""
    change, searchable, changed = version[-_OF_VERSION:]
    is_far = cached is not None and not is_near(cached.version.change, change)
    return _Page(rows, CopyVersion(change, searchable), bool(changed) or is_far)


def _version_columns(fields: tuple[str, ...] | None) -> tuple[ColumnElement[Any], ...]:
    """The two numbers of the CopyVersion, and whether the log has a change of one of `fields` after the number that
    is the parameter `_SINCE`; None: nothing is asked about changes."""
    searchable = select(func.coalesce(func.max(offer_search.c.offer_id), 0)).scalar_subquery()
    changed = false() if fields is None else changed_after(bindparam(_SINCE, type_=BigInteger), fields)
    return newest_seq().label("version_change"), searchable.label("version_searchable"), changed.label("has_changed")


@lru_cache(maxsize=_REMEMBERED)
def _version_query(fields: tuple[str, ...] | None) -> ReadySelect:
    return ReadySelect(select(*_version_columns(fields)), is_short=True)


class _Asked(NamedTuple):
    """What decides how a page's statement is written: the same statement is asked for other pages, and at other states
    of the database. `order` is that of the rows, `read_in` the one they are found in, from the nearer end."""

    offer_filter: OfferFilter
    columns: tuple[ColumnElement[Any], ...]
    order: Order
    read_in: Order
    walked: tuple[str, str] | None  # a table and its index
    walking: SearchShape | None  # as `ordered_ids` takes it
    dialect: str
    behind: tuple[bool, ...] | None  # as `ordered_ids` takes it
    is_short: bool  # as `ReadySelect` takes it
    most: int | None  # of a page that skips nothing; None where both numbers are parameters
    fields: tuple[str, ...] | None = None


def _asked(
    offer_filter: OfferFilter, columns: tuple[ColumnElement[Any], ...], window: _Window, total: int, dialect: str
) -> _Asked:
    found = window.of(total)
    index = found.order_index
    if total > _MANY:
        offer_filter = replace(offer_filter, hints=offer_filter.hints._replace(many_match=True))
    by_index = index is not None and total > _MANY
    by_key = offer_filter.searched is not None and (found.order.key is SortKey.ACCOUNT or by_index)
    walking = by_key and total > _SOME and (found.skip + found.limit) * _FEW < total
    walked, shape = None, None
    if walking and offer_filter.searched is not None:
        # Its words are parameters: the statement is the same for all searches of as many.
        shape = shape_of(offer_filter.searched)
        offer_filter = replace(offer_filter, search=None)
    if index is not None and by_index:
        walked = index.table, index.name
    elif walking or (by_key and total > _MANY) or (index is not None and offer_filter.is_by_facets):
        # The last of these: to look through all offers in order for the few that match takes longer than to sort these.
        walked = offers.name, FACETS
    behind = None if found.after is None else found.after.missing
    # Of a search only what meets its first offers soon; to look into an index of words may take long.
    is_short = (offer_filter.searched is None or walking) and found.skip <= _NEAR
    # PostgreSQL plans a statement anew each time where it does not know how many rows are wanted.
    most = found.limit if dialect == "postgresql" and found.skip == 0 else None
    return _Asked(offer_filter, columns, window.order, found.order, walked, shape, dialect, behind, is_short, most)


@lru_cache(maxsize=_REMEMBERED)
def _page_query(asked: _Asked) -> ReadySelect:
    ids = ordered_ids(asked.offer_filter, asked.read_in, asked.dialect, walking=asked.walking, behind=asked.behind)
    if asked.most is None:
        ids = ids.limit(bindparam(_MOST, type_=Integer)).offset(bindparam(_FIRST, type_=Integer))
    else:
        ids = ids.limit(literal_column(str(asked.most), Integer))
    if asked.walked is not None:
        table, index = asked.walked
        ids = by_walking(ids, offer_search if table == offer_search.name else offers, index)
    page = ids.subquery("page")
    sorted_by = list(page.c)[1:]
    statement = (
        select(*asked.columns, *position_columns(sorted_by), *_version_columns(asked.fields))
        .join_from(page, offers, offers.c.id == page.c.id)
        .order_by(*order_terms(asked.order, sorted_by))
    )
    return ReadySelect(statement, is_short=asked.is_short)

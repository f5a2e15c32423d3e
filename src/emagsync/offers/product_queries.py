"""Reading the local copy for the product routes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Row
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core import money
from emagsync.core.older_names import with_older_names
from emagsync.db.engine import Database
from emagsync.db.ready import Within
from emagsync.offers.change_schemas import ProductChange
from emagsync.offers.errors import ProductNotFound
from emagsync.offers.explanations import LOCALES, Language, explain, verdict
from emagsync.offers.field_choice import FieldChoice
from emagsync.offers.list_cursor import cursor_of, position_in
from emagsync.offers.offer_keys import OfferKeys, matches_of
from emagsync.offers.order_indexes import order_index
from emagsync.offers.page_repository import PageAsked, page_at_once, select_page
from emagsync.offers.product_list_values import listed_values
from emagsync.offers.product_parameters import ProductListQuery
from emagsync.offers.product_repository import (
    OUR_ID,
    PRODUCT_COLUMNS,
    columns_of,
    find_product,
    find_with_changes,
    product_changes,
    select_products,
)
from emagsync.offers.product_schemas import (
    Objection,
    OfferEdits,
    Pagination,
    ProductDetail,
    Reason,
    product_json,
    product_page_json,
    product_values,
)
from emagsync.offers.queries import remarks_of
from emagsync.offers.reference_data import ReferenceReader, References
from emagsync.offers.same_ean import prepared
from emagsync.offers.selection import SortKey
from emagsync.offers.total_cache import TotalCache

_RECENT_CHANGES = 10
_SOME_WAIT = "some_wait"


@dataclass(frozen=True)
class ObjectionReader:
    """Reads eMAG's validation errors from a row as eMAG sent it (JSON text), in a locale such as `ro_RO`.

    Handed in from above, because this room does not know the marketplace client, which reads rows.
    """

    read: Callable[[str, str], Sequence[Objection]]


@dataclass(frozen=True)
class EditsReader:
    """Reads the pending edits of offers, by `(account, emag_id)`; offers without any are left out.

    `some_wait` is a column for statements about offers: whether the offer has one.
    Handed in from above, because this room does not know the edits room.
    """

    read: Callable[[AsyncConnection, Collection[tuple[str, int]]], Awaitable[Mapping[tuple[str, int], OfferEdits]]]
    some_wait: ColumnElement[bool]

    # Always the same columns, so that a statement is known by them.
    @cached_property
    def columns(self) -> tuple[ColumnElement[Any], ...]:
        """Those of PRODUCT_FIELDS, and `some_wait`."""
        return (*PRODUCT_COLUMNS, self.whether_some_wait)

    @cached_property
    def whether_some_wait(self) -> ColumnElement[Any]:
        """The column `some_wait` by its name."""
        return self.some_wait.label(_SOME_WAIT)


async def read_products(
    database: Database,
    query: ProductListQuery,
    *,
    totals: TotalCache,
    now: datetime,
    edits: EditsReader,
    references: ReferenceReader,
    choice: FieldChoice | None = None,
) -> bytes:
    """The JSON of a `ProductPage`: one page of a selection, with the fields that were chosen, if any were.

    `now` decides what is stale. Raises a 422 problem for an `after` that is no place in this list.
    """
    order, after = query.order(), position_in(query)
    known = await references.read()
    offer_filter = await prepared(database, query.filter())
    index = await order_index(database, order)
    columns, asked = _columns(edits, choice), PageAsked(query.limit, query.skip, order, index, after)
    page = await page_at_once(database, offer_filter, columns, asked, totals)
    pending: Mapping[tuple[str, int], OfferEdits] = {}
    # The edits that wait have to be of the page's moment.
    if page is None or _have_edits(page.rows):
        async with database.snapshot() as connection:
            page = await select_page(connection, offer_filter, columns, asked, totals)
            pending = await _pending(connection, page.rows, edits)
    return product_page_json(
        _chosen(_products(page.rows, pending, now, known, choice), choice),
        Pagination(skip=query.skip, limit=query.limit, total=page.total),
        grouped_by="currency" if order.key is SortKey.PRICE else None,
        next_cursor=None if page.goes_on is None else cursor_of(query, page.goes_on),
    )


async def read_named(
    database: Database,
    asked: OfferKeys,
    *,
    now: datetime,
    edits: EditsReader,
    references: ReferenceReader,
    choice: FieldChoice | None = None,
) -> bytes:
    """The JSON of an `OfferBatch`: what each of the keys names, with the fields that were chosen, if any were."""
    known = await references.read()
    async with database.snapshot() as connection:
        matches = await matches_of(connection, asked)
        ids = sorted({offer.id for named in matches for offer in named})
        rows = await select_products(connection, ids, (*_columns(edits, choice), OUR_ID))
        pending = await _pending(connection, rows, edits)
    found = _chosen(_products(rows, pending, now, known, choice), choice)
    products = {row[-1]: product for row, product in zip(rows, found, strict=True)}
    keys = [key.model_dump(exclude_none=True) for key in asked.keys]
    results = [
        {"key": key, "products": [products[offer.id] for offer in named if offer.id in products]}
        for key, named in zip(keys, matches, strict=True)
    ]
    not_found = [key for key, named in zip(keys, matches, strict=True) if not named]
    return product_json({"results": results, "not_found": not_found})


async def _pending(
    connection: AsyncConnection, rows: Sequence[Row[Any]], edits: EditsReader
) -> Mapping[tuple[str, int], OfferEdits]:
    """The edits that wait of these offers; asked for only where one of them has some."""
    if not _have_edits(rows):
        return {}
    return await edits.read(connection, [(row.account, row.emag_id) for row in rows if row.some_wait])


def _have_edits(rows: Sequence[Row[Any]]) -> bool:
    # Where edits do not matter, no row says whether it has some.
    return bool(rows) and hasattr(rows[0], _SOME_WAIT) and any(row.some_wait for row in rows)


def _columns(edits: EditsReader, choice: FieldChoice | None) -> tuple[ColumnElement[Any], ...]:
    """What is read of offers; `_SOME_WAIT` only where their edits matter."""
    if choice is None:
        return edits.columns
    return (*columns_of(choice), edits.whether_some_wait) if choice.needs_edits else columns_of(choice)


def _products(
    rows: Sequence[Row[Any]],
    pending: Mapping[tuple[str, int], OfferEdits],
    now: datetime,
    known: References,
    choice: FieldChoice | None,
) -> list[dict[str, Any]]:
    """The values of all fields; where some were chosen, those of the others mean nothing."""
    if choice is None:
        return listed_values(rows, pending, now, known)
    read = partial(_row_of, choice, now)
    return [
        with_references(product_values(read(row), now, pending.get((row.account, row.emag_id))), known) for row in rows
    ]


def _row_of(choice: FieldChoice, now: datetime, row: Row[Any]) -> dict[str, Any]:
    return choice.row(dict(zip(choice.columns, row, strict=False)), now)


def _chosen(products: list[dict[str, Any]], choice: FieldChoice | None) -> list[dict[str, Any]]:
    return products if choice is None else [choice.of(product) for product in products]


async def read_product(
    database: Database,
    product_id: int,
    *,
    language: Language,
    objections: ObjectionReader,
    now: datetime,
    edits: EditsReader,
    references: ReferenceReader,
    choice: FieldChoice | None = None,
) -> tuple[bytes, str]:
    """The JSON of a `ProductAnswer`, with the payload in it byte for byte, and its version. Raises ProductNotFound.

    With a choice, only what was chosen is in it.
    """
    known = await references.read()
    most = _RECENT_CHANGES if choice is None or choice.has("changes") else 0
    row, changes = await find_with_changes(database, product_id, edits.columns, most=most)
    pending = None
    if row is not None and row[_SOME_WAIT]:
        # The edits that wait have to be of the same moment.
        async with database.snapshot() as connection:
            row, changes = await find_with_changes(Within(connection), product_id, edits.columns, most=most)
            pending = None if row is None else await _edits_of(connection, row, edits)
    if row is None:
        raise ProductNotFound(product_id)
    payload = row.pop("payload")
    del row[_SOME_WAIT]
    values = with_references(product_values(row, now, pending), known)
    detail = ProductDetail(
        **values | {"remarks": remarks_of(row["remarks"])},
        language=language,
        explanation=verdict(sellable=row["sellable"], removed=row["removed_at"] is not None, language=language),
        reasons=[Reason(code=code, text=explain(code, language)) for code in values["not_sellable"]],
        validation_errors=[] if payload is None else list(objections.read(payload, LOCALES[language])),
        changes=changes,
        payload=None,
    )
    product = detail.model_dump(mode="json")
    # Through a reader of JSON a number such as 121.8400 would lose its zeros.
    product["payload"] = None if payload is None else orjson.Fragment(payload)
    [product] = _chosen([product], choice)
    return orjson.dumps({"status": "success", "data": {"product": product}}), detail.version


async def _edits_of(connection: AsyncConnection, row: Mapping[str, Any], edits: EditsReader) -> OfferEdits | None:
    key = row["account"], row["emag_id"]
    return (await edits.read(connection, [key])).get(key) if row[_SOME_WAIT] else None


def with_references(values: dict[str, Any], known: References) -> dict[str, Any]:
    """The values of a product with what its numbers mean; None where that is not known."""
    account, price = values["account"], values["sale_price"]
    rate = None if values["vat_id"] is None else known.vat_rates.get((account, values["vat_id"]))
    values["vat_rate"] = rate
    values["category_name"] = known.categories.get((account, values["category_id"]))
    with_vat = None if rate is None or price is None else money.with_vat(price, rate)
    values |= with_older_names({"sale_price_with_vat": with_vat})
    return values


async def read_changes(
    database: Database, product_id: int, *, limit: int, before: int | None
) -> tuple[list[ProductChange], int | None]:
    """The newest changes of one offer, and what to ask for `before` next. Raises ProductNotFound."""
    async with database.snapshot() as connection:
        row = await _product_row(connection, product_id)
        found = await product_changes(connection, row["account"], row["emag_id"], limit=limit + 1, before=before)
    return found[:limit], found[limit - 1].seq if len(found) > limit else None


async def _product_row(connection: AsyncConnection, product_id: int) -> dict[str, Any]:
    row = await find_product(connection, product_id)
    if row is None:
        raise ProductNotFound(product_id)
    return row

"""The product routes: lists, one product, its history, the change feed. Exports are in `export_endpoints`."""

from __future__ import annotations

from collections.abc import Collection
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from emagsync.core.vocabulary import QueryModel
from emagsync.offers import change_feed, product_queries
from emagsync.offers.change_schemas import (
    Feed,
    FeedData,
    PickedFeed,
    PickedProductChanges,
    ProductChange,
    ProductChanges,
    ProductChangesData,
)
from emagsync.offers.changed_fields import CHANGED_FIELDS, ChangedField
from emagsync.offers.dependencies import FacetsOfCopy, ReferenceData
from emagsync.offers.facets import Facet
from emagsync.offers.field_parameters import FieldsOfChanges, fields_of_changes
from emagsync.offers.product_answer import OneProduct
from emagsync.offers.product_list_answer import ProductList
from emagsync.offers.product_parameters import (
    AccountName,
    FacetQuery,
    ListQuery,
    Place,
    ProductId,
    accounts_of,
)
from emagsync.offers.product_schemas import (
    FacetData,
    FacetEntry,
    FacetPage,
    PickedProductAnswer,
    PickedProductPage,
    ProductAnswer,
    ProductPage,
)
from emagsync.rest.auth import Viewer
from emagsync.rest.paging import MOST_ENTRIES, MOST_LOG_ENTRIES
from emagsync.rest.problems import invalid, problem_responses
from emagsync.rest.quick_route import QuickRoute
from emagsync.rest.state import State

router = APIRouter(prefix="/api/v1/emag/products", tags=["products"], route_class=QuickRoute)

_CURRENCIES: Final = frozenset({"currency", "old_currency"})
# Older names included.
_OF_A_CHANGE: Final = frozenset((*ProductChange.model_fields, *ProductChange.model_computed_fields))


@router.get("/products", response_model=ProductPage | PickedProductPage)
async def list_offers(_: Viewer, query: ListQuery, lister: ProductList) -> Response:
    """Products of the local copy.

    `next_cursor` leads from page to page (`after`): rows that a sync moves meanwhile move no others. To read all of
    them as they are at one moment, export them.
    """
    return await lister.answer(query)


@router.get(
    "/products/{product_id}",
    response_model=ProductAnswer | PickedProductAnswer,
    responses=problem_responses(HTTPStatus.NOT_FOUND),
)
async def get_product(_: Viewer, reader: OneProduct, product_id: ProductId) -> Response:
    """Everything about one product: why it does or does not sell, what eMAG objects to, the row as eMAG sent it.

    The `ETag` is what an edit takes for `If-Match`.
    """
    return await reader.answer(product_id)


@router.get("/facets/{facet}")
async def list_facet_values(
    _: Viewer, facet: Facet, query: Annotated[FacetQuery, Query()], facets: FacetsOfCopy, references: ReferenceData
) -> FacetPage:
    """What a filter can choose among: the brands, categories or VAT rates that offers have, the most frequent first.

    Counted at most a minute ago.
    """
    found = await facets.find(
        facet,
        await references.read(),
        search=query.search,
        accounts=accounts_of(query.account),
        chosen=tuple(dict.fromkeys(query.value or ())),
        limit=query.limit,
    )
    values = [FacetEntry(value=one.value, names=list(one.names), offers=one.offers) for one in found.values]
    return FacetPage(data=FacetData(values=values, has_more=found.has_more))


class HistoryQuery(BaseModel):
    """Which part of a product's history."""

    limit: int = Field(default=100, ge=1, le=MOST_ENTRIES)
    before: Place | None = Field(default=None, description="Only changes with a smaller `seq`.")
    fields: FieldsOfChanges = None


@router.get(
    "/products/{product_id}/changes",
    response_model=ProductChanges | PickedProductChanges,
    responses=problem_responses(HTTPStatus.NOT_FOUND),
)
async def list_product_changes(
    state: State, _: Viewer, product_id: ProductId, query: Annotated[HistoryQuery, Query()]
) -> Response:
    """What changed of one product, newest first."""
    chosen = fields_of_changes(query.fields)
    changes, next_before = await product_queries.read_changes(
        state.database, product_id, limit=query.limit, before=query.before
    )
    data = ProductChangesData(changes=changes, count=len(changes), next_before=next_before)
    return _json(ProductChanges(data=data), chosen)


class FeedQuery(QueryModel):
    """From where on to read the feed, and how far."""

    cursor: str | None = Field(
        default=None, max_length=1000, description="The last `next_cursor`; without it, the feed's beginning."
    )
    after: Place = Field(
        default=0,
        description="The last `next_after`, in place of `cursor`; 0 is the beginning. A number, which does not say in "
        "which history of the database it is.",
    )
    limit: int = Field(default=500, ge=1, le=MOST_LOG_ENTRIES)
    account: AccountName | None = None
    field: list[ChangedField] | None = Field(
        default=None,
        max_length=len(CHANGED_FIELDS),
        description="Only changes of this field of offers, or `lifecycle`. Repeat it for more than one.",
    )
    fields: FieldsOfChanges = None


@router.get("/changes", response_model=Feed | PickedFeed, responses=problem_responses(HTTPStatus.CONFLICT))
async def read_feed(state: State, _: Viewer, query: Annotated[FeedQuery, Query()]) -> Response:
    """Every change of every product, oldest first. Keep `next_cursor` for the next request, and you miss none.

    `account` and `field` narrow it. A page may then be short, or empty, while `has_more`: so many changes of the log
    were looked through. A cursor is a place in the whole feed, whatever narrows it.

    409 (`other_history`, `after_the_end`): the database was restored from a backup, and this place is in what was
    lost. Keep `next_cursor` of that answer, read all products anew, and follow the feed from there.
    """
    chosen = fields_of_changes(query.fields)
    wanted = change_feed.FeedChoice(
        accounts_of(query.account),
        tuple(dict.fromkeys(query.field or ())),
        with_currency=chosen is None or not chosen.isdisjoint(_CURRENCIES),
    )
    page = await change_feed.read_feed(state.database, after=_place(query), limit=query.limit, wanted=wanted)
    data = FeedData(
        changes=page.changes,
        count=len(page.changes),
        next_after=page.next_place.number,
        next_cursor=page.next_place.cursor,
        has_more=page.has_more,
    )
    return _json(Feed(data=data), chosen)


def _place(query: FeedQuery) -> int | change_feed.FeedCursor:
    if query.cursor is None:
        return query.after
    if query.after:
        raise invalid("after", "Give `cursor` or `after`, not both.", "not_both")
    cursor = change_feed.parse_cursor(query.cursor)
    if cursor is None:
        raise invalid(
            "cursor", "This is not a cursor of the change feed: hand `next_cursor` back as it is.", "bad_cursor"
        )
    return cursor


def _json(document: ProductChanges | Feed, chosen: Collection[str] | None) -> Response:
    """Written by pydantic in one go; FastAPI would validate and convert each part of it once more. `chosen` are the
    fields of each change that it is to have; None: all."""
    left_out = set() if chosen is None else _OF_A_CHANGE.difference(chosen)
    exclude: Any = {"data": {"changes": {"__all__": left_out}}} if left_out else None
    return Response(document.model_dump_json(exclude=exclude), media_type="application/json")

"""Routes of offers by what names them exactly: eMAG's id in its account, a part number, a PNK, an EAN."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from emagsync.core import account_names
from emagsync.offers import product_queries
from emagsync.offers.dependencies import Edits, ReferenceData
from emagsync.offers.field_parameters import FieldsOfList
from emagsync.offers.finding import offer_by_id
from emagsync.offers.offer_keys import EmagId, OfferCode, OfferKeys
from emagsync.offers.product_answer import OneProduct
from emagsync.offers.product_schemas import OfferBatch, PickedOfferBatch, PickedProductAnswer, ProductAnswer
from emagsync.rest.auth import Viewer
from emagsync.rest.problems import problem_responses
from emagsync.rest.quick_route import QuickRoute
from emagsync.rest.state import State

router = APIRouter(prefix="/api/v1/emag/offers", tags=["offers"], route_class=QuickRoute)

AccountPath = Annotated[account_names.AccountName, Path(description="The account, such as `main`.")]
EmagIdPath = Annotated[EmagId, Path()]


@router.get(
    "",
    response_model=ProductAnswer | PickedProductAnswer,
    responses=problem_responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
async def get_offer_by_code(
    state: State, _: Viewer, reader: OneProduct, asked: Annotated[OfferCode, Query()]
) -> Response:
    """Everything about the one offer with this part number, PNK or EAN.

    409 names the offers where several have it: add `account`, or ask by `emag_id`. Removed offers are not looked at.
    """
    return await reader.answer((await asked.find(state.database)).id)


@router.get(
    "/{account}/{emag_id}",
    response_model=ProductAnswer | PickedProductAnswer,
    responses=problem_responses(HTTPStatus.NOT_FOUND),
)
async def get_offer(state: State, _: Viewer, reader: OneProduct, account: AccountPath, emag_id: EmagIdPath) -> Response:
    """Everything about one offer, by its account and eMAG's id; also one that was removed."""
    return await reader.answer((await offer_by_id(state.database, account, emag_id)).id)


@router.post("/batch", response_model=OfferBatch | PickedOfferBatch)
async def read_offers(
    state: State, _: Viewer, asked: OfferKeys, fields: FieldsOfList, edits: Edits, references: ReferenceData
) -> Response:
    """Read up to 500 offers by their keys. Each key gets the offers that it names; `not_found` lists those of none."""
    body = await product_queries.read_named(
        state.database, asked, now=state.clock.now(), edits=edits, references=references, choice=fields
    )
    return Response(body, media_type="application/json")

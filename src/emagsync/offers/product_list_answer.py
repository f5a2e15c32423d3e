"""The answer about one page of products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from emagsync.offers import product_queries
from emagsync.offers.dependencies import edits_reader, reference_reader, totals
from emagsync.offers.field_choice import FieldChoice
from emagsync.offers.field_parameters import FieldsParameter, choice_of
from emagsync.offers.product_parameters import ListQuery
from emagsync.offers.product_queries import EditsReader
from emagsync.offers.product_schemas import Product
from emagsync.offers.reference_data import ReferenceReader
from emagsync.offers.total_cache import TotalCache
from emagsync.rest.state import AppState, state_of


@dataclass(frozen=True)
class ProductLister:
    """Reads pages of products, with the fields that the caller wants."""

    state: AppState
    totals: TotalCache
    edits: EditsReader
    references: ReferenceReader
    choice: FieldChoice | None

    async def answer(self, query: ListQuery) -> Response:
        """A `ProductPage`."""
        body = await product_queries.read_products(
            self.state.database,
            query,
            totals=self.totals,
            now=self.state.clock.now(),
            edits=self.edits,
            references=self.references,
            choice=self.choice,
        )
        return Response(body, media_type="application/json")


async def _lister(request: Request, fields: FieldsParameter = None) -> ProductLister:
    return ProductLister(
        state_of(request),
        totals.of(request),
        edits_reader.of(request),
        reference_reader.of(request),
        choice_of(fields, Product),
    )


# One dependency for all that a list needs: FastAPI's work for each takes longer than finding these.
ProductList = Annotated[ProductLister, Depends(_lister)]

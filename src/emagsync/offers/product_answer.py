"""The answer about one product, however the request named it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from emagsync.offers import product_queries
from emagsync.offers.dependencies import edits_reader, objection_reader, reference_reader
from emagsync.offers.explanations import Language
from emagsync.offers.field_choice import FieldChoice
from emagsync.offers.field_parameters import FieldsParameter, choice_of
from emagsync.offers.product_parameters import LanguageParameter, accepted_language
from emagsync.offers.product_queries import EditsReader, ObjectionReader
from emagsync.offers.product_schemas import ProductDetail
from emagsync.offers.reference_data import ReferenceReader
from emagsync.rest.entity_tags import entity_tag
from emagsync.rest.state import AppState, state_of


@dataclass(frozen=True)
class ProductReader:
    """Reads products in the language that the caller wants."""

    state: AppState
    language: Language
    objections: ObjectionReader
    edits: EditsReader
    references: ReferenceReader
    choice: FieldChoice | None

    async def answer(self, product_id: int) -> Response:
        """A `ProductAnswer` with its `ETag`. Raises ProductNotFound."""
        body, version = await product_queries.read_product(
            self.state.database,
            product_id,
            language=self.language,
            objections=self.objections,
            now=self.state.clock.now(),
            edits=self.edits,
            references=self.references,
            choice=self.choice,
        )
        tag = entity_tag(version, hashlib.blake2b(body, digest_size=12).hexdigest(), self.state.database.history_id)
        headers = {"ETag": tag, "Content-Language": self.language, "Vary": "Accept-Language"}
        headers["Cache-Control"] = "no-cache"
        return Response(body, media_type="application/json", headers=headers)


async def _reader(request: Request, lang: LanguageParameter = None, fields: FieldsParameter = None) -> ProductReader:
    # Not by dependencies of its own: FastAPI's work for each takes longer than reading these.
    return ProductReader(
        state_of(request),
        lang or accepted_language(request),
        objection_reader.of(request),
        edits_reader.of(request),
        reference_reader.of(request),
        choice_of(fields, ProductDetail),
    )


OneProduct = Annotated[ProductReader, Depends(_reader)]

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
from emagsync.offers.field_parameters import FieldsOfDetail
from emagsync.offers.product_parameters import language_of
from emagsync.offers.product_queries import EditsReader, ObjectionReader
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
    choice: FieldsOfDetail

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


async def _reader(
    request: Request, language: Annotated[Language, Depends(language_of)], choice: FieldsOfDetail
) -> ProductReader:
    return ProductReader(
        state_of(request),
        language,
        objection_reader.of(request),
        edits_reader.of(request),
        reference_reader.of(request),
        choice,
    )


OneProduct = Annotated[ProductReader, Depends(_reader)]

"""FastAPI dependencies of the product endpoints."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from emagsync.offers.export_presets import ExportPresets
from emagsync.offers.export_stream import Exports
from emagsync.offers.facets import Facets
from emagsync.offers.product_queries import EditsReader, ObjectionReader
from emagsync.offers.reference_data import ReferenceReader
from emagsync.offers.total_cache import TotalCache
from emagsync.rest.dependencies import Provided

totals = Provided(TotalCache)
exports = Provided(Exports)
export_presets = Provided(ExportPresets)
facets = Provided(Facets)
objection_reader = Provided(ObjectionReader)
edits_reader = Provided(EditsReader)
reference_reader = Provided(ReferenceReader)

FacetsOfCopy = Annotated[Facets, Depends(facets)]
ProductExports = Annotated[Exports, Depends(exports)]
ExportPresetStore = Annotated[ExportPresets, Depends(export_presets)]
Objections = Annotated[ObjectionReader, Depends(objection_reader)]
Edits = Annotated[EditsReader, Depends(edits_reader)]
ReferenceData = Annotated[ReferenceReader, Depends(reference_reader)]

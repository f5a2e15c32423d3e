"""FastAPI dependencies of the endpoints of sources."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from emagsync.rest.dependencies import Provided
from emagsync.sources.readings import SourceReadings
from emagsync.sources.service import SourceService

source_service = Provided(SourceService)
source_readings = Provided(SourceReadings)

Sources = Annotated[SourceService, Depends(source_service)]
Readings = Annotated[SourceReadings, Depends(source_readings)]

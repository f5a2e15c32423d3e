"""The part that serves the local copy."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from emagsync.edits.repository import SOME_WAIT
from emagsync.edits.response_schemas import edits_of
from emagsync.marketplace.rows.parse import payload
from emagsync.marketplace.rows.validation_errors import validation_errors
from emagsync.offers.export_stream import Exports
from emagsync.offers.product_queries import EditsReader, ObjectionReader
from emagsync.offers.product_schemas import Objection
from emagsync.offers.statistics import Statistics
from emagsync.offers.total_cache import Totals
from emagsync.rest.state import AppState


@asynccontextmanager
async def products_part(state: AppState) -> AsyncIterator[None]:
    """Totals, statistics, exports, and what reads eMAG's objections."""
    state.provide(Totals())
    state.provide(Statistics(state.database))
    state.provide(Exports(state.database, state.settings.data_dir))
    state.provide(ObjectionReader(_objections))
    state.provide(EditsReader(edits_of, SOME_WAIT))
    yield


def _objections(row: str, locale: str) -> list[Objection]:
    return [Objection(**error._asdict()) for error in validation_errors(payload(row.encode()), locale)]

"""Which fields the change log tells of, as requests name them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from emagsync.offers.records import LIFECYCLE, LOGGED_FIELDS

# Of a change: a field of an offer, or `lifecycle`.
CHANGED_FIELDS: Final = (*LOGGED_FIELDS, LIFECYCLE)


class _OneOf:
    """One of these texts, as of a `Literal` that is known only when the program runs."""

    def __init__(self, known: Sequence[str]) -> None:
        self._known = list(known)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.literal_schema(self._known)


ChangedField = Annotated[str, _OneOf(CHANGED_FIELDS)]

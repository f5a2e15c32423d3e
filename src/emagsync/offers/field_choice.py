"""Which values of an offer an answer has. What nobody asked for is neither read from its table nor written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from emagsync.offers.product_schemas import COMPUTED_FROM, PRODUCT_FIELDS, Product

# What names an offer is in every answer.
KEYS: Final = ("account", "emag_id")
# What depends on the edits that wait.
_OF_EDITS: Final = frozenset({"version", "sync_status", "pending_edits", "effective"})
# What stands for columns that were not read. Nothing that is shown depends on it.
_BLANK: Final[Mapping[str, Any]] = dict.fromkeys(PRODUCT_FIELDS) | {"eans": "[]", "not_sellable": ""}


class FieldChoice:
    """The fields that somebody asked for, out of those of `model`."""

    def __init__(self, names: frozenset[str], model: type[Product]) -> None:
        self._names = tuple(name for name in model.model_fields if name in names or name in KEYS)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The PRODUCT_FIELDS that have to be read for them."""
        needed = {column for name in self._names for column in COMPUTED_FROM.get(name, (name,))}
        return tuple(name for name in PRODUCT_FIELDS if name in needed)

    @cached_property
    def needs_edits(self) -> bool:
        """Whether the edits that wait have to be read."""
        return self.has(*_OF_EDITS)

    def has(self, *names: str) -> bool:
        """Whether one of these fields was asked for."""
        return not set(names).isdisjoint(self._names)

    def row(self, values: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        """The values of PRODUCT_FIELDS, from those of `columns`."""
        return {**_BLANK, "last_synced_at": now, **values}

    def of(self, product: Mapping[str, Any]) -> dict[str, Any]:
        """What was asked for of an offer."""
        return {name: product[name] for name in self._names}

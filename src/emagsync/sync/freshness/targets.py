"""What a freshness target is, and which of eMAG's lists show the offers that it selects. No SQL, no requests.

An offer's age is the time since it was last seen at eMAG. It has to stay below every target that selects it, so the
shortest one counts, and a target without any filter is for the rest.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from emagsync.offers.product_schemas import STATUS_NUMBERS, StatusName
from emagsync.offers.selection import OfferFilter
from emagsync.sync.schemas import Mode, Selection

SHORTEST_SECONDS: Final = 60
LONGEST_SECONDS: Final = 31 * 86_400
MOST_TARGETS: Final = 20

_LARGEST: Final = 2**53  # what every JSON reader still takes for a whole number
_ACTIVE: Final = 1
_VALID_OFFER: Final = 1  # eMAG's documentation: `offer_validation_status` 1 is valid, 2 invalid price
# eMAG's `status` filter takes these; end of life (2) it does not.
_FILTERABLE_STATUSES: Final = (0, 1)


class TargetSelection(BaseModel):
    """Which offers a target is for: the filters of a list of products. Without any, all of the account's offers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: tuple[StatusName, ...] = Field(default=(), max_length=3)
    sellable: bool | None = None
    stock_max: int | None = Field(default=None, ge=0, le=65_535, description="At most this stock.")
    validation_status: tuple[Annotated[int, Field(ge=0, le=1000)], ...] = Field(default=(), max_length=20)
    category_id: int | None = Field(default=None, ge=0, le=_LARGEST)
    search: str | None = Field(default=None, min_length=1, max_length=200)
    emag_id: tuple[Annotated[int, Field(ge=1, le=_LARGEST)], ...] = Field(default=(), max_length=100)

    def filter(self, account: str) -> OfferFilter:
        """The offers of `account` that it selects."""
        return OfferFilter(
            accounts=(account,),
            search=self.search,
            statuses=tuple(sorted({STATUS_NUMBERS[name] for name in self.status})),
            sellable=self.sellable,
            max_stock=self.stock_max,
            validation_statuses=tuple(sorted(set(self.validation_status))),
            category_ids=() if self.category_id is None else (self.category_id,),
            emag_ids=tuple(sorted(set(self.emag_id))),
        )


class Target(NamedTuple):
    """Offers of the selection are to be seen at least every `max_age`."""

    selection: TargetSelection
    max_age: timedelta


class OfferList(NamedTuple):
    """A list that eMAG can be asked for: its filters, all of which apply; without any, the whole list."""

    status: int | None = None
    max_stock: int | None = None  # eMAG's `general_stock`: rows with stock 0 to this
    validation_status: int | None = None
    offer_validation_status: int | None = None

    @property
    def mode(self) -> Mode:
        """The mode of the runs that read it. Whole lists are read by runs that also find out what left them."""
        if self == EVERYTHING:
            return Mode.FULL
        return Mode.INCREMENTAL if self == ACTIVE_OFFERS else Mode.SELECTIVE

    @property
    def selection(self) -> Selection:
        """What a selective run is to read of it."""
        return Selection(**self._asdict())

    def shows(self, other: OfferList) -> bool:
        """Whether every offer of `other` is in it."""
        if self.max_stock is not None and (other.max_stock is None or other.max_stock > self.max_stock):
            return False
        theirs = other._replace(max_stock=self.max_stock)
        return all(mine in (None, their) for mine, their in zip(self, theirs, strict=True))


EVERYTHING: Final = OfferList()
ACTIVE_OFFERS: Final = OfferList(status=_ACTIVE)


def narrowest_list(selection: TargetSelection) -> OfferList:
    """The shortest list of eMAG's that shows every offer of the selection."""
    chosen = selection.filter("")
    status = chosen.statuses[0] if len(chosen.statuses) == 1 else None
    validation = chosen.validation_statuses[0] if len(chosen.validation_statuses) == 1 else None
    return OfferList(
        # What sells is active, and its price is valid.
        status=_ACTIVE if chosen.sellable else status if status in _FILTERABLE_STATUSES else None,
        max_stock=chosen.max_stock,
        validation_status=validation,
        offer_validation_status=_VALID_OFFER if chosen.sellable else None,
    )

"""The shapes of saved filters and preferences."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

FilterName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
# Where somebody is in a list, and which offer is open, are no part of a filter.
_PLACES = frozenset({"page", "size", "offer", "saved", "cols"})


def _tidy_query(query: str) -> str:
    """The same parameters, without those that say where somebody is in the list."""
    try:
        pairs = parse_qsl(query.removeprefix("?"), keep_blank_values=True, strict_parsing=True, max_num_fields=500)
    except ValueError:
        raise ValueError("it is what follows `/offers?` in the page's address, such as `brand=Bosch&stock=0`") from None
    kept = [(name, value) for name, value in pairs if name not in _PLACES]
    if not kept:
        raise ValueError("it filters by nothing")
    return urlencode(kept)


FilterQuery = Annotated[str, Field(min_length=1, max_length=8000), AfterValidator(_tidy_query)]


class SavedFilterBody(BaseModel):
    """A filter of the offers under a name."""

    model_config = ConfigDict(extra="forbid")

    name: FilterName
    query: FilterQuery = Field(
        description="What follows `/offers?` in the page's address: filters and order. The page and the place in the "
        "list are left out.",
        examples=["brand=Bosch&brand=Makita&price_max=500&sort=-price"],
    )
    shared: bool = Field(
        default=False,
        description="Whether all users see it: needs the role of an operator. Its owner and admins change it.",
    )


class SavedFilter(BaseModel):
    """A saved filter as it is kept. `/offers?{query}&saved={id}` shows what it finds."""

    id: int
    name: str
    owner: str = Field(description="The name of the user who made it.")
    may_change: bool = Field(description="Whether the caller may change it: its owner, or an admin where it is shared.")
    query: str
    shared: bool
    updated_at: datetime


class SavedFilterList(BaseModel):
    """One's own filters and the shared ones, by name."""

    filters: list[SavedFilter]


class PreferenceName(StrEnum):
    """What can be preferred."""

    OFFER_COLUMNS = "offer_columns"


ColumnKey = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,40}$")]


class Preference(BaseModel):
    """What the caller prefers: of `offer_columns` the columns of the page's table, in this order. Null: the usual."""

    model_config = ConfigDict(extra="forbid")

    value: Annotated[list[ColumnKey], Field(max_length=100)] | None

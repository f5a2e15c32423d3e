"""Public shapes of the reference data."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from emagsync.core.vocabulary import OfAccount
from emagsync.offers.schemas import Amount


class VatRateView(OfAccount):
    """One VAT rate of an account."""

    vat_id: int
    rate: Amount = Field(description="As a fraction: `0.2100` is 21 %.")
    name: str | None = Field(description="eMAG's name of it, which it seldom has.")


class ReadView(OfAccount):
    """When a kind was read last, and the code of what went wrong since."""

    kind: Literal["vat", "categories"]
    read_at: datetime | None
    error: str | None


class Reference(BaseModel):
    """The VAT rates of every account, and how old the reference data is."""

    vat_rates: list[VatRateView]
    reads: list[ReadView]


class CategoryView(BaseModel):
    """One category of eMAG's tree."""

    category_id: int
    name: str
    parent_id: int | None


class Categories(BaseModel):
    """An account's categories by name."""

    categories: list[CategoryView]

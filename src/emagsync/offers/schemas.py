"""The public shapes of the local copy. As JSON, amounts are text with four decimals and times ISO 8601 in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainSerializer

from emagsync.core import money

Amount = Annotated[Decimal, PlainSerializer(money.text, return_type=str, when_used="json-unless-none")]


class Offer(BaseModel):
    """One offer of the local copy. Prices are without VAT; times are aware UTC.

    `not_sellable` holds a stable code for everything that keeps it from sale. `removed_at` is when eMAG was found
    not to know the offer any more.
    """

    model_config = ConfigDict(frozen=True)

    account: str
    emag_id: int
    part_number: str | None
    part_number_key: str | None
    name: str | None
    brand: str | None
    category_id: int | None
    status: int | None
    sale_price: Amount | None
    recommended_price: Amount | None
    min_sale_price: Amount | None
    max_sale_price: Amount | None
    currency: str
    currency_type: str | None
    vat_id: int | None
    stock: int
    estimated_stock: int | None
    handling_time: int | None
    validation_status: int | None
    translation_validation_status: int | None
    offer_validation_status: int | None
    buy_button_rank: int | None
    number_of_offers: int | None
    best_offer_sale_price: Amount | None
    main_offer_price: Amount | None
    ownership: int | None
    genius_eligibility: int | None
    genius_eligibility_type: int | None
    genius_computed: int | None
    warranty: int | None
    main_image: str | None
    eans: tuple[str, ...]
    sellable: bool
    not_sellable: tuple[str, ...]
    first_seen_at: datetime
    changed_at: datetime
    last_seen_at: datetime
    removed_at: datetime | None


class OfferRemark(BaseModel):
    """Something of the row that could not be read; the rest of it is good."""

    model_config = ConfigDict(frozen=True)

    field: str
    reason: str


class OfferChange(BaseModel):
    """One entry of the change log. `field` is a field of `Offer`, or `lifecycle` (created, removed, returned).

    Of an amount, `old_currency` and `currency` are what the old value and the new one are in, where that is known.
    """

    model_config = ConfigDict(frozen=True)

    seq: int
    account: str
    emag_id: int
    field: str
    old: str | None
    new: str | None
    old_currency: str | None = None
    currency: str | None = None
    run_id: str | None
    at: datetime
    source: str


class OfferDetail(BaseModel):
    """Everything about one offer. `payload` is the row as eMAG sent it (JSON text); changes are newest first."""

    model_config = ConfigDict(frozen=True)

    offer: Offer
    remarks: tuple[OfferRemark, ...]
    payload: str | None
    changes: tuple[OfferChange, ...]


class OfferList(BaseModel):
    """One screenful of a selection, and how many it has in all."""

    model_config = ConfigDict(frozen=True)

    offers: tuple[Offer, ...]
    total: int


class AccountTotals(BaseModel):
    """What the local copy holds of one account; all but `removed` leave the removed offers out.

    `rejected`: eMAG rejected its brand, EAN, documentation or price, or blocked it. `currencies`: how many offers have
    prices in each.
    """

    model_config = ConfigDict(frozen=True)

    account: str
    offers: int
    active: int
    sellable: int
    out_of_stock: int
    rejected: int
    removed: int
    currencies: Mapping[str, int]
    oldest_seen_at: datetime | None

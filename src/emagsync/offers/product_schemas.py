"""Offers as the REST API shows them. Names are fixed: existing scripts read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, computed_field

from emagsync.core import money
from emagsync.core.older_names import with_older_names
from emagsync.core.vocabulary import OfAccount, OfPartNumber, older_name
from emagsync.offers.change_schemas import ProductChange
from emagsync.offers.explanations import Language
from emagsync.offers.picked_schema import PickedFields
from emagsync.offers.schemas import Amount, OfferRemark
from emagsync.offers.value_lists import read_list

# The daily full run sees every offer: one that two of them missed is out of date.
STALE_AFTER = timedelta(hours=48)

StatusName = Literal["active", "inactive", "end_of_life"]
SyncStatus = Literal["synced", "stale", "removed", "pending", "conflict"]

STATUS_NUMBERS: Mapping[StatusName, int] = {"inactive": 0, "active": 1, "end_of_life": 2}
_STATUS_NAMES: Mapping[int | None, StatusName] = {number: name for name, number in STATUS_NUMBERS.items()}

# Names of the API, and the columns of `offers`, where they differ.
_RENAMED = {
    "created_at": "first_seen_at",
    "updated_at": "changed_at",
    "last_synced_at": "last_seen_at",
    "status_code": "status",
    "version": "fingerprint",
}
# The fields of a Product that are made of others of its fields, of the offer's edits, and of reference data.
COMPUTED_FROM: Mapping[str, tuple[str, ...]] = {
    "is_active": ("status_code", "removed_at"),
    "status": ("status_code",),
    "sync_status": ("removed_at", "last_synced_at"),
    "pending_edits": (),
    "effective": (),
    "vat_rate": ("vat_id",),
    "sale_price_with_vat": ("sale_price", "vat_id"),
    "category_name": ("category_id",),
}


class PendingEdit(BaseModel):
    """A local edit that waits. Values are text, amounts with four decimals; `base` is what eMAG had."""

    model_config = ConfigDict(frozen=True)

    id: int
    field: str = Field(description="`sale_price`, `stock`, ...: as eMAG calls it.")
    warehouse_id: int | None = Field(description="Of `stock` and `handling_time`.")
    base: str | None
    value: str = Field(description="Of a relative edit the difference, with its sign.")
    kind: Literal["absolute", "relative"]
    state: Literal["open", "conflict"]
    by: str
    at: datetime


class EffectiveValues(BaseModel):
    """The values that can be edited, with the edits that wait."""

    model_config = ConfigDict(frozen=True)

    sale_price: Amount | None
    recommended_price: Amount | None
    min_sale_price: Amount | None
    max_sale_price: Amount | None
    stock: int
    handling_time: int | None
    vat_id: int | None
    status_code: int | None

    @computed_field(json_schema_extra=older_name("sale_price"))  # type: ignore[prop-decorator]
    @property
    def price(self) -> Amount | None:
        """The older name of `sale_price`."""
        return self.sale_price

    @computed_field(json_schema_extra=older_name("stock"))  # type: ignore[prop-decorator]
    @property
    def stock_quantity(self) -> int:
        """The older name of `stock`."""
        return self.stock


@dataclass(frozen=True)
class OfferEdits:
    """The edits of one offer that wait, what it has with them, and the version that stands for both."""

    pending: Sequence[PendingEdit]
    effective: EffectiveValues
    version: str

    @property
    def sync_status(self) -> SyncStatus:
        """Whether somebody must decide, or it only waits."""
        return "conflict" if any(edit.state == "conflict" for edit in self.pending) else "pending"


class Product(OfAccount, OfPartNumber):
    """One offer. Prices are text with four decimals, without VAT; times are UTC."""

    model_config = ConfigDict(frozen=True)

    id: int = Field(description="Ours; it never changes.")
    emag_id: int = Field(description="The seller's own id, unique within the account.")
    part_number_key: str | None
    name: str | None
    brand: str | None
    sale_price: Amount | None
    currency: str
    currency_type: str | None = Field(
        description="The currency that the price is kept in where it is not the platform's: eMAG recalculates the "
        "price at the start of each month."
    )
    stock: int
    is_active: bool = Field(description="Its status is 1 and eMAG has it.")
    status: StatusName | None = Field(description="null for a status that eMAG does not document.")
    status_code: int | None
    sync_status: SyncStatus = Field(
        description="`removed`: eMAG does not know it any more; `conflict`: it was edited here and changed on "
        "eMAG, and a person must decide; `pending`: edits wait to reach eMAG; `stale`: no run has seen it for 48 hours."
    )
    sellable: bool
    not_sellable: list[str] = Field(description="Stable codes of what keeps it from sale.")
    category_id: int | None
    eans: list[str]
    main_image: str | None
    recommended_price: Amount | None
    min_sale_price: Amount | None
    max_sale_price: Amount | None
    best_offer_sale_price: Amount | None
    main_offer_price: Amount | None = Field(description="Of the offer that leads the product page.")
    buy_button_rank: int | None
    number_of_offers: int | None
    vat_id: int | None
    estimated_stock: int | None
    handling_time: int | None
    warranty: int | None
    validation_status: int | None
    translation_validation_status: int | None
    offer_validation_status: int | None
    ownership: int | None
    genius_eligibility: int | None
    genius_eligibility_type: int | None
    genius_computed: int | None
    version: str = Field(
        description="Another one whenever the content, or the edits that wait, are others. For `If-Match` of an edit."
    )
    created_at: datetime = Field(description="When a run saw it first.")
    updated_at: datetime = Field(description="When a run saw its content change last.")
    last_synced_at: datetime = Field(description="When a run saw it last.")
    removed_at: datetime | None
    pending_edits: list[PendingEdit] = Field(description="What was edited here and eMAG does not have yet.")
    effective: EffectiveValues | None = Field(
        description="The values that it has once these edits have reached eMAG; null where none wait. All others here "
        "are eMAG's."
    )
    sale_price_with_vat: Amount | None = Field(
        description="`sale_price` with the VAT of `vat_rate`, to four decimals; null where the rate is not known."
    )
    vat_rate: Amount | None = Field(
        description="What `vat_id` means for the account now, as a fraction: `0.2100` is 21 %; null until it was read."
    )
    category_name: str | None = Field(description="What `category_id` is called; null until it was read.")

    @computed_field(json_schema_extra=older_name("sale_price"))  # type: ignore[prop-decorator]
    @property
    def price(self) -> Amount | None:
        """The older name of `sale_price`."""
        return self.sale_price

    @computed_field(json_schema_extra=older_name("sale_price_with_vat"))  # type: ignore[prop-decorator]
    @property
    def price_with_vat(self) -> Amount | None:
        """The older name of `sale_price_with_vat`."""
        return self.sale_price_with_vat

    @computed_field(json_schema_extra=older_name("stock"))  # type: ignore[prop-decorator]
    @property
    def stock_quantity(self) -> int:
        """The older name of `stock`."""
        return self.stock


# The fields of a Product that are read, with the columns of `offers` that they come from.
PRODUCT_FIELDS: Mapping[str, str] = {
    name: _RENAMED.get(name, name) for name in Product.model_fields if name not in COMPUTED_FROM
}
_IN_ORDER = dict.fromkeys(Product.model_fields)


def product_values(row: dict[str, Any], now: datetime, edits: OfferEdits | None = None) -> dict[str, Any]:
    """The values of a `Product`, in order, from those of PRODUCT_FIELDS and its edits that wait."""
    values = _IN_ORDER | row
    values["eans"] = read_list(row["eans"])
    values["not_sellable"] = row["not_sellable"].split()
    values["status"] = status_name(row["status_code"])
    values["is_active"] = is_active(row["status_code"], row["removed_at"])
    values["sync_status"] = sync_status(row["removed_at"], row["last_synced_at"], now, edits)
    values["pending_edits"] = [] if edits is None else edits.pending
    values["effective"] = None if edits is None else edits.effective
    if edits is not None:
        values["version"] = edits.version
    return with_older_names(values)


def status_name(status_code: int | None) -> StatusName | None:
    """What eMAG's number of a status means, where that is documented."""
    return _STATUS_NAMES.get(status_code)


def is_active(status_code: int | None, removed_at: datetime | None) -> bool:
    """Whether an offer is on sale, as far as its status goes."""
    return status_code == STATUS_NUMBERS["active"] and removed_at is None


def sync_status(
    removed_at: datetime | None, last_synced_at: datetime, now: datetime, edits: OfferEdits | None
) -> SyncStatus:
    """How far the local copy, eMAG and the edits that wait agree."""
    if removed_at is not None:
        return "removed"
    if edits is not None:
        return edits.sync_status
    return "stale" if now - last_synced_at > STALE_AFTER else "synced"


class PickedProduct(PickedFields, Product):
    """One offer with the fields that were asked for by `fields`, and its `account` and `emag_id`."""


class Pagination(BaseModel):
    """Which part of the selection this is, and how many offers it has in all. `skip` is 0 behind a cursor."""

    skip: int
    limit: int
    total: int


class ProductsData(BaseModel):
    """One page."""

    products: list[Product]
    pagination: Pagination
    grouped_by: Literal["currency"] | None = Field(
        default=None,
        description="What the order is within: sorted by `sale_price`, offers of one currency stand together.",
    )
    next_cursor: str | None = Field(default=None, description="Goes into `after` for the next page; null at the end.")


class PickedProductsData(ProductsData):
    """One page, with the fields that were asked for."""

    products: list[PickedProduct]  # type: ignore[assignment]


class PickedProductPage(BaseModel):
    """Offers of the local copy, with the fields that were asked for by `fields`."""

    status: Literal["success"] = "success"
    data: PickedProductsData


class ProductPage(BaseModel):
    """Offers of the local copy."""

    status: Literal["success"] = "success"
    data: ProductsData


def product_page_json(
    products: Sequence[dict[str, Any]],
    pagination: Pagination,
    *,
    grouped_by: str | None = None,
    next_cursor: str | None = None,
) -> bytes:
    """A `ProductPage` as JSON, from the values of its products (`product_values`).

    They come from the database, typed by its columns: a model of each would cost more than reading and writing it.
    """
    data = {"products": products, "pagination": pagination, "grouped_by": grouped_by, "next_cursor": next_cursor}
    return product_json(data)


def product_json(data: Mapping[str, Any]) -> bytes:
    """An answer with products in it, as JSON, from their values."""
    return orjson.dumps({"status": "success", "data": data}, _plain, orjson.OPT_UTC_Z)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return money.text(value)
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    raise TypeError(f"{type(value).__name__} has no place in a product")


class FacetEntry(BaseModel):
    """A value of a filter, and how many offers have it, removed ones left out."""

    value: str = Field(description="As the filter of the same name takes it.")
    names: list[str] = Field(
        description="What it means, where that was read: the names of a category, the fractions of a VAT rate "
        "(`0.2100`), one for each meaning among the accounts. Empty for a brand."
    )
    offers: int


class FacetData(BaseModel):
    """The values that were found."""

    values: list[FacetEntry]
    has_more: bool = Field(description="Whether there are more than `limit`.")


class FacetPage(BaseModel):
    """What a filter can choose among."""

    status: Literal["success"] = "success"
    data: FacetData


class Reason(BaseModel):
    """Something that keeps the offer from sale: its stable code, and in words."""

    code: str
    text: str


class Objection(BaseModel):
    """A validation error of eMAG: its code, the section of the documentation, its text; empty where it gives none."""

    code: str
    section: str
    message: str


class ProductDetail(Product):
    """Everything about one offer."""

    language: Language
    explanation: str = Field(description="Whether it sells, in one sentence.")
    reasons: list[Reason] = Field(description="Why it does not sell; empty for one that does.")
    validation_errors: list[Objection]
    remarks: list[OfferRemark] = Field(description="What of eMAG's row could not be read.")
    changes: list[ProductChange] = Field(description="The newest ten.")
    payload: dict[str, Any] | None = Field(description="The row as eMAG sent it.")


class ProductDetailData(BaseModel):
    """One product."""

    product: ProductDetail


class PickedProductDetail(PickedFields, ProductDetail):
    """One offer with what was asked for by `fields`, and its `account` and `emag_id`."""


class PickedProductDetailData(BaseModel):
    """One product, with the fields that were asked for."""

    product: PickedProductDetail


class PickedProductAnswer(BaseModel):
    """One product, with the fields that were asked for by `fields`."""

    status: Literal["success"] = "success"
    data: PickedProductDetailData


class OfferNamed(BaseModel):
    """A key that an offer was asked for by: what was given of it."""

    account: str | None = None
    emag_id: int | None = None
    part_number: str | None = None
    part_number_key: str | None = None
    ean: str | None = None


class OfferMatches(BaseModel):
    """The offers that a key names: none, one, or of a code that repeats several."""

    key: OfferNamed
    products: list[Product]


class PickedOfferMatches(BaseModel):
    """The offers that a key names, with the fields that were asked for."""

    key: OfferNamed
    products: list[PickedProduct]


class PickedOfferBatchData(BaseModel):
    """What each of the keys names, with the fields that were asked for, and the keys that name nothing."""

    results: list[PickedOfferMatches]
    not_found: list[OfferNamed]


class PickedOfferBatch(BaseModel):
    """Offers by their keys, with the fields that were asked for by `fields`."""

    status: Literal["success"] = "success"
    data: PickedOfferBatchData


class OfferBatchData(BaseModel):
    """What each of the keys names, in their order, and the keys that name nothing."""

    results: list[OfferMatches]
    not_found: list[OfferNamed]


class OfferBatch(BaseModel):
    """Offers by their keys."""

    status: Literal["success"] = "success"
    data: OfferBatchData


class ProductAnswer(BaseModel):
    """One product, with everything about it."""

    status: Literal["success"] = "success"
    data: ProductDetailData

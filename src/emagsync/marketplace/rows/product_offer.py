"""`ProductOffer`: one seller's offer, which every row of `product_offer/read` is parsed into, whatever its shape."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Final

import msgspec

from emagsync.marketplace.rows.coerce import INTEGER_LIMIT

DOCUMENTED_ID_LIMIT: Final = 16_777_215
_MAIN_IMAGE: Final = 1


class Image(msgspec.Struct, frozen=True, gc=False):
    """A picture of the product. `display_type`: 1 main, 2 secondary, 0 other."""

    url: str
    display_type: Annotated[int, msgspec.Meta(ge=0, le=INTEGER_LIMIT)] | None = None


def main_image(images: tuple[Image, ...]) -> str | None:
    """The address of the first image with display type 1, else of the first image."""
    for image in images:
        if image.display_type == _MAIN_IMAGE:
            return image.url
    return images[0].url if images else None


class ProductOffer(msgspec.Struct, frozen=True, gc=False):
    """One seller's offer as eMAG shows it. `None`: not sent, or not readable (then a remark says so)."""

    emag_id: int
    """The seller's own id: the key of an offer within an account."""
    part_number: str | None
    part_number_key: str | None
    name: str | None
    brand: str | None
    category_id: int | None
    vendor_category_id: int | None
    status: int | None
    """0 inactive, 1 active, 2 end of life."""
    sale_price: Decimal | None
    """Prices: without VAT, in `currency`, always four decimals."""
    recommended_price: Decimal | None
    min_sale_price: Decimal | None
    max_sale_price: Decimal | None
    currency: str
    """The row's, else the platform's."""
    currency_type: str | None
    """The currency that the seller keeps the price in, where it is not the platform's: eMAG recalculates monthly."""
    vat_id: int | None
    stock: int
    """Pieces over all warehouses; see `Reader.stock`. 0 with the reason `unknown_stock` where no field tells."""
    estimated_stock: int | None
    """Stock less the orders that are not acknowledged."""
    handling_time: int | None
    """Days until dispatch, the longest of the warehouses."""
    validation_status: int | None
    translation_validation_status: int | None
    offer_validation_status: int | None
    """1 saleable, 2 invalid price."""
    buy_button_rank: int | None
    number_of_offers: int | None
    best_offer_sale_price: Decimal | None
    best_offer_recommended_price: Decimal | None
    main_offer_price: Decimal | None
    """The price of the offer that leads the product page."""
    ownership: int | None
    """1 (sent as 1 or true): the seller may change the documentation; 2 (or false): not."""
    genius_eligibility: int | None
    genius_eligibility_type: int | None
    """1 full, 2 easybox, 3 home delivery."""
    genius_computed: int | None
    warranty: int | None
    """Months."""
    green_tax: Decimal | None
    """With VAT, Romania only."""
    weight: Decimal | None
    """Always six decimals, as eMAG writes it."""
    url: str | None
    main_image: str | None
    """Address of the first image with display type 1, else of the first image."""
    eans: tuple[str, ...]
    images: tuple[Image, ...]
    start_date: str | None
    """As sent: the platform's local time, without a zone."""
    family_id: int | None
    family_name: str | None
    description: str | None
    """HTML."""
    sellable: bool
    not_sellable: tuple[str, ...]
    """Codes of `sellable.obstacles`; empty when sellable."""

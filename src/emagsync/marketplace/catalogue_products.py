"""Products of eMAG's catalogue, found by their barcodes (`documentation/find_by_eans`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from emagsync.marketplace.envelope import Envelope, result_value
from emagsync.marketplace.errors import MalformedResults
from emagsync.marketplace.rows import coerce


@dataclass(frozen=True)
class CatalogueProduct:
    """A page of the catalogue that sellers share; None where eMAG does not say. `raw` has all that it said.

    `may_add_offer`: whether the seller may sell it; `has_offer`: whether the seller does.
    """

    ean: str
    part_number_key: str | None
    name: str | None
    brand: str | None
    category: str | None
    category_id: int | None
    url: str | None
    may_add_offer: bool | None
    has_offer: bool | None
    hotness: str | None
    image: str | None
    raw: Mapping[str, Any] = field(repr=False)


def products_by_ean(envelope: Envelope) -> dict[str, tuple[CatalogueProduct, ...]]:
    """The products of each EAN that eMAG knows. Raises MalformedResults.

    Documented is an object by EAN, `{"594...": {"products": [...]}}`. PHP writes one without keys as a list.
    """
    results = result_value(envelope)
    if results in ([], None):
        return {}
    if not isinstance(results, dict) or not all(isinstance(found, dict) for found in results.values()):
        raise MalformedResults("eMAG's answer holds something else than an object of products by EAN")
    return {ean: tuple(_products(ean, found.get("products"))) for ean, found in results.items()}


def smart_deals_price(envelope: Envelope) -> Decimal | None:
    """The price of `{"smart_deals_price": 6.22}`, or None. Raises MalformedResults."""
    results = result_value(envelope)
    if results in ([], {}, None):
        return None
    if not isinstance(results, dict):
        raise MalformedResults("eMAG's answer holds something else than a smart deals price")
    try:
        return coerce.number(results.get("smart_deals_price"))
    except coerce.Unreadable as error:
        raise MalformedResults(f"the smart deals price {error}") from error


def _products(ean: str, found: object) -> list[CatalogueProduct]:
    rows = found if isinstance(found, list) else []
    return [_product(ean, row) for row in rows if isinstance(row, dict)]


def _product(ean: str, row: dict[str, Any]) -> CatalogueProduct:
    return CatalogueProduct(
        ean=_text(row.get("ean")) or ean,
        part_number_key=_text(row.get("part_number_key")),
        name=_text(row.get("product_name")),
        brand=_text(row.get("brand_name")),
        category=_text(row.get("category_name")),
        category_id=_whole(row.get("doc_category_id")),
        url=_text(row.get("site_url")),
        # The field table of the documentation writes it one way, its example the other.
        may_add_offer=_truth(row.get("allowed_to_add_offer", row.get("allow_to_add_offer"))),
        has_offer=_truth(row.get("vendor_has_offer")),
        hotness=_text(row.get("hotness")),
        image=_text(row.get("product_image")),
        raw=row,
    )


def _text(value: object) -> str | None:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None


def _whole(value: object) -> int | None:
    text = str(value)
    return int(text) if not isinstance(value, bool) and text.isascii() and text.isdigit() else None


def _truth(value: object) -> bool | None:
    return {"true": True, "1": True, "false": False, "0": False}.get(str(value).lower())

"""The columns of an export: their names, what people call them, and what a row was when it was exported. Pure.

A file that was exported comes back as edits (`edits.bulk`): its headings are understood there by the same table, and
`EXPORTED` tells which cells were touched, whatever eMAG or other people changed in the meantime.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Literal

from emagsync.core import money

HeadingLanguage = Literal["ro", "en"]
LANGUAGES: Final[tuple[HeadingLanguage, ...]] = ("ro", "en")

# The order of the columns, and of the keys of a JSON line: fields of `offers.schemas.Offer` ...
STORED_FIELDS: Final = (
    "account",
    "emag_id",
    "part_number",
    "part_number_key",
    "name",
    "brand",
    "sale_price",
    "currency",
    "stock",
    "status",
    "sellable",
    "not_sellable",
    "recommended_price",
    "min_sale_price",
    "max_sale_price",
    "best_offer_sale_price",
    "buy_button_rank",
    "number_of_offers",
    "estimated_stock",
    "handling_time",
    "vat_id",
    "category_id",
    "warranty",
    "validation_status",
    "translation_validation_status",
    "offer_validation_status",
    "ownership",
    "genius_eligibility",
    "genius_eligibility_type",
    "genius_computed",
    "eans",
    "main_image",
    "first_seen_at",
    "changed_at",
    "last_seen_at",
    "removed_at",
    # Added later, at the end: some readers of CSV count columns.
    "main_offer_price",
    "currency_type",
)
# ... and what eMAG's numbers in them mean.
MEANING_FIELDS: Final = ("vat_rate", "category_name", "sale_price_with_vat")
EXPORT_FIELDS: Final = (*STORED_FIELDS, *MEANING_FIELDS)

AMOUNTS: Final = frozenset(
    {
        "sale_price",
        "recommended_price",
        "min_sale_price",
        "max_sale_price",
        "best_offer_sale_price",
        "main_offer_price",
        "sale_price_with_vat",
    }
)
TIMES: Final = frozenset({"first_seen_at", "changed_at", "last_seen_at", "removed_at"})
TEXTS: Final = frozenset(
    {
        "account",
        "part_number",
        "part_number_key",
        "name",
        "brand",
        "currency",
        "not_sellable",
        "eans",
        "main_image",
        "currency_type",
        "category_name",
    }
)

# Romanian and English, by field. The page's own words for them are understood too.
LABELS: Final[Mapping[str, tuple[str, str]]] = {
    "account": ("Cont", "Account"),
    "emag_id": ("ID ofertă", "Offer ID"),
    "part_number": ("Cod produs (SKU)", "Part number (SKU)"),
    "part_number_key": ("PNK", "PNK"),
    "name": ("Denumire", "Name"),
    "brand": ("Brand", "Brand"),
    "sale_price": ("Preț fără TVA", "Price without VAT"),
    "currency": ("Monedă", "Currency"),
    "stock": ("Stoc", "Stock"),
    "status": ("Stare", "Status"),
    "sellable": ("La vânzare", "For sale"),
    "not_sellable": ("De ce nu e la vânzare", "Why it is not for sale"),
    "recommended_price": ("Preț recomandat", "Recommended price"),
    "min_sale_price": ("Preț minim", "Minimum price"),
    "max_sale_price": ("Preț maxim", "Maximum price"),
    "best_offer_sale_price": ("Cel mai bun preț", "Best price"),
    "buy_button_rank": ("Poziția la Buy Button", "Buy button rank"),
    "number_of_offers": ("Vânzători pe același produs", "Sellers of the same product"),
    "estimated_stock": ("Stoc estimat", "Estimated stock"),
    "handling_time": ("Timp de pregătire (zile)", "Handling time (days)"),
    "vat_id": ("ID cotă TVA", "VAT rate ID"),
    "category_id": ("ID categorie", "Category ID"),
    "warranty": ("Garanție (luni)", "Warranty (months)"),
    "validation_status": ("Validarea documentației", "Documentation validation"),
    "translation_validation_status": ("Validarea traducerii", "Translation validation"),
    "offer_validation_status": ("Validarea prețului", "Price validation"),
    "ownership": ("Documentația îmi aparține", "I own the documentation"),
    "genius_eligibility": ("Eligibil Genius", "Eligible for Genius"),
    "genius_eligibility_type": ("Tip de eligibilitate Genius", "Kind of Genius eligibility"),
    "genius_computed": ("Genius aplicat", "Genius applied"),
    "eans": ("EAN", "EAN"),
    "main_image": ("Imagine", "Image"),
    "first_seen_at": ("Văzută prima dată", "First seen"),
    "changed_at": ("Ultima modificare", "Last changed"),
    "last_seen_at": ("Văzută ultima dată", "Last seen"),
    "removed_at": ("Nu mai există pe eMAG din", "Gone from eMAG since"),
    "main_offer_price": ("Prețul ofertei principale", "Price of the leading offer"),
    "currency_type": ("Moneda prețului", "Price kept in"),
    "vat_rate": ("Cotă TVA", "VAT rate"),
    "category_name": ("Categorie", "Category"),
    "sale_price_with_vat": ("Preț cu TVA (informativ)", "Price with VAT (for information)"),
}
# What a row was when it was exported; hidden in a workbook.
EXPORTED: Final = "exported"
EXPORTED_LABELS: Final = ("Valori exportate (nu modificați)", "Exported values (do not edit)")
# What can be edited, in the order of `exported_text`.
EXPORTED_FIELDS: Final = (
    "sale_price",
    "recommended_price",
    "min_sale_price",
    "max_sale_price",
    "stock",
    "handling_time",
    "vat_id",
    "status",
)
_VERSION: Final = "e1"
_SEPARATOR: Final = ":"


def label(field: str, language: HeadingLanguage) -> str:
    """What people call the column."""
    both = EXPORTED_LABELS if field == EXPORTED else LABELS[field]
    return both[LANGUAGES.index(language)]


def exported_text(emag_id: int, *values: int | Decimal | None) -> str:
    """What can be edited of an offer as it is now (`EXPORTED_FIELDS`), as one text: `e1:7391:121.8400:::...`.

    It begins with a letter, so that no spreadsheet takes it for a time or a formula.
    """
    return _SEPARATOR.join((_VERSION, str(emag_id), *map(_text, values)))


def read_exported(text: str) -> tuple[int, dict[str, str]] | None:
    """eMAG's id and the values by field that `exported_text` wrote, an empty one for none; None for any other text."""
    version, *parts = text.split(_SEPARATOR)
    if version != _VERSION or len(parts) != len(EXPORTED_FIELDS) + 1 or not parts[0].isdecimal():
        return None
    return int(parts[0]), dict(zip(EXPORTED_FIELDS, parts[1:], strict=True))


def _text(value: int | Decimal | None) -> str:
    if value is None:
        return ""
    return money.text(value) or "" if isinstance(value, Decimal) else str(value)

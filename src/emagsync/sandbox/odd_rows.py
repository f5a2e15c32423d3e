"""The odd shapes of production, given to generated rows by their place in the catalogue.

Every run of forty consecutive ids holds each shape once, so that even a small catalogue has them all. All of them say
the same as a plain row: a client must read every one. Unreadable rows exist only when asked for (``odd_rows`` of the
control API).
Source: the contract's paragraph "Shapes met in production".
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

_PRICES: Final = (
    "sale_price",
    "recommended_price",
    "min_sale_price",
    "max_sale_price",
    "best_offer_sale_price",
    "best_offer_recommended_price",
    "main_offer_price",
)
_WHOLE: Final = (
    "id",
    "status",
    "general_stock",
    "warranty",
    "vat_id",
    "number_of_offers",
    "category_id",
    "genius_eligibility",
)
SHAPES_PERIOD: Final = 40


def apply_shape(row: dict[str, Any], place: int, bits: int) -> None:
    """Change *row* in place into the shape that belongs to *place*; most places keep the plain shape."""
    shape = _BY_PLACE.get(place % SHAPES_PERIOD)
    if shape is not None:
        shape(row, bits)


def deep_errors(emag_id: int, part_number_key: str | None) -> dict[str, Any]:
    """A documentation error as deep as production sends it."""
    request = f"product-save_100001_{emag_id}_1696498291_0"
    return {
        "status": "error",
        "request_id": request,
        "doc_id": 46_000_000 + emag_id,
        "category_id": None,
        "part_number_key": part_number_key,
        "seller_input": {
            "request_id": request,
            "locale_code": "ro_RO",
            "ext_id": emag_id,
            "version": 84,
            "brand": {"eis_id": 655_000, "name": "Elandor"},
            "photo_gallery": [
                {"url": "https://marketplace-static.emag.example/1.png", "is_main": True, "resource_id": "d7c0-0101"}
            ],
            "characteristics": [
                {"id": 4162, "values": [{"value": "0-3 luni"}]},
                {"id": 5704, "values": [{"value": "Ham"}]},
            ],
        },
        "errors": [
            {
                "code": "brand:incorrect-brand",
                "message": {
                    "en_GB": "The brand is not valid. Fill in the brand as it is written on the packaging.",
                    "ro_RO": "Brandul nu este valid. Completează brandul așa cum apare pe ambalaj.",
                    "bg_BG": "Марката не е валидна.",
                    "hu_HU": "A márka érvénytelen.",
                },
                "section": "brand",
                "extra_info": None,
                "identifier": None,
            }
        ],
    }


def _prices_as_numbers(row: dict[str, Any], bits: int) -> None:
    for key in _PRICES:
        if row[key] is not None:
            row[key] = Decimal(row[key]).normalize() + 0


def _prices_of_few_digits(row: dict[str, Any], bits: int) -> None:
    for key in _PRICES:
        if row[key] is not None:
            row[key] = f"{Decimal(row[key]).normalize():f}"


def _whole_numbers_as_text(row: dict[str, Any], bits: int) -> None:
    for key in _WHOLE:
        row[key] = str(row[key])
    row["stock"] = [{"warehouse_id": "1", "value": row["general_stock"]}]


def _documented_ownership(row: dict[str, Any], bits: int) -> None:
    row["ownership"] = 1 if row["ownership"] else 2


def _validation_as_object(row: dict[str, Any], bits: int) -> None:
    row["validation_status"] = row["validation_status"][0]
    row["translation_validation_status"] = row["translation_validation_status"][0]


def _validation_with_deep_errors(row: dict[str, Any], bits: int) -> None:
    row["validation_status"][0]["errors"] = deep_errors(row["id"], row["part_number_key"])
    row["doc_errors"] = "Brandul nu este valid."


def _object_with_deep_errors(row: dict[str, Any], bits: int) -> None:
    _validation_with_deep_errors(row, bits)
    _validation_as_object(row, bits)


def _validation_with_listed_errors(row: dict[str, Any], bits: int) -> None:
    row["validation_status"][0]["errors"] = deep_errors(row["id"], None)["errors"]


def _no_stock_list(row: dict[str, Any], bits: int) -> None:
    del row["stock"]


def _stock_without_warehouse(row: dict[str, Any], bits: int) -> None:
    for key in ("stock", "handling_time", "availability"):
        row[key] = [{"value": row[key][0]["value"]}]


def _two_warehouses(row: dict[str, Any], bits: int) -> None:
    first = row["general_stock"] // 2
    row["stock"] = [{"warehouse_id": 1, "value": first}, {"warehouse_id": 2, "value": row["general_stock"] - first}]


def _one_ean(row: dict[str, Any], bits: int) -> None:
    row["ean"] = row["ean"][0] if row["ean"] else ""


def _several_eans(row: dict[str, Any], bits: int) -> None:
    row["ean"] = [*row["ean"], f"20000{bits % 10**8:08d}"]


def _null(*keys: str) -> Callable[[dict[str, Any], int], None]:
    def shape(row: dict[str, Any], bits: int) -> None:
        row.update(dict.fromkeys(keys))

    return shape


def _without(*keys: str) -> Callable[[dict[str, Any], int], None]:
    def shape(row: dict[str, Any], bits: int) -> None:
        for key in keys:
            del row[key]

    return shape


def _unknown_fields(row: dict[str, Any], bits: int) -> None:
    row["campaign_badge_v2"] = {
        "code": "stoc-limitat",
        "until": "2026-12-31 23:59:59",
        "levels": [1, 2, {"deep": None}],
    }
    row["x_experimental"] = bits % 1000


_BY_PLACE: Final[dict[int, Callable[[dict[str, Any], int], None]]] = {
    1: _prices_as_numbers,
    3: _whole_numbers_as_text,
    5: _documented_ownership,
    7: _validation_as_object,
    9: _validation_with_deep_errors,
    11: _validation_with_listed_errors,
    13: _object_with_deep_errors,
    15: _no_stock_list,
    17: _stock_without_warehouse,
    19: _two_warehouses,
    21: _one_ean,
    23: _several_eans,
    25: _null("images"),
    27: _null("family"),
    29: _null("buy_button_rank"),
    31: _without("buy_button_rank"),
    33: _unknown_fields,
    35: _prices_of_few_digits,
    37: _without("description", "characteristics", "start_date", "manufacturer", "eu_representative"),
    39: _null("description", "ean", "warranty"),
}

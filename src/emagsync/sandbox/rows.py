"""Generated offers: rows of about 3 kB with every field of ``product_offer/read``, the same for the same (seed, id)."""

from datetime import date
from decimal import Decimal
from typing import Any, Final

from emagsync.sandbox.odd_rows import apply_shape
from emagsync.sandbox.platforms import BGN_OF_A_EURO, Platform
from emagsync.sandbox.row_seed import FilterValues, RowSeed, mix
from emagsync.sandbox.word_lists import FIRST_CATEGORY, WORDS, Words

STATIC: Final = "https://marketplace-static.emag.example/resources"
_NEXT_ITEM: Final = "</li>\r\n<li>"
_DESCRIPTIONS: Final = {
    0: "Draft",
    1: "In MKTP validation",
    2: "Awaiting Brand validation",
    3: "Awaiting EAN approval",
    4: "New documentation pending",
    5: "Rejected Brand",
    6: "Rejected EAN",
    8: "Rejected documentation",
    9: "Approved documentation",
    10: "Blocked",
    11: "Update awaiting approval",
    12: "Update rejected",
    13: "Waiting for an offer",
    14: "Translation failed",
    15: "Translation in progress",
    16: "Translation pending",
    17: "Partial translation",
}


def price_text(price: Decimal) -> str:
    """A price as eMAG writes it: text with four decimals."""
    return f"{price:.4f}"


def validation(value: int | None, errors: Any = None) -> dict[str, Any]:
    """One validation status as rows carry it: ``{value, description, errors}``."""
    return {"value": value, "description": _DESCRIPTIONS.get(value or 0, "Unknown"), "errors": errors}


def build_row(seed: int, emag_id: int, row_seed: RowSeed, platform: Platform) -> dict[str, Any]:
    """The row of offer *emag_id*, in the shape that its place in the catalogue gives it (see :mod:`.odd_rows`)."""
    bits, filter_values, more = row_seed.bits, row_seed.filter_values, mix(seed, emag_id, 1)
    words = WORDS[platform.country]
    row = _identity(bits, more, emag_id, row_seed, words)
    row |= _texts(bits, more, seed, words)
    row |= _prices(more, row_seed.price, platform)
    row |= _stock(more, filter_values)
    row |= _statuses(more, filter_values)
    row |= _compliance(bits, more, emag_id, words)
    apply_shape(row, seed + emag_id, more)
    return row


def _identity(bits: int, more: int, emag_id: int, row_seed: RowSeed, words: Words) -> dict[str, Any]:
    brand = words.brands[(bits >> 12) % len(words.brands)]
    name = row_seed.name
    if name is None:
        product, traits = words.products[bits % len(words.products)], words.traits
        trait, other = traits[(bits >> 5) % len(traits)], traits[(more >> 9) % len(traits)]
        name = f"{product} {brand}, {trait}, {other}, {words.colours[(bits >> 16) % len(words.colours)]}"
    return {
        "part_number_key": row_seed.filter_values.part_number_key,
        "brand_name": brand,
        "buy_button_rank": 1 + (more >> 3) % 4 if more % 4 else 1,
        "category_id": FIRST_CATEGORY + bits % len(words.products),
        "vendor_category_id": None if bits % 3 else 100 + bits % 97,
        "brand": brand,
        "name": name,
        "part_number": row_seed.filter_values.part_number,
        "ean": list(row_seed.eans),
        "id": emag_id,
        "warranty": (0, 0, 12, 24, 36)[(more >> 6) % 5],
        "weight": f"{(more >> 8) % 9000 / 1000:.6f}",
        "family": {"id": bits % 400 + 1, "name": name.partition(",")[0], "family_type_id": 200 + bits % 90},
    }


def _texts(bits: int, more: int, seed: int, words: Words) -> dict[str, Any]:
    count = len(words.sentences)
    lines = [words.sentences[(bits + step * 5 + (more >> step)) % count] for step in range(7 + more % 5)]
    resource = 30_000_000 + bits % 9_000_000
    images = [
        {
            "url": f"{STATIC}/000/{(resource + step) // 1000:06d}/{resource + step}.jpg",
            "display_type": 0 if step > 3 else 2,
        }
        for step in range(1 + (more >> 14) % 6)
    ]
    images[0]["display_type"] = 1
    return {
        "description": f"<p>{lines[0]}</p>\r\n\r\n<ul>\r\n<li>{_NEXT_ITEM.join(lines[1:])}</li>\r\n</ul>",
        "url": "" if bits % 5 else f"https://magazin.example/produs/{seed}-{resource}?ref=emag&lang=ro",
        "images": images,
        "attachments": [{"url": f"{STATIC}/manual-{resource}.pdf", "id": resource}] if more % 17 == 0 else [],
        "characteristics": [
            {"id": 4000 + step * 37 + bits % 11, "value": value}
            for step, value in enumerate(
                (words.colours[(bits >> 16) % len(words.colours)], f"{more % 90 + 5} cm", words.yes, f"{more % 400} g")
            )
        ]
        + [{"id": 6506, "value": f"{36 + more % 10}", "tag": "original"}],
    }


def _start_date(more: int) -> date | None:
    """When the offer of a row that says so began: in 2025, as many."""
    return date(2025, more % 12 + 1, more % 28 + 1) if more % 9 == 0 else None


def _kept_in(more: int, currency: str) -> str | None:
    """The currency that the seller keeps the price in, where it is another: of about one offer in sixteen."""
    kept = "PLN" if more % 3 == 0 else "EUR"
    return kept if (more >> 24) % 16 == 0 and kept != currency else None


def _prices(more: int, price: Decimal, platform: Platform) -> dict[str, Any]:
    start_date = _start_date(more)
    currency = platform.currency if start_date is None else platform.currency_on(start_date)
    if currency == "BGN":
        price = round(price * BGN_OF_A_EURO, 4)
    best = price if more % 3 else price * Decimal("0.95")
    return {
        "sale_price": price_text(price),
        "recommended_price": price_text(price * Decimal("1.2") + 1) if more % 5 == 0 else None,
        "min_sale_price": price_text(price / 2),
        "max_sale_price": price_text(price * 4 + 10),
        "best_offer_sale_price": price_text(best),
        "best_offer_recommended_price": price_text(best * Decimal("1.1")),
        "main_offer_price": price_text(best),
        "currency": currency,
        "currency_type": _kept_in(more, currency),
        "vat_id": 1 if more % 7 else 2,
        "commission": None if more % 4 else {"type": "percentage", "value": f"{more % 20 + 5}.0000"},
        "green_tax": price_text(Decimal(more % 900) / 100) if platform.code == "emag-ro" and more % 6 == 0 else None,
        "reversible_vat_charging": False,
        "recyclewarranties": 0,
        "recycleWarranties": 0,
    }


def _stock(more: int, filter_values: FilterValues) -> dict[str, Any]:
    start_date = _start_date(more)
    return {
        "general_stock": filter_values.general_stock,
        "estimated_stock": filter_values.estimated_stock,
        "stock": [{"warehouse_id": 1, "value": filter_values.general_stock}],
        "handling_time": [{"warehouse_id": 1, "value": (more >> 20) % 4}],
        "availability": [{"warehouse_id": 1, "value": 3 if filter_values.general_stock else 5}],
        "start_date": None if start_date is None else start_date.isoformat(),
    }


def _statuses(more: int, filter_values: FilterValues) -> dict[str, Any]:
    invalid = filter_values.offer_validation_status == 2
    return {
        "status": filter_values.status,
        "validation_status": [validation(filter_values.validation_status)],
        "translation_validation_status": [validation(filter_values.translation_validation_status)],
        "offer_validation_status": {
            "value": filter_values.offer_validation_status,
            "description": "Invalid price" if invalid else "Saleable",
            "errors": None,
        },
        "doc_errors": None,
        "auto_translated": more % 2,
        "ownership": more % 3 == 0,
        "number_of_offers": 1 + more % 9,
        "genius_eligibility": more % 2,
        "genius_eligibility_type": 1 + more % 3 if more % 2 else None,
        "genius_computed": more % 2 if more % 5 else 0,
        "has_smart_deals_badge": more % 13 == 0,
    }


def _compliance(bits: int, more: int, emag_id: int, words: Words) -> dict[str, Any]:
    brand = words.brands[(bits >> 12) % len(words.brands)]
    (company, address), (representative, office) = words.company, words.representative
    return {
        "offer_details": {
            "id": 42_000_000 + emag_id,
            "warranty_type": 1,
            "supply_lead_time": 14,
            "emag_club": more % 2,
        },
        "manufacturer": [
            {
                "name": company.format(brand),
                "address": address,
                "email": "gpsr@producator.example",
            }
        ],
        "eu_representative": []
        if more % 3
        else [{"name": representative, "address": office, "email": "ue@reprezentant.example"}],
        "safety_information": words.safety if more % 2 else "",
    }

"""Which resources and actions the marketplace has, and the small ones that only list reference data."""

from decimal import Decimal
from typing import Any, Final

from emagsync.sandbox.answers import Answer, Refusal, success
from emagsync.sandbox.filters import page_of, whole
from emagsync.sandbox.order_routes import acknowledge_order, count_orders, read_orders, save_order
from emagsync.sandbox.read_routes import count_offers, find_by_eans, read_offers
from emagsync.sandbox.request import ApiRequest, Resource
from emagsync.sandbox.save_routes import patch_stock, save_light, save_products
from emagsync.sandbox.word_lists import WORDS, Words

# Of the price, which makes an offer eligible for the badge.
_SMART_DEALS_PART: Final = Decimal("0.95")
_HANDLING_TIMES: Final = tuple({"id": days} for days in (0, 1, 2, 3, 4, 5, 7, 10, 14, 30, 60))


def _words(request: ApiRequest) -> Words:
    return WORDS[request.account.platform.country]


def _page_of(request: ApiRequest, rows: list[dict[str, Any]]) -> Answer:
    page = page_of(request.body)
    return success(rows[page.start : page.start + page.size])


def _vat(request: ApiRequest) -> Answer:
    today = request.marketplace.local_time(request.account).date()
    rates = request.account.platform.vat_rates(today)
    return success([{"vat_id": number, "vat_rate": Decimal(rate)} for number, rate in enumerate(rates, start=1)])


def _handling_times(request: ApiRequest) -> Answer:
    return success(_HANDLING_TIMES)


def _categories(request: ApiRequest) -> list[dict[str, Any]]:
    country = request.account.platform.country
    language = str(request.body.get("language", country))
    return [
        {
            "id": 3000 + number,
            "parent_id": None if number % 5 == 0 else 3000 + number - number % 5,
            "name": name if language.startswith(country) else f"{name} ({language})",
            "is_allowed": int(number % 7 != 0),
            "is_ean_mandatory": number % 2,
            "is_warranty_mandatory": 0,
            "characteristics": [],
            "family_types": [],
        }
        for number, name in enumerate(_words(request).products)
    ]


def _read_categories(request: ApiRequest) -> Answer:
    rows = _categories(request)
    if request.body.get("id") is None:
        return _page_of(request, rows)
    wanted = whole(request.body, "id", 0)
    found = [row for row in rows if row["id"] == wanted]
    for row in found:
        row["characteristics"] = [_colour(request)]
        row["family_types"] = [
            {"id": 200 + wanted % 90, "name": "Culoare", "characteristics": [{"characteristic_id": 5401}]}
        ]
    return success(found)


def _colour(request: ApiRequest) -> dict[str, Any]:
    size, number = whole(request.body, "valuesPerPage", 256), whole(request.body, "valuesCurrentPage", 1)
    if size < 1 or number < 1:
        raise Refusal("valuesCurrentPage and valuesPerPage must be at least 1")
    values = _words(request).colours[(number - 1) * size : number * size]
    return {"id": 5401, "name": "Culoare", "type_id": 1, "is_mandatory": 1, "allow_new_value": 0, "values": values}


def _count_categories(request: ApiRequest) -> Answer:
    size = page_of(request.body).size
    count = len(_words(request).products)
    return success({"noOfItems": str(count), "noOfPages": str(-(-count // size)), "itemsPerPage": str(size)})


def _addresses(request: ApiRequest) -> Answer:
    words = _words(request)
    return _page_of(
        request,
        [
            {
                "address_id": f"{number:05d}",
                "address_type_id": 2 - number % 2,
                "locality_id": locality_id,
                "city": city,
                "suburb": county,
                "address": words.depot.format(number + 1),
                "zipcode": f"{100_000 + number * 1111}",
                "is_default": number == 0,
            }
            for number, (city, county, locality_id) in enumerate(words.localities[:2])
        ],
    )


def _courier_accounts(request: ApiRequest) -> Answer:
    return _page_of(
        request,
        [
            {"account_id": 1, "account_display_name": "Curier standard", "courier_account_type": 2, "status": 1},
            {"account_id": 2, "account_display_name": "Curier locker", "courier_account_type": 3, "status": 1},
        ],
    )


def _localities(request: ApiRequest) -> Answer:
    rows = [
        {
            "emag_id": locality_id,
            "name": city,
            "region2": county,
            "region1": county,
            "geoid": locality_id * 10,
            "modified": "2025-01-15 10:00:00",
        }
        for city, county, locality_id in _words(request).localities
    ]
    name = request.body.get("name")
    return _page_of(request, [row for row in rows if name is None or str(name).lower() in str(row["name"]).lower()])


def _nothing(request: ApiRequest) -> Answer:
    return _page_of(request, [])


def _smart_deals(request: ApiRequest) -> Answer:
    wanted = request.query("productId")
    if len(wanted) != 1 or not wanted[0].isdecimal() or int(wanted[0]) not in request.account.catalogue:
        raise Refusal("Invalid productId")
    row = request.account.catalogue.build(int(wanted[0]))
    if not row.get("has_smart_deals_badge"):
        return success(None)
    return success({"smart_deals_price": round(Decimal(str(row["sale_price"])) * _SMART_DEALS_PART, 2)})


ROUTES: Final[dict[tuple[str, str], Resource]] = {
    ("POST", "product_offer/read"): read_offers,
    ("POST", "product_offer/count"): count_offers,
    ("POST", "product_offer/save"): save_products,
    ("POST", "offer/save"): save_light,
    ("PATCH", "offer_stock"): patch_stock,
    ("POST", "vat/read"): _vat,
    ("POST", "handling_time/read"): _handling_times,
    ("POST", "order/read"): read_orders,
    ("POST", "order/count"): count_orders,
    ("POST", "order/acknowledge"): acknowledge_order,
    ("POST", "order/save"): save_order,
    ("POST", "category/read"): _read_categories,
    ("POST", "category/count"): _count_categories,
    ("POST", "addresses/read"): _addresses,
    ("POST", "courier_accounts/read"): _courier_accounts,
    ("POST", "locality/read"): _localities,
    ("POST", "awb/read"): _nothing,
    ("POST", "rma/read"): _nothing,
    ("GET", "documentation/find_by_eans"): find_by_eans,
    ("GET", "smart-deals-price-check"): _smart_deals,
}
# Actions whose path ends with an id: order/acknowledge/{id} and offer_stock/{id}.
WITH_ID: Final = ("order/acknowledge", "offer_stock")
# Actions that answer with pages of a list, which rules about pages look at.
LISTS: Final = (
    "product_offer/read",
    "order/read",
    "category/read",
    "addresses/read",
    "courier_accounts/read",
    "locality/read",
)

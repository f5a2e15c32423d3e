"""Which resources and actions the marketplace has, and the small ones that only list reference data."""

from decimal import Decimal
from typing import Any, Final

from emagsync.sandbox.answers import Answer, Refusal, success
from emagsync.sandbox.filters import page_of, whole
from emagsync.sandbox.invoice_routes import read_categories as read_invoice_categories
from emagsync.sandbox.invoice_routes import read_customer_invoices, read_invoices
from emagsync.sandbox.order_documents import read_attachments, read_volumetry, save_attachments
from emagsync.sandbox.order_routes import acknowledge_order, count_orders, read_orders, save_order, unlock_courier
from emagsync.sandbox.places import count_localities, read_addresses, read_courier_accounts, read_localities
from emagsync.sandbox.product_routes import propose_offers, save_measurements
from emagsync.sandbox.read_routes import count_offers, find_by_eans, read_offers
from emagsync.sandbox.request import ApiRequest, Resource
from emagsync.sandbox.return_routes import count_returns, read_returns, save_returns
from emagsync.sandbox.save_routes import patch_stock, save_light, save_products
from emagsync.sandbox.shipping_routes import read_awbs, read_packages, read_pdf, read_zpl, save_awb, save_packages
from emagsync.sandbox.word_lists import FIRST_CATEGORY, WORDS, Words

# Of the price, which makes an offer eligible for the badge.
_SMART_DEALS_PART: Final = Decimal("0.95")
# A characteristic whose values have a tag.
_SIZE: Final = {
    "id": 6506,
    "name": "Mărime",
    "type_id": 1,
    "is_mandatory": 0,
    "allow_new_value": 1,
    "tags": ["original", "converted"],
    "values": ["36", "37", "38", "39", "40", "41", "42", "43", "44", "45"],
}
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
            "id": FIRST_CATEGORY + number,
            "parent_id": None if number % 5 == 0 else FIRST_CATEGORY + number - number % 5,
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
        row["characteristics"] = [_colour(request), _SIZE]
        row["family_types"] = [
            {"id": 200 + wanted % 90, "name": "Culoare", "characteristics": [{"characteristic_id": 5401}]}
        ]
    return success(found)


def _colour(request: ApiRequest) -> dict[str, Any]:
    size, number = whole(request.body, "valuesPerPage", 256), whole(request.body, "valuesCurrentPage", 1)
    if size < 1 or number < 1:
        raise Refusal("valuesCurrentPage and valuesPerPage must be at least 1")
    values = _words(request).colours[(number - 1) * size : number * size]
    colour = {"id": 5401, "name": "Culoare", "type_id": 1, "is_mandatory": 1, "allow_new_value": 0}
    return colour | {"tags": [], "values": values}


def _count_categories(request: ApiRequest) -> Answer:
    size = page_of(request.body).size
    count = len(_words(request).products)
    return success({"noOfItems": str(count), "noOfPages": str(-(-count // size)), "itemsPerPage": str(size)})


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
    ("POST", "order/unlock-courier"): unlock_courier,
    ("POST", "order/attachments/read"): read_attachments,
    ("POST", "order/attachments/save"): save_attachments,
    ("POST", "order/volumetry/read"): read_volumetry,
    ("POST", "category/read"): _read_categories,
    ("POST", "category/count"): _count_categories,
    ("POST", "addresses/read"): read_addresses,
    ("POST", "courier_accounts/read"): read_courier_accounts,
    ("POST", "locality/read"): read_localities,
    ("POST", "locality/count"): count_localities,
    ("POST", "awb/save"): save_awb,
    ("POST", "awb/read"): read_awbs,
    ("GET", "awb/read_pdf"): read_pdf,
    ("GET", "awb/read_zpl"): read_zpl,
    ("POST", "awb/package/read"): read_packages,
    ("POST", "awb/package/save"): save_packages,
    ("POST", "rma/read"): read_returns,
    ("POST", "rma/count"): count_returns,
    ("POST", "rma/save"): save_returns,
    ("POST", "invoice/read"): read_invoices,
    ("POST", "invoice/categories"): read_invoice_categories,
    ("POST", "customer-invoice/read"): read_customer_invoices,
    ("POST", "measurements/save"): save_measurements,
    ("POST", "campaign_proposals/save"): propose_offers,
    ("GET", "documentation/find_by_eans"): find_by_eans,
    ("GET", "smart-deals-price-check"): _smart_deals,
}
# Actions whose path has an id, and where in it: order/acknowledge/{id}, offer_stock/{id}, order/{id}/unlock-courier.
WITH_ID: Final = {"order/acknowledge": -1, "offer_stock": -1, "order/unlock-courier": 1}
# Actions that answer with pages of a list, which rules about pages look at.
LISTS: Final = (
    "product_offer/read",
    "order/read",
    "category/read",
    "addresses/read",
    "courier_accounts/read",
    "locality/read",
    "awb/read",
    "rma/read",
)

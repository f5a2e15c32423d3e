"""``invoice/read``, ``invoice/categories`` and ``customer-invoice/read``."""

from datetime import date
from decimal import Decimal
from typing import Any, Final

from emagsync.sandbox.answers import Answer, success
from emagsync.sandbox.filters import DAY_FORMAT, page_of
from emagsync.sandbox.generated_orders import BY_SELLER, FINALIZED, RETURNED
from emagsync.sandbox.listing import Row, between, equal
from emagsync.sandbox.request import ApiRequest
from emagsync.sandbox.rows import price_text
from emagsync.sandbox.word_lists import ORDER_WORDS, OrderWords

_MOST_A_PAGE: Final = 1000
_PART: Final = Decimal("0.15")


def read_categories(request: ApiRequest) -> Answer:
    """``invoice/categories``: the kinds of invoices that eMAG sends a seller."""
    return success([{"category": category, "name": name} for category, name in _words(request).invoices.items()])


def read_invoices(request: ApiRequest) -> Answer:
    """``invoice/read``: what eMAG charged the seller."""
    return _answer(request, [_commission(request, *order) for order in _sold(request)], ("category", "number"))


def read_customer_invoices(request: ApiRequest) -> Answer:
    """``customer-invoice/read``: invoices to customers. A storno has a positive total and names what it cancels."""
    rows = []
    for order_id, order in _sold(request):
        sold = _sale(request, order_id, order)
        rows.append(sold)
        if order["status"] == RETURNED:
            cancelled = {"category": "storno", "number": f"ST{order_id}", "is_storno": 1}
            rows.append(sold | cancelled | {"reversal_for": sold["number"]})
    return _answer(request, rows, ("category", "number", "order_id"))


def _answer(request: ApiRequest, rows: list[Row], filters: tuple[str, ...]) -> Answer:
    body = request.body
    found = between(equal(rows, body, *filters), body, DAY_FORMAT)
    page = page_of(body, _MOST_A_PAGE)
    return success({"total_results": len(found), "invoices": found[page.start : page.start + page.size]})


def _sold(request: ApiRequest) -> list[tuple[int, Row]]:
    orders = sorted(request.marketplace.orders(request.account).items())
    return [one for one in orders if one[1]["type"] == BY_SELLER and one[1]["status"] in (FINALIZED, RETURNED)]


def _words(request: ApiRequest) -> OrderWords:
    return ORDER_WORDS[request.account.platform.country]


def _commission(request: ApiRequest, order_id: int, order: Row) -> dict[str, Any]:
    words, country = _words(request), request.account.platform.country.upper()
    category = tuple(words.invoices)[order_id % len(words.invoices)]
    register, tax = words.emag_numbers
    emag = {"name": "eMAG", "register_number": register, "tax_code": tax, "country": country}
    return {
        "category": category,
        "name": words.invoices[category],
        "number": f"{category}-MKTP-{order_id}",
        "date": order["date"][:10],
        "is_storno": 0,
        "reversal_for": None,
        "supplier": emag,
        "customer": {"name": order["vendor_name"]},
        **_totals(request, order, words.commission, _PART),
        "payment_term": 30,
    }


def _sale(request: ApiRequest, order_id: int, order: Row) -> dict[str, Any]:
    buyer = order["customer"] or {}
    return {
        "category": "normal",
        "order_id": str(order_id),
        "number": f"FV{order_id}",
        "date": order["date"][:10],
        "is_storno": 0,
        "reversal_for": None,
        "supplier": {"name": order["vendor_name"]},
        "customer": {"name": buyer.get("billing_name"), "address": buyer.get("billing_street")},
        **_totals(request, order, _words(request).goods, Decimal(1)),
    }


def _totals(request: ApiRequest, order: Row, what: str, part: Decimal) -> dict[str, Any]:
    rate = Decimal(request.account.platform.vat_rates(date.fromisoformat(order["date"][:10]))[0])
    lines = [Decimal(line["sale_price"]) * (line.get("initial_qty") or line["quantity"]) for line in order["products"]]
    value = round(sum(lines, Decimal(0)) * part, 2)
    vat = round(value * rate, 2)
    line = {
        "product_name": what,
        "unit_of_measure": _words(request).piece,
        "quantity": 1,
        "unit_price": price_text(value),
    }
    return {
        "lines": [line | {"vat_rate": rate, "value": price_text(value), "vat_value": price_text(vat)}],
        "total_without_vat": price_text(value),
        "total_vat_value": price_text(vat),
        "total_with_vat": price_text(value + vat),
        "currency": order["currency"],
    }

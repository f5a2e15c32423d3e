"""Generated orders: a handful per account in the shapes of v4.5.1, with data that looks personal and is made up."""

import hashlib
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from emagsync.sandbox.accounts import Account
from emagsync.sandbox.filters import TIME_FORMAT
from emagsync.sandbox.platforms import BGN_OF_A_EURO
from emagsync.sandbox.row_seed import mix
from emagsync.sandbox.rows import STATIC, price_text
from emagsync.sandbox.settings import SandboxError
from emagsync.sandbox.word_lists import ORDER_WORDS, WORDS, OrderWords

ORDERS: Final = 36
BY_EMAG: Final = 2
BY_SELLER: Final = 3
CANCELLED, NEW, IN_PROGRESS, PREPARED, FINALIZED, RETURNED = range(6)
ON_DELIVERY, BY_TRANSFER, CARD_ONLINE = 1, 2, 3
# What a line of an order holds where nothing else is known.
PLAIN_LINE: Final[dict[str, Any]] = {
    **dict.fromkeys(("mkt_id", "part_number_key", "serial_numbers", "campaign")),
    **dict.fromkeys(("part_number", "ext_part_number"), ""),
    **dict.fromkeys(("storno_qty", "reversible_vat_charging", "retained_amount"), 0),
    **{name: [] for name in ("details", "attachments", "product_voucher_split", "recycle_warranties")},
}
# Codes of eMAG's, the same on each platform.
_PAYMENTS: Final = {ON_DELIVERY: "RAMBURS", BY_TRANSFER: "TRANSFER", CARD_ONLINE: "CARD_ONLINE"}


def generated_orders(account: Account, now: datetime) -> dict[int, dict[str, Any]]:
    """Orders by id for the account's offers, made over the last nine days; none where there are no offers."""
    ids = account.ids()[:500]
    now = now.replace(microsecond=0)
    orders = (_order(account, number, ids, now) for number in range(1, ORDERS + 1 if ids else 1))
    return {int(order["id"]): order for order in orders}


def put_order(account: Account, orders: dict[int, dict[str, Any]], values: dict[str, Any], now: datetime) -> None:
    """Change order ``values["id"]``, or add it from a generated one.

    Raises:
        SandboxError: the id is missing, or there is no offer to make an order of.
    """
    order_id = values.get("id")
    if not isinstance(order_id, int) or isinstance(order_id, bool) or order_id < 1:
        raise SandboxError(f"orders: an order needs a whole id, not {order_id!r}.")
    known = orders.get(order_id)
    if known is None:
        if not (ids := account.ids()[:500]):
            raise SandboxError(f"orders: account {account.name} has no offer to order.")
        kind = BY_EMAG if values.get("type") == BY_EMAG else BY_SELLER
        known = _order(account, ORDERS, ids, now.replace(microsecond=0), kind) | {"status": NEW}
    orders[order_id] = known | values


def _order(account: Account, number: int, ids: list[int], now: datetime, kind: int | None = None) -> dict[str, Any]:
    bits = mix(account.seed, number, 7)
    created = now - timedelta(hours=6 * (ORDERS - number), minutes=bits % 60)
    kind = kind or (BY_EMAG if bits % 6 == 0 else BY_SELLER)
    order_id = 501_000_000 + number
    status = (NEW, NEW, IN_PROGRESS, PREPARED, FINALIZED, CANCELLED, RETURNED)[bits % 7]
    is_open = status in (NEW, IN_PROGRESS, PREPARED)
    words = ORDER_WORDS[account.platform.country]
    order: dict[str, Any] = {
        # Documented as a number, arrives as either.
        "id": str(order_id) if bits % 5 == 0 else order_id,
        "vendor_name": words.vendor.format(account.name.title()),
        "type": kind,
        "parent_id": str(order_id - 1) if bits % 17 == 0 else None,
        "status": status,
        "is_complete": int(bits % 9 != 0),
        "date": _text(created),
        "created": _text(created),
        "modified": _text(created + timedelta(minutes=5)),
        "finalization_date": _text(min(created + timedelta(hours=5), now)) if status in (FINALIZED, RETURNED) else None,
        "maximum_date_for_shipment": _text(created + timedelta(days=2)),
        # The two things that are missing in orders that eMAG ships.
        "customer": _customer(account, number, bits, created) if kind == BY_SELLER else None,
        "products": _lines(account, number, bits, ids, created, status) if kind == BY_SELLER else [],
        "attachments": _documents(order_id, words) if status == FINALIZED else [] if bits % 3 else None,
        "proforms": ([], {}, "")[bits % 3],
        "is_storno": (False, None)[bits % 2],
        # The customer wants out; the parcel has to be stopped while the order is not finalized.
        "cancellation_request": _text(created + timedelta(hours=1)) if is_open and bits % 5 == 0 else None,
        "reason_cancellation": {"id": 31, "name": words.cancelled} if status == CANCELLED else _nothing(),
        "refunded_amount": "0",
        "refund_status": None,
        "has_editable_products": int(kind == BY_SELLER),
        "late_shipment": 0,
        "flags": [{"flag": "early_order", "value": 1}] if bits % 8 == 0 else [],
        "emag_club": bits % 2,
        "weekend_delivery": 0,
        "currency": account.platform.currency,
        "observation": "",
    }
    order |= _payment(bits, status) | _delivery(account.platform.country, bits, number) | _vouchers(order["products"])
    if order["delivery_mode"] == "pickup" and order["customer"] is not None:
        order["customer"]["shipping_street"] = order["details"]["locker_name"]
    return order


def _text(moment: datetime) -> str:
    return moment.strftime(TIME_FORMAT)


def _nothing() -> dict[str, Any]:
    return {"id": None, "name": None}


def _documents(order_id: int, words: OrderWords) -> list[dict[str, Any]]:
    """eMAG's own documents stand beside the seller's; only their host tells them apart."""
    name, url = f"{words.document} {order_id}", f"{STATIC}/docs/{order_id}.pdf"
    return [{"name": name, "url": url, "type": 8, "force_download": 0}]


def _payment(bits: int, status: int) -> dict[str, Any]:
    payment = 1 + (bits >> 3) % 3
    paid = payment == CARD_ONLINE or (payment == BY_TRANSFER and status != NEW)
    return {
        "payment_mode": _PAYMENTS[payment],
        "payment_mode_id": None if bits % 29 == 0 else payment,
        "detailed_payment_method": "eCREDIT" if payment == CARD_ONLINE and bits % 4 == 0 else "",
        "delivery_payment_mode": _PAYMENTS[payment],
        "payment_status": int(paid),
        "cashed_co": (None, 0, "0")[bits % 3],
        "cashed_cod": (0, "0", None)[bits % 3],
        "shipping_tax": "15.9900" if bits % 2 else Decimal("15.99"),
        "shipping_tax_voucher_split": [],
    }


def _delivery(country: str, bits: int, number: int) -> dict[str, Any]:
    words = ORDER_WORDS[country]
    # All of them are codes, the last one too, whatever its language.
    mode = ("courier", "pickup", "courier", "Livrare 6H")[(bits >> 5) % 4]
    locker = {
        "locker_id": f"{country.upper()}{number:05d}",
        "locker_name": words.locker.format(words.streets[bits % len(words.streets)]),
        "locker_delivery_eligible": 1,
        "courier_external_office_id": None,
    }
    enforced = {0: [1], 1: []}.get((bits >> 7) % 12)
    return {
        "delivery_mode": mode,
        "details": locker if mode == "pickup" else [],
        # Null: any courier; a list: only these; an empty one: no AWB can be issued here.
        "enforced_vendor_courier_accounts": enforced,
    }


def _vouchers(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """The order's vouchers: the same discounts as in the splits of its lines, told once more."""
    splits = [split for line in lines for split in line["product_voucher_split"]]
    return {
        "vouchers": [
            {
                "voucher_id": split["voucher_id"],
                "voucher_name": split["voucher_name"],
                "sale_price": split["value"],
                "sale_price_vat": split["vat_value"],
                "vat": split["vat"],
                "status": 1,
            }
            for split in splits
        ]
    }


def _lines(
    account: Account, number: int, bits: int, ids: list[int], created: datetime, status: int
) -> list[dict[str, Any]]:
    chosen = [ids[(bits >> step) % len(ids)] for step in range(1 + bits % 3)]
    return [_line(account, number * 10 + step, emag_id, created, status) for step, emag_id in enumerate(chosen)]


def _line(account: Account, line_id: int, emag_id: int, created: datetime, status: int) -> dict[str, Any]:
    row, words = account.catalogue.build(emag_id), ORDER_WORDS[account.platform.country]
    vat, other_vat, *_ = (f"{Decimal(rate):.4f}" for rate in account.platform.vat_rates(created.date()))
    ordered = 1 + line_id % 3
    quantity = 0 if status == RETURNED else ordered
    # An order is in one currency, whatever its offers are in.
    in_bgn = row.get("currency") == "BGN" and account.platform.currency == "EUR"
    price = price_text(round(_price_of(row) / (BGN_OF_A_EURO if in_bgn else 1), 4))
    part_number = str(row.get("part_number") or "").translate({ord(sign): None for sign in " ,;"})
    return PLAIN_LINE | {
        "id": 90_000_000 + line_id,
        "product_id": str(emag_id),
        "mkt_id": None if line_id % 4 else 7_000_000 + line_id,
        "name": row.get("name"),
        "status": int(line_id % 8 != 0),
        "part_number": part_number,
        "ext_part_number": part_number,
        "part_number_key": row.get("part_number_key"),
        "currency": account.platform.currency,
        "quantity": quantity,
        "initial_qty": ordered,
        "storno_qty": ordered - quantity,
        "sale_price": price,
        "original_price": price,
        "vat": vat,
        "created": _text(created),
        "modified": _text(created),
        "campaign": {"id": None, "name": "Black Friday"} if line_id % 9 == 0 else None,
        "product_voucher_split": _splits(line_id, (vat, other_vat), words),
        "recycle_warranties": [_deposit(ordered, words)] if line_id % 7 == 0 else [],
    }


def _splits(line_id: int, rates: tuple[str, str], words: OrderWords) -> list[dict[str, Any]]:
    """The vouchers of a line. Several, of different VAT rates, may fall on one; the seller does not pay for each."""
    seller, emag = _split(1, rates[0], "seller", words), _split(2, rates[1], "eMAG", words)
    return [] if line_id % 5 else [seller, emag] if line_id % 3 == 0 else [seller]


def _split(voucher_id: int, vat: str, offered_by: str, words: OrderWords) -> dict[str, Any]:
    return {
        "voucher_id": voucher_id,
        "value": "-1.0000",
        "vat_value": price_text(-Decimal(vat)),
        "vat": vat,
        "offered_by": offered_by,
        "voucher_name": words.voucher,
    }


def _deposit(quantity: int, words: OrderWords) -> dict[str, Any]:
    return {
        "quantity": quantity,
        "sale_price": "0.5000",
        "vat_rate": "0.0000",
        "product_name": words.deposit,
        "recycle_warranty_voucher_split": [],
    }


def _price_of(row: dict[str, Any]) -> Decimal:
    try:
        price = Decimal(str(row.get("sale_price")))
    except InvalidOperation:
        return Decimal(10)
    return price if price.is_finite() else Decimal(10)


def _customer(account: Account, number: int, bits: int, created: datetime) -> dict[str, Any]:
    words = ORDER_WORDS[account.platform.country]
    namesakes = words.customers[bits % len(words.customers)]
    name, phone = namesakes[(bits >> 4) % len(namesakes)], words.phone.format(bits % 10_000)
    place = _place(account.platform.country, bits)
    return {
        "id": 5_000_000 + number,
        "mkt_id": 7_000_000 + number,
        "name": name,
        # Of a person the same as the name.
        "company": name,
        "gender": "",
        "code": "",
        "registration_number": "",
        "bank": "",
        "iban": "",
        "fax": None,
        "legal_entity": 0,
        "is_vat_payer": 0,
        "liable_person": "",
        # A hash that looks like an address.
        "email": hashlib.sha256(f"{account.name}/{number}".encode()).hexdigest()[:32] + "@customer.example",
        "phone_1": phone,
        "phone_2": "",
        "phone_3": "",
        "billing_name": name,
        "billing_phone": phone,
        "shipping_contact": name,
        "shipping_phone": phone,
        "created": _text(created),
        "modified": _text(created),
        **{f"billing_{key}": value for key, value in place.items()},
        **{f"shipping_{key}": value for key, value in place.items()},
    }


def _place(country: str, bits: int) -> dict[str, Any]:
    words, towns = ORDER_WORDS[country], WORDS[country].localities
    town = (bits >> 8) % len(towns)
    city, county, locality = towns[town]
    street = words.streets[(bits >> 12) % len(words.streets)]
    codes = words.postal_codes[town]
    return {
        "country": country.upper(),
        "suburb": county,
        "city": city,
        "locality_id": str(locality) if bits % 3 == 0 else locality,
        "street": words.street.format(street=street, house=bits % 90 + 1, flat=bits % 40 + 1),
        "postal_code": codes[(bits >> 16) % len(codes)],
    }

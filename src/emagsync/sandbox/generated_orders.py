"""Generated orders: a handful per account, with data that looks personal and is made up."""

import hashlib
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from emagsync.sandbox.accounts import Account
from emagsync.sandbox.row_seed import mix
from emagsync.sandbox.rows import price_text
from emagsync.sandbox.settings import SandboxError
from emagsync.sandbox.word_lists import FIRST_NAMES, LAST_NAMES, LOCALITIES, STREETS

ORDERS: Final = 36
TIME_FORMAT: Final = "%Y-%m-%d %H:%M:%S"
BY_SELLER: Final = 3


def generated_orders(account: Account, now: datetime) -> dict[int, dict[str, Any]]:
    """Orders by id for the account's offers, made over the last nine days; none where there are no offers."""
    ids = account.ids()[:500]
    now = now.replace(microsecond=0)
    orders = (_order(account, number, ids, now) for number in range(1, ORDERS + 1 if ids else 1))
    return {order["id"]: order for order in orders}


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
        known = _order(account, ORDERS, ids, now.replace(microsecond=0)) | {"status": 1}
    orders[order_id] = known | values


def _order(account: Account, number: int, ids: list[int], now: datetime) -> dict[str, Any]:
    bits = mix(account.seed, number, 7)
    created = now - timedelta(hours=6 * (ORDERS - number), minutes=bits % 60)
    lines = [
        _line(account, number * 10 + step, ids[(bits >> step) % len(ids)], created) for step in range(1 + bits % 3)
    ]
    return {
        "id": 300_000_000 + number,
        "vendor_name": f"{account.name.title()} Magazin SRL",
        "status": (1, 1, 2, 3, 4, 0, 5)[bits % 7],
        "is_complete": int(bits % 9 != 0),
        "type": 2 if bits % 6 == 0 else BY_SELLER,
        "payment_mode": ("COD", "TRANSFER", "CARD_ONLINE")[bits % 3],
        "payment_mode_id": 1 + bits % 3,
        "payment_status": int(bits % 3 == 2),
        "delivery_mode": "courier",
        "delivery_payment_mode": ("COD", "TRANSFER", "CARD_ONLINE")[bits % 3],
        "details": {"locker_id": None, "locker_name": None},
        "date": created.strftime(TIME_FORMAT),
        "modified": (created + timedelta(minutes=5)).strftime(TIME_FORMAT),
        "customer": _customer(account, number, bits, created),
        "products": lines,
        "shipping_tax": "15.9900",
        "shipping_tax_voucher_split": [],
        "vouchers": [],
        "attachments": [],
        "cashed_co": "0.0000",
        "cashed_cod": "0.0000",
        "refunded_amount": "0.0000",
        "cancellation_reason": None,
        "maximum_date_for_shipment": (created + timedelta(days=2)).strftime(TIME_FORMAT),
        "finalization_date": None,
        "has_editable_products": 1,
        "late_shipment": 0,
        "emag_club": bits % 2,
    }


def _line(account: Account, line_id: int, emag_id: int, created: datetime) -> dict[str, Any]:
    row = account.catalogue.build(emag_id)
    split = [{"voucher_id": 1, "value": "-1.0000", "vat_value": "-0.2100"}] if line_id % 5 == 0 else []
    return {
        "id": 900_000 + line_id,
        "product_id": emag_id,
        "part_number": row.get("part_number"),
        "name": row.get("name"),
        "quantity": 1 + line_id % 3,
        "sale_price": price_text(_price_of(row)),
        "currency": row.get("currency"),
        "status": int(line_id % 8 != 0),
        "vat": "0.2100",
        "created": created.strftime(TIME_FORMAT),
        "modified": created.strftime(TIME_FORMAT),
        "product_voucher_split": split,
        "recycle_warranties": [],
        "retained_amount": 0,
        "details": [],
    }


def _price_of(row: dict[str, Any]) -> Decimal:
    try:
        return Decimal(str(row.get("sale_price")))
    except InvalidOperation:
        return Decimal(10)


def _customer(account: Account, number: int, bits: int, created: datetime) -> dict[str, Any]:
    name = f"{FIRST_NAMES[bits % len(FIRST_NAMES)]} {LAST_NAMES[(bits >> 4) % len(LAST_NAMES)]}"
    city, county, locality = LOCALITIES[(bits >> 8) % len(LOCALITIES)]
    street = f"{STREETS[(bits >> 12) % len(STREETS)]} {bits % 90 + 1}, ap. {bits % 40 + 1}"
    phone = f"+4070000{bits % 10_000:04d}"
    place = {
        "country": "RO",
        "suburb": county,
        "city": city,
        "locality_id": locality,
        "street": street,
        "postal_code": "010101",
    }
    return {
        "id": 5_000_000 + number,
        "mkt_id": 7_000_000 + number,
        "name": name,
        "company": "",
        "gender": "",
        "code": "",
        "registration_number": "",
        "bank": "",
        "iban": "",
        "fax": "",
        "legal_entity": 0,
        "is_vat_payer": 0,
        "email": hashlib.sha256(f"{account.name}/{number}".encode()).hexdigest()[:32] + "@customer.example",
        "phone_1": phone,
        "phone_2": "",
        "phone_3": "",
        "billing_name": name,
        "billing_phone": phone,
        "shipping_contact": name,
        "shipping_phone": phone,
        "created": created.strftime(TIME_FORMAT),
        "modified": created.strftime(TIME_FORMAT),
        **{f"billing_{key}": value for key, value in place.items()},
        **{f"shipping_{key}": value for key, value in place.items()},
    }

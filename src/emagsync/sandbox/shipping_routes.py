"""``awb/save``, ``awb/read``, ``awb/read_pdf``, ``awb/read_zpl``, ``awb/package/read`` and ``awb/package/save``."""

import base64
from datetime import date
from typing import Any, Final

from emagsync.sandbox.answers import Answer, Refusal, success
from emagsync.sandbox.entities import entities
from emagsync.sandbox.filters import DAY_FORMAT, TIME_FORMAT, time_text, whole
from emagsync.sandbox.generated_orders import BY_SELLER, CANCELLED, FINALIZED, IN_PROGRESS, PREPARED
from emagsync.sandbox.listing import Row, equal, needed, number, one_of, page_answer, whole_number
from emagsync.sandbox.order_routes import now_text, the_order
from emagsync.sandbox.places import addresses_of, courier_accounts_of
from emagsync.sandbox.request import ApiRequest
from emagsync.sandbox.return_routes import returns_of
from emagsync.sandbox.row_seed import natural_or_none, whole_or_none
from emagsync.sandbox.word_lists import ORDER_WORDS

FORMATS: Final = ("A4", "A5", "A6", "ZPL")
_FIRST: Final = 40_000_000
_SIDES: Final = ("length", "width", "height")
# Kinds of courier accounts (1 returns, 2 orders, 3 both; 4 is outside eMAG), and one of their properties.
_FOR_ORDERS, _FOR_RETURNS, _LOCKERS = (2, 3), (1, 3), 2
_MOST_PARCELS: Final = 999
_HEAVIEST: Final = 10_000
_DEAREST: Final = 10**7
_PERSON: Final = ("name", "contact", "phone1", "locality_id", "street")


def save_awb(request: ApiRequest) -> Answer:
    """``awb/save``: one AWB for an order or a return. Asked again, it issues a second one, which costs money too."""
    sent = _sent(request)
    order, returned = _subject(request, sent)
    where = f"Order {sent['order_id']}"
    account = _courier(request, sent, order, returned)
    _check_people(request, sent, "sender" if returned is None else "receiver", where)
    parcels = _check_parcels(sent, where)
    currency, warnings = _currency(request, sent, where)
    if returned is not None:
        _check_day(sent, request.marketplace.local_time(request.account).date(), where)
    awbs = request.account.fulfilment.awbs
    reservation = _FIRST + len(awbs) * 100
    labels = [_label(reservation + 1 + place) for place in range(parcels)]
    awbs[reservation] = {
        "emag_id": labels[0]["emag_id"],
        "reservation_id": reservation,
        "order_id": whole(sent, "order_id", 0),
        "rma_id": None if returned is None else returned["emag_id"],
        "type": 2 if returned is None else 1,
        "weight": number(sent, "weight", 0, _HEAVIEST, where),
        "awb_type": None if returned is None else 1,
        "awb": labels,
        "status": [_first_state(request)],
        "courier": {"courier_account_id": account["account_id"], "courier_name": account["courier_name"]},
        "currency": currency,
        "cash_on_delivery": f"{number(sent, 'cod', 0, _DEAREST, where):.2f}",
    }
    if returned is not None:
        returned["awbs"] = [*returned["awbs"], {"reservation_id": reservation}]
    elif order["status"] in (IN_PROGRESS, PREPARED):
        # The first AWB finalizes the order.
        order |= {"status": FINALIZED, "finalization_date": now_text(request), "modified": now_text(request)}
    return success({"reservation_id": reservation, "awb": labels}, warnings)


def read_awbs(request: ApiRequest) -> Answer:
    """``awb/read``: found by ``emag_id`` or ``reservation_id`` only; there is no way to ask for those of an order."""
    if all(request.body.get(name) is None for name in ("emag_id", "reservation_id")):
        raise Refusal("emag_id or reservation_id is needed")
    rows = []
    for row in request.account.fulfilment.awbs.values():
        wanted = request.body.get("emag_id")
        if wanted is None or str(wanted) in {str(label["emag_id"]) for label in row["awb"]}:
            rows.append(row)
    return page_answer(request, equal(rows, request.body, "reservation_id"))


def read_pdf(request: ApiRequest) -> Answer:
    """``GET awb/read_pdf?emag_id=&awb_format=``: the label as bytes; a refusal is JSON with status 200."""
    label = _asked_label(request)
    wanted = (*request.query("awb_format"), "A4")[0]
    if wanted not in FORMATS:
        raise Refusal(f"Invalid awb_format, one of {', '.join(FORMATS)} is expected")
    if wanted == "ZPL":
        return Answer(_zpl(label), content_type="application/octet-stream")
    return Answer(b"%PDF-1.4\n% AWB " + label["awb_number"].encode() + b"\n%%EOF\n", content_type="application/pdf")


def read_zpl(request: ApiRequest) -> Answer:
    """``GET awb/read_zpl?emag_id=``: the label for label printers, base64 in JSON."""
    content = base64.b64encode(_zpl(_asked_label(request))).decode()
    return success({"deliveries": [{"awbs": {"content": [content]}}]})


def read_packages(request: ApiRequest) -> Answer:
    """``awb/package/read``: the sizes of boxes that the seller has saved."""
    return page_answer(request, request.account.fulfilment.packages)


def save_packages(request: ApiRequest) -> Answer:
    """``awb/package/save``: the sizes of boxes that the seller uses (cm, kg); a label that is known is replaced."""
    saved = [_package(sent) for sent in entities(request.body)]
    labels = {package["label"] for package in saved}
    fulfilment = request.account.fulfilment
    fulfilment.packages = [*(one for one in fulfilment.packages if one["label"] not in labels), *saved]
    return success([])


def _sent(request: ApiRequest) -> Row:
    """The AWB of the body: one object in ``data``, or a list of one."""
    data = request.body.get("data", request.body)
    if isinstance(data, dict):
        return entities({"data": [data]})[0]
    found = entities(request.body)
    if len(found) > 1:
        raise Refusal("One AWB is expected in data")
    return found[0]


def _subject(request: ApiRequest, sent: Row) -> tuple[Row, Row | None]:
    """The order, and the return where the parcel is one."""
    needed(sent, ("order_id",), "AWB")
    order = the_order(request, whole(sent, "order_id", 0))
    if sent.get("rma_id") is not None:
        returned = returns_of(request).get(whole(sent, "rma_id", 0))
        if returned is None or str(returned["order_id"]) != str(sent["order_id"]):
            raise Refusal(f"Return {sent['rma_id']} does not exist")
        return order, returned
    if order["type"] != BY_SELLER:
        raise Refusal(f"Order {sent['order_id']} is fulfilled by eMAG: no AWB can be issued")
    if order["status"] not in (IN_PROGRESS, PREPARED, FINALIZED):
        state = "cancelled" if order["status"] == CANCELLED else f"in status {order['status']}"
        raise Refusal(f"Order {sent['order_id']} is {state}: no AWB can be issued")
    return order, None


def _first_state(request: ApiRequest) -> Row:
    name, description = ORDER_WORDS[request.account.platform.country].parcel
    return {"code": 1, "name": name, "description": description}


def _courier(request: ApiRequest, sent: Row, order: Row, returned: Row | None) -> Row:
    """The courier account that takes the parcel."""
    where, accounts = f"Order {sent['order_id']}", courier_accounts_of(request.account.platform)
    kinds = _FOR_ORDERS if returned is None else _FOR_RETURNS
    known = {one["account_id"]: one for one in accounts if one["courier_account_type"] in kinds}
    enforced = order["enforced_vendor_courier_accounts"]
    wanted = known if enforced is None else [whole_or_none(one) for one in enforced]
    allowed = [account for account in known if account in wanted]
    if not allowed:
        raise Refusal(f"{where}: no AWB can be issued here")
    chosen = known[allowed[0]]
    if sent.get("courier_account_id") is not None:
        chosen = known[one_of(sent, "courier_account_id", allowed, where)]
    if returned is None and _goes_to_the_locker(sent, order):
        return next(one for one in accounts if _LOCKERS in one["courier_account_properties"])
    return chosen


def _goes_to_the_locker(sent: Row, order: Row) -> bool:
    """Whether the street is still the locker that the customer chose, which wins over the account that is sent."""
    receiver, customer = sent.get("receiver"), order["customer"]
    if order["delivery_mode"] != "pickup" or not isinstance(receiver, dict) or not customer:
        return False
    return receiver.get("street") is not None and receiver.get("street") == customer.get("shipping_street")


def _check_people(request: ApiRequest, sent: Row, sellers_side: str, where: str) -> None:
    """Both sides of the parcel; an ``address_id`` replaces the other fields of the seller's."""
    known = {address["address_id"] for address in addresses_of(request.account.platform)}
    for name in ("sender", "receiver"):
        person = sent.get(name)
        if not isinstance(person, dict):
            raise Refusal(f"{where}: missing {name}")
        if name != sellers_side or person.get("address_id") is None:
            _check_person(person, f"{where}: {name}")
        elif str(person["address_id"]) not in known:
            raise Refusal(f"{where}: {name}: unknown address_id {person['address_id']}")


def _check_person(person: Row, where: str) -> None:
    needed(person, _PERSON, where)
    for name in ("name", "contact", "street"):
        if isinstance(person[name], bool | list | dict):
            raise Refusal(f"{where}: {name} is a text")
    if natural_or_none(person["locality_id"]) is None:
        raise Refusal(f"{where}: invalid locality_id {person['locality_id']}")
    digits = str(person["phone1"]).removeprefix("+")
    if not digits.isdecimal() or not 8 <= len(digits) <= 11:
        raise Refusal(f"{where}: phone1 has 8 to 11 digits")


def _check_parcels(sent: Row, where: str) -> int:
    """How many labels are needed. Raises :class:`Refusal`."""
    envelopes, parcels = (
        whole_number({name: 0, **sent}, name, 0, _MOST_PARCELS, where) for name in ("envelope_number", "parcel_number")
    )
    if envelopes + parcels == 0:
        raise Refusal(f"{where}: envelope_number and parcel_number cannot both be 0")
    packages = sent.get("packages") or []
    if not isinstance(packages, list) or not all(isinstance(package, dict) for package in packages):
        raise Refusal(f"{where}: packages must be a list")
    for package in packages:
        given = [name for name in ("weight", *_SIDES) if package.get(name) is not None]
        if len(given) not in (0, 4):
            raise Refusal(f"{where}: a package has weight, length, width and height, or none of them")
    sizes = [
        [number(package, name, 0, _HEAVIEST, where) for name in ("weight", *_SIDES)]
        for package in packages
        if package.get("weight") is not None
    ]
    if sizes and sum(weight for weight, *_ in sizes) != number(sent, "weight", 0, _HEAVIEST, where):
        raise Refusal(f"{where}: weight must be the sum of the packages' weights")
    return envelopes + parcels


def _currency(request: ApiRequest, sent: Row, where: str) -> tuple[str, list[str]]:
    platform = request.account.platform
    if sent.get("currency"):
        if not isinstance(sent["currency"], str):
            raise Refusal(f"{where}: currency is a text")
        return sent["currency"], []
    is_wanted = platform.country == "bg"
    return platform.currency, [f"{where}: currency is missing, {platform.currency} was assumed"] if is_wanted else []


def _check_day(sent: Row, today: date, where: str) -> None:
    day = time_text(sent, "date", DAY_FORMAT, TIME_FORMAT)
    if day is None:
        raise Refusal(f"{where}: a return needs date")
    if date.fromisoformat(day[:10]) <= today:
        raise Refusal(f"{where}: date must be tomorrow or later")


def _label(emag_id: int) -> Row:
    return {"emag_id": emag_id, "awb_number": f"4EMGLN{emag_id}", "awb_barcode": f"4EMGLN{emag_id}001"}


def _asked_label(request: ApiRequest) -> Row:
    wanted = (*request.query("emag_id"), "")[0]
    for row in request.account.fulfilment.awbs.values():
        for label in row["awb"]:
            if str(label["emag_id"]) == wanted:
                return dict(label)
    raise Refusal(f"AWB {whole_or_none(wanted)} does not exist")


def _zpl(label: Row) -> bytes:
    return f"^XA^FO50,50^BCN,100^FD{label['awb_barcode']}^FS^XZ\n".encode()


def _package(sent: Row) -> dict[str, Any]:
    needed(sent, ("label", "weight", *_SIDES), "Package")
    where = f"Package {sent['label']}"
    sizes = {name: number(sent, name, 0, _HEAVIEST, where) for name in ("weight", *_SIDES)}
    return {"label": str(sent["label"]), **sizes, "is_default": bool(sent.get("is_default"))}

"""``rma/read``, ``rma/count`` and ``rma/save``: what customers send back."""

from datetime import datetime, timedelta
from typing import Any, Final

from emagsync.sandbox.accounts import Account
from emagsync.sandbox.answers import Answer, Refusal, success
from emagsync.sandbox.entities import entities
from emagsync.sandbox.filters import DAY_FORMAT, TIME_FORMAT, whole
from emagsync.sandbox.generated_orders import BY_SELLER, FINALIZED, RETURNED
from emagsync.sandbox.listing import Row, between, count_answer, equal, one_of, page_answer
from emagsync.sandbox.request import ApiRequest
from emagsync.sandbox.row_seed import mix
from emagsync.sandbox.word_lists import ORDER_WORDS, OrderWords

INCOMPLETE, NEW, APPROVED, REFUSED, CANCELLED, RECEIVED, FINISHED = range(1, 8)
_NEXT: Final = {NEW: (APPROVED, CANCELLED), APPROVED: (CANCELLED, RECEIVED), RECEIVED: (REFUSED, FINISHED)}
_FIRST: Final = 8_000_000
_CODES: Final = {
    INCOMPLETE: "incomplete",
    NEW: "new",
    APPROVED: "approved",
    REFUSED: "refused",
    CANCELLED: "cancelled",
    RECEIVED: "received",
    FINISHED: "finalized",
}
# Dates of a history have come in each of these.
_EVENT_FORMATS: Final = (TIME_FORMAT, "%Y-%m-%dT%H:%M:%S", f"{TIME_FORMAT}.%f")
_DATES: Final = (
    *("maximum_finalization_date", "first_pickup_date"),
    *("estimated_product_pickup", "estimated_product_reception"),
)
_FILTERS: Final = ("id", "emag_id", "order_id", "request_status", "type")


def read_returns(request: ApiRequest) -> Answer:
    """``rma/read``: returns, which are never among the orders."""
    return page_answer(request, _matching(request))


def count_returns(request: ApiRequest) -> Answer:
    """``rma/count``: the same filters."""
    return count_answer(request, _matching(request))


def save_returns(request: ApiRequest) -> Answer:
    """``rma/save``: the next state of returns; what is refused answers with a list in a list."""
    try:
        saved, warnings = _saved(request)
    except Refusal as refusal:
        raise Refusal(*refusal.messages, results=[[]]) from refusal
    returns_of(request).update(saved)
    return success([], warnings)


def returns_of(request: ApiRequest) -> dict[int, Row]:
    """The account's returns by eMAG's id, generated from its orders when they are first asked for."""
    fulfilment, market = request.account.fulfilment, request.marketplace
    if fulfilment.returns is None:
        orders = [
            (order_id, order)
            for order_id, order in sorted(market.orders(request.account).items())
            if order["type"] == BY_SELLER and order["status"] in (FINALIZED, RETURNED)
        ]
        now = market.local_time(request.account).replace(tzinfo=None, microsecond=0)
        rows = [_return(request.account, place, *order, now) for place, order in enumerate(orders)]
        fulfilment.returns = {row["emag_id"]: row for row in rows}
    return fulfilment.returns


def _matching(request: ApiRequest) -> list[Row]:
    body = request.body
    rows = equal(returns_of(request).values(), body, *_FILTERS)
    rows = between(rows, body, TIME_FORMAT, DAY_FORMAT)
    wanted = {name: body[name] for name in ("product_id", "product_emag_id") if body.get(name) is not None}
    return [row for row in rows if equal(row["products"], wanted, *wanted)] if wanted else rows


def _saved(request: ApiRequest) -> tuple[dict[int, Row], list[str]]:
    """The returns as they are after the save, and warnings. Raises :class:`Refusal`."""
    returns, platform = returns_of(request), request.account.platform
    now = request.marketplace.local_time(request.account)
    warnings: list[str] = []
    saved: dict[int, Row] = {}
    for sent in entities(request.body):
        emag_id, known, status = _next_status(returns | saved, sent)
        history = [*known["status_history"], _event(status, now)]
        saved[emag_id] = known | {"request_status": status, "status_history": history}
        if platform.country == "bg" and not sent.get("currency"):
            warnings.append(f"Return {emag_id}: currency is missing, {platform.currency} was assumed")
    return saved, warnings


def _next_status(returns: dict[int, Row], sent: Row) -> tuple[int, Row, int]:
    emag_id = whole(sent, "emag_id", 0)
    known = returns.get(emag_id)
    if known is None:
        raise Refusal(f"Return {sent.get('emag_id')} does not exist")
    where, before = f"Return {emag_id}", known["request_status"]
    after = one_of(sent, "request_status", range(INCOMPLETE, FINISHED + 1), where)
    if after not in _NEXT.get(before, ()):
        raise Refusal(f"{where}: request_status cannot be changed from {before} to {after}")
    return emag_id, known, after


def _event(status: int, moment: datetime) -> Row:
    return {"code": _CODES[status], "event_date": moment.strftime(_EVENT_FORMATS[status % 3]), "requests": []}


def _way_to(status: int) -> list[int]:
    """The states that a return of this one has had."""
    before = next((state for state, after in _NEXT.items() if status in after), None)
    return [status] if before is None else [*_way_to(before), status]


def _return(account: Account, place: int, order_id: int, order: Row, now: datetime) -> dict[str, Any]:
    bits = mix(account.seed, order_id, 13)
    country, words = account.platform.country.upper(), ORDER_WORDS[account.platform.country]
    customer, lines = order["customer"] or {}, order["products"]
    status = FINISHED if order["status"] == RETURNED else (NEW, APPROVED, RECEIVED, REFUSED)[place % 4]
    moment = min(datetime.fromisoformat(order["date"]) + timedelta(days=1), now)
    date = moment.strftime(TIME_FORMAT)
    emag_id = _FIRST + place
    return {
        "id": None if bits % 2 else str(emag_id),
        "emag_id": emag_id,
        "is_full_fbe": 0,
        "return_parent_id": None,
        "order_id": str(order_id),
        "type": 3,
        "is_club": bits % 2,
        "is_fast": 0,
        "customer_name": customer.get("name"),
        "customer_company": customer.get("company"),
        "customer_phone": customer.get("phone_1"),
        "pickup_country": country,
        "pickup_suburb": customer.get("shipping_suburb"),
        "pickup_city": customer.get("shipping_city"),
        "pickup_address": customer.get("shipping_street"),
        "pickup_zipcode": customer.get("shipping_postal_code"),
        "pickup_locality_id": customer.get("shipping_locality_id"),
        "pickup_method": 1 + bits % 3,
        "return_type": 1 + bits % 5,
        "replacement_product_id": ("0", 0, None)[bits % 3],
        "replacement_product_emag_id": ("0", 0, None)[bits % 3],
        "observations": words.returned,
        "return_reason": 20 + bits % 9,
        "date": date,
        "products": [
            {
                "id": str(emag_id * 10 + number),
                "product_emag_id": str(line["id"]),
                "product_id": line["product_id"],
                "quantity": "1",
                "product_name": line["name"],
                "return_reason": 20 + bits % 9,
                "observations": "",
                "diagnostic": None,
                "reject_reason": None,
                "retained_amount": "0",
            }
            for number, line in enumerate(lines[:1])
        ],
        "extra_info": dict.fromkeys(_DATES),
        "return_tax_value": "0.0000",
        "swap": None,
        "return_address_snapshot": "",
        "return_address_id": None,
        "awbs": [],
        "status_history": [_event(passed, moment) for passed in _way_to(status)],
        "request_history": [],
        "locker": [] if bits % 4 else _locker(country, words),
        "country": country,
        "address_type": None,
        "request_status": status,
        "request_status_reason": None,
        "currency": account.platform.currency,
        "finalized_with_incident": 0,
        "courier_name": None,
    }


def _locker(country: str, words: OrderWords) -> Row:
    return {"locker_id": f"{country}00001", "locker_name": words.locker.format(words.square)}

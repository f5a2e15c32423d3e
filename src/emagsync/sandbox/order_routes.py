"""``order/read``, ``order/count``, ``order/acknowledge/{id}`` and ``order/save``."""

from datetime import datetime, timedelta
from typing import Any, Final

from emagsync.sandbox.answers import Answer, Refusal, success
from emagsync.sandbox.entities import entities
from emagsync.sandbox.filters import page_of, whole
from emagsync.sandbox.generated_orders import BY_SELLER, TIME_FORMAT
from emagsync.sandbox.read_routes import count_results
from emagsync.sandbox.request import ApiRequest

_MONTH: Final = timedelta(days=31)


def read_orders(request: ApiRequest) -> Answer:
    """``order/read``: orders that match, ascending by id; those the seller ships unless ``type`` says otherwise."""
    page = page_of(request.body)
    return success(_matching(request)[page.start : page.start + page.size])


def count_orders(request: ApiRequest) -> Answer:
    """``order/count``: the same filters."""
    return success(count_results(len(_matching(request)), page_of(request.body).size, request.marketplace.settings))


def acknowledge_order(request: ApiRequest) -> Answer:
    """``order/acknowledge/{id}``: a new order (1) becomes in progress (2)."""
    order = request.marketplace.orders(request.account).get(request.path_id or 0)
    if order is None:
        raise Refusal(f"Order {request.path_id} does not exist")
    if order["status"] not in (1, 2):
        raise Refusal(f"Order {request.path_id} cannot be acknowledged in status {order['status']}")
    order["status"] = 2
    order["modified"] = _now(request)
    return success([])


def save_order(request: ApiRequest) -> Answer:
    """``order/save``: replaces orders; every field that was read has to come back."""
    orders = request.marketplace.orders(request.account)
    saved = entities(request.body)
    for order in saved:
        known = orders.get(whole(order, "id", 0))
        if known is None:
            raise Refusal(f"Order {order.get('id')} does not exist")
        if missing := sorted(set(known) - set(order)):
            raise Refusal(f"Order {order['id']}: missing {', '.join(missing)}")
    for order in saved:
        orders[int(order["id"])] = {**order, "modified": _now(request)}
    return success([])


def _now(request: ApiRequest) -> str:
    return request.marketplace.local_time(request.account).strftime(TIME_FORMAT)


def _matching(request: ApiRequest) -> list[dict[str, Any]]:
    body = request.body
    statuses = body.get("status")
    wanted = {
        "status": {_whole(value) for value in (statuses if isinstance(statuses, list) else [statuses])}
        if statuses is not None
        else None,
        "id": {whole(body, "id", 0)} if body.get("id") is not None else None,
        "payment_mode_id": {whole(body, "payment_mode_id", 0)} if body.get("payment_mode_id") is not None else None,
        "is_complete": {whole(body, "is_complete", 0)} if body.get("is_complete") is not None else None,
        "type": {whole(body, "type", BY_SELLER)},
    }
    spans = (("date", _span(body, "created")), ("modified", _span(body, "modified")))
    return [
        order
        for order in request.marketplace.orders(request.account).values()
        if all(values is None or order[key] in values for key, values in wanted.items())
        and all(low <= order[key] <= high for key, (low, high) in spans)
    ]


def _whole(value: Any) -> int:
    return whole({"status": value}, "status", 0)


def _span(body: dict[str, Any], name: str) -> tuple[str, str]:
    """The wanted stretch of time as texts that compare like times; both ends at most one month apart."""
    after, before = (_time(body, f"{name}{end}") for end in ("After", "Before"))
    if after is not None and before is not None and before - after > _MONTH:
        raise Refusal(f"{name}After and {name}Before must be at most one month apart")
    low = "" if after is None else after.strftime(TIME_FORMAT)
    return low, "9999" if before is None else before.strftime(TIME_FORMAT)


def _time(body: dict[str, Any], key: str) -> datetime | None:
    if body.get(key) is None:
        return None
    try:
        return datetime.strptime(str(body[key]), TIME_FORMAT)  # noqa: DTZ007 - eMAG writes local times without a zone
    except ValueError:
        raise Refusal(f"Invalid {key}: YYYY-MM-DD HH:MM:SS is expected") from None

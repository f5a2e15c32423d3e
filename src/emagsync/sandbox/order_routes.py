"""``order/read``, ``order/count``, ``order/acknowledge/{id}``, ``order/{id}/unlock-courier`` and ``order/save``."""

from datetime import datetime, timedelta
from typing import Any, Final

from emagsync.sandbox.answers import Answer, Refusal, success
from emagsync.sandbox.entities import bare_entities, entities
from emagsync.sandbox.filters import TIME_FORMAT, Page, page_of, time_text, whole
from emagsync.sandbox.generated_orders import BY_SELLER, CANCELLED, IN_PROGRESS, NEW
from emagsync.sandbox.order_changes import changed_order
from emagsync.sandbox.read_routes import count_results
from emagsync.sandbox.request import ApiRequest

_LAST_PAGE: Final = 65_535
_LAST_ORDERS: Final = 100
_FILTERS: Final = (
    *("id", "status", "payment_mode_id", "is_complete", "type"),
    *("createdAfter", "createdBefore", "modifiedAfter", "modifiedBefore"),
)


def read_orders(request: ApiRequest) -> Answer:
    """``order/read``: orders that match, ascending by id; those the seller ships unless ``type`` says otherwise.

    Without any filter the last hundred.
    """
    page = _page(request)
    found = _matching(request)
    if all(request.body.get(name) is None for name in _FILTERS):
        found = found[-_LAST_ORDERS:]
    return success(found[page.start : page.start + page.size])


def count_orders(request: ApiRequest) -> Answer:
    """``order/count``: the same filters, but of a stretch of time it wants both ends."""
    for name in ("created", "modified"):
        ends = [request.body.get(f"{name}{end}") is None for end in ("After", "Before")]
        if any(ends) and not all(ends):
            raise Refusal(f"{name}After and {name}Before must be sent together")
    return success(count_results(len(_matching(request)), _page(request).size, request.marketplace.settings))


def acknowledge_order(request: ApiRequest) -> Answer:
    """``order/acknowledge/{id}``: a new order (1) becomes in progress (2). A second time answers 400, or a warning."""
    order, name = _sellers_order(request, "be acknowledged"), f"Order {request.path_id}"
    if order["status"] == CANCELLED:
        raise Refusal(f"{name} is cancelled and cannot be acknowledged", status=400)
    if order["status"] != NEW and request.marketplace.settings.acknowledged_again == "warning":
        return success([], [f"{name} was already acknowledged"])
    if order["status"] == IN_PROGRESS:
        raise Refusal(f"{name} cannot be acknowledged. Order is already in progress.", status=400)
    if order["status"] != NEW:
        raise Refusal(f"{name} was already acknowledged; its status is {order['status']}", status=400)
    order["status"] = IN_PROGRESS
    order["modified"] = now_text(request)
    return success([])


def unlock_courier(request: ApiRequest) -> Answer:
    """``order/{id}/unlock-courier``: any courier account may be used for the order from now on."""
    order = _sellers_order(request, "be changed")
    order["enforced_vendor_courier_accounts"] = None
    order["modified"] = now_text(request)
    return success([])


def save_order(request: ApiRequest) -> Answer:
    """``order/save``: orders as they were read, with what changes; all or nothing."""
    orders = request.marketplace.orders(request.account)
    now = request.marketplace.local_time(request.account)
    messages: list[str] = []
    saved: dict[int, dict[str, Any]] = {}
    for order in _sent_orders(request):
        order_id = whole(order, "id", 0)
        known = saved.get(order_id) or orders.get(order_id)
        if known is None:
            raise Refusal(f"Order {order.get('id')} does not exist")
        saved[order_id], warnings = changed_order(known, order, now, request.account.platform)
        messages += warnings
    orders.update(saved)
    return success([], messages)


def the_order(request: ApiRequest, order_id: int | None) -> dict[str, Any]:
    """The account's order of this id. Raises :class:`Refusal`."""
    order = request.marketplace.orders(request.account).get(order_id or 0)
    if order is None:
        raise Refusal(f"Order {order_id} does not exist")
    return order


def now_text(request: ApiRequest) -> str:
    """The time now, as eMAG writes it."""
    return request.marketplace.local_time(request.account).strftime(TIME_FORMAT)


def _sellers_order(request: ApiRequest, what: str) -> dict[str, Any]:
    """The order of the path, which the seller ships: those that eMAG ships take attachments only."""
    order = the_order(request, request.path_id)
    if order["type"] != BY_SELLER:
        raise Refusal(f"Order {request.path_id} is fulfilled by eMAG and cannot {what}", status=400)
    return order


def _page(request: ApiRequest) -> Page:
    """The page that is asked for. Whether it may be larger than others is open: the documentation says both."""
    page = page_of(request.body, request.marketplace.settings.largest_order_page)
    if page.number > _LAST_PAGE:
        raise Refusal(f"Invalid value for currentPage: 1 to {_LAST_PAGE} is expected")
    return page


def _sent_orders(request: ApiRequest) -> list[dict[str, Any]]:
    """The orders of a save. One object instead of a list is refused, a bare list too unless a setting lets it in."""
    if isinstance(request.content, list):
        if request.marketplace.settings.bare_order_saves:
            return bare_entities(request.content)
        raise Refusal("Invalid request: data is expected")
    if isinstance(request.body.get("data"), dict):
        raise Refusal("Expected list of arrays")
    return entities(request.body)


def _matching(request: ApiRequest) -> list[dict[str, Any]]:
    body = request.body
    wanted = {
        "status": _wanted(body, "status", several=True),
        "payment_mode_id": _wanted(body, "payment_mode_id", several=True),
        "id": _wanted(body, "id"),
        "is_complete": _wanted(body, "is_complete"),
        "type": _wanted(body, "type") or {BY_SELLER},
    }
    month = timedelta(days=request.marketplace.settings.order_month_days)
    spans = (("date", _span(body, "created", month)), ("modified", _span(body, "modified", month)))
    return [
        order
        for order_id, order in sorted(request.marketplace.orders(request.account).items())
        if all(
            values is None or (order_id if key == "id" else order.get(key)) in values for key, values in wanted.items()
        )
        and all(low <= str(order[key]) <= high for key, (low, high) in spans)
    ]


def _wanted(body: dict[str, Any], key: str, *, several: bool = False) -> set[int] | None:
    value = body.get(key)
    if value is None:
        return None
    values = value if several and isinstance(value, list) else [value]
    return {whole({key: one}, key, 0) for one in values}


def _span(body: dict[str, Any], name: str, month: timedelta) -> tuple[str, str]:
    """The wanted stretch of time as texts that compare like times; both ends at most one month apart."""
    after, before = (time_text(body, f"{name}{end}", TIME_FORMAT) for end in ("After", "Before"))
    if before is not None and after is None:
        raise Refusal(f"{name}Before can only be used together with {name}After")
    if after and before and datetime.fromisoformat(before) - datetime.fromisoformat(after) > month:
        raise Refusal(f"{name}After and {name}Before must be at most one month apart")
    return after or "", before or "9999"

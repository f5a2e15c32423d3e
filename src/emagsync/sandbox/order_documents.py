"""``order/attachments/read`` and ``save``, ``order/volumetry/read``."""

from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import urlsplit

from emagsync.sandbox.answers import Answer, Refusal, success
from emagsync.sandbox.entities import entities
from emagsync.sandbox.filters import whole
from emagsync.sandbox.generated_orders import BY_EMAG, BY_SELLER
from emagsync.sandbox.listing import Row, equal, needed, one_of, page_answer
from emagsync.sandbox.order_routes import the_order
from emagsync.sandbox.request import ApiRequest
from emagsync.sandbox.row_seed import mix, whole_or_none

_INVOICE, _WARRANTY, _MANUAL, _GUIDE, _AWB, _PROFORMA = 1, 3, 4, 8, 10, 11
_TYPES: Final = (_INVOICE, _WARRANTY, _MANUAL, _GUIDE, _AWB, _PROFORMA)
_LONGEST_NAME: Final = 60
_LONGEST_URL: Final = 1024
_OTHER_FILES: Final = (
    *(".jpg", ".jpeg", ".png", ".gif", ".tif", ".tiff", ".webp", ".svg", ".doc", ".docx", ".odt", ".rtf", ".txt"),
    *(".xls", ".xlsx", ".ods", ".csv", ".xml", ".json", ".htm", ".html", ".zip", ".p7s"),
)


def read_attachments(request: ApiRequest) -> Answer:
    """``order/attachments/read``: the documents of orders, one order (``order_id``) or all."""
    orders = request.marketplace.orders(request.account)
    rows = [
        {"order_id": order_id, "order_type": order["type"], **attachment}
        for order_id, order in sorted(orders.items())
        for attachment in order["attachments"] or []
    ]
    return page_answer(request, equal(rows, request.body, "order_id", "order_type", "type"))


def save_attachments(request: ApiRequest) -> Answer:
    """``order/attachments/save``: documents that eMAG fetches; one that it has is not fetched again unless forced."""
    attached: dict[int, list[Row]] = {}
    orders = request.marketplace.orders(request.account)
    for sent in entities(request.body):
        order = _order_of(request, sent)
        attachment, order_id = _attachment(order, sent), whole(sent, "order_id", 0)
        known: list[Row] = attached.get(order_id, order["attachments"] or [])
        kept = [one for one in known if _identity(one) != _identity(attachment)]
        line = attachment.get("order_product_id")
        if line is not None and str(line) in {own for _, kind, own in map(_identity, kept) if kind == str(_WARRANTY)}:
            raise Refusal(f"Attachment of order {order_id}: product {line} has a warranty, one for each is taken")
        attached[order_id] = [*kept, attachment]
    for order_id, attachments in attached.items():
        orders[order_id]["attachments"] = attachments
    return success([])


def _identity(attachment: Row) -> tuple[str, str, str]:
    """What tells documents apart: one file may be an invoice and a guide, or the warranty of several products."""
    url, kind, line = (str(attachment.get(name)) for name in ("url", "type", "order_product_id"))
    return url, kind, line


def _order_of(request: ApiRequest, sent: Row) -> Row:
    needed(sent, ("order_id", "order_type", "url", "type"), "Attachment")
    order = the_order(request, whole(sent, "order_id", 0))
    if one_of(sent, "order_type", (BY_EMAG, BY_SELLER), "Attachment") != order["type"]:
        raise Refusal(f"Order {sent['order_id']} is not of type {sent['order_type']}")
    return order


def _attachment(order: Row, sent: Row) -> Row:
    where = f"Attachment of order {sent['order_id']}"
    kind = one_of(sent, "type", _TYPES, where)
    name, url = sent.get("name") or "", sent["url"]
    if not isinstance(name, str) or len(name) > _LONGEST_NAME:
        raise Refusal(f"{where}: name is a text of at most {_LONGEST_NAME} characters")
    if not isinstance(url, str) or len(url) > _LONGEST_URL or not _may_be_pdf(url):
        raise Refusal(f"{where}: url must be the address of a PDF, of at most {_LONGEST_URL} characters")
    attachment = {"name": name, "url": url, "type": kind, "force_download": int(bool(sent.get("force_download")))}
    if kind == _WARRANTY:
        lines = {whole_or_none(line["id"]) for line in order["products"]}
        if whole(sent, "order_product_id", 0) not in lines:
            raise Refusal(f"{where}: a warranty needs order_product_id, the id of one of the order's lines")
        attachment["order_product_id"] = whole(sent, "order_product_id", 0)
    return attachment


def _may_be_pdf(url: str) -> bool:
    """Whether eMAG might find a PDF there: an address of the web whose name is not one of another kind of file."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    suffix = PurePosixPath(parts.path).suffix.lower()
    return parts.scheme in ("http", "https") and bool(parts.hostname) and suffix not in _OTHER_FILES


def read_volumetry(request: ApiRequest) -> Answer:
    """``order/volumetry/read``: weight (kg) and sides (cm) of an order's products, for an AWB by volume.

    Only of an order with one piece of each product.
    """
    if request.body.get("order_id") is None:
        raise Refusal("order_id is needed")
    order = the_order(request, whole(request.body, "order_id", 0))
    if request.body.get("type") is not None and whole(request.body, "type", 0) != order["type"]:
        raise Refusal(f"Order {request.body['order_id']} is not of type {request.body['type']}")
    if any(line["quantity"] > 1 for line in order["products"]):
        raise Refusal(f"Order {request.body['order_id']}: volumetry needs one piece of each product")
    rows = [_volumetry(request, line) for line in order["products"]]
    data = equal(rows, request.body, "product_id")
    return success({"order_id": whole(request.body, "order_id", 0), "type": order["type"], "volumetric_data": data})


def _volumetry(request: ApiRequest, line: Row) -> dict[str, Any]:
    offer = int(line["product_id"])
    measured = request.account.fulfilment.measurements.get(offer)
    if measured is not None:
        sides = {side: measured[side] / 10 for side in ("length", "width", "height")}
        return {"product_id": offer, "weight": measured["weight"] / 1000, **sides}
    bits = mix(request.account.seed, offer, 11)
    sides = {side: Decimal(bits >> shift & 63) + 1 for side, shift in (("length", 0), ("width", 6), ("height", 12))}
    return {"product_id": offer, "weight": Decimal(bits % 4000 + 1) / 1000, **sides}

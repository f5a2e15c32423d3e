"""``measurements/save`` and ``campaign_proposals/save``: what is said of an offer beside its own saves."""

from typing import Any, Final

from emagsync.sandbox.answers import Answer, Refusal, success
from emagsync.sandbox.entities import entities
from emagsync.sandbox.filters import whole
from emagsync.sandbox.listing import Row, needed, number, whole_number
from emagsync.sandbox.request import ApiRequest

_SIDES: Final = ("length", "width", "height")
_LARGEST_MEASURE: Final = 999_999
_MOST_CAMPAIGN_STOCK: Final = 255
_LARGEST_ID: Final = 16_777_215
_MOST_INTERVALS: Final = 30
_DEAREST: Final = 10**12


def save_measurements(request: ApiRequest) -> Answer:
    """``measurements/save``: sides in mm and weight in g, all four, of offers that exist."""
    measured = {_offer(request, sent): _measurement(sent) for sent in entities(request.body)}
    request.account.fulfilment.measurements.update(measured)
    return success([])


def propose_offers(request: ApiRequest) -> Answer:
    """``campaign_proposals/save``: offers for a campaign; at most 255 pieces of each."""
    proposals = [_proposal(request, sent) for sent in entities(request.body)]
    request.account.fulfilment.proposals += proposals
    return success([])


def _offer(request: ApiRequest, sent: Row) -> int:
    needed(sent, ("id",), "Offer")
    emag_id = whole(sent, "id", 0)
    if emag_id not in request.account.catalogue:
        raise Refusal(f"Offer {emag_id} does not exist")
    return emag_id


def _measurement(sent: Row) -> dict[str, Any]:
    where = f"Offer {sent['id']}"
    needed(sent, (*_SIDES, "weight"), where)
    return {name: number(sent, name, 0, _LARGEST_MEASURE, where) for name in (*_SIDES, "weight")}


def _proposal(request: ApiRequest, sent: Row) -> Row:
    where = f"Offer {_offer(request, sent)}"
    needed(sent, ("campaign_id", "sale_price", "stock"), where)
    whole_number(sent, "campaign_id", 1, _LARGEST_ID, where)
    number(sent, "sale_price", 0.0001, _DEAREST, where)
    whole_number(sent, "stock", 0, _MOST_CAMPAIGN_STOCK, where)
    if sent.get("voucher_discount") is not None:
        number(sent, "voucher_discount", 10, 100, where)
    intervals = sent.get("date_intervals") or []
    if not isinstance(intervals, list) or len(intervals) > _MOST_INTERVALS:
        raise Refusal(f"{where}: date_intervals is a list of at most {_MOST_INTERVALS}")
    return dict(sent)

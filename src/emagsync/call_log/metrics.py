"""The metrics of calls to eMAG. Every label has a bounded set of values, whatever a server answers."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from emagsync.marketplace import CANCELLED, CallRecord
from emagsync.marketplace.save_answers import Verdict
from emagsync.telemetry.metrics import Counter, Histogram, Increments

OTHER: Final = "other"

REQUESTS: Final = Counter(
    "emag_api_requests_total", "Calls to eMAG, each attempt.", ("account_type", "endpoint", "status_code")
)
DURATION: Final = Histogram(
    "emag_api_request_duration_seconds",
    "How long eMAG took to answer.",
    ("account_type", "endpoint"),
    (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
)
HITS: Final = Counter("emag_rate_limit_hits_total", "429 answers of eMAG.", ("account_type", "operation_type"))
SAVED: Final = Counter(
    "emag_saved_offers_total", "Offers of saves, by eMAG's verdict about each.", ("account_type", "endpoint", "verdict")
)
WAITS: Final = Histogram(
    "emag_rate_limit_wait_seconds",
    "How long calls waited for a slot of the request limit.",
    ("account_type", "operation_type"),
    (0.1, 0.5, 1.0, 5.0, 30.0, 120.0),
)

# The routes that the client calls. Source: eMAG's API documentation v4.5.1.
_ROUTES: Final = frozenset(
    {
        "product_offer/read",
        "product_offer/count",
        "product_offer/save",
        "offer/save",
        "offer_stock",
        "vat/read",
        "handling_time/read",
        "category/read",
        "category/count",
        "documentation/find_by_eans",
        "smart-deals-price-check",
        "order/read",
        "order/count",
        "order/save",
        "order/acknowledge",
    }
)
_NO_ANSWER: Final = frozenset(
    {"timeout", "connect_failed", "read_failed", "truncated_answer", "answer_too_large", CANCELLED}
)
_STATUSES: Final = frozenset(int(status) for status in HTTPStatus)


def endpoint_of(route: str) -> str:
    """The route without ids, if it is one that eMAG is known to have, else `other`."""
    if route in _ROUTES:
        return route
    stem = route.rpartition("/")[0]
    return stem if stem in _ROUTES else OTHER


def status_of(record: CallRecord) -> str:
    """The HTTP status, or a word for why there is none."""
    if record.status is None:
        return record.outcome if record.outcome in _NO_ANSWER else OTHER
    return str(record.status) if record.status in _STATUSES else OTHER


def count(into: Increments, record: CallRecord) -> None:
    """Add one call to `into`."""
    endpoint, group = endpoint_of(record.route), record.group.value
    REQUESTS.add(into, (record.account, endpoint, status_of(record)))
    DURATION.observe(into, (record.account, endpoint), record.seconds)
    WAITS.observe(into, (record.account, group), record.waited_seconds)
    if record.verdicts:
        for verdict in Verdict:
            SAVED.add(into, (record.account, endpoint, verdict.value), record.verdicts.get(verdict, 0))
    # Also when it adds zero: a rate needs a series that existed before the first refusal.
    HITS.add(into, (record.account, group), record.status == HTTPStatus.TOO_MANY_REQUESTS)

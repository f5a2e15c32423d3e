"""The figures of a call: their labels are bounded, whatever is called and whatever answers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from emagsync.call_log import metrics
from emagsync.marketplace import CallRecord
from emagsync.marketplace.budget.slots import RouteGroup
from emagsync.marketplace.save_answers import Verdict
from emagsync.telemetry.metrics import Increments, Series


def a_record(**changes: Any) -> CallRecord:
    values: dict[str, Any] = {
        "account": "main",
        "route": "product_offer/read",
        "started_at": datetime(2026, 11, 23, 10, tzinfo=UTC),
        "seconds": 0.3,
        "waited_seconds": 0.0,
        "attempt": 1,
        "status": 200,
        "outcome": "ok",
        "error": None,
        "rows": 100,
    }
    return CallRecord(**(values | changes))


@pytest.mark.parametrize(
    ("route", "endpoint"),
    [
        ("product_offer/read", "product_offer/read"),
        ("order/acknowledge/12345", "order/acknowledge"),
        ("something/new", "other"),
        ("product_offer/read/1", "product_offer/read"),
        ("", "other"),
    ],
)
def test_an_endpoint_is_a_known_route_without_ids(route: str, endpoint: str) -> None:
    assert metrics.endpoint_of(route) == endpoint


@pytest.mark.parametrize(
    ("status", "outcome", "told"),
    [
        (200, "ok", "200"),
        (503, "server_failure", "503"),
        (799, "unexpected_status", "other"),
        (None, "timeout", "timeout"),
        (None, "connect_failed", "connect_failed"),
        (None, "budget_store", "other"),
    ],
)
def test_a_status_is_a_known_number_or_a_word(status: int | None, outcome: str, told: str) -> None:
    assert metrics.status_of(a_record(status=status, outcome=outcome)) == told


def test_a_thousand_odd_calls_make_few_series() -> None:
    into: Increments = {}
    for number in range(1000):
        metrics.count(into, a_record(route=f"x{number}/y", status=1000 + number, seconds=number / 10))
    assert len(into) < 30


def test_each_offer_of_a_save_counts_by_its_verdict() -> None:
    into: Increments = {}
    verdicts = {Verdict.TAKEN: 48, Verdict.REFUSED: 2}
    metrics.count(into, a_record(route="offer/save", outcome="partly_refused", verdicts=verdicts))
    metrics.count(into, a_record())
    found = {key.labels[2]: value for key, value in into.items() if key.name == "emag_saved_offers_total"}
    assert found == {"taken": 48, "refused": 2, "unknown": 0}


def test_a_refusal_by_the_limit_counts_for_its_group() -> None:
    into: Increments = {}
    metrics.count(into, a_record(status=429, outcome="rate_limited", group=RouteGroup.ORDERS))
    metrics.count(into, a_record())
    assert into[Series("emag_rate_limit_hits_total", ("main", "orders"))] == 1
    # A rate needs a series that was there before the first refusal.
    assert into[Series("emag_rate_limit_hits_total", ("main", "general"))] == 0

"""What of offers that were read is new, changed or the same, and what the change log tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from emagsync.offers.records import (
    LOGGED_FIELDS,
    Observation,
    OfferRecord,
    UpsertResult,
    compare,
    field_changes,
    logged_changes,
)
from emagsync.offers.tables import offers
from offers.offer_rows import AT, offer

SEEN = Observation("main", "run-2", AT, source="push")


def stored(record: OfferRecord, *, removed_at: datetime | None = None, **before: Any) -> Any:
    """A stored row of `record`, as it was `before`."""
    return SimpleNamespace(**{**record._asdict(), "removed_at": removed_at, **before})


def told(read: list[OfferRecord], rows: Mapping[int, Any]) -> list[tuple[int, str, str | None, str | None]]:
    changes = logged_changes(SEEN, compare(read, rows), rows)
    assert {(one.account, one.run_id, one.at, one.source) for one in changes} <= {("main", "run-2", AT, "push")}
    return [(one.emag_id, one.field, one.old, one.new) for one in changes]


def test_offers_are_sorted_by_what_is_stored_of_them() -> None:
    same, other = offer(2), offer(3, stock=4)
    rows = {2: stored(same), 3: stored(other, fingerprint="another")}
    comparison = compare([offer(1), same, other], rows)
    assert comparison.result([9]) == UpsertResult(created=(1,), updated=(3,), unchanged=(9, 2))


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        pytest.param({"stock": 7}, [(1, "stock", "7", "5")], id="a number"),
        pytest.param({"sale_price": Decimal(100)}, [(1, "sale_price", "100.0000", "121.8400")], id="an amount"),
        pytest.param({"sellable": False}, [(1, "sellable", "false", "true")], id="a truth"),
        pytest.param({"name": None}, [(1, "name", None, "Lampă 1")], id="nothing before"),
        pytest.param({"buy_button_rank": 3}, [(1, "buy_button_rank", "3", None)], id="nothing after"),
        pytest.param({"number_of_offers": 3}, [], id="a field that is not logged"),
        pytest.param({"removed_at": AT}, [(1, "lifecycle", "removed", "returned")], id="it was removed"),
    ],
)
def test_the_log_tells_what_changed(before: dict[str, Any], expected: list[Any]) -> None:
    record = offer(1)
    assert told([record], {1: stored(record, fingerprint="another", **before)}) == expected


def test_the_log_tells_of_a_new_offer_that_it_came_and_of_the_same_one_nothing() -> None:
    assert told([offer(1), offer(2)], {2: stored(offer(2))}) == [(1, "lifecycle", None, "created")]


def test_the_same_offer_that_was_removed_has_returned() -> None:
    assert told([offer(2)], {2: stored(offer(2), removed_at=AT)}) == [(2, "lifecycle", "removed", "returned")]


def test_a_new_offer_can_be_told_field_by_field() -> None:
    fields = {change.field: change.new for change in field_changes(SEEN, None, offer(1))}
    assert fields["sale_price"] == "121.8400"
    assert set(fields) <= set(LOGGED_FIELDS)


def test_every_value_of_a_record_has_a_column_and_every_logged_field_is_a_value() -> None:
    assert set(OfferRecord._fields) - {column.key for column in offers.c} == {"payload", "rewrites_payload"}
    assert set(LOGGED_FIELDS) <= set(OfferRecord._fields)

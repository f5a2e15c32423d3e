"""What undoing does about one change, by what the local copy has now."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from emagsync.edits.offer_snapshot import StoredOffer
from emagsync.edits.push.undo import undo_row
from emagsync.edits.push.undo_repository import PastChange


def past(field: str, before: str | None, after: str | None, **values: Any) -> PastChange:
    """A change of offer 7 by a push."""
    at = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
    return PastChange("main", 7, field, 1 if field == "stock" else 0, before, after, at, **values)


def stored(value: str | None, field: str = "sale_price", **values: Any) -> StoredOffer:
    """Offer 7 as the local copy has it now."""
    key = (field, 1 if field == "stock" else 0)
    known = {"id": 1, "account": "main", "emag_id": 7, "part_number": None, "currency": "RON", "fingerprint": "f"}
    return StoredOffer(**{**known, "is_removed": False, "values": {key: value}, **values})


PRICE = past("sale_price", "100.0000", "90.0000")
STOCK = past("stock", "20", "15")


@pytest.mark.parametrize(
    ("change", "offer", "put_back", "code"),
    [
        pytest.param(PRICE, stored("90.0000"), "100.0000", None, id="a value that still stands"),
        pytest.param(PRICE, stored("95.0000"), "100.0000", "other_since", id="a value that has changed since"),
        pytest.param(PRICE, stored("90.0000", is_removed=True), "100.0000", "offer_gone", id="a removed offer"),
        pytest.param(PRICE, None, "100.0000", "offer_gone", id="an offer that is not there"),
        pytest.param(past("vat_id", None, "1"), stored("1", "vat_id"), None, "no_value_before", id="no value before"),
        pytest.param(
            past("status", "1", "1"), stored("1", "status"), "1", "has_value", id="a value that it has already"
        ),
        pytest.param(STOCK, stored("15", "stock"), "20", None, id="a stock"),
        pytest.param(STOCK, stored("13", "stock"), "18", None, id="a stock of which some was sold"),
        pytest.param(past("stock", "2", "15"), stored("3", "stock"), "0", None, id="a stock never goes below nothing"),
        pytest.param(
            past("sale_price", "100.0000", "130.0000", lost_edit="90.0000"),
            stored("130.0000"),
            "90.0000",
            None,
            id="an edit that a merge gave up",
        ),
        pytest.param(
            past("sale_price", "100.0000", "90.0000", currency="BGN"),
            stored("90.0000", currency="EUR"),
            "100.0000",
            "other_currency_since",
            id="a price of another currency",
        ),
        pytest.param(
            past("sale_price", "100.0000", "90.0000", currency="RON"),
            stored("90.0000"),
            "100.0000",
            None,
            id="a price of the same currency",
        ),
    ],
)
def test_what_undoing_does_about_a_change(
    change: PastChange, offer: StoredOffer | None, put_back: str | None, code: str | None
) -> None:
    row = undo_row(change, offer)
    assert (row.put_back, row.why and row.why.code, row.action) == (put_back, code, "left" if code else "put_back")

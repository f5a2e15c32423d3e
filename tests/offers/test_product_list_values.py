"""Products as lists write them are those that one product's values make, byte for byte."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from emagsync.core import money
from emagsync.offers.product_list_values import listed_values
from emagsync.offers.product_queries import with_references
from emagsync.offers.product_schemas import (
    PRODUCT_FIELDS,
    EffectiveValues,
    OfferEdits,
    PendingEdit,
    product_json,
    product_values,
)
from emagsync.offers.reference_data import References

NOW = datetime(2026, 11, 29, 12, 0, 0, 5, UTC)
_amounts = st.none() | st.integers(-(2**63), 2**63 - 1).map(money.from_units)
_times = st.sampled_from([NOW, NOW - timedelta(hours=48), NOW - timedelta(hours=49), NOW.replace(microsecond=0)])
_few = st.integers(0, 3)
_KINDS: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(
        [
            *("sale_price", "recommended_price", "min_sale_price", "max_sale_price"),
            *("best_offer_sale_price", "main_offer_price"),
        ],
        _amounts,
    ),
    **dict.fromkeys(["created_at", "updated_at", "last_synced_at"], _times),
    "removed_at": st.none() | _times,
    "account": st.sampled_from(["main", "fbe"]),
    "emag_id": _few,
    "vat_id": st.none() | _few,
    "category_id": st.none() | _few,
    "status_code": st.none() | _few,
    "eans": st.sampled_from(["[]", '["5941234567890"]', '["a \\"b\\"","ș"]']),
    "not_sellable": st.sampled_from(["", "no_stock", "no_stock inactive"]),
    "version": st.sampled_from(["1-a", "1-b"]),
    "currency": st.sampled_from(["RON", "EUR"]),
    "sellable": st.booleans(),
}
ROWS = st.lists(
    st.tuples(*(_KINDS.get(name, st.none() | st.sampled_from(["x", "Lampă"])) for name in PRODUCT_FIELDS), st.just(7)),
    max_size=3,
)
_EFFECTIVE = EffectiveValues(
    sale_price=Decimal("5.0000"),
    recommended_price=None,
    min_sale_price=None,
    max_sale_price=Decimal("9.1000"),
    stock=3,
    handling_time=None,
    vat_id=1,
    status_code=1,
)


def _edits(state: Any) -> OfferEdits:
    pending = PendingEdit(
        id=1, field="stock", warehouse_id=None, base="2", value="3", kind="absolute", state=state, by="ana", at=NOW
    )
    return OfferEdits([pending], _EFFECTIVE, "1-edited")


PENDING = {("main", 0): _edits("open"), ("fbe", 1): _edits("conflict")}
KNOWN = References(
    {("main", 1): Decimal("0.2100"), ("fbe", 1): Decimal("0.1900"), ("fbe", 2): Decimal("0.0000")},
    {("main", 1): "Lămpi", ("fbe", 3): "Scaune"},
)


@given(rows=ROWS, pending=st.sampled_from([{}, PENDING]), known=st.sampled_from([References({}, {}), KNOWN]))
def test_a_list_writes_what_one_product_would(rows: Any, pending: Any, known: References) -> None:
    one_by_one = []
    for row in rows:
        named = dict(zip(PRODUCT_FIELDS, row, strict=False))
        edits = pending.get((named["account"], named["emag_id"]))
        one_by_one.append(with_references(product_values(named, NOW, edits), known))
    listed = listed_values(rows, pending, NOW, known)
    assert product_json({"products": listed}) == product_json({"products": one_by_one})

"""What eMAG's numbers of VAT rates and categories mean stands beside them in what commands print."""

from __future__ import annotations

from decimal import Decimal

import pytest

from emagsync.entrypoints.cli.output.edits import value_text
from emagsync.entrypoints.cli.output.offers import meanings_of
from emagsync.offers.reference_data import NOTHING_KNOWN, References
from emagsync.offers.schemas import Offer

KNOWN = References({("main", 1): Decimal("0.2100"), ("main", 2): Decimal("0.0550")}, {("main", 506): "Becuri LED"})


def test_an_offer_is_shown_with_what_its_numbers_mean() -> None:
    offer = Offer.model_construct(account="main", vat_id=1, category_id=506, sale_price=Decimal("121.8400"))
    assert meanings_of(offer, KNOWN) == {
        "vat_rate": "0.2100",
        "category_name": "Becuri LED",
        "sale_price_with_vat": "147.4264",
    }
    assert set(meanings_of(offer, NOTHING_KNOWN).values()) == {None}


@pytest.mark.parametrize(
    ("account", "field", "text", "shown"),
    [
        ("main", "vat_id", "1", "1 (21%)"),
        ("main", "vat_id", "2", "2 (5.5%)"),
        ("fbe", "vat_id", "1", "1"),
        ("main", "vat_id", None, "-"),
        ("main", "stock", "1", "1"),
    ],
)
def test_an_edit_of_the_vat_is_listed_with_its_rate(account: str, field: str, text: str | None, shown: str) -> None:
    assert value_text(account, field, text, KNOWN) == shown

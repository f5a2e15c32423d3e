"""Money keeps four decimals exactly, or refuses."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emagsync.core import money

amounts = st.integers(-(10**18) + 1, 10**18 - 1).map(money.from_units)


@given(amounts)
def test_units_and_amounts_are_the_same_thing(amount: Decimal) -> None:
    assert money.from_units(money.to_units(amount)) == amount


@given(amounts)
def test_an_amount_reads_with_four_decimals(amount: Decimal) -> None:
    text = money.text(amount)
    assert text is not None
    assert Decimal(text) == amount
    assert len(text.partition(".")[2]) == 4


@pytest.mark.parametrize("text", ["0.00001", "1e14", "NaN", "Infinity", "-1e20", "1" * 40])
def test_what_would_have_to_be_rounded_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        money.exact(Decimal(text))


def test_no_amount_is_no_text() -> None:
    assert money.text(None) is None

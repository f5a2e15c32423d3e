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


@pytest.mark.parametrize("text", ["0.00001", "1e14", "NaN", "Infinity", "-1e20", "1" * 40, "1." + "0" * 30 + "1"])
def test_what_would_have_to_be_rounded_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        money.exact(Decimal(text))
    with pytest.raises(ValueError, match=r".+"):
        money.to_units(Decimal(text))


@given(st.decimals() | amounts, st.integers(-3, 30))
def test_units_are_refused_exactly_where_the_amount_is(value: Decimal, shift: int) -> None:
    value = value if value.is_nan() else Decimal((value.is_signed(), value.as_tuple().digits, -shift))
    try:
        exact = money.exact(value)
    except ValueError:
        with pytest.raises(ValueError, match=r".+"):
            money.to_units(value)
    else:
        assert money.from_units(money.to_units(value)) == exact


def test_no_amount_is_no_text() -> None:
    assert money.text(None) is None

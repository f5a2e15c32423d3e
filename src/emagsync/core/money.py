"""Money: decimals with at most four places, never floating point.

eMAG sends prices without VAT with up to four decimals, as text ("121.8400") or as a JSON number.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

SCALE = 4
UNIT = Decimal(1).scaleb(-SCALE)
_FACTOR = 10**SCALE
_UNITS_IN_ONE = Decimal(_FACTOR)
# 14 digits before the point and 4 after fit a signed 64-bit integer in units of 0.0001.
LIMIT = Decimal(10) ** 14
_UNIT_LIMIT = int(LIMIT) * _FACTOR


def exact(value: Decimal) -> Decimal:
    """`value` with exactly four places. Raises ValueError where that would round, or beyond 14 integer digits."""
    # As nearly all are that come from a database: each row has five amounts.
    if value.same_quantum(UNIT) and -LIMIT < value < LIMIT:
        return value
    if not value.is_finite() or abs(value) >= LIMIT:
        raise ValueError(f"{value} is not an amount below {LIMIT:.0f}")
    try:
        quantized = value.quantize(UNIT)
    except InvalidOperation as error:  # more digits than the decimal context holds
        raise ValueError(f"{value} has too many digits") from error
    if quantized != value:
        raise ValueError(f"{value} has more than {SCALE} decimals")
    return quantized


def to_units(value: Decimal) -> int:
    """The amount in units of 0.0001, for databases that have no decimals. Raises ValueError as `exact` does."""
    # As nearly all are: five amounts in each of many rows. A product is exact as far as it has 28 digits, and what has
    # more of them is beyond the limit, rounded or not. It takes less than to move the point does.
    if value.same_quantum(UNIT):
        units = int(value * _UNITS_IN_ONE)
        if -_UNIT_LIMIT < units < _UNIT_LIMIT:
            return units
    return int(exact(value).scaleb(SCALE))


def from_units(units: int) -> Decimal:
    """The amount that `to_units` turned into an integer."""
    return units * UNIT  # exact, for they are integers of 64 bits; it takes less than to move the point does


def text(value: Decimal | None) -> str | None:
    """The amount as people and programs read it: always four decimals, `"121.8400"`."""
    if value is None:
        return None
    # With four places Python writes it so by itself, in a tenth of the time.
    return str(value) if value.same_quantum(UNIT) else f"{value:.{SCALE}f}"


def with_vat(price: Decimal, rate: Decimal) -> Decimal:
    """`price` with VAT on it, to four decimals, half of the last one up. `rate` is a fraction: 0.21."""
    return (price * (1 + rate)).quantize(UNIT, ROUND_HALF_UP)

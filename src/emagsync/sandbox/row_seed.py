"""The seed of a generated offer: a few values drawn from (seed, id), the same on every machine and in any order."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

_MASK: Final = (1 << 64) - 1
_MOST_DIGITS: Final = 18
_VALIDATION_TAIL: Final = (0, 1, 2, 3, 4, 5, 6, 8, 10, 11, 12, 17)


class FilterValues(NamedTuple):
    """The values that the filters of ``product_offer/read`` look at."""

    status: int | None
    part_number: str | None
    part_number_key: str | None
    general_stock: int | None
    estimated_stock: int | None
    validation_status: int | None
    offer_validation_status: int | None
    translation_validation_status: int | None


class RowSeed(NamedTuple):
    """The values of a generated offer that a catalogue file or a filter may set or look at; the rest is decoration."""

    bits: int
    filter_values: FilterValues
    price: Decimal
    eans: Sequence[str]
    name: str | None = None


def mix(seed: int, number: int, salt: int = 0) -> int:
    """64 well-mixed bits of (seed, number, salt): a hash that is cheap enough to recompute instead of storing."""
    value = (
        seed * 0x9E3779B97F4A7C15 + number * 0xD1B54A32D192ED03 + salt * 0x8CB92BA72F3D8DD7 + 0x2545F4914F6CDD1D
    ) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


def row_seed_of(seed: int, emag_id: int) -> RowSeed:
    """The seed of generated offer *emag_id*: 85 % active, a quarter without stock, most approved."""
    bits = mix(seed, emag_id)
    stock = 0 if (bits >> 8) % 4 == 0 else (bits >> 10) % 400 + 1
    draw = (bits >> 20) % 100
    validation = 9 if draw < 88 else _VALIDATION_TAIL[draw - 88]
    filter_values = FilterValues(
        status=status_of(bits),
        part_number=part_number_of(bits, emag_id),
        part_number_key=None if validation in (0, 1, 2) else part_number_key_of(seed, emag_id),
        general_stock=stock,
        estimated_stock=max(0, stock - (bits >> 27) % 3),
        validation_status=validation,
        offer_validation_status=2 if (bits >> 30) % 33 == 0 else 1,
        translation_validation_status=13 + (bits >> 36) % 5 if (bits >> 33) % 12 == 0 else 9,
    )
    cents = (bits >> 40) % 200_000 + 100
    return RowSeed(
        bits, filter_values, Decimal(cents * 100 + (bits >> 58) * 3 % 100).scaleb(-4), (ean_of(seed, emag_id),)
    )


def status_of(bits: int) -> int:
    """The status that *bits* draw: 85 % active, 10 % inactive, 5 % end of life."""
    draw = bits % 100
    return 1 if draw < 85 else 0 if draw < 95 else 2


def part_number_of(bits: int, emag_id: int) -> str:
    """A seller's SKU: mostly of its own, sometimes empty and sometimes shared by several offers (never a key)."""
    kind = (bits >> 50) % 50
    if kind == 0:
        return ""
    if kind == 1:
        return "SET-PROMO"
    return f"SKU-{emag_id:06d}"


def part_number_key_of(seed: int, emag_id: int) -> str:
    """A catalogue key that looks like eMAG's (``D33HD4MBM``) and is different for every id of a seed."""
    number, text = emag_id * 7919 + seed % 7919, ""
    while number:
        number, digit = divmod(number, 32)
        text += "0123456789BCDFGHJKLMNPQRSTVWXYZA"[digit]
    return f"D{text.ljust(5, '0')}BM"


def ean_of(seed: int, emag_id: int) -> str:
    """A valid EAN-13 with a Romanian prefix, different for every id of a seed."""
    body = f"594{(emag_id * 7919 + seed * 104_729) % 10**9:09d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return f"{body}{-total % 10}"


def filter_values_of(row: Any) -> FilterValues:
    """The filter values of a row as served, in any shape; what cannot be read is ``None`` and matches no filter."""
    if not isinstance(row, dict):
        return FilterValues(*(None,) * 8)
    return FilterValues(
        status=whole_or_none(row.get("status")),
        part_number=_text(row.get("part_number")),
        part_number_key=_text(row.get("part_number_key")),
        general_stock=whole_or_none(row.get("general_stock")),
        estimated_stock=whole_or_none(row.get("estimated_stock", row.get("general_stock"))),
        validation_status=_code(row.get("validation_status")),
        offer_validation_status=_code(row.get("offer_validation_status")),
        translation_validation_status=_code(row.get("translation_validation_status")),
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def whole_or_none(value: Any) -> int | None:
    """A whole number that may be written as text, or ``None``."""
    text = str(value)
    try:
        return None if "_" in text else int(text)
    except ValueError:
        return None


def natural_or_none(value: Any) -> int | None:
    """A whole number of at least 0 in digits that a database column holds, written as such or as text, or ``None``."""
    text = "" if isinstance(value, bool) else str(value)
    return int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else None


def _code(value: Any) -> int | None:
    first = value[0] if isinstance(value, list) and value else value
    return whole_or_none(first.get("value")) if isinstance(first, dict) else whole_or_none(first)

"""Checks of edits: what eMAG would refuse is a fault, what looks like a mistake is a doubt, to be confirmed. Pure.

Ranges are those of eMAG's API documentation v4.5.1, "Writing offers": stock 0..65535, handling time 0..255, at most
four decimals, `min_sale_price <= sale_price <= max_sale_price`, `recommended_price > sale_price`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from decimal import Decimal
from typing import Final, NamedTuple

from emagsync.edits.fields import END_OF_LIFE, MOST, NO_WAREHOUSE, PRICES, RELATIVE, STATUS, VAT_ID, Key, Values
from emagsync.marketplace.platforms import VatRates

_SALE: Final = ("sale_price", NO_WAREHOUSE)
_LOW: Final = ("min_sale_price", NO_WAREHOUSE)
_HIGH: Final = ("max_sale_price", NO_WAREHOUSE)
_RECOMMENDED: Final = ("recommended_price", NO_WAREHOUSE)

# A price that is off by a standard rate, that of now or of before, is a slip within a percent; by a reduced one of now
# only if it is off by exactly that.
_NEAR: Final = Decimal("0.01")
_EXACTLY: Final = Decimal("0.0005")  # -10 % is no slip, though 0.1 % off the price without 11 % VAT


class FieldChange(NamedTuple):
    """A checked change of one field of an offer. `value` is canonical text, of a relative change with its sign."""

    field: str
    warehouse_id: int
    kind: str
    value: str

    @property
    def key(self) -> Key:
        """Field and warehouse."""
        return self.field, self.warehouse_id


@dataclass(frozen=True)
class Issue:
    """What is wrong with a change, or may be; `code` is stable, `values` are what its message names."""

    field: str
    code: str
    message: str
    values: Mapping[str, str] = dataclass_field(default_factory=dict)


def effective(emag: Values, changes: Iterable[FieldChange]) -> dict[Key, str | None]:
    """The values that an offer has once `changes` reach eMAG. A stock is never below 0, nor above what eMAG takes."""
    values = dict(emag)
    for change in changes:
        values[change.key] = target_of(change, values.get(change.key))
    return values


def target_of(change: FieldChange, emag: str | None) -> str:
    """The value that the change makes of eMAG's."""
    if change.kind != RELATIVE:
        return change.value
    return str(min(max(int(emag or 0) + int(change.value), 0), MOST[change.field]))


def faults(before: Values, after: Values, touched: Collection[Key]) -> list[Issue]:
    """The faults of an offer whose fields `touched` change from `before` to `after`: what eMAG would refuse."""
    found: list[Issue] = []
    sale, low, high, recommended = (_amount(after, key) for key in (_SALE, _LOW, _HIGH, _RECOMMENDED))
    if sale is None or not {_SALE, _LOW, _HIGH, _RECOMMENDED} & set(touched):
        return found
    if low and high and low > high:
        message = f"{low} is above max_sale_price {high}"
        found.append(Issue("min_sale_price", "min_above_max", message, _limit(low, high)))
    if low and sale < low and {_SALE, _LOW} & set(touched):
        message = f"{sale} is below min_sale_price {low}"
        found.append(Issue("sale_price", "below_min_price", message, _limit(sale, low)))
    if high and sale > high and {_SALE, _HIGH} & set(touched):
        message = f"{sale} is above max_sale_price {high}"
        found.append(Issue("sale_price", "above_max_price", message, _limit(sale, high)))
    if recommended and recommended <= sale and (_RECOMMENDED in touched or not _was_below(before)):
        message = f"{recommended} is not above sale_price {sale}"
        found.append(Issue("recommended_price", "not_above_sale_price", message, _limit(recommended, sale)))
    return found


def _limit(price: Decimal, limit: Decimal) -> dict[str, str]:
    return {"price": f"{price:f}", "limit": f"{limit:f}"}


def _was_below(before: Values) -> bool:
    """Whether the recommended price was not above the price before either: then the edit is not to blame."""
    sale, recommended = _amount(before, _SALE), _amount(before, _RECOMMENDED)
    return bool(recommended) and sale is not None and recommended is not None and recommended <= sale


def doubts(
    emag: Values,
    changes: Sequence[FieldChange],
    *,
    most_percent: int,
    vat: Sequence[VatRates] = (),
    vat_ids: Collection[int] = (),
) -> list[Issue]:
    """The doubts about changes: values that look like a mistake and need a confirmation.

    That is a price that changes by more than `most_percent`, or by a rate of `vat`, which is that of the platform's
    country, that in force first (none: not known); a VAT id that is not among `vat_ids`,
    those of the account's offers (none: not known); and an end of life.
    """
    found: list[Issue] = []
    for change in changes:
        if change.field in PRICES:
            found.extend(_price_doubts(change, _amount(emag, change.key), vat, most_percent))
        elif change.field == STATUS and change.value == END_OF_LIFE:
            found.append(Issue(STATUS, "ends_offer", "2 (end of life) takes the offer off the market for good"))
        elif change.field == VAT_ID and vat_ids and int(change.value) not in vat_ids:
            known = ", ".join(map(str, sorted(vat_ids)))
            message = f"no other offer of the account has the VAT id {change.value}, but {known}"
            found.append(Issue(VAT_ID, "unfamiliar_vat_id", message))
    return found


def _price_doubts(
    change: FieldChange, old: Decimal | None, vat: Sequence[VatRates], most_percent: int
) -> Iterable[Issue]:
    new = Decimal(change.value)
    if not old:
        return
    percent = (new - old) / old * 100
    if abs(percent) > most_percent:
        message = f"from {old} to {new} is a change of {percent:+.1f} %, more than {most_percent} %"
        yield Issue(change.field, "implausible_change", message)
    rate = _slipped_rate(new / old, vat)
    if rate is not None:
        way = "with" if new > old else "without"
        message = f"from {old} to {new} is the price {way} {rate} % VAT; eMAG's prices are without VAT"
        yield Issue(change.field, "vat_slip", message)


def _slipped_rate(ratio: Decimal, vat: Sequence[VatRates]) -> int | None:
    for rate, tolerance in _slips(vat):
        gross = 1 + Decimal(rate) / 100
        if any(abs(ratio / expected - 1) <= tolerance for expected in (gross, 1 / gross)):
            return rate
    return None


def _slips(vat: Sequence[VatRates]) -> Iterator[tuple[int, Decimal]]:
    """The rates that a price may be off by, and how exactly."""
    for rates in vat:
        yield rates.standard, _NEAR
    for rate in vat[0].reduced if vat else ():
        yield rate, _EXACTLY


def _amount(values: Values, key: Key) -> Decimal | None:
    text = values.get(key)
    return None if text is None else Decimal(text)

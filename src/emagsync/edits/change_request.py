"""What somebody asks for, from a request, a row of a file or the command line, read as changes of one offer. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from emagsync.core import money
from emagsync.edits.fields import (
    BY_WAREHOUSE,
    FIELDS,
    MOST,
    NO_WAREHOUSE,
    PRICES,
    RELATIVE,
    STATUS,
    STATUSES,
    STOCK,
    VAT_ID,
    Values,
    warehouses,
)
from emagsync.edits.steps import PriceStep
from emagsync.edits.validation import Change, Objection

ABSOLUTE: Final = "absolute"
STOCK_CHANGE: Final = "stock_change"
LARGEST_PRICE: Final = Decimal(10) ** 10
_LARGEST_VAT_ID: Final = 1_000_000
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,9}", re.ASCII)
# A comma is a decimal comma where nothing else can be meant: `1,234` could be either.
_PLAIN: Final = re.compile(r"[+-]?[0-9]{1,14}(\.[0-9]{1,12})?", re.ASCII)
_COMMA: Final = re.compile(r"[+-]?[0-9]{1,14},([0-9]{1,2}|[0-9]{4})", re.ASCII)


@dataclass(frozen=True)
class ChangeRequest:
    """What is asked for of one offer. `given` are values by field, of a price also a step, and
    `stock_change` is a difference of pieces; those of `stock` and `handling_time` are one value, or a list of
    `{warehouse_id, value}` or `{warehouse_id, change}`."""

    given: Mapping[str, Any]
    currency: str | None = None
    warehouse_id: int | None = None
    version: str | None = None
    confirm: bool = False
    errors: Sequence[Objection] = field(default_factory=tuple)


class Unreadable(ValueError):
    """A value that cannot be meant; `code` and the message tell why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def parse_change_request(wish: ChangeRequest, values: Values, before: Values) -> tuple[list[Change], list[Objection]]:
    """The changes that are meant of an offer with these values, and what of the wish cannot be meant.

    `before` are its values with the edits that wait: what a price is changed by is of those.
    """
    changes: list[Change] = []
    objections = list(wish.errors)
    for name, given in wish.given.items():
        try:
            wanted = _stepped(given, before.get((name, NO_WAREHOUSE))) if isinstance(given, PriceStep) else given
            changes.extend(_changes(name, wanted, wish.warehouse_id, values))
        except Unreadable as error:
            objections.append(Objection(name, error.code, str(error)))
    twice = {change.key for change in changes if sum(other.key == change.key for other in changes) > 1}
    objections.extend(Objection(name, "given_twice", "is given twice") for name, _ in sorted(twice))
    return changes, objections


def _changes(name: str, given: Any, warehouse: int | None, values: Values) -> list[Change]:
    if name in PRICES:
        return [Change(name, NO_WAREHOUSE, ABSOLUTE, money.text(price(given)) or "")]
    if name in BY_WAREHOUSE or name == STOCK_CHANGE:
        return _levels(name, given, warehouse, values)
    if name == VAT_ID:
        return [Change(name, NO_WAREHOUSE, ABSOLUTE, str(whole(given, 1, _LARGEST_VAT_ID)))]
    if name == STATUS:
        return [Change(name, NO_WAREHOUSE, ABSOLUTE, str(status(given)))]
    raise Unreadable("unknown_field", f"is not one of {', '.join(FIELDS)}")


def _stepped(step: PriceStep, now: str | None) -> Decimal:
    if now is None:
        raise Unreadable("no_price", "the offer has no such price that could be changed")
    return step.of(Decimal(now))


def price(given: Any) -> Decimal:
    """An amount above 0 with at most four decimals; its comma, if it has one, must be a decimal one."""
    text = str(given).strip()
    if _COMMA.fullmatch(text):
        text = text.replace(",", ".")
    elif "," in text:
        raise Unreadable("ambiguous_amount", f"{given!r}: write the amount with a point and nothing else, as 1234.50")
    if isinstance(given, bool) or not _PLAIN.fullmatch(text):
        raise Unreadable("not_an_amount", f"{given!r} is not an amount such as 1234.50")
    amount = Decimal(text)
    if not 0 < amount < LARGEST_PRICE:
        raise Unreadable("out_of_range", f"{given} is not between 0 and {LARGEST_PRICE:f}")
    try:
        return money.exact(amount)
    except ValueError:
        raise Unreadable("too_many_decimals", f"{given} has more than {money.SCALE} decimals") from None


def whole(given: Any, least: int, most: int) -> int:
    """A whole number within bounds."""
    text = str(given).strip()
    if isinstance(given, bool) or not _WHOLE.fullmatch(text):
        raise Unreadable("not_a_whole_number", f"{given!r} is not a whole number")
    number = int(text)
    if not least <= number <= most:
        raise Unreadable("out_of_range", f"{number} is not between {least} and {most}")
    return number


def status(given: Any) -> int:
    """0, 1 or 2, also by name: inactive, active, end_of_life."""
    text = str(given).strip().lower()
    if text in STATUSES:
        return STATUSES[text]
    if isinstance(given, bool) or text not in {str(number) for number in STATUSES.values()}:
        names = ", ".join(f"{number} ({name})" for name, number in STATUSES.items())
        raise Unreadable("unknown_status", f"{given!r} is not one of {names}")
    return int(text)


def _levels(name: str, given: Any, warehouse: int | None, values: Values) -> list[Change]:
    target = STOCK if name == STOCK_CHANGE else name
    if not isinstance(given, list):
        entry = {"change" if name == STOCK_CHANGE else "value": given}
        return [_level(target, entry, warehouse, values)]
    return [_level(target, entry, entry.get("warehouse_id", warehouse), values) for entry in given]


def _level(name: str, entry: Mapping[str, Any], warehouse: int | None, values: Values) -> Change:
    known = warehouses(values, name)
    if warehouse is None:
        if len(known) != 1:
            raise Unreadable("warehouse_needed", f"the offer has several warehouses, name one: {_listed(known)}")
        warehouse = known[0]
    elif warehouse not in known:
        raise Unreadable("unknown_warehouse", f"the offer has no warehouse {warehouse}, only {_listed(known)}")
    value, change = entry.get("value"), entry.get("change")
    if (value is None) == (change is None):
        raise Unreadable("value_or_change", "needs either a value or a change")
    if value is not None:
        return Change(name, warehouse, ABSOLUTE, str(whole(value, 0, MOST[name])))
    if name != STOCK:
        raise Unreadable("value_or_change", "takes a value; only stock can be changed by a difference")
    difference = whole(change, -MOST[name], MOST[name])
    return Change(name, warehouse, RELATIVE, f"{difference:+d}")


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))

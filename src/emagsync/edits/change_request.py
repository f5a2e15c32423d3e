"""The changes that somebody requests of one offer, and parsing them into changes of its fields. Pure.

A change has five shapes on its way to eMAG:

1. `ChangeRequest`: which offer, and the values as they were given. The bodies of requests (`request_schemas`), rows of
   files (`bulk.file_import`), a selection (`bulk.selection`), the command line and undo are all read into it.
2. `FieldChange`: one field of that offer, its value checked and in canonical text. `planning.Plan` holds an offer's.
3. `Edit`: a field change that was stored, a row of `local_edits`, with who made it and what eMAG had then.
4. `Item`: an open edit in its offer's outbox entry, with the value that is sent and what became of it.
5. `OfferUpdate`: what the marketplace client sends, one for an offer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final, NamedTuple

from emagsync.core import money
from emagsync.core.written_numbers import Fault, NumberUnreadable, read_number
from emagsync.edits.fields import (
    ABSOLUTE,
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
from emagsync.edits.validation import FieldChange, Issue

# The most edits in one request, whether as a list, a file or a selection.
MOST_ROWS: Final = 10_000
STOCK_CHANGE: Final = "stock_change"
LARGEST_PRICE: Final = Decimal(10) ** 10
_LARGEST_VAT_ID: Final = 1_000_000
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,40}", re.ASCII)
# A comma is a decimal comma where nothing else can be meant: `1,234` could be either.
_PLAIN: Final = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?", re.ASCII)
_COMMA: Final = re.compile(r"[+-]?[0-9]{1,40},([0-9]{1,2}|[0-9]{4})", re.ASCII)


@dataclass(frozen=True)
class PriceStep:
    """What to make of a price: `percent` of it more (less, if negative), or `amount` more, rounded half up.

    Exactly one of `percent` and `amount` is given. `decimals` is how many the result has, at most four.
    """

    percent: Decimal | None = None
    amount: Decimal | None = None
    decimals: int = 2

    def apply_to(self, price: Decimal) -> Decimal:
        """The new price. It may be 0 or less, which is no price any more."""
        changed = price + self.amount if self.amount is not None else price * (100 + (self.percent or 0)) / 100
        return changed.quantize(Decimal(1).scaleb(-self.decimals), rounding=ROUND_HALF_UP)


class GivenCell(NamedTuple):
    """A cell of a file: where it stands, the text of it and of its heading, and what was understood.

    `field` is what it was taken for, `value` the canonical text, None where it could not be read; `notes` are codes.
    """

    place: str
    heading: str
    field: str
    text: str
    value: str | None = None
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class ChangeRequest:
    """The requested changes of one offer: named by eMAG's id, or else by part number, PNK or one of its EANs.

    `given` are values by field, as they came. That of a price may be a `PriceStep`; `stock_change` is a difference of
    pieces; `stock`, `stock_change` and `handling_time` take one value, or a list of `{warehouse_id, value}` or
    `{warehouse_id, change}`. `errors` holds the values that proved unreadable already, `doubts` those that look like a
    mistake. `row` numbers the requests of a list or file. `is_loose`: the part number may have lost zeros before it or
    come by an exponent, as numbers in spreadsheets do. `is_unseen`: some of it is hidden in its file, and nobody has
    said yes to that. `is_exact`: every code that is given has to be the offer's, also those that it was not found by.
    `exported` are values that the offer had when its row was exported, as canonical text by field; `cells` are those of
    the file that it was read from.
    """

    given: Mapping[str, Any]
    account: str = ""
    emag_id: int | None = None
    part_number: str | None = None
    part_number_key: str | None = None
    eans: Sequence[str] = ()
    row: int = 1
    currency: str | None = None
    warehouse_id: int | None = None
    version: str | None = None
    confirm: bool = False
    errors: Sequence[Issue] = field(default_factory=tuple)
    doubts: Sequence[Issue] = field(default_factory=tuple)
    is_loose: bool = False
    is_unseen: bool = False
    is_exact: bool = False
    exported: Mapping[str, str] = field(default_factory=dict)
    cells: Sequence[GivenCell] = ()


class Unreadable(ValueError):
    """A value that makes no sense for its field. `code` is stable, the message says why; `values` are what the code's
    words in other languages name."""

    def __init__(self, code: str, message: str, values: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.values = values or {}


def parse_change_request(
    request: ChangeRequest, values: Values, before: Values
) -> tuple[list[FieldChange], list[Issue]]:
    """The changes of an offer with these `values`, and what is wrong with the request.

    `before` are the offer's values with its waiting edits: a `PriceStep` starts from those.
    """
    changes: list[FieldChange] = []
    issues = list(request.errors)
    for name, given in request.given.items():
        try:
            wanted = _stepped(given, before.get((name, NO_WAREHOUSE))) if isinstance(given, PriceStep) else given
            changes.extend(_changes(name, wanted, request.warehouse_id, values))
        except Unreadable as error:
            if not _is_as_it_is(name, given, values):
                issues.append(Issue(name, error.code, str(error), error.values))
    twice = {change.key for change in changes if sum(other.key == change.key for other in changes) > 1}
    both = "`stock` or `stock_change` can be given, not both" if {STOCK, STOCK_CHANGE} <= request.given.keys() else None
    issues.extend(Issue(name, "given_twice", both or "is given twice") for name, _ in sorted(twice))
    return changes, issues


def _is_as_it_is(name: str, given: Any, values: Values) -> bool:
    """Whether what cannot be set is what eMAG has already, of a price 0 or a stock of several warehouses together."""
    known = [value for (field_name, _), value in values.items() if field_name == name]
    text = str(given).strip()
    if isinstance(given, PriceStep | list) or not known or not _PLAIN.fullmatch(text):
        return False
    number = Decimal(text)
    if name == STOCK and len(known) > 1:
        return number == sum(int(value or 0) for value in known)
    return all(value is not None and number == Decimal(value) for value in known)


def _changes(name: str, given: Any, warehouse: int | None, values: Values) -> list[FieldChange]:
    if name in PRICES:
        return [FieldChange(name, NO_WAREHOUSE, ABSOLUTE, money.text(price(given)) or "")]
    if name in BY_WAREHOUSE or name == STOCK_CHANGE:
        return _levels(name, given, warehouse, values)
    if name == VAT_ID:
        return [FieldChange(name, NO_WAREHOUSE, ABSOLUTE, str(whole(given, 1, _LARGEST_VAT_ID)))]
    if name == STATUS:
        return [FieldChange(name, NO_WAREHOUSE, ABSOLUTE, str(status(given)))]
    raise Unreadable("unknown_field", f"is not one of {', '.join(FIELDS)}")


def _stepped(step: PriceStep, now: str | None) -> Decimal:
    if now is None:
        raise Unreadable("no_price", "the offer has no such price that could be changed")
    return step.apply_to(Decimal(now))


def price(given: Any) -> Decimal:
    """Parse an amount above 0 with at most four decimals, with a point or a decimal comma. Raises Unreadable."""
    text = str(given).strip()
    if _COMMA.fullmatch(text):
        text = text.replace(",", ".")
    elif "," in text:
        raise _with_comma(text)
    # `+5` could be five more.
    if isinstance(given, bool) or not _PLAIN.fullmatch(text) or text.startswith("+"):
        raise Unreadable("not_an_amount", f"{given!r} is not an amount such as 1234.50")
    amount = Decimal(text)
    if not 0 < amount < LARGEST_PRICE:
        raise Unreadable("out_of_range", f"{given} is not above 0 and below {LARGEST_PRICE:f}")
    try:
        return money.exact(amount)
    except ValueError:
        raise Unreadable("too_many_decimals", f"{given} has more than {money.SCALE} decimals") from None


def _with_comma(text: str) -> Unreadable:
    """What is wrong with an amount whose comma stands before no decimals."""
    try:
        read_number(text)
    except NumberUnreadable as error:
        if error.fault is Fault.AMBIGUOUS:
            point, comma = (f"{reading:f}" for reading in error.readings)
            message = f"{text!r} is {point} or {comma}: write the amount with a point and nothing else, as 1234.50"
            return Unreadable("ambiguous_amount", message, {"text": text, "point": point, "comma": comma})
    return Unreadable("not_an_amount", f"{text!r} is not an amount such as 1234.50: write it with a point only")


def whole(given: Any, least: int, most: int) -> int:
    """Parse a whole number within bounds. Raises Unreadable."""
    text = str(given).strip()
    if isinstance(given, bool) or not _WHOLE.fullmatch(text):
        raise Unreadable("not_a_whole_number", f"{given!r} is not a whole number")
    number = int(text)
    if not least <= number <= most:
        raise Unreadable("out_of_range", f"{number} is not between {least} and {most}")
    return number


def status(given: Any) -> int:
    """Parse a status, 0, 1 or 2, also by name: inactive, active, end_of_life. Raises Unreadable."""
    text = str(given).strip().lower()
    if text in STATUSES:
        return STATUSES[text]
    if isinstance(given, bool) or text not in {str(number) for number in STATUSES.values()}:
        names = ", ".join(f"{number} ({name})" for name, number in STATUSES.items())
        raise Unreadable("unknown_status", f"{given!r} is not one of {names}")
    return int(text)


def _levels(name: str, given: Any, warehouse: int | None, values: Values) -> list[FieldChange]:
    target = STOCK if name == STOCK_CHANGE else name
    if not isinstance(given, list):
        entry = {"change" if name == STOCK_CHANGE else "value": given}
        return [_level(target, entry, warehouse, values)]
    return [_level(target, entry, entry.get("warehouse_id", warehouse), values) for entry in given]


def _level(name: str, entry: Mapping[str, Any], warehouse: int | None, values: Values) -> FieldChange:
    known = warehouses(values, name)
    if warehouse is None:
        if len(known) != 1:
            raise Unreadable("warehouse_needed", f"the offer has several warehouses, name one: {_joined(known)}")
        warehouse = known[0]
    elif warehouse not in known:
        raise Unreadable("unknown_warehouse", f"the offer has no warehouse {warehouse}, only {_joined(known)}")
    value, change = entry.get("value"), entry.get("change")
    if (value is None) == (change is None):
        raise Unreadable("value_or_change", "needs either a value or a change")
    if value is not None:
        return FieldChange(name, warehouse, ABSOLUTE, str(whole(value, 0, MOST[name])))
    if name != STOCK:
        raise Unreadable("value_or_change", "takes a value; only stock can be changed by a difference")
    difference = whole(change, -MOST[name], MOST[name])
    return FieldChange(name, warehouse, RELATIVE, f"{difference:+d}")


def _joined(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))

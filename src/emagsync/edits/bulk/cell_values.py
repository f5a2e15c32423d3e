"""What the cells of a file of edits mean, each by its column: canonical text, or what is wrong with it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, NamedTuple

from emagsync.core import money
from emagsync.core.decimal_marks import DecimalMark
from emagsync.core.written_numbers import Fault, NumberUnreadable, WrittenNumber, currencies_in, read_number
from emagsync.edits.bulk.columns import plain
from emagsync.edits.bulk.file_table import Cell
from emagsync.edits.change_request import LARGEST_PRICE, STOCK_CHANGE
from emagsync.edits.fields import HANDLING_TIME, PRICES, STATUS, STOCK, VAT_ID
from emagsync.edits.validation import Issue

NUMBERS: Final = (*PRICES, STOCK, STOCK_CHANGE, HANDLING_TIME, VAT_ID)
# The code of a number that more than its text decided, and of one that was rounded.
BY_LOCALE: Final = "by_locale"
ROUNDED: Final = "rounded"
_SHOWN: Final = Decimal("0.01")

_STATUSES: Final[Mapping[str, tuple[str, ...]]] = {
    "1": ("1", "active", "activ", "activa", "da", "yes"),
    "0": ("0", "inactive", "inactiv", "inactiva", "nu", "no"),
    "2": ("2", "end of life", "retrasa definitiv", "retras definitiv", "scoasa definitiv"),
}
_STATUS_WORDS: Final = {word: number for number, words in _STATUSES.items() for word in words}


class Meaning(NamedTuple):
    """What a cell means: `text` is canonical where it could be read, else as it stood there.

    `field` is that of the cell, but for `+5` under stock. `notes` are codes of what is to be known about it; `currency`
    is what was written beside an amount. `is_rounded`: of an amount with more decimals it may be what was shown.
    """

    field: str
    text: str
    notes: tuple[str, ...] = ()
    currency: str | None = None
    issue: Issue | None = None
    is_rounded: bool = False


def meaning_of(name: str, cell: Cell, text: str, place: str, mark: DecimalMark | None) -> Meaning:
    """The meaning of a cell of the column `name`; `text` is what it says, `mark` how the file writes decimals."""
    if name == STATUS:
        return Meaning(name, _STATUS_WORDS.get(plain(text), text))
    if name not in NUMBERS:
        return Meaning(name, text)
    if cell.number is not None:
        return _shown_number(name, cell, text, place)
    try:
        written = read_number(text, mark)
    except NumberUnreadable as error:
        return Meaning(name, text, issue=_unreadable(name, error, text, place))
    return _number(name, written, text, place)


def _shown_number(name: str, cell: Cell, text: str, place: str) -> Meaning:
    """The meaning of a cell that holds a number, which its format shows as `+5` or `12.50 €`."""
    number = cell.number or Decimal(0)
    currencies = currencies_in(cell.text) if name in PRICES else set()
    if len(currencies) > 1:
        message = f"{place} shows {cell.text!r}: an amount in several currencies"
        return Meaning(name, text, issue=Issue(name, "several_currencies", message))
    has_sign = number < 0 or cell.text.startswith("+")
    return _number(name, WrittenNumber(number, has_sign, next(iter(currencies), None)), text, place)


def _unreadable(name: str, error: NumberUnreadable, text: str, place: str) -> Issue | None:
    if error.fault is not Fault.AMBIGUOUS:
        # The field's own reader says what it takes.
        return None
    with_point, with_comma = (f"{reading:f}" for reading in error.readings)
    message = f"{text!r} in {place} is {with_point} or {with_comma}: say how the file writes its decimals"
    return Issue(name, "ambiguous_amount", message, {"text": text, "point": with_point, "comma": with_comma})


def _number(name: str, written: WrittenNumber, text: str, place: str) -> Meaning:
    notes = (BY_LOCALE,) if written.by_locale else ()
    if name in PRICES:
        return Meaning(name, text, notes) if written.in_pieces else _amount(name, written, notes)
    value = written.value
    if written.currency is not None or value != value.to_integral_value():
        return Meaning(name, text, notes)
    if name == STOCK and value < 0:
        message = f"{text!r} in {place} is below 0: to take pieces off, give them under stock_change"
        return Meaning(name, text, notes, issue=Issue(name, "negative_stock", message, {"text": text}))
    if name == STOCK and written.has_sign:
        return Meaning(STOCK_CHANGE, f"{int(value):+d}", notes)
    return Meaning(name, str(int(value)), notes)


def _amount(name: str, written: WrittenNumber, notes: tuple[str, ...]) -> Meaning:
    value = written.value
    if abs(value) < LARGEST_PRICE:
        rounded = value.quantize(money.UNIT, rounding=ROUND_HALF_UP)
        if rounded != value:
            return Meaning(name, f"{rounded:f}", (*notes, ROUNDED), written.currency)
    return Meaning(name, f"{value:f}", notes, written.currency)


def is_same(meaning: Meaning, exported: str) -> bool:
    """Whether a cell's meaning is the value that was exported."""
    text = meaning.text
    if meaning.field not in PRICES or not text or not exported:
        return text == exported
    try:
        value, before = Decimal(text), Decimal(exported)
    except ArithmeticError:
        return False
    return value == before or (meaning.is_rounded and value == as_shown(before))


def as_shown(amount: Decimal) -> Decimal:
    """What our exports show of a price: two decimals of four."""
    return amount.quantize(_SHOWN, ROUND_HALF_UP) if abs(amount) < LARGEST_PRICE else amount

"""Reads the fields of one decoded row and collects a remark for each that cannot be read.

It accepts every shape that a field has had, and never raises: a field that cannot be read is None and costs a remark,
and the rest of the row is good. What says nothing is left out of the row at the start, once for all fields: nothing is
nothing, whichever of PHP's ways it is written in, and costs no remark. Most methods first test for the usual value,
which needs no function call, and only otherwise take the general way through `coerce`; both lead to the same value.

`odd` rows are those that msgspec refused, that hold an escaped NUL, or a character that could not be read. Only their
texts are cleaned, since no other row can contain what databases refuse.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from emagsync.marketplace.rows import coerce
from emagsync.marketplace.rows.product_offer import Image

T = TypeVar("T")
LONGEST_SHORT_TEXT = 255
"""Characters in part numbers, keys, brands and EANs; databases index them and refuse entries of some kilobytes."""
FREE_TEXTS = frozenset(("part_number", "name", "brand", "brand_name", "description"))
"""Fields whose text may be any: there "null" is a text. (A product may be called so; a date or a number may not.)"""
_STRUCTURES = frozenset(
    (
        "ean",
        "images",
        "stock",
        "handling_time",
        "family",
        "validation_status",
        "translation_validation_status",
        "offer_validation_status",
    )
)


class Remark(NamedTuple):
    """Something in a row that could not be read; the rest of the row is good."""

    field: str
    reason: str


class Reader:
    """Reads one decoded row. `odd`: its texts may hold characters that databases refuse."""

    __slots__ = ("_get", "_odd", "remarks", "row")

    def __init__(self, row: dict[str, Any], *, odd: bool) -> None:
        self._odd = odd
        self.remarks: list[Remark] = []
        self.row = self._without_nothing(row)
        self._get = self.row.get

    def _without_nothing(self, row: dict[str, Any]) -> dict[str, Any]:
        told: dict[str, Any] = {}
        for field, value in row.items():
            if field in FREE_TEXTS:
                if not coerce.is_empty(value):
                    told[field] = value
                continue
            meant = value
            if field in _STRUCTURES and type(value) is str:
                meant = coerce.unfolded(value)
                # Its own escapes may be of what databases refuse; to look for that costs little, and only here.
                self._odd = self._odd or meant is not value
            if not coerce.is_nothing(meant):
                told[field] = meant
        return told

    def remark(self, field: str, reason: str) -> None:
        """Note that `field` could not be read; `reason` continues the field's name ("is a list, not text")."""
        self.remarks.append(Remark(field, reason))

    def attempt(self, read: Callable[[Any], T | None], field: str, value: object) -> T | None:
        """`read(value)`, or `None` and a remark."""
        try:
            return read(value)
        except coerce.Unreadable as reason:
            self.remark(field, str(reason))
            return None

    def integer(self, field: str) -> int | None:
        """A count, code or foreign id."""
        value = self._get(field)
        if value is None or (type(value) is int and 0 <= value <= coerce.INTEGER_LIMIT):
            return value
        return self.attempt(coerce.whole, field, value)

    def price(self, field: str) -> Decimal | None:
        """Money without VAT, with four decimals."""
        value = self._get(field)
        if value is None:
            return None
        try:
            return coerce.price(value)
        except coerce.Unreadable as reason:
            self.remark(field, str(reason))
            return None

    def text(self, field: str) -> str | None:
        """Text of any length."""
        value = self._get(field)
        if value is None:
            return None
        if type(value) is str and not self._odd:
            return value or None
        return self.clean(field, self.attempt(coerce.text, field, value))

    def short_text(self, field: str) -> str | None:
        """Text that people search by; longer than 255 characters is not what it says it is."""
        value = self._get(field)
        if value is None:
            return None
        if type(value) is str and len(value) <= LONGEST_SHORT_TEXT and not self._odd:
            return value or None
        return self._short(field, self.text(field))

    def name(self, field: str) -> str | None:
        """A name for people to read, with its HTML entities decoded."""
        return _readable(self.text(field))

    def short_name(self, field: str) -> str | None:
        """The same, of what people search by."""
        return _readable(self.short_text(field))

    def clean(self, field: str, value: str | None) -> str | None:
        """The text without what databases refuse, with a remark where that changed it, or where it is damaged."""
        if value is None or not self._odd:
            return value
        cleaned = coerce.storable(value)
        if cleaned != value:
            self.remark(field, "held NUL characters or half surrogate pairs, which were taken out")
        elif coerce.UNREADABLE_CHARACTER in cleaned:
            self.remark(field, f"has {coerce.UNREADABLE_CHARACTER} where characters could not be read")
        return cleaned or None

    def currency(self, default: str) -> str:
        """The row's currency code in capitals, else the platform's."""
        value = self.text("currency")
        if value is None:
            return default
        code = value.strip().upper()
        if len(code) != 3 or not (code.isascii() and code.isalpha()):
            self.remark("currency", f"is {coerce.described(value)}, not a currency; {default} is assumed")
            return default
        return code

    def validation(self, field: str) -> int | None:
        """A validation status: a number, an object with `value`, or a list of such (the first one counts)."""
        value = self._get(field)
        if type(value) is dict and "value" not in value:
            value = coerce.members(value)  # PHP's list
        if type(value) is list and len(value) == 1:
            value = value[0]
        if type(value) is dict:
            # Without `value` the object itself is what cannot be read, and an empty one is nothing.
            value = value.get("value", value or None)
        if type(value) is int and 0 <= value <= coerce.INTEGER_LIMIT:
            return value
        if type(value) is list:
            return self._first_validation(field, value)
        return self.attempt(coerce.whole, field, value)

    def _first_validation(self, field: str, entries: list[Any]) -> int | None:
        codes: list[int] = []
        for entry in entries:
            value = entry.get("value") if isinstance(entry, dict) else entry
            code = self.attempt(coerce.whole, field, value)
            if code is not None:
                codes.append(code)
        if len(set(codes)) > 1:  # several entries that agree need no remark
            self.remark(field, f"holds several values ({', '.join(map(str, codes))}); the first one counts")
        return codes[0] if codes else None

    def eans(self) -> tuple[str, ...]:
        """Barcodes in their order, each once; a list, one text or one number. None is ever split."""
        value = self._get("ean")
        # An object with numeric keys is PHP's list too; any other object is not a barcode, and `barcode` remarks on it.
        entries = [value] if isinstance(value, str | int | Decimal) else coerce.members(value)
        if entries is None:
            self.remark("ean", f"is {coerce.described(value)}, not a list of barcodes")
            return ()
        found: dict[str, None] = {}
        for entry in entries:
            ean = self._ean(entry)
            if ean:
                found[ean] = None
        return tuple(found)

    def _ean(self, entry: object) -> str | None:
        text = self.clean("ean", self.attempt(coerce.barcode, "ean", entry))
        if text is not None and coerce.is_unclear(text):
            self.remark("ean", f"holds {coerce.described(text)}, which is kept as one barcode")
        return self._short("ean", text)

    def images(self) -> tuple[Image, ...]:
        """The pictures, in eMAG's order."""
        value = self._get("images")
        entries = coerce.members(value)
        if entries is None:
            entries = [value] if isinstance(value, str) else []
            if not entries:
                self.remark("images", f"is {coerce.described(value)}, not a list of images")
        found: list[Image] = []
        for index, entry in enumerate(entries):
            image = self._image(index, entry)
            if image is not None:
                found.append(image)
        return tuple(found)

    def _image(self, index: int, entry: object) -> Image | None:
        if type(entry) is dict and not self._odd:  # the usual image
            address, kind = entry.get("url"), entry.get("display_type")
            if type(address) is str and is_usual_address(address) and type(kind) is int and 0 <= kind <= 2:
                return Image(address, kind)
        field = f"images[{index}]"
        if isinstance(entry, dict):
            address, kind = entry.get("url"), entry.get("display_type")
        elif isinstance(entry, str):
            address, kind = entry, None
        else:
            if not coerce.is_nothing(entry):
                self.remark(field, f"is {coerce.described(entry)}, not an image")
            return None
        url = self.clean(f"{field}.url", self.attempt(coerce.address, f"{field}.url", address))
        if url is None:
            return None
        if type(kind) is not int or not 0 <= kind <= coerce.INTEGER_LIMIT:
            kind = self.attempt(coerce.whole, f"{field}.display_type", kind)
        return Image(url, kind)

    def family(self) -> tuple[int | None, str | None]:
        """Id and name of the family."""
        value = self._get("family")
        if value is None:
            return None, None
        if type(value) is list and len(value) == 1:
            value = value[0]
        if not isinstance(value, dict):
            self.remark("family", f"is {coerce.described(value)}, not a family")
            return None, None
        number = self.attempt(coerce.whole, "family.id", value.get("id"))
        name = self.attempt(coerce.text, "family.name", value.get("name"))
        return number, _readable(self.clean("family.name", name))

    def stock(self) -> int | None:
        """Pieces for sale, `None` where nothing readable says how many.

        The sum over warehouses when every entry of `stock` names its warehouse; else `general_stock`, which is the
        truth where `stock` is absent or names none (seen in production); else what `stock` says.
        """
        general = self.integer("general_stock")
        usual = _usual_entry(self._get("stock"))
        if usual is not None:  # the rule above, for one entry
            value, names_warehouse = usual
            if names_warehouse or general is None:
                return value
            return general
        entries = self._entries("stock")
        values = [self._entry_value("stock", entry) for entry in entries]
        readable = [value for value in values if value is not None]
        # One unreadable warehouse makes the sum too small: then `general_stock`, if there is one, is the better answer.
        by_warehouse = len(readable) == len(values) > 0 and all(_has_warehouse(entry) for entry in entries)
        total: int | None = sum(readable) if readable else None
        if total is not None and total > coerce.INTEGER_LIMIT:
            self.remark("stock", f"adds up to {total}, more than {coerce.INTEGER_LIMIT}")
            total = None
        if general is not None and not (by_warehouse and total is not None):
            return general
        if total is None:
            self.remark("stock", "is not there, nor is general_stock; the offer counts as having none")
        return total

    def handling_time(self) -> int | None:
        """Days until dispatch: the longest of the warehouses, since any of them may ship."""
        usual = _usual_entry(self._get("handling_time"))
        if usual is not None:
            return usual[0]
        values = [self._entry_value("handling_time", entry) for entry in self._entries("handling_time")]
        return max((value for value in values if value is not None), default=None)

    def _entries(self, field: str) -> list[Any]:
        value = self._get(field)
        if isinstance(value, str | int | Decimal) and not isinstance(value, bool):
            return [value]
        entries = coerce.members(value)
        if entries is None:
            self.remark(field, f"is {coerce.described(value)}, not a list per warehouse")
            return []
        return entries

    def _entry_value(self, field: str, entry: object) -> int | None:
        value = entry.get("value") if isinstance(entry, dict) else entry
        if type(value) is int and 0 <= value <= coerce.INTEGER_LIMIT:
            return value
        return self.attempt(coerce.whole, field, value)

    def _short(self, field: str, value: str | None) -> str | None:
        if value is None or len(value) <= LONGEST_SHORT_TEXT:
            return value
        self.remark(field, f"has {len(value)} characters, more than {LONGEST_SHORT_TEXT}")
        return None


def _usual_entry(entries: object) -> tuple[int, bool] | None:
    """The value of the only entry, and whether it names its warehouse; None for all but this usual shape."""
    if type(entries) is not list or len(entries) != 1:
        return None
    entry = entries[0]
    if type(entry) is not dict:
        return None
    value = entry.get("value")
    if type(value) is int and 0 <= value <= coerce.INTEGER_LIMIT:
        return value, _has_warehouse(entry)
    return None


def _has_warehouse(entry: object) -> bool:
    return isinstance(entry, dict) and not coerce.is_nothing(entry.get("warehouse_id"))


def is_usual_address(text: str) -> bool:
    """Whether `coerce.address` takes it as it is; it is shorter to tell so here."""
    return text.startswith(("https://", "http://")) and len(text) > len("https://") and not text[-1].isspace()


def _readable(name: str | None) -> str | None:
    return None if name is None else coerce.without_entities(name) or None

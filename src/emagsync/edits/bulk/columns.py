"""What the columns of a file of edits are: by eMAG's names, those of our exports and page, and people's own. Pure.

A column that is none of what can be edited, and does not name the offer either, is not read; the preview lists it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, product
from typing import Final

from emagsync.core.written_numbers import currency_of, is_pieces
from emagsync.edits.bulk.file_limits import MOST_QUOTED_CHARACTERS
from emagsync.edits.bulk.file_table import Row
from emagsync.edits.change_request import STOCK_CHANGE
from emagsync.edits.errors import FileUnreadable
from emagsync.edits.fields import FIELDS, PRICES, STOCK
from emagsync.offers.export_columns import EXPORTED, EXPORTED_LABELS, LABELS

# What names an offer, in the order in which it counts.
# An offer may have several of these.
EANS: Final = "eans"
KEYS: Final = ("emag_id", "part_number", "part_number_key", EANS)
ABOUT: Final = (*KEYS, "account", "warehouse_id", "currency", "version", EXPORTED)
VALUES: Final = (*FIELDS, STOCK_CHANGE)
KNOWN: Final = (*ABOUT, *VALUES)
# So many filled rows may stand above the one that names the columns: titles, dates, remarks.
MOST_ROWS_ABOVE: Final = 20

_PEOPLE_S_WORDS: Final[Mapping[str, Sequence[str]]] = {
    "emag_id": ("id", "id emag", "id oferta", "id oferta emag", "offer id", "emag offer id"),
    "part_number": (
        "sku", "cod", "cod produs", "cod sku", "cod articol", "cod intern", "cod produs vanzator", "product code",
        "part number", "seller sku", "referinta",
    ),
    "part_number_key": ("pnk", "cod pnk", "part number key", "cod emag"),
    EANS: ("ean", "eans", "cod ean", "coduri ean", "ean code", "ean codes", "cod de bare", "barcode"),
    "account": ("account type", "cont", "cont emag"),
    "sale_price": (
        "price", "pret", "pret vanzare", "pret de vanzare", "pret fara tva", "pret vanzare fara tva",
        "pret de vanzare fara tva", "price without vat", "sale price", "price excl vat", "pret net", "net price",
    ),
    "recommended_price": ("pret recomandat", "pret recomandat fara tva", "recommended price"),
    "min_sale_price": ("pret minim", "pret min", "minimum price", "min price", "pret minim fara tva"),
    "max_sale_price": ("pret maxim", "pret max", "maximum price", "max price", "pret maxim fara tva"),
    "stock": ("stoc", "stock quantity", "cantitate", "cant", "stoc disponibil", "quantity", "qty", "bucati", "buc"),
    STOCK_CHANGE: ("modificare stoc", "modificare de stoc", "diferenta stoc", "stock change"),
    "handling_time": (
        "timp livrare", "timp de livrare", "timp procesare", "timp de procesare", "timp de pregatire", "timp pregatire",
        "timp de pregatire (zile)", "handling time", "handling time (days)",
    ),
    # Not `TVA`: that is a percentage, and 9 is also the number of a rate.
    "vat_id": ("id tva", "id cota tva", "vat id", "vat rate id"),
    "status": ("stare", "activ", "stare oferta", "offer status"),
    "warehouse_id": ("depozit", "id depozit", "warehouse"),
    "currency": ("moneda",),
    "version": ("versiune", "versiunea continutului", "version of the content"),
}  # fmt: skip
_MOST_LOST_LETTERS: Final = 4
# What is counted in pieces, or costs so much for each.
_IN_PIECES: Final = (STOCK, STOCK_CHANGE, *PRICES)
_PLAIN_LETTERS: Final = str.maketrans("ăâîșşțţ", "aaisstt")


def plain(heading: str) -> str:
    """A heading as it is compared: however it is composed and broken into lines, with a colon after it or not."""
    text = " ".join(unicodedata.normalize("NFKC", heading).split())
    bare = text.removesuffix(":").rstrip().lower().translate(_PLAIN_LETTERS)
    return " ".join(bare.replace("_", " ").split())


def _all_names() -> dict[str, str]:
    named = {**{name: LABELS.get(name, ()) for name in KNOWN}, EXPORTED: EXPORTED_LABELS}
    return {
        plain(word): name
        for name in KNOWN
        for word in chain((name,), named.get(name, ()), _PEOPLE_S_WORDS.get(name, ()))
    }


_NAMES: Final = _all_names()
# What people put around the words of a heading.
_AROUND: Final = re.compile(r"[*()\[\],;:/.]+")


def column_by_name(heading: str) -> str | None:
    """The column whose very name, or a word for it, the heading is; None for one that is not read."""
    return _NAMES.get(plain(heading))


def column_of(heading: str, names: Mapping[str, str] = _NAMES) -> str | None:
    """The column that a heading names, of `names` by `plain` heading; None for one that is not read.

    Around the words may be brackets and asterisks, and after those of a price its currency, after those of a stock that
    it is in pieces: `Preț* (RON)`, `Stoc buc.`. `Preț (cu TVA)` is another thing than `Preț`. A question mark may stand
    for the `ș` or `ț` that Excel could not save: `Pre? fără TVA`.
    """
    found = {_as_spelled(spelling, names) for spelling in _spellings(heading)} - {None}
    return found.pop() if len(found) == 1 else None


def _as_spelled(heading: str, names: Mapping[str, str]) -> str | None:
    exact = names.get(plain(heading))
    if exact is not None:
        return exact
    *words, last = _words(heading) or [""]
    found = names.get(" ".join([*words, last]))
    if found is not None or not words:
        return found
    found = names.get(" ".join(words))
    is_unit = (found in PRICES and currency_of(last)) or (found in _IN_PIECES and is_pieces(last))
    return found if is_unit else None


def _spellings(heading: str) -> Iterator[str]:
    """The heading, with each question mark in it as either of the letters that Windows-1250 does not have."""
    first, *others = heading.split("?")
    if len(others) > _MOST_LOST_LETTERS:
        return
    for letters in product("st", repeat=len(others)):
        yield first + "".join(chain.from_iterable(zip(letters, others, strict=True)))


def currency_named(heading: str) -> str | None:
    """The currency at the end of the heading of a price, as ISO 4217 code: EUR for `Preț (EUR)`."""
    words = _words(heading)
    return currency_of(words[-1]) if words else None


def _words(heading: str) -> list[str]:
    return plain(_AROUND.sub(" ", heading)).split()


@dataclass(frozen=True)
class Headings:
    """How headings are understood: by the words that people use for columns, or as somebody has said.

    `mapping` has columns by heading, and is then all that is read; `key` is the only column that names the offer, where
    others do too.
    """

    mapping: Mapping[str, str] | None = None
    key: str | None = None
    _by_heading: Mapping[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        known = _NAMES if self.mapping is None else {plain(word): name for word, name in self.mapping.items()}
        others = set(KEYS) - {self.key} if self.key else set()
        object.__setattr__(self, "_by_heading", {word: name for word, name in known.items() if name not in others})

    def column_of(self, heading: str) -> str | None:
        """The column that a heading names; None for one that is not read. What somebody has mapped is taken by its
        very words."""
        return column_of(heading, self._by_heading) if self.mapping is None else self._by_heading.get(plain(heading))

    def known(self, texts: Sequence[str]) -> int:
        """How many of the texts are headings of columns that are read."""
        return sum(self.column_of(text) is not None for text in texts)

    def are(self, texts: Sequence[str]) -> bool:
        """Whether these texts name the columns of a table of edits, be there others or not."""
        names = {self.column_of(text) for text in texts}
        return bool(names & set(KEYS)) and bool(names & set(VALUES))

    def row_of(self, rows: Iterable[Row]) -> tuple[Row | None, int]:
        """The row that names the columns, and how many filled rows stand above it; without one the first row."""
        first: Row | None = None
        for above, row in enumerate(rows):
            if self.are([cell.text for cell in row.cells.values()]):
                return row, above
            first = row if first is None else first
            if above == MOST_ROWS_ABOVE:
                break
        return first, 0

    def columns_in(self, header: Row) -> tuple[dict[int, str], list[str]]:
        """The columns that are read by their place, and the headings of those that are not.

        Raises FileUnreadable, also where a heading of the mapping is missing.
        """
        names = {place: self.column_of(cell.text) for place, cell in header.cells.items()}
        named = {place: name for place, name in names.items() if name is not None}
        names_found = list(named.values())
        repeated = [header.cells[place].text for place, name in named.items() if names_found.count(name) > 1]
        if repeated:
            raise FileUnreadable("repeated_columns", columns=", ".join(map(_short, repeated)))
        found = ", ".join(_short(cell.text) for cell in list(header.cells.values())[:10])
        if self.mapping is not None and (missing := self._missing(named.values())):
            raise FileUnreadable("columns_missing", columns=", ".join(map(_short, missing)), found=found)
        if not set(KEYS) & set(named.values()):
            raise FileUnreadable("no_key_column", found=found)
        if not set(VALUES) & set(named.values()):
            raise FileUnreadable("no_value_column", known=", ".join(VALUES), found=found)
        return named, [_short(header.cells[place].text) for place, name in names.items() if name is None]

    def _missing(self, found: Collection[str]) -> list[str]:
        return [word for word in self.mapping or {} if self.column_of(word) not in (None, *found)]


def _short(text: str) -> str:
    plain_text = " ".join(text.split())
    return plain_text if len(plain_text) <= MOST_QUOTED_CHARACTERS else f"{plain_text[:MOST_QUOTED_CHARACTERS]}…"

"""How an export is laid out: which columns in what order, in whose language, and of what zone its times are. Pure.

Without a language an export is for programs: columns have eMAG's names, and values are those of the API. With one it is
for people: the page's own words, in which it comes back as edits (`edits.bulk`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from functools import cached_property
from operator import attrgetter
from typing import Any, Final
from zoneinfo import ZoneInfo

from emagsync.core import money
from emagsync.offers.explanations import explain
from emagsync.offers.export_columns import EXPORT_FIELDS, LANGUAGES, STORED_FIELDS, TIMES, HeadingLanguage, label
from emagsync.offers.reference_data import References
from emagsync.offers.value_lists import plain_list

# Words that `edits.bulk` understands, in the order of LANGUAGES.
_STATUSES: Final[Mapping[int, tuple[str, str]]] = {
    1: ("Activă", "Active"),
    0: ("Inactivă", "Inactive"),
    2: ("Retrasă definitiv", "End of life"),
}
_TRUTH: Final[Mapping[bool, tuple[str, str]]] = {True: ("da", "yes"), False: ("nu", "no")}
_SHEETS: Final = ("Oferte", "Offers")
_stored: Final = attrgetter(*STORED_FIELDS)
_FIELD_PLACES: Final = {name: place for place, name in enumerate(EXPORT_FIELDS)}


@dataclass(frozen=True)
class ExportLayout:
    """The columns of an export by field, the language of its headings and words, and the zone of its times.

    Without a language headings are eMAG's names. Without a zone times are UTC.
    """

    columns: tuple[str, ...] = EXPORT_FIELDS
    language: HeadingLanguage | None = None
    zone: ZoneInfo | None = None

    @property
    def headings(self) -> list[str]:
        """What names the columns; of times also the zone that they are in."""
        return [self.heading(name) for name in self.columns]

    def heading(self, name: str) -> str:
        """What names one column, `export_columns.EXPORTED` among them."""
        if self.language is None:
            return name
        words = label(name, self.language)
        return f"{words} ({self.zone_name})" if name in TIMES else words

    @property
    def zone_name(self) -> str:
        """The zone of the times, such as `Europe/Bucharest`."""
        return "UTC" if self.zone is None else self.zone.key

    @property
    def sheet(self) -> str:
        """The name of a workbook's sheet."""
        return _SHEETS[1 if self.language is None else LANGUAGES.index(self.language)]

    @property
    def decimal_mark(self) -> str:
        """What stands before the decimals of amounts that are text."""
        return "," if self.language == "ro" else "."

    def in_zone(self, moment: datetime) -> datetime:
        """The time as its column shows it."""
        zone: tzinfo = self.zone or UTC
        return moment.astimezone(zone)

    def offset(self, moment: datetime) -> str:
        """What is to be said beside a time that has no zone of its own: `UTC`, or `+02:00`."""
        return "UTC" if self.zone is None else self.in_zone(moment).isoformat()[-len("+02:00") :]

    def values(self, row: Sequence[Any]) -> list[Any]:
        """The values of a row in the order of `EXPORT_FIELDS` for a spreadsheet, by column, in words where there are
        any. EANs are one text."""
        return [row[place] if shown is None else shown(row[place]) for place, shown in self._places]

    @cached_property
    def _places(self) -> list[tuple[int, Callable[[Any], Any] | None]]:
        shown: dict[str, Callable[[Any], Any]] = {"eans": plain_list}
        if self.language is not None:
            shown |= self._words(self.language)
        return [(_FIELD_PLACES[name], shown.get(name)) for name in self.columns]

    def _words(self, language: HeadingLanguage) -> dict[str, Callable[[Any], Any]]:
        place = LANGUAGES.index(language)

        def status(value: int | None) -> str | int | None:
            return _STATUSES[value][place] if value is not None and value in _STATUSES else value

        def truth(value: bool | None) -> str | None:
            return None if value is None else _TRUTH[value][place]

        def reasons(codes: str) -> str:
            return "; ".join(explain(code, language) for code in codes.split())

        return {"status": status, "sellable": truth, "not_sellable": reasons}


def export_row(row: Any, known: References) -> tuple[Any, ...]:
    """The values of an offer in the order of `EXPORT_FIELDS`, with what its numbers mean where that is known."""
    rate = known.vat_rates.get((row.account, row.vat_id))
    price = row.sale_price
    with_vat = None if rate is None or price is None else money.with_vat(price, rate)
    return (*_stored(row), rate, known.categories.get((row.account, row.category_id)), with_vat)


def percent(rate: Decimal) -> str:
    """A rate as people write it: `21%`."""
    text = f"{rate * 100:f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text}%"

"""The marketplaces the sandbox can stand in for: their codes, currencies and VAT rates."""

from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

_RATES: Final = {
    "ro": ((date(2025, 8, 1), ("0.21", "0.11", "0")), (date.min, ("0.19", "0.09", "0.05", "0"))),
    "bg": ((date.min, ("0.2", "0.09", "0")),),
    "hu": ((date.min, ("0.27", "0.18", "0.05", "0")),),
}


# Bulgaria paid in BGN before, at a fixed rate.
EURO_SINCE: Final = date(2026, 1, 1)
BGN_OF_A_EURO: Final = Decimal("1.95583")


class Platform(NamedTuple):
    """A marketplace of eMAG: its code, the default currency of its offers, and the zone of its dates."""

    code: str
    locale: str
    currency: str
    zone: ZoneInfo

    @property
    def country(self) -> str:
        """``ro``, ``bg`` or ``hu``."""
        return self.locale[-2:].lower()

    @property
    def vat_ids(self) -> tuple[int, ...]:
        """The ids of the VAT rates that offers may have now."""
        return tuple(range(1, 1 + len(_RATES[self.country][0][1])))

    def currency_on(self, day: date) -> str:
        """The default currency on *day*. An offer keeps the one that it was made in."""
        return "BGN" if self.country == "bg" and day < EURO_SINCE else self.currency

    def vat_rates(self, day: date) -> tuple[str, ...]:
        """The VAT rates of the country on *day*, the first with id 1; never a matter of an offer's currency."""
        return next(rates for since, rates in _RATES[self.country] if day >= since)


def _platform(code: str, locale: str, currency: str, zone: str) -> Platform:
    return Platform(code, locale, currency, ZoneInfo(zone))


PLATFORMS: Final = {
    platform.code: platform
    for platform in (
        _platform("emag-ro", "ro_RO", "RON", "Europe/Bucharest"),
        _platform("emag-bg", "bg_BG", "EUR", "Europe/Sofia"),
        _platform("emag-hu", "hu_HU", "HUF", "Europe/Budapest"),
        _platform("fd-ro", "ro_RO", "RON", "Europe/Bucharest"),
        _platform("fd-bg", "bg_BG", "EUR", "Europe/Sofia"),
    )
}

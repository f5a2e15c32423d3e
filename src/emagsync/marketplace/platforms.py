"""eMAG's platforms: the address of each API, the defaults (currency, time zone) that its rows rely on, and VAT.

Source: the marketplace's API documentation, v4.5.1. Bulgaria pays in EUR since 2026-01-01; the currency of an offer is
what its row says, also BGN in an old one: the table is only the default. VAT is a matter of the platform's country and
the day, never of the currency: a Romanian offer in EUR has Romanian VAT.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from emagsync.marketplace.addresses import server_of


class VatRates(NamedTuple):
    """The VAT of a country from a day on, in percent."""

    since: date
    standard: int
    reduced: tuple[int, ...]


# By country, the newest first.
_VAT: Final[Mapping[str, tuple[VatRates, ...]]] = {
    "RO": (VatRates(date(2025, 8, 1), 21, (11,)), VatRates(date.min, 19, (9, 5))),
    "BG": (VatRates(date.min, 20, (9,)),),
    "HU": (VatRates(date.min, 27, (18, 5)),),
}


@dataclass(frozen=True)
class Platform:
    """One marketplace. `time_zone` is that of the dates it sends, which carry no zone."""

    code: str
    base_url: str
    locale: str
    currency: str
    time_zone: ZoneInfo

    @property
    def country(self) -> str:
        """`RO`, `BG` or `HU`."""
        return self.locale[-2:]

    def day_of(self, moment: datetime) -> date:
        """The date there at an aware moment."""
        return moment.astimezone(self.time_zone).date()

    def vat_until(self, day: date) -> tuple[VatRates, ...]:
        """The country's VAT in force on a day, then what was in force before."""
        return tuple(rates for rates in _VAT[self.country] if rates.since <= day)


def _platform(code: str, base_url: str, locale: str, currency: str, zone: str) -> tuple[str, Platform]:
    return code, Platform(code, base_url, locale, currency, ZoneInfo(zone))


PLATFORMS: Mapping[str, Platform] = MappingProxyType(
    dict(
        (
            _platform("emag-ro", "https://marketplace-api.emag.ro/api-3", "ro_RO", "RON", "Europe/Bucharest"),
            _platform("emag-bg", "https://marketplace-api.emag.bg/api-3", "bg_BG", "EUR", "Europe/Sofia"),
            _platform("emag-hu", "https://marketplace-api.emag.hu/api-3", "hu_HU", "HUF", "Europe/Budapest"),
            _platform("fd-ro", "https://marketplace-ro-api.fashiondays.com/api-3", "ro_RO", "RON", "Europe/Bucharest"),
            _platform("fd-bg", "https://marketplace-bg-api.fashiondays.com/api-3", "bg_BG", "EUR", "Europe/Sofia"),
        )
    )
)
DEFAULT_PLATFORM = "emag-ro"


def platform_of(base_url: str) -> Platform:
    """The platform that an address belongs to, by its host; an unknown host (a proxy, a sandbox) is `emag-ro`'s."""
    return known_platform(base_url) or PLATFORMS[DEFAULT_PLATFORM]


def known_platform(base_url: str) -> Platform | None:
    """The platform whose own host that is, or None. Raises RequestInvalid for what is no address."""
    host = server_of(base_url).host
    return next((one for one in PLATFORMS.values() if server_of(one.base_url).host == host), None)

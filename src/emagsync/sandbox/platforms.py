"""The marketplaces the sandbox can stand in for: their codes and currencies."""

from typing import Final, NamedTuple
from zoneinfo import ZoneInfo


class Platform(NamedTuple):
    """A marketplace of eMAG: its code, the default currency of its offers, and the zone of its dates."""

    code: str
    locale: str
    currency: str
    zone: ZoneInfo


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

"""Each platform has its country's VAT, currency, language and addresses."""

import re
from datetime import date

import pytest

from emagsync.sandbox.catalogue import generated
from emagsync.sandbox.platforms import PLATFORMS

LETTERS = {"ro": "ășțâîĂȘȚÂÎ", "bg": "абвгдежзийклмнопрстуфхцчшщъьюя", "hu": "áéíóöőúüű"}


@pytest.mark.parametrize(
    ("code", "currency", "country", "zone"),
    [
        ("emag-ro", "RON", "ro", "Europe/Bucharest"),
        ("emag-bg", "EUR", "bg", "Europe/Sofia"),
        ("emag-hu", "HUF", "hu", "Europe/Budapest"),
        ("fd-ro", "RON", "ro", "Europe/Bucharest"),
        ("fd-bg", "EUR", "bg", "Europe/Sofia"),
    ],
)
def test_offers_have_the_currency_and_language_of_their_platform(code, currency, country, zone):
    platform = PLATFORMS[code]
    rows = list(generated(80, 1, platform).rows())
    assert {row["currency"] for row in rows} == {currency}
    assert (platform.country, platform.zone.key) == (country, zone)
    names = " ".join(row["name"] for row in rows).lower()
    assert any(letter in names for letter in LETTERS[country].lower())
    foreign = "".join(letters for other, letters in LETTERS.items() if other != country)
    # Brands are written the same everywhere.
    plain = re.sub("elandor|oem|nordika|fulgerix|casa bună|tehnoval|brăduț|zorilux", "", names)
    assert not set(plain) & (set(foreign.lower()) - set(LETTERS[country].lower()))
    assert len({str(row.get("manufacturer")) for row in rows}) > 1
    assert (code == "emag-ro") == any(row["green_tax"] for row in rows)


@pytest.mark.parametrize(
    ("code", "day", "rates"),
    [
        ("emag-ro", date(2025, 7, 31), [0.19, 0.09, 0.05, 0]),
        ("emag-ro", date(2025, 8, 1), [0.21, 0.11, 0]),
        ("fd-ro", date(2026, 11, 28), [0.21, 0.11, 0]),
        ("emag-bg", date(2025, 12, 31), [0.2, 0.09, 0]),
        ("fd-bg", date(2026, 1, 1), [0.2, 0.09, 0]),
        ("emag-hu", date(2026, 1, 1), [0.27, 0.18, 0.05, 0]),
    ],
)
def test_vat_is_a_matter_of_the_country_and_the_day(code, day, rates):
    """ "Romania 21 and 11 % since 2025-08-01 (19, 9 and 5 before), Bulgaria 20 and 9, Hungary 27, 18 and 5"."""
    assert [float(rate) for rate in PLATFORMS[code].vat_rates(day)] == rates


@pytest.mark.parametrize(
    ("code", "rate", "city"), [("emag-ro", 0.21, "București"), ("emag-bg", 0.2, "София"), ("emag-hu", 0.27, "Budapest")]
)
async def test_reference_data_is_that_of_the_country(sandbox, code, rate, city):
    emag = await sandbox(5)
    emag.main.platform = PLATFORMS[code]
    assert (await emag.call("vat/read")).results[0] == {"vat_id": 1, "vat_rate": rate}
    assert (await emag.call("addresses/read")).results[0]["city"] == city
    assert (await emag.call("locality/read", {"name": city})).results[0]["name"] == city
    assert "(" not in (await emag.call("category/read")).results[0]["name"]
    assert "(en)" in (await emag.call("category/read", {"language": "en"})).results[0]["name"]

"""Each platform has its country's VAT, currency, language and addresses."""

import re
from datetime import date

import pytest

from emagsync.sandbox.catalogue import generated
from emagsync.sandbox.platforms import PLATFORMS

LETTERS = {"ro": "ășțâîĂȘȚÂÎ", "bg": "абвгдежзийклмнопрстуфхцчшщъьюя", "hu": "áéíóöőúüű"}


def began_in_2025(row):
    return str(row.get("start_date")).startswith("2025-")


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
    assert {row["currency"] for row in rows if not began_in_2025(row)} == {currency}
    of_before = {row["currency"] for row in rows if began_in_2025(row)}
    assert of_before == {"BGN" if country == "bg" else currency}
    assert (platform.country, platform.zone.key) == (country, zone)
    names = " ".join(row["name"] for row in rows).lower()
    assert any(letter in names for letter in LETTERS[country].lower())
    foreign = "".join(letters for other, letters in LETTERS.items() if other != country)
    # Brands are written the same everywhere.
    plain = re.sub("elandor|oem|nordika|fulgerix|casa bună|tehnoval|brăduț|zorilux", "", names)
    assert not set(plain) & (set(foreign.lower()) - set(LETTERS[country].lower()))
    assert len({str(row.get("manufacturer")) for row in rows}) > 1
    assert (code == "emag-ro") == any(row["green_tax"] for row in rows)


@pytest.mark.parametrize("code", PLATFORMS)
def test_some_offers_are_kept_in_another_currency_than_their_own(code):
    rows = list(generated(600, 1, PLATFORMS[code]).rows())
    kept = [(row["currency"], row["currency_type"]) for row in rows if row["currency_type"]]
    assert 10 < len(kept) < 100
    assert {of for _, of in kept} == {"PLN", "EUR"} - {PLATFORMS[code].currency}
    assert all(currency != of for currency, of in kept)


def test_bulgarian_offers_of_before_the_euro_keep_their_prices_in_bgn():
    euro, old = (
        {row["id"]: row for row in generated(300, 1, PLATFORMS[code]).rows()} for code in ("emag-ro", "emag-bg")
    )
    bgn = {emag_id: row for emag_id, row in old.items() if row["currency"] == "BGN"}
    assert len(bgn) > 10
    for emag_id, row in bgn.items():
        same, was = (float(one[emag_id]["sale_price"]) for one in (euro, old))
        assert was == pytest.approx(same * 1.95583, abs=0.0001), row


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

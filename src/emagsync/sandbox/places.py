"""``locality/read`` and ``count``, ``addresses/read``, ``courier_accounts/read``: where parcels go, who takes them."""

from typing import Final
from unicodedata import normalize

from emagsync.sandbox.answers import Answer
from emagsync.sandbox.filters import DAY_FORMAT, TIME_FORMAT, time_text
from emagsync.sandbox.listing import Row, count_answer, equal, page_answer
from emagsync.sandbox.platforms import Platform
from emagsync.sandbox.request import ApiRequest
from emagsync.sandbox.word_lists import ORDER_WORDS, WORDS

_MODIFIED: Final = "2025-01-15 10:00:00"
# Bulgaria's own romanization; what is not in it loses its marks.
_ROMANIZED: Final = {
    **{ord(one): other for one, other in zip("абвгдезийклмнопрстуфхъь", "abvgdeziyklmnoprstufhay", strict=True)},
    **{ord(one): other for one, other in (("ж", "zh"), ("ц", "ts"), ("ч", "ch"), ("ш", "sh"), ("щ", "sht"))},
    **{ord(one): other for one, other in (("ю", "yu"), ("я", "ya"))},
}
_COUNTRY_IDS: Final = {"ro": 1, "bg": 2, "hu": 3}
_RETURN, _PICKUP, _SEAT = 1, 2, 3

# Kind and properties of each courier account.
_COURIERS: Final = ((3, (0, 6)), (2, (2,)))


def read_localities(request: ApiRequest) -> Answer:
    """``locality/read``: those of the platform's country, unless ``country_code`` names another."""
    return page_answer(request, _localities(request))


def count_localities(request: ApiRequest) -> Answer:
    """``locality/count``: the same filters."""
    return count_answer(request, _localities(request))


def read_addresses(request: ApiRequest) -> Answer:
    """``addresses/read``: the seller's addresses, to be named by ``address_id`` in an AWB."""
    return page_answer(request, addresses_of(request.account.platform))


def read_courier_accounts(request: ApiRequest) -> Answer:
    """``courier_accounts/read``."""
    rows = courier_accounts_of(request.account.platform)
    return page_answer(request, equal(rows, request.body, "account_id", "status"))


def courier_accounts_of(platform: Platform) -> list[Row]:
    """The courier accounts of a seller on *platform*: one to the door, one to lockers."""
    names = ORDER_WORDS[platform.country].couriers
    return [
        {
            "account_id": number,
            "account_display_name": name,
            "courier_account_type": kind,
            "courier_name": "Sameday",
            "courier_account_properties": list(properties),
            "created": "2024-03-01 09:00:00",
            "status": 1,
            "pickup_country_code": platform.country.upper(),
        }
        for number, (name, (kind, properties)) in enumerate(zip(names, _COURIERS, strict=True), start=1)
    ]


def addresses_of(platform: Platform) -> list[Row]:
    """The addresses of a seller on *platform*."""
    country, words = platform.country, WORDS[platform.country]
    kinds = (_PICKUP, _RETURN, _SEAT)
    return [
        {
            "address_id": f"{number:05d}",
            "country_id": _COUNTRY_IDS[country],
            "country_code": country.upper(),
            "address_type_id": kind,
            "locality_id": locality,
            "suburb": county,
            "city": city,
            "address": words.depot.format(number),
            "zipcode": ORDER_WORDS[country].depot_codes[number - 1],
            "quarter": "",
            "floor": "",
            "is_default": number == 1,
        }
        for number, (kind, (city, county, locality)) in enumerate(zip(kinds, words.localities, strict=False), start=1)
    ]


def _localities(request: ApiRequest) -> list[Row]:
    body = request.body
    country = str(body.get("country_code") or request.account.platform.country).lower()
    rows = [
        {
            "emag_id": locality,
            "name": city,
            "name_latin": _latin(city),
            "region1": county,
            "region1_latin": _latin(county),
            "region2": county,
            "region2_latin": _latin(county),
            "region3": None,
            "region3_latin": None,
            "region4": None,
            "region4_latin": None,
            "geoid": locality * 10,
            "country_code": country.upper(),
            "modified": _MODIFIED,
        }
        for city, county, locality in (WORDS[country].localities if country in WORDS else ())
    ]
    name, since = str(body.get("name") or "").lower(), time_text(body, "modified", TIME_FORMAT, DAY_FORMAT) or ""
    found = equal(rows, body, "emag_id")
    return [row for row in found if name in f"{row['name']} {row['name_latin']}".lower() and row["modified"] >= since]


def _latin(text: str) -> str:
    """A name in plain latin letters."""
    plain = normalize("NFKD", text).encode("ascii", "ignore").decode()
    return plain if plain.strip("- ") else text.lower().translate(_ROMANIZED).title()

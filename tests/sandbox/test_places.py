"""Orders, returns, lockers, invoices and courier accounts are those of their platform's country."""

import re

import pytest

from emagsync.marketplace.recording.scrub import Scrubber
from emagsync.sandbox.catalogue import generated
from emagsync.sandbox.platforms import PLATFORMS
from emagsync.sandbox.word_lists import BRANDS

ROUTES = (
    *("order/read", "order/attachments/read", "rma/read", "invoice/read", "invoice/categories"),
    *("customer-invoice/read", "courier_accounts/read", "addresses/read"),
)
# Codes, links and what is written the same everywhere.
SAME_EVERYWHERE = re.compile("|".join((*BRANDS, "eMAG", "Sameday", "Black Friday", "https:[^ ]*", "[^ ]*@[^ ]*")))
ROMANIAN = re.compile(
    r"[ăâîșțşţ]|\b(?:strada|calea|aleea|bulevardul|comision|produs\w*|curier|magazin|bon)\b", re.IGNORECASE
)
FOREIGN = {
    "ro": re.compile("[Ѐ-ӿőűöüáéíóúŐŰÖÜÁÉÍÓÚ]"),
    "bg": re.compile(f"[^\x00-\x7fЀ-ӿ]|{ROMANIAN.pattern}", re.IGNORECASE),
    "hu": re.compile(f"[Ѐ-ӿ]|{ROMANIAN.pattern}", re.IGNORECASE),
}
PHONE = {"ro": r"\+407\d{8}", "bg": r"088\d{7}", "hu": r"\+3620\d{7}"}
POSTAL_CODE = {"ro": r"\d{6}", "bg": r"[1-9]\d{3}", "hu": r"[1-9]\d{3}"}
STREET = {"ro": r".+ \d+, ap\. \d+", "bg": r"(?:ул|бул)\. .+ \d+, ап\. \d+", "hu": r".+ \d+\., \d+\. ajtó"}


@pytest.fixture
def on(sandbox):
    """Opens a sandbox of a platform."""

    async def opened(code):
        emag = await sandbox(generated(250, 1, PLATFORMS[code]))
        emag.main.platform = PLATFORMS[code]
        return emag

    return opened


def texts(value):
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts(one)
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize("code", PLATFORMS)
async def test_no_text_is_in_another_countrys_language(on, code):
    emag = await on(code)
    found = [text for route in ROUTES for text in texts((await emag.call(route)).results)]
    found += texts((await emag.call("order/read", {"type": 2})).results)
    foreign = FOREIGN[PLATFORMS[code].country]
    assert len(found) > 1000
    assert {text for text in found if foreign.search(SAME_EVERYWHERE.sub("", text))} == set()


@pytest.mark.parametrize("code", PLATFORMS)
async def test_customers_live_where_the_platform_sells(on, code):
    emag, country = await on(code), PLATFORMS[code].country
    towns = {(one["name"], one["region2"], one["emag_id"]) for one in (await emag.call("locality/read")).results}
    customers = [one["customer"] for one in (await emag.call("order/read")).results]
    for one in customers:
        assert re.fullmatch(PHONE[country], one["phone_1"])
        assert re.fullmatch(POSTAL_CODE[country], one["billing_postal_code"])
        assert re.fullmatch(STREET[country], one["billing_street"])
        assert (one["billing_city"], one["billing_suburb"], int(one["billing_locality_id"])) in towns
    assert len({one["name"] for one in customers}) > 8
    assert len({one["billing_street"] for one in customers}) > 8
    assert len({one["billing_postal_code"] for one in customers}) > (0 if country == "ro" else 4)


@pytest.mark.parametrize(
    ("code", "starts"),
    [("emag-bg", {"София": "10", "Пловдив": "40"}), ("emag-hu", {"Budapest": "105", "Debrecen": "40"})],
)
async def test_a_postal_code_is_one_of_its_town(on, code, starts):
    emag = await on(code)
    customers = [one["customer"] for one in (await emag.call("order/read")).results]
    for town, start in starts.items():
        codes = {one["billing_postal_code"] for one in customers if one["billing_city"] == town}
        assert codes
        assert all(one.startswith(start) for one in codes)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("emag-bg", r"[А-Я][а-я]+[ая] [А-Я][а-я]+[ео]ва|[А-Я][а-я]+[^ая ] [А-Я][а-я]+[ео]в"),
        ("emag-hu", r"(?:Nagy|Szűcs|Kovács|Tóth|Fekete|Őze) \w+"),
    ],
)
async def test_bulgarian_family_names_agree_with_first_names_and_hungarian_ones_come_first(on, code, name):
    emag = await on(code)
    names = {one["customer"]["name"] for one in (await emag.call("order/read")).results}
    assert {one for one in names if not re.fullmatch(name, one)} == set()


@pytest.mark.parametrize("code", PLATFORMS)
async def test_lockers_have_the_ids_of_their_country(on, code):
    emag, country = await on(code), PLATFORMS[code].country.upper()
    orders = (await emag.call("order/read")).results
    lockers = [one["details"] for one in orders if one["delivery_mode"] == "pickup"]
    lockers += [one["locker"] for one in (await emag.call("rma/read")).results if one["locker"]]
    assert len(lockers) > 2
    assert all(re.fullmatch(rf"{country}\d{{5}}", one["locker_id"]) for one in lockers)


@pytest.mark.parametrize(
    ("code", "register", "tax"),
    [
        ("emag-ro", "J00/0/2000", "00000000"),
        ("fd-bg", "000000000", "BG000000000"),
        ("emag-hu", "00-00-000000", "00000000-0-00"),
    ],
)
async def test_emag_invoices_from_the_platforms_country(on, code, register, tax):
    emag, country = await on(code), PLATFORMS[code].country.upper()
    names = {one["category"]: one["name"] for one in (await emag.call("invoice/categories")).results}
    invoices = (await emag.call("invoice/read")).results["invoices"]
    assert set(names) == {"FC", "FCA", "FCSA", "FCD", "FTA"}
    assert all(one["name"] == names[one["category"]] for one in invoices)
    supplier = {"name": "eMAG", "register_number": register, "tax_code": tax, "country": country}
    assert all(one["supplier"] == supplier for one in invoices)


@pytest.mark.parametrize("code", PLATFORMS)
async def test_a_parcel_goes_to_the_customer_of_an_order_as_it_was_read(on, code):
    emag = await on(code)
    known = {"id": 77, "status": 2, "delivery_mode": "courier", "enforced_vendor_courier_accounts": None}
    await emag.control("POST", "/orders", {"account": "main"} | known)
    [order] = (await emag.call("order/read", {"id": 77})).results
    customer = order["customer"]
    receiver = {name: customer[f"shipping_{name}"] for name in ("contact", "locality_id", "street")}
    receiver |= {"name": customer["name"], "phone1": customer["shipping_phone"]}
    parcel = {"order_id": 77, "sender": {"address_id": "00001"}, "receiver": receiver, "weight": 1, "cod": 0}
    issued = await emag.call("awb/save", {"data": parcel | {"envelope_number": 0, "parcel_number": 1}})
    [awb] = (await emag.call("awb/read", {"reservation_id": issued.results["reservation_id"]})).results
    assert not [text for text in texts(awb["status"]) if FOREIGN[PLATFORMS[code].country].search(text)]


@pytest.mark.parametrize("code", PLATFORMS)
async def test_recordings_hide_these_people_whatever_their_country(on, code):
    emag, scrubber = await on(code), Scrubber([])
    customers = [one["customer"] for one in (await emag.call("order/read")).results]
    keys = ("name", "phone_1", "billing_street", "shipping_street")
    personal = {one[key] for one in customers for key in keys}
    for route in ("order/read", "rma/read", "customer-invoice/read"):
        masked = scrubber.body(route, (await emag.call(route)).body).decode()
        assert [one for one in personal if one in masked] == []
        codes = re.findall(r'"(?:\w+_postal_code|pickup_zipcode)": ?"([^"]*)"', masked)
        assert all(set(one) == {"0"} for one in codes)
    for one in customers:
        for key in ("phone_1", "billing_street"):
            assert one[key] not in scrubber.text(f"{one[key]} / 12")

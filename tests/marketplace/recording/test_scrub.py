"""Nothing personal and no secret gets into a recording, and what is neither stays as it was, byte by byte."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emagsync.marketplace.recording.scrub import Credentials, Scrubber

scrubber = Scrubber([Credentials("api@magazin.example", "parolă/ț7")])

# What is planted: by kind, and as it may be found in a recording.
SECRETS = {
    "password": "parolă/ț7",
    "username": "api@magazin.example",
    "authorization": "Basic YXBpQG1hZ2F6aW4uZXhhbXBsZTpwYXJvbMSDL8ibNw==",
    "e-mail": "ion.popescu+emag@yahoo.example.ro",
    "phone": "+40 722 111 222",
    "phone without prefix": "0722.111.222",
    "plain phone": "0040722111222",
    "phone in brackets": "(0722) 111-222",
    "phone without plus": "40722111222",
    "street": "Strada Zambilelor nr. 14",
    "short street": "Șos. Pipera-Tunari, nr 7",
    "Bulgarian street": "ул. Роза 12",
    "Hungarian street": "Zambila utca 5",
    "IBAN": "RO49AAAA1B31007593840000",
    "IBAN in groups": "RO49 AAAA 1B31 0075 9384 0000",
    "tax number": "CUI RO12345678",
    "register": "J40/1234/2020",
    "personal number": "1800101221144",
    "IPv4": "86.120.33.7",
    "IPv6": "2a02:2f0e:1::7f3",
    "login in an address": "https://ion:hunter2@shop.example/a.jpg",
    "token in an address": "https://shop.example/a.jpg?token=a1b2c3d4&x=sig-99",
    "token in a path": "https://shop.example/d/3f2b9c8d7e6f5a4b3c2d1e0f9a8b7c6d/factura.pdf",
    "named token": "access_token=Zx81-kkLm",
    "named key": "api-key: 'Zx81kkLm'",
    "named password": "password=hunterxyz",
    "JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
}


def parts(secret: str) -> list[str]:
    """What of a secret may not be found: its words, without those that every address has."""
    innocent = {"Basic", "https:", "shop.example", "a.jpg", "factura.pdf", "CUI", "token", "nr.", "utca", "ул."}
    innocent |= {"access_token", "api-key:", "password"}
    words = secret.replace("?", "/").replace("=", "/").replace("&", "/").replace("@", "/").replace(" ", "/").split("/")
    return [word for word in words if word not in innocent and len(word) > 2 and set(word) != {"0"}]


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
@pytest.mark.parametrize("place", ["text", "value", "key", "html", "broken JSON", "escaped", "entities"])
def test_a_secret_is_found_wherever_it_stands(secret: str, place: str) -> None:
    text = {
        "text": f"Sunați la {secret}!",
        "value": json.dumps({"results": [{"description": f"<p>Contact: {secret} azi</p>"}]}, ensure_ascii=False),
        "key": json.dumps({"results": {f"de la {secret}": 1}}, ensure_ascii=False),
        "html": f"<html><body>upstream for {secret} failed</body></html>",
        "broken JSON": '{"isError": false, "results": [{"name": "x", "note": "' + secret + " and then the connec",
        "escaped": json.dumps({"note": f"vezi {secret}"}).replace("/", "\\/"),
        "entities": json.dumps({"note": f"vezi {secret.replace('@', '&#64;').replace('.', '&period;')}"}),
    }[place]
    found = scrubber.body("product_offer/read", text.encode()).decode()
    if place in ("escaped", "entities"):
        found = json.loads(found)["note"]
    left = [part for part in parts(secret) if part in found]
    assert not left, found


@pytest.mark.parametrize("secret", ["a b&c99", 'Pä&s"w@r/d 1', "ț\\ăä <x>'"])
@pytest.mark.parametrize(
    "spelling",
    [
        pytest.param(lambda one: one, id="as it is"),
        pytest.param(lambda one: quote(one), id="in a path"),
        pytest.param(lambda one: quote(one, safe=""), id="in an address"),
        pytest.param(quote_plus, id="in a form"),
        pytest.param(lambda one: quote_plus(one).lower(), id="in a form of another program"),
        pytest.param(html.escape, id="in HTML"),
        pytest.param(json.dumps, id="in JSON"),
        pytest.param(lambda one: json.dumps(one, ensure_ascii=False), id="in JSON with letters"),
        pytest.param(lambda one: html.escape(json.dumps(one)), id="in JSON in HTML"),
    ],
)
def test_the_password_is_found_in_whatever_spelling(secret: str, spelling: Callable[[str], str]) -> None:
    said = spelling(secret)
    found = (
        Scrubber([Credentials("seller-api", secret)]).body("vat/read", f"<p>pass={said} was sent</p>".encode()).decode()
    )
    assert said not in found
    assert html.unescape(said) not in html.unescape(found)


ORDER: dict[str, Any] = {
    "id": 501234567,
    "vendor_name": "Magazin Popescu SRL",
    "date": "2026-11-28 10:20:30",
    "customer": {
        "id": 77881,
        "name": "Ștefania Brânză",
        "company": "Brânză & Fiii SRL",
        "code": 12345678,
        "legal_entity": 0,
        "email": "abc123@customer.example",
        "phone_1": 722111222,
        "billing_street": "Strada Florilor 12, ap. 4",
        "created": "2019-01-02 03:04:05",
        "fax": None,
    },
    "products": [
        {"id": 1, "product_id": "433", "part_number": "0722111222", "ean": ["1800101221144"], "name": "Lampă"}
    ],
    "attachments": [{"name": "Factura Brânză.pdf", "url": "https://facturi.example/41"}],
    "observation": "etaj 3, sunați la Maria",
    "details": {"locker_id": "L1", "note": "pentru Ștefania Brânză"},
    "shipping_tax": "15.9900",
}


def test_of_an_order_the_people_are_masked_and_the_business_stays() -> None:
    found = json.loads(scrubber.body("order/read", json.dumps(ORDER, ensure_ascii=False).encode()))
    text = json.dumps(found, ensure_ascii=False)
    for personal in ("Ștefania", "Brânză", "Florilor", "77881", "12345678", "722111222,", "Popescu", "Maria", "2019"):
        assert personal not in text
    assert found["customer"]["fax"] is None
    assert found["customer"]["legal_entity"] == 0
    assert found["customer"]["billing_street"] == "xxxxxx xxxxxxxx 00, xx. 0"
    assert "facturi" not in text
    kept = ("id", "date", "products", "shipping_tax")
    assert {key: found[key] for key in kept} == {key: ORDER[key] for key in kept}
    assert found["details"] == {"locker_id": "L1", "note": "pentru xxxxxxxx xxxxxx"}


def test_the_companies_of_an_offer_are_masked_whatever_page_it_stands_on() -> None:
    row = {
        "id": 1,
        "brand": "Elandor",
        "manufacturer": [{"name": "Elandor", "address": "Fabricii 1", "email": "a@b.ro"}],
    }
    alone = json.loads(scrubber.body("product_offer/read", json.dumps([row]).encode()))
    beside = json.loads(scrubber.body("product_offer/read", json.dumps([row, row | {"name": "Fabricii 1"}]).encode()))
    assert alone[0] == beside[0]
    assert alone[0]["brand"] == "Elandor"
    assert alone[0]["manufacturer"] == [{"name": "xxxxxxx", "address": "xxxxxxxx 0", "email": "x@x.xx"}]


@pytest.mark.parametrize(
    "text",
    [
        '{"results":[{"sale_price":121.8400,"date":"2026-01-01 10:00:00.000000","weight":1E+2,"x":-0.0}]}',
        '{"a":"0:00:00","v":"1.2.3","ean":["0722111222"],"part_number":"+40722111222"}',
        '{"isError": false ,\n "results": [ {"id": 5, "name": "Lampă \\u0219i \\/ cablu 2x10 m"},{"id":6,"na',
        '{"results":{"5941234567890":{"products":[]},"1800101221144":{}}}',
        "<html><head><title>502 Bad Gateway</title></head></html>",
        '\ufeff{"isError":true,"messages":["Invalid"],"errors":[]}',
        '{"url":"https://marketplace-static.emag.ro/resources/000/033/859/907/33859907.png"}',
        '{"url":"https://www.emag.ro/lampa-de-birou-reglabila-pe-inaltime-12w/pd/D33HD4MBM/"}',
        "]}garbage{[:,",
        "",
    ],
)
def test_what_is_neither_secret_nor_personal_keeps_its_bytes(text: str) -> None:
    assert scrubber.body("product_offer/read", text.encode()) == text.encode()


def test_bytes_that_are_no_text_stay() -> None:
    content = b'{"name":"\xff\xfe","email":"ion@yahoo.ro"}'
    assert scrubber.body("order/read", content) == b'{"name":"\xff\xfe","email":"xxx@xxxxx.xx"}'


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(_json, st.text(st.characters(exclude_categories=["Cs", "N"]), max_size=9))
def test_json_stays_json_of_the_same_shape_and_scrubbing_it_again_changes_nothing(value: Any, key: str) -> None:
    once = scrubber.body("order/read", json.dumps({key: value, "customer": value}).encode())
    assert shape(json.loads(once)["customer"]) == shape(value)
    assert scrubber.body("order/read", once) == once


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return len(value) if any(map(str.isdigit, value)) else [shape(one) for one in value.values()]
    return [shape(one) for one in value] if isinstance(value, list) else type(value)

"""Who may call."""

import aiohttp
import pytest


@pytest.mark.parametrize(
    ("name", "password"), [("main", "wrong"), ("nobody", "main-secret"), ("", ""), ("main", "fbe-secret")]
)
@pytest.mark.parametrize("status", [200, 401, 403])
async def test_wrong_credentials_are_refused_with_any_status(sandbox, name, password, status):
    emag = await sandbox(refusal_status=status)
    refused = await emag.call("vat/read", name=name, password=password)
    assert refused.status == status
    assert refused.refusal == "You are not allowed to use this API."


@pytest.mark.parametrize("header", [None, "Bearer x", "Basic %%%", "Basic /w=="])
async def test_anything_but_basic_credentials_is_refused(sandbox, header):
    emag = await sandbox()
    headers = {} if header is None else {"Authorization": header}
    async with emag.session.post(f"{emag.server.api_url}/vat/read", headers=headers) as answer:
        assert answer.status == 403


async def test_a_caller_that_is_not_on_the_allow_list_is_told_the_address_that_emag_saw(sandbox):
    emag = await sandbox(allow_ip=["10.0.0.0/8", "192.0.2.7"])
    refused = await emag.call("vat/read")
    assert refused.status == 403
    assert refused.refusal == "Invalid vendor ip [127.0.0.1]"


async def test_a_caller_on_the_allow_list_gets_in(sandbox):
    emag = await sandbox(allow_ip=["127.0.0.1"])
    assert (await emag.call("vat/read")).results


async def test_each_account_sees_its_own_offers(sandbox):
    emag = await sandbox(250)
    mine = await emag.read()
    theirs = (await emag.call("product_offer/read", name="fbe", password="fbe-secret")).results
    assert (len(mine), len(theirs)) == (100, 30)
    assert mine[0] != theirs[0]


@pytest.mark.parametrize(
    ("route", "method"), [("no/such", "POST"), ("vat/read", "GET"), ("message/read", "POST"), ("", "POST")]
)
async def test_an_unknown_route_answers_404(sandbox, route, method):
    """The contract: 404 `{"message": "Invalid URL"}`."""
    emag = await sandbox()
    answer = await emag.call(route, method=method)
    assert (answer.status, answer.json) == (404, {"message": "Invalid URL"})


@pytest.mark.parametrize("body", [b"{", b"[1]", b"\xff"])
async def test_a_body_that_is_no_json_object_is_an_error(sandbox, body):
    emag = await sandbox()
    assert "body" in (await emag.call("product_offer/read", body)).refusal


async def test_no_password_shows_in_a_repr(sandbox):
    emag = await sandbox()
    assert "secret" not in repr(emag.main)


async def form(emag, route, text):
    headers = {"Authorization": aiohttp.encode_basic_auth("main", "main-secret")}
    async with emag.session.post(f"{emag.server.api_url}/{route}", data={"data": text}, headers=headers) as answer:
        return await answer.json()


FORMS = [
    ("product_offer/read", '{"id": 2}', [2]),
    ("offer/save", '[{"id": 2, "vat_id": 1}]', ["2"]),
    ("product_offer/save", "[]", None),
]


@pytest.mark.parametrize(("route", "text", "expected"), FORMS)
async def test_form_bodies_are_accepted_when_asked_to(sandbox, route, text, expected):
    emag = await sandbox(5, form_bodies=True)
    answer = await form(emag, route, text)
    if expected is None:
        assert "list of objects" in answer["messages"][0]
    else:
        found = answer["results"]
        assert ([int(row["id"]) for row in found] if isinstance(found, list) else list(found)) == expected


@pytest.mark.parametrize("route", ["product_offer/read", "offer/save"])
async def test_form_bodies_are_refused_otherwise(sandbox, route):
    emag = await sandbox(5)
    assert (await form(emag, route, '[{"id": 2, "vat_id": 1}]'))["isError"] is True

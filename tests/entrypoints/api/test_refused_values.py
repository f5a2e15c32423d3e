"""What a refusal says: which value, by its name in JSON, and what is needed there; never in words of Python."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from emagsync.rest.openapi import operations
from offers.offer_rows import offer, store
from support.api import Api
from support.document import openapi_document

DOCUMENT = openapi_document()
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
OFFERS = "/api/v1/emag/offers"
BULK = "/api/v1/emag/products/products/bulk-edit"
SOURCES = "/api/v1/sources"
# What a body of some other type is, and each of its values in turn.
ODD: tuple[Any, ...] = ([], "text", 1.5, True, {"no_such_thing": 1}, [[]], [{"no_such_thing": 1}], None)
ODD_MEMBERS: tuple[Any, ...] = ("text", 1.5, {}, [{"no_such_thing": 1}])
JARGON = re.compile(
    r"dictionary|instance of|valid (string|integer|list|tuple|boolean|decimal|datetime|number)|to extract|parse|"
    r"Input should|Extra inputs|Field required|should have at (most|least)|after validation|constrained|\[\w+\]|Model"
)
# A list of known values is pydantic's, and is in words that anybody reads.
LISTED = re.compile(r"Input should be (greater|less|'|\d|a (finite|multiple))")


def address_of(path: str) -> str:
    for name in ("account", "name"):
        path = path.replace(f"{{{name}}}", "main")
    return re.sub(r"{(\w+)}", "1", path)


def schema_of(schema: dict[str, Any]) -> dict[str, Any]:
    return SCHEMAS[name] if (name := schema.get("$ref", "").rpartition("/")[2]) else schema


def members(schema: dict[str, Any]) -> dict[str, Any]:
    """The members of an object's schema, whatever union is around it."""
    schema = schema_of(schema)
    found = dict(schema.get("properties", {}))
    for part in (*schema.get("anyOf", ()), *schema.get("allOf", ()), *schema.get("oneOf", ())):
        found |= members(part)
    return found


def names_in(schema: Any, seen: set[str]) -> Iterator[str]:
    """The names of everything in a schema, at any depth."""
    if isinstance(schema, list):
        for part in schema:
            yield from names_in(part, seen)
    if not isinstance(schema, dict):
        return
    if (name := schema.get("$ref", "").rpartition("/")[2]) and name not in seen:
        seen.add(name)
        yield from names_in(SCHEMAS[name], seen)
    yield from schema.get("properties", {})
    for part in schema.values():
        yield from names_in(part, seen)


def types_in(schema: dict[str, Any]) -> set[str]:
    schema = schema_of(schema)
    parts = (*schema.get("anyOf", ()), *schema.get("allOf", ()), *schema.get("oneOf", ()))
    return ({schema["type"]} if "type" in schema else set()) | {kind for part in parts for kind in types_in(part)}


def json_bodies() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and schema of every operation that takes JSON."""
    for path, method, operation in operations(DOCUMENT):
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            yield method.upper(), path, content["application/json"]["schema"]


BODIES = list(json_bodies())


async def test_no_refusal_of_a_body_speaks_of_python(api: Api) -> None:
    """Every body is sent of every wrong type, whole and member by member."""
    odd = {}
    for method, path, schema in BODIES:
        known = {"body", "query", "no_such_thing", *re.findall(r"{(\w+)}", path), *names_in(schema, set())}
        bodies = [*ODD, *({name: value} for name in members(schema) for value in ODD_MEMBERS)]
        for body in bodies:
            answer = await api.admin.request(method, address_of(path), json=body)
            assert answer.status_code < 500, (method, path, body, answer.text)
            for error in answer.json().get("errors", []) if answer.status_code == 422 else []:
                strange = [part for part in error["field"].split(".") if not part.isdigit() and part not in known]
                if strange or (JARGON.search(error["message"]) and not LISTED.match(error["message"])):
                    odd[f"{method} {path} {json.dumps(body)}"] = (error["field"], error["message"])
    assert odd == {}, json.dumps(odd, indent=0)


async def test_a_truth_value_is_no_number_in_any_body(api: Api) -> None:
    taken, tried = [], 0
    for method, path, schema in BODIES:
        for name, member in members(schema).items():
            if types_in(member) & {"integer", "number"} and "boolean" not in types_in(member):
                tried += 1
                answer = await api.admin.request(method, address_of(path), json={name: True})
                refused = [error["field"] for error in answer.json().get("errors", [])]
                if answer.status_code != 422 or name not in refused:
                    taken.append((method, path, name, answer.status_code, answer.text[:200]))
    assert taken == []
    assert tried > 20


@pytest.mark.parametrize(
    ("edit", "field", "says"),
    [
        ({"stock": True}, "stock", "a number is needed, not true or false"),
        ({"stock": 5.5}, "stock", "a whole number is needed; or a list is needed: [...]"),
        ({"stock": "five"}, "stock", "a whole number is needed; or a list is needed: [...]"),
        ({"stock": [{"warehouse": 1, "value": 5}]}, "stock.0.warehouse", "did you mean `warehouse_id`?"),
        ({"stock": [{"warehouse_id": 1, "value": True}]}, "stock.0.value", "a number is needed, not true or false"),
        ({"sale_price": True}, "sale_price", "a text or a number is needed"),
        ({"sale_price": [1]}, "sale_price", "a text or a number is needed"),
        ({"stok": 5}, "stok", "did you mean `stock`?"),
        ({"vat_id": False}, "vat_id", "a number is needed, not true or false"),
        ({"confirm": 7, "stock": 1}, "confirm", "true or false is needed"),
    ],
)
async def test_a_wrong_value_of_an_edit_is_one_error_that_names_it(
    api: Api, edit: dict[str, Any], field: str, says: str
) -> None:
    await store(api.state.database, [offer(1)])
    for place, call in (
        ("", api.operator.patch(f"{OFFERS}/main/1", json=edit)),
        ("edits.0.", api.operator.post(BULK, json={"account": "main", "edits": [{"emag_id": 1, **edit}]})),
    ):
        answer = await call
        [error] = answer.json()["errors"]
        assert (answer.status_code, error["field"]) == (422, place + field)
        assert says in error["message"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"stock=5", "application/x-www-form-urlencoded"), (b'{"stock": 5}', "text/plain"), (b"<a/>", "application/xml")],
)
async def test_a_body_that_is_not_said_to_be_json_is_answered_with_what_to_send(
    api: Api, body: bytes, kind: str
) -> None:
    for method, path, _ in BODIES:
        answer = await api.admin.request(method, address_of(path), content=body, headers={"Content-Type": kind})
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (415, "unsupported_media_type"), (method, path, answer.text)
        assert "application/json" in problem["detail"]


async def test_a_compressed_body_is_refused_and_never_taken_for_what_it_is_not(api: Api) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    for path in (f"{OFFERS}/batch", BULK, f"{SOURCES}/look/file"):
        answer = await api.admin.post(path, content=gzip.compress(b'{"keys": []}'), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (415, "body_compressed")
        assert answer.headers["accept-encoding"] == "identity"
    plain = {"Content-Type": "application/json", "Content-Encoding": "identity"}
    answer = await api.admin.post(f"{OFFERS}/batch", content=b'{"keys": [{"ean": "1"}]}', headers=plain)
    assert answer.status_code == 200


async def test_bytes_that_are_no_text_are_no_json(api: Api) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await api.operator.patch(f"{OFFERS}/main/1", content=b'{"currency": "\xff"}', headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "json_invalid")


async def test_a_form_is_not_read_as_the_file_of_a_source(api: Api) -> None:
    files = {"file": ("stock.csv", b"sku;stoc\n1;2\n")}
    answer = await api.admin.post(f"{SOURCES}/look/file", files=files)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert "--data-binary" in answer.json()["detail"]
    # What curl says of itself with `--data-binary`.
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await api.admin.post(f"{SOURCES}/look/file", content=b"sku;stoc\n1;2\n", headers=form)
    assert answer.status_code == 200


def single_parameters() -> Iterator[tuple[str, str, str]]:
    for path, method, operation in operations(DOCUMENT):
        for item in operation.get("parameters", []):
            if item["in"] == "query" and "array" not in types_in(item["schema"]):
                yield method.upper(), path, item["name"]


async def test_a_parameter_with_one_value_is_refused_when_it_comes_twice(api: Api) -> None:
    """The last would count, and `?account=main&account=fbe` show half of what was asked for."""
    passed = []
    for method, path, name in single_parameters():
        answer = await api.admin.request(method, f"{address_of(path)}?{name}=1&{name}=2")
        codes = {(error["field"], error["code"]) for error in answer.json().get("errors", [])}
        if answer.status_code != 422 or (name, "given_repeatedly") not in codes:
            passed.append((method, path, name, answer.status_code))
    assert passed == []


async def test_parameters_with_several_values_still_take_them(api: Api) -> None:
    await store(api.state.database, [offer(1), offer(2)])
    for query in (
        "status=active&status=inactive",
        "brand=a&brand=b",
        "emag_id=1&emag_id=2",
        "reason=no_stock&reason=x",
    ):
        answer = await api.viewer.get(f"/api/v1/emag/products/products?{query}")
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("changed_since=2026-11-29T09:00:00+02:00", "write it as %2B"),
        ("status=active,inactive", "status=...&status=..."),
        ("emag_id=1,2", "emag_id=...&emag_id=..."),
    ],
)
async def test_what_an_address_makes_of_a_value_is_told(api: Api, query: str, hint: str) -> None:
    answer = await api.viewer.get(f"/api/v1/emag/products/products?{query}")
    assert answer.status_code == 422
    assert hint in answer.json()["errors"][0]["message"]


async def test_a_selection_of_a_webhook_is_refused_as_a_body_is(api: Api) -> None:
    body = {"name": "ERP", "url": "https://erp.example/x", "events": ["offers_changed"]}
    answer = await api.admin.post("/api/v1/webhooks", json=body | {"changes": {"selection": {"brnd": ["x"]}}})
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["field"]) == (422, "changes.selection.brnd")
    assert "did you mean `brand`?" in error["message"]

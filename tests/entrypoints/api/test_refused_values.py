"""What a refusal says: which value, by its name in JSON, and what is needed there; never in words of Python."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from emagsync.rest.openapi import operations
from offers.offer_rows import offer, store
from support.api import Api, open_api
from support.document import openapi_document
from support.left_out import left_out

pytestmark = pytest.mark.asyncio(loop_scope="module")

DOCUMENT = openapi_document()
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
OFFERS = "/api/v1/emag/offers"
BULK = "/api/v1/emag/products/products/bulk-edit"
SOURCES = "/api/v1/sources"
JSON = {"Content-Type": "application/json"}
# What a body of some other type is, and each of its values in turn.
ODD: tuple[Any, ...] = ([], "text", 1.5, True, {"no_such_thing": 1}, [[]], [{"no_such_thing": 1}], None)
# The first is wrong for nearly all of them.
ODD_MEMBERS: tuple[Any, ...] = ({}, "text", 1.5, [{"no_such_thing": 1}])
JARGON = re.compile(
    r"dictionary|instance of|valid (string|integer|list|tuple|boolean|decimal|datetime|number)|to extract|parse|"
    r"Input should|Extra inputs|Field required|should have at (most|least)|after validation|constrained|\[\w+\]|Model"
)
# A list of known values is pydantic's, and is in words that anybody reads.
LISTED = re.compile(r"Input should be (greater|less|'|\d|a (finite|multiple))")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(tmp_path_factory: pytest.TempPathFactory, backend: str) -> AsyncIterator[Api]:
    """One server for all of them: what it refuses leaves nothing behind."""
    async with open_api(tmp_path_factory.mktemp(f"refusals-{backend}"), unasked=left_out) as running:
        yield running


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


@pytest.mark.often(first=1)
@pytest.mark.parametrize(
    ("whole", "member"), [(ODD, ODD_MEMBERS[:1]), ((), ODD_MEMBERS[1:])], ids=["whole, and members", "more of members"]
)
async def test_no_refusal_of_a_body_speaks_of_python(api: Api, whole: tuple[Any, ...], member: tuple[Any, ...]) -> None:
    """Every body is sent of every wrong type, whole and member by member."""
    odd = {}
    for method, path, schema in BODIES:
        known = {"body", "query", "no_such_thing", *re.findall(r"{(\w+)}", path), *names_in(schema, set())}
        bodies = [*whole, *({name: value} for name in members(schema) for value in member)]
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
        # In a file the same is a difference.
        ({"stock": "+5"}, "stock", "a + reads as a difference"),
        ({"stock": [{"warehouse_id": 1, "value": " +5"}]}, "stock.0.value", "a + reads as a difference"),
        ({"handling_time": "+1"}, "handling_time", "a + reads as a difference"),
        ({"stock": "1_000"}, "stock", "a whole number is needed"),
        ({"stock_change": "1_0"}, "stock_change", "a whole number is needed"),
        ({"sale_price": "1" * 41}, "sale_price", "at most 40 characters can be given"),
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
    ("price", "code", "says"),
    [
        ("+5", "not_an_amount", "'+5' is not an amount"),
        ("0", "out_of_range", "0 is not above 0 and below 10000000000"),
        ("99999999999999999", "out_of_range", "99999999999999999 is not above 0 and below 10000000000"),
        (99999999999999999999, "out_of_range", "is not above 0 and below 10000000000"),
    ],
)
async def test_a_price_that_cannot_be_is_told_for_what_it_is(api: Api, price: object, code: str, says: str) -> None:
    await store(api.state.database, [offer(1)])
    answer = await api.operator.patch(f"{OFFERS}/main/1", json={"sale_price": price})
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["field"], error["code"]) == (422, "sale_price", code)
    assert says in error["message"]


async def test_a_plus_is_taken_where_a_difference_is_asked_for(api: Api) -> None:
    await store(api.state.database, [offer(1)])
    edits: tuple[tuple[dict[str, Any], str], ...] = (
        ({"stock_change": "+2"}, "+2"),
        ({"stock": [{"warehouse_id": 1, "change": "+3"}]}, "+5"),
    )
    for edit, together in edits:
        answer = await api.operator.patch(f"{OFFERS}/main/1", json={**edit, "confirm": True})
        [pending] = answer.json()["data"]["pending_edits"]
        assert (answer.status_code, pending["kind"], pending["value"]) == (200, "relative", together)


async def test_an_object_that_has_a_name_twice_is_refused_wherever_a_body_has_one(api: Api) -> None:
    """The last of both would count, and nobody be told: `{"stock": 5, "stock": 50}`."""
    passed = {}
    for method, path, schema in BODIES:
        for name in members(schema):
            for inner in (f'"{name}": 1, "{name}": 2', f'"{name}": {{"a": 1, "b": 2, "a": 1}}'):
                repeated = name if inner.startswith(f'"{name}": 1') else "a"
                answer = await api.admin.request(method, address_of(path), content=f"{{{inner}}}", headers=JSON)
                found = [(error["field"], error["code"]) for error in answer.json().get("errors", [])]
                if (answer.status_code, found) != (422, [(repeated, "given_repeatedly")]):
                    passed[f"{method} {path} {{{inner}}}"] = (answer.status_code, answer.text[:200])
    assert passed == {}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
async def test_what_only_python_takes_for_a_number_is_no_json(api: Api, number: str) -> None:
    for path, body in (
        (BULK, f'{{"edits": [{{"emag_id": 1, "sale_price": {number}}}]}}'),
        (
            f"{BULK.removesuffix('edit')}change",
            f'{{"filter": {{}}, "adjust": {{"sale_price": {{"percent": {number}}}}}}}',
        ),
        ("/api/v1/emag/products/sync", f'{{"timeout_seconds": {number}}}'),
    ):
        answer = await api.operator.post(path, content=body, headers=JSON)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "json_invalid"), (path, answer.text)


async def test_a_form_that_has_a_field_twice_is_refused(api: Api) -> None:
    """`preview=true` and `preview=false`: the last would count."""
    file = {"file": ("a.csv", b"emag_id,stock\n1,2\n")}
    answer = await api.operator.post(BULK, files=file, data={"preview": ["true", "false"], "account": "main"})
    assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [("preview", "given_repeatedly")]
    assert answer.status_code == 422


def cursor_parameters() -> Iterator[tuple[str, str]]:
    """The path of each list that goes on, and the parameter that takes its `next_cursor`."""
    for path, method, operation in operations(DOCUMENT):
        names = {item["name"] for item in operation.get("parameters", []) if item["in"] == "query"}
        if method == "get" and names & {"cursor", "after"} and path != "/api/v1/events":
            types = [
                (item["name"], types_in(item["schema"]))
                for item in operation["parameters"]
                if item["name"] in ("cursor", "after")
            ]
            yield from ((path, name) for name, kinds in types if "integer" not in kinds)


CURSORS = list(cursor_parameters())


async def test_what_is_no_cursor_of_a_list_is_told_so_by_every_list(api: Api) -> None:
    """An empty one, too: a program whose variable was empty would begin again, and never know."""
    assert len(CURSORS) > 8
    odd = {}
    for path, name in CURSORS:
        for cursor in ("", "0", "null", "x" * 65, "WyJvdGhlciIsMV0", "\u0103"):
            answer = await api.admin.get(address_of(path), params={name: cursor})
            found = [(error["field"], error["code"]) for error in answer.json().get("errors", [])]
            if answer.status_code != 404 and (answer.status_code, found) != (422, [(name, "bad_cursor")]):
                odd[f"{path}?{name}={cursor}"] = (answer.status_code, answer.text[:200])
    assert odd == {}


async def test_a_field_that_no_edit_has_is_refused_with_the_nearest_that_has_some(api: Api) -> None:
    for answer in (
        await api.admin.get("/api/v1/emag/edits?field=stok"),
        await api.admin.get("/api/v1/emag/conflicts?field=stok"),
        await api.admin.post("/api/v1/emag/conflicts/resolve", json={"resolution": "emag", "field": "stok"}),
    ):
        [error] = answer.json()["errors"]
        assert (answer.status_code, error["field"], error["values"]) == (422, "field", {"nearest": "stock"})


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"stock=5", "application/x-www-form-urlencoded"),
        (b'{"stock": 5}', "text/plain"),
        (b"<a/>", "application/xml"),
        (b'{"stock": 5}', ""),
    ],
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

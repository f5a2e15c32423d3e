"""What requests may name: nothing unknown is passed over, and one word means one thing in all of the API."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from emagsync.core.older_names import OLDER_NAMES, OLDER_WORDS
from emagsync.rest.openapi import operations
from offers.offer_rows import offer, store
from support.api import Api, of_one_server, open_api
from support.document import openapi_document
from support.left_out import left_out

PRODUCTS = "/api/v1/emag/products/products"
DOCUMENT = openapi_document()
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(tmp_path_factory: pytest.TempPathFactory, backend: str) -> AsyncIterator[Api]:
    """One server for all of them: what it refuses leaves nothing behind."""
    async with open_api(tmp_path_factory.mktemp(f"names-{backend}"), unasked=left_out) as running:
        yield running


def objects_in(schema: Any, seen: set[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The schemas of objects that `schema` consists of, each once, with a name for messages."""
    if isinstance(schema, list):
        for part in schema:
            yield from objects_in(part, seen)
    if not isinstance(schema, dict):
        return
    name = schema.get("$ref", "").rpartition("/")[2]
    if name and name not in seen:
        seen.add(name)
        yield name, SCHEMAS[name]
        yield from objects_in(SCHEMAS[name], seen)
    for part in schema.values():
        yield from objects_in(part, seen)


@of_one_server
async def test_every_route_refuses_an_unknown_parameter_and_names_it(api: Api) -> None:
    for path, method, operation in operations(DOCUMENT):
        kinds = {item["name"]: item["schema"].get("type") for item in operation.get("parameters", [])}
        address = re.sub(r"{(\w+)}", lambda found: "1" if kinds[found[1]] == "integer" else "x", path)  # noqa: B023
        answer = await api.admin.request(method.upper(), address, params={"no_such_thing": "1"})
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (422, "invalid_request"), (method, path, answer.text)
        assert [(one["field"], one["code"]) for one in problem["errors"]] == [("no_such_thing", "extra_forbidden")]


def test_no_body_takes_unknown_fields() -> None:
    bodies = [operation.get("requestBody") for _, _, operation in operations(DOCUMENT)]
    loose = {
        name
        for name, schema in objects_in(bodies, set())
        if "properties" in schema and schema.get("additionalProperties") is not False
    }
    assert loose == set()


@pytest.mark.parametrize(
    ("query", "nearest"),
    [
        ({"stockmax": 0}, "stock_max"),
        ({"stock_maximum": 0}, "stock_max"),
        ({"Search": "a"}, "search"),
        ({"acount": "main"}, "account"),
        ({"accountType": "main"}, "account_type"),
        ({"page": 2}, None),
    ],
)
@of_one_server
async def test_a_misspelt_parameter_is_refused_with_the_nearest_one(
    api: Api, query: dict[str, str], nearest: str | None
) -> None:
    await store(api.state.database, [offer(1)])
    for path in (PRODUCTS, f"{PRODUCTS}/export"):
        answer = await api.viewer.get(path, params=query)
        [error] = answer.json()["errors"]
        assert answer.status_code == 422
        assert error["field"] == next(iter(query))
        assert error["values"] == ({} if nearest is None else {"nearest": nearest})
        assert nearest is None or f"did you mean `{nearest}`?" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "body", "field", "nearest"),
    [
        ("/api/v1/emag/products/sync", {"acount": "main"}, "acount", "account"),
        ("/api/v1/emag/products/sync", {"selection": {"part_number": ["A"]}}, "selection.part_number", "part_numbers"),
        (f"{PRODUCTS}/bulk-edit", {"edits": [{"emag_id": 1, "sale_prise": 1}]}, "edits.0.sale_prise", "sale_price"),
        (f"{PRODUCTS}/bulk-edit", {"edits": [{"emag_id": 1, "stock": [{"whouse_id": 1}]}]}, None, "warehouse_id"),
        (f"{PRODUCTS}/bulk-change", {"filter": {"stockmax": 1}}, "filter.stockmax", "stock_max"),
        ("/api/v1/emag/outbox/approve", {"filter": {"emag": 1}}, "filter.emag", "emag_id"),
    ],
)
@of_one_server
async def test_a_misspelt_field_is_refused_with_the_nearest_one(
    api: Api, path: str, body: dict[str, Any], field: str | None, nearest: str
) -> None:
    answer = await api.operator.post(path, json=body)
    assert answer.status_code == 422, answer.text
    errors = [one for one in answer.json()["errors"] if one["code"] == "extra_forbidden"]
    assert [one["values"] for one in errors] == [{"nearest": nearest}], answer.text
    assert field is None or errors[0]["field"] == field


@of_one_server
async def test_older_names_are_taken_and_given_but_not_beside_the_newer_ones(api: Api) -> None:
    await store(api.state.database, [offer(1), offer(2, stock=1)], account="fbe")
    older = await api.viewer.get(PRODUCTS, params={"account_type": "fbe", "sort": "-stock_quantity"})
    newer = await api.viewer.get(PRODUCTS, params={"account": "fbe", "sort": "-stock"})
    assert older.json() == newer.json()
    [first, _] = newer.json()["data"]["products"]
    assert all(first[now] == first[before] for now, before in OLDER_WORDS.items())
    both = await api.viewer.get(PRODUCTS, params={"account": "fbe", "account_type": "main"})
    assert (both.status_code, both.json()["errors"][0]["field"]) == (422, "account_type")
    body = {"account": "fbe", "account_type": "main", "edits": [{"emag_id": 1, "stock": 2}]}
    twice = await api.operator.post(f"{PRODUCTS}/bulk-edit", json=body)
    assert (twice.status_code, twice.json()["errors"][0]["field"]) == (422, "account_type")


def test_the_document_marks_every_older_name_and_has_the_newer_one_beside_it() -> None:
    newer_of = {before: now for now, before in OLDER_WORDS.items()}
    for path, method, operation in operations(DOCUMENT):
        named = {item["name"]: item for item in operation.get("parameters", [])}
        for now, before in OLDER_NAMES.items():
            assert (now in named) == (before in named) or "{account}" in path, (method, path)
            assert before not in named or named[before].get("deprecated"), (method, path)
    for name, schema in SCHEMAS.items():
        properties = schema.get("properties", {})
        for before, now in newer_of.items():
            if before in properties and "deprecated" in properties[before]:
                assert now in properties, name
                assert before not in schema.get("required", ()), name
        # Everywhere else these are words of their own: `price` is a kind of rule, and a step of a price.
        for before in ("account_type", "sku", "stock_quantity"):
            assert before not in properties or properties[before].get("deprecated"), name

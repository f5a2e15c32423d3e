"""Rules that hold for every route, whatever adds it: they read the OpenAPI document and the routes themselves."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Iterator
from typing import Any

import httpx2
import jsonschema_rs
import pytest
from fastapi.routing import APIRoute

from emagsync.entrypoints.api.description import read_examples
from emagsync.entrypoints.api.routers import ROUTERS
from emagsync.rest.openapi import operations, required_role
from emagsync.rest.principals import Role
from support.api import Api
from support.document import openapi_document

pytestmark = pytest.mark.databases("both", often="sqlite")

# Whoever adds a route to these lists says why here.
OPEN = {
    ("post", "/api/v1/auth/login"),  # how a caller becomes one
    ("post", "/api/v1/auth/session"),
    ("get", "/api/v1/auth/setup"),  # whether anybody can log in yet
    ("post", "/api/v1/auth/setup"),  # takes the code that the server printed
    ("get", "/health/live"),  # for supervisors
    ("get", "/health/ready"),  # tells a stranger yes or no, and nothing else
}
# What a caller may do with what is the caller's own.
FOR_ANY_CALLER = {
    ("post", "/api/v1/emag/home/visit"),
    ("post", "/api/v1/emag/offers/batch"),  # reads by a body, which may be longer than an address
    ("post", "/api/v1/emag/products/products/export"),  # the same
    ("post", "/api/v1/emag/products/export-presets"),  # the caller's own
    ("put", "/api/v1/emag/products/export-presets/{preset_id}"),
    ("delete", "/api/v1/emag/products/export-presets/{preset_id}"),
    ("post", "/api/v1/emag/saved-filters"),
    ("put", "/api/v1/emag/saved-filters/{filter_id}"),
    ("delete", "/api/v1/emag/saved-filters/{filter_id}"),
    ("put", "/api/v1/emag/preferences/{name}"),
    ("post", "/api/v1/auth/logout"),
    ("post", "/api/v1/auth/password"),
    ("delete", "/api/v1/auth/sessions"),
    ("delete", "/api/v1/auth/sessions/{session_id}"),
    ("post", "/api/v1/auth/second-factor"),
    ("post", "/api/v1/auth/second-factor/confirm"),
    ("post", "/api/v1/auth/second-factor/recovery-codes"),
    ("post", "/api/v1/auth/second-factor/off"),
}
# Reads, although it is a POST or the like, or changes nothing that an audit log is for.
UNAUDITED: set[tuple[str, str]] = {
    ("post", "/api/v1/emag/home/visit"),
    ("post", "/api/v1/emag/offers/batch"),
    ("post", "/api/v1/emag/products/products/export"),
    ("post", "/api/v1/emag/products/products/bulk-edit/failed-rows"),  # gives the file back
    ("post", "/api/v1/sources/look"),  # shows the first rows of a file
    ("post", "/api/v1/sources/look/file"),  # the same
    ("put", "/api/v1/emag/preferences/{name}"),  # which columns somebody likes
    ("post", "/mcp"),  # the tools behind it write to the log: tests/assistants
    ("delete", "/mcp"),  # refused
}

SMALLER = {Role.OPERATOR: Role.VIEWER, Role.ADMIN: Role.OPERATOR}


@functools.cache
def whole_document() -> dict[str, Any]:
    return openapi_document()


@functools.cache
def routes() -> dict[tuple[str, str], dict[str, Any]]:
    return {(method, path): operation for path, method, operation in operations(whole_document())}


def address(path: str, operation: dict[str, Any]) -> str:
    """The path with a likely value for each parameter."""
    kinds = {item["name"]: item.get("schema", {}).get("type") for item in operation.get("parameters", [])}
    return re.sub(r"{(\w+)(?::\w+)?}", lambda found: "1" if kinds.get(found[1]) == "integer" else "x", path)


async def call(client: httpx2.AsyncClient, method: str, path: str, operation: dict[str, Any]) -> httpx2.Response:
    return await client.request(method.upper(), address(path, operation))


def is_problem(answer: httpx2.Response, code: str) -> bool:
    return answer.headers["content-type"] == "application/problem+json" and answer.json()["code"] == code


async def test_every_route_but_login_and_health_refuses_a_stranger(api: Api) -> None:
    for (method, path), operation in routes().items():
        if (method, path) in OPEN:
            assert required_role(operation) is None, path
            continue
        answer = await call(api.stranger, method, path, operation)
        assert answer.status_code == 401, (method, path, answer.text)
        assert is_problem(answer, "not_authenticated")
        assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_every_route_refuses_a_token_that_nobody_has(api: Api) -> None:
    async with api.bearing("emag_t_" + "x" * 43) as liar:
        for (method, path), operation in routes().items():
            if (method, path) not in OPEN:
                answer = await call(liar, method, path, operation)
                assert answer.status_code == 401, (method, path, answer.text)


async def test_every_route_refuses_a_role_that_is_too_small(api: Api) -> None:
    clients = {Role.VIEWER: api.viewer, Role.OPERATOR: api.operator}
    refused = 0
    for (method, path), operation in routes().items():
        needed = required_role(operation)
        smaller = SMALLER.get(Role(needed)) if needed else None
        if smaller is None:
            continue
        answer = await call(clients[smaller], method, path, operation)
        assert answer.status_code == 403, (method, path, answer.text)
        assert is_problem(answer, "role_too_small")
        assert answer.json()["needed_role"] == needed
        refused += 1
    assert refused >= 6


async def test_a_viewer_changes_nothing_but_what_is_the_viewers_own(api: Api) -> None:
    for (method, path), operation in routes().items():
        if method == "get" or (method, path) in OPEN | FOR_ANY_CALLER:
            continue
        assert required_role(operation) in (Role.OPERATOR, Role.ADMIN), (method, path)


def test_every_route_tells_its_refusals_and_what_it_is_for() -> None:
    for (method, path), operation in routes().items():
        assert operation.get("description"), (method, path)
        assert "default" in operation["responses"], (method, path)
        if (method, path) not in OPEN:
            assert {"401", "403"} <= operation["responses"].keys(), (method, path)


def test_every_route_has_a_name_of_its_own_that_reads_as_what_it_does() -> None:
    ids = [operation["operationId"] for operation in routes().values()]
    assert len(ids) == len(set(ids))
    assert [name for name in ids if not re.fullmatch(r"[a-z]+(_[a-z]+)*", name) or name.endswith("_api")] == []
    assert {"list_offers", "get_offer", "edit_offer_by_code", "start_sync", "get_sync", "read_feed"} <= set(ids)


def test_every_route_has_a_summary_and_a_described_group() -> None:
    document = whole_document()
    described = {tag["name"] for tag in document["tags"] if tag["description"]}
    used = set[str]()
    for (method, path), operation in routes().items():
        assert 0 < len(operation["summary"]) <= 120, (method, path)
        assert operation["summary"] != operation["operationId"].replace("_", " ").title(), (method, path)
        used |= set(operation["tags"])
    assert used == described


def test_every_status_that_refuses_is_described_as_a_problem() -> None:
    shared = whole_document()["components"]["responses"]
    for (method, path), operation in routes().items():
        wanted = {"400", "408", "500", "503", "default"} | ({"413"} if "requestBody" in operation else set())
        assert wanted | (set() if method == "get" else {"507"}) <= operation["responses"].keys(), (method, path)
        for status, response in operation["responses"].items():
            if status[0] not in "45d" or (path, status) == ("/health/ready", "503"):
                continue
            whole = shared[response["$ref"].rpartition("/")[2]] if "$ref" in response else response
            assert "application/problem+json" in whole["content"], (method, path, status)


def test_no_shape_is_split_in_two_or_mixes_numbers_and_texts() -> None:
    document = whole_document()
    assert [name for name in document["components"]["schemas"] if name.endswith(("-Input", "-Output"))] == []
    enums = [part["enum"] for part in parts_of(document) if isinstance(part.get("enum"), list)]
    assert [values for values in enums if len({type(value) for value in values}) > 1] == []


def test_the_document_says_where_it_is_served_and_how_callers_prove_who_they_are() -> None:
    document = whole_document()
    assert [server["url"] for server in document["servers"]] == ["/"]
    schemes = document["components"]["securitySchemes"]
    assert (schemes["bearer"]["type"], schemes["bearer"]["scheme"]) == ("http", "bearer")
    assert (schemes["cookie"]["type"], schemes["cookie"]["in"]) == ("apiKey", "cookie")


@pytest.mark.parametrize("name", read_examples())
def test_the_examples_are_what_the_document_promises(name: str) -> None:
    """Each is of the shape that stands beside it, so that no example outlives a change."""
    document = whole_document()
    [operation] = [one for _, _, one in operations(document) if one["operationId"] == name]
    bodies = [response for status, response in operation["responses"].items() if status[0] == "2"]
    bodies += [operation["requestBody"]] if "requestBody" in operation else []
    shown = [body["content"]["application/json"] for body in bodies if "example" in body["content"]["application/json"]]
    assert len(shown) == len(read_examples()[name].keys() & {"request", "response"})
    for content in shown:
        whole = {**content["schema"], "components": document["components"]}
        jsonschema_rs.Draft202012Validator(whole).validate(content["example"])


def test_what_programs_use_first_is_shown_by_example() -> None:
    assert {"start_sync", "list_offers", "get_offer_by_code", "edit_offer_by_code", "read_feed"} <= set(read_examples())
    assert len(read_examples()) >= 12


def parts_of(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in `value`, however deep."""
    if isinstance(value, dict):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from parts_of(part)


async def test_the_document_is_for_callers(api: Api) -> None:
    assert (await api.stranger.get("/openapi.json")).status_code == 401
    assert (await api.viewer.get("/openapi.json")).status_code == 200


def test_every_route_that_changes_something_writes_to_the_audit_log() -> None:
    for router in ROUTERS:
        for route in router.routes:
            methods: set[str] = getattr(route, "methods", None) or set()
            path: str = getattr(route, "path", "")
            for method in methods - {"GET", "HEAD", "OPTIONS"}:
                if (method.lower(), path) in UNAUDITED:
                    continue
                names = route.endpoint.__code__.co_names  # type: ignore[attr-defined]
                assert "audit" in names, f"{method} {path} does not call audit()"


def test_no_route_and_nothing_that_one_depends_on_is_a_plain_function() -> None:
    """FastAPI runs those in a thread: a trip that takes longer than most of them do."""
    parts = [route.dependant for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    plain = set()
    for part in parts:  # grows while it is walked
        parts.extend(part.dependencies)
        if not any(map(inspect.iscoroutinefunction, (part.call, getattr(part.call, "__call__", None)))):  # noqa: B004
            plain.add(part.call)
    assert len(parts) > 300
    assert not plain

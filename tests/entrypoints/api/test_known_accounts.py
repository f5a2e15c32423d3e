"""A list of an account that nobody knows is a mistake, no account without offers; lists name offers by their SKU."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from emagsync.entrypoints.api.known_accounts import LOOKED_FOR_ELSEWHERE
from emagsync.rest.openapi import operations
from offers.offer_rows import offer, store
from support.api import Api
from support.document import openapi_document

pytestmark = pytest.mark.databases("both")


def lists_of_accounts() -> Iterator[tuple[str, str]]:
    """Address and name of the parameter, of every reading operation that takes an account."""
    for path, method, operation in operations(openapi_document()):
        for item in operation.get("parameters", []):
            if method == "get" and item["in"] == "query" and item["name"] in ("account", "account_type"):
                yield re.sub(r"{facet}", "brand", path), item["name"]


@pytest.mark.databases("both", often="sqlite")
async def test_an_unknown_account_is_refused_wherever_a_list_takes_one(api: Api) -> None:
    await store(api.state.database, [offer(1)], account="fbe")
    asked = list(lists_of_accounts())
    assert len(asked) > 15
    for path, name in asked:
        if path == "/api/v1/emag/offers":
            continue  # one offer, by a code that is needed too
        answer = await api.viewer.get(path, params={name: "fbee"})
        assert answer.status_code == 422, (path, name, answer.text)
        [error] = answer.json()["errors"]
        assert (error["field"], error["code"], error["values"]) == (name, "unknown_account", {"nearest": "fbe"})
        assert "there are: fbe" in error["message"]
        stranger = await api.stranger.get(path, params={name: "fbee"})
        assert stranger.status_code == 401, (path, name)
        for known in ("fbe", "FBE", "all", "both"):
            answer = await api.viewer.get(path, params={name: known})
            assert answer.status_code == 200, (path, name, known, answer.text)


# Lists whose entries are answered each for itself: an account that nobody knows is told there.
ANSWERED_ONE_BY_ONE = {"keys", "edits"}
# It reads its body itself, row by row.
READ_BY_ITSELF = {"edit_offers_in_bulk"}


def accounts_of_bodies() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Method, address and place of every account in a body."""
    document = openapi_document()
    for path, method, operation in operations(document):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None or operation["operationId"] in {*LOOKED_FOR_ELSEWHERE, *READ_BY_ITSELF}:
            continue
        for place in accounts_in(document, content["schema"], ()):
            if place[0] not in ANSWERED_ONE_BY_ONE:
                yield method, re.sub(r"{\w+}", "1", path), place


def accounts_in(document: dict[str, Any], schema: dict[str, Any], place: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for part in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from accounts_in(document, part, place)
    if "items" in schema:
        yield from accounts_in(document, schema["items"], (*place, "0"))
    for name, part in schema.get("properties", {}).items():
        if name in ("account", "accounts", "account_type"):
            yield (*place, name)
        elif len(place) < 3:
            yield from accounts_in(document, part, (*place, name))


@pytest.mark.databases("both", often="sqlite")
async def test_an_unknown_account_in_a_body_is_refused_wherever_there_is_one(api: Api) -> None:
    await store(api.state.database, [offer(1)], account="fbe")
    asked = {*accounts_of_bodies()}
    assert {("account",), ("rules", "0", "account"), ("filter", "account")} <= {place for _, _, place in asked}
    for method, path in (("post", "/api/v1/webhooks"), ("patch", "/api/v1/webhooks/1")):
        asked.add((method, path, ("changes", "selection", "account")))
    assert len(asked) > 25
    for method, path, place in sorted(asked):
        several = place[-1] == "accounts"
        answer = await api.admin.request(method, path, json=nested(place, ["fbe", "fbee"] if several else "fbee"))
        assert answer.status_code == 422, (path, place, answer.text)
        [error] = answer.json()["errors"]
        field = ".".join((*place, "1") if several else place)
        assert (error["field"], error["code"], error["values"]) == (field, "unknown_account", {"nearest": "fbe"})
        stranger = await api.stranger.request(method, path, json=nested(place, "fbee"))
        assert stranger.status_code == 401, (path, place)
        known = await api.admin.request(method, path, json=nested(place, ["FBE"] if several else "FBE"))
        assert "unknown_account" not in known.text


def nested(place: tuple[str, ...], value: Any) -> Any:
    for name in reversed(place):
        value = [value] if name == "0" else {name: value}
    return value


async def test_an_unknown_account_in_a_saved_filter_is_refused(api: Api) -> None:
    await store(api.state.database, [offer(1)], account="fbe")
    path = "/api/v1/emag/saved-filters"
    answer = await api.viewer.post(path, json={"name": "a", "query": "?stock=0&account=fbee"})
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert (error["field"], error["code"], error["values"]) == ("query", "unknown_account", {"nearest": "fbe"})
    for number, query in enumerate(("account=fbe", "account=all&stock=0", "q=account")):
        saved = await api.viewer.post(path, json={"name": str(number), "query": query})
        assert saved.status_code == 201, saved.text


async def test_lists_and_the_feed_name_offers_by_their_part_number(api: Api) -> None:
    await store(api.state.database, [offer(1, part_number="A/B 1"), offer(2, part_number=None)], account="fbe")
    await store(api.state.database, [offer(1, part_number="null")])
    for account, emag_id in (("fbe", 1), ("fbe", 2), ("main", 1)):
        answer = await api.operator.patch(f"/api/v1/emag/offers/{account}/{emag_id}", json={"stock": 9})
        assert answer.status_code == 200, answer.text
    expected = {("fbe", 1, "A/B 1"), ("fbe", 2, None), ("main", 1, "null")}
    edits = (await api.viewer.get("/api/v1/emag/edits")).json()["edits"]
    feed = (await api.viewer.get("/api/v1/emag/products/changes")).json()["data"]["changes"]
    for listed in (edits, feed):
        assert {(one["account"], one["emag_id"], one["part_number"]) for one in listed} == expected

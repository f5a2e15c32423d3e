"""A list of an account that nobody knows is a mistake, no account without offers; lists name offers by their SKU."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from emagsync.entrypoints.api.schema import openapi_document
from emagsync.rest.openapi import operations
from offers.offer_rows import offer, store
from support.api import Api

pytestmark = pytest.mark.databases("both")


def lists_of_accounts() -> Iterator[tuple[str, str]]:
    """Address and name of the parameter, of every reading operation that takes an account."""
    for path, method, operation in operations(openapi_document()):
        for item in operation.get("parameters", []):
            if method == "get" and item["in"] == "query" and item["name"] in ("account", "account_type"):
                yield re.sub(r"{facet}", "brand", path), item["name"]


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

"""What the OpenAPI document says of `ETag`, `If-None-Match` and 304 is what every route does that reads."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import httpx2

from emagsync.entrypoints.api.schema import openapi_document
from emagsync.rest.openapi import operations
from support.api import Api
from support.editing import EMAG, open_editing
from support.patience import PATIENCE_SECONDS
from support.sourcing import Sourcing

# They answer as long as somebody listens.
ENDLESS = {"/api/v1/events"}
# They are about a person who has logged in, and a run that was preceded by a dry one.
REFUSED = {
    "/api/v1/auth/sessions": 403,
    "/api/v1/auth/second-factor": 403,
    f"{EMAG}/products/sync/{{any_id}}/preview": 409,
}


def reads() -> dict[str, dict[str, Any]]:
    """The operations that read, by their path."""
    return {path: item for path, method, item in operations(openapi_document()) if method == "get"}


def takes_tag(operation: dict[str, Any]) -> bool:
    return "If-None-Match" in {item["name"] for item in operation.get("parameters", ())}


def test_what_takes_a_tag_answers_one_and_nothing_else_does() -> None:
    for path, operation in reads().items():
        described = {
            takes_tag(operation),
            "ETag" in operation["responses"].get("200", {}).get("headers", {}),
            "304" in operation["responses"],
        }
        assert len(described) == 1, path
    assert sum(map(takes_tag, reads().values())) > 50


async def test_every_read_has_the_tag_that_the_document_promises(tmp_path: Path) -> None:
    folder = tmp_path / "sources"
    folder.mkdir()
    async with open_editing(
        tmp_path,
        sources={"folder": folder},
        webhooks={"allow_private": True},
        edits={"push": "on", "readback_seconds": 0.1},
    ) as editing:
        seeds = await seeded(editing.api, Sourcing(editing, folder))
        wrong = []
        for path, operation in reads().items():
            if path in ENDLESS:
                continue
            address = re.sub(r"{(\w+)}", lambda found, path=path: str(seeds[key_of(path, found[1])]), path)
            query = {"part_number": await part_number(editing.api)} if path == f"{EMAG}/offers" else {}
            first = await editing.api.admin.get(address, params=query)
            assert (path, first.status_code) == (path, REFUSED.get(path, 200)), first.text
            promised = takes_tag(operation) and first.is_success
            if ("etag" in first.headers) != promised or not await holds(editing.api, first):
                wrong.append(path)
        assert wrong == []


async def holds(api: Api, first: httpx2.Response) -> bool:
    """Whether an answer's tag, if it has one, is answered with 304 and itself as long as it holds."""
    tag = first.headers.get("etag")
    if tag is None:
        return True
    again = await api.admin.get(str(first.url), headers={"If-None-Match": tag})
    if again.status_code == 200:
        return again.headers["etag"] != tag  # it is about another moment
    return (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)


async def test_an_edit_answers_the_tag_that_the_document_promises(tmp_path: Path) -> None:
    promised = {
        path
        for path, method, item in operations(openapi_document())
        if method != "get" and "ETag" in item["responses"].get("200", {}).get("headers", {})
    }
    async with open_editing(tmp_path) as editing:
        [row] = await editing.api.rows("SELECT id FROM offers WHERE account = 'main' AND emag_id = 1")
        addresses = {f"{EMAG}/products/products/{{product_id}}": f"{EMAG}/products/products/{row['id']}"}
        addresses |= {f"{EMAG}/offers/{{account}}/{{emag_id}}": f"{EMAG}/offers/main/1"}
        addresses |= {f"{EMAG}/offers": f"{EMAG}/offers?part_number={await part_number(editing.api)}"}
        for number, address in enumerate(addresses.values()):
            answer = await editing.api.operator.patch(address, json={"stock": 20 + number})
            assert (answer.status_code, "etag" in answer.headers) == (200, True), answer.text
    assert promised == addresses.keys()


def key_of(path: str, name: str) -> str:
    """The name of a parameter; where that says nothing, what it is the name of."""
    return name if name != "name" else path.split("/")[-2]


async def seeded(api: Api, sourcing: Sourcing) -> dict[str, Any]:
    """One of each thing that has an address, and what stands for it there."""
    sourcing.write("part_number,stock\nnobody,1\n")
    source = await sourcing.add()
    reading = await sourcing.read(source)
    await sourcing.editing.edit(1, stock=7)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await api.rows("SELECT id FROM pushes"):
            await asyncio.sleep(0.01)
    webhook = await made(api, "/api/v1/webhooks", name="x", url="http://127.0.0.1:9/", events=["completed"])
    delivery = await made(api, f"/api/v1/webhooks/{webhook['id']}/test")
    return {
        "delivery_id": delivery["id"],
        "product_id": (await api.rows("SELECT id FROM offers WHERE emag_id = 1"))[0]["id"],
        "account": "main",
        "emag_id": 1,
        "facet": "brand",
        "any_id": (await api.rows("SELECT id FROM sync_runs"))[0]["id"],
        "change_id": (await made(api, f"{EMAG}/bulk-changes", filter={}, adjust={"sale_price": {"percent": "1"}}))[
            "data"
        ]["id"],
        "preferences": "offer_columns",
        "schedules": (await api.viewer.get("/api/v1/schedules")).json()["schedules"][0]["name"],
        "recipient_id": (await made(api, "/api/v1/notifications/recipients", name="x", address="tgram://1:a/2"))["id"],
        "push_id": (await api.rows("SELECT id FROM pushes"))[0]["id"],
        "source_id": reading["source_id"],
        "reading_id": reading["id"],
        "user_id": (await api.add_user()).id,
        "webhook_id": webhook["id"],
    }


async def part_number(api: Api) -> str:
    [row] = await api.rows("SELECT part_number FROM offers WHERE emag_id = 1")
    return str(row["part_number"])


async def made(api: Api, path: str, **asked: Any) -> dict[str, Any]:
    answer = await api.admin.post(path, json=asked)
    assert answer.is_success, answer.text
    return answer.json()  # type: ignore[no-any-return]

"""The outbox, pushes, the brake and undo over REST, with the pusher that runs in the server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from support.patience import PATIENCE_SECONDS
from support.pushing import tidy
from support.runs import PRODUCTS, Desk, open_desk

pytestmark = pytest.mark.databases("both", often="sqlite")

EMAG = "/api/v1/emag"
QUICK: dict[str, Any] = {"push": "on", "look_seconds": 0.1, "readback_seconds": 1.0, "lease_seconds": 5.0}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path, {"main": 50}, edits=QUICK) as desk:
        tidy(desk.market)
        await desk.sync()
        desk.market.forget()
        yield desk


async def edit(desk: Desk, *edits: dict[str, Any]) -> None:
    body = {"account_type": "main", "edits": list(edits), "confirm": True, "preview": False}
    answer = await desk.api.operator.post(f"{PRODUCTS}/products/bulk-edit", json=body)
    assert answer.status_code == 200, answer.text


async def when(desk: Desk, path: str, holds: Any) -> dict[str, Any]:
    """The answer of a route, as soon as the condition holds of it."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            answer = await desk.api.viewer.get(f"{EMAG}{path}")
            assert answer.status_code == 200, answer.text
            body: dict[str, Any] = answer.json()
            if holds(body):
                return body
            await asyncio.sleep(0.02)


def states(body: dict[str, Any]) -> set[str]:
    return {line["state"] for line in body["lines"]}


async def test_an_edit_leaves_by_itself_and_can_be_undone(desk: Desk) -> None:
    await edit(desk, {"emag_id": 7, "sale_price": "87.0000"})
    body = await when(desk, "/outbox?emag_id=7", lambda body: states(body) == {"applied"})
    [line] = body["lines"]
    assert (line["items"][0]["before"], line["items"][0]["target"]) == ("100.0000", "87.0000")
    assert desk.market.truth()[7]["sale_price"] == "87.0000"
    [push] = (await when(desk, "/pushes", lambda body: body["pushes"][0]["status"] == "completed"))["pushes"]
    assert push["trigger"] == "auto"
    asked = {"push_id": push["id"]}
    preview = await desk.api.operator.post(f"{EMAG}/undo", json=asked)
    assert preview.json()["rows"][0]["put_back"] == "100.0000"
    done = await desk.api.operator.post(f"{EMAG}/undo", json={**asked, "preview": False})
    assert done.status_code == 200, done.text
    await when(desk, "/outbox?emag_id=7", lambda body: len(body["lines"]) == 2 and states(body) == {"applied"})
    assert desk.market.truth()[7]["sale_price"] == "100.0000"
    audit = await desk.api.admin.get("/api/v1/audit")
    assert "edits.undo" in audit.text


async def test_a_price_drop_of_sixty_percent_by_csv_is_stopped_twice(desk: Desk) -> None:
    file = "emag_id;min_sale_price;sale_price\n" + "".join(f"{emag_id};30.00;40.00\n" for emag_id in range(1, 31))

    async def upload(**options: str) -> httpx2.Response:
        files = {"file": ("prices.csv", file.encode(), "text/csv")}
        data = {"account_type": "main", **options}
        return await desk.api.operator.post(f"{PRODUCTS}/products/bulk-edit", files=files, data=data)

    preview = await upload()
    assert preview.status_code == 200, preview.text
    assert "needs_confirmation" in preview.text
    unconfirmed = await upload(preview="false")
    assert unconfirmed.status_code in (409, 422, 428), unconfirmed.text
    kept = await upload(preview="false", confirm="true")
    assert kept.status_code == 200, kept.text
    body = await when(desk, "/holds?state=waiting", lambda body: body["holds"])
    [hold] = body["holds"]
    assert (hold["counts"], hold["most"]) == ({"repriced": 30}, 10)
    assert "offer/save" not in desk.market.account().report.routes
    refused = await desk.api.operator.post(f"{EMAG}/holds/{hold['id']}/refuse")
    assert refused.json()["state"] == "refused"
    await when(desk, "/outbox", lambda body: states(body) == {"rejected"})
    again = await desk.api.operator.post(f"{EMAG}/holds/{hold['id']}/release")
    assert (again.status_code, again.json()["code"]) == (409, "hold_decided")
    assert {row["sale_price"] for row in desk.market.truth().values()} == {"100.0000"}


async def test_what_the_brake_stopped_goes_out_after_a_release(desk: Desk) -> None:
    await edit(desk, *({"emag_id": emag_id, "sale_price": "87.0000"} for emag_id in range(1, 21)))
    body = await when(desk, "/holds?state=waiting", lambda body: body["holds"])
    held = await when(desk, "/outbox?held=true&limit=500", lambda _: True)
    assert sorted(line["emag_id"] for line in held["lines"]) == list(range(1, 21))
    released = await desk.api.operator.post(f"{EMAG}/holds/{body['holds'][0]['id']}/release")
    assert released.status_code == 200, released.text
    await when(desk, "/outbox?limit=500", lambda body: states(body) == {"applied"})
    assert (await when(desk, "/outbox?held=true", lambda _: True))["lines"] == []


async def test_lines_wait_for_a_person_where_the_settings_say_so(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 50}, edits={**QUICK, "push": "approve"}) as desk:
        tidy(desk.market)
        await desk.sync()
        await edit(desk, {"emag_id": 7, "sale_price": "87.0000"}, {"emag_id": 8, "stock": 3})
        body = await when(desk, "/outbox?state=waiting", lambda body: len(body["lines"]) == 2)
        first, second = (line["id"] for line in body["lines"])
        approved = await desk.api.operator.post(f"{EMAG}/outbox/approve", json={"ids": [first]})
        assert approved.json() == {"lines": 1}
        rejected = await desk.api.operator.post(f"{EMAG}/outbox/reject", json={"account_type": "main"})
        assert rejected.json()["lines"] in (1, 2)
        await when(desk, "/outbox", lambda body: not states(body) & {"waiting", "pending", "sending"})
        [line] = [line for line in (await when(desk, "/outbox", bool))["lines"] if line["id"] == second]
        assert line["state"] == "rejected"


async def test_all_that_a_filter_finds_is_approved_at_once_but_for_what_nobody_has_seen(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 150}, edits={**QUICK, "push": "approve"}) as desk:
        tidy(desk.market)
        await desk.sync()
        await edit(desk, *({"emag_id": number, "sale_price": "99.0000"} for number in range(1, 151)))
        seen = await when(desk, "/outbox?limit=100", lambda body: body["undecided"]["waiting"] == 150)
        assert len(seen["lines"]) == 100
        await edit(desk, {"emag_id": 7, "sale_price": "98.0000"})
        changed = "/outbox?emag_id=7"
        await when(desk, changed, lambda body: body["lines"][0]["items"][0]["value"] == "98.0000")

        chosen = {"account_type": "main", "state": ["waiting"], "seen_at": seen["seen_at"]}
        other = await desk.api.operator.post(f"{EMAG}/outbox/approve", json={"filter": {**chosen, "emag_id": 999}})
        assert other.json() == {"lines": 0}
        answer = await desk.api.operator.post(f"{EMAG}/outbox/approve", json={"filter": chosen})
        assert answer.json() == {"lines": 149}
        assert states(await when(desk, changed, bool)) == {"waiting"}
        refused = await desk.api.operator.post(f"{EMAG}/outbox/reject", json={"filter": {"state": ["waiting"]}})
        assert refused.json() == {"lines": 1}
        # A push that began before may put the line back, and drops it then.
        assert "rejected" in states(await when(desk, changed, lambda body: "waiting" not in states(body)))


async def test_lists_go_on_by_cursor(desk: Desk) -> None:
    await edit(desk, *({"emag_id": emag_id, "stock": 3} for emag_id in range(1, 8)))
    await when(desk, "/outbox", lambda body: len(body["lines"]) == 7 and states(body) == {"applied"})
    seen: list[int] = []
    cursor = ""
    while cursor is not None:
        place = {"cursor": cursor} if cursor else {}
        answer = await desk.api.viewer.get(f"{EMAG}/outbox", params={"limit": 3, **place})
        seen += [line["emag_id"] for line in answer.json()["lines"]]
        cursor = answer.json()["next_cursor"]
    assert sorted(seen) == list(range(1, 8))
    first = (await desk.api.viewer.get(f"{EMAG}/pushes", params={"limit": 1})).json()
    assert len(first["pushes"]) == 1
    bad = await desk.api.viewer.get(f"{EMAG}/pushes", params={"cursor": "made-up"})
    assert (bad.status_code, bad.json()["errors"][0]["code"]) == (422, "bad_cursor")


async def test_pushing_an_account_that_is_not_pushed_is_refused_with_what_to_set(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 5}) as desk:
        answer = await desk.api.operator.post(f"{EMAG}/push", json={"account_type": "main"})
        assert (answer.status_code, answer.json()["code"]) == (409, "push_off")
        assert "EMAG_MAIN_PUSH" in answer.json()["detail"]


async def test_only_operators_decide(desk: Desk) -> None:
    for path, body in (
        ("/outbox/approve", {"account_type": "main"}),
        ("/outbox/reject", {"account_type": "main"}),
        ("/push", {"account_type": "main"}),
        ("/holds/1/release", None),
        ("/holds/1/refuse", None),
        ("/undo", {"push_id": "x"}),
    ):
        answer = await desk.api.viewer.post(f"{EMAG}{path}", json=body)
        assert answer.status_code == 403, path


async def test_what_is_not_there_is_said(desk: Desk) -> None:
    for path, body, code in (
        ("/holds/9/release", None, "hold_not_found"),
        ("/undo", {"push_id": "nobody"}, "push_not_found"),
        ("/undo", {"run_id": "nobody"}, "nothing_to_undo"),
        ("/undo", {}, "invalid_request"),
        ("/outbox/approve", {}, "invalid_request"),
        ("/outbox/approve", {"filter": {"state": ["sending"]}}, "invalid_request"),
        ("/outbox/approve", {"filter": {}, "account_type": "main"}, "invalid_request"),
    ):
        answer = await desk.api.operator.post(f"{EMAG}{path}", json=body)
        assert answer.json()["code"] == code, answer.text


async def test_the_outbox_is_not_sent_again_while_nothing_in_it_changes(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 50}, edits={**QUICK, "push": "approve"}) as desk:
        tidy(desk.market)
        await desk.sync()
        await edit(desk, {"emag_id": 7, "sale_price": "99.0000"})
        seen = await when(desk, "/outbox", lambda body: body["undecided"]["waiting"] == 1)
        first = await desk.api.viewer.get(f"{EMAG}/outbox")
        assert first.json()["lines"] == seen["lines"]
        assert first.json()["seen_at"] > seen["seen_at"]
        known = {"If-None-Match": first.headers["etag"]}
        again = await desk.api.viewer.get(f"{EMAG}/outbox", headers=known)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
        other = await desk.api.viewer.get(f"{EMAG}/outbox", params={"state": "applied"}, headers=known)
        assert other.status_code == 200
        await desk.api.operator.post(f"{EMAG}/outbox/reject", json={"ids": [seen["lines"][0]["id"]]})
        changed = await desk.api.viewer.get(f"{EMAG}/outbox", headers=known)
        assert (changed.status_code, states(changed.json())) == (200, {"rejected"})

"""One change to all that a filter finds, worked through in pieces: preview, keeping, what changed since, undo."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from emagsync.edits.bulk_changes.model import WORKING
from support.editing import EMAG, Editing, open_editing

pytestmark = pytest.mark.databases("both", often="sqlite")

CHANGES = f"{EMAG}/bulk-changes"
TENTH_OFF = {"adjust": {"sale_price": {"percent": "-10"}}}


@pytest.fixture
async def editing(tmp_path: Path) -> AsyncIterator[Editing]:
    """Twelve offers, the first five plain, and pieces of two offers."""
    async with open_editing(tmp_path, edits={"bulk_piece": 2}) as opened:
        yield opened


class Changing:
    """The routes of bulk changes. The worker of the server does the work."""

    def __init__(self, editing: Editing) -> None:
        self.editing = editing

    async def post(self, path: str = "", **body: Any) -> httpx2.Response:
        return await self.editing.api.operator.post(f"{CHANGES}{path}", json=body)

    async def begin(self, path: str = "", **body: Any) -> dict[str, Any]:
        """Begins what is asked, and waits until it is worked through."""
        answer = await self.post(path, **body)
        assert answer.status_code == 202, answer.text
        return await self.settled(answer.json()["data"]["id"])

    async def settled(self, change_id: int) -> dict[str, Any]:
        while (found := await self.get(change_id))["state"] in WORKING:
            await self.editing.api.services.bulk_worker.work()
        return found

    async def get(self, change_id: int) -> dict[str, Any]:
        answer = await self.editing.api.viewer.get(f"{CHANGES}/{change_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]  # type: ignore[no-any-return]

    async def rows(self, change_id: int, **query: Any) -> list[dict[str, Any]]:
        """All rows, page by page."""
        found: list[dict[str, Any]] = []
        cursor: dict[str, Any] = {}
        while True:
            answer = await self.editing.api.viewer.get(f"{CHANGES}/{change_id}/rows", params={**query, **cursor})
            assert answer.status_code == 200, answer.text
            found += answer.json()["rows"]
            if answer.json()["next_cursor"] is None:
                return found
            cursor = {"cursor": answer.json()["next_cursor"]}


@pytest.fixture
def changing(editing: Editing) -> Changing:
    return Changing(editing)


def selection(*emag_ids: int) -> dict[str, Any]:
    return {"filter": {"account": "main", "emag_id": list(emag_ids)}}


async def test_everything_found_is_previewed_and_kept_as_one(editing: Editing, changing: Changing) -> None:
    ready = await changing.begin(**selection(1, 2, 3, 4, 5), **TENTH_OFF)
    assert (ready["state"], ready["found"], ready["done"], ready["counts"]["ok"]) == ("ready", 5, 5, 5)
    assert ready["brakes"][0]["counts"] == {"repriced": 5}
    rows = await changing.rows(ready["id"], limit=2)
    assert [(row["emag_id"], row["changes"][0]["old"], row["changes"][0]["new"]) for row in rows] == [
        (emag_id, "100.0000", "90.0000") for emag_id in range(1, 6)
    ]
    assert rows[0]["name"]
    assert rows[0]["outcome"] is None
    assert await editing.edits() == []
    applied = await changing.begin(f"/{ready['id']}/apply")
    assert (applied["state"], applied["kept"], applied["changed_since"], applied["came_since"]) == ("applied", 5, 0, 0)
    edits = await editing.edits(batch_id=applied["batch_id"])
    assert [(edit["emag_id"], edit["value"], edit["source"]) for edit in reversed(edits)] == [
        (emag_id, "90.0000", "bulk") for emag_id in range(1, 6)
    ]
    assert {row["outcome"] for row in await changing.rows(ready["id"])} == {"kept"}
    (entry,) = await editing.api.rows("SELECT * FROM audit_log WHERE action = 'offer.bulk_edit'")
    assert entry["target"] == applied["batch_id"]


async def test_an_empty_filter_finds_every_offer(changing: Changing) -> None:
    ready = await changing.begin(filter={}, set={"handling_time": 3})
    assert (ready["found"], sum(ready["counts"].values())) == (12, 12)


async def test_what_changed_since_the_preview_is_left_and_what_came_is_told_of(
    editing: Editing, changing: Changing
) -> None:
    editing.on_emag(4, stock=3)
    await editing.sync()
    low = {"filter": {"account": "main", "emag_id": [1, 2, 3, 4, 5], "stock_min": 10}}
    ready = await changing.begin(**low, **TENTH_OFF)
    assert ready["found"] == 4
    editing.on_emag(2, sale_price="80.0000")
    editing.on_emag(4, stock=10)
    await editing.sync()
    await editing.edit(5, sale_price="99.0000")
    applied = await changing.begin(f"/{ready['id']}/apply")
    assert (applied["kept"], applied["changed_since"], applied["came_since"]) == (2, 2, 1)
    left = await changing.rows(ready["id"], outcome="changed_since")
    assert [row["emag_id"] for row in left] == [2, 5]
    assert [row["emag_id"] for row in await changing.rows(ready["id"], outcome="kept")] == [1, 3]
    waiting = {(edit["emag_id"], edit["value"]) for edit in await editing.edits()}
    assert waiting == {(1, "90.0000"), (3, "90.0000"), (5, "99.0000")}


async def test_what_cannot_be_kept_stops_it_all_unless_it_is_to_be_skipped(
    editing: Editing, changing: Changing
) -> None:
    editing.on_emag(1, sale_price="11.0000")
    editing.on_emag(2, sale_price="900.0000", recommended_price="1000.0000")
    await editing.sync()
    asked = {**selection(1, 2, 3), "adjust": {"sale_price": {"change": "-95", "decimals": 2}}}
    ready = await changing.begin(**asked)
    assert {name: number for name, number in ready["counts"].items() if number} == {"error": 2, "ok": 1}
    (wrong, _) = await changing.rows(ready["id"], effect="error")
    assert wrong["emag_id"] == 1
    assert wrong["errors"]
    refused = await changing.post(f"/{ready['id']}/apply")
    assert (refused.status_code, refused.json()["code"], refused.json()["wrong"]) == (422, "edit_refused", 2)
    assert (await changing.get(ready["id"]))["state"] == "ready"
    applied = await changing.begin(f"/{ready['id']}/apply", skip_invalid=True)
    assert applied["kept"] == 1
    again = await changing.post(f"/{ready['id']}/apply")
    assert (again.status_code, again.json()["code"]) == (409, "bulk_change_elsewhere")


async def test_what_looks_like_a_mistake_needs_a_yes(editing: Editing, changing: Changing) -> None:
    ready = await changing.begin(**selection(1, 2, 3), adjust={"sale_price": {"percent": "-60"}})
    assert ready["counts"]["needs_confirmation"] == 3
    assert (await changing.post(f"/{ready['id']}/apply")).status_code == 422
    applied = await changing.begin(f"/{ready['id']}/apply", confirm=True)
    assert applied["kept"] == 3
    assert all(edit["confirmed"] for edit in await editing.edits())


async def test_one_amount_is_for_offers_of_one_currency(editing: Editing, changing: Changing) -> None:
    editing.on_emag(2, currency="EUR", sale_price="20.4500", min_sale_price="2.0450", max_sale_price="204.5000")
    await editing.sync()
    answer = await changing.post(**selection(1, 2, 3), set={"sale_price": "99"})
    assert (answer.status_code, answer.json()["code"], answer.json()["currencies"]) == (
        422,
        "currency_needed",
        ["EUR", "RON"],
    )


async def test_a_preview_that_is_discarded_keeps_nothing_and_its_rows_go(editing: Editing, changing: Changing) -> None:
    ready = await changing.begin(**selection(1, 2, 3), **TENTH_OFF)
    assert (await changing.begin(f"/{ready['id']}/stop"))["state"] == "discarded"
    while await editing.api.services.bulk_worker.work():
        pass
    assert await changing.rows(ready["id"]) == []
    assert (await changing.get(ready["id"]))["has_rows"] is False
    assert await editing.edits() == []
    assert (await changing.post(f"/{ready['id']}/apply")).json()["code"] == "bulk_change_elsewhere"


async def test_undoing_takes_back_the_edits_that_wait(editing: Editing, changing: Changing) -> None:
    ready = await changing.begin(**selection(1, 2, 3), **TENTH_OFF)
    applied = await changing.begin(f"/{ready['id']}/apply")
    undo = await changing.begin("/undo", batch_id=applied["batch_id"])
    assert (undo["kind"], undo["found"], undo["counts"]["ok"]) == ("undo", 3, 3)
    (change,) = (await changing.rows(undo["id"]))[0]["changes"]
    assert (change["old"], change["new"]) == ("90.0000", "100.0000")
    undone = await changing.begin(f"/{undo['id']}/apply")
    assert undone["kept"] == 3
    assert await editing.edits() == []
    assert {state for *_, state in await editing.every_edit()} == {"replaced"}


async def test_there_is_nothing_to_see_of_one_that_does_not_exist(changing: Changing) -> None:
    answer = await changing.editing.api.viewer.get(f"{CHANGES}/77")
    assert (answer.status_code, answer.json()["code"]) == (404, "bulk_change_not_found")
    assert (await changing.post("/undo", push_id="no-such-push")).status_code == 404
    nothing = await changing.post("/undo", batch_id="no-such-batch")
    assert (nothing.status_code, nothing.json()["code"]) == (409, "nothing_to_undo")
    assert (await changing.post(filter={}, set={})).status_code == 422
    assert (await changing.editing.api.viewer.post(CHANGES, json={"filter": {}, **TENTH_OFF})).status_code == 403

"""A run that could not read parts of the list names the offers of the copy that were there."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.runs import open_desk

pytestmark = pytest.mark.databases("both", often="sqlite")


async def test_what_of_the_copy_was_in_the_unread_places_is_named_until_it_is_read(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 60}, schedule={"enabled": False}) as desk:
        # The first copy knows no ids of what it could not read: places only.
        desk.market.fault(kind="status", status=500, rows=[31, 33], route="product_offer/read")
        first = await desk.ended((await desk.begin(items_per_page=20))["id"])
        assert first["status"] == "failed"
        assert first["unread_offers"] == {"count": 0, "items": []}
        desk.market.mend()
        whole = await desk.ended((await desk.begin())["id"])
        assert (whole["status"], whole["unread_offers"]) == ("completed", None)
        desk.market.fault(kind="status", status=500, rows=[31, 33], route="product_offer/read")
        failed = await desk.ended((await desk.begin(items_per_page=20))["id"])
        assert failed["status"] == "failed"
        unread = failed["unread_offers"]
        rows = await desk.api.rows(
            "SELECT emag_id, id FROM offers WHERE last_seen_run != :run ORDER BY emag_id", run=failed["id"]
        )
        assert unread["count"] == 3
        assert [(one["emag_id"], one["product_id"]) for one in unread["items"]] == [
            (row["emag_id"], row["id"]) for row in rows
        ]
        assert all(one["name"] for one in unread["items"])
        desk.market.mend()
        await desk.ended((await desk.begin())["id"])
        assert (await desk.run(failed["id"]))["unread_offers"] == {"count": 0, "items": []}

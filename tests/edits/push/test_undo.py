"""Undo: what a push, or a sync's merge, changed is put back by edits like any others."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from emagsync.edits.push.api_schemas import UndoAnswer, UndoRequest
from emagsync.edits.push.errors import NothingToUndo, PushNotFound
from emagsync.edits.push.undo import Undo
from emagsync.edits.service import EditService
from support.pushing import PushDesk, open_push_desk

pytestmark = pytest.mark.databases("both", often="sqlite")


async def undo(desk: PushDesk, **asked: Any) -> UndoAnswer:
    service = EditService(database=desk.local.database, settings=desk.local.settings.edits, clock=desk.clock)
    return await Undo(desk.local.database, service).undo(UndoRequest(**{"preview": False, **asked}), by="ana")


async def test_a_push_is_put_back_and_that_can_be_put_back_again(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path) as desk:
        await desk.edit_many([(7, "sale_price", "87.0000"), (7, "status", "0"), (8, "stock", "15")])
        push = await desk.push()
        shown = await undo(desk, push_id=push.id, preview=True)
        assert (shown.preview, shown.put_back, shown.batch_id) == (True, 3, None)
        assert len(await desk.edits()) == 3
        # Two pieces are sold before it is undone: they stay sold.
        level = [{"warehouse_id": 1, "value": 13}]
        desk.market.change("change", ids=[8], set={"stock": level, "general_stock": 13})
        answer = await undo(desk, push_id=push.id)
        assert (answer.put_back, answer.left) == (3, 0)
        back = await desk.push()
        assert back.counts == {"applied": 2}
        row = desk.market.truth()[7]
        assert (desk.shown(7, "sale_price"), row["status"], desk.shown(8, "stock")) == ("100.0000", 1, "18")
        await undo(desk, push_id=back.id)
        await desk.push()
        assert (desk.shown(7, "sale_price"), desk.shown(8, "stock")) == ("87.0000", "13")
        assert {edit.source for edit in await desk.edits()} == {"api", "undo"}


async def test_what_has_changed_since_is_left_and_said(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path) as desk:
        await desk.edit_many([(7, "sale_price", "90.0000"), (8, "sale_price", "80.0000")])
        push = await desk.push()
        desk.market.change("change", ids=[7], set={"sale_price": "95.0000"})
        await desk.local.completed()
        answer = await undo(desk, push_id=push.id)
        assert [(row.emag_id, row.action, row.reason) for row in answer.rows] == [
            (7, "left", "it has changed since, to 95.0000"),
            (8, "put_back", None),
        ]


async def test_a_time_span_goes_back_to_what_was_before_all_of_it(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path) as desk:
        began = desk.clock.now()
        for price in ("90.0000", "80.0000", "85.0000"):
            await desk.edit_many([(7, "sale_price", price), (8, "sale_price", price)])
            await desk.push()
        shown = await undo(desk, account_type="main", since=began, ids=[7], preview=True)
        assert [(row.emag_id, row.now, row.put_back) for row in shown.rows] == [(7, "85.0000", "100.0000")]
        with pytest.raises(NothingToUndo):
            await undo(desk, account_type="main", since=desk.clock.now() + timedelta(hours=1))
        last = await undo(desk, account_type="main", ids=[8])
        assert [(row.emag_id, row.put_back) for row in last.rows] == [(8, "80.0000")]


async def test_the_merge_of_a_sync_is_put_back(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path) as desk:
        await desk.edit(7, "sale_price", "90.0000")
        desk.market.change("change", ids=[7, 8], set={"sale_price": "130.0000"})
        run = await desk.local.completed()
        assert [edit.state for edit in await desk.edits()] == ["lost"]
        answer = await undo(desk, run_id=run.id)
        # Of 7 the edit that was given up; of 8 what eMAG had before.
        assert [(row.emag_id, row.put_back) for row in answer.rows] == [(7, "90.0000"), (8, "100.0000")]
        await desk.push()
        assert (desk.shown(7, "sale_price"), desk.shown(8, "sale_price")) == ("90.0000", "100.0000")


async def test_a_price_of_before_its_offer_changed_the_currency_is_not_put_back(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path) as desk:
        await desk.edit_many([(7, "sale_price", "90.0000"), (8, "sale_price", "90.0000"), (9, "sale_price", "90.0000")])
        push = await desk.push()
        desk.market.change("change", ids=[7], set={"currency": "EUR", "sale_price": "20.4500"})
        desk.market.change("change", ids=[9], set={"currency": "EUR"})  # the number is the same
        run = await desk.local.completed()
        for asked in ({"push_id": push.id}, {"account_type": "main", "since": push.created_at}):
            answer = await undo(desk, **asked, preview=True)
            assert [(row.emag_id, row.action, row.reason) for row in answer.rows] == [
                (7, "left", "the offer was in RON then and is in EUR now"),
                (8, "put_back", None),
                (9, "left", "the offer was in RON then and is in EUR now"),
            ]
        answer = await undo(desk, run_id=run.id, preview=True)
        assert [(row.emag_id, row.action) for row in answer.rows] == [(7, "left")]


async def test_a_push_that_nobody_knows_cannot_be_undone(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path) as desk:
        with pytest.raises(PushNotFound):
            await undo(desk, push_id="no-such-push")

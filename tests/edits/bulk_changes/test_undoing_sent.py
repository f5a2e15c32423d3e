"""Undoing a bulk change that eMAG has already, in whole or in part: a bulk change itself, worked through in pieces."""

from __future__ import annotations

from pathlib import Path

import pytest

from emagsync.edits.push.outbox import Lines
from emagsync.edits.states import EditState
from support.bulk_changing import BulkDesk
from support.pushing import open_push_desk

pytestmark = pytest.mark.databases("both")


@pytest.mark.databases("both", often="sqlite")
async def test_a_change_that_was_sent_is_put_back_but_for_what_changed_since(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path, 7) as desk:
        bulk = BulkDesk(desk)
        applied = await bulk.kept(await bulk.ask())
        assert (applied.kept, (await desk.push()).counts) == (7, {"applied": 7})
        desk.market.change("change", ids=[3], set={"sale_price": "77.0000"})
        await desk.local.completed()
        undo_id = await bulk.ask_undo(batch_id=applied.batch_id)
        ready = await bulk.settled(undo_id)
        assert (ready.kind, ready.found, ready.counts["ok"], ready.counts["error"]) == ("undo", 7, 6, 1)
        row = {row.emag_id: row for row in await bulk.rows(undo_id)}
        assert [(one.old, one.new) for one in row[1].changes] == [("90.0000", "100.0000")]
        assert [one.code for one in row[3].errors] == ["other_since"]
        await bulk.apply(undo_id)
        assert (await bulk.settled(undo_id)).kept == 6
        assert {edit.source for edit in await desk.edits(batch_id=ready.batch_id)} == {"undo"}
        await desk.push()
        prices = [desk.shown(emag_id, "sale_price") for emag_id in range(1, 8)]
        assert prices == ["100.0000", "100.0000", "77.0000", *["100.0000"] * 4]
        # And that can be undone itself.
        again = await bulk.kept(await bulk.ask_undo(batch_id=ready.batch_id))
        assert again.kept == 6
        await desk.push()
        assert [desk.shown(emag_id, "sale_price") for emag_id in (1, 3, 7)] == ["90.0000", "77.0000", "90.0000"]


async def test_what_was_sent_is_put_back_and_what_waits_is_taken_back(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path, 6, edits={"push": "approve"}) as desk:
        bulk = BulkDesk(desk)
        applied = await bulk.kept(await bulk.ask())
        assert await desk.service.push_account("main", trigger="test") is None
        waiting = [entry.id for entry in await desk.entries()]
        assert await desk.service.approve(Lines(ids=waiting[:3]), by="ana") == 3
        assert (await desk.push()).counts == {"applied": 3}
        undone = await bulk.kept(await bulk.ask_undo(batch_id=applied.batch_id))
        assert undone.kept == 6
        open_now = await desk.edits(states=(EditState.OPEN,))
        assert [(edit.emag_id, edit.value) for edit in open_now] == [(number, "100.0000") for number in (1, 2, 3)]
        assert await desk.service.push_account("main", trigger="test") is None
        assert await desk.service.approve(Lines(account="main"), by="ana") == 3
        await desk.push()
        assert {desk.shown(emag_id, "sale_price") for emag_id in range(1, 7)} == {"100.0000"}


@pytest.mark.databases("both", often="sqlite")
async def test_a_push_that_sent_a_whole_change_is_undone(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path, 5) as desk:
        bulk = BulkDesk(desk)
        await bulk.kept(await bulk.ask())
        push = await desk.push()
        undone = await bulk.kept(await bulk.ask_undo(push_id=push.id))
        assert (undone.found, undone.kept) == (5, 5)
        await desk.push()
        assert {desk.shown(emag_id, "sale_price") for emag_id in range(1, 6)} == {"100.0000"}


async def test_an_edit_that_the_change_had_replaced_does_not_come_back(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path, 3) as desk:
        bulk = BulkDesk(desk)
        await desk.edit(1, "sale_price", "95.0000")
        applied = await bulk.kept(await bulk.ask([1, 2]))
        undo_id = await bulk.ask_undo(batch_id=applied.batch_id)
        await bulk.settled(undo_id)
        shown = {row.emag_id: [(one.old, one.new) for one in row.changes] for row in await bulk.rows(undo_id)}
        assert shown == {1: [("85.5000", "100.0000")], 2: [("90.0000", "100.0000")]}
        await bulk.apply(undo_id)
        await bulk.settled(undo_id)
        assert {edit.state for edit in await desk.edits()} == {"replaced"}
        assert await desk.service.push_account("main", trigger="test") is None

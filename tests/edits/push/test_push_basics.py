"""Pushing, undisturbed: what is edited here is on eMAG soon after, in few requests, and read back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from emagsync.edits.change_request import ChangeRequest
from emagsync.edits.push.endpoints import entry_view
from emagsync.edits.push.errors import PushOff
from emagsync.edits.push.outbox import Lines, OutboxEntry
from emagsync.edits.reasons import Reason, ReasonCode, ReasonView, reason_text, reason_view
from emagsync.edits.service import EditService
from emagsync.edits.states import EditSource, OutboxState
from emagsync.edits.storing import Author
from support.local import until
from support.patience import PATIENCE_SECONDS
from support.pushing import open_push_desk

pytestmark = pytest.mark.databases("both", often="sqlite")


@pytest.mark.databases("both")
async def test_an_edit_reaches_emag_and_the_local_copy_shows_it_at_once(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path) as desk:
        await desk.edit(7, "sale_price", "90.0000")
        push = await desk.push()
        assert (push.status, push.counts) == ("completed", {"applied": 1})
        assert desk.shown(7, "sale_price") == "90.0000"
        assert (await desk.copy(7))["sale_price"] == "90.0000"
        assert [edit.state for edit in await desk.edits()] == ["applied"]
        assert await desk.service.push_account("main", trigger="test") is None


async def test_an_account_is_not_pushed_unless_its_settings_say_so(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path, edits={"push": "off"}) as desk:
        await desk.edit(7, "sale_price", "90.0000")
        with pytest.raises(PushOff, match="EMAG_MAIN_PUSH"):
            await desk.service.push_account("main", trigger="test")
        assert desk.market.requests() == 0


async def test_edits_of_one_offer_go_out_together_and_only_what_changed(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path) as desk:
        await desk.edit_many([(7, "sale_price", "190.0000"), (7, "recommended_price", "250.0000"), (7, "stock", "3")])
        await desk.edit(8, "status", "0")
        push = await desk.push()
        assert push.counts == {"applied": 2}
        assert desk.saves() == 1
        row = desk.market.truth()[7]
        assert (desk.shown(7, "sale_price"), desk.shown(7, "stock"), row["status"]) == ("190.0000", "3", 1)
        assert desk.market.truth()[8]["status"] == 0


async def test_a_price_is_not_sent_to_an_offer_that_has_another_currency_by_now(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path, edits={"fresh_seconds": 0}) as desk:
        await desk.edit_many([(7, "sale_price", "90.0000"), (7, "stock", "3"), (8, "sale_price", "90.0000")])
        desk.market.change("change", ids=[7, 8], set={"currency": "EUR", "sale_price": "20.4500"})
        await desk.push()
        assert (desk.shown(7, "sale_price"), desk.shown(8, "sale_price")) == ("20.4500", "20.4500")
        assert desk.shown(7, "stock") == "3"  # what is no price is sent
        states = {(edit.emag_id, edit.field): edit.state for edit in await desk.edits()}
        assert states == {(7, "sale_price"): "conflict", (7, "stock"): "applied", (8, "sale_price"): "conflict"}


async def test_an_entry_whose_edit_came_into_conflict_says_so_and_is_not_sent(tmp_path: Path) -> None:
    async def enqueued() -> OutboxEntry:
        await desk.enqueue()
        return (await desk.entries())[-1]

    async with open_push_desk(tmp_path, edits={"conflict_strategy": "manual"}) as desk:
        await desk.edit(7, "sale_price", "90.0000")
        assert (await enqueued()).state is OutboxState.WAITING
        desk.market.change("change", ids=[7], set={"sale_price": "120.0000"})
        await desk.local.completed()
        entry = await enqueued()
        assert (entry.state, entry.reason and entry.reason.code) == (OutboxState.DROPPED, ReasonCode.IN_CONFLICT)
        assert desk.saves() == 0


async def test_a_price_of_another_currency_stays_here_also_before_a_merge_has_seen_it(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path) as desk:
        await desk.edit(7, "sale_price", "90.0000")
        async with desk.local.database.transaction() as connection:
            await connection.execute(text("UPDATE local_edits SET currency = 'BGN'"))
        assert await desk.service.push_account("main", trigger="test") is None
        assert (desk.saves(), await desk.entries()) == (0, [])


async def test_a_newer_edit_of_a_line_that_waits_joins_it(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path, edits={"push": "approve"}) as desk:
        await desk.edit(7, "sale_price", "90.0000")
        assert await desk.service.push_account("main", trigger="test") is None
        await desk.edit(7, "sale_price", "91.0000")
        await desk.edit(7, "stock", "4")
        assert await desk.service.push_account("main", trigger="test") is None
        [entry] = await desk.entries()
        assert entry.state == "waiting"
        assert sorted(item.change for item in entry.items) == [
            ("sale_price", 0, "absolute", "91.0000"),
            ("stock", 1, "absolute", "4"),
        ]


async def test_approved_lines_go_out_and_what_is_edited_after_that_waits_again(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path, edits={"push": "approve"}) as desk:
        await desk.edit(7, "sale_price", "90.0000")
        await desk.edit(8, "sale_price", "80.0000")
        await desk.service.push_account("main", trigger="test")
        assert await desk.service.approve(Lines(account="main"), by="ana") == 2
        await desk.edit(8, "sale_price", "81.0000")
        push = await desk.push()
        assert push.counts == {"applied": 1}
        assert (desk.shown(7, "sale_price"), desk.shown(8, "sale_price")) == ("90.0000", "100.0000")
        assert await desk.states() == {7: "applied", 8: "waiting"}


async def test_a_line_that_a_person_refuses_closes_its_edits_with_the_name(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path, edits={"push": "approve"}) as desk:
        await desk.edit(7, "sale_price", "90.0000")
        await desk.service.push_account("main", trigger="test")
        [entry] = await desk.entries()
        assert await desk.service.reject(Lines(ids=[entry.id]), by="ana") == 1
        [edit] = await desk.edits()
        assert (edit.state, edit.reason) == ("rejected", Reason.of(ReasonCode.REFUSED_BY, by="ana"))
        assert desk.saves() == 0


async def test_the_person_who_refused_is_named_exactly_whatever_the_name_looks_like(tmp_path: Path) -> None:
    names = {7: "ana (hold 3)", 8: "seller", 9: "nothing"}
    async with open_push_desk(tmp_path, edits={"push": "approve"}) as desk:
        await desk.edit_many([(emag_id, "sale_price", "90.0000") for emag_id in names])
        await desk.service.push_account("main", trigger="test")
        for entry in await desk.entries():
            await desk.service.reject(Lines(ids=[entry.id]), by=names[entry.emag_id])
        edits = {edit.emag_id: reason_view(edit.reason) for edit in await desk.edits()}
        entries = {entry.emag_id: entry_view(entry) for entry in await desk.entries()}
        expected = {emag_id: ReasonView(code=ReasonCode.REFUSED_BY, values={"by": by}) for emag_id, by in names.items()}
        assert edits == {emag_id: entry.items[0].why for emag_id, entry in entries.items()} == expected
        assert {(entry.reason, entry.why) for entry in entries.values()} == {
            (f"sale_price: refused by {by}", None) for by in names.values()
        }


async def test_stock_goes_before_prices_in_batches_of_fifty(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path, 160) as desk:
        await desk.edit_many([(emag_id, "sale_price", "99.0000") for emag_id in range(1, 61)])
        await desk.edit_many([(emag_id, "stock", "5") for emag_id in range(61, 151)])
        push = await desk.push()
        assert push.counts == {"applied": 150}
        assert desk.saves() == 3
        entries = await desk.entries()
        last_stock = max(entry.sent_at for entry in entries if entry.items[0].field == "stock")
        prices_alone = [entry for entry in entries if entry.sent_at > last_stock]
        assert len(prices_alone) >= 50


async def test_prices_do_not_go_before_differences_of_stock_either(tmp_path: Path) -> None:
    """Differences go in batches of their own; prices once filled up the batch of stock before those."""
    async with open_push_desk(tmp_path) as desk:
        await desk.edit(1, "sale_price", "99.0000")
        await desk.edit(2, "stock", "5")
        await desk.edit_many([(emag_id, "stock", "-1") for emag_id in range(3, 6)], kind="relative")
        assert (await desk.push()).counts == {"applied": 5}
        sent = {
            entry.items[0].field: entry.sent_at
            for entry in sorted(await desk.entries(), key=lambda entry: entry.emag_id)
        }
        assert all(entry.sent_at <= sent["sale_price"] for entry in await desk.entries() if entry.sent_at)
        assert desk.saves() == 3


async def test_many_offers_are_read_back_by_the_page(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path, 300) as desk:
        await desk.edit_many([(emag_id, "stock", "5") for emag_id in range(1, 301)])
        push = await desk.push()
        assert push.counts == {"applied": 300}
        assert (desk.saves(), desk.market.requests()) == (6, 10)
        assert {row["general_stock"] for row in desk.market.truth().values()} == {5}


@pytest.mark.databases("both")
async def test_a_difference_is_added_to_what_emag_has_at_that_moment(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path) as desk:
        await desk.edit_many([(7, "stock", "-3"), (8, "stock", "+10"), (9, "stock", "-50")], kind="relative")
        for emag_id, sold in ((7, 4), (8, 20), (9, 0)):
            left = 20 - sold
            level = [{"warehouse_id": 1, "value": left}]
            desk.market.change("change", ids=[emag_id], set={"stock": level, "general_stock": left})
        push = await desk.push()
        assert push.counts == {"applied": 3}
        assert [desk.shown(emag_id, "stock") for emag_id in (7, 8, 9)] == ["13", "10", "0"]


async def test_an_offer_that_was_not_read_for_a_while_is_read_before_anything_is_sent(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path, edits={"fresh_seconds": 0}) as desk:
        await desk.edit(7, "sale_price", "90.0000")
        await desk.edit(8, "sale_price", "80.0000")
        desk.market.change("change", ids=[7], set={"sale_price": "120.0000"})
        push = await desk.push()
        assert push.counts == {"applied": 1}
        assert desk.shown(7, "sale_price") == "120.0000"
        states = {edit.emag_id: edit.state for edit in await desk.edits()}
        assert states == {7: "lost", 8: "applied"}


async def test_an_edit_of_a_field_that_is_on_its_way_waits_and_is_based_on_what_arrives(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path) as desk:
        await desk.edit(7, "sale_price", "90.0000")
        desk.market.fault(kind="slow", route="offer/save", held=True)
        pushing = asyncio.ensure_future(desk.service.push_account("main", trigger="test"))
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (await desk.states()).get(7) != "sending":
                await asyncio.sleep(0.01)
        await desk.edit(7, "sale_price", "95.0000")
        desk.market.mend()
        push = await pushing
        assert push is not None
        assert desk.saves() == 2
        assert desk.shown(7, "sale_price") == "95.0000"
        assert [(edit.value, edit.state) for edit in await desk.edits()] == [
            ("90.0000", "replaced"),
            ("95.0000", "applied"),
        ]
        assert [entry.items[0].before for entry in await desk.entries()] == ["100.0000", "90.0000"]


async def test_an_edit_that_is_taken_back_while_it_is_on_its_way_is_taken_back_on_emag_too(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path) as desk:
        service = EditService(database=desk.local.database, settings=desk.local.settings.edits, clock=desk.clock)
        author = Author("maria", EditSource.API)
        asked = {"sale_price": "87.0000", "stock_change": 5}
        await service.edit_offer("main", 7, ChangeRequest(asked, confirm=True), author)
        desk.market.fault(kind="slow", route="offer/save", held=True)
        pushing = asyncio.ensure_future(desk.service.push_account("main", trigger="test"))
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (await desk.states()).get(7) != "sending":
                await asyncio.sleep(0.01)
        back = {"sale_price": "100.0000", "stock_change": -5}
        await service.edit_offer("main", 7, ChangeRequest(back, confirm=True), author)
        desk.market.mend()
        await pushing
        assert desk.saves() == 2
        assert (desk.shown(7, "sale_price"), desk.shown(7, "stock")) == ("100.0000", "20")


async def test_a_page_that_was_asked_for_before_a_push_does_not_bring_the_old_value_back(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path, 60) as desk:
        desk.market.fault(kind="slow", pages=[1], held=True)
        run = asyncio.ensure_future(desk.local.completed())
        await until(lambda: "2/50" in desk.market.page_reads())
        await desk.edit(7, "sale_price", "90.0000")
        assert (await desk.push()).counts == {"applied": 1}
        await desk.edit(7, "sale_price", "80.0000")
        desk.market.mend()
        counted = await run
        assert (counted.unchanged, counted.updated) == (60, 0)
        assert (await desk.copy(7))["sale_price"] == "90.0000"
        [sent, waiting] = await desk.edits()
        assert (sent.state, waiting.state, waiting.base) == ("applied", "open", "90.0000")
        changes = await desk.local.rows(
            "SELECT source, new FROM offer_changes WHERE field = 'sale_price' AND emag_id = 7"
        )
        assert changes[-1] == {"source": "push", "new": "90.0000"}


async def test_what_emag_would_refuse_anyway_is_not_sent(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path) as desk:
        await desk.edit(7, "sale_price", "250.0000")
        push = await desk.push()
        assert (push.status, push.counts) == ("partial", {"rejected": 1})
        assert desk.saves() == 0
        [edit] = await desk.edits()
        assert edit.state == "rejected"
        assert "above max_sale_price 200.0000" in (reason_text(edit.reason) or "")


async def test_an_offer_that_emag_does_not_know_any_more_is_told(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path, edits={"fresh_seconds": 0}) as desk:
        await desk.edit(7, "sale_price", "90.0000")
        desk.market.change("remove", ids=[7])
        await desk.service.push_account("main", trigger="test")
        [entry] = await desk.entries()
        assert (entry.state, reason_text(entry.reason)) == ("rejected", "sale_price: eMAG does not know this offer")

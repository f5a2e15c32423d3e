"""Whatever goes wrong between a save and its answer: nothing is sent again unless eMAG, read, shows that it must."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from emagsync.db.errors import DatabaseUnavailable
from emagsync.edits.change_request import ChangeRequest
from emagsync.edits.push import outbox
from emagsync.edits.push.endpoints import entry_view
from emagsync.edits.push.outbox import Answer, Event, OutboxEntry
from emagsync.edits.push.writer import PushWriter
from emagsync.edits.reasons import Reason, reason_text
from emagsync.edits.service import EditService
from emagsync.edits.states import EditSource
from emagsync.edits.storing import Author
from emagsync.marketplace import Budget
from emagsync.marketplace.budget.redis_store import RedisConnection, RedisStore
from emagsync.sandbox import resources
from emagsync.sandbox.answers import Answer as SandboxAnswer
from emagsync.sandbox.request import ApiRequest
from support.clocks import ForwardClock
from support.databases import rows
from support.local import until
from support.patience import PATIENCE_SECONDS
from support.pushing import PushDesk, open_push_desk
from support.servers import RedisServer

pytestmark = pytest.mark.databases("both", often="sqlite")

# eMAG says that it has taken the changes of offer 7.
TAKEN = '{"isError": false, "messages": [], "errors": [], "results": {"7": {"isError": false, "messages": []}}}'
LOST_ANSWERS: tuple[dict[str, Any], ...] = (
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 503},
    {"kind": "html"},
    {"kind": "empty"},
    {"kind": "reset"},
    {"kind": "timeout", "delay_ms": 50},
)


CASES = [(fault, taken) for fault in LOST_ANSWERS for taken in (True, False)]
CASES += [({"kind": kind}, True) for kind in ("missing_is_error", "truncated")]  # the answer is spoilt, never the save


@pytest.mark.often(first=3)
@pytest.mark.databases("both", first=2, often="sqlite")
@pytest.mark.parametrize(("fault", "applied"), CASES)
async def test_after_an_answer_that_was_lost_only_the_difference_is_sent(
    tmp_path: Path, fault: dict[str, Any], applied: bool
) -> None:
    async with open_push_desk(tmp_path) as desk:
        await desk.edit_many([(7, "stock", "-3"), (8, "stock", "-3")], kind="relative")
        await desk.edit_many([(emag_id, "sale_price", "90.0000") for emag_id in range(9, 15)])
        desk.market.fault(**fault, route="offer/save", times=1, after_handling=applied)
        push = await desk.push()
        assert push.counts == {"applied": 8}
        assert [desk.shown(emag_id, "stock") for emag_id in (7, 8)] == ["17", "17"]
        assert {desk.shown(emag_id, "sale_price") for emag_id in range(9, 15)} == {"90.0000"}
        # The batch of differences, and the one of prices; again only what was not taken.
        assert desk.saves() == (2 if applied else 3)
        assert {edit.state for edit in await desk.edits()} == {"applied"}


async def test_a_refused_offer_keeps_emags_words_and_costs_the_others_nothing(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path, edits={"readback_seconds": 20}) as desk:
        await desk.edit_many([(emag_id, "sale_price", "110.0000") for emag_id in range(1, 51)])
        for guilty in (13, 37):
            desk.market.change("change", ids=[guilty], set={"max_sale_price": "105.0000"})
        reads = desk.reads()
        push = await desk.push()
        assert (push.status, push.counts) == ("partial", {"applied": 48, "rejected": 2})
        rejected = {edit.emag_id: edit.reason for edit in await desk.edits() if edit.state == "rejected"}
        assert sorted(rejected) == [13, 37]
        for reason in rejected.values():
            assert reason is not None
            assert (reason.code, reason.values["advice"]) == ("refused_by_emag", "price_limits")
        # One save for all, and the list once: nothing is halved, and the refused ones are not read by themselves.
        assert (desk.saves(), desk.reads() - reads) == (1, 2)
        assert desk.shown(12, "sale_price") == "110.0000"
        assert desk.shown(13, "sale_price") == "100.0000"


@pytest.mark.parametrize("form", ["object", "list"])
async def test_a_batch_with_every_kind_of_verdict(tmp_path: Path, form: str) -> None:
    async with open_push_desk(tmp_path) as desk:
        desk.market.set(save_results=form)
        await desk.edit_many([(emag_id, "sale_price", "110.0000") for emag_id in range(1, 9)])
        desk.market.save_rule(ids=[1], verdict="taken", messages=["Price is far from that of others", "Look again"])
        desk.market.save_rule(ids=[2], messages=["Computer says no", {"field": "sale_price", "message": "too high"}])
        desk.market.save_rule(ids=[3], messages=[])
        desk.market.save_rule(ids=[4], verdict="missing", times=1)
        desk.market.save_rule(ids=[5], verdict="missing", applied=True)
        desk.market.save_rule(ids=[6], verdict="taken", as_id=999_999)
        desk.market.start_campaign(7)
        with capture_logs() as logs:
            push = await desk.push()
        told_in_log = {(line["event"], line.get("emag_id")): line.get("reason", "") for line in logs}
        assert "Computer says no; sale_price: too high" in told_in_log["offer_refused", 2]
        assert "stock in site" in told_in_log["offer_waits_for_campaign", 7]
        assert ("offers_not_in_answer", None) in told_in_log
        [ended] = [line for line in logs if line["event"] == "push_ended"]
        assert ended["not_applied"] == {"rejected": [2, 3], "pending": [7]}
        assert (push.status, push.counts) == ("partial", {"applied": 5, "pending": 1, "rejected": 2})
        states = await desk.states()
        assert {emag_id for emag_id, state in states.items() if state == "rejected"} == {2, 3}
        told = {edit.emag_id: (str(edit.state), edit.reason) for edit in await desk.edits()}
        assert told[2] == ("rejected", Reason.refusal(["Computer says no", "sale_price: too high"]))
        assert told[3] == ("rejected", Reason.refusal([]))
        remarks = {edit.emag_id: edit.remarks for edit in await desk.edits() if edit.remarks is not None}
        assert remarks[1] == "Price is far from that of others; Look again"
        [line] = [line for line in await desk.entries() if line.emag_id == 1]
        assert entry_view(line).items[0].remarks == remarks[1]
        assert not remarks.keys() & {2, 3, 7}
        state, reason = told[7]
        assert (state, reason and reason.code) == ("open", "waits_for_campaign")
        for emag_id, state in states.items():
            shown = "110.0000" if state == "applied" else "100.0000"
            assert desk.shown(emag_id, "sale_price") == shown, emag_id
        # The batch, and once more what was neither mentioned nor made.
        assert desk.saves() == 2


async def test_an_offer_in_a_campaign_is_sent_again_when_the_campaign_is_over(tmp_path: Path) -> None:
    clock = ForwardClock()
    async with open_push_desk(tmp_path, clock=clock) as desk:
        await desk.edit(7, "stock", "-3", kind="relative")
        desk.market.start_campaign(7)
        assert (await desk.push()).counts == {"pending": 1}
        # Nothing is due, and nothing is asked, before the wait is over.
        assert not await desk.service.is_due("main")
        assert await desk.service.push_account("main", trigger="test") is None
        for saves in (2, 3):
            clock.forward(seconds=3600)
            assert await desk.service.is_due("main")
            assert (await desk.push()).counts == {"pending": 1}
            assert desk.saves() == saves
        desk.market.end_campaign(7)
        desk.market.change("change", ids=[7], set={"stock": [{"warehouse_id": 1, "value": 12}], "general_stock": 12})
        clock.forward(seconds=3600)
        assert (await desk.push()).counts == {"applied": 1}
        assert desk.shown(7, "stock") == "9"
        [edit] = await desk.edits()
        assert (edit.state, edit.reason) == ("applied", None)


async def test_the_end_of_a_campaigns_wait_does_not_wake_an_account_that_the_brake_holds(tmp_path: Path) -> None:
    """Else a push would be started, and stopped by the brake, every few seconds."""
    clock = ForwardClock()
    async with open_push_desk(tmp_path, clock=clock, edits={"brake_offers": 1}) as desk:
        desk.market.start_campaign(7)
        await desk.edit(7, "sale_price", "90.0000")
        assert (await desk.push()).counts == {"pending": 1}
        await desk.edit_many([(8, "sale_price", "90.0000"), (9, "sale_price", "90.0000")])
        assert (await desk.push()).status == "held"
        clock.forward(seconds=3600)
        assert not await desk.service.is_due("main")
        [hold] = await desk.holds()
        await desk.service.release_hold(hold.id, by="ana")
        assert await desk.service.is_due("main")


async def withdrawn_in_a_campaign(desk: PushDesk) -> int:
    """The id of an edit of offer 7 that waited for the end of a campaign when it was withdrawn."""
    await desk.edit(7, "sale_price", "90.0000")
    desk.market.start_campaign(7)
    await desk.push()
    [edit] = await desk.edits()
    service = EditService(database=desk.local.database, settings=desk.local.settings.edits, clock=desk.clock)
    await service.withdraw(edit.id, "ana")
    return edit.id


async def test_an_edit_that_waits_for_a_campaign_can_be_withdrawn(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path) as desk:
        await withdrawn_in_a_campaign(desk)
        await desk.service.push_account("main", trigger="test")
        assert (await desk.states(), desk.saves()) == ({7: "dropped"}, 1)


async def test_a_new_edit_of_an_offer_that_waits_for_a_campaign_says_that_it_waits_too(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path) as desk:
        withdrawn = await withdrawn_in_a_campaign(desk)
        await desk.edit(7, "sale_price", "85.0000")
        await desk.service.push_account("main", trigger="test")
        [told] = [(str(one.state), one.reason and one.reason.code) for one in await desk.edits() if one.id != withdrawn]
        assert (told, desk.saves()) == (("open", "waits_for_campaign"), 1)


async def test_a_batch_that_is_refused_as_a_whole_is_halved_until_the_guilty_offers_are_alone(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path, 120) as desk:
        await desk.edit_many([(emag_id, "sale_price", "110.0000") for emag_id in range(1, 51)])
        desk.market.save_rule(ids=[13, 37], verdict="whole_call", messages=["Invalid data"])
        push = await desk.push()
        assert (push.status, push.counts) == ("partial", {"applied": 48, "rejected": 2})
        rejected = {edit.emag_id: edit.reason for edit in await desk.edits() if edit.state == "rejected"}
        assert rejected == dict.fromkeys((13, 37), Reason.refusal(["Invalid data"]))
        assert desk.saves() < 30
        assert desk.shown(12, "sale_price") == "110.0000"
        assert desk.shown(13, "sale_price") == "100.0000"


@pytest.mark.parametrize("status", [200, 400])
async def test_a_refusal_of_the_whole_that_names_one_offer_at_a_time_costs_the_others_nothing(
    tmp_path: Path, status: int
) -> None:
    guilty = (3, 8, 9, 13, 20, 31, 37)
    async with open_push_desk(tmp_path, 120, edits={"readback_seconds": 20}) as desk:
        await desk.edit_many([(emag_id, "sale_price", "110.0000") for emag_id in range(1, 41)])
        await desk.edit_many([(41, "stock", "-3"), (42, "stock", "-3")], kind="relative")
        desk.market.set(refused_save_status=status)
        words = {emag_id: f"Product id: {emag_id} price refused" for emag_id in guilty}
        for emag_id in guilty:
            desk.market.save_rule(ids=[emag_id], verdict="whole_call", messages=[words[emag_id]])
        push = await desk.push()
        assert (push.status, push.counts) == ("partial", {"applied": 42 - len(guilty), "rejected": len(guilty)})
        rejected = {edit.emag_id: edit.reason for edit in await desk.edits() if edit.state == "rejected"}
        assert rejected == {emag_id: Reason.refusal([words[emag_id]]) for emag_id in guilty}
        assert [desk.shown(emag_id, "stock") for emag_id in (41, 42)] == ["17", "17"]
        # One for the differences, and each refusal costs one more.
        assert desk.saves() == 2 + len(guilty)
        assert {line.attempts for line in await desk.entries()} == {1}


async def test_a_campaign_that_refuses_a_whole_save_lets_only_its_offer_wait(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path) as desk:
        await desk.edit_many([(emag_id, "sale_price", "110.0000") for emag_id in range(1, 5)])
        desk.market.save_rule(ids=[3], verdict="whole_call", messages=["stock in site"])
        assert (await desk.push()).counts == {"applied": 3, "pending": 1}


async def test_a_refusal_that_passes_costs_nothing_but_requests(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path) as desk:
        await desk.edit_many([(emag_id, "sale_price", "90.0000") for emag_id in range(1, 41)])
        desk.market.fault(kind="is_error", route="offer/save", times=2)
        push = await desk.push()
        assert push.counts == {"applied": 40}


async def test_what_emag_refuses_in_words_and_took_all_the_same_is_applied(tmp_path: Path) -> None:
    """What eMAG says about a write is not believed before the offer was read back, a refusal no more than a yes."""
    async with open_push_desk(tmp_path) as desk:
        await desk.edit_many([(7, "stock", "-3"), (8, "stock", "-3")], kind="relative")
        message = "Documentation: the main image is too small"
        desk.market.fault(kind="is_error", route="offer/save", message=message, after_handling=True)
        assert (await desk.push()).counts == {"applied": 2}
        assert [desk.shown(emag_id, "stock") for emag_id in (7, 8)] == ["17", "17"]
        assert {edit.state for edit in await desk.edits()} == {"applied"}
        assert (await desk.copy(7))["stock"] == "17"


async def test_a_refusal_after_which_the_offer_cannot_be_read_is_not_believed_yet(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path) as desk:
        await desk.edit(7, "stock", "-3", kind="relative")
        desk.market.fault(kind="is_error", route="offer/save", times=1, after_handling=True)
        desk.market.fault(kind="status", status=500, route="product_offer/read", lookup=True, after=1, times=5)
        assert (await desk.push()).counts == {"applied": 1}
        assert (desk.shown(7, "stock"), desk.saves()) == ("17", 1)


async def test_a_push_that_ends_before_it_has_noted_an_unverified_refusal_does_not_take_it_for_a_yes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted = PushWriter.answered

    async def lost(writer: PushWriter, entries: Sequence[OutboxEntry], answer: Answer) -> None:
        if answer.event is Event.NO_ANSWER:
            raise DatabaseUnavailable("away")
        await noted(writer, entries, answer)

    monkeypatch.setattr(outbox, "UNREADABLE_SECONDS", 0.0)
    async with open_push_desk(tmp_path) as desk:
        await desk.edit(7, "sale_price", "90.0000")
        desk.market.fault(kind="is_error", route="offer/save", times=1)
        desk.market.fault(kind="status", status=500, route="product_offer/read", lookup=True, times=5)
        with monkeypatch.context() as patched:
            patched.setattr(PushWriter, "answered", lost)
            assert (await desk.push()).status == "failed"
        desk.market.change("change", ids=[7], set={"sale_price": "120.0000"})
        await desk.push()
        [edit] = await desk.edits()
        assert (edit.state, await desk.states()) == ("lost", {7: "dropped"})
        assert (desk.shown(7, "sale_price"), desk.saves()) == ("120.0000", 1)


async def test_a_stock_that_changed_while_the_answer_was_lost_is_not_sent_again(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path) as desk:
        await desk.edit(7, "stock", "-3", kind="relative")
        desk.market.fault(kind="status", route="offer/save", times=1, after_handling=True, held=True)
        pushing = asyncio.ensure_future(desk.push())
        async with asyncio.timeout(PATIENCE_SECONDS):
            while desk.shown(7, "stock") == "20":
                await asyncio.sleep(0.005)
        # Four pieces are sold between the save and the reading back.
        level = [{"warehouse_id": 1, "value": 13}]
        desk.market.change("change", ids=[7], set={"stock": level, "general_stock": 13})
        desk.market.mend()
        push = await pushing
        assert push.counts == {"rejected": 1}
        assert (desk.shown(7, "stock"), desk.saves()) == ("13", 1)
        [edit] = await desk.edits()
        assert edit.state == "rejected"
        assert "it shows 13, and had 20 before" in (reason_text(edit.reason) or "")


async def test_an_answer_that_a_run_overtook_does_not_take_the_newer_ones_place(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path, edits={"fresh_seconds": 0}) as desk:
        await desk.edit(7, "handling_time", "3")
        desk.market.fault(
            kind="slow", route="product_offer/read", lookup=True, times=1, after_handling=True, held=True, delay_ms=1
        )
        pushing = asyncio.ensure_future(desk.push())
        await until(lambda: desk.reads() == 1)
        desk.market.change("change", ids=[7], set={"sale_price": "120.0000"})
        await desk.local.completed()
        desk.market.mend()
        assert (await pushing).counts == {"applied": 1}
        assert (await desk.copy(7))["sale_price"] == "120.0000"
        told = rows(
            desk.local.database, "SELECT old, new FROM offer_changes WHERE emag_id = 7 AND field = 'sale_price'"
        )
        assert [tuple(change.values()) for change in told] == [("100.0000", "120.0000")]


async def test_a_price_that_emag_changed_while_the_answer_was_lost_goes_to_the_merge(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path) as desk:
        await desk.edit(7, "sale_price", "90.0000")
        desk.market.fault(kind="status", route="offer/save", times=1, held=True)
        pushing = asyncio.ensure_future(desk.push())
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not desk.saves():
                await asyncio.sleep(0.005)
        desk.market.change("change", ids=[7], set={"sale_price": "120.0000"})
        desk.market.mend()
        push = await pushing
        assert push.counts == {"dropped": 1}
        assert desk.shown(7, "sale_price") == "120.0000"
        [edit] = await desk.edits()
        assert (edit.state, edit.closed_value) == ("lost", "120.0000")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"status": 200, "body": TAKEN}, id="taken"),
        pytest.param({"status": 200, "body": TAKEN.replace('"7"', '"8"')}, id="not mentioned"),
        pytest.param({"status": 502}, id="lost"),
    ],
)
async def test_what_emag_shows_only_after_a_moment_is_waited_for_and_not_sent_again(
    tmp_path: Path, answer: dict[str, Any]
) -> None:
    """After an answer that was lost the change was sent five times within seconds, and called rejected."""
    async with open_push_desk(tmp_path, edits={"readback_seconds": 20}) as desk:
        await desk.edit(7, "sale_price", "90.0000")
        # Whatever eMAG says, it took the change, and shows it half a second later.
        desk.market.fault(kind="status", route="offer/save", times=1, **answer)
        pushing = asyncio.ensure_future(desk.push())
        async with asyncio.timeout(PATIENCE_SECONDS):
            while desk.market.account().report.routes["product_offer/read"] < 2:
                await asyncio.sleep(0.01)
        desk.market.change("change", ids=[7], set={"sale_price": "90.0000"})
        push = await pushing
        assert (push.counts, desk.saves()) == ({"applied": 1}, 1)


async def test_a_difference_is_taken_off_a_later_edit_once_however_often_the_offer_is_read(tmp_path: Path) -> None:
    """Each reading of an offer that showed the stock, and not yet the price, once took it off again."""
    async with open_push_desk(tmp_path, edits={"readback_seconds": 20}) as desk:
        service = EditService(database=desk.local.database, settings=desk.local.settings.edits, clock=desk.clock)
        author = Author("maria", EditSource.API)
        asked = {"sale_price": "90.0000", "stock_change": -3}
        await service.edit_offer("main", 7, ChangeRequest(asked, confirm=True), author)
        # eMAG says that it took both; it shows the stock first, and the price later.
        desk.market.fault(kind="status", status=200, route="offer/save", times=1, body=TAKEN)
        pushing = asyncio.ensure_future(desk.push())

        async def when(holds: Callable[[], Awaitable[bool]]) -> None:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not await holds():
                    assert not pushing.done()
                    await asyncio.sleep(0.01)

        async def stock_edits() -> list[str]:
            return [edit.value for edit in await desk.edits() if edit.field == "stock"]

        async def is_accepted() -> bool:
            return bool(desk.saves())

        async def is_taken_off() -> bool:
            return await stock_edits() == ["-3", "-2"]

        await when(is_accepted)
        await service.edit_offer("main", 7, ChangeRequest({"stock_change": -2}, confirm=True), author)
        assert await stock_edits() == ["-3", "-5"]
        level = [{"warehouse_id": 1, "value": 17}]
        desk.market.change("change", ids=[7], set={"stock": level, "general_stock": 17})
        await when(is_taken_off)
        reads = desk.market.account().report.routes["product_offer/read"]

        async def is_read_twice_more() -> bool:
            return desk.market.account().report.routes["product_offer/read"] >= reads + 2

        await when(is_read_twice_more)
        assert await is_taken_off()
        desk.market.change("change", ids=[7], set={"sale_price": "90.0000"})
        await pushing
        assert (desk.shown(7, "stock"), desk.shown(7, "sale_price"), desk.saves()) == ("15", "90.0000", 2)


async def test_a_change_that_emag_takes_and_never_shows_is_tried_a_few_times_and_told(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path, edits={"readback_seconds": 0.3}) as desk:
        await desk.edit(7, "sale_price", "90.0000")
        desk.market.fault(kind="status", status=200, route="offer/save", body=TAKEN)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (await desk.states()).get(7) != "rejected":
                await desk.service.push_account("main", trigger="test")
                await asyncio.sleep(0.02)
        [edit] = await desk.edits()
        assert "eMAG still shows the value from before" in (reason_text(edit.reason) or "")
        assert desk.saves() == 5


@pytest.mark.databases("sqlite")
async def test_a_save_that_takes_emag_too_long_is_sent_again_in_smaller_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole saves of fifty timed out push after push, until their edits were called rejected."""
    honest, sizes = resources.ROUTES["POST", "offer/save"], []

    def save(request: ApiRequest) -> SandboxAnswer:
        sizes.append(len(request.content))
        return honest(request) if len(request.content) <= 5 else SandboxAnswer(b"<html>", 504, "text/html")

    monkeypatch.setitem(resources.ROUTES, ("POST", "offer/save"), save)
    async with open_push_desk(tmp_path, 150) as desk:
        await desk.edit_many([(emag_id, "sale_price", "90.0000") for emag_id in range(1, 151)])
        push = await desk.push()
        assert push.counts == {"applied": 150}
        # Three are on their way at once, so that many of each size are tried in vain; the rest goes in threes.
        assert sizes[:3] == [50, 50, 50]
        assert {size for size in sizes[3:] if size > 3} == {12}
        assert 1 <= sizes.count(12) <= 3


@pytest.mark.thorough
async def test_an_account_that_is_down_ends_the_push_and_loses_nothing(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path, 300, edits={"readback_seconds": 0.2}) as desk:
        await desk.edit_many([(emag_id, "sale_price", "90.0000") for emag_id in range(1, 251)])
        desk.market.fault(kind="status", status=503)
        push = await desk.push()
        assert push.status == "failed"
        assert desk.saves() <= 5
        assert {edit.state for edit in await desk.edits()} == {"open"}
        desk.market.mend()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while "uncertain" in (await desk.states()).values() or "pending" in (await desk.states()).values():
                await desk.local.execute("UPDATE outbox SET next_at = NULL WHERE state IN ('uncertain', 'pending')")
                await desk.service.push_account("main", trigger="test")
                await asyncio.sleep(0.05)
        assert set((await desk.states()).values()) == {"applied"}
        assert {desk.shown(emag_id, "sale_price") for emag_id in range(1, 251)} == {"90.0000"}


@pytest.mark.parametrize(("offers", "status"), [(150, "completed"), (400, "failed")])
async def test_a_push_that_lost_every_answer_failed_only_if_something_is_left(
    tmp_path: Path, offers: int, status: str
) -> None:
    async with open_push_desk(tmp_path, offers) as desk:
        await desk.edit_many([(emag_id, "sale_price", "90.0000") for emag_id in range(1, offers + 1)])
        desk.market.fault(kind="status", status=500, route="offer/save", times=3, after_handling=True)
        push = await desk.push()
        assert (push.status, push.error is None) == (status, status == "completed")
        assert {edit.state for edit in await desk.edits()} == ({"applied"} if offers == 150 else {"applied", "open"})


async def test_credentials_that_are_refused_stop_the_push_with_what_to_do(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path) as desk:
        await desk.edit(7, "sale_price", "90.0000")
        desk.market.fault(kind="not_allowed", times=10)
        push = await desk.push()
        assert push.status == "failed"
        assert "credentials" in (push.error or "")
        assert await desk.states() == {7: "pending"}
        assert [edit.state for edit in await desk.edits()] == ["open"]


async def test_a_push_keeps_its_edits_while_requests_cannot_be_counted_and_sends_them_once_when_they_can(
    tmp_path: Path,
) -> None:
    with RedisServer() as redis:
        async with open_push_desk(tmp_path) as desk:
            connection = RedisConnection(redis.url, settle_seconds=0.2)
            budgets = desk.service._registry._budgets
            desk.service._registry.budget("main")
            [key] = budgets
            budgets[key] = Budget(RedisStore(connection, key), patience_seconds=0.5)
            await desk.edit_many([(emag_id, "sale_price", "90.0000") for emag_id in range(1, 6)])
            redis.kill()
            push = await desk.push()
            assert (push.status, push.counts) == ("failed", {"pending": 5})
            assert "requests cannot be counted" in (push.error or "")
            assert (desk.saves(), {edit.state for edit in await desk.edits()}) == (0, {"open"})
            redis.start()
            push = await desk.push()
            assert (push.status, push.counts) == ("completed", {"applied": 5})
            assert desk.saves() == 1
            await connection.aclose()

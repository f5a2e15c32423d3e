"""The brake: too much at once stops before anything of it is sent, and waits for a yes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from emagsync.core.settings import EditsSettings
from emagsync.edits.push.brake import alarm_of, brake_limit, check_sync, recalculation_of
from emagsync.edits.push.errors import HoldDecided
from emagsync.edits.push.items import Item
from emagsync.edits.push.schemas import Alarm, Hold
from emagsync.edits.reasons import reason_text
from emagsync.marketplace.platforms import PLATFORMS
from emagsync.offers.tables import offer_changes
from emagsync.webhooks import repository as webhooks
from emagsync.webhooks.events import EventKind
from emagsync.webhooks.schemas import Webhook
from support.pushing import PushDesk, open_push_desk

pytestmark = pytest.mark.databases("both", often="sqlite")

BRAKE: dict[str, Any] = {"brake_percent": 20, "brake_offers": 200}


def item(field: str, value: str, before: str | None, kind: str = "absolute") -> Item:
    return Item(1, field, 0, kind, value, before=before)


@pytest.mark.parametrize(
    ("items", "stock", "alarm"),
    [
        pytest.param([item("sale_price", "9.0000", "10.0000")], 5, Alarm.REPRICED, id="a price"),
        pytest.param([item("stock", "0", "5")], 5, Alarm.ZEROED, id="the only stock"),
        pytest.param([item("stock", "0", "5")], 8, None, id="one of two warehouses"),
        pytest.param([item("stock", "-7", "5", "relative")], 5, Alarm.ZEROED, id="a difference that takes all"),
        pytest.param([item("stock", "-2", "5", "relative")], 5, None, id="a difference"),
        pytest.param([item("stock", "0", "0")], 0, None, id="nothing is left as it was"),
        pytest.param([item("status", "0", "1")], 5, Alarm.DEACTIVATED, id="turned off"),
        pytest.param([item("status", "1", "0")], 5, None, id="turned on"),
        pytest.param([item("recommended_price", "99.0000", "98.0000")], 5, None, id="another price"),
        pytest.param(
            [item("sale_price", "9.0000", "10.0000"), item("status", "0", "1")], 5, Alarm.DEACTIVATED, id="both"
        ),
    ],
)
def test_what_the_brake_counts(items: list[Item], stock: int, alarm: Alarm | None) -> None:
    assert alarm_of(items, stock) is alarm


@pytest.mark.parametrize(("offers", "most"), [(10, 2), (100, 20), (1000, 200), (100_000, 200), (4, 0)])
def test_a_fifth_of_an_account_or_two_hundred_offers_pass(offers: int, most: int) -> None:
    assert brake_limit(EditsSettings(), offers) == most


async def test_too_much_at_once_stops_before_anything_is_sent_and_goes_out_after_a_yes(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path, 100, edits=BRAKE) as desk:
        await desk.edit_many([(emag_id, "sale_price", "90.0000") for emag_id in range(1, 22)])
        push = await desk.push()
        assert (push.status, desk.saves()) == ("held", 0)
        [hold] = await desk.holds()
        assert (hold.kind, hold.reason, hold.counts, hold.most) == ("push", "repriced", {"repriced": 21}, 20)
        again = await desk.push()
        assert (again.status, desk.saves(), len(await desk.holds())) == ("held", 0, 1)
        await desk.service.release_hold(hold.id, by="ana")
        assert (await desk.push()).counts == {"applied": 21}
        with pytest.raises(HoldDecided):
            await desk.service.release_hold(hold.id, by="ana")
        # What was released is not counted again.
        await desk.edit_many([(emag_id, "sale_price", "91.0000") for emag_id in range(30, 50)])
        assert (await desk.push()).counts == {"applied": 20}


async def test_an_offer_counts_once_whatever_is_done_to_it(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path, 10, edits=BRAKE) as desk:
        await desk.edit_many([(1, "sale_price", "90.0000"), (2, "sale_price", "90.0000")])
        assert (await desk.push()).counts == {"applied": 2}
        await desk.edit_many([(1, "status", "0"), (2, "status", "0")])
        assert (await desk.push()).counts == {"applied": 2}
        assert await desk.holds() == []


async def test_portions_do_not_slip_past_it(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path, 100, edits=BRAKE) as desk:
        for portion in range(4):
            first = 1 + 6 * portion
            await desk.edit_many([(emag_id, "status", "0") for emag_id in range(first, first + 6)])
            push = await desk.push()
        assert push.status == "held"
        [hold] = await desk.holds()
        assert hold.counts == {"deactivated": 24}
        assert sum(row["status"] == 0 for row in desk.market.truth().values()) == 18


async def test_a_no_closes_what_was_counted_and_lets_the_rest_go(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path, 100, edits=BRAKE) as desk:
        await desk.edit_many([(emag_id, "stock", "0") for emag_id in range(1, 41)])
        await desk.edit(50, "stock", "7")
        await desk.push()
        [hold] = await desk.holds()
        await desk.service.refuse_hold(hold.id, by="ana")
        push = await desk.push()
        assert push.counts == {"applied": 1}
        assert desk.shown(1, "stock") == "20"
        refused = [edit for edit in await desk.edits() if edit.state == "rejected"]
        assert len(refused) == 40
        assert {reason_text(edit.reason) for edit in refused} == {f"refused by ana (hold {hold.id})"}


async def test_plain_stock_changes_are_not_counted(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path, 100, edits=BRAKE) as desk:
        await desk.edit_many([(emag_id, "stock", "3") for emag_id in range(1, 101)])
        assert (await desk.push()).counts == {"applied": 100}


async def test_a_sync_that_finds_too_much_changed_copies_it_and_holds_the_accounts_edits(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path, 100, edits={**BRAKE, "conflict_strategy": "local_priority"}) as desk:
        await desk.edit(1, "sale_price", "90.0000")
        desk.market.change("change", ids=list(range(1, 31)), set={"sale_price": "60.0000"})
        run = await desk.local.completed()
        assert (await desk.copy(2))["sale_price"] == "60.0000"
        [hold] = await desk.holds()
        assert (hold.kind, hold.source_id, hold.counts["repriced"]) == ("sync", run.id, 30)
        push = await desk.push()
        assert (push.status, desk.saves()) == ("held", 0)
        await desk.service.refuse_hold(hold.id, by="ana")
        assert (await desk.push()).status == "held"
        await desk.service.release_hold(hold.id, by="ana")
        await desk.local.completed()
        assert len(await desk.holds()) == 1


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("platform", "since", "now", "times"),
    [
        pytest.param("emag-ro", "2026-11-30 08:00", "2026-12-02 09:00", [("11-30 22:00", "12-03 22:00")], id="begun"),
        pytest.param("emag-hu", "2026-11-30 08:00", "2026-12-02 09:00", [("11-30 23:00", "12-03 23:00")], id="its own"),
        pytest.param("emag-bg", "2026-07-02 08:00", "2026-07-20 09:00", [("06-30 21:00", "07-03 21:00")], id="summer"),
        pytest.param(
            "emag-ro",
            "2026-10-31 21:59",
            "2026-12-01 09:00",
            [("10-31 22:00", "11-03 22:00"), ("11-30 22:00", "12-03 22:00")],
            id="several",
        ),
    ],
)
def test_emag_recalculates_on_the_first_three_days_there(
    platform: str, since: str, now: str, times: list[tuple[str, str]]
) -> None:
    found = recalculation_of(PLATFORMS[platform], moment(since), moment(now))
    assert list(found.times) == [(moment(f"2026-{begin}"), moment(f"2026-{end}")) for begin, end in times]


@pytest.mark.often(first=2)
@pytest.mark.parametrize(
    ("seen", "kept_in", "counts"),
    [
        pytest.param("2026-12-01 00:30", "EUR", None, id="the-first-day"),
        pytest.param("2026-12-03 21:30", "eur", None, id="the-third-day"),
        pytest.param("2026-12-03 22:30", "EUR", {"repriced": 31}, id="the-fourth-day"),
        pytest.param("2026-12-01 00:30", "RON", {"repriced": 31}, id="its-own-currency"),
        pytest.param("2026-12-01 00:30", None, {"repriced": 31}, id="no-other-currency"),
    ],
)
async def test_prices_that_emag_recalculates_at_the_start_of_a_month_are_not_counted(
    tmp_path: Path, seen: str, kept_in: str | None, counts: dict[str, int] | None
) -> None:
    async with open_push_desk(tmp_path, 100, edits={**BRAKE, "push": "off"}) as desk:
        desk.market.change("change", ids=list(range(1, 31)), set={"currency_type": kept_in})
        await desk.local.completed()
        desk.market.change("change", ids=list(range(1, 32)), set={"sale_price": "60.0000"})
        await desk.local.completed()
        hold = await checked_at(desk, moment(seen))
        assert (hold and {alarm: n for alarm, n in hold.counts.items() if n}) == counts


async def test_a_hold_says_how_many_recalculated_prices_it_left_out(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path, 100, edits={**BRAKE, "push": "off"}) as desk:
        desk.market.change("change", ids=list(range(1, 31)), set={"currency_type": "EUR"})
        await desk.local.completed()
        desk.market.change("change", ids=list(range(1, 100)), set={"sale_price": "60.0000"})
        await desk.local.completed()
        hold = await checked_at(desk, moment("2026-12-01 09:00"))
        assert hold is not None
        assert (hold.reason, hold.counts["repriced"], hold.counts["recalculated"]) == ("repriced", 69, 30)


async def test_an_offer_that_changes_its_currency_is_not_repriced(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path, 100, edits={**BRAKE, "push": "off"}) as desk:
        desk.market.change("change", ids=list(range(1, 100)), set={"sale_price": "51.1300", "currency": "EUR"})
        await desk.local.completed()
        assert await checked_at(desk, moment("2026-11-20 09:00")) is None


async def checked_at(desk: PushDesk, seen: datetime) -> Hold | None:
    """The hold of a run that ends when its changes were seen."""
    async with desk.local.database.transaction() as connection:
        await connection.execute(update(offer_changes).where(offer_changes.c.field != "lifecycle").values(at=seen))
        return await check_sync(
            connection,
            "main",
            run_id="run",
            platform=PLATFORMS["emag-ro"],
            since=seen - timedelta(hours=1),
            settings=desk.local.settings.edits,
            now=seen,
        )


@pytest.mark.parametrize("edited", [True, False])
async def test_where_nothing_is_sent_a_sync_holds_only_accounts_whose_edits_wait(tmp_path: Path, edited: bool) -> None:
    async with open_push_desk(tmp_path, 100, edits={**BRAKE, "push": "off"}) as desk:
        if edited:
            await desk.edit(99, "sale_price", "90.0000")
        desk.market.change("change", ids=list(range(1, 31)), set={"sale_price": "60.0000"})
        await desk.local.completed()
        assert [hold.kind for hold in await desk.holds()] == (["sync"] if edited else [])
        desk.market.change("change", ids=[99], set={"sale_price": "60.0000"})
        await desk.local.completed()
        assert [edit.state for edit in await desk.edits()] == (["open"] if edited else [])


async def test_what_we_pushed_ourselves_does_not_make_a_sync_hold(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path, 100) as desk:
        await desk.edit_many([(emag_id, "sale_price", "90.0000") for emag_id in range(1, 91)])
        await desk.push()
        await desk.local.completed()
        assert await desk.holds() == []


async def test_a_hold_is_told_to_webhooks(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path, 100, edits=BRAKE) as desk:
        async with desk.local.database.transaction() as connection:
            now = desk.clock.now()
            asked = {"name": "erp", "url": "https://erp.example.com/", "events": (EventKind.HOLD,), "enabled": True}
            webhook = Webhook(id="one", settings=False, created_at=now, updated_at=now, **asked)
            await webhooks.add(connection, webhook, secret_version=1)
        await desk.edit_many([(emag_id, "sale_price", "90.0000") for emag_id in range(1, 22)])
        await desk.push()
        [message] = await desk.local.rows("SELECT event, body FROM webhook_deliveries")
        assert message["event"] == "hold"
        assert json.loads(message["body"])["hold"]["counts"] == {"repriced": 21}

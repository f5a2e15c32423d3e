"""What is told, to whom, when, and how often: from the change log to the message's words. Nothing is sent here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from emagsync.core.settings import Settings
from emagsync.db.engine import Database
from emagsync.deliveries import occurrence_repository
from emagsync.deliveries.dispatcher import Dispatcher, Policy
from emagsync.deliveries.occurrence_repository import OccurrenceKind
from emagsync.deliveries.repository import Message
from emagsync.deliveries.states import AttemptResult, Ending
from emagsync.entrypoints.services.foundation import Foundation
from emagsync.entrypoints.services.notifications import build_notification_service
from emagsync.home.service import HomeService
from emagsync.notifications import repository, scan_repository
from emagsync.notifications.repository import DELIVERIES
from emagsync.notifications.schemas import (
    MailServerRequest,
    Notification,
    Recipient,
    RecipientChange,
    RecipientRequest,
    Rule,
    RuleKind,
)
from emagsync.notifications.service import NotificationService
from emagsync.notifications.teller import QUIET, Teller
from emagsync.notifications.writing import next_daily
from emagsync.offers.records import OfferRecord
from emagsync.sync.certificate.service import Certificates
from emagsync.sync.freshness.schemas import FreshnessReport
from offers.offer_rows import AT, offer, store
from support.clocks import ForwardClock
from support.databases import new_database

pytestmark = pytest.mark.databases("both", often="sqlite")


class Ages:
    """Accounts whose offers are as late as a test says."""

    accounts = ("main",)

    def __init__(self) -> None:
        self.late = 0

    async def report(self, account: str) -> FreshnessReport:
        return FreshnessReport(
            account=account,
            is_default=True,
            targets=(),
            older=self.late,
            excess_seconds=3600.0 if self.late else 0.0,
            needed_requests_per_hour=0,
            scheduled_requests_per_hour=0,
            available_requests_per_hour=0,
            missing_requests_per_hour=0,
            missing_seconds=0,
            can_be_met=True,
        )


@dataclass
class Shop:
    """A database, people who are told, and a clock."""

    database: Database
    service: NotificationService
    clock: ForwardClock
    ages: Ages

    def teller(self) -> Teller:
        home = HomeService(self.database, Certificates(self.database), self.clock)
        return Teller(database=self.database, home=home, ages=self.ages, clock=self.clock, keep_days=30)

    async def add(self, *rules: dict[str, Any], **asked: Any) -> Recipient:
        values = {"name": "Maria", "address": "maria@example.com", "language": "en", "rules": rules, **asked}
        return await self.service.add(RecipientRequest.model_validate(values))

    async def store(self, *records: OfferRecord) -> None:
        await store(self.database, records, at=self.clock.now())

    async def happens(self, what: OccurrenceKind, /, number: int = 1, **detail: Any) -> None:
        async with self.database.transaction() as connection:
            await occurrence_repository.note(
                connection, what, "main", number=number, detail=detail, at=self.clock.now()
            )

    async def told(self, recipient: Recipient) -> list[Notification]:
        """After another look; newest first."""
        await self.teller().look()
        async with self.database.snapshot() as connection:
            return await repository.notifications(connection, recipient.id, limit=100)


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with new_database(tmp_path) as database:
        clock = ForwardClock()
        service, _ = build_notification_service(Foundation(Settings(data_dir=tmp_path), database, clock))
        await service.set_mail_server(MailServerRequest(host="smtp.example.com", sender="shop@example.com"))
        yield Shop(database, service, clock, Ages())


UNSELLABLE = {"sellable": False, "not_sellable": "no_stock"}


REJECTED = {"validation_status": 8, "sellable": False, "not_sellable": "validation_8"}
SOLD_OUT = "1 offer is not for sale any more"
BUTTON = "1 offer lost the Buy Button"
PRICE = "The price of 1 offer changed by more than 10%"
STOCK = "The stock of 1 offer fell below 5"


def price(amount: str, currency: str = "RON") -> dict[str, Any]:
    return {"sale_price": Decimal(amount), "currency": currency}


@pytest.mark.parametrize(
    ("rule", "before", "after", "title"),
    [
        pytest.param("not_sellable", {}, UNSELLABLE, SOLD_OUT, id="unsellable"),
        pytest.param("not_sellable", {}, REJECTED, SOLD_OUT, id="rejected"),
        pytest.param("not_sellable", UNSELLABLE, {}, None, id="for sale again"),
        pytest.param("buy_button", {"buy_button_rank": 1}, {"buy_button_rank": 2}, BUTTON, id="button lost"),
        pytest.param("buy_button", {"buy_button_rank": 1}, {"buy_button_rank": None}, BUTTON, id="button of nobody"),
        pytest.param("buy_button", {"buy_button_rank": 3}, {"buy_button_rank": 2}, None, id="never had it"),
        pytest.param("price 10", price("19.9900"), price("21.9891"), PRICE, id="a little more than 10 percent"),
        pytest.param("price 10", price("19.9900"), price("21.9890"), None, id="exactly 10 percent"),
        pytest.param("price 10", price("100.0000"), price("89.9999"), PRICE, id="cheaper"),
        pytest.param("price 10", price("100.0000"), price("20.0000", "EUR"), None, id="another currency"),
        pytest.param("stock 5", {"stock": 5}, {"stock": 4}, STOCK, id="below"),
        pytest.param("stock 5", {"stock": 6}, {"stock": 5}, None, id="not below"),
        pytest.param("stock 5", {"stock": 4}, {"stock": 3}, None, id="was below before"),
        pytest.param("stock 5 fbe", {"stock": 9}, {"stock": 1}, None, id="another account"),
    ],
)
async def test_each_rule_tells_of_its_changes_and_of_no_other(
    shop: Shop, rule: str, before: dict[str, Any], after: dict[str, Any], title: str | None
) -> None:
    await shop.store(offer(1, **before))
    kind, threshold, account = [*rule.split(), None, None][:3]
    maria = await shop.add({"kind": kind, "threshold": threshold, "account_type": account})
    assert await shop.told(maria) == []  # what was before is no news
    await shop.store(offer(1, **after))
    assert [message.title for message in await shop.told(maria)] == ([f"emagsync: {title}"] if title else [])
    assert len(await shop.told(maria)) == bool(title)  # once


async def test_many_rejected_offers_are_one_message_with_their_number_and_a_link(shop: Shop) -> None:
    await shop.store(*(offer(number) for number in range(1, 31)))
    maria = await shop.add({"kind": "not_sellable"}, language="ro", page_url="https://emagsync.example.com/")
    await shop.store(*(offer(number, **UNSELLABLE) for number in range(1, 31)))
    [message] = await shop.told(maria)
    assert message.title == "emagsync: 30 de oferte nu mai sunt la vânzare"
    assert message.text.count("nu este în stoc") == 10
    assert "... și încă 20" in message.text
    assert "https://emagsync.example.com/offers?change=unsellable&change_since=20" in message.text


async def test_any_number_of_processes_make_one_message_of_one_thing(shop: Shop) -> None:
    await shop.store(offer(1))
    maria = await shop.add({"kind": "not_sellable"}, {"kind": "run"})
    await shop.store(offer(1, **UNSELLABLE))
    await shop.happens(OccurrenceKind.RUN, status="failed", processed=3, total=9)
    await asyncio.gather(*(shop.teller().look() for _ in range(4)))
    shop.clock.forward(hours=1)
    messages = await shop.told(maria)
    texts = "\n".join(message.text for message in messages)
    assert texts.count("not for sale any more:") == 1
    assert texts.count("failed after 3 of 9 offers") == 1


async def test_after_a_message_a_rule_is_quiet_for_a_while_and_then_tells_all_together(shop: Shop) -> None:
    await shop.store(*(offer(number) for number in range(1, 5)))
    maria = await shop.add({"kind": "not_sellable"})
    await shop.store(offer(1, **UNSELLABLE))
    assert len(await shop.told(maria)) == 1
    for number in (2, 3):
        await shop.store(offer(number, **UNSELLABLE))
        assert len(await shop.told(maria)) == 1
    shop.clock.forward(seconds=QUIET.total_seconds() + 1)
    newest, _ = await shop.told(maria)
    assert newest.title == "emagsync: 2 offers are not for sale any more"


async def test_what_happened_while_a_recipient_was_disabled_is_not_told(shop: Shop) -> None:
    await shop.store(offer(1), offer(2))
    maria = await shop.add({"kind": "not_sellable"}, {"kind": "hold"})
    await shop.service.change(maria.id, RecipientChange(enabled=False))
    await shop.store(offer(1, **UNSELLABLE))
    await shop.happens(OccurrenceKind.HOLD, kind="push", counts={"repriced": 900})
    assert await shop.told(maria) == []
    await shop.service.change(maria.id, RecipientChange(enabled=True))
    assert await shop.told(maria) == []
    await shop.store(offer(2, **UNSELLABLE))
    assert len(await shop.told(maria)) == 1


async def test_a_rule_that_stays_goes_on_where_it_stands_when_others_change(shop: Shop) -> None:
    await shop.store(offer(1))
    maria = await shop.add({"kind": "not_sellable"})
    await shop.store(offer(1, **UNSELLABLE))
    both = [{"kind": "not_sellable"}, {"kind": "run"}]
    await shop.service.change(maria.id, RecipientChange.model_validate({"rules": both}))
    assert len(await shop.told(maria)) == 1


async def test_runs_holds_conflicts_and_late_data_are_told_in_words(shop: Shop) -> None:
    maria = await shop.add(*({"kind": kind} for kind in ("run", "hold", "conflict", "late")), language="ro")
    await shop.happens(OccurrenceKind.RUN, status="partial", processed=1002, total=1005)
    await shop.happens(OccurrenceKind.HOLD, kind="push", counts={"repriced": 2545, "zeroed": 1})
    conflict = {"emag_id": 7, "field": "sale_price", "local": "119.9000", "emag": "99.0050", "currency": "RON"}
    await shop.happens(OccurrenceKind.CONFLICT, number=21, conflicts=[conflict])
    shop.ages.late = 120
    [message] = await shop.told(maria)
    assert message.event == "several"
    for words in (
        "s-au citit 1.002 din 1.005 oferte; celelalte nu sunt la zi",
        "contul main: 2.545 de prețuri, un stoc pus pe 0; nu se trimite nimic",
        "21 de conflicte așteaptă decizia dumneavoastră",
        "oferta 7: preț: 119,90 RON aici, 99,005 RON la eMAG",
        "contul main: 120 de oferte au depășit vechimea dorită, cu până la 60 min",
    ):
        assert words in message.text


async def test_late_data_is_told_once_until_it_was_in_time_again(shop: Shop) -> None:
    maria = await shop.add({"kind": "late"})
    numbers = []
    for late, hours in ((5, 0), (9, 1), (0, 1), (0, 1), (3, 1)):
        shop.ages.late = late
        shop.clock.forward(hours=hours)
        numbers.append(len(await shop.told(maria)))
    assert numbers == [1, 1, 1, 1, 2]


async def test_a_daily_rule_tells_at_the_recipients_hour_and_the_summary_even_that_nothing_changed(shop: Shop) -> None:
    await shop.store(offer(1))
    zone = ZoneInfo("Europe/Bucharest")
    hour = (shop.clock.now().astimezone(zone).hour + 2) % 24
    maria = await shop.add(
        {"kind": "stock", "threshold": 5, "timing": "daily"}, {"kind": "summary", "timing": "daily"}, daily_hour=hour
    )
    await shop.store(offer(1, stock=1))
    assert await shop.told(maria) == []
    shop.clock.forward(hours=2)
    [message] = await shop.told(maria)
    assert message.event == "daily"
    assert "The stock of 1 offer fell below 5:" in message.text
    lines = ("1 stock changed at eMAG", "1 new offer", "account main: no sync has been completed yet")
    assert "Daily summary:" + "".join(f"\n- {line}" for line in lines) in message.text
    assert len(await shop.told(maria)) == 1
    shop.clock.forward(hours=24)
    newest, _ = await shop.told(maria)
    assert "Nothing changed." in newest.text
    assert "fell below" not in newest.text


@pytest.mark.databases("sqlite")
@given(
    now=st.integers(0, 2 * 366 * 86_400).map(lambda seconds: AT + timedelta(seconds=seconds)),
    hour=st.integers(0, 23),
    name=st.sampled_from(["Europe/Bucharest", "Europe/Budapest", "America/New_York", "Asia/Kolkata", "UTC"]),
)
def test_the_next_daily_message_is_at_that_hour_and_within_a_day(now: datetime, hour: int, name: str) -> None:
    due = next_daily(now, hour, name)
    assert now < due <= now + timedelta(hours=25)
    # The hour that is left out when clocks are put forward is told as the one after it.
    assert due.astimezone(ZoneInfo(name)).hour in (hour, hour + 1)
    assert due.astimezone(ZoneInfo(name)).minute == 0


class Counting:
    """Sends nothing, and counts."""

    def __init__(self) -> None:
        self.sent = 0

    async def send(self, message: Message) -> AttemptResult:
        self.sent += 1
        return AttemptResult(Ending.DELIVERED)


async def test_a_message_whose_sender_died_is_not_sent_again_by_itself(shop: Shop) -> None:
    """It was claimed, and nobody noted what came of it: the mail may have left."""
    maria = await shop.add()
    async with shop.database.transaction() as connection:
        await DELIVERIES.add(connection, maria.id, "test", '{"title": "t", "text": "x"}', now=shop.clock.now())
        [message] = await DELIVERIES.due_in_lane(connection, maria.id, now=shop.clock.now(), limit=5)
        assert await DELIVERIES.claim(connection, message, until=shop.clock.now() + timedelta(seconds=100))
    sender = Counting()
    policy = Policy("notification", in_lane=1, at_once=2, lease_seconds=100)
    one = Dispatcher(database=shop.database, repository=DELIVERIES, sender=sender, policy=policy, clock=shop.clock)
    for seconds, status in ((50, "sending"), (51, "unknown"), (86_400, "unknown")):
        shop.clock.forward(seconds=seconds)
        await one.look()
        while one.lanes_at_work:
            await asyncio.sleep(0.005)
        assert [(found.status, sender.sent) for found in await shop.told(maria)] == [(status, 0)]


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("kind", ["not_sellable", "buy_button", "price", "stock"])
async def test_a_scan_reads_its_span_of_the_change_log_and_no_other_row(shop: Shop, kind: str) -> None:
    """However many offers and changes there are, and whatever the planner knows of them."""
    asked: list[tuple[str, Any]] = []
    engine = shop.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
    rule = Rule(kind=RuleKind(kind), threshold=5 if kind in ("price", "stock") else None)
    async with shop.database.snapshot() as connection:
        await scan_repository.find(connection, rule, after=100, upto=200)
        [(statement, values)] = [one for one in asked if "offer_changes" in one[0]]
        plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        steps = [str(row[3]) for row in plan]
    assert "SEARCH offer_changes USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)" in steps
    assert [step for step in steps if step.startswith("SCAN")] == ["SCAN span", "SCAN anon_1"]

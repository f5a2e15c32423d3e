"""Webhooks that are told what changed of offers: in batches, in order, each change once more than never."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest

from emagsync.db.engine import Database
from emagsync.webhooks.change_publisher import ChangePublisher
from offers.offer_rows import AT, offer, remove, store
from support.api import Api, open_api
from support.clocks import ForwardClock
from support.local import until
from webhooks.conftest import Receiver

pytestmark = pytest.mark.databases("both")

WEBHOOKS = "/api/v1/webhooks"
FEED = "/api/v1/emag/products/changes"
PRIVATE: dict[str, Any] = {"webhooks": {"allow_private": True}, "schedule": {"enabled": False}}
AT_ONCE = {"wait_seconds": 0}


async def add(api: Api, receiver: Receiver, **changes: Any) -> str:
    asked = {"name": "ERP", "url": receiver.url, "events": ["offers_changed"], "changes": AT_ONCE | changes}
    answer = await api.admin.post(WEBHOOKS, json=asked)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def told(receiver: Receiver) -> list[dict[str, Any]]:
    """The messages so far, each once: one may come twice, with the same id."""
    return list({letter.headers["webhook-id"]: orjson.loads(letter.body) for letter in receiver.letters}.values())


def changes(receiver: Receiver) -> list[tuple[int, str, str | None, str | None]]:
    return [
        (change["emag_id"], change["field"], change["old"], change["new"])
        for message in told(receiver)
        for change in message["changes"]
    ]


async def stocks(database: Database, numbers: range, *, account: str = "main") -> None:
    for stock in numbers:
        await store(database, [offer(1, stock=stock)], account=account, at=AT + timedelta(hours=stock))


async def test_changes_are_told_in_order_in_batches_that_join(tmp_path: Path, receiver: Receiver) -> None:
    async with open_api(tmp_path, **PRIVATE) as api:
        await stocks(api.state.database, range(1))  # before it was made: not told
        await add(api, receiver, batch_size=3)
        start = (await api.viewer.get(FEED)).json()["data"]["next_cursor"]
        await stocks(api.state.database, range(1, 6))
        await until(lambda: len(changes(receiver)) == 5)
        messages = told(receiver)
        assert changes(receiver) == [(1, "stock", str(stock - 1), str(stock)) for stock in range(1, 6)]
        assert {message["count"] for message in messages} <= {1, 2, 3}
        # Where one begins, the one before ended: a receiver sees whether it has missed one.
        assert [message["after_cursor"] for message in messages] == [
            start,
            *(message["next_cursor"] for message in messages[:-1]),
        ]
        end = (await api.viewer.get(FEED)).json()["data"]["next_cursor"]
        assert messages[-1]["next_cursor"] == end
        from_the_feed = (await api.viewer.get(FEED, params={"cursor": start})).json()["data"]["changes"]
        assert [change for message in messages for change in message["changes"]] == from_the_feed


async def test_only_what_a_webhook_asks_for_is_told(tmp_path: Path, receiver: Receiver) -> None:
    async with open_api(tmp_path, **PRIVATE) as api:
        database = api.state.database
        await store(database, [offer(1), offer(2, brand="Other"), offer(3)])
        await store(database, [offer(1)], account="fbe")
        asked = {"accounts": ["MAIN"], "fields": ["stock", "lifecycle"], "selection": {"brand": ["Nordika"]}}
        webhook = await add(api, receiver, **asked)
        shown = (await api.admin.get(f"{WEBHOOKS}/{webhook}")).json()["changes"]
        assert shown == asked | {"accounts": ["main"], "batch_size": 500, "wait_seconds": 0}
        await store(database, [offer(1, stock=9)], account="fbe", at=AT + timedelta(hours=1))
        await store(
            database,
            [offer(1, stock=9, sale_price=Decimal(9)), offer(2, stock=9, brand="Other")],
            at=AT + timedelta(hours=2),
        )
        await remove(database, 3, at=AT + timedelta(hours=3))
        await until(lambda: len(changes(receiver)) == 2)
        assert changes(receiver) == [(1, "stock", "5", "9"), (3, "lifecycle", None, "removed")]
        # What it did not ask for lies between: no gap.
        first, *rest = told(receiver)
        assert [one["after_cursor"] for one in rest] == [first["next_cursor"]][: len(rest)]


async def test_a_message_that_is_not_full_waits_for_more(tmp_path: Path, receiver: Receiver) -> None:
    clock = ForwardClock()
    async with open_api(tmp_path, clock=clock, **PRIVATE) as api:
        await add(api, receiver, wait_seconds=3600, batch_size=5)
        await stocks(api.state.database, range(7))
        await until(lambda: bool(receiver.letters))
        [full] = told(receiver)
        assert full["count"] == 5

        def later() -> bool:
            clock.forward(minutes=61)  # from when it was noticed that two more are there
            return len(told(receiver)) == 2

        await until(later)
        assert told(receiver)[1]["count"] == 2


async def test_nothing_is_lost_while_the_receiver_or_the_server_is_away(tmp_path: Path, receiver: Receiver) -> None:
    clock = ForwardClock()
    receiver.answers = [503]
    async with open_api(tmp_path, clock=clock, **PRIVATE) as api:
        webhook = await add(api, receiver, batch_size=2)
        await stocks(api.state.database, range(3))
        await until(lambda: len(receiver.letters) == 1)
        # The next message waits for this one.
        await stocks(api.state.database, range(3, 5))
        found = (await api.admin.get(f"{WEBHOOKS}/{webhook}/deliveries")).json()["deliveries"]
        assert len(found) == 1
    async with open_api(tmp_path, clock=clock, **PRIVATE) as api:
        await stocks(api.state.database, range(5, 7))
        clock.forward(seconds=60)
        await until(lambda: len(changes(receiver)) == 7)
        assert [int(new or 0) for _, _, _, new in changes(receiver)[1:]] == list(range(1, 7))


async def test_a_crash_between_the_place_and_the_message_is_impossible_and_two_servers_tell_once(
    tmp_path: Path, receiver: Receiver
) -> None:
    """Both look at the same moment: the place moves on in the transaction that stores the message, once."""
    async with open_api(tmp_path, **PRIVATE) as api:
        webhook = await add(api, receiver, wait_seconds=3600)
        await stocks(api.state.database, range(4))
        clock = ForwardClock()
        others = [ChangePublisher(api.state.database, clock, lambda _: None) for _ in range(2)]  # type: ignore[arg-type,return-value]
        for one in others:
            assert await one.announce() == 0  # notices, and waits
        clock.forward(hours=2)
        assert sum([await one.announce() for one in others]) == 1
        query = "SELECT count(*) AS n FROM webhook_deliveries WHERE webhook_id = :id"
        assert await api.rows(query, id=webhook) == [{"n": 1}]


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("options", "field", "words"),
    [
        ({"fields": ["sale_prise"]}, "changes.fields.0", "sale_price"),
        ({"selection": {"brnd": ["x"]}}, "changes.selection.brnd", ""),
        ({"selection": {"stock_max": -1}}, "changes.selection.stock_max", "0"),
        ({"accounts": ["not an account"]}, "changes.accounts.0", ""),
        ({"batch_size": 0}, "changes.batch_size", "1"),
    ],
)
async def test_options_that_make_no_sense_are_refused_by_name(
    tmp_path: Path, receiver: Receiver, options: dict[str, Any], field: str, words: str
) -> None:
    async with open_api(tmp_path, **PRIVATE) as api:
        asked = {"name": "ERP", "url": receiver.url, "events": ["offers_changed"], "changes": options}
        refused = await api.admin.post(WEBHOOKS, json=asked)
        assert refused.status_code == 422
        [error] = refused.json()["errors"]
        assert error["field"] == field
        assert words in error["message"]
        assert (await api.admin.get(WEBHOOKS)).json() == {"webhooks": []}
        webhook = await add(api, receiver)
        changed = await api.admin.patch(f"{WEBHOOKS}/{webhook}", json={"changes": options})
        assert changed.status_code == 422


@pytest.mark.databases("sqlite")
async def test_who_begins_to_listen_later_is_told_of_what_comes_then(tmp_path: Path, receiver: Receiver) -> None:
    async with open_api(tmp_path, **PRIVATE) as api:
        asked = {"name": "ERP", "url": receiver.url, "events": ["failed"], "changes": AT_ONCE}
        webhook = (await api.admin.post(WEBHOOKS, json=asked)).json()["id"]
        await stocks(api.state.database, range(3))
        await api.admin.patch(f"{WEBHOOKS}/{webhook}", json={"events": ["failed", "offers_changed"]})
        await stocks(api.state.database, range(3, 4))
        await until(lambda: bool(receiver.letters))
        assert changes(receiver) == [(1, "stock", "2", "3")]
        # Disabled for a while, it goes on where it was.
        await api.admin.patch(f"{WEBHOOKS}/{webhook}", json={"enabled": False})
        await stocks(api.state.database, range(4, 6))
        await api.admin.patch(f"{WEBHOOKS}/{webhook}", json={"enabled": True})
        await until(lambda: len(changes(receiver)) == 3)

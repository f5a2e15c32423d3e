"""Telling other programs, from a run's end to their answer."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from emagsync.core.errors import SettingsError
from emagsync.db.metadata import metadata
from emagsync.deliveries.states import WAITS_SECONDS
from emagsync.sync.tables import sync_runs
from emagsync.webhooks.repository import SETTINGS_ID
from emagsync.webhooks.tables import webhook_deliveries
from support.clocks import ForwardClock
from support.databases import rows
from support.local import open_local, until
from support.patience import PATIENCE_SECONDS
from support.runs import PRODUCTS, Desk, open_desk
from webhooks.conftest import ReceivedWebhook, Receiver

pytestmark = pytest.mark.databases("both", often="sqlite")

WEBHOOKS = "/api/v1/webhooks"
PRIVATE = {"webhooks": {"allow_private": True}}
# Between two looks at what became of a message.
LOOK_SECONDS = 0.05


def is_signed(letter: ReceivedWebhook, secret: str) -> bool:
    """What the library that receivers are told to use says, and the header of before."""
    key = secret if secret.startswith("whsec_") else secret.encode()
    return is_standard(letter, key) and was_signed(letter, secret)


def is_standard(letter: ReceivedWebhook, key: str | bytes) -> bool:
    """The library looks at the machine's clock; those of some tests go forward by hours, so it signs anew there."""
    sent = datetime.fromtimestamp(int(letter.headers["webhook-timestamp"]), UTC)
    if abs(datetime.now(UTC) - sent) > timedelta(minutes=4):
        own = Webhook(key).sign(letter.headers["webhook-id"], sent, letter.body.decode())
        return own == letter.headers["webhook-signature"]
    try:
        Webhook(key).verify(letter.body, letter.headers)
    except WebhookVerificationError:
        return False
    return True


def was_signed(letter: ReceivedWebhook, secret: str) -> bool:
    timestamp, _, signed = letter.headers["X-Emagsync-Signature"].partition(",v1=")
    seconds = timestamp.removeprefix("t=")
    expected = hmac.new(secret.encode(), f"{seconds}.".encode() + letter.body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, signed)


async def add(desk: Desk, url: str, **asked: Any) -> dict[str, Any]:
    answer = await desk.api.admin.post(WEBHOOKS, json={"name": "ERP", "url": url, **asked})
    assert answer.status_code == 201, answer.text
    webhook: dict[str, Any] = answer.json()
    return webhook


async def deliveries(desk: Desk, webhook_id: str) -> list[dict[str, Any]]:
    answer = await desk.api.admin.get(f"{WEBHOOKS}/{webhook_id}/deliveries")
    listed: list[dict[str, Any]] = answer.json()["deliveries"]
    return listed


async def delivered(desk: Desk, webhook_id: str, status: str = "delivered") -> dict[str, Any]:
    """The newest message, as soon as it has that status."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            found = await deliveries(desk, webhook_id)
            if found and found[0]["status"] == status:
                return found[0]
            await asyncio.sleep(LOOK_SECONDS)


async def test_the_end_of_a_run_is_told_once_and_signed(tmp_path: Path, receiver: Receiver) -> None:
    async with open_desk(tmp_path, {"main": 7}, **PRIVATE) as desk:
        webhook = await add(desk, receiver.url)
        body = await desk.sync()
        await delivered(desk, webhook["id"])
        (letter,) = receiver.letters
        told = orjson.loads(letter.body)
        assert (told["event"], told["run"]["id"]) == ("completed", body["data"]["runs"][0]["id"])
        assert (told["run"]["status"], told["run"]["created_items"]) == ("completed", 7)
        assert told["run"]["completed_at"].endswith("Z")
        assert b"+00:00" not in letter.body
        assert letter.headers["X-Emagsync-Event"] == "completed"
        assert letter.headers["X-Emagsync-Delivery"] == told["id"]
        assert is_signed(letter, webhook["secret"])
        assert not is_signed(ReceivedWebhook(letter.headers, letter.body + b" "), webhook["secret"])


async def test_only_what_a_webhook_listens_to_is_told(tmp_path: Path, receiver: Receiver) -> None:
    async with open_desk(tmp_path, {"main": 300}, market={"latency_ms": 40}, **PRIVATE) as desk:
        failures = await add(desk, receiver.url, events=["failed"])
        stuck = await add(desk, receiver.url, events=["stuck", "failed"])
        off = await add(desk, receiver.url, enabled=False)
        await desk.sync(max_pages=1)
        await desk.sync(dry_run=True)
        run = await desk.begin(items_per_page=5)
        await desk.when(run["id"], lambda run: run["status"] == "running")
        # Putting the clock forward would grant the run all the requests it waits for: it might end by itself.
        async with desk.api.state.database.transaction() as connection:
            await connection.execute(sync_runs.update().values(started_at=datetime.now(UTC) - timedelta(minutes=20)))
        cleaned = await desk.api.operator.post(f"{PRODUCTS}/cleanup-stuck-syncs")
        assert cleaned.json()["data"]["run_ids"] == [run["id"]]
        assert (await delivered(desk, failures["id"]))["event"] == "failed"
        assert (await delivered(desk, stuck["id"]))["event"] == "stuck"
        assert {orjson.loads(letter.body)["run"]["id"] for letter in receiver.letters} == {run["id"]}
        assert await deliveries(desk, off["id"]) == []


async def test_runs_of_the_command_line_are_told_too(tmp_path: Path, receiver: Receiver) -> None:
    async with open_desk(tmp_path, {"main": 7}, **PRIVATE) as desk:
        webhook = await add(desk, receiver.url)
        async with open_local(tmp_path, desk.market.url) as other:
            run = await other.completed()
        await delivered(desk, webhook["id"])
        assert orjson.loads(receiver.letters[0].body)["run"]["id"] == run.id


async def test_a_message_that_is_not_answered_is_sent_again_until_it_is(tmp_path: Path, receiver: Receiver) -> None:
    clock = ForwardClock()
    receiver.answers = [500, 302, 404]
    async with open_desk(tmp_path, {"main": 7}, clock=clock, **PRIVATE) as desk:
        webhook = await add(desk, receiver.url)
        await desk.sync()
        for attempt, seconds in enumerate(WAITS_SECONDS[:3], start=1):
            await until(lambda attempt=attempt: len(receiver.letters) == attempt)
            while (await deliveries(desk, webhook["id"]))[0]["answer"] != [500, 302, 404][attempt - 1]:
                await asyncio.sleep(LOOK_SECONDS)
            waiting = (await deliveries(desk, webhook["id"]))[0]
            assert (waiting["status"], waiting["attempts"]) == ("pending", attempt)
            clock.forward(seconds=seconds + 1)
        done = await delivered(desk, webhook["id"])
        assert (done["attempts"], done["answer"], done["error"]) == (4, 200, None)
        # The same message each time, so that a receiver can tell; signed anew.
        assert len({letter.body for letter in receiver.letters}) == 1
        assert {letter.headers["webhook-id"] for letter in receiver.letters} == {done["id"]}
        assert all(is_signed(letter, webhook["secret"]) for letter in receiver.letters)


@pytest.mark.thorough
async def test_a_message_is_given_up_after_the_last_wait(tmp_path: Path, receiver: Receiver) -> None:
    clock = ForwardClock()
    async with open_desk(tmp_path, {"main": 1}, clock=clock, **PRIVATE) as desk:
        webhook = await add(desk, receiver.url.replace("/hook", "/gone"))
        await desk.sync()
        for attempt in range(1, len(WAITS_SECONDS) + 2):
            while (await deliveries(desk, webhook["id"]) or [{"attempts": 0}])[0]["attempts"] < attempt:
                clock.forward(hours=13)
                await asyncio.sleep(LOOK_SECONDS)
        assert (await delivered(desk, webhook["id"], "given_up"))["attempts"] == len(WAITS_SECONDS) + 1


async def test_a_test_message_says_at_once_what_came_of_it(tmp_path: Path, receiver: Receiver) -> None:
    receiver.answers = [200, 503]
    async with open_desk(tmp_path, {"main": 1}, **PRIVATE) as desk:
        webhook = await add(desk, receiver.url, events=["failed"], enabled=False)
        fine = (await desk.api.admin.post(f"{WEBHOOKS}/{webhook['id']}/test")).json()
        assert (fine["status"], fine["answer"], fine["event"]) == ("delivered", 200, "test")
        bad = (await desk.api.admin.post(f"{WEBHOOKS}/{webhook['id']}/test")).json()
        assert (bad["status"], bad["answer"], bad["error"]) == ("pending", 503, "it answered 503")
        assert is_signed(receiver.letters[0], webhook["secret"])


async def test_a_secret_is_shown_once_and_is_not_in_the_database(tmp_path: Path, receiver: Receiver) -> None:
    async with open_desk(tmp_path, {"main": 1}, **PRIVATE) as desk:
        webhook = await add(desk, receiver.url)
        path = f"{WEBHOOKS}/{webhook['id']}"
        for answer in (await desk.api.admin.get(WEBHOOKS), await desk.api.admin.get(path)):
            assert "secret" not in answer.text
        await desk.api.admin.patch(path, json={"name": "The ERP"})
        new = (await desk.api.admin.post(f"{path}/secret")).json()
        assert new["secret"] != webhook["secret"]
        await desk.api.admin.post(f"{path}/test")
        assert is_signed(receiver.letters[0], new["secret"])
        assert not is_signed(receiver.letters[0], webhook["secret"])
        stored = str([rows(tmp_path, f"SELECT * FROM {table}") for table in metadata.tables])
        assert webhook["secret"] not in stored
        assert new["secret"] not in stored
        assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0


async def test_webhooks_are_listed_changed_and_removed_by_admins_who_are_noted(
    tmp_path: Path, receiver: Receiver
) -> None:
    async with open_desk(tmp_path, {"main": 1}, **PRIVATE) as desk:
        webhook = await add(desk, receiver.url)
        path = f"{WEBHOOKS}/{webhook['id']}"
        changed = (await desk.api.admin.patch(path, json={"events": ["failed", "cancelled"], "enabled": False})).json()
        assert (changed["events"], changed["enabled"], changed["name"]) == (["failed", "cancelled"], False, "ERP")
        assert (await desk.api.admin.get(WEBHOOKS)).json() == {"webhooks": [changed]}
        assert (await desk.api.admin.delete(path)).status_code == 204
        for method in ("GET", "DELETE"):
            answer = await desk.api.admin.request(method, path)
            assert (answer.status_code, answer.json()["code"]) == (404, "webhook_not_found")
        actions = await desk.api.rows("SELECT action FROM audit_log WHERE action LIKE 'webhook%' ORDER BY id")
        assert [row["action"] for row in actions] == ["webhook.add", "webhook.change", "webhook.remove"]
        assert (await desk.api.operator.get(WEBHOOKS)).status_code == 403


@pytest.mark.often(first=6)
@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://erp.example.com/hook", id="clear text"),
        pytest.param("https://127.0.0.1/hook", id="this machine"),
        pytest.param("https://localhost:8000/hook", id="this machine by name"),
        pytest.param("https://10.1.2.3/hook", id="a private network"),
        pytest.param("https://169.254.169.254/latest/meta-data", id="link-local"),
        pytest.param("https://[::1]/hook", id="this machine, IPv6"),
        pytest.param("https://[::ffff:10.0.0.1]/hook", id="private, mapped into IPv6"),
        pytest.param("https://[64:ff9b::a00:1]/hook", id="private, translated"),
        pytest.param("https://0x7f000001/hook", id="this machine in another spelling"),
        pytest.param("https://2130706433/hook", id="this machine as a number"),
        pytest.param("https://①②⑦.⓪.⓪.①/hook", id="this machine in circled digits"),
        pytest.param("https://127。0。0。1/hook", id="this machine with ideographic dots"),
        pytest.param("https://[::127.0.0.1]/hook", id="this machine, compatible with IPv4"),
        pytest.param("https://erp\x00.example.com/hook", id="with a NUL"),
        pytest.param("https://user:password@erp.example.com/hook", id="with a password"),
        pytest.param("ftp://erp.example.com/hook", id="another scheme"),
        pytest.param("https://erp.example.com:99999/hook", id="an odd port"),
        pytest.param("not an address", id="no address"),
    ],
)
@pytest.mark.databases("both", first=1, often="sqlite")
async def test_addresses_that_must_not_be_told_are_refused(tmp_path: Path, url: str) -> None:
    async with open_desk(tmp_path, {"main": 1}) as desk:
        answer = await desk.api.admin.post(WEBHOOKS, json={"name": "ERP", "url": url})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "url"
        assert (await desk.api.admin.get(WEBHOOKS)).json() == {"webhooks": []}


async def test_an_address_is_stored_in_the_form_in_which_it_is_called(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 1}) as desk:
        added = await desk.api.admin.post(WEBHOOKS, json={"name": "ERP", "url": "https://ERP。Example。com./ț"})
        assert added.json()["url"] == "https://erp.example.com/%C8%9B"
        path = f"{WEBHOOKS}/{added.json()['id']}"
        changed = await desk.api.admin.patch(path, json={"url": "https://⑧.8.8.8/x"})
        assert changed.json()["url"] == "https://8.8.8.8/x"
        refused = await desk.api.admin.patch(path, json={"url": "https://１２７.0.0.1/x"})
        assert (refused.status_code, refused.json()["code"]) == (422, "address_refused")
        assert (await desk.api.admin.get(path)).json()["url"] == "https://8.8.8.8/x"


async def test_the_webhook_of_the_settings_is_told_and_cannot_be_changed_by_the_api(
    tmp_path: Path, receiver: Receiver
) -> None:
    secret = "a secret of sixteen or more"
    given = {"allow_private": True, "url": receiver.url, "secret": secret, "events": "completed"}
    async with open_desk(tmp_path, {"main": 2}, webhooks=given) as desk:
        await desk.sync()
        await delivered(desk, SETTINGS_ID)
        assert is_signed(receiver.letters[0], secret)
        path = f"{WEBHOOKS}/{SETTINGS_ID}"
        for answer in (
            await desk.api.admin.patch(path, json={"enabled": False}),
            await desk.api.admin.delete(path),
            await desk.api.admin.post(f"{path}/secret"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (409, "webhook_from_settings")
        assert (await desk.api.admin.post(f"{path}/test")).json()["status"] == "delivered"
    async with open_desk(tmp_path, {"main": 2}) as desk:
        assert (await desk.api.admin.get(WEBHOOKS)).json() == {"webhooks": []}


@pytest.mark.parametrize(
    ("secret", "key"),
    [
        pytest.param("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", None, id="of another program"),
        pytest.param("a secret of sixteen or more", b"a secret of sixteen or more", id="words"),
    ],
)
@pytest.mark.databases("sqlite")
async def test_the_settings_secret_signs_as_libraries_expect(
    tmp_path: Path, receiver: Receiver, secret: str, key: bytes | None
) -> None:
    given = {"allow_private": True, "url": receiver.url, "secret": secret, "events": "completed"}
    async with open_desk(tmp_path, {"main": 2}, webhooks=given) as desk:
        await desk.api.admin.post(f"{WEBHOOKS}/{SETTINGS_ID}/test")
        assert is_standard(receiver.letters[0], key or secret)
        assert not is_standard(receiver.letters[0], b"another secret")


@pytest.mark.databases("sqlite")
async def test_a_settings_secret_that_is_no_base64_stops_the_start(tmp_path: Path) -> None:
    given = {"url": "https://erp.example.com/", "secret": "whsec_not base64 at all"}
    with pytest.raises(SettingsError, match="EMAGSYNC_WEBHOOKS__SECRET"):
        async with open_desk(tmp_path, {"main": 2}, webhooks=given):
            pass


async def test_a_message_is_sent_again_under_its_own_id(tmp_path: Path, receiver: Receiver) -> None:
    receiver.answers = [200, 503, 200]
    async with open_desk(tmp_path, {"main": 2}, **PRIVATE) as desk:
        webhook = await add(desk, receiver.url)
        path = f"{WEBHOOKS}/{webhook['id']}/deliveries"
        await desk.sync()
        sent = await delivered(desk, webhook["id"])
        again = await desk.api.admin.post(f"{path}/{sent['id']}/redeliver")
        assert (again.status_code, again.json()["status"], again.json()["answer"]) == (200, "pending", 503)
        # It is under way now: attempted again by itself.
        refused = await desk.api.admin.post(f"{path}/{sent['id']}/redeliver")
        assert (refused.status_code, refused.json()["code"]) == (409, "delivery_under_way")
        async with desk.api.state.database.transaction() as connection:
            await connection.execute(webhook_deliveries.update().values(status="given_up"))
        await desk.api.admin.patch(f"{WEBHOOKS}/{webhook['id']}", json={"enabled": False})
        done = (await desk.api.admin.post(f"{path}/{sent['id']}/redeliver")).json()
        assert (done["status"], done["attempts"], done["error"]) == ("delivered", 1, None)
        assert {letter.headers["webhook-id"] for letter in receiver.letters} == {sent["id"]}
        assert len({letter.body for letter in receiver.letters}) == 1
        assert all(is_signed(letter, webhook["secret"]) for letter in receiver.letters)
        shown = (await desk.api.admin.get(f"{path}/{sent['id']}")).json()
        assert shown["body"] == orjson.loads(receiver.letters[0].body)
        for method, place in (("GET", f"{path}/no"), ("POST", f"{path}/no/redeliver")):
            missing = await desk.api.admin.request(method, place)
            assert (missing.status_code, missing.json()["code"]) == (404, "delivery_not_found")
        other = await add(desk, receiver.url)
        foreign = await desk.api.admin.post(f"{WEBHOOKS}/{other['id']}/deliveries/{sent['id']}/redeliver")
        assert foreign.status_code == 404


async def test_messages_are_listed_by_state_and_event_page_by_page(tmp_path: Path, receiver: Receiver) -> None:
    receiver.answers = [200, 500, 200, 500, 200]
    async with open_desk(tmp_path, {"main": 2}, **PRIVATE) as desk:
        webhook = await add(desk, receiver.url)
        path = f"{WEBHOOKS}/{webhook['id']}"
        made = [(await desk.api.admin.post(f"{path}/test")).json()["id"] for _ in range(5)]

        async def ids(**query: Any) -> tuple[list[str], str | None]:
            answer = (await desk.api.admin.get(f"{path}/deliveries", params=query)).json()
            return [one["id"] for one in answer["deliveries"]], answer["next_cursor"]

        assert await ids() == (made[::-1], None)
        assert await ids(status="pending") == ([made[3], made[1]], None)
        assert await ids(event="failed") == ([], None)
        read: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            page, more = await ids(limit=2, **cursor)
            read += page
            if more is None:
                break
            cursor = {"cursor": more}
        assert read == made[::-1]

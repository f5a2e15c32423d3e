"""The stream of live events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import orjson
import pytest
from sqlalchemy import text

from emagsync.db.errors import DatabaseUnavailable
from emagsync.rest.events import EventBroker
from emagsync.rest.principals import CredentialKey, Role
from emagsync.rest.standing_calls import CHECK_SECONDS
from support.api import PASSWORD, Api, open_api
from support.local import open_local, until
from support.patience import PATIENCE_SECONDS
from support.runs import PRODUCTS, open_desk

EVENTS = "/api/v1/events"


class Seen(NamedTuple):
    id: str
    name: str
    data: Any


class Listener:
    """A client that listens, and keeps what it heard."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.comments = 0
        self.ended = asyncio.Event()

    def runs(self, name: str = "run") -> list[Any]:
        return [event.data for event in self.seen if event.name == name]

    def states(self) -> list[str]:
        return [run["status"] for run in self.runs()]

    async def read(self, response: httpx2.Response) -> None:
        fields: dict[str, str] = {}
        async for line in response.aiter_lines():
            if line.startswith(":"):
                self.comments += 1
            elif line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif fields:
                self.seen.append(Seen(fields["id"], fields["event"], orjson.loads(fields["data"])))
                fields = {}
        self.ended.set()


@asynccontextmanager
async def listening(client: httpx2.AsyncClient, **headers: str) -> AsyncIterator[Listener]:
    """Listen while the block runs."""
    listener = Listener()
    async with client.stream("GET", EVENTS, headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        task = asyncio.ensure_future(listener.read(response))
        try:
            yield listener
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.mark.databases("both", often="sqlite")
async def test_two_listeners_see_the_same_run_begin_get_on_and_end(tmp_path: Path) -> None:
    async with (
        open_desk(tmp_path, market={"latency_ms": 60}) as desk,
        listening(desk.api.viewer) as first,
        listening(desk.api.admin) as second,
    ):
        await until(lambda: bool(first.seen and second.seen))
        run = await desk.begin(items_per_page=3)
        for listener in (first, second):
            await until(lambda listener=listener: "completed" in listener.states())
            assert listener.seen[0].name == "snapshot"
            assert listener.states() == ["queued", "running", "completed"]
            assert {one["id"] for one in listener.runs()} == {run["id"]}
            progress = [one["processed_items"] for one in listener.runs("progress")]
            assert progress == sorted(progress)
            assert progress
        assert first.runs()[-1] == second.runs()[-1]
        assert first.runs()[-1]["processed_items"] == 150
        took = first.runs()[-1]["duration_seconds"]
        assert len(first.runs("progress")) <= took * 4 + 2


async def test_who_lost_the_connection_goes_on_where_it_ended(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 20}) as desk:
        async with listening(desk.api.viewer) as before:
            run = await desk.begin()
            await until(lambda: "running" in before.states())
        await desk.ended(run["id"])
        last = next(event.id for event in before.seen if event.name == "run")
        async with listening(desk.api.viewer, **{"Last-Event-ID": last}) as after:
            await until(lambda: "completed" in after.states())
            assert "snapshot" not in [event.name for event in after.seen]
            assert after.states() == ["running", "completed"]


@pytest.mark.parametrize("last_id", ["0123456789ab-7", "nonsense", "-", "x-99999999999999999999"])
async def test_who_was_away_for_too_long_gets_the_present_state(tmp_path: Path, last_id: str) -> None:
    async with open_desk(tmp_path, {"main": 20}) as desk:
        run_id = (await desk.sync())["data"]["runs"][0]["id"]
        async with listening(desk.api.viewer, **{"Last-Event-ID": last_id}) as listener:
            await until(lambda: bool(listener.seen))
            state = listener.seen[0]
            assert state.name == "snapshot"
            assert (state.data["running"], [run["id"] for run in state.data["recent"]]) == ([], [run_id])


@pytest.mark.databases("both", often="sqlite")
async def test_runs_of_other_processes_are_told_too(tmp_path: Path) -> None:
    async with (
        open_desk(tmp_path) as desk,
        listening(desk.api.viewer) as listener,
        open_local(tmp_path, desk.market.url, sync={"pages_in_flight": 2}) as other,
    ):
        await until(lambda: bool(listener.seen))
        # The server looks once a second for what other processes have stored.
        desk.market.fault(kind="slow", pages=[10], held=True)
        running = asyncio.ensure_future(other.completed(per_page=10))
        await until(lambda: bool(listener.runs("progress")))
        desk.market.mend()
        run = await running
        await until(lambda: "completed" in listener.states())
        assert {one["id"] for one in listener.runs()} == {run.id}
        assert listener.states()[0] == "running"
        assert listener.runs("progress")


async def test_a_stop_is_told(tmp_path: Path) -> None:
    async with open_desk(tmp_path, market={"latency_ms": 60}) as desk, listening(desk.api.viewer) as listener:
        run = await desk.begin(items_per_page=1)
        await until(lambda: "running" in listener.states())
        await desk.api.operator.delete(f"{PRODUCTS}/sync/{run['id']}")
        await until(lambda: "cancelled" in listener.states())


@asynccontextmanager
async def listeners_of_every_kind(api: Api) -> AsyncIterator[tuple[dict[str, int], dict[str, Listener]]]:
    """One idle listener by API token, one by a user's token, one by access token, one by cookie; with the ids."""
    maria = await api.add_user(role=Role.ADMIN)
    free = await api.services.tokens.create("free", Role.VIEWER, user_id=None, expires_in_days=1)
    owned = await api.services.tokens.create("owned", Role.VIEWER, user_id=maria.id, expires_in_days=None)
    async with AsyncExitStack() as stack:
        clients = {
            "token": await stack.enter_async_context(api.bearing(free.token)),
            "user's token": await stack.enter_async_context(api.bearing(owned.token)),
            "session": await stack.enter_async_context(api.browser()),
        }
        credentials = {"username": maria.username, "password": PASSWORD}
        assert (await clients["session"].post("/api/v1/auth/session", json=credentials)).is_success
        login = (await api.stranger.post("/api/v1/auth/login", json=credentials)).json()
        clients["login"] = await stack.enter_async_context(api.bearing(login["access_token"]))
        listeners = {name: await stack.enter_async_context(listening(client)) for name, client in clients.items()}
        await until(lambda: all(listener.seen for listener in listeners.values()))
        yield {"token": free.id, "user's token": owned.id, "user": maria.id}, listeners


ENDINGS = (
    ("UPDATE api_tokens SET revoked_at = created_at WHERE id = {token}", {"token"}),
    ("UPDATE api_tokens SET expires_at = created_at WHERE id = {user's token}", {"user's token"}),
    ("DELETE FROM sessions WHERE kind = 'session'", {"session"}),
    ("UPDATE sessions SET expires_at = created_at WHERE kind = 'user'", {"login"}),
    ("UPDATE users SET enabled = false WHERE id = {user}", {"user's token", "session", "login"}),
)


@pytest.mark.databases("both", often="sqlite")
@pytest.mark.parametrize(("change", "whose"), ENDINGS, ids=["revoked", "token over", "logged out", "over", "disabled"])
async def test_an_idle_listener_who_may_listen_no_more_hears_the_end_within_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str, whose: set[str]
) -> None:
    async with open_api(tmp_path) as api, listeners_of_every_kind(api) as (ids, listeners):
        looks = 0
        look = api.state.authenticator.valid_among

        async def counted(credentials: Collection[CredentialKey]) -> frozenset[CredentialKey]:
            nonlocal looks
            looks += 1
            return await look(credentials)

        monkeypatch.setattr(api.state.authenticator, "valid_among", counted)
        # As another process does it: nothing tells this one.
        async with api.state.database.transaction() as connection:
            await connection.execute(text(change.format(**ids)))
        looks = 0
        async with asyncio.timeout(PATIENCE_SECONDS):
            for name in whose:
                await listeners[name].ended.wait()
        # In looks, not in seconds, which a busy machine stretches: one may have been under way at the change.
        assert looks <= 2
        assert CHECK_SECONDS <= 0.5
        assert {name for name, listener in listeners.items() if listener.ended.is_set()} == whose


async def test_listeners_go_on_while_the_database_is_away_and_nobody_is_asked_when_all_have_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_api(tmp_path) as api:
        asked = asyncio.Event()

        async def away(_: object) -> frozenset[CredentialKey]:
            asked.set()
            raise DatabaseUnavailable("away")

        monkeypatch.setattr(api.state.authenticator, "valid_among", away)
        async with listening(api.viewer) as listener:
            await until(lambda: bool(listener.seen))
            for _ in range(2):
                asked.clear()
                await asyncio.wait_for(asked.wait(), PATIENCE_SECONDS)
            assert not listener.ended.is_set()
        await until(lambda: api.services.events.listeners == 0)
        assert not [task for task in asyncio.all_tasks() if "StandingCalls" in repr(task.get_coro())]


async def test_nobody_listens_without_a_caller(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        assert (await desk.api.stranger.get(EVENTS)).status_code == 401


async def test_a_listener_that_leaves_is_forgotten(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        broker = desk.api.services.events
        async with listening(desk.api.viewer):
            await until(lambda: broker.listeners == 1)
        await until(lambda: broker.listeners == 0)


async def test_the_server_stops_although_somebody_listens(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk, listening(desk.api.viewer) as listener:
        await until(lambda: bool(listener.seen))
        desk.api.server.stop()
        async with asyncio.timeout(5):
            while desk.api.server.started and desk.api.services.events.listeners:
                await asyncio.sleep(0.01)


async def state() -> dict[str, str]:
    return {"state": "now"}


async def test_a_slow_listener_gets_the_state_again_instead_of_what_it_missed() -> None:
    broker = EventBroker(state, keep=3)
    stream = broker.follow()
    assert (await anext(stream)).name == "snapshot"
    broker.publish("run", 1)
    assert (await anext(stream)).data == "1"
    for number in range(2, 8):
        broker.publish("run", number)
    event = await anext(stream)
    assert event.name == "snapshot"
    broker.publish("run", 8)
    assert (await anext(stream)).data == "8"
    broker.close()
    assert [event async for event in stream] == []

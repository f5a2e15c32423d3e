"""A program that is told: a receiver on this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from emagsync.deliveries import dispatcher
from emagsync.webhooks import change_publisher


@dataclass
class ReceivedWebhook:
    """One request as it came."""

    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Keeps what it gets. `answers` are the statuses of the next answers; then 200."""

    url: str = ""
    letters: list[ReceivedWebhook] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.letters.append(ReceivedWebhook(dict(request.headers), await request.read()))
        status = self.answers.pop(0) if self.answers else 200
        return web.Response(status=status, headers={"Location": "/elsewhere"} if status // 100 == 3 else {})


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second between two looks is what most of these tests would wait for."""
    monkeypatch.setattr(change_publisher, "_LOOK_SECONDS", 0.1)
    monkeypatch.setattr(dispatcher, "_POLL_SECONDS", 0.1)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    taking = Receiver()
    app = web.Application()
    app.router.add_post("/hook", taking.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    taking.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield taking
    await runner.cleanup()

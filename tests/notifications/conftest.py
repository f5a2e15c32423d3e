"""People's services on this machine: a mail server and a webhook."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiohttp import web
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from support.ports import free_port

USER, PASSWORD = "shop@example.com", "p@ss:/w#ord %20"


@dataclass
class Mailbox:
    """A mail server that takes mail of one user. `refusals` are its next answers to a mail's content; empty: it takes
    the mail and hangs up before it says so."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        refusal = self.refusals.pop(0) if self.refusals else None
        if refusal:
            return refusal
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(message_from_bytes(content, policy=policy.default))
        if refusal is not None:
            assert server.transport is not None
            server.transport.abort()
        return "250 taken"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, kind: str, given: Any) -> AuthResult:
        right = isinstance(given, LoginPassword) and (given.login, given.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=right, handled=False)

    def settings(self, **changed: Any) -> dict[str, Any]:
        """For `PUT /mail-server`."""
        values = {"host": "127.0.0.1", "port": self.port, "security": "none", "username": USER, "password": PASSWORD}
        return {**values, "sender": "shop@example.com", **changed}


@contextmanager
def open_mailbox(**options: Any) -> Iterator[Mailbox]:
    """A mail server on this machine; `options` are those of aiosmtpd's SMTP."""
    taking = Mailbox(port=free_port())
    login = {"authenticator": taking.authenticate, "auth_required": True, "auth_require_tls": False}
    controller = Controller(taking, hostname="127.0.0.1", port=taking.port, **(login | options))
    controller.start()
    try:
        yield taking
    finally:
        controller.stop()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with open_mailbox() as taking:
        yield taking


@dataclass
class Hook:
    """A program that is told through apprise's `json://`. `answers` are its next statuses, then 200; 0: it hangs up."""

    address: str = ""
    told: list[dict[str, Any]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.told.append(json.loads(await request.read()))
        status = self.answers.pop(0) if self.answers else 200
        if not status:
            assert request.transport is not None
            request.transport.abort()
            await asyncio.sleep(0)
        return web.Response(status=status or 200, headers={"Location": "/elsewhere"} if status // 100 == 3 else {})


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    taking = Hook()
    app = web.Application()
    app.router.add_post("/t0ken", taking.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    taking.address = f"json://127.0.0.1:{runner.addresses[0][1]}/t0ken"
    yield taking
    await runner.cleanup()

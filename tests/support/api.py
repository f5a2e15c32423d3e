"""The REST API as a real server on a free port, in the test's own event loop."""

from __future__ import annotations

import asyncio
import functools
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn.server
from fastapi import FastAPI
from sqlalchemy import text
from starlette.routing import BaseRoute

from emagsync.accounts.settings import ConfiguredAccounts
from emagsync.core.clock import Clock
from emagsync.core.concurrency import InBackground, background_task
from emagsync.entrypoints.api.document_process import DocumentProcess, openapi_text, served
from emagsync.entrypoints.api.server import ApiServer, address_of, listening
from emagsync.entrypoints.api.services import ApiServices, open_services
from emagsync.identity.schemas import User
from emagsync.identity.secrets import Argon2Cost, PasswordHasher
from emagsync.rest.principals import Role
from support.databases import address_in
from support.document import openapi_document
from support.local import QUICK, StatedSettings, until
from support.patience import PATIENCE_SECONDS

PASSWORD = "correct horse battery ț"
# The least that argon2 takes: 0.1 ms instead of 200.
CHEAP_HASH = Argon2Cost(passes=1, memory_kib=8, lanes=1)


# Each client would read the machine's certificates anew, and nothing here is called over HTTPS.
_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def client(url: str, **options: Any) -> httpx2.AsyncClient:
    """An HTTP client of the server at `url`."""
    return httpx2.AsyncClient(base_url=url, verify=_NO_CERTIFICATES, timeout=PATIENCE_SECONDS, **options)


# Of tests that only read what one server of their module has, whose fixture is of the module's scope and loop.
of_one_server = pytest.mark.asyncio(loop_scope="module")


class Api:
    """One running server. `stranger` calls without a token, `viewer`, `operator` and `admin` with one of that role."""

    def __init__(
        self, url: str, services: ApiServices, server: ApiServer, clients: dict[str, httpx2.AsyncClient]
    ) -> None:
        self.url = url
        self.services = services
        self.state = services.state
        self.server = server
        self.app: FastAPI = server.config.app
        self.stranger = clients["stranger"]
        self.viewer = clients[Role.VIEWER]
        self.operator = clients[Role.OPERATOR]
        self.admin = clients[Role.ADMIN]

    async def add_user(self, name: str = "maria", role: Role = Role.VIEWER, password: str = PASSWORD) -> User:
        return await self.services.users.add(name, password, role)

    def browser(self, **headers: str) -> httpx2.AsyncClient:
        """A client with cookies of its own that says, as browsers do, that our own page makes its calls."""
        return client(self.url, headers={"Sec-Fetch-Site": "same-origin"} | headers)

    def bearing(self, token: str) -> httpx2.AsyncClient:
        return client(self.url, headers={"Authorization": f"Bearer {token}"})

    async def rows(self, query: str, **values: Any) -> list[dict[str, Any]]:
        """Rows of a plain SQL query, with the database's own values."""
        async with self.state.database.snapshot() as connection:
            return [dict(row._mapping) for row in await connection.execute(text(query), values)]


@asynccontextmanager
async def open_api(
    data_dir: Path,
    accounts: ConfiguredAccounts | None = None,
    /,
    *,
    clock: Clock | None = None,
    unasked: InBackground = background_task,
    **settings: Any,
) -> AsyncIterator[Api]:
    """A server on `data_dir`, without a request limit to eMAG. `settings` are fields of `Settings`.

    With the fixture `unasked` for `unasked` it only answers.
    """
    values: dict[str, Any] = {"data_dir": data_dir, "port": 0, "limit": {"enabled": False}, **QUICK, **settings}
    values.setdefault("database_url", address_in(data_dir))
    chosen = StatedSettings(**values)
    async with AsyncExitStack() as stack:
        listener = stack.enter_context(listening(chosen))
        accounts = accounts or ConfiguredAccounts({}, {})
        hasher = PasswordHasher(CHEAP_HASH)
        services = await stack.enter_async_context(
            open_services(chosen, accounts, clock=clock, hasher=hasher, unasked=unasked)
        )
        server = ApiServer(services)
        _share_routes(server.config.app)
        openapi_text.provide(server.config.app, DocumentProcess(_document()))
        await stack.enter_async_context(_serving(server, listener))
        clients = {"stranger": client(address_of(listener))}
        for role in Role:
            token = await services.tokens.create(f"a {role}", role, user_id=None, expires_in_days=None)
            headers = {"Authorization": f"Bearer {token.token}"}
            clients[role] = client(address_of(listener), headers=headers)
        for one in clients.values():
            await stack.enter_async_context(one)
        yield Api(address_of(listener), services, server, clients)


# The routes of the first application of this process.
_routes: list[BaseRoute] = []


def _share_routes(app: FastAPI) -> None:
    """Let `app` use the routes that FastAPI has analysed for the applications before it.

    It would do that for each of them at its first request, which is most of what a small test costs. What they serve
    comes from the application that is called, so all may have the same ones.
    """
    if not _routes:
        _routes.extend(app.router.routes)
    app.router.routes[:] = _routes


@functools.cache
def _document() -> bytes:
    """What the server's own process would take seconds to make; `test_openapi_process.py` has that make it."""
    return served(openapi_document())


class _HastyWaits:
    """asyncio for uvicorn's server, which looks every tenth of a second whether it is to end, and then waits another
    one: together half of what a small test takes.
    """

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    @staticmethod
    async def sleep(seconds: float) -> None:
        await asyncio.sleep(seconds / 10)


uvicorn.server.asyncio = _HastyWaits()  # type: ignore[assignment,attr-defined]


@asynccontextmanager
async def _serving(server: ApiServer, listener: socket.socket) -> AsyncIterator[None]:
    task = asyncio.ensure_future(server.serve(sockets=[listener]))
    try:
        await until(lambda: server.started or task.done())
        yield
    finally:
        server.stop()
        await task

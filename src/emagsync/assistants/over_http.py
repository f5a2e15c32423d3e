"""The MCP server over streamable HTTP: each request stands alone, with its own token, and no session is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from emagsync.assistants.server import build_server
from emagsync.assistants.services import CALLER_KEY, ToolServices
from emagsync.core.concurrency import background_task
from emagsync.rest.principals import Principal, Role


class Assistants:
    """Two servers, one with the tools that read and one with all. A principal gets the one of its role."""

    def __init__(self, services: ToolServices) -> None:
        self._reading = self._manager(services, Role.VIEWER)
        self._operating = self._manager(services, Role.OPERATOR)

    @staticmethod
    def _manager(services: ToolServices, role: Role) -> StreamableHTTPSessionManager:
        server = build_server(services, role)
        server.streamable_http_app(
            stateless_http=True,
            json_response=True,
            max_request_body_size=services.settings.server.max_body_bytes,
            # The application checks hosts and origins itself, by its own settings.
            transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        )
        return server.session_manager

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Assistants]:
        """Requests are answered while the block runs."""
        started = asyncio.Event()
        # In a task of its own: what the library opens has to be closed by the task that opened it.
        async with background_task("assistants", self._run(started)):
            await started.wait()
            yield self

    async def _run(self, started: asyncio.Event) -> None:
        async with self._reading.run(), self._operating.run():
            started.set()
            await asyncio.Event().wait()

    def answer(self, caller: Principal) -> Response:
        """The answer to a request of `caller`, made when it is sent."""
        manager = self._operating if caller.role.allows(Role.OPERATOR) else self._reading
        return _Handled(manager, caller)


class _Handled(Response):
    """A response that has the manager read the request and answer it."""

    def __init__(self, manager: StreamableHTTPSessionManager, caller: Principal) -> None:
        super().__init__()
        self._manager = manager
        self._caller = caller

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        told: dict[str, Any] = {**scope, CALLER_KEY: self._caller}
        await self._manager.handle_request(told, receive, send)

"""The MCP server over streamable HTTP: each request stands alone, with its own token, and no session is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from emagsync.assistants.services import CALLER_KEY, ToolServices
from emagsync.core.concurrency import background_task
from emagsync.rest.principals import Principal, Role

if TYPE_CHECKING:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

_MANAGERS: Final = "emagsync.assistants.session_managers"


class Assistants:
    """Two servers, one with the tools that read and one with all. A principal gets the one of its role.

    They are made, and what they take is imported, when the first request comes: most installations have no assistant.
    """

    def __init__(self, services: ToolServices) -> None:
        self._services = services
        self._managers: dict[Role, StreamableHTTPSessionManager] = {}
        self._wanted = asyncio.Event()
        self._started = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Assistants]:
        """Requests are answered while the block runs."""
        # In a task of its own: what the library opens has to be closed by the task that opened it.
        async with background_task("assistants", self._run()):
            yield self

    async def answer(self, caller: Principal) -> Response:
        """The answer to a request of `caller`, made when it is sent."""
        self._wanted.set()
        await self._started.wait()
        return _Handled(self._managers[_role_served(caller)], caller)

    async def _run(self) -> None:
        await self._wanted.wait()
        # In a thread: it takes half a second, in which everybody else is answered.
        made = (await asyncio.to_thread(import_module, _MANAGERS)).session_manager
        self._managers = {role: made(self._services, role) for role in (Role.VIEWER, Role.OPERATOR)}
        async with self._managers[Role.VIEWER].run(), self._managers[Role.OPERATOR].run():
            self._started.set()
            await asyncio.Event().wait()


def _role_served(caller: Principal) -> Role:
    return Role.OPERATOR if caller.role.allows(Role.OPERATOR) else Role.VIEWER


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

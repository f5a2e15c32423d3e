"""What the running application is made of, typed, for endpoints: `state_of(request)`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from starlette.requests import HTTPConnection

from emagsync.core.clock import Clock
from emagsync.core.settings import Settings
from emagsync.db.engine import Database
from emagsync.rest.principals import Authenticator

T = TypeVar("T")


@dataclass(frozen=True)
class Check:
    """The health of one part: whether it works, and one line about it without secrets."""

    ok: bool
    detail: str


@dataclass
class AppState:
    """One running application. Filled by `emagsync.entrypoints.api`, read by endpoints.

    Rooms above this one put their services in by type and get them back by type:
    `state.provide(SyncService(...))`, then `state.get(SyncService)`; so this room need not know them.
    """

    settings: Settings
    database: Database
    clock: Clock
    authenticator: Authenticator
    # Set when the server begins to stop, before it waits for the calls under way: long ones end then.
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    checks: dict[str, Callable[[], Awaitable[Check]]] = field(default_factory=dict)
    _services: dict[type, Any] = field(default_factory=dict, repr=False)

    def provide(self, service: object, *, kind: type | None = None) -> None:
        """Make `service` available under its own type, or under `kind`, a type that it implements."""
        self._services[kind or type(service)] = service

    def get(self, kind: type[T]) -> T:
        """The service of that type. Raises LookupError when the application was put together without it."""
        try:
            service: T = self._services[kind]
        except KeyError:
            raise LookupError(f"the application has no {kind.__name__}") from None
        return service

    def add_check(self, name: str, check: Callable[[], Awaitable[Check]]) -> None:
        """Let `/health/ready` ask `check`, which must answer quickly and not raise an EmagsyncError for a sick part."""
        self.checks[name] = check


def state_of(request: HTTPConnection) -> AppState:
    """The application that answers `request`."""
    state = request.app.state.emagsync
    assert isinstance(state, AppState)  # noqa: S101 - set by `create_app` before any request
    return state

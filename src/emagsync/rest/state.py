"""The running application's own state, which endpoints get as the parameter `state: State`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from emagsync.core.clock import Clock
from emagsync.core.settings import Settings
from emagsync.db.engine import Database
from emagsync.rest.idempotency_keys import IdempotencyKeys
from emagsync.rest.principals import Authenticator
from emagsync.rest.standing_calls import StandingCalls
from emagsync.telemetry.http_meter import HttpMeter
from emagsync.vault.vault import Vault


@dataclass(frozen=True)
class Check:
    """The health of one part: whether it works, and one line about it without secrets."""

    ok: bool
    detail: str


@dataclass
class AppState:
    """One running application. The features' services are dependencies of their own (`rest.dependencies`)."""

    settings: Settings
    database: Database
    clock: Clock
    authenticator: Authenticator
    # Set when the server begins to stop, before it waits for the calls under way: long ones end then.
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    checks: dict[str, Callable[[], Awaitable[Check]]] = field(default_factory=dict)
    meter: HttpMeter = field(default_factory=HttpMeter)
    standing_calls: StandingCalls = field(init=False)
    idempotency: IdempotencyKeys = field(init=False)

    def __post_init__(self) -> None:
        self.idempotency = IdempotencyKeys(self.database, Vault(self.settings), self.clock)
        self.standing_calls = StandingCalls(self.authenticator, self.clock)

    def add_check(self, name: str, check: Callable[[], Awaitable[Check]]) -> None:
        """Let `/health/ready` ask `check`, which must answer quickly and not raise an EmagsyncError for a sick part."""
        self.checks[name] = check


def state_of(request: HTTPConnection) -> AppState:
    """The application that answers `request`."""
    state = request.app.state.emagsync
    assert isinstance(state, AppState)  # noqa: S101 - set by `create_app` before any request
    return state


async def _current(request: Request) -> AppState:
    return state_of(request)  # async, for FastAPI runs plain functions in a thread


State = Annotated[AppState, Depends(_current)]

"""The part that sends local edits to eMAG."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from emagsync.accounts.registry import AccountRegistry
from emagsync.edits.push.auto_push import AutoPushWorker
from emagsync.edits.push.service import PushService
from emagsync.entrypoints.api.run_parts import beside
from emagsync.rest.state import AppState


@asynccontextmanager
async def pushing_part(state: AppState) -> AsyncIterator[None]:
    """Pushes by itself for the accounts whose `push` is on or approve."""
    service = PushService(
        database=state.database, registry=state.get(AccountRegistry), settings=state.settings, clock=state.clock
    )
    pusher = AutoPushWorker(service, state.settings.edits, state.clock)
    state.provide(service)
    state.provide(pusher)
    async with beside("pusher", pusher.run()):
        yield

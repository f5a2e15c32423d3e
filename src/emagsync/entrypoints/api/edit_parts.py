"""The part that keeps local edits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from emagsync.edits.conflict_service import ConflictService
from emagsync.edits.push.auto_push import AutoPushWorker
from emagsync.edits.service import EditService
from emagsync.rest.state import AppState


@asynccontextmanager
async def edits_part(state: AppState) -> AsyncIterator[None]:
    """Edits and conflicts; whoever sends them is told that there is something to send."""
    pusher = state.get(AutoPushWorker)

    def told(_: str) -> None:
        pusher.wake()

    state.provide(EditService(database=state.database, settings=state.settings.edits, clock=state.clock, on_edit=told))
    state.provide(ConflictService(database=state.database, clock=state.clock, on_edit=told))
    yield

"""Bulk changes without a server: what people ask of them, and the processes that work on them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from emagsync.core.settings import EditsSettings
from emagsync.db.engine import Database
from emagsync.edits.bulk_changes.request_schemas import ApplyOptions, FoundChange, PastChangeChoice
from emagsync.edits.bulk_changes.response_schemas import BulkChangeRow, BulkChangeView
from emagsync.edits.bulk_changes.service import BulkChanges
from emagsync.edits.bulk_changes.worker import BulkChangeWorker
from emagsync.edits.service import EditService
from support.databases import address_of
from support.mortal import Life
from support.pushing import CALM, PushDesk

TENTH_OFF: Mapping[str, Any] = {"adjust": {"sale_price": {"percent": "-10"}}}


class BulkDesk:
    """A desk's bulk changes, worked through by `piece` offers at a time by whoever is asked to."""

    def __init__(self, desk: PushDesk, *, piece: int = 2) -> None:
        self.desk = desk
        self.settings = EditsSettings(**CALM | {"bulk_piece": piece})
        self.changes = BulkChanges(
            database=desk.local.database, settings=self.settings, clock=desk.clock, mode=lambda _: "on"
        )

    @asynccontextmanager
    async def worker(self, life: Life | None = None) -> AsyncIterator[BulkChangeWorker]:
        """A process that works on changes; `life` says when it dies."""
        async with Database(address_of(self.desk.local.database)) as database:
            if life is not None:
                life.bind(database)
            clock = self.desk.clock
            edits = EditService(database=database, settings=self.settings, clock=clock)
            yield BulkChangeWorker(database=database, edits=edits, settings=self.settings, clock=clock)

    async def ask(self, emag_ids: list[int] | None = None, change: Mapping[str, Any] = TENTH_OFF) -> int:
        """Ask for a change of these offers, or of all; returns its id."""
        chosen = {} if emag_ids is None else {"account": "main", "emag_id": emag_ids}
        return (await self.changes.change_found(FoundChange.model_validate({"filter": chosen, **change}), by="ana")).id

    async def ask_undo(self, **past: Any) -> int:
        """Ask for the undoing of a batch or a push; returns the id of that change."""
        return (await self.changes.undo(PastChangeChoice(**past), by="ana")).id

    async def apply(self, change_id: int, **options: Any) -> None:
        """Let it be kept, by whoever works next."""
        await self.changes.apply(change_id, ApplyOptions(**options), by="ana")

    async def settled(self, change_id: int) -> BulkChangeView:
        """It, worked on until it waits for a person or is over, by a process that nothing happens to."""
        async with self.worker() as worker:
            await worker.settle(change_id)
        return await self.changes.get(change_id)

    async def kept(self, change_id: int, **options: Any) -> BulkChangeView:
        """It, previewed and kept."""
        await self.settled(change_id)
        await self.apply(change_id, **options)
        return await self.settled(change_id)

    async def rows(self, change_id: int) -> list[BulkChangeRow]:
        """All its rows."""
        return await self.changes.rows(change_id, limit=10_000)

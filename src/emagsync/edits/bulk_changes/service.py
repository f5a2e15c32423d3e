"""What people ask of bulk changes: making, applying, stopping and looking at them. The worker does the work."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from emagsync.core.clock import Clock
from emagsync.core.settings import EditsSettings, PushMode
from emagsync.db.engine import Database
from emagsync.edits.bulk_changes import repository, undo_repository
from emagsync.edits.bulk_changes.model import BulkChange, BulkKind, BulkOutcome, BulkState, ChangeRow
from emagsync.edits.bulk_changes.request_schemas import ApplyOptions, FoundChange, PastChangeChoice
from emagsync.edits.bulk_changes.response_schemas import BulkChangeRow, BulkChangeView, change_view, row_view
from emagsync.edits.errors import BulkChangeElsewhere, BulkChangeRefused
from emagsync.edits.offer_repository import count_found
from emagsync.edits.planning import Effect
from emagsync.edits.push.brake_preview import brakes_of
from emagsync.edits.push.errors import NothingToUndo
from emagsync.edits.push.repository import get_push

_STOPPABLE: Mapping[BulkState, BulkState] = {
    BulkState.PREVIEWING: BulkState.DISCARDED,
    BulkState.READY: BulkState.DISCARDED,
    BulkState.APPLYING: BulkState.WITHDRAWING,
}


class BulkChanges:
    """Bulk changes as people see them. `on_change` is called when there is work; `mode` is an account's setting."""

    def __init__(
        self,
        *,
        database: Database,
        settings: EditsSettings,
        clock: Clock,
        mode: Callable[[str], PushMode],
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock
        self._mode = mode
        self._on_change = on_change

    async def change_found(self, asked: FoundChange, *, by: str) -> BulkChangeView:
        """Begin the preview of one change to all that a filter finds. Raises CurrencyNeeded."""
        async with self._database.snapshot() as connection:
            asked.check_currencies(list(await count_found(connection, asked.filter.filter())))
        return await self._add(BulkKind.SELECTION, asked.model_dump(mode="json", exclude_unset=True), by)

    async def undo(self, asked: PastChangeChoice, *, by: str) -> BulkChangeView:
        """Begin the preview of undoing a batch of edits, or a push. Raises PushNotFound, and NothingToUndo for a batch
        without edits that wait or were applied."""
        async with self._database.snapshot() as connection:
            if asked.push_id is not None:
                await get_push(connection, asked.push_id)
            elif asked.batch_id is not None and not await undo_repository.is_undoable(connection, asked.batch_id):
                raise NothingToUndo
        return await self._add(BulkKind.UNDO, asked.model_dump(mode="json", exclude_none=True), by)

    async def _add(self, kind: BulkKind, asked: Mapping[str, Any], by: str) -> BulkChangeView:
        values = {"kind": kind, "batch_id": str(uuid.uuid4()), "made_by": by, "made_at": self._clock.now()}
        async with self._database.transaction() as connection:
            change_id = await repository.add(connection, values, asked)
        self._on_change()
        return await self.get(change_id)

    async def get(self, change_id: int) -> BulkChangeView:
        """A bulk change, with what the brake would say to it. Raises BulkChangeNotFound."""
        async with self._database.snapshot() as connection:
            change = await repository.get(connection, change_id)
            brakes = await brakes_of(connection, change.alarms, settings=self._settings, mode=self._mode)
        return change_view(change, brakes)

    async def list_changes(self, *, limit: int, before: int | None) -> list[BulkChangeView]:
        """Bulk changes, newest first."""
        async with self._database.snapshot() as connection:
            found = await repository.list_changes(connection, limit=limit, before=before)
        return [change_view(change, ()) for change in found]

    async def rows(
        self,
        change_id: int,
        *,
        effects: Sequence[Effect] = (),
        outcome: BulkOutcome | None = None,
        after: int = 0,
        limit: int,
    ) -> list[BulkChangeRow]:
        """What the change comes to, offer by offer; of the named effects or outcome only. Raises BulkChangeNotFound."""
        async with self._database.snapshot() as connection:
            change = await repository.get(connection, change_id)
            chosen: Sequence[Effect] | None = effects or None
            up_to = None
            if outcome is BulkOutcome.KEPT:
                chosen = [effect for effect in change.kept_effects if not effects or effect in effects]
                up_to = change.position if change.has_kept else 0
            found = await repository.next_rows(
                connection, change_id, after=after, limit=limit, effects=chosen, outcome=outcome, up_to=up_to
            )
            names = await repository.names_of(connection, found)
        return [row_view(row, names.get((row.account, row.emag_id)), self._outcome(change, row)) for row in found]

    @staticmethod
    def _outcome(change: BulkChange, row: ChangeRow) -> BulkOutcome | None:
        """What became of a row: only what was not kept is stored."""
        if row.outcome is not None:
            return row.outcome
        if not change.has_kept or row.row > change.position:
            return None
        return BulkOutcome.KEPT if row.effect in change.kept_effects else None

    async def apply(self, change_id: int, options: ApplyOptions, *, by: str) -> BulkChangeView:
        """Begin to keep what the preview shows.

        Raises BulkChangeNotFound, BulkChangeElsewhere unless it is ready, and BulkChangeRefused where some of its rows
        stand in the way. What has changed since the preview is left as it is, and counted.
        """
        async with self._database.transaction() as connection:
            change = await repository.get(connection, change_id, lock=True)
            if change.state is not BulkState.READY:
                raise BulkChangeElsewhere(change_id, change.state, [BulkState.READY])
            wrong = change.count(Effect.ERROR)
            doubtful = 0 if options.confirm else change.count(Effect.NEEDS_CONFIRMATION)
            if (wrong or doubtful) and not (options.skip_invalid or change.kind is BulkKind.UNDO):
                raise BulkChangeRefused(wrong, doubtful)
            await repository.decide(connection, change, BulkState.APPLYING, confirm=options.confirm, applied_by=by)
        self._on_change()
        return await self.get(change_id)

    async def stop(self, change_id: int) -> BulkChangeView:
        """Discard a preview, or stop a change that is being applied or has failed: what was kept of it is taken back.

        Raises BulkChangeNotFound, and BulkChangeElsewhere where it is over: undo it then.
        """
        async with self._database.transaction() as connection:
            change = await repository.get(connection, change_id, lock=True)
            state = _stopped(change)
            if state is None:
                raise BulkChangeElsewhere(change_id, change.state, list(_STOPPABLE))
            finished = self._clock.now() if state is BulkState.DISCARDED else None
            await repository.decide(connection, change, state, finished_at=finished)
        self._on_change()
        return await self.get(change_id)


def _stopped(change: BulkChange) -> BulkState | None:
    """The state in which a change is stopped; None where there is nothing to stop."""
    if change.state is BulkState.FAILED:
        return BulkState.WITHDRAWING if change.kept else None
    return _STOPPABLE.get(change.state)

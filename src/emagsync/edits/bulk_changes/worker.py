"""Works through bulk changes, a piece at a time: previews them, keeps their edits, or takes these back.

A piece is one short transaction under the change's fence, so that memory stays flat, other writers get their turn, and
a process that is killed leaves whole pieces behind: whoever looks next goes on after the last of them.
"""

from __future__ import annotations

import asyncio
import os
import socket
import uuid
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, NamedTuple

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core.clock import Clock
from emagsync.core.errors import EmagsyncError
from emagsync.core.settings import EditsSettings
from emagsync.core.waker import Waker
from emagsync.db.engine import Database
from emagsync.db.errors import ConstraintViolated, DatabaseUnavailable
from emagsync.edits import conflict_repository
from emagsync.edits import repository as edit_repository
from emagsync.edits.bulk_changes import repository
from emagsync.edits.bulk_changes.model import WORKING, BulkChange, BulkKind, BulkOutcome, BulkState, ChangeRow
from emagsync.edits.bulk_changes.origins import Origin, origin_of
from emagsync.edits.bulk_changes.repository import Superseded
from emagsync.edits.fields import VAT_ID
from emagsync.edits.model import ConflictEnding, EditClosing
from emagsync.edits.offer_repository import vat_ids_of
from emagsync.edits.planning import Effect, Plan
from emagsync.edits.push.brake_preview import count_alarms
from emagsync.edits.reasons import Reason, ReasonCode, reason_columns
from emagsync.edits.response_schemas import change_values, problem_of
from emagsync.edits.results import LineResult
from emagsync.edits.service import EditService
from emagsync.edits.states import EditSource, EditState, Resolution
from emagsync.edits.storing import Author, store

log = structlog.get_logger()

# Keys are small: many of them are written at once.
_KEYS_AT_ONCE: Final = 5_000
_ATTEMPTS: Final = 3
# What breaks so often at the same place is given up.
MOST_ATTEMPTS: Final = 5
_PREVIEWS_LAST: Final = timedelta(days=1)
_ROWS_LAST: Final = timedelta(days=7)


class _Done(NamedTuple):
    """How far the keeping of a change has come."""

    position: int
    kept: int
    changed_since: int


class BulkChangeWorker:
    """Looks for bulk changes to work on every few seconds, and at once when `wake` is called. Every process may run
    one. `on_applied` is called with each account that has something new to send."""

    def __init__(
        self,
        *,
        database: Database,
        edits: EditService,
        settings: EditsSettings,
        clock: Clock,
        on_applied: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._database = database
        self._edits = edits
        self._settings = settings
        self._clock = clock
        self._on_applied = on_applied
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"[:255]
        self._waker = Waker(clock)

    def wake(self) -> None:
        """Look now."""
        self._waker.wake()

    async def run(self) -> None:
        """Work for as long as the application runs."""
        while True:
            try:
                while await self.work():
                    pass
            except EmagsyncError as error:
                log.warning("bulk_changes_not_worked_on", error=str(error))
            await self._waker.rest(self._settings.look_seconds)

    async def work(self) -> bool:
        """Work on the oldest change that waits for it, to the end of its state. False: there was none."""
        async with self._database.snapshot() as connection:
            if not await repository.is_waiting(connection, now=self._clock.now()):
                return await self._forget()
        async with self._database.transaction() as connection:
            change = await repository.claim(
                connection, self._holder, now=self._clock.now(), seconds=self._settings.lease_seconds
            )
        if change is None:
            return False
        with structlog.contextvars.bound_contextvars(bulk_change=change.id):
            log.info("bulk_change_taken", state=change.state, position=change.position, found=change.found)
            try:
                await self._attempt(change)
            except Superseded:
                log.info("bulk_change_superseded", state=change.state)
            except (asyncio.CancelledError, DatabaseUnavailable):
                await asyncio.shield(self._release(change))
                raise
        return True

    async def settle(self, change_id: int) -> BulkChange:
        """Work until this change waits for a person, or is over, here or in another process; returns it."""
        while True:
            async with self._database.snapshot() as connection:
                change = await repository.get(connection, change_id)
            if change.state not in WORKING:
                return change
            if not await self.work():
                await self._clock.sleep(self._settings.look_seconds)

    async def _release(self, change: BulkChange) -> None:
        async with self._database.transaction() as connection:
            # That was no fault of the change's.
            await repository.release(connection, change, attempts=change.attempts - 1)

    async def _attempt(self, change: BulkChange) -> None:
        """Work on a change, unless that was tried too often: what breaks, or kills its process, each time is given up.

        One change must not stop the others: what breaks is logged, and tried again when its lease has run out.
        """
        if change.attempts <= MOST_ATTEMPTS:
            try:
                await self._work_on(change)
            except (Superseded, DatabaseUnavailable):
                raise
            except Exception:
                log.exception("bulk_change_broke", state=change.state, attempt=change.attempts)
            else:
                return
        if await self._is_hopeless(change):
            await self._end(
                change, BulkState.FAILED, **reason_columns(Reason.of(ReasonCode.BROKE_AGAIN, times=MOST_ATTEMPTS))
            )

    async def _is_hopeless(self, change: BulkChange) -> bool:
        """Whether it was taken up too often since it came further, which may have been in this attempt."""
        async with self._database.snapshot() as connection:
            return (await repository.get(connection, change.id)).attempts >= MOST_ATTEMPTS

    async def _work_on(self, change: BulkChange) -> None:
        match change.state:
            case BulkState.PREVIEWING:
                try:
                    await self._preview(change)
                except (Superseded, DatabaseUnavailable):
                    raise
                except Exception:
                    # Nothing was kept of it: who asked for it is to know rather than to wait.
                    error_id = uuid.uuid4().hex[:12]
                    log.exception("bulk_change_preview_failed", error_id=error_id)
                    reason = Reason.of(ReasonCode.PREVIEW_BROKE, error_id=error_id)
                    await self._end(change, BulkState.FAILED, **reason_columns(reason))
            case BulkState.APPLYING:
                await self._apply(change)
            case _:
                await self._withdraw(change)

    async def _step(self, connection: AsyncConnection, change: BulkChange, **values: Any) -> None:
        await repository.step(connection, change, now=self._clock.now(), seconds=self._settings.lease_seconds, **values)

    async def _end(self, change: BulkChange, state: BulkState, **values: Any) -> None:
        """The end of the work: the change's next state, in which nobody holds it."""
        finished = None if state is BulkState.READY else self._clock.now()
        async with self._database.transaction() as connection:
            await self._step(connection, change, state=state, finished_at=finished, **values)
            await repository.release(connection, change)
        log.info("bulk_change_worked_on", state=state)

    # Previewing

    async def _preview(self, change: BulkChange) -> None:
        origin = origin_of(change)
        if change.found is None:
            await self._gather(change, origin)
        counts, alarms = Counter(change.counts), defaultdict(Counter, change.alarms)
        position = change.position
        vat_ids: dict[str, Collection[int]] = {}
        while True:
            async with self._database.snapshot() as connection:
                rows = await repository.next_rows(
                    connection, change.id, after=position, limit=self._settings.bulk_piece
                )
                results = await self._results(connection, origin, rows, vat_ids, lock=False)
            if not rows:
                break
            position = rows[-1].row
            counts.update(result.effect for result in results)
            for account, counted in count_alarms(one.plan for one in results if one.plan and not one.errors).items():
                alarms[account].update(counted)
            planned = [_planned(row, result) for row, result in zip(rows, results, strict=True)]
            async with self._database.transaction() as connection:
                await repository.plan_rows(connection, change.id, planned)
                await self._step(
                    connection,
                    change,
                    position=position,
                    attempts=0,
                    counts=repository.stored_counts(counts),
                    alarms=repository.stored_alarms(alarms),
                )
        await self._end(change, BulkState.READY)

    async def _gather(self, change: BulkChange, origin: Origin) -> None:
        """Store which offers it is about, as they are at one moment. After a kill that begins anew."""
        while True:
            async with self._database.transaction() as connection:
                await self._step(connection, change)
                if not await repository.clear_rows(connection, change.id, most=_KEYS_AT_ONCE):
                    break
        found = 0
        async with self._database.snapshot() as reading:
            async for keys in _in_pieces(origin.keys(reading), _KEYS_AT_ONCE):
                async with self._database.transaction() as connection:
                    await repository.add_keys(connection, change.id, found + 1, keys)
                    await self._step(connection, change)
                found += len(keys)
        async with self._database.transaction() as connection:
            await self._step(connection, change, found=found)

    async def _results(
        self,
        connection: AsyncConnection,
        origin: Origin,
        rows: Sequence[ChangeRow],
        vat_ids: dict[str, Collection[int]],
        *,
        lock: bool,
    ) -> list[LineResult]:
        """What the change comes to for these offers now. `vat_ids` remembers those of accounts."""
        requests = await origin.requests(connection, rows)
        if any(VAT_ID in request.given for request in requests):
            for account in {request.account for request in requests} - set(vat_ids):
                vat_ids[account] = await vat_ids_of(connection, account)
        results = await self._edits.results(connection, requests, lock=lock, vat_ids=vat_ids)
        by_row = {result.request.row: origin.finished(result) for result in results}
        return [by_row[row.row] for row in rows]

    # Applying

    async def _apply(self, change: BulkChange) -> None:
        origin = origin_of(change)
        if change.came_since is None:
            async with self._database.snapshot() as connection:
                wanted = origin.offer_filter
                came = 0 if wanted is None else await repository.count_new(connection, change.id, wanted)
            async with self._database.transaction() as connection:
                await self._step(connection, change, came_since=came)
        done = _Done(change.position, change.kept, change.changed_since)
        vat_ids: dict[str, Collection[int]] = {}
        while (after := await self._apply_piece(change, origin, done, vat_ids)) is not None:
            done = after
        await self._end(change, BulkState.APPLIED, position=change.found)
        async with self._database.snapshot() as connection:
            accounts = await repository.accounts_of(connection, change.id)
        for account in accounts:
            self._on_applied(account)

    async def _apply_piece(
        self, change: BulkChange, origin: Origin, done: _Done, vat_ids: dict[str, Collection[int]]
    ) -> _Done | None:
        """Keep the next piece. None: there is no more."""
        for attempt in range(_ATTEMPTS):
            try:
                async with self._database.transaction() as connection:
                    return await self._keep(connection, change, origin, done, vat_ids)
            except ConstraintViolated:
                # Somebody else edited one of the fields at this very moment: plan again, with that edit.
                if attempt == _ATTEMPTS - 1:
                    raise
        return None

    async def _keep(
        self,
        connection: AsyncConnection,
        change: BulkChange,
        origin: Origin,
        done: _Done,
        vat_ids: dict[str, Collection[int]],
    ) -> _Done | None:
        rows = await repository.next_rows(
            connection, change.id, after=done.position, limit=self._settings.bulk_piece, effects=change.kept_effects
        )
        if not rows:
            return None
        results = await self._results(connection, origin, rows, vat_ids, lock=True)
        same: list[Plan] = []
        other: list[int] = []
        for row, result in zip(rows, results, strict=True):
            if result.plan is not None and _is_as_previewed(row, result):
                same.append(result.plan)
            else:
                other.append(row.row)
        source = EditSource.UNDO if change.kind is BulkKind.UNDO else EditSource.BULK
        author = Author(change.applied_by or change.made_by, source)
        await store(connection, same, author, batch_id=change.batch_id, now=self._clock.now())
        await repository.note_outcome(connection, change.id, other, BulkOutcome.CHANGED_SINCE)
        after = _Done(rows[-1].row, done.kept + len(same), done.changed_since + len(other))
        await self._step(
            connection, change, position=after.position, kept=after.kept, changed_since=after.changed_since, attempts=0
        )
        return after

    # Taking back

    async def _withdraw(self, change: BulkChange) -> None:
        """Take back the edits that were kept before somebody stopped the change. None of them was sent."""
        reason = Reason.of(ReasonCode.WITHDRAWN_BY, by=change.applied_by or change.made_by)
        while True:
            async with self._database.transaction() as connection:
                found = await repository.waiting_edits(connection, change.batch_id, limit=self._settings.bulk_piece)
                by_account: Mapping[str, set[int]] = defaultdict(set)
                for account, emag_id, _ in found:
                    by_account[account].add(emag_id)
                for account in sorted(by_account):
                    await edit_repository.lock_waiting(connection, account, sorted(by_account[account]))
                now = self._clock.now()
                closed = await edit_repository.close(
                    connection, [edit_id for *_, edit_id in found], EditClosing(EditState.WITHDRAWN, now, reason)
                )
                ending = ConflictEnding(Resolution.CLOSED, now, change.applied_by or change.made_by)
                await conflict_repository.end(connection, closed, ending)
                await self._step(connection, change, **({"attempts": 0} if found else {}))
            if not found:
                break
        await self._end(change, BulkState.DISCARDED, kept=0)

    # What is over

    async def _forget(self) -> bool:
        """Delete some rows that nobody needs any more. False: there are none."""
        now = self._clock.now()
        span = {"previews_before": now - _PREVIEWS_LAST, "applied_before": now - _ROWS_LAST}
        async with self._database.snapshot() as connection:
            old = await repository.with_old_rows(connection, **span)
        if old is None:
            return False
        async with self._database.transaction() as connection:
            await repository.expire(connection, old, now=now)
            if not await repository.clear_rows(connection, old, most=_KEYS_AT_ONCE):
                await repository.forget_rows(connection, old)
        return True


def _planned(row: ChangeRow, result: LineResult) -> ChangeRow:
    plan = result.plan
    errors = (*result.errors, *(plan.faults if plan else ()))
    doubts = plan.doubts if plan else ()
    problems = {
        "errors": [problem_of(one).model_dump(mode="json") for one in errors],
        "doubts": [problem_of(one).model_dump(mode="json") for one in doubts],
    }
    return row._replace(
        effect=result.effect,
        version=plan.version if plan else None,
        changes=change_values(plan) if plan else [],
        problems=problems if errors or doubts else None,
    )


def _is_as_previewed(row: ChangeRow, result: LineResult) -> bool:
    """Whether keeping the result is exactly what the preview showed."""
    plan = result.plan
    return (
        plan is not None
        and result.effect is Effect.OK
        and plan.version == row.version
        and change_values(plan) == list(row.changes)
    )


async def _in_pieces(keys: AsyncIterator[tuple[str, int]], most: int) -> AsyncIterator[list[tuple[str, int]]]:
    piece: list[tuple[str, int]] = []
    async for key in keys:
        piece.append(key)
        if len(piece) == most:
            yield piece
            piece = []
    if piece:
        yield piece

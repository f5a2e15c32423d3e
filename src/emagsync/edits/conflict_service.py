"""Resolves conflicts as a person decides: eMAG's value stays, the edit is sent, or a third value is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core.clock import Clock
from emagsync.db.engine import Database
from emagsync.edits import conflict_repository, repository
from emagsync.edits.change_request import ChangeRequest
from emagsync.edits.errors import ConflictNotFound, ConflictOver, EditRefused
from emagsync.edits.model import Conflict, ConflictEnding, ConflictFilter, EditClosing
from emagsync.edits.offer_repository import stored_offers
from emagsync.edits.planning import Plan, plan
from emagsync.edits.reasons import Reason, ReasonCode, reason_columns
from emagsync.edits.states import ConflictState, EditState, Resolution
from emagsync.edits.storing import Author, store
from emagsync.edits.validation import Issue

MOST_AT_ONCE = 1000
_ANY_CHANGE = 10**9


class ConflictService:
    """Resolves conflicts. One per process; `on_edit` is called with each account that has something to send then."""

    def __init__(self, *, database: Database, clock: Clock, on_edit: Callable[[str], None] = lambda _: None) -> None:
        self._database = database
        self._clock = clock
        self._on_edit = on_edit

    async def resolve(
        self, ids: Sequence[int], resolution: Resolution, author: Author, *, value: str | None = None
    ) -> list[Conflict]:
        """Resolve these conflicts, all or none; returns their final state.

        `value` is for `Resolution.OTHER`; it is checked as every edit is, and counts as confirmed. Between two
        currencies our value cannot be kept as it is. Raises ConflictNotFound, ConflictOver and EditRefused.
        """
        wanted = sorted(set(ids))
        async with self._database.transaction() as connection:
            found = {conflict.id: conflict for conflict in await conflict_repository.by_ids(connection, wanted)}
            for conflict_id in wanted:
                if conflict_id not in found:
                    raise ConflictNotFound(conflict_id)
            for account in sorted({conflict.account for conflict in found.values()}):
                own = [conflict for conflict in found.values() if conflict.account == account]
                # Offers first, then edits, as every writer here does: else two could wait for each other.
                await stored_offers(connection, account, {conflict.emag_id for conflict in own}, lock=True)
                await repository.lock_waiting(connection, account, {conflict.emag_id for conflict in own})
            for conflict in await conflict_repository.by_ids(connection, wanted):
                if conflict.state is not ConflictState.OPEN:
                    raise ConflictOver(conflict.id, conflict.resolution or "")
                await self._resolve(connection, conflict, resolution, author, value)
            resolved = await conflict_repository.by_ids(connection, wanted)
        for account in {conflict.account for conflict in resolved}:
            self._on_edit(account)
        return resolved

    async def resolve_all(
        self, wanted: ConflictFilter, resolution: Resolution, author: Author
    ) -> tuple[list[Conflict], bool]:
        """Resolve at most `MOST_AT_ONCE` open conflicts of a selection; returns them, and whether there are more.

        Those between two currencies are left to a person one by one where ours is to be kept.
        """
        of_currency = False if resolution is Resolution.LOCAL else None
        chosen = ConflictFilter(wanted.account, wanted.emag_id, wanted.field, ConflictState.OPEN, of_currency)
        async with self._database.snapshot() as connection:
            found = await conflict_repository.list_conflicts(connection, chosen, limit=MOST_AT_ONCE + 1)
        ids = [conflict.id for conflict in found[:MOST_AT_ONCE]]
        resolved = await self.resolve(ids, resolution, author) if ids else []
        return resolved, len(found) > MOST_AT_ONCE

    async def _resolve(
        self,
        connection: AsyncConnection,
        conflict: Conflict,
        resolution: Resolution,
        author: Author,
        value: str | None,
    ) -> None:
        now = self._clock.now()
        if resolution is Resolution.LOCAL and conflict.is_of_currency:
            raise EditRefused(f"Conflict {conflict.id} cannot be resolved so:", [_other_currency(conflict)])
        made = await self._plan(connection, conflict, value) if resolution is Resolution.OTHER else None
        if made is not None and made.faults:
            raise EditRefused(f"Conflict {conflict.id} cannot be resolved so:", made.faults)
        # Before another edit replaces this one, which would end its conflict without a decision.
        how = ConflictEnding(resolution, now, author.name, _value_of(conflict, resolution, made))
        await conflict_repository.end(connection, [conflict.edit_id], how)
        if resolution is Resolution.EMAG:
            reason = Reason.of(ReasonCode.CHOSE_EMAG, by=author.name)
            closed = EditClosing(EditState.LOST, now, reason, conflict.run_id, conflict.emag)
            await repository.close(connection, [conflict.edit_id], closed)
        elif made is not None and (made.changes or made.replaced):
            await store(connection, [made], author, batch_id=None, now=now)
        else:
            changes = {
                "state": EditState.OPEN.value,
                "base": conflict.emag,
                "currency": conflict.emag_currency,
                "emag_changed_at": None,
                **reason_columns(Reason.of(ReasonCode.CHOSE_LOCAL, by=author.name, emag=conflict.emag)),
            }
            await repository.change(connection, conflict.edit_id, changes)

    async def _plan(self, connection: AsyncConnection, conflict: Conflict, value: str | None) -> Plan:
        offers = await stored_offers(connection, conflict.account, [conflict.emag_id])
        edits = await repository.list_waiting(connection, conflict.account, [conflict.emag_id])
        request = ChangeRequest({conflict.field: value}, warehouse_id=conflict.warehouse_id or None, confirm=True)
        return plan(offers[conflict.emag_id], edits, request, most_percent=_ANY_CHANGE)


def _other_currency(conflict: Conflict) -> Issue:
    was, now = conflict.currency, conflict.emag_currency
    message = f"{conflict.local} was meant in {was}, and the offer is in {now} now: give its value in {now}"
    return Issue(conflict.field, "other_currency", message)


def _value_of(conflict: Conflict, resolution: Resolution, made: Plan | None) -> str | None:
    """The value that the field has once the decision has reached eMAG."""
    if made is not None and (made.changes or made.replaced):
        return made.changes[0].value if made.changes else made.offer.values.get((conflict.field, conflict.warehouse_id))
    return conflict.emag if resolution is Resolution.EMAG else conflict.local

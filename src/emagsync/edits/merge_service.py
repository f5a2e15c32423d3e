"""Merges what was read from eMAG with the open edits, in the transaction that stores what was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core.older_names import with_older_names
from emagsync.deliveries.occurrence_repository import SAMPLES, OccurrenceKind, note
from emagsync.edits import conflict_repository, repository
from emagsync.edits.fields import PRICES, Values
from emagsync.edits.merge import decision as merging
from emagsync.edits.merge.decision import MergeDecision, Reading
from emagsync.edits.merge.three_way import MergeOutcome, Rules
from emagsync.edits.model import Edit
from emagsync.edits.reasons import reason_columns
from emagsync.edits.states import EditState
from emagsync.offers.change_kinds import ChangeKind, NotableChange
from emagsync.offers.notable_repository import note_changes
from emagsync.webhooks import message_repository
from emagsync.webhooks.events import EventKind


async def merge_read(
    connection: AsyncConnection, reading: Reading, values: Mapping[int, Values], rules: Rules
) -> list[MergeDecision]:
    """Merge the values of offers that were just read with their open edits, and write the result."""
    edits = await repository.lock_waiting(connection, reading.account, list(values))
    return await write(connection, reading, await decide(connection, reading, edits, values, rules))


async def decide(
    connection: AsyncConnection, reading: Reading, edits: Sequence[Edit], values: Mapping[int, Values], rules: Rules
) -> list[MergeDecision]:
    """What becomes of `edits`, without writing it. Edits of an offer that is being sent are left to its push."""
    if not edits:
        return []
    in_flight = await repository.in_flight(connection, reading.account, {edit.emag_id for edit in edits})
    is_held = await repository.is_held(connection, reading.account)
    return merging.decide(reading, edits, values, rules, in_flight=in_flight, is_held=is_held)


async def write(
    connection: AsyncConnection, reading: Reading, decisions: Sequence[MergeDecision]
) -> list[MergeDecision]:
    """Write decisions about edits that are locked; new conflicts are told to the webhooks and to people.

    Returns the decisions that changed something.
    """
    changing = [decision for decision in decisions if decision.changes_edit]
    opened: list[MergeDecision] = []
    for decision in changing:
        closing = merging.edit_closing(decision, reading)
        if closing is not None:
            await repository.close(connection, [decision.edit.id], closing)
        else:
            await repository.change(connection, decision.edit.id, _columns(decision))
        if decision.merged.outcome is MergeOutcome.CONFLICT:
            if await conflict_repository.open_or_update(connection, _conflict(reading, decision)):
                opened.append(decision)
        elif (ending := merging.conflict_ending(decision, reading)) is not None:
            await conflict_repository.end(connection, [decision.edit.id], ending)
    if opened:
        conflicts = [_announced(decision) for decision in opened]
        await note_changes(connection, _noted(reading, opened))
        body = with_older_names({"account": reading.account}) | {"run_id": reading.source_id, "conflicts": conflicts}
        await message_repository.enqueue(connection, [EventKind.CONFLICT], body, now=reading.at)
        detail = {"conflicts": conflicts[:SAMPLES]}
        await note(
            connection,
            OccurrenceKind.CONFLICT,
            reading.account,
            number=len(conflicts),
            detail=detail,
            at=reading.at,
        )
    return changing


def _columns(decision: MergeDecision) -> dict[str, Any]:
    """The columns of an edit that still waits. A reason of before stays unless there is a newer one."""
    merged = decision.merged
    state = EditState.CONFLICT if merged.outcome is MergeOutcome.CONFLICT else EditState.OPEN
    reason = {} if decision.reason is None else reason_columns(decision.reason)
    return {
        "state": state.value,
        "base": merged.base,
        "value": merged.value,
        "emag_changed_at": merged.emag_changed_at,
        **reason,
    }


def _conflict(reading: Reading, decision: MergeDecision) -> dict[str, Any]:
    edit = decision.edit
    return {
        "account": edit.account,
        "emag_id": edit.emag_id,
        "field": edit.field,
        "warehouse_id": edit.warehouse_id,
        "edit_id": edit.id,
        "base": edit.base,
        "local": edit.value,
        "emag": decision.emag,
        **_currencies(decision),
        "opened_at": reading.at,
        "run_id": reading.source_id,
    }


def _noted(reading: Reading, opened: Sequence[MergeDecision]) -> list[NotableChange]:
    """One for each offer, however many of its fields are in conflict."""
    ids = dict.fromkeys(decision.edit.emag_id for decision in opened)
    kind = ChangeKind.CONFLICT.value
    return [NotableChange(reading.account, emag_id, kind, reading.at, reading.source_id) for emag_id in ids]


def _announced(decision: MergeDecision) -> dict[str, Any]:
    """The webhook message of a new conflict."""
    edit = decision.edit
    return {
        "emag_id": edit.emag_id,
        "field": edit.field,
        "warehouse_id": edit.warehouse_id or None,
        "base": edit.base,
        "local": edit.value,
        "emag": decision.emag,
        **_currencies(decision),
    }


def _currencies(decision: MergeDecision) -> dict[str, str | None]:
    """Of a price: what the edit's values are in, and what eMAG's is in."""
    is_price = decision.edit.field in PRICES
    return {
        "currency": decision.edit.currency,
        "emag_currency": decision.currency if is_price else None,
    }

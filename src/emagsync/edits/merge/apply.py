"""Meeting what was read from eMAG with the edits that wait, in the transaction that stores it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.edits import conflict_repository, repository
from emagsync.edits.conflict_repository import Ended
from emagsync.edits.fields import Values
from emagsync.edits.merge.three_way import Edited, Merged, Outcome, Rules, merge
from emagsync.edits.reasons import Reason, ReasonCode, reason_columns
from emagsync.edits.repository import Closed, Edit
from emagsync.edits.states import EditState, Resolution
from emagsync.webhooks import repository as webhooks
from emagsync.webhooks.schemas import EventKind


class Reading(NamedTuple):
    """Who read some offers: a run or a push, when it asked eMAG for them, and when this is written."""

    account: str
    source_id: str
    read_at: datetime
    at: datetime


class Decision(NamedTuple):
    """What became of one edit, and eMAG's value."""

    edit: Edit
    merged: Merged
    emag: str | None

    @property
    def is_news(self) -> bool:
        """Whether anything is to be written about the edit."""
        edit, merged = self.edit, self.merged
        same = (merged.base, merged.value, merged.emag_changed_at) == (edit.base, edit.value, edit.emag_changed_at)
        in_conflict = edit.state is EditState.CONFLICT
        return not (same and merged.outcome is Outcome.KEPT and not in_conflict)


_CLOSING: Final[Mapping[Outcome, EditState]] = {Outcome.SETTLED: EditState.SETTLED, Outcome.LOST: EditState.LOST}
_RESOLUTIONS: Final[Mapping[Outcome, Resolution]] = {
    Outcome.SETTLED: Resolution.SETTLED,
    Outcome.KEPT: Resolution.REVERTED,
    Outcome.MOVED: Resolution.MERGED,
    Outcome.LOST: Resolution.EMAG,
}


async def decide(
    connection: AsyncConnection, reading: Reading, edits: Sequence[Edit], values: Mapping[int, Values], rules: Rules
) -> list[Decision]:
    """What becomes of `edits`, without writing it; of an offer that is being sent, its push decides."""
    if not edits:
        return []
    sent = await repository.in_flight(connection, reading.account, {edit.emag_id for edit in edits})
    held = await repository.is_held(connection, reading.account)
    decisions: list[Decision] = []
    for edit in edits:
        if edit.emag_id in sent or edit.emag_id not in values:
            continue
        emag = values[edit.emag_id].get(edit.key)
        merged = merge(_edited(edit), emag, rules.strategy_for(edit.field), read_at=reading.read_at)
        decisions.append(Decision(edit, _held(edit, merged, reading) if held else merged, emag))
    return decisions


async def merge_read(
    connection: AsyncConnection, reading: Reading, values: Mapping[int, Values], rules: Rules
) -> list[Decision]:
    """Meet `values`, of offers that were just read, with their edits, and write what comes of it."""
    edits = await repository.locked(connection, reading.account, list(values))
    return await write(connection, reading, await decide(connection, reading, edits, values, rules))


async def write(connection: AsyncConnection, reading: Reading, decisions: Sequence[Decision]) -> list[Decision]:
    """Write decisions about edits that are locked; returns those that were news."""
    news = [decision for decision in decisions if decision.is_news]
    opened: list[Decision] = []
    for decision in news:
        if decision.merged.outcome in _CLOSING:
            await _close(connection, reading, decision)
        else:
            await _keep(connection, decision)
        if decision.merged.outcome is Outcome.CONFLICT:
            if await conflict_repository.opened(connection, _conflict(reading, decision)):
                opened.append(decision)
        elif decision.edit.state is EditState.CONFLICT:
            how = Ended(_RESOLUTIONS[decision.merged.outcome], reading.at, value=decision.emag)
            await conflict_repository.end(connection, [decision.edit.id], how)
    if opened:
        body = {"account_type": reading.account, "run_id": reading.source_id, "conflicts": _listed(opened)}
        await webhooks.enqueue(connection, [EventKind.CONFLICT], body, now=reading.at)
    return news


def _edited(edit: Edit) -> Edited:
    return Edited(
        field=edit.field,
        kind=edit.kind,
        base=edit.base,
        value=edit.value,
        made_at=edit.made_at,
        emag_changed_at=edit.emag_changed_at,
        in_conflict=edit.state is EditState.CONFLICT,
    )


def _held(edit: Edit, merged: Merged, reading: Reading) -> Merged:
    """While the brake holds the account, only what is clear is decided; when eMAG changed is noted."""
    if merged.outcome in (Outcome.SETTLED, Outcome.KEPT):
        return merged
    outcome = Outcome.CONFLICT if edit.state is EditState.CONFLICT else Outcome.KEPT
    return Merged(outcome, edit.base, edit.value, edit.emag_changed_at or reading.read_at)


async def _close(connection: AsyncConnection, reading: Reading, decision: Decision) -> None:
    merged, emag = decision.merged, decision.emag
    if merged.outcome is Outcome.LOST:
        reason = Reason.of(ReasonCode.CHANGED_MEANWHILE, base=decision.edit.base, emag=emag)
    else:
        reason = Reason.of(ReasonCode.ALREADY, emag=emag)
    closed = Closed(_CLOSING[merged.outcome], reading.at, reason, reading.source_id, emag)
    await repository.close(connection, [decision.edit.id], closed)


async def _keep(connection: AsyncConnection, decision: Decision) -> None:
    edit, merged = decision.edit, decision.merged
    state = EditState.CONFLICT if merged.outcome is Outcome.CONFLICT else EditState.OPEN
    values: dict[str, Any] = {
        "state": state.value,
        "base": merged.base,
        "value": merged.value,
        "emag_changed_at": merged.emag_changed_at,
    }
    if merged.outcome is Outcome.MOVED:
        values |= reason_columns(_moved(edit, merged, decision.emag))
    await repository.change(connection, edit.id, values)


def _moved(edit: Edit, merged: Merged, emag: str | None) -> Reason:
    if merged.value == edit.value:
        return Reason.of(ReasonCode.EDIT_STANDS, base=edit.base, emag=emag)
    return Reason.of(ReasonCode.TAKEN_OFF, base=edit.base, emag=emag, value=edit.value, left=merged.value)


def _conflict(reading: Reading, decision: Decision) -> dict[str, Any]:
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
        "opened_at": reading.at,
        "run_id": reading.source_id,
    }


def _listed(opened: Sequence[Decision]) -> list[dict[str, Any]]:
    return [
        {
            "emag_id": edit.emag_id,
            "field": edit.field,
            "warehouse_id": edit.warehouse_id or None,
            "base": edit.base,
            "local": edit.value,
            "emag": emag,
        }
        for edit, _, emag in opened
    ]

"""Where the offers that a run read go: into the local copy, or, in a dry run, into a list of differences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core.settings import EditsSettings
from emagsync.edits import repository
from emagsync.edits.fields import values_of
from emagsync.edits.merge.decision import MergeDecision, Reading
from emagsync.edits.merge.strategy import rules_of
from emagsync.edits.merge.three_way import MergeOutcome, Rules
from emagsync.edits.merge_service import decide, write
from emagsync.edits.model import Edit
from emagsync.edits.offer_repository import stored_offers
from emagsync.ingest.store import RowBatch, write_offers
from emagsync.offers import repository as offers
from emagsync.offers.change_kinds import ChangeKind
from emagsync.offers.records import LIFECYCLE, Observation, UpsertResult
from emagsync.offers.repository import Preview
from emagsync.sync import dry_run_repository
from emagsync.sync.lease_repository import RunLease
from emagsync.sync.schemas import Difference, DifferenceKind, RunParameters


class RowSink(Protocol):
    """Where the offers that a run read go. Works in the caller's transaction."""

    async def store(self, connection: AsyncConnection, batch: RowBatch) -> UpsertResult:
        """Take the offers; returns which were new, changed or unchanged."""
        ...

    async def remove(self, connection: AsyncConnection, observation: Observation, ids: Sequence[int]) -> Sequence[int]:
        """eMAG does not know `ids` any more. Returns those that were present."""
        ...


class DatabaseSink:
    """Stores the offers in the local copy and merges them with the edits that wait for them."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    async def store(self, connection: AsyncConnection, batch: RowBatch) -> UpsertResult:
        """Rows, payloads and change log; the edits of these offers."""
        result = await write_offers(connection, batch)
        # What is edited has a row: new offers, which is every offer of a first copy, need no look.
        before = sorted(set(_ids(batch)).difference(result.created))
        edits = await repository.lock_waiting(connection, batch.observation.account, before) if before else []
        if edits:
            await write(connection, _reading(batch), await _decide(connection, batch, edits, self._rules))
        return result

    async def remove(self, connection: AsyncConnection, observation: Observation, ids: Sequence[int]) -> Sequence[int]:
        """Marks them as removed, and logs it."""
        return await offers.mark_removed(connection, observation, ids)


class DryRunSink:
    """Changes nothing but the run's own list of differences."""

    def __init__(self, run_id: str, rules: Rules) -> None:
        self._run_id = run_id
        self._rules = rules

    async def store(self, connection: AsyncConnection, batch: RowBatch) -> UpsertResult:
        """Notes what storing them would change; what would become of an edit as a field named `edit:stock@1`."""
        # New offers are news to whoever previews a first copy.
        observation = batch.observation._replace(is_first_copy=False)
        found = await offers.preview(connection, observation, same=batch.same, read=batch.read)
        edits = await repository.list_waiting(connection, batch.observation.account, _ids(batch))
        decisions = await _decide(connection, batch, edits, self._rules) if edits else []
        differences = _with_edits(_differences(found), decisions)
        await dry_run_repository.store(connection, self._run_id, differences)
        return found.result

    async def remove(self, connection: AsyncConnection, observation: Observation, ids: Sequence[int]) -> Sequence[int]:
        """Notes which of them would be marked as removed."""
        present = await offers.present_among(connection, observation.account, ids)
        removed = [
            Difference(emag_id=emag_id, kind=DifferenceKind.REMOVED, fields={}, kinds=(ChangeKind.GONE,))
            for emag_id in present
        ]
        await dry_run_repository.store(connection, self._run_id, removed)
        return present


def sink_for(lease: RunLease, parameters: RunParameters, settings: EditsSettings) -> RowSink:
    """Where the offers of the run with this lease go."""
    rules = rules_of(settings, lease.account, parameters.conflict_strategy)
    return DryRunSink(lease.run_id, rules) if parameters.dry_run else DatabaseSink(rules)


def _ids(batch: RowBatch) -> list[int]:
    return [*batch.same, *(record.emag_id for record in batch.read)]


def _reading(batch: RowBatch) -> Reading:
    observation = batch.observation
    return Reading(observation.account, observation.run_id, batch.asked_at, observation.at)


async def _decide(
    connection: AsyncConnection, batch: RowBatch, edits: Sequence[Edit], rules: Rules
) -> list[MergeDecision]:
    wanted = {edit.emag_id for edit in edits}
    values = {record.emag_id: values_of(record, record.payload) for record in batch.read if record.emag_id in wanted}
    unread = sorted(wanted - values.keys())
    snapshots = await stored_offers(connection, batch.observation.account, unread)
    values |= {emag_id: offer.values for emag_id, offer in snapshots.items()}
    return await decide(connection, _reading(batch), edits, values, rules)


def _with_edits(differences: Sequence[Difference], decisions: Sequence[MergeDecision]) -> list[Difference]:
    by_id = {difference.emag_id: difference for difference in differences}
    for decision in (decision for decision in decisions if decision.changes_edit):
        edit, merged = decision.edit, decision.merged
        unchanged = Difference(emag_id=edit.emag_id, kind=DifferenceKind.UPDATED, fields={})
        difference = by_id.get(edit.emag_id, unchanged)
        name = f"edit:{edit.field}" + (f"@{edit.warehouse_id}" if edit.warehouse_id else "")
        fields = {**difference.fields, name: (edit.value, merged.outcome.value)}
        is_conflict = merged.outcome is MergeOutcome.CONFLICT
        kinds = (*difference.kinds, *([ChangeKind.CONFLICT] if is_conflict else ()))
        by_id[edit.emag_id] = difference.model_copy(update={"fields": fields, "kinds": tuple(dict.fromkeys(kinds))})
    return list(by_id.values())


def _differences(found: Preview) -> list[Difference]:
    applied = found.result
    noted: dict[int, list[ChangeKind]] = defaultdict(list)
    for one in found.noted:
        noted[one.emag_id].append(ChangeKind(one.kind))
    fields: dict[int, dict[str, tuple[str | None, str | None]]] = defaultdict(dict)
    for change in found.changes:
        if change.field != LIFECYCLE or change.new == "returned":
            fields[change.emag_id][change.field] = (change.old, change.new)
    kinds = [(emag_id, DifferenceKind.CREATED) for emag_id in applied.created]
    kinds += [(emag_id, DifferenceKind.UPDATED) for emag_id in applied.updated]
    # An offer that comes back unchanged is an update too: it is present again.
    back = {emag_id for emag_id, told in fields.items() if LIFECYCLE in told} - set(applied.updated)
    kinds += [(emag_id, DifferenceKind.UPDATED) for emag_id in sorted(back)]
    return [
        Difference(emag_id=emag_id, kind=kind, fields=fields.get(emag_id, {}), kinds=tuple(noted[emag_id]))
        for emag_id, kind in kinds
    ]

"""What becomes of the offers that a run read: they are stored, or a dry run notes what storing them would change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.edits import repository
from emagsync.edits.fields import values_of
from emagsync.edits.merge.apply import Decision, Reading, decide, write
from emagsync.edits.merge.three_way import Rules
from emagsync.edits.offer_snapshot import stored_offers
from emagsync.edits.repository import Edit
from emagsync.offers import repository as offers
from emagsync.offers.repository import LIFECYCLE, Change, Observation, OfferRecord, UpsertResult
from emagsync.sync import dry_run_repository
from emagsync.sync.schemas import Difference, DifferenceKind


class RowSink(Protocol):
    """Takes what was read, in the caller's transaction."""

    async def keep(
        self,
        connection: AsyncConnection,
        sighting: Observation,
        *,
        same: Sequence[int],
        read: Sequence[OfferRecord],
        stored: Collection[int],
        read_at: datetime,
    ) -> UpsertResult:
        """`same` are ids whose bytes did not change, `read` the offers that were parsed anew, `stored` those of them
        that have a row. eMAG was asked for them at `read_at`."""
        ...

    async def remove(self, connection: AsyncConnection, sighting: Observation, ids: Sequence[int]) -> Sequence[int]:
        """eMAG does not know `ids` any more. Returns those that were present."""
        ...


class DatabaseSink:
    """Stores them, and lets local edits meet them."""

    def __init__(self, rules: Rules | None = None) -> None:
        self._rules = rules or Rules()

    async def keep(
        self,
        connection: AsyncConnection,
        sighting: Observation,
        *,
        same: Sequence[int],
        read: Sequence[OfferRecord],
        stored: Collection[int],
        read_at: datetime,
    ) -> UpsertResult:
        """Rows, payloads and change log; the edits of these offers."""
        applied = await offers.apply(connection, sighting, same=same, read=read, stored=stored)
        meeting = _Meeting(sighting, same, read, read_at)
        # What is edited has a row: new offers need no look, which is every offer of a first copy.
        before = sorted(set(meeting.ids).difference(applied.created))
        edits = await repository.locked(connection, sighting.account, before) if before else []
        if edits:
            await write(connection, meeting.reading, await meeting.decide(connection, edits, self._rules))
        return applied

    async def remove(self, connection: AsyncConnection, sighting: Observation, ids: Sequence[int]) -> Sequence[int]:
        """Marked, and told by the change log."""
        return await offers.mark_removed(connection, sighting, ids)


class DryRun:
    """Changes nothing but the run's own list of differences."""

    def __init__(self, run_id: str, rules: Rules | None = None) -> None:
        self._run_id = run_id
        self._rules = rules or Rules()

    async def keep(
        self,
        connection: AsyncConnection,
        sighting: Observation,
        *,
        same: Sequence[int],
        read: Sequence[OfferRecord],
        stored: Collection[int],
        read_at: datetime,
    ) -> UpsertResult:
        """Compared with what is stored; what would become of an edit is told as of a field named `edit:stock@1`."""
        applied, changes = await offers.preview(connection, sighting, same=same, read=read)
        meeting = _Meeting(sighting, same, read, read_at)
        edits = await repository.waiting_among(connection, sighting.account, meeting.ids)
        decisions = await meeting.decide(connection, edits, self._rules) if edits else []
        await dry_run_repository.keep(connection, self._run_id, _with_edits(_differences(applied, changes), decisions))
        return applied

    async def remove(self, connection: AsyncConnection, sighting: Observation, ids: Sequence[int]) -> Sequence[int]:
        """Noted."""
        present = await offers.present_among(connection, sighting.account, ids)
        removed = [Difference(emag_id=emag_id, kind=DifferenceKind.REMOVED, fields={}) for emag_id in present]
        await dry_run_repository.keep(connection, self._run_id, removed)
        return present


class _Meeting(NamedTuple):
    """Some offers that were read, for the edits that they have."""

    sighting: Observation
    same: Sequence[int]
    read: Sequence[OfferRecord]
    read_at: datetime

    @property
    def ids(self) -> list[int]:
        return [*self.same, *(record.emag_id for record in self.read)]

    @property
    def reading(self) -> Reading:
        return Reading(self.sighting.account, self.sighting.run_id, self.read_at, self.sighting.at)

    async def decide(self, connection: AsyncConnection, edits: Sequence[Edit], rules: Rules) -> list[Decision]:
        wanted = {edit.emag_id for edit in edits}
        values = {record.emag_id: values_of(record, record.payload) for record in self.read if record.emag_id in wanted}
        as_stored = await stored_offers(connection, self.sighting.account, sorted(wanted - values.keys()))
        values |= {emag_id: offer.values for emag_id, offer in as_stored.items()}
        return await decide(connection, self.reading, edits, values, rules)


def _with_edits(differences: Sequence[Difference], decisions: Sequence[Decision]) -> list[Difference]:
    by_id = {difference.emag_id: difference for difference in differences}
    for edit, merged, _ in (decision for decision in decisions if decision.is_news):
        unchanged = Difference(emag_id=edit.emag_id, kind=DifferenceKind.UPDATED, fields={})
        difference = by_id.get(edit.emag_id, unchanged)
        name = f"edit:{edit.field}" + (f"@{edit.warehouse_id}" if edit.warehouse_id else "")
        fields = {**difference.fields, name: (edit.value, merged.outcome.value)}
        by_id[edit.emag_id] = difference.model_copy(update={"fields": fields})
    return list(by_id.values())


def _differences(applied: UpsertResult, changes: Iterable[Change]) -> list[Difference]:
    fields: dict[int, dict[str, tuple[str | None, str | None]]] = defaultdict(dict)
    for change in changes:
        if change.field != LIFECYCLE or change.new == "returned":
            fields[change.emag_id][change.field] = (change.old, change.new)
    kinds = [(emag_id, DifferenceKind.CREATED) for emag_id in applied.created]
    kinds += [(emag_id, DifferenceKind.UPDATED) for emag_id in applied.updated]
    # An offer that comes back unchanged is an update too: it is present again.
    back = {emag_id for emag_id, told in fields.items() if LIFECYCLE in told} - set(applied.updated)
    kinds += [(emag_id, DifferenceKind.UPDATED) for emag_id in sorted(back)]
    return [Difference(emag_id=emag_id, kind=kind, fields=fields.get(emag_id, {})) for emag_id, kind in kinds]

"""What becomes of the offers that a run read: they are stored, or a dry run notes what storing them would change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.offers import repository as offers
from emagsync.offers.repository import LIFECYCLE, Applied, Change, OfferRecord, Sighting
from emagsync.sync import differences
from emagsync.sync.schemas import Difference, DifferenceKind


class Keeper(Protocol):
    """Takes what was read, in the caller's transaction."""

    async def keep(
        self,
        connection: AsyncConnection,
        sighting: Sighting,
        *,
        same: Sequence[int],
        read: Sequence[OfferRecord],
        stored: Collection[int],
    ) -> Applied:
        """`same` are ids whose bytes did not change, `read` the offers that were parsed anew, `stored` those of them
        that have a row."""
        ...

    async def remove(self, connection: AsyncConnection, sighting: Sighting, ids: Sequence[int]) -> Sequence[int]:
        """eMAG does not know `ids` any more. Returns those that were present."""
        ...


class LocalCopy:
    """Stores them."""

    async def keep(
        self,
        connection: AsyncConnection,
        sighting: Sighting,
        *,
        same: Sequence[int],
        read: Sequence[OfferRecord],
        stored: Collection[int],
    ) -> Applied:
        """Rows, payloads and change log."""
        return await offers.apply(connection, sighting, same=same, read=read, stored=stored)

    async def remove(self, connection: AsyncConnection, sighting: Sighting, ids: Sequence[int]) -> Sequence[int]:
        """Marked, and told by the change log."""
        return await offers.mark_removed(connection, sighting, ids)


class DryRun:
    """Changes nothing but the run's own list of differences."""

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id

    async def keep(
        self,
        connection: AsyncConnection,
        sighting: Sighting,
        *,
        same: Sequence[int],
        read: Sequence[OfferRecord],
        stored: Collection[int],
    ) -> Applied:
        """Compared with what is stored."""
        applied, changes = await offers.preview(connection, sighting, same=same, read=read)
        await differences.keep(connection, self._run_id, _differences(applied, changes))
        return applied

    async def remove(self, connection: AsyncConnection, sighting: Sighting, ids: Sequence[int]) -> Sequence[int]:
        """Noted."""
        present = await offers.present_among(connection, sighting.account, ids)
        removed = [Difference(emag_id=emag_id, kind=DifferenceKind.REMOVED, fields={}) for emag_id in present]
        await differences.keep(connection, self._run_id, removed)
        return present


def _differences(applied: Applied, changes: Iterable[Change]) -> list[Difference]:
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

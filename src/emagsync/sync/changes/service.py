"""Reads what runs changed, what dry runs would have, and how the two compare."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.engine import Database
from emagsync.offers.change_kinds import ChangeKind
from emagsync.offers.notable_repository import count_kinds
from emagsync.offers.selection import ChangeFilter
from emagsync.sync import dry_run_repository
from emagsync.sync.changes import repository
from emagsync.sync.changes.comparison import compare
from emagsync.sync.changes.schemas import (
    ChangedOffer,
    Fields,
    KindTotal,
    Outcome,
    PreviewComparison,
    PreviewDifference,
    RunChangesData,
)
from emagsync.sync.errors import NoPreview, NotAPreview
from emagsync.sync.schemas import Run, RunParameters

_SHOWN: Final = 500


async def read_run_changes(
    database: Database, run: Run, *, kinds: tuple[ChangeKind, ...] = (), after: int = 0, limit: int = 100
) -> RunChangesData:
    """The first offers behind the id `after` that the run changed, of one of `kinds` (none: any)."""
    async with database.snapshot() as connection:
        read = _read_differences if run.parameters.dry_run else _read_changes
        return await read(connection, run, kinds, after, limit)


def parameters_to_apply(run: Run) -> RunParameters:
    """What a run is to be asked that does what the dry run said. Raises NotAPreview for another one than that."""
    if not run.parameters.dry_run or not run.status.is_finished:
        raise NotAPreview(run.id)
    return run.parameters.model_copy(update={"dry_run": False, "preview_of": run.id})


async def compare_with_preview(database: Database, run: Run) -> PreviewComparison:
    """What the run did otherwise than the dry run that it applied said. Raises NoPreview."""
    preview = run.parameters.preview_of
    if preview is None:
        raise NoPreview(run.id)
    async with database.snapshot() as connection:
        foreseen = await dry_run_repository.read(connection, preview, limit=dry_run_repository.KEPT_DIFFERENCES)
        happened = await repository.happened(connection, run.id)
        compared = list(compare({one.emag_id: one for one in foreseen}, happened))
        shown = [one for one in compared if one.outcome is not None][:_SHOWN]
        names = await repository.names_of(connection, run.account, [one.emag_id for one in shown])
    counts = Counter(one.outcome for one in compared)
    return PreviewComparison(
        run_id=run.id,
        preview_id=preview,
        as_foreseen=counts[None],
        not_changed=counts[Outcome.NOT_CHANGED],
        not_foreseen=counts[Outcome.NOT_FORESEEN],
        otherwise=counts[Outcome.OTHERWISE],
        is_whole=len(foreseen) < dry_run_repository.KEPT_DIFFERENCES,
        items=[
            PreviewDifference(
                **_name(names.get(one.emag_id), one.foreseen),
                emag_id=one.emag_id,
                outcome=one.outcome,
                foreseen=one.foreseen,
                happened=one.happened,
            )
            for one in shown
            if one.outcome is not None
        ],
    )


async def _read_changes(
    connection: AsyncConnection, run: Run, kinds: tuple[ChangeKind, ...], after: int, limit: int
) -> RunChangesData:
    ids = await repository.changed_ids(connection, run.id, kinds, after=after, limit=limit + 1)
    page = ids[:limit]
    found = await repository.happened(connection, run.id, between=(page[0], page[-1])) if page else {}
    names = await repository.names_of(connection, run.account, page)
    counted = await count_kinds(connection, ChangeFilter(run_id=run.id))
    return RunChangesData(
        run_id=run.id,
        account=run.account,
        dry_run=False,
        count=await repository.count_changed(connection, run.id),
        kinds=[KindTotal(kind=one.kind, offers=one.offers) for one in counted],
        items=[
            ChangedOffer(
                **_name(names.get(emag_id), found[emag_id].fields),
                emag_id=emag_id,
                kinds=list(found[emag_id].kinds),
                fields=found[emag_id].fields,
            )
            for emag_id in page
        ],
        next_after=page[-1] if len(ids) > limit else None,
    )


async def _read_differences(
    connection: AsyncConnection, run: Run, kinds: tuple[ChangeKind, ...], after: int, limit: int
) -> RunChangesData:
    found = await dry_run_repository.read(connection, run.id, kinds=kinds, after=after, limit=limit + 1)
    page = found[:limit]
    names = await repository.names_of(connection, run.account, [one.emag_id for one in page])
    counted = await repository.count_differences(connection, run.id)
    return RunChangesData(
        run_id=run.id,
        account=run.account,
        dry_run=True,
        count=await dry_run_repository.count(connection, run.id),
        kinds=[KindTotal(kind=kind, offers=counted[kind]) for kind in ChangeKind if counted.get(kind)],
        items=[
            ChangedOffer(
                **_name(names.get(one.emag_id), one.fields),
                emag_id=one.emag_id,
                kinds=list(one.kinds),
                fields=one.fields,
            )
            for one in page
        ],
        next_after=page[-1].emag_id if len(found) > limit else None,
    )


def _name(row: Any, fields: Fields) -> dict[str, Any]:
    """What an offer is called: as the copy has it, or as a dry run read it of one that it does not have."""
    if row is not None:
        return {"product_id": row.id, "part_number": row.part_number, "name": row.name, "currency": row.currency}
    read = {name: fields[name][1] if name in fields else None for name in ("part_number", "name", "currency")}
    return {"product_id": None, "part_number": read["part_number"], "name": read["name"], "currency": read["currency"]}

"""All SQL about the differences that dry runs found."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import orjson
from sqlalchemy import func, insert, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.bulk import BulkInsert
from emagsync.offers.change_kinds import ChangeKind
from emagsync.sync.schemas import Difference, DifferenceKind
from emagsync.sync.tables import sync_differences

# For each run. Its counts are those of all offers; beyond this many, which ones is not kept.
KEPT_DIFFERENCES = 10_000

_key = [sync_differences.c.run_id, sync_differences.c.emag_id]
_insert = BulkInsert(
    sync_differences,
    list(sync_differences.c),
    key=_key,
    update=[column for column in sync_differences.c if column not in _key],
)


async def store(connection: AsyncConnection, run_id: str, differences: Sequence[Difference]) -> None:
    """Store the differences; an offer that has one already gets the new one. At most `KEPT_DIFFERENCES` stay."""
    if not differences:
        return
    room = KEPT_DIFFERENCES - await count(connection, run_id)
    await _insert.run(
        connection,
        [
            (
                run_id,
                difference.emag_id,
                difference.kind.value,
                " ".join(difference.kinds),
                orjson.dumps(difference.fields).decode(),
            )
            for difference in differences[: max(room, 0)]
        ],
    )


async def count(connection: AsyncConnection, run_id: str) -> int:
    """The number of differences stored for the run."""
    query = select(func.count()).select_from(sync_differences).where(sync_differences.c.run_id == run_id)
    return await connection.scalar(query) or 0


async def read(
    connection: AsyncConnection, run_id: str, *, kinds: Collection[ChangeKind] = (), after: int = 0, limit: int = 500
) -> list[Difference]:
    """The differences of offers whose id is greater than `after`, by id; of one of `kinds` (none: of any)."""
    query = (
        select(sync_differences.c.emag_id, sync_differences.c.kind, sync_differences.c.kinds, sync_differences.c.fields)
        .where(sync_differences.c.run_id == run_id, sync_differences.c.emag_id > after)
        .order_by(sync_differences.c.emag_id)
        .limit(limit)
    )
    if kinds:
        names = literal(" ") + sync_differences.c.kinds + literal(" ")
        query = query.where(or_(*(names.contains(f" {kind.value} ", autoescape=True) for kind in kinds)))
    return [
        Difference(
            emag_id=row.emag_id,
            kind=DifferenceKind(row.kind),
            fields=orjson.loads(row.fields),
            kinds=tuple(map(ChangeKind, row.kinds.split())),
        )
        for row in await connection.execute(query)
    ]


async def inherit(connection: AsyncConnection, *, old: str, new: str) -> None:
    """Copy the differences of the run `old` to the run `new` that resumes it."""
    rest = [column for column in sync_differences.c if column.key != "run_id"]
    source = select(literal(new), *rest).where(sync_differences.c.run_id == old)
    await connection.execute(insert(sync_differences).from_select(["run_id", *(c.key for c in rest)], source))

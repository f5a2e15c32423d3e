"""All SQL about what happened and was not handed to those yet who are to be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.deliveries.tables import occurrences

# So many examples of what happened are told at most.
SAMPLES: Final = 10


class OccurrenceKind(StrEnum):
    """What happened."""

    RUN = "run"  # a run failed, or is partial
    HOLD = "hold"  # the brake stopped something
    CONFLICT = "conflict"  # a person has to decide between two values
    LATE = "late"  # offers are older than their freshness target


class Occurrence(NamedTuple):
    """Something that happened. `number`: how many of it; `detail` is JSON."""

    id: int
    kind: OccurrenceKind
    account: str
    number: int
    detail: dict[str, Any]
    at: datetime


async def note(
    connection: AsyncConnection,
    kind: OccurrenceKind,
    account: str,
    *,
    number: int = 1,
    detail: Mapping[str, Any] | None = None,
    at: datetime,
) -> None:
    """Store what happened, in the transaction in which it happens."""
    text = orjson.dumps(dict(detail or {})).decode()
    values = {"kind": kind, "account": account, "number": number, "detail": text, "at": at}
    await connection.execute(insert(occurrences).values(**values))


async def oldest(connection: AsyncConnection, *, limit: int) -> list[Occurrence]:
    """The oldest ones, in order."""
    rows = await connection.execute(select(occurrences).order_by(occurrences.c.id).limit(limit))
    return [
        Occurrence(row.id, OccurrenceKind(row.kind), row.account, row.number, orjson.loads(row.detail), row.at)
        for row in rows
    ]


async def take(connection: AsyncConnection, ids: Sequence[int]) -> bool:
    """Remove these. False when somebody else has taken one of them: then nothing may be told of any."""
    taken = await connection.execute(delete(occurrences).where(occurrences.c.id.in_(ids)))
    return taken.rowcount == len(ids)

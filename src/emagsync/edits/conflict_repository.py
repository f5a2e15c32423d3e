"""All SQL about conflicts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, insert, not_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.edits.model import Conflict, ConflictEnding, ConflictFilter
from emagsync.edits.repository import in_chunks, is_of_offers
from emagsync.edits.states import ConflictState, Resolution
from emagsync.edits.tables import conflicts

_OPEN = conflicts.c.state == ConflictState.OPEN.value


_COLUMNS = [conflicts.c[name] for name in Conflict._fields]


async def open_or_update(connection: AsyncConnection, values: dict[str, Any]) -> bool:
    """Open an edit's conflict, or write eMAG's present value to the open one. Returns whether it is new."""
    now = {name: values[name] for name in ("emag", "emag_currency")}
    noted = update(conflicts).where(conflicts.c.edit_id == values["edit_id"], _OPEN).values(**now)
    if (await connection.execute(noted)).rowcount:
        return False
    await connection.execute(insert(conflicts).values(**values, state=ConflictState.OPEN.value))
    return True


async def end(connection: AsyncConnection, edit_ids: Collection[int], how: ConflictEnding) -> None:
    """End the open conflicts of these edits, if there are any."""
    for some in in_chunks(sorted(edit_ids)):
        await connection.execute(
            update(conflicts)
            .where(conflicts.c.edit_id.in_(some), _OPEN)
            .values(
                state=ConflictState.RESOLVED.value,
                resolution=how.resolution.value,
                resolved_by=how.by,
                resolved_at=how.at,
                value=how.value,
            )
        )


async def by_ids(connection: AsyncConnection, ids: Sequence[int]) -> list[Conflict]:
    """The conflicts with these ids, oldest first."""
    found: list[Conflict] = []
    for some in in_chunks(sorted(ids)):
        query = select(*_COLUMNS).where(conflicts.c.id.in_(some)).order_by(conflicts.c.id)
        found.extend(_conflict(row) for row in await connection.execute(query))
    return found


async def list_conflicts(
    connection: AsyncConnection, wanted: ConflictFilter, *, limit: int, before: int | None = None
) -> list[Conflict]:
    """Selected conflicts, newest first. `before` is the id of the last one of the page before."""
    query = select(*_COLUMNS).where(_selected(wanted)).order_by(conflicts.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(conflicts.c.id < before)
    return [_conflict(row) for row in await connection.execute(query)]


async def counts(connection: AsyncConnection) -> dict[str, int]:
    """How many conflicts are open, by account; an account without any is not in it."""
    query = select(conflicts.c.account, func.count()).where(_OPEN).group_by(conflicts.c.account)
    return {row.account: row[1] for row in await connection.execute(query)}


def _selected(wanted: ConflictFilter) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [true()]
    for name in ("account", "emag_id", "field"):
        value = getattr(wanted, name)
        if value is not None:
            conditions.append(conflicts.c[name] == value)
    if wanted.state is not None:
        conditions.append(conflicts.c.state == wanted.state.value)
    if wanted.offers is not None:
        conditions.append(is_of_offers(conflicts, wanted.offers))
    if wanted.of_currency is not None:
        differ = func.coalesce(conflicts.c.currency != conflicts.c.emag_currency, false())
        conditions.append(differ if wanted.of_currency else not_(differ))
    return and_(*conditions)


def _conflict(row: Any) -> Conflict:
    conflict = Conflict._make(row)
    resolution = None if conflict.resolution is None else Resolution(conflict.resolution)
    return conflict._replace(state=ConflictState(conflict.state), resolution=resolution)

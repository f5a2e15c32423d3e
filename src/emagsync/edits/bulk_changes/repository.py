"""All SQL of bulk changes. Whoever works on one writes under its fence, in the same transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, Row, Select, and_, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.bulk import BulkInsert
from emagsync.edits.bulk_changes.model import (
    WORKING,
    AlarmsByAccount,
    BulkChange,
    BulkKind,
    BulkOutcome,
    BulkState,
    ChangeRow,
)
from emagsync.edits.errors import BulkChangeNotFound
from emagsync.edits.planning import Effect
from emagsync.edits.push.schemas import Alarm
from emagsync.edits.reasons import reason_columns, reason_in
from emagsync.edits.repository import in_chunks
from emagsync.edits.tables import bulk_change_rows, bulk_changes, local_edits
from emagsync.offers.selection import OfferFilter
from emagsync.offers.selection_repository import condition
from emagsync.offers.tables import offers

_changes = bulk_changes.c
_rows = bulk_change_rows.c
_KEY: Final = (_rows.change_id, _rows.row)
_PLANNED: Final = (_rows.effect, _rows.version, _rows.changes, _rows.problems)
_insert_keys = BulkInsert(bulk_change_rows, [*_KEY, _rows.account, _rows.emag_id])
_plan_rows = BulkInsert(bulk_change_rows, [*_KEY, _rows.account, _rows.emag_id, *_PLANNED], key=_KEY, update=_PLANNED)


class Superseded(Exception):
    """Another process works on the change now, or a person has decided something else about it."""


async def add(connection: AsyncConnection, values: Mapping[str, Any], asked: Mapping[str, Any]) -> int:
    """A new change, to be previewed. Returns its id."""
    statement = insert(bulk_changes).values(
        **values,
        asked=orjson.dumps(asked).decode(),
        state=BulkState.PREVIEWING,
        position=0,
        counts="{}",
        alarms="{}",
        confirm=False,
        kept=0,
        changed_since=0,
        has_rows=True,
        fence=0,
    )
    change_id: int = (await connection.execute(statement.returning(_changes.id))).scalar_one()
    return change_id


async def get(connection: AsyncConnection, change_id: int, *, lock: bool = False) -> BulkChange:
    """The change with this id; `lock`: until the transaction ends. Raises BulkChangeNotFound."""
    query = select(bulk_changes).where(_changes.id == change_id)
    row = (await connection.execute(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise BulkChangeNotFound(change_id)
    return _change(row)


async def list_changes(connection: AsyncConnection, *, limit: int, before: int | None = None) -> list[BulkChange]:
    """The changes, newest first; `before`: those older than the one of that id."""
    query = select(bulk_changes).order_by(_changes.id.desc()).limit(limit)
    if before is not None:
        query = query.where(_changes.id < before)
    return [_change(row) for row in await connection.execute(query)]


async def is_waiting(connection: AsyncConnection, *, now: datetime) -> bool:
    """Whether a change is to be worked on and nobody works on it."""
    return await connection.scalar(_to_be_worked_on(now)) is not None


async def claim(connection: AsyncConnection, holder: str, *, now: datetime, seconds: float) -> BulkChange | None:
    """Take the oldest change that is to be worked on and that nobody works on. None: there is none."""
    change_id = await connection.scalar(_to_be_worked_on(now))
    if change_id is None:
        return None
    taken = await connection.execute(
        update(bulk_changes)
        .where(_changes.id == change_id, _changes.state.in_(WORKING), _is_free(now))
        .values(
            holder=holder,
            fence=_changes.fence + 1,
            until=now + timedelta(seconds=seconds),
            attempts=_changes.attempts + 1,
        )
    )
    return await get(connection, change_id) if taken.rowcount == 1 else None


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(_changes.until.is_(None), _changes.until <= now)


def _to_be_worked_on(now: datetime) -> Select[Any]:
    return select(_changes.id).where(_changes.state.in_(WORKING), _is_free(now)).order_by(_changes.id).limit(1)


async def step(
    connection: AsyncConnection, change: BulkChange, *, now: datetime, seconds: float, **values: Any
) -> None:
    """Write the columns `values` of a change that was claimed, and keep it. Raises Superseded, which rolls back what
    was written with it."""
    done = await connection.execute(
        update(bulk_changes)
        .where(_changes.id == change.id, _changes.fence == change.fence, _changes.state == change.state)
        .values(until=now + timedelta(seconds=seconds), **values)
    )
    if done.rowcount != 1:
        raise Superseded


async def release(connection: AsyncConnection, change: BulkChange, *, attempts: int = 0) -> None:
    """Give a claimed change back, as one that was taken up so often before. Does nothing when another process has taken
    over."""
    await connection.execute(
        update(bulk_changes)
        .where(_changes.id == change.id, _changes.fence == change.fence)
        .values(holder=None, until=None, attempts=attempts)
    )


async def decide(connection: AsyncConnection, change: BulkChange, state: BulkState, **values: Any) -> None:
    """Give a change that was locked a new state, in which work begins anew; whoever works on it is superseded."""
    await connection.execute(
        update(bulk_changes)
        .where(_changes.id == change.id)
        .values(
            state=state,
            position=0,
            holder=None,
            until=None,
            fence=_changes.fence + 1,
            attempts=0,
            **reason_columns(None),
            **values,
        )
    )


# Rows


async def clear_rows(connection: AsyncConnection, change_id: int, *, most: int) -> int:
    """Delete at most so many rows of a change. Returns how many."""
    some = select(_rows.row).where(_rows.change_id == change_id).order_by(_rows.row).limit(most)
    return (
        await connection.execute(delete(bulk_change_rows).where(_rows.change_id == change_id, _rows.row.in_(some)))
    ).rowcount


async def add_keys(connection: AsyncConnection, change_id: int, first: int, keys: Sequence[tuple[str, int]]) -> None:
    """Store the offers of a change, numbered from `first`."""
    numbered = enumerate(keys, start=first)
    await _insert_keys.run(connection, [(change_id, row, account, emag_id) for row, (account, emag_id) in numbered])


async def next_rows(
    connection: AsyncConnection,
    change_id: int,
    *,
    after: int,
    limit: int,
    effects: Collection[Effect] | None = None,
    outcome: BulkOutcome | None = None,
    up_to: int | None = None,
) -> list[ChangeRow]:
    """The rows that follow the row `after`, at most `limit`: those with one of `effects` and this `outcome` (None: with
    any), not beyond the row `up_to`. That a row was kept is not stored: those were that have no other outcome."""
    query = select(bulk_change_rows).where(_rows.change_id == change_id, _rows.row > after)
    if effects is not None:
        query = query.where(_rows.effect.in_(effects))
    if outcome is not None:
        query = query.where(_rows.outcome.is_(None) if outcome is BulkOutcome.KEPT else _rows.outcome == outcome)
    if up_to is not None:
        query = query.where(_rows.row <= up_to)
    return [_row(row) for row in await connection.execute(query.order_by(_rows.row).limit(limit))]


async def plan_rows(connection: AsyncConnection, change_id: int, rows: Sequence[ChangeRow]) -> None:
    """Store what the change comes to for these offers."""
    await _plan_rows.run(
        connection,
        [
            (
                change_id,
                row.row,
                row.account,
                row.emag_id,
                row.effect,
                row.version,
                orjson.dumps(row.changes).decode(),
                None if row.problems is None else orjson.dumps(row.problems).decode(),
            )
            for row in rows
        ],
    )


async def note_outcome(connection: AsyncConnection, change_id: int, rows: Sequence[int], outcome: BulkOutcome) -> None:
    """Store what became of these rows."""
    for some in in_chunks(rows):
        await connection.execute(
            update(bulk_change_rows).where(_rows.change_id == change_id, _rows.row.in_(some)).values(outcome=outcome)
        )


async def count_new(connection: AsyncConnection, change_id: int, offer_filter: OfferFilter) -> int:
    """How many offers the filter finds now that the change is not about."""
    known = select(_rows.row).where(
        _rows.change_id == change_id, _rows.account == offers.c.account, _rows.emag_id == offers.c.emag_id
    )
    query = select(func.count()).where(condition(offer_filter, connection.dialect.name), ~known.exists())
    return await connection.scalar(query.select_from(offers)) or 0


async def names_of(connection: AsyncConnection, rows: Sequence[ChangeRow]) -> dict[tuple[str, int], Row[Any]]:
    """Id, part number, name and currency of the rows' offers, by account and eMAG's id."""
    found: dict[tuple[str, int], Row[Any]] = {}
    for account in {row.account for row in rows}:
        ids = [row.emag_id for row in rows if row.account == account]
        for some in in_chunks(ids):
            query: Select[Any] = select(
                offers.c.id, offers.c.emag_id, offers.c.part_number, offers.c.name, offers.c.currency
            ).where(offers.c.account == account, offers.c.emag_id.in_(some))
            found |= {(account, row.emag_id): row for row in await connection.execute(query)}
    return found


async def accounts_of(connection: AsyncConnection, change_id: int) -> list[str]:
    """The accounts whose offers the change is about."""
    query = select(_rows.account).where(_rows.change_id == change_id).distinct().order_by(_rows.account)
    return list((await connection.execute(query)).scalars())


# The edits that it made


async def waiting_edits(connection: AsyncConnection, batch_id: str, *, limit: int) -> list[tuple[str, int, int]]:
    """Account, eMAG's id and edit id of edits of a batch that still wait, at most `limit`."""
    edit = local_edits.c
    query = (
        select(edit.account, edit.emag_id, edit.id)
        .where(edit.batch_id == batch_id, edit.state.in_(("open", "conflict")))
        .order_by(edit.id)
        .limit(limit)
    )
    return [(row.account, row.emag_id, row.id) for row in await connection.execute(query)]


# What is over


async def with_old_rows(
    connection: AsyncConnection, *, previews_before: datetime, applied_before: datetime
) -> int | None:
    """The id of a change whose rows are not needed any more: it was discarded, has failed with nothing kept, or was
    previewed, applied or given up before then."""
    query = select(_changes.id).where(
        _changes.has_rows.is_(True),
        or_(
            _changes.state == BulkState.DISCARDED,
            and_(_changes.state == BulkState.FAILED, _changes.kept == 0),
            and_(_changes.state == BulkState.READY, _changes.made_at < previews_before),
            and_(_changes.state.in_((BulkState.APPLIED, BulkState.FAILED)), _changes.finished_at < applied_before),
        ),
    )
    return await connection.scalar(query.order_by(_changes.id).limit(1))


async def expire(connection: AsyncConnection, change_id: int, *, now: datetime) -> None:
    """Discard a preview that nobody has applied."""
    await connection.execute(
        update(bulk_changes)
        .where(_changes.id == change_id, _changes.state == BulkState.READY)
        .values(state=BulkState.DISCARDED, finished_at=now)
    )


async def forget_rows(connection: AsyncConnection, change_id: int) -> None:
    """Note that a change has no rows any more."""
    await connection.execute(update(bulk_changes).where(_changes.id == change_id).values(has_rows=False))


def stored_counts(counts: Mapping[Effect, int]) -> str:
    """Rows by effect as they are stored."""
    return orjson.dumps({str(effect): number for effect, number in counts.items()}).decode()


def stored_alarms(alarms: AlarmsByAccount) -> str:
    """What the brake would count, as it is stored."""
    return orjson.dumps(
        {account: {str(alarm): number for alarm, number in counts.items()} for account, counts in alarms.items()}
    ).decode()


def _change(row: Row[Any]) -> BulkChange:
    values = {name: getattr(row, name) for name in BulkChange.__dataclass_fields__}
    alarms = orjson.loads(row.alarms)
    return BulkChange(
        **values
        | {
            "kind": BulkKind(row.kind),
            "reason": reason_in(row),
            "state": BulkState(row.state),
            "asked": orjson.loads(row.asked),
            "counts": {Effect(effect): number for effect, number in orjson.loads(row.counts).items()},
            "alarms": {
                account: Counter({Alarm(alarm): number for alarm, number in counts.items()})
                for account, counts in alarms.items()
            },
        }
    )


def _row(row: Row[Any]) -> ChangeRow:
    return ChangeRow(
        row=row.row,
        account=row.account,
        emag_id=row.emag_id,
        effect=None if row.effect is None else Effect(row.effect),
        version=row.version,
        changes=() if row.changes is None else orjson.loads(row.changes),
        problems=None if row.problems is None else orjson.loads(row.problems),
        outcome=None if row.outcome is None else BulkOutcome(row.outcome),
    )

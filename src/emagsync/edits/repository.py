"""All SQL about local edits. Waiting ones are found by a partial index, which is empty where nobody edits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    Table,
    and_,
    bindparam,
    false,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.bulk import BulkInsert, BulkSelect, among
from emagsync.edits.model import Edit, EditClosing, EditFilter
from emagsync.edits.reasons import reason_columns, reason_in
from emagsync.edits.states import SENT_STATES, EditSource, EditState
from emagsync.edits.tables import holds, local_edits, outbox
from emagsync.offers.tables import offers

T = TypeVar("T")

IN_ONE: Final = 500
# As the partial index says it: with parameters in their place, neither database would know that it may use it.
# (A text: of a literal column of SQLAlchemy's SQLite compares whether it is 1, and does not know the condition either.)
_WAITS: Final = text("local_edits.state IN ('open', 'conflict')")


_REASON = (local_edits.c.reason_code, local_edits.c.reason_values)
_COLUMNS = [*(local_edits.c[name] for name in Edit._fields), *_REASON]
_NEW = [column for column in local_edits.c if column.key in Edit._fields[1 : Edit._fields.index("state") + 1]]
_insert = BulkInsert(local_edits, _NEW)
_among = select(*_COLUMNS).where(among(local_edits.c.account, local_edits.c.emag_id), _WAITS)
_waiting = BulkSelect(_among)
# All writers lock edits in this order, so that two of them cannot wait for each other.
_locked = BulkSelect(_among.order_by(local_edits.c.id).with_for_update())


# Whether an edit of an offer waits. Whether any at all does is asked first, once for a statement: mostly none does.
_of_offer = and_(local_edits.c.account == offers.c.account, local_edits.c.emag_id == offers.c.emag_id)
SOME_WAIT: Final = and_(
    select(local_edits.c.id).where(_WAITS).exists(),
    select(local_edits.c.id).where(_of_offer, _WAITS).correlate(offers).exists(),
)


async def list_waiting(connection: AsyncConnection, account: str, ids: Collection[int]) -> list[Edit]:
    """The waiting edits of the offers `ids` (eMAG's), in no order."""
    return [_edit(row) for row in await _waiting.run(connection, ids, of_account=account)] if ids else []


async def lock_waiting(connection: AsyncConnection, account: str, ids: Collection[int]) -> list[Edit]:
    """The same, locked until the transaction ends: nobody else can change or close them until then."""
    # Nothing on SQLite, where a transaction is the only one that writes.
    return [_edit(row) for row in await _locked.run(connection, ids, of_account=account)] if ids else []


async def insert(connection: AsyncConnection, edits: Iterable[Edit]) -> None:
    """Store new edits. Raises ConstraintViolated where a field of an offer has a waiting edit: close that first."""
    names = [column.key for column in _NEW]
    rows = [edit._asdict() | {"state": edit.state.value} for edit in edits]
    await _insert.run(connection, [tuple(row[name] for name in names) for row in rows])


async def close(connection: AsyncConnection, ids: Collection[int], how: EditClosing) -> list[int]:
    """Close those of the edits `ids` that still wait; returns the ids of those that were closed."""
    closed: list[int] = []
    for some in in_chunks(sorted(ids)):
        result = await connection.execute(
            update(local_edits)
            .where(local_edits.c.id.in_(some), _WAITS)
            .values(
                state=how.state.value,
                closed_at=how.at,
                closed_by_run=how.by_run,
                closed_value=how.value,
                **reason_columns(how.reason),
            )
            .returning(local_edits.c.id)
        )
        closed.extend(result.scalars())
    return sorted(closed)


async def change(connection: AsyncConnection, edit_id: int, values: Mapping[str, Any]) -> bool:
    """Change columns of a waiting edit; False when it does not wait any more."""
    statement = update(local_edits).where(local_edits.c.id == edit_id, _WAITS).values(**values)
    return (await connection.execute(statement)).rowcount == 1


async def get(connection: AsyncConnection, edit_id: int) -> Edit | None:
    """The edit with this id; None: there is none."""
    row = (await connection.execute(select(*_COLUMNS).where(local_edits.c.id == edit_id))).one_or_none()
    return None if row is None else _edit(row)


async def by_ids(connection: AsyncConnection, ids: Collection[int]) -> list[Edit]:
    """The edits with these ids, oldest first."""
    found: list[Edit] = []
    for some in in_chunks(sorted(ids)):
        query = select(*_COLUMNS).where(local_edits.c.id.in_(some)).order_by(local_edits.c.id)
        found.extend(_edit(row) for row in await connection.execute(query))
    return found


async def list_edits(
    connection: AsyncConnection, edit_filter: EditFilter, *, limit: int, before: int | None = None
) -> list[Edit]:
    """Selected edits, newest first. `before` is the id of the last one of the page before."""
    query = select(*_COLUMNS).where(_selected(edit_filter)).order_by(local_edits.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(local_edits.c.id < before)
    return [_edit(row) for row in await connection.execute(query)]


async def in_flight(connection: AsyncConnection, account: str, ids: Collection[int]) -> set[int]:
    """Those of the offers `ids` for which something may have reached eMAG and was not read back yet."""
    states = [state.value for state in SENT_STATES]
    found: set[int] = set()
    for some in in_chunks(sorted(ids)):
        query = select(outbox.c.emag_id).where(
            outbox.c.account == account, outbox.c.emag_id.in_(some), outbox.c.state.in_(states)
        )
        found.update((await connection.execute(query)).scalars())
    return found


async def is_held(connection: AsyncConnection, account: str) -> bool:
    """Whether the brake holds what a sync found: nothing is merged until a person releases it."""
    query: Select[Any] = (
        select(holds.c.id)
        .where(holds.c.account == account, holds.c.kind == "sync", holds.c.state.in_(("waiting", "refused")))
        .limit(1)
    )
    return (await connection.execute(query)).first() is not None


def in_chunks(values: Sequence[T]) -> Iterable[Sequence[T]]:
    """The values in chunks that fit into one statement as parameters."""
    for start in range(0, len(values), IN_ONE):
        yield values[start : start + IN_ONE]


def is_of_offers(table: Table, offers: Mapping[str, Collection[int]]) -> ColumnElement[bool]:
    """Whether a row is of one of the offers, which are eMAG's ids by account."""
    return or_(false(), *(and_(table.c.account == account, _is_in(table, ids)) for account, ids in offers.items()))


def _is_in(table: Table, emag_ids: Collection[int]) -> ColumnElement[bool]:
    # Written into the statement: a code may be that of more offers than a statement has parameters.
    listed: BindParameter[int] = bindparam(
        "emag_ids", sorted(emag_ids), expanding=True, literal_execute=True, unique=True
    )
    return table.c.emag_id.in_(listed)


def _selected(edit_filter: EditFilter) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [true()]
    if edit_filter.account is not None:
        conditions.append(local_edits.c.account == edit_filter.account)
    if edit_filter.emag_id is not None:
        conditions.append(local_edits.c.emag_id == edit_filter.emag_id)
    if edit_filter.states:
        conditions.append(local_edits.c.state.in_([state.value for state in edit_filter.states]))
    if edit_filter.field is not None:
        conditions.append(local_edits.c.field == edit_filter.field)
    if edit_filter.batch_id is not None:
        conditions.append(local_edits.c.batch_id == edit_filter.batch_id)
    if edit_filter.offers is not None:
        conditions.append(is_of_offers(local_edits, edit_filter.offers))
    return and_(*conditions)


def _edit(row: Any) -> Edit:
    edit = Edit._make(row[: len(Edit._fields)])
    return edit._replace(state=EditState(edit.state), source=EditSource(edit.source), reason=reason_in(row))

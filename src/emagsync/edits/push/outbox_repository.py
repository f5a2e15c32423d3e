"""All SQL about the outbox, and about the edits that it sends. A push renews its lease in the same transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.bulk import is_one_of
from emagsync.db.rewriting import BulkRewrite
from emagsync.edits.fields import RELATIVE
from emagsync.edits.push.brake_repository import held_entries
from emagsync.edits.push.items import Item, changes_stock, items_of, items_text
from emagsync.edits.push.outbox import ClosedEdit, Event, Lines, OutboxEntry, transition
from emagsync.edits.push.plan import Unread
from emagsync.edits.reasons import Reason, reason_columns, reason_in
from emagsync.edits.repository import is_of_offers
from emagsync.edits.states import FINAL_STATES, OPEN_STATES, SENT_STATES, OutboxState
from emagsync.edits.tables import bulk_changes, holds, local_edits, outbox
from emagsync.offers.change_kinds import ChangeKind, NotableChange
from emagsync.offers.notable_repository import note_changes
from emagsync.offers.tables import offers

# As the partial index says it: with parameters in their place, neither database would know that it may use it.
_WAITS = literal_column("local_edits.state IN ('open', 'conflict')", Boolean)
_NOT_FINAL = literal_column("outbox.state IN ('waiting', 'pending', 'sending', 'uncertain')", Boolean)
# Of a bulk change none goes to eMAG before all of it is kept: the brake counts it as a whole.
_IS_WHOLE: Final = or_(
    local_edits.c.batch_id.is_(None),
    local_edits.c.batch_id.not_in(
        select(bulk_changes.c.batch_id).where(bulk_changes.c.state.in_(("applying", "withdrawing", "failed")))
    ),
)
AT_ONCE = 500


_columns = [*(outbox.c[name] for name in OutboxEntry._fields), outbox.c.reason_code, outbox.c.reason_values]


class OfferSpan(NamedTuple):
    """An account's offers whose ids at eMAG are greater than `after` and not greater than `up_to` (None: all those)."""

    after: int
    up_to: int | None

    def of(self, column: ColumnElement[int]) -> ColumnElement[bool]:
        """Whether the id in this column is one of them."""
        return column > self.after if self.up_to is None else and_(column > self.after, column <= self.up_to)


async def end_of_span(connection: AsyncConnection, account: str, *, after: int, offers: int) -> int | None:
    """The end of the next span with at most so many offers that have an edit or an entry which is not closed. None: it
    is the last one."""
    ends: list[int] = []
    for table, is_open in ((local_edits, _WAITS), (outbox, _NOT_FINAL)):
        ids = select(table.c.emag_id).where(table.c.account == account, table.c.emag_id > after, is_open)
        end = await connection.scalar(ids.distinct().order_by(table.c.emag_id).limit(1).offset(offers - 1))
        ends += [] if end is None else [end]
    return min(ends, default=None)


async def whole_edits(connection: AsyncConnection, account: str, span: OfferSpan) -> set[int]:
    """The ids of the edits of these offers that may be sent, as `open_edits` says, whatever their currency."""
    edit = local_edits.c
    query = select(edit.id).where(
        edit.account == account, _WAITS, edit.state == "open", _IS_WHOLE, span.of(edit.emag_id)
    )
    return set((await connection.execute(query)).scalars())


async def open_edits(
    connection: AsyncConnection, account: str, emag_ids: Collection[int] | OfferSpan, *, lock: bool = False
) -> dict[int, list[Item]]:
    """The edits of these offers of the account that may be sent, as changes to send, by eMAG's id of the offer.

    Edits with an open conflict are left out, and prices in another currency than the offer's: their numbers mean other
    amounts there, until the next merge makes conflicts of them.

    `lock`: until the transaction ends nobody else changes them.
    """
    edit = local_edits.c
    query = (
        select(edit.id, edit.emag_id, edit.field, edit.warehouse_id, edit.kind, edit.value, edit.base)
        .outerjoin(offers, (offers.c.account == edit.account) & (offers.c.emag_id == edit.emag_id))
        .where(edit.account == account, _among(edit.emag_id, emag_ids), _WAITS, edit.state == "open", _IS_WHOLE)
        .where(or_(edit.currency.is_(None), offers.c.currency.is_(None), edit.currency == offers.c.currency))
        .order_by(edit.emag_id, edit.id)
    )
    found: dict[int, list[Item]] = {}
    for row in await connection.execute(query.with_for_update(of=local_edits) if lock else query):
        item = Item(row.id, row.field, row.warehouse_id, row.kind, row.value, before=row.base)
        found.setdefault(row.emag_id, []).append(item)
    return found


def _among(column: ColumnElement[int], emag_ids: Collection[int] | OfferSpan) -> ColumnElement[bool]:
    return emag_ids.of(column) if isinstance(emag_ids, OfferSpan) else column.in_(emag_ids)


async def offers_to_approve(
    connection: AsyncConnection, account: str, emag_ids: Collection[int] | OfferSpan
) -> set[int]:
    """Those of these offers of which an open edit needs a person's approval, whatever the account's push setting is."""
    edit = local_edits.c
    query = (
        select(edit.emag_id)
        .where(edit.account == account, _among(edit.emag_id, emag_ids), _WAITS, edit.needs_approval.is_(True))
        .distinct()
    )
    return set((await connection.execute(query)).scalars())


async def offers_in_conflict(connection: AsyncConnection, account: str, emag_ids: Sequence[int]) -> set[int]:
    """Those of the account's offers that have an edit in conflict: a person has to decide before it is sent."""
    found: set[int] = set()
    for start in range(0, len(emag_ids), AT_ONCE):
        some = local_edits.c.emag_id.in_(emag_ids[start : start + AT_ONCE])
        query = select(local_edits.c.emag_id).where(
            local_edits.c.account == account, some, _WAITS, local_edits.c.state == "conflict"
        )
        found |= set((await connection.execute(query)).scalars())
    return found


async def newest_edit(connection: AsyncConnection, account: str) -> int:
    """The id of the account's newest edit that is not closed, 0 without any: when it grows, there are new edits."""
    query = select(func.max(local_edits.c.id)).where(local_edits.c.account == account, _WAITS, _IS_WHOLE)
    return await connection.scalar(query) or 0


async def signature(connection: AsyncConnection, account: str) -> tuple[Any, ...]:
    """A value that differs from an earlier one whenever there may be something new to push for the account."""
    edits = await connection.execute(
        select(func.count(), func.max(local_edits.c.id)).where(
            local_edits.c.account == account, _WAITS, local_edits.c.state == "open", _IS_WHOLE
        )
    )
    rows = await connection.execute(
        select(outbox.c.state, func.count(), func.max(outbox.c.updated_at))
        .where(outbox.c.account == account, outbox.c.state.in_(OPEN_STATES))
        .group_by(outbox.c.state)
        .order_by(outbox.c.state)
    )
    held = await connection.execute(
        select(func.count(), func.max(holds.c.decided_at)).where(holds.c.account == account)
    )
    return (*map(tuple, edits), *map(tuple, rows), *map(tuple, held))


async def next_pending(connection: AsyncConnection, account: str, *, now: datetime, most: int) -> list[OutboxEntry]:
    """The pending entries to send next, at most `most`: those that change stock first, then the oldest."""
    query = (
        select(*_columns)
        .where(
            outbox.c.account == account,
            outbox.c.state == OutboxState.PENDING,
            or_(outbox.c.next_at.is_(None), outbox.c.next_at <= now),
        )
        .order_by(outbox.c.rank, outbox.c.id)
        .limit(most)
    )
    return await _entries(connection, query)


async def awaiting_read_back(connection: AsyncConnection, account: str) -> list[Unread]:
    """The offers to be read back, those that are due first."""
    query = (
        select(outbox.c.emag_id, outbox.c.next_at)
        .where(outbox.c.account == account, outbox.c.state.in_(SENT_STATES))
        .order_by(outbox.c.next_at, outbox.c.id)
    )
    return [Unread(row.emag_id, row.next_at) for row in await connection.execute(query)]


async def has_work(connection: AsyncConnection, account: str, *, now: datetime) -> bool:
    """Whether there is anything to send or to read back now."""
    query = select(outbox.c.id).where(
        outbox.c.account == account,
        outbox.c.state.in_((OutboxState.PENDING, *SENT_STATES)),
        or_(outbox.c.next_at.is_(None), outbox.c.next_at <= now),
    )
    return (await connection.scalar(query.limit(1))) is not None


async def is_due(connection: AsyncConnection, account: str, states: Collection[OutboxState], *, now: datetime) -> bool:
    """Whether something in one of `states` that was sent is to be read back or sent again now, or its wait is over."""
    is_over = outbox.c.next_at <= now
    query = select(outbox.c.id).where(
        outbox.c.account == account,
        outbox.c.state.in_(states),
        or_(is_over, outbox.c.next_at.is_(None) & (outbox.c.attempts > 0)),
    )
    return (await connection.scalar(query.limit(1))) is not None


async def lock_entries(
    connection: AsyncConnection,
    account: str,
    states: Collection[OutboxState],
    *,
    ids: Collection[int] | None = None,
    emag_ids: Collection[int] | OfferSpan | None = None,
) -> list[OutboxEntry]:
    """The account's entries in one of `states`, with one of `ids` (None: any) and of the offers `emag_ids` (None: of
    any), locked until the transaction ends."""
    query = select(*_columns).where(outbox.c.account == account, outbox.c.state.in_(states)).order_by(outbox.c.id)
    if emag_ids is not None:
        # In the words of the partial index, where it is theirs.
        is_open = [_NOT_FINAL] if set(states) <= set(OPEN_STATES) else []
        query = query.where(_among(outbox.c.emag_id, emag_ids), *is_open)
    if ids is not None:
        query = query.where(outbox.c.id.in_(ids))
    return await _entries(connection, query.with_for_update())


async def lock_sent(connection: AsyncConnection, account: str, emag_ids: Collection[int]) -> list[OutboxEntry]:
    """The entries of these offers that may have reached eMAG, locked until the transaction ends."""
    query = select(*_columns).where(
        outbox.c.account == account, outbox.c.emag_id.in_(emag_ids), outbox.c.state.in_(SENT_STATES)
    )
    return await _entries(connection, query.order_by(outbox.c.id).with_for_update())


async def list_entries(
    connection: AsyncConnection, lines: Lines, *, before: int | None = None, limit: int | None = 50
) -> list[OutboxEntry]:
    """The entries of `lines`, newest first; with `before`, those that follow the entry of that id in this order."""
    query = select(*_columns).where(*_of(lines)).order_by(outbox.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(outbox.c.id < before)
    return await _entries(connection, query)


async def stale_offers(
    connection: AsyncConnection,
    account: str,
    *,
    before: datetime,
    now: datetime,
    among: Collection[int] | None = None,
) -> list[int]:
    """The offers with entries to be sent, `among` these (None: all), that were read from eMAG last before then."""
    query = (
        select(outbox.c.emag_id)
        .join(offers, (offers.c.account == outbox.c.account) & (offers.c.emag_id == outbox.c.emag_id))
        .where(outbox.c.account == account, outbox.c.state == OutboxState.PENDING, offers.c.last_seen_at < before)
        .where(or_(outbox.c.next_at.is_(None), outbox.c.next_at <= now))
        .order_by(outbox.c.rank, outbox.c.id)
    )
    if among is not None:
        query = query.where(outbox.c.emag_id.in_(among))
    return list((await connection.execute(query)).scalars())


async def stocks(connection: AsyncConnection, account: str, ids: Collection[int]) -> dict[int, int]:
    """The stock of these offers in the local copy, over all warehouses."""
    query = select(offers.c.emag_id, offers.c.stock).where(offers.c.account == account, offers.c.emag_id.in_(ids))
    return dict([tuple(row) for row in await connection.execute(query)])


async def read_entries(connection: AsyncConnection, conditions: Sequence[ColumnElement[bool]]) -> list[OutboxEntry]:
    """Every entry that meets the conditions, oldest first."""
    return await _entries(connection, select(*_columns).where(*conditions).order_by(outbox.c.id))


async def add_entries(connection: AsyncConnection, values: Sequence[Mapping[str, Any]]) -> None:
    """New entries. Raises ConstraintViolated where an offer has one that is not final."""
    for start in range(0, len(values), AT_ONCE):
        await connection.execute(insert(outbox), list(values[start : start + AT_ONCE]))


async def write_entries(
    connection: AsyncConnection, changes: Sequence[tuple[OutboxEntry, OutboxEntry]], *, now: datetime
) -> None:
    """Write entries, each given as it was locked in this transaction and as it is to be."""
    after = [entry for _, entry in changes]
    values: dict[str, Sequence[Any]] = {"updated_at": [now] * len(after)}
    # An index is not touched where nobody names its columns: that is half of what an entry costs.
    for place, name in enumerate(OutboxEntry._fields):
        if name not in _FIXED and any(before[place] != entry[place] for before, entry in changes):
            values |= _stored(name, [entry[place] for entry in after])
    of_columns = {outbox.c[name]: new for name, new in values.items()}
    await _rewrite_entries.run(connection, [entry.id for entry in after], of_columns)


_rewrite_entries = BulkRewrite(outbox.c.id)
_FIXED: Final = ("id", "account", "emag_id", "created_at", "updated_at")


def _stored(name: str, new: Sequence[Any]) -> dict[str, Sequence[Any]]:
    """What an entry's field is in its columns."""
    if name == "items":
        return {"items": list(map(items_text, new)), "rank": list(map(rank_of, new))}
    return _reasons_stored(new) if name == "reason" else {name: new}


def _reasons_stored(reasons: Iterable[Reason | None]) -> dict[str, Sequence[Any]]:
    stored = [reason_columns(reason) for reason in reasons]
    return {name: [one[name] for one in stored] for name in reason_columns(None)}


def rank_of(items: Sequence[Item]) -> int:
    """The order in which entries are sent: 0 for those that change stock, which go first, else 1."""
    return 0 if changes_stock(items) else 1


async def count_undecided(connection: AsyncConnection, lines: Lines) -> dict[OutboxState, int]:
    """How many entries of `lines` were not sent yet, by state. Those that were may be very many, and are not read."""
    query = select(outbox.c.state, func.count().label("n")).where(_NOT_FINAL, *_of(lines)).group_by(outbox.c.state)
    counts = {row.state: row.n for row in await connection.execute(query)}
    return {state: counts.get(state, 0) for state in (OutboxState.WAITING, OutboxState.PENDING)}


async def ids_of_lines(connection: AsyncConnection, lines: Lines, states: Collection[OutboxState]) -> list[int]:
    """The ids of the entries of `lines` that are in one of `states`, oldest first."""
    query = select(outbox.c.id).where(outbox.c.state.in_(states), *_of(lines)).order_by(outbox.c.id)
    return list((await connection.execute(query)).scalars())


async def lock_lines(connection: AsyncConnection, lines: Lines, states: Collection[OutboxState]) -> list[OutboxEntry]:
    """The entries of `lines` that are in one of `states`, locked until the transaction ends."""
    query = select(*_columns).where(outbox.c.state.in_(states), *_of(lines)).order_by(outbox.c.id)
    return await _entries(connection, query.with_for_update())


def _of(lines: Lines) -> list[ColumnElement[bool]]:
    columns = outbox.c
    given = ((columns.account, lines.account), (columns.emag_id, lines.emag_id), (columns.push_id, lines.push_id))
    found: list[ColumnElement[bool]] = [column == value for column, value in given if value is not None]
    if lines.ids is not None:
        found.append(is_one_of(columns.id, lines.ids))
    if lines.states:
        found.append(columns.state.in_(lines.states))
    if lines.held:
        found.append(held_entries())
    if lines.offers is not None:
        found.append(is_of_offers(outbox, lines.offers))
    if lines.unchanged_since is not None:
        found.append(columns.updated_at <= lines.unchanged_since)
    return found


async def approve(connection: AsyncConnection, lines: Lines, *, by: str, now: datetime) -> int:
    """Let the entries of `lines` that wait be sent. Returns how many."""
    query = update(outbox).where(outbox.c.state == OutboxState.WAITING, *_of(lines))
    done = await connection.execute(
        query.values(
            state=transition(OutboxState.WAITING, Event.APPROVED), approved_by=by, approved_at=now, updated_at=now
        )
    )
    return done.rowcount


async def close_edits(
    connection: AsyncConnection, closed: Sequence[ClosedEdit], *, by: str | None, now: datetime
) -> None:
    """Close those of the edits that are still open; `by` is the id of the push that closes them."""
    values: dict[str, Sequence[Any]] = {
        "state": [edit.state for edit in closed],
        "closed_value": [edit.value for edit in closed],
        "remarks": [edit.item.remarks for edit in closed],
        "closed_by_run": [by] * len(closed),
        "closed_at": [now] * len(closed),
        **_reasons_stored(edit.item.reason for edit in closed),
    }
    of_columns = {local_edits.c[name]: new for name, new in values.items()}
    await _close_edits.run(connection, [edit.item.edit_id for edit in closed], of_columns)
    refused = dict.fromkeys((edit.account, edit.emag_id) for edit in closed if edit.is_refused)
    kind = ChangeKind.EDIT_REFUSED.value
    await note_changes(connection, [NotableChange(*key, kind, now, by) for key in refused])


async def note_reason(connection: AsyncConnection, edit_ids: Collection[int], reason: Reason | None) -> None:
    """Note what those of the edits wait for that are still open."""
    await connection.execute(
        update(local_edits).where(local_edits.c.id.in_(edit_ids), _WAITS).values(**reason_columns(reason))
    )


_close_edits = BulkRewrite(local_edits.c.id, where=_WAITS)


async def rebase_later_edits(connection: AsyncConnection, applied: Sequence[ClosedEdit]) -> None:
    """Let edits that were made while an earlier one of the field was on its way start from what that one has made of
    eMAG's value. A later difference includes the one that is applied now: what is left of it is kept."""
    if not applied:
        return
    later = (
        local_edits.c.account == bindparam("of_account"),
        local_edits.c.emag_id == bindparam("of_emag_id"),
        local_edits.c.field == bindparam("of_field"),
        local_edits.c.warehouse_id == bindparam("of_warehouse_id"),
        _WAITS,
        local_edits.c.id != bindparam("of_applied_edit"),
    )
    keys = [_key_of(edit) for edit in applied]
    statement = update(local_edits).where(*later).values(base=bindparam("new_base"), emag_changed_at=None)
    await connection.execute(
        statement, [key | {"new_base": edit.item.target} for edit, key in zip(applied, keys, strict=True)]
    )
    query = select(local_edits.c.id, local_edits.c.value).where(*later, local_edits.c.kind == RELATIVE)
    for edit, key in zip(applied, keys, strict=True):
        if not edit.item.is_relative:
            continue
        for row in (await connection.execute(query, key)).all():
            left = f"{int(row.value) - int(edit.item.value):+d}"
            await connection.execute(update(local_edits).where(local_edits.c.id == row.id).values(value=left))


def _key_of(edit: ClosedEdit) -> dict[str, Any]:
    return {
        "of_account": edit.account,
        "of_emag_id": edit.emag_id,
        "of_field": edit.item.field,
        "of_warehouse_id": edit.item.warehouse_id,
        "of_applied_edit": edit.item.edit_id,
    }


async def count_open(connection: AsyncConnection) -> dict[tuple[str, str], int]:
    """How many entries are in each state that is not final, by account and state: for the metrics."""
    query = (
        select(outbox.c.account, outbox.c.state, func.count())
        .where(outbox.c.state.not_in(FINAL_STATES))
        .group_by(outbox.c.account, outbox.c.state)
    )
    return {(account, state): number for account, state, number in await connection.execute(query)}


async def _entries(connection: AsyncConnection, query: Select[Any]) -> list[OutboxEntry]:
    return [_entry(row) for row in await connection.execute(query)]


def _entry(row: Row[Any]) -> OutboxEntry:
    # As `_columns` says.
    stored = OutboxEntry._make(row[: len(OutboxEntry._fields)])
    return stored._replace(items=items_of(row.items), state=OutboxState(row.state), reason=reason_in(row))

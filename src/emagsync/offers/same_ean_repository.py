"""Finding the offers of an account that share an EAN: eMAG takes them for the same product.

Which offers have had an EAN, and which EANs more than one of them has had, is kept in `offer_eans` and `shared_eans`:
a first copy has better things to do than to fill them, so `catch_up` does it from the change log before somebody asks.
They may hold what is not so any more, which a look at the offers shows. An EAN is written as in an offer's stored list,
between quotation marks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    column,
    exists,
    func,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.bulk import BulkInsert, insert_of
from emagsync.db.lists import each_text
from emagsync.offers.records import LIFECYCLE
from emagsync.offers.tables import ean_marks, offer_changes, offer_eans, offers, shared_eans
from emagsync.offers.value_lists import read_list

# From so many changes on it is quicker to look at all offers.
_MOST_CHANGES: Final = 50_000
_AT_ONCE: Final = 2_000
_THE_MARK: Final = 1

_of = offer_eans.c
_insert_eans = BulkInsert(offer_eans, list(_of), key=list(_of))
_insert_shared = BulkInsert(shared_eans, list(shared_eans.c), key=list(shared_eans.c))
_given = each_text(bindparam("eans", type_=Text)).table_valued(column("value"))
_shared_of_given = (
    select(_of.account, _of.ean)
    .where(_of.account == bindparam("account"), _of.ean.in_(select(cast(_given.c.value, Text))))
    .group_by(_of.account, _of.ean)
    .having(func.count() > 1)
)


class Unread(NamedTuple):
    """The changes that the tables do not know yet: those after `after`, up to `until`. None: they were never filled."""

    after: int | None
    until: int

    @property
    def is_nothing(self) -> bool:
        """Whether the tables are up to date."""
        return self.after == self.until

    @property
    def is_much(self) -> bool:
        """Whether all offers are to be looked at."""
        return self.after is None or self.until - self.after > _MOST_CHANGES


async def unread(connection: AsyncConnection) -> Unread:
    """Which changes the tables do not know yet."""
    mark = select(ean_marks.c.seq).where(ean_marks.c.id == _THE_MARK).scalar_subquery()
    newest = select(func.coalesce(func.max(offer_changes.c.seq), 0)).scalar_subquery()
    return Unread(*(await connection.execute(select(mark, newest))).one())


async def add_changed(connection: AsyncConnection, changes: Unread) -> None:
    """Add the EANs of the offers that are new or have others."""
    seq = offer_changes.c.seq
    changed = (
        select(offer_changes.c.account, offer_changes.c.emag_id)
        .where(seq > changes.after, seq <= changes.until, offer_changes.c.field.in_(("eans", LIFECYCLE)))
        .distinct()
        .subquery()
    )
    is_it = and_(offers.c.account == changed.c.account, offers.c.emag_id == changed.c.emag_id)
    rows = await connection.execute(
        select(offers.c.account, offers.c.emag_id, offers.c.eans).select_from(changed).join(offers, is_it)
    )
    await _add(connection, rows.all())
    await set_mark(connection, changes.until)


async def add_some(connection: AsyncConnection, after: tuple[str, int]) -> tuple[str, int] | None:
    """Add the EANs of the next offers after this account and id. Returns the last of them; None when all were added."""
    key = (offers.c.account, offers.c.emag_id)
    query = select(*key, offers.c.eans).where(tuple_(*key) > tuple_(*after)).order_by(*key).limit(_AT_ONCE)
    rows = (await connection.execute(query)).all()
    await _add(connection, rows)
    return (rows[-1].account, rows[-1].emag_id) if len(rows) == _AT_ONCE else None


async def set_mark(connection: AsyncConnection, until: int) -> None:
    """The tables know all changes up to `until`."""
    first = insert_of(connection.dialect)(ean_marks).values(id=_THE_MARK, seq=until).on_conflict_do_nothing()
    await connection.execute(first)
    # Never back: another process may have read further meanwhile.
    further = update(ean_marks).where(ean_marks.c.id == _THE_MARK, ean_marks.c.seq < until).values(seq=until)
    await connection.execute(further)


async def _add(connection: AsyncConnection, rows: Sequence[Any]) -> None:
    found: dict[str, set[tuple[str, int]]] = defaultdict(set)
    for account, emag_id, eans in rows:
        found[account].update((ean, emag_id) for ean in _written(eans))
    for account, pairs in sorted(found.items()):
        await _insert_eans.run(connection, [(account, ean, emag_id) for ean, emag_id in sorted(pairs)])
        eans = orjson.dumps(sorted({ean for ean, _ in pairs})).decode()
        shared = await connection.execute(_shared_of_given, {"account": account, "eans": eans})
        await _insert_shared.run(connection, sorted((row.account, row.ean) for row in shared))


def _written(stored: str) -> Iterable[str]:
    """Each EAN of a stored list, as it stands there."""
    return (orjson.dumps(ean).decode() for ean in read_list(stored))


def kept_same_eans() -> Select[int]:
    """As `same_eans`, from the tables: they must be up to date."""
    of, other = offers.alias("of_ean"), offers.alias("other")
    other_ean = offer_eans.alias("other_ean")
    is_others = and_(other.c.account == other_ean.c.account, other.c.emag_id == other_ean.c.emag_id)
    another = (
        select(other.c.id)
        .join_from(other_ean, other, is_others)
        .where(
            other_ean.c.account == shared_eans.c.account,
            other_ean.c.ean == shared_eans.c.ean,
            other_ean.c.emag_id != of.c.emag_id,
            other.c.removed_at.is_(None),
            _holds(other.c.eans, other_ean.c.ean),
        )
        .correlate(shared_eans, of)
    )
    return (
        select(of.c.id)
        .select_from(shared_eans)
        # As expressions, so that SQLite does not look each EAN of all offers up among the shared ones.
        .join(offer_eans, and_(_of.account == shared_eans.c.account + "", _of.ean == shared_eans.c.ean + ""))
        .join(of, and_(of.c.account == _of.account, of.c.emag_id == _of.emag_id))
        .where(of.c.removed_at.is_(None), _holds(of.c.eans, _of.ean), exists(another))
    )


def _holds(stored: ColumnElement[str], ean: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a stored list has an EAN. Not by LIKE, to which some characters mean something else."""
    return func.length(func.replace(stored, ean, "")) < func.length(stored)


def same_eans() -> Select[int]:
    """The ids of the offers that are not removed and of which another one has an EAN too, within an account."""
    of = offers.alias("of_ean")
    texts = each_text(of.c.eans).table_valued(column("value"))
    eans = (
        select(of.c.id, of.c.account, texts.c.value.label("ean"))
        .select_from(of)
        .join(texts, true())
        .where(of.c.removed_at.is_(None))
        .cte("eans")
    )
    ids, together = eans.c.id, (eans.c.account, eans.c.ean)
    # Not how many there are: one offer may have an EAN twice.
    first, last = func.min(ids).over(partition_by=together), func.max(ids).over(partition_by=together)
    counted = select(ids, first.label("first"), last.label("last")).subquery("counted")
    return select(counted.c.id).where(counted.c.first < counted.c.last)

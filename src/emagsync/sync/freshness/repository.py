"""All SQL about freshness: the targets that people set, and how old offers are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, delete, func, not_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.bulk import BulkInsert
from emagsync.offers.selection import OfferFilter
from emagsync.offers.selection_repository import condition
from emagsync.offers.tables import offers
from emagsync.sync.freshness.tables import freshness_targets
from emagsync.sync.freshness.targets import OfferList


class StoredTarget(NamedTuple):
    """A row of `freshness_targets`; the selection is JSON text."""

    account: str
    place: int
    selection: str
    max_age_seconds: int


class AskedInVain(NamedTuple):
    """Offers that eMAG was asked for one by one from that time on; those not seen since were not shown. The next
    complete run decides about them, and until then they count neither as late nor as due."""

    ids: tuple[int, ...]
    asked_at: datetime


class Cut(NamedTuple):
    """What is counted of a selection: offers seen before `late` are older than the target, those seen up to `due` are
    to be read. `read` says when lists that show them were last read."""

    selected: OfferFilter
    late: datetime
    due: datetime
    read: Mapping[OfferList, datetime]


class Ages(NamedTuple):
    """How old the offers of one selection are; see `TargetState`."""

    oldest_seen_at: datetime | None
    late: int
    due: int
    next_seen_at: datetime | None
    missed: Mapping[OfferList, int]


_columns = list(freshness_targets.c)
_key = [freshness_targets.c.account, freshness_targets.c.place]
_write = BulkInsert(
    freshness_targets, _columns, key=_key, update=[freshness_targets.c.selection, freshness_targets.c.max_age_seconds]
)
_seen = offers.c.last_seen_at
_number = func.count


async def targets(connection: AsyncConnection, account: str) -> list[StoredTarget]:
    """The targets that were set for the account, in their order."""
    query = select(*_columns).where(freshness_targets.c.account == account).order_by(freshness_targets.c.place)
    return [StoredTarget(*row) for row in await connection.execute(query)]


async def replace(connection: AsyncConnection, account: str, rows: Sequence[StoredTarget]) -> None:
    """Make these the targets of the account, which are at places 0 and up."""
    beyond = (freshness_targets.c.account == account, freshness_targets.c.place >= len(rows))
    await connection.execute(delete(freshness_targets).where(*beyond))
    await _write.run(connection, rows)


async def count(
    connection: AsyncConnection, account: str, selected: Sequence[OfferFilter], lists: Sequence[OfferList]
) -> tuple[list[int], dict[OfferList, int]]:
    """How many offers each of the selections has, and each of eMAG's lists as far as the local copy knows."""
    dialect = connection.dialect.name
    conditions = [*(condition(one, dialect) for one in selected), *map(_shown, lists)]
    columns = [_number().filter(one).label(f"n{place}") for place, one in enumerate(conditions)]
    numbers = list((await connection.execute(select(*columns).where(*_present(account)))).one()) if columns else []
    return numbers[: len(selected)], dict(zip(lists, numbers[len(selected) :], strict=True))


async def ages(
    connection: AsyncConnection, account: str, cuts: Sequence[Cut], in_vain: Sequence[AskedInVain]
) -> tuple[list[Ages], int]:
    """How old the offers of each selection are, and how many offers are late of any: each is counted once there."""
    if not cuts:
        return [], 0
    dialect = connection.dialect.name
    selected = [condition(cut.selected, dialect) for cut in cuts]
    late = or_(*(and_(one, _seen < cut.late) for one, cut in zip(selected, cuts, strict=True)))
    columns: list[ColumnElement[Any]] = [_number().filter(late)]
    for one, cut in zip(selected, cuts, strict=True):
        columns.extend(_age_columns(one, cut))
    query = select(*(column.label(f"c{place}") for place, column in enumerate(columns)))
    row = (await connection.execute(query.where(*_present(account), _not_in_vain(in_vain)))).one()
    values = iter(row)
    total: int = next(values)
    return [_ages(cut, values) for cut in cuts], total


async def oldest_ids(
    connection: AsyncConnection, account: str, cut: Cut, in_vain: Sequence[AskedInVain], *, limit: int
) -> tuple[int, ...]:
    """The ids of the offers that are to be read, those seen longest ago first."""
    query = (
        select(offers.c.emag_id)
        .where(condition(cut.selected, connection.dialect.name), _not_in_vain(in_vain), _seen <= cut.due)
        .order_by(_seen, offers.c.emag_id)
        .limit(limit)
    )
    return tuple((await connection.execute(query.where(*_present(account)))).scalars())


def _age_columns(selected: ColumnElement[bool], cut: Cut) -> list[ColumnElement[Any]]:
    due = and_(selected, _seen <= cut.due)
    return [
        func.min(_seen).filter(selected),
        _number().filter(selected, _seen < cut.late),
        _number().filter(due),
        func.min(_seen).filter(selected, _seen > cut.due),
        *(_number().filter(due, _seen < read_at) for read_at in cut.read.values()),
    ]


def _ages(cut: Cut, values: Iterator[Any]) -> Ages:
    oldest, late, due, following = (next(values) for _ in range(4))
    return Ages(oldest, late, due, following, {one: next(values) for one in cut.read})


def _present(account: str) -> tuple[ColumnElement[bool], ...]:
    return offers.c.account == account, offers.c.removed_at.is_(None)


def _not_in_vain(in_vain: Sequence[AskedInVain]) -> ColumnElement[bool]:
    return and_(true(), *(not_(and_(offers.c.emag_id.in_(one.ids), _seen < one.asked_at)) for one in in_vain))


def _shown(one: OfferList) -> ColumnElement[bool]:
    """Whether the local copy would expect an offer in eMAG's list."""
    given: list[ColumnElement[bool]] = [
        column == value
        for column, value in (
            (offers.c.status, one.status),
            (offers.c.validation_status, one.validation_status),
            (offers.c.offer_validation_status, one.offer_validation_status),
        )
        if value is not None
    ]
    if one.max_stock is not None:
        given.append(offers.c.stock <= one.max_stock)
    return and_(true(), *given)

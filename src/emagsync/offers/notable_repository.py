"""All SQL about `notable_changes`: noting what happened to offers, and finding and counting the offers by it.

A count and the list that it leads to come from one statement (`changed_offers`), so they cannot differ.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, case, func, literal, select, union, union_all
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.selectable import CompoundSelect

from emagsync.db.bulk import BulkInsert
from emagsync.offers.change_kinds import OPPOSITES, ChangeKind, NotableChange
from emagsync.offers.records import LIFECYCLE
from emagsync.offers.selection import ChangeFilter
from emagsync.offers.tables import notable_changes, offer_changes

_noted = notable_changes.c
_KEY: Final = (_noted.account, _noted.emag_id)
_insert = BulkInsert(notable_changes, [_noted[name] for name in NotableChange._fields])


class KindCount(NamedTuple):
    """To how many offers of an account something happened."""

    account: str
    kind: ChangeKind
    offers: int


async def note_changes(connection: AsyncConnection, changes: Sequence[NotableChange]) -> None:
    """Note what happened, in the transaction in which it does."""
    if changes:
        await _insert.run(connection, changes)


def changed_offers(wanted: ChangeFilter, accounts: Collection[str] = ()) -> Select[Any] | CompoundSelect[Any]:
    """The keys `(account, emag_id)` of the offers that `wanted` finds, each once."""
    if not wanted.kinds:
        return _together([select(*_KEY).where(*_bounds(wanted, accounts)).distinct(), *_created_in(wanted)])
    found = [_of_kind(kind, wanted, accounts) for kind in wanted.kinds]
    if ChangeKind.NEW in wanted.kinds:
        found.extend(_created_in(wanted))
    return _together(found)


async def count_kinds(
    connection: AsyncConnection, wanted: ChangeFilter, accounts: Collection[str] = ()
) -> list[KindCount]:
    """The number of offers by account and kind; kinds of which there are none are left out."""
    counts = []
    for kind in wanted.kinds or tuple(ChangeKind):
        keys = changed_offers(replace(wanted, kinds=(kind,)), accounts).subquery()
        counts.append(
            select(keys.c.account, literal(kind.value).label("kind"), func.count().label("offers")).group_by(
                keys.c.account
            )
        )
    rows = await connection.execute(union_all(*counts))
    return [KindCount(row.account, ChangeKind(row.kind), row.offers) for row in rows]


async def count_reasons(
    connection: AsyncConnection, wanted: ChangeFilter, accounts: Collection[str] = ()
) -> Counter[str]:
    """Why the offers that became unsellable did: how many of them each code keeps from sale. One may have several."""
    last = _last_of(ChangeKind.UNSELLABLE, wanted, accounts)
    query = select(_noted.detail, func.count()).where(_noted.id.in_(last)).group_by(_noted.detail)
    counted: Counter[str] = Counter()
    for detail, number in await connection.execute(query):
        for code in (detail or "").split():
            counted[code] += number
    return counted


def _together(found: Sequence[Select[Any]]) -> Select[Any] | CompoundSelect[Any]:
    return found[0] if len(found) == 1 else union(*found)


def _of_kind(kind: ChangeKind, wanted: ChangeFilter, accounts: Collection[str]) -> Select[Any]:
    if wanted.reason is not None and kind is ChangeKind.UNSELLABLE:
        codes = literal(" ") + func.coalesce(_noted.detail, "") + literal(" ")
        is_why = codes.contains(f" {wanted.reason} ", autoescape=True)
        return select(*_KEY).where(_noted.id.in_(_last_of(kind, wanted, accounts)), is_why)
    bounds = _bounds(wanted, accounts)
    if kind not in OPPOSITES:
        return select(*_KEY).where(_noted.kind == kind.value, *bounds).distinct()
    return select(*_KEY).where(_is_either(kind), *bounds).group_by(*_KEY).having(_ends_with(kind))


def _last_of(kind: ChangeKind, wanted: ChangeFilter, accounts: Collection[str]) -> Select[Any]:
    """The ids of the changes of `kind` that no opposite one followed within the bounds, the last one of each offer."""
    either = select(func.max(_noted.id)).where(_is_either(kind), *_bounds(wanted, accounts))
    return either.group_by(*_KEY).having(_ends_with(kind))


def _is_either(kind: ChangeKind) -> ColumnElement[bool]:
    return _noted.kind.in_((kind.value, OPPOSITES[kind].value))


def _ends_with(kind: ChangeKind) -> ColumnElement[bool]:
    """Of a group of opposite changes: whether the last one is of `kind`, which is in the number's lowest bit."""
    return func.max(_noted.id * 2 + case((_noted.kind == kind.value, 1), else_=0)) % 2 == 1


def _bounds(wanted: ChangeFilter, accounts: Collection[str]) -> list[ColumnElement[bool]]:
    bounds: list[ColumnElement[bool]] = []
    if not wanted.kinds and wanted.run_id is None:
        bounds.append(_noted.kind.in_([kind.value for kind in ChangeKind]))  # or the index would not be used
    if wanted.run_id is not None:
        bounds.append(_noted.run_id == wanted.run_id)
    if wanted.since is not None:
        bounds.append(_noted.at >= wanted.since)
    if wanted.until is not None:
        bounds.append(_noted.at < wanted.until)
    if accounts:
        bounds.append(_noted.account.in_(sorted(accounts)))
    return bounds


def _created_in(wanted: ChangeFilter) -> list[Select[Any]]:
    """What a run created: of a first copy, which is no news, only the change log says so."""
    if wanted.run_id is None:
        return []
    logged = offer_changes.c
    of_run = (logged.run_id == wanted.run_id, logged.field == LIFECYCLE, logged.new == "created")
    return [select(logged.account, logged.emag_id).where(*of_run)]

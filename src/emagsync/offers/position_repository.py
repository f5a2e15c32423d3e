"""Where a list goes on: behind a row, by the values that it is sorted by, whatever is inserted or changed meanwhile.

Values go into a statement as parameters, so that the statement is the same for every page of a list.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple

from sqlalchemy import BindParameter, Column, ColumnElement, Integer, Row, and_, bindparam, false, or_, true, tuple_

from emagsync.core import money
from emagsync.db.types import Money, UtcDateTime

_RANK: Final = "page_behind_rank"
_VALUE: Final = "page_behind_{number}"


class Position(NamedTuple):
    """The place of a row in a list. `values` are those of the columns that it is sorted by, `rank` is 0 for a row that
    stands before all others because the search names it exactly."""

    values: tuple[Any, ...]
    rank: int = 1

    @property
    def missing(self) -> tuple[bool, ...]:
        """Which of the columns have no value."""
        return tuple(value is None for value in self.values)

    @property
    def parameters(self) -> dict[str, Any]:
        """What a statement with `is_behind` takes."""
        return {_RANK: self.rank, **{_VALUE.format(number=number): one for number, one in enumerate(self.values)}}


class OfferPage(NamedTuple):
    """Rows of a selection, how many it has in all, and the position of the last of them if there are more behind it."""

    rows: Sequence[Row[Any]]
    total: int
    goes_on: Position | None


def position_columns(sorted_by: Sequence[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    """What a statement selects for the position of each row."""
    return [column.label(f"position_{number}") for number, column in enumerate(sorted_by)]


def page_of(rows: Sequence[Row[Any]], total: int, *, limit: int, columns: int, more: int, ranked: bool) -> OfferPage:
    """The page of a list of `total` offers, from at most `limit` rows and one that tells whether it goes on.

    Each row has the `columns` that were asked for, then those of its position, then `more`. `ranked`: the first of the
    position is the rank.
    """
    if len(rows) <= limit:
        return OfferPage(rows, total, None)
    values = tuple(rows[limit - 1][columns:-more])
    return OfferPage(rows[:limit], total, Position(values[1:], values[0]) if ranked else Position(values))


def is_behind(
    sorted_by: Sequence[ColumnElement[Any]], own: Sequence[Column[Any]], *, descending: bool, missing: Sequence[bool]
) -> ColumnElement[bool]:
    """Whether a row comes after a position in the order of `selection_repository.order_terms`.

    `own` are the columns that the order is of. `sorted_by` ends with these, or with a subquery's copies of them; before
    them there may be the rank. `missing` tells which have no value at the position.
    """
    ranks = sorted_by[: len(sorted_by) - len(own)]
    behind = _is_behind(sorted_by[len(ranks) :], own, descending=descending, missing=missing)
    for rank in ranks:
        at = bindparam(_RANK, type_=Integer)
        behind = or_(rank > at, and_(rank == at, behind))
    return behind


def _is_behind(
    sorted_by: Sequence[ColumnElement[Any]], own: Sequence[Column[Any]], *, descending: bool, missing: Sequence[bool]
) -> ColumnElement[bool]:
    """As one comparison of rows, which an index answers. Whether a column has a value is compared before the value, so
    that no comparison meets a NULL: rows without one are last in either direction."""
    terms: list[ColumnElement[Any]] = []
    at: list[ColumnElement[Any]] = []
    for number, (column, of, is_missing) in enumerate(zip(sorted_by, own, missing, strict=True)):
        if of.nullable:
            terms.append(column.is_not(None) if descending else column.is_(None))
            at.append(true() if is_missing != descending else false())
        if not is_missing:
            terms.append(column)
            at.append(value_at(number, of))
    return tuple_(*terms) < tuple_(*at) if descending else tuple_(*terms) > tuple_(*at)


def value_at(number: int, of: Column[Any]) -> BindParameter[Any]:
    """The value of a position in the column `of`, which is the one with this number among those of the order."""
    return bindparam(_VALUE.format(number=number), type_=of.type)


# Positions in cursors, which are JSON


def plain_values(position: Position) -> list[str | int | datetime | None]:
    """The values of a position; amounts as texts."""
    return [money.text(value) if isinstance(value, Decimal) else value for value in position.values]


def plain_types(own: Sequence[Column[Any]]) -> list[type[str | int | datetime]]:
    """The types of `plain_values` where a list is sorted by these columns."""
    return [_plain_type(column) for column in own]


def _plain_type(column: Column[Any]) -> type[str | int | datetime]:
    if isinstance(column.type, UtcDateTime):
        return datetime
    return str if isinstance(column.type, Money) else column.type.python_type


def position_from(own: Sequence[Column[Any]], values: Sequence[Any], *, rank: int) -> Position:
    """The position that has these `plain_values`. Raises ValueError for what the columns cannot hold."""
    return Position(tuple(_stored_value(column, value) for column, value in zip(own, values, strict=True)), rank)


def _stored_value(column: Column[Any], value: Any) -> Any:
    if value is None and not column.nullable:
        raise ValueError(column.name)
    if value is None or not isinstance(column.type, Money):
        return value
    try:
        return money.exact(Decimal(value))
    except InvalidOperation as error:
        raise ValueError(value) from error

"""All SQL that finds in the change log what people are to be told of. Every scan is of a span of numbers of the log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.deliveries.occurrence_repository import SAMPLES
from emagsync.notifications.schemas import Rule, RuleKind
from emagsync.offers.tables import offer_changes, offers
from emagsync.sync.tables import ACTIVE_STATUSES, sync_runs

_REJECTED: Final = ("5", "6", "8", "10")  # brand, EAN, documentation rejected; blocked
_INVALID_PRICE: Final = "2"

_new, _old, _field = offer_changes.c.new, offer_changes.c.old, offer_changes.c.field


class Sample(NamedTuple):
    """A change that is told as an example. Values are as the change log writes them; `reasons` are codes."""

    account: str
    emag_id: int
    part_number: str | None
    name: str | None
    old: str | None
    new: str | None
    currency: str
    reasons: str


class Found(NamedTuple):
    """What a scan found: how many offers, some of them, and when the first of the changes was."""

    offers: int
    samples: tuple[Sample, ...]
    since: datetime | None = None


async def find(connection: AsyncConnection, rule: Rule, *, after: int, upto: int) -> Found:
    """The offers that a rule tells of, by the changes whose `seq` is above `after` and at most `upto`. An offer whose
    state has passed by now does not count."""
    pairs = _matching(rule, after, upto)
    each = pairs.add_columns(func.min(offer_changes.c.at).label("at")).group_by(
        offer_changes.c.account, offer_changes.c.emag_id
    )
    found = each.subquery()
    number, since = (await connection.execute(select(func.count(), func.min(found.c.at)))).one()
    if not number:
        return Found(0, ())
    columns = (
        offer_changes.c.account,
        offer_changes.c.emag_id,
        offers.c.part_number,
        offers.c.name,
        _old,
        _new,
        offers.c.currency,
        offers.c.not_sellable,
    )
    examples = pairs.with_only_columns(*columns).order_by(offer_changes.c.seq.desc()).limit(3 * SAMPLES)
    samples = {(row.account, row.emag_id): Sample(*row) for row in reversed((await connection.execute(examples)).all())}
    return Found(number, tuple(reversed(samples.values()))[:SAMPLES], since)


async def newest_run_start(connection: AsyncConnection) -> datetime | None:
    """When the run that goes on and was started last began; None when none does."""
    # As the index of active runs has it, with literals: a bound value would keep SQLite from using that.
    active = sync_runs.c.status.in_([literal_column(f"'{status}'") for status in ACTIVE_STATUSES])
    running = sync_runs.c.status == "running"
    started: datetime | None = await connection.scalar(select(func.max(sync_runs.c.started_at)).where(active, running))
    return started


async def last_completed(connection: AsyncConnection, account: str | None) -> Mapping[str, datetime]:
    """When each account's last completed run ended."""
    query = (
        select(sync_runs.c.account, func.max(sync_runs.c.finished_at))
        .where(sync_runs.c.status == "completed")
        .group_by(sync_runs.c.account)
        .order_by(sync_runs.c.account)
    )
    if account is not None:
        query = query.where(sync_runs.c.account == account)
    return {row[0]: row[1] for row in await connection.execute(query)}


def _matching(rule: Rule, after: int, upto: int) -> Select[tuple[str, int]]:
    """Account and id of each change that the rule tells of."""
    own = and_(offers.c.account == offer_changes.c.account, offers.c.emag_id == offer_changes.c.emag_id)
    query = (
        select(offer_changes.c.account, offer_changes.c.emag_id)
        .join(offers, own)
        .where(*_span(after, upto), offers.c.removed_at.is_(None), *_CONDITIONS[rule.kind](rule.threshold or 0))
    )
    return query if rule.account_type is None else query.where(offer_changes.c.account == rule.account_type)


def _span(after: int, upto: int) -> tuple[ColumnElement[bool], ...]:
    return offer_changes.c.seq > after, offer_changes.c.seq <= upto


def _not_sellable(_: int) -> tuple[ColumnElement[bool], ...]:
    became = or_(
        and_(_field == "sellable", _new == "false"),
        and_(_field == "validation_status", _new.in_(_REJECTED)),
        and_(_field == "offer_validation_status", _new == _INVALID_PRICE),
    )
    return became, offers.c.sellable == false()


def _button_lost(_: int) -> tuple[ColumnElement[bool], ...]:
    lost = and_(_field == "buy_button_rank", _old == "1")
    return lost, func.coalesce(offers.c.buy_button_rank, 0) != 1


def _price_changed(percent: int) -> tuple[ColumnElement[bool], ...]:
    # Amounts are texts with four decimals: without the point they are whole numbers, which compare exactly. They are
    # read within CASE, so that no database makes numbers of other fields' values.
    old, new = (cast(func.replace(value, ".", ""), BigInteger) for value in (_old, _new))
    is_much = func.abs(new - old) * 100 > old * percent
    is_price = and_(_field == "sale_price", _old.is_not(None), _new.is_not(None))
    other = offer_changes.alias("other")
    # Amounts in different currencies are not compared.
    in_other_currency = exists().where(
        other.c.account == offer_changes.c.account,
        other.c.emag_id == offer_changes.c.emag_id,
        other.c.field == "currency",
        other.c.run_id == offer_changes.c.run_id,
    )
    return _field == "sale_price", case((is_price, is_much), else_=false()), ~in_other_currency


def _stock_low(below: int) -> tuple[ColumnElement[bool], ...]:
    is_stock = and_(_field == "stock", _new.is_not(None))
    fell = and_(
        cast(_new, BigInteger) < below, or_(_old.is_(None), cast(func.coalesce(_old, "0"), BigInteger) >= below)
    )
    return _field == "stock", case((is_stock, fell), else_=false()), offers.c.stock < below


_CONDITIONS: Final = {
    RuleKind.NOT_SELLABLE: _not_sellable,
    RuleKind.BUY_BUTTON: _button_lost,
    RuleKind.PRICE: _price_changed,
    RuleKind.STOCK: _stock_low,
}
FOUND_IN_CHANGES: Final = frozenset(_CONDITIONS)

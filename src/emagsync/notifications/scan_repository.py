"""All SQL that finds in the change log what people are to be told of. Every scan is of a span of numbers of the log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Select,
    and_,
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
    changes = _changes(rule, after, upto)
    each = _matching(rule, changes, [changes.c.account, changes.c.emag_id, func.min(changes.c.at).label("at")])
    offer = each.group_by(changes.c.account, changes.c.emag_id).subquery()
    number, since = (await connection.execute(select(func.count(), func.min(offer.c.at)))).one()
    if not number:
        return Found(0, ())
    own = (changes.c.account, changes.c.emag_id, offers.c.part_number, offers.c.name)
    columns = (*own, changes.c.old, changes.c.new, offers.c.currency, offers.c.not_sellable)
    newest = _matching(rule, changes, columns).order_by(changes.c.seq.desc()).limit(3 * SAMPLES)
    # The newest change of each offer: a later one of the same key replaces the one before.
    samples = {(row.account, row.emag_id): Sample(*row) for row in reversed((await connection.execute(newest)).all())}
    return Found(number, tuple(reversed(samples.values()))[:SAMPLES], since)


async def newest_run_start(connection: AsyncConnection) -> datetime | None:
    """When the run that goes on and was started last began; None when none does."""
    # As the index of active runs has it, with literals: a bound value would keep SQLite from using that.
    active = sync_runs.c.status.in_([literal_column(f"'{status}'") for status in ACTIVE_STATUSES])
    running = sync_runs.c.status == "running"
    started: datetime | None = await connection.scalar(select(func.max(sync_runs.c.started_at)).where(active, running))
    return started


def _changes(rule: Rule, after: int, upto: int) -> CTE:
    """The changes of a span that a rule may tell of. Read first, by their numbers: left to themselves, planners may
    choose to go through all offers, or through all changes by offer."""
    logged = offer_changes.c
    span = select(offer_changes).where(
        logged.seq > after, logged.seq <= upto, logged.field.in_(_RULES[rule.kind].fields)
    )
    if rule.account is not None:
        span = span.where(logged.account == rule.account)
    return span.cte("span").prefix_with("MATERIALIZED")


def _matching(rule: Rule, changes: CTE, columns: Any) -> Select[Any]:
    """The changes that the rule tells of, of offers that are still so."""
    own = and_(offers.c.account == changes.c.account, offers.c.emag_id == changes.c.emag_id)
    conditions = _RULES[rule.kind].conditions(changes, rule.threshold or 0)
    return select(*columns).select_from(changes).join(offers, own).where(offers.c.removed_at.is_(None), *conditions)


def _not_sellable(changes: CTE, _: int) -> tuple[ColumnElement[bool], ...]:
    field, new = changes.c.field, changes.c.new
    became = or_(
        and_(field == "sellable", new == "false"),
        and_(field == "validation_status", new.in_(_REJECTED)),
        and_(field == "offer_validation_status", new == _INVALID_PRICE),
    )
    return became, offers.c.sellable == false()


def _button_lost(changes: CTE, _: int) -> tuple[ColumnElement[bool], ...]:
    return changes.c.old == "1", func.coalesce(offers.c.buy_button_rank, 0) != 1


def _price_changed(changes: CTE, percent: int) -> tuple[ColumnElement[bool], ...]:
    # Amounts are texts with four decimals: without the point they are whole numbers, which compare exactly.
    old, new = (cast(func.replace(value, ".", ""), BigInteger) for value in (changes.c.old, changes.c.new))
    is_much = func.abs(new - old) * 100 > old * percent
    # Amounts in different currencies are not compared.
    logged = offer_changes.c
    in_other_currency = exists().where(
        logged.account == changes.c.account,
        logged.emag_id == changes.c.emag_id,
        logged.field == literal_column("'currency'"),  # as the index has it
        logged.run_id == changes.c.run_id,
    )
    return changes.c.old.is_not(None), changes.c.new.is_not(None), is_much, ~in_other_currency


def _stock_low(changes: CTE, below: int) -> tuple[ColumnElement[bool], ...]:
    old, new = (cast(value, BigInteger) for value in (changes.c.old, changes.c.new))
    return new < below, or_(changes.c.old.is_(None), old >= below), offers.c.stock < below


class _Scan(NamedTuple):
    """The fields of the change log that a rule looks at, and what has to hold of a change and of its offer."""

    fields: tuple[str, ...]
    conditions: Callable[[CTE, int], tuple[ColumnElement[bool], ...]]


_RULES: Final = {
    RuleKind.NOT_SELLABLE: _Scan(("sellable", "validation_status", "offer_validation_status"), _not_sellable),
    RuleKind.BUY_BUTTON: _Scan(("buy_button_rank",), _button_lost),
    RuleKind.PRICE: _Scan(("sale_price",), _price_changed),
    RuleKind.STOCK: _Scan(("stock",), _stock_low),
}
FOUND_IN_CHANGES: Final = frozenset(_RULES)

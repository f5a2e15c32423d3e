"""Reading what the amounts of offers are and were in. Changes of a currency are few, and have an index of their own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.bulk import BulkSelect, among
from emagsync.db.ready import Question, ReadySelect
from emagsync.offers.currencies import AMOUNTS, CurrencyChange, CurrencyCourse
from emagsync.offers.tables import offer_changes, offers

# Account, and eMAG's id.
Key = tuple[str, int]

_now = BulkSelect(select(offers.c.emag_id, offers.c.currency).where(among(offers.c.account, offers.c.emag_id)))
_of_currency = (
    select(offer_changes.c.emag_id, offer_changes.c.at, offer_changes.c.old, offer_changes.c.new)
    # As the partial index says it: with a parameter in its place, neither database would know that it may use it.
    .where(literal_column("field = 'currency'"))
    .order_by(offer_changes.c.seq)
)
_changes = BulkSelect(_of_currency.where(among(offer_changes.c.account, offer_changes.c.emag_id)))
_key_of_it = select(offers.c.account, offers.c.emag_id).where(offers.c.id == bindparam("of_id"))
_changes_of_id = ReadySelect(
    _of_currency.where(
        offer_changes.c.account == _key_of_it.with_only_columns(offers.c.account).scalar_subquery(),
        offer_changes.c.emag_id == _key_of_it.with_only_columns(offers.c.emag_id).scalar_subquery(),
    ),
    is_short=True,
)


def currency_changes_of(offer_id: int) -> Question:
    """What `course_of` reads: the changes of the currency of the offer with this id of ours."""
    return _changes_of_id, {"of_id": offer_id}


def course_of(now: str | None, changes: Iterable[Any]) -> CurrencyCourse:
    """The currencies of an offer, from its present one and its rows of `currency_changes_of`."""
    return CurrencyCourse(now, [CurrencyChange(row.at, row.old, row.new) for row in changes])


async def currency_courses(connection: AsyncConnection, keys: Iterable[Key]) -> dict[Key, CurrencyCourse]:
    """The currencies of these offers; those that are not in the local copy have none now."""
    by_account: dict[str, set[int]] = defaultdict(set)
    for account, emag_id in keys:
        by_account[account].add(emag_id)
    found: dict[Key, CurrencyCourse] = {}
    for account, ids in by_account.items():
        now = {row.emag_id: row.currency for row in await _now.run(connection, sorted(ids), of_account=account)}
        changes: dict[int, list[CurrencyChange]] = defaultdict(list)
        for row in await _changes.run(connection, sorted(ids), of_account=account):
            changes[row.emag_id].append(CurrencyChange(row.at, row.old, row.new))
        found |= {(account, emag_id): CurrencyCourse(now.get(emag_id), changes[emag_id]) for emag_id in ids}
    return found


async def with_currencies(
    connection: AsyncConnection, rows: Sequence[Mapping[str, Any]], *, account: str
) -> list[dict[str, Any]]:
    """Rows of the change log, each with `old_currency` and `currency` (of its new value): None of what is no amount.

    `account` is the name under which the rows have theirs.
    """
    amounts = {(row[account], row["emag_id"]) for row in rows if row["field"] in AMOUNTS}
    courses = await currency_courses(connection, amounts) if amounts else {}
    return in_their_currencies(rows, courses, account=account)


def in_their_currencies(
    rows: Sequence[Mapping[str, Any]], courses: Mapping[Key, CurrencyCourse], *, account: str
) -> list[dict[str, Any]]:
    """As `with_currencies`, from the currencies of their offers."""
    nothing: Mapping[str, str | None] = {"old_currency": None, "currency": None}

    def currencies(row: Mapping[str, Any]) -> Mapping[str, str | None]:
        if row["field"] not in AMOUNTS:
            return nothing
        course = courses[row[account], row["emag_id"]]
        return {
            "old_currency": None if row["old"] is None else course.before(row["at"]),
            "currency": None if row["new"] is None else course.since(row["at"]),
        }

    return [{**row, **currencies(row)} for row in rows]

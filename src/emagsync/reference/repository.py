"""All SQL of the reference data."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import and_, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.reference.rows import Category, VatRate
from emagsync.reference.tables import categories, reference_reads, vat_rates

# Values in one statement.
_AT_ONCE: Final = 500


class Kind(StrEnum):
    """What is read."""

    VAT = "vat"
    CATEGORIES = "categories"


class Read(NamedTuple):
    """When a kind of an account was asked for and read last; `error` is the code of what went wrong since."""

    account: str
    kind: Kind
    tried_at: datetime
    read_at: datetime | None
    error: str | None


async def reads(connection: AsyncConnection) -> list[Read]:
    """Every account's, by account and kind."""
    rows = await connection.execute(select(reference_reads).order_by(reference_reads.c.account, reference_reads.c.kind))
    return [Read(row.account, Kind(row.kind), row.tried_at, row.read_at, row.error) for row in rows]


async def insert_read(connection: AsyncConnection, account: str, kind: Kind, now: datetime) -> None:
    """Note the first try. Raises ConstraintViolated when another process was faster."""
    await connection.execute(insert(reference_reads).values(account=account, kind=kind, tried_at=now))


async def claim_read(connection: AsyncConnection, seen: Read, now: datetime) -> bool:
    """Note another try; False when another process was faster."""
    statement = update(reference_reads).where(_is(seen.account, seen.kind), reference_reads.c.tried_at == seen.tried_at)
    return (await connection.execute(statement.values(tried_at=now))).rowcount == 1


async def end_read(
    connection: AsyncConnection, account: str, kind: Kind, *, read_at: datetime | None, error: str | None
) -> None:
    """Note how a try ended: with the time, or with an error, which leaves the time of the last success."""
    values: dict[str, Any] = {"error": error} | ({} if read_at is None else {"read_at": read_at})
    await connection.execute(update(reference_reads).where(_is(account, kind)).values(**values))


def _is(account: str, kind: Kind) -> Any:
    return and_(reference_reads.c.account == account, reference_reads.c.kind == kind.value)


async def current_vat(connection: AsyncConnection, accounts: Collection[str] = ()) -> dict[str, dict[int, VatRate]]:
    """The rates that each account has now, by id; of all accounts where none is named."""
    latest = select(vat_rates.c.account, vat_rates.c.vat_id, func.max(vat_rates.c.since).label("since")).group_by(
        vat_rates.c.account, vat_rates.c.vat_id
    )
    if accounts:
        latest = latest.where(vat_rates.c.account.in_(accounts))
    newest = latest.subquery()
    same = [vat_rates.c[name] == newest.c[name] for name in ("account", "vat_id", "since")]
    rows = await connection.execute(select(vat_rates).join(newest, and_(*same)).order_by(vat_rates.c.vat_id))
    found: dict[str, dict[int, VatRate]] = {}
    for row in rows:
        found.setdefault(row.account, {})[row.vat_id] = VatRate(row.vat_id, row.rate, row.name)
    return found


async def store_vat(connection: AsyncConnection, account: str, rates: Sequence[VatRate], day: date) -> None:
    """Keep rates that are new or others than before, as of `day`."""
    known = (await current_vat(connection, (account,))).get(account, {})
    for rate in rates:
        if known.get(rate.vat_id) == rate:
            continue
        of_today = and_(vat_rates.c.account == account, vat_rates.c.vat_id == rate.vat_id, vat_rates.c.since == day)
        await connection.execute(delete(vat_rates).where(of_today))
        await connection.execute(insert(vat_rates).values(account=account, since=day, **rate._asdict()))


async def category_names(connection: AsyncConnection) -> dict[tuple[str, int], str]:
    """The names of all categories by account and id."""
    rows = await connection.execute(select(categories.c.account, categories.c.category_id, categories.c.name))
    return {(row.account, row.category_id): row.name for row in rows}


async def categories_of_account(connection: AsyncConnection, account: str) -> list[Category]:
    """The account's categories by name."""
    query = select(categories).where(categories.c.account == account).order_by(categories.c.name)
    return [Category(row.category_id, row.name, row.parent_id) for row in await connection.execute(query)]


async def store_categories(connection: AsyncConnection, account: str, found: Sequence[Category]) -> None:
    """Keep categories that are new or others than before. Those that eMAG lists no more stay: offers may have them."""
    known = {one.category_id: one for one in await categories_of_account(connection, account)}
    fresh = {one.category_id: one for one in found if known.get(one.category_id) != one}
    if not fresh:
        return
    old = [category_id for category_id in fresh if category_id in known]
    for start in range(0, len(old), _AT_ONCE):
        ids = old[start : start + _AT_ONCE]
        await connection.execute(
            delete(categories).where(categories.c.account == account, categories.c.category_id.in_(ids))
        )
    await connection.execute(insert(categories), [{"account": account, **one._asdict()} for one in fresh.values()])

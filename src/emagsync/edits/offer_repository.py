"""All SQL that edits need about the local copy's offers: finding them, and their editable values."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Row, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.edits.fields import PRICES, values_of
from emagsync.edits.offer_snapshot import StoredOffer
from emagsync.edits.part_numbers import as_number
from emagsync.edits.repository import in_chunks
from emagsync.offers import repository as offers_repository
from emagsync.offers.code_repository import CodeKind, offers_with
from emagsync.offers.currency_repository import currency_courses
from emagsync.offers.selection import OfferFilter
from emagsync.offers.selection_repository import BY_KEY, condition
from emagsync.offers.tables import offers
from emagsync.offers.value_lists import read_list

# So many codes are worth the search index; more are found sooner by reading every offer of the account.
_FEW_CODES = 200
_OF_THE_OFFER = (
    "id", "account", "emag_id", "part_number", "part_number_key", "eans", "name", "currency", "fingerprint",
    "removed_at",
)  # fmt: skip
_COLUMNS = [offers.c[name] for name in (*_OF_THE_OFFER, *PRICES, "stock", "handling_time", "vat_id", "status")]


async def stored_offers(
    connection: AsyncConnection, account: str, ids: Collection[int], *, lock: bool = False
) -> dict[int, StoredOffer]:
    """The offers `ids` (eMAG's) that the local copy has, also the removed ones, by id.

    `lock`: until the transaction ends nobody else changes them, or edits them by this function.
    """
    found: dict[int, StoredOffer] = {}
    for some in in_chunks(sorted(ids)):
        query = select(*_COLUMNS).where(offers.c.account == account, offers.c.emag_id.in_(some))
        if lock and connection.dialect.name != "sqlite":
            query = query.order_by(offers.c.emag_id).with_for_update()
        rows = (await connection.execute(query)).all()
        payloads = await offers_repository.payloads(connection, account, [row.emag_id for row in rows])
        found |= {row.emag_id: _offer(row, payloads.get(row.emag_id)) for row in rows}
    return found


async def accounts_with_offers(connection: AsyncConnection) -> list[str]:
    """The accounts that the local copy has offers of, by name; removed ones count."""
    return sorted((await connection.execute(select(offers.c.account).distinct())).scalars())


async def key_of(connection: AsyncConnection, product_id: int) -> tuple[str, int] | None:
    """Account and eMAG's id of the product with this id of ours."""
    query = select(offers.c.account, offers.c.emag_id).where(offers.c.id == product_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else (row.account, row.emag_id)


async def keys_of(connection: AsyncConnection, product_ids: Sequence[int]) -> dict[int, tuple[str, int]]:
    """Account and eMAG's id of many products, by our id; those that do not exist are left out."""
    found: dict[int, tuple[str, int]] = {}
    for some in in_chunks(sorted(set(product_ids))):
        rows = await connection.execute(select(offers.c.id, *BY_KEY).where(offers.c.id.in_(some)))
        found |= {row.id: (row.account, row.emag_id) for row in rows}
    return found


async def keys_found(connection: AsyncConnection, offer_filter: OfferFilter, *, limit: int) -> list[tuple[str, int]]:
    """Account and eMAG's id of the offers that a filter finds, in this order, at most `limit`."""
    query = select(*BY_KEY).where(condition(offer_filter, connection.dialect.name)).order_by(*BY_KEY).limit(limit)
    return [(row.account, row.emag_id) for row in await connection.execute(query)]


async def count_found(connection: AsyncConnection, offer_filter: OfferFilter) -> dict[str, int]:
    """How many offers a filter finds, by currency."""
    query = select(offers.c.currency, func.count()).where(condition(offer_filter, connection.dialect.name))
    found = await connection.execute(query.group_by(offers.c.currency).order_by(offers.c.currency))
    return {row[0]: row[1] for row in found}


async def stream_keys(connection: AsyncConnection, offer_filter: OfferFilter) -> AsyncIterator[tuple[str, int]]:
    """Account and eMAG's id of every offer that a filter finds, in this order, without holding them all."""
    query = select(*BY_KEY).where(condition(offer_filter, connection.dialect.name)).order_by(*BY_KEY)
    async for row in await connection.stream(query):
        yield row.account, row.emag_id


async def currencies_of(connection: AsyncConnection, keys: Iterable[tuple[str, int]]) -> list[str]:
    """What the prices of these offers are in, each currency once."""
    courses = await currency_courses(connection, keys)
    return sorted({course.now for course in courses.values() if course.now is not None})


async def vat_ids_of(connection: AsyncConnection, account: str) -> set[int]:
    """The VAT ids that the account's offers have."""
    query = select(offers.c.vat_id).where(offers.c.account == account, offers.c.vat_id.is_not(None)).distinct()
    return set((await connection.execute(query)).scalars())


async def ids_of_part_numbers(
    connection: AsyncConnection, account: str, part_numbers: Sequence[str]
) -> dict[str, list[int]]:
    """eMAG's ids of the offers with these part numbers, which may repeat; not the removed ones."""
    found: dict[str, list[int]] = {}
    for some in in_chunks(part_numbers):
        query = select(offers.c.part_number, offers.c.emag_id).where(
            offers.c.account == account, offers.c.part_number.in_(some), offers.c.removed_at.is_(None)
        )
        for number, emag_id in await connection.execute(query.order_by(offers.c.emag_id)):
            found.setdefault(number, []).append(emag_id)
    return found


async def ids_of_codes(
    connection: AsyncConnection, account: str, part_number_keys: Collection[str], eans: Collection[str]
) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """eMAG's ids of the offers with these PNKs and with these EANs, which may repeat; not the removed ones.

    A few are looked up in the search index; for many, the account's offers are read once.
    """
    if len(part_number_keys) + len(eans) <= _FEW_CODES:
        found = [
            await offers_with(connection, kind, codes, [account])
            for kind, codes in ((CodeKind.PART_NUMBER_KEY, part_number_keys), (CodeKind.EAN, eans))
        ]
        few_pnks, few_eans = ({code: [one.emag_id for one in named] for code, named in each.items()} for each in found)
        return few_pnks, few_eans
    by_pnk: dict[str, list[int]] = {}
    by_ean: dict[str, list[int]] = {}
    columns = (offers.c.emag_id, offers.c.part_number_key, offers.c.eans)
    query = select(*columns).where(offers.c.account == account, offers.c.removed_at.is_(None))
    result = await connection.stream(query.order_by(offers.c.emag_id))
    async for row in result:
        if row.part_number_key in part_number_keys:
            by_pnk.setdefault(row.part_number_key, []).append(row.emag_id)
        for ean in read_list(row.eans) if eans else ():
            if ean in eans:
                by_ean.setdefault(ean, []).append(row.emag_id)
    return by_pnk, by_ean


async def spellings_of_numbers(
    connection: AsyncConnection, account: str, numbers: Collection[str]
) -> dict[str, set[str]]:
    """The part numbers of the account that a spreadsheet takes for one of `numbers`, by that; not of removed offers.

    `numbers` are as `part_numbers.as_number` makes them: it finds `123`, `00123`, `123.0` and `1.23E2` for `123`.
    """
    number, mine = offers.c.part_number, (offers.c.account == account, offers.c.removed_at.is_(None))
    first, lower = func.substr(number, 1, 1), func.lower(number)
    # Every other spelling of a number begins with one of these, or has an exponent or a point.
    other_spelling = or_(
        first.in_(("0", "+", "-")), and_(first.in_(tuple("123456789")), or_(lower.like("%e%"), lower.like("%.%")))
    )
    found: dict[str, set[str]] = {}
    conditions = [other_spelling, *(number.in_(some) for some in in_chunks(sorted(numbers)))]
    for condition_ in conditions:
        for text in (await connection.execute(select(number).where(*mine, condition_).distinct())).scalars():
            plain = as_number(text)
            if plain is not None and plain in numbers:
                found.setdefault(plain, set()).add(text)
    return found


def _offer(row: Row[Any], payload: str | None) -> StoredOffer:
    return StoredOffer(
        id=row.id,
        account=row.account,
        emag_id=row.emag_id,
        part_number=row.part_number,
        currency=row.currency,
        fingerprint=row.fingerprint,
        is_removed=row.removed_at is not None,
        values=values_of(row, payload),
        name=row.name,
        part_number_key=row.part_number_key,
        eans=read_list(row.eans),
    )

"""Finding offers by exactly a code that they have: a part number, a PNK, an EAN. Removed ones are left out, unless
they are asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.search import code_of, fold
from emagsync.offers.search_repository import SEARCH_INDEX, is_unindexed
from emagsync.offers.tables import offers
from emagsync.offers.value_lists import read_list

# So many codes are looked up by one statement.
_AT_ONCE: Final = 50


class CodeKind(StrEnum):
    """The codes that an offer has besides eMAG's id, by their field."""

    PART_NUMBER = "part_number"
    PART_NUMBER_KEY = "part_number_key"
    EAN = "ean"


class NamedOffer(NamedTuple):
    """An offer that was found: its id, which is ours, its key, and what people know it by."""

    id: int
    account: str
    emag_id: int
    part_number: str | None
    name: str | None


_NAMED: Final = [offers.c[name] for name in NamedOffer._fields]


async def offers_with(
    connection: AsyncConnection,
    kind: CodeKind,
    codes: Collection[str],
    accounts: Collection[str] = (),
    *,
    include_removed: bool = False,
) -> dict[str, list[NamedOffer]]:
    """The offers with each of these codes, by code, ordered by account and eMAG's id; codes of none are left out.

    `accounts`: only of these; none for all. Case and punctuation count.
    """
    found: dict[str, dict[int, NamedOffer]] = {}
    wanted = set(codes)
    ordered = sorted(wanted)
    for some in (ordered[start : start + _AT_ONCE] for start in range(0, len(ordered), _AT_ONCE)):
        for condition in _conditions(connection.dialect.name, kind, some):
            query = select(*_NAMED, offers.c.part_number_key, offers.c.eans).where(condition)
            if not include_removed:
                query = query.where(offers.c.removed_at.is_(None))
            if accounts:
                query = query.where(offers.c.account.in_(accounts))
            for row in await connection.execute(query):
                for code in wanted.intersection(_codes_of(row, kind)):
                    found.setdefault(code, {})[row.id] = NamedOffer(*row[: len(_NAMED)])
    return {code: sorted(named.values(), key=lambda one: (one.account, one.emag_id)) for code, named in found.items()}


async def named_offer(connection: AsyncConnection, account: str, emag_id: int) -> NamedOffer | None:
    """The offer with this key, be it removed or not."""
    query = select(*_NAMED).where(offers.c.account == account, offers.c.emag_id == emag_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else NamedOffer(*row)


async def named_offers(
    connection: AsyncConnection, account: str, emag_ids: Collection[int]
) -> dict[int, list[NamedOffer]]:
    """The offers of an account with these ids of eMAG's, by id, be they removed or not."""
    query = select(*_NAMED).where(offers.c.account == account, offers.c.emag_id.in_(sorted(emag_ids)))
    return {row.emag_id: [NamedOffer(*row)] for row in await connection.execute(query)}


def _conditions(dialect: str, kind: CodeKind, codes: Sequence[str]) -> Iterator[ColumnElement[bool]]:
    if kind is CodeKind.PART_NUMBER:
        yield offers.c.part_number.in_(codes)
        return
    yield offers.c.id.in_(SEARCH_INDEX.holding_code(dialect, [code_of(fold(code) or "") for code in codes]))
    if dialect == "sqlite":
        # The newest offers of a run enter the index a little later; they are few, and the last by id.
        yield is_unindexed()


def _codes_of(row: Any, kind: CodeKind) -> Iterable[str]:
    if kind is CodeKind.EAN:
        return read_list(row.eans)
    code = row.part_number if kind is CodeKind.PART_NUMBER else row.part_number_key
    return () if code is None else (code,)

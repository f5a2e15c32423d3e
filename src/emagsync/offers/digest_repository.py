"""Reads what the digest of a copy is made of: the present offers in the order of their ids, some at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from sqlalchemy import Select, and_, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.offers.tables import offer_payloads, offers

# Narrow rows, and rows of 3 kB.
_TOKENS_AT_ONCE = 5_000
_PAYLOADS_AT_ONCE = 400

_present = and_(
    offers.c.account == bindparam("of_account"), offers.c.emag_id > bindparam("after"), offers.c.removed_at.is_(None)
)
_tokens = select(offers.c.emag_id, offers.c.fingerprint).where(_present).order_by(offers.c.emag_id)
_payloads = (
    select(offers.c.emag_id, offer_payloads.c.payload)
    .join_from(
        offers,
        offer_payloads,
        and_(offer_payloads.c.account == offers.c.account, offer_payloads.c.emag_id == offers.c.emag_id),
    )
    .where(_present)
    .order_by(offers.c.emag_id)
)
_after = select(offers.c.account).where(offers.c.account > bindparam("after")).order_by(offers.c.account).limit(1)


async def accounts(connection: AsyncConnection) -> list[str]:
    """The accounts that have offers, removed ones included, in the order of their names."""
    found: list[str] = []
    # Each is one look into the index, however many offers the others have.
    while (name := await connection.scalar(_after, {"after": found[-1] if found else ""})) is not None:
        found.append(name)
    return found


def tokens(connection: AsyncConnection, account: str) -> AsyncIterator[Sequence[tuple[int, str]]]:
    """`(emag_id, fingerprint as stored)` of the account's present offers."""
    return _in_order(connection, _tokens.limit(_TOKENS_AT_ONCE), account)


def payloads(connection: AsyncConnection, account: str) -> AsyncIterator[Sequence[tuple[int, str]]]:
    """`(emag_id, the row as eMAG sent it)` of the account's present offers."""
    return _in_order(connection, _payloads.limit(_PAYLOADS_AT_ONCE), account)


async def _in_order(
    connection: AsyncConnection, query: Select[int, str], account: str
) -> AsyncIterator[Sequence[tuple[int, str]]]:
    last = -1
    while rows := (await connection.execute(query, {"of_account": account, "after": last})).all():
        yield [(row[0], row[1]) for row in rows]
        last = rows[-1].emag_id

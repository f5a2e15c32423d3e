"""Reading one offer of the local copy."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, Select, Text, bindparam, cast, select
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.ready import ReadySelect
from emagsync.offers.page_repository import OFFER_COLUMNS
from emagsync.offers.tables import offer_payloads, offers

_payload = ReadySelect(
    select(cast(offer_payloads.c.payload, Text).label("payload")).where(
        offer_payloads.c.account == bindparam("of_account"), offer_payloads.c.emag_id == bindparam("of_id")
    ),
    is_short=True,
)


async def find_offer(connection: AsyncConnection, account: str, emag_id: int) -> Row[Any] | None:
    """The columns of `schemas.Offer` of one offer, and its remarks; None if the local copy does not have it."""
    key = (offers.c.account == account, offers.c.emag_id == emag_id)
    query: Select[Any] = select(*OFFER_COLUMNS, offers.c.remarks).where(*key)
    row: Row[Any] | None = (await connection.execute(query)).one_or_none()
    return row


async def payload_of(connection: AsyncConnection, account: str, emag_id: int) -> str | None:
    """The offer's row as eMAG sent it (JSON text)."""
    row = await _payload.first(connection, of_account=account, of_id=emag_id)
    return None if row is None else row.payload

"""offers: EANs as a JSON list, so that every character of a value survives; main_offer_price and currency_type

The two new columns are filled from the rows as eMAG sent them, so that nothing seems to have changed at the next run.

Revision ID: 20261128_12
Revises: 20261128_11
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from emagsync.db.types import JsonText, Money

revision = "20261128_12"
down_revision = "20261128_11"
branch_labels = None
depends_on = None

_AT_ONCE: Final = 1000
_PRICE: Final = re.compile(r"[0-9]{1,14}(\.[0-9]{1,4}0*)?")
_offers: Final = sa.table(
    "offers",
    *map(sa.column, ("id", "account", "emag_id", "eans", "currency_type")),
    sa.column("main_offer_price", Money()),
)
_payloads: Final = sa.table(
    "offer_payloads", sa.column("account"), sa.column("emag_id"), sa.column("payload", JsonText())
)


def upgrade() -> None:
    op.add_column("offers", sa.Column("currency_type", sa.Text(), nullable=True))
    op.add_column("offers", sa.Column("main_offer_price", Money(), nullable=True))
    connection = op.get_bind()
    _carry_eans(connection, lambda eans: json.dumps(eans.split(), ensure_ascii=False, separators=(",", ":")))
    _fill(connection)


def downgrade() -> None:
    connection = op.get_bind()
    _carry_eans(connection, lambda eans: " ".join(ean for one in json.loads(eans) for ean in one.split()))
    op.drop_column("offers", "main_offer_price")
    op.drop_column("offers", "currency_type")


def _carry_eans(connection: sa.Connection, carry: Callable[[str], str]) -> None:
    write = _offers.update().where(_offers.c.id == sa.bindparam("of_id")).values(eans=sa.bindparam("new_eans"))
    for rows in _in_portions(connection, sa.select(_offers.c.id, _offers.c.eans)):
        connection.execute(write, [{"of_id": row.id, "new_eans": carry(row.eans)} for row in rows])


def _fill(connection: sa.Connection) -> None:
    of_offer = (_payloads.c.account == _offers.c.account) & (_payloads.c.emag_id == _offers.c.emag_id)
    payload = sa.cast(_payloads.c.payload, sa.Text).label("payload")
    query = sa.select(_offers.c.id, payload).join_from(_offers, _payloads, of_offer)
    write = (
        _offers.update()
        .where(_offers.c.id == sa.bindparam("of_id"))
        .values(currency_type=sa.bindparam("kept_in"), main_offer_price=sa.bindparam("price", type_=Money()))
    )
    for rows in _in_portions(connection, query):
        found = [{"of_id": row.id, **values} for row in rows if (values := _values(row.payload))]
        if found:
            connection.execute(write, found)


def _values(payload: str) -> dict[str, Any] | None:
    """The two values of a row; None where it has neither."""
    if '"main_offer_price"' not in payload and '"currency_type"' not in payload:
        return None
    try:
        row = json.loads(payload, parse_float=str)
    except (ValueError, RecursionError):
        return None
    kept_in = row.get("currency_type") if isinstance(row, dict) else None
    price = row.get("main_offer_price") if isinstance(row, dict) else None
    is_word = isinstance(kept_in, str) and kept_in.strip().lower() not in ("", "null")
    return {"kept_in": kept_in if is_word else None, "price": _price(price)}


def _price(value: object) -> Decimal | None:
    # Only as eMAG writes prices. What is odd the next run reads.
    if isinstance(value, bool) or not isinstance(value, str | int) or not _PRICE.fullmatch(str(value)):
        return None
    try:
        return Decimal(str(value)).quantize(Decimal("0.0001"))
    except InvalidOperation:
        return None


def _in_portions(connection: sa.Connection, query: sa.Select[Any]) -> Iterator[Sequence[sa.Row[Any]]]:
    """The rows by their id, so many at a time, so that memory does not grow with the table."""
    query = query.order_by(_offers.c.id).limit(_AT_ONCE)
    rows = connection.execute(query).all()
    while rows:
        yield rows
        rows = connection.execute(query.where(_offers.c.id > rows[-1].id)).all()

"""Reading one offer, and the change log, under the REST API's names.

Apart from `detail_repository` and `change_repository`, so that commands do not import the API's many models.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, Row, Select, Text, and_, bindparam, cast, select
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.ready import Answering, ReadySelect
from emagsync.offers.change_schemas import ProductChange
from emagsync.offers.currency_repository import course_of, currency_changes_of, in_their_currencies, with_currencies
from emagsync.offers.field_choice import FieldChoice
from emagsync.offers.product_schemas import PRODUCT_FIELDS
from emagsync.offers.selection import OfferFilter
from emagsync.offers.selection_repository import condition
from emagsync.offers.tables import offer_changes, offer_payloads, offers

PRODUCT_COLUMNS = tuple(offers.c[column].label(name) for name, column in PRODUCT_FIELDS.items())
# Whatever fields were chosen.
OUR_ID = offers.c.id.label("our_id")
_COLUMN_OF = dict(zip(PRODUCT_FIELDS, PRODUCT_COLUMNS, strict=True))


def columns_of(choice: FieldChoice) -> tuple[ColumnElement[Any], ...]:
    """The columns of `offers` for the chosen fields of a `Product`: always the same ones, as PRODUCT_COLUMNS are."""
    return tuple(_COLUMN_OF[name] for name in choice.columns)


_product_changes = select(
    offer_changes.c.seq,
    offers.c.id.label("product_id"),
    offer_changes.c.account.label("account"),
    offer_changes.c.emag_id,
    offers.c.part_number,
    offer_changes.c.field,
    offer_changes.c.old,
    offer_changes.c.new,
    offer_changes.c.at,
    offer_changes.c.source,
    offer_changes.c.run_id,
).outerjoin(offers, and_(offers.c.account == offer_changes.c.account, offers.c.emag_id == offer_changes.c.emag_id))


_payload_is_its = and_(offer_payloads.c.account == offers.c.account, offer_payloads.c.emag_id == offers.c.emag_id)
_newest_of_key = ReadySelect(
    _product_changes.where(
        offer_changes.c.account == bindparam("of_account"), offer_changes.c.emag_id == bindparam("of_id")
    )
    .order_by(offer_changes.c.seq.desc())
    .limit(bindparam("most", type_=Integer)),
    is_short=True,
)


_key_of_it = [
    select(column).where(offers.c.id == bindparam("of_id")).scalar_subquery()
    for column in (offers.c.account, offers.c.emag_id)
]
_newest_of_id = ReadySelect(
    _product_changes.where(offer_changes.c.account == _key_of_it[0], offer_changes.c.emag_id == _key_of_it[1])
    .order_by(offer_changes.c.seq.desc())
    .limit(bindparam("most", type_=Integer)),
    is_short=True,
)


async def changes_between(
    connection: AsyncConnection,
    after: int,
    until: int,
    *,
    limit: int,
    accounts: Collection[str] = (),
    fields: Collection[str] = (),
    selected: OfferFilter | None = None,
    with_currency: bool = True,
) -> list[ProductChange]:
    """The first `limit` changes after one number, up to another one, oldest first: of these accounts and fields, or of
    all, and of the offers that `selected` finds now. Without `with_currency`, what amounts are in is not looked up."""
    columns = offer_changes.c
    query = _product_changes.where(columns.seq > after, columns.seq <= until).order_by(columns.seq).limit(limit)
    if accounts:
        query = query.where(columns.account.in_(accounts))
    if fields:
        query = query.where(columns.field.in_(fields))
    if selected is not None:
        query = query.where(condition(selected, connection.dialect.name))
    return await _read(connection, query, with_currency=with_currency)


async def product_changes(
    connection: AsyncConnection, account: str, emag_id: int, *, limit: int, before: int | None = None
) -> list[ProductChange]:
    """The newest `limit` changes of one offer, or those whose `seq` is below `before`; newest first."""
    if before is None:
        rows = await _newest_of_key.run(connection, of_account=account, of_id=emag_id, most=limit)
        return await _with_currencies(connection, [row._asdict() for row in rows])
    query = (
        _product_changes.where(offer_changes.c.account == account, offer_changes.c.emag_id == emag_id)
        .order_by(offer_changes.c.seq.desc())
        .limit(limit)
    )
    return await _read(connection, query.where(offer_changes.c.seq < before))


async def select_products(
    connection: AsyncConnection, ids: Sequence[int], columns: Sequence[ColumnElement[Any]]
) -> Sequence[Row[Any]]:
    """These columns of the offers with these ids of ours, at most some thousand, in the order of the ids."""
    query = select(*columns).where(offers.c.id.in_(ids)).order_by(offers.c.id)
    return (await connection.execute(query)).all()


async def find_product(
    connection: AsyncConnection, product_id: int, columns: tuple[ColumnElement[Any], ...] = PRODUCT_COLUMNS
) -> dict[str, Any] | None:
    """These columns by name of the offer with this id of ours, its `remarks`, and as `payload` its row as eMAG sent it
    (JSON text)."""
    row = await _product(columns).first(connection, of_id=product_id)
    return None if row is None else row._asdict()


async def find_with_changes(
    source: Answering, product_id: int, columns: tuple[ColumnElement[Any], ...], *, most: int
) -> tuple[dict[str, Any] | None, list[ProductChange]]:
    """As `find_product`, and the newest changes of that offer, at most so many, the newest first; with 0, none is
    looked for. `columns` have those of PRODUCT_FIELDS among them."""
    named = {"of_id": product_id}
    product = (_product(columns), named)
    if most == 0:
        [found] = await source.ask(product)
        return (found[0]._asdict() if found else None), []
    newest = (_newest_of_id, {**named, "most": most})
    found, changes, currencies = await source.ask(product, newest, currency_changes_of(product_id))
    if not found:
        return None, []
    row = found[0]._asdict()
    courses = {(row["account"], row["emag_id"]): course_of(row["currency"], currencies)}
    told = in_their_currencies([change._asdict() for change in changes], courses, account="account")
    return row, [ProductChange.model_validate(change) for change in told]


@lru_cache(maxsize=8)
def _product(columns: tuple[ColumnElement[Any], ...]) -> ReadySelect:
    payload = cast(offer_payloads.c.payload, Text).label("payload")
    found = select(*columns, offers.c.remarks, payload).outerjoin_from(offers, offer_payloads, _payload_is_its)
    return ReadySelect(found.where(offers.c.id == bindparam("of_id")), is_short=True)


async def _read(
    connection: AsyncConnection, query: Select[tuple[object, ...]], *, with_currency: bool = True
) -> list[ProductChange]:
    rows = [row._asdict() for row in await connection.execute(query)]
    if not with_currency:
        return [ProductChange.model_validate(row) for row in rows]
    return await _with_currencies(connection, rows)


async def _with_currencies(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> list[ProductChange]:
    found = await with_currencies(connection, rows, account="account")
    return [ProductChange.model_validate(row) for row in found]

"""search: by words in any order, so the texts of offers are kept without punctuation, codes as one word each

Revision ID: 20261128_24
Revises: 20261128_23
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from emagsync.db.search import fold
from emagsync.db.search_index import Searchable, searchable_texts

revision = "20261128_24"
down_revision = "20261128_23"
branch_labels = None
depends_on = None

_BATCH = 5_000

_offers = sa.table("offers", *map(sa.column, ("id", "name", "part_number", "part_number_key", "eans", "brand")))
_search = sa.table("offer_search", sa.column("offer_id"), sa.column("text"))


def upgrade() -> None:
    _rewrite(
        lambda rows: searchable_texts(
            Searchable(row.name, (row.part_number, row.part_number_key, *json.loads(row.eans)), row.brand)
            for row in rows
        )
    )


def downgrade() -> None:
    _rewrite(
        lambda rows: [
            _with_punctuation((row.name, row.part_number, row.part_number_key, *json.loads(row.eans), row.brand))
            for row in rows
        ]
    )


def _with_punctuation(parts: Iterable[str | None]) -> str:
    return "\n".join(fold(" ".join(part.replace("\0", " ").split())) or "" for part in parts if part)


def _rewrite(texts_of: Callable[[Sequence[sa.Row[Any]]], Sequence[str]]) -> None:
    """Write the texts of all offers that have one anew, and on SQLite the index over them."""
    connection = op.get_bind()
    is_sqlite = connection.dialect.name == "sqlite"
    if is_sqlite:
        connection.exec_driver_sql("INSERT INTO offer_search_index(offer_search_index) VALUES ('delete-all')")
    update = _search.update().where(_search.c.offer_id == sa.bindparam("of_id")).values(text=sa.bindparam("new_text"))
    last = 0
    while True:
        query = sa.select(_offers).join(_search, _search.c.offer_id == _offers.c.id).where(_offers.c.id > last)
        rows = connection.execute(query.order_by(_offers.c.id).limit(_BATCH)).all()
        if not rows:
            break
        last = rows[-1].id
        texts = zip((row.id for row in rows), texts_of(rows), strict=True)
        connection.execute(update, [{"of_id": key, "new_text": text} for key, text in texts])
    if is_sqlite:
        connection.exec_driver_sql(
            "INSERT INTO offer_search_index(rowid, text) SELECT offer_id, text FROM offer_search"
        )

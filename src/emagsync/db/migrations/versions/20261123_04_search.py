"""search: the folded words of every offer, their index, and an index of what lists filter and sort by

Revision ID: 20261123_04
Revises: 20261123_03
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op

from emagsync.db.errors import DatabaseUnavailable
from emagsync.db.search import fold

revision = "20261123_04"
down_revision = "20261123_03"
branch_labels = None
depends_on = None

_BATCH = 2_000


def upgrade() -> None:
    op.create_index(
        "ix_offers_facets",
        "offers",
        [
            "account",
            "emag_id",
            "removed_at",
            "status",
            "sellable",
            "stock",
            "validation_status",
            "offer_validation_status",
            "category_id",
            "sale_price",
            "changed_at",
        ],
    )
    op.create_table(
        "offer_search",
        sa.Column(
            "offer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, autoincrement=False
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offers.id"], name=op.f("fk_offer_search_offer_id_offers"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("offer_id", name=op.f("pk_offer_search")),
    )
    connection = op.get_bind()
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        _create_index(connection)
    _fill(connection, with_index=sqlite)


def _create_index(connection: sa.Connection) -> None:
    try:
        connection.exec_driver_sql(
            "CREATE VIRTUAL TABLE offer_search_index USING fts5("
            "text, content='', columnsize=0, detail=none, tokenize='trigram case_sensitive 1')"
        )
    except sa.exc.OperationalError as error:
        raise DatabaseUnavailable(
            f"This Python's SQLite ({sqlite3.sqlite_version}) cannot search text: emagsync needs version 3.34 "
            "or newer with FTS5."
        ) from error
    # Merging later costs a first copy a fifth less; a search then looks into a few more segments.
    connection.exec_driver_sql("INSERT INTO offer_search_index(offer_search_index, rank) VALUES ('automerge', 16)")
    connection.exec_driver_sql(
        "CREATE TRIGGER offer_search_forgotten AFTER DELETE ON offer_search BEGIN "
        "INSERT INTO offer_search_index(offer_search_index, rowid, text) VALUES ('delete', old.offer_id, old.text); END"
    )


def _fill(connection: sa.Connection, *, with_index: bool) -> None:
    """Index the offers that are there already."""
    offers = sa.table("offers", *map(sa.column, ("id", "name", "part_number", "part_number_key", "eans", "brand")))
    offer_search = sa.table("offer_search", sa.column("offer_id"), sa.column("text"))
    last = 0
    while True:
        rows = connection.execute(sa.select(offers).where(offers.c.id > last).order_by(offers.c.id).limit(_BATCH)).all()
        if not rows:
            return
        last = rows[-1].id
        words = [
            {
                "offer_id": row.id,
                "text": _text((row.name, row.part_number, row.part_number_key, *row.eans.split(), row.brand)),
            }
            for row in rows
        ]
        connection.execute(offer_search.insert(), words)
        if with_index:
            connection.exec_driver_sql(
                "INSERT INTO offer_search_index(rowid, text) VALUES (?, ?)",
                [(word["offer_id"], word["text"]) for word in words],
            )


def _text(parts: Iterable[str | None]) -> str:
    return "\n".join(fold(part) or "" for part in parts if part)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER offer_search_forgotten")
        op.execute("DROP TABLE offer_search_index")
    op.drop_table("offer_search")
    op.drop_index("ix_offers_facets", "offers")

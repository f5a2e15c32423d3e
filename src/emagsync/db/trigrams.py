"""PostgreSQL's index for searches by a part of a text: one of trigrams, which needs the extension `pg_trgm`.

The extension is in every packaged PostgreSQL, and the owner of a database may create it there since version 13. Where
that is not so, searches read every text: slower, with the same results.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

INDEX: Final = "ix_offer_search_text_trigrams"
ADVICE: Final = (
    "searches read every offer, because PostgreSQL's extension pg_trgm is missing: have `CREATE EXTENSION pg_trgm` run "
    "in this database by its owner or an administrator, then `emagsync db upgrade`"
)

_there = text("SELECT 1 FROM pg_indexes WHERE indexname = :name AND schemaname = ANY (current_schemas(false))")


def is_there(connection: Connection) -> bool:
    """Whether the index is; always true on SQLite, which has its own."""
    return connection.dialect.name != "postgresql" or bool(connection.scalar(_there, {"name": INDEX}))


def create(connection: Connection) -> bool:
    """Make the index, if it is not there and can be made. Returns whether it was made."""
    if is_there(connection):
        return False
    try:
        # A refusal must not end the transaction of the caller.
        with connection.begin_nested():
            connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
            # A search also reads all that waits to enter the index: half a megabyte at most, and not four.
            connection.execute(
                text(
                    f"CREATE INDEX {INDEX} ON offer_search USING gin (text gin_trgm_ops) "
                    "WITH (gin_pending_list_limit = 512)"
                )
            )
    except DBAPIError:
        return False
    return True


def drop(connection: Connection) -> None:
    """Remove the index, if it is there. The extension may be used by others."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"DROP INDEX IF EXISTS {INDEX}"))

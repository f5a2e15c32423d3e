"""PostgreSQL's trigram index for searches by a part of a text, which needs the extension `pg_trgm`.

The extension is in every packaged PostgreSQL, and the owner of a database may create it there since version 13. Where
that is not so, searches read every text: slower, with the same results.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

INDEX: Final = "ix_offer_search_text_trigrams"
ADVICE: Final = (
    "searches read every offer, because PostgreSQL's extension pg_trgm is missing: have `CREATE EXTENSION pg_trgm` run "
    "in this database by its owner or an administrator, then `emagsync db upgrade`"
)

# New texts are put on a list, which is sorted into the index when `sort_in` is called, and by whoever makes it longer
# than this. Each time costs about the same, and a search reads the list too: 4 MB add about 10 ms to it, and a batch
# of `emagsync.offers.search.catch_up` takes about as much.
_LIST_KB: Final = 8192

_there = text("SELECT 1 FROM pg_indexes WHERE indexname = :name AND schemaname = ANY (current_schemas(false))")
_sort_in = text(
    "SELECT gin_clean_pending_list(oid) FROM pg_class "
    "WHERE relname = :name AND pg_table_is_visible(oid) AND pg_has_role(relowner, 'USAGE')"
)


def is_there(connection: Connection) -> bool:
    """Whether the index exists; always true on SQLite, which has its own."""
    return connection.dialect.name != "postgresql" or bool(connection.scalar(_there, {"name": INDEX}))


def create(connection: Connection) -> bool:
    """Create the index if it does not exist and the extension is there. Returns whether it was created."""
    if is_there(connection):
        return False
    try:
        # A refusal must not end the transaction of the caller.
        with connection.begin_nested():
            connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
            connection.execute(
                text(
                    f"CREATE INDEX {INDEX} ON offer_search USING gin (text gin_trgm_ops) "
                    f"WITH (gin_pending_list_limit = {_LIST_KB})"
                )
            )
    except DBAPIError:
        return False
    return True


async def sort_in(connection: AsyncConnection) -> None:
    """Sort the list of new texts into the index, if it is there and ours; pages can be stored meanwhile."""
    await connection.execute(_sort_in, {"name": INDEX})


def set_list_limit(connection: Connection) -> None:
    """Set the pending list's limit of an index that an older version made, as `create` does for a new one."""
    connection.execute(text(f"ALTER INDEX IF EXISTS {INDEX} SET (gin_pending_list_limit = {_LIST_KB})"))


def drop(connection: Connection) -> None:
    """Remove the index, if it is there. The extension may be used by others."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"DROP INDEX IF EXISTS {INDEX}"))

"""Deleting everything that tables hold of one owner, such as an account, in pieces: others can write between them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import Table, delete, select, tuple_

from emagsync.db.engine import Database
from emagsync.db.metadata import metadata

_PIECE: Final = 1_000


async def erase_rows(database: Database, column: str, value: str, *, but: Collection[str] = ()) -> int:
    """Delete the rows whose `column` is `value`, of all tables that have it, all `but` some. Returns how many.

    Rows that refer to one of them go with it (`ON DELETE CASCADE`), and do not count.
    """
    erased = 0
    for table in reversed(metadata.sorted_tables):
        if column in table.c and table.name not in but:
            erased += await _erase(database, table, column, value)
    return erased


async def _erase(database: Database, table: Table, column: str, value: str) -> int:
    key = tuple_(*table.primary_key.columns)
    some = select(*table.primary_key.columns).where(table.c[column] == value).limit(_PIECE)
    erased = 0
    while True:
        async with database.transaction() as connection:
            found = (await connection.execute(delete(table).where(key.in_(some)))).rowcount
        erased += found
        if found == 0:
            return erased

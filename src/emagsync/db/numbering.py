"""The numbers that a table gives to its rows: which was the last, and from where on it goes on."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Table, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection


async def last_number(connection: AsyncConnection, table: Table) -> int:
    """The largest number that the table has given, to a row that may be gone; 0 when it has given none."""
    column = table.autoincrement_column
    if column is None:
        return 0
    largest = int(await connection.scalar(select(func.max(column))) or 0)
    if connection.dialect.name == "postgresql":
        given = await connection.scalar(_sequence("SELECT pg_sequence_last_value({})", table, column))
    elif table.dialect_options["sqlite"]["autoincrement"]:
        query = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        given = await connection.scalar(query, {"name": table.name})
    else:
        given = None
    return max(largest, int(given or 0))


async def go_on_after(connection: AsyncConnection, table: Table, last: int) -> None:
    """Let the table's next number be above `last`, which must not be below the largest that it has given."""
    column = table.autoincrement_column
    if column is None or not last:
        return
    if connection.dialect.name == "postgresql":
        await connection.execute(_sequence("SELECT setval({}, :last)", table, column), {"last": last})
    elif table.dialect_options["sqlite"]["autoincrement"]:
        await connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
        await connection.execute(
            text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), {"name": table.name, "last": last}
        )


def _sequence(query: str, table: Table, column: Column[Any]) -> Any:
    # Names are ours; the function wants them as text.
    return text(query.format(f"pg_get_serial_sequence('{table.name}', '{column.name}')::regclass"))

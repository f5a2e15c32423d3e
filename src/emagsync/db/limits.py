"""How many of a thing there may be: more than anybody needs, and fewer than a program gone wild would make."""

from __future__ import annotations

from http import HTTPStatus

from sqlalchemy import ColumnElement, Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core.errors import EmagsyncError


class TooMany(EmagsyncError):
    """There are as many of a thing as there may be."""

    code = "too_many"
    http_status = HTTPStatus.CONFLICT

    def __init__(self, things: str, most: int, instead: str) -> None:
        super().__init__(f"There are {most} {things}, which is all that there may be: {instead} one first.")


async def expect_room(
    connection: AsyncConnection,
    table: Table,
    *conditions: ColumnElement[bool],
    things: str,
    most: int,
    instead: str = "remove",
) -> None:
    """Raises TooMany where `table` has `most` rows that meet the conditions; `instead` is what makes room for another.

    Of two callers at the same moment both may find room: what is kept is about so many, not exactly.
    """
    count = await connection.scalar(select(func.count()).select_from(table).where(*conditions)) or 0
    if count >= most:
        raise TooMany(things, most, instead)

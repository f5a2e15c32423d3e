"""Finding rows by a part of their text: an FTS5 index of trigrams on SQLite, `LIKE` on PostgreSQL.

The text is stored folded (`emagsync.db.search.fold`), so that a search means the same on both databases and needs no
function in SQL. The index is contentless and does not keep positions: it answers which rows may match, in the
order of their ids; a term of more than three letters is then looked for in the text itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Select, Table, column, select, table, text
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.bulk import BulkInsert, execute_many
from emagsync.db.search import fold, fold_all

_GRAM = 3
_SPARE_SPACES = ("  ", " \n", "\n ")


class Replaced(NamedTuple):
    """A row whose text has changed."""

    id: int
    old: str
    new: str


def searchable(parts: Iterable[str | None]) -> str:
    """The text of a row: its parts folded, each on a line of its own, so that no term matches across two of them."""
    return searchable_texts([parts])[0]


def searchable_texts(rows: Iterable[Iterable[str | None]]) -> list[str]:
    """`searchable` of each row. Most need no tidying, and to check and fold many at once costs much less than each."""
    given = [[part for part in parts if part] for parts in rows]
    every = list(chain.from_iterable(given))
    lines = "\n".join(("", *every, ""))
    is_tidy = "".join(every).isprintable() and not any(spaces in lines for spaces in _SPARE_SPACES)
    return fold_all(["\n".join(parts if is_tidy else map(_tidy, parts)) for parts in given])


def term_of(text: str | None) -> str:
    """`text` as a search term: folded, without control characters, each stretch of white space as one space."""
    return fold(_tidy(text or "")) or ""


def _tidy(text: str) -> str:
    # Most texts need nothing; of white space only the space is printable.
    if text.isprintable() and "  " not in text and text[:1] != " " and text[-1:] != " ":
        return text
    return " ".join(text.replace("\0", " ").split())


class SearchIndex:
    """The index over `words`, a table of (id, folded text); on SQLite `<words>_index` is beside it."""

    def __init__(self, words: Table, *, key: Column[int], content: Column[str]) -> None:
        self._key = key
        self._content = content
        self._name = f"{words.name}_index"
        self._insert = BulkInsert(words, [key, content], key=[key], update=[content])

    def waits(self, connection: AsyncConnection) -> bool:
        """Whether new rows are added later, many at a time, and not in the transaction that stores them."""
        return connection.dialect.name == "sqlite"

    async def add(self, connection: AsyncConnection, rows: Sequence[tuple[int, str]]) -> None:
        """Store the texts of rows that had none, as (id, text)."""
        await self._insert.run(connection, rows)
        if rows and connection.dialect.name == "sqlite":
            # Not by a trigger: FTS5 writes to disk at each savepoint, and a trigger opens one for every row.
            await execute_many(connection, f"INSERT INTO {self._name}(rowid, text) VALUES (?, ?)", list(rows))  # noqa: S608

    async def replace(self, connection: AsyncConnection, rows: Sequence[Replaced]) -> None:
        """Store other texts for rows that had one."""
        if rows and connection.dialect.name == "sqlite":
            await connection.exec_driver_sql(
                f"INSERT INTO {self._name}({self._name}, rowid, text) VALUES ('delete', ?, ?)",  # noqa: S608
                [(row.id, row.old) for row in rows],
            )
        await self.add(connection, [(row.id, row.new) for row in rows])

    def matching(self, dialect: str, term: str) -> Select[int]:
        """The ids of the rows whose text contains `term` (see `term_of`). `%` and `_` mean themselves."""
        holds = self.holds(term)
        if dialect != "sqlite" or len(term) < _GRAM:
            return select(self._key).where(holds)
        candidates = self._candidates(term)
        return candidates if len(term) == _GRAM else select(self._key).where(self._key.in_(candidates), holds)

    def holds(self, term: str) -> ColumnElement[bool]:
        """Whether a row's text contains `term`."""
        return self._content.contains(term, autoescape=True)

    def _candidates(self, term: str) -> Select[int]:
        index = table(self._name, column("rowid"))
        matches = text(f"{self._name} MATCH :grams").bindparams(grams=_every_gram(term))
        return select(index.c.rowid).where(matches)


async def fill_index(connection: AsyncConnection, words: Table) -> None:
    """Index all rows of `words`, if it is a table with an index of SQLite's beside it, and that one is empty."""
    name = f"{words.name}_index"
    there = text("SELECT 1 FROM sqlite_master WHERE name = :name")
    if connection.dialect.name == "sqlite" and await connection.scalar(there, {"name": name}) is not None:
        [key] = words.primary_key
        await connection.execute(text(f"INSERT INTO {name}(rowid, text) SELECT {key.name}, text FROM {words.name}"))  # noqa: S608


def by_walking(query: Select[Any], table: Table, index: str) -> Select[Any]:
    """Make SQLite walk `index` and test each row, where it would rather look up all that match."""
    return query.with_hint(table, f"INDEXED BY {index}", "sqlite")


def nulls_last(value: ColumnElement[Any], *, descending: bool) -> ColumnElement[Any]:
    """An order in which rows without a value come last, on both databases."""
    return (value.desc() if descending else value.asc()).nulls_last()


def _every_gram(term: str) -> str:
    """An FTS5 query for rows that hold all of `term`'s stretches of three letters, the last of which may overlap."""
    starts = [*range(0, len(term) - _GRAM, _GRAM), len(term) - _GRAM]
    grams = dict.fromkeys(term[start : start + _GRAM].replace('"', '""') for start in starts)
    return " AND ".join(f'"{gram}"' for gram in grams)

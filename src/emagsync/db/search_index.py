"""Finding rows by words: an FTS5 index of trigrams on SQLite, `LIKE` with an index of trigrams on PostgreSQL.

The text of a row is stored folded and without punctuation (`emagsync.db.search`), so that a search means the same on
both databases and needs no function in SQL: a title, the row's codes, each as one word, and a note, every one on a line
of its own. Between two line breaks is thus a whole code.

The index of SQLite is contentless and does not keep positions: it answers which rows may match, in the order of their
ids; what three letters do not tell for certain is then looked for in the text itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    column,
    false,
    func,
    literal_column,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.bulk import BulkInsert, execute_many
from emagsync.db.search import code_of, codes_of_all, fold, fold_all, words_of, words_of_all

_GRAM = 3
# Stretches of a code that are looked up.
_ENOUGH = 3
# Parameters of `SearchIndex.first_found`, beside those of the words.
_LINE, _GRAMS = "search_line", "search_grams"


class Replaced(NamedTuple):
    """A row whose text has changed."""

    id: int
    old: str
    new: str


class Searchable(NamedTuple):
    """What a row is found by: words of a title, codes (numbers such as an EAN), words of a note."""

    title: str | None
    codes: Sequence[str | None]
    note: str | None


class Search(NamedTuple):
    """What somebody looks for: rows that hold every one of `words`, each somewhere, in any order.

    A word that was written with punctuation in it has two spellings: with a space there, as in a title, and without, as
    in a code. `code` is everything that was written, as one code. Without any letter or digit there are no words, and
    nothing is found.
    """

    words: tuple[tuple[str, ...], ...]
    code: str


def searchable(row: Searchable) -> str:
    """The text of a row."""
    return searchable_texts([row])[0]


def searchable_texts(rows: Iterable[Searchable]) -> list[str]:
    """`searchable` of each row: to fold many at once costs much less than each."""
    given = list(rows)
    titles = words_of_all(fold_all([row.title or "" for row in given]))
    notes = words_of_all(fold_all([row.note or "" for row in given]))
    codes = codes_of_all(fold_all([code or "" for row in given for code in row.codes]))
    texts, start = [], 0
    for row, title, note in zip(given, titles, notes, strict=True):
        end = start + len(row.codes)
        # The first and the last line are always there, so that every code has a line break on both sides.
        texts.append("\n".join((title, *filter(None, codes[start:end]), note)))
        start = end
    return texts


def search_for(text: str | None) -> Search | None:
    """What `text` looks for; None for white space, which looks for nothing in particular and finds everything."""
    folded = fold(text or "") or ""
    if not folded.strip():
        return None
    spellings = (dict.fromkeys((words_of(part), code_of(part))) for part in folded.split())
    words = dict.fromkeys(tuple(found) for found in spellings if "" not in found)
    return Search(tuple(words), code_of(folded))


class SearchShape(NamedTuple):
    """What a statement for a search depends on; searches for other words of the same shape differ in its parameters.

    `spellings`: how many each of the words has. `in_index`: whether SQLite's index knows of any of the words.
    """

    spellings: tuple[int, ...]
    in_index: bool


def shape_of(search: Search) -> SearchShape:
    """The shape of a search that has words."""
    return SearchShape(tuple(map(len, search.words)), _grams_of(search) is not None)


def parameters_of(search: Search, dialect: str) -> dict[str, str]:
    """The parameters of `SearchIndex.first_found`."""
    given = {**word_parameters_of(search, dialect), _LINE: _line_of(search.code)}
    grams = _grams_of(search) if dialect == "sqlite" else None
    return given if grams is None else {**given, _GRAMS: grams}


def word_parameters_of(search: Search, dialect: str) -> dict[str, str]:
    """The parameters of `SearchIndex.holds_words`."""
    spellings = [spelling for word in search.words for spelling in word]
    names = [name for word in _word_names(tuple(map(len, search.words))) for name in word]
    if dialect != "sqlite":
        # Words have nothing in them but letters, digits and spaces: nothing that LIKE would take for a wildcard.
        spellings = [f"%{spelling}%" for spelling in spellings]
    return dict(zip(names, spellings, strict=True))


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

    def matching(self, dialect: str, search: Search) -> Select[int]:
        """The ids of the rows that hold all words of `search`, each a whole word or a part of one."""
        if dialect != "sqlite" or (grams := _grams_of(search)) is None:
            return select(self._key).where(self.holds(search))
        # Of a word of three letters the index is certain.
        others = tuple(word for word in search.words if len(word) > 1 or len(word[0]) != _GRAM)
        return self._candidates(grams) if not others else self._among(grams, _holds_all(self._content, others))

    def first_found(self, dialect: str, shape: SearchShape, most: int) -> Select[int, bool]:
        """Some of the rows that `matching` finds, at most so many: their ids, and as `is_named` whether the row has
        exactly what was written as a code. Its parameters are `parameters_of(search, dialect)`; it is one statement for
        all searches of that shape."""
        line, content = bindparam(_LINE, type_=Text), self._content
        names = func.instr(content, line) if dialect == "sqlite" else func.strpos(content, line)
        query = select(self._key.label("id"), (names > 0).label("is_named")).limit(most)
        if dialect == "sqlite" and shape.in_index:
            index = table(self._name, column("rowid"))
            # What the index finds is looked up as it is found: of very many, only the first.
            query = query.select_from(index.join(self._key.table, self._key == index.c.rowid))
            query = query.where(literal_column(self._name).op("MATCH")(bindparam(_GRAMS, type_=Text)))
        return query.where(self.holds_words(dialect, shape))

    def holds_words(self, dialect: str, shape: SearchShape) -> ColumnElement[bool]:
        """Whether a row's text holds all words of a search of this shape: its parameters are `word_parameters_of`."""
        names_of_each = _word_names(shape.spellings)
        return and_(*(or_(*(_has_word(self._content, dialect, name) for name in names)) for names in names_of_each))

    def holding_code(self, dialect: str, codes: Sequence[str]) -> Select[int]:
        """The ids of the rows that have one of `codes`, as `code_of` writes them."""
        lines = _lines_of(codes)
        holds = self.holds_code(codes)
        if dialect != "sqlite" or not lines:
            return select(self._key).where(holds)
        return self._among(_any_of(lines), holds)

    def holds_code(self, codes: Iterable[str]) -> ColumnElement[bool]:
        """Whether a row has one of `codes`, as `code_of` writes them."""
        return or_(false(), *(self._content.contains(line, autoescape=True) for line in _lines_of(codes)))

    def holds(self, search: Search) -> ColumnElement[bool]:
        """Whether a row's text holds all words of `search`."""
        return _holds_all(self._content, search.words)

    def _among(self, grams: str, holds: ColumnElement[bool]) -> Select[int]:
        return select(self._key).where(self._key.in_(self._candidates(grams)), holds)

    def _candidates(self, grams: str) -> Select[int]:
        index = table(self._name, column("rowid"))
        return select(index.c.rowid).where(literal_column(self._name).op("MATCH")(grams))


def _lines_of(codes: Iterable[str]) -> list[str]:
    return [_line_of(code) for code in dict.fromkeys(codes) if code]


def _line_of(code: str) -> str:
    return f"\n{code}\n"


def _word_names(spellings: Sequence[int]) -> list[list[str]]:
    """The names of the parameters for the spellings of each word."""
    return [[f"word_{word}_{spelling}" for spelling in range(count)] for word, count in enumerate(spellings)]


def _has_word(content: Column[str], dialect: str, name: str) -> ColumnElement[bool]:
    """Whether a text holds the word that is this parameter. On SQLite not by LIKE, which would have the statement
    compiled anew for each word; on PostgreSQL by it, for that has the index."""
    word = bindparam(name, type_=Text)
    return func.instr(content, word) > 0 if dialect == "sqlite" else content.like(word)


def _holds_all(content: Column[str], words: Iterable[tuple[str, ...]]) -> ColumnElement[bool]:
    found = [or_(*(content.contains(spelling, autoescape=True) for spelling in word)) for word in words]
    return and_(*found) if found else false()


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


def _grams_of(search: Search) -> str | None:
    """An FTS5 query for rows that may hold all words of `search`; None where the index knows nothing of any of them."""
    known = [word for word in search.words if all(len(spelling) >= _GRAM for spelling in word)]
    return " AND ".join(f"({_any_of(word)})" for word in known) or None


def _any_of(texts: Iterable[str]) -> str:
    return " OR ".join(f"({_every_gram(text)})" for text in texts)


def _every_gram(term: str) -> str:
    """An FTS5 query for rows that hold `term`'s stretches of three letters, the last of which may overlap.

    Of a code only the stretches at its end that have digits: SKUs and EANs of a shop begin alike, and a stretch that
    most rows hold costs milliseconds. Whoever asks looks at the text of what is found.
    """
    starts = [*range(0, len(term) - _GRAM, _GRAM), len(term) - _GRAM]
    grams = list(dict.fromkeys(term[start : start + _GRAM] for start in starts))
    telling = [gram for gram in grams if any(map(str.isdigit, gram))]
    if len(telling) > 1:
        grams = telling[-_ENOUGH:]
    return " AND ".join(f'"{gram}"' for gram in (gram.replace('"', '""') for gram in grams))

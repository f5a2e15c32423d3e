"""The floor of the API: bare FastAPI routes that run one prepared SELECT each on the same database.

No login, no log, no total, no edits, nothing that is true only with more than that one statement. Prints its address,
then serves until it is ended.

A search is compared with a search: of a code by asking the search index for it (`MATCH`, on PostgreSQL `LIKE` with its
index of trigrams), of a word that most offers have by walking the list until a page of them is met. Each is the quicker
way for its kind; which one it is, the bare routes need not find out, nor put first what is named exactly.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import asyncpg
import uvicorn
from fastapi import FastAPI

from emagsync.offers.tables import offers

_PAGE: Final = 50
_COLUMNS: Final = ", ".join(column.name for column in offers.c if column.name != "raw_digest")
_OFFERS: Final = f"SELECT {_COLUMNS} FROM offers"
_LIST: Final = f"{_OFFERS} WHERE removed_at IS NULL ORDER BY account, emag_id LIMIT {_PAGE} OFFSET "
_HELD: Final = {"SQLite": "instr(offer_search.text, ?) > 0", "PostgreSQL": "offer_search.text LIKE ?"}
_IN_ORDER: Final = f"AND removed_at IS NULL ORDER BY account, emag_id LIMIT {_PAGE}"
# The floor reads what is kept, as we do: a count of all rows would be none.
_COUNTS: Final = "SELECT * FROM offer_counts ORDER BY account, what"

Select = Callable[..., Awaitable[list[dict[str, Any]]]]


def _word(database: str) -> str:
    """The first offers in order that hold a word, each looked at in turn."""
    held = f"SELECT 1 FROM offer_search WHERE offer_id = offers.id AND {_HELD[database]}"
    return f"{_OFFERS} WHERE EXISTS ({held}) {_IN_ORDER}"


def _code(database: str) -> str:
    """The offers that the search index finds and that hold a code."""
    texts = "offer_search JOIN offers ON offers.id = offer_id"
    if database == "PostgreSQL":
        return f"SELECT {_COLUMNS} FROM {texts} WHERE {_HELD[database]} {_IN_ORDER}"
    found = "offer_search_index JOIN offer_search ON offer_id = offer_search_index.rowid"
    matched = f"offer_search_index MATCH ? AND {_HELD[database]}"
    return f"SELECT {_COLUMNS} FROM {found} JOIN offers ON offers.id = offer_id WHERE {matched} {_IN_ORDER}"


class _Sqlite:
    """One connection; statements are prepared once (`sqlite3` keeps them) and take no thread."""

    name: Final = "SQLite"

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False)
        self._connection.row_factory = lambda cursor, row: dict(
            zip((column[0] for column in cursor.description), row, strict=True)
        )

    async def open(self) -> None:
        """Nothing: it is open."""

    def prepared(self, sql: str) -> Select:
        async def run(*parameters: Any) -> list[dict[str, Any]]:
            return self._connection.execute(sql, parameters).fetchall()

        return run


class _Postgresql:
    """A pool; asyncpg prepares a statement once for each connection."""

    name: Final = "PostgreSQL"

    def __init__(self, url: str) -> None:
        self._url = url.replace("postgresql+asyncpg", "postgresql")
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    async def open(self) -> None:
        """Connect."""
        self._pool = await asyncpg.create_pool(self._url, min_size=8, max_size=8)

    def prepared(self, sql: str) -> Select:
        for number in range(1, sql.count("?") + 1):
            sql = sql.replace("?", f"${number}", 1)

        async def run(*parameters: Any) -> list[dict[str, Any]]:
            assert self._pool is not None
            return [dict(row) for row in await self._pool.fetch(sql, *parameters)]

        return run


def application(database: _Sqlite | _Postgresql, skip: int) -> FastAPI:
    """One route for each statement; the deep page's skips so many offers."""

    @asynccontextmanager
    async def opened(_: FastAPI) -> Any:
        await database.open()
        yield

    app = FastAPI(lifespan=opened)
    first = database.prepared(f"{_LIST}0")
    deep = database.prepared(f"{_LIST}{skip}")
    one = database.prepared(f"{_OFFERS} WHERE id = ?")
    counts = database.prepared(_COUNTS)
    word = database.prepared(_word(database.name))
    code = database.prepared(_code(database.name))

    @app.get("/first")
    async def first_page() -> list[dict[str, Any]]:
        return await first()

    @app.get("/deep")
    async def deep_page() -> list[dict[str, Any]]:
        return await deep()

    @app.get("/one/{offer_id}")
    async def one_offer(offer_id: int) -> list[dict[str, Any]]:
        return await one(offer_id)

    @app.get("/word")
    async def offers_with_word(text: str) -> list[dict[str, Any]]:
        return await word(text if database.name == "SQLite" else f"%{text}%")

    @app.get("/code")
    async def offers_with_code(text: str, match: str) -> list[dict[str, Any]]:
        return await (code(match, text) if database.name == "SQLite" else code(f"%{text}%"))

    @app.get("/counts")
    async def kept_counts() -> list[dict[str, Any]]:
        return await counts()

    return app


def main() -> None:
    """Parse, print the address, serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("database", help="a file of SQLite, or the address of a PostgreSQL database")
    parser.add_argument("--skip", type=int, required=True, help="how many offers the deep page skips")
    options = parser.parse_args()
    is_file = Path(options.database).exists()
    database = _Sqlite(options.database) if is_file else _Postgresql(options.database)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        print(f"serving on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        config = uvicorn.Config(application(database, options.skip), access_log=False, log_level="warning")
        asyncio.run(uvicorn.Server(config).serve([listener]))


if __name__ == "__main__":
    main()

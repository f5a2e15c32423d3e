"""Databases for tests: real ones, with this version's schema."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from emagsync.db.engine import Database
from emagsync.db.migrate import upgrade


@asynccontextmanager
async def new_database(folder: Path) -> AsyncIterator[Database]:
    """An empty database in a file of `folder`."""
    async with Database(f"sqlite:///{folder / 'emagsync.sqlite3'}") as database:
        await upgrade(database)
        yield database

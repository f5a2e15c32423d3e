"""Looks into SQLite's whole file by itself, so that damage is known before somebody happens to read it.

Table by table, each with its indexes, by `PRAGMA quick_check`: at the start, and then daily. It reads with a connection
of its own, each table in a snapshot of its own (a longer one would keep SQLite's log from being emptied), and after a
twentieth of a second, or a table that took longer, it rests for as long as it has read.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import Final, TypeVar

import structlog

from emagsync.db.engine import Database, translated
from emagsync.db.errors import DatabaseDamaged, DatabaseUnavailable
from emagsync.db.sqlite_file import OpenedFile

log = structlog.get_logger()

T = TypeVar("T")

_EVERY_SECONDS: Final = 24 * 3600.0
# After a look that was not possible, such as one while the disk was away.
_SOON_SECONDS: Final = 600.0
# Between two rests: all of a small file in one go, without a thread and a connection for each of its tables.
_READ_SECONDS: Final = 0.05


async def watch(database: Database, *, every_seconds: float = _EVERY_SECONDS) -> None:
    """Look again and again, until cancelled or until damage is found, which is noted in `database.damage`.

    PostgreSQL looks after its own files: ends at once there.
    """
    path = database.sqlite_path
    if path is None:
        return
    file = OpenedFile(str(path))
    while True:
        try:
            with translated(database):
                await _look(file, database)
        except DatabaseDamaged as error:
            log.error("database_damaged", error=str(error))  # noqa: TRY400 - what happened, not where
            return
        except DatabaseUnavailable as error:
            log.warning("database_not_checked", error=str(error))
            await asyncio.sleep(min(_SOON_SECONDS, every_seconds))
        else:
            await asyncio.sleep(every_seconds)


async def _look(file: OpenedFile, database: Database) -> None:
    began = time.monotonic()
    tables = await _in_thread(file.table_names)
    remaining = tables
    while remaining:
        started = time.monotonic()
        look = await _in_thread(partial(file.look_at, remaining, for_seconds=_READ_SECONDS))
        if look.damage is not None:
            raise database.damaged(look.damage)
        remaining = remaining[look.tables :]
        if remaining:
            await asyncio.sleep(time.monotonic() - started)
    log.info("database_checked", tables=len(tables), seconds=round(time.monotonic() - began, 1))


async def _in_thread(work: Callable[[], T]) -> T:
    """The result of `work`, in a thread that no end of the process waits for: SQLite checks a table in one go."""
    loop, done = asyncio.get_running_loop(), asyncio.get_running_loop().create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if not done.done():
            done.set_result(result) if error is None else done.set_exception(error)

    def run() -> None:
        result, raised = None, None
        try:
            result = work()
        except (sqlite3.Error, OSError) as error:
            raised = error
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, result, raised)

    Thread(target=run, name="database check", daemon=True).start()
    answer: T = await done
    return answer

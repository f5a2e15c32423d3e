"""Whether SQLite's file is still the one that this process opened.

A file that is deleted or replaced while it is open lives on, unseen, until it is closed: whatever is written until then
seems to be kept, and is lost at the end.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote

from emagsync.db.errors import DatabaseReplaced

_OPEN_FILES: Final = Path("/proc/self/fd")
_DELETED: Final = " (deleted)"
_WAIT_SECONDS: Final = 5.0


class Look(NamedTuple):
    """How many tables were looked at, and what is wrong with the last of them; None when they are whole."""

    tables: int
    damage: str | None


class OpenedFile:
    """The file of one database, which this process opens once or more often."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._opened: tuple[int, int] | None = None

    def note(self) -> None:
        """It was opened. Raises DatabaseReplaced when it is not the one that was opened first."""
        if self._opened is None:
            self._opened = self._identity()
        self.check()

    def check(self) -> None:
        """Raises DatabaseReplaced when another file, or none, is in the place of the one that was opened.

        Two microseconds: every transaction that writes can afford it.
        """
        if self._opened is not None and self._identity() != self._opened:
            raise DatabaseReplaced(self.path)

    def check_others(self) -> None:
        """Raises DatabaseReplaced when a file that belongs to it was deleted while this process has it open: its log,
        which holds the latest transactions. Where the system does not tell (outside of Linux), that is not seen."""
        path = os.path.realpath(self.path)
        if not _deleted_files().isdisjoint((path, f"{path}-wal", f"{path}-shm")):
            raise DatabaseReplaced(self.path)

    def holds_mark(self, name: str) -> bool:
        """Whether the file has this row of `process_marks`, read anew: an open connection remembers what it has read,
        and would not see that the content was replaced. Blocks; raises sqlite3.Error."""
        with closing(self._reading()) as connection:
            found = connection.execute("SELECT 1 FROM process_marks WHERE name = ?", (name,)).fetchone()
        return found is not None

    def table_names(self) -> list[str]:
        """The tables that are in the file. Blocks; raises sqlite3.Error."""
        with closing(self._reading()) as connection:
            # Not the virtual ones: what they store is in tables of its own.
            rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0")
            return [str(name) for (name,) in rows]

    def look_at(self, tables: Sequence[str], *, for_seconds: float) -> Look:
        """Look whether these tables' pages and their indexes are whole, for about so long; at the first in any case.

        Reads all of a table. A table that is gone is whole. Blocks; raises sqlite3.Error.
        """
        end = time.monotonic() + for_seconds
        seen = 0
        # One connection for all of them: each would read the whole schema first.
        with closing(self._reading()) as connection:
            for table in tables:
                said = _damage_of(connection, table)
                seen += 1
                if said is not None:
                    return Look(seen, said)
                if time.monotonic() >= end:
                    break
        return Look(seen, None)

    def _reading(self) -> sqlite3.Connection:
        address = f"file:{quote(os.path.realpath(self.path))}?mode=ro"
        return sqlite3.connect(address, uri=True, timeout=_WAIT_SECONDS)

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self.path)  # noqa: PTH116 - called for every transaction
        except OSError:
            return None
        return found.st_dev, found.st_ino


def _damage_of(connection: sqlite3.Connection, table: str) -> str | None:
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone() is None:
        return None  # it would be an error to ask for it
    quoted = table.replace("'", "''")
    said = [str(row[0]) for row in connection.execute(f"PRAGMA quick_check('{quoted}')")]
    return None if said in (["ok"], []) else said[0]


def _deleted_files() -> set[str]:
    """The files that this process has open and that were deleted."""
    found = set()
    for entry in _OPEN_FILES.glob("*"):
        with suppress(OSError):  # one that was closed meanwhile
            found.add(str(entry.readlink()))
    return {one.removesuffix(_DELETED) for one in found if one.endswith(_DELETED)}

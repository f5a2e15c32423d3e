"""What this machine remembers of the database, in a file outside of it: a backup that is put in its place does not know
what happened since, and this file does.

JSON: `history`, the one that the database had; `position`, the highest place in the change log that was given to
anybody; `process`, the newest row of `process_marks` that was written here.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy.engine import URL

# Not structlog, which every reading command would import for it.
log = logging.getLogger(__name__)

_MOST_BYTES: Final = 4096


class Mark(msgspec.Struct, frozen=True):
    """The file's content. `process` is None until a server or worker has started."""

    history: str
    position: int = 0
    process: str | None = None


class MarkUnreadable(Exception):
    """The file cannot be read by this process: nothing follows from it."""


class MarkFile:
    """The file of one database. Any number of processes may use it at the same time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._position = 0  # surely in the file

    def read(self) -> Mark | None:
        """What it says; None when it is missing or holds nothing that makes sense. Raises MarkUnreadable."""
        try:
            return _decoded(self.path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise MarkUnreadable(str(error)) from error

    async def belongs_to(self, history: str) -> None:
        """The database has this history now."""
        await self._change(lambda mark: mark if mark and mark.history == history else Mark(history))

    async def note_process(self, name: str) -> None:
        """A process wrote its row into the database."""
        await self._change(lambda mark: msgspec.structs.replace(mark, process=name) if mark else None)

    async def note_position(self, position: int) -> None:
        """Somebody is about to be given this place in the change log. It is on the disk when this returns."""
        if position > self._position:
            await self._change(
                lambda mark: msgspec.structs.replace(mark, position=max(mark.position, position)) if mark else None
            )
            self._position = max(position, self._position)

    async def _change(self, changed: Callable[[Mark | None], Mark | None]) -> None:
        # Without it a restore may be noticed later, by what a cursor says itself: no reason to refuse anything.
        try:
            await asyncio.to_thread(self._write, changed)
        except OSError as error:
            log.warning("%s could not be written: %s", self.path, error)

    def _write(self, changed: Callable[[Mark | None], Mark | None]) -> None:
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            before = _decoded(os.pread(descriptor, _MOST_BYTES, 0))
            after = changed(before)
            if after is not None and after != before:
                content = msgspec.json.encode(after)
                os.pwrite(descriptor, content, 0)
                os.ftruncate(descriptor, len(content))
                os.fsync(descriptor)
        finally:
            os.close(descriptor)


def mark_file(url: URL, data_dir: Path) -> MarkFile:
    """The file for the database at `url`: beside SQLite's own, else in the data directory."""
    if url.get_backend_name() == "sqlite" and url.database:
        return MarkFile(Path(f"{url.database}-history"))
    name = hashlib.blake2b(f"{url.host}:{url.port}/{url.database}".encode(), digest_size=6).hexdigest()
    return MarkFile(data_dir / f"history-{name}.json")


def _decoded(content: bytes) -> Mark | None:
    try:
        return msgspec.json.decode(content, type=Mark)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None

"""Notes, at the end of a run, what the account's copy holds: how many offers, in which state, and their digest.

The state costs little, and says later whether the copy is still the same. The digest, which can be compared with that
of another copy, means reading and hashing every row. It is made at once where that is little beside what the run took,
as it is wherever eMAG's limit sets the pace, and then while the last requests of the run wait for their turn; and it is
known already where nothing has changed since it was made.
Otherwise it is made when somebody first asks for the certificate (`emagsync.sync.certificate.service`).
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime
from typing import Final, NamedTuple

from emagsync.core.concurrency import cancelled
from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseError
from emagsync.ingest.digest import DIGEST_VERSION, read_digest, read_state
from emagsync.sync.run import evidence_repository
from emagsync.sync.run.evidence_repository import CopyNoted
from emagsync.sync.schemas import Run, RunStatus

# What hashing one row takes, roughly; a share of a run's time that nobody misses; and a time that nobody does.
_SECONDS_AN_OFFER: Final = 40e-6
_SHARE: Final = 0.02
_AT_MOST_SECONDS: Final = 0.02


class _Made(NamedTuple):
    """A digest, and the state of the copy that it is of."""

    state: str
    digest: str


class CopyNote:
    """Notes what the account's copy holds at the end of `run`. Use once, and close it."""

    def __init__(self, database: Database, run: Run) -> None:
        self._database = database
        self._run = run
        self._ahead: asyncio.Task[_Made] | None = None
        self._writing_back: asyncio.Task[None] | None = None

    def begin(self, *, offers: int, took_seconds: float) -> None:
        """Begin to make the digest of the copy as it is now, if that is little beside a run that took so long.

        It counts if the copy is the same at the end. `offers`: about how many there are. SQLite's file is written
        meanwhile.
        """
        is_under_way = self._ahead is not None and not self._ahead.done()
        if not is_under_way and not self._run.parameters.dry_run and is_affordable(offers, took_seconds):
            self._ahead = asyncio.get_running_loop().create_task(self._make())
            self._writing_back = asyncio.get_running_loop().create_task(self._write_back())

    async def read(self, status: RunStatus, *, now: datetime, took_seconds: float) -> CopyNoted | None:
        """What the copy holds, read at one moment, after the run, which took so long, ended with `status`.

        None after a run that was to store nothing, or that did not come to its end. Raises DatabaseError.
        """
        if self._run.parameters.dry_run or status not in (RunStatus.COMPLETED, RunStatus.PARTIAL):
            return None
        made = await self._made()
        async with self._database.snapshot() as connection:
            state = await read_state(connection, self._run.account)
            if made is not None and made.state == state.digest:
                digest: str | None = made.digest
            else:
                digest = await evidence_repository.known_digest(connection, state=state.digest, version=DIGEST_VERSION)
            if digest is None and is_affordable(state.offers, took_seconds):
                digest = (await read_digest(connection, self._run.account)).digest
        return CopyNoted(now, state.offers, state.digest, digest, DIGEST_VERSION if digest else None)

    async def aclose(self) -> None:
        """End what was begun and is not needed any more."""
        await cancelled(*(task for task in (self._ahead, self._writing_back) if task is not None))

    async def _make(self) -> _Made:
        async with self._database.snapshot() as connection:
            state = (await read_state(connection, self._run.account)).digest
            known = await evidence_repository.known_digest(connection, state=state, version=DIGEST_VERSION)
            return _Made(state, known or (await read_digest(connection, self._run.account)).digest)

    async def _write_back(self) -> None:
        """Have the file written now, too, which closing it would take as long for when nobody asks for anything."""
        with suppress(DatabaseError):  # closing it tries again
            await self._database.write_back()

    async def _made(self) -> _Made | None:
        if self._ahead is None:
            return None
        try:
            return await self._ahead
        except DatabaseError:  # who reads next hears of it
            return None


def is_affordable(offers: int, took_seconds: float) -> bool:
    """Whether hashing so many offers is little beside a run that took so long."""
    return offers * _SECONDS_AN_OFFER <= max(_AT_MOST_SECONDS, took_seconds * _SHARE)

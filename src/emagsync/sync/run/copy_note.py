"""Notes, at the end of a run, what the account's copy holds: how many offers, in which state, and their digest.

The state costs little, and says later whether the copy is still the same. The digest, which can be compared with that
of another copy, means reading and hashing every row. It is made at once where that is little beside what the run took,
as it is wherever eMAG's limit sets the pace; and it is known already where nothing has changed since it was made.
Otherwise it is made when somebody first asks for the certificate (`emagsync.sync.certificate.service`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from emagsync.db.engine import Database
from emagsync.ingest.digest import DIGEST_VERSION, read_digest, read_state
from emagsync.sync.run import evidence_repository
from emagsync.sync.run.evidence_repository import CopyNoted
from emagsync.sync.schemas import Run, RunStatus

# What hashing one row takes, roughly; a share of a run's time that nobody misses; and a time that nobody does.
_SECONDS_AN_OFFER: Final = 40e-6
_SHARE: Final = 0.02
_AT_MOST_SECONDS: Final = 0.02


async def note_copy(
    database: Database, run: Run, status: RunStatus, *, now: datetime, took_seconds: float
) -> CopyNoted | None:
    """What the account's copy holds, read at one moment, after `run`, which took so long, ended with `status`.

    None after a run that was to store nothing, or that did not come to its end.
    """
    if run.parameters.dry_run or status not in (RunStatus.COMPLETED, RunStatus.PARTIAL):
        return None
    async with database.snapshot() as connection:
        state = await read_state(connection, run.account)
        digest = await evidence_repository.known_digest(connection, state=state.digest, version=DIGEST_VERSION)
        if digest is None and is_affordable(state.offers, took_seconds):
            digest = (await read_digest(connection, run.account)).digest
    return CopyNoted(now, state.offers, state.digest, digest, DIGEST_VERSION if digest else None)


def is_affordable(offers: int, took_seconds: float) -> bool:
    """Whether hashing so many offers is little beside a run that took so long."""
    return offers * _SECONDS_AN_OFFER <= max(_AT_MOST_SECONDS, took_seconds * _SHARE)

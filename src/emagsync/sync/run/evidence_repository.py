"""All SQL about what runs note for their certificates."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.bulk import BulkInsert
from emagsync.sync.run.evidence import Evidence
from emagsync.sync.tables import sync_certificates

_c = sync_certificates.c
_write = BulkInsert(
    sync_certificates,
    list(_c),
    key=[_c.run_id],
    update=[column for column in _c if column is not _c.run_id],
)


class CopyNoted(NamedTuple):
    """The account's copy when a run ended.

    `state` is `ingest.digest.read_state`, `digest` `read_digest`; None where it was not made yet.
    """

    at: datetime
    offers: int
    state: str
    digest: str | None
    digest_version: int | None


class Noted(NamedTuple):
    """What a run noted; `copy` None: it did not get so far, or was to store nothing."""

    evidence: Evidence
    copy: CopyNoted | None


async def write(connection: AsyncConnection, run_id: str, evidence: Evidence, copy: CopyNoted | None = None) -> None:
    """Write what a run noted, in place of what it wrote before."""
    values = copy or (None, None, None, None, None)
    await _write.run(connection, [(run_id, evidence.text(), *values)])


async def read(connection: AsyncConnection, run_id: str) -> Noted | None:
    """What a run noted; None of one that noted nothing, or is from before certificates."""
    row = (await connection.execute(select(sync_certificates).where(_c.run_id == run_id))).first()
    if row is None:
        return None
    copy = None
    if row.copied_at is not None:
        copy = CopyNoted(row.copied_at, row.offers, row.state, row.digest, row.digest_version)
    return Noted(Evidence.from_text(row.evidence), copy)


async def inherit(connection: AsyncConnection, *, old: str, new: str) -> None:
    """Give the run `new` the readings of the run `old` whose pages it goes on from."""
    noted = await read(connection, old)
    if noted is not None:
        values = {"run_id": new, "evidence": noted.evidence.readings_alone().text()}
        await connection.execute(insert(sync_certificates).values(**values))


async def add_digest(connection: AsyncConnection, *, state: str, digest: str, version: int) -> None:
    """Note the digest of every copy that was in this state."""
    await connection.execute(
        update(sync_certificates).where(_c.state == state).values(digest=digest, digest_version=version)
    )


async def known_digest(connection: AsyncConnection, *, state: str, version: int) -> str | None:
    """The digest of a copy in this state, if any run has noted it."""
    query = select(_c.digest).where(_c.state == state, _c.digest_version == version, _c.digest.is_not(None)).limit(1)
    digest: str | None = await connection.scalar(query)
    return digest

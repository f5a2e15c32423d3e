"""Makes the certificates of runs, from their rows, their page ledgers and what they noted."""

from __future__ import annotations

import asyncio

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.engine import Database
from emagsync.ingest.digest import DIGEST_VERSION, read_digest, read_state
from emagsync.sync import ledger_repository, repository
from emagsync.sync.certificate.conclusion import conclude
from emagsync.sync.certificate.ledger_summary import LedgerSummary, summed_up
from emagsync.sync.certificate.schemas import (
    Certificate,
    CertificateVerdict,
    CopyView,
    DigestState,
    LookedUp,
    ReadingView,
    ReadTotals,
    StoredCounts,
)
from emagsync.sync.run import evidence_repository
from emagsync.sync.run.evidence import Evidence
from emagsync.sync.run.evidence_repository import CopyNoted, Noted
from emagsync.sync.schemas import Mode, Run


class Certificates:
    """Makes certificates. One for each process; its method may be called concurrently."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._digesting = asyncio.Lock()  # many who ask at once have one digest made

    async def of(self, run_id: str) -> Certificate:
        """The certificate of a run, also of one that has not ended. Raises RunNotFound.

        The digest of the copy is made now if there was no time for it when the run ended, and the copy is still the
        same: about half a minute for a million offers.
        """
        certificate, noted = await self._read(run_id)
        if noted is not None and noted.copy is not None and not _is_current(noted.copy):
            async with self._digesting:
                if await self._add_digest(certificate.account, noted.copy):
                    certificate, _ = await self._read(run_id)
        return certificate

    async def verdict_of(self, run_id: str) -> CertificateVerdict:
        """What the certificate of a run says in one word. Raises RunNotFound. No digest is made for it."""
        return (await self._read(run_id))[0].verdict

    async def _read(self, run_id: str) -> tuple[Certificate, Noted | None]:
        async with self._database.snapshot() as connection:
            run = await repository.get_run(connection, run_id)
            noted = await evidence_repository.read(connection, run_id)
            ledger = await summed_up(ledger_repository.ledger_pages(connection, run_id))
        return _certificate(run, ledger, noted), noted

    async def _add_digest(self, account: str, copy: CopyNoted) -> bool:
        """Make the missing digest and note it; False: it cannot be made any more."""
        async with self._database.snapshot() as connection:
            digest = await _digest_of(connection, account, copy.state)
        if digest is None:
            return False
        async with self._database.transaction() as connection:
            await evidence_repository.add_digest(connection, state=copy.state, digest=digest, version=DIGEST_VERSION)
        return True


async def _digest_of(connection: AsyncConnection, account: str, state: str) -> str | None:
    known = await evidence_repository.known_digest(connection, state=state, version=DIGEST_VERSION)
    if known is not None:
        return known
    if (await read_state(connection, account)).digest != state:
        return None
    return (await read_digest(connection, account)).digest


def _is_current(copy: CopyNoted) -> bool:
    return copy.digest is not None and copy.digest_version == DIGEST_VERSION


def _certificate(run: Run, ledger: LedgerSummary, noted: Noted | None) -> Certificate:
    evidence = noted.evidence if noted is not None else None
    verdict, reasons = conclude(run, ledger, evidence)
    readings = _readings(ledger, evidence or Evidence())
    last = readings[-1] if readings else None
    of_the_last = ReadTotals() if last is None else ledger.readings[last.number]
    read = ledger.selected if run.mode is Mode.SELECTIVE else of_the_last
    look_ups = evidence.look_ups if evidence is not None else None
    return Certificate(
        run_id=run.id,
        sync_id=run.sync_id,
        account=run.account,
        mode=run.mode,
        status=run.status,
        attempts=run.attempt,
        resumed_from=run.resumed_from,
        started_at=run.started_at,
        completed_at=run.finished_at,
        verdict=verdict,
        reasons=list(reasons),
        read=read,
        readings=readings,
        count_before=None if last is None else last.count_before,
        count_after=None if last is None else last.count_after,
        looked_up=None if look_ups is None else LookedUp.model_validate(look_ups, from_attributes=True),
        stored=StoredCounts.model_validate(run, from_attributes=True),
        copied=_copy(noted),
    )


def _readings(ledger: LedgerSummary, evidence: Evidence) -> list[ReadingView]:
    views: list[ReadingView] = []
    for number, totals in sorted(ledger.readings.items()):
        noted = evidence.readings.get(number)
        views.append(
            ReadingView(
                **totals.model_dump(),
                number=number,
                count_before=None if noted is None else noted.count_before,
                count_after=None if noted is None else noted.count_after,
                movements=None if noted is None else list(noted.movements),
                found_new=None if noted is None else noted.found_new,
            )
        )
    return views


def _copy(noted: Noted | None) -> CopyView:
    if noted is None or noted.copy is None:
        return CopyView(at=None, offers=None, digest=None, digest_version=None, digest_state=DigestState.NONE)
    copy = noted.copy
    state = DigestState.CHANGED_SINCE if copy.digest is None else DigestState.MADE
    return CopyView(
        at=copy.at, offers=copy.offers, digest=copy.digest, digest_version=copy.digest_version, digest_state=state
    )

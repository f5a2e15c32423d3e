"""The certificate of each kind of run: what it may claim, and what it must not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseUnavailable
from emagsync.ingest.digest import CopyDigest
from emagsync.sync import repository
from emagsync.sync.certificate.schemas import Certificate, CertificateReasonCode, CertificateVerdict, DigestState
from emagsync.sync.certificate.service import Certificates
from emagsync.sync.run import copy_note, evidence_repository
from emagsync.sync.schemas import Run, RunStatus, Selection
from support.local import Local, open_local, until
from support.market import Market, open_market
from support.witness import digest_of_market

Code = CertificateReasonCode
COMPLETE, NOT_COMPLETE = CertificateVerdict.COMPLETE, CertificateVerdict.NOT_COMPLETE
BUT_FOR_ROWS, BY_REQUEST = CertificateVerdict.COMPLETE_WITH_UNREADABLE_ROWS, CertificateVerdict.PARTIAL_BY_REQUEST

SIZE, PER_PAGE, PAGES = 48, 10, 5
NOW = datetime(2026, 11, 29, tzinfo=UTC)


@pytest.fixture
async def market() -> AsyncIterator[Market]:
    async with open_market({"main": SIZE}) as market:
        yield market


@pytest.fixture
async def local(tmp_path: Path, market: Market) -> AsyncIterator[Local]:
    async with open_local(tmp_path, market.url) as local:
        yield local


async def sync(local: Local, **asked: Any) -> Run:
    return await local.sync(per_page=PER_PAGE, **asked)


async def certificate(local: Local, run: Run) -> Certificate:
    return await Certificates(local.database).of(run.id)


def codes(one: Certificate) -> list[str]:
    return [reason.code.value for reason in one.reasons]


def said(one: Certificate, code: Code) -> str:
    [message] = [reason.message for reason in one.reasons if reason.code is code]
    return message


@pytest.mark.databases("both")
async def test_a_full_run_over_a_still_list(local: Local, market: Market) -> None:
    one = await certificate(local, await sync(local))
    assert (one.verdict, codes(one)) == (COMPLETE, ["whole_list", "stood_still", "count_agrees"])
    assert said(one, Code.WHOLE_LIST) == "Every page of the list was read: 48 offers on 5 pages."
    assert (one.read.pages, one.read.rows, one.read.distinct_offers) == (PAGES, SIZE, SIZE)
    assert (one.read.repeats, one.read.holes, one.read.unread_pages) == (0, 0, [])
    assert (one.count_before, one.count_after, len(one.readings)) == (SIZE, SIZE, 1)
    assert (one.stored.processed, one.stored.created, one.stored.failed) == (SIZE, SIZE, 0)
    assert one.looked_up is not None
    assert one.looked_up.asked == 0
    assert (one.copied.offers, one.copied.digest) == (SIZE, digest_of_market(market))


async def test_an_incremental_run_speaks_of_active_offers_alone(local: Local, market: Market) -> None:
    await sync(local)
    active = sum(int(row["status"]) == 1 for row in market.truth().values())
    one = await certificate(local, await sync(local, mode="incremental"))
    assert (one.verdict, codes(one)[:2]) == (COMPLETE, ["whole_list", "active_only"])
    assert one.read.distinct_offers == active < SIZE
    assert (one.copied.offers, one.copied.digest) == (SIZE, digest_of_market(market))


@pytest.mark.databases("both")
async def test_a_list_that_moves_shows_its_readings(local: Local, market: Market) -> None:
    market.meanwhile({"op": "remove", "ids": [1, 2]}, after_reads=3)
    one = await certificate(local, await sync(local))
    assert one.verdict is COMPLETE
    assert len(one.readings) >= 2
    assert one.readings[0].count_after != one.readings[0].distinct_offers or one.readings[0].movements
    last = one.readings[-1]
    assert (last.distinct_offers, last.count_before, last.count_after) == (SIZE - 2, SIZE - 2, SIZE - 2)
    # What the first reading had stored and the last one did not show was asked for.
    assert one.looked_up is not None
    assert one.looked_up.unknown == one.stored.removed
    assert one.copied.digest == digest_of_market(market)


async def test_a_count_that_is_wrong_is_told(local: Local, market: Market) -> None:
    market.set(count_shape="too_high", count_offset=7)
    one = await certificate(local, await sync(local))
    assert one.verdict is COMPLETE
    assert {"readings_agree", "count_differs"} <= set(codes(one))
    assert (one.count_before, one.count_after) == (SIZE + 7, SIZE + 7)


async def test_no_count_at_all_is_told(local: Local, market: Market) -> None:
    market.set(count_shape="missing")
    one = await certificate(local, await sync(local))
    assert (one.verdict, codes(one)) == (COMPLETE, ["whole_list", "stood_still", "count_missing"])


async def test_rows_that_cannot_be_stored(local: Local, market: Market) -> None:
    await sync(local)
    market.change("odd_rows", rows=[{"name": "no id"}], after=20)
    market.change("remove", ids=[30])
    one = await certificate(local, await sync(local))
    assert (one.verdict, codes(one)[:2]) == (BUT_FOR_ROWS, ["rows_unreadable", "unknown_kept"])
    assert (one.read.unreadable_rows, one.stored.failed, one.stored.removed) == (1, 1, 0)
    assert said(one, Code.UNKNOWN_KEPT).startswith("1 offer that")


async def test_a_page_that_cannot_be_read_and_its_retry(local: Local, market: Market) -> None:
    market.fault(kind="status", status=500, rows=[21, 30])
    failed = await sync(local)
    one = await certificate(local, failed)
    assert (one.verdict, codes(one)) == (NOT_COMPLETE, ["pages_unread"])
    assert (one.read.unread_pages, one.copied.digest_state) == ([3], DigestState.NONE)
    market.mend()
    [retry] = (await local.service.queue_retry([failed.id], trigger="test", sync_id="retry")).runs
    one = await certificate(local, await local.service.execute(retry.id))
    assert (one.verdict, one.resumed_from) == (COMPLETE, failed.id)
    assert (one.read.pages, one.read.inherited_pages, one.read.distinct_offers) == (PAGES, PAGES - 1, SIZE)
    assert "resumed" in codes(one)
    assert one.copied.digest == digest_of_market(market)


@pytest.mark.parametrize(
    ("asked", "verdict", "first"),
    [
        pytest.param({"max_pages": 2}, BY_REQUEST, "page_limit", id="a limit below the list"),
        pytest.param({"max_pages": PAGES}, COMPLETE, "whole_list", id="a limit that the list keeps"),
        pytest.param({"dry_run": True}, BY_REQUEST, "dry_run", id="a dry run"),
        pytest.param({"dry_run": True, "max_pages": 2}, BY_REQUEST, "dry_run", id="a limited dry run"),
        pytest.param(
            {"mode": "selective", "selection": Selection(ids=(1, 9999))}, BY_REQUEST, "selection", id="some ids"
        ),
        pytest.param(
            {"mode": "selective", "selection": Selection(max_stock=5)}, BY_REQUEST, "selection", id="a filtered list"
        ),
    ],
)
async def test_less_than_everything_because_that_was_asked(
    local: Local, asked: dict[str, Any], verdict: CertificateVerdict, first: str
) -> None:
    one = await certificate(local, await sync(local, **asked))
    assert (one.verdict, codes(one)[0]) == (verdict, first)
    stores = not asked.get("dry_run")
    assert one.copied.digest_state is (DigestState.MADE if stores else DigestState.NONE)
    assert one.copied.offers == (await local.value("SELECT count(*) FROM offers") if stores else None)
    if "selection" in asked and asked["selection"].ids:
        assert one.looked_up is not None
        assert (one.looked_up.asked, one.looked_up.found, one.looked_up.unknown) == (2, 1, 1)


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param({"mode": "full"}, id="offers that the list does not show"),
        pytest.param({"mode": "selective", "selection": Selection(ids=(1, 2))}, id="offers that were named"),
    ],
)
async def test_offers_that_emag_did_not_answer_for(local: Local, market: Market, asked: dict[str, Any]) -> None:
    await sync(local)
    market.change("remove", ids=[7, 8])
    market.fault(kind="status", status=500, lookup=True)
    one = await certificate(local, await sync(local, **asked))
    assert (one.verdict, codes(one)[0]) == (NOT_COMPLETE, "offers_unanswered")
    assert one.looked_up is not None
    assert (one.looked_up.asked, one.looked_up.unanswered) == (2, 2)
    assert one.stored.removed == 0


async def test_a_run_that_is_stopped_halfway_and_goes_on(local: Local, market: Market) -> None:
    stop = asyncio.Event()
    market.set(latency_ms=30)
    run = await local.sync(
        per_page=2, stop=stop, on_progress=lambda progress: stop.set() if progress.pages_read >= 2 else None
    )
    assert run.status is RunStatus.INTERRUPTED
    one = await certificate(local, run)
    assert (one.verdict, codes(one)) == (NOT_COMPLETE, ["not_ended"])
    assert 2 <= one.read.pages < SIZE / 2
    assert (one.readings[0].count_before, one.readings[0].movements) == (None, None), "its end was not reached"
    one = await certificate(local, await local.service.execute(run.id))
    assert (one.verdict, one.attempts, one.read.distinct_offers) == (COMPLETE, 2, SIZE)
    assert one.copied.digest == digest_of_market(market)


async def test_a_run_that_somebody_cancelled(local: Local, market: Market) -> None:
    market.set(latency_ms=600_000)
    running = asyncio.ensure_future(sync(local))
    await until(lambda: market.requests() >= 1)
    [run] = await repository.read_active_runs(local.database)
    assert codes(await certificate(local, run)) == ["not_ended"]
    await local.service.cancel(run.id)
    await running
    one = await certificate(local, run)
    assert (one.verdict, codes(one), one.read.pages) == (NOT_COMPLETE, ["cancelled"], 0)


async def test_a_run_that_took_too_long(local: Local, market: Market) -> None:
    market.fault(kind="timeout", rows=[21, 30])
    one = await certificate(local, await sync(local, timeout_seconds=1))
    assert (one.verdict, one.status, codes(one)) == (NOT_COMPLETE, RunStatus.FAILED, ["ended_early"])
    assert one.reasons[0].values["code"] == "timeout"
    assert one.read.pages >= 1


async def test_a_run_from_before_certificates(local: Local) -> None:
    run = await sync(local)
    await local.execute("DELETE FROM sync_certificates")
    one = await certificate(local, run)
    assert (one.verdict, codes(one)) == (COMPLETE, ["whole_list", "no_evidence"])
    assert (one.read.distinct_offers, one.looked_up) == (SIZE, None)
    assert one.copied.digest_state is DigestState.NONE


@pytest.mark.databases("both")
async def test_a_digest_that_there_was_no_time_for_is_made_when_it_is_asked_for(
    local: Local, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copy_note, "is_affordable", lambda *_: False)
    first, again = await sync(local), await sync(local)
    stored = "SELECT digest FROM sync_certificates"
    assert [row["digest"] for row in await local.rows(stored)] == [None, None]
    assert (await certificate(local, again)).copied.digest == digest_of_market(market)
    assert (await certificate(local, first)).copied.digest == digest_of_market(market)  # the same copy
    unchanged = await sync(local)
    assert len({row["digest"] for row in await local.rows(stored)}) == 1, "it was known already"
    market.change("change", ids=[1], set={"description": "Alta"})
    changed = await sync(local)
    assert (await certificate(local, unchanged)).copied.digest_state is DigestState.MADE
    market.change("remove", ids=[1])
    await sync(local)
    one = await certificate(local, changed)
    assert (one.copied.digest, one.copied.digest_state) == (None, DigestState.CHANGED_SINCE)


def test_a_digest_is_made_at_once_where_it_is_little_beside_the_run() -> None:
    assert copy_note.is_affordable(500, took_seconds=0.1)
    assert copy_note.is_affordable(250_000, took_seconds=250_000 / 300)  # as the limit allows
    assert not copy_note.is_affordable(25_000, took_seconds=8)


class _Digests:
    """Watches the digests that runs make. Of one run, `affordable` says how often there is time for one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, affordable: int = 1_000) -> None:
        self.begun = asyncio.Event()
        self.made = 0
        self.cancelled = 0
        self.fails = False
        self.goes_on = asyncio.Event()
        self.goes_on.set()
        self._affordable = affordable
        self._read = copy_note.read_digest
        monkeypatch.setattr(copy_note, "read_digest", self.read)
        monkeypatch.setattr(copy_note, "is_affordable", self.is_affordable)

    def is_affordable(self, offers: int, took_seconds: float) -> bool:
        assert offers == SIZE
        self._affordable -= 1
        return self._affordable >= 0

    async def read(self, connection: AsyncConnection, account: str) -> CopyDigest:
        self.begun.set()
        try:
            await self.goes_on.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.fails:
            self.fails = False
            raise DatabaseUnavailable("away for a moment")
        digest = await self._read(connection, account)
        self.made += 1
        return digest


@pytest.mark.databases("both", often="sqlite")
async def test_the_digest_is_made_once_and_before_the_run_has_read_to_its_end(
    local: Local, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = _Digests(monkeypatch, affordable=1)  # the first question is that of the closing page
    one = await certificate(local, await sync(local))
    assert (one.copied.digest_state, one.copied.digest) == (DigestState.MADE, digest_of_market(market))
    assert digests.made == 1


@pytest.mark.databases("sqlite", "PostgreSQL writes its files by itself")
async def test_the_file_is_written_before_the_run_has_read_to_its_end(
    local: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    _Digests(monkeypatch, affordable=1)
    written: list[Database] = []

    async def write_back(database: Database) -> None:
        written.append(database)
        raise DatabaseUnavailable("away for a moment")  # which costs the run nothing

    monkeypatch.setattr(Database, "write_back", write_back)
    assert (await sync(local)).status is RunStatus.COMPLETED
    assert written == [local.database]


async def test_a_digest_of_what_the_copy_held_before_its_end_is_not_that_of_the_copy(
    local: Local, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await sync(local)
    digests = _Digests(monkeypatch)
    market.change("change", ids=[1], set={"description": "Alta"})
    monkeypatch.setattr(evidence_repository, "known_digest", _unknown)
    note = copy_note.CopyNote(local.database, run)
    note.begin(offers=SIZE, took_seconds=1)
    await until(lambda: digests.made == 1)
    await sync(local)
    noted = await note.read(RunStatus.COMPLETED, now=NOW, took_seconds=1)
    await note.aclose()
    assert noted is not None
    assert noted.digest == digest_of_market(market)


async def _unknown(*_: object, **__: object) -> None:
    """No digest was noted before."""


async def test_a_run_that_is_cancelled_stops_making_its_digest(
    local: Local, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = _Digests(monkeypatch)
    digests.goes_on.clear()
    running = asyncio.ensure_future(sync(local))
    await digests.begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (digests.made, digests.cancelled) == (0, 1)


async def test_a_database_that_was_away_while_the_digest_was_made_costs_the_run_nothing(
    local: Local, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = _Digests(monkeypatch)
    digests.fails = True
    one = await certificate(local, await local.completed(per_page=PER_PAGE))
    assert (one.copied.digest, digests.made) == (digest_of_market(market), 1)


async def test_many_removed_offers_were_confirmed_by_a_second_reading(local: Local, market: Market) -> None:
    await sync(local)
    market.change("remove", ids=list(range(1, 31)))
    one = await certificate(local, await sync(local))
    assert (one.verdict, one.stored.removed) == (COMPLETE, 30)
    assert one.looked_up is not None
    assert (one.looked_up.confirmed, one.looked_up.asked) == (30, 5)
    assert "30 offers were in neither of two readings" in said(one, Code.CONFIRMED)
    assert (one.read.distinct_offers, len(one.readings)) == (SIZE - 30, 1)
    assert one.copied.digest == digest_of_market(market)


async def test_a_list_that_repeats_itself_proves_nothing(local: Local, market: Market) -> None:
    market.set(paging="first_page")
    one = await certificate(local, await sync(local))
    assert (one.verdict, codes(one)[0]) == (NOT_COMPLETE, "ended_early")
    assert "repeats itself" in said(one, Code.ENDED_EARLY)

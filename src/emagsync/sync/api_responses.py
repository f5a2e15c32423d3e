"""Answers of the run routes: runs of a sync, summed up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

from emagsync.db.engine import Database
from emagsync.sync import dry_run_repository, failed_request_repository, ledger_repository
from emagsync.sync.api_schemas import (
    Accepted,
    AcceptedData,
    DifferencesView,
    Finished,
    FinishedData,
    NotStarted,
    RunDetail,
    SyncData,
    SyncDetail,
    UnreadOffers,
    UnreadOfferView,
    page_view,
    run_view,
)
from emagsync.sync.control import Started
from emagsync.sync.errors import AccountBusy
from emagsync.sync.ledger import PageRead
from emagsync.sync.schemas import Difference, Mode, Run, RunStatus
from emagsync.sync.unread_repository import unread_offers

OverallStatus = Literal["completed", "partial", "failed"]

SHOWN_DIFFERENCES: Final = 500
SHOWN_UNREAD: Final = 100


def accepted(started: Started, now: datetime) -> Accepted:
    """The answer when the runs were made and go on by themselves."""
    left_out = _left_out(started)
    names = ", ".join(run.account for run in started.runs)
    message = f"Sync started for {names}." + "".join(f" Not for {one.account}: {one.message}" for one in left_out)
    runs = [run_view(run, now) for run in started.runs]
    return Accepted(message=message, sync_id=started.sync_id, data=AcceptedData(runs=runs, not_started=left_out))


async def finished(database: Database, started: Started, runs: Sequence[Run], now: datetime) -> Finished:
    """The answer when the runs have ended."""
    left_out = _left_out(started)
    status = overall_status(runs, whole=not left_out)
    shown: dict[str, list[Difference]] = {}
    for run in runs:
        if run.parameters.dry_run:
            view = await differences_view(database, run.id, limit=SHOWN_DIFFERENCES)
            shown[run.id] = view.items
    return Finished(
        status=status,
        message=_message(runs) + "".join(f" {one.account}: {one.message}" for one in left_out),
        sync_id=started.sync_id,
        data=FinishedData(
            total_processed=sum(run.processed for run in runs),
            created=sum(run.created for run in runs),
            updated=sum(run.updated for run in runs),
            unchanged=sum(run.unchanged for run in runs),
            removed=sum(run.removed for run in runs),
            failed=sum(run.failed for run in runs),
            errors=[error for run in runs for error in run.errors],
            runs=[run_view(run, now) for run in runs],
            not_started=left_out,
            differences=shown or None,
        ),
    )


async def detail(database: Database, runs: Sequence[Run], now: datetime) -> SyncDetail:
    """A sync's runs with their ledgers."""
    details: list[RunDetail] = []
    for run in runs:
        ledger = await ledger_repository.read_ledger(database, run.id)
        pages = [page_view(page) for page in ledger]
        shown = await differences_view(database, run.id, limit=SHOWN_DIFFERENCES) if run.parameters.dry_run else None
        failed = await failed_request_repository.read_failed_requests(database, run.id)
        view = run_view(run, now).model_dump()
        unread = await _unread(database, run, ledger)
        details.append(RunDetail(**view, pages=pages, failed_requests=failed, differences=shown, unread_offers=unread))
    active = any(not run.status.is_finished for run in runs)
    status: Literal["running", "cancelled"] | OverallStatus = "running" if active else overall_status(runs, whole=True)
    if {run.status for run in runs} == {RunStatus.CANCELLED}:
        status = "cancelled"
    return SyncDetail(data=SyncData(sync_id=runs[0].sync_id, status=status, runs=details))


async def _unread(database: Database, run: Run, ledger: Sequence[PageRead]) -> UnreadOffers | None:
    """What of the copy was in the parts of the list that the run could not read; None where there are none."""
    is_list = run.parameters.mode is not Mode.SELECTIVE
    if run.status is not RunStatus.FAILED or not is_list or all(page.is_stored for page in ledger):
        return None
    # Pages that the run inherited were read before it began.
    since = min(page.started_at for page in ledger)
    only_active = not run.parameters.reads_every_status
    async with database.snapshot() as connection:
        found, count = await unread_offers(
            connection, run.account, since=since, only_active=only_active, limit=SHOWN_UNREAD
        )
    return UnreadOffers(count=count, items=[UnreadOfferView(**one._asdict()) for one in found])


async def differences_view(database: Database, run_id: str, *, after: int = 0, limit: int) -> DifferencesView:
    """What a dry run would have changed of the offers whose id is greater than `after`."""
    async with database.snapshot() as connection:
        count = await dry_run_repository.count(connection, run_id)
        items = await dry_run_repository.read(connection, run_id, after=after, limit=limit + 1)
    page = items[:limit]
    return DifferencesView(count=count, items=page, next_after=page[-1].emag_id if len(items) > limit else None)


def overall_status(runs: Sequence[Run], *, whole: bool) -> OverallStatus:
    """`completed` only when every run is and none was left out; `failed` when nothing came of any."""
    statuses = {run.status for run in runs}
    if whole and statuses == {RunStatus.COMPLETED}:
        return "completed"
    if statuses <= {RunStatus.FAILED, RunStatus.CANCELLED}:
        return "failed"
    return "partial"


def _message(runs: Sequence[Run]) -> str:
    return " ".join(_sentence(run) for run in runs)


def _sentence(run: Run) -> str:
    what = "dry run " if run.parameters.dry_run else ""
    counts = f"{run.processed} offers, {run.created} new, {run.updated} changed, {run.removed} removed"
    errors = f"; {run.errors[0].message}" if run.errors and run.status is not RunStatus.COMPLETED else ""
    return f"{run.account}: {what}{run.status}, {counts}{errors}{'' if errors.endswith('.') else '.'}"


def _left_out(started: Started) -> list[NotStarted]:
    unusable = [
        NotStarted(account=account, code="settings", message=message) for account, message in started.unusable.items()
    ]
    busy = [
        NotStarted(account=account, code=AccountBusy.code, message=str(AccountBusy(account, run_id)), run_id=run_id)
        for account, run_id in started.busy.items()
    ]
    return unusable + busy

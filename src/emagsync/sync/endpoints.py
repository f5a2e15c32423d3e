"""Routes of runs: start, watch, stop, retry, clean up. Paths and fields are fixed: existing scripts use them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Body, Path, Query, Request, Response

from emagsync.audit.service import audit
from emagsync.core.vocabulary import ACCOUNT_NAMES
from emagsync.rest.auth import Operator, Viewer
from emagsync.rest.paging import MOST_LOG_ENTRIES, MOST_ROWS, decode_moment, encode_cursor
from emagsync.rest.problems import ApiProblem, problem_responses
from emagsync.rest.state import AppState, State
from emagsync.rest.timestamps import UtcTimestamp
from emagsync.sync import repository
from emagsync.sync.api_responses import accepted, detail, differences_view, finished
from emagsync.sync.api_schemas import (
    Accepted,
    AccountName,
    Cleaned,
    CleanedData,
    DifferencesView,
    Finished,
    HistoryData,
    HistoryView,
    RunView,
    StatusView,
    Stopped,
    StoppedData,
    SyncDetail,
    SyncRequest,
    run_view,
)
from emagsync.sync.control import RunControl, Started
from emagsync.sync.dependencies import Control
from emagsync.sync.schemas import Run, RunStatus

router = APIRouter(prefix="/api/v1/emag/products", tags=["runs"])

AnyId = Annotated[str, Path(min_length=1, max_length=64, description="The id of a sync, or of one of its runs.")]

Asked = Annotated[SyncRequest, Body(default_factory=SyncRequest)]

_RECENT = 10


@router.post(
    "/sync",
    response_model=Accepted | Finished,
    responses={
        200: {"model": Finished, "description": "The runs have ended"},
        202: {"model": Accepted, "description": "The runs were made and go on by themselves (`run_async`)"},
        **problem_responses(400, 409, 503),
    },
)
async def start_sync(
    request: Request, response: Response, state: State, caller: Operator, control: Control, asked: Asked
) -> Accepted | Finished:
    """Sync accounts: one run each. Waits for their end unless `run_async`; a caller who leaves does not stop them."""
    started = await control.start(asked.account, asked.parameters(), trigger="api", skip_busy=asked.skip_busy)
    await audit(request, caller, "sync.start", started.sync_id, asked.model_dump(mode="json", exclude_defaults=True))
    return await _answer(state, control, response, started, wait=not asked.run_async)


@router.post(
    "/sync/{any_id}/retry",
    response_model=Accepted | Finished,
    responses={
        200: {"model": Finished, "description": "The runs have ended"},
        202: {"model": Accepted, "description": "The runs were made and go on by themselves"},
        **problem_responses(404, 409, 503),
    },
)
async def retry_sync(
    request: Request,
    response: Response,
    state: State,
    caller: Operator,
    control: Control,
    any_id: AnyId,
    run_async: Annotated[bool, Query(description="Answer at once (202) instead of when the runs have ended.")] = True,
) -> Accepted | Finished:
    """Read again only what failed: pages, rejected rows, offers that eMAG did not answer for."""
    started = await control.retry(any_id, trigger="api")
    await audit(request, caller, "sync.retry", any_id, {"sync_id": started.sync_id})
    return await _answer(state, control, response, started, wait=not run_async)


@router.get("/status")
async def get_sync_status(state: State, _: Viewer) -> StatusView:
    """What runs now, in whatever process, and the ten latest runs."""
    active = [
        run for run in await repository.read_active_runs(state.database) if run.status is not RunStatus.INTERRUPTED
    ]
    running = _views(state, sorted(active, key=lambda run: (run.created_at, run.id)))
    recent = await repository.read_runs(state.database, limit=_RECENT)
    return StatusView(
        is_running=bool(running),
        current_sync=running[0] if running else None,
        running=running,
        recent_syncs=_views(state, recent),
    )


@router.get("/history")
async def list_runs(
    state: State,
    _: Viewer,
    limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 50,
    account: Annotated[AccountName | None, Query(validation_alias=ACCOUNT_NAMES)] = None,
    status: Annotated[RunStatus | None, Query()] = None,
    since: Annotated[UtcTimestamp | None, Query(description="Only runs made then or later.")] = None,
    until: Annotated[UtcTimestamp | None, Query(description="Only runs made before then.")] = None,
    cursor: Annotated[str | None, Query(max_length=1000, description="`next_cursor` of the page before.")] = None,
) -> HistoryView:
    """Runs, newest first."""
    runs = await repository.read_runs(
        state.database,
        account=account,
        status=status,
        since=since,
        until=until,
        before=decode_moment("history", cursor) if cursor is not None else None,
        limit=limit + 1,
    )
    page = runs[:limit]
    more = encode_cursor("history", [page[-1].created_at, page[-1].id]) if len(runs) > limit else None
    return HistoryView(data=HistoryData(syncs=_views(state, page), count=len(page), next_cursor=more))


@router.get("/sync/{any_id}", responses=problem_responses(404))
async def get_sync(state: State, _: Viewer, control: Control, any_id: AnyId) -> SyncDetail:
    """One sync, or one run, with the ledger of its pages; a dry run with what it would have changed."""
    runs = await control.find(any_id)
    return await detail(state.database, runs, state.clock.now())


@router.get("/sync/{any_id}/differences", responses=problem_responses(404, 409))
async def list_sync_differences(
    state: State,
    _: Viewer,
    control: Control,
    any_id: AnyId,
    after: Annotated[int, Query(ge=0, le=2**53, description="`next_after` of the part before.")] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_LOG_ENTRIES)] = 500,
) -> DifferencesView:
    """What a dry run would have changed, offer by offer, in the order of their ids."""
    runs = await control.find(any_id)
    if len(runs) > 1:
        raise ApiProblem(HTTPStatus.CONFLICT, "several_runs", "This sync has several runs: ask for one of them.")
    return await differences_view(state.database, runs[0].id, after=after, limit=limit)


@router.delete("/sync/{sync_id}", responses=problem_responses(404, 409))
async def stop_sync(request: Request, state: State, caller: Operator, control: Control, sync_id: AnyId) -> Stopped:
    """Stop a sync, or one run. It writes nothing more from now on; what was read stays."""
    runs = await control.stop(sync_id)
    await audit(request, caller, "sync.stop", sync_id, {"run_ids": [run.id for run in runs]})
    names = ", ".join(run.account for run in runs)
    return Stopped(
        message=f"Stopped: {names}. What was read is stored.",
        data=StoppedData(sync_id=runs[0].sync_id, runs=_views(state, runs)),
    )


@router.post("/cleanup-stuck-syncs")
async def clean_up_stuck_syncs(
    request: Request, caller: Operator, control: Control, timeout_minutes: Annotated[int, Query(ge=5, le=60)] = 15
) -> Cleaned:
    """Fail the runs that have been at it for longer than that, and stop them if they are alive."""
    runs = await control.clean_up(older_than_seconds=timeout_minutes * 60)
    run_ids = [run.id for run in runs]
    await audit(request, caller, "sync.cleanup", "runs", {"timeout_minutes": timeout_minutes, "run_ids": run_ids})
    sync_ids = list(dict.fromkeys(run.sync_id for run in runs))
    return Cleaned(
        message=f"{len(runs)} stuck {'run was' if len(runs) == 1 else 'runs were'} cleaned up.",
        data=CleanedData(cleaned_count=len(runs), timeout_minutes=timeout_minutes, sync_ids=sync_ids, run_ids=run_ids),
    )


async def _answer(
    state: AppState, control: RunControl, response: Response, started: Started, *, wait: bool
) -> Accepted | Finished:
    if not wait:
        response.status_code = HTTPStatus.ACCEPTED
        return accepted(started, state.clock.now())
    ids = [run.id for run in started.runs]
    runs = await control.ended(ids, stopping=state.stopping)
    if not all(run.status.is_finished for run in runs):
        raise ApiProblem(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "stopping",
            "The server is stopping; the runs go on when it starts again.",
            sync_id=started.sync_id,
            run_ids=ids,
        )
    return await finished(state.database, started, runs, state.clock.now())


def _views(state: AppState, runs: list[Run]) -> list[RunView]:
    now = state.clock.now()
    return [run_view(run, now) for run in runs]

"""Routes of what a run changed: the list, a dry run applied, and how the run that follows compares with it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from emagsync.audit.service import audit
from emagsync.offers.change_kinds import ChangeKind
from emagsync.rest.auth import Operator, Viewer
from emagsync.rest.paging import MOST_ENTRIES
from emagsync.rest.problems import ApiProblem, problem_responses
from emagsync.rest.state import State
from emagsync.sync.api_responses import accepted
from emagsync.sync.api_schemas import Accepted
from emagsync.sync.changes import service
from emagsync.sync.changes.schemas import PreviewComparisonAnswer, RunChanges
from emagsync.sync.control import RunControl
from emagsync.sync.dependencies import Control
from emagsync.sync.schemas import Run

router = APIRouter(prefix="/api/v1/emag/products", tags=["runs"])

AnyId = Annotated[str, Path(min_length=1, max_length=64, description="A run's id, or that of a sync with only one.")]


class ChangesQuery(BaseModel):
    """Which part of a run's offers."""

    model_config = ConfigDict(extra="forbid")

    kind: list[ChangeKind] | None = Field(default=None, max_length=len(ChangeKind))
    after: int = Field(default=0, ge=0, le=2**53, description="`next_after` of the part before.")
    limit: int = Field(default=100, ge=1, le=MOST_ENTRIES)


@router.get("/sync/{any_id}/changes", responses=problem_responses(404, 409))
async def list_run_changes(
    state: State, _: Viewer, control: Control, any_id: AnyId, query: Annotated[ChangesQuery, Query()]
) -> RunChanges:
    """What a run changed, offer by offer in the order of their ids; of a dry run, what it would have."""
    run = await _one(control, any_id)
    kinds = tuple(sorted(set(query.kind or ())))
    data = await service.read_run_changes(state.database, run, kinds=kinds, after=query.after, limit=query.limit)
    return RunChanges(data=data)


@router.post("/sync/{any_id}/apply", status_code=HTTPStatus.ACCEPTED, responses=problem_responses(400, 404, 409, 503))
async def apply_preview(request: Request, state: State, caller: Operator, control: Control, any_id: AnyId) -> Accepted:
    """Do what a dry run previewed: a run with the same parameters that stores what it reads, from eMAG as it is now."""
    preview = await _one(control, any_id)
    parameters = service.parameters_to_apply(preview)
    started = await control.start(preview.account, parameters, trigger="api")
    await audit(request, caller, "sync.apply", preview.id, {"sync_id": started.sync_id})
    return accepted(started, state.clock.now())


@router.get("/sync/{any_id}/preview", responses=problem_responses(404, 409))
async def compare_with_preview(state: State, _: Viewer, control: Control, any_id: AnyId) -> PreviewComparisonAnswer:
    """What a run did otherwise than the dry run that it applied said. Of one that goes on: so far."""
    return PreviewComparisonAnswer(data=await service.compare_with_preview(state.database, await _one(control, any_id)))


async def _one(control: RunControl, any_id: str) -> Run:
    runs = await control.find(any_id)
    if len(runs) > 1:
        raise ApiProblem(HTTPStatus.CONFLICT, "several_runs", "This sync has several runs: ask for one of them.")
    return runs[0]

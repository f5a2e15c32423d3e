"""The route of a run's certificate, under the two names that a run has."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path

from emagsync.rest.auth import Viewer
from emagsync.rest.problems import ApiProblem, problem_responses
from emagsync.sync.certificate.schemas import Certificate
from emagsync.sync.dependencies import CertificatesOfRuns, Control

router = APIRouter(prefix="/api/v1/emag/products", tags=["runs"])

AnyId = Annotated[str, Path(min_length=1, max_length=64, description="The id of a sync, or of one of its runs.")]


@router.get("/sync/{any_id}/certificate", operation_id="get_sync_certificate", responses=problem_responses(404, 409))
@router.get("/runs/{any_id}/certificate", operation_id="get_run_certificate", responses=problem_responses(404, 409))
async def get_certificate(_: Viewer, control: Control, certificates: CertificatesOfRuns, any_id: AnyId) -> Certificate:
    """What a run read, counted, looked up and stored, what that proves about the copy, and why.

    Where the digest of the copy is still to be made, this makes it, unless the copy has changed since.
    """
    runs = await control.find(any_id)
    if len(runs) > 1:
        raise ApiProblem(HTTPStatus.CONFLICT, "several_runs", "This sync has several runs: ask for one of them.")
    return await certificates.of(runs[0].id)

"""Liveness and readiness, for supervisors and load balancers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

from emagsync.core.errors import EmagsyncError
from emagsync.rest.auth import OptionalPrincipal
from emagsync.rest.state import Check, State

router = APIRouter(prefix="/health", tags=["health"])

_TIMEOUT_SECONDS = 5.0


class Live(BaseModel):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Part(BaseModel):
    """One part's health, without secrets."""

    ok: bool
    detail: str


class Ready(BaseModel):
    """Whether everything works. `checks`, each part by name, is for authenticated callers; others get null."""

    status: Literal["ready", "not_ready"]
    checks: dict[str, Part] | None = None


@router.head("/live", include_in_schema=False)
@router.get("/live")
async def get_liveness() -> Live:
    """Whether the process answers. Checks nothing else, and needs no authentication."""
    return Live()


@router.head("/ready", include_in_schema=False)
@router.get("/ready", responses={int(HTTPStatus.SERVICE_UNAVAILABLE): {"model": Ready}})
async def get_readiness(state: State, response: Response, caller: OptionalPrincipal) -> Ready:
    """Whether database, schema, executor and scheduler work: 200, or 503. Details are for authenticated callers."""
    results = await asyncio.gather(*(_ask(check) for check in state.checks.values()))
    checks = {name: Part(ok=check.ok, detail=check.detail) for name, check in zip(state.checks, results, strict=True)}
    is_ready = all(check.ok for check in results)
    if not is_ready:
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return Ready(status="ready" if is_ready else "not_ready", checks=checks if caller else None)


async def _ask(check: Callable[[], Awaitable[Check]]) -> Check:
    try:
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            return await check()
    except TimeoutError:
        return Check(False, f"no answer within {_TIMEOUT_SECONDS:.0f} s")
    except EmagsyncError as error:
        return Check(False, error.code)

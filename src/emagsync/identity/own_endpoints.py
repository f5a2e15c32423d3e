"""One's own account: sessions and second factor, `/api/v1/auth/sessions` and `/api/v1/auth/second-factor`."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel

from emagsync.audit.service import audit
from emagsync.identity.dependencies import UserAccounts
from emagsync.identity.endpoints import origin_of
from emagsync.identity.schemas import (
    CodeProof,
    FullProof,
    NewSecondFactor,
    OwnSession,
    PasswordProof,
    RecoveryCodes,
    SecondFactorStatus,
)
from emagsync.rest.auth import Viewer
from emagsync.rest.problems import problem_responses

router = APIRouter(prefix="/api/v1/auth", tags=["auth"])

Id = Annotated[int, Path(ge=1, le=2**63 - 1)]

_CONFLICT = problem_responses(HTTPStatus.CONFLICT)
_PROVED = problem_responses(HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS)


class OwnSessions(BaseModel):
    """The caller's logins that go on, the last used first."""

    sessions: list[OwnSession]


@router.get("/sessions")
async def list_own_sessions(caller: Viewer, users: UserAccounts) -> OwnSessions:
    """The caller's logins, in browsers and of programs."""
    return OwnSessions(sessions=await users.own_sessions(caller))


@router.delete("/sessions", status_code=HTTPStatus.NO_CONTENT)
async def end_other_sessions(request: Request, caller: Viewer, users: UserAccounts) -> None:
    """End the caller's logins, all but this one."""
    await users.end_other_sessions(caller)
    await audit(request, caller, "auth.sessions_ended", caller.username)


@router.delete(
    "/sessions/{session_id}", status_code=HTTPStatus.NO_CONTENT, responses=problem_responses(HTTPStatus.NOT_FOUND)
)
async def end_own_session(request: Request, session_id: Id, caller: Viewer, users: UserAccounts) -> None:
    """End one of the caller's logins."""
    await users.end_own_session(caller, session_id)
    await audit(request, caller, "auth.session_ended", caller.username, {"session": session_id})


@router.get("/second-factor")
async def get_second_factor(caller: Viewer, users: UserAccounts) -> SecondFactorStatus:
    """Whether the caller logs in with a code too."""
    return await users.second_factor(caller)


@router.post("/second-factor", responses=_PROVED)
async def begin_second_factor(
    caller: Viewer, request: Request, body: PasswordProof, users: UserAccounts
) -> NewSecondFactor:
    """Begin to set up a second factor: the secret for an authenticator app. It counts once a code confirms it."""
    begun = await users.begin_second_factor(caller, body.password.get_secret_value(), origin=origin_of(request))
    await audit(request, caller, "auth.second_factor_begun", caller.username)
    return begun


@router.post("/second-factor/confirm", responses=_CONFLICT)
async def confirm_second_factor(
    request: Request, caller: Viewer, body: CodeProof, users: UserAccounts
) -> RecoveryCodes:
    """Turn on the second factor that was begun, by a code of the app. The caller's other logins end."""
    codes = await users.confirm_second_factor(caller, body.code)
    await audit(request, caller, "auth.second_factor_on", caller.username)
    return RecoveryCodes(recovery_codes=codes)


@router.post("/second-factor/recovery-codes", responses=_PROVED)
async def make_recovery_codes(request: Request, caller: Viewer, body: FullProof, users: UserAccounts) -> RecoveryCodes:
    """Replace the recovery codes."""
    password, origin = body.password.get_secret_value(), origin_of(request)
    codes = await users.new_recovery_codes(caller, password, body.code, origin=origin)
    await audit(request, caller, "auth.recovery_codes", caller.username)
    return RecoveryCodes(recovery_codes=codes)


@router.post("/second-factor/off", status_code=HTTPStatus.NO_CONTENT, responses=_PROVED)
async def turn_second_factor_off(request: Request, caller: Viewer, body: FullProof, users: UserAccounts) -> None:
    """Log in without a code again."""
    password, origin = body.password.get_secret_value(), origin_of(request)
    await users.turn_second_factor_off(caller, password, body.code, origin=origin)
    await audit(request, caller, "auth.second_factor_off", caller.username)

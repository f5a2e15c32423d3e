"""Making the first admin: `/api/v1/auth/setup`."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from emagsync.audit.service import audit
from emagsync.identity.dependencies import Setup, UserAccounts
from emagsync.identity.endpoints import log_browser_in
from emagsync.identity.schemas import FirstAdmin, Login, Me, SetupState
from emagsync.rest.csrf import refuse_foreign_page
from emagsync.rest.problems import problem_responses

router = APIRouter(prefix="/api/v1/auth/setup", tags=["auth"])


@router.get("")
async def get_setup_state(setup: Setup) -> SetupState:
    """Whether this server still waits for its first admin."""
    return SetupState(open=await setup.is_open())


@router.post("", responses=problem_responses(403, 409, 422))
async def make_first_admin(
    request: Request, response: Response, body: FirstAdmin, setup: Setup, users: UserAccounts
) -> Me:
    """Make the first admin, with the code that the server printed when it started, and log the browser in."""
    refuse_foreign_page(request)
    admin = await setup.make_admin(body.code, body.username, body.password.get_secret_value())
    login = Login(username=admin.username, password=body.password)
    session = await log_browser_in(request, response, login, users)
    await audit(request, session.caller, "user.first_admin", admin.username)
    return Me.model_validate(session.caller)

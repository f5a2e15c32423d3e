"""Logging in and out: `/api/v1/auth`."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from emagsync.audit.service import address_of, audit
from emagsync.identity.dependencies import UserAccounts
from emagsync.identity.devices import KNOWN_FOR
from emagsync.identity.proof import Origin
from emagsync.identity.schemas import AccessToken, Login, Me, PasswordChange, SessionKind
from emagsync.identity.service import Session, UserService
from emagsync.rest.auth import Viewer, device_cookie, session_cookie
from emagsync.rest.csrf import refuse_foreign_page
from emagsync.rest.problems import problem_responses

router = APIRouter(prefix="/api/v1/auth", tags=["auth"])


_REFUSED = problem_responses(
    HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS
)


def origin_of(request: Request) -> Origin:
    """Where a login comes from."""
    return Origin(
        address_of(request),
        device=request.cookies.get(device_cookie(request)),
        agent=request.headers.get("user-agent"),
    )


async def _logged_in(request: Request, body: Login, users: UserService, kind: SessionKind) -> Session:
    password = body.password.get_secret_value()
    return await users.login(body.username, password, kind=kind, origin=origin_of(request), code=body.code)


@router.post("/login", responses=_REFUSED)
async def login(request: Request, body: Login, users: UserAccounts) -> AccessToken:
    """Give a program an access token for a user. After five wrong logins 429 says in `Retry-After` how long to wait.

    A user with a second factor sends `code` too; without it the answer is 401 `second_factor_needed`.
    """
    session = await _logged_in(request, body, users, "user")
    await audit(request, session.caller, "auth.login", session.caller.username)
    return AccessToken(access_token=session.token, expires_in=int(session.lifetime.total_seconds()))


@router.post("/session", responses=_REFUSED)
async def begin_session(request: Request, response: Response, body: Login, users: UserAccounts) -> Me:
    """Log a browser in: the answer sets a cookie that scripts cannot read. Refusals are those of a login."""
    refuse_foreign_page(request)
    session = await log_browser_in(request, response, body, users)
    await audit(request, session.caller, "auth.session", session.caller.username)
    return Me.model_validate(session.caller)


async def log_browser_in(request: Request, response: Response, body: Login, users: UserService) -> Session:
    """Begin a browser's session: its cookie, and that of a known device, are put into `response`."""
    session = await _logged_in(request, body, users, "session")
    response.set_cookie(
        session_cookie(request),
        session.token,
        max_age=int(session.lifetime.total_seconds()),
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
    response.set_cookie(
        device_cookie(request),
        session.device,
        max_age=int(KNOWN_FOR.total_seconds()),
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
    return session


@router.post("/logout", status_code=HTTPStatus.NO_CONTENT)
async def logout(request: Request, response: Response, caller: Viewer, users: UserAccounts) -> None:
    """End the caller's session. An API token has none; it is revoked at `/api/v1/tokens`."""
    await users.logout(caller)
    await audit(request, caller, "auth.logout", caller.username)
    response.delete_cookie(session_cookie(request), secure=request.url.scheme == "https", httponly=True, samesite="lax")


@router.get("/me")
async def get_me(caller: Viewer) -> Me:
    """Who the caller is and what the caller may do."""
    return Me.model_validate(caller)


@router.post("/password", status_code=HTTPStatus.NO_CONTENT, responses=problem_responses(HTTPStatus.TOO_MANY_REQUESTS))
async def change_password(request: Request, caller: Viewer, body: PasswordChange, users: UserAccounts) -> None:
    """Change the caller's own password and end the other sessions. A wrong old one counts as a wrong login."""
    old, new = body.old_password.get_secret_value(), body.new_password.get_secret_value()
    await users.change_own_password(caller, old, new, origin=origin_of(request))
    await audit(request, caller, "auth.password", caller.username)

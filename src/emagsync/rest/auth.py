"""Authentication of REST calls. Every endpoint but login and liveness takes one of `Viewer`, `Operator` and `Admin`:

    async def start(request: Request, caller: Operator) -> ...

The answer is 401 without valid credentials, and 403 for a role that is too small. For a call that changes something, a
browser's cookie counts only when the browser says that our own page made the call.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import Security
from fastapi.routing import APIRoute
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import Request

from emagsync.rest.caller_scheme import CallerScheme
from emagsync.rest.csrf import check_same_origin, is_safe
from emagsync.rest.principals import Authenticator, Principal, Role
from emagsync.rest.problems import ApiProblem
from emagsync.rest.state import state_of

__all__ = [
    "Admin",
    "Authenticator",
    "Operator",
    "OptionalPrincipal",
    "Principal",
    "Role",
    "Viewer",
    "device_cookie",
    "session_cookie",
]

COOKIE = "emagsync_session"
DEVICE_COOKIE = "emagsync_device"
# A header of calls that the page makes while nobody touches it.
BACKGROUND = "X-Emagsync-Background"

_bearer = HTTPBearer(
    auto_error=False, scheme_name="bearer", description="An API token, or the access token that a login gave."
)
# How callers may also authenticate wherever a role is needed.
COOKIE_SCHEME = APIKeyCookie(
    name=COOKIE,
    auto_error=False,
    scheme_name="cookie",
    description="A browser's session; named `__Host-emagsync_session` under HTTPS.",
)


def session_cookie(request: Request) -> str:
    """The session cookie's name. Under HTTPS `__Host-` ties it to this host: no other host of the domain can set it."""
    return _bound(COOKIE, request)


def device_cookie(request: Request) -> str:
    """The name of the cookie by which a device is known, bound to this host as the session's is."""
    return _bound(DEVICE_COOKIE, request)


def _bound(name: str, request: Request) -> str:
    return f"__Host-{name}" if request.url.scheme == "https" else name


async def authorized(request: Request, needed: Role) -> Principal:
    """Who makes the call, as an endpoint that needs this role gets it; for what has to know before the endpoint.

    Raises ApiProblem, 401 and 403.
    """
    bearer = await _bearer(request)
    return await _checked(request, bearer.credentials if bearer else None, needed)


# The document names the cookie beside it (`COOKIE_SCHEME`).
_authenticated = CallerScheme(_bearer, authorized)


def role_needed_by(route: APIRoute) -> Role | None:
    """The smallest role that may call a route; None where no caller is needed."""
    parts = [route.dependant]
    for part in parts:  # grows while it is walked
        if part.call is _authenticated and part.own_oauth_scopes:
            return Role(part.own_oauth_scopes[-1])
        parts.extend(part.dependencies)
    return None


async def _checked(request: Request, bearer: str | None, needed: Role) -> Principal:
    caller = await _find(request, bearer)
    if caller is None:
        raise _unauthenticated(presented=bearer is not None)
    if not caller.role.allows(needed) and caller.held_back:
        raise ApiProblem(
            HTTPStatus.FORBIDDEN,
            "second_factor_required",
            "Admins of this server log in with a second factor: set it up first, at `/api/v1/auth/second-factor`.",
        )
    if not caller.role.allows(needed):
        raise ApiProblem(
            HTTPStatus.FORBIDDEN,
            "role_too_small",
            f"This needs the role {needed}; yours is {caller.role}. Ask an admin.",
            needed_role=needed,
        )
    return caller


async def _optional(
    request: Request, bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
) -> Principal | None:
    return await _find(request, bearer.credentials if bearer else None)


async def _find(request: Request, bearer: str | None) -> Principal | None:
    authenticator = state_of(request).authenticator
    if "authorization" in request.headers:
        # A token takes precedence: a wrong one is refused even if a valid cookie comes with it.
        return await authenticator.by_bearer(bearer) if bearer else None
    cookie = request.cookies.get(session_cookie(request))
    if not cookie:
        return None
    if not is_safe(request.method):
        check_same_origin(request)
    return await authenticator.by_cookie(cookie, by_person=_is_by_person(request))


def _is_by_person(request: Request) -> bool:
    """Whether a person's doing caused a browser's call. Streams and what the page looks up of itself do not say so."""
    return request.headers.get(BACKGROUND) is None and "text/event-stream" not in request.headers.get("accept", "")


def _unauthenticated(*, presented: bool) -> ApiProblem:
    challenge = 'Bearer realm="emagsync"'
    if presented:
        detail = "The token is unknown or revoked, or has expired: log in again, or ask an admin for a new one."
        challenge += ', error="invalid_token"'
    else:
        detail = "Log in first: send `Authorization: Bearer <token>`, or the page's session cookie."
    return ApiProblem(HTTPStatus.UNAUTHORIZED, "not_authenticated", detail, headers={"WWW-Authenticate": challenge})


Viewer = Annotated[Principal, Security(_authenticated, scopes=[Role.VIEWER.value])]
Operator = Annotated[Principal, Security(_authenticated, scopes=[Role.OPERATOR.value])]
Admin = Annotated[Principal, Security(_authenticated, scopes=[Role.ADMIN.value])]
OptionalPrincipal = Annotated[Principal | None, Security(_optional)]

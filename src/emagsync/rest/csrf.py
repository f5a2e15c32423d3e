"""Protection against cross-site request forgery: a foreign page can make a browser call us with our cookie.

Browsers say which page makes a call: in `Sec-Fetch-Site`, which no page can forge, and older ones in `Origin`.
"""

from __future__ import annotations

from http import HTTPStatus

from starlette.requests import Request

from emagsync.rest.problems import ApiProblem
from emagsync.rest.state import state_of

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def is_safe(method: str) -> bool:
    """Whether calls with this HTTP method only read."""
    return method in _SAFE_METHODS


def check_same_origin(request: Request) -> None:
    """Refuse (403) a call that our own page, or one of `EMAGSYNC_CORS_ORIGINS`, did not make."""
    if not _is_same_origin(request):
        raise ApiProblem(
            HTTPStatus.FORBIDDEN,
            "csrf",
            "With a session cookie, only the page of this server may change anything. Programs use a bearer token.",
        )


def refuse_foreign_page(request: Request) -> None:
    """Refuse (403) a call that a browser makes for a foreign page. Programs, which send neither header, may call."""
    if "sec-fetch-site" in request.headers or "origin" in request.headers:
        check_same_origin(request)


def _is_same_origin(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site == "same-origin":
        return True
    origin = request.headers.get("origin")
    if origin is None:
        return False
    if origin in state_of(request).settings.cors_origins:
        return True
    # `Host` is one of EMAGSYNC_ALLOWED_HOSTS here, so a foreign page cannot choose it.
    return site is None and origin == f"{request.url.scheme}://{request.headers.get('host', '')}"

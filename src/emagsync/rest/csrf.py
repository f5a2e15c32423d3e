"""Whether a browser's call comes from our own page. A foreign page can make a browser send its cookie along.

Browsers say so themselves: `Sec-Fetch-Site`, which no page can forge, and for older ones `Origin`.
"""

from __future__ import annotations

from http import HTTPStatus

from starlette.requests import Request

from emagsync.rest.problems import ApiProblem
from emagsync.rest.state import state_of

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def is_safe(method: str) -> bool:
    """Whether the method only reads."""
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
    """Refuse (403) a call that a browser made for a foreign page; programs, which are no browser, may pass."""
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

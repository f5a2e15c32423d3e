"""Logging and metering of requests: an id in every log line about a request, and one event when it is answered."""

from __future__ import annotations

import re
import uuid
from typing import Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emagsync.core.clock import Clock
from emagsync.telemetry.http_meter import HttpMeter

log = structlog.get_logger()

REQUEST_ID_HEADER: Final = "X-Request-ID"
_LOGGABLE_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_NO_ROUTE: Final = "other"
_PAGE: Final = "page"
_FAILED: Final = 500
# Few, because each is a label of a histogram: two accounts must have fewer than 500 series, whatever is called.
_AREAS: Final = {
    "products": ("products", "offers", "saved-filters", "preferences", "home", "reference"),
    "editing": ("edits", "bulk-changes", "conflicts", "outbox", "push", "pushes", "holds", "undo", "sources"),
    "events": ("events",),
    "identity": ("auth", "users", "tokens", "audit"),
    "operating": ("about", "accounts", "calls", "freshness", "notifications", "rate-limiter", "schedules", "webhooks"),
    "system": ("health", "metrics", "docs", "openapi", "mcp"),
    _PAGE: (_PAGE,),
}
_AREA_OF: Final = {part: area for area, parts in _AREAS.items() for part in parts}


class RequestLogMiddleware:
    """Logs each request, and binds its `request_id` in everything it does, also in what it leaves running.

    The answer has the id as `X-Request-ID`. A caller's own is taken when it is 8 to 64 letters, digits, dots, dashes
    and underscores.
    """

    def __init__(self, app: ASGIApp, meter: HttpMeter, clock: Clock) -> None:
        self._app = app
        self._meter = meter
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = request_id_of(Headers(scope=scope).get(REQUEST_ID_HEADER, ""))
        started = self._clock.monotonic()
        status: int | None = None

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[REQUEST_ID_HEADER] = request_id
                status = message["status"]
                self._answered(scope, message["status"], self._clock.monotonic() - started)
            await send(message)

        # Not unbound afterwards: each request has a task of its own, and what handles a failure of it runs later.
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        self._meter.in_flight += 1
        try:
            await self._app(scope, receive, send_with_id)
        except Exception:
            if status is None:
                self._answered(scope, _FAILED, self._clock.monotonic() - started)
            raise
        finally:
            self._meter.in_flight -= 1

    def _answered(self, scope: Scope, status: int, seconds: float) -> None:
        route = route_of(scope)
        self._meter.answered(area_of(route), status, seconds)
        client = scope.get("client")
        log.info(
            "request",
            method=scope["method"],
            route=route,
            status=status,
            seconds=round(seconds, 4),
            client=client[0] if client else None,
        )


def request_id_of(given: str) -> str:
    """The caller's own id if it may be logged as it is, else a new one."""
    return given if _LOGGABLE_ID.fullmatch(given) else uuid.uuid4().hex


def route_of(scope: Scope) -> str:
    """The template of the route that answers, so that no id or name is in it; `page` for the page's own addresses."""
    template = getattr(scope.get("route"), "path", None)
    if not isinstance(template, str):
        return _NO_ROUTE
    return _PAGE if template.startswith("/{") else template


def area_of(route: str) -> str:
    """The part of the API that a route belongs to, one of `_AREAS`, or `page`, or `other`."""
    parts = route.removeprefix("/api/v1").removeprefix("/emag").strip("/").split("/")
    return _AREA_OF.get(parts[0].partition(".")[0], _NO_ROUTE)

"""ASGI middleware around every endpoint: security headers, limits of bodies, allowed hosts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emagsync.rest.problems import ApiProblem

# The page's component library sets styles from scripts, hence 'unsafe-inline' for styles; never for scripts.
# Product images are on eMAG's servers.
_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: https:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
SECURITY_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# As ASGI has them: names in lower case, as bytes.
_SECURITY = tuple((name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items())
_NO_STORE = (b"cache-control", b"no-store")
_HTTPS_ONLY = (b"strict-transport-security", b"max-age=31536000")
_ANY = "*"
# RFC 9110, 7.2, without what no name server and no browser knows.
_HOST: Final = re.compile(r"(?:(?P<name>[a-z0-9._-]+)|\[(?P<address>[0-9a-f:.]+)\])(?::[0-9]{0,5})?")
_NOTHING = re.compile("(?!)")
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
_WATCHED = ("/health/", "/metrics", "/api/v1/metrics")


class SecurityHeadersMiddleware:
    """Adds the security headers to every answer, and keeps answers of the API out of caches."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name for name, _ in message["headers"]}
                added = (*_SECURITY, _NO_STORE) if scope["path"].startswith("/api/") else _SECURITY
                if scope["scheme"] == "https":
                    added = (*added, _HTTPS_ONLY)
                headers = [*message["headers"], *(header for header in added if header[0] not in given)]
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, send_with_headers)


class BodyLimitMiddleware:
    """Refuses (413) bodies of more than `max_bytes`: by the length that is announced, and by what is read.

    Paths that `uploads` matches whole take files, of at most `max_upload_bytes`.
    """

    def __init__(
        self, app: ASGIApp, max_bytes: int, max_upload_bytes: int = 0, uploads: re.Pattern[str] = _NOTHING
    ) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._max_upload_bytes = max(max_bytes, max_upload_bytes)
        self._uploads = uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        announced = Headers(scope=scope).get("content-length", "") if scope["type"] == "http" else ""
        is_upload = scope["type"] == "http" and self._uploads.fullmatch(scope["path"]) is not None
        most = self._max_upload_bytes if is_upload else self._max_bytes
        if announced.isdecimal() and int(announced) > most:
            await _too_large(most, is_upload=is_upload).response(scope["path"])(scope, receive, send)
            return
        read = 0

        async def receive_counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                # FastAPI passes it on from where it reads the body.
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return message

        await self._app(scope, receive_counted, send)


def _too_large(most: int, *, is_upload: bool) -> ApiProblem:
    setting = "EMAGSYNC_SERVER__MAX_UPLOAD_BYTES" if is_upload else "EMAGSYNC_SERVER__MAX_BODY_BYTES"
    return ApiProblem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "body_too_large",
        f"A body has at most {most} bytes here: {setting} sets how many.",
    )


class PlainBodyMiddleware:
    """Refuses (415) bodies that come compressed: they would be taken for what they are not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        coding = Headers(scope=scope).get("content-encoding", "").strip() if scope["type"] == "http" else ""
        if coding.lower() not in ("", "identity"):
            problem = ApiProblem(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                "body_compressed",
                "Send the body as it is, without `Content-Encoding`: this server does not unpack bodies.",
                headers={"Accept-Encoding": "identity"},
            )
            await problem.response(scope["path"])(scope, receive, send)
            return
        await self._app(scope, receive, send)


class FramingCheckMiddleware:
    """Refuses (400) a request that says in two ways how long it is, and closes its connection (RFC 9112, 6.1).

    A proxy in front may take it at the other length, and what it lets through as a body would be a request here.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "http" and {"content-length", "transfer-encoding"} <= set(Headers(scope=scope)):
            problem = ApiProblem(
                HTTPStatus.BAD_REQUEST,
                "two_lengths",
                "The request has both `Content-Length` and `Transfer-Encoding`: send one of them.",
                headers={"Connection": "close"},
            )
            await problem.response(scope["path"])(scope, receive, send)
            return
        await self._app(scope, receive, send)


class HostCheckMiddleware:
    """Refuses (400) calls for other hosts than `allowed`: a foreign page could point its own name at this machine.

    What is no host is refused wherever any is allowed, too: links of answers begin with it.
    """

    def __init__(self, app: ASGIApp, allowed: Iterable[str]) -> None:
        self._app = app
        self._allowed = frozenset(host.lower().strip("[]") for host in allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] in ("http", "websocket") and not self._is_allowed(
            Headers(scope=scope).get("host", ""), scope["path"]
        ):
            problem = ApiProblem(
                HTTPStatus.BAD_REQUEST,
                "host_not_allowed",
                "This server does not answer for the host that was asked for: EMAGSYNC_ALLOWED_HOSTS lists its names.",
            )
            await problem.response(scope["path"])(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_allowed(self, host: str, path: str) -> bool:
        name = host_name(host)
        if _ANY in self._allowed:
            return name != "" or host == ""
        if name in self._allowed:
            return True
        # Supervisors and scrapers of this machine know no other name; no foreign page can name it so.
        return name in LOOPBACK_NAMES and path.startswith(_WATCHED)


def host_name(host: str) -> str:
    """A `Host` header's name without its port, in lower case; without the brackets of IPv6. Empty for what is none."""
    found = _HOST.fullmatch(host.lower())
    return "" if found is None else found["name"] or found["address"]

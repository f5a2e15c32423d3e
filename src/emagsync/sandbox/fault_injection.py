"""Injecting a fault: answers that are replaced or corrupted, and connections that hang, drip or break."""

import asyncio
import socket
import struct
from collections.abc import Callable
from http.client import responses
from typing import Any, Final

from aiohttp import web

from emagsync.sandbox.answers import JSON, Answer, failure, success
from emagsync.sandbox.codec import as_served, encode
from emagsync.sandbox.faults import Fault

# Kinds that corrupt the real answer, so the request is executed first; the others replace the answer.
CORRUPTING: Final = frozenset(
    (
        "slow",
        "reset_body",
        "truncated",
        "drip",
        "invalid_json",
        "invalid_utf8",
        "missing_is_error",
        "null_results",
        "wrong_results_type",
        "wrong_page",
    )
)
# Kinds after which the client nevertheless holds a complete and right answer.
HARMLESS: Final = frozenset(("slow", "drip"))
_POLL_S: Final = 0.05
_SETTLE_S: Final = 0.03
NOT_ALLOWED: Final = "You are not allowed to use this API."


def html(status: int) -> bytes:
    """An error page as the web server in front of eMAG sends it."""
    title = f"{status} {responses.get(status, 'Error')}"
    head, body = f"<head><title>{title}</title></head>", f"<body>\r\n<center><h1>{title}</h1></center>\r\n</body>"
    return f"<html>\r\n{head}\r\n{body}\r\n</html>\r\n".encode()


def invalid_ip(address: str) -> str:
    """The refusal of a caller that is not on the allow list."""
    return f"Invalid vendor ip [{address}]"


def replacement(fault: Fault, address: str) -> Answer:
    """The answer that is sent instead of the real one."""
    make = _REPLACED[fault.kind]
    answer = make(fault, address)
    return answer if fault.body is None else answer._replace(body=fault.body.encode())


def _status_page(fault: Fault, address: str) -> Answer:
    return Answer(html(fault.http_status), fault.http_status, "text/html")


def _firewall(fault: Fault, address: str) -> Answer:
    body = b"<html><head><title>Access denied</title></head><body><h1>Access denied</h1></body></html>"
    return Answer(body, fault.http_status, "text/html")


def _rate_limited(fault: Fault, address: str) -> Answer:
    return Answer(encode({"message": fault.message or "API rate limit exceeded"}), fault.http_status)


def _is_error(fault: Fault, address: str) -> Answer:
    return failure([fault.message or "An internal error occurred"], fault.http_status)


def _not_allowed(fault: Fault, address: str) -> Answer:
    return failure([fault.message or NOT_ALLOWED], fault.http_status)


def _invalid_ip(fault: Fault, address: str) -> Answer:
    return failure([fault.message or invalid_ip(address)], fault.http_status)


_REPLACED: Final[dict[str, Callable[[Fault, str], Answer]]] = {
    "status": _status_page,
    "html": _status_page,
    "firewall": _firewall,
    "rate_limited": _rate_limited,
    "empty": lambda fault, address: Answer(b"", fault.http_status),
    "is_error": _is_error,
    "not_allowed": _not_allowed,
    "invalid_ip": _invalid_ip,
    "empty_page": lambda fault, address: success([]),
}


def corrupted(fault: Fault, answer: Answer) -> Answer:
    """The real answer with its body corrupted, for the kinds that do that."""
    corrupt = _CORRUPTED.get(fault.kind)
    return answer if corrupt is None else answer._replace(body=corrupt(answer.body))


def _with(body: bytes, **keys: Any) -> bytes:
    return encode(as_served(body) | keys)


def _missing_is_error(body: bytes) -> bytes:
    values = as_served(body)
    del values["isError"]
    return encode(values)


def _with_a_foreign_character(body: bytes) -> bytes:
    """The answer with a Windows-1250 letter in its first name, or behind everything where nothing has a name."""
    before, name, after = body.partition(b'"name":"')
    return before + name + b"\xe3" + after


_CORRUPTED: Final[dict[str, Callable[[bytes], bytes]]] = {
    "invalid_json": lambda body: body[: max(1, len(body) * 2 // 3)],
    "invalid_utf8": _with_a_foreign_character,
    "missing_is_error": _missing_is_error,
    "null_results": lambda body: _with(body, results=None),
    "wrong_results_type": lambda body: _with(body, results="no results"),
}


async def delayed(request: web.Request, seconds: float) -> bool:
    """Wait so long; False at once when the client has gone meanwhile."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while (left := end - loop.time()) > 0:
        if request.transport is None or request.transport.is_closing():
            return False
        await asyncio.sleep(min(_POLL_S, left))
    return True


async def held(request: web.Request, holds: Callable[[], bool]) -> bool:
    """Wait as long as *holds* says so; False at once when the client has gone meanwhile."""
    while holds():
        if request.transport is None or request.transport.is_closing():
            return False
        await asyncio.sleep(_POLL_S)
    return True


async def hang(request: web.Request, seconds: float | None) -> None:
    """Answer nothing for *seconds*, or until the client gives up; then cut the connection."""
    loop = asyncio.get_running_loop()
    end = None if seconds is None else loop.time() + seconds
    while request.transport is not None and not request.transport.is_closing():
        if end is not None and loop.time() >= end:
            break
        await asyncio.sleep(_POLL_S)
    reset(request)


def reset(request: web.Request) -> None:
    """Break the connection so that the client sees a reset, not an orderly end."""
    transport = request.transport
    if transport is None:
        return
    raw = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def cut(request: web.Request, response: web.StreamResponse, body: bytes, *, orderly: bool) -> None:
    """Announce the whole body, send half of it, and close (*orderly*) or reset the connection."""
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if orderly:
        if request.transport is not None:
            request.transport.close()
        return
    await asyncio.sleep(_SETTLE_S)
    reset(request)


async def drip(request: web.Request, response: web.StreamResponse, body: bytes, every_s: float, size: int) -> None:
    """Send the body *size* bytes at a time."""
    response.content_length = len(body)
    await response.prepare(request)
    for start in range(0, len(body), size):
        if start:
            await asyncio.sleep(every_s)
        await response.write(body[start : start + size])
    await response.write_eof()


def content_type(answer: Answer) -> str:
    """The answer's ``Content-Type`` header."""
    return f"{answer.content_type}; charset=utf-8" if answer.content_type != JSON else JSON

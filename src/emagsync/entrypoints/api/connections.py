"""Bounds of connections: how many there are, and how long each may take to send its request and to take its answer.

A connection is in one of two states:

    waiting    for the client, which has not sent a whole request: nothing, a part of its head, or a part of its body
    working    the server makes or sends the answer, a stream of events for instance

Only waiting connections are ever closed for others. When a new one comes and there are as many as there may be, the one
that has waited longest makes room, so that clients which never finish their requests keep nobody out. A new connection
is refused (503) only where all others are being worked for.

uvicorn bounds by itself how long a connection stays open unused between two requests (5 s).
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Sequence
from http import HTTPStatus
from ipaddress import ip_address, ip_network
from typing import Any, Final

import orjson
import structlog
from uvicorn.protocols.http.h11_impl import H11Protocol

from emagsync.core.exhaustion import room_for_connections
from emagsync.core.settings import Settings
from emagsync.rest.problems import MEDIA_TYPE

log = structlog.get_logger()

# How long a request's head may take, from its first byte or, on a new connection, from the beginning.
HEAD_SECONDS: Final = 10.0
# How long a body may be silent. It may take longer in all when it comes at this pace at least.
BODY_SECONDS: Final = 20.0
BODY_BYTES_PER_SECOND: Final = 1000
# How long a client may take nothing of an answer that is ready.
TAKE_SECONDS: Final = 60.0
# Where there are few file descriptors, connections that are accepted at one go must not use up all of them.
_ACCEPTED_AT_ONCE: Final = 4


class Connections:
    """The open connections of one server: so many in all, and so many from one address unless it is a proxy's."""

    def __init__(self, in_all: int, per_address: int, proxies: Sequence[str] = ()) -> None:
        self.in_all = in_all
        self._per_address = per_address
        self._proxies = [ip_network(proxy, strict=False) for proxy in proxies]
        self._open: Counter[str] = Counter()
        # In the order in which they began to wait. (A dictionary, because it keeps the order.)
        self._waiting: dict[GuardedProtocol, None] = {}
        self._waiting_of: dict[str, dict[GuardedProtocol, None]] = defaultdict(dict)

    @classmethod
    def of(cls, settings: Settings) -> Connections:
        """As the settings and the machine's limit of open files allow."""
        given = settings.server
        room = room_for_connections()
        if room < given.max_connections:
            log.warning("fewer_connections_than_set", connections=room, set=given.max_connections)
        return cls(min(given.max_connections, room), given.max_connections_per_address, settings.trusted_proxies)

    @property
    def accepted_at_once(self) -> int:
        """How many connections may be accepted before the first of them is looked at."""
        return max(self.in_all // _ACCEPTED_AT_ONCE, 16)

    def admit(self, connection: GuardedProtocol) -> bool:
        """Take a new connection, which waits. False: there is no room, and none can be made."""
        address = connection.address
        if self._open[address] >= self._per_address and not self._is_proxy(address):
            has_room = self._make_room(self._waiting_of[address])
        elif self._open.total() >= self.in_all:
            has_room = self._make_room(self._waiting)
        else:
            has_room = True
        if not has_room:
            log.warning("connections_refused", address=address)
            return False
        self._open[address] += 1
        self.waits(connection)
        return True

    def waits(self, connection: GuardedProtocol) -> None:
        """The connection waits for its client, from now on or still."""
        self._waiting.setdefault(connection)
        self._waiting_of[connection.address].setdefault(connection)

    def works(self, connection: GuardedProtocol) -> None:
        """The server works for the connection."""
        self._waiting.pop(connection, None)
        self._waiting_of[connection.address].pop(connection, None)

    def forget(self, connection: GuardedProtocol) -> None:
        """The connection that was admitted is closed."""
        address = connection.address
        self.works(connection)
        self._open[address] -= 1
        if not self._open[address]:
            del self._open[address], self._waiting_of[address]

    def _make_room(self, waiting: dict[GuardedProtocol, None]) -> bool:
        oldest = next(iter(waiting), None)
        if oldest is None:
            return False
        log.warning("waiting_connections_closed", address=oldest.address)
        oldest.abort()
        return True

    def _is_proxy(self, address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:  # a socket of another kind
            return False
        return any(parsed in network for network in self._proxies)


class GuardedProtocol(H11Protocol):
    """uvicorn's connection within the bounds of `Connections`, and of the times above."""

    def __init__(self, *args: Any, connections: Connections, **options: Any) -> None:
        super().__init__(*args, **options)
        self._guard = connections
        self._is_admitted = False
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0  # on the loop's clock: when what is waited for must have come
        self._awaits_body = False
        self._taking: asyncio.TimerHandle | None = None
        self._untaken = 0  # bytes of the answer that the client had not taken when they were last counted

    @property
    def address(self) -> str:
        """The address at the other end, which may be a proxy's."""
        return self.client[0] if self.client else ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's
        """Admit the connection, or refuse it."""
        super().connection_made(transport)
        self._is_admitted = self._guard.admit(self)
        if self._is_admitted:
            self._expect(HEAD_SECONDS)
        else:
            transport.write(_FULL)
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._leave()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came, and see what is still to come."""
        super().data_received(data)
        if self._is_admitted and not self.transport.is_closing():
            self._look(len(data))

    def on_response_complete(self) -> None:
        """The answer was sent: what comes next is another request."""
        super().on_response_complete()
        # One that came meanwhile is worked for already.
        if self._is_admitted and not self.transport.is_closing() and not self._is_working:
            self._expect_nothing()
            self._guard.waits(self)

    def pause_writing(self) -> None:
        """The client is slower than the server."""
        super().pause_writing()
        self._untaken = self.transport.get_write_buffer_size()
        self._taking = self.loop.call_later(TAKE_SECONDS, self._check_taken)

    def resume_writing(self) -> None:
        """The client has taken what was ready."""
        super().resume_writing()
        self._take_nothing()

    def abort(self) -> None:
        """Close the connection at once: its place is free from now on."""
        self._leave()
        self.transport.abort()

    @property
    def _is_working(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete and not self.cycle.more_body

    def _leave(self) -> None:
        self._expect_nothing()
        self._take_nothing()
        if self._is_admitted:
            self._is_admitted = False
            self._guard.forget(self)

    def _look(self, received: int) -> None:
        if self._is_working:
            self._expect_nothing()
            self._guard.works(self)
            return
        self._guard.waits(self)
        # Of a request that was answered before its end, the rest has as long as the head of a next one.
        awaits_body = self.cycle is not None and not self.cycle.response_complete
        if self._timer is None or awaits_body != self._awaits_body:
            self._expect(BODY_SECONDS if awaits_body else HEAD_SECONDS)
        elif awaits_body:
            earned = self._due + received / BODY_BYTES_PER_SECOND
            self._due = min(earned, self.loop.time() + BODY_SECONDS)
        self._awaits_body = awaits_body

    def _expect(self, seconds: float) -> None:
        self._due = self.loop.time() + seconds
        self._expect_nothing()
        self._timer = self.loop.call_later(seconds, self._check_due)

    def _expect_nothing(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _take_nothing(self) -> None:
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None

    def _check_due(self) -> None:
        left = self._due - self.loop.time()
        if self.flow.read_paused:
            left = BODY_SECONDS  # it is the application that takes its time
        if left > 0:
            self._timer = self.loop.call_later(left, self._check_due)
        elif self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
            self.abort()
        else:
            if self.cycle is not None:
                self.cycle.disconnected = True  # the application is told, and answers no more
            self.transport.write(_TOO_SLOW)
            self.transport.close()

    def _check_taken(self) -> None:
        left = self.transport.get_write_buffer_size()
        if left >= self._untaken:
            self.abort()
        else:
            self._untaken = left
            self._taking = self.loop.call_later(TAKE_SECONDS, self._check_taken)


def _answer(status: int, title: str, code: str, detail: str) -> bytes:
    """A whole answer, for connections that never get as far as the application."""
    problem = {"type": "about:blank", "title": title, "status": status, "detail": detail, "code": code, "instance": ""}
    body = orjson.dumps(problem)
    head = f"HTTP/1.1 {status} {title}\r\nContent-Type: {MEDIA_TYPE}\r\nContent-Length: {len(body)}\r\n"
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        head += "Retry-After: 5\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + body


_FULL: Final = _answer(
    503, "Service Unavailable", "too_many_connections", "The server has as many connections as it may have."
)
_TOO_SLOW: Final = _answer(408, "Request Timeout", "request_timeout", "The request took too long to arrive.")

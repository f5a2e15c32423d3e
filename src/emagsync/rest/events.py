"""Live events: every open page gets them at once, as server-sent events, and catches up after a lost connection.

The latest events are in a ring buffer, numbered from 1 in each process. A listener is a position in that numbering and
nothing else: it has no queue, so a slow one costs no memory, and a publisher never waits for it. If its next event is
no longer in the ring, or its last one came from another process, it gets a `snapshot` of the present state and goes on
from the newest event. So it may see a state twice or skip one, but it always arrives at the present one.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter, deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from http import HTTPStatus
from typing import Annotated, Any, Final, NamedTuple

import orjson
from fastapi import APIRouter, Depends, Header, Query
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from emagsync.core.errors import EmagsyncError, ErrorKind
from emagsync.db.engine import NO_HISTORY
from emagsync.db.history import OtherHistory
from emagsync.rest.auth import Viewer
from emagsync.rest.dependencies import Provided
from emagsync.rest.problems import problem_responses
from emagsync.rest.standing_calls import until_set
from emagsync.rest.state import State, state_of

SNAPSHOT: Final = "snapshot"
HEARTBEAT_SECONDS: Final = 15
SEND_TIMEOUT_SECONDS: Final = 30
KEPT_EVENTS: Final = 512
_PARTS: Final = 3  # of an event's id: the history, the process, the number

router = APIRouter(prefix="/api/v1", tags=["events"])


class Event(NamedTuple):
    """One event: its number in the ring's process, its name, and its data as JSON text."""

    number: int
    name: str
    data: str


class TooManyStreams(EmagsyncError):
    """As many streams are open as may be, in all or from one address."""

    code = "too_many_streams"
    kind = ErrorKind.TRANSIENT
    http_status = HTTPStatus.TOO_MANY_REQUESTS

    def problem_headers(self) -> Mapping[str, str]:
        """When to come again."""
        return {"Retry-After": str(HEARTBEAT_SECONDS)}


class EventBroker:
    """Hands events to listeners. Belongs to one event loop.

    `snapshot` returns the present state. `keep` is the size of the ring. `history` is the database's.
    """

    def __init__(
        self, snapshot: Callable[[], Awaitable[Any]], *, history: str = NO_HISTORY, keep: int = KEPT_EVENTS
    ) -> None:
        self._snapshot = snapshot
        self._history = history
        # Part of each id, because event numbers of another process mean nothing here.
        self._epoch = uuid.uuid4().hex[:12]
        self._ring: deque[Event] = deque(maxlen=keep)
        self._newest = 0
        self._wake = asyncio.Event()
        self._closed = False
        self._listeners = 0
        self._seats: Counter[str] = Counter()

    @property
    def listeners(self) -> int:
        """The number of listeners now."""
        return self._listeners

    def publish(self, name: str, data: Any) -> None:
        """Send an event to every listener. `data` is anything that JSON can hold."""
        self._newest += 1
        self._ring.append(Event(self._newest, name, orjson.dumps(data).decode()))
        self._wake_all()

    @contextmanager
    def seat(self, address: str, *, in_all: int, per_address: int) -> Iterator[None]:
        """A listener's place, for one at `address`. Raises TooManyStreams when so many are taken."""
        if self._seats.total() >= in_all or self._seats[address] >= per_address:
            raise TooManyStreams("As many streams of events are open as may be: close some, or wait.")
        self._seats[address] += 1
        try:
            yield
        finally:
            self._seats[address] -= 1
            if not self._seats[address]:
                del self._seats[address]

    def close(self) -> None:
        """End every listener's stream."""
        self._closed = True
        self._wake_all()

    def id_of(self, event: Event) -> str:
        """The id that a listener sends back (`Last-Event-ID`) to go on after `event`."""
        return f"{self._history}-{self._epoch}-{event.number}"

    def expect_own(self, last_id: str | None) -> None:
        """Raises OtherHistory for an id of another history of the database. Ids of before histories name none."""
        parts = (last_id or "").split("-")
        if len(parts) == _PARTS and parts[0] != self._history:
            raise OtherHistory(
                "This event is of another history of the database, which was restored meanwhile: connect without "
                "Last-Event-ID, and the stream begins with a snapshot of the present state."
            )

    async def follow(self, last_id: str | None = None) -> AsyncGenerator[Event]:
        """Every event after `last_id` until the broker is closed. A snapshot comes first if it is not in the ring."""
        self._listeners += 1
        try:
            position = self._position_of(last_id)
            while not self._closed:
                # Looked up first: what is published from here on sets this very event, so the wait below ends.
                wake = self._wake
                if position is None or position < self._newest - len(self._ring):
                    # The position first: events during the snapshot are sent after it, even if it contains them.
                    position = self._newest
                    state = await self._snapshot()
                    yield Event(position, SNAPSHOT, orjson.dumps(state).decode())
                # A copy, for the ring may change while a listener takes its time with an event.
                for event in [event for event in self._ring if event.number > position]:
                    yield event
                    position = event.number
                if position == self._newest:
                    await wake.wait()
        finally:
            self._listeners -= 1

    def _position_of(self, last_id: str | None) -> int | None:
        own, _, number = (last_id or "").rpartition("-")
        known = (
            own in (self._epoch, f"{self._history}-{self._epoch}")
            and number.isdecimal()
            and int(number) <= self._newest
        )
        return int(number) if known else None

    def _wake_all(self) -> None:
        # A new event each time: clearing one that is set would leave out listeners that have not looked yet.
        self._wake.set()
        self._wake = asyncio.Event()


event_broker = Provided(EventBroker)

Events = Annotated[EventBroker, Depends(event_broker)]


@router.get(
    "/events",
    response_class=EventSourceResponse,
    responses={
        200: {"description": "A stream of server-sent events", "content": {"text/event-stream": {}}},
        **problem_responses(HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS),
    },
)
async def stream_events(
    state: State,
    caller: Viewer,
    broker: Events,
    last_event_id: Annotated[str | None, Header(max_length=100)] = None,
    after: Annotated[
        str | None, Query(max_length=100, description="Like the header Last-Event-ID, for clients that cannot set it.")
    ] = None,
) -> EventSourceResponse:
    """Live events, as server-sent events: `snapshot`, `run` (its state changed), `progress` (at most 4/s a run).

    A comment comes every 15 s. After a lost connection, `Last-Event-ID` goes on where it ended; browsers send it. One
    of before the database was restored is answered with 409: connect anew without it.
    """
    broker.expect_own(last_event_id or after)

    async def stream() -> AsyncIterator[ServerSentEvent]:
        # A stream outlives the check of its request by hours: a token that is revoked must end it.
        with state.standing_calls.of(caller) as ended:
            async with aclosing(broker.follow(last_event_id or after)) as following:
                async for event in until_set(following, ended):
                    yield ServerSentEvent(event.data, event=event.name, id=broker.id_of(event), sep="\n")

    return _Stream(
        broker,
        stream(),
        ping=HEARTBEAT_SECONDS,
        ping_message_factory=lambda: ServerSentEvent(comment="still here", sep="\n"),
        send_timeout=SEND_TIMEOUT_SECONDS,
        sep="\n",
    )


class _Stream(EventSourceResponse):
    """A stream that has a seat from its beginning to its end."""

    def __init__(self, broker: EventBroker, *content: Any, **options: Any) -> None:
        super().__init__(*content, **options)
        self._broker = broker

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = scope.get("client")
        server = state_of(Request(scope)).settings.server
        with self._broker.seat(
            client[0] if client else "", in_all=server.max_streams, per_address=server.max_streams_per_address
        ):
            await super().__call__(scope, receive, send)

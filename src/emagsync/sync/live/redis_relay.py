"""Carries updates of runs by Redis's publish and subscribe. What is lost while Redis is away is in the rows too."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, Self
from urllib.parse import urlsplit

import msgspec
import structlog
from pydantic import ValidationError

from emagsync.core.clock import Clock, SystemClock
from emagsync.core.concurrency import cancelled
from emagsync.core.redis import AWAY, address_of, open_redis, preserving_cancellation, reason_of
from emagsync.sync.live.relay import RunUpdate
from emagsync.sync.schemas import Progress, Run

log = structlog.get_logger()

CHANNEL: Final = "emagsync:events"
LARGEST_MESSAGE: Final = 8192
_TELL_SECONDS: Final = 0.25
_AGAIN_SECONDS: Final = 1.0
_QUIET_SECONDS: Final = 5.0


class _Message(msgspec.Struct):
    sender: str
    run_id: str
    progress: dict[str, Any] | None = None


class RedisRelay:
    """An `EventRelay` of one event loop. Channels know no databases, so the database's number is in the name."""

    def __init__(self, url: str, *, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._where = address_of(url)
        self._channel = f"{CHANNEL}:{_database_of(url)}"
        self._redis = open_redis(url)
        self._sender = uuid.uuid4().hex
        self._pending: dict[tuple[str, bool], bytes] = {}
        self._wake = asyncio.Event()
        self._is_away = False
        self._telling: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._telling = asyncio.get_running_loop().create_task(self._go_on_telling(), name="event relay")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._telling is not None:
            await cancelled(self._telling)
        with suppress(*AWAY):
            await self._tell()
        with suppress(*AWAY):
            await self._redis.aclose()

    def progress(self, progress: Progress) -> None:
        """Publish it within a quarter of a second, unless there is newer progress by then."""
        self._put(progress.run_id, progress)

    def changed(self, run: Run) -> None:
        """Tell the other processes to look at the run's row."""
        self._put(run.id, None)

    async def listen(self, receive: Callable[[RunUpdate], None]) -> None:
        """Call `receive` with the updates of other processes; while Redis is away, try again every second."""
        while True:
            try:
                await self._subscribed(receive)
            except AWAY as error:
                self._went_away(error)
                await self._clock.sleep(_AGAIN_SECONDS)

    async def _subscribed(self, receive: Callable[[RunUpdate], None]) -> None:
        async with self._redis.pubsub() as subscription:
            with preserving_cancellation():
                await subscription.subscribe(self._channel)
            self._came_back()
            while True:
                with preserving_cancellation():
                    message = await subscription.get_message(ignore_subscribe_messages=True, timeout=_QUIET_SECONDS)
                    if message is None:
                        await subscription.ping()
                update = None if message is None else self._decoded(message["data"])
                if update is not None:
                    receive(update)

    def _decoded(self, data: Any) -> RunUpdate | None:
        """None for our own messages, and for what is no message of ours."""
        if not isinstance(data, bytes) or len(data) > LARGEST_MESSAGE:
            return None
        try:
            message = msgspec.json.decode(data, type=_Message)
            progress = None if message.progress is None else Progress.model_validate(message.progress)
        except (msgspec.MsgspecError, ValidationError):
            return None
        is_odd = progress is not None and progress.run_id != message.run_id
        return None if message.sender == self._sender or is_odd else RunUpdate(message.run_id, progress)

    def _put(self, run_id: str, progress: Progress | None) -> None:
        fields = None if progress is None else progress.model_dump(mode="json")
        self._pending[run_id, progress is None] = msgspec.json.encode(_Message(self._sender, run_id, fields))
        self._wake.set()

    async def _go_on_telling(self) -> None:
        while True:
            await self._wake.wait()
            try:
                await self._tell()
                pause = _TELL_SECONDS
            except AWAY as error:
                self._went_away(error)
                pause = _AGAIN_SECONDS
            await self._clock.sleep(pause)

    async def _tell(self) -> None:
        self._wake.clear()
        messages, self._pending = self._pending, {}
        for message in messages.values():
            if len(message) <= LARGEST_MESSAGE:
                await self._redis.publish(self._channel, message)

    def _went_away(self, error: BaseException) -> None:
        if not self._is_away:
            self._is_away = True
            log.warning("event_relay_away", redis=self._where, reason=reason_of(error))

    def _came_back(self) -> None:
        if self._is_away:
            self._is_away = False
            log.warning("event_relay_back", redis=self._where)


def _database_of(url: str) -> str:
    parts = urlsplit(url)
    number = parts.path.strip("/")
    return number if number.isdecimal() else "0"

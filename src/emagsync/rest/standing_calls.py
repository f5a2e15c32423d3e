"""Answers that go on for hours, such as a stream of events, end when their caller may call no more.

A call is authenticated when it begins. What is revoked later, here, by another server or by a command, is looked up for
all such calls together, with one question every half a second while there are any.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, TypeVar

import structlog

from emagsync.core.clock import Clock
from emagsync.core.errors import EmagsyncError
from emagsync.rest.principals import Authenticator, CredentialKey, Principal

log = structlog.get_logger()

CHECK_SECONDS: Final = 0.5

Item = TypeVar("Item")


class StandingCalls:
    """The calls of this process that are being answered for long. Belongs to one event loop."""

    def __init__(self, authenticator: Authenticator, clock: Clock) -> None:
        self._authenticator = authenticator
        self._clock = clock
        self._ends: defaultdict[CredentialKey, set[asyncio.Event]] = defaultdict(set)
        self._watching: asyncio.Task[None] | None = None

    @contextmanager
    def of(self, caller: Principal) -> Iterator[asyncio.Event]:
        """While the block runs, the event tells whether the caller's token or session has ended."""
        ended = asyncio.Event()
        self._ends[caller.credential].add(ended)
        if self._watching is None or self._watching.done():
            self._watching = asyncio.get_running_loop().create_task(self._watch())
        try:
            yield ended
        finally:
            self._ends[caller.credential].discard(ended)
            if not self._ends[caller.credential]:
                del self._ends[caller.credential]
            if not self._ends and self._watching is not None:
                self._watching.cancel()
                self._watching = None

    async def _watch(self) -> None:
        while True:
            await self._clock.sleep(CHECK_SECONDS)
            asked = frozenset(self._ends)
            try:
                valid = await self._authenticator.valid_among(asked)
            except EmagsyncError as error:
                # A database that is away revokes nothing; its own health says that it is away.
                log.debug("standing_calls_not_checked", error=str(error))
                continue
            for credential in asked - valid:
                for ended in self._ends.get(credential, ()):
                    ended.set()


async def until_set(items: AsyncIterator[Item], ended: asyncio.Event) -> AsyncIterator[Item]:
    """The items until there are no more, or `ended` is set, also while the next one is waited for."""
    end = asyncio.ensure_future(ended.wait())
    try:
        while True:
            following: asyncio.Future[Item] = asyncio.ensure_future(anext(items))
            waited_for: set[asyncio.Future[Any]] = {following, end}
            try:
                await asyncio.wait(waited_for, return_when=asyncio.FIRST_COMPLETED)
            finally:
                if not following.done():
                    following.cancel()
                    with suppress(asyncio.CancelledError):
                        await following
            if ended.is_set():
                return
            try:
                item = following.result()
            except StopAsyncIteration:
                return
            yield item
    finally:
        end.cancel()

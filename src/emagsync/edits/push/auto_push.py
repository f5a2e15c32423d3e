"""Pushes accounts by itself: within seconds of an edit, and again where something is left to be read back."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import structlog

from emagsync.core.clock import Clock
from emagsync.core.concurrency import cancelled
from emagsync.core.errors import EmagsyncError
from emagsync.core.settings import EditsSettings
from emagsync.core.waker import Waker
from emagsync.edits.push.errors import PushBusy, PushSuperseded
from emagsync.edits.push.schemas import PushStatus
from emagsync.edits.push.service import PushService

log = structlog.get_logger()

TRIGGER: Final = "auto"
SOONEST_AGAIN_SECONDS: Final = 10.0
LATEST_AGAIN_SECONDS: Final = 300.0


class AutoPushWorker:
    """Looks for edits to push every few seconds, and at once when `wake` is called. Every process may run one."""

    def __init__(self, service: PushService, settings: EditsSettings, clock: Clock) -> None:
        self._service = service
        self._settings = settings
        self._clock = clock
        self._waker = Waker(clock)
        # The signature of each account when nothing was left to do for it.
        self._done: dict[str, tuple[Any, ...]] = {}
        self._not_before: dict[str, float] = {}
        self._failures: dict[str, int] = {}
        self._pushing: dict[str, asyncio.Task[None]] = {}

    def wake(self) -> None:
        """Look now."""
        self._waker.wake()

    def push_now(self, account: str) -> None:
        """Push the account now, even if nothing has changed since, or its last push has failed a moment ago."""
        self._done.pop(account, None)
        self._not_before.pop(account, None)
        self.wake()

    async def run(self) -> None:
        """Push for as long as the application runs. A slow account does not hold up the others."""
        try:
            while True:
                for account in self._service.pushed_accounts:
                    await self._look(account)
                await self._waker.rest(self._settings.look_seconds)
        finally:
            await cancelled(*self._pushing.values())

    async def _look(self, account: str) -> None:
        if account in self._pushing or self._clock.monotonic() < self._not_before.get(account, 0.0):
            return
        try:
            signature = await self._service.signature(account)
            if signature == self._done.get(account) and not await self._service.is_due(account):
                return
        except EmagsyncError as error:
            log.warning("edits_not_looked_at", account=account, error=str(error))
            return
        task = asyncio.get_running_loop().create_task(self._push(account), name=f"push {account}")
        self._pushing[account] = task
        task.add_done_callback(lambda done: self._ended(account, done))

    async def _push(self, account: str) -> None:
        # Taken before the push: what changes meanwhile makes it look again, as does a push that did something.
        try:
            before = await self._service.signature(account)
            if await self._service.is_held(account) and not await self._service.is_due(account):
                self._done[account] = before
                return
            push = await self._service.push_account(account, trigger=TRIGGER)
            failed = push is not None and push.status is PushStatus.FAILED
            if push is None:
                self._done[account] = before
        except (PushBusy, PushSuperseded):
            # Another process pushes for the account: look again soon.
            self._not_before[account] = self._clock.monotonic() + self._settings.look_seconds
            return
        except EmagsyncError as error:
            log.warning("push_failed", account=account, error=str(error))
            failed = True
        self._failures[account] = self._failures.get(account, 0) + 1 if failed else 0
        if failed:
            # Try again later, each time after a longer wait.
            self._done.pop(account, None)
            wait = min(LATEST_AGAIN_SECONDS, SOONEST_AGAIN_SECONDS * 2.0 ** min(self._failures[account] - 1, 10))
            self._not_before[account] = self._clock.monotonic() + wait

    def _ended(self, account: str, task: asyncio.Task[None]) -> None:
        self._pushing.pop(account, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("push_broke", account=account, exc_info=error)

"""Has a message sent by a process of its own, within a time limit, a few at a time."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE
from contextlib import suppress
from typing import Final

import msgspec

from emagsync.core.children import child_environment
from emagsync.notifications.sending.order import Answer, Order

# Longer than one message takes that is slow everywhere, and than apprise needs to start.
MOST_SECONDS: Final = 50.0
MOST_AT_ONCE: Final = 2
_CHILD: Final = "emagsync.notifications.sending.child"
_ENDED: Final = Answer("unknown", None, "interrupted")


class SendingProcess:
    """Carries out orders, each in a process of its own. One per application."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)

    async def carry_out(self, order: Order) -> Answer:
        """How it ended. Whether the message was taken is not known of a process that had to be ended."""
        async with self._turns:
            # Not told of any proxy: hosts are judged by where the connection leads.
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", _CHILD),
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                env=child_environment("SSL_CERT_FILE"),
            )
            try:
                async with asyncio.timeout(MOST_SECONDS):
                    said, _ = await process.communicate(msgspec.json.encode(order))
            except TimeoutError:
                return _ENDED
            finally:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        try:
            return msgspec.json.decode(said, type=Answer)
        except msgspec.DecodeError:
            return _ENDED

"""Has a message sent by a process of its own, within a time limit, a few at a time."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from contextlib import suppress
from typing import Final

import msgspec

from emagsync.notifications.sending.order import Answer, Order

# Longer than one message takes that is slow everywhere, and than apprise needs to start.
MOST_SECONDS: Final = 50.0
MOST_AT_ONCE: Final = 2
_CHILD: Final = "emagsync.notifications.sending.child"
# No setting and no secret of ours is among them, and no proxy: hosts are judged by where the connection leads.
_VARIABLES: Final = ("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "SYSTEMROOT", "PYTHONHOME", "SSL_CERT_FILE")
_ENDED: Final = Answer("unknown", None, "interrupted")


class SendingProcess:
    """Carries out orders, each in a process of its own. One per application."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)

    async def carry_out(self, order: Order) -> Answer:
        """How it ended. Whether the message was taken is not known of a process that had to be ended."""
        async with self._turns:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", _CHILD), stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=_environment()
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


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _VARIABLES if name in os.environ}
    # Where this process finds its modules, that one does.
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONDONTWRITEBYTECODE": "1"}

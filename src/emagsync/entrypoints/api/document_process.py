"""The OpenAPI document as text, made by a process of its own when it is first asked for.

To describe every route and every model takes seconds of CPU. On the event loop everybody else would wait meanwhile, and
in a thread they would hardly get on.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import orjson
import structlog

from emagsync.core.children import child_environment
from emagsync.rest.dependencies import Provided

log = structlog.get_logger()

CHILD: Final = "emagsync.entrypoints.api.schema"
SERVED: Final = "--served"
# So much longer than it takes that the process is not going to end.
_MOST_SECONDS: Final = 300.0


class DocumentProcess:
    """Has the document made once. One per application. `text` is the document, where it was made before."""

    def __init__(self, text: bytes | None = None) -> None:
        self._turn = asyncio.Lock()
        self._text = text

    async def text(self, otherwise: Callable[[], dict[str, Any]]) -> bytes:
        """The document as JSON, but for `servers`; whoever asks while it is made waits for it.

        `otherwise` makes it, in a thread, where this machine lets no further process run.
        """
        async with self._turn:
            if self._text is None:
                self._text = await _made() or served(await asyncio.to_thread(otherwise))
            return self._text


def served(document: dict[str, Any]) -> bytes:
    """A document as JSON, but for `servers`: who is asked says where it is."""
    return orjson.dumps({name: value for name, value in document.items() if name != "servers"})


openapi_text = Provided(DocumentProcess)


async def _made() -> bytes | None:
    """What the process printed; None where it could not be started or failed, which is logged."""
    program = (sys.executable, "-P", "-m", CHILD, SERVED)
    try:
        process = await asyncio.create_subprocess_exec(
            *program, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL, env=child_environment()
        )
    except OSError as error:
        log.warning("openapi_process_failed", error=str(error))
        return None
    said = b""
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(_MOST_SECONDS):
                said, _ = await process.communicate()
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        code = await process.wait()
    if code == 0:
        return said
    log.warning("openapi_process_failed", code=code)
    return None

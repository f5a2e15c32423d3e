"""Has a file of edits read by a process of its own, which can be killed: whatever the file holds, it costs no more.

A thread could not be stopped, and would take the memory of this process, and the turn of logins and exports.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import msgspec
import structlog

from emagsync.core.children import child_environment
from emagsync.core.concurrency import cancelled
from emagsync.edits.bulk.file_limits import (
    MOST_ANSWER_BYTES,
    MOST_AT_ONCE,
    MOST_FILE_BYTES,
    MOST_SECONDS,
    MOST_SECONDS_IN_LINE,
)
from emagsync.edits.bulk.file_reading import Answer, FileOptions, FileReading
from emagsync.edits.errors import FilesBusy, FileUnreadable

log = structlog.get_logger()

_CHILD: Final = "emagsync.edits.bulk.file_child"


def command(options: FileOptions) -> list[str]:
    """The program that reads a file on its standard input, with its arguments."""
    return [*_program(_CHILD), msgspec.json.encode(options).decode()]


def _program(child: str) -> list[str]:
    return [sys.executable, "-P", "-m", child]


class ReadingProcesses:
    """Has files read by processes, a few at a time: `child` is the module that does it, within `seconds`.

    Once `stopping` is set, what is being read is given up.
    """

    def __init__(
        self,
        child: str,
        *,
        seconds: float | None = None,
        most_answer: int = MOST_ANSWER_BYTES,
        stopping: asyncio.Event | None = None,
    ) -> None:
        self._child = child
        self._seconds = seconds
        self._most_answer = most_answer
        self._stopping = stopping or asyncio.Event()
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)

    async def answer(self, content: bytes, options: str) -> bytes:
        """What the process answers about a file. Raises FileUnreadable and FilesBusy."""
        async with self._turn():
            return await self._until_stopping(content, options)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(MOST_SECONDS_IN_LINE):
                await self._turns.acquire()
        except TimeoutError:
            raise FilesBusy from None
        try:
            yield
        finally:
            self._turns.release()

    async def _until_stopping(self, content: bytes, options: str) -> bytes:
        seconds = MOST_SECONDS if self._seconds is None else self._seconds
        program = [*_program(self._child), options]
        reading = asyncio.ensure_future(_read_in_process(program, content, seconds, self._most_answer))
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait((reading, stopping), return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                raise FilesBusy
            return reading.result()
        finally:
            await cancelled(reading, stopping)


class FileReader:
    """Reads files of edits, a few at a time. One per process.

    Once `stopping` is set, what is being read is given up.
    """

    def __init__(self, stopping: asyncio.Event | None = None) -> None:
        self._processes = ReadingProcesses(_CHILD, stopping=stopping)

    async def read(self, content: bytes, options: FileOptions) -> FileReading:
        """The change requests in a CSV or XLSX file.

        Raises FileUnreadable, which says what to change, for a file that is no table of edits or asks too much of the
        reader, and FilesBusy where too many others are read, or the server stops.
        """
        if len(content) > MOST_FILE_BYTES:
            raise FileUnreadable("too_large", most=MOST_FILE_BYTES)
        answer = await self._processes.answer(content, msgspec.json.encode(options).decode())
        try:
            decoded = msgspec.json.decode(answer, type=Answer)
        except msgspec.DecodeError:
            raise FileUnreadable("too_demanding") from None
        if decoded.refusal is not None:
            raise FileUnreadable(decoded.refusal.reason, **decoded.refusal.values)
        if decoded.reading is None:
            raise FileUnreadable("too_demanding")
        return decoded.reading


async def _read_in_process(program: list[str], content: bytes, seconds: float, most_answer: int) -> bytes:
    """The process's answer. Raises FileUnreadable where it had to be ended, or ended itself, without one."""
    process = await asyncio.create_subprocess_exec(
        *program, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=child_environment()
    )
    try:
        async with asyncio.timeout(seconds):
            answer, words, _ = await asyncio.gather(
                _answer(process, most_answer), _last_words(process), _give(process, content)
            )
            code = await process.wait()
    except TimeoutError:
        raise FileUnreadable("too_demanding") from None
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    if code != 0:
        log.warning("file_reader_ended", code=code, file_bytes=len(content), error=words)
        raise FileUnreadable("too_demanding")
    return answer


async def _give(process: Process, content: bytes) -> None:
    assert process.stdin is not None  # noqa: S101 - it is a pipe
    # It may end before it has read everything.
    with suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(content)
        await process.stdin.drain()
    process.stdin.close()


async def _answer(process: Process, most: int) -> bytes:
    assert process.stdout is not None  # noqa: S101 - it is a pipe
    pieces = bytearray()
    while piece := await process.stdout.read(256 * 1024):
        pieces += piece
        if len(pieces) > most:
            raise FileUnreadable("too_demanding")
    return bytes(pieces)


async def _last_words(process: Process) -> str:
    """The last line of what it says beside its answer, such as that of a traceback."""
    assert process.stderr is not None  # noqa: S101 - it is a pipe
    said = b""
    while piece := await process.stderr.read(4096):
        said = (said + piece)[-4096:]
    return said.decode("utf-8", "replace").strip().rpartition("\n")[2][:300]

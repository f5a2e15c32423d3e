"""Has a source's file read by a process of its own: see `edits.bulk.file_process`."""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from emagsync.edits.bulk.file_limits import MOST_FILE_BYTES
from emagsync.edits.bulk.file_process import ReadingProcesses
from emagsync.edits.errors import FileUnreadable
from emagsync.sources.reading.options import MOST_ANSWER_BYTES, MOST_SECONDS, ReadingAnswer, ReadingOptions

_CHILD: Final = "emagsync.sources.reading.source_child"


class SourceFileReader:
    """Reads the files of sources, a few at a time. One per process."""

    def __init__(self, stopping: asyncio.Event | None = None) -> None:
        self._processes = ReadingProcesses(
            _CHILD, seconds=MOST_SECONDS, most_answer=MOST_ANSWER_BYTES, stopping=stopping
        )

    async def read(self, content: bytes, options: ReadingOptions) -> ReadingAnswer:
        """What the file is and what its rows ask for, or why it cannot be read.

        Raises FileUnreadable for what is too large or costs too much, and FilesBusy.
        """
        if len(content) > MOST_FILE_BYTES:
            raise FileUnreadable("too_large", most=MOST_FILE_BYTES)
        answer = await self._processes.answer(content, msgspec.json.encode(options).decode())
        try:
            return msgspec.json.decode(answer, type=ReadingAnswer)
        except msgspec.DecodeError:
            raise FileUnreadable("too_demanding") from None

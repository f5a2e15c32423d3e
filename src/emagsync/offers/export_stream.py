"""Exports over HTTP: a whole selection, streamed in pieces."""

from __future__ import annotations

import asyncio
import io
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import IO, Any, ParamSpec, TypeVar

from emagsync.db.engine import Database
from emagsync.offers.errors import ExportsBusy
from emagsync.offers.export_formats import PLAIN, ExportFormat, Writer, open_writer
from emagsync.offers.export_layout import ExportLayout, export_row
from emagsync.offers.queries import stream_offers
from emagsync.offers.reference_data import NOTHING_KNOWN, References
from emagsync.offers.selection import OfferFilter

P = ParamSpec("P")
T = TypeVar("T")

_PIECE = 256 * 1024
_AT_ONCE = 3


class Exports:
    """Streams exports, at most three at a time: each holds a connection for as long as its reader takes.

    `folder` is where a workbook is put together; it needs room for one.
    """

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder
        self._running = 0

    @property
    def running(self) -> int:
        """How many are being written."""
        return self._running

    async def stream(
        self,
        offer_filter: OfferFilter,
        export_format: ExportFormat,
        *,
        layout: ExportLayout = PLAIN,
        known: References = NOTHING_KNOWN,
    ) -> AsyncGenerator[bytes, None]:
        """The document in pieces; to be closed, also when it was not read to its end. Raises ExportsBusy."""
        if self._running >= _AT_ONCE:
            raise ExportsBusy(_AT_ONCE)
        self._running += 1
        try:
            pieces = (
                self._workbook(offer_filter, layout, known)
                if export_format is ExportFormat.XLSX
                else self._lines(offer_filter, export_format, layout, known)
            )
            async with aclosing(pieces):
                async for piece in pieces:
                    yield piece
        finally:
            self._running -= 1

    async def _lines(
        self, offer_filter: OfferFilter, export_format: ExportFormat, layout: ExportLayout, known: References
    ) -> AsyncGenerator[bytes, None]:
        file = io.BytesIO()
        # In a thread, because a library may have to be loaded.
        writer = await in_thread(open_writer, export_format, file, layout)
        try:
            async for piece in self._pieces(offer_filter, writer, file, known):
                yield piece
        finally:
            writer.release()

    async def _pieces(
        self, offer_filter: OfferFilter, writer: Writer, file: io.BytesIO, known: References
    ) -> AsyncGenerator[bytes, None]:
        async with aclosing(stream_offers(self._database, offer_filter)) as batches:
            async for rows in batches:
                await in_thread(_write, writer, rows, known)
                if piece := _drain(file):
                    yield piece
        await in_thread(writer.close)
        yield _drain(file)

    async def _workbook(
        self, offer_filter: OfferFilter, layout: ExportLayout, known: References
    ) -> AsyncGenerator[bytes, None]:
        # A workbook is a ZIP file whose parts are known only at the end: nothing can be sent before.
        async with _scratch(self._folder, layout) as (file, writer):
            async with aclosing(stream_offers(self._database, offer_filter)) as batches:
                async for rows in batches:
                    await in_thread(_write, writer, rows, known)
            await in_thread(writer.close)
            await in_thread(file.seek, 0)
            while piece := await in_thread(file.read, _PIECE):
                yield piece


@asynccontextmanager
async def _scratch(folder: Path, layout: ExportLayout) -> AsyncIterator[tuple[IO[bytes], Writer]]:
    """An empty file with the writer of a workbook on it; all of it is gone after the block."""
    with (
        tempfile.TemporaryDirectory(prefix="export-", dir=folder) as place,
        (Path(place) / "export").open("w+b") as file,
    ):
        writer = open_writer(ExportFormat.XLSX, file, layout, folder=Path(place))
        try:
            yield file, writer
        finally:
            writer.release()


def _write(writer: Writer, rows: Sequence[Any], known: References) -> None:
    writer.write([export_row(row, known) for row in rows])


def _drain(file: io.BytesIO) -> bytes:
    """Take what was written since the last time."""
    piece = file.getvalue()
    file.seek(0)
    file.truncate()
    return piece


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `work` in another thread. A cancelled caller waits for its end, because it closes next what `work` uses."""
    task = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            try:
                await asyncio.wait([task])
            except asyncio.CancelledError:
                continue
        raise

"""Exporting a selection of the local copy, as of one moment, to a file."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import aclosing, contextmanager, suppress
from pathlib import Path
from typing import IO

from emagsync.db.engine import Database
from emagsync.offers.errors import ExportFailed
from emagsync.offers.export_formats import PLAIN, ExportFormat, Writer, open_writer
from emagsync.offers.export_layout import ExportLayout, export_row
from emagsync.offers.queries import stream_offers
from emagsync.offers.reference_data import NOTHING_KNOWN, References
from emagsync.offers.selection import OfferFilter


async def export_offers(
    database: Database, offer_filter: OfferFilter, writer: Writer, known: References = NOTHING_KNOWN
) -> int:
    """Write the whole selection; returns the number of offers. Does not close the writer."""
    count = 0
    async with aclosing(stream_offers(database, offer_filter)) as batches:
        async for rows in batches:
            writer.write([export_row(row, known) for row in rows])
            count += len(rows)
    return count


async def export_to_file(
    database: Database,
    offer_filter: OfferFilter,
    export_format: ExportFormat,
    path: Path,
    *,
    layout: ExportLayout = PLAIN,
    known: References = NOTHING_KNOWN,
) -> int:
    """Write the whole selection to `path`, which is complete or not touched. Raises ExportFailed."""
    with _replacing(path) as (file, folder):
        writer = open_writer(export_format, file, layout, folder=folder)
        try:
            count = await export_offers(database, offer_filter, writer, known)
            writer.close()
        finally:
            writer.release()
    return count


@contextmanager
def _replacing(path: Path) -> Iterator[tuple[IO[bytes], Path]]:
    """A file that takes the place of `path` when the block ends well, and a folder for what is needed beside it."""
    try:
        if _is_special(path):
            with tempfile.TemporaryDirectory(prefix="emagsync-") as folder, path.open("wb") as file:
                yield file, Path(folder)
            return
        target = path.resolve()
        # Beside the target: a rename cannot cross file systems, and there is room for it where there is for the result.
        with tempfile.TemporaryDirectory(prefix=f".{target.name[:100]}.", suffix=".part", dir=target.parent) as folder:
            partial = Path(folder) / "export"
            with partial.open("wb") as file:
                yield file, Path(folder)
            _keep_mode(target, partial)
            partial.replace(target)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise ExportFailed(
            f"{path} cannot be written: {error.strerror or error}. Choose another file with --output."
        ) from error


def _is_special(path: Path) -> bool:
    """Whether `path` is a device or a pipe, which is written to, not replaced."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _keep_mode(target: Path, partial: Path) -> None:
    with suppress(OSError):
        partial.chmod(stat.S_IMODE(os.stat(target).st_mode))  # noqa: PTH116 - follows the name as replace() will

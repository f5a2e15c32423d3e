"""Reads a file from the folder that the operator allows, and from nowhere else."""

from __future__ import annotations

import asyncio
import os
import stat
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Final

from emagsync.sources.errors import FetchFailed
from emagsync.sources.fetching.fetched import MOST_BYTES, MOST_FILES, Fetched, shown_name

_PATTERN: Final = frozenset("*?[")


def is_within_reach(address: str) -> bool:
    """Whether an address can be one of a file in a folder: relative, and without a way up."""
    path = PurePosixPath(address)
    return not path.is_absolute() and ".." not in path.parts and path.parts != () and "\0" not in address


async def fetch_from_folder(folder: Path | None, address: str) -> Fetched:
    """The file at the address within `folder`; of several that a pattern finds the newest. Raises FetchFailed."""
    if folder is None:
        raise FetchFailed("folder_off")
    return await asyncio.to_thread(_read, folder, address)


def _read(folder: Path, address: str) -> Fetched:
    root = folder.resolve()
    if not is_within_reach(address):
        raise FetchFailed("outside", name=address)
    path = _newest(root, address) if _PATTERN & set(address) else root / address
    try:
        # Of a symbolic link what it leads to.
        actual = path.resolve(strict=True)
        if not actual.is_relative_to(root):
            raise FetchFailed("outside", name=address)
        # Neither a pipe nor a device: those never end, or do something when they are opened.
        descriptor = os.open(actual, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise FetchFailed("not_a_file", name=address)
            with open(descriptor, "rb", closefd=False) as file:
                content = file.read(MOST_BYTES + 1)
        finally:
            os.close(descriptor)
    except FileNotFoundError as error:
        raise FetchFailed("not_found", name=address) from error
    except OSError as error:
        raise FetchFailed("unreadable", name=address, error=error.strerror or type(error).__name__) from error
    if len(content) > MOST_BYTES:
        raise FetchFailed("too_large", most=MOST_BYTES)
    return Fetched(content, shown_name(actual.name))


def _newest(root: Path, pattern: str) -> Path:
    try:
        found = [path for path in islice(root.glob(pattern), MOST_FILES + 1) if path.is_file()]
        if not found:
            raise FetchFailed("not_found", name=pattern)
        if len(found) > MOST_FILES:
            raise FetchFailed("too_many_files", name=pattern, most=MOST_FILES)
        return max(found, key=lambda path: (path.stat().st_mtime_ns, path.name))
    except (OSError, ValueError) as error:
        raise FetchFailed("unreadable", name=pattern, error=str(error)[:200]) from error

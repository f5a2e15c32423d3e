"""What the machine can run out of, said as what it is: disk space and file descriptors.

Both show as errors of whatever happened to need them: a file that cannot be opened, a server that cannot be reached.
"""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Iterator
from http import HTTPStatus
from typing import Final

from emagsync.core.errors import ConfigurationError

# More are of no use to one process, and some libraries walk through all of them.
_MOST_FILES: Final = 65_536
# What a process has open besides connections: the database, logs, locks, eMAG, Redis.
_NEEDED_FILES: Final = 128
_NO_SPACE: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_NO_FILES: Final = frozenset({errno.EMFILE, errno.ENFILE})


class DiskFull(ConfigurationError):
    """There is no room left on a disk that is written to."""

    code = "disk_full"
    http_status = HTTPStatus.INSUFFICIENT_STORAGE
    http_detail = "The server's disk is full; nothing was changed. Make room on it, and try again."


class TooFewFiles(ConfigurationError):
    """The process has as many files and connections open as it may have."""

    code = "too_few_files"
    http_status = HTTPStatus.SERVICE_UNAVAILABLE
    http_detail = "The server has as many connections open as it may have. Try again later."


def exhaustion_of(error: BaseException) -> DiskFull | TooFewFiles | None:
    """What the machine has run out of, if that is why `error` was raised."""
    for one in _chain(error):
        if isinstance(one, OSError) and one.errno in _NO_SPACE:
            where = f": {one.filename}" if one.filename else ""
            return DiskFull(f"The disk is full{where}. Make room on it, or set EMAGSYNC_DATA_DIR to another disk.")
        if isinstance(one, OSError) and one.errno in _NO_FILES:
            return TooFewFiles(too_few_files())
    return None


def too_few_files() -> str:
    """What to say when no file or connection can be opened any more."""
    return (
        f"Too few file descriptors: this process may have {_limit()} files and connections open, and has them open. "
        "Raise the limit (`ulimit -n 65536`, LimitNOFILE= of a systemd unit, `ulimits: nofile` of Compose)."
    )


def is_out_of_files() -> bool:
    """Whether no file can be opened any more: for errors that do not say why, such as SQLite's."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return error.errno in _NO_FILES
    return False


def raise_file_limit() -> int:
    """Allow this process as many open files as the machine lets it, up to 65,536; returns how many it may have.

    Raises TooFewFiles when that is less than it needs.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    limit = _limit()
    if limit < _NEEDED_FILES:
        raise TooFewFiles(
            f"Too few file descriptors: this process may have {limit} files and connections open, and needs "
            f"{_NEEDED_FILES} at least. Raise the limit (`ulimit -n 65536`, LimitNOFILE= of a systemd unit)."
        )
    return limit


def room_for_connections() -> int:
    """How many connections a server may have open beside what the process needs."""
    return _limit() - _NEEDED_FILES


def _limit() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST_FILES if soft == resource.RLIM_INFINITY else soft


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, what SQLAlchemy wrapped in it, and what led to it."""
    seen: set[int] = set()
    left: list[BaseException | None] = [error]
    while left:
        one = left.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            yield one
            original = getattr(one, "orig", None)
            left += [one.__context__, one.__cause__, original if isinstance(original, BaseException) else None]

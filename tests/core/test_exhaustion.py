"""What the machine has run out of is said as such, whatever needed it."""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey
from sqlalchemy.exc import DBAPIError

from emagsync.core.exhaustion import DiskFull, TooFewFiles, exhaustion_of, is_out_of_files, raise_file_limit
from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseUnavailable
from emagsync.marketplace.transport import HttpOptions, _connect_failure
from emagsync.sync.repository import read_runs

SERVER = ConnectionKey("marketplace.example", 443, True, True, None, None, None)


def caused_by(number: int) -> Exception:
    error = ValueError("something else")
    error.__cause__ = OSError(number, os.strerror(number))
    return error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(OSError(errno.ENOSPC, "No space left on device", "/data/x"), DiskFull, id="disk"),
        pytest.param(OSError(errno.EDQUOT, "Disk quota exceeded"), DiskFull, id="quota"),
        pytest.param(OSError(errno.EMFILE, "Too many open files"), TooFewFiles, id="this process's files"),
        pytest.param(OSError(errno.ENFILE, "Too many open files in system"), TooFewFiles, id="the machine's files"),
        pytest.param(caused_by(errno.ENOSPC), DiskFull, id="what led to an error"),
        pytest.param(DBAPIError("SELECT", None, caused_by(errno.EMFILE)), TooFewFiles, id="wrapped by SQLAlchemy"),
        pytest.param(
            aiohttp.ClientConnectorError(SERVER, OSError(errno.EMFILE, "Too many open files")),
            TooFewFiles,
            id="of a connection",
        ),
        pytest.param(FileNotFoundError(errno.ENOENT, "No such file"), None, id="something else"),
        pytest.param(ValueError("No space left on device"), None, id="only the words"),
    ],
)
def test_the_cause_is_found_wherever_it_stands(error: Exception, expected: type[Exception] | None) -> None:
    found = exhaustion_of(error)
    assert (None if found is None else type(found)) is expected


@contextmanager
def no_file_left() -> Iterator[None]:
    """While the block runs, this process can open no file."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.dup(0)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


async def test_a_database_that_cannot_be_opened_for_that_says_so(tmp_path: Path) -> None:
    """SQLite's own words are "unable to open database file"."""
    async with Database(f"sqlite:///{tmp_path / 'emagsync.sqlite3'}") as database:
        with no_file_left():
            assert is_out_of_files()
            with pytest.raises(DatabaseUnavailable, match="Too few file descriptors"):
                await read_runs(database)
    assert not is_out_of_files()


def test_a_connection_to_emag_that_cannot_be_opened_for_that_says_so() -> None:
    error = aiohttp.ClientConnectorError(SERVER, OSError(errno.EMFILE, "Too many open files"))
    assert "Too few file descriptors" in str(_connect_failure(error, HttpOptions()))


def test_the_limit_is_raised_as_far_as_the_machine_lets_it() -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, limits[1]), limits[1]))
    try:
        assert raise_file_limit() == min(limits[1], 65_536) if limits[1] != resource.RLIM_INFINITY else 65_536
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)

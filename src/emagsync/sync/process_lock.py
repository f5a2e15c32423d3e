"""Tells which processes are alive: every process that executes runs keeps a locked file in the data directory.

A process is in one of three states, for whoever shares the data directory with it:

    alive    its file is locked
    dead     its file is there and not locked: the kernel drops the lock when a process ends, however it ends
    unknown  there is no such file: it runs on another machine, and only its heartbeat tells

So a run of a dead process is taken over at once, and one of an unknown process when its heartbeat is too old. A dead
process's file has to stay for as long as a run may name it: were it deleted, `dead` would become `unknown`, and the run
would wait for its heartbeat to age.
"""

from __future__ import annotations

import fcntl
import os
import socket
import uuid
from io import TextIOWrapper
from pathlib import Path

from emagsync.core.clock import Clock, SystemClock
from emagsync.core.errors import ConfigurationError

_KEEP_SECONDS = 7 * 86_400


class Workers:
    """This process's lock and a look at the others'. A context manager; `name` goes into the rows of its runs."""

    def __init__(self, data_dir: Path, clock: Clock | None = None) -> None:
        self._directory = data_dir / "workers"
        self._clock = clock or SystemClock()
        self._id = uuid.uuid4().hex
        self._file: TextIOWrapper | None = None
        self.name = f"{socket.gethostname()[:100]}:{os.getpid()}:{self._id}"

    def __enter__(self) -> Workers:
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            self._sweep()
            self._file = self._path(self._id).open("w")
        except OSError as error:
            raise ConfigurationError(
                f"The data directory cannot be written ({error}): set EMAGSYNC_DATA_DIR to one that can."
            ) from error
        fcntl.flock(self._file, fcntl.LOCK_EX)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._path(self._id).unlink(missing_ok=True)
            self._file.close()
            self._file = None

    def is_alive(self, name: str | None) -> bool | None:
        """Whether that process runs. None when it is not one that this data directory has seen start."""
        worker_id = (name or "").rpartition(":")[2]
        if worker_id == self._id:
            return True
        if not worker_id.isalnum():
            return None
        return _is_locked(self._path(worker_id))

    def _path(self, worker_id: str) -> Path:
        return self._directory / f"{worker_id}.lock"

    def _sweep(self) -> None:
        # A dead process's file is kept for the runs that still name it; by now none does.
        oldest = self._clock.now().timestamp() - _KEEP_SECONDS
        for path in self._directory.glob("*.lock"):
            if _is_locked(path) is False and path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)


def _is_locked(path: Path) -> bool | None:
    try:
        with path.open("r") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False
    except FileNotFoundError:
        return None

"""Recording what programs get that run already.

Whoever wants an account recorded holds a locked file in a folder that its programs share (`RecordingRequest`); each of
them looks for it at most once a second, when it has an exchange to show, and records while the lock is held
(`AttachedRecorder`). The kernel drops the lock when its holder ends, however it ends: nothing is recorded for longer
than somebody asks for it.
"""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

from emagsync.core.clock import Clock
from emagsync.core.recording import RecordingError
from emagsync.marketplace.recording.recorder import Recorder
from emagsync.marketplace.recording.scrub import Credentials
from emagsync.marketplace.request import HttpExchange

FOLDER: Final = "recording"
_LOOK_SECONDS: Final = 1.0
# A program that looks at the file holds it for an instant.
_TRIES: Final = 20
_TRY_SECONDS: Final = 0.05


class RecordingRequest:
    """Asks, in a `with` block, all programs that share `folder` to record what `account` gets into `output`.

    Raises RecordingError where the account is being recorded already, or the folder cannot be written to.
    """

    def __init__(self, folder: Path, account: str, output: Path) -> None:
        self._path = folder / f"{account}.json"
        self._account = account
        self._output = output.absolute()
        self._file: TextIOWrapper | None = None

    def __enter__(self) -> Self:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = self._path.open("a+", encoding="utf-8")
        except OSError as error:
            raise RecordingError(f"{self._path} cannot be written: {error.strerror or error}") from error
        if not _locked(self._file):
            self._file.close()
            raise RecordingError(f"{self._account} is being recorded already: only one recording at a time.")
        self._file.truncate(0)
        self._file.write(json.dumps({"output": str(self._output)}))
        self._file.flush()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._path.unlink(missing_ok=True)
            self._file.close()


def _locked(file: TextIOWrapper) -> bool:
    for _ in range(_TRIES):
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(_TRY_SECONDS)
    return False


class _Watched(NamedTuple):
    """What was found when an account's file was looked at last."""

    at: float
    output: Path | None
    recorder: Recorder | None


class AttachedRecorder:
    """Records what it observes while somebody asks for it: `EmagClient(..., on_exchange=attached.observe)`.

    Never fails a call; `on_problem` is told when a recording cannot be begun or goes on no more. Close it.
    """

    def __init__(
        self,
        folder: Path,
        credentials: Iterable[Credentials] | Callable[[], Iterable[Credentials]],
        *,
        clock: Clock,
        on_problem: Callable[[RecordingError], None],
    ) -> None:
        self._folder = folder
        self._credentials = credentials if callable(credentials) else tuple(credentials)
        self._clock = clock
        self._on_problem = on_problem
        self._watched: dict[str, _Watched] = {}

    def observe(self, exchange: HttpExchange) -> None:
        """Record one exchange that has ended, if its account is to be recorded now."""
        watched = self._watched.get(exchange.account)
        now = self._clock.monotonic()
        if watched is None or now - watched.at >= _LOOK_SECONDS:
            watched = self._watched[exchange.account] = self._look(exchange.account, watched, now)
        if watched.recorder is not None:
            watched.recorder.observe(exchange)

    def close(self) -> None:
        """End all recordings."""
        for watched in self._watched.values():
            if watched.recorder is not None:
                watched.recorder.close()
        self._watched.clear()

    def _look(self, account: str, before: _Watched | None, now: float) -> _Watched:
        output = _asked_for(self._folder / f"{account}.json")
        if before is not None and output == before.output:
            return before._replace(at=now)
        if before is not None and before.recorder is not None:
            before.recorder.close()
        return _Watched(now, output, None if output is None else self._begun(output))

    def _begun(self, output: Path) -> Recorder | None:
        try:
            return Recorder(output, self._credentials, on_problem=self._on_problem)
        except RecordingError as error:
            self._on_problem(error)
            return None


def _asked_for(path: Path) -> Path | None:
    """Where to record to; None: nobody asks for it. A file that nobody holds is one whose holder was killed."""
    try:
        with path.open("r", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return Path(json.loads(file.read())["output"])
            return None
    except (OSError, ValueError, KeyError, TypeError):
        # No file, as a rule; or one that is being written just now.
        return None

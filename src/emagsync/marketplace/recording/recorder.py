"""Writes each exchange of a client into a recording, scrubbed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import orjson

from emagsync import __version__
from emagsync.core.recording import Exchange, Failure, RecordingError, RecordingWriter
from emagsync.marketplace.errors import (
    AnswerTooLarge,
    CallTimeout,
    ConnectFailed,
    EmagError,
    ReadFailed,
    TruncatedAnswer,
)
from emagsync.marketplace.recording.scrub import Credentials, Scrubber
from emagsync.marketplace.request import HttpExchange

# The only headers that are kept: those that a client acts upon. Others hold cookies and names of machines.
_KEPT_HEADERS: Final = ("content-type", "retry-after")
_RATE_HEADERS: Final = "x-ratelimit-"
_FAILURES: Final[tuple[tuple[type[EmagError], Failure], ...]] = (
    (ConnectFailed, "not_connected"),
    (CallTimeout, "timeout"),
    (TruncatedAnswer, "truncated"),
    (AnswerTooLarge, "too_large"),
    (ReadFailed, "broken"),
)
_EXTENSIONS: Final = {"application/json": "json", "text/html": "html"}


class Recorder:
    """Records what it observes: `EmagClient(..., on_exchange=recorder.observe)`. Used in a `with` block.

    It never fails a call: when the folder cannot be written any more, it stops, `problem` says why, and `on_problem` is
    called once. `credentials`, of every API user that may be recorded, may be a function: it is asked before each
    exchange, for accounts come and go. Raises RecordingError when the folder cannot be written to begin with.
    """

    def __init__(
        self,
        folder: Path,
        credentials: Iterable[Credentials] | Callable[[], Iterable[Credentials]],
        *,
        on_problem: Callable[[RecordingError], None] | None = None,
    ) -> None:
        self._on_problem = on_problem
        self._credentials = credentials
        self._known: frozenset[Credentials] = frozenset()
        self._scrubber = Scrubber(())
        self._learn_credentials()
        self._writer = RecordingWriter(folder, made_by=f"emagsync {__version__}")
        self.problem: RecordingError | None = None

    @property
    def folder(self) -> Path:
        """Where the recording is."""
        return self._writer.folder

    @property
    def exchanges(self) -> int:
        """How many were recorded so far."""
        return self._writer.exchanges

    def observe(self, exchange: HttpExchange) -> None:
        """Record one exchange that has ended."""
        if self.problem is not None:
            return
        self._learn_credentials()
        answer = exchange.answer
        body = self._scrubber.body(exchange.route, answer.body) if answer is not None else b""
        try:
            self._writer.add(self._recorded(exchange), body, _extension(exchange))
        except RecordingError as error:
            self.problem = error
            if self._on_problem is not None:
                self._on_problem(error)

    def close(self) -> None:
        """Close the recording."""
        self._writer.close()

    def _learn_credentials(self) -> None:
        """Hide every API user that there is now, and every one that there was."""
        credentials = self._credentials() if callable(self._credentials) else self._credentials
        known = self._known.union(credentials)
        if known != self._known:
            self._known = known
            self._scrubber = Scrubber(known)

    def _recorded(self, exchange: HttpExchange) -> Exchange:
        answer = exchange.answer
        return Exchange(
            account=exchange.account,
            platform=exchange.platform,
            at=exchange.started_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            method=exchange.method,
            route=exchange.route,
            query=tuple((name, self._scrubber.text(value)) for name, value in exchange.query),
            request=self._request(exchange),
            status=None if answer is None else answer.status,
            headers={} if answer is None else self._headers(answer.headers),
            seconds=round(exchange.seconds, 3),
            failure=_failure(exchange.error),
        )

    def _request(self, exchange: HttpExchange) -> Any:
        if exchange.body is None:
            return None
        return orjson.loads(self._scrubber.body(exchange.route, exchange.body))

    def _headers(self, headers: Any) -> dict[str, str]:
        return {
            name: self._scrubber.text(value)
            for name, value in headers.items()
            if name.lower() in _KEPT_HEADERS or name.lower().startswith(_RATE_HEADERS)
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _failure(error: EmagError | None) -> Failure | None:
    return next((failure for kind, failure in _FAILURES if isinstance(error, kind)), None)


def _extension(exchange: HttpExchange) -> str:
    content_type = "" if exchange.answer is None else exchange.answer.headers.get("Content-Type", "")
    return _EXTENSIONS.get(content_type.partition(";")[0].strip().lower(), "bin")

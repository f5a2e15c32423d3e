"""Log set-up: structlog and the standard library's loggers through one chain, as lines or JSON, to standard error."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Collection, Mapping
from enum import Enum
from types import TracebackType
from typing import Any, Final, Literal, TextIO

import orjson
import structlog
from structlog.typing import EventDict, Processor

from emagsync.telemetry.redaction import Redactor
from emagsync.telemetry.repeats import RepeatFilter

LogFormat = Literal["console", "json"]

_OURS = "emagsync"

_CALLS_SHOWN: Final = 5
_LINES_SHOWN: Final = 30


class _CurrentStderr(logging.StreamHandler[TextIO]):
    """Writes to what `sys.stderr` is now: a live display replaces it while it draws."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:
        return sys.stderr

    @stream.setter
    def stream(self, _value: TextIO) -> None:
        pass


class _LevelOfItsLogger(logging.Filter):
    """Passes our events from `level` on, and those of the libraries that are named; of all others warnings and worse.

    What other libraries say below that may hold anything: the values of statements, bodies, addresses.
    """

    def __init__(self, level: int, libraries: Collection[str]) -> None:
        super().__init__()
        self._level = level
        self._foreign_level = max(level, logging.WARNING)
        self._named = tuple(f"{name}." for name in (_OURS, *libraries))

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the event is written."""
        named = f"{record.name}.".startswith(self._named)
        return record.levelno >= (self._level if named else self._foreign_level)


def configure_logs(log_format: LogFormat, level: str, redactor: Redactor, libraries: Collection[str] = ()) -> None:
    """Send every log event of this process to standard error, redacted.

    `level` is a level's name, such as `info`. It counts for our own loggers and for those of the `libraries` that are
    named; the others write warnings and what is worse.
    """
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *before,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = _CurrentStderr()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.ExceptionRenderer(short_traceback),
                _plain_values,
                redactor,
                _renderer(log_format),
            ],
        )
    )
    number = logging.getLevelNamesMapping()[level.upper()]
    # Some libraries set their loggers' levels themselves, hence a filter too.
    handler.addFilter(_LevelOfItsLogger(number, libraries))
    handler.addFilter(RepeatFilter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(number, logging.WARNING))
    for name in (_OURS, *libraries):
        logging.getLogger(name).setLevel(number)


def short_traceback(exc_info: tuple[type[BaseException], BaseException, TracebackType | None]) -> str:
    """The traceback of an error with the last calls before it only, and before each error that led to it: those of the
    frameworks around them are the same every time."""
    lines = "".join(traceback.format_exception(*exc_info, limit=-_CALLS_SHOWN)).rstrip().splitlines()
    return "\n".join(lines if len(lines) <= _LINES_SHOWN else ["...", *lines[-_LINES_SHOWN:]])


def _plain_values(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Enumerations as their values: `status=422`, not `status=<HTTPStatus.UNPROCESSABLE_ENTITY: 422>`."""
    return {name: _plain(value) for name, value in event.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {_plain(name): _plain(inner) for name, inner in value.items()}
    if type(value) in (list, tuple, set, frozenset):
        return type(value)(_plain(inner) for inner in value)
    return value


def _renderer(log_format: LogFormat) -> Processor:
    if log_format == "json":
        return structlog.processors.JSONRenderer(serializer=_json)
    return structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)


def _json(event: EventDict, **_: Any) -> str:
    return orjson.dumps(event, default=str).decode()

"""Log messages that repeat themselves: written once a minute, with how often they came meanwhile.

What fails again and again, or is made to fail by somebody outside, must not fill the disk with the same line. The
filter stands before the handler, where every logger's messages pass: structlog's, the libraries', asyncio's.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
from collections import OrderedDict
from typing import Any, Final, NamedTuple

SECONDS: Final = 60.0
# Of one event with ever other values, such as the addresses of many clients: so many in that time.
DIFFERENT: Final = 100
_REMEMBERED: Final = 1000
# They tell two messages apart that say the same.
_OF_ONE_CALL: Final = frozenset({"error_id", "exc_info", "request_id", "timestamp"})
_NUMBERS: Final = re.compile(r"0x[0-9a-fA-F]+|\d+")


class _Seen(NamedTuple):
    """When a message was written, in seconds since 1970, and how many like it were not written since."""

    at: float
    left_out: int


class RepeatFilter(logging.Filter):
    """Lets a warning or an error through once a minute; `repeated` then says how many like it were left out.

    Messages are alike when everything in them is, but for the ids of requests and errors; in texts of libraries also
    when only numbers differ. What is less than a warning always passes: each request and each run is an event.
    """

    def __init__(self) -> None:
        super().__init__()
        # One that its thread may take again: while a message is looked at, the garbage collector may find a task that
        # nobody awaited, and a signal may come, and both are logged.
        self._lock = threading.RLock()
        self._messages: OrderedDict[Any, _Seen] = OrderedDict()
        self._events: OrderedDict[Any, _Seen] = OrderedDict()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write it."""
        if record.levelno < logging.WARNING:
            return True
        with self._lock:
            return self._is_news(record)

    def _is_news(self, record: logging.LogRecord) -> bool:
        event, message = _keys_of(record)
        if not self._is_among_the_first(event, record.created):
            return False
        before = self._messages.get(message)
        if before is not None and 0 <= record.created - before.at < SECONDS:
            self._messages[message] = _Seen(before.at, before.left_out + 1)
            return False
        _remember(self._messages, message, _Seen(record.created, 0))
        if before is not None and before.left_out:
            _say_repeated(record, before.left_out)
        return True

    def _is_among_the_first(self, event: Any, now: float) -> bool:
        seen = self._events.get(event)
        if seen is None or not 0 <= now - seen.at < SECONDS:
            seen = _Seen(now, 0)
        _remember(self._events, event, seen._replace(left_out=seen.left_out + 1))
        return seen.left_out < DIFFERENT


def _remember(seen: OrderedDict[Any, _Seen], key: Any, value: _Seen) -> None:
    seen.pop(key, None)
    seen[key] = value  # as the newest
    if len(seen) > _REMEMBERED:
        seen.popitem(last=False)


def _keys_of(record: logging.LogRecord) -> tuple[Any, Any]:
    """What tells the kind of a message, and what tells the message itself."""
    if isinstance(record.msg, dict):  # one of structlog's
        kind = (record.name, record.levelno, str(record.msg.get("event")))
        said = {name: repr(value) for name, value in record.msg.items() if name not in _OF_ONE_CALL}
        return kind, (kind, tuple(sorted(said.items())), _place_of(record.msg.get("exc_info") or record.exc_info))
    kind = (record.name, record.levelno, _NUMBERS.sub("#", str(record.msg)))
    return kind, (kind, _NUMBERS.sub("#", record.getMessage()), _place_of(record.exc_info))


def _place_of(failure: Any) -> Any:
    """The kind of an error, and the line that raised it."""
    failure = sys.exc_info() if failure is True else failure
    error = failure[1] if isinstance(failure, tuple) else failure
    if not isinstance(error, BaseException):
        return None
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return type(error), None if last is None else (last.tb_frame.f_code.co_filename, last.tb_lineno)


def _say_repeated(record: logging.LogRecord, times: int) -> None:
    if isinstance(record.msg, dict):
        record.msg = {**record.msg, "repeated": times}
    else:
        record.msg, record.args = f"{record.getMessage()} (and {times} times before)", None

"""Warnings that repeat themselves are written once a minute."""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Mapping
from typing import Any

import pytest

from emagsync.telemetry.repeats import DIFFERENT, RepeatFilter
from support.patience import PATIENCE_SECONDS


class Log:
    """What a filter lets through, on a clock of its own."""

    def __init__(self) -> None:
        self._filter = RepeatFilter()
        self.now = 1_000_000.0
        self.written: list[Any] = []

    def __call__(
        self,
        said: str | Mapping[str, Any],
        *args: Any,
        level: int = logging.WARNING,
        name: str = "a",
        failure: Any = None,
    ) -> bool:
        record = logging.LogRecord(name, level, "file.py", 1, said, args, None)
        record.exc_info, record.created = failure, self.now
        passes = self._filter.filter(record)
        if passes:
            self.written.append(record.msg if isinstance(record.msg, dict) else record.getMessage())
        return passes


ALIKE: dict[str, tuple[Any, Any]] = {
    "the same event": ({"event": "e", "account": "main"}, {"event": "e", "account": "main"}),
    "of two requests": ({"event": "e", "request_id": "1"}, {"event": "e", "request_id": "2"}),
    "with two ids of errors": ({"event": "e", "error_id": "1"}, {"event": "e", "error_id": "2"}),
    "a library's text": ("no room", "no room"),
    "with other numbers": ("fd=17, at 0x7f00aa", "fd=18, at 0x7f00bb"),
}
DIFFER: dict[str, tuple[Any, Any]] = {
    "another event": ({"event": "e"}, {"event": "f"}),
    "another account": ({"event": "e", "account": "main"}, {"event": "e", "account": "fbe"}),
    "another page": ({"event": "e", "page": 3}, {"event": "e", "page": 4}),
    "another text": ("no room", "no time"),
}


@pytest.mark.parametrize(("one", "other"), ALIKE.values(), ids=ALIKE)
def test_of_messages_that_are_alike_one_is_written(one: Any, other: Any) -> None:
    log = Log()
    assert log(one)
    assert not log(other)


@pytest.mark.parametrize(("one", "other"), DIFFER.values(), ids=DIFFER)
def test_messages_that_say_something_else_are_all_written(one: Any, other: Any) -> None:
    log = Log()
    assert log(one)
    assert log(other)


def test_after_a_minute_it_is_written_again_with_how_often_it_came() -> None:
    log = Log()
    for _ in range(8):
        log({"event": "e"})
        log("text")
    log.now += 61
    log({"event": "e"})
    log("text")
    log.now += 61
    log({"event": "e"})
    assert log.written == [
        {"event": "e"},
        "text",
        {"event": "e", "repeated": 7},
        "text (and 7 times before)",
        {"event": "e"},
    ]


def test_a_clock_that_was_set_back_silences_nothing() -> None:
    log = Log()
    log({"event": "e"})
    log.now -= 86_400
    assert log({"event": "e"})


@pytest.mark.parametrize("level", [logging.DEBUG, logging.INFO])
def test_what_is_no_warning_always_passes(level: int) -> None:
    log = Log()
    assert [log({"event": "request"}, level=level) for _ in range(3)] == [True] * 3


def test_an_error_of_another_place_is_another_message() -> None:
    def failure(number: int) -> Any:
        try:
            if number:
                raise ValueError
            raise ValueError
        except ValueError as error:
            return (ValueError, error, error.__traceback__)

    log = Log()
    assert log("failed", failure=failure(0))
    assert not log("failed", failure=failure(0))
    assert log("failed", failure=failure(1))


def test_a_flood_of_different_values_is_cut_off_and_costs_no_memory() -> None:
    log = Log()
    passed = sum(log({"event": "e", "address": str(number)}) for number in range(5000))
    assert passed == DIFFERENT
    assert log({"event": "another"})


def test_what_the_garbage_collector_logs_while_a_message_is_looked_at_is_looked_at_too() -> None:
    """It tells of tasks that nobody awaited, in the midst of whatever the thread does: a server stood still for it."""
    log = Log()

    def collected(_phase: str, _info: Mapping[str, int]) -> None:
        log("a task was destroyed")

    def flood() -> None:
        before = gc.get_threshold()
        gc.callbacks.append(collected)
        gc.set_threshold(1)
        try:
            for number in range(50):
                log({"event": "flood", "number": number})
        finally:
            gc.callbacks.remove(collected)
            gc.set_threshold(*before)

    flooding = threading.Thread(target=flood, daemon=True)
    flooding.start()
    flooding.join(PATIENCE_SECONDS)
    assert not flooding.is_alive()
    assert log.written.count("a task was destroyed") == 1
    assert [said for said in log.written if isinstance(said, dict)] == [
        {"event": "flood", "number": number} for number in range(50)
    ]

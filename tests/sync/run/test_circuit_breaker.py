"""After a burst of failures nothing is asked until a probe gets through."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from emagsync.core.errors import ErrorKind
from emagsync.marketplace.errors import ServerFailure
from emagsync.sync.run.circuit_breaker import BURST, PATIENCE_SECONDS, PROBE_AFTER, AccountDown, Circuit


class JumpingClock:
    """Waits take no time; they only move the clock. `waits` are those that were asked for."""

    def __init__(self) -> None:
        self.at = 1000.0
        self.waits: list[float] = []

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC)

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.at += seconds
        await asyncio.sleep(0)


def opened(clock: JumpingClock) -> Circuit:
    circuit = Circuit(clock)
    fail(circuit, BURST)
    return circuit


def fail(circuit: Circuit, times: int) -> None:
    """So many calls about different pages fail."""
    for page in range(times):
        circuit.failed(ServerFailure("eMAG failed with HTTP 503", 503), page)


def test_it_opens_after_a_burst_of_failures_and_not_before() -> None:
    circuit = Circuit(JumpingClock())
    fail(circuit, BURST - 1)
    assert not circuit.is_open
    fail(circuit, 1)
    assert circuit.is_open


def test_one_page_that_keeps_failing_does_not_open_it() -> None:
    circuit = Circuit(JumpingClock())
    for _ in range(10 * BURST):
        circuit.failed(ServerFailure("eMAG failed with HTTP 503", 503), "page 3")
    assert not circuit.is_open
    fail(circuit, 1)
    assert circuit.is_open


def test_failures_with_successes_between_them_do_not_open_it() -> None:
    circuit = Circuit(JumpingClock())
    for _ in range(10):
        fail(circuit, BURST - 1)
        circuit.succeeded()
    assert not circuit.is_open
    assert circuit.is_healthy


def test_an_account_that_never_answered_is_not_healthy() -> None:
    assert not Circuit(JumpingClock()).is_healthy


def test_a_success_closes_it() -> None:
    circuit = opened(JumpingClock())
    circuit.succeeded()
    assert not circuit.is_open


async def test_a_closed_circuit_asks_for_no_probe() -> None:
    assert not await Circuit(JumpingClock()).may_probe()


async def test_probes_come_ever_more_rarely_and_end_with_an_error_that_says_so() -> None:
    clock = JumpingClock()
    circuit = opened(clock)

    async def probe_for_ever() -> None:
        while await circuit.may_probe():
            pass

    with pytest.raises(AccountDown, match=r"\(eMAG failed with HTTP 503\)\. Nothing was removed") as down:
        await probe_for_ever()
    assert tuple(clock.waits[: len(PROBE_AFTER)]) == PROBE_AFTER
    assert set(clock.waits[len(PROBE_AFTER) :]) == {PROBE_AFTER[-1]}
    assert sum(clock.waits) >= PATIENCE_SECONDS
    assert down.value.kind is ErrorKind.TRANSIENT


async def test_one_reader_probes_and_the_others_learn_of_it() -> None:
    clock = JumpingClock()
    circuit = opened(clock)
    probes = 0

    async def reader() -> None:
        nonlocal probes
        while circuit.is_open:
            if await circuit.may_probe():
                probes += 1
                circuit.succeeded()

    await asyncio.gather(*(reader() for _ in range(8)))
    assert probes == 1


async def test_after_it_closed_the_next_burst_is_waited_out_from_the_start() -> None:
    clock = JumpingClock()
    circuit = opened(clock)
    await circuit.may_probe()
    await circuit.may_probe()
    circuit.succeeded()
    clock.waits.clear()
    fail(circuit, BURST)
    await circuit.may_probe()
    assert clock.waits == [PROBE_AFTER[0]]

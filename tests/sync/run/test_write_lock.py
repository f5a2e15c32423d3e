"""Which transactions of a run may overlap."""

from __future__ import annotations

import asyncio

import pytest

from emagsync.sync.run.write_lock import WriteCoordinator


class Stage:
    """Transactions that go on only when they are told to, and what they have come to."""

    def __init__(self, at_once: int) -> None:
        self.writes = WriteCoordinator(at_once)
        self.told: list[str] = []
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._gates: dict[str, asyncio.Event] = {}

    async def begin(self, name: str, ids: set[int] | None) -> None:
        """A transaction that writes `ids`; None: one that has to be alone."""
        self._gates[name] = asyncio.Event()
        work = self._alone(name) if ids is None else self._writes(name, ids)
        self._tasks[name] = asyncio.ensure_future(work)
        await settled()

    async def go_on(self, name: str) -> None:
        self._gates[name].set()
        await settled()

    async def fail(self, name: str, error: BaseException) -> None:
        """The transaction meets `error` where it stands."""
        self._gates[name].error = error  # type: ignore[attr-defined]
        await self.go_on(name)

    async def cancel(self, name: str) -> None:
        self._tasks[name].cancel()
        await settled()

    def error(self, name: str) -> BaseException | None:
        return self._tasks[name].exception()

    async def _writes(self, name: str, ids: set[int]) -> None:
        async with self.writes.slot(ids) as slot:
            await self._stop_at(name, "writes")
            await slot.lock_counts()
            await self._stop_at(name, "counts")
        self.told.append(f"{name} ended")

    async def _alone(self, name: str) -> None:
        async with self.writes.exclusive():
            await self._stop_at(name, "is alone")
        self.told.append(f"{name} ended")

    async def _stop_at(self, name: str, what: str) -> None:
        self.told.append(f"{name} {what}")
        gate = self._gates[name]
        await gate.wait()
        gate.clear()
        error: BaseException | None = getattr(gate, "error", None)
        if error is not None:
            raise error


async def settled() -> None:
    """Everything that can go on has come to its next stop."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_as_many_transactions_write_at_once_as_were_said() -> None:
    stage = Stage(2)
    for number, name in enumerate("abc"):
        await stage.begin(name, {number})
    assert stage.told == ["a writes", "b writes"]
    await stage.go_on("a")
    await stage.go_on("a")
    assert stage.told[2:] == ["a counts", "a ended", "c writes"]


async def test_one_at_a_time_is_one_at_a_time() -> None:
    stage = Stage(1)
    await stage.begin("a", {1})
    await stage.begin("b", {2})
    assert stage.told == ["a writes"]


async def test_an_offer_is_written_by_one_at_a_time() -> None:
    stage = Stage(2)
    await stage.begin("a", {1, 2})
    await stage.begin("b", {2, 3})
    assert stage.told == ["a writes"]
    await stage.go_on("a")
    await stage.go_on("a")
    assert stage.told[-1] == "b writes"


async def test_empty_pages_are_told_apart() -> None:
    stage = Stage(2)
    for name in ("a", "b", "c", "d"):
        await stage.begin(name, set())
    await stage.go_on("a")
    await stage.go_on("a")
    assert stage.told == ["a writes", "b writes", "a counts", "a ended", "c writes"]


async def test_who_waits_for_an_offer_is_not_overtaken() -> None:
    stage = Stage(2)
    await stage.begin("a", {1})
    await stage.begin("b", {1})
    await stage.begin("c", {3})
    assert stage.told == ["a writes"]


async def test_only_one_counts_until_it_has_ended() -> None:
    stage = Stage(2)
    await stage.begin("a", {1})
    await stage.begin("b", {2})
    await stage.go_on("b")
    await stage.go_on("a")
    assert stage.told[2:] == ["b counts"]
    await stage.go_on("b")
    assert stage.told[3:] == ["b ended", "a counts"]


async def test_what_must_be_alone_waits_for_all_and_lets_nobody_in() -> None:
    stage = Stage(2)
    await stage.begin("a", {1})
    await stage.begin("alone", None)
    await stage.begin("b", {2})
    assert stage.told == ["a writes"]
    await stage.go_on("a")
    await stage.go_on("a")
    assert stage.told[1:] == ["a counts", "a ended", "alone is alone"]
    await stage.go_on("alone")
    assert stage.told[4:] == ["alone ended", "b writes"]


async def test_after_counts_that_were_rolled_back_nobody_counts_on_them() -> None:
    stage = Stage(2)
    await stage.begin("a", {1})
    await stage.begin("b", {2})
    await stage.go_on("a")
    await stage.go_on("b")
    lost = ConnectionError("the server went away")
    await stage.fail("a", lost)
    assert "b counts" not in stage.told
    assert stage.error("a") is stage.error("b") is lost


async def test_one_that_fails_before_it_counts_does_not_matter_to_others() -> None:
    stage = Stage(2)
    await stage.begin("a", {1})
    await stage.begin("b", {2})
    await stage.fail("a", ConnectionError("the server went away"))
    await stage.go_on("b")
    await stage.go_on("b")
    assert stage.told[-1] == "b ended"


@pytest.mark.parametrize("steps", [0, 1])
async def test_one_that_is_cancelled_gives_its_turn_back(steps: int) -> None:
    stage = Stage(1)
    await stage.begin("a", {1})
    for _ in range(steps):
        await stage.go_on("a")
    await stage.begin("b", {1})
    await stage.cancel("a")
    assert stage.told[-1] == "b writes"


@pytest.mark.parametrize("waiting", [{1}, None])
async def test_one_that_is_cancelled_while_it_waits_lets_the_next_one_in(waiting: set[int] | None) -> None:
    stage = Stage(2)
    await stage.begin("a", {1})
    await stage.begin("b", waiting)
    await stage.begin("c", {3})
    await stage.cancel("b")
    assert stage.told == ["a writes", "c writes"]

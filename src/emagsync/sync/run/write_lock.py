"""Whose turn it is to write for a run: pages of different offers side by side, their counts one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Set
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class _Counting:
    """Who may change the run's counts. `failure` is what ended a transaction that had."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    failure: BaseException | None = None


class WriteSlot:
    """A transaction's turn to write its offers."""

    def __init__(self, counting: _Counting) -> None:
        self._counting = counting
        self._counts = False

    async def lock_counts(self) -> None:
        """Wait for the turn to change the run's counts, which lasts until the transaction has ended.

        Raises what ended an earlier one in its turn: the counts in memory are ahead of the database's since then, and
        nothing true can be written from them.
        """
        await self._counting.turn.acquire()
        self._counts = True
        if self._counting.failure is not None:
            raise self._counting.failure

    def end(self, failure: BaseException | None) -> None:
        """The transaction was committed, or `failure` ended it."""
        if self._counts:
            self._counting.failure = failure or self._counting.failure
            self._counting.turn.release()


class WriteCoordinator:
    """The turns of one run's transactions, each of which begins and ends within its turn. First come, first served.

    `at_once` transactions may write offers side by side, as long as they have none in common: neither would see what
    the other does with it.
    """

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._entrance = asyncio.Lock()
        self._writing: list[Set[int]] = []
        self._somebody_left = asyncio.Event()
        self._counting = _Counting()

    @asynccontextmanager
    async def of(self, ids: Set[int]) -> AsyncIterator[WriteSlot]:
        """A turn to write these offers."""
        async with self._entrance:
            await self._until(lambda: self._has_room_for(ids))
            self._writing.append(ids)
        turn = WriteSlot(self._counting)
        failure: BaseException | None = None
        try:
            yield turn
        except BaseException as error:
            failure = error
            raise
        finally:
            turn.end(failure)
            # Not by value: an empty page equals another one.
            self._writing = [others for others in self._writing if others is not ids]
            self._somebody_left.set()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """A turn for what nothing else of the run may go on beside."""
        async with self._entrance:
            await self._until(lambda: not self._writing)
            yield

    def _has_room_for(self, ids: Set[int]) -> bool:
        return len(self._writing) < self._at_once and all(ids.isdisjoint(others) for others in self._writing)

    async def _until(self, is_so: Callable[[], bool]) -> None:
        # Only one at a time waits here: who holds the entrance.
        while not is_so():
            self._somebody_left.clear()
            await self._somebody_left.wait()

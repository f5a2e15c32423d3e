"""Serialises a run's page transactions where they must not overlap.

Pages that have no offer in common are written side by side; the run's counts are changed by one transaction at a time.
A transaction moves through these states, and only forward:

    waiting    for a free slot, and for every transaction that writes one of its offers; first come, first served
    writing    its offers (`slot`)
    counting   it has called `lock_counts` and changes the run's counts, in memory and in the run's row
    ended      committed or rolled back: the slot and the counts are free again

Without the first rule two pages that show the same offer would both create it, or log the same change twice: neither
transaction sees the other's rows. Without the second, counts would be written that include a page which is rolled back
later. Counts in memory cannot be rolled back: when a transaction fails while it counts, every later one fails in
`lock_counts` with the same error, and the run ends with the counts that the database has.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Set
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class _Counts:
    """The right to change the run's counts. `failure` is what ended a transaction that had it."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    failure: BaseException | None = None


class WriteSlot:
    """One transaction's permission to write its offers."""

    def __init__(self, counts: _Counts) -> None:
        self._counts = counts
        self._holds_counts = False

    async def lock_counts(self) -> None:
        """Wait for the permission to change the run's counts, which lasts until the transaction has ended.

        Raises what ended an earlier transaction that had it: the counts in memory are ahead of the database's since
        then, and nothing true can be written from them.
        """
        await self._counts.lock.acquire()
        self._holds_counts = True
        if self._counts.failure is not None:
            raise self._counts.failure

    def end(self, failure: BaseException | None) -> None:
        """The transaction was committed, or `failure` ended it."""
        if self._holds_counts:
            self._counts.failure = failure or self._counts.failure
            self._counts.lock.release()


class WriteCoordinator:
    """Hands out the slots of one run's transactions, each of which begins and ends within its slot.

    `at_once` transactions may write offers side by side, as long as they have none in common.
    """

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._entrance = asyncio.Lock()
        self._writing: list[Set[int]] = []
        self._slot_freed = asyncio.Event()
        self._counts = _Counts()

    @asynccontextmanager
    async def slot(self, ids: Set[int]) -> AsyncIterator[WriteSlot]:
        """A slot to write these offers in."""
        async with self._entrance:
            await self._until(lambda: self._has_room_for(ids))
            self._writing.append(ids)
        slot = WriteSlot(self._counts)
        failure: BaseException | None = None
        try:
            yield slot
        except BaseException as error:
            failure = error
            raise
        finally:
            slot.end(failure)
            # Not by value: an empty page equals another one.
            self._writing = [others for others in self._writing if others is not ids]
            self._slot_freed.set()

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[None]:
        """An exclusive slot: nothing else of the run is written meanwhile."""
        async with self._entrance:
            await self._until(lambda: not self._writing)
            yield

    def _has_room_for(self, ids: Set[int]) -> bool:
        return len(self._writing) < self._at_once and all(ids.isdisjoint(others) for others in self._writing)

    async def _until(self, is_so: Callable[[], bool]) -> None:
        # Only one at a time waits here: whoever holds the entrance.
        while not is_so():
            self._slot_freed.clear()
            await self._slot_freed.wait()

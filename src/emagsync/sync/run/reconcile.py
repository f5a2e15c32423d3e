"""Finds out, after the last page, about offers that the local copy has and eMAG's list did not show, or showed twice.

Each is asked for by its id; only one that eMAG then does not know is marked removed. Where they are more than a reading
of the list takes requests, a second complete reading that stood still and does not show them either decides instead. An
answer that does not come is no answer: the offer stays as it is, and the run is not called complete.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from math import inf

from emagsync.core.clock import Clock
from emagsync.core.concurrency import run_concurrently
from emagsync.core.errors import ErrorKind
from emagsync.db.engine import Database
from emagsync.marketplace import EmagClient, OfferFilters
from emagsync.marketplace.errors import EmagError
from emagsync.offers import repository as offers
from emagsync.sync.run.evidence import Evidence
from emagsync.sync.run.id_set import IdSet
from emagsync.sync.run.list_reader import LOOKUP_ATTEMPTS, ListReader
from emagsync.sync.run.list_stability import Extent, Pass, stood_still
from emagsync.sync.run.progress import RunProgress
from emagsync.sync.run.writer import RunWriter
from emagsync.sync.schemas import RunError

ACTIVE = 1
# Beyond this many unseen offers it is looked at whether reading eMAG's other lists takes fewer requests.
FEW = 20
LOOKUPS_IN_FLIGHT = 6
# What a reading takes beside its pages: the count before and after, the empty page, the tail.
READING_OVERHEAD = 4
# Readings that may have to be made until one stands still, and offers that are asked for by id all the same.
READINGS = 2
SAMPLE = 5
# Questions in a row without an answer after which no more are asked.
MOST_UNANSWERED = 10
_TOGETHER = 50
_REMOVED_TOGETHER = 500


class Reconciler:
    """Looks up the offers that a complete read did not see.

    `read_again(times)` reads the list of all offers once more, for the `times`-th time.
    """

    def __init__(
        self,
        *,
        database: Database,
        client: EmagClient,
        reader: ListReader,
        read_again: Callable[[int], Awaitable[Pass]],
        writer: RunWriter,
        progress: RunProgress,
        clock: Clock,
        account: str,
        stop: asyncio.Event,
        evidence: Evidence,
    ) -> None:
        self._database = database
        self._client = client
        self._reader = reader
        self._read_again = read_again
        self._writer = writer
        self._progress = progress
        self._clock = clock
        self._account = account
        self._stop = stop
        self._evidence = evidence
        self._look_ups = evidence.begin_look_ups()
        self._unanswered_in_a_row = 0
        self.unanswered = 0

    async def run(self, seen: IdSet, *, only_active: bool, may_remove: bool) -> None:
        """`seen` are the ids of the list as read; `only_active` says that the list was that of active offers.

        An offer that eMAG still knows is stored as it is now. One that it does not know is marked removed, if
        `may_remove`. An offer whose question stays unanswered is left alone and counted in `unanswered`.
        """
        unseen = [emag_id async for emag_id in self._unseen(seen, only_active=only_active)]
        if only_active and len(unseen) > FEW:
            unseen = await self._without_listed(unseen)
        if may_remove and len(unseen) > await self._requests_to_read(None if only_active else len(seen)):
            unseen = await self._without_confirmed(unseen)
        for start in range(0, len(unseen), _TOGETHER):
            if self._stop.is_set():
                return
            await self._look_up(unseen[start : start + _TOGETHER], may_remove=may_remove)
            await self._writer.save_evidence(self._evidence)

    async def settle(self, repeated: Collection[int]) -> None:
        """Store offers that the list showed more than once as eMAG shows them when asked by id: their rows may differ,
        and then nobody knows which one is true. Where they are many, or no answer comes, the last row counts.
        """
        if len(repeated) > FEW:
            return
        for emag_id in sorted(repeated):
            if self._stop.is_set():
                return
            asked_at = self._clock.now()
            try:
                row = await self._reader.find_offer(emag_id)
            except EmagError as error:
                if error.kind is ErrorKind.CONFIGURATION:
                    raise
                continue
            if row is not None:
                await self._writer.store_rows([row.raw], read_at=asked_at)

    async def _requests_to_read(self, offers: int | None) -> float:
        """How many requests a reading of all offers takes; without end where nobody knows how many there are."""
        if offers is None:
            try:
                offers = (await self._client.count_offers(attempts=LOOKUP_ATTEMPTS)).items
            except EmagError as error:
                if error.kind is ErrorKind.CONFIGURATION:
                    raise
        return inf if offers is None else offers / self._reader.sizes.size + READING_OVERHEAD

    async def _without_confirmed(self, unseen: list[int]) -> list[int]:
        """Those that are still to be looked up after another reading, which marks as removed what it does not show.

        It decides only if it stood still, and if eMAG, asked for a few of them by id, does not know those either: a
        list that leaves out offers that are there would leave them out again.
        """
        for times in range(1, READINGS + 1):
            read = await self._read_again(times)
            unseen = [emag_id for emag_id in unseen if emag_id not in read.ids]
            if self._stop.is_set() or read.unread or read.extent is not Extent.END:
                return unseen
            if stood_still(read) and not read.nameless:
                break
        else:
            return unseen
        unseen = sorted(unseen)
        sample = unseen[:: max(len(unseen) // SAMPLE, 1)][:SAMPLE]
        if self._progress.failed or not await self._are_unknown(sample):
            return unseen
        self._look_ups.confirmed += len(unseen)
        for start in range(0, len(unseen), _REMOVED_TOGETHER):
            await self._writer.mark_removed(unseen[start : start + _REMOVED_TOGETHER])
        return []

    async def _are_unknown(self, ids: Sequence[int]) -> bool:
        for emag_id in ids:
            self._look_ups.asked += 1
            try:
                if await self._reader.find_offer(emag_id) is not None:
                    return False
            except EmagError as error:
                if error.kind is ErrorKind.CONFIGURATION:
                    raise
                return False
        return True

    async def _unseen(self, seen: IdSet, *, only_active: bool) -> AsyncIterator[int]:
        status = ACTIVE if only_active else None
        async with self._database.snapshot() as connection:
            async for ids in offers.present_ids(connection, self._account, status=status):
                for emag_id in ids:
                    if emag_id not in seen:
                        yield emag_id

    async def _without_listed(self, unseen: list[int]) -> list[int]:
        # Offers leave the active list by becoming inactive or ending; where many did at once, a hundred of them
        # come with one request.
        wanted, found = set(unseen), self._progress.new_set()
        for status in (0, 2):
            filters = OfferFilters(status=status)
            try:
                count = await self._client.count_offers(filters)
                if count.items is None or count.items / 100 + 1 >= len(wanted):
                    continue
                asked_at = self._clock.now()
                async for page in self._client.offer_pages(filters=filters):
                    for emag_id in await self._writer.store_rows(page.raw_rows, read_at=asked_at):
                        found.add(emag_id)
                    asked_at = self._clock.now()
            except EmagError as error:
                if error.kind is ErrorKind.CONFIGURATION:
                    raise
        left = [emag_id for emag_id in unseen if emag_id not in found]
        self._look_ups.listed += len(unseen) - len(left)
        return left

    async def _look_up(self, ids: list[int], *, may_remove: bool) -> None:
        found: list[bytes] = []
        unknown: list[int] = []
        asked_at = self._clock.now()
        waiting = list(reversed(ids))

        async def ask() -> None:
            while waiting and not self._stop.is_set():
                emag_id = waiting.pop()
                if self._unanswered_in_a_row >= MOST_UNANSWERED:
                    self._leave_unanswered()
                    continue
                self._look_ups.asked += 1
                try:
                    row = await self._reader.find_offer(emag_id)
                except EmagError as error:
                    self._unanswered(emag_id, error)
                    continue
                self._unanswered_in_a_row = 0
                if row is None:
                    unknown.append(emag_id)
                else:
                    found.append(row.raw)

        await run_concurrently([ask() for _ in range(LOOKUPS_IN_FLIGHT)])
        self._look_ups.found += len(found)
        self._look_ups.unknown += len(unknown)
        if found:
            await self._writer.store_rows(found, read_at=asked_at)
        if unknown and may_remove:
            await self._writer.mark_removed(sorted(unknown))

    def _unanswered(self, emag_id: int, error: EmagError) -> None:
        if error.kind is ErrorKind.CONFIGURATION:
            raise error
        self._leave_unanswered()
        self._unanswered_in_a_row += 1
        message = f"offer {emag_id} was not in eMAG's list, and asking for it failed: {error}"
        self._progress.note(RunError(code=error.code, message=message, at=self._clock.now(), emag_id=emag_id))

    def _leave_unanswered(self) -> None:
        self.unanswered += 1
        self._look_ups.unanswered += 1

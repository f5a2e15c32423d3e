"""Reads offers back from eMAG with as few requests as possible, and before anything that is not urgent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Mapping
from typing import Any, Final

from emagsync.core.concurrency import run_concurrently
from emagsync.core.errors import ErrorKind
from emagsync.marketplace.budget.budget import Priority
from emagsync.marketplace.client import EmagClient
from emagsync.marketplace.errors import EmagError
from emagsync.marketplace.rows.parse import ParsedRow, parse, peek_id

PER_PAGE: Final = 100
IN_FLIGHT: Final = 6
# Offers that are read one by one are read in portions of this size, so that new edits need not wait for all of them.
# The list is read in one go.
LOOKUPS_AT_ONCE: Final = 30

Store = Callable[[Mapping[int, ParsedRow]], Awaitable[None]]


def pages_for(offers: int) -> int:
    """How many requests reading the whole list takes, the empty page at its end included."""
    return -(-offers // PER_PAGE) + 1


def portion(ids: Iterable[int], offers: int) -> list[int]:
    """Those of `ids` to read now: all of them where reading the whole list takes fewer requests, else the first few."""
    wanted = list(ids)
    return wanted if len(wanted) > pages_for(offers) else wanted[:LOOKUPS_AT_ONCE]


class OfferFetcher:
    """Reads some offers of an account that has about `offers` of them, and passes them to `store` as they come.

    Use once. Afterwards `unknown` are the ids that eMAG does not know, and `failed` says why others could not be read.
    """

    def __init__(self, client: EmagClient, *, offers: int, store: Store) -> None:
        self._client = client
        self._pages = pages_for(offers)
        self._store = store
        self.unknown: set[int] = set()
        self.failed: dict[int, str] = {}

    async def fetch(self, ids: Collection[int]) -> None:
        """Read these offers.

        [documented] eMAG's filter takes one id, so one request reads one offer, or a page of a hundred: where many are
        wanted, the list is read. What it did not show (rows move between pages) is asked for by id, unless that takes
        as many requests again. Raises the EmagError that a person must act on.
        """
        missing = set(ids)
        if len(missing) > self._pages:
            await self._read_list(missing)
        if len(missing) > self._pages:
            self.failed.update(dict.fromkeys(missing - self.failed.keys(), "eMAG's list did not show it"))
        else:
            await self._look_up(missing - self.failed.keys())

    async def _read_list(self, missing: set[int]) -> None:
        async def one(page: int) -> None:
            try:
                answer = await self._client.read_offers(page=page, per_page=PER_PAGE, priority=Priority.URGENT)
            except EmagError as error:
                _raise_if_configuration(error)
                return
            rows = ((peek_id(raw), raw) for raw in answer.raw_rows)
            wanted = {emag_id: parse(raw, answer.platform) for emag_id, raw in rows if emag_id in missing}
            missing.difference_update(wanted)
            await self._pass_on({emag_id: row for emag_id, row in wanted.items() if emag_id is not None})

        await _for_each(range(1, self._pages + 1), one)

    async def _look_up(self, ids: Collection[int]) -> None:
        rows: dict[int, ParsedRow] = {}

        async def one(emag_id: int) -> None:
            try:
                row = await self._client.find_offer(emag_id, priority=Priority.URGENT)
            except EmagError as error:
                _raise_if_configuration(error)
                self.failed[emag_id] = str(error)
                return
            if row is None:
                self.unknown.add(emag_id)
            else:
                rows[emag_id] = row

        await _for_each(sorted(ids), one)
        await self._pass_on(rows)

    async def _pass_on(self, rows: Mapping[int, ParsedRow]) -> None:
        for emag_id, row in rows.items():
            if row.offer is None:
                self.failed[emag_id] = f"its row cannot be read: {row.rejected}"
        readable = {emag_id: row for emag_id, row in rows.items() if row.offer is not None}
        if readable:
            await self._store(readable)


async def _for_each(things: Iterable[int], do: Callable[[int], Coroutine[Any, Any, None]]) -> None:
    """Do it for all of `things`, IN_FLIGHT at a time."""
    waiting = list(reversed(list(things)))

    async def some() -> None:
        while waiting:
            await do(waiting.pop())

    if waiting:
        await run_concurrently([some() for _ in range(min(IN_FLIGHT, len(waiting)))])


def _raise_if_configuration(error: EmagError) -> None:
    if error.kind is ErrorKind.CONFIGURATION:
        raise error

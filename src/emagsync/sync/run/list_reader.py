"""Reads a run's lists for all who need something of them: the one way in which a run asks eMAG for offers.

Every read passes here, so that all of them are stopped by the account's circuit (`circuit_breaker`), tell it how they
fared, and teach the run which size of pages works (`marketplace/page_sizes.py`). While the circuit is open the reads
wait, and one of them at a time probes: it asks for a single row, one that came before if there is any, so that neither
a large page nor a broken row looks like an account that is down.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final, NamedTuple

from emagsync.core.clock import Clock
from emagsync.core.errors import ErrorKind
from emagsync.marketplace import EmagClient, OfferFilters
from emagsync.marketplace.errors import EmagError
from emagsync.marketplace.page_sizes import PageSizes
from emagsync.marketplace.pages import OfferPage
from emagsync.marketplace.rows.parse import ParsedRow, peek_id
from emagsync.sync.run.circuit_breaker import Circuit
from emagsync.sync.run.progress import RunProgress
from emagsync.sync.schemas import Phase

# Attempts of a look-up of one offer: the circuit waits for eMAG, not each of them.
LOOKUP_ATTEMPTS: Final = 3


class _Row(NamedTuple):
    """One row of a list, by its place from 1."""

    place: int
    filters: OfferFilters | None


class ListReader:
    """Reads the lists of one run. `sizes` is told how every page fared; `answer_within` are the seconds that one may
    take."""

    def __init__(
        self, client: EmagClient, *, circuit: Circuit, sizes: PageSizes, progress: RunProgress, clock: Clock
    ) -> None:
        self.sizes = sizes
        self.answer_within = client.http.read_timeout
        self._client = client
        self._circuit = circuit
        self._progress = progress
        self._clock = clock
        self._came: _Row | None = None  # a row that came

    @property
    def others_come(self) -> bool:
        """Whether eMAG answers at all, so that a page that fails fails by itself."""
        return self._circuit.is_healthy

    async def read_offers(
        self,
        *,
        page: int = 1,
        per_page: int = 100,
        filters: OfferFilters | None = None,
        attempts: int | None = None,
        split_attempts: int | None = None,
    ) -> OfferPage:
        """One page. Raises its EmagError, and AccountDown when eMAG fails everything for too long."""
        with self._progress.page_under_way(self._clock.monotonic()):
            return await self._read_when_closed(page, per_page, filters, attempts, split_attempts)

    async def _read_when_closed(
        self,
        page: int,
        per_page: int,
        filters: OfferFilters | None,
        attempts: int | None,
        split_attempts: int | None,
    ) -> OfferPage:
        row = _Row((page - 1) * per_page + 1, filters)
        once_more = True
        while True:
            await self._wait_for_circuit(row)
            try:
                return await self._read(row, page, per_page, attempts, split_attempts)
            except EmagError as error:
                if not (once_more and self._circuit.is_open) or error.took_too_long:
                    raise
            # The account failed, not this page: it has not used up its chance.
            once_more, attempts, split_attempts = False, 1, 1

    async def find_offer(self, emag_id: int) -> ParsedRow | None:
        """As `EmagClient.find_offer`. Raises AccountDown when eMAG fails everything for too long."""
        await self._wait_for_circuit(_Row(1, None))
        try:
            row = await self._client.find_offer(emag_id, attempts=self._at_most(LOOKUP_ATTEMPTS))
        except EmagError as error:
            self._note_failure(error, ("offer", emag_id))
            raise
        self._circuit.succeeded()
        return row

    async def id_at(self, place: int, filters: OfferFilters) -> int | None:
        """The id of the row at `place`, from 1; None where there is no row, or one without an id.

        Tells nothing about the size of pages. Raises its EmagError, and AccountDown when eMAG fails everything for too
        long.
        """
        await self._wait_for_circuit(_Row(place, filters))
        try:
            read = await self._client.read_offers(page=place, per_page=1, filters=filters)
        except EmagError as error:
            self._note_failure(error, ("row", place, filters))
            raise
        self._circuit.succeeded()
        return peek_id(read.raw_rows[0]) if len(read) == 1 else None

    async def _read(
        self, row: _Row, page: int, per_page: int, attempts: int | None, split_attempts: int | None
    ) -> OfferPage:
        self.sizes.started(per_page)
        began = self._clock.monotonic()
        try:
            read = await self._client.read_offers(
                page=page,
                per_page=per_page,
                filters=row.filters,
                attempts=self._at_most(attempts),
                split_attempts=self._at_most(split_attempts),
            )
        except EmagError as error:
            if error.smaller_page_may_help:
                seconds = self._clock.monotonic() - began
                self.sizes.failed(per_page, took_too_long=error.took_too_long, seconds=seconds)
                self._note_size()
            self._note_failure(error, ((row.place - 1) // self.sizes.steps[0], row.filters))
            raise
        self._circuit.succeeded()
        self.sizes.passed(per_page, len(read), self._clock.monotonic() - began)
        self._note_size()
        if len(read):
            self._came = row
        return read

    def _note_size(self) -> None:
        self._progress.page_size = self.sizes.size if self.sizes.is_reduced else None

    def _note_failure(self, error: EmagError, what: Hashable) -> None:
        if error.kind is not ErrorKind.CONFIGURATION:
            self._circuit.failed(error, what)

    def _at_most(self, attempts: int | None) -> int | None:
        return None if attempts is None else min(attempts, self._client.retry.attempts)

    async def _wait_for_circuit(self, waiting: _Row) -> None:
        while self._circuit.is_open:
            phase = self._progress.phase
            self._progress.phase = Phase.PROBING
            try:
                if await self._circuit.may_probe():
                    await self._probe(self._came or waiting)
            finally:
                if not self._circuit.is_open and self._progress.phase is Phase.PROBING:
                    self._progress.phase = phase if phase is not Phase.PROBING else Phase.READING

    async def _probe(self, row: _Row) -> None:
        try:
            await self._client.read_offers(page=row.place, per_page=1, filters=row.filters, attempts=1)
        except EmagError as error:
            if error.kind is ErrorKind.CONFIGURATION:
                raise
            self._circuit.probe_failed(error)
        else:
            self._circuit.succeeded()

"""Records a process's calls to eMAG in the metrics and in the log, and writes both every few seconds."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import orjson
import structlog

from emagsync.call_log import metric_totals_repository as metric_totals
from emagsync.call_log import metrics, repository
from emagsync.call_log.repository import OK, CallRow
from emagsync.core.clock import Clock, SystemClock
from emagsync.core.concurrency import cancelled
from emagsync.core.settings import CallSettings
from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseError
from emagsync.marketplace import CallRecord
from emagsync.telemetry import tracing
from emagsync.telemetry.metrics import Increments

log = structlog.get_logger()

WRITE_SECONDS: Final = 5.0
_LONGEST_ERROR: Final = 500
# While the database is away no more than this many calls are kept for the log; the totals lose nothing.
_MOST_WAITING: Final = 20_000
_LONGEST_ID: Final = 64
_TRIM_SHARE: Final = 20


class CallRecorder:
    """Gets every call of this process (`observe`, for `AccountRegistry`) and writes it while a database is open.

    Only what is written is shown as a metric: a count that a killed process had shown and lost would look to
    Prometheus like a counter that was reset.
    """

    def __init__(self, settings: CallSettings, clock: Clock | None = None) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._increments: Increments = {}
        self._waiting: list[CallRow] = []
        self._successes: Counter[tuple[str, str]] = Counter()
        self._written: Counter[str] = Counter()
        self._writing = asyncio.Lock()
        self._full = asyncio.Event()

    def observe(self, record: CallRecord) -> None:
        """Count a call, and keep it for the log: failures and writes, and one in so many of the other successes."""
        metrics.count(self._increments, record)
        tracing.record_span(
            "emag call",
            started_at=record.started_at,
            seconds=record.seconds,
            account=record.account,
            route=metrics.endpoint_of(record.route),
            status=record.status or 0,
            outcome=record.outcome,
            attempt=record.attempt,
        )
        if self._is_logged(record) and len(self._waiting) < _MOST_WAITING:
            self._waiting.append(_row(record))
            if len(self._waiting) >= _MOST_WAITING // 20:
                self._full.set()

    @asynccontextmanager
    async def writing_to(self, database: Database) -> AsyncIterator[None]:
        """Write every few seconds while the block runs, and what is left when it ends, also by an exception."""
        task = asyncio.get_running_loop().create_task(self._write_repeatedly(database), name="call recorder")
        try:
            yield
        finally:
            await cancelled(task)
            await self._try_to_write(database)

    async def write(self, database: Database) -> None:
        """Write the calls since the last time. Raises DatabaseError, and keeps them for the next time."""
        async with self._writing:
            increments, self._increments = self._increments, {}
            calls, self._waiting = self._waiting, []
            if not increments:
                return
            try:
                async with database.transaction() as connection:
                    await metric_totals.add(connection, increments)
                    await repository.insert_calls(connection, calls)
            except BaseException:
                for series, value in increments.items():
                    self._increments[series] = self._increments.get(series, 0) + value
                self._waiting = [*calls, *self._waiting][-_MOST_WAITING:]
                raise
            self._written.update(call.account for call in calls)
        await self._trim(database)

    async def _write_repeatedly(self, database: Database) -> None:
        while True:
            self._full.clear()
            waiting = asyncio.ensure_future(self._full.wait())
            sleeping = asyncio.ensure_future(self._clock.sleep(WRITE_SECONDS))
            try:
                await asyncio.wait({waiting, sleeping}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                await cancelled(waiting, sleeping)
            await self._try_to_write(database)

    async def _try_to_write(self, database: Database) -> None:
        try:
            # Not cancelled half-way when the process stops: it would not be known what was written.
            await asyncio.shield(self.write(database))
        except DatabaseError as error:
            log.warning("calls_not_written", error=str(error), waiting=len(self._waiting))

    async def _trim(self, database: Database) -> None:
        most = self._settings.max_rows
        for account, written in list(self._written.items()):
            if written > most // _TRIM_SHARE:
                async with database.transaction() as connection:
                    trimmed = await repository.trim(connection, account, keep=most)
                if not trimmed:
                    del self._written[account]

    def _is_logged(self, record: CallRecord) -> bool:
        if record.outcome != OK or record.is_write:
            return True
        key = (record.account, metrics.endpoint_of(record.route))
        self._successes[key] += 1
        return self._successes[key] % self._settings.sample_every == 1 % self._settings.sample_every


def _row(record: CallRecord) -> CallRow:
    bound = structlog.contextvars.get_contextvars()
    return CallRow(
        account=record.account,
        route=record.route[:64],
        filters=orjson.dumps(record.filters, default=str).decode(),
        started_at=record.started_at,
        duration_ms=round(record.seconds * 1000),
        waited_ms=round(record.waited_seconds * 1000),
        attempt=record.attempt,
        status=record.status,
        outcome=record.outcome,
        error=None if record.error is None else record.error[:_LONGEST_ERROR],
        rows=record.rows,
        run_id=_bound_id(bound.get("run_id"), 36),
        request_id=_bound_id(bound.get("request_id"), _LONGEST_ID),
    )


def _bound_id(value: object, longest: int) -> str | None:
    return value[:longest] if isinstance(value, str) else None

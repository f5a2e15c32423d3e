"""PostgreSQL's connections: opened patiently, and with COPY for many rows. Imported only where PostgreSQL is used."""

from __future__ import annotations

import asyncio
import select
from collections.abc import Iterable, Sequence
from typing import Any, Final

import asyncpg
from sqlalchemy.exc import DBAPIError, IntegrityError

from emagsync.db.postgresql import Options

_RETRY_SECONDS: Final = 0.2


class Connection(asyncpg.Connection):  # type: ignore[misc] # the driver has no types
    """A connection of the driver."""

    async def copy_rows(self, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
        """Store rows by COPY. Raises SQLAlchemy's IntegrityError and DBAPIError."""
        try:
            await self.copy_records_to_table(table, columns=columns, records=rows)
        except asyncpg.IntegrityConstraintViolationError as error:
            raise IntegrityError(f"COPY {table}", None, error) from error
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise DBAPIError(f"COPY {table}", None, error) from error

    def is_stale(self) -> bool:
        """Whether an idle connection was closed, by us or by the server; without a trip to the server."""
        return self.is_closed() or self._has_something_to_read()

    def _has_something_to_read(self) -> bool:
        # That the event loop has not come to yet: on an idle connection it can only be the server's goodbye.
        poll = select.poll()
        poll.register(self._transport.get_extra_info("socket"), select.POLLIN)
        return bool(poll.poll(0))


class Connector:
    """Opens connections for the pool; waits for a server that is starting, and for one that was there before."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._was_there = False

    async def __call__(self) -> Connection:
        end = asyncio.get_running_loop().time() + self._options.connect_timeout
        while True:
            try:
                connection = await self._connect()
            except (asyncpg.CannotConnectNowError, ConnectionError) as error:
                is_starting = isinstance(error, asyncpg.CannotConnectNowError)
                if not (is_starting or self._was_there) or asyncio.get_running_loop().time() > end:
                    raise
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                self._was_there = True
                return connection

    async def _connect(self) -> Connection:
        options = self._options
        connection: Connection = await asyncpg.connect(
            options.address,
            connection_class=Connection,
            timeout=options.connect_timeout,
            # The server ends a statement that takes too long; this is for a server that says nothing any more.
            command_timeout=options.statement_timeout + 30,
            server_settings={
                "application_name": options.application_name,
                "statement_timeout": str(options.statement_timeout * 1000),
                # A machine that vanished inside a transaction must not hold its locks for hours.
                "idle_in_transaction_session_timeout": str(max(600, options.statement_timeout) * 1000),
                "tcp_keepalives_idle": "30",
                "tcp_keepalives_interval": "10",
                "tcp_keepalives_count": "3",
                # Compiling takes longer than our statements do.
                "jit": "off",
                "timezone": "UTC",
            },
        )
        return connection

"""PostgreSQL's connections: opened patiently, and with COPY for many rows. Imported only where PostgreSQL is used.

Between us and the server there may be a pooler (PgBouncer, or one of a managed service) that gives each transaction
another connection to the server. Nothing may then be left on a connection for later: no settings of the session, no
prepared statements. Such a connection is a `PooledConnection`. Whether there is a pooler is found out: it refuses the
settings that a connection begins with, or does not pass them on, or it loses prepared statements.
"""

from __future__ import annotations

import asyncio
import select
import socket
import ssl
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import asyncpg
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError

from emagsync.db.postgresql import POOL_WAIT_SECONDS, Options, SystemTrust

_RETRY_SECONDS: Final = 0.2
_SOCKET_OPTIONS: Final = {
    "keepalives_idle": getattr(socket, "TCP_KEEPIDLE", None),
    "keepalives_interval": getattr(socket, "TCP_KEEPINTVL", None),
    "keepalives_count": getattr(socket, "TCP_KEEPCNT", None),
    "tcp_user_timeout": getattr(socket, "TCP_USER_TIMEOUT", None),
}


# A setting that nobody but a pooler takes away; its class is ours, so that the server knows nothing of it.
_MARK: Final = "emagsync.session"
_IS_MARKED: Final = f"SELECT 1 WHERE current_setting('{_MARK}', true) = 'own'"
_LOST_STATEMENT: Final = (asyncpg.InvalidSQLStatementNameError, asyncpg.DuplicatePreparedStatementError)


class NoServerFree(asyncpg.InterfaceError):  # type: ignore[misc]
    """A pooler had no connection to the server for us in time."""


class Connection(asyncpg.Connection):  # type: ignore[misc] # the driver has no types
    """A connection of the driver."""

    is_pooled = False

    async def copy_rows(self, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
        """Store rows by COPY. Raises SQLAlchemy's IntegrityError and DBAPIError."""
        try:
            await self.copy_records_to_table(table, columns=columns, records=rows)
        except asyncpg.IntegrityConstraintViolationError as error:
            raise IntegrityError(f"COPY {table}", None, error) from error
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise DBAPIError(f"COPY {table}", None, error) from error

    def keep_alive(self, options: Mapping[str, int]) -> None:
        """Set the socket's options, by libpq's names for them; where the system has them, and not on a Unix socket."""
        connected = self._transport.get_extra_info("socket")
        if connected.family not in (socket.AF_INET, socket.AF_INET6):
            return
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, options["keepalives"])
        for name, number in _SOCKET_OPTIONS.items():
            if options[name] and number is not None:
                connected.setsockopt(socket.IPPROTO_TCP, number, options[name])

    def is_stale(self) -> bool:
        """Whether an idle connection was closed, by us or by the server; without a trip to the server."""
        return self.is_closed() or self._has_something_to_read()

    def _has_something_to_read(self) -> bool:
        # That the event loop has not come to yet: on an idle connection it can only be the server's goodbye.
        poll = select.poll()
        poll.register(self._transport.get_extra_info("socket"), select.POLLIN)
        return bool(poll.poll(0))


class PooledConnection(Connection):
    """A connection to a pooler, which may lead to another connection of the server after each transaction."""

    is_pooled = True
    # What a transaction begins with, beside BEGIN; given by the connector.
    settings = ""

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:
        """As the driver's. A BEGIN brings our settings, which would not be those of the next transaction's connection.

        Raises NoServerFree when the pooler has no connection to the server for so long. This connection is closed then.
        """
        if not query.startswith("BEGIN"):
            return str(await super().execute(query, *args, timeout=timeout))
        # Closed rather than cancelled: a pooler does not answer a client that it lets wait.
        given_up = asyncio.Event()
        giving_up = asyncio.get_running_loop().call_later(POOL_WAIT_SECONDS, self._give_up, given_up)
        try:
            return str(await super().execute(query + self.settings))
        except (asyncpg.ConnectionDoesNotExistError, asyncpg.InterfaceError):
            if not given_up.is_set():
                raise
            raise NoServerFree(
                f"the pooler had no connection to PostgreSQL for us within {POOL_WAIT_SECONDS} seconds: give it more "
                "of them (default_pool_size), or this program fewer (pool_size and pool_overflow in the address)"
            ) from None  # that we have closed the connection is not the reason
        finally:
            giving_up.cancel()

    def _give_up(self, given_up: asyncio.Event) -> None:
        given_up.set()
        self.terminate()

    async def prepare(self, query: str, *, name: str | None = None, **options: Any) -> Any:
        """As the driver's, without a name: one that is given is for later, and there is no later here."""
        return await super().prepare(query, name="", **options)

    async def set_type_codec(self, typename: str, **codec: Any) -> None:
        """As the driver's, which asks the server several times: of one connection, in a transaction."""
        async with self.transaction():
            await super().set_type_codec(typename, **codec)


class Connector:
    """Opens connections for the pool; waits for a server that is starting, and for one that was there before.

    `is_pooled` becomes true when a pooler turns out to be between us and the server.
    """

    def __init__(self, options: Options) -> None:
        self.options = options
        self.is_pooled = options.pooler == "transaction"
        self._is_known = options.pooler != "auto"
        self._was_there = False

    async def __call__(self, *_: object, **__: object) -> Connection:
        end = asyncio.get_running_loop().time() + self.options.connect_timeout
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

    def raised(self, error: BaseException | None) -> bool:
        """Whether it is an error of the driver's own."""
        return isinstance(error, asyncpg.PostgresError | asyncpg.InterfaceError)

    def said_by_server(self, error: BaseException) -> bool:
        """Whether the server said no, and the statement is over."""
        return isinstance(error, asyncpg.PostgresError) and not isinstance(error, asyncpg.PostgresConnectionError)

    def advice_on(self, error: BaseException) -> str | None:
        """What to do about an error of the driver's, where more can be said than to check the address."""
        if isinstance(error, asyncpg.InsufficientPrivilegeError):
            return (
                "Give emagsync's role the right, best by making it the owner of the database. To make tables it needs "
                f"GRANT CREATE, USAGE ON SCHEMA public TO {_role_of(self.options.address)}."
            )
        if isinstance(error, _LOST_STATEMENT):
            self.is_pooled = self._is_known = True
            return (
                "A pooler is between emagsync and PostgreSQL; from now on this process heeds that. Add "
                "pooler=transaction to EMAGSYNC_DATABASE_URL, to have it so from the start."
            )
        if isinstance(error, NoServerFree | asyncpg.TooManyConnectionsError):
            return "See docs/postgresql.md, on numbers of connections."
        return None

    async def _connect(self) -> Connection:
        if self.is_pooled:
            return await self._connect_to_pooler()
        try:
            connection: Connection = await self._open(Connection, self._session_settings())
        except asyncpg.ProtocolViolationError:
            if self._is_known:
                raise
            # PgBouncer: "unsupported startup parameter".
            pooled = await self._connect_to_pooler()
            self.is_pooled = self._is_known = True
            return pooled
        if self._is_known or await connection.execute(_IS_MARKED) == "SELECT 1":
            self._is_known = True
            return connection
        self.is_pooled = self._is_known = True
        await connection.close()
        return await self._connect_to_pooler()

    async def _connect_to_pooler(self) -> PooledConnection:
        # Poolers follow this one from client to client.
        connection: PooledConnection = await self._open(
            PooledConnection, {"application_name": self.options.application_name}
        )
        connection.settings = "".join(f"SET LOCAL {name} = '{value}';" for name, value in self._settings().items())
        return connection

    async def _open(self, kind: type[Connection], settings: Mapping[str, str]) -> Any:
        options = self.options
        connection = await asyncpg.connect(
            options.address,
            connection_class=kind,
            timeout=options.connect_timeout,
            # The server ends a statement that takes too long; this is for a server that says nothing any more.
            command_timeout=options.statement_timeout + 30,
            # SQLAlchemy keeps statements itself, and a pooler cannot.
            statement_cache_size=0 if issubclass(kind, PooledConnection) else 100,
            server_settings=settings,
            **({} if options.trust is None else {"ssl": _context_of(options.trust)}),
        )
        connection.keep_alive(options.keepalives)
        return connection

    def _settings(self) -> dict[str, str]:
        timeout = self.options.statement_timeout
        return {
            "statement_timeout": str(timeout * 1000),
            # A machine that vanished inside a transaction must not hold its locks for hours.
            "idle_in_transaction_session_timeout": str(max(600, timeout) * 1000),
            # Compiling takes longer than our statements do.
            "jit": "off",
            "timezone": "UTC",
        }

    def _session_settings(self) -> dict[str, str]:
        return {
            **self._settings(),
            "application_name": self.options.application_name,
            "tcp_keepalives_idle": "30",
            "tcp_keepalives_interval": "10",
            "tcp_keepalives_count": "3",
            **({} if self._is_known else {_MARK: "own"}),
        }


def _context_of(trust: SystemTrust) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if trust.certificate is not None:
        context.load_cert_chain(trust.certificate, trust.key)
    if trust.revoked is not None:
        context.load_verify_locations(trust.revoked)
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN
    return context


def _role_of(address: str) -> str:
    return make_url(address).username or "its role"

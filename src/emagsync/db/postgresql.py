"""Connections to PostgreSQL: addresses as libpq knows them, and a pool that outlives the server's restarts."""

from __future__ import annotations

import asyncio
import select
from typing import Any, Final, NamedTuple

from sqlalchemy import event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from emagsync.core.errors import SettingsError

# What the driver takes from an address as libpq does.
_OF_LIBPQ: Final = frozenset(
    {
        "application_name",
        "gsslib",
        "host",
        "krbsrvname",
        "options",
        "passfile",
        "port",
        "sslcert",
        "sslcrl",
        "sslkey",
        "sslmode",
        "sslnegotiation",
        "sslrootcert",
        "ssl_max_protocol_version",
        "ssl_min_protocol_version",
        "target_session_attrs",
        "user",
    }
)
_SSL_MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
# Ours: whole numbers with a default, the least and the most.
_OURS: Final = {
    "connect_timeout": (10, 1, 300),
    "pool_size": (10, 1, 1000),
    "pool_overflow": (10, 0, 1000),
    "statement_timeout": (60, 1, 3600),
}
PATIENT: Final = {"statement_timeout": "3600"}
_POOL_WAIT_SECONDS: Final = 30
# Behind an address that changes, such as one of a cluster, connections move on within this time.
_RECYCLE_SECONDS: Final = 1800
_RETRY_SECONDS: Final = 0.2


class Options(NamedTuple):
    """What an address asks for: the address for the driver, seconds, and numbers of connections."""

    address: str
    application_name: str
    connect_timeout: int
    pool_size: int
    pool_overflow: int
    statement_timeout: int


def options_of(url: URL) -> Options:
    """Raises SettingsError with one line when the address asks for something that there is not."""
    query = dict(url.query)
    if "password" in query:
        raise SettingsError("EMAGSYNC_DATABASE_URL: write the password before the @, as user:password@host.")
    unknown = sorted(query.keys() - _OF_LIBPQ - _OURS.keys())
    if unknown:
        known = ", ".join(sorted(_OF_LIBPQ | _OURS.keys()))
        raise SettingsError(f"EMAGSYNC_DATABASE_URL has {unknown[0]!r}, which is not supported; there are {known}.")
    if query.get("sslmode", "prefer") not in _SSL_MODES:
        raise SettingsError(f"EMAGSYNC_DATABASE_URL: sslmode is one of {', '.join(_SSL_MODES)}.")
    numbers = {name: _number(name, query.pop(name, None)) for name in _OURS}
    application_name = str(query.pop("application_name", "emagsync"))
    address = url.set(drivername="postgresql", query=query).render_as_string(hide_password=False)
    return Options(address, application_name, **numbers)


def create_engine(url: URL) -> AsyncEngine:
    """An engine that has no connection yet: processes that are forked from this one may each make theirs.

    Raises SettingsError as `options_of` does, and when the driver is not installed.
    """
    options = options_of(url)
    try:
        engine = create_async_engine(
            url.set(query={}),
            async_creator=_Connector(options),
            pool_use_lifo=True,
            pool_size=options.pool_size,
            max_overflow=options.pool_overflow,
            pool_timeout=_POOL_WAIT_SECONDS,
            pool_recycle=_RECYCLE_SECONDS,
            json_deserializer=str,  # as it came: see JsonText
        )
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"EMAGSYNC_DATABASE_URL needs the package {error.name!r}: install it, or use SQLite."
        ) from error
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine


class _Connector:
    """Opens connections for the pool; waits for a server that is starting, and for one that was there before."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._was_there = False

    async def __call__(self) -> Any:
        # Not at the top: half a second of imports that SQLite does not need.
        import asyncpg

        end = asyncio.get_running_loop().time() + self._options.connect_timeout
        while True:
            try:
                connection = await self._connect(asyncpg.connect)
            except (asyncpg.CannotConnectNowError, ConnectionError) as error:
                is_starting = isinstance(error, asyncpg.CannotConnectNowError)
                if not (is_starting or self._was_there) or asyncio.get_running_loop().time() > end:
                    raise
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                self._was_there = True
                return connection

    async def _connect(self, connect: Any) -> Any:
        asked = self._options
        return await connect(
            asked.address,
            timeout=asked.connect_timeout,
            # The server ends a statement that takes too long; this is for a server that says nothing any more.
            command_timeout=asked.statement_timeout + 30,
            server_settings={
                "application_name": asked.application_name,
                "statement_timeout": str(asked.statement_timeout * 1000),
                # A machine that vanished inside a transaction must not hold its locks for hours.
                "idle_in_transaction_session_timeout": str(max(600, asked.statement_timeout) * 1000),
                "tcp_keepalives_idle": "30",
                "tcp_keepalives_interval": "10",
                "tcp_keepalives_count": "3",
                # Compiling takes longer than our statements do.
                "jit": "off",
                "timezone": "UTC",
            },
        )


def _refuse_closed(connection: Any, *_: object) -> None:
    # A ping would be three trips to the server with each transaction.
    driver = connection.driver_connection
    if driver.is_closed() or _has_been_told_something(driver):
        raise DisconnectionError("the server closed the connection")


def _has_been_told_something(driver: Any) -> bool:
    """Whether there is something to read that the event loop has not come to yet: of an idle connection, its end."""
    poll = select.poll()
    poll.register(driver._transport.get_extra_info("socket"), select.POLLIN)
    return bool(poll.poll(0))


def _number(name: str, given: Any) -> int:
    default, least, most = _OURS[name]
    if given is None:
        return default
    if not str(given).isdecimal() or not least <= int(given) <= most:
        raise SettingsError(f"EMAGSYNC_DATABASE_URL: {name} is a number from {least} to {most}.")
    return int(given)

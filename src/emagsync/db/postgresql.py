"""PostgreSQL's addresses, as libpq knows them, and a connection pool that outlives the server's restarts."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from sqlalchemy import event
from sqlalchemy.engine import URL, AdaptedConnection
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


class Options(NamedTuple):
    """The parts of a database address: the driver's own address, times in seconds, and numbers of connections."""

    address: str
    application_name: str
    connect_timeout: int
    pool_size: int
    pool_overflow: int
    statement_timeout: int


def options_of(url: URL) -> Options:
    """The options of an address. Raises SettingsError with one line for one that does not exist or is out of range."""
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
        # Here, because SQLite does not need it, and the driver costs a start 0.05 s of CPU.
        from emagsync.db.postgresql_driver import Connector

        engine = create_async_engine(
            url.set(query={}),
            async_creator=Connector(options),
            pool_use_lifo=True,
            pool_size=options.pool_size,
            max_overflow=options.pool_overflow,
            pool_timeout=_POOL_WAIT_SECONDS,
            pool_recycle=_RECYCLE_SECONDS,
            json_deserializer=str,  # as it came: see JsonText
            hide_parameters=True,  # errors are logged, and values may be secrets
        )
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"EMAGSYNC_DATABASE_URL needs the package {error.name!r}: install it, or use SQLite."
        ) from error
    event.listen(engine.sync_engine, "checkout", _refuse_stale)
    return engine


def _refuse_stale(connection: AdaptedConnection, *_: object) -> None:
    # A ping would be three trips to the server with each transaction.
    if connection.driver_connection.is_stale():
        raise DisconnectionError("the server closed the connection")


def _number(name: str, given: Any) -> int:
    default, least, most = _OURS[name]
    if given is None:
        return default
    if not str(given).isdecimal() or not least <= int(given) <= most:
        raise SettingsError(f"EMAGSYNC_DATABASE_URL: {name} is a number from {least} to {most}.")
    return int(given)

"""PostgreSQL's addresses, as libpq knows them, and a connection pool that outlives the server's restarts.

The connections may lead to a pooler such as PgBouncer that gives each transaction another connection to the server, see
`postgresql_driver.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import event
from sqlalchemy.engine import URL, AdaptedConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from emagsync.core.errors import SettingsError

if TYPE_CHECKING:
    from emagsync.db.postgresql_driver import Connector

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
# What libpq also knows, with the values that ask for what is done here anyway. Any other is refused: it would promise
# what is not kept.
_SETTLED: Final = {
    "client_encoding": ("utf8", "utf-8", "auto"),
    "gssencmode": ("disable", "prefer"),
    "load_balance_hosts": ("disable",),
    "requiressl": ("0",),
    "sslcompression": ("0",),
    "sslsni": ("1",),
}
_CHANNEL_BINDING: Final = ("disable", "prefer", "require")
POOLERS: Final = ("auto", "none", "transaction")
_SSL_MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
# Ours: whole numbers with a default, the least and the most.
_OURS: Final = {
    "connect_timeout": (10, 1, 300),
    "pool_size": (10, 1, 1000),
    "pool_overflow": (10, 0, 1000),
    "statement_timeout": (60, 1, 3600),
}
# The socket's own, in seconds; 0 and what is not given leave it to the system.
_KEEPALIVES: Final = {
    "keepalives": (1, 0, 1),
    "keepalives_idle": (0, 0, 86_400),
    "keepalives_interval": (0, 0, 86_400),
    "keepalives_count": (0, 0, 100),
    "tcp_user_timeout": (0, 0, 86_400_000),
}
_KNOWN: Final = _OF_LIBPQ | _OURS.keys() | _KEEPALIVES.keys() | _SETTLED.keys() | {"channel_binding", "pooler"}
PATIENT: Final = {"statement_timeout": "3600"}
POOL_WAIT_SECONDS: Final = 30
# Behind an address that changes, such as one of a cluster, connections move on within this time.
_RECYCLE_SECONDS: Final = 1800


class SystemTrust(NamedTuple):
    """TLS by the certificate authorities of the system: our certificate, its key, revoked ones (PEM)."""

    certificate: str | None = None
    key: str | None = None
    revoked: str | None = None


class Options(NamedTuple):
    """The parts of a database address: the driver's own address, times in seconds, and numbers of connections.

    `trust` is given for `sslrootcert=system`; else the driver reads from the address how to encrypt. `pooler` is one of
    `POOLERS`. `keepalives` are options of the socket by libpq's names, in seconds (`tcp_user_timeout`: milliseconds).
    """

    address: str
    application_name: str
    connect_timeout: int
    pool_size: int
    pool_overflow: int
    statement_timeout: int
    trust: SystemTrust | None = None
    pooler: str = "auto"
    keepalives: Mapping[str, int] = MappingProxyType({})


def options_of(url: URL) -> Options:
    """The options of an address. Raises SettingsError with one line for one that does not exist or is out of range."""
    query = dict(url.query)
    if "password" in query:
        raise SettingsError("EMAGSYNC_DATABASE_URL: write the password before the @, as user:password@host.")
    unknown = sorted(query.keys() - _KNOWN)
    if unknown:
        known = ", ".join(sorted(_KNOWN))
        raise SettingsError(f"EMAGSYNC_DATABASE_URL has {unknown[0]!r}, which is not supported; there are {known}.")
    for name, kept in _SETTLED.items():
        _one_of(name, str(query.pop(name, kept[0])).lower(), kept)
    numbers = {name: _number(name, query.pop(name, None), _OURS) for name in _OURS}
    keepalives = {name: _number(name, query.pop(name, None), _KEEPALIVES) for name in _KEEPALIVES}
    pooler = _one_of("pooler", str(query.pop("pooler", "auto")), POOLERS)
    application_name = str(query.pop("application_name", "emagsync"))
    trust = _trust(query)
    address = url.set(drivername="postgresql", query=query).render_as_string(hide_password=False)
    return Options(address, application_name, **numbers, trust=trust, pooler=pooler, keepalives=keepalives)


def _trust(query: dict[str, Any]) -> SystemTrust | None:
    """Take from the query what the driver cannot do itself."""
    if _one_of("channel_binding", query.pop("channel_binding", "prefer"), _CHANNEL_BINDING) == "require":
        # The driver does not bind the password to the channel. What that is for, to give it to no other server than
        # the one that is meant, a checked certificate does as well.
        query["sslmode"] = "verify-full"
        query.setdefault("sslrootcert", "system")
    if query.get("sslrootcert") != "system":
        _one_of("sslmode", query.get("sslmode", "prefer"), _SSL_MODES)
        return None
    del query["sslrootcert"]
    # As libpq has it: anybody may have a certificate by an authority that everybody trusts.
    _one_of("sslmode, with sslrootcert=system,", query.pop("sslmode", "verify-full"), ("verify-full",))
    return SystemTrust(*(query.pop(name, None) for name in ("sslcert", "sslkey", "sslcrl")))


def _one_of(name: str, given: Any, values: Sequence[str]) -> str:
    if given not in values:
        raise SettingsError(f"EMAGSYNC_DATABASE_URL: {name} is {'one of ' * (len(values) > 1)}{', '.join(values)}.")
    return str(given)


def connector_to(url: URL) -> Connector:
    """What opens the connections to an address.

    Raises SettingsError as `options_of` does, and when the driver is not installed.
    """
    options = options_of(url)
    try:
        # Here, because SQLite does not need it, and the driver costs a start 0.05 s of CPU.
        from emagsync.db.postgresql_driver import Connector
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"EMAGSYNC_DATABASE_URL needs the package {error.name!r}: install it, or use SQLite."
        ) from error
    return Connector(options)


def create_engine(url: URL, connector: Connector) -> AsyncEngine:
    """An engine that has no connection yet: processes that are forked from this one may each make theirs."""
    options = connector.options
    engine = create_async_engine(
        url.set(query={}),
        async_creator=connector,
        pool_use_lifo=True,
        pool_size=options.pool_size,
        max_overflow=options.pool_overflow,
        pool_timeout=POOL_WAIT_SECONDS,
        pool_recycle=_RECYCLE_SECONDS,
        json_deserializer=str,  # as it came: see JsonText
        hide_parameters=True,  # errors are logged, and values may be secrets
    )
    event.listen(engine.sync_engine, "connect", _keep_no_statements)
    event.listen(engine.sync_engine, "checkout", partial(_refuse_stale, connector))
    return engine


def _keep_no_statements(connection: AdaptedConnection, *_: object) -> None:
    # SQLAlchemy has an argument for it, which is read before it is known where the connection leads.
    if connection.driver_connection.is_pooled:
        connection._prepared_statement_cache = None  # type: ignore[attr-defined]


def _refuse_stale(connector: Connector, connection: AdaptedConnection, *_: object) -> None:
    driver = connection.driver_connection
    # A ping would be three trips to the server with each transaction.
    if driver.is_stale() or driver.is_pooled != connector.is_pooled:
        raise DisconnectionError("the server closed the connection")


def _number(name: str, given: Any, table: Mapping[str, tuple[int, int, int]]) -> int:
    default, least, most = table[name]
    if given is None:
        return default
    if not str(given).isdecimal() or not least <= int(given) <= most:
        raise SettingsError(f"EMAGSYNC_DATABASE_URL: {name} is a number from {least} to {most}.")
    return int(given)

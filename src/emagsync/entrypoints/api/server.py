"""Serves the application with uvicorn until it is stopped."""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import structlog
import uvicorn

from emagsync.accounts.settings import ConfiguredAccounts
from emagsync.core.errors import ConfigurationError, SettingsError
from emagsync.core.exhaustion import exhaustion_of, raise_file_limit
from emagsync.core.settings import Settings
from emagsync.entrypoints.api.app import create_app
from emagsync.entrypoints.api.connections import Connections, GuardedProtocol
from emagsync.entrypoints.api.services import ApiServices, open_services
from emagsync.identity.errors import WeakPassword
from emagsync.identity.service import UserService
from emagsync.rest.root_path import RootPathMiddleware

log = structlog.get_logger()

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_BACKLOG = 2048
# What a server that listens on every address of the machine has for a host.
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared with, not bound to

Say = Callable[[str], None]


async def serve(settings: Settings, environment: ConfiguredAccounts, *, say: Say) -> None:
    """Serve until SIGINT or SIGTERM; a second one does not wait for the calls under way.

    `say` prints a line for a person: the address, and the first time one to make the first admin at. Raises an
    EmagsyncError that says what keeps the server from starting.
    """
    raise_file_limit()
    asyncio.get_running_loop().set_exception_handler(_on_loop_error)
    with listening(settings) as listener:
        async with open_services(settings, environment) as services:
            await make_first_admin(services.users, settings, say)
            server = ApiServer(services)
            with server.stopped_by_signals():
                address = address_of(listener)
                say(f"serving on {address}")
                if (code := await services.first_run.open()) is not None:
                    say(f"nobody can log in yet: open {setup_address(address, code)} (good until it is used)")
                await server.serve(sockets=[listener])


class ApiServer(uvicorn.Server):
    """A uvicorn server of one application. `stopped_by_signals` handles signals, so that a stop is a normal exit."""

    def __init__(self, services: ApiServices) -> None:
        settings = services.state.settings
        connections = Connections.of(settings)
        super().__init__(
            uvicorn.Config(
                create_app(services),
                http=_guarded(connections),
                backlog=min(_BACKLOG, connections.accepted_at_once),
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                # Otherwise anybody could claim to come from another address, and over HTTPS.
                proxy_headers=bool(settings.trusted_proxies),
                forwarded_allow_ips=list(settings.trusted_proxies),
                timeout_graceful_shutdown=settings.server.shutdown_seconds,
            )
        )
        self._stopping = services.state.stopping
        self.config.load()
        # Outermost: uvicorn's own part replaces the proxy's address by the caller's.
        self.config.loaded_app = RootPathMiddleware(
            self.config.loaded_app, settings.root_path, settings.trusted_proxies
        )

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Do nothing: uvicorn's own method would raise the signal again after the server has stopped."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to accept connections. asyncio takes `backlog` for how many it accepts at one go, too: the kernel's
        queue may be longer, so that nobody has to knock twice."""
        await super().startup(sockets=sockets)
        for listener in sockets or ():
            listener.listen(_BACKLOG)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop the server. The application is notified first, so that streams and waiting calls end."""
        self._stopping.set()
        await super().shutdown(sockets=sockets)

    @contextmanager
    def stopped_by_signals(self) -> Generator[None, None, None]:
        """While the block runs, SIGINT and SIGTERM stop the server."""
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self.stop)
        try:
            yield
        finally:
            for number in _SIGNALS:
                loop.remove_signal_handler(number)
                # asyncio leaves SIGINT to Python and SIGTERM to the kernel, which would skip the clean-up.
                signal.signal(number, signal.default_int_handler)

    def stop(self) -> None:
        """Stop accepting calls and end; the second time without waiting for the calls under way."""
        self.force_exit = self.should_exit
        self.should_exit = True


def _guarded(connections: Connections) -> type[asyncio.Protocol]:
    """The class of this server's connections."""

    class Guarded(GuardedProtocol):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, connections=connections, **options)

    return Guarded


def _on_loop_error(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Say what is meant by asyncio's "socket.accept() out of system resource"; leave everything else to asyncio."""
    error = context.get("exception")
    exhausted = None if error is None else exhaustion_of(error)
    if exhausted is None:
        loop.default_exception_handler(context)
    else:
        log.error(exhausted.code, detail=str(exhausted))


async def make_first_admin(users: UserService, settings: Settings, say: Say) -> None:
    """Make an admin with EMAGSYNC_ADMIN_PASSWORD, where it is set and nobody administers the server.

    Raises SettingsError for a password that is too weak.
    """
    if settings.admin_password is None:
        return
    try:
        admin = await users.ensure_admin(settings.admin_password.get_secret_value())
    except WeakPassword as error:
        raise SettingsError(f"EMAGSYNC_ADMIN_PASSWORD: {error}") from error
    if admin is not None:
        say(f"made the first admin, {admin.username!r}, with the password of EMAGSYNC_ADMIN_PASSWORD")


def setup_address(address: str, code: str) -> str:
    """Where the first admin is made, for a browser of this machine. What is behind `#` stays in the browser."""
    parts = urlsplit(address)
    host = "127.0.0.1" if parts.hostname in _EVERYWHERE else parts.netloc.rpartition(":")[0]
    return f"{parts.scheme}://{host}:{parts.port}/setup#{code}"


@contextmanager
def listening(settings: Settings) -> Generator[socket.socket, None, None]:
    """A socket bound to EMAGSYNC_HOST and EMAGSYNC_PORT. Raises a ConfigurationError that says why it cannot be."""
    try:
        family = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise ConfigurationError(_why_not(settings, error)) from error
    with listener:
        listener.setblocking(False)
        # asyncio does this only for sockets whose protocol was named. Without it every answer's second packet waits
        # 40 ms for the caller's acknowledgement of the first; connections inherit it.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield listener


def address_of(listener: socket.socket) -> str:
    """The server's address, such as `http://127.0.0.1:8000`."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _why_not(settings: Settings, error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return f"EMAGSYNC_HOST: {settings.host!r} is no address of this machine."
    if error.errno == errno.EADDRINUSE:
        return f"Port {settings.port} of {settings.host} is taken: stop what uses it, or set EMAGSYNC_PORT to another."
    return (
        f"Cannot listen on port {settings.port} of {settings.host} ({error.strerror or error}): "
        "set EMAGSYNC_HOST and EMAGSYNC_PORT."
    )

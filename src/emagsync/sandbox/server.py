"""The sandbox in the running event loop, for tests and for programs that embed it."""

import ssl
from types import TracebackType
from typing import Final

from aiohttp import web

from emagsync.sandbox.app import create_app
from emagsync.sandbox.marketplace import Marketplace
from emagsync.sandbox.settings import SandboxError

# Requests that hang on purpose do not hold up the end.
_SHUTDOWN_S: Final = 0.1


class SandboxServer:
    """Serves a marketplace while its ``async with`` block runs.

    ``base_url`` is like ``http://127.0.0.1:41234``; the API of every account is under ``{base_url}/api-3``.
    Port 0 takes a free port. With *tls* it speaks https.
    """

    def __init__(
        self,
        marketplace: Marketplace | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.marketplace = marketplace or Marketplace()
        self._host, self._port, self._tls = host, port, tls
        self._runner: web.AppRunner | None = None

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return self._port

    @property
    def base_url(self) -> str:
        """Where the server answers."""
        host = "127.0.0.1" if self._host in ("0.0.0.0", "") else self._host  # noqa: S104 - compared, not bound
        scheme = "http" if self._tls is None else "https"
        return f"{scheme}://[{host}]:{self._port}" if ":" in host else f"{scheme}://{host}:{self._port}"

    @property
    def api_url(self) -> str:
        """The base URL to configure in an integration: ``{base_url}/api-3``."""
        return f"{self.base_url}/api-3"

    async def start(self) -> None:
        """Listen. Raises :class:`SandboxError` when the address cannot be used."""
        runner = web.AppRunner(create_app(self.marketplace), access_log=None, shutdown_timeout=_SHUTDOWN_S)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port, backlog=512, ssl_context=self._tls).start()
        except OSError as error:
            await runner.cleanup()
            raise SandboxError(f"Cannot listen on {self._host}:{self._port}: {error.strerror or error}") from error
        self._runner = runner
        self._port = runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop listening and cut what still runs."""
        if self._runner is not None:
            runner, self._runner = self._runner, None
            await runner.cleanup()

    async def __aenter__(self) -> "SandboxServer":
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

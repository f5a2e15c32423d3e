"""Connections to public addresses only, whatever name servers say.

A name may resolve to one address when it is judged and to another when it is called. So what it resolves to is judged
at the moment of the connection, which is then made to exactly that address, and the machine at the other end is judged
once more when the connection stands, before a byte of the request is sent.
"""

from __future__ import annotations

import re
import socket
from ipaddress import ip_address
from typing import Final

import aiohttp
from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

from emagsync.core.public_addresses import NOT_PUBLIC, is_public
from emagsync.core.usable_texts import usable

_ADDRESS: Final = re.compile(r"https?://\S*", re.IGNORECASE)
_LONGEST: Final = 200


def outgoing_connector(*, allow_private: bool) -> aiohttp.TCPConnector:
    """A connector for addresses that people gave and `judged_url` passed."""
    if allow_private:
        return aiohttp.TCPConnector(use_dns_cache=False, force_close=True)
    return PublicConnector(PublicResolver())


def words_of(error: Exception) -> str:
    """What went wrong with a call, in one line and without the address that was called: tokens stand in addresses."""
    said = error.message if isinstance(error, aiohttp.ClientResponseError) else str(error)
    words = " ".join(_ADDRESS.sub("…", usable(said)).split())
    return words[:_LONGEST] or type(error).__name__


class PublicResolver(AbstractResolver):
    """Resolves names to their public addresses only."""

    def __init__(self, resolver: AbstractResolver | None = None) -> None:
        self._resolver = resolver or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The public addresses of `host`. Raises OSError when it has none."""
        found = await self._resolver.resolve(host, port, family)
        public = [result for result in found if is_public(ip_address(result["host"]))]
        if not public:
            raise OSError(f"{host} {NOT_PUBLIC}")
        return public

    async def close(self) -> None:
        """Close the resolver behind this one."""
        await self._resolver.close()


class PublicConnector(aiohttp.TCPConnector):
    """Gives out no connection whose other end is not public. Nothing is kept: each request is judged for itself."""

    def __init__(self, resolver: AbstractResolver) -> None:
        super().__init__(resolver=resolver, use_dns_cache=False, force_close=True)

    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        """A connection to a public address. Raises ClientConnectionError for another, before anything is sent."""
        connection = await super().connect(req, traces, timeout)
        peer = connection.transport.get_extra_info("peername") if connection.transport else None
        if peer is None or not is_public(ip_address(peer[0])):
            connection.close()
            raise aiohttp.ClientConnectionError(f"{req.url.host} {NOT_PUBLIC}")
        return connection

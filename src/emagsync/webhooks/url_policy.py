"""Which addresses a webhook may have. It must not become a way into the network that this server stands in.

The address is judged twice: as it is written, and as the name resolves at the moment of the connection, which is then
made to exactly the address that was judged. A name that resolves elsewhere a moment later gains nothing.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult

from emagsync.webhooks.errors import AddressRefused

# An IPv4 address in the last 32 bits, as translators (RFC 6052) write it.
_NAT64: Final = IPv6Network("64:ff9b::/96")

_NOT_PUBLIC = "is not a public address; EMAGSYNC_WEBHOOKS__ALLOW_PRIVATE=true allows it"


def check_url(url: str, *, allow_private: bool) -> None:
    """Check an address as it is written. Raises AddressRefused for one that is not `https://` or not public."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("https", "http"):
        raise AddressRefused("The address must look like https://erp.example.com/emagsync.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressRefused("The address must not hold a user name, a password or a fragment.")
    literal = _literal(host)
    if not allow_private:
        if parts.scheme != "https":
            raise AddressRefused("The address must begin with https://.")
        if (literal is not None and not is_public(literal)) or host == "localhost" or host.endswith(".localhost"):
            raise AddressRefused(f"{host} {_NOT_PUBLIC}.")
    elif parts.scheme != "https" and not (literal is not None and not is_public(literal)) and "." in host:
        raise AddressRefused("http:// is only for this machine and private networks: use https://.")


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether the address belongs to the internet at large, also behind the ways to write an IPv4 address as IPv6."""
    if isinstance(address, IPv6Address):
        inner = _inner(address)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local:
            return False
    return address.is_global and not address.is_multicast


class PublicResolver(AbstractResolver):
    """Resolves names to their public addresses only."""

    def __init__(self, resolver: AbstractResolver | None = None) -> None:
        self._resolver = resolver or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The public addresses of `host`. Raises OSError when it has none."""
        found = await self._resolver.resolve(host, port, family)
        public = [result for result in found if is_public(ip_address(result["host"].partition("%")[0]))]
        if not public:
            raise OSError(f"{host} {_NOT_PUBLIC}")
        return public

    async def close(self) -> None:
        """Close the resolver behind this one."""
        await self._resolver.close()


def _inner(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        # 127.1, 0x7f000001 and 2130706433 are addresses too for the resolver of the machine.
        return IPv4Address(socket.inet_aton(host))
    except OSError:
        return None

"""Addresses that people give for this server to call. None may become a way into the network that it stands in.

An address is judged as it will be used: `judged_url` brings it into the one form that the HTTP client would make of it
(yarl's: letters of other scripts, circled digits and ideographic dots are gone), with an IPv4 address as its four
numbers, judges that form and returns it, to be stored and called. `public_connector` judges again what a name resolves
to, and the machine at the other end once it is connected.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, Final

from yarl import URL

from emagsync.core.errors import EmagsyncError

Address = IPv4Address | IPv6Address

NOT_PUBLIC: Final = "is not a public address; EMAGSYNC_WEBHOOKS__ALLOW_PRIVATE=true allows it"

# Global by the registries, yet never a server of somebody else's.
_NEARBY_IPV4: Final = (
    IPv4Network("168.63.129.16/32"),  # Azure's own services, as seen from its machines
    IPv4Network("192.0.0.0/24"),  # protocol assignments; Oracle's metadata is among them
    IPv4Network("192.88.99.0/24"),  # the nearest relay of 6to4
)
# IANA has given out no other unicast addresses: what is outside is special by one of many rules, old or to come.
_UNICAST: Final = IPv6Network("2000::/3")
_NEARBY_IPV6: Final = (
    IPv6Network("2001::/23"),  # protocol assignments, Teredo among them
    IPv6Network("2001:db8::/32"),  # documentation
    IPv6Network("2002::/16"),  # 6to4, given up by RFC 7526
    IPv6Network("3fff::/20"),  # documentation
)
# An IPv4 address in the last 32 bits: as sockets write it (RFC 4291), and as translators do (RFC 6052).
_IPV4_INSIDE: Final = (IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96"))
# ISATAP (RFC 5214): the middle of the interface's half, before an IPv4 address.
_ISATAP: Final = frozenset({0x0000_5EFE, 0x0200_5EFE})

_LOW: Final = 0xFFFF_FFFF
_SCHEMES: Final = frozenset({"http", "https"})
# Programs differ in what they make of these.
_AMBIGUOUS: Final = re.compile(r"[\x00-\x20\x7f-\xa0\\]")
_LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME: Final = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*")
# A host whose last part is a number is an IPv4 address or nothing, to browsers and to the resolver of the machine.
_NUMBER: Final = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
# Names that no name server of the internet has (RFC 6761, 6762, 8375, ICANN).
_LOCAL_ENDINGS: Final = (
    "localhost",
    "localdomain",
    "local",
    "internal",
    "home.arpa",
    "lan",
    "intranet",
    "corp",
    "home",
)


class AddressRefused(EmagsyncError):
    """The address is not allowed. The message says why, for the person who gave it."""

    code = "address_refused"

    def problem_members(self) -> Mapping[str, Any]:
        """`errors`: the address is a value of the request."""
        return {"errors": [{"field": "url", "message": str(self), "code": self.code}]}


def judged_url(text: str, *, allow_private: bool) -> str:
    """The address in the form in which it is to be stored and called. Raises AddressRefused.

    It must be `https://`, and public as far as its writing shows; `allow_private` lets it also lead to this machine and
    to private networks, and there be `http://`.
    """
    url = _parsed(text)
    if url.user is not None or url.password is not None or "#" in text:
        raise AddressRefused("The address must not hold a user name, a password or a fragment.")
    host = url.raw_host or ""
    literal = _literal(host)
    if literal is not None:
        host, is_local = str(literal), not is_public(literal)
    else:
        host, is_local = host.removesuffix("."), is_local_name(host)
    if not allow_private:
        if url.scheme != "https":
            raise AddressRefused("The address must begin with https://.")
        if is_local:
            raise AddressRefused(f"{host} {NOT_PUBLIC}.")
    elif url.scheme != "https" and not is_local:
        raise AddressRefused("http:// is only for this machine and private networks: use https://.")
    return str(url.with_host(host))


def without_path(url: str) -> str:
    """Where an address leads, without what may be a secret: tokens stand in paths as well as in queries."""
    server = str(URL(url).origin())
    return server if URL(url).path_qs in ("", "/") else f"{server}/…"


def is_public(address: Address) -> bool:
    """Whether the address belongs to the internet at large, also behind the ways to write an IPv4 address as IPv6."""
    if isinstance(address, IPv4Address):
        nearby = any(address in network for network in _NEARBY_IPV4)
        return address.is_global and not address.is_multicast and not nearby
    # The zone is a network of this machine's.
    if address.scope_id is not None:
        return False
    inner = IPv4Address(int(address) & _LOW)
    if any(address in network for network in _IPV4_INSIDE):
        return is_public(inner)
    if address not in _UNICAST or any(address in network for network in _NEARBY_IPV6):
        return False
    if (int(address) >> 32) & _LOW in _ISATAP:
        return is_public(inner)
    return address.is_global


def is_local_name(host: str) -> bool:
    """Whether a name, as it is written, can only be one of this machine or of a network nearby."""
    name = host.lower().removesuffix(".")
    return "." not in name or any(name.endswith(f".{ending}") for ending in _LOCAL_ENDINGS)


def _parsed(text: str) -> URL:
    """The address as yarl, and so aiohttp, understands it. Raises AddressRefused for what is none of HTTP."""
    try:
        url = URL(text)
        usable = url.scheme in _SCHEMES and bool(url.raw_host) and bool(url.port) and not _AMBIGUOUS.search(text)
    except ValueError:
        usable = False
    if not usable or not _is_host(url.raw_host or ""):
        raise AddressRefused("The address must look like https://erp.example.com/emagsync.")
    return url


def _is_host(host: str) -> bool:
    if _literal(host) is not None:
        return True
    name = host.removesuffix(".")
    return _NAME.fullmatch(name) is not None and _NUMBER.fullmatch(name) is None


def _literal(host: str) -> Address | None:
    """The address that a host is, however it is written; None for a name."""
    host = host.replace("%25", "%").removesuffix(".")
    with suppress(ValueError):
        return ip_address(host)
    if _NUMBER.fullmatch(host):
        # 127.1, 0x7f000001, 017700000001 and 2130706433 are addresses too for the resolver of the machine.
        with suppress(OSError):
            return IPv4Address(socket.inet_aton(host))
    return None

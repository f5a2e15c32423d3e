"""Addresses of eMAG's API: which may be called, and which of them mean the same server.

One address can be written in many ways: the host in any case, with Unicode letters or a dot at its end, with or without
the usual port, the path or a slash. Whatever asks whether two addresses are the same server asks `server_of`.
"""

from __future__ import annotations

from contextlib import suppress
from ipaddress import ip_address
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

from emagsync.marketplace.errors import RequestInvalid

_USUAL_PORTS: Final = {"http": 80, "https": 443}


class Server(NamedTuple):
    """Where an API is served. `str` writes it in full: `https://marketplace-api.emag.ro:443`."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.scheme}://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


def server_of(address: str) -> Server:
    """The server that an address of the API names, the same however it is written.

    Its path and a user in it do not count. An address without a scheme means `https`, and so does one whose port is
    the usual one of HTTP: both lead to the same marketplace. Raises RequestInvalid where it names no server.
    """
    text = address.strip()
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host, port = _normal_host(parts), parts.port
    except ValueError:
        host, port = "", None
    if not host or parts.scheme not in _USUAL_PORTS:
        raise _not_an_address()
    if port is None or port in _USUAL_PORTS.values():
        return Server("https", host, _USUAL_PORTS["https"])
    return Server(parts.scheme, host, port)


def check_base_url(base_url: str) -> None:
    """Raise RequestInvalid unless the API can be called there. The address must not hold a user or password."""
    # Credentials in an address would end up in logs and errors; a query or fragment would swallow the route behind it.
    try:
        parts = urlsplit(base_url)
        usable = parts.scheme in _USUAL_PORTS and bool(_normal_host(parts)) and parts.port != 0
        bare = not (parts.username or parts.password or parts.query or parts.fragment)
    except ValueError:
        usable = bare = False
    if not usable or not bare:
        raise _not_an_address()


def _normal_host(parts: SplitResult) -> str:
    """The host as name servers know it, without a dot at its end. Raises ValueError for what cannot be a host."""
    host = (parts.hostname or "").removesuffix(".")
    with suppress(ValueError):
        return ip_address(host).compressed
    # UnicodeError, for a name that cannot be, is a ValueError.
    return host.encode("idna").decode("ascii").lower()


def _not_an_address() -> RequestInvalid:
    return RequestInvalid("base_url must look like https://marketplace-api.emag.ro/api-3")

"""Which proxy a request goes through: the one that was given, or what `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` say.

The variables mean what they mean to curl and most other programs: the one of the address's scheme counts, lower case
wins over upper case, and `NO_PROXY` lists hosts (with all that end so), addresses and networks, each with a port if
only that is meant. A user and password in a proxy's address are kept apart from it, so that the address can be shown.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final
from urllib.parse import unquote, urlsplit

from emagsync.core.errors import SettingsError

# In this order: the first that is set decides, also with an empty value.
_VARIABLES: Final = {"http": ("http_proxy", "HTTP_PROXY"), "https": ("https_proxy", "HTTPS_PROXY")}
_EXCEPTIONS: Final = ("no_proxy", "NO_PROXY")
_USUAL_PORTS: Final = {"http": 80, "https": 443}
# Set for CGI programs, whose `HTTP_PROXY` is what a caller sent as the header `Proxy`.
_CGI: Final = "REQUEST_METHOD"


@dataclass(frozen=True)
class Proxy:
    """A proxy. `address` has no credentials; `source` is the variable that named it."""

    address: str
    source: str
    user: str | None = field(default=None, repr=False)
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"{self.address} ({self.source})"

    @property
    def authorization(self) -> str | None:
        """The value of `Proxy-Authorization`; None where the proxy wants no user."""
        if self.user is None:
            return None
        return f"Basic {b64encode(f'{self.user}:{self.password}'.encode()).decode()}"


def parse_proxy(address: str, source: str) -> Proxy:
    """A proxy as people write it: `http://user:password@host:port`, `host:port`. Raises ValueError, without secrets."""
    text = address.strip()
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("it holds bytes that are not UTF-8") from None
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or port == 0:
        raise ValueError("it must be the address of a proxy, such as http://proxy.example.com:3128")
    if parts.scheme not in _USUAL_PORTS:
        raise ValueError(f"a proxy of HTTP is needed, http:// or https://; {parts.scheme}:// is not supported")
    shown = f"[{host}]" if ":" in host else host
    user = None if parts.username is None else unquote(parts.username)
    return Proxy(
        f"{parts.scheme}://{shown}:{port or _USUAL_PORTS[parts.scheme]}", source, user, unquote(parts.password or "")
    )


def proxy_for(address: str, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy that the environment names for an address of HTTP, or None: it is called directly.

    Raises SettingsError that names the variable.
    """
    parts = urlsplit(address)
    for variable in _VARIABLES.get(parts.scheme, ()):
        if variable in environ and not (variable.isupper() and parts.scheme == "http" and _CGI in environ):
            break
    else:
        return None
    if not environ[variable].strip() or _is_excepted(address, environ):
        return None
    return _parsed(variable, environ)


def proxies_of(environ: Mapping[str, str]) -> Iterator[Proxy]:
    """Every proxy that the environment names and that could be used, whether it is or not."""
    for variables in _VARIABLES.values():
        for variable in variables:
            if environ.get(variable, "").strip():
                with suppress(SettingsError):
                    yield _parsed(variable, environ)


def _parsed(variable: str, environ: Mapping[str, str]) -> Proxy:
    try:
        return parse_proxy(environ[variable], variable)
    except ValueError as error:
        raise SettingsError(f"{variable}: {error}") from None


def _is_excepted(address: str, environ: Mapping[str, str]) -> bool:
    parts = urlsplit(address)
    host = (parts.hostname or "").rstrip(".")
    port = parts.port or _USUAL_PORTS[parts.scheme]
    listed = next((environ[name] for name in _EXCEPTIONS if name in environ), "")
    return any(_matches(entry, host, port) for entry in re.split(r"[,\s]+", listed.lower()) if entry)


def _matches(entry: str, host: str, port: int) -> bool:
    """Whether an entry of `NO_PROXY` means the host: `*`, `example.com`, `.example.com`, `10.0.0.0/8`, `host:8080`."""
    if entry == "*":
        return True
    name, _, only = entry.rpartition(":")
    if name and only.isdecimal() and (":" not in name or name.endswith("]")):
        return int(only) == port and _matches(name, host, port)
    address = _ip(host)
    if address is not None:
        with suppress(ValueError):
            return address in ip_network(entry.strip("[]"), strict=False)
        return False
    name = entry.removeprefix("*").lstrip(".").rstrip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _ip(host: str) -> IPv4Address | IPv6Address | None:
    with suppress(ValueError):
        return ip_address(host)
    return None

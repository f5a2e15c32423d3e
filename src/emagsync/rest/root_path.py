"""The path below which browsers find this server, where a reverse proxy serves it under one, such as `/emag`.

It is EMAGSYNC_ROOT_PATH, or what a trusted proxy says in `X-Forwarded-Prefix`. The proxy may send paths with it or
without it: what follows this middleware sees them without.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from emagsync.core.root_path import usable_root_path

_KEY: Final = "emagsync.root_path"
_HEADER: Final = "x-forwarded-prefix"


def root_path_of(scope: Scope) -> str:
    """What stands before every path of this server for the caller: `/emag`, or an empty text."""
    root: str = scope.get(_KEY, "")
    return root


class RootPathMiddleware:
    """Takes the prefix off each path, and keeps it for `root_path_of`.

    To stand outside of what reads `X-Forwarded-For`: only a peer among the networks in `trusted` may name a prefix.
    """

    def __init__(self, app: ASGIApp, root_path: str, trusted: Sequence[str]) -> None:
        self._app = app
        self._root_path = root_path
        self._trusted = [ip_network(network, strict=False) for network in trusted]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] in ("http", "websocket"):
            root = self._root_of(scope)
            if root:
                scope = {**scope, _KEY: root, "path": _without(root, scope["path"])}
        await self._app(scope, receive, send)

    def _root_of(self, scope: Scope) -> str:
        named = Headers(scope=scope).get(_HEADER)
        if named is None or not _is_among(self._trusted, scope.get("client")):
            return self._root_path
        path = usable_root_path(named)
        return self._root_path if path is None else path


def _without(root: str, path: str) -> str:
    if path == root:
        return "/"
    return path.removeprefix(root) if path.startswith(f"{root}/") else path


def _is_among(networks: Sequence[IPv4Network | IPv6Network], client: tuple[str, int] | None) -> bool:
    if client is None or not networks:
        return False
    try:
        address = ip_address(client[0])
    except ValueError:
        return False
    return any(address in network for network in networks)

"""Addresses of files on SFTP servers."""

from __future__ import annotations

from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

_PORT: Final = 22


class SftpAddress(NamedTuple):
    """`sftp://host:port/path`, in parts; the path is absolute."""

    host: str
    port: int
    path: str


def sftp_address(text: str) -> SftpAddress | None:
    """The parts of an address; None for what is none, or holds a login."""
    try:
        parts = urlsplit(text)
        port = parts.port or _PORT
    except ValueError:
        return None
    if parts.scheme != "sftp" or not parts.hostname or parts.username or parts.query or parts.fragment:
        return None
    path = unquote(parts.path)
    if not path.strip("/") or "\0" in path:
        return None
    return SftpAddress(parts.hostname, port, path)

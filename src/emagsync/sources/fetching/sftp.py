"""Fetches a file by SFTP, from a server whose host key is known, or is kept when it is seen first.

Imported when it is needed: asyncssh takes a quarter of a second, and starts a compiler to look for a library.
"""

from __future__ import annotations

import asyncio
import socket
from fnmatch import fnmatchcase
from ipaddress import ip_address
from pathlib import PurePosixPath
from typing import Any, Final

import asyncssh

from emagsync.core.public_addresses import is_public
from emagsync.sources.errors import FetchFailed
from emagsync.sources.fetching.fetched import MOST_BYTES, MOST_FILES, TIMEOUT_SECONDS, Fetched, Place, shown_name
from emagsync.sources.fetching.sftp_address import SftpAddress, sftp_address

_PIECE: Final = 256 * 1024
_PATTERN: Final = frozenset("*?[")
_LONGEST_ERROR: Final = 200


def is_private_key(text: str) -> bool:
    """Whether a text is a private key without a passphrase."""
    try:
        asyncssh.import_private_key(text)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, ValueError):
        return False
    return True


def is_host_key(text: str) -> bool:
    """Whether a text is a public key."""
    try:
        asyncssh.import_public_key(text)
    except (asyncssh.KeyImportError, ValueError):
        return False
    return True


async def fetch_by_sftp(place: Place, *, allow_private: bool) -> Fetched:
    """The file at the address; of several that a pattern in its name finds the newest. Raises FetchFailed."""
    address = sftp_address(place.address)
    if address is None:
        raise FetchFailed("address", error="it must look like sftp://sftp.example.com/stock.csv.")
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            return await _fetch(address, place, allow_private=allow_private)
    except TimeoutError as error:
        raise FetchFailed("timed_out", seconds=int(TIMEOUT_SECONDS)) from error
    except asyncssh.HostKeyNotVerifiable as error:
        raise FetchFailed("host_key_changed", fingerprint=address.host) from error
    except asyncssh.PermissionDenied as error:
        raise FetchFailed("login", status=_short(error)) from error
    except asyncssh.SFTPNoSuchFile as error:
        raise FetchFailed("not_found", name=address.path) from error
    except asyncssh.SFTPError as error:
        raise FetchFailed("unreadable", name=address.path, error=_short(error)) from error
    except (asyncssh.Error, OSError, ValueError) as error:
        raise FetchFailed("unanswered", error=_short(error)) from error


async def _fetch(address: SftpAddress, place: Place, *, allow_private: bool) -> Fetched:
    host = await _resolved(address, allow_private=allow_private)
    async with asyncssh.connect(host, address.port, **_login(place)) as connection:
        key = connection.get_server_host_key()
        host_key = None if key is None else key.export_public_key("openssh").decode().strip()
        async with connection.start_sftp_client() as sftp:
            is_pattern = _PATTERN & set(PurePosixPath(address.path).name)
            path = await _newest(sftp, address.path) if is_pattern else address.path
            return Fetched(await _content(sftp, path), shown_name(PurePosixPath(path).name), host_key=host_key)


def _login(place: Place) -> dict[str, Any]:
    """What asyncssh is asked for: nothing of this machine's own keys, agent, settings or known hosts."""
    secrets = place.secrets
    known: Any = None if place.host_key is None else ([asyncssh.import_public_key(place.host_key)], [], [])
    return {
        "username": place.username or "",
        "password": secrets.password,
        "client_keys": [asyncssh.import_private_key(secrets.private_key)] if secrets.private_key else None,
        "known_hosts": known,
        "agent_path": None,
        "config": None,
        "gss_host": None,
        # What is packed may unpack to anything, before anybody can look at it.
        "compression_algs": ["none"],
    }


async def _resolved(address: SftpAddress, *, allow_private: bool) -> str:
    """The address to connect to, judged as it is: a name may mean another one a moment later."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    hosts = [str(info[4][0]) for info in found]
    allowed = [host for host in hosts if allow_private or is_public(ip_address(host))]
    if not allowed:
        raise FetchFailed("not_public", host=address.host)
    return allowed[0]


async def _newest(sftp: asyncssh.SFTPClient, pattern: str) -> str:
    """The newest file that the pattern, in the last part of the path, finds. Listed as it comes: it may never end."""
    folder, _, wanted = pattern.rpartition("/")
    newest: tuple[int, str] | None = None
    count = 0
    async for entry in sftp.scandir(folder or "/"):
        count += 1
        if count > MOST_FILES:
            raise FetchFailed("too_many_files", name=pattern, most=MOST_FILES)
        name = str(entry.filename)
        if (
            fnmatchcase(name, wanted)
            and not name.startswith(".")
            and entry.attrs.type != asyncssh.FILEXFER_TYPE_DIRECTORY
        ):
            newest = max(newest or (-1, ""), (entry.attrs.mtime or 0, name))
    if newest is None:
        raise FetchFailed("not_found", name=pattern)
    return f"{folder}/{newest[1]}"


async def _content(sftp: asyncssh.SFTPClient, path: str) -> bytes:
    found = bytearray()
    async with sftp.open(path, "rb") as file:
        while piece := await file.read(_PIECE):
            found += piece if isinstance(piece, bytes) else piece.encode()
            if len(found) > MOST_BYTES:
                raise FetchFailed("too_large", most=MOST_BYTES)
    return bytes(found)


def _short(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:_LONGEST_ERROR]

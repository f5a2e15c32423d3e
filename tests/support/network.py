"""What stands between a client and a marketplace: a forward proxy, and TLS with a certificate authority of its own."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from emagsync.core.concurrency import cancelled

_HOP_BY_HOP = (b"proxy-authorization:", b"proxy-connection:")


class Asked(NamedTuple):
    """One request that a proxy saw: its first line, and its header as text."""

    line: str
    header: str


@dataclass
class ForwardProxy:
    """A small forward proxy: whole requests of HTTP, and tunnels (CONNECT). Answers with `refusal`, if there is one."""

    authorization: str | None = None
    refusal: int | None = None
    asked: list[Asked] = field(default_factory=list)
    port: int = 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        header = await reader.readuntil(b"\r\n\r\n")
        first, _, rest = header.partition(b"\r\n")
        self.asked.append(Asked(first.decode(), rest.decode()))
        status = self._status(rest.decode())
        if status is not None:
            writer.write(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            await writer.drain()
            return
        method, target, version = first.split(b" ")
        where = target if method == b"CONNECT" else target.split(b"/", 3)[2]
        host, _, port = where.decode().partition(":")
        onward = await asyncio.open_connection(host, int(port or 80))
        if method == b"CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            kept = [line for line in rest.split(b"\r\n") if not line.lower().startswith(_HOP_BY_HOP)]
            path = b"/" + target.split(b"/", 3)[3]
            # One exchange a connection: the next one may be for somebody else.
            kept.insert(0, b"Connection: close")
            onward[1].write(b"\r\n".join([b" ".join((method, path, version)), *kept]))
        await carry((reader, writer), onward)

    def _status(self, header: str) -> int | None:
        if self.authorization is not None and f"Proxy-Authorization: {self.authorization}" not in header:
            return 407
        return self.refusal


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Let `handler` have each connection to a free port of this machine; gives the port. Ends them all at the end."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        # Also when it is cancelled: asyncio would log that.
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await handler(reader, writer)
        tasks.discard(task)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in [*tasks]:
            task.cancel()
        await asyncio.gather(*tasks)


@asynccontextmanager
async def forward_proxy(**options: Any) -> AsyncIterator[ForwardProxy]:
    """A `ForwardProxy` that listens on this machine."""
    proxy = ForwardProxy(**options)
    async with listening(proxy.serve) as proxy.port:
        yield proxy


Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def carry(one: Ends, other: Ends) -> None:
    """Carry bytes both ways until one side ends; closes the other one."""
    tasks = [asyncio.ensure_future(_pipe(one[0], other[1])), asyncio.ensure_future(_pipe(other[0], one[1]))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        other[1].close()
        await cancelled(*tasks)


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()


class Certificates(NamedTuple):
    """A certificate authority, and a key and certificate of `localhost` by it. All are files (PEM)."""

    authority: Path
    certificate: Path
    key: Path


def make_certificates(folder: Path) -> Certificates:
    """An authority that nobody knows, made anew."""
    files = Certificates(folder / "authority.pem", folder / "certificate.pem", folder / "key.pem")
    authority_key = folder / "authority.key"
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    # Python 3.13 trusts no authority that does not say what its key may be used for.
    usage = ["-subj", "/CN=Own authority", "-addext", "keyUsage=critical,keyCertSign,cRLSign"]
    _openssl("req", "-x509", *new_key, *usage, "-keyout", authority_key, "-out", files.authority)
    by_authority = ["-CA", files.authority, "-CAkey", authority_key, "-addext", "subjectAltName=DNS:localhost"]
    _openssl(
        *("req", "-x509", *new_key, *by_authority, "-addext", "basicConstraints=critical,CA:FALSE"),
        *("-keyout", files.key, "-out", files.certificate, "-subj", "/CN=localhost"),
    )
    return files


def _openssl(*arguments: object) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


@asynccontextmanager
async def tls_before(port: int, certificates: Certificates) -> AsyncIterator[str]:
    """Serve what is on `port` with TLS; gives the address, `https://localhost:...`."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates.certificate, certificates.key)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await carry((reader, writer), await asyncio.open_connection("127.0.0.1", port))

    async with listening(serve, context) as own:
        yield f"https://localhost:{own}"


@asynccontextmanager
async def answering(answer: str) -> AsyncIterator[str]:
    """A server that answers every request alike, then closes the connection; gives its address."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer.encode())
        await writer.drain()

    async with listening(serve) as port:
        yield f"http://127.0.0.1:{port}"

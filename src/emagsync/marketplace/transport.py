"""Exchanges bytes with eMAG over HTTP, within limits of time and size, and turns aiohttp's errors into EmagErrors.

One fact decides what a failure means: whether the request had been written to the network (`_Sending.was_sent`).

- Before: eMAG cannot have seen it. The error is ConnectFailed; even a write may be sent again, and the slot of the
  request budget is given back.
- After: eMAG may have executed it, whatever came back. The error is one of the others; a write becomes UncertainWrite,
  and the slot is used.

aiohttp reports that moment only to trace callbacks, so a `_Sending` travels with each request as its trace context. The
callbacks come before the bytes reach the socket, which errs, if at all, on the side of "eMAG may have seen it".
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace, TracebackType
from typing import Final, Self

import aiohttp
from aiohttp.http_exceptions import DecompressSizeError

from emagsync import __version__
from emagsync.marketplace.envelope import HttpAnswer
from emagsync.marketplace.errors import (
    AnswerTooLarge,
    CallTimeout,
    ConnectFailed,
    EmagError,
    ReadFailed,
    RequestInvalid,
    TruncatedAnswer,
)

USER_AGENT: Final = f"emagsync/{__version__}"
# Shorter than what servers keep idle connections for: a write on a connection that the server is just closing would
# have an unknown fate.
_KEEPALIVE_SECONDS: Final = 5.0


@dataclass(frozen=True)
class HttpOptions:
    """Limits of one exchange: seconds, and bytes after decompression. `trust_env` uses `HTTPS_PROXY` and the like."""

    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    max_response_bytes: int = 64 * 1024 * 1024
    trust_env: bool = False


class Transport:
    """The open connections to one eMAG API user's endpoint. `base_url` has passed `check_base_url`."""

    def __init__(self, base_url: str, username: str, password: str, options: HttpOptions) -> None:
        self._base_url = base_url.rstrip("/")
        self._options = options
        token = base64.b64encode(f"{username}:{password}".encode()).decode()
        self._authorization = f"Basic {token}"
        self._secrets = tuple(secret for secret in (token, password) if secret)
        self._session: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        return f"Transport({self._base_url!r})"

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Get ready; connections are made when they are first needed. May be called again after `close`."""
        if self._session is not None:
            return
        options = self._options
        # No limit of connections: the request budget limits calls already, and waiting here would waste granted slots.
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEPALIVE_SECONDS)
        self._session = aiohttp.ClientSession(
            connector=connector,
            headers={
                "Authorization": self._authorization,
                "User-Agent": USER_AGENT,
                "Accept": "application/json",
                "Accept-Encoding": "gzip, deflate",
            },
            timeout=aiohttp.ClientTimeout(connect=options.connect_timeout, sock_read=options.read_timeout),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=options.trust_env,
            trace_configs=[_trace_config()],
        )

    async def close(self) -> None:
        """Close every connection."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def scrub(self, text: str) -> str:
        """`text` with the password and the authorization taken out, should a server echo them."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text

    async def exchange(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        query: list[tuple[str, str]] | None = None,
        on_sent: Callable[[], None],
    ) -> HttpAnswer:
        """Send one request and read its whole answer. `on_sent` is called when the request is written to the network.

        Raises ConnectFailed only when nothing was sent; else ReadFailed, CallTimeout, TruncatedAnswer, AnswerTooLarge.
        """
        if self._session is None:
            raise RequestInvalid("The client is not open: use it as `async with EmagClient(...) as client`.")
        sending = _Sending(on_sent, has_body=body is not None)
        options = self._options
        try:
            # aiohttp's own limit is for each read: a body that arrives a few bytes at a time would last for ever.
            async with (
                asyncio.timeout(options.connect_timeout + options.read_timeout),
                self._session.request(
                    method,
                    f"{self._base_url}/{path}",
                    data=body,
                    params=query,
                    headers={"Content-Type": "application/json"} if body is not None else None,
                    allow_redirects=False,
                    trace_request_ctx=sending,
                ) as response,
            ):
                content = await self._read(response)
                return HttpAnswer(response.status, response.headers, content)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            failure = _translate(error, was_sent=sending.was_sent, options=options)
            # A ClientResponseError carries the request's headers, the authorization among them.
            raise failure from (None if isinstance(error, aiohttp.ClientResponseError) else error)

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        most = self._options.max_response_bytes
        # Refused by the announced length if there is one; counted all the same, for a compressed body grows.
        if (response.content_length or 0) > most:
            raise _too_large(most)
        chunks: list[bytes] = []
        size = 0
        async for chunk in response.content.iter_any():
            size += len(chunk)
            if size > most:
                raise _too_large(most)
            chunks.append(chunk)
        return b"".join(chunks)


class _Sending:
    """Whether one request has been written to the network; calls `on_sent` once, at that moment."""

    def __init__(self, on_sent: Callable[[], None], *, has_body: bool) -> None:
        self.has_body = has_body
        self.was_sent = False
        self._on_sent = on_sent

    def sent(self) -> None:
        if not self.was_sent:
            self.was_sent = True
            self._on_sent()


def _trace_config() -> aiohttp.TraceConfig:
    # aiohttp buffers the headers and writes them together with the body: that is the moment the request leaves.
    async def headers_sent(
        _session: aiohttp.ClientSession, context: SimpleNamespace, _params: aiohttp.TraceRequestHeadersSentParams
    ) -> None:
        sending: _Sending = context.trace_request_ctx
        if not sending.has_body:  # otherwise the headers still wait in the buffer for the first chunk of the body
            sending.sent()

    async def chunk_sent(
        _session: aiohttp.ClientSession, context: SimpleNamespace, _params: aiohttp.TraceRequestChunkSentParams
    ) -> None:
        sending: _Sending = context.trace_request_ctx
        sending.sent()

    trace = aiohttp.TraceConfig()
    trace.on_request_headers_sent.append(headers_sent)
    trace.on_request_chunk_sent.append(chunk_sent)
    return trace


def _too_large(most: int) -> AnswerTooLarge:
    return AnswerTooLarge(f"eMAG's answer is larger than {most} bytes: read smaller pages")


def _translate(error: Exception, *, was_sent: bool, options: HttpOptions) -> EmagError:
    if not was_sent:
        return _connect_failure(error, options)
    if isinstance(error, TimeoutError):
        return CallTimeout(f"eMAG sent no complete answer within {options.read_timeout:g} s")
    if isinstance(error, aiohttp.ClientPayloadError):
        return _payload_failure(error, options)
    if isinstance(error, aiohttp.ClientResponseError):
        return ReadFailed(f"eMAG answered something that is not HTTP: {error.message[:200]}")
    return ReadFailed(f"The connection to eMAG broke: {type(error).__name__}")


def _connect_failure(error: Exception, options: HttpOptions) -> EmagError:
    if isinstance(error, aiohttp.InvalidURL):
        return RequestInvalid("base_url is not an address that can be called")
    if isinstance(error, TimeoutError):
        return ConnectFailed(f"No connection to eMAG within {options.connect_timeout:g} s: check the network")
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return ConnectFailed("eMAG's host name was not found: check the network and the account's base URL")
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return ConnectFailed(f"No trusted TLS connection to eMAG: {error.strerror or error}")
    reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
    return ConnectFailed(f"No connection to eMAG: {reason}")


def _payload_failure(error: aiohttp.ClientPayloadError, options: HttpOptions) -> EmagError:
    # aiohttp bounds what one chunk may grow to when it is decompressed.
    if isinstance(error.__cause__, DecompressSizeError):
        return _too_large(options.max_response_bytes)
    # aiohttp distinguishes a reset in the middle of an answer from an early end only by the error's text.
    if isinstance(error.__cause__, OSError) or "ConnectionResetError" in str(error):
        return ReadFailed("The connection to eMAG broke in the middle of the answer")
    return TruncatedAnswer("eMAG's answer ended before it was complete")

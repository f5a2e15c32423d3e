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
import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import Final, Self, TypedDict

import aiohttp
from aiohttp.http_exceptions import DecompressSizeError

from emagsync import __version__
from emagsync.core.exhaustion import TooFewFiles, exhaustion_of, too_few_files
from emagsync.core.proxies import Proxy, parse_proxy, proxy_for
from emagsync.marketplace.envelope import HttpAnswer, proxy_refused
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


# A proxy that wants other credentials (407), or that may not be used for this (401, 403, 405): a person must act.
_PROXY_REFUSALS: Final = frozenset({401, 403, 405, 407})


class _Way(TypedDict, total=False):
    """aiohttp's options of one request through a proxy."""

    proxy: str
    proxy_headers: dict[str, str]


@dataclass(frozen=True)
class HttpOptions:
    """One exchange: its limits (seconds, and bytes after decompression) and its way to eMAG.

    Without a `proxy`, such as `http://user:password@host:3128`, those of `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` are
    used, unless `trust_env` is false. `ca_bundle` is a file of certificates that are trusted besides the system's.
    """

    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    max_response_bytes: int = 64 * 1024 * 1024
    trust_env: bool = True
    proxy: Proxy | str | None = field(default=None, repr=False)
    ca_bundle: Path | None = None

    def proxy_to(self, base_url: str) -> Proxy | None:
        """The proxy that requests to that address go through; None: they go directly.

        Raises RequestInvalid for a `proxy` that makes no sense, and SettingsError for one of the environment.
        """
        if isinstance(self.proxy, str):
            try:
                return parse_proxy(self.proxy, "HttpOptions.proxy")
            except ValueError as error:
                raise RequestInvalid(f"HttpOptions.proxy: {error}") from None
        if self.proxy is not None:
            return self.proxy
        return proxy_for(base_url, os.environ) if self.trust_env else None


class Transport:
    """The open connections to one eMAG API user's endpoint. `base_url` has passed `check_base_url`.

    Raises RequestInvalid for an odd `options.proxy`, and SettingsError for an odd proxy of the environment.
    """

    def __init__(self, base_url: str, username: str, password: str, options: HttpOptions) -> None:
        self._base_url = base_url.rstrip("/")
        self._options = options
        token = base64.b64encode(f"{username}:{password}".encode()).decode()
        self._authorization = f"Basic {token}"
        self.proxy = options.proxy_to(base_url)
        self._secrets = tuple(secret for secret in (token, password, *_secrets_of(self.proxy)) if secret)
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
        connector = aiohttp.TCPConnector(
            limit=0, keepalive_timeout=_KEEPALIVE_SECONDS, ssl=_tls_context(options.ca_bundle)
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            # Not the authorization: aiohttp gives a session's headers to proxies, too.
            headers={
                "User-Agent": USER_AGENT,
                "Accept": "application/json",
                "Accept-Encoding": "gzip, deflate",
            },
            timeout=aiohttp.ClientTimeout(connect=options.connect_timeout, sock_read=options.read_timeout),
            cookie_jar=aiohttp.DummyCookieJar(),
            # aiohttp would also take credentials from ~/.netrc, and ask for the proxy anew for each request.
            trust_env=False,
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
                    headers=self._headers(has_body=body is not None),
                    # A redirect is an error: wherever it leads, the credentials must not follow it.
                    allow_redirects=False,
                    **self._way(),
                    trace_request_ctx=sending,
                ) as response,
            ):
                content = await self._read(response)
                return HttpAnswer(response.status, response.headers, content)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            failure = _translate(error, was_sent=sending.was_sent, options=options, proxy=self.proxy)
            # A ClientResponseError carries the request's headers, the authorization among them.
            raise failure from (None if isinstance(error, aiohttp.ClientResponseError) else error)

    def _headers(self, *, has_body: bool) -> dict[str, str]:
        headers = {"Authorization": self._authorization}
        if has_body:
            headers["Content-Type"] = "application/json"
        # Of an encrypted exchange the proxy sees the request for a tunnel alone.
        if self.proxy is not None and self.proxy.authorization is not None and not self._is_encrypted:
            headers["Proxy-Authorization"] = self.proxy.authorization
        return headers

    def _way(self) -> _Way:
        if self.proxy is None:
            return {}
        authorization = self.proxy.authorization
        if authorization is None or not self._is_encrypted:
            return {"proxy": self.proxy.address}
        return {"proxy": self.proxy.address, "proxy_headers": {"Proxy-Authorization": authorization}}

    @property
    def _is_encrypted(self) -> bool:
        return self._base_url.lower().startswith("https:")

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


def _secrets_of(proxy: Proxy | None) -> tuple[str, ...]:
    if proxy is None or proxy.authorization is None:
        return ()
    return (proxy.authorization.removeprefix("Basic "), proxy.password)


def _tls_context(ca_bundle: Path | None) -> ssl.SSLContext | bool:
    if ca_bundle is None:
        return True  # aiohttp's own, which trusts what the system trusts
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(ca_bundle)
    except OSError as error:
        raise RequestInvalid(f"the certificates of {ca_bundle} cannot be used: {error.strerror or error}") from error
    return context


def _translate(error: Exception, *, was_sent: bool, options: HttpOptions, proxy: Proxy | None) -> EmagError:
    if not was_sent:
        if proxy is not None and (failure := _proxy_failure(error, proxy, options)) is not None:
            return failure
        return _connect_failure(error, options)
    if isinstance(error, TimeoutError):
        return CallTimeout(f"eMAG sent no complete answer within {options.read_timeout:g} s")
    if isinstance(error, aiohttp.ClientPayloadError):
        return _payload_failure(error, options)
    if isinstance(error, aiohttp.ClientResponseError):
        return ReadFailed(f"eMAG answered something that is not HTTP: {error.message[:200]}")
    return ReadFailed(f"The connection to eMAG broke: {type(error).__name__}")


def _proxy_failure(error: Exception, proxy: Proxy, options: HttpOptions) -> EmagError | None:
    """What went wrong on the way through the proxy; None where that was not the proxy's doing."""
    if isinstance(error, aiohttp.ClientHttpProxyError):
        if error.status in _PROXY_REFUSALS:
            return proxy_refused(error.status, str(proxy))
        return ConnectFailed(f"The proxy {proxy} made no connection to eMAG (HTTP {error.status}): check it")
    if isinstance(error, TimeoutError):
        return ConnectFailed(
            f"No connection to eMAG through the proxy {proxy} within {options.connect_timeout:g} s: check the proxy"
        )
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return ConnectFailed(f"The host name of the proxy {proxy} was not found: check that variable")
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return ConnectFailed(f"No connection to the proxy {proxy}: {error.strerror or 'check that it runs'}")
    return None


def _connect_failure(error: Exception, options: HttpOptions) -> EmagError:
    if isinstance(error, aiohttp.InvalidURL):
        return RequestInvalid("base_url is not an address that can be called")
    if isinstance(exhaustion_of(error), TooFewFiles):
        return ConnectFailed(f"No connection to eMAG. {too_few_files()}")
    if isinstance(error, TimeoutError):
        return ConnectFailed(f"No connection to eMAG within {options.connect_timeout:g} s: check the network")
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return ConnectFailed("eMAG's host name was not found: check the network and the account's base URL")
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return ConnectFailed(
            f"No trusted TLS connection to eMAG: {error.strerror or error}. Where a firewall or proxy of your network "
            "opens encrypted traffic, name its certificate in EMAGSYNC_HTTP__CA_BUNDLE"
        )
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

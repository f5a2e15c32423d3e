"""Fetches a file over https, from a public address only, and no more of it than a file may have."""

from __future__ import annotations

import ssl
import zlib
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote

import aiohttp
from aiohttp import encode_basic_auth
from yarl import URL

from emagsync import __version__
from emagsync.core.public_addresses import AddressRefused, judged_url
from emagsync.core.public_connector import outgoing_connector, words_of
from emagsync.sources.errors import FetchFailed
from emagsync.sources.fetching.fetched import (
    MOST_BYTES,
    TIMEOUT_SECONDS,
    Fetched,
    Known,
    Place,
    kept_header,
    shown_name,
)

# Google answers the address of a published sheet with another one.
MOST_REDIRECTS: Final = 5
_PIECE: Final = 64 * 1024
_MOST_PARTS: Final = 10_000
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_LOGIN: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED})
_COMPRESSED: Final = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


async def fetch_over_https(place: Place, known: Known, *, allow_private: bool) -> Fetched | None:
    """The file at the address; None where the server says that it is still the one that is `known`.

    Each address on the way is judged anew, and another server is not shown the login. Raises FetchFailed.
    """
    session = aiohttp.ClientSession(
        connector=outgoing_connector(allow_private=allow_private),
        timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS),
        headers={"User-Agent": f"emagsync/{__version__}", "Accept-Encoding": "gzip, identity"},
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
    )
    try:
        async with session:
            return await _follow(session, place, known, allow_private=allow_private)
    except AddressRefused as error:
        raise FetchFailed("address", error=str(error)) from error
    except TimeoutError as error:
        raise FetchFailed("timed_out", seconds=int(TIMEOUT_SECONDS)) from error
    except (aiohttp.ClientError, OSError, ssl.SSLError, ValueError) as error:
        raise FetchFailed("unanswered", error=words_of(error)) from error


async def _follow(session: aiohttp.ClientSession, place: Place, known: Known, *, allow_private: bool) -> Fetched | None:
    url = first = URL(judged_url(place.address, allow_private=allow_private), encoded=True)
    for _ in range(MOST_REDIRECTS + 1):
        is_same_server = url.origin() == first.origin()
        headers = _headers(place, known) if is_same_server else {}
        async with session.get(url, headers=headers, allow_redirects=False) as answer:
            if answer.status in _MOVED and "Location" in answer.headers:
                target = str(url.join(URL(answer.headers["Location"])).with_fragment(None))
                url = URL(judged_url(target, allow_private=allow_private), encoded=True)
                continue
            return await _file(answer, was_known=is_same_server and known != Known())
    raise FetchFailed("redirects", most=MOST_REDIRECTS)


async def _file(answer: aiohttp.ClientResponse, *, was_known: bool) -> Fetched | None:
    """`was_known`: the server was told which file is here. That it is still the same means nothing otherwise."""
    if answer.status == HTTPStatus.NOT_MODIFIED and was_known:
        return None
    if answer.status in _LOGIN:
        raise FetchFailed("login", status=answer.status)
    if answer.status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        raise FetchFailed("not_found", name=_file_name(answer.url) or answer.url.host or "")
    if answer.status != HTTPStatus.OK:
        raise FetchFailed("status", status=answer.status)
    content = await _content(answer)
    headers = answer.headers
    return Fetched(content, _name(answer), kept_header(headers.get("ETag")), kept_header(headers.get("Last-Modified")))


async def _content(answer: aiohttp.ClientResponse) -> bytes:
    """What the body says, unpacked piece by piece: a small one may unpack to anything."""
    encoding = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "", *_COMPRESSED):
        raise FetchFailed("compressed", encoding=encoding[:40])
    unpacker = _Unpacker(_COMPRESSED[encoding]) if encoding in _COMPRESSED else None
    found = bytearray()
    try:
        async for piece in answer.content.iter_chunked(_PIECE):
            found += piece if unpacker is None else unpacker.unpacked(piece, MOST_BYTES + 1 - len(found))
            if len(found) > MOST_BYTES:
                raise FetchFailed("too_large", most=MOST_BYTES)
        if unpacker is not None and not unpacker.is_at_the_end:
            raise FetchFailed("compressed", encoding=encoding)
    except zlib.error as error:
        raise FetchFailed("compressed", encoding=encoding) from error
    return bytes(found)


class _Unpacker:
    """Unpacks a body of one or more compressed parts (RFC 1952, 2.2: a gzip file may have several)."""

    def __init__(self, window_bits: int) -> None:
        self._window_bits = window_bits
        self._part = zlib.decompressobj(window_bits)
        self._parts = 1

    @property
    def is_at_the_end(self) -> bool:
        """Whether nothing of a part is missing."""
        return self._part.eof

    def unpacked(self, piece: bytes, most: int) -> bytes:
        """What the next piece of the body comes to, of that at most so many bytes. Raises zlib.error.

        That is the caller's limit: beyond it nothing may be asked for any more.
        """
        found = bytearray()
        while piece and len(found) < most:
            if self._part.eof:
                self._begin_part()
            found += self._part.decompress(piece, most - len(found))
            piece = self._part.unused_data
        return bytes(found)

    def _begin_part(self) -> None:
        self._parts += 1
        if self._parts > _MOST_PARTS:
            # Parts that hold nothing go on for ever, and never come to anything.
            raise zlib.error("too many parts")
        self._part = zlib.decompressobj(self._window_bits)


def _name(answer: aiohttp.ClientResponse) -> str | None:
    given = answer.content_disposition.filename if answer.content_disposition else None
    return shown_name(given or _file_name(answer.url))


def _file_name(url: URL) -> str:
    """The last part of a path that looks like a file's name; what does not may be a secret."""
    name = unquote(url.name)
    return name if "." in name else ""


def _headers(place: Place, known: Known) -> dict[str, str]:
    headers = dict(place.secrets.headers)
    if place.username is not None:
        headers["Authorization"] = encode_basic_auth(place.username, place.secrets.password or "", encoding="utf-8")
    if known.etag is not None:
        headers["If-None-Match"] = known.etag
    elif known.last_modified is not None:
        headers["If-Modified-Since"] = known.last_modified
    return headers

"""A digest of a request while its body is read: the same request sent again has the same, any other one another."""

from __future__ import annotations

from email.message import Message as Header
from hashlib import sha256
from typing import Final

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

_MULTIPART: Final = "multipart/form-data"
_MARK: Final = b"\0"  # no boundary has it


class RequestDigest:
    """Method, address, kind of body and body. To be used as the `receive` of whoever reads the body.

    The body is not kept: it may be a large file. The boundary between the parts of a form counts for nothing, because
    programs choose another one each time.
    """

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._receive = receive
        kind, self._boundary = _kind_and_boundary(Headers(scope=scope).get("content-type", ""))
        self._hash = sha256(f"{scope['method']} {scope['path']}\n{kind}\n".encode("utf-8", "surrogateescape"))
        self._hash.update(scope["query_string"] + b"\n")
        self._rest = b""
        self.is_complete = False  # the whole body was read
        self._is_gone = False

    async def __call__(self) -> Message:
        """ASGI's `receive`."""
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._is_gone = True
        elif not self.is_complete:
            self._add(message.get("body", b""))
            self.is_complete = not message.get("more_body", False)
        return message

    async def read_all(self) -> str:
        """The digest, in hex, once what nobody has read yet was read. Of a caller that has gone: of what came."""
        while not self.is_complete and not self._is_gone:
            await self()
        whole = self._hash.copy()
        whole.update(self._rest)
        return whole.hexdigest()

    def _add(self, body: bytes) -> None:
        if not self._boundary:
            self._hash.update(body)
            return
        body = (self._rest + body).replace(self._boundary, _MARK)
        # The last bytes may be the beginning of a boundary.
        left = max(len(body) - len(self._boundary) + 1, 0)
        self._hash.update(body[:left])
        self._rest = body[left:]


def _kind_and_boundary(content_type: str) -> tuple[str, bytes]:
    header = Header()
    header["content-type"] = content_type
    kind = header.get_content_type() if content_type else ""
    boundary = str(header.get_param("boundary", "")) if kind == _MULTIPART else ""
    return kind, boundary.encode("utf-8", "surrogateescape")

"""Conditional reads: JSON answers have an ETag, and who sends it back as If-None-Match gets 304 while it holds."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emagsync.rest.entity_tags import TAG_HEADER, content_tag

_JSON: Final = "application/json"
_BELOW: Final = "/api/"
_IF_NONE_MATCH: Final = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The `ETag` of an earlier answer, or several of them, or `*`: 304 while one of them still holds.",
    "schema": {"type": "string", "title": "If-None-Match"},
}
NOT_MODIFIED_NAME: Final = "NotModified"
NOT_MODIFIED: Final[Mapping[str, Any]] = {
    "description": "Nothing is new since an answer that `If-None-Match` names",
    "headers": TAG_HEADER,
}


class ConditionalReadMiddleware:
    """Gives JSON answers of the API to GET an ETag of their content, and answers 304 to who has it already.

    An answer with an ETag of its own (one offer's version, which `If-Match` takes) keeps it. What is streamed passes
    untouched.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith(_BELOW):
            await self._app(scope, receive, send)
            return
        held: Message | None = None  # the start of the answer, until its body is known

        async def send_unless_known(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start" and _may_have_tag(message):
                held = message
                return
            if held is not None:
                start, held = held, None
                if message["type"] == "http.response.body" and not message.get("more_body", False):
                    start, message = _tagged(start, message, Headers(scope=scope).getlist("if-none-match"))
                await send(start)
            await send(message)

        await self._app(scope, receive, send_unless_known)


def _may_have_tag(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    kind = headers.get("content-type", "").partition(";")[0].strip()
    return start["status"] == HTTPStatus.OK and kind == _JSON


def _tagged(start: Message, body: Message, known: list[str]) -> tuple[Message, Message]:
    """The start and the body of the answer with its ETag, or those of a 304 when it is among `known`."""
    headers = MutableHeaders(raw=list(start["headers"]))
    tag = headers.get("etag")
    if tag is None:
        tag = content_tag(body.get("body", b""))
        headers["ETag"] = tag
    if not matches(tag, known):
        return {**start, "headers": headers.raw}, body
    for name in ("content-length", "content-type"):
        del headers[name]
    return {**start, "status": HTTPStatus.NOT_MODIFIED.value, "headers": headers.raw}, {**body, "body": b""}


def matches(tag: str, known: list[str]) -> bool:
    """Whether one of the If-None-Match lists in `known` has `tag`, as RFC 9110 compares them: weakly."""
    given = [one.strip().removeprefix("W/") for line in known for one in line.split(",")]
    return "*" in given or tag.removeprefix("W/") in given


def describe_conditional_read(path: str, method: str, operation: dict[str, Any]) -> None:
    """Complete an operation of the OpenAPI document with what the middleware does for it, if it does anything.

    Refers to `NOT_MODIFIED` among the document's responses.
    """
    responses = operation["responses"]
    if method != "get" or not path.startswith(_BELOW) or _JSON not in responses.get("200", {}).get("content", {}):
        return
    operation.setdefault("parameters", []).append(dict(_IF_NONE_MATCH))
    responses["200"].setdefault("headers", {}).update(TAG_HEADER)
    responses["304"] = {"$ref": f"#/components/responses/{NOT_MODIFIED_NAME}"}

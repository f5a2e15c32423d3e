"""`Idempotency-Key`: for each POST that does something, in one place (IETF, draft-ietf-httpapi-idempotency-key-header).

Who sends a request again with its key gets the answer of the first time, with `Idempotency-Replayed: true`. What is
kept, and for how long, is in `idempotency_keys`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Final

from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emagsync.core.errors import EmagsyncError
from emagsync.rest.auth import authorized, role_needed_by
from emagsync.rest.idempotency_keys import KEY_HEADER, LONGEST_KEY, REPLAYED_HEADER, IdempotencyKeys, KeptAnswer
from emagsync.rest.idempotency_repository import Claim
from emagsync.rest.problem_handlers import answer_to
from emagsync.rest.problems import ApiProblem, invalid
from emagsync.rest.request_digest import RequestDigest
from emagsync.rest.state import state_of

_POST: Final = "POST"
_KEPT_HEADERS: Final = ("content-type", "content-language", "content-disposition", "location", "etag")
# These refuse the caller or the moment and did nothing: the same request may be right later. The same goes for what
# failed (500 and above).
_NOT_KEPT: Final = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.CONFLICT,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)


def honours_keys(route: BaseRoute, keyless: Iterable[str]) -> bool:
    """Whether a route heeds `Idempotency-Key`: a documented POST of a caller, unless its name is in `keyless`."""
    return (
        isinstance(route, APIRoute)
        and route.include_in_schema
        and _POST in (route.methods or ())
        and route.name not in frozenset(keyless)
        and role_needed_by(route) is not None
    )


class IdempotencyMiddleware:
    """Answers a request that was answered before as it was then. `routes` are those that heed the key.

    To stand directly around the routes: what an outer middleware adds to an answer, it adds to a kept one, too.
    """

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute], keyless: Iterable[str]) -> None:
        self._app = app
        self._routes = [route for route in routes if isinstance(route, APIRoute) and _POST in (route.methods or ())]
        self._keyless = frozenset(keyless)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        given = Headers(scope=scope).getlist(KEY_HEADER) if scope["type"] == "http" and scope["method"] == _POST else []
        route = self._route_at(scope["path"]) if given else None
        if route is None:
            await self._app(scope, receive, send)
            return
        try:
            await self._answer(route, given, Request(scope, receive), send)
        except (EmagsyncError, HTTPException) as error:  # an outer middleware says so when a body is too large
            await answer_to(error, scope["path"])(scope, receive, send)

    def _route_at(self, path: str) -> APIRoute | None:
        found = next((route for route in self._routes if route.path_regex.match(path)), None)
        return found if found is not None and honours_keys(found, self._keyless) else None

    async def _answer(self, route: APIRoute, given: Sequence[str], request: Request, send: Send) -> None:
        needed = role_needed_by(route)
        assert needed is not None  # noqa: S101 - `honours_keys` says so
        caller = await authorized(request, needed)
        keys = state_of(request).idempotency
        held = await keys.claim(caller, _key_in(given))
        digest = RequestDigest(request.scope, request.receive)
        if isinstance(held, KeptAnswer):
            if await digest.read_all() != held.request:
                raise _used_for_another()
            await _replay(held)(request.scope, request.receive, send)
            return
        async with keys.at_work(held):
            keeping = _Keeping(keys, held, digest, send)
            try:
                await self._app(request.scope, digest, keeping)
            except Exception:
                await keeping.give_up()
                raise


class _Keeping:
    """Holds an answer back until it is whole, and keeps it before the caller gets it: the `send` of a keyed request."""

    def __init__(self, keys: IdempotencyKeys, held: Claim, digest: RequestDigest, send: Send) -> None:
        self._keys = keys
        self._held = held
        self._digest = digest
        self._send = send
        self._start: Message = {}
        self._body: list[bytes] = []
        self._is_settled = False

    async def __call__(self, message: Message) -> None:
        """ASGI's `send`."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        if message["type"] != "http.response.body":
            await self._send(message)
            return
        self._body.append(message.get("body", b""))
        if message.get("more_body", False):
            return
        await self._settle()
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": b"".join(self._body)})

    async def give_up(self) -> None:
        """What handled the request failed: without an answer, nothing is kept."""
        if not self._is_settled:
            self._is_settled = True
            await self._keys.release(self._held)

    async def _settle(self) -> None:
        status = int(self._start["status"])
        digest = await self._digest_unless_too_large() if _is_kept(status) else None
        # A request that broke off was refused for that alone.
        is_whole = self._digest.is_complete or status < HTTPStatus.BAD_REQUEST
        if digest is None or not is_whole:
            await self.give_up()
            return
        headers = Headers(raw=self._start["headers"])
        kept = {name: headers[name] for name in _KEPT_HEADERS if name in headers}
        self._is_settled = True
        await self._keys.keep(self._held, KeptAnswer(digest, status, kept, b"".join(self._body)))

    async def _digest_unless_too_large(self) -> str | None:
        try:
            return await self._digest.read_all()
        except HTTPException:
            return None


def _is_kept(status: int) -> bool:
    return status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in _NOT_KEPT


def _key_in(given: Sequence[str]) -> str:
    """The key, which may stand in quotes, as the draft writes it. Raises a 422 problem."""
    key = given[0]
    if len(key) > 1 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if len(given) > 1 or not 0 < len(key) <= LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise invalid(
            KEY_HEADER, f"Give one key of 1 to {LONGEST_KEY} printable ASCII characters, such as a UUID.", "bad_key"
        )
    return key


def _replay(answer: KeptAnswer) -> Response:
    return Response(answer.body, answer.status, headers={**answer.headers, REPLAYED_HEADER: "true"})


def _used_for_another() -> ApiProblem:
    return ApiProblem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "idempotency_key_reused",
        f"{KEY_HEADER}: this key was used for another request within the last 24 hours. Give each request a key of its "
        "own, and send a request again exactly as it was.",
    )

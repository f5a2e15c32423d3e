"""Idempotency keys: a request that is sent again with its key is answered as before, and does nothing again.

A call claims its key before it does anything, keeps its answer when it has one, and is at work in between, which it
notes again and again. When these notes stop, its process has died, and nobody can tell how far it got: then the request
is **not** handled again, for a relative change of the stock or an undo would be made twice. The caller is told to look.

How many keys a caller may have is bounded (`MOST_KEYS`). Beyond it the oldest that were answered are forgotten, rather
than the next request refused: a request is sent again within minutes of the first time, while a price that is refused
is a price that does not arrive. But what was answered within the last hour (`SURELY_KEPT`) is never forgotten, nor what
has no answer yet: a caller that has so many of these (28 requests a second, for an hour) has gone wild, and is asked to
wait (429). A key that is known is answered all the same.
"""

from __future__ import annotations

import math
import uuid
import zlib
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

import orjson
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core.clock import Clock
from emagsync.core.concurrency import background_task
from emagsync.core.errors import EmagsyncError
from emagsync.db.engine import Database
from emagsync.rest import idempotency_repository as repository
from emagsync.rest.idempotency_repository import Claim
from emagsync.rest.principals import Principal
from emagsync.rest.problems import ApiProblem
from emagsync.vault.errors import SealBroken
from emagsync.vault.vault import Vault

log = structlog.get_logger()

KEY_HEADER: Final = "Idempotency-Key"
REPLAYED_HEADER: Final = "Idempotency-Replayed"
LONGEST_KEY: Final = 255
KEY_PARAMETER: Final[Mapping[str, Any]] = {
    "name": KEY_HEADER,
    "in": "header",
    "required": False,
    "description": "A name of your own for this request, such as a UUID, in printable ASCII. Sent again with the same "
    f"one within 24 hours, it does nothing again: the answer is the first one, with `{REPLAYED_HEADER}: true`.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "title": KEY_HEADER},
}
# A call notes so often that it is still at work; one of which nothing was heard for so long has died.
RENEWED_EVERY: Final = timedelta(seconds=30)
LOST_AFTER: Final = timedelta(seconds=90)
# About so many, for they are counted now and then: each process counts a caller's anew after at most COUNTED_EVERY.
MOST_KEYS: Final = 100_000
COUNTED_EVERY: Final = 1_000
# So many are forgotten at once, that it need not be done with each request.
_FORGOTTEN_AT_ONCE: Final = 10_000
SURELY_KEPT: Final = timedelta(hours=1)
_AGAIN_SECONDS: Final = 5
_PURPOSE: Final = "idempotency"


@dataclass(frozen=True)
class KeptAnswer:
    """An answer with the digest of the request that it is to."""

    request: str
    status: int
    headers: Mapping[str, str]
    body: bytes


class IdempotencyKeys:
    """The keys of all callers, shared by all server processes through the database."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        # How many more keys a caller may use before they are counted again.
        self._uncounted: dict[str, int] = {}

    async def claim(self, caller: Principal, key: str) -> Claim | KeptAnswer:
        """The right to handle the caller's request with this key, or the answer that it has had.

        Raises ApiProblem, 409: it is being handled, or it is not known how that ended, or the answer is unreadable; and
        429: it is new, and the caller has as many as there may be.
        """
        now = self._clock.now()
        wanted = Claim(_owner(caller), key, uuid.uuid4().hex)
        async with self._database.transaction() as connection:
            known = await repository.claim(connection, wanted, now=now)
            if known is None:
                await self._expect_room(connection, wanted.owner, now)
        if known is None:
            return wanted
        if known.status is not None and known.answer is not None:
            return self._opened(known.status, known.answer)
        raise _in_progress() if now - known.alive_at < LOST_AFTER else _unknown_outcome()

    @asynccontextmanager
    async def at_work(self, held: Claim) -> AsyncIterator[None]:
        """Note, while the block runs, that the request is being handled."""
        async with background_task("idempotency key", self._renew(held)):
            yield

    async def keep(self, held: Claim, answer: KeptAnswer) -> None:
        """Keep the answer. Where that fails, the log says so, and the key's outcome is unknown to who uses it again."""
        try:
            sealed = self._vault.seal(_PURPOSE, _packed(answer))
            async with self._database.transaction() as connection:
                await repository.keep(connection, held, status=answer.status, answer=sealed, now=self._clock.now())
        except EmagsyncError as error:
            log.warning("idempotency_answer_not_kept", error=str(error))

    async def release(self, held: Claim) -> None:
        """Give the key back: nothing was done, or it failed, and the caller may try again."""
        try:
            async with self._database.transaction() as connection:
                await repository.release(connection, held)
        except EmagsyncError as error:
            log.warning("idempotency_key_not_released", error=str(error))

    async def _expect_room(self, connection: AsyncConnection, owner: str, now: datetime) -> None:
        """Forget the caller's oldest answers where it has too many keys. Raises ApiProblem, 429, where that is not
        enough."""
        left = self._uncounted.get(owner, 0)
        if left > 0:
            self._uncounted[owner] = left - 1
            return
        room = MOST_KEYS - await repository.count(connection, owner)
        if room < 0:
            most = min(_FORGOTTEN_AT_ONCE, MOST_KEYS) - room
            room += await repository.forget_oldest(connection, owner, most=most, before=now - SURELY_KEPT)
        if room < 0:
            oldest = await repository.oldest_answer(connection, owner)
            # One that could be forgotten is being forgotten by another call, or was since they were counted.
            is_recent = oldest is None or oldest >= now - SURELY_KEPT
            if is_recent and await repository.count(connection, owner) > MOST_KEYS:
                raise _too_many(None if oldest is None else oldest + SURELY_KEPT - now)
        self._uncounted[owner] = max(0, min(COUNTED_EVERY, room))

    async def _renew(self, held: Claim) -> None:
        while True:
            await self._clock.sleep(RENEWED_EVERY.total_seconds())
            try:
                async with self._database.transaction() as connection:
                    await repository.renew(connection, held, now=self._clock.now())
            except EmagsyncError as error:
                log.warning("idempotency_key_not_renewed", error=str(error))

    def _opened(self, status: int, sealed: str) -> KeptAnswer:
        try:
            return _unpacked(status, self._vault.unseal(_PURPOSE, sealed))
        except SealBroken:
            raise _unreadable(status) from None


def _owner(caller: Principal) -> str:
    """A user's logins are one caller, whichever browser they are in; each API token is one of its own."""
    kind, number = caller.credential if caller.kind == "token" or caller.user_id is None else ("user", caller.user_id)
    return f"{kind}:{number}"


def _packed(answer: KeptAnswer) -> str:
    body = b64encode(zlib.compress(answer.body)).decode()
    return orjson.dumps(asdict(answer) | {"body": body}).decode()


def _unpacked(status: int, packed: str) -> KeptAnswer:
    values = orjson.loads(packed)
    return KeptAnswer(values["request"], status, values["headers"], zlib.decompress(b64decode(values["body"])))


def _too_many(until_next: timedelta | None) -> ApiProblem:
    seconds = _AGAIN_SECONDS if until_next is None else max(1, math.ceil(until_next.total_seconds()))
    return ApiProblem(
        HTTPStatus.TOO_MANY_REQUESTS,
        "too_many_idempotency_keys",
        f"This caller has used {MOST_KEYS} Idempotency-Keys within the last hour, which is all that there may be. Wait "
        "before you send further requests with new keys; one that was sent before is answered as it was then.",
        headers={"Retry-After": str(seconds)},
    )


def _in_progress() -> ApiProblem:
    return ApiProblem(
        HTTPStatus.CONFLICT,
        "idempotency_in_progress",
        "The request that came first with this Idempotency-Key is still being handled: send it again later, with the "
        "same key, for its answer.",
        headers={"Retry-After": str(_AGAIN_SECONDS)},
    )


def _unknown_outcome() -> ApiProblem:
    return ApiProblem(
        HTTPStatus.CONFLICT,
        "idempotency_outcome_unknown",
        "The server stopped while it handled the request that came first with this Idempotency-Key, and does not know "
        "how far it got. Look whether it was done; if not, send it with a new key.",
    )


def _unreadable(status: int) -> ApiProblem:
    return ApiProblem(
        HTTPStatus.CONFLICT,
        "idempotency_answer_unreadable",
        f"The request with this Idempotency-Key was answered, with {status}, but the answer cannot be read with this "
        "server's key: give the key that it had before in EMAGSYNC_OLD_SECRET_KEYS. All servers of a database need the "
        "same EMAGSYNC_SECRET_KEY.",
        answered=status,
    )

"""Executes one call to eMAG: waits for the request budget, sends it, tries again, and records every attempt.

Each attempt, retries included, takes its own slot of the budget. A write that fails transiently after it was sent is
not repeated, unless it is one that may be done twice (`Call.repeatable`): nobody knows whether eMAG applied it, so it
becomes UncertainWrite, and the caller reads the offer back.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

import orjson

from emagsync.core.clock import Clock
from emagsync.core.errors import ErrorKind
from emagsync.marketplace.budget.budget import Budget, Grant, Priority
from emagsync.marketplace.budget.slots import RouteGroup
from emagsync.marketplace.envelope import Envelope, HttpAnswer, open_envelope
from emagsync.marketplace.errors import (
    BudgetStoreError,
    EmagError,
    IpNotAllowed,
    NotUtf8,
    Refused,
    UncertainWrite,
    WriteRefused,
)
from emagsync.marketplace.retry import Attempts, RetryPolicy
from emagsync.marketplace.save_answers import SaveResult, Verdict
from emagsync.marketplace.transport import Transport

T = TypeVar("T")
OK: Final = "ok"
CANCELLED: Final = "cancelled"
# Of a save whose offers eMAG judges one by one: it refused some of them, or all it did not take are missing from its
# answer. Where it refused every one of them, the code is that of a save that was refused as a whole.
PARTLY_REFUSED: Final = "partly_refused"
PARTLY_UNANSWERED: Final = "partly_unanswered"

# The keys of a request's body that are recorded: paging, statuses, ids and times. Others may hold personal data.
_RECORDED_FILTERS: Final = frozenset(
    {
        *("currentPage", "itemsPerPage", "valuesCurrentPage", "valuesPerPage", "language"),
        *("id", "part_number", "part_number_key", "status", "general_stock", "estimated_stock"),
        *("offer_validation_status", "validation_status", "translation_validation_status"),
        *("type", "is_complete", "payment_mode_id"),
        *("createdAfter", "createdBefore", "modifiedAfter", "modifiedBefore"),
    }
)
_LONGEST_RECORDED: Final = 64
_MOST_RECORDED: Final = 20


@dataclass(frozen=True)
class Call(Generic[T]):
    """A request, and how its answer is read. `read` raises an EmagError for an answer that it cannot use.

    `is_write`: an `isError: true` is final; `reads_refusals`: `read` gets its envelope, and raises where it is one.
    `repeatable`: doing it twice does no harm, so it is retried like a read.
    `bare_key`: its results may stand without an envelope, as an object with this key or as `null`.
    `query` is for routes that take their values in the address; all others take a JSON `body`.
    """

    route: str
    read: Callable[[Envelope], T]
    body: object = None
    query: list[tuple[str, str]] | None = None
    method: str = "POST"
    group: RouteGroup = RouteGroup.GENERAL
    priority: Priority = Priority.NORMAL
    is_write: bool = False
    repeatable: bool = True
    reads_refusals: bool = False
    bare_key: str | None = None


@dataclass(frozen=True)
class CallRecord:
    """One attempt, for logs and metrics. It holds no headers, bodies or secrets.

    `started_at` is when the budget granted it (UTC); `seconds` is the exchange's duration, `waited_seconds` that of the
    wait for the budget; `outcome` is `ok`, the error's code, `cancelled` where the caller did not wait for the answer
    of a request that was sent, or, of a save of which not all was taken, `partly_refused` or `partly_unanswered`:
    `error` then names the offers; `rows` in the answer, where it is a list. `filters` are what was asked for, as far as
    it is paging, a status, an id or a time; of a write, how many entities it was about. `verdicts`: of a save, how many
    offers were taken, refused and left open. `ip`: the address that eMAG saw, where it refused that.
    """

    account: str
    route: str
    started_at: datetime
    seconds: float
    waited_seconds: float
    attempt: int
    status: int | None
    outcome: str
    error: str | None
    rows: int | None
    filters: Mapping[str, Any] = field(default_factory=dict)
    group: RouteGroup = RouteGroup.GENERAL
    is_write: bool = False
    verdicts: Mapping[Verdict, int] = field(default_factory=dict)
    ip: str | None = None


@dataclass(frozen=True)
class HttpExchange:
    """One request that was made and what came back: whole, so with secrets and personal data, for a recording.

    `answer` is None where none came; `error` is then why. `seconds` do not count the wait for the budget.
    """

    account: str
    platform: str
    started_at: datetime
    seconds: float
    method: str
    route: str
    query: Sequence[tuple[str, str]]
    body: bytes | None
    answer: HttpAnswer | None
    error: EmagError | None


class CallExecutor:
    """Makes calls for one API user: waits for the budget, sends, tries again, records each attempt."""

    def __init__(
        self,
        *,
        account: str,
        transport: Transport,
        budget: Budget,
        retry: RetryPolicy,
        clock: Clock,
        rng: random.Random,
        on_call: Callable[[CallRecord], None] | None,
        platform: str,
        on_exchange: Callable[[HttpExchange], None] | None,
    ) -> None:
        self.account = account
        self._platform = platform
        self._on_exchange = on_exchange
        self._transport = transport
        self._budget = budget
        self._retry = retry
        self._clock = clock
        self._rng = rng
        self._on_call = on_call

    async def execute(self, call: Call[T], attempts: Attempts | None = None) -> T:
        """The call's result. Raises the last attempt's EmagError; a write of unknown fate raises UncertainWrite.

        Raises BudgetUnavailable when the request could not be counted, and so was not sent.
        """
        attempt = 1
        mends_text = False
        while True:
            try:
                return await self._attempt(call, attempt, mends_text=mends_text)
            except EmagError as error:
                mends_text = mends_text or isinstance(error, NotUtf8)
                self._describe(error, call.route, attempt)
                must_not_repeat = call.is_write and not call.repeatable
                decision = self._retry.decide(
                    attempt, error, is_write=must_not_repeat, random=self._rng, attempts=attempts
                )
                if decision.wait_seconds is None:
                    if must_not_repeat and error.kind is ErrorKind.TRANSIENT and not error.surely_not_applied:
                        raise self._describe(UncertainWrite(error), call.route, attempt) from error
                    raise
            await self._clock.sleep(decision.wait_seconds)
            attempt += 1

    def _describe(self, error: EmagError, route: str, attempt: int) -> EmagError:
        # Here, and not where the error is made: only the client knows the account, and the secrets to take out.
        error.account, error.route, error.attempts = self.account, route, attempt
        error.message = self._transport.scrub(error.message)
        if isinstance(error, Refused):
            error.messages = tuple(self._transport.scrub(text) for text in error.messages)
        error.args = (error.message,)
        return error

    async def _attempt(self, call: Call[T], attempt: int, *, mends_text: bool) -> T:
        grant = await self._budget.acquire(call.group, call.priority)
        started_at, began = self._clock.now(), self._clock.monotonic()
        answer: HttpAnswer | None = None
        failure: EmagError | None = None
        rows: int | None = None
        saved: SaveResult | None = None
        try:
            answer = await self._exchange(call, grant)
            envelope = open_envelope(
                answer,
                is_write=call.is_write,
                now=self._clock.now(),
                also_refusals=call.reads_refusals,
                bare_key=call.bare_key,
                mends_text=mends_text,
            )
            result = call.read(envelope)
            rows = _rows(result)
            saved = result if isinstance(result, SaveResult) else None
        except EmagError as error:
            failure = error
            raise
        else:
            return result
        finally:
            # Does nothing once the request was sent. Such a request counts, for us as for eMAG, also when its caller
            # was cancelled and knows no outcome.
            await grant.release()
            if grant.was_sent or failure is not None:
                self._report(
                    CallRecord(
                        account=self.account,
                        route=call.route,
                        started_at=started_at,
                        seconds=self._clock.monotonic() - began,
                        waited_seconds=grant.waited_seconds,
                        attempt=attempt,
                        status=answer.status if answer is not None else None,
                        outcome=_outcome(answer, failure, saved),
                        error=self._error_text(failure, saved),
                        rows=rows,
                        filters=_filters(call),
                        group=call.group,
                        is_write=call.is_write,
                        verdicts=_verdicts(saved),
                        ip=failure.ip if isinstance(failure, IpNotAllowed) else None,
                    )
                )

    def _error_text(self, failure: EmagError | None, saved: SaveResult | None) -> str | None:
        text = failure.message if failure is not None else "" if saved is None else _not_taken(saved)
        return self._transport.scrub(text) or None

    async def _exchange(self, call: Call[T], grant: Grant) -> HttpAnswer:
        body = None if call.body is None else orjson.dumps(call.body)
        answer = await self._observed(call, body, grant)
        # A budget store that cannot be written any more fails the next call. This one has its answer, and above all a
        # write that eMAG has applied must not be reported as failed.
        with suppress(BudgetStoreError):
            await self._budget.apply_response(grant, answer.status, answer.headers)
        return answer

    async def _observed(self, call: Call[T], body: bytes | None, grant: Grant) -> HttpAnswer:
        """The exchange, shown to whoever records exchanges. One that was cancelled has no outcome to show."""
        started_at, began = self._clock.now(), self._clock.monotonic()
        answer: HttpAnswer | None = None
        failure: EmagError | None = None
        try:
            answer = await self._transport.exchange(
                call.method, call.route, body=body, query=call.query, on_sent=grant.sent
            )
        except EmagError as error:
            failure = error
            raise
        finally:
            if self._on_exchange is not None and (answer or failure):
                seconds = self._clock.monotonic() - began
                query = tuple(call.query or ())
                self._on_exchange(
                    HttpExchange(
                        account=self.account,
                        platform=self._platform,
                        started_at=started_at,
                        seconds=seconds,
                        method=call.method,
                        route=call.route,
                        query=query,
                        body=body,
                        answer=answer,
                        error=failure,
                    )
                )
        return answer

    def _report(self, record: CallRecord) -> None:
        if self._on_call is not None:
            self._on_call(record)


def _outcome(answer: HttpAnswer | None, failure: EmagError | None, saved: SaveResult | None) -> str:
    if failure is not None:
        return failure.code
    if saved is not None and saved.refused:
        return WriteRefused.code if len(saved.refused) == len(saved.verdicts) else PARTLY_REFUSED
    if saved is not None and saved.unknown:
        return PARTLY_UNANSWERED
    return CANCELLED if answer is None else OK


def _not_taken(saved: SaveResult) -> str:
    """Which offers of a save were not taken, by eMAG's words; empty where all were."""
    refused = [f"{emag_id} ({'; '.join(words) or 'no reason given'})" for emag_id, words in saved.refused.items()]
    unknown = list(map(str, saved.unknown))
    parts = [f"refused: {', '.join(refused)}"] if refused else []
    return ". ".join([*parts, f"not in the answer: {', '.join(unknown)}"] if unknown else parts)


def _verdicts(saved: SaveResult | None) -> Mapping[Verdict, int]:
    """How many offers of a save have each verdict. One that was refused as a whole has none: it may be halved."""
    return {} if saved is None else Counter(one.verdict for one in saved.verdicts.values())


def _rows(result: object) -> int | None:
    # A page is a plain tuple of rows; a named tuple, such as a count, is one result.
    return len(result) if isinstance(result, tuple) and not hasattr(result, "_fields") else None


def _filters(call: Call[Any]) -> dict[str, Any]:
    """The part of the request that is recorded, of bounded size."""
    if call.query is not None:
        return {"values": len(call.query)}
    if isinstance(call.body, list):  # `offer/save` takes the bare list
        return {"entities": len(call.body)}
    if not isinstance(call.body, Mapping):
        return {}
    if isinstance(call.body.get("data"), list):
        return {"entities": len(call.body["data"])}
    return {name: _recordable(value) for name, value in call.body.items() if name in _RECORDED_FILTERS}


def _recordable(value: object) -> object:
    if isinstance(value, bool | int) or value is None:
        return value
    if isinstance(value, list | tuple):
        return [_recordable(one) for one in value[:_MOST_RECORDED]]
    return str(value)[:_LONGEST_RECORDED]

"""Serves a recording: for each request the answers that it got when it was recorded, one after the other.

Requests are the same when account, method, route, query and body are the same. A request that comes more often than it
was recorded gets its last answer again. A page of another size has the rows that were recorded at its places, or fails
as they failed. Whatever else was never recorded (another filter, another offer) is answered from the rows that were
recorded, as the sandbox answers from any catalogue.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from emagsync.core.recording import Exchange, Failure, Recording, RecordingError
from emagsync.sandbox.accounts import Account
from emagsync.sandbox.answers import JSON, success
from emagsync.sandbox.catalogue import from_rows
from emagsync.sandbox.codec import decode
from emagsync.sandbox.recorded_list import RecordedList, filters_of
from emagsync.sandbox.row_seed import whole_or_none
from emagsync.sandbox.settings import SandboxError

_OFFERS: Final = "product_offer/read"
_Key = tuple[str, str, str, tuple[tuple[str, str], ...], str]


class ReplayedAnswer(NamedTuple):
    """One recorded answer, and when and how it is to be sent."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float
    failure: Failure | None


class Replay:
    """The answers of a recording, in turn. Times are divided by *speed*.

    Raises:
        SandboxError: *folder* holds no recording.
    """

    def __init__(self, folder: Path, *, speed: float = 1.0) -> None:
        try:
            self._recording = Recording(folder)
        except RecordingError as error:
            raise SandboxError(f"--replay: {error}") from error
        if speed <= 0:
            raise SandboxError(f"--replay-speed is above 0, not {speed:g}.")
        self._speed = speed
        self._answers: dict[_Key, list[int]] = defaultdict(list)
        for number, exchange in enumerate(self._recording.exchanges):
            self._answers[_key_of(exchange)].append(number)
        self._turns: dict[_Key, int] = {}
        self._lists = self._recorded_lists()

    def accounts(self) -> list[Account]:
        """The accounts that were recorded, named as they were here; their password is ``NAME-secret``.

        Their catalogues hold every row that was recorded, each as it was read last.
        """
        return [
            Account(name, f"{name}-secret", from_rows(self._rows(name)), seed=place, platform=platform)
            for place, (name, platform) in enumerate(sorted(self._recording.platforms.items()), start=1)
        ]

    def answer(
        self, account: str, method: str, route: str, query: Iterable[tuple[str, str]], content: Any
    ) -> ReplayedAnswer | None:
        """The next answer of this request; None when it was never recorded. *content* is the decoded body or None.

        Raises:
            SandboxError: a file of the recording is gone.
        """
        key = (account, method, route, tuple(query), _canonical(content))
        numbers = self._answers.get(key)
        if numbers is None:
            return self._from_list(account, content) if route == _OFFERS else None
        turn = self._turns.get(key, 0)
        self._turns[key] = turn + 1
        return self._replayed(numbers[min(turn, len(numbers) - 1)])

    def rewind(self) -> None:
        """Begin each request's answers again."""
        self._turns.clear()

    def to_dict(self) -> dict[str, int]:
        """How much was recorded, and how much of it was played."""
        recorded = len(self._recording.exchanges)
        played = sum(min(turn, len(self._answers[key])) for key, turn in self._turns.items())
        return {"recorded": recorded, "played": played, "again": sum(self._turns.values()) - played}

    def _from_list(self, account: str, content: Any) -> ReplayedAnswer | None:
        recorded = self._lists.get((account, _canonical(filters_of(content)))) if _is_page(content) else None
        if recorded is None:
            return None
        if (number := recorded.failure(content)) is not None:
            return self._replayed(number)
        rows = recorded.page(content)
        return None if rows is None else ReplayedAnswer(200, {"Content-Type": JSON}, success(rows).body, 0.0, None)

    def _recorded_lists(self) -> dict[tuple[str, str], RecordedList]:
        lists: dict[tuple[str, str], RecordedList] = defaultdict(RecordedList)
        for number, exchange in enumerate(self._recording.exchanges):
            if exchange.route == _OFFERS and _is_page(exchange.request):
                recorded = lists[exchange.account, _canonical(filters_of(exchange.request))]
                rows = _results(self._body(number)) if exchange.status == 200 and exchange.failure is None else None
                if rows is None:
                    recorded.failed(exchange.request, number)
                else:
                    recorded.read(exchange.request, rows)
        return dict(lists)

    def _replayed(self, number: int) -> ReplayedAnswer:
        exchange = self._recording.exchanges[number]
        return ReplayedAnswer(
            exchange.status or 0,
            exchange.headers,
            self._body(number),
            max(0.0, exchange.seconds) / self._speed,
            exchange.failure,
        )

    def _body(self, number: int) -> bytes:
        try:
            return self._recording.body(number)
        except RecordingError as error:
            raise SandboxError(str(error)) from error

    def _rows(self, account: str) -> list[dict[str, Any]]:
        found: dict[int, dict[str, Any]] = {}
        for number, exchange in enumerate(self._recording.exchanges):
            if exchange.account == account and exchange.route == _OFFERS and exchange.status == 200:
                found.update(_by_id(self._body(number)))
        return [found[emag_id] for emag_id in sorted(found)]


def _is_page(content: Any) -> bool:
    return isinstance(content, dict) and "id" not in content


def _results(body: bytes) -> list[Any] | None:
    """The rows of an answer; None where it is none."""
    try:
        answer = decode(body)
    except ValueError:
        return None
    results = answer.get("results") if isinstance(answer, dict) and answer.get("isError") is False else None
    return results if isinstance(results, list) else None


def _by_id(body: bytes) -> dict[int, dict[str, Any]]:
    """The rows of an answer, where it is one, by id."""
    rows: Sequence[Any] = _results(body) or ()
    numbered = ((whole_or_none(row.get("id")), row) for row in rows if isinstance(row, dict))
    return {emag_id: row for emag_id, row in numbered if emag_id is not None and emag_id > 0}


def _key_of(exchange: Exchange) -> _Key:
    return exchange.account, exchange.method, exchange.route, exchange.query, _canonical(exchange.request)


def _canonical(content: Any) -> str:
    """A body without what its spelling decides; none and an empty object are the same."""
    return json.dumps(content, sort_keys=True, default=float) if content else ""

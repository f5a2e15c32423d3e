"""Whether and when a failed call is tried again: a policy (a value) and its pure decision."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import NamedTuple

from emagsync.core.errors import ErrorKind
from emagsync.marketplace.errors import EmagError, RateLimited, ServerFailure


class RetryDecision(NamedTuple):
    """`wait_seconds` before the next attempt, or None: give up."""

    wait_seconds: float | None

    @property
    def retry(self) -> bool:
        """Whether there is a next attempt."""
        return self.wait_seconds is not None


GIVE_UP = RetryDecision(None)


class Attempts(NamedTuple):
    """How often one call is tried, instead of the policy's number.

    `of_splittable` is for a page whose caller reads smaller ones when it fails for a reason that those may cure: so
    often is it tried then, and only once when its answer took too long.
    """

    of_any: int
    of_splittable: int | None = None


@dataclass(frozen=True)
class RetryPolicy:
    """Exponential waits with full jitter: before attempt n+1 a random time in min .. min(max, min + base * 2^(n-1)) s.

    `attempts` counts the first one. `Retry-After` is honoured instead, from `min_seconds` to `max_retry_after_seconds`.
    """

    attempts: int = 5
    min_seconds: float = 0.0
    base_seconds: float = 2.0
    max_seconds: float = 30.0
    max_retry_after_seconds: float = 120.0

    def decide(
        self,
        attempt: int,
        error: EmagError,
        *,
        is_write: bool,
        random: random.Random,
        attempts: Attempts | None = None,
    ) -> RetryDecision:
        """What follows after attempt number `attempt` (from 1) failed with `error`.

        Only transient errors are tried again, and a write only when it certainly was not applied. `attempts`
        replaces the policy's own number for one call.
        """
        if error.kind is not ErrorKind.TRANSIENT or attempt >= self._most(error, attempts):
            return GIVE_UP
        if is_write and not error.surely_not_applied:
            return GIVE_UP
        if isinstance(error, RateLimited | ServerFailure) and error.retry_after is not None:
            return RetryDecision(min(max(error.retry_after, self.min_seconds), self.max_retry_after_seconds))
        # 2.0**1000 would overflow; 60 doublings are beyond any maximum.
        ceiling = min(self.max_seconds, self.min_seconds + self.base_seconds * 2.0 ** min(attempt - 1, 60))
        return RetryDecision(random.uniform(self.min_seconds, max(ceiling, self.min_seconds)))

    def _most(self, error: EmagError, attempts: Attempts | None) -> int:
        # A 429 says nothing about the call that met it: however few attempts that may have, it is its turn later.
        if attempts is None or isinstance(error, RateLimited):
            return self.attempts
        if attempts.of_splittable is None or not error.smaller_page_may_help:
            return attempts.of_any
        return 1 if error.took_too_long else attempts.of_splittable

"""The results of lists of requests to change offers, as values. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from emagsync.edits.change_request import ChangeRequest
from emagsync.edits.planning import Effect, Plan, token_of
from emagsync.edits.validation import Issue


@dataclass(frozen=True)
class LineResult:
    """The result of one request of a list: a plan, or `errors` that say why there is none."""

    request: ChangeRequest
    plan: Plan | None
    errors: tuple[Issue, ...] = ()

    @property
    def effect(self) -> Effect:
        """The overall effect."""
        return Effect.ERROR if self.plan is None or self.errors else self.plan.effect


@dataclass(frozen=True)
class BulkResult:
    """The result of a list of requests.

    `token` stands for exactly this result: whoever applies a preview hands it back. `batch_id` is that of the edits
    that were stored; None: nothing was.
    """

    lines: tuple[LineResult, ...]
    token: str
    batch_id: str | None

    def count(self, effect: Effect) -> int:
        """How many lines have this effect."""
        return sum(line.effect is effect for line in self.lines)


def token_of_results(results: Sequence[LineResult]) -> str:
    """What stands for exactly these results."""
    return token_of(result.plan for result in results if result.plan is not None)

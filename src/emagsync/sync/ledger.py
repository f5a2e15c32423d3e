"""The ledger of a run: the pages that it read, and what became of them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

MAIN_SCOPE = "main"
# The second reading, of all offers, that decides about many offers that the first one did not show.
CONFIRMING_SCOPE = "confirm"


def part_scope(scope: str, size: int) -> str:
    """The scope of the parts, of so many rows, of pages of `scope` that are not complete: `main:25`."""
    return f"{scope}:{size}"


class PageRead(NamedTuple):
    """One page of the ledger. `ids` are those of its rows, in order; times are aware UTC."""

    pass_number: int
    scope: str
    page: int
    size: int
    status: str
    ids: tuple[int, ...]
    items: int
    rejected: int
    attempts: int
    inherited: bool
    error: str | None
    started_at: datetime
    finished_at: datetime

    @property
    def is_stored(self) -> bool:
        """Whether every row of it was read."""
        return self.status == "stored"

    @property
    def is_part(self) -> bool:
        """Whether it is a part of a page that is not complete."""
        return ":" in self.scope

    @property
    def list_scope(self) -> str:
        """The scope of the list that it belongs to, as a page or as a part of one."""
        return self.scope.partition(":")[0]

"""Lists of edits, conflicts and lines of the outbox name their offers by the seller's own code, too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Protocol, Self, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.offers.code_repository import named_offers


class OfOffer(Protocol):
    """An answer, or a part of one, about an offer."""

    account: str
    emag_id: int

    def model_copy(self, *, update: dict[str, str | None]) -> Self: ...


T = TypeVar("T", bound=OfOffer)


async def with_part_numbers(connection: AsyncConnection, views: Iterable[T]) -> list[T]:
    """The views with their offers' part numbers, at most some thousand."""
    listed = list(views)
    ids: dict[str, set[int]] = defaultdict(set)
    for view in listed:
        ids[view.account].add(view.emag_id)
    numbers = {
        (account, emag_id): named.part_number
        for account, wanted in ids.items()
        for emag_id, (named,) in (await named_offers(connection, account, wanted)).items()
    }
    return [view.model_copy(update={"part_number": numbers.get((view.account, view.emag_id))}) for view in listed]

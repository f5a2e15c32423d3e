"""The values that can be chosen in a filter: which brands, categories and VAT rates the offers have, and how often.

A copy of a quarter of a million offers has thousands of brands, and nobody minds when a new one comes a minute late:
they are counted at most once a minute, and only when something has changed.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from emagsync.core import money
from emagsync.core.clock import Clock
from emagsync.db.engine import Database
from emagsync.db.search import fold, words_of
from emagsync.offers.change_repository import newest_change
from emagsync.offers.facet_repository import count_values
from emagsync.offers.reference_data import References

_KEPT_FOR: Final = timedelta(minutes=1)


class Facet(StrEnum):
    """What a filter can choose among: named as the filters of the list of products are."""

    BRAND = "brand"
    CATEGORY = "category"
    VAT = "vat_id"

    @property
    def column(self) -> str:
        """The column of `offers` that has it."""
        return "category_id" if self is Facet.CATEGORY else self.value


class FacetValue(NamedTuple):
    """A value of a filter, what it is called, and how many offers have it.

    `names`: of a category its names, of a VAT rate its fractions (`0.2100`), one for each meaning that it has among the
    accounts; a brand is its own name.
    """

    value: str
    names: tuple[str, ...]
    offers: int


class FacetValues(NamedTuple):
    """The values that were found, the most frequent first, and whether there are more."""

    values: tuple[FacetValue, ...]
    has_more: bool


# By account and value.
_Counts = Mapping[tuple[str, str], int]


class _Counted(NamedTuple):
    change: int
    until: datetime
    counts: _Counts


class Facets:
    """Counts the values of the local copy, and keeps what it counted. One for each process."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._counted: dict[Facet, _Counted] = {}
        self._lock = asyncio.Lock()

    async def find(
        self,
        facet: Facet,
        references: References,
        *,
        search: str = "",
        accounts: Collection[str] = (),
        chosen: Collection[str] = (),
        limit: int,
    ) -> FacetValues:
        """The first `limit` values whose names have all words of `search`, in any case and without diacritics.

        `accounts`: only theirs; none for all. `chosen` are values that are told of whatever is searched for, also
        those that no offer has: somebody chose them.
        """
        offers: Counter[str] = Counter()
        for (account, value), number in (await self._counts(facet)).items():
            if not accounts or account in accounts:
                offers[value] += number
        names = _names(facet, references, accounts)
        words = words_of(fold(search) or "").split()
        found = [
            FacetValue(value, names.get(value, ()), number)
            for value, number in offers.most_common()
            if value not in chosen and _has_words(value, names.get(value, ()), words)
        ]
        told = [FacetValue(value, names.get(value, ()), offers[value]) for value in chosen]
        return FacetValues((*told, *found[:limit]), has_more=len(found) > limit)

    async def _counts(self, facet: Facet) -> _Counts:
        async with self._lock:
            known, now = self._counted.get(facet), self._clock.now()
            if known is not None and now < known.until:
                return known.counts
            async with self._database.snapshot() as connection:
                change = await newest_change(connection)
                is_same = known is not None and known.change == change
                counts = known.counts if known and is_same else await count_values(connection, facet.column)
            self._counted[facet] = _Counted(change, now + _KEPT_FOR, counts)
            return counts


def _names(facet: Facet, references: References, accounts: Collection[str]) -> Mapping[str, tuple[str, ...]]:
    """What the values are called, each name once, in the order of the accounts."""
    known: Iterable[tuple[tuple[str, int], str]] = ()
    if facet is Facet.CATEGORY:
        known = references.categories.items()
    elif facet is Facet.VAT:
        known = ((key, f"{rate:.{money.SCALE}f}") for key, rate in references.vat_rates.items())
    found: dict[str, dict[str, None]] = {}
    for (account, number), name in sorted(known):
        if not accounts or account in accounts:
            found.setdefault(str(number), {})[name] = None
    return {value: tuple(names) for value, names in found.items()}


def _has_words(value: str, names: Collection[str], words: Collection[str]) -> bool:
    text = words_of(fold(" ".join((value, *names))) or "")
    return all(word in text for word in words)

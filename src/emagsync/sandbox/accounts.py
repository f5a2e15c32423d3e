"""One account of the simulated marketplace: who it is, its offers and orders, and what was seen of it."""

import random
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final

from emagsync.sandbox.catalogue import Catalogue
from emagsync.sandbox.filters import Filters, matching
from emagsync.sandbox.fulfilment import Fulfilment
from emagsync.sandbox.platforms import PLATFORMS
from emagsync.sandbox.request_log import AccountReport
from emagsync.sandbox.settings import Order

_VIEWS_KEPT: Final = 16


class Account:
    """An API user with a password and a catalogue.

    ``version`` grows with every change of the catalogue; ``reads`` counts the pages of offers that were answered;
    the offers of ``in_campaign`` are in a campaign with stock in site, so that their updates are refused.
    """

    def __init__(
        self, name: str, password: str, catalogue: Catalogue, *, seed: int = 1, platform: str = "emag-ro"
    ) -> None:
        self.name, self._password = name, password
        self.catalogue = catalogue
        self.report = AccountReport()
        self.reads = 0
        self.orders: dict[int, dict[str, Any]] | None = None
        self.fulfilment = Fulfilment()
        self.seed, self.platform = seed, PLATFORMS[platform]
        self.in_campaign: set[int] = set()
        self._scheduled: list[tuple[date, int, dict[str, Any]]] = []
        self._views: OrderedDict[tuple[int, Filters], Sequence[int]] = OrderedDict()

    def __repr__(self) -> str:
        return f"Account({self.name!r}, offers={len(self.catalogue)})"

    @property
    def version(self) -> int:
        """Grows with every change of the catalogue."""
        return self.catalogue.version

    def accepts(self, password: str) -> bool:
        """Whether *password* is this account's."""
        return password == self._password

    def schedule(self, emag_id: int, day: date, values: dict[str, Any]) -> None:
        """Let the offer take *values* (keys of a save) on *day*; they replace what was scheduled for it before."""
        self._scheduled = [entry for entry in self._scheduled if entry[1] != emag_id]
        self._scheduled.append((day, emag_id, values))

    def due(self, day: date, ids: Sequence[int] = ()) -> list[tuple[int, dict[str, Any]]]:
        """What was scheduled for *day* or before (for *ids* or all), as ids and values; it is scheduled no more."""
        now = [entry for entry in self._scheduled if entry[0] <= day and (not ids or entry[1] in ids)]
        self._scheduled = [entry for entry in self._scheduled if entry not in now]
        return [(emag_id, values) for _, emag_id, values in sorted(now, key=lambda entry: entry[:2])]

    def ids(self) -> list[int]:
        """The ids of the offers as they are now, ascending."""
        return self.catalogue.ids()

    def row(self, emag_id: int) -> dict[str, Any]:
        """Offer *emag_id* as an ordinary JSON reader sees it. Raises ``KeyError`` when there is none."""
        return next(self.rows([emag_id]))

    def rows(self, ids: Sequence[int] | None = None) -> Iterator[dict[str, Any]]:
        """The offers (all, ascending by id, or those of *ids*) as an ordinary JSON reader sees them."""
        return self.catalogue.rows(ids)

    def view(self, filters: Filters) -> Sequence[int]:
        """The keys of the rows that pass *filters*, in id order; remembered until the catalogue changes."""
        if not filters:
            return self.catalogue.serving_order()
        key = (self.version, filters)
        view = self._views.get(key)
        if view is None:
            view = self._views[key] = matching(self.catalogue, filters)
            if len(self._views) > _VIEWS_KEPT:
                self._views.popitem(last=False)
        return view

    def arranged(self, filters: Filters, order: Order) -> Sequence[int]:
        """The view in the order that the settings ask for; it may be another one at every read."""
        keys = self.view(filters)
        turn = self.turn(order)
        if order.kind == "reverse":
            return keys[::-1]
        if order.kind == "rotate" and keys:
            shift = turn * order.by % len(keys)
            return [*keys[shift:], *keys[:shift]]
        if order.kind == "shuffle":
            shuffled = list(keys)
            random.Random(f"{self.seed}/{turn}").shuffle(shuffled)  # noqa: S311 - a simulation has to be repeatable
            return shuffled
        return keys

    def turn(self, order: Order) -> int:
        """How often the order has changed by now."""
        reads = self.reads if order.until is None else min(self.reads, order.until)
        return reads // order.every

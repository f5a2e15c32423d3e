"""Issue 7: edits, changes on eMAG's side, syncs, pushes, lost answers and crashes, in any order.

However they come: no edit vanishes without a record, what is asked for takes effect once, the prices on eMAG are always
in order, and once it is quiet both sides are the same.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emagsync.edits.errors import ConfirmationNeeded, EditRefused
from emagsync.edits.service import Author, EditService
from emagsync.edits.states import EditSource
from emagsync.edits.wishes import Wish
from support.comparing import compare_with_marketplace
from support.pushing import PushDesk, open_push_desk

EXAMPLES = 5 * int(os.environ.get("EMAGSYNC_STORM_SEEDS", "1"))
OFFERS = 4
FIRST_STOCK = 1000

offer = st.integers(1, OFFERS)
step = st.one_of(
    st.tuples(st.just("price"), offer, st.integers(60, 190)),
    st.tuples(st.just("least"), offer, st.integers(40, 110)),
    st.tuples(st.just("take"), offer, st.integers(-9, 9)),
    st.tuples(st.just("emag_price"), offer, st.integers(60, 190)),
    st.tuples(st.just("sell"), offer, st.integers(1, 9)),
    st.tuples(st.just("sync"), st.just(0), st.just(0)),
    st.tuples(st.just("push"), st.just(0), st.just(0)),
    st.tuples(st.just("crash"), st.just(0), st.integers(1, 6)),
    st.tuples(st.just("lose"), st.just(0), st.integers(0, 1)),
    st.tuples(st.just("refuse"), st.just(0), st.just(0)),
    st.tuples(st.just("blind"), st.just(0), st.just(0)),
)


class Story:
    """One example: the desk, and what was asked for and sold."""

    def __init__(self, desk: PushDesk) -> None:
        self.desk = desk
        self.edits = EditService(database=desk.local.database, settings=desk.local.settings.edits, clock=desk.clock)
        self.asked = dict.fromkeys(range(1, OFFERS + 1), 0)
        self.sold = dict.fromkeys(range(1, OFFERS + 1), 0)
        self.made = 0

    async def do(self, what: str, emag_id: int, value: int) -> None:
        doings: dict[str, Callable[[int, int], Awaitable[None]]] = {
            "price": lambda id_, v: self.edit(id_, {"sale_price": f"{v}.0000"}),
            "least": lambda id_, v: self.edit(id_, {"min_sale_price": f"{v}.0000"}),
            "take": self.take,
            "emag_price": self.emag_price,
            "sell": self.sell,
            "sync": self.sync,
            "push": self.push,
            "crash": self.crash,
            "lose": self.lose,
            "refuse": self.refuse,
            "blind": self.blind,
        }
        await doings[what](emag_id, value)
        self.prices_are_in_order()
        assert len(await self.desk.edits()) == self.made

    async def edit(self, emag_id: int, given_: dict[str, Any]) -> bool:
        before = len(await self.desk.edits())
        with suppress(EditRefused, ConfirmationNeeded):
            await self.edits.edit_offer("main", emag_id, Wish(given_, confirm=True), Author("maria", EditSource.API))
            self.made = len(await self.desk.edits())
            assert self.made >= before
            return True
        return False

    async def take(self, emag_id: int, pieces: int) -> None:
        if pieces and await self.edit(emag_id, {"stock_change": pieces}):
            self.asked[emag_id] += pieces

    async def emag_price(self, emag_id: int, price: int) -> None:
        row = self.desk.market.truth()[emag_id]
        if Decimal(row["min_sale_price"]) <= price <= Decimal(row["max_sale_price"]):
            self.desk.market.change("change", ids=[emag_id], set={"sale_price": f"{price}.0000"})

    async def sell(self, emag_id: int, pieces: int) -> None:
        left = int(self.desk.shown(emag_id, "stock")) - pieces
        level = [{"warehouse_id": 1, "value": left}]
        self.desk.market.change("change", ids=[emag_id], set={"stock": level, "general_stock": left})
        self.sold[emag_id] += pieces

    async def sync(self, *_: int) -> None:
        await self.desk.local.sync()

    async def push(self, *_: int) -> None:
        await self.desk.service.push_account("main", trigger="test")

    async def crash(self, _: int, requests: int) -> None:
        before = self.desk.market.requests()
        pushing = asyncio.ensure_future(self.desk.service.push_account("main", trigger="test"))
        while not pushing.done() and self.desk.market.requests() - before < requests:
            await asyncio.sleep(0.001)
        pushing.cancel()
        await asyncio.gather(pushing, return_exceptions=True)
        async with asyncio.timeout(30):
            while not self.desk.market.is_quiet():
                await asyncio.sleep(0.001)

    async def lose(self, _: int, taken: int) -> None:
        self.desk.market.fault(kind="status", status=503, route="offer/save", times=1, after_handling=bool(taken))

    async def refuse(self, *_: int) -> None:
        self.desk.market.fault(kind="is_error", route="offer/save", times=1)

    async def blind(self, *_: int) -> None:
        self.desk.market.fault(kind="status", status=500, route="product_offer/read", lookup=True, times=2)

    def prices_are_in_order(self) -> None:
        for row in self.desk.market.truth().values():
            low, sale, high = (Decimal(row[name]) for name in ("min_sale_price", "sale_price", "max_sale_price"))
            assert low <= sale <= high

    async def quiet(self) -> None:
        """No more faults; what is left goes out."""
        self.desk.market.mend()
        async with asyncio.timeout(60):
            for _ in range(3):
                await self.desk.local.completed()
                await self.desk.local.execute("UPDATE outbox SET next_at = NULL WHERE state <> 'sending'")
                while await self.desk.service.push_account("main", trigger="test") is not None:
                    await self.desk.local.execute("UPDATE outbox SET next_at = NULL WHERE state <> 'sending'")
        await self.desk.local.completed()

    async def both_sides_are_the_same(self) -> None:
        compare_with_marketplace(self.desk.local.database, "main", self.desk.market.truth())
        edits = await self.desk.edits()
        assert {str(edit.state) for edit in edits} <= {
            *("applied", "settled", "lost", "rejected", "replaced", "withdrawn", "conflict")
        }
        assert {str(line.state) for line in await self.desk.lines()} <= {"applied", "rejected", "dropped"}
        for emag_id in range(1, OFFERS + 1):
            # Of a change that was given up because nobody can know, both is right.
            unsure = [
                int(edit.value)
                for edit in edits
                if edit.emag_id == emag_id and edit.field == "stock" and edit.state == "rejected"
            ]
            sums = {sum(some) for n in range(len(unsure) + 1) for some in itertools.combinations(unsure, n)}
            shown = int(self.desk.shown(emag_id, "stock"))
            wanted = FIRST_STOCK - self.sold[emag_id] + self.asked[emag_id]
            assert wanted - shown in sums, f"offer {emag_id}: {shown} instead of {wanted}"


@pytest.mark.storm
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=EXAMPLES < 10)
@given(
    steps=st.lists(step, min_size=4, max_size=25),
    strategy=st.sampled_from(["emag_priority", "local_priority", "newest_wins", "manual"]),
    fresh_seconds=st.sampled_from([0, 300]),
)
async def test_both_sides_come_together_whatever_happens(
    steps: list[tuple[str, int, int]], strategy: str, fresh_seconds: int
) -> None:
    rules = {"conflict_strategy": strategy, "fresh_seconds": fresh_seconds, "readback_seconds": 0.2}
    with TemporaryDirectory() as folder:
        async with open_push_desk(Path(folder), OFFERS, edits=rules) as desk:
            level = {"stock": [{"warehouse_id": 1, "value": FIRST_STOCK}], "general_stock": FIRST_STOCK}
            desk.market.change("change", ids=list(range(1, OFFERS + 1)), set=level)
            await desk.local.completed()
            story = Story(desk)
            for what, emag_id, value in steps:
                await story.do(what, emag_id, value)
            await story.quiet()
            await story.both_sides_are_the_same()

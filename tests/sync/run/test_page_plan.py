"""Which page comes next. The marketplace is a number of pages; the plan must find them all, whatever it was told."""

from __future__ import annotations

import asyncio
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emagsync.sync.run.page_plan import CountKnown, CountUnknown, PagePlan, spread
from support.examples import examples


async def handed_out(plan: PagePlan) -> list[int]:
    """The pages that can be had without waiting, all of them in flight."""
    pages: list[int] = []
    while True:
        turn = asyncio.ensure_future(plan.next())
        await settled()
        if not turn.done():
            turn.cancel()
            return pages
        page = await turn
        if page is None:
            return pages
        pages.append(page)


async def settled() -> None:
    """Let every other task go as far as it can."""
    for _ in range(5):
        await asyncio.sleep(0)


async def read_all(plan: PagePlan, pages: int, *, chance: random.Random, in_flight: int = 4) -> list[int]:
    """Read a list of so many full pages through the plan, answers arriving in any order; the pages asked for."""
    asked: list[int] = []
    flying: list[int] = []

    async def land() -> None:
        page = flying.pop(chance.randrange(len(flying)))
        await plan.arrived(page, 10 if page <= pages else 0)

    while True:
        if len(flying) >= in_flight:
            await land()
        turn = asyncio.ensure_future(plan.next())
        await settled()
        while not turn.done() and flying:
            await land()
            await settled()
        page = await turn
        if page is None:
            if not flying:
                return asked
            await land()
            continue
        asked.append(page)
        flying.append(page)


@given(
    pages=st.integers(0, 40),
    told=st.none() | st.integers(0, 60),
    seed=st.integers(0, 1000),
    in_flight=st.integers(1, 9),
)
@settings(max_examples=examples(150), deadline=None)
def test_every_page_and_an_empty_one_are_read_once_whatever_the_count_said(
    pages: int, told: int | None, seed: int, in_flight: int
) -> None:
    async def check() -> None:
        plan = PagePlan()
        await plan.expect(told)
        asked = await read_all(plan, pages, chance=random.Random(seed), in_flight=in_flight)
        assert set(range(1, pages + 2)) <= set(asked)
        assert len(asked) == len(set(asked))
        assert plan.met_end
        assert plan.last_page == pages
        assert plan.holes == []

    asyncio.run(check())


@given(
    pages=st.integers(1, 30),
    done=st.sets(st.integers(1, 30)),
    seed=st.integers(0, 1000),
)
@settings(max_examples=examples(100), deadline=None)
def test_pages_that_are_done_are_not_read_again(pages: int, done: set[int], seed: int) -> None:
    stored = {page: 10 for page in done if page <= pages}

    async def check() -> None:
        plan = PagePlan(done=stored)
        await plan.expect(pages)
        asked = await read_all(plan, pages, chance=random.Random(seed))
        assert not stored.keys() & set(asked)
        assert set(asked) | stored.keys() >= set(range(1, pages + 2))
        assert plan.last_page == pages

    asyncio.run(check())


async def test_a_few_pages_are_asked_for_before_the_count_is_known() -> None:
    plan = PagePlan()
    assert await handed_out(plan) == [1, 2]


async def test_no_page_beyond_the_limit_is_asked_for() -> None:
    plan = PagePlan(limit=3)
    await plan.expect(10)
    assert sorted(await read_all(plan, 10, chance=random.Random(1))) == [1, 2, 3]
    assert not plan.met_end


async def test_an_absurd_count_is_not_planned_for() -> None:
    plan = PagePlan()
    await plan.expect(10**12)
    assert sorted(await read_all(plan, 12, chance=random.Random(1))) == list(range(1, 15))
    assert plan.met_end


async def test_the_empty_page_is_asked_for_when_all_others_have_arrived() -> None:
    plan = PagePlan()
    await plan.expect(4)
    assert sorted(await handed_out(plan)) == [1, 2, 3, 4]
    for page in (1, 2, 3):
        await plan.arrived(page, 10)
        assert await handed_out(plan) == []
    await plan.arrived(4, 10)
    assert await handed_out(plan) == [5]
    assert plan.is_closing(5)
    await plan.arrived(5, 0)
    assert await plan.next() is None


async def test_an_empty_page_before_a_page_with_rows_is_a_hole() -> None:
    plan = PagePlan()
    await plan.expect(3)
    for page in await handed_out(plan):
        await plan.arrived(page, 0 if page == 2 else 10)
    for page in await handed_out(plan):
        await plan.arrived(page, 0)
    assert plan.holes == [2]
    assert plan.last_page == 3


async def test_pages_behind_an_empty_one_are_dropped_and_taken_up_again_when_rows_turn_up_there() -> None:
    plan = PagePlan()
    await plan.expect(20)
    assert [await plan.next() for _ in range(3)] == [1, 2, 20]
    await plan.arrived(1, 10)
    await plan.arrived(2, 10)
    await plan.arrived(20, 0)
    rest = await read_all(plan, 12, chance=random.Random(3))
    assert set(rest) >= set(range(3, 13))
    assert plan.last_page == 12


async def test_a_page_that_could_not_be_read_does_not_hold_up_the_others_and_can_be_tried_again() -> None:
    plan = PagePlan()
    await plan.expect(3)
    for page in await handed_out(plan):
        await (plan.gave_up(page) if page == 2 else plan.arrived(page, 10))
    for page in await handed_out(plan):
        await plan.arrived(page, 0)
    assert await plan.next() is None
    await plan.again([2])
    assert await plan.next() == 2
    await plan.arrived(2, 10)
    assert await plan.next() is None
    assert plan.rows == {1: 10, 2: 10, 3: 10, 4: 0}


async def test_failures_behind_the_end_do_not_go_on_for_ever() -> None:
    plan = PagePlan()
    await plan.expect(None)
    asked = 0
    while (page := await plan.next()) is not None:
        asked += 1
        await plan.gave_up(page)
        assert asked < 50
    assert not plan.met_end


async def test_a_reader_waits_while_others_may_still_find_more_and_ends_when_they_do_not() -> None:
    plan = PagePlan()
    await plan.expect(1)
    assert await plan.next() == 1
    waiting = asyncio.ensure_future(plan.next())
    await asyncio.sleep(0)
    assert not waiting.done()
    await plan.arrived(1, 10)
    assert await waiting == 2
    last = asyncio.ensure_future(plan.next())
    await plan.arrived(2, 0)
    assert await last is None


@pytest.mark.parametrize("pages", [0, 1, 2, 3, 4, 7, 8, 9, 26, 100])
def test_the_order_names_every_page_once_both_ends_first(pages: int) -> None:
    order = spread(pages)
    assert sorted(order) == list(range(1, pages + 1))
    assert order[:2] == [1, pages][: min(pages, 2)]


@pytest.mark.parametrize(
    ("strategy", "planned"),
    [
        pytest.param(CountKnown(0), [1], id="no page: the first one should be empty"),
        pytest.param(CountKnown(1), [1, 2], id="one page"),
        pytest.param(CountKnown(5), [1, 5, 3, 2, 4, 6], id="both ends, then the middle, the empty page last"),
        pytest.param(CountUnknown(), [], id="no count, nothing planned"),
    ],
)
def test_what_is_planned_when_the_count_arrives(strategy: CountKnown | CountUnknown, planned: list[int]) -> None:
    assert strategy.planned() == planned


@pytest.mark.parametrize(
    ("strategy", "in_flight", "further"),
    [
        pytest.param(CountKnown(5), False, [8], id="count known: one page at a time"),
        pytest.param(CountKnown(5), True, [8], id="count known, answers on their way"),
        pytest.param(CountUnknown(), False, [8], id="count unknown: one page when nothing is on its way"),
        pytest.param(CountUnknown(), True, [8, 9], id="count unknown: two while answers are on their way"),
        pytest.param(CountUnknown(lookahead=4), True, [8, 9, 10, 11], id="count unknown, looking further ahead"),
    ],
)
def test_what_is_read_when_the_list_goes_on_behind_what_was_planned(
    strategy: CountKnown | CountUnknown, in_flight: bool, further: list[int]
) -> None:
    assert list(strategy.further(7, in_flight=in_flight)) == further


async def test_a_count_that_comes_late_replaces_the_plain_order() -> None:
    plan = PagePlan()
    await plan.expect(None)
    assert await handed_out(plan) == [1, 2]
    await plan.arrived(1, 10)
    assert await handed_out(plan) == [3]
    await plan.expect(6)
    assert await handed_out(plan) == [6, 5, 4]

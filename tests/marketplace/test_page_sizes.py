"""Which size an account's pages are read with: learnt, remembered, and grown again carefully."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emagsync.marketplace.page_sizes import Pace, PageSizes

# [seen]: 100 offers in 156 s, 20 in 31 s.
SECONDS_PER_OFFER = 1.56
ANSWER_WITHIN = 60.0


def read(sizes: PageSizes, size: int, works: Callable[[int], bool], *, seconds_per_offer: float = 0.01) -> None:
    """Read one page as the engine does: smaller at once where it fails."""
    sizes.started(size)
    if works(size):
        sizes.passed(size, size, size * seconds_per_offer)
        return
    sizes.failed(size, took_too_long=size * seconds_per_offer > ANSWER_WITHIN)
    below = sizes.below(size)
    if below is not None:
        read(sizes, below, works, seconds_per_offer=seconds_per_offer)


def is_slow(size: int) -> bool:
    return size * SECONDS_PER_OFFER <= ANSWER_WITHIN


def test_pages_are_as_large_as_was_asked_for_until_something_is_learnt() -> None:
    sizes = PageSizes(100)
    assert (sizes.size, sizes.next_size(), sizes.is_reduced) == (100, 100, False)


def test_one_page_that_took_too_long_and_a_smaller_one_that_came_are_enough() -> None:
    sizes = PageSizes(100, answer_within=ANSWER_WITHIN)
    read(sizes, sizes.next_size(), is_slow, seconds_per_offer=SECONDS_PER_OFFER)
    assert sizes.size == 25
    assert sizes.pace == Pace(25, pytest.approx(SECONDS_PER_OFFER))


def test_a_size_that_was_measured_says_where_to_go_on() -> None:
    sizes = PageSizes(100, answer_within=ANSWER_WITHIN)
    sizes.passed(5, 5, 5 * SECONDS_PER_OFFER)
    assert sizes.below(100) == 25  # 50 would take 78 s


def test_one_page_that_failed_otherwise_says_nothing_about_the_others() -> None:
    sizes = PageSizes(100)
    sizes.failed(100, took_too_long=False)
    sizes.passed(50, 50, 0.5)
    assert sizes.size == 100
    sizes.failed(100, took_too_long=False)
    sizes.passed(100, 100, 1.0)
    sizes.failed(100, took_too_long=False)
    sizes.passed(50, 50, 0.5)
    assert sizes.size == 100


def test_pages_that_keep_failing_where_smaller_ones_come_make_the_size_smaller() -> None:
    sizes = PageSizes(100)
    for _ in range(2):
        read(sizes, 100, lambda size: size <= 25)
    assert sizes.size == 25


def test_a_trial_behind_the_end_of_the_list_is_none() -> None:
    sizes = PageSizes(100, remembered=Pace(25))
    sizes.started(50)
    sizes.passed(50, 0, 0.01)
    for _ in range(4):
        read(sizes, 25, lambda _: True)
    assert (sizes.size, sizes.next_size()) == (25, 50)


def test_what_lies_behind_the_end_of_the_list_proves_nothing() -> None:
    sizes = PageSizes(100)
    sizes.failed(100, took_too_long=True)
    sizes.passed(5, 0, 0.01)
    assert sizes.size == 100


def test_it_grows_again_step_by_step() -> None:
    sizes, read_with = PageSizes(100, remembered=Pace(5)), []
    for _ in range(30):
        size = sizes.next_size()
        read_with.append(size)
        read(sizes, size, lambda _: True)
    assert sizes.size == 100
    # The first page tries it, because the last run may have been too short to; then each step has to prove itself.
    assert [size for at, size in enumerate(read_with) if size not in read_with[:at]] == [25, 50, 100]
    assert read_with.count(25) > 4
    assert read_with.count(50) > 4


def test_one_page_at_a_time_tries_a_larger_size() -> None:
    sizes = PageSizes(100, remembered=Pace(50))
    for _ in range(4):
        read(sizes, 50, lambda _: True)
    assert sizes.next_size() == 100
    sizes.started(100)
    for _ in range(50):
        assert sizes.next_size() == 50
        sizes.passed(50, 50, 0.5)


def test_trials_that_fail_become_ever_rarer_and_are_remembered() -> None:
    sizes, trials = PageSizes(100, remembered=Pace(50)), []
    for number in range(400):
        size = sizes.next_size()
        if size > 50:
            trials.append(number)
        read(sizes, size, lambda size: size <= 50)
    gaps = [later - earlier for earlier, later in itertools.pairwise(trials)]
    assert gaps == sorted(gaps)
    assert len(trials) < 10
    again = PageSizes(100, remembered=sizes.pace)
    assert (again.size, again.pace.failed_trials) == (50, len(trials))


def test_a_size_that_would_take_too_long_at_the_pace_that_was_measured_is_hardly_tried() -> None:
    sizes = PageSizes(100, answer_within=ANSWER_WITHIN, remembered=Pace(25, SECONDS_PER_OFFER))
    tried = 0
    for _ in range(120):  # 3,000 offers
        size = sizes.next_size()
        tried += size > 25
        read(sizes, size, is_slow, seconds_per_offer=SECONDS_PER_OFFER)
    assert tried <= 1
    assert sizes.size == 25


@given(st.integers(1, 100), st.integers(0, 100), st.lists(st.booleans(), max_size=60))
def test_whatever_happens_the_size_is_one_of_the_steps(per_page: int, remembered: int, works: list[bool]) -> None:
    sizes = PageSizes(per_page, remembered=Pace(remembered))
    for one in works:
        read(sizes, sizes.next_size(), lambda size, one=one: one or size == 1)
        assert sizes.size in sizes.steps
        assert sizes.next_size() in sizes.steps
        assert 1 <= sizes.pace.page_size <= per_page

"""The budget's arithmetic, without a clock."""

from __future__ import annotations

import random
from collections import Counter

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emagsync.marketplace.budget.slots import (
    EMAG_LIMITS,
    LEASE_SECONDS,
    LONGEST_PAUSE,
    GroupState,
    Limits,
    Reservation,
    RouteGroup,
    Rule,
    UpdateContext,
)
from support.examples import examples

THREE = EMAG_LIMITS[RouteGroup.GENERAL]
EPOCH = 1_800_000_000.0


def at(now: float) -> UpdateContext:
    return UpdateContext(now, EPOCH + now)


def send(state: GroupState, now: float, limits: Limits = THREE) -> None:
    taken = state.take(limits, at(now))
    assert isinstance(taken, Reservation), taken
    state.sent(limits, at(now), taken, 0.0)


def greedy(state: GroupState, count: int, limits: Limits = THREE, now: float = 0.0) -> list[float]:
    """When `count` requests go out, each as early as it may."""
    starts: list[float] = []
    while len(starts) < count:
        outcome = state.take(limits, at(now))
        if isinstance(outcome, Reservation):
            state.sent(limits, at(now), outcome, 0.0)
            starts.append(now)
        else:
            now += outcome
    return starts


def most_in(starts: list[float], seconds: float) -> int:
    return max(sum(start <= other < start + seconds - 1e-9 for other in starts) for start in starts)


def test_the_general_budget_is_used_to_more_than_95_percent_and_never_passed() -> None:
    starts = greedy(GroupState.fresh(THREE), 300)
    assert most_in(starts, 1.05) == 3
    assert most_in(starts, 60.0) <= 180
    assert (len(starts) - 3) / starts[-1] / 3 > 0.952


def test_the_orders_budget_is_twelve_a_second() -> None:
    limits = EMAG_LIMITS[RouteGroup.ORDERS]
    starts = greedy(GroupState.fresh(limits), 900, limits)
    assert most_in(starts, 1.05) == 12
    assert most_in(starts, 60.0) <= 720


def test_eans_have_a_second_a_minute_and_a_day() -> None:
    limits = EMAG_LIMITS[RouteGroup.EANS]
    starts = greedy(GroupState.fresh(limits), 650, limits)
    assert most_in(starts, 1.05) == 5
    assert most_in(starts, 60.05) == 200
    small = Limits((Rule(5, 1.0),), per_day=20)
    starts = greedy(GroupState.fresh(small), 45, small)
    assert most_in(starts, 86_400.0) == 20
    assert starts[20] - starts[0] < 86_400 + 3600


@given(
    steps=st.lists(st.tuples(st.floats(0, 1.5), st.floats(0, LEASE_SECONDS - 0.1), st.booleans()), max_size=60),
    arrive=st.randoms(use_true_random=False),
)
def test_however_late_granted_requests_are_written_there_are_never_four_in_a_second_at_the_other_end(
    steps: list[tuple[float, float, bool]], arrive: random.Random
) -> None:
    """Each step: let time pass, try to get a slot; the request is written some time later, or given up."""
    state = GroupState.fresh(THREE)
    now = 0.0
    pending: list[tuple[float, Reservation, bool]] = []
    written: list[float] = []

    def settle(until: float) -> None:
        for when, taken, is_sent in sorted(pending, key=lambda item: item[0]):
            if when <= until:
                if is_sent:
                    state.sent(THREE, at(when), taken, 0.0)
                    written.append(when)
                else:
                    state.release(taken)
                pending.remove((when, taken, is_sent))

    for gap, delay, is_sent in steps:
        now += gap
        settle(now)
        outcome = state.take(THREE, at(now))
        if isinstance(outcome, Reservation):
            pending.append((now + delay, outcome, is_sent))
        else:
            assert outcome > 0
    settle(float("inf"))
    arrivals = sorted(moment + arrive.uniform(0, 0.05) for moment in written)
    assert not written or most_in(sorted(written), 1.05) <= 3
    assert not arrivals or most_in(arrivals, 1.0) <= 3


@given(group=st.sampled_from([RouteGroup.GENERAL, RouteGroup.ORDERS]), seed=st.integers(0, 2**32))
@settings(max_examples=examples(25))
def test_a_gateway_that_counts_clock_seconds_refuses_none_of_300_requests(group: RouteGroup, seed: int) -> None:
    """Each takes 0 to 50 ms to get there, and the gateway's second begins at any moment of ours."""
    dice = random.Random(seed)
    offset = dice.random()
    starts = greedy(GroupState.fresh(EMAG_LIMITS[group]), 300, EMAG_LIMITS[group])
    counted = Counter(int(start + dice.uniform(0, 0.05) + offset) for start in starts)
    assert max(counted.values()) <= EMAG_LIMITS[group].rules[0].requests


def test_a_slot_whose_process_died_before_writing_comes_back_after_its_lease() -> None:
    state = GroupState.fresh(THREE)
    for _ in range(3):
        state.take(THREE, at(0.0))
    assert state.take(THREE, at(LEASE_SECONDS - 0.01)) == pytest.approx(1.05)
    assert state.take(THREE, at(LEASE_SECONDS + 1.0)) == pytest.approx(0.05)
    assert isinstance(state.take(THREE, at(LEASE_SECONDS + 1.06)), Reservation)


def test_a_released_slot_is_free_at_once() -> None:
    state = GroupState.fresh(THREE)
    taken = [state.take(THREE, at(0.0)) for _ in range(3)]
    assert isinstance(state.take(THREE, at(0.0)), float)
    assert isinstance(taken[1], Reservation)
    state.release(taken[1])
    assert isinstance(state.take(THREE, at(0.0)), Reservation)


def test_a_refusal_widens_the_spacing_and_minutes_later_it_is_back() -> None:
    state = GroupState.fresh(THREE)
    state.refused(100.0, 0.2, 1.0)
    assert state.margin(100.0) == pytest.approx(0.07)
    for refusal in range(5):
        state.refused(110.0 + refusal * 5, 0.2, 1.0)
    assert state.margin(130.0) == pytest.approx(0.1)
    assert 0.05 < state.margin(280.0) < 0.08
    assert state.margin(131.0 + 300) == pytest.approx(0.05)


def test_refusals_without_a_word_pause_longer_each_time_but_a_burst_counts_once() -> None:
    state = GroupState.fresh(THREE)
    now, pauses = 100.0, []
    for _ in range(7):
        for late in (0.0, 0.001, 0.002):  # three requests in flight are refused together
            state.refused(now + late, 0.2 + late, None)
        pauses.append(round(state.paused_until - now, 3))
        now = state.paused_until + 0.5
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    assert state.refusals == 21
    state.refused(now + 200, 0.2, None)
    assert state.paused_until == pytest.approx(now + 201)


def test_pauses_never_shorten_and_end_after_two_minutes_at_most() -> None:
    state = GroupState.fresh(THREE)
    state.pause(0.0, 10.0)
    state.pause(1.0, 2.0)
    assert state.take(THREE, at(1.0)) == pytest.approx(9.0)
    state.pause(1.0, 10_000.0)
    assert state.take(THREE, at(1.0)) == LONGEST_PAUSE
    assert state.pauses == 1
    assert isinstance(state.take(Limits(), at(200.0)), Reservation)


def test_a_state_survives_being_stored() -> None:
    state = GroupState.fresh(EMAG_LIMITS[RouteGroup.EANS])
    send(state, 5.0, EMAG_LIMITS[RouteGroup.EANS])
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=GroupState) == state


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda state: state.stamps.append(0.0), id="other limits"),
        pytest.param(lambda state: state.stamps.__setitem__(0, 1e9), id="stamp in the future"),
        pytest.param(lambda state: state.stamps.__setitem__(0, float("nan")), id="no number"),
        pytest.param(lambda state: state.leases.__setitem__(0, 1e9), id="endless lease"),
        pytest.param(lambda state: setattr(state, "paused_until", 1e9), id="endless pause"),
        pytest.param(lambda state: setattr(state, "extra", 5.0), id="endless margin"),
    ],
)
def test_numbers_that_cannot_be_are_noticed(damage: object) -> None:
    state = GroupState.fresh(THREE)
    send(state, 10.0)
    assert state.is_plausible(THREE, 10.0)
    damage(state)  # type: ignore[operator]
    assert not state.is_plausible(THREE, 10.0)


def test_use_tells_what_happened_in_the_last_minute() -> None:
    state = GroupState.fresh(THREE)
    greedy(state, 30)
    use = state.use(THREE, 10.0)
    assert (use.requests, use.last_minute, use.in_window) == (30, 30, 3)
    later = state.use(THREE, 200.0)
    assert (later.last_minute, later.in_window) == (0, 0)

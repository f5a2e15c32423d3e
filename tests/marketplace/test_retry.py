from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emagsync.core.settings import RetrySettings
from emagsync.marketplace import RetryPolicy
from emagsync.marketplace import errors as e
from emagsync.marketplace.retry import Attempts

TRANSIENT = [
    e.ConnectFailed("x"),
    e.ReadFailed("x"),
    e.AccessBlocked("x"),
    e.CallTimeout("x"),
    e.RateLimited("x"),
    e.ServerFailure("x", 408),
    e.ServerFailure("x", 500),
    e.ServerFailure("x", 503),
    e.TruncatedAnswer("x"),
    e.NotJson("x"),
    e.MissingIsError("x"),
    e.MalformedResults("x"),
    e.AnswerTooLarge("x"),
    e.Refused("x"),
]
FINAL = [
    e.CredentialsRefused("x"),
    e.IpNotAllowed("x", "1.2.3.4"),
    e.ApiRightMissing("x"),
    e.BudgetStoreError("x"),
    e.WriteRefused("x"),
    e.UnexpectedStatus("x", 404),
    e.Redirected("x", 302),
    e.UncertainWrite(e.CallTimeout("x")),
    e.RequestInvalid("x"),
]
NOT_APPLIED = (e.ConnectFailed, e.RateLimited)


class Most(random.Random):
    """Full jitter at its longest."""

    def uniform(self, a: float, b: float) -> float:
        return b


def wait(
    attempt: int, error: e.EmagError, *, is_write: bool = False, policy: RetryPolicy | None = None
) -> float | None:
    return (policy or RetryPolicy()).decide(attempt, error, is_write=is_write, random=Most()).wait_seconds


@pytest.mark.parametrize("error", TRANSIENT, ids=lambda error: f"{error.code}{getattr(error, 'status', '')}")
def test_a_read_that_failed_for_a_moment_gets_five_attempts(error: e.EmagError) -> None:
    assert [wait(attempt, error) for attempt in range(1, 6)] == [2.0, 4.0, 8.0, 16.0, None]


@pytest.mark.parametrize("error", FINAL, ids=lambda error: error.code)
@pytest.mark.parametrize("is_write", [False, True])
def test_what_waiting_does_not_cure_is_never_tried_again(error: e.EmagError, is_write: bool) -> None:
    assert wait(1, error, is_write=is_write) is None


@pytest.mark.parametrize("error", TRANSIENT, ids=lambda error: f"{error.code}{getattr(error, 'status', '')}")
def test_a_write_is_repeated_only_when_it_certainly_was_not_applied(error: e.EmagError) -> None:
    assert (wait(1, error, is_write=True) is not None) == isinstance(error, NOT_APPLIED)


@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        pytest.param(0.0, 0.0, id="at once"),
        pytest.param(7.0, 7.0, id="honoured"),
        pytest.param(120.0, 120.0, id="the longest"),
        pytest.param(3600.0, 120.0, id="capped"),
        pytest.param(-5.0, 0.0, id="in the past"),
        pytest.param(None, 2.0, id="not asked"),
    ],
)
def test_retry_after_is_honoured_up_to_two_minutes(asked: float | None, waited: float) -> None:
    assert wait(1, e.RateLimited("x", asked)) == waited
    assert wait(1, e.ServerFailure("x", 503, asked)) == waited


def test_waits_stop_growing_at_the_maximum() -> None:
    policy = RetryPolicy(attempts=5000)
    assert wait(5, e.CallTimeout("x"), policy=policy) == 30.0
    assert wait(4000, e.CallTimeout("x"), policy=policy) == 30.0


@given(st.integers(1, 4), st.integers(0, 2**32))
def test_the_jitter_is_full(attempt: int, seed: int) -> None:
    decision = RetryPolicy().decide(attempt, e.ReadFailed("x"), is_write=False, random=random.Random(seed))
    assert decision.wait_seconds is not None
    assert 0 <= decision.wait_seconds <= 2.0 * 2 ** (attempt - 1)


def test_a_call_may_have_its_own_number_of_attempts() -> None:
    policy = RetryPolicy()
    few = [
        policy.decide(n, e.ReadFailed("x"), is_write=False, random=Most(), attempts=Attempts(2)).retry for n in (1, 2)
    ]
    assert few == [True, False]


@pytest.mark.parametrize(
    ("error", "tried"),
    [
        pytest.param(e.CallTimeout("x"), 1, id="no answer in time"),
        pytest.param(e.ServerFailure("x", 504), 1, id="a gateway that gave up"),
        pytest.param(e.ServerFailure("x", 503), 3, id="another failure"),
        pytest.param(e.ReadFailed("x"), 3, id="a reset"),
        pytest.param(e.Refused("x"), 4, id="what smaller pages do not cure"),
        pytest.param(e.RateLimited("x"), 5, id="429, which says nothing about the call"),
    ],
)
def test_a_page_that_smaller_ones_follow_has_fewer_attempts_and_one_if_it_took_too_long(
    error: e.EmagError, tried: int
) -> None:
    policy, attempts = RetryPolicy(), Attempts(4, of_splittable=3)
    attempt = 1
    while policy.decide(attempt, error, is_write=False, random=Most(), attempts=attempts).retry:
        attempt += 1
    assert attempt == tried


def test_the_policy_is_made_of_the_settings() -> None:
    settings = RetrySettings()
    assert RetryPolicy(**settings.model_dump()) == RetryPolicy()


@pytest.mark.parametrize("attempt", [1, 2, 3, 50])
def test_no_wait_is_shorter_than_the_minimum_or_longer_than_the_maximum(attempt: int) -> None:
    policy = RetryPolicy(attempts=100, min_seconds=4, base_seconds=2, max_seconds=10)
    failure = e.ConnectFailed("no connection")
    waits = [policy.decide(attempt, failure, is_write=False, random=random.Random(seed)) for seed in range(200)]
    seconds = [wait.wait_seconds for wait in waits if wait.wait_seconds is not None]
    assert len(seconds) == 200
    assert 4 <= min(seconds) < 4.5
    assert max(seconds) <= min(10, 4 + 2**attempt)


def test_a_retry_after_is_not_shorter_than_the_minimum() -> None:
    policy = RetryPolicy(min_seconds=4, max_retry_after_seconds=120)
    for asked, waited in ((1.0, 4.0), (7.0, 7.0), (500.0, 120.0)):
        decision = policy.decide(1, e.RateLimited("too many", asked), is_write=False, random=random.Random(1))
        assert decision.wait_seconds == waited

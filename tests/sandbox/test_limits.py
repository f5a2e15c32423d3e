"""The gateway: fixed clock windows per account and route group."""

import asyncio

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emagsync.sandbox.gateway import Gateway
from emagsync.sandbox.request_log import Peak
from emagsync.sandbox.settings import DEFAULT_LIMITS


class Clock:
    """A clock that stands still until it is moved, on a full minute of a full day."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0 // 86_400 * 86_400

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


async def statuses(emag, route, times, **how):
    return [(await emag.call(route, **how)).status for _ in range(times)]


async def test_the_fourth_request_of_a_second_is_refused(sandbox, clock):
    emag = await sandbox(limit=True, clock=clock)
    assert await statuses(emag, "vat/read", 4) == [200, 200, 200, 429]
    clock.now += 0.999
    assert await statuses(emag, "vat/read", 1) == [429]
    clock.now += 0.001
    assert await statuses(emag, "vat/read", 4) == [200, 200, 200, 429]


async def test_a_refusal_has_no_is_error(sandbox, clock):
    emag = await sandbox(limit=True, clock=clock)
    await statuses(emag, "vat/read", 3)
    refused = await emag.call("vat/read")
    assert refused.json == {"message": "API rate limit exceeded"}
    assert "Retry-After" not in refused.headers


async def test_everything_but_orders_shares_one_budget(sandbox, clock):
    emag = await sandbox(limit=True, clock=clock)
    for route in ("vat/read", "product_offer/read", "offer/save"):
        assert (await emag.call(route)).status == 200
    assert await statuses(emag, "category/read", 1) == [429]
    assert await statuses(emag, "order/read", 13) == [200] * 12 + [429]
    assert await statuses(emag, "documentation/find_by_eans?eans[]=1", 6, method="GET") == [200] * 5 + [429]


async def test_accounts_have_budgets_of_their_own(sandbox, clock):
    emag = await sandbox(limit=True, clock=clock)
    assert await statuses(emag, "vat/read", 4) == [200, 200, 200, 429]
    assert await statuses(emag, "vat/read", 1, name="fbe", password="fbe-secret") == [200]


@pytest.mark.parametrize(
    ("group", "name", "allowed", "seconds"),
    [
        ("other", "minute", 180, 60),
        ("orders", "minute", 720, 60),
        ("find_by_eans", "minute", 200, 60),
        ("find_by_eans", "day", 5000, 86_400),
    ],
)
def test_longer_windows_count_too(clock, group, name, allowed, seconds):
    gateway, window = Gateway(), msgspec.structs.replace(DEFAULT_LIMITS[group], second=1000)
    pace = seconds / (allowed + 20)
    passed = [gateway.admit("main", group, window, clock.now + number * pace).passed for number in range(allowed + 20)]
    assert passed == [True] * allowed + [False] * 20
    decision = gateway.admit("main", group, window, clock.now + seconds)
    assert decision.passed
    assert decision.headers[f"X-RateLimit-Remaining-{name}"] == str(allowed - 1)


async def test_requests_that_are_wrong_count_too(sandbox, clock):
    emag = await sandbox(limit=True, clock=clock)
    assert await statuses(emag, "vat/read", 1, password="wrong") == [403]
    assert await statuses(emag, "no/such", 1) == [404]
    assert await statuses(emag, "vat/read", 2) == [200, 429]


async def test_every_answer_says_what_is_left(sandbox, clock):
    emag = await sandbox(limit=True, clock=clock)
    first = (await emag.call("vat/read")).headers
    assert (first["X-RateLimit-Limit-3second"], first["X-RateLimit-Remaining-3second"]) == ("3", "2")
    assert (first["X-RateLimit-Limit-minute"], first["X-RateLimit-Remaining-minute"]) == ("180", "179")
    await statuses(emag, "vat/read", 2)
    refused = (await emag.call("vat/read")).headers
    assert (refused["X-RateLimit-Remaining-3second"], refused["X-RateLimit-Remaining-minute"]) == ("0", "177")
    assert (await emag.call("order/read")).headers["X-RateLimit-Remaining-12second"] == "11"


async def test_the_headers_can_be_switched_off(sandbox, clock):
    emag = await sandbox(limit=True, clock=clock, rate_headers=False)
    assert not [name for name in (await emag.call("vat/read")).headers if "RateLimit" in name]


async def test_retry_after_counts_to_the_next_window_when_switched_on(sandbox, clock):
    emag = await sandbox(limit=True, clock=clock, retry_after=True)
    clock.now += 12
    await statuses(emag, "vat/read", 3)
    assert (await emag.call("vat/read")).headers["Retry-After"] == "1"
    await emag.control("POST", "/consume", {"account": "main", "count": 200})
    assert (await emag.call("vat/read")).headers["Retry-After"] == "48"


async def test_another_program_of_the_seller_uses_the_same_budget(sandbox, clock):
    emag = await sandbox(limit=True, clock=clock)
    await emag.control("POST", "/consume", {"account": "main", "count": 2})
    assert (await emag.call("vat/read")).headers["X-RateLimit-Remaining-3second"] == "0"
    assert await statuses(emag, "vat/read", 1) == [429]


async def test_without_the_limit_nothing_is_refused_and_no_headers_are_sent(sandbox, clock):
    emag = await sandbox(limit=False, clock=clock)
    assert await statuses(emag, "vat/read", 30) == [200] * 30
    assert "X-RateLimit-Limit-3second" not in (await emag.call("vat/read")).headers


async def test_the_report_knows_requests_peaks_and_refusals(sandbox, clock):
    emag = await sandbox(limit=True, clock=clock)
    await statuses(emag, "vat/read", 3)
    clock.now += 0.9
    await statuses(emag, "vat/read", 2)
    clock.now += 0.2
    await statuses(emag, "order/read", 1)
    report = (await emag.control("GET", "/report"))["accounts"]["main"]
    assert report["requests"] == 6
    assert report["refused"] == 2
    assert report["groups"]["other"] == {"requests": 5, "refused": 2, "peak_per_second": 5, "peak_per_minute": 5}
    assert report["groups"]["orders"] == {"requests": 1, "refused": 0, "peak_per_second": 1, "peak_per_minute": 1}
    assert report["routes"] == {"vat/read": 5, "order/read": 1}
    assert report["statuses"] == {"200": 4, "429": 2}


def test_a_peak_is_over_rolling_time_not_over_clock_seconds():
    peak = Peak(1.0)
    for at in (0.5, 0.9, 1.2, 1.5, 1.8, 3.0):
        peak.add(at)
    assert peak.most == 4


@given(st.lists(st.integers(0, 700).map(lambda ticks: ticks / 1024), max_size=40))
def test_a_peak_is_the_most_arrivals_that_any_stretch_holds(gaps):
    peak, times, now = Peak(1.0), [], 0.0
    for gap in gaps:
        now += gap
        times.append(now)
        peak.add(now)
    assert peak.most == max((sum(end - 1.0 < at <= end for at in times) for end in times), default=0)


async def test_jitter_passes_before_a_request_is_counted_and_latency_after(sandbox):
    emag = await sandbox(latency_ms=400)
    waiting = asyncio.ensure_future(emag.call("vat/read"))
    while not emag.main.report.requests:
        await asyncio.sleep(0.005)
    assert not waiting.done()
    assert (await waiting).status == 200
    await emag.control("POST", "/settings", {"latency_ms": 0, "jitter_ms": 60_000})
    waiting = asyncio.ensure_future(emag.call("vat/read"))
    await emag.control("GET", "/state")
    assert emag.main.report.requests == 1
    waiting.cancel()


@pytest.mark.parametrize("wrong", [{"latency_ms": -1}, {"limits": {"x": {"second": 1, "minute": 1}}}, {"nonsense": 1}])
async def test_settings_that_make_no_sense_are_refused(sandbox, wrong):
    emag = await sandbox()
    assert "settings" in (await emag.control("POST", "/settings", wrong))["error"]

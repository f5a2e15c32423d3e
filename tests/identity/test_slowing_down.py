"""Whoever guesses passwords is slowed down, also across a restart and many at once; the owner gets in all the same."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from emagsync.db.errors import ConstraintViolated
from emagsync.identity import throttle_repository
from emagsync.identity.errors import LoginSlowedDown
from emagsync.identity.secrets import Argon2Cost, PasswordHasher
from emagsync.identity.throttle import (
    ADDRESS_FLOOD,
    FREE_FAILURES,
    NAME_FLOOD,
    Attempt,
    LoginThrottle,
    wait_after,
)
from emagsync.identity.throttle_repository import LoginFailures
from support.api import PASSWORD, Api, open_api
from support.clocks import ForwardClock

pytestmark = pytest.mark.databases("both", often="sqlite")

HERE = "192.0.2.7"


async def guess(api: Api, name: str = "maria", password: str = "a wrong guess") -> httpx2.Response:
    return await api.stranger.post("/api/v1/auth/login", json={"username": name, "password": password})


@pytest.mark.parametrize("name", [pytest.param("maria", id="a user"), pytest.param("nobody", id="not a user")])
async def test_five_wrong_logins_slow_down_the_name_and_address(api: Api, clock: ForwardClock, name: str) -> None:
    await api.add_user()
    assert [(await guess(api, name)).status_code for _ in range(5)] == [401] * 5
    answer = await guess(api, name)
    assert answer.status_code == 429
    assert answer.json()["code"] == "login_slowed_down"
    assert answer.headers["retry-after"] == "5"
    clock.forward(seconds=5)
    assert (await guess(api, name)).status_code == 401
    assert (await guess(api, name)).headers["retry-after"] == "10"


async def test_the_right_password_has_to_wait_too_and_then_counts(api: Api, clock: ForwardClock) -> None:
    await api.add_user()
    for _ in range(5):
        await guess(api)
    assert (await guess(api, password=PASSWORD)).status_code == 429
    clock.forward(seconds=5)
    assert (await guess(api, password=PASSWORD)).status_code == 200
    assert [(await guess(api)).status_code for _ in range(5)] == [401] * 5


async def test_of_many_guesses_at_once_no_more_than_five_are_looked_at(api: Api) -> None:
    await api.add_user()
    answers = await asyncio.gather(*(guess(api) for _ in range(20)))
    codes = [answer.status_code for answer in answers]
    assert codes.count(401) == 5
    assert codes.count(429) == 15


@pytest.mark.databases("postgresql", "SQLite has one writer at a time")
async def test_two_that_begin_to_count_a_name_at_once_do_not_overwrite_each_other(api: Api) -> None:
    database, once = api.state.database, LoginFailures(1, api.state.clock.now(), None)

    async def begin_behind_another() -> None:
        async with database.transaction() as connection:
            assert await throttle_repository.find(connection, "user:x") is None
            async with database.transaction() as other:
                await throttle_repository.add(other, "user:x", once, at=api.state.clock.now())
            await throttle_repository.add(connection, "user:x", once, at=api.state.clock.now())

    # The throttle then looks again, and counts on.
    with pytest.raises(ConstraintViolated):
        await begin_behind_another()


async def test_a_restart_resets_nothing(tmp_path: Path) -> None:
    clock = ForwardClock()
    async with open_api(tmp_path, clock=clock) as api:
        for _ in range(5):
            await guess(api)
    async with open_api(tmp_path, clock=clock) as api:
        assert (await guess(api)).status_code == 429


def test_waits_grow_up_to_fifteen_minutes() -> None:
    assert [wait_after(failures) for failures in (0, 4)] == [None, None]
    waits = [wait_after(failures) for failures in range(5, 13)]
    assert waits == [timedelta(seconds=seconds) for seconds in (5, 10, 20, 40, 80, 160, 320, 640)]
    assert wait_after(13) == wait_after(10_000) == timedelta(minutes=15)


def at(name: str, address: str = HERE, device: str | None = None) -> Attempt:
    return Attempt(name, address, device)


async def wrong(throttle: LoginThrottle, *attempts: Attempt) -> None:
    for attempt in attempts:
        await throttle.charge(attempt)


async def wait_for(throttle: LoginThrottle, attempt: Attempt) -> int:
    """The seconds that an attempt has to wait; 0 when it is let through (and counted as wrong)."""
    try:
        await throttle.charge(attempt)
    except LoginSlowedDown as slowed:
        return slowed.retry_after
    return 0


@pytest.fixture
def throttle(api: Api, clock: ForwardClock) -> LoginThrottle:
    return LoginThrottle(api.state.database, clock)


async def test_who_guesses_at_a_name_keeps_nobody_else_from_it(throttle: LoginThrottle, clock: ForwardClock) -> None:
    """Five wrong logins from anywhere once locked the admin out, again and again."""
    for _ in range(40):
        await wait_for(throttle, at("maria", "203.0.113.9"))
        clock.forward(minutes=5)
    assert await wait_for(throttle, at("maria", "203.0.113.9")) > 0
    assert await wait_for(throttle, at("maria", HERE)) == 0


async def test_a_known_device_gets_in_whoever_guesses_from_wherever(throttle: LoginThrottle) -> None:
    for number in range(NAME_FLOOD):
        await throttle.charge(at("maria", f"203.0.113.{number}"))
    assert await wait_for(throttle, at("maria")) > 0
    assert await wait_for(throttle, at("maria", HERE, device="hers")) == 0
    assert await wait_for(throttle, at("maria", HERE, device="another")) == 0


async def test_a_known_device_that_guesses_is_slowed_down_itself(throttle: LoginThrottle) -> None:
    hers = at("maria", device="hers")
    await wrong(throttle, *[hers] * FREE_FAILURES)
    assert await wait_for(throttle, hers) == 5
    assert await wait_for(throttle, at("maria")) == 0


async def test_a_flood_of_guesses_at_one_name_closes_it_for_a_quarter_of_an_hour_at_most(
    throttle: LoginThrottle, clock: ForwardClock
) -> None:
    for number in range(NAME_FLOOD):
        await throttle.charge(at("maria", f"203.0.113.{number}"))
        clock.forward(seconds=1)
    assert await wait_for(throttle, at("maria")) == 15 * 60 - NAME_FLOOD
    assert await wait_for(throttle, at("ion")) == 0
    clock.forward(minutes=15)
    assert await wait_for(throttle, at("maria")) == 0


async def test_an_address_that_tries_many_names_is_closed_and_no_other(throttle: LoginThrottle) -> None:
    await wrong(throttle, *(at(f"name{number}") for number in range(ADDRESS_FLOOD)))
    assert await wait_for(throttle, at("maria")) == 15 * 60
    assert await wait_for(throttle, at("maria", "198.51.100.1")) == 0


@pytest.mark.often(first=1)
async def test_slow_guesses_are_no_flood(throttle: LoginThrottle, clock: ForwardClock) -> None:
    for number in range(3 * NAME_FLOOD):
        assert await wait_for(throttle, at("maria", f"198.51.{number}.1")) == 0
        clock.forward(seconds=30)


async def test_a_network_of_ipv6_addresses_counts_as_one(throttle: LoginThrottle) -> None:
    await wrong(throttle, *(at("maria", f"2001:db8::{number}") for number in range(FREE_FAILURES)))
    assert await wait_for(throttle, at("maria", "2001:db8::ffff")) == 5
    assert await wait_for(throttle, at("maria", "2001:db8:1::1")) == 0


async def test_attempts_while_blocked_do_not_keep_the_person_out_for_longer(
    throttle: LoginThrottle, clock: ForwardClock
) -> None:
    await wrong(throttle, *[at("maria")] * FREE_FAILURES)
    for _ in range(10):
        clock.forward(seconds=0.4)
        assert await wait_for(throttle, at("maria")) > 0
    clock.forward(seconds=1)
    assert await wait_for(throttle, at("maria")) == 0


async def test_a_right_login_takes_back_only_its_own_wrong_ones(throttle: LoginThrottle) -> None:
    await wrong(throttle, *(at(f"name{number}") for number in range(ADDRESS_FLOOD - 3)))
    await wrong(throttle, at("mine"), at("mine"))
    await throttle.refund(at("mine"))
    await wrong(throttle, at("mine"), at("mine"), at("mine"))
    assert await wait_for(throttle, at("mine")) > 0


async def test_a_right_password_without_a_code_takes_back_itself_and_no_wrong_code(throttle: LoginThrottle) -> None:
    for _ in range(FREE_FAILURES):
        await wrong(throttle, at("maria"))
        await throttle.charge(at("maria", "198.51.100.1"))
        await throttle.uncount(at("maria", "198.51.100.1"))
    assert await wait_for(throttle, at("maria")) == 5
    assert await wait_for(throttle, at("maria", "198.51.100.1")) == 0


async def test_codes_are_slowed_down_from_wherever_they_come(throttle: LoginThrottle) -> None:
    for number in range(FREE_FAILURES):
        await throttle.charge_code(at("maria", f"203.0.113.{number}"))
    with pytest.raises(LoginSlowedDown):
        await throttle.charge_code(at("maria", HERE))
    await throttle.charge_code(at("maria", HERE, device="hers"))


@pytest.mark.often(first=3)
@pytest.mark.parametrize("back", [timedelta(minutes=10), timedelta(hours=5), timedelta(days=400)], ids=str)
@pytest.mark.parametrize("device", [None, "hers"])
async def test_no_wait_is_longer_than_a_quarter_of_an_hour_after_the_clock_was_put_back(
    throttle: LoginThrottle, clock: ForwardClock, back: timedelta, device: str | None
) -> None:
    attempt = at("maria", device=device)
    for _ in range(12):
        await wait_for(throttle, attempt)
        clock.forward(minutes=11)
    await wait_for(throttle, attempt)
    clock.forward(seconds=-back.total_seconds())
    assert await wait_for(throttle, attempt) <= 15 * 60
    clock.forward(minutes=15)
    assert await wait_for(throttle, attempt) == 0


async def test_a_flood_is_over_in_a_quarter_of_an_hour_after_the_clock_was_put_back(
    throttle: LoginThrottle, clock: ForwardClock
) -> None:
    for number in range(NAME_FLOOD):
        await throttle.charge(at("maria", f"203.0.113.{number}"))
    clock.forward(days=-1)
    assert 0 < await wait_for(throttle, at("maria")) <= 15 * 60
    clock.forward(minutes=15)
    assert await wait_for(throttle, at("maria")) == 0


async def test_wrong_logins_are_forgotten_after_an_hour(api: Api, throttle: LoginThrottle, clock: ForwardClock) -> None:
    await wrong(throttle, *[at("maria")] * 4)
    clock.forward(hours=1)
    await wrong(throttle, *[at("maria")] * 4)
    assert {row["failures"] for row in await api.rows("SELECT failures FROM login_failures")} == {4}


async def test_an_admin_at_the_machine_lets_a_user_in(throttle: LoginThrottle) -> None:
    for number in range(NAME_FLOOD):
        await throttle.charge(at("maria", f"203.0.113.{number}"))
    assert await throttle.forgive("maria") == NAME_FLOOD + 1
    assert await wait_for(throttle, at("maria")) == 0


async def test_many_names_cannot_fill_the_database(api: Api, clock: ForwardClock) -> None:
    throttle = LoginThrottle(api.state.database, clock, most_rows=20)
    for number in range(30):
        await throttle.charge(at(f"name{number}", f"198.51.{number}.1"))
    assert (await api.rows("SELECT count(*) AS n FROM login_failures"))[0]["n"] == 20


async def test_the_name_that_was_tried_is_not_stored(api: Api) -> None:
    await guess(api, "my password by mistake")
    keys = [row["key"] for row in await api.rows("SELECT key FROM login_failures")]
    assert sorted(key.partition(":")[0] for key in keys) == ["address", "name", "pair"]
    assert not any("mistake" in key for key in keys)


@pytest.mark.thorough
@pytest.mark.databases("sqlite")
async def test_saying_no_to_an_unknown_user_costs_what_a_wrong_password_costs() -> None:
    passwords = PasswordHasher()
    stored = await passwords.hash(PASSWORD)
    assert not await passwords.verify("a wrong guess", None)

    async def cost(stored: str | None) -> float:
        begin = time.process_time()
        for _ in range(4):
            assert not await passwords.verify("a wrong guess", stored)
        return time.process_time() - begin

    known, unknown = await cost(stored), await cost(None)
    assert 0.5 < unknown / known < 2


@pytest.mark.databases("sqlite")
async def test_passwords_are_stored_with_the_full_cost_unless_told_otherwise() -> None:
    stored = await PasswordHasher().hash(PASSWORD)
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.mark.databases("sqlite")
async def test_a_stored_password_stays_good_when_the_cost_changes() -> None:
    before = await PasswordHasher(Argon2Cost(passes=1, memory_kib=8, lanes=1)).hash(PASSWORD)
    after = PasswordHasher(Argon2Cost(passes=2, memory_kib=16, lanes=2))
    assert await after.verify(PASSWORD, before)
    assert not await after.verify("a wrong guess", before)

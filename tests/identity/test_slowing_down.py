"""Whoever guesses passwords is slowed down, by name and by address, also across a restart and many at once."""

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
from emagsync.identity.throttle import LoginThrottle, wait_after
from emagsync.identity.throttle_repository import LoginFailures
from support.api import PASSWORD, Api, open_api
from support.clocks import ForwardClock, StoppedClock

pytestmark = pytest.mark.databases("both")

HERE = "192.0.2.7"


async def guess(api: Api, name: str = "maria", password: str = "a wrong guess") -> httpx2.Response:
    return await api.stranger.post("/api/v1/auth/login", json={"username": name, "password": password})


@pytest.mark.parametrize("name", [pytest.param("maria", id="a user"), pytest.param("nobody", id="not a user")])
async def test_five_wrong_logins_slow_down_the_name(api: Api, clock: ForwardClock, name: str) -> None:
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


async def test_an_address_that_tries_many_names_is_slowed_down(api: Api) -> None:
    await api.add_user()
    assert [(await guess(api, f"name{number}")).status_code for number in range(5)] == [401] * 5
    assert (await guess(api, "maria", PASSWORD)).status_code == 429


async def test_of_many_guesses_at_once_no_more_than_five_are_looked_at(api: Api) -> None:
    await api.add_user()
    answers = await asyncio.gather(*(guess(api) for _ in range(20)))
    codes = [answer.status_code for answer in answers]
    assert codes.count(401) == 5
    assert codes.count(429) == 15


@pytest.mark.databases("postgresql", "SQLite has one writer at a time")
async def test_two_that_begin_to_count_a_name_at_once_do_not_overwrite_each_other(api: Api) -> None:
    database, once = api.state.database, LoginFailures(1, None)

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
    clock = StoppedClock()
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


async def _wrong(throttle: LoginThrottle, clock: ForwardClock, name: str, address: str, times: int = 1) -> None:
    for _ in range(times):
        await throttle.charge(name, address)
        clock.forward(minutes=16)


async def test_one_name_slows_down_from_every_address_and_other_names_do_not(api: Api, clock: ForwardClock) -> None:
    throttle = LoginThrottle(api.state.database, clock)
    for number in range(5):
        await throttle.charge("maria", f"192.0.2.{number}")
    with pytest.raises(LoginSlowedDown):
        await throttle.charge("maria", "198.51.100.1")
    await throttle.charge("ion", "198.51.100.1")


async def test_a_network_of_ipv6_addresses_counts_as_one(api: Api, clock: ForwardClock) -> None:
    throttle = LoginThrottle(api.state.database, clock)
    for number in range(5):
        await throttle.charge(f"name{number}", f"2001:db8::{number}")
    with pytest.raises(LoginSlowedDown):
        await throttle.charge("ion", "2001:db8::ffff")
    await throttle.charge("ion", "2001:db8:1::1")


async def test_attempts_while_blocked_do_not_keep_the_person_out_for_longer(api: Api, clock: ForwardClock) -> None:
    throttle = LoginThrottle(api.state.database, clock)
    for number in range(5):
        await throttle.charge("maria", f"192.0.2.{number}")
    for _ in range(10):
        clock.forward(seconds=0.4)
        with pytest.raises(LoginSlowedDown):
            await throttle.charge("maria", HERE)
    clock.forward(seconds=1)
    await throttle.charge("maria", HERE)


async def test_a_right_login_takes_back_only_its_own_wrong_ones(api: Api, clock: ForwardClock) -> None:
    throttle = LoginThrottle(api.state.database, clock)
    for name in ("a", "b", "c"):
        await throttle.charge(name, HERE)
    await throttle.charge("mine", HERE)
    await throttle.refund("mine", HERE)
    await throttle.charge("d", HERE)
    await throttle.charge("e", HERE)
    with pytest.raises(LoginSlowedDown):
        await throttle.charge("mine", HERE)


async def test_wrong_logins_are_forgotten_after_an_hour(api: Api, clock: ForwardClock) -> None:
    throttle = LoginThrottle(api.state.database, clock)
    await _wrong(throttle, clock, "maria", HERE, times=4)
    clock.forward(hours=1)
    await _wrong(throttle, clock, "maria", HERE, times=4)
    assert {row["failures"] for row in await api.rows("SELECT failures FROM login_failures")} == {4}


async def test_many_names_cannot_fill_the_database(api: Api, clock: ForwardClock) -> None:
    throttle = LoginThrottle(api.state.database, clock, most_rows=20)
    for number in range(60):
        await throttle.charge(f"name{number}", f"198.51.{number}.1")
    assert (await api.rows("SELECT count(*) AS n FROM login_failures"))[0]["n"] == 20


async def test_the_name_that_was_tried_is_not_stored(api: Api) -> None:
    await guess(api, "my password by mistake")
    keys = [row["key"] for row in await api.rows("SELECT key FROM login_failures")]
    assert len(keys) == 2
    assert not any("mistake" in key for key in keys)


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

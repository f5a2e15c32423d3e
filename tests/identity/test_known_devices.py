"""A browser from which a user has logged in is known, and nobody's guesses keep the user out of it."""

from __future__ import annotations

import httpx2
import pytest

from emagsync.core.settings import Settings
from emagsync.identity.devices import KNOWN_FOR, KnownDevices
from emagsync.vault.vault import Vault
from support.api import PASSWORD, Api
from support.clocks import ForwardClock

SESSION = "/api/v1/auth/session"
COOKIE = "emagsync_device"


async def log_in(client: httpx2.AsyncClient, password: str = PASSWORD, name: str = "maria") -> int:
    return (await client.post(SESSION, json={"username": name, "password": password})).status_code


async def be_guessed_at(api: Api, name: str = "maria") -> None:
    """The pair of the name and this machine's address is blocked: here the guesser has the owner's own address."""
    async with api.browser() as stranger:
        assert [await log_in(stranger, "a wrong guess", name) for _ in range(6)] == [401] * 5 + [429]
        assert await log_in(stranger, PASSWORD, name) == 429


async def test_who_has_logged_in_from_a_browser_gets_in_from_it_while_somebody_guesses(api: Api) -> None:
    await api.add_user()
    async with api.browser() as hers:
        assert await log_in(hers) == 200
        await hers.post("/api/v1/auth/logout")
        await be_guessed_at(api)
        assert await log_in(hers) == 200


async def test_the_cookie_of_a_known_device_is_no_session_and_no_script_reads_it(api: Api) -> None:
    await api.add_user()
    async with api.browser() as hers:
        answer = await hers.post(SESSION, json={"username": "maria", "password": PASSWORD})
        cookie = next(text for text in answer.headers.get_list("set-cookie") if text.startswith(COOKIE))
        assert {"HttpOnly", "Path=/", "SameSite=lax", f"Max-Age={int(KNOWN_FOR.total_seconds())}"} <= set(
            cookie.split("; ")
        )
        device = hers.cookies[COOKIE]
    assert "maria" not in device
    answer = await api.stranger.get(
        "/api/v1/auth/me", headers={"Cookie": f"emagsync_session={device}; {COOKIE}={device}"}
    )
    assert answer.status_code == 401


async def test_a_device_is_known_for_its_own_user_only(api: Api) -> None:
    await api.add_user()
    await api.add_user("ion")
    await be_guessed_at(api)
    async with api.browser() as his:
        assert await log_in(his, name="ion") == 200
        assert await log_in(his) == 429


@pytest.mark.parametrize("forged", ["", "x", "gAAAAA" + "x" * 200, "x" * 5000, "é", '{"username": "maria"}'])
def test_a_forged_cookie_is_no_known_device(settings: Settings, clock: ForwardClock, forged: str) -> None:
    assert KnownDevices(Vault(settings), clock).device(forged, "maria") is None


def test_a_device_is_known_for_half_a_year_after_the_last_login(settings: Settings, clock: ForwardClock) -> None:
    devices = KnownDevices(Vault(settings), clock)
    cookie = devices.cookie("maria", None)
    device = devices.device(cookie, "maria")
    assert device is not None
    clock.forward(days=179)
    assert devices.device(devices.cookie("maria", device), "maria") == device
    clock.forward(days=2)
    assert devices.device(cookie, "maria") is None

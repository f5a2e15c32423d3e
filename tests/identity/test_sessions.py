"""One's own logins are listed and ended; an idle browser is logged out; refused logins are in the audit log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest

from emagsync.identity.refusals import MOST_NOTED
from support.api import PASSWORD, Api, open_api
from support.clocks import ForwardClock

LOGIN = "/api/v1/auth/login"
SESSION = "/api/v1/auth/session"
SESSIONS = "/api/v1/auth/sessions"
ME = "/api/v1/auth/me"
OF_ITSELF = {"X-Emagsync-Background": "1"}


async def log_in(browser: httpx2.AsyncClient, name: str = "maria") -> None:
    assert (await browser.post(SESSION, json={"username": name, "password": PASSWORD})).status_code == 200


async def listed(client: httpx2.AsyncClient) -> list[dict[str, Any]]:
    sessions: list[dict[str, Any]] = (await client.get(SESSIONS)).json()["sessions"]
    return sessions


@pytest.mark.databases("both")
async def test_ones_own_logins_are_listed_and_one_is_ended(api: Api, clock: ForwardClock) -> None:
    await api.add_user()
    await api.add_user("ion")
    async with api.browser() as phone, api.browser(**{"User-Agent": "Firefox-" * 40}) as desk, api.browser() as ion:
        await log_in(phone)
        await log_in(ion, "ion")
        clock.forward(minutes=2)
        await log_in(desk)
        mine = await listed(desk)
        assert [(one["kind"], one["is_this"], one["address"]) for one in mine] == [
            ("session", True, "127.0.0.1"),
            ("session", False, "127.0.0.1"),
        ]
        assert mine[0]["agent"] == ("Firefox-" * 40)[:200]
        his = (await listed(ion))[0]["id"]
        assert (await desk.delete(f"{SESSIONS}/{his}")).json()["code"] == "session_not_found"
        assert (await desk.delete(f"{SESSIONS}/{mine[1]['id']}")).status_code == 204
        assert (await phone.get(ME)).status_code == 401
        assert (await ion.get(ME)).status_code == 200
        assert len(await listed(desk)) == 1


async def test_all_others_are_ended_at_once(api: Api) -> None:
    await api.add_user()
    async with api.browser() as phone, api.browser() as desk:
        await log_in(phone)
        await log_in(desk)
        body = {"username": "maria", "password": PASSWORD}
        token = (await api.stranger.post(LOGIN, json=body)).json()["access_token"]
        assert (await desk.delete(SESSIONS)).status_code == 204
        assert (await desk.get(ME)).status_code == 200
        assert (await phone.get(ME)).status_code == 401
        async with api.bearing(token) as program:
            assert (await program.get(ME)).status_code == 401


async def test_an_api_token_has_no_logins(api: Api) -> None:
    assert (await api.viewer.get(SESSIONS)).json()["code"] == "not_a_user"
    assert (await api.viewer.delete(SESSIONS)).json()["code"] == "not_a_user"


@pytest.mark.databases("both")
async def test_a_browser_in_which_nobody_does_anything_is_logged_out(api: Api, clock: ForwardClock) -> None:
    await api.add_user()
    async with api.browser() as browser:
        await log_in(browser)
        for _ in range(4):
            clock.forward(minutes=25)
            assert (await browser.get(ME)).status_code == 200
        # What the page looks up of itself does not keep the session.
        clock.forward(minutes=20)
        assert (await browser.get(ME, headers=OF_ITSELF)).status_code == 200
        assert (await browser.get(ME, headers={"Accept": "text/event-stream"})).status_code == 200
        clock.forward(minutes=11)
        assert (await browser.get(ME)).status_code == 401
        await log_in(browser)
        assert len(await listed(browser)) == 1


async def test_a_programs_login_does_not_idle(api: Api, clock: ForwardClock) -> None:
    await api.add_user()
    answer = await api.stranger.post(LOGIN, json={"username": "maria", "password": PASSWORD})
    async with api.bearing(answer.json()["access_token"]) as program:
        clock.forward(hours=11)
        assert (await program.get(ME)).status_code == 200


@pytest.mark.parametrize(("minutes", "after", "status"), [(5, 6, 401), (5, 4, 200), (0, 600, 200)])
async def test_how_long_is_a_setting(
    tmp_path: Path, clock: ForwardClock, minutes: int, after: int, status: int
) -> None:
    async with open_api(tmp_path, clock=clock, server={"idle_minutes": minutes}) as api:
        await api.add_user()
        async with api.browser() as browser:
            await log_in(browser)
            clock.forward(minutes=after)
            assert (await browser.get(ME)).status_code == status


async def refused(api: Api) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = (await api.admin.get("/api/v1/audit", params={"action": "auth.refused"})).json()[
        "entries"
    ]
    return entries


async def test_refused_logins_are_in_the_audit_log_without_what_was_typed(api: Api) -> None:
    user = await api.add_user()
    gone = await api.add_user("gone")
    await api.services.users.change(gone.id, enabled=False)
    for name, password in (("maria", "a wrong guess"), ("my p4ssword", "x"), ("GONE", PASSWORD)):
        await api.stranger.post(LOGIN, json={"username": name, "password": password})
    entries = await refused(api)
    assert [(one["username"], one["user_id"], one["detail"]["reason"]) for one in reversed(entries)] == [
        ("maria", user.id, "password"),
        ("-", None, "no_user"),
        ("gone", gone.id, "disabled"),
    ]
    assert {(one["caller"], one["address"]) for one in entries} == {("login", "127.0.0.1")}
    text = str(await api.rows("SELECT * FROM audit_log"))
    assert "p4ssword" not in text
    assert "a wrong guess" not in text


@pytest.mark.thorough
async def test_a_flood_of_guesses_does_not_fill_the_audit_log(api: Api, clock: ForwardClock) -> None:
    for _ in range(MOST_NOTED + 20):
        await api.stranger.post(LOGIN, json={"username": "nobody", "password": "x"})
        async with api.state.database.transaction() as connection:
            await connection.exec_driver_sql("DELETE FROM login_failures")
    rows = await api.rows("SELECT detail FROM audit_log WHERE action = 'auth.refused' ORDER BY id")
    assert len(rows) == MOST_NOTED
    assert "more_are_not_noted_until" in rows[-1]["detail"]
    clock.forward(minutes=15)
    await api.stranger.post(LOGIN, json={"username": "nobody", "password": "x"})
    assert len(await api.rows("SELECT id FROM audit_log WHERE action = 'auth.refused'")) == MOST_NOTED + 1

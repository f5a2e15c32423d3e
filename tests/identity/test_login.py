"""Logging in and out: what a login gives, what ends it, and what a refusal tells."""

from __future__ import annotations

import httpx2
import pytest

from emagsync.rest.principals import Role
from support.api import PASSWORD, Api
from support.clocks import ForwardClock

pytestmark = pytest.mark.databases("both", often="sqlite")

LOGIN = "/api/v1/auth/login"
SESSION = "/api/v1/auth/session"
ME = "/api/v1/auth/me"


async def log_in(client: httpx2.AsyncClient, name: str = "maria", password: str = PASSWORD) -> httpx2.Response:
    return await client.post(LOGIN, json={"username": name, "password": password})


async def test_a_login_gives_a_token_that_is_its_user(api: Api) -> None:
    user = await api.add_user("maria", Role.OPERATOR)
    answer = await log_in(api.stranger, "MARIA")
    assert answer.status_code == 200
    body = answer.json()
    assert body["token_type"] == "bearer"
    assert body["expires_in"] == 12 * 3600
    assert answer.headers["cache-control"] == "no-store"
    async with api.bearing(body["access_token"]) as maria:
        assert (await maria.get(ME)).json() == {
            "kind": "user",
            "username": "maria",
            "role": "operator",
            "user_id": user.id,
            "token_id": None,
            "held_back": False,
        }


async def test_a_login_ends_when_its_time_is_over(api: Api, clock: ForwardClock) -> None:
    await api.add_user()
    async with api.bearing((await log_in(api.stranger)).json()["access_token"]) as maria:
        clock.forward(hours=11.9)
        assert (await maria.get(ME)).status_code == 200
        clock.forward(hours=0.2)
        answer = await maria.get(ME)
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


async def test_logging_out_ends_this_login_and_no_other(api: Api) -> None:
    await api.add_user()
    one, other = [(await log_in(api.stranger)).json()["access_token"] for _ in range(2)]
    async with api.bearing(one) as first, api.bearing(other) as second:
        assert (await first.post("/api/v1/auth/logout")).status_code == 204
        assert (await first.get(ME)).status_code == 401
        assert (await second.get(ME)).status_code == 200


async def test_the_refusal_is_the_same_whether_the_user_exists_or_not(api: Api) -> None:
    await api.add_user("maria")
    gone = await api.add_user("gone")
    await api.services.users.change(gone.id, enabled=False)
    answers = [
        await log_in(api.stranger, "maria", "not the password"),
        await log_in(api.stranger, "nobody", "not the password"),
        await log_in(api.stranger, "gone", PASSWORD),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["code"] == "invalid_credentials"


async def test_disabling_a_user_ends_the_logins_at_once(api: Api) -> None:
    user = await api.add_user()
    async with api.bearing((await log_in(api.stranger)).json()["access_token"]) as maria:
        answer = await api.admin.patch(f"/api/v1/users/{user.id}", json={"enabled": False})
        assert answer.json()["enabled"] is False
        assert (await maria.get(ME)).status_code == 401
    await api.admin.patch(f"/api/v1/users/{user.id}", json={"enabled": True})
    assert (await log_in(api.stranger)).status_code == 200


async def test_a_changed_role_counts_from_the_next_call(api: Api) -> None:
    user = await api.add_user(role=Role.ADMIN)
    async with api.bearing((await log_in(api.stranger)).json()["access_token"]) as maria:
        assert (await maria.get("/api/v1/users")).status_code == 200
        await api.services.users.ensure_admin(PASSWORD)
        await api.add_user("second", Role.ADMIN)
        await api.admin.patch(f"/api/v1/users/{user.id}", json={"role": "viewer"})
        assert (await maria.get("/api/v1/users")).status_code == 403


async def test_a_new_password_of_ones_own_ends_the_other_logins(api: Api) -> None:
    await api.add_user()
    one, other = [(await log_in(api.stranger)).json()["access_token"] for _ in range(2)]
    async with api.bearing(one) as first, api.bearing(other) as second:
        body = {"old_password": PASSWORD, "new_password": "another long password"}
        assert (await first.post("/api/v1/auth/password", json=body)).status_code == 204
        assert (await first.get(ME)).status_code == 200
        assert (await second.get(ME)).status_code == 401
    assert (await log_in(api.stranger)).status_code == 401
    assert (await log_in(api.stranger, password="another long password")).status_code == 200


async def test_ones_own_password_changes_only_for_the_old_one(api: Api) -> None:
    await api.add_user()
    async with api.bearing((await log_in(api.stranger)).json()["access_token"]) as maria:
        body = {"old_password": "not the old one", "new_password": "another long password"}
        answers = [await maria.post("/api/v1/auth/password", json=body) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [403] * 5 + [429]
        assert answers[0].json()["code"] == "wrong_password"


async def test_an_api_token_has_neither_session_nor_password(api: Api) -> None:
    body = {"old_password": PASSWORD, "new_password": "another long password"}
    assert (await api.viewer.post("/api/v1/auth/password", json=body)).json()["code"] == "not_a_user"
    assert (await api.viewer.post("/api/v1/auth/logout")).json()["code"] == "not_a_user"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param({"username": "maria"}, "password", id="no password"),
        pytest.param({"username": "maria", "password": ""}, "password", id="an empty password"),
        pytest.param({"username": "maria", "password": "s3cret" * 100}, "password", id="a giant password"),
        pytest.param({"username": "", "password": "s3cret"}, "username", id="no name"),
        pytest.param({"username": "maria", "password": ["s3cret"]}, "password", id="a list"),
        pytest.param({"username": "maria", "password": "s3cret", "s3cret": 1}, "s3cret", id="an unknown field"),
    ],
)
async def test_a_login_that_makes_no_sense_names_the_field_and_repeats_no_value(
    api: Api, body: dict[str, object], field: str
) -> None:
    answer = await api.stranger.post(LOGIN, json=body)
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["code"] == "invalid_request"
    assert [error["field"] for error in problem["errors"]] == [field]
    assert "s3cret" not in answer.text or field == "s3cret"


async def test_a_browser_gets_a_cookie_that_scripts_and_other_sites_cannot_use(api: Api) -> None:
    await api.add_user()
    async with api.browser() as browser:
        answer = await browser.post(SESSION, json={"username": "maria", "password": PASSWORD})
        assert answer.status_code == 200
        assert answer.json()["kind"] == "session"
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("emagsync_session=emag_s_")
        assert {"HttpOnly", "Path=/", "SameSite=lax", "Max-Age=43200"} <= set(cookie.split("; "))
        assert (await browser.get(ME)).json()["username"] == "maria"
        answer = await browser.post("/api/v1/auth/logout")
        assert answer.status_code == 204
        assert "Max-Age=0" in answer.headers["set-cookie"]
        assert (await browser.get(ME)).status_code == 401


async def test_a_cookie_is_no_bearer_token_and_a_bearer_token_no_cookie(api: Api) -> None:
    await api.add_user()
    async with api.browser() as browser:
        await browser.post(SESSION, json={"username": "maria", "password": PASSWORD})
        cookie = browser.cookies["emagsync_session"]
    async with api.bearing(cookie) as liar:
        assert (await liar.get(ME)).status_code == 401
    token = (await log_in(api.stranger)).json()["access_token"]
    answer = await api.stranger.get(ME, headers={"Cookie": f"emagsync_session={token}"})
    assert answer.status_code == 401


async def test_a_wrong_token_is_refused_whatever_cookie_comes_along(api: Api) -> None:
    await api.add_user()
    async with api.browser() as browser:
        await browser.post(SESSION, json={"username": "maria", "password": PASSWORD})
        assert (await browser.get(ME, headers={"Authorization": "Bearer emag_t_wrong"})).status_code == 401
        assert (await browser.get(ME, headers={"Authorization": "Basic bWFyaWE6eA=="})).status_code == 401

"""API tokens: named, with a role and an expiry, shown once, stored hashed."""

from __future__ import annotations

from pathlib import Path

import pytest

from emagsync.identity.errors import UserIsDisabled
from emagsync.identity.proof import Origin
from emagsync.rest.principals import Role
from support.api import PASSWORD, Api
from support.clocks import ForwardClock

pytestmark = pytest.mark.databases("both", often="sqlite")

TOKENS = "/api/v1/tokens"


async def test_a_token_works_until_it_is_revoked(api: Api) -> None:
    made = (await api.admin.post(TOKENS, json={"name": "erp", "role": "operator"})).json()
    async with api.bearing(made["token"]) as erp:
        me = (await erp.get("/api/v1/auth/me")).json()
        assert (me["kind"], me["role"], me["token_id"]) == ("token", "operator", made["id"])
        assert (await api.admin.delete(f"{TOKENS}/{made['id']}")).status_code == 204
        assert (await erp.get("/api/v1/auth/me")).status_code == 401
    answer = await api.admin.delete(f"{TOKENS}/{made['id']}")
    assert (answer.status_code, answer.json()["code"]) == (404, "token_not_found")


async def test_a_token_is_shown_once(api: Api) -> None:
    made = (await api.admin.post(TOKENS, json={"name": "erp"})).json()
    text = made.pop("token")
    listed = await api.admin.get(TOKENS)
    assert made in listed.json()["tokens"]
    assert text not in listed.text


async def test_a_token_ends_when_its_time_is_over(api: Api, clock: ForwardClock) -> None:
    made = (await api.admin.post(TOKENS, json={"name": "erp", "expires_in_days": 1})).json()
    async with api.bearing(made["token"]) as erp:
        clock.forward(hours=23.9)
        assert (await erp.get("/api/v1/auth/me")).status_code == 200
        clock.forward(hours=0.2)
        assert (await erp.get("/api/v1/auth/me")).status_code == 401
    assert "erp" in [token["name"] for token in (await api.admin.get(TOKENS)).json()["tokens"]]


async def test_a_token_without_expiry_says_so(api: Api, clock: ForwardClock) -> None:
    made = (await api.admin.post(TOKENS, json={"name": "erp", "expires_in_days": None})).json()
    assert made["expires_at"] is None
    clock.forward(days=10_000)
    async with api.bearing(made["token"]) as erp:
        assert (await erp.get("/api/v1/auth/me")).status_code == 200


async def test_a_users_token_can_do_no_more_than_the_user_and_ends_with_the_user(api: Api) -> None:
    await api.add_user("boss", Role.ADMIN)
    user = await api.add_user("maria", Role.ADMIN)
    login = {"username": "maria", "password": PASSWORD}
    access = (await api.stranger.post("/api/v1/auth/login", json=login)).json()["access_token"]
    async with api.bearing(access) as maria:
        made = (await maria.post(TOKENS, json={"name": "mine", "role": "admin"})).json()
    assert made["username"] == "maria"
    service = api.services.users
    async with api.bearing(made["token"]) as token:
        assert (await token.get("/api/v1/users")).status_code == 200
        await service.change(user.id, role=Role.VIEWER)
        assert (await token.get("/api/v1/auth/me")).json()["role"] == "viewer"
        await service.change(user.id, enabled=False)
        assert (await token.get("/api/v1/auth/me")).status_code == 401
        # For good: who is enabled again makes new ones.
        await service.change(user.id, enabled=True)
        assert (await token.get("/api/v1/auth/me")).status_code == 401
    assert "mine" not in [token["name"] for token in (await api.admin.get(TOKENS)).json()["tokens"]]


async def test_no_token_waits_for_a_disabled_user_to_be_enabled_again(api: Api) -> None:
    """However it came to be: one made for a disabled user is refused, and one that is there all the same ends."""
    user = await api.add_user("maria", Role.OPERATOR)
    service, tokens = api.services.users, api.services.tokens
    made = await tokens.create("mine", Role.VIEWER, user_id=user.id, expires_in_days=1)
    await service.change(user.id, enabled=True)  # is enabled already: nothing ends
    async with api.bearing(made.token) as mine:
        assert (await mine.get("/api/v1/auth/me")).status_code == 200
        await service.change(user.id, enabled=False)
        with pytest.raises(UserIsDisabled, match="maria"):
            await tokens.create("later", Role.VIEWER, user_id=user.id, expires_in_days=1)
        async with api.state.database.transaction() as connection:  # as versions before this one left it
            await connection.exec_driver_sql("UPDATE api_tokens SET revoked_at = NULL")
        await service.change(user.id, enabled=True)
        assert (await mine.get("/api/v1/auth/me")).status_code == 401


async def test_when_a_token_was_last_used_is_known_to_ten_minutes(api: Api, clock: ForwardClock) -> None:
    made = (await api.admin.post(TOKENS, json={"name": "erp"})).json()
    assert made["last_used_at"] is None

    async def last_used() -> str:
        tokens = (await api.admin.get(TOKENS)).json()["tokens"]
        return next(str(token["last_used_at"]) for token in tokens if token["id"] == made["id"])

    async with api.bearing(made["token"]) as erp:
        await erp.get("/api/v1/auth/me")
        first = await last_used()
        clock.forward(minutes=9)
        await erp.get("/api/v1/auth/me")
        assert await last_used() == first
        clock.forward(minutes=2)
        await erp.get("/api/v1/auth/me")
        assert await last_used() > first


@pytest.mark.databases("sqlite", "it reads the database's file")
async def test_neither_tokens_nor_passwords_are_in_the_database(api: Api, tmp_path: Path) -> None:
    await api.add_user()
    made = await api.services.tokens.create("erp", Role.VIEWER, user_id=None, expires_in_days=1)
    login = {"username": "maria", "password": PASSWORD}
    access = (await api.stranger.post("/api/v1/auth/login", json=login)).json()["access_token"]
    async with api.browser() as browser:
        await browser.post("/api/v1/auth/session", json=login)
        cookie = browser.cookies["emagsync_session"]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    stored = b"".join(path.read_bytes() for path in files)
    assert b"maria" in stored
    for secret in (made.token, access, cookie, PASSWORD):
        assert secret[len("emag_t_") :].encode() not in stored


async def test_no_token_is_in_a_repr(api: Api) -> None:
    made = await api.services.tokens.create("erp", Role.VIEWER, user_id=None, expires_in_days=1)
    assert made.token not in repr(made)
    await api.add_user()
    session = await api.services.users.login("maria", PASSWORD, kind="user", origin=Origin("192.0.2.1"))
    assert session.token not in repr(session)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param({"name": ""}, "name", id="no name"),
        pytest.param({"name": "x" * 65}, "name", id="a long name"),
        pytest.param({"name": "erp", "expires_in_days": 0}, "expires_in_days", id="ended already"),
        pytest.param({"name": "erp", "role": "root"}, "role", id="an unknown role"),
    ],
)
async def test_an_odd_token_is_refused_with_the_field(api: Api, body: dict[str, object], field: str) -> None:
    answer = await api.admin.post(TOKENS, json=body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]

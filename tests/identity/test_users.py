"""Managing users: by an admin, and by the first start."""

from __future__ import annotations

import asyncio

import pytest

from emagsync.rest.principals import Role
from support.api import PASSWORD, Api
from support.clocks import ForwardClock

pytestmark = pytest.mark.databases("both", often="sqlite")


async def test_an_admin_adds_a_user_who_can_log_in(api: Api) -> None:
    body = {"username": "Ion.Pop", "password": PASSWORD, "role": "operator"}
    answer = await api.admin.post("/api/v1/users", json=body)
    assert answer.status_code == 201
    user = answer.json()
    assert (user["username"], user["role"], user["enabled"]) == ("ion.pop", "operator", True)
    assert not {"password", "password_hash"} & user.keys()
    assert (await api.admin.get(f"/api/v1/users/{user['id']}")).json() == user
    login = await api.stranger.post("/api/v1/auth/login", json={"username": "ION.POP", "password": PASSWORD})
    assert login.status_code == 200


async def test_a_name_is_given_once_in_whatever_case(api: Api) -> None:
    body = {"username": "maria", "password": PASSWORD}
    assert (await api.admin.post("/api/v1/users", json=body)).json()["role"] == "viewer"
    answer = await api.admin.post("/api/v1/users", json=body | {"username": "MARIA"})
    assert answer.status_code == 409
    assert answer.json()["code"] == "username_taken"


@pytest.mark.often(first=5)
@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"username": "two words"}, "username", id="a name with a space"),
        pytest.param({"username": "x" * 65}, "username", id="a long name"),
        pytest.param({"password": "too short."}, "password", id="a short password"),
        pytest.param({"password": "x" * 129}, "password", id="a long password"),
        pytest.param({"role": "root"}, "role", id="an unknown role"),
        pytest.param({"colour": "blue"}, "colour", id="an unknown field"),
    ],
)
async def test_an_odd_user_is_refused_with_the_field(api: Api, change: dict[str, str], field: str) -> None:
    answer = await api.admin.post("/api/v1/users", json={"username": "maria", "password": PASSWORD} | change)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_an_unknown_user_is_not_found(api: Api) -> None:
    for answer in (await api.admin.get("/api/v1/users/77"), await api.admin.patch("/api/v1/users/77", json={})):
        assert answer.status_code == 404
        assert answer.json()["code"] == "user_not_found"
    assert (await api.admin.get("/api/v1/users/0")).status_code == 422


@pytest.mark.parametrize("change", [{"role": "viewer"}, {"enabled": False}])
async def test_the_last_admin_stays_one(api: Api, change: dict[str, object]) -> None:
    first = await api.add_user("first", Role.ADMIN)
    second = await api.add_user("second", Role.ADMIN)
    assert (await api.admin.patch(f"/api/v1/users/{first.id}", json=change)).status_code == 200
    answer = await api.admin.patch(f"/api/v1/users/{second.id}", json=change)
    assert answer.status_code == 409
    assert answer.json()["code"] == "last_admin"
    assert (await api.admin.get(f"/api/v1/users/{second.id}")).json()["role"] == "admin"


async def test_two_admins_cannot_remove_each_other_at_once(api: Api) -> None:
    admins = [await api.add_user(name, Role.ADMIN) for name in ("first", "second")]
    answers = await asyncio.gather(
        *(api.admin.patch(f"/api/v1/users/{user.id}", json={"role": "viewer"}) for user in admins)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_a_password_that_an_admin_sets_ends_the_users_logins(api: Api) -> None:
    user = await api.add_user()
    login = {"username": "maria", "password": PASSWORD}
    token = (await api.stranger.post("/api/v1/auth/login", json=login)).json()["access_token"]
    await api.admin.patch(f"/api/v1/users/{user.id}", json={"password": "another long password"})
    async with api.bearing(token) as maria:
        assert (await maria.get("/api/v1/auth/me")).status_code == 401


async def test_the_first_start_makes_one_admin_however_many_start(api: Api) -> None:
    service = api.services.users
    made = await asyncio.gather(*(service.ensure_admin(PASSWORD) for _ in range(4)))
    assert len([user for user in made if user]) == 1
    assert await service.ensure_admin(PASSWORD) is None
    assert (await api.stranger.post("/api/v1/auth/login", json={"username": "admin", "password": PASSWORD})).is_success


async def test_a_first_admin_takes_another_name_when_admin_is_somebody_else(api: Api) -> None:
    await api.add_user("admin", Role.VIEWER)
    user = await api.services.users.ensure_admin(PASSWORD)
    assert user is not None
    assert user.username == "admin2"


async def test_every_change_is_in_the_audit_log_without_any_password(api: Api) -> None:
    user = (await api.admin.post("/api/v1/users", json={"username": "maria", "password": PASSWORD})).json()
    await api.admin.patch(f"/api/v1/users/{user['id']}", json={"role": "operator", "password": "another long one"})
    token = (await api.admin.post("/api/v1/tokens", json={"name": "erp"})).json()
    await api.admin.delete(f"/api/v1/tokens/{token['id']}")
    rows = await api.rows("SELECT * FROM audit_log ORDER BY id")
    assert [(row["action"], row["target"]) for row in rows] == [
        ("user.add", "maria"),
        ("user.change", "maria"),
        ("token.create", str(token["id"])),
        ("token.revoke", str(token["id"])),
    ]
    assert {(row["caller"], row["username"], row["address"]) for row in rows} == {
        ("token", "token:a admin", "127.0.0.1")
    }
    assert PASSWORD not in str(rows)
    assert "another long one" not in str(rows)
    assert token["token"] not in str(rows)


async def test_the_audit_log_is_read_page_by_page_newest_first(api: Api) -> None:
    for number in range(5):
        await api.admin.post("/api/v1/tokens", json={"name": f"token {number}"})
    await api.admin.post("/api/v1/users", json={"username": "maria", "password": PASSWORD})
    names, cursor = [], None
    while True:
        query = {"limit": 2, "action": "token.create"} | ({"cursor": cursor} if cursor else {})
        page = (await api.admin.get("/api/v1/audit", params=query)).json()
        assert len(page["entries"]) <= 2
        names += [entry["detail"]["name"] for entry in page["entries"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert names == [f"token {number}" for number in (4, 3, 2, 1, 0)]
    newest = (await api.admin.get("/api/v1/audit", params={"limit": 1})).json()["entries"][0]
    assert (newest["action"], newest["target"], newest["address"]) == ("user.add", "maria", "127.0.0.1")
    assert (await api.admin.get("/api/v1/audit", params={"cursor": "x"})).json()["errors"][0]["code"] == "bad_cursor"


async def test_the_audit_log_is_filtered_by_user_and_time(api: Api, clock: ForwardClock) -> None:
    await api.admin.post("/api/v1/users", json={"username": "maria", "password": PASSWORD, "role": "admin"})
    clock.forward(minutes=1)
    maria = (await api.admin.post("/api/v1/auth/login", json={"username": "maria", "password": PASSWORD})).json()
    headers = {"Authorization": f"Bearer {maria['access_token']}"}
    await api.stranger.post("/api/v1/tokens", json={"name": "hers"}, headers=headers)

    async def actions(**query: str) -> list[str]:
        answer = await api.admin.get("/api/v1/audit", params=query)
        assert answer.status_code == 200, answer.text
        return [entry["action"] for entry in answer.json()["entries"]]

    assert await actions(username="maria") == ["token.create", "auth.login"]
    assert await actions(username="mari") == []
    at = (await api.admin.get("/api/v1/audit", params={"action": "auth.login"})).json()["entries"][0]["at"]
    assert await actions(since=at) == ["token.create", "auth.login"]
    assert await actions(until=at) == ["user.add"]
    assert await actions(since="2026-01-31T12:00:00") == await actions(since="2026-01-31T12:00:00Z")

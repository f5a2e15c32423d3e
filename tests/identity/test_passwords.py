"""New passwords: long, not common, not like the name. What was set under older rules still logs in."""

from __future__ import annotations

import time

import pytest

from emagsync.identity.errors import CommonPassword, PasswordLikeName, WeakPassword
from emagsync.identity.passwords import check_new_password
from emagsync.identity.secrets import PasswordHasher
from support.api import CHEAP_HASH, PASSWORD, Api

NAME = "ion.popescu"
LOGIN = "/api/v1/auth/login"


@pytest.mark.parametrize(
    ("password", "error"),
    [
        pytest.param("eleven char", WeakPassword, id="eleven characters"),
        pytest.param("correct horse battery " * 6, WeakPassword, id="more than 128"),
        pytest.param("password1234", CommonPassword, id="a leaked one"),
        pytest.param("P@ssw0rd2026", CommonPassword, id="a leaked one in disguise"),
        pytest.param("parola123456", CommonPassword, id="a Romanian one"),
        pytest.param("123456789012", CommonPassword, id="digits in order"),
        pytest.param("qwertyuiop12", CommonPassword, id="a row of keys"),
        pytest.param("aaaaaaaaaaaaaaaa", CommonPassword, id="one letter"),
        pytest.param("abcabcabcabcabc", CommonPassword, id="a repetition"),
        pytest.param("administrator", CommonPassword, id="one word"),
        pytest.param("emagsync2026", CommonPassword, id="this program's name"),
        pytest.param("ion.popescu1", PasswordLikeName, id="the name and a digit"),
        pytest.param("IonPopescu2026", PasswordLikeName, id="the name without its dot, and a year"),
        pytest.param("ucsepop.noi!", PasswordLikeName, id="the name backwards"),
        pytest.param("popescuPOPESCU", PasswordLikeName, id="a part of the name, twice"),
    ],
)
def test_a_weak_password_is_refused_for_what_is_weak_about_it(password: str, error: type[WeakPassword]) -> None:
    with pytest.raises(WeakPassword) as refused:
        check_new_password(password, NAME)
    assert type(refused.value) is error


@pytest.mark.parametrize(
    "password",
    [
        pytest.param(PASSWORD, id="words"),
        pytest.param("trei mere pe raft", id="Romanian words"),
        pytest.param("ț" * 3 + "wq9 Zu-1kf!", id="letters of any language"),
        pytest.param("k3v9-Lw2x-Pq8z", id="random characters"),
        pytest.param("three pears on a shelf " * 5 + "and more", id="a long passphrase"),
        pytest.param("ion grows 12 blue pears", id="a name within a passphrase"),
    ],
)
def test_a_passphrase_needs_no_digits_and_no_signs(password: str) -> None:
    check_new_password(password, NAME)


@pytest.mark.parametrize("password", ["a" * 128, "aB1" * 42, "🔑" * 128, "qwerty" * 21, "\x00" * 128])
def test_judging_a_password_takes_no_time(password: str) -> None:
    begin = time.process_time()
    for _ in range(3):
        try:
            check_new_password(password, "x" * 64)
        except WeakPassword:
            continue
    assert time.process_time() - begin < 3


async def test_the_routes_refuse_a_weak_password_with_its_code(api: Api) -> None:
    body = {"username": "maria.ionescu", "password": "password1234"}
    answer = await api.admin.post("/api/v1/users", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "common_password")
    user = await api.add_user("maria.ionescu")
    answer = await api.admin.patch(f"/api/v1/users/{user.id}", json={"password": "maria.ionescu!"})
    assert (answer.status_code, answer.json()["code"]) == (422, "password_like_name")
    access = (await api.stranger.post(LOGIN, json=body | {"password": PASSWORD})).json()["access_token"]
    async with api.bearing(access) as maria:
        change = {"old_password": PASSWORD, "new_password": "MariaIonescu1"}
        answer = await maria.post("/api/v1/auth/password", json=change)
        assert (answer.status_code, answer.json()["code"]) == (422, "password_like_name")


@pytest.mark.parametrize("old", [pytest.param("ten chars!", id="short"), pytest.param("x" * 256, id="long")])
async def test_a_password_of_older_rules_still_logs_in(api: Api, old: str) -> None:
    await api.add_user()
    stored = await PasswordHasher(CHEAP_HASH).hash(old)
    async with api.state.database.transaction() as connection:
        await connection.exec_driver_sql("UPDATE users SET password_hash = ?", (stored,))
    answer = await api.stranger.post(LOGIN, json={"username": "maria", "password": old})
    assert answer.status_code == 200

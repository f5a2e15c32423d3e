"""A second factor: set up with an app, asked for at every login, replaced by recovery codes, taken off again."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import httpx2
import pyotp
import pytest

from emagsync.core.settings import Settings
from emagsync.identity.second_factor import SecondFactors
from emagsync.identity.totp import matching_step, plain
from emagsync.rest.principals import Role
from emagsync.vault.vault import Vault
from support.api import PASSWORD, Api, open_api
from support.clocks import ForwardClock

SESSION = "/api/v1/auth/session"
LOGIN = "/api/v1/auth/login"
FACTOR = "/api/v1/auth/second-factor"


@dataclass
class Phone:
    """An authenticator app: knows the secret and the time."""

    secret: str
    clock: ForwardClock

    def code(self, seconds: int = 0) -> str:
        return pyotp.TOTP(self.secret).at(self.clock.now(), counter_offset=seconds // 30)


async def log_in(client: httpx2.AsyncClient, code: str | None = None, password: str = PASSWORD) -> httpx2.Response:
    body = {"username": "maria", "password": password} | ({} if code is None else {"code": code})
    return await client.post(SESSION, json=body)


@asynccontextmanager
async def with_factor(api: Api, clock: ForwardClock) -> AsyncIterator[tuple[httpx2.AsyncClient, Phone, list[str]]]:
    """Maria's browser after she has set a second factor up, her phone and her recovery codes."""
    async with api.browser() as maria:
        await log_in(maria)
        begun = (await maria.post(FACTOR, json={"password": PASSWORD})).json()
        phone = Phone(begun["secret"], clock)
        confirmed = await maria.post(f"{FACTOR}/confirm", json={"code": phone.code()})
        assert confirmed.status_code == 200, confirmed.text
        clock.forward(seconds=60)
        yield maria, phone, confirmed.json()["recovery_codes"]


def told(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.mark.databases("both")
async def test_once_set_up_a_code_is_asked_for(api: Api, clock: ForwardClock) -> None:
    await api.add_user()
    async with with_factor(api, clock) as (_, phone, _), api.browser() as other:
        assert told(await log_in(other)) == (401, "second_factor_needed")
        assert told(await log_in(other, "000000")) == (403, "wrong_code")
        assert told(await log_in(other, phone.code(), "a wrong guess")) == (401, "invalid_credentials")
        code = phone.code()
        assert (await log_in(other, f" {code[:3]} {code[3:]} ")).status_code == 200
        token = await api.stranger.post(LOGIN, json={"username": "maria", "password": PASSWORD, "code": phone.code(30)})
        assert token.status_code == 200


async def test_nothing_changes_before_a_code_confirms_it(api: Api, clock: ForwardClock) -> None:
    await api.add_user()
    async with api.browser() as maria, api.browser() as other:
        await log_in(maria)
        assert told(await maria.post(f"{FACTOR}/confirm", json={"code": "123456"})) == (409, "second_factor_is_off")
        first = (await maria.post(FACTOR, json={"password": PASSWORD})).json()
        assert (await log_in(other)).status_code == 200
        second = (await maria.post(FACTOR, json={"password": PASSWORD})).json()
        assert (await maria.get(FACTOR)).json()["enabled"] is False
        stale = await maria.post(f"{FACTOR}/confirm", json={"code": Phone(first["secret"], clock).code()})
        assert told(stale) == (403, "wrong_code")
        code = Phone(second["secret"], clock).code()
        assert len((await maria.post(f"{FACTOR}/confirm", json={"code": code})).json()["recovery_codes"]) == 10
        # Sessions that began without a code have ended.
        assert (await other.get("/api/v1/auth/me")).status_code == 401
        assert told(await maria.post(FACTOR, json={"password": PASSWORD})) == (409, "second_factor_is_on")


async def test_setting_up_needs_the_password(api: Api) -> None:
    await api.add_user()
    async with api.browser() as maria:
        await log_in(maria)
        assert told(await maria.post(FACTOR, json={"password": "a wrong guess"})) == (403, "wrong_password")
    assert told(await api.viewer.post(FACTOR, json={"password": PASSWORD})) == (403, "not_a_user")


async def test_the_app_reads_the_secret_from_a_picture_that_is_made_here(api: Api) -> None:
    await api.add_user()
    async with api.browser() as maria:
        await log_in(maria)
        begun = (await maria.post(FACTOR, json={"password": PASSWORD})).json()
    parts = urlsplit(begun["address"])
    assert (parts.scheme, parts.netloc, unquote(parts.path)) == ("otpauth", "totp", "/emagsync:maria")
    assert parse_qs(parts.query) == {"secret": [begun["secret"]], "issuer": ["emagsync"]}
    head, _, picture = begun["picture"].partition(",")
    assert head.startswith("data:image/svg+xml")
    assert ElementTree.fromstring(unquote(picture)).tag.endswith("svg")


@pytest.mark.databases("both")
async def test_a_code_is_good_once(api: Api, clock: ForwardClock) -> None:
    await api.add_user()
    async with with_factor(api, clock) as (_, phone, _), api.browser() as other:
        code = phone.code()
        assert (await log_in(other, code)).status_code == 200
        assert told(await log_in(other, code)) == (403, "wrong_code")
        assert told(await log_in(other, phone.code(-30))) == (403, "wrong_code")
        assert (await log_in(other, phone.code(30))).status_code == 200


@pytest.mark.parametrize(("seconds", "good"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_code_may_be_half_a_minute_early_or_late(clock: ForwardClock, seconds: int, good: bool) -> None:
    phone = Phone(pyotp.random_base32(), clock)
    assert (matching_step(phone.secret, phone.code(seconds), clock.now()) is not None) is good


def test_codes_are_those_of_the_standard() -> None:
    """RFC 6238, appendix B, in the six digits that apps show."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    for seconds, code in ((59, "287082"), (1111111109, "081804"), (2000000000, "279037")):
        assert pyotp.TOTP(secret).at(seconds) == code


@pytest.mark.parametrize("typed", ["123456", "123 456", " 123-456\n", "１２３４５６", "123\u00a0456"])
def test_a_code_is_read_however_it_is_typed(typed: str) -> None:
    assert plain(typed) == "123456"


async def test_after_the_clock_was_put_back_codes_are_good_at_once(api: Api, clock: ForwardClock) -> None:
    await api.add_user()
    async with with_factor(api, clock) as (_, phone, _), api.browser() as other:
        assert (await log_in(other, phone.code())).status_code == 200
        clock.forward(days=-2)
        assert (await log_in(other, phone.code())).status_code == 200


@pytest.mark.databases("both")
async def test_a_recovery_code_serves_once_in_place_of_the_apps(api: Api, clock: ForwardClock) -> None:
    await api.add_user()
    async with with_factor(api, clock) as (maria, phone, codes), api.browser() as other:
        assert (await log_in(other, codes[0].upper().replace("-", " "))).status_code == 200
        assert told(await log_in(other, codes[0])) == (403, "wrong_code")
        assert (await maria.get(FACTOR)).json()["recovery_codes_left"] == 9
        proof = {"password": PASSWORD, "code": phone.code()}
        fresh = (await maria.post(f"{FACTOR}/recovery-codes", json=proof)).json()["recovery_codes"]
        assert told(await log_in(other, codes[1])) == (403, "wrong_code")
        assert (await log_in(other, fresh[1])).status_code == 200


async def test_taking_it_off_needs_password_and_code(api: Api, clock: ForwardClock) -> None:
    await api.add_user()
    async with with_factor(api, clock) as (maria, phone, codes), api.browser() as other:
        off = f"{FACTOR}/off"
        assert told(await maria.post(off, json={"password": PASSWORD, "code": "000000"})) == (403, "wrong_code")
        wrong = {"password": "a wrong guess", "code": phone.code()}
        assert told(await maria.post(off, json=wrong)) == (403, "wrong_password")
        assert (await maria.post(off, json={"password": PASSWORD, "code": codes[3]})).status_code == 204
        assert (await log_in(other)).status_code == 200


async def test_who_has_the_password_cannot_guess_the_code(api: Api, clock: ForwardClock) -> None:
    await api.add_user()
    async with with_factor(api, clock) as (_, phone, _), api.browser() as thief:
        for _ in range(5):
            assert told(await log_in(thief)) == (401, "second_factor_needed")
            assert told(await log_in(thief, "000000")) == (403, "wrong_code")
        assert told(await log_in(thief)) == (429, "login_slowed_down")
        assert told(await log_in(thief, phone.code())) == (429, "login_slowed_down")


async def test_an_admin_takes_it_off_for_who_lost_the_phone(api: Api, clock: ForwardClock) -> None:
    user = await api.add_user()
    async with with_factor(api, clock), api.browser() as other:
        assert [one["second_factor"] for one in (await api.admin.get("/api/v1/users")).json()["users"]] == [True]
        path = f"/api/v1/users/{user.id}/second-factor"
        assert (await api.operator.delete(path)).status_code == 403
        assert (await api.admin.delete(path)).status_code == 204
        assert told(await api.admin.delete(path)) == (409, "second_factor_is_off")
        assert (await log_in(other)).status_code == 200


async def test_under_another_key_a_recovery_code_still_lets_in(tmp_path: Path, clock: ForwardClock) -> None:
    async with open_api(tmp_path, clock=clock, secret_key="before-" * 6) as api:
        await api.add_user()
        async with with_factor(api, clock) as (_, phone, codes):
            pass
    async with open_api(tmp_path, clock=clock, secret_key="after-" * 6) as api, api.browser() as maria:
        assert told(await log_in(maria, phone.code())) == (409, "second_factor_unreadable")
        assert (await log_in(maria, codes[0])).status_code == 200
    keys = {"secret_key": "after-" * 6, "old_secret_keys": ("before-" * 6,)}
    async with open_api(tmp_path, clock=clock, **keys) as api, api.browser() as maria:
        assert (await log_in(maria, phone.code())).status_code == 200


async def test_admins_only_read_until_they_have_one_where_the_setting_says_so(
    tmp_path: Path, clock: ForwardClock
) -> None:
    rule = {"admins_need_second_factor": True}
    async with open_api(tmp_path, clock=clock, server=rule) as api:
        await api.add_user(role=Role.ADMIN)
        await api.add_user("ion", Role.OPERATOR)
        async with api.browser() as maria:
            me = (await log_in(maria)).json()
            assert (me["role"], me["held_back"]) == ("viewer", True)
            assert told(await maria.get("/api/v1/users")) == (403, "second_factor_required")
            assert told(await maria.post("/api/v1/tokens", json={"name": "x"})) == (403, "second_factor_required")
            assert (await maria.get("/api/v1/emag/accounts")).status_code == 200
            begun = (await maria.post(FACTOR, json={"password": PASSWORD})).json()
            code = Phone(begun["secret"], clock).code()
            await maria.post(f"{FACTOR}/confirm", json={"code": code})
            assert (await maria.get("/api/v1/auth/me")).json()["role"] == "admin"
            assert (await maria.get("/api/v1/users")).status_code == 200
        async with api.browser() as ion:
            answer = await ion.post(SESSION, json={"username": "ion", "password": PASSWORD})
            assert (answer.json()["role"], answer.json()["held_back"]) == ("operator", False)


async def test_neither_secret_nor_codes_are_stored_or_noted(api: Api, clock: ForwardClock, tmp_path: Path) -> None:
    await api.add_user()
    async with with_factor(api, clock) as (_, phone, codes), api.browser() as other:
        await log_in(other, codes[0])
        await log_in(other, codes[0])
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"maria" in stored
    for secret in (phone.secret, *codes, *(plain(code) for code in codes)):
        assert secret.encode() not in stored
    actions = [row["action"] for row in await api.rows("SELECT action FROM audit_log ORDER BY id")]
    begun = ["auth.session", "auth.second_factor_begun", "auth.second_factor_on"]
    assert actions == [*begun, "auth.session", "auth.refused"]


async def test_no_secret_is_in_a_repr(api: Api, clock: ForwardClock, settings: Settings) -> None:
    user = await api.add_user()
    begun = await SecondFactors(api.state.database, clock, Vault(settings)).begin(user.id, "maria")
    assert begun.secret not in repr(begun)

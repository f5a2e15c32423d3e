"""Accounts that people add over REST: there at once, in the database, sealed, and with words for each refusal."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from pathlib import Path
from typing import Any

import httpx2
import pytest

from emagsync.accounts.erasure import Erasures
from emagsync.db.metadata import metadata
from support.api import Api, open_api
from support.local import accounts_at
from support.market import PASSWORD, Market, open_market
from support.patience import PATIENCE_SECONDS
from support.runs import PRODUCTS, open_desk

ACCOUNTS = "/api/v1/emag/accounts"
TEST = f"{PRODUCTS}/test-connection"
SECRET = "Parola-eMAG-ț-5521"
QUIET: dict[str, Any] = {"schedule": {"enabled": False}, "accounts": {"other_addresses": True}}

pytestmark = pytest.mark.databases("both", often="sqlite")


def body(market: Market | None = None, **changes: Any) -> dict[str, Any]:
    address = {} if market is None else {"base_url": market.url}
    return {"account_type": "main", "username": "main", "password": PASSWORD} | address | changes


async def the_account(api: Api, name: str = "main") -> dict[str, Any]:
    listed = (await api.admin.get(ACCOUNTS)).json()["accounts"]
    return next(one for one in listed if one["account_type"] == name)


def codes(answer: httpx2.Response) -> list[tuple[str, str]]:
    return [(error["field"], error["code"]) for error in answer.json()["errors"]]


async def test_an_added_account_is_copied_at_once_and_after_a_restart(tmp_path: Path) -> None:
    async with open_market({"main": 30}) as market:
        async with open_api(tmp_path, **QUIET) as api:
            assert (await api.viewer.get(ACCOUNTS)).json()["accounts"] == []
            answer = await api.admin.post(ACCOUNTS, json=body(market, account_type="MAIN"))
            assert (answer.status_code, answer.json()) == (201, {"account": "main", "account_type": "main"})
            tested = await api.operator.post(TEST)
            assert tested.json()["data"]["total_products"] == 30
            account = await the_account(api)
            assert (account["source"], account["enabled"], account["username"]) == ("database", True, "main")
            assert account["contact"]["state"] == "works"
            assert (await api.viewer.get(ACCOUNTS)).json()["accounts"][0]["username"] is None
        async with open_api(tmp_path, **QUIET) as api:
            run = await api.operator.post(f"{PRODUCTS}/sync", json={"account_type": "all", "mode": "full"})
            assert run.json()["status"] == "completed"
            assert (await the_account(api))["contact"]["state"] == "works"


async def test_each_process_knows_within_moments_what_another_changed(tmp_path: Path) -> None:
    async with (
        open_market({"main": 3}) as market,
        open_api(tmp_path, **QUIET) as one,
        open_api(tmp_path, **QUIET) as other,
    ):
        await one.admin.post(ACCOUNTS, json=body(market, password="wrong"))
        await other.services.emag.live.refresh()
        assert (await other.operator.post(TEST)).json()["culprit"] == "credentials"
        await one.admin.patch(f"{ACCOUNTS}/main", json={"password": PASSWORD})
        await other.services.emag.live.refresh()
        assert (await other.operator.post(TEST)).status_code == 200
        await one.admin.delete(f"{ACCOUNTS}/main")
        await other.services.emag.live.refresh()
        assert (await other.operator.post(TEST)).json()["code"] == "no_such_account"


@pytest.mark.often(first=3)
@pytest.mark.parametrize(
    ("changes", "found"),
    [
        pytest.param({"account_type": "all"}, [("account", "name_reserved")], id="a name for several"),
        pytest.param({"username": "me:secret"}, [("username", "username_colon")], id="the password in the name"),
        pytest.param({"username": "  "}, [("username", "username_empty")], id="no user name"),
        pytest.param({"base_url": "ftp://x/api-3"}, [("base_url", "address_unusable")], id="no address of HTTP"),
        pytest.param({"base_url": "https://u:p@h/api-3"}, [("base_url", "address_unusable")], id="with a password"),
        pytest.param({"base_url": "http://shop.ro/api-3"}, [("base_url", "address_unusable")], id="in clear text"),
        pytest.param({"base_url": "http://169.254.169.254/"}, [("base_url", "address_not_emags")], id="metadata"),
        pytest.param({"base_url": "http://127.0.0.1:5432/"}, [("base_url", "address_not_emags")], id="this machine"),
        pytest.param({"base_url": "https://evil.example/"}, [("base_url", "address_not_emags")], id="anybody's"),
    ],
)
async def test_an_odd_value_is_refused_with_its_field(
    tmp_path: Path, changes: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    async with open_api(tmp_path, schedule={"enabled": False}) as api:
        answer = await api.admin.post(ACCOUNTS, json=body(**changes))
        assert (answer.status_code, codes(answer)) == (422, found)
        assert (await api.viewer.get(ACCOUNTS)).json()["accounts"] == []
        if "base_url" in changes:
            emags = await api.admin.post(ACCOUNTS, json=body(base_url="https://marketplace-api.emag.bg/api-3/"))
            assert emags.status_code == 201
            assert codes(await api.admin.patch(f"{ACCOUNTS}/main", json=changes)) == found


async def test_another_server_gets_the_password_only_from_who_knows_it(tmp_path: Path) -> None:
    async with open_api(tmp_path, **QUIET) as api:
        await api.admin.post(ACCOUNTS, json=body())
        for change in ({"base_url": "https://evil.example/api-3"}, {"platform": "emag-bg"}):
            answer = await api.admin.patch(f"{ACCOUNTS}/main", json=change)
            assert (answer.status_code, codes(answer)) == (422, [("password", "password_needed")])
            assert (await the_account(api))["base_url"] == "https://marketplace-api.emag.ro/api-3"
        known = await api.admin.patch(f"{ACCOUNTS}/main", json={"platform": "emag-bg", "password": PASSWORD})
        assert known.status_code == 204
        assert (await the_account(api))["currency"] == "EUR"


async def test_an_account_of_the_environment_is_marked_and_changed_only_there(tmp_path: Path) -> None:
    async with open_market({"main": 3}) as market, open_api(tmp_path, accounts_at(market.url, "main"), **QUIET) as api:
        assert (await the_account(api))["source"] == "environment"
        for answer in (
            await api.admin.patch(f"{ACCOUNTS}/main", json={"enabled": False}),
            await api.admin.delete(f"{ACCOUNTS}/main"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (409, "account_of_environment")
        assert (await api.admin.post(ACCOUNTS, json=body())).json()["code"] == "account_exists"
        assert (await api.admin.delete(f"{ACCOUNTS}/fbe")).json()["code"] == "account_not_found"


async def test_the_environment_wins_over_a_stored_account_of_the_same_name(tmp_path: Path) -> None:
    async with open_market({"main": 3}) as market:
        async with open_api(tmp_path, **QUIET) as api:
            await api.admin.post(ACCOUNTS, json=body(market, password="wrong"))
        async with open_api(tmp_path, accounts_at(market.url, "main"), **QUIET) as api:
            assert (await the_account(api))["source"] == "environment"
            assert (await api.operator.post(TEST)).status_code == 200


async def test_only_an_admin_may_add_change_and_remove_and_each_is_audited_without_the_password(
    tmp_path: Path,
) -> None:
    async with open_api(tmp_path, **QUIET) as api:
        for call in (
            api.operator.post(ACCOUNTS, json=body()),
            api.operator.patch(f"{ACCOUNTS}/main", json={"enabled": False}),
            api.operator.delete(f"{ACCOUNTS}/main"),
        ):
            assert (await call).status_code == 403
        await api.admin.post(ACCOUNTS, json=body(password=SECRET))
        await api.admin.patch(f"{ACCOUNTS}/main", json={"password": f"{SECRET}-2", "username": "else"})
        await api.admin.delete(f"{ACCOUNTS}/main")
        entries = await api.rows(
            "SELECT action, target, detail FROM audit_log WHERE action LIKE 'account.%' ORDER BY id"
        )
        assert [(entry["action"], entry["target"]) for entry in entries] == [
            ("account.add", "main"),
            ("account.change", "main"),
            ("account.remove", "main"),
        ]
        assert SECRET not in str(entries)
        assert "else" in str(entries[1]["detail"])


async def test_an_account_that_is_switched_off_stops_at_once_and_keeps_its_offers(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"fbe": 1}, **QUIET) as desk, open_market({"main": 300}) as market:
        api = desk.api
        await api.admin.post(ACCOUNTS, json=body(market))
        await desk.sync(account_type="main")
        market.fault(kind="slow", delay_ms=30_000, route="product_offer/read")
        run = await desk.begin(account_type="main")
        assert (await api.admin.patch(f"{ACCOUNTS}/main", json={"enabled": False})).status_code == 204
        assert (await desk.ended(run["id"]))["status"] == "cancelled"
        account = await the_account(api)
        assert (account["enabled"], account["problem"], account["platform"]) == (False, None, "emag-ro")
        refused = await desk.post(account_type="main")
        assert (refused.status_code, "switched off" in refused.json()["detail"]) == (400, True)
        everything = (await desk.post(account_type="all", mode="full")).json()["data"]
        assert [one["account_type"] for one in everything["runs"]] == ["fbe"]
        assert everything["not_started"] == []
        assert (await api.rows("SELECT count(*) AS n FROM offers WHERE account = 'main'"))[0]["n"] == 300
        names = [job.job.name for job in await api.services.scheduler.all()]
        assert not [name for name in names if name.endswith(":main")]
        market.mend()
        await api.admin.patch(f"{ACCOUNTS}/main", json={"enabled": True})
        assert (await desk.sync(account_type="main"))["status"] == "completed"


@pytest.mark.parametrize(("offers", "left"), [("keep", 20), ("delete", 0)])
async def test_removing_an_account_keeps_its_offers_unless_they_are_to_go(
    tmp_path: Path, offers: str, left: int
) -> None:
    async with open_desk(tmp_path, {"fbe": 10}, **QUIET) as desk, open_market({"main": 20}) as market:
        api = desk.api
        await api.admin.post(ACCOUNTS, json=body(market))
        for name in ("main", "fbe"):
            await desk.sync(account_type=name)
        answer = await api.admin.delete(f"{ACCOUNTS}/main", params={"offers": offers})
        assert answer.status_code == 204
        await erased(api)
        counts = {
            row["account"]: row["n"]
            for row in await api.rows("SELECT account, count(*) AS n FROM offers GROUP BY account")
        }
        assert counts == {"fbe": 10} | ({"main": left} if left else {})
        runs = await api.rows("SELECT DISTINCT account FROM sync_runs")
        assert {run["account"] for run in runs} == ({"main", "fbe"} if left else {"fbe"})
        assert await api.rows("SELECT * FROM accounts") == []
        assert [one["account_type"] for one in (await api.viewer.get(ACCOUNTS)).json()["accounts"]] == ["fbe"]


async def erased(api: Api) -> None:
    """Nothing of a removed account is left to delete."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await api.rows("SELECT name FROM account_erasures"):
            await asyncio.sleep(0.01)


async def test_what_is_left_of_a_removed_account_is_deleted_by_the_next_server_and_not_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A quarter of a million offers take seconds: the answer does not wait for that, and a server may end meanwhile."""

    async def never(_: object) -> None:
        await asyncio.Event().wait()

    with monkeypatch.context() as patch:
        patch.setattr(Erasures, "finish", never)
        async with open_desk(tmp_path, {"fbe": 1}, **QUIET) as desk, open_market({"main": 20}) as market:
            await desk.api.admin.post(ACCOUNTS, json=body(market))
            await desk.sync(account_type="main")
            async with asyncio.timeout(PATIENCE_SECONDS):
                answer = await desk.api.admin.delete(f"{ACCOUNTS}/main", params={"offers": "delete"})
            assert answer.status_code == 204
            again = await desk.api.admin.post(ACCOUNTS, json=body(market))
            assert (again.status_code, again.json()["code"]) == (409, "account_being_erased")
            assert len(await desk.api.rows("SELECT id FROM offers WHERE account = 'main'")) == 20
    async with open_api(tmp_path, **QUIET) as api:
        await erased(api)
        assert await api.rows("SELECT id FROM offers WHERE account = 'main'") == []


@pytest.mark.parametrize(
    ("fault", "code", "state", "ip"),
    [
        pytest.param({"kind": "not_allowed"}, "credentials_refused", "refused", None, id="wrong password"),
        pytest.param({"kind": "invalid_ip"}, "ip_not_allowed", "refused", "127.0.0.1", id="address not allowed"),
        pytest.param({"kind": "status", "status": 503}, "server_failure", "failing", None, id="eMAG is down"),
        pytest.param({"kind": "reset"}, "read_failed", "failing", None, id="the network"),
    ],
)
async def test_how_emag_answered_last_is_shown_with_the_address_that_it_saw(
    tmp_path: Path, fault: dict[str, Any], code: str, state: str, ip: str | None
) -> None:
    async with open_desk(tmp_path, {"main": 3}) as desk:
        assert (await the_account(desk.api))["contact"]["state"] == "untested"
        await desk.api.operator.post(TEST)
        worked = (await the_account(desk.api))["contact"]
        assert (worked["state"], worked["failed_at"]) == ("works", None)
        desk.market.fault(**fault)
        answer = (await desk.api.operator.post(TEST)).json()
        contact = (await the_account(desk.api))["contact"]
        assert (contact["state"], contact["code"], contact["ip"]) == (state, code, ip)
        assert (answer["code"], answer["ip"]) == (code, ip)
        assert contact["let_in_at"] == worked["let_in_at"]
        desk.market.mend()
        await desk.api.operator.post(TEST)
        assert (await the_account(desk.api))["contact"]["state"] == "works"


async def test_a_run_that_fails_says_how_emag_answers_too(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 3}) as desk:
        desk.market.fault(kind="invalid_ip")
        await desk.post(account_type="main", mode="full")
        await desk.api.services.emag.live.try_to_write(everything=True)
        contact = (await the_account(desk.api))["contact"]
        assert (contact["state"], contact["ip"]) == ("refused", "127.0.0.1")


async def test_a_password_of_another_key_is_a_problem_that_entering_it_again_mends(tmp_path: Path) -> None:
    keys = ("first-key-of-this-server-0123456789", "other-key-of-this-server-0123456789")
    async with open_market({"main": 3}) as market:
        async with open_api(tmp_path, secret_key=keys[0], **QUIET) as api:
            await api.admin.post(ACCOUNTS, json=body(market))
        async with open_api(tmp_path, secret_key=keys[1], **QUIET) as api:
            problem = (await the_account(api))["problem"]
            assert "EMAGSYNC_OLD_SECRET_KEYS" in problem
            assert (await api.admin.patch(f"{ACCOUNTS}/main", json={"password": PASSWORD})).status_code == 204
            assert (await api.operator.post(TEST)).status_code == 200
        async with open_api(tmp_path, secret_key=keys[0], old_secret_keys=[keys[1]], **QUIET) as api:
            assert (await api.operator.post(TEST)).status_code == 200


async def test_the_password_is_in_no_row_of_the_database(tmp_path: Path) -> None:
    async with open_api(tmp_path, **QUIET) as api:
        await api.admin.post(ACCOUNTS, json=body(username="seller", password=SECRET))
        basic = b64encode(f"seller:{SECRET}".encode()).decode()
        tables = [table.name for table in metadata.sorted_tables]
        assert "accounts" in tables
        for table in tables:
            text = str(await api.rows(f'SELECT * FROM "{table}"'))
            assert SECRET not in text, table
            assert basic not in text, table

"""Accounts over REST: what is configured, connection tests, request budgets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from emagsync.accounts.settings import read_accounts
from support.api import open_api
from support.market import PASSWORD
from support.runs import PRODUCTS, open_desk

pytestmark = pytest.mark.databases("both", often="sqlite")

TEST = f"{PRODUCTS}/test-connection"


async def test_a_connection_that_works_is_told_with_its_offers(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 17}) as desk:
        body = (await desk.api.operator.post(TEST)).json()
        latency = body["data"].pop("latency_ms")
        assert body["status"] == "success"
        assert body["data"] == {
            "account": "main",
            "account_type": "main",
            "base_url": desk.market.url,
            "total_products": 17,
            "proxy": None,
        }
        assert latency >= 0
        (entry,) = await desk.api.rows("SELECT target FROM audit_log WHERE action = 'account.test'")
        assert entry["target"] == "main"


@pytest.mark.parametrize(
    ("fault", "status", "culprit"),
    [
        pytest.param({"kind": "not_allowed"}, 424, "credentials", id="wrong password"),
        pytest.param({"kind": "invalid_ip"}, 424, "ip", id="address not on the list"),
        pytest.param({"kind": "status", "status": 403, "body": "{}"}, 424, "api_right", id="no right"),
        pytest.param(
            {"kind": "not_allowed", "route": "product_offer/count"},
            424,
            "api_right",
            id="let in, but not to its offers",
        ),
        pytest.param({"kind": "reset"}, 502, "network", id="network"),
        pytest.param({"kind": "status", "status": 503}, 502, "marketplace", id="eMAG is down"),
        pytest.param({"kind": "html"}, 502, "marketplace", id="eMAG answers nonsense"),
    ],
)
async def test_a_refusal_says_who_is_to_blame(tmp_path: Path, fault: dict[str, Any], status: int, culprit: str) -> None:
    async with open_desk(tmp_path, {"main": 17}) as desk:
        desk.market.fault(**fault)
        answer = await desk.api.operator.post(TEST, params={"account_type": "main"})
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
        assert answer.json()["culprit"] == culprit
        assert PASSWORD not in answer.text


async def test_an_account_without_credentials_is_named_with_its_variables(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 1}) as desk:
        answer = await desk.api.operator.post(TEST, params={"account_type": "fbe"})
        assert answer.status_code == 400
        assert "EMAG_FBE_USERNAME" in answer.json()["detail"]
        assert (await desk.api.operator.post(TEST, params={"account_type": "../x"})).status_code == 422


async def test_the_accounts_are_shown_without_their_credentials(tmp_path: Path) -> None:
    variables = {"EMAG_MAIN_USERNAME": "maria@shop.ro", "EMAG_MAIN_PASSWORD": PASSWORD, "EMAG_FBE_USERNAME": "fbe"}
    variables["EMAG_MAIN_PUSH"] = "approve"
    async with open_api(tmp_path, read_accounts(variables), schedule={"enabled": False}) as api:
        answer = await api.viewer.get("/api/v1/emag/accounts")
        main, fbe = answer.json()["accounts"]
        assert (main["account_type"], main["platform"], main["currency"], main["problem"]) == (
            "main",
            "emag-ro",
            "RON",
            None,
        )
        assert "EMAG_FBE_PASSWORD" in fbe["problem"]
        assert (main["push"], fbe["push"]) == ("approve", "off")
        assert "maria" not in answer.text
        assert PASSWORD not in answer.text


async def test_the_use_of_the_request_budget_is_told_by_account(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 5, "fbe": 5}, limit={"enabled": True}) as desk:
        await desk.sync()
        data = (await desk.api.viewer.get("/api/v1/emag/rate-limiter/stats")).json()["data"]
        assert set(data) == {"main", "fbe"}
        general = data["main"]["groups"]["general"]
        assert data["main"]["requests"] == general["requests"] == desk.market.requests()
        assert (data["main"]["rate_limit_hits"], data["fbe"]["requests"]) == (0, 0)
        assert general["last_minute"] == general["requests"]

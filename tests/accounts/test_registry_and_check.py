"""Clients of the configured accounts, and the connection test, against a marketplace over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from emagsync.accounts.connection_test import Culprit, check_connection
from emagsync.accounts.registry import AccountRegistry
from emagsync.accounts.settings import base_url_of, platform_for, read_accounts
from emagsync.core.errors import SettingsError
from emagsync.core.settings import HttpSettings, LimitSettings, RetrySettings, Settings
from emagsync.marketplace import RouteGroup
from emagsync.sandbox.cli import account_from
from emagsync.sandbox.marketplace import Marketplace
from emagsync.sandbox.server import SandboxServer
from support.network import forward_proxy
from support.servers import RedisServer


@pytest.fixture
async def marketplace() -> AsyncIterator[SandboxServer]:
    async with SandboxServer(Marketplace([account_from("seller:secret:7")])) as server:
        yield server


def registry(tmp_path: Path, limited: bool = True, redis_url: str | None = None, **variables: str) -> AccountRegistry:
    settings = Settings(
        redis_url=redis_url,
        data_dir=tmp_path,
        retry=RetrySettings(base_seconds=0.01, max_seconds=0.02),
        limit=LimitSettings(enabled=limited),
    )
    return AccountRegistry(read_accounts(variables), settings)


def variables(base_url: str, *, name: str = "MAIN", user: str = "seller", password: str = "secret") -> dict[str, str]:
    prefix = f"EMAG_{name}"
    return {f"{prefix}_USERNAME": user, f"{prefix}_PASSWORD": password, f"{prefix}_BASE_URL": base_url}


async def test_a_connection_that_works_is_reported_with_its_offers(marketplace: SandboxServer, tmp_path: Path) -> None:
    accounts = registry(tmp_path, **variables(marketplace.api_url))
    async with accounts.client("main") as client:
        report = await check_connection(client)
    await accounts.aclose()
    assert (report.ok, report.total_products, report.base_url) == (True, 7, marketplace.api_url)
    assert report.latency_ms is not None


async def test_wrong_credentials_are_told_from_a_refused_address_and_from_a_dead_network(
    marketplace: SandboxServer, tmp_path: Path
) -> None:
    accounts = registry(
        tmp_path,
        **variables(marketplace.api_url, password="wrong"),
        **variables("http://127.0.0.1:9/api-3", name="DEAD"),  # the port of "discard": nobody listens
    )
    async with accounts.client("main") as client:
        refused = await check_connection(client)
    async with accounts.client("dead") as client:
        dead = await check_connection(client)
    marketplace.marketplace.settings = marketplace.marketplace.settings.updated({"allow_ip": ["10.0.0.1"]})
    async with accounts.client("main") as client:
        elsewhere = await check_connection(client)
    await accounts.aclose()
    assert [report.culprit for report in (refused, dead, elsewhere)] == [
        Culprit.CREDENTIALS,
        Culprit.NETWORK,
        Culprit.IP,
    ]
    assert elsewhere.message is not None
    assert "127.0.0.1" in elsewhere.message
    assert "wrong" not in str(refused)


async def test_two_names_of_one_api_user_share_one_budget(tmp_path: Path) -> None:
    accounts = registry(
        tmp_path,
        **variables("https://marketplace-api.emag.ro/api-3"),
        **variables("https://MARKETPLACE-API.emag.ro:443/api-3/", name="AGAIN"),
        **variables("https://marketplace-api.emag.ro/api-3", name="OTHER", user="else"),
        **variables("https://marketplace-api.emag.bg/api-3", name="BULGARIA"),
    )
    assert accounts.budget("main") is accounts.budget("again")
    assert len({id(accounts.budget(name)) for name in accounts.names}) == 3
    await accounts.aclose()


async def test_the_budget_is_kept_in_the_data_directory_unless_the_limit_is_off(
    marketplace: SandboxServer, tmp_path: Path
) -> None:
    for limited in (False, True):
        accounts = registry(tmp_path, limited, **variables(marketplace.api_url))
        async with accounts.client("main") as client:
            await client.read_vat()
        await accounts.aclose()
        assert (tmp_path / "budget").exists() is limited
    assert not [path for path in (tmp_path / "budget").iterdir() if "seller" in path.name]


async def test_every_call_is_told_to_both_listeners(marketplace: SandboxServer, tmp_path: Path) -> None:
    heard: list[str] = []
    accounts = AccountRegistry(
        read_accounts(variables(marketplace.api_url)),
        Settings(data_dir=tmp_path),
        on_call=lambda record: heard.append(f"registry {record.route}"),
    )
    async with accounts.client("main", on_call=lambda record: heard.append(f"own {record.route}")) as client:
        await client.read_vat()
    await accounts.aclose()
    assert heard == ["registry vat/read", "own vat/read"]


@pytest.mark.parametrize(
    ("given", "platform", "address"),
    [
        pytest.param({}, "emag-ro", "https://marketplace-api.emag.ro/api-3", id="nothing said"),
        pytest.param({"PLATFORM": "emag-hu"}, "emag-hu", "https://marketplace-api.emag.hu/api-3", id="platform"),
        pytest.param(
            {"BASE_URL": "https://marketplace-api.emag.bg/api-3/"},
            "emag-bg",
            "https://marketplace-api.emag.bg/api-3",
            id="address of a platform",
        ),
        pytest.param(
            {"BASE_URL": "http://proxy/api-3", "PLATFORM": "emag-bg"}, "emag-bg", "http://proxy/api-3", id="both"
        ),
    ],
)
def test_platform_and_address_follow_from_what_is_said(given: dict[str, str], platform: str, address: str) -> None:
    account = read_accounts(
        {"EMAG_MAIN_USERNAME": "u", "EMAG_MAIN_PASSWORD": "p"}
        | {f"EMAG_MAIN_{name}": value for name, value in given.items()}
    ).get("main")
    assert platform_for(account).code == platform
    assert base_url_of(account) == address


async def test_two_machines_share_an_account_s_budget_where_there_is_a_redis(tmp_path: Path) -> None:
    with RedisServer() as redis:
        at = variables("http://127.0.0.1:9/api-3")
        first, second = (registry(tmp_path / folder, redis_url=redis.url, **at) for folder in "ab")
        await first.budget("main").pause(RouteGroup.GENERAL, 60.0)
        assert (await second.budget("main").stats()).groups[RouteGroup.GENERAL].paused_for > 30
        assert second.redis is not None
        assert (await second.redis.health()).is_up
        for accounts in (first, second):
            await accounts.aclose()


async def test_without_a_limit_redis_is_not_asked(tmp_path: Path) -> None:
    accounts = registry(tmp_path, False, "redis://127.0.0.1:9/0", **variables("http://127.0.0.1:9/api-3"))
    assert accounts.redis is None
    assert (await accounts.budget("main").stats()).requests == 0
    await accounts.aclose()


async def test_the_report_says_through_which_proxy_and_no_password(
    marketplace: SandboxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with forward_proxy() as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://user:pr0xy-secret@{proxy.address}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        accounts = registry(tmp_path, **variables(marketplace.api_url))
        async with accounts.client("main") as client:
            report = await check_connection(client)
        await accounts.aclose()
        assert report.ok
        assert report.proxy == f"http://{proxy.address} (HTTP_PROXY)"
        assert len(proxy.asked) == 2
        settings = Settings(data_dir=tmp_path, http=HttpSettings(proxy=SecretStr(f"user:pr0xy-secret@{proxy.address}")))
        named = AccountRegistry(read_accounts(variables(marketplace.api_url)), settings)
        assert str(named.client("main").proxy) == f"http://{proxy.address} (EMAGSYNC_HTTP__PROXY)"
        await named.aclose()
    assert "pr0xy-secret" not in str(report) + str(settings)


def test_an_account_with_an_odd_proxy_cannot_be_used_and_the_others_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://user:s3cret@127.0.0.1:1080")
    monkeypatch.delenv("HTTP_PROXY", raising=False)
    accounts = registry(
        tmp_path, **variables("https://marketplace-api.emag.ro"), **variables("http://127.0.0.1:9", name="FBE")
    )
    assert accounts.names == ("main", "fbe")
    assert accounts.problems == {
        "main": "HTTPS_PROXY: a proxy of HTTP is needed, http:// or https://; socks5:// is not supported"
    }
    with pytest.raises(SettingsError, match="HTTPS_PROXY"):
        accounts.client("main")

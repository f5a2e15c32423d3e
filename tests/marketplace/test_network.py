"""The client behind proxies, own certificate authorities and redirects, over real connections."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from emagsync.core.errors import ErrorKind, SettingsError
from emagsync.marketplace import EmagClient, HttpOptions
from emagsync.marketplace.errors import ConnectFailed, ProxyRefused, RequestInvalid, UnexpectedStatus
from marketplace.conftest import Shop
from support.network import Certificates, ForwardProxy, answering, forward_proxy, make_certificates, tls_before

# `shop` has a password, and so has the proxy: neither may be seen by the other, or by anybody else.
PROXY_PASSWORD = "pr0xy-secret"
AUTHORIZATION = "Basic dXNlcjpwcjB4eS1zZWNyZXQ="  # user:pr0xy-secret
QUICK = {"connect_timeout": 2.0, "read_timeout": 5.0}


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
async def proxy() -> AsyncIterator[ForwardProxy]:
    async with forward_proxy(authorization=AUTHORIZATION) as running:
        yield running


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
async def https(shop: Shop, certificates: Certificates) -> AsyncIterator[str]:
    """The shop's address with TLS, by an authority that only who is told trusts."""
    async with tls_before(shop.server.port, certificates) as address:
        yield f"{address}/api-3"


def with_credentials(proxy: ForwardProxy) -> str:
    return f"http://user:{PROXY_PASSWORD}@{proxy.address}"


async def test_a_proxy_of_the_environment_carries_what_is_not_encrypted(
    shop: Shop, proxy: ForwardProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", with_credentials(proxy))
    client = await shop.client(http=HttpOptions(**QUICK))
    assert (await client.count_offers()).items == 250
    assert (await client.count_offers()).items == 250
    assert str(client.proxy) == f"http://{proxy.address} (HTTP_PROXY)"
    assert [asked.line.split()[0] for asked in proxy.asked] == ["POST", "POST"]
    assert PROXY_PASSWORD not in repr(client) + repr(client.proxy)


@pytest.mark.parametrize("authorization", [AUTHORIZATION, None], ids=["with a user", "open to all"])
async def test_a_proxy_of_the_environment_carries_a_tunnel_and_sees_none_of_our_credentials(
    shop: Shop, https: str, certificates: Certificates, monkeypatch: pytest.MonkeyPatch, authorization: str | None
) -> None:
    """aiohttp gives the headers of its session to the proxy, also the API user's authorization, if it is there."""
    async with forward_proxy(authorization=authorization) as proxy:
        monkeypatch.setenv("https_proxy", with_credentials(proxy) if authorization else proxy.address)
        client = await shop.client(base_url=https, http=HttpOptions(**QUICK, ca_bundle=certificates.authority))
        assert (await client.count_offers()).items == 250
        (asked,) = proxy.asked
    assert asked.line == f"CONNECT {https.split('/')[2]} HTTP/1.1"
    sent = [line for line in asked.header.split("\r\n") if "authorization" in line.lower()]
    assert sent == ([f"Proxy-Authorization: {authorization}"] if authorization else [])


@pytest.mark.parametrize(
    ("variables", "options", "is_direct"),
    [
        pytest.param({"NO_PROXY": "127.0.0.0/8"}, {}, True, id="excepted"),
        pytest.param({"NO_PROXY": "emag.ro"}, {}, False, id="something else excepted"),
        pytest.param({}, {"trust_env": False}, True, id="the environment not trusted"),
        pytest.param({"NO_PROXY": "*"}, {"proxy": "the proxy"}, False, id="named in the settings"),
        pytest.param({}, {"proxy": "the proxy", "trust_env": False}, False, id="named, the environment not trusted"),
    ],
)
async def test_who_decides_about_the_proxy(
    shop: Shop,
    proxy: ForwardProxy,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    options: dict[str, object],
    is_direct: bool,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", with_credentials(proxy))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    if "proxy" in options:
        options = options | {"proxy": with_credentials(proxy)}
    client = await shop.client(http=HttpOptions(**QUICK, **options))
    assert (await client.count_offers()).items == 250
    assert (client.proxy is None, proxy.asked == []) == (is_direct, is_direct)


@pytest.mark.parametrize("encrypted", [False, True], ids=["whole requests", "tunnels"])
async def test_a_proxy_that_wants_other_credentials_is_a_matter_of_settings(
    shop: Shop, https: str, certificates: Certificates, proxy: ForwardProxy, encrypted: bool
) -> None:
    wrong = f"http://user:wr0ng-secret@{proxy.address}"
    options = HttpOptions(**QUICK, proxy=wrong, ca_bundle=certificates.authority)
    client = await shop.client(base_url=https if encrypted else shop.server.api_url, http=options)
    with pytest.raises(ProxyRefused, match="another user and password") as raised:
        await client.read_vat()
    assert raised.value.kind is ErrorKind.CONFIGURATION
    assert len(proxy.asked) == 1
    assert "wr0ng-secret" not in str(raised.value) + repr(raised.value.__cause__)


@pytest.mark.parametrize(
    ("status", "expected", "attempts"),
    [(403, ProxyRefused, 1), (502, ConnectFailed, 3), (503, ConnectFailed, 3)],
)
async def test_a_tunnel_that_is_refused_says_so_and_was_no_request(
    shop: Shop, https: str, status: int, expected: type[Exception], attempts: int
) -> None:
    async with forward_proxy(refusal=status) as proxy:
        client = await shop.client(base_url=https, http=HttpOptions(**QUICK, proxy=proxy.address))
        with pytest.raises(expected, match=f"The proxy http://{proxy.address}.*HTTP {status}"):
            await client.read_vat()
        assert len(proxy.asked) == attempts


async def test_a_proxy_that_is_away_is_named(shop: Shop) -> None:
    async with forward_proxy() as proxy:
        pass
    client = await shop.client(http=HttpOptions(**QUICK, proxy=with_credentials(proxy)))
    with pytest.raises(ConnectFailed, match=f"No connection to the proxy http://{proxy.address}") as raised:
        await client.read_vat()
    assert PROXY_PASSWORD not in str(raised.value) + repr(raised.value.__cause__)


async def test_odd_proxies_are_refused_before_anything_is_sent(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RequestInvalid, match=r"HttpOptions\.proxy: .*socks5:// is not supported"):
        await shop.client(http=HttpOptions(proxy="socks5://127.0.0.1:1080"))
    monkeypatch.setenv("HTTP_PROXY", "socks5://127.0.0.1:1080")
    with pytest.raises(SettingsError, match="HTTP_PROXY"):
        await shop.client()


async def test_an_own_authority_is_trusted_once_it_is_named(shop: Shop, https: str, certificates: Certificates) -> None:
    trusting = await shop.client(base_url=https, http=HttpOptions(**QUICK, ca_bundle=certificates.authority))
    assert (await trusting.count_offers()).items == 250
    doubting = await shop.client(base_url=https, http=HttpOptions(**QUICK))
    with pytest.raises(ConnectFailed, match="EMAGSYNC_HTTP__CA_BUNDLE"):
        await doubting.count_offers()
    missing = EmagClient(username="u", password="p", http=HttpOptions(ca_bundle=Path("/nowhere.pem")))
    with pytest.raises(RequestInvalid, match=r"/nowhere\.pem"):
        await missing.open()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_an_error_and_takes_no_credentials_along(shop: Shop, status: int) -> None:
    async with forward_proxy() as elsewhere:  # it notes whatever it is asked
        where = f"http://{elsewhere.address}/login?next=s3cret"
        answer = f"HTTP/1.1 {status} Moved\r\nLocation: {where}\r\nContent-Length: 0\r\n\r\n"
        async with answering(answer) as address:
            client = await shop.client(base_url=address)
            with pytest.raises(UnexpectedStatus, match=f"redirects this call to http://{elsewhere.address} ") as raised:
                await client.read_vat()
    assert elsewhere.asked == []
    assert raised.value.status == status
    assert "s3cret" not in str(raised.value)
    assert "No credentials were sent there" in str(raised.value)


async def test_a_netrc_file_is_not_looked_at(shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """aiohttp, told to trust the environment, would take another password from there."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", str(netrc))
    client = await shop.client(http=HttpOptions(trust_env=True))
    assert (await client.count_offers()).items == 250

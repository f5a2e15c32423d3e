"""Which proxy a request goes through: a table of environments, as curl and others read them."""

from __future__ import annotations

import pytest

from emagsync.core.errors import SettingsError
from emagsync.core.proxies import parse_proxy, proxies_of, proxy_for

EMAG = "https://marketplace-api.emag.ro/api-3"
PROXY = {"HTTPS_PROXY": "http://proxy.lan:3128"}


@pytest.mark.parametrize(
    ("address", "environ", "expected"),
    [
        pytest.param(EMAG, {}, None, id="none"),
        pytest.param(EMAG, PROXY, "http://proxy.lan:3128 (HTTPS_PROXY)", id="capitals"),
        pytest.param(EMAG, {"https_proxy": "http://p:1"}, "http://p:1 (https_proxy)", id="small letters"),
        pytest.param(EMAG, PROXY | {"https_proxy": "http://p:1"}, "http://p:1 (https_proxy)", id="small letters win"),
        pytest.param(EMAG, PROXY | {"https_proxy": ""}, None, id="small letters with nothing win too"),
        pytest.param(EMAG, {"HTTP_PROXY": "http://p:1"}, None, id="the other scheme's"),
        pytest.param("http://sandbox/api-3", {"HTTP_PROXY": "p:1"}, "http://p:1 (HTTP_PROXY)", id="no scheme"),
        pytest.param("http://a/", {"HTTP_PROXY": "p:1", "REQUEST_METHOD": "GET"}, None, id="a caller's header in CGI"),
        pytest.param(EMAG, {"HTTPS_PROXY": "https://p"}, "https://p:443 (HTTPS_PROXY)", id="usual port"),
        pytest.param(EMAG, {"HTTPS_PROXY": "http://[::1]:8/"}, "http://[::1]:8 (HTTPS_PROXY)", id="IPv6"),
        pytest.param(EMAG, {"HTTPS_PROXY": "http://u:p%40ss@p:1"}, "http://p:1 (HTTPS_PROXY)", id="with a user"),
    ],
)
def test_the_proxy_of_an_address(address: str, environ: dict[str, str], expected: str | None) -> None:
    proxy = proxy_for(address, environ)
    assert (None if proxy is None else str(proxy)) == expected


@pytest.mark.parametrize(
    ("listed", "address", "is_direct"),
    [
        pytest.param("*", EMAG, True, id="all"),
        pytest.param("emag.ro", EMAG, True, id="a domain"),
        pytest.param(".emag.ro", EMAG, True, id="with a dot"),
        pytest.param("*.emag.ro", EMAG, True, id="with a star"),
        pytest.param("EMAG.RO", EMAG, True, id="in capitals"),
        pytest.param("mag.ro", EMAG, False, id="the end of a label is no domain"),
        pytest.param("example.com, localhost  emag.ro", EMAG, True, id="one of several"),
        pytest.param("example.com,", EMAG, False, id="another"),
        pytest.param("emag.ro:443", EMAG, True, id="its port"),
        pytest.param("emag.ro:8443", EMAG, False, id="another port"),
        pytest.param("10.0.0.0/8", "https://10.1.2.3/api-3", True, id="a network"),
        pytest.param("10.0.0.0/8", "https://11.1.2.3/api-3", False, id="another network"),
        pytest.param("10.1.2.3", "https://10.1.2.3:8443/api-3", True, id="an address"),
        pytest.param("10.1.2.3:8443", "https://10.1.2.3:8443/api-3", True, id="an address with its port"),
        pytest.param("10.1.2.3:443", "https://10.1.2.3:8443/api-3", False, id="an address with another port"),
        pytest.param("::1", "https://[::1]:8443/api-3", True, id="IPv6"),
        pytest.param("[::1]:8443", "https://[::1]:8443/api-3", True, id="IPv6 with its port"),
        pytest.param("fe80::/10", "https://[fe80::1]/api-3", True, id="a network of IPv6"),
        pytest.param("2.3", "https://10.1.2.3/api-3", False, id="the end of an address is no network"),
    ],
)
def test_what_no_proxy_excepts(listed: str, address: str, is_direct: bool) -> None:
    assert (proxy_for(address, PROXY | {"NO_PROXY": listed}) is None) is is_direct
    assert (proxy_for(address, PROXY | {"NO_PROXY": "*", "no_proxy": listed}) is None) is is_direct


@pytest.mark.parametrize("value", ["socks5://p:1080", "http://", "http://p:x", "http://p:0", "://"])
def test_an_odd_proxy_is_named_without_its_credentials(value: str) -> None:
    value = value.replace("//", "//user:s3cret@", 1)
    with pytest.raises(SettingsError, match=r"^HTTPS_PROXY: ") as raised:
        proxy_for(EMAG, {"HTTPS_PROXY": value})
    assert "s3cret" not in str(raised.value)
    assert list(proxies_of({"HTTPS_PROXY": value})) == []


def test_credentials_are_decoded_and_not_shown() -> None:
    proxy = parse_proxy("http://us%3Aer:p%40ss@proxy.lan:3128", "HTTPS_PROXY")
    assert (proxy.user, proxy.password) == ("us:er", "p@ss")
    assert proxy.authorization == "Basic dXM6ZXI6cEBzcw=="
    assert "p@ss" not in repr(proxy) + str(proxy)
    assert parse_proxy("proxy.lan:3128", "").authorization is None

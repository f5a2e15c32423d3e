"""One server has one name here, and one request budget, however its address is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emagsync.marketplace import budget_key
from emagsync.marketplace.addresses import check_base_url, server_of
from emagsync.marketplace.errors import RequestInvalid
from emagsync.marketplace.platforms import PLATFORMS, known_platform, platform_of

USER = "shop@example.ro"
HOST = "marketplace-api.emag.ro"


@pytest.mark.parametrize(
    ("address", "server"),
    [
        pytest.param("https://marketplace-api.emag.ro/api-3", f"https://{HOST}:443", id="as eMAG writes it"),
        pytest.param("https://marketplace-api.emag.ro/api-3/", f"https://{HOST}:443", id="slash at the end"),
        pytest.param("https://marketplace-api.emag.ro", f"https://{HOST}:443", id="no path"),
        pytest.param("HTTPS://Marketplace-API.eMAG.ro/API-3", f"https://{HOST}:443", id="another case"),
        pytest.param("https://marketplace-api.emag.ro:443/api-3", f"https://{HOST}:443", id="usual port"),
        pytest.param("https://marketplace-api.emag.ro./api-3", f"https://{HOST}:443", id="dot after the name"),
        pytest.param("https://shop:secret@marketplace-api.emag.ro/api-3", f"https://{HOST}:443", id="with a user"),
        pytest.param("https://marketplace-api.emag.ro/api-3?a=1#b", f"https://{HOST}:443", id="query and fragment"),
        pytest.param("  https://marketplace-api.emag.ro/api-3\n", f"https://{HOST}:443", id="spaces around"),
        pytest.param("http://marketplace-api.emag.ro/api-3", f"https://{HOST}:443", id="not encrypted"),
        pytest.param("marketplace-api.emag.ro/api-3", f"https://{HOST}:443", id="no scheme"),
        pytest.param("https://BÜCHER.example", "https://xn--bcher-kva.example:443", id="Unicode letters"),
        pytest.param("https://xn--bcher-kva.example", "https://xn--bcher-kva.example:443", id="Punycode"),
        pytest.param("http://127.0.0.1:8765/api-3", "http://127.0.0.1:8765", id="another port"),
        pytest.param("http://[0:0:0:0:0:0:0:1]:8765", "http://[::1]:8765", id="long IPv6"),
        pytest.param("http://[::1]:8765/api-3", "http://[::1]:8765", id="short IPv6"),
    ],
)
def test_an_address_names_its_server_however_it_is_written(address: str, server: str) -> None:
    assert str(server_of(address)) == server
    assert budget_key(address, USER) == budget_key(server, USER)


@pytest.mark.parametrize(
    "address", ["", "https://", "ftp://marketplace-api.emag.ro", "https://a..b", "https://a:99999"]
)
def test_what_names_no_server_is_refused(address: str) -> None:
    with pytest.raises(RequestInvalid):
        server_of(address)
    with pytest.raises(RequestInvalid):
        check_base_url(address)


@pytest.mark.often(first=2)
@pytest.mark.parametrize("code", PLATFORMS)
@given(
    scheme=st.sampled_from(["https://", "HTTPS://", "http://", ""]),
    flips=st.lists(st.booleans(), min_size=80, max_size=80),
    user=st.sampled_from(["", "user@", "user:secret@"]),
    dot=st.sampled_from(["", "."]),
    port=st.sampled_from(["", ":443", ":"]),
    path=st.sampled_from(["", "/", "/api-3", "/api-3/", "/API-3//"]),
)
def test_every_spelling_of_a_platforms_address_has_one_budget(
    code: str, scheme: str, flips: list[bool], user: str, dot: str, port: str, path: str
) -> None:
    platform = PLATFORMS[code]
    host = "".join(
        letter.upper() if flip else letter
        for letter, flip in zip(server_of(platform.base_url).host, flips, strict=False)
    )
    written = f"{scheme}{user}{host}{dot}{port}{path}"
    assert budget_key(written, USER) == budget_key(platform.base_url, USER)
    assert known_platform(written) is platform


def test_other_servers_and_other_users_have_other_budgets() -> None:
    addresses = [platform.base_url for platform in PLATFORMS.values()]
    addresses += ["http://127.0.0.1:8765/api-3", "http://127.0.0.1:8766/api-3", "http://[::1]:8765/api-3"]
    keys = {budget_key(address, user) for address in addresses for user in (USER, "other@example.ro", "")}
    assert len(keys) == 3 * len(addresses)


def test_an_unknown_host_means_the_default_platform() -> None:
    assert platform_of("http://127.0.0.1:8765/api-3").code == "emag-ro"
    assert known_platform("http://127.0.0.1:8765/api-3") is None

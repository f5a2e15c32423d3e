"""Addresses that people give are judged in the form in which they are called, and again when they are called."""

from __future__ import annotations

import socket
import string
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from emagsync.core.public_addresses import AddressRefused, is_public, judged_url
from emagsync.core.public_connector import PublicConnector, PublicResolver, outgoing_connector

# Hosts that lead to this machine, to networks nearby, or to what a cloud tells its machines.
NEARBY = (
    # IPv4, as everybody writes it
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "168.63.129.16",
    "100.100.100.200",
    "192.0.0.192",
    "192.0.0.9",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    # IPv4 in other numbers, shorter, and with a dot at its end
    "2130706433",
    "017700000001",
    "0x7f000001",
    "0X7F000001",
    "0177.0.0.1",
    "0177.0x0.0.01",
    "0x7f.1",
    "127.1",
    "127.0.1",
    "0",
    "0x0",
    "2852039166",
    "0xa9.0xfe.0xa9.0xfe",
    "0251.0376.0251.0376",
    "169.254.43518",
    "127.0.0.1.",
    "2130706433.",
    # in letters of other scripts
    "①②⑦.⓪.⓪.①",
    "①②⑦。⓪。⓪。①",
    "⑩.⓪.⓪.①",
    "１２７.0.0.1",
    "１２７．０．０．１",
    "127。0。0。1",
    "127｡0｡0｡1",
    "𝟏𝟐𝟕.𝟎.𝟎.𝟏",
    "𝟭𝟮𝟳.𝟬.𝟬.𝟭",
    "¹²⁷.⁰.⁰.¹",
    "₁₂₇.₀.₀.₁",
    "２１３０７０６４３３",
    "０ｘ７ｆ.1",
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "ｌｏｃａｌｈｏｓｔ",
    "ℓocalhost",
    "metadata。google。internal",
    # names that only this machine or a network nearby has
    "localhost",
    "LOCALHOST",
    "localhost.",
    "a.localhost",
    "localhost.localdomain",
    "metadata",
    "metadata.google.internal",
    "printer.local",
    "nas.home.arpa",
    # IPv6
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[0000:0000::0001]",
    "[fe80::1]",
    "[fe80::1%25eth0]",
    "[fe80::1%eth0]",
    "[::1%25lo]",
    "[2a00:1450:400d::1%25lo]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fd20:ce::254]",
    "[fec0::1]",
    "[ff02::1]",
    "[100::1]",
    "[2001:db8::1]",
    "[3fff::1]",
    "[5f00::1]",
    # IPv4 within IPv6: mapped, compatible, translated, NAT64, 6to4, Teredo, ISATAP
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::FFFF:A9FE:A9FE]",
    "[0:0:0:0:0:ffff:10.0.0.1]",
    "[::127.0.0.1]",
    "[::7f00:1]",
    "[::8.8.8.8]",
    "[::ffff:0:7f00:1]",
    "[::ffff:0:10.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::169.254.169.254]",
    "[64:ff9b:1::7f00:1]",
    "[64:ff9b:1:ffff::10.0.0.1]",
    "[2002:7f00:1::]",
    "[2002:a9fe:a9fe::1]",
    "[2001:0:7f00:1::]",
    "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
    "[2a00:1450::5efe:7f00:1]",
    "[2a00:1450::200:5efe:10.0.0.1]",
)
# Hosts of which programs make different things.
ODD = (
    "%31%32%37.0.0.1",
    "127%2e0.0.1",
    "127.0.0.1%00.example.com",
    "127.0.0.1\x00.example.com",
    "example.com\\@127.0.0.1",
    "127.0.0.1\t.example.com",
    "127.0.0.1\u200b",
    "127.0.\xad0.1",
    "127.0.0.256",
    "1.2.3.4.5",
    "erp.example.0x7f",
    "0x",
    "-erp.example.com",
    "erp..example.com",
    "[v1.127]",
    "[::1",
    "〔::1〕",
    "erp.example.com:0",
    "erp.example.com:99999",
    "\ud800.example.com",
    "",
)
PUBLIC = (
    ("erp.example.com", "erp.example.com"),
    ("ERP.Example.COM.", "erp.example.com"),
    ("bücher.example", "xn--bcher-kva.example"),
    ("erp。example。com", "erp.example.com"),
    ("ⓔⓡⓟ.example.com", "erp.example.com"),
    ("erp_2.example.com", "erp_2.example.com"),
    ("8.8.8.8", "8.8.8.8"),
    ("134744072", "8.8.8.8"),
    ("0x08.8.0x8.010", "8.8.8.8"),
    ("⑧.⑧.⑧.⑧", "8.8.8.8"),
    ("[2A00:1450:400D:0::1]", "[2a00:1450:400d::1]"),
    ("[::ffff:8.8.8.8]", "[::ffff:808:808]"),
    ("[64:ff9b::808:808]", "[64:ff9b::808:808]"),
)


def test_the_table_is_as_long_as_was_promised() -> None:
    assert len(set(NEARBY)) == len(NEARBY) > 60


@pytest.mark.parametrize("host", [*NEARBY, *ODD])
@pytest.mark.parametrize("port", ["", ":8443"])
def test_a_host_nearby_is_refused_however_it_is_written(host: str, port: str) -> None:
    with pytest.raises(AddressRefused):
        judged_url(f"https://{host}{port}/hook", allow_private=False)


@pytest.mark.parametrize(("host", "called"), PUBLIC)
def test_a_public_host_is_kept_in_the_form_in_which_it_is_called(host: str, called: str) -> None:
    judged = judged_url(f"https://{host}/hook?a=ö", allow_private=False)
    assert judged == f"https://{called}/hook?a=%C3%B6"
    assert judged_url(judged, allow_private=False) == judged


@pytest.mark.parametrize("host", NEARBY)
def test_where_private_ones_are_allowed_it_is_kept_in_the_form_in_which_it_is_called(host: str) -> None:
    judged = judged_url(f"http://{host}/hook", allow_private=True)
    assert judged.isascii()
    assert str(URL(judged)) == judged
    assert judged_url(judged, allow_private=True) == judged
    # The standard library reads the same host out of it: nobody after us sees another.
    assert urlsplit(judged).hostname == URL(judged).raw_host


@pytest.mark.parametrize(
    "url",
    [
        "http://erp.example.com/",
        "ftp://erp.example.com/",
        "file:///etc/passwd",
        "//erp.example.com/",
        "erp.example.com",
        "https://user:password@erp.example.com/",
        "https://user@erp.example.com/",
        "https://erp.example.com/#there",
        "https://erp.example.com/#",
        "https://erp.example.com/ a",
        "https:/erp.example.com/",
        "",
    ],
)
def test_what_is_no_address_of_https_without_a_user_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused, match="The address must"):
        judged_url(url, allow_private=False)


def test_clear_text_is_for_this_machine_and_private_networks() -> None:
    with pytest.raises(AddressRefused, match="http:// is only for"):
        judged_url("http://erp.example.com/", allow_private=True)
    assert judged_url("http://erp:8080/", allow_private=True) == "http://erp:8080/"


_DIGITS = {
    digit: [digit, chr(0xFF10 + int(digit)), chr(0x1D7CE + int(digit)), chr(0x1D7EC + int(digit))]
    for digit in string.digits
}


@given(
    st.ip_addresses(v=4),
    st.sampled_from(["plain", "number", "octal", "hex", "short"]),
    st.sampled_from(".。｡．"),
    st.integers(0, 3),
)
def test_every_spelling_of_an_ipv4_address_is_judged_as_that_address(
    address: IPv4Address, spelling: str, dot: str, script: int
) -> None:
    a, b, c, d = address.packed
    text = {
        "plain": str(address),
        "number": str(int(address)),
        "octal": f"0{a:o}.0{b:o}.0{c:o}.0{d:o}",
        "hex": f"0x{int(address):x}",
        "short": f"{a}.{b}.{c * 256 + d}",
    }[spelling]
    host = "".join(_DIGITS[letter][script] if letter in _DIGITS else letter for letter in text.replace(".", dot))
    try:
        judged = judged_url(f"https://{host}/", allow_private=False)
    except AddressRefused:
        assert not is_public(address)
    else:
        assert is_public(address)
        assert judged == f"https://{address}/"


@given(st.ip_addresses(v=6))
def test_nothing_is_public_that_the_standard_library_knows_to_be_private(address: IPv6Address) -> None:
    assert not (is_public(address) and (address.is_private or address.is_multicast or address.is_site_local))


class Names(AbstractResolver):
    """A resolver of names that a stranger controls."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0)
            for address in self._addresses
        ]

    async def close(self) -> None:
        return None


async def test_a_name_is_only_connected_to_where_it_is_public() -> None:
    resolver = PublicResolver(Names("10.0.0.7", "8.8.8.8", "fe80::1%2", "2002:7f00:1::"))
    assert [result["host"] for result in await resolver.resolve("erp.example.com", 443)] == ["8.8.8.8"]


async def test_a_name_that_leads_only_into_the_private_network_is_not_connected_to() -> None:
    with pytest.raises(OSError, match=r"erp\.example\.com is not a public address"):
        await PublicResolver(Names("127.0.0.1")).resolve("erp.example.com", 443)


@asynccontextmanager
async def neighbour() -> AsyncIterator[tuple[int, list[str]]]:
    """A server on this machine: its port, and the requests that it got."""
    taken: list[str] = []

    async def take(request: web.Request) -> web.Response:
        taken.append(request.path)
        return web.Response()

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1], taken
    await runner.cleanup()


@pytest.mark.parametrize("host", ["erp.example.com", "127.0.0.1"])
async def test_a_name_that_changes_its_mind_gets_a_connection_but_no_request(host: str) -> None:
    # As if it had been public when it was resolved: what counts is the machine at the other end.
    async with (
        neighbour() as (port, taken),
        aiohttp.ClientSession(connector=PublicConnector(Names("127.0.0.1"))) as calls,
    ):
        with pytest.raises(aiohttp.ClientConnectionError, match="is not a public address"):
            await calls.post(f"http://{host}:{port}/secret", data=b"x")
    assert taken == []


async def test_this_machine_is_called_where_that_is_allowed() -> None:
    async with (
        neighbour() as (port, taken),
        aiohttp.ClientSession(connector=outgoing_connector(allow_private=True)) as calls,
        calls.get(f"http://127.0.0.1:{port}/hook") as answer,
    ):
        assert answer.status == 200
    assert taken == ["/hook"]


@pytest.mark.parametrize("address", ["8.8.8.8", "193.231.0.1", "2a00:1450:400d::1", "::ffff:8.8.8.8"])
def test_addresses_of_the_internet_at_large_are_public(address: str) -> None:
    assert is_public(ip_address(address))

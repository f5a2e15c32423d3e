"""Which addresses are public, and that names are judged by what they resolve to when they are connected to."""

from __future__ import annotations

import socket
from ipaddress import ip_address

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from emagsync.webhooks.url_policy import PublicResolver, is_public


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "193.231.0.1", "2a00:1450:400d::1", "::ffff:8.8.8.8", "64:ff9b::808:808"],
)
def test_addresses_of_the_internet_at_large_are_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.5.5",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fc00::1",
        "fec0::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ],
)
def test_addresses_of_machines_and_networks_nearby_are_not(address: str) -> None:
    assert not is_public(ip_address(address))


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
    resolver = PublicResolver(Names("10.0.0.7", "8.8.8.8", "fe80::1%2"))
    assert [result["host"] for result in await resolver.resolve("erp.example.com", 443)] == ["8.8.8.8"]


async def test_a_name_that_leads_only_into_the_private_network_is_not_connected_to() -> None:
    with pytest.raises(OSError, match=r"erp\.example\.com is not a public address"):
        await PublicResolver(Names("127.0.0.1")).resolve("erp.example.com", 443)

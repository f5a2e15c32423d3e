"""`emagsync check` behind a proxy: which one, and never its password."""

from __future__ import annotations

import asyncio

from entrypoints.cli.command import Cli, Result
from support.network import ForwardProxy, forward_proxy

SECRET = "pr0xy-secret"


async def test_check_shows_the_proxy_without_its_password(cli: Cli) -> None:
    async with forward_proxy() as proxy:
        variables = {"HTTP_PROXY": f"http://user:{SECRET}@{proxy.address}"}
        shown = await _check(cli, "main", **variables)
        document = (await _check(cli, "main", "--json", **variables)).json
        refused = await _refused(cli, proxy, variables)
    way = f"http://{proxy.address} (HTTP_PROXY)"
    assert shown.code == 0
    assert f"main: connected to {cli.variables['EMAG_MAIN_BASE_URL']} through the proxy {way} in " in shown.out
    assert document["accounts"][0]["proxy"] == way
    assert refused.code == 1
    assert f"(asked through the proxy {way})" in refused.err
    assert "put them into its address, as user:password@host:port" in refused.err
    said = shown.out + shown.err + str(document) + refused.out + refused.err
    assert SECRET not in said


async def _refused(cli: Cli, proxy: ForwardProxy, variables: dict[str, str]) -> Result:
    proxy.authorization = "another"
    return await _check(cli, "main", EMAGSYNC_LOG_LEVEL="debug", **variables)


async def _check(cli: Cli, *arguments: str, **variables: str) -> Result:
    return await asyncio.to_thread(lambda: cli("check", *arguments, **variables))

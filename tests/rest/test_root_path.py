"""A path of a proxy's own before every path of ours."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest

from emagsync.core.root_path import usable_root_path
from support.api import open_api

ABOUT = "/api/v1/about"


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("", ""),
        ("/", ""),
        ("emag", "/emag"),
        ("/emag/", "/emag"),
        ("/tools/emag-sync_1.x~", "/tools/emag-sync_1.x~"),
        ("/api", None),
        ("/health/x", None),
        ("/a/../b", None),
        ("//evil.example", "/evil.example"),
        ("/a//b", None),
        ('/"><script>', None),
        ("/a b", None),
        ("/a\r\nX: y", None),
        ("https://evil.example", None),
        ("/" + "a" * 200, None),
    ],
)
def test_paths_that_can_be_used(given: str, used: str | None) -> None:
    assert usable_root_path(given) == used


async def servers(client: httpx2.AsyncClient, below: str, **headers: str) -> list[dict[str, str]] | int:
    """The servers that the OpenAPI document names, or the status of the refusal."""
    answer = await client.get(f"{below}/openapi.json", headers=headers)
    return answer.json()["servers"] if answer.status_code == 200 else answer.status_code


@pytest.mark.parametrize("below", ["", "/emag"])
async def test_a_path_of_the_setting_may_be_taken_off_or_left(tmp_path: Path, below: str) -> None:
    async with open_api(tmp_path, root_path="/emag") as api:
        assert (await api.admin.get(below + ABOUT)).status_code == 200
        assert await servers(api.admin, below) == [{"url": "/emag"}]
        assert (await api.stranger.get("/emag/api/v1/nothing")).json()["instance"] == "/api/v1/nothing"


@pytest.mark.parametrize(("trusted", "named"), [(("127.0.0.1",), "/emag"), (("10.0.0.0/8",), "/"), ((), "/")])
async def test_a_proxy_names_the_path_only_if_it_is_trusted(
    tmp_path: Path, trusted: tuple[str, ...], named: str
) -> None:
    async with open_api(tmp_path, trusted_proxies=trusted) as api:
        said = {"X-Forwarded-Prefix": "/emag", "X-Forwarded-For": "192.0.2.7"}
        assert await servers(api.admin, "", **said) == [{"url": named}]
        assert await servers(api.admin, "", **said | {"X-Forwarded-Prefix": "javascript:1"}) == [{"url": "/"}]

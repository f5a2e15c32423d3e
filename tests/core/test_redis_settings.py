"""A Redis that refuses what it will refuse again is a wrong setting; one that is away is not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from emagsync.core.errors import SettingsError
from emagsync.core.redis import check_settings
from emagsync.entrypoints.worker.task_names import BROKER_COMMANDS, KEY_PREFIX
from emagsync.marketplace.budget.redis_store import RedisConnection
from support.ports import free_port
from support.program import environment, run
from support.servers import RedisServer

SCALING = (Path(__file__).parents[2] / "docs" / "scaling.md").read_text()
NOWHERE = "http://127.0.0.1:9/api-3"


@pytest.fixture(scope="module", name="server")
def server_with_a_password() -> Iterator[RedisServer]:
    with RedisServer(databases="4") as server:
        Redis(port=server.port).config_set("requirepass", "geheim")
        yield server


def admin(server: RedisServer) -> Redis:
    return Redis(port=server.port, password="geheim")


def address(server: RedisServer, login: str = ":geheim@", database: int = 0) -> str:
    return f"redis://{login}127.0.0.1:{server.port}/{database}"


async def checked(url: str) -> None:
    """As the server and the commands check it, and then as workers and beat do."""
    await check_settings(url)
    await check_settings(url, prefix=KEY_PREFIX, commands=BROKER_COMMANDS)


@pytest.mark.often(first=1)
@pytest.mark.parametrize(
    ("login", "database", "said"),
    [
        pytest.param(":wrong-secret@", 0, "refuses the login", id="password"),
        pytest.param("nobody:geheim@", 0, "refuses the login", id="user"),
        pytest.param("", 0, "refuses the login", id="no password"),
        pytest.param(":geheim@", 4, "number of the database", id="database"),
    ],
)
async def test_what_redis_refuses_stops_every_start_with_one_line(
    server: RedisServer, login: str, database: int, said: str, tmp_path: Path
) -> None:
    url = address(server, login, database)
    with pytest.raises(SettingsError, match=said) as told:
        await checked(url)
    assert "wrong-secret" not in str(told.value)
    variables = environment(
        tmp_path, NOWHERE, EMAGSYNC_REDIS_URL=url, EMAGSYNC_EXECUTOR="celery", EMAGSYNC_PORT=str(free_port())
    )
    for command in (("serve",), ("worker",), ("sync", "main")) if login else (("beat",),):
        ended = await run(*command, variables=variables)
        assert (ended.code, ended.err.count("\n")) == (2, 1), ended
        assert "EMAGSYNC_REDIS_URL" in ended.err
        assert said in ended.err
        assert "wrong-secret" not in ended.err


async def test_a_redis_that_is_away_or_full_stops_no_start(server: RedisServer) -> None:
    await checked(f"redis://127.0.0.1:{free_port()}/0")
    with RedisServer(maxmemory="1") as full:
        await checked(f"redis://127.0.0.1:{full.port}/0")


def needed() -> list[str]:
    """The commands that the page lists one by one."""
    spans = re.findall(r"`((?:\+[a-z|]+\s*)+)`", SCALING)
    return [word for span in spans for word in span.split()]


async def test_the_user_that_the_page_makes_has_every_right_that_is_needed(server: RedisServer) -> None:
    rule = re.search(r"ACL SETUSER emagsync (.+)", SCALING)
    assert rule is not None
    admin(server).acl_log_reset()
    admin(server).execute_command("ACL", "SETUSER", "emagsync", *rule[1].replace("PASSWORD", "secret").split())
    await checked(address(server, "emagsync:secret@"))
    assert admin(server).acl_log() == []


async def test_each_command_of_the_list_is_enough_and_needed(server: RedisServer) -> None:
    assert len(needed()) > 30
    redis = admin(server)
    user = ("ACL", "SETUSER", "listed", "reset", "on", ">secret", "~emagsync:*", "&emagsync:*")
    url = address(server, "listed:secret@")
    redis.execute_command(*user, *needed())
    await checked(url)
    connection = RedisConnection(url)
    assert (await connection.health()).is_up
    await connection.aclose()
    # A few of those that are not given by everybody who connects.
    for without in (
        "publish",
        "subscribe",
        "evalsha",
        "hmget",
        "time",
        "lpush",
        "zrevrangebyscore",
        "script|exists",
        "echo",
    ):
        redis.execute_command(*user, *needed(), f"-{without}")
        with pytest.raises(SettingsError, match="does not let this user do what is needed") as told:
            await checked(url)
        assert without in str(told.value).lower()


@pytest.mark.parametrize("rule", ["~other:*", "resetchannels"])
async def test_keys_and_channels_that_are_not_ours_are_told(server: RedisServer, rule: str) -> None:
    given = ["+@all", "~emagsync:*", "&*"]
    kept = [one for one in given if (one[0] != "~" if rule[0] == "~" else one[0] != "&")]
    admin(server).execute_command("ACL", "SETUSER", "apart", "reset", "on", ">secret", *kept, rule)
    with pytest.raises(SettingsError, match="does not let this user do what is needed"):
        await checked(address(server, "apart:secret@"))

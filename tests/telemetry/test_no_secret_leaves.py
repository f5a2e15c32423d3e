"""Secrets are sent everywhere they could go, and looked for in everything that is written."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from support.market import PASSWORD, open_market
from support.patience import PATIENCE_SECONDS
from support.program import Program, environment, run
from support.scrape import scrape

# Each is looked for by its own name, so that a leak says which one it is.
API_PASSWORD = "Leak-api-ț-7f3a91"
ADMIN = "Leak-admin-52c8e0ab"
HOOK_SECRET = "Leak-webhook-secret-9d1"
KEY = "Leak-secret-key-0123456789abcdef0123456789"
METRICS_TOKEN = "Leak-metrics-token-44aa"
BEARER = "Leak-bearer-77b1cd02"
QUERY = "Leak-query-token-1188"
BODY = "Leak-body-password-6622"
SECRETS = (API_PASSWORD, ADMIN, HOOK_SECRET, KEY, METRICS_TOKEN, BEARER, QUERY, BODY)


def leaks(where: str, text: str) -> list[str]:
    forms = {secret: (secret, quote(secret, safe="")) for secret in SECRETS}
    return [f"{where}: {secret}" for secret, spelt in forms.items() if any(form in text for form in spelt)]


async def test_no_secret_is_in_logs_metrics_answers_the_database_or_files(tmp_path: Path) -> None:
    async with open_market({"main": 30}) as market:
        market.fault(kind="not_allowed", message=f"wrong password {API_PASSWORD}", route="product_offer/read", times=2)
        variables = environment(tmp_path, market.url) | {
            "EMAG_MAIN_PASSWORD": API_PASSWORD,
            "EMAGSYNC_ADMIN_PASSWORD": ADMIN,
            "EMAGSYNC_SECRET_KEY": KEY,
            "EMAGSYNC_WEBHOOKS__URL": "https://127.0.0.1:9/in",
            "EMAGSYNC_WEBHOOKS__ALLOW_PRIVATE": "true",
            "EMAGSYNC_WEBHOOKS__SECRET": HOOK_SECRET,
            "EMAGSYNC_METRICS__TOKEN": METRICS_TOKEN,
            "EMAGSYNC_LOG_LEVEL": "debug",
            "EMAGSYNC_LOG_FORMAT": "json",
        }
        answers: list[str] = []
        async with Program(("serve", "--port", "0"), variables) as server:
            url = await address_of(server)
            async with httpx2.AsyncClient(base_url=url, timeout=PATIENCE_SECONDS) as caller:
                answers += await provoke(caller)
                metrics = await caller.get("/metrics")
                await scrape(caller)
            server.send(15)
            ended = await server.ended()
    found = leaks("stderr", ended.err) + leaks("stdout", ended.out) + leaks("/metrics", metrics.text)
    for answer in answers:
        found += leaks("an answer", answer)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            found += leaks(path.name, path.read_bytes().decode("utf-8", "replace"))
    assert found == []
    assert '"request"' in ended.err, "the requests were logged"


async def address_of(server: Program) -> str:
    """Where it listens: by its sockets, because what it says is read at its end."""
    import psutil

    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            for connection in psutil.Process(server.process.pid).net_connections("tcp"):
                if connection.status == psutil.CONN_LISTEN:
                    return f"http://127.0.0.1:{connection.laddr.port}"
            assert server.is_running, await server.ended()
            await asyncio.sleep(0.05)


async def provoke(caller: httpx2.AsyncClient) -> list[str]:
    """Secrets in every part of requests, wrong logins, a failing account, an odd webhook. The answers' texts."""
    said: list[str] = []

    async def ask(method: str, path: str, **options: object) -> httpx2.Response:
        answer = await caller.request(method, path, **options)  # type: ignore[arg-type]
        said.append(answer.text)
        return answer

    await ask("GET", f"/api/v1/about?token={QUERY}", headers={"Authorization": f"Bearer {BEARER}"})
    await ask("GET", f"/health/ready?password={QUERY}", headers={"X-Request-ID": f"{BEARER}"[:7]})
    await ask("POST", "/api/v1/auth/login", json={"username": "admin", "password": BODY})
    await ask("POST", "/api/v1/auth/login", content=f'{{"password": "{BODY}", ')
    await ask("GET", "/metrics", headers={"Authorization": f"Bearer {BEARER}"})
    login = await caller.post("/api/v1/auth/login", json={"username": "admin", "password": ADMIN})
    assert login.status_code == 200, login.text
    token = login.json()["access_token"]
    mine = {"Authorization": f"Bearer {token}"}
    await ask("POST", "/api/v1/emag/products/sync", json={"account_type": "main"}, headers=mine)
    await ask("POST", "/api/v1/emag/products/sync", json={"account_type": "main", "password": BODY}, headers=mine)
    webhook = {"name": "w", "url": f"http://u:{BODY}@127.0.0.1/", "events": ["completed"]}
    await ask("POST", "/api/v1/webhooks", json=webhook, headers=mine)
    for path in ("emag/calls", "webhooks", "emag/products/history", "audit", "users", "tokens", "emag/accounts"):
        await ask("GET", f"/api/v1/{path}", headers=mine)
    assert not re.search(re.escape(token), "".join(said))
    return said


# What a person typed or an offer holds, looked for in the logs of a day's use at debug.
PRIVATE = {
    "a search text": "Leak-search-szülő",
    "a search text of the command line": "Leak-cli-search-09",
    "a user's password": "Leak-maria-password-31",
    "a new password": "Leak-maria-changed-32",
    "a price that was edited": "79731.13",
    "an offer's name": "Leak-offer-name-77",
}
ARGON2 = "$argon2"


@pytest.mark.thorough
@pytest.mark.databases("sqlite")
async def test_a_whole_day_at_debug_writes_no_secret_hash_search_text_or_offer(tmp_path: Path) -> None:
    async with open_market({"main": 12}) as market:
        market.change("change", ids=[1], set={"name": PRIVATE["an offer's name"]})
        variables = environment(tmp_path, market.url) | {
            "EMAG_MAIN_PASSWORD": PASSWORD,
            "EMAGSYNC_EDITS__PUSH": "on",
            "EMAGSYNC_ADMIN_PASSWORD": ADMIN,
            "EMAGSYNC_WEBHOOKS__ALLOW_PRIVATE": "true",
            "EMAGSYNC_LOG_LEVEL": "debug",
            "EMAGSYNC_LOG_FORMAT": "json",
        }
        async with Program(("serve", "--port", "0"), variables) as server:
            async with httpx2.AsyncClient(base_url=await address_of(server), timeout=PATIENCE_SECONDS) as caller:
                given = await use_for_a_day(caller)
            server.send(15)
            logs = [await server.ended()]
        logs.append(await run("sync", "main", variables=variables))
        logs.append(
            await run("offers", "list", "--search", PRIVATE["a search text of the command line"], variables=variables)
        )
    written = "".join(one.err for one in logs)
    assert all(one.code == 0 for one in logs), written
    wanted = PRIVATE | given | {"the admin's password": ADMIN, "an argon2 hash": ARGON2}
    stored = dict(values_of_secret_columns(tmp_path / "emagsync.sqlite3"))
    assert {"users.password_hash", "api_tokens.token_hash"} <= {name.partition("#")[0] for name in stored}
    found = [what for what, value in (wanted | stored).items() if value in written]
    assert found == []
    assert '"run_ended"' in written


def values_of_secret_columns(path: Path) -> Iterator[tuple[str, str]]:
    """Every value of a column that holds a hash, key or secret by its name, in each form in which it may be printed."""
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for _, column, *_ in connection.execute(f'PRAGMA table_info("{table}")').fetchall():
                if not re.search("hash|secret|password|recovery|totp", column):
                    continue
                for number, (value,) in enumerate(connection.execute(f'SELECT "{column}" FROM "{table}"').fetchall()):
                    for form, text in enumerate(_forms(value)):
                        yield f"{table}.{column}#{number}.{form}", text


def _forms(value: Any) -> Iterator[str]:
    if isinstance(value, bytes) and len(value) >= 8:
        yield from (value.hex(), b64encode(value).decode(), repr(value)[2:-1])
    elif isinstance(value, str) and len(value) >= 8:
        yield value


async def use_for_a_day(caller: httpx2.AsyncClient) -> dict[str, str]:
    """What a shop's staff and programs do in a day. Returns the tokens and cookies that were given out."""
    given: dict[str, str] = {}

    async def ask(method: str, path: str, **options: Any) -> Any:
        answer = await caller.request(method, f"/api/v1/{path}", **options)
        assert answer.status_code < 400, (path, answer.text)
        return answer.json() if answer.content and "json" in answer.headers["content-type"] else answer

    login = await ask("POST", "auth/login", json={"username": "admin", "password": ADMIN})
    given["an access token"] = login["access_token"]
    mine = {"headers": {"Authorization": f"Bearer {login['access_token']}"}}
    user = await ask(
        "POST",
        "users",
        json={"username": "maria", "password": PRIVATE["a user's password"], "role": "operator"},
        **mine,
    )
    browser = {"headers": {"Sec-Fetch-Site": "same-origin"}}
    credentials = {"username": "maria", "password": PRIVATE["a user's password"]}
    session = await caller.post("/api/v1/auth/session", json=credentials, **browser)
    assert session.status_code < 400, session.text
    given["a session cookie"] = next(value for name, value in session.cookies.items() if "session" in name)
    change = {"old_password": credentials["password"], "new_password": PRIVATE["a new password"]}
    await ask("POST", "auth/password", json=change, **browser)
    caller.cookies.clear()
    token = await ask("POST", "tokens", json={"name": "erp", "role": "operator"}, **mine)
    given["an API token"] = token["token"]
    erp = {"headers": {"Authorization": f"Bearer {token['token']}"}}
    started = await ask("POST", "emag/products/sync", json={"account_type": "main", "run_async": False}, **erp)
    assert started, "a sync ran"
    listed = await ask("GET", "emag/products/products", params={"search": PRIVATE["an offer's name"]}, **erp)
    await ask("GET", "emag/products/products", params={"search": PRIVATE["a search text"]}, **erp)
    offer = listed["data"]["products"][0]["id"]
    await ask("GET", f"emag/products/products/{offer}", **erp)
    await ask(
        "PATCH",
        f"emag/products/products/{offer}",
        json={"max_sale_price": PRIVATE["a price that was edited"], "confirm": True},
        **erp,
    )
    await ask("GET", "emag/products/products/export", params={"format": "csv"}, **erp)
    hook = await ask("POST", "webhooks", json={"name": "erp", "url": "http://127.0.0.1:9/hook"}, **mine)
    given["a webhook's secret"] = hook["secret"]
    await ask("POST", f"webhooks/{hook['id']}/test", **mine)
    for path in ("emag/calls", "emag/edits", "emag/outbox", "audit", "users", "tokens", "emag/products/changes"):
        await ask("GET", path, **mine)
    await ask("PATCH", f"users/{user['id']}", json={"enabled": False}, **mine)
    await ask("DELETE", f"tokens/{token['id']}", **mine)
    await ask("POST", "auth/logout", **mine)
    return given


@pytest.mark.databases("sqlite")
async def test_the_password_of_an_added_account_is_in_no_answer_log_dump_export_or_backup(tmp_path: Path) -> None:
    user = "seller@shop.ro"
    secret = "Leak-added-ț-8841"
    forms = (secret, quote(secret, safe=""), b64encode(f"{user}:{secret}".encode()).decode(), secret[5:])
    async with open_market({"main": 12}) as market:
        variables = {
            name: value for name, value in environment(tmp_path, market.url).items() if not name.startswith("EMAG_")
        } | {
            "EMAGSYNC_ADMIN_PASSWORD": ADMIN,
            "EMAGSYNC_ACCOUNTS__OTHER_ADDRESSES": "true",
            "EMAGSYNC_LOG_LEVEL": "debug",
            "EMAGSYNC_LOG_FORMAT": "json",
        }
        account = {"account_type": "main", "username": user, "password": secret, "base_url": market.url}
        written: dict[str, str] = {}
        async with Program(("serve", "--port", "0"), variables) as server:
            async with httpx2.AsyncClient(base_url=await address_of(server), timeout=PATIENCE_SECONDS) as caller:
                login = await caller.post("/api/v1/auth/login", json={"username": "admin", "password": ADMIN})
                mine = {"Authorization": f"Bearer {login.json()['access_token']}"}

                async def ask(method: str, path: str, **options: Any) -> int:
                    answer = await caller.request(method, f"/api/v1/{path}", headers=mine, **options)
                    written[f"{method} {path} ({len(written)})"] = answer.text
                    return answer.status_code

                assert await ask("POST", "emag/accounts", json=account) == 201
                assert await ask("POST", "emag/accounts", json=account) == 409
                assert await ask("POST", "emag/accounts", json=account | {"account_type": "all"}) == 422
                assert await ask("POST", "emag/accounts", json=account | {"colour": secret}) == 422
                market.fault(kind="not_allowed", message=f"wrong password {secret}", times=1)
                assert await ask("POST", "emag/products/test-connection") == 424
                # The marketplace knows another API user: each call is refused, with the credentials sent.
                await ask("POST", "emag/products/sync", json={"account_type": "main", "mode": "full"})
                for path in ("emag/accounts", "emag/calls", "audit", "emag/products/status", "emag/products/export"):
                    await ask("GET", path)
                assert await ask("PATCH", "emag/accounts/main", json={"password": secret, "push": "off"}) == 204
                written["metrics"] = (await caller.get("/metrics", headers=mine)).text
            server.send(15)
            ended = await server.ended()
        written |= {"server's log": ended.err, "server's output": ended.out}
        backup = f"sqlite:///{tmp_path}/backup.sqlite3"
        for command in (
            ("accounts", "--json"),
            ("check",),
            ("db", "check"),
            ("db", "copy", "--to", backup),
            ("status",),
        ):
            done = await run(*command, variables=variables)
            written[" ".join(command)] = done.out + done.err
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    written |= {path.name: path.read_bytes().decode("utf-8", "replace") for path in files}
    with closing(sqlite3.connect(tmp_path / "emagsync.sqlite3")) as connection:
        names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'offer_search_index%'"
        tables = [name for (name,) in connection.execute(names)]
        rows = [row for table in tables for row in connection.execute(f'SELECT * FROM "{table}"')]
        written["dump"] = "\n".join(map(repr, rows))
    assert user in written["dump"], "the account is in it"
    assert [(where, form) for where, text in written.items() for form in forms if form in text] == []

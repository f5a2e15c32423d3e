"""Secrets are sent everywhere they could go, and looked for in everything that is written."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from urllib.parse import quote

import httpx2

from support.market import open_market
from support.program import Program, environment
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
            async with httpx2.AsyncClient(base_url=url, timeout=60) as caller:
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

    async with asyncio.timeout(60):
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

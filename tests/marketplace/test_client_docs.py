"""The examples of `docs/client.md`, run against a sandbox."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from emagsync.accounts.registry import AccountRegistry
from emagsync.accounts.settings import read_accounts
from emagsync.core.settings import Settings
from emagsync.marketplace import Budget, EmagClient, RouteGroup, budget_key
from emagsync.sandbox.process import start_sandbox
from support.servers import redis_url

DOCUMENT = Path(__file__).parents[2] / "docs" / "client.md"
URL = "https://marketplace-api.emag.ro/api-3"
EXAMPLES = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.usefixtures("forked")
def test_the_first_example_is_a_program_that_runs() -> None:
    with start_sandbox(["main:main-secret:120"], ["--no-limit"]) as sandbox:
        program = EXAMPLES[0].replace("http://127.0.0.1:8765/api-3", sandbox.api_url)
        ran = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True)
    assert "OfferCount(items=120, pages=2)" in ran.stdout
    assert "RON" in ran.stdout


@pytest.mark.usefixtures("forked")
async def test_the_other_examples_work_inside_a_program(tmp_path: Path) -> None:
    with start_sandbox(["main:main-secret:500"], ["--no-limit"]) as sandbox:
        async with EmagClient(username="main", password="main-secret", base_url=sandbox.api_url) as client:
            names: dict[str, Any] = {"asyncio": asyncio}
            for example in EXAMPLES[1:]:
                names["client"] = client  # some examples make one of their own, which has nobody to talk to
                source = example.replace("/var/lib/emagsync", str(tmp_path))
                code = compile(source, str(DOCUMENT), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
                result = eval(code, names)
                if inspect.isawaitable(result):
                    await result
    assert sum(len(page) for page in names["pages"]) == 500


class Beside:
    """What the documented script makes, with its data directory or its Redis replaced by the test's."""

    def __init__(self, words: str, old: str, new: str) -> None:
        (source,) = [example for example in EXAMPLES if words in example]
        assert old in source
        self.names: dict[str, Any] = {"Budget": Budget, "budget_key": budget_key, "EmagClient": EmagClient, "url": URL}
        exec(compile(source.replace(old, new), str(DOCUMENT), "exec"), self.names)
        self.budget: Budget = self.names["budget"]


async def assert_one_budget(script: Budget, registry: AccountRegistry) -> None:
    """Both count the requests of both."""
    server = registry.budget("main")
    for budget in (script, script, server):
        (await budget.acquire(RouteGroup.GENERAL)).sent()
    for budget in (script, server):
        await budget.settle()
    assert [(await budget.stats()).requests for budget in (script, server)] == [3, 3]


def served(base_url: str, data_dir: Path, redis_url: str | None = None) -> AccountRegistry:
    """The accounts as `emagsync serve` has them, with the address of the API written in `base_url`'s way."""
    variables = {"EMAG_MAIN_USERNAME": "shop@example.ro", "EMAG_MAIN_PASSWORD": "...", "EMAG_MAIN_BASE_URL": base_url}
    return AccountRegistry(read_accounts(variables), Settings(data_dir=data_dir, redis_url=redis_url))


@pytest.mark.parametrize("base_url", [URL, "https://Marketplace-API.emag.ro:443/", "https://marketplace-api.emag.ro"])
async def test_the_documented_script_shares_the_servers_budget_on_disk(base_url: str, tmp_path: Path) -> None:
    """Two budgets beside each other would have been six requests a second."""
    script = Beside("Budget.on_disk", "/var/lib/emagsync", str(tmp_path))
    registry = served(base_url, tmp_path)
    await assert_one_budget(script.budget, registry)
    await script.budget.aclose()
    await registry.aclose()


@pytest.mark.thorough
async def test_the_documented_script_shares_the_servers_budget_in_redis(tmp_path: Path) -> None:
    address = redis_url()
    script = Beside("RedisStore", "redis://127.0.0.1:6379/0", address)
    registry = served("https://MARKETPLACE-API.EMAG.RO/", tmp_path, address)
    await script.budget.wait_until_available()
    await assert_one_budget(script.budget, registry)
    await script.budget.aclose()
    await script.names["redis"].aclose()
    await registry.aclose()

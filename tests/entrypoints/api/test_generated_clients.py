"""Clients that others' generators make of the OpenAPI document, and the quick start of `docs/api.md`, are run.

Both go against a real server and a simulated marketplace.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from emagsync.rest.openapi import operations
from support.api import Api, open_api
from support.document import openapi_document
from support.local import accounts_at
from support.market import Market, open_market
from support.program import environment

REPO = Path(__file__).parents[3]
QUICK_START = (
    (REPO / "docs" / "api.md").read_text(encoding="utf-8").partition("## Quick start")[2].partition("\n## ")[0]
)
ADDRESS = "http://127.0.0.1:8000"
PACKAGE = "emagsync_client"


def examples(language: str) -> list[str]:
    """The quick start's code blocks in `language`."""
    return re.findall(rf"```{language}\n(.*?)```", QUICK_START, re.DOTALL)


@pytest.fixture(scope="module")
def python_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The generated Python client, ready for import; its making has no warning."""
    folder = tmp_path_factory.mktemp("generated")
    (folder / "openapi.json").write_text(json.dumps(openapi_document()), encoding="utf-8")
    [settings] = examples("yaml")
    # Without the formatters that it would call afterwards.
    (folder / "client.yaml").write_text(settings + "post_hooks: []\n", encoding="utf-8")
    [commands] = examples("console")
    [command] = re.findall(r"^\$ openapi-python-client (.*)$", commands, re.MULTILINE)
    program = Path(sys.executable).with_name("openapi-python-client")
    made = subprocess.run(
        [program, *command.split(), "--fail-on-warning"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert (made.returncode, "WARNING" in made.stdout + made.stderr) == (0, False), made.stdout + made.stderr
    sys.path.insert(0, str(folder))
    yield folder / PACKAGE
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


@pytest.fixture
async def market() -> AsyncIterator[Market]:
    async with open_market({"main": 30}) as market:
        yield market


@pytest.fixture
async def api(tmp_path: Path, market: Market) -> AsyncIterator[Api]:
    async with open_api(tmp_path, accounts_at(market.url, "main")) as running:
        yield running


def test_every_operation_has_a_function_in_the_python_client(python_client: Path) -> None:
    made = {file.stem for file in (python_client / "api").glob("*/*.py")} - {"__init__"}
    assert made == {operation["operationId"] for _, _, operation in operations(openapi_document())}


def test_every_module_of_the_python_client_can_be_imported(python_client: Path) -> None:
    """What a generator writes without a warning may still be no Python."""
    names = [
        ".".join(file.relative_to(python_client.parent).with_suffix("").parts) for file in python_client.rglob("*.py")
    ]
    assert len(names) > 300
    for name in sorted(names):
        importlib.import_module(name.removesuffix(".__init__"))


def test_every_operation_is_in_the_types_of_typescript() -> None:
    """`make web-types` writes them with openapi-typescript, and `tsc` reads them with each check of the page."""
    types = (REPO / "web" / "src" / "api" / "schema.d.ts").read_text(encoding="utf-8")
    named = set(re.findall(r"^    (\w+): \{$", types.partition("export interface operations {")[2], re.MULTILINE))
    assert named == {operation["operationId"] for _, _, operation in operations(openapi_document())}


async def test_the_python_client_syncs_lists_edits_and_follows_the_feed(
    python_client: Path, api: Api, market: Market
) -> None:
    [program] = examples("python")
    token = api.operator.headers["Authorization"].removeprefix("Bearer ")
    names: dict[str, Any] = {"TOKEN": token}
    code = compile(program.replace(ADDRESS, api.url), "docs/api.md", "exec")
    await asyncio.to_thread(exec, code, names)
    assert [run.status.value for run in names["runs"]] == ["completed"]
    assert {offer.emag_id for offer in names["offers"]} == set(market.truth())
    offer, edited = names["offer"], names["edited"]
    assert offer.emag_id == names["offers"][0].emag_id
    assert edited.effective.stock == offer.stock + 1
    assert {change.emag_id for change in names["changes"]} == set(market.truth())


async def test_the_commands_of_the_quick_start_work_as_they_stand(api: Api, market: Market, tmp_path: Path) -> None:
    emag_id, row = min(market.truth().items())
    script = "\n".join(("set -eu", *examples("sh")))
    script = script.replace(ADDRESS, api.url).replace("SKU-1", row["part_number"])
    variables = environment(tmp_path, market.url)
    variables["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), variables["PATH"]))
    ran = await asyncio.to_thread(
        subprocess.run, ["bash", "-c", script], env=variables, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    synced, listed, found, edited, feed = answers(ran.stdout)
    assert [run["status"] for run in synced["data"]["runs"]] == ["completed"]
    assert listed["data"]["pagination"]["limit"] == len(listed["data"]["products"]) == 2
    assert (found["data"]["product"]["emag_id"], edited["data"]["emag_id"]) == (emag_id, emag_id)
    assert edited["data"]["effective"]["stock"] == 7
    assert feed["data"]["changes"] == []


def answers(printed: str) -> list[dict[str, Any]]:
    """The JSON texts that stand one behind the other in `printed`."""
    decoder, found, place = json.JSONDecoder(), [], 0
    with contextlib.suppress(StopIteration):
        while True:
            place = next(number for number in range(place, len(printed)) if not printed[number].isspace())
            value, place = decoder.raw_decode(printed, place)
            found.append(value)
    return found

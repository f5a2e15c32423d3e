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

from emagsync.marketplace import EmagClient
from emagsync.sandbox.process import start_sandbox

DOCUMENT = Path(__file__).parents[2] / "docs" / "client.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)


def test_the_first_example_is_a_program_that_runs() -> None:
    with start_sandbox(["main:main-secret:120"], ["--no-limit"]) as sandbox:
        program = EXAMPLES[0].replace("http://127.0.0.1:8765/api-3", sandbox.api_url)
        ran = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True)
    assert "OfferCount(items=120, pages=2)" in ran.stdout
    assert "RON" in ran.stdout


async def test_the_other_examples_work_inside_a_program(tmp_path: Path) -> None:
    with start_sandbox(["main:main-secret:500"], ["--no-limit"]) as sandbox:
        async with EmagClient(username="main", password="main-secret", base_url=sandbox.api_url) as client:
            names: dict[str, Any] = {"client": client, "asyncio": asyncio}
            for example in EXAMPLES[1:]:
                source = example.replace("/var/lib/emagsync", str(tmp_path))
                code = compile(source, str(DOCUMENT), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
                result = eval(code, names)
                if inspect.isawaitable(result):
                    await result
    assert sum(len(page) for page in names["pages"]) == 500
